"""What of the intake needs a second person: releasing many quarantined rows."""

from decimal import Decimal
from typing import Any

from django.db.models import TextField
from django.db.models.functions import Cast
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from ops_platform.his_intake import starting
from ops_platform.his_intake.datasets.catalogue import DATASETS
from ops_platform.his_intake.models import QuarantinedRow, QuarantineRelease
from ops_platform.his_intake.services import UPLOADERS
from ops_platform.his_intake.services.release import KIND, carry_out_release, refuse_release
from ops_platform.his_intake.sheets import field_title
from ops_platform.kernel import Actor, Line, NotFound, Role, digest_of
from ops_platform.web.numbers import number_of
from workflows.public import Attribute, Decision, Kind, Level, Step, Subject, SubjectType, default, role

SHOWN_FAULTS = 5


def _rows_of(release: QuarantineRelease) -> Any:
    """The rows with what the second person agrees to: the fields as sent and what is wrong in them, not only which row it
    is. As the database writes them: senders' numbers may be floats, which a digest refuses. What becomes of a row is the
    release's own doing and stays out of it."""
    rows = QuarantinedRow.objects.filter(pk__in=release.rows).order_by("pk")
    return rows.annotate(content_text=Cast("content", TextField()), faults_text=Cast("faults", TextField()))


def _load(subject: str) -> Subject:
    release = QuarantineRelease.objects.select_related("institution").filter(pk=number_of(subject)).first()
    if release is None:
        raise NotFound("his_intake.no_release", "没有这个放行申请。")
    declared = DATASETS[release.dataset]
    dataset = declared.title
    deed = str(QuarantineRelease.Deed(release.deed).label)
    rows = list(_rows_of(release))
    faults = dict.fromkeys(
        f"{field_title(declared, fault['field'])}：{fault['message']}" for row in rows[:50] for fault in row.faults
    )
    address = f"{reverse('his_intake:quarantine')}?institution={release.institution_id}&dataset={release.dataset}"
    return Subject(
        title=f"隔离数据放行：{release.institution.name} {dataset} {len(release.rows)} 行{deed}",
        institution=release.institution_id,
        values={"rows": Decimal(len(release.rows)), "deed": str(release.deed), "dataset": release.dataset},
        content={
            "rows": [[row.pk, digest_of([row.content_text, row.faults_text])] for row in rows],
            "deed": str(release.deed),
            "reason": release.reason,
        },
        lines=(
            Line("机构", release.institution.name),
            Line("数据集", str(dataset)),
            Line("处理方式", deed),
            Line("行数", f"{len(release.rows):,}"),
            Line("理由", release.reason),
            Line("出错原因", "\n".join([*faults][:SHOWN_FAULTS]) or "—"),
        ),
        url=address,
    )


def _approved(actor: Actor, subject: str, _decision: Decision) -> None:
    carry_out_release(actor, release_id=int(subject))


def _refused(_actor: Actor, subject: str, _decision: Decision) -> None:
    refuse_release(release_id=int(subject))


RELEASE = SubjectType(
    code=KIND,
    title=_("隔离数据放行"),
    load=_load,
    applicants=UPLOADERS,
    begin=starting.RELEASE,
    attributes=(
        Attribute("rows", "行数", Kind.NUMBER),
        Attribute("deed", "处理方式", Kind.CHOICE, tuple((str(c), str(t)) for c, t in QuarantineRelease.Deed.choices)),
        Attribute("dataset", "数据集", Kind.CHOICE, tuple((code, str(each.title)) for code, each in DATASETS.items())),
    ),
    on_approval=_approved,
    on_rejection=_refused,
    on_withdrawal=_refused,
    readers=(Role.FINANCE_OFFICER, Role.ACCOUNTING_REVIEWER),
    default=default(
        "隔离数据放行",
        (
            Step(
                "second",
                "第二人审批",
                (role(Role.FINANCE_DIRECTOR), role(Role.OPERATION_CENTRE, Level.ALLIANCE)),
                remind_hours=24,
                escalate_hours=72,
            ),
        ),
        note="一天之内自行放行合计超过上限的隔离数据，须经财务负责人或运营管理中心同意。",
    ),
)
