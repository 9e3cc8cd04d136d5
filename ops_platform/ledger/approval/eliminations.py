"""What of the consolidation needs a second person: eliminations by hand."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from ops_platform.his_intake.public import COST_ITEMS
from ops_platform.kernel import Actor, Line, NotFound, Role
from ops_platform.ledger.models import Elimination, EliminationLeg
from ops_platform.ledger.services.consolidation import MAKERS
from ops_platform.ledger.services.eliminations import KIND, decide_elimination
from ops_platform.web.formats import money
from ops_platform.web.numbers import number_of
from workflows.public import Decision, Level, Step, Subject, SubjectType, default, role

COST_ITEM_TITLES = dict(COST_ITEMS)


def _said_of(leg: EliminationLeg) -> str:
    """Whose leg it is, and what it says beside account and amount."""
    other = f"往来 {leg.counterparty.name}" if leg.counterparty else ""
    said = (leg.institution.name, other, COST_ITEM_TITLES.get(leg.cost_item, leg.cost_item))
    return " · ".join(filter(None, said))


def _load(subject: str) -> Subject:
    number = number_of(subject)
    row = Elimination.objects.filter(pk=number, kind=Elimination.Kind.HAND).first()
    if row is None:
        raise NotFound("ledger.no_elimination", "没有这张手工抵销分录。")
    legs = list(row.legs.select_related("institution", "account", "counterparty").order_by("position"))
    return Subject(
        title=f"手工抵销：{row.title}",
        institution=None,
        values={},
        content={
            "period": row.period,
            "through": row.through,
            "reason": row.title,
            "pair": [row.pair_kind, row.creditor_id or 0, row.debtor_id or 0],
            "legs": [
                [
                    leg.institution.code,
                    leg.account.code,
                    leg.cost_item,
                    format(leg.year, "f"),
                    *([leg.counterparty.code] if leg.counterparty else []),
                ]
                for leg in legs
            ],
        },
        lines=(
            Line("适用期间", f"{row.period} 至 {row.through}"),
            *(
                Line(
                    f"{'借' if leg.year > 0 else '贷'} {leg.account.code} {leg.account.name}",
                    money(abs(leg.year)),
                    _said_of(leg),
                )
                for leg in legs
            ),
        ),
        url=reverse("ledger:elimination", args=[row.pk]),
    )


def _approved(_actor: Actor, subject: str, _decision: Decision) -> None:
    decide_elimination(elimination_id=int(subject), approved=True)


def _refused(_actor: Actor, subject: str, _decision: Decision) -> None:
    decide_elimination(elimination_id=int(subject), approved=False)


ELIMINATION = SubjectType(
    code=KIND,
    title=_("手工抵销分录"),
    load=_load,
    applicants=MAKERS,
    begun_at="POST /api/v1/ledger/eliminations/",
    on_approval=_approved,
    on_rejection=_refused,
    on_withdrawal=_refused,
    default=default(
        "手工抵销分录",
        (
            Step(
                "second",
                "运营管理中心另一人或领导小组审批",
                (role(Role.OPERATION_CENTRE, Level.ALLIANCE), role(Role.LEADERSHIP, Level.ALLIANCE)),
                remind_hours=48,
            ),
        ),
        note="手工抵销改变合并报表，须由提出人以外的一人同意。",
    ),
)
