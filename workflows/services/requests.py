"""General requests: written, changed while returned, submitted through the flow in force."""

from collections.abc import Iterable
from decimal import Decimal
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from ops_platform.audit.public import record
from ops_platform.documents.public import CheckedFile, attach
from ops_platform.kernel import Actor, Forbidden, Invalid, NotFound, Role
from ops_platform.masterdata.models import Department, Institution
from workflows.models import Matter, Request, RequestKind
from workflows.place_attributes import class_of
from workflows.selectors.matters import latest_of
from workflows.services import acts

KIND = "workflows.request"
ASKERS = tuple(
    role for role in Role if role not in (Role.HIS_CLIENT, Role.AUDITOR, Role.REGIONAL_SUPERVISOR, Role.SYSTEM_ADMIN)
)
LARGEST = Decimal("9999999999999999.99")


@transaction.atomic
def ask(
    actor: Actor,
    *,
    institution_id: int,
    kind: str,
    title: str,
    amount: Decimal,
    reason: str,
    department_id: int | None = None,
    files: Iterable[CheckedFile] = (),
    once: UUID | None = None,
) -> tuple[Request, Matter]:
    """Write a request and submit it for approval with its attachments, in one transaction.

    Amount in yuan, not negative, 0 for none. With a key `once` the same form sent twice answers what the first made."""
    if actor.user is None:
        raise Forbidden("workflows.persons_only", "审批只能由登录的人员办理。")
    institution = Institution.objects.visible_to(actor).filter(pk=institution_id).first()
    if institution is None:
        raise NotFound("masterdata.no_institution", "没有这个机构。")
    _check(kind, title, amount, reason)
    if once is not None and (earlier := _asked_already(actor, once)):
        return earlier
    department = _department(institution, department_id)
    row = Request.objects.create(
        institution=institution,
        once=once,
        department=department,
        department_class=class_of(department, timezone.localdate()) or "",
        kind=kind,
        title=title.strip(),
        amount=amount,
        reason=reason.strip(),
        asked_by_id=actor.user,
    )
    _attach(actor, row, files)
    return row, acts.start(actor, kind=KIND, subject=str(row.pk))


def _attach(actor: Actor, row: Request, files: Iterable[CheckedFile]) -> None:
    """Attachments of the request itself, which are signed with it; those of comments belong to the matter."""
    attach(actor, owner_type=KIND, owner_id=str(row.pk), institution=row.institution, files=files)


def _asked_already(actor: Actor, once: UUID) -> tuple[Request, Matter] | None:
    """What the form with this key made before; two that arrive at the same moment wait for each other here."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [once.int % 2**63])
    row = Request.objects.filter(once=once, asked_by=actor.user).first()
    return (row, latest_of(KIND, [str(row.pk)])[str(row.pk)]) if row else None


def _check(kind: str, title: str, amount: Decimal, reason: str) -> None:
    if kind not in RequestKind.values:
        raise Invalid("workflows.unknown_kind", "请选择事项类别。", field="kind")
    if len(title.strip()) < 2:
        raise Invalid("workflows.title_missing", "请填写事项名称(至少 2 个字)。", field="title")
    if not amount.is_finite() or amount < 0 or amount > LARGEST or amount != amount.quantize(Decimal("0.01")):
        raise Invalid("workflows.bad_amount", "金额应为不小于 0 的数，最多两位小数。", field="amount")
    if len(reason.strip()) < 2:
        raise Invalid("workflows.reason_missing", "请写明理由(至少 2 个字)。", field="reason")


def _department(institution: Institution, department_id: int | None) -> Department | None:
    if department_id is None:
        return None
    department = Department.objects.filter(pk=department_id, institution=institution).first()
    if department is None:
        raise Invalid("workflows.department_elsewhere", "所选科室不属于所选机构。", field="department")
    return department


def access_own_request(actor: Actor, request_id: int) -> Request:
    """A request that the actor wrote. Raises NotFound for all others."""
    row = Request.objects.select_related("institution", "department").filter(pk=request_id, asked_by=actor.user).first()
    if row is None:
        raise NotFound("workflows.no_request", "没有这个申请。")
    return row


@transaction.atomic
def change_request(
    actor: Actor,
    *,
    request_id: int,
    kind: str,
    title: str,
    amount: Decimal,
    reason: str,
    department_id: int | None = None,
    files: Iterable[CheckedFile] = (),
) -> Request:
    """Change a request that was returned, and add attachments to it. What is on its way or decided is not changed."""
    row = access_own_request(actor, request_id)
    acts.hold_returned(actor, KIND, str(row.pk))
    row = Request.objects.select_for_update(of=("self",)).select_related("institution").get(pk=row.pk)
    _check(kind, title, amount, reason)
    row.kind, row.title, row.amount, row.reason = kind, title.strip(), amount, reason.strip()
    row.department = _department(row.institution, department_id)
    row.department_class = class_of(row.department, timezone.localdate()) or ""
    row.save()
    _attach(actor, row, files)
    record(
        actor,
        "workflows.request_changed",
        institution=row.institution.code,
        subject_type="request",
        subject=row.pk,
        detail={"amount": format(row.amount, "f"), "title": row.title},
    )
    return row
