"""Reads of consolidations: statements, the members behind a line, the work sheet, pairs and eliminations."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db.models import Case, Count, F, Q, QuerySet, Sum, Value, When

from ops_platform.kernel import Actor, NotFound, Period, from_fen, to_fen
from ops_platform.ledger.engine.consolidation import MINORITY_NET_ASSETS, MINORITY_SURPLUS
from ops_platform.ledger.engine.pairs import PAIRS_DIFFER
from ops_platform.ledger.engine.statements import CASH_SUMMARY, Amount, Statement, StatementLine, statement_of
from ops_platform.ledger.layouts import consolidated_layouts
from ops_platform.ledger.models import (
    Account,
    ConsolidatedCash,
    ConsolidatedFigure,
    ConsolidationMember,
    ConsolidationRun,
    Elimination,
    MinorityInterest,
    PairMatch,
)
from ops_platform.ledger.selectors.access import refuse_without_the_whole
from ops_platform.ledger.selectors.cash import CashFlow
from ops_platform.ledger.selectors.statements import cash_amounts

MEASURES = {
    "end": F("start") + F("year") + F("carried"),
    "start": F("start"),
    "month": F("month"),
    "year": F("year"),
    "moved": F("year"),
    "carried": F("carried"),
}


def members(*, actor: Actor) -> QuerySet[ConsolidationMember]:
    """Who is and was consolidated."""
    refuse_without_the_whole(actor=actor)
    return ConsolidationMember.objects.select_related("institution").order_by("institution__code", "since")


def runs(*, actor: Actor) -> QuerySet[ConsolidationRun]:
    """All consolidations, newest month first."""
    refuse_without_the_whole(actor=actor)
    return ConsolidationRun.objects.order_by("-period", "-version")


def access_run(*, actor: Actor, run_id: int) -> ConsolidationRun:
    """One consolidation. Raises NotFound."""
    run = runs(actor=actor).filter(pk=run_id).first()
    if run is None:
        raise NotFound("ledger.no_consolidation", "没有这次合并。")
    return run


def access_pair(*, actor: Actor, pair_id: int) -> PairMatch:
    """One pair. Raises NotFound."""
    refuse_without_the_whole(actor=actor)
    pair = PairMatch.objects.select_related("run", "creditor", "debtor").filter(pk=pair_id).first()
    if pair is None:
        raise NotFound("ledger.no_pair", "没有这对内部往来。")
    return pair


def current_run(*, actor: Actor, period: str) -> ConsolidationRun | None:
    """The run that counts for a month."""
    return runs(actor=actor).filter(period=period, is_current=True).first()


def months(*, actor: Actor, present: Period) -> list[str]:
    """Months that can be consolidated, newest first: from the first one with a member to the present one."""
    first = members(actor=actor).order_by("since").values_list("since", flat=True).first()
    found, month = [], present
    while first and str(month) >= first:
        found.append(str(month))
        month = month.shift(-1)
    return found


def amounts_from(rows: Iterable[Sequence[Any]]) -> tuple[Amount, ...]:
    """Rows of (account, cost item, measures in yuan) as statements take them."""
    return tuple(
        Amount(account, cost_item, start=to_fen(start), month=to_fen(month), year=to_fen(year), carried=to_fen(carried))
        for account, cost_item, start, month, year, carried in rows
    )


def _consolidated(run: ConsolidationRun) -> tuple[Amount, ...]:
    rows = run.figures.filter(part=ConsolidatedFigure.Part.CONSOLIDATED).order_by("account__code", "cost_item")
    return amounts_from(rows.values_list("account__code", "cost_item", "start", "month", "year", "carried"))


def of_others(rows: Iterable[MinorityInterest]) -> list[Amount]:
    """Minority interest as statements take it: of net assets start and end count, of the surplus month and year."""
    found = []
    for each in rows:
        start, end = to_fen(each.net_assets_start), to_fen(each.net_assets)
        found.append(Amount(MINORITY_NET_ASSETS, start=-start, carried=start - end))
        found.append(Amount(MINORITY_SURPLUS, month=-to_fen(each.surplus_month), year=-to_fen(each.surplus_year)))
    return found


def statement(*, run: ConsolidationRun, code: str) -> Statement:
    """One consolidated statement. Raises NotFound for one that is none."""
    layout = consolidated_layouts().get(code)
    if layout is None:
        raise NotFound("ledger.no_statement", "没有这张报表。")
    amounts = _consolidated(run)
    if code == CASH_SUMMARY:
        return statement_of([*cash_amounts(amounts, _flows(run)), *_internal_cash(run)], layout)
    return statement_of([*amounts, *of_others(run.minority.all())], layout)


def line_of(statement: Statement, key: str) -> StatementLine:
    """One line of a statement. Raises NotFound."""
    found = next((each for each in statement.lines if each.line.key == key), None)
    if found is None:
        raise NotFound("ledger.no_statement_line", "没有这个报表项目。")
    return found


def _flows(run: ConsolidationRun) -> list[CashFlow]:
    rows = run.cash.order_by("account", "internal", "way").values_list("account", "internal", "way")
    return [flow_from(0, *row) for row in rows.annotate(Sum("month"), Sum("year"))]


def flow_from(institution: int, account: str, internal: bool, way: str, month: Decimal, year: Decimal) -> CashFlow:
    """A row of cash as the cash summary takes it."""
    amounts = (to_fen(month), to_fen(year))
    received, paid = (amounts, (0, 0)) if way == ConsolidatedCash.Way.RECEIVED else ((0, 0), amounts)
    return CashFlow(institution, account, internal, *received, *paid)


def _internal_cash(run: ConsolidationRun) -> list[Amount]:
    """What members paid each other is no flow of the whole: taken off as far as both say it."""
    rows = run.cash.filter(internal=True).order_by().values_list("way").annotate(Sum("month"), Sum("year"))
    sums = {way: (to_fen(month), to_fen(year)) for way, month, year in rows}
    received, paid = (sums.get(way, (0, 0)) for way in ConsolidatedCash.Way.values)
    month, year = (max(0, min(one, other)) for one, other in zip(received, paid, strict=True))
    return [
        Amount("in-internal:抵销", month=-month, year=-year),
        Amount("out-internal:抵销", month=-month, year=-year),
    ]


def notes_of(run: ConsolidationRun) -> list[str]:
    """What a reader must know of the figures: whose year begins later than January."""
    joined = Counter(each["joined"] for each in run.members if each["joined"])
    return [
        f"{count} 家成员自 {month} 起纳入合并，其年初数为纳入时的余额，本年累计自该月起计算；"
        "此前本年的收入、费用转入累计盈余，预算收支转入非财政拨款结余。"
        for month, count in sorted(joined.items())
    ]


def yuan(values: Iterable[int]) -> tuple[Decimal, ...]:
    """Fen to yuan."""
    return tuple(from_fen(value) for value in values)


def eliminations_of(run: ConsolidationRun, prefix: str = "") -> Q:
    """Which eliminations a run holds: its own, and those by hand."""
    return Q(**{f"{prefix}run": run}) | Q(**{f"{prefix}pk__in": run.by_hand})


def pairs(*, run: ConsolidationRun) -> QuerySet[PairMatch]:
    """Pairs of a run: differences that nobody explained first, then explained ones, then what agrees."""
    order = {"different": 0, "explained": 1, "matched": 2}
    rank = Case(*(When(state=state, then=Value(place)) for state, place in order.items()))
    return run.pairs.select_related("creditor", "debtor").annotate(rank=rank).order_by("rank", "kind", "id")


def explained_earlier(*, pair: PairMatch) -> PairMatch | None:
    """The same difference of the same pair in the last month before in which somebody explained it: what is not put right
    stands there month after month."""
    rows = PairMatch.objects.filter(
        run__is_current=True,
        run__period__lt=pair.run.period,
        kind=pair.kind,
        creditor=pair.creditor_id,
        debtor=pair.debtor_id,
        difference=pair.difference,
        by_hand=pair.by_hand,
        state=PairMatch.State.EXPLAINED,
    )
    return rows.select_related("run").order_by("-run__period").first()


def eliminations(*, run: ConsolidationRun) -> QuerySet[Any]:
    """The elimination sheet of a run."""
    return (
        Elimination.objects.filter(eliminations_of(run))
        .select_related("creditor", "debtor")
        .annotate(
            amount=Sum("legs__year", filter=Q(legs__year__gt=0)),
            earlier=Sum("legs__start", filter=Q(legs__start__gt=0)),
        )
        .order_by("-kind", "pair_kind", "id")
    )


def access_elimination(*, actor: Actor, elimination_id: int) -> Elimination:
    """One elimination with its legs. Raises NotFound."""
    refuse_without_the_whole(actor=actor)
    row = (
        Elimination.objects.select_related("creditor", "debtor", "run", "asked_by")
        .prefetch_related("legs__institution", "legs__account", "legs__counterparty")
        .filter(pk=elimination_id)
        .first()
    )
    if row is None:
        raise NotFound("ledger.no_elimination", "没有这张抵销分录。")
    return row


def by_hand(*, actor: Actor, period: str) -> QuerySet[Elimination]:
    """Eliminations by hand that hold in a month or wait for approval."""
    refuse_without_the_whole(actor=actor)
    return Elimination.objects.filter(kind="hand", period__lte=period, through__gte=period).order_by("-pk")


def pair_counts(*, run: ConsolidationRun) -> Mapping[str, int]:
    """How many pairs are in which state."""
    return dict(run.pairs.order_by().values_list("state").annotate(Count("id")))


def findings_left(*, run: ConsolidationRun, counts: Mapping[str, int]) -> list[dict[str, str]]:
    """What there is to know of a run. That pairs differ is no news once each difference is explained."""
    explained = not counts.get(PairMatch.State.DIFFERENT)
    return [each for each in run.findings if not (explained and each["code"] == PAIRS_DIFFER)]


def account_names(codes: Iterable[str]) -> dict[str, str]:
    """Names of accounts of the unified chart by code."""
    return dict(Account.objects.filter(institution=None, code__in=list(codes)).values_list("code", "name"))
