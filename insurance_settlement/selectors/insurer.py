"""Our grouping beside the insurer's: the comparison, its totals, and one stay with the step where the two part."""

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, F, QuerySet, Sum

from insurance_settlement import schemes
from insurance_settlement.engine.case import Case
from insurance_settlement.models import CaseResult, GroupComparison
from insurance_settlement.selectors.access import CASE_READERS
from ops_platform.kernel import Actor
from ops_platform.orm.scopes import within_reach

Kind = GroupComparison.Kind
PRICED_AS = {
    "low": "低倍率",
    "high": "高倍率",
    "special_review": "特例单议",
    "incomplete": "未完成治疗",
    "readmission": "再入院",
    "self_pay": "自费",
}


def comparisons(*, actor: Actor) -> QuerySet[GroupComparison]:
    """Stays within reach that either side has grouped, the greatest difference of payment first; without one, after them."""
    return (
        GroupComparison.objects.filter(within_reach(actor, *CASE_READERS))
        .select_related("institution", "department")
        .order_by(F("at_stake").desc(nulls_last=True), "-discharged", "pk")
    )


@dataclass(frozen=True, slots=True)
class KindTotal:
    """Stays of a kind: how many, what both sides pay for those of which both say it, and the difference (ours − theirs)."""

    kind: str
    title: str
    cases: int
    ours: Decimal
    theirs: Decimal
    difference: Decimal


def totals_by_kind(rows: QuerySet[GroupComparison]) -> list[KindTotal]:
    """Of these comparisons, every kind, also one without a case. Two queries."""
    nothing = Decimal("0.00")
    both = {"payment__isnull": False, "their_payment__isnull": False}
    counted = dict(rows.order_by().values_list("kind").annotate(number=Count("pk")))
    sums = {
        kind: (ours, theirs)
        for kind, ours, theirs in rows.filter(**both)
        .order_by()
        .values_list("kind")
        .annotate(ours=Sum("payment"), theirs=Sum("their_payment"))
    }
    found = []
    for kind, title in Kind.choices:
        ours, theirs = sums.get(kind, (nothing, nothing))
        found.append(KindTotal(kind, str(title), counted.get(kind, 0), ours, theirs, ours - theirs))
    return found


@dataclass(frozen=True, slots=True)
class InsurersView:
    """What the insurer made of a stay, the name of its group where our scheme knows it, and where the two ways part."""

    row: GroupComparison
    name: str
    parting: tuple[str, ...]


def insurers_view(*, case: CaseResult, abstract: Case | None, excluded: Decimal) -> InsurersView | None:
    """The insurer's word on a case; None while there is none. `excluded` are charges of new technology, paid apart."""
    row = (
        GroupComparison.objects.filter(institution=case.run.institution_id, encounter=case.encounter)
        .exclude(kind=Kind.UNTOLD)
        .order_by("pk")
        .last()
    )
    if row is None:
        return None
    scheme = schemes.compiled_scheme(case.run.scheme)
    parting = scheme.why_not(abstract, row.their_drg) if abstract else ()
    if row.kind == Kind.PRICE:
        parting = (*parting, _priced_apart(case, row, excluded))
    return InsurersView(row, scheme.titles.get(row.their_drg, ""), parting)


def _priced_apart(case: CaseResult, row: GroupComparison, excluded: Decimal) -> str:
    """Why the amounts of the same group may differ, where the figures show it."""
    how = PRICED_AS.get(case.kind, "支付标准")
    told = f"两边同组，金额不同：本院按{how}计价。"
    if excluded and row.payment is not None and row.their_payment is not None:
        if row.payment - row.their_payment == excluded:
            return f"{told}相差的 {excluded:,} 元正是新技术除外费用，医保端没有另行支付，请核对是否已申报除外。"
        return f"{told}其中新技术除外费用 {excluded:,} 元另行支付，请核对医保端是否计入。"
    return f"{told}请核对费用总额和医保端所用的规则。"
