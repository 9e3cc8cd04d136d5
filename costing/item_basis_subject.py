"""What of item costing needs a second person: another method of dividing the cost of services."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from costing import starting
from costing.activity_files import TITLES
from costing.models import ItemBasis, ItemBasisProposal, ItemMethod
from costing.second_person import SECOND
from costing.services.driver_rules import RULERS
from costing.services.item_bases import KIND, put_basis_in_force, refuse_basis
from ops_platform.kernel import Actor, Line, NotFound, Role
from ops_platform.web.numbers import number_of
from workflows.public import Attribute, Decision, Kind, Subject, SubjectType, default

SHOWN_ROWS = 20
SHOWN_USES = 200  # of an activity, in one paragraph


def _load(subject: str) -> Subject:
    rows = ItemBasisProposal.objects.select_related("institution", "department")
    asked = rows.filter(pk=number_of(subject)).first()
    if asked is None:
        raise NotFound("costing.no_item_basis_proposal", "没有这个项目成本方法申请。")
    where = f"{asked.institution.name} {asked.department.name if asked.department else '全部科室'}"
    method = str(ItemMethod(asked.method).label)
    return Subject(
        title=f"项目成本方法：{where} 自 {asked.effective_from} 起按{method}",
        institution=asked.institution_id,
        department=asked.department_id,
        values={"method": str(asked.method)},
        content={
            "institution": asked.institution.code,
            "department": asked.department.code if asked.department else "",
            "method": str(asked.method),
            "effective_from": asked.effective_from.isoformat(),
            "rows": asked.rows,
            # what was approved before there were activities is signed without them
            **({"activities": asked.activities} if asked.activities else {}),
            "source_text": asked.source_text,
        },
        lines=(
            Line("范围", where),
            Line("现行方法", _present(asked)),
            Line("新的方法", method),
            *_asked_lines(asked),
            Line("生效日期", asked.effective_from.isoformat()),
            Line("依据", asked.source_text),
        ),
        url=reverse("costing:item-bases"),
    )


def _asked_lines(asked: ItemBasisProposal) -> list[Line]:
    """Coefficients, or each activity with its resource drivers and the items that use it most."""
    if asked.method != ItemMethod.ACTIVITY:
        shown = [f"{code}：{value}" for code, value in asked.rows[:SHOWN_ROWS]]
        more = [f"……共 {len(asked.rows)} 项"] if len(asked.rows) > SHOWN_ROWS else []
        return [Line("系数", "\n".join([*shown, *more]) or "沿用已有")]
    lines = []
    for one in asked.activities:
        drivers = "，".join(f"{TITLES[column]} {told}" for column, told in one["resources"].items())
        uses = [f"{code}：{told}" for code, told in one["uses"].items()]
        rest = f"……共 {len(uses)} 项" if len(uses) > SHOWN_USES else ""
        words = f"资源动因 {drivers}\n作业动因量 {'，'.join(uses[:SHOWN_USES])}{rest}"
        lines.append(Line(f"作业：{one['name']}", words))
    return lines


def _present(asked: ItemBasisProposal) -> str:
    rows = ItemBasis.objects.filter(institution=asked.institution, effective_from__lt=asked.effective_from)
    for department in (asked.department, None):
        basis = rows.filter(department=department).order_by("-effective_from").first()
        if basis is not None:
            return str(ItemMethod(basis.method).label)
    return str(ItemMethod.INCOME.label)


def _approved(actor: Actor, subject: str, _decision: Decision) -> None:
    put_basis_in_force(actor, proposal_id=number_of(subject))


def _refused(_actor: Actor, subject: str, _decision: Decision) -> None:
    refuse_basis(proposal_id=number_of(subject))


ITEM_BASIS = SubjectType(
    code=KIND,
    title=_("项目成本方法变更"),
    load=_load,
    applicants=RULERS,
    begin=starting.ITEM_BASIS,
    attributes=(
        Attribute("method", "方法", Kind.CHOICE, tuple((str(code), str(title)) for code, title in ItemMethod.choices)),
    ),
    on_approval=_approved,
    on_rejection=_refused,
    on_withdrawal=_refused,
    readers=(Role.FINANCE_OFFICER, Role.ACCOUNTING_REVIEWER),
    default=default(
        "项目成本方法变更",
        SECOND,
        note="方法和系数影响项目、病种成本，须由申请人以外的一人同意。",
    ),
)
