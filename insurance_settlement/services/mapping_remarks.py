"""Remarks on a province mapping: handed up by institutions, answered by the operation centre."""

from django.db import transaction
from django.utils import timezone

from insurance_settlement.models import MappingRemark, MappingRow, MappingVersion
from insurance_settlement.selectors import mappings as selected
from ops_platform.audit.public import record
from ops_platform.kernel import Actor, Conflict, Forbidden, Invalid, NotFound, Role
from ops_platform.masterdata.models import Institution

REMARKERS = (Role.FINANCE_OFFICER, Role.FINANCE_DIRECTOR, Role.INSURANCE_OFFICER)
ANSWERERS = (Role.OPERATION_CENTRE,)
LONGEST = 1000
State = MappingRemark.State


@transaction.atomic
def raise_remark(
    actor: Actor, *, version_id: int, institution: Institution, kind: str, text: str, row_id: int | None = None
) -> MappingRemark:
    """What an institution says of a province version, or of one of its rows."""
    version = selected.access_version(actor=actor, version_id=version_id)
    if actor.user is None or not actor.may(institution.pk, *REMARKERS):
        raise Forbidden("insurance_settlement.may_not_remark", "意见由机构的财务或医保人员提出，请与其联系。")
    if version.institution_id is not None or version.state != MappingVersion.State.APPROVED:
        raise Conflict("insurance_settlement.mapping_base", "只能对已批准下发的省版提出意见。")
    if kind not in MappingRemark.Kind.values:
        raise Invalid("insurance_settlement.mapping_remark_kind", "请选择评估、问题或建议。", field="kind")
    _check(text, "text")
    row = None
    if row_id is not None:
        row = MappingRow.objects.filter(pk=row_id, version=version).first()
        if row is None:
            raise NotFound("insurance_settlement.no_mapping_row", "该省版没有这一行。")
    made = MappingRemark.objects.create(
        version=version,
        row=row,
        institution=institution,
        kind=kind,
        text=text.strip(),
        raised_by_id=actor.user,
    )
    _note(actor, made, "mapping_remarked", kind=kind)
    return made


@transaction.atomic
def withdraw_remark(actor: Actor, *, remark_id: int) -> None:
    """Take a remark back that nobody has answered."""
    remark = _open(actor, remark_id)
    if not actor.may(remark.institution_id, *REMARKERS):
        raise Forbidden("insurance_settlement.may_not_remark", "意见由提出的机构撤回。")
    remark.state = State.WITHDRAWN
    remark.save(update_fields=["state"])
    _note(actor, remark, "mapping_remark_withdrawn")


@transaction.atomic
def answer_remark(actor: Actor, *, remark_id: int, outcome: str, answer: str) -> MappingRemark:
    """What the operation centre says to a remark, once."""
    remark = _open(actor, remark_id)
    if actor.user is None or not actor.may(remark.institution_id, *ANSWERERS):
        raise Forbidden("insurance_settlement.may_not_answer", "意见由运营管理中心答复，请与其联系。")
    if outcome not in MappingRemark.Outcome.values:
        raise Invalid("insurance_settlement.mapping_remark_outcome", "请选择采纳、解释或不采纳。", field="outcome")
    _check(answer, "answer")
    remark.state, remark.outcome, remark.answer = State.ANSWERED, outcome, answer.strip()
    remark.answered_by_id, remark.answered_at = actor.user, timezone.now()
    remark.save(update_fields=["state", "outcome", "answer", "answered_by", "answered_at"])
    _note(actor, remark, "mapping_remark_answered", outcome=outcome)
    return remark


def _open(actor: Actor, remark_id: int) -> MappingRemark:
    selected.access_remark(actor=actor, remark_id=remark_id)
    rows = MappingRemark.objects.select_for_update(of=("self",)).select_related("institution")
    remark = rows.get(pk=remark_id)
    if remark.state != State.RAISED:
        words = f"该意见现为「{remark.get_state_display()}」，不能再答复或撤回。请刷新页面。"
        raise Conflict("insurance_settlement.mapping_remark_state", words)
    return remark


def _check(text: str, field: str) -> None:
    if not 2 <= len(text.strip()) <= LONGEST:
        raise Invalid("insurance_settlement.mapping_remark_text", f"请写明内容，2 到 {LONGEST} 字。", field=field)


def _note(actor: Actor, remark: MappingRemark, action: str, **detail: object) -> None:
    record(
        actor,
        f"insurance_settlement.{action}",
        institution=remark.institution.code,
        subject_type="mapping_remark",
        subject=remark.pk,
        detail={"version": remark.version_id, **detail},
    )
