"""Reads of consolidations: statements, the members behind a line, the work sheet, pairs and eliminations."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Case, Count, F, Q, QuerySet, Sum, Value, When

from ops_platform.kernel import Actor, NotFound, Period, from_fen, to_fen
from ops_platform.ledger.engine.consolidation import MINORITY_NET_ASSETS, MINORITY_SURPLUS
from ops_platform.ledger.engine.statements import CASH_SUMMARY, Amount, Statement, StatementLine, statement_of
from ops_platform.ledger.layouts import layouts
from ops_platform.ledger.models import (
    Account,
    ConsolidatedCash,
    ConsolidatedFigure,
    ConsolidationMember,
    ConsolidationRun,
    Elimination,
    EliminationLeg,
    PairMatch,
)
from ops_platform.ledger.selectors.access import refuse_without_the_whole
from ops_platform.ledger.selectors.cash import CASH, CashFlow
from ops_platform.ledger.selectors.statements import cash_amounts
from ops_platform.masterdata.models import Institution, InstitutionKind

MEASURES = {"end": F("start") + F("year"), "start": F("start"), "month": F("month"), "year": F("year")}
MEASURE_TITLES = {"end": "期末余额", "start": "年初余额", "month": "本月发生", "year": "本年累计"}


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


def _fen(rows: Iterable[Sequence[Any]]) -> tuple[Amount, ...]:
    return tuple(
        Amount(account, cost_item, start=to_fen(start), month=to_fen(month), year=to_fen(year))
        for account, cost_item, start, month, year in rows
    )


def _consolidated(run: ConsolidationRun) -> tuple[Amount, ...]:
    rows = run.figures.filter(part=ConsolidatedFigure.Part.CONSOLIDATED).order_by("account__code", "cost_item")
    return _fen(rows.values_list("account__code", "cost_item", "start", "month", "year"))


def _minority(run: ConsolidationRun) -> list[Amount]:
    sums = run.minority.aggregate(
        start=Sum("net_assets_start"), end=Sum("net_assets"), month=Sum("surplus_month"), year=Sum("surplus_year")
    )
    start, end, month, year = (to_fen(sums[name] or 0) for name in ("start", "end", "month", "year"))
    return [
        Amount(MINORITY_NET_ASSETS, start=-start, carried=start - end),
        Amount(MINORITY_SURPLUS, month=-month, year=-year),
    ]


def statement(*, run: ConsolidationRun, code: str) -> Statement:
    """One consolidated statement. Raises NotFound for one that is none."""
    layout = layouts().get(code)
    if layout is None:
        raise NotFound("ledger.no_statement", "没有这张报表。")
    amounts = _consolidated(run)
    if code == CASH_SUMMARY:
        return statement_of([*cash_amounts(amounts, _flows(run)), *_internal_cash(run)], layout)
    return statement_of([*amounts, *_minority(run)], layout)


def line_of(statement: Statement, key: str) -> StatementLine:
    """One line of a statement. Raises NotFound."""
    found = next((each for each in statement.lines if each.line.key == key), None)
    if found is None:
        raise NotFound("ledger.no_statement_line", "没有这个报表项目。")
    return found


def _flows(run: ConsolidationRun, institution: int | None = None) -> list[CashFlow]:
    rows = run.cash.all() if institution is None else run.cash.filter(institution=institution)
    listed = rows.order_by("account", "internal", "way").values_list("account", "internal", "way")
    found = []
    for account, internal, way, month, year in listed.annotate(Sum("month"), Sum("year")):
        amounts = (to_fen(month), to_fen(year))
        zero = (0, 0)
        received, paid = (amounts, zero) if way == ConsolidatedCash.Way.RECEIVED else (zero, amounts)
        found.append(CashFlow(institution or 0, account, internal, *received, *paid))
    return found


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


@dataclass(frozen=True, slots=True)
class MemberRow:
    """What a member adds to a line, by column, in yuan."""

    institution: Institution
    values: tuple[Decimal, ...]


@dataclass(frozen=True, slots=True)
class Behind:
    """What stands behind a line: members, their sum, what was eliminated, the whole; and the accounts."""

    members: list[MemberRow]
    summed: tuple[Decimal, ...]
    eliminated: tuple[Decimal, ...]
    consolidated: tuple[Decimal, ...]


def behind(*, run: ConsolidationRun, code: str, key: str) -> tuple[StatementLine, Behind]:
    """A line of a consolidated statement with the members and eliminations behind it."""
    layout = layouts().get(code)
    whole = line_of(statement(run=run, code=code), key)
    if layout is None:
        raise NotFound("ledger.no_statement", "没有这张报表。")
    by_member: dict[int, list[Amount]] = defaultdict(list)
    rows = run.figures.filter(part=ConsolidatedFigure.Part.MEMBER).order_by("institution", "account__code", "cost_item")
    if code == CASH_SUMMARY:
        rows = rows.filter(account__code__regex=f"^({'|'.join(CASH)})")
    for institution, *row in rows.values_list("institution", "account__code", "cost_item", "start", "month", "year"):
        by_member[institution] += _fen([row])
    if code == CASH_SUMMARY:
        flows: dict[int, list[CashFlow]] = defaultdict(list)
        for cash in run.cash.order_by("institution", "account"):
            amounts = (to_fen(cash.month), to_fen(cash.year))
            zero = (0, 0)
            received, paid = (amounts, zero) if cash.way == ConsolidatedCash.Way.RECEIVED else (zero, amounts)
            flows[cash.institution_id].append(
                CashFlow(cash.institution_id, cash.account, cash.internal, *received, *paid)
            )
        by_member = defaultdict(
            list, {each: [*cash_amounts(by_member[each], flows[each])] for each in {*by_member, *flows}}
        )
    for each in run.minority.all():
        by_member[each.institution_id] += [
            Amount(
                MINORITY_NET_ASSETS,
                start=-to_fen(each.net_assets_start),
                carried=to_fen(each.net_assets_start) - to_fen(each.net_assets),
            ),
            Amount(MINORITY_SURPLUS, month=-to_fen(each.surplus_month), year=-to_fen(each.surplus_year)),
        ]
    said = {
        institution: line_of(statement_of(amounts, layout), key).values for institution, amounts in by_member.items()
    }
    listed = [
        MemberRow(institution, yuan(said[institution.pk]))
        for institution in Institution.objects.filter(pk__in=said).order_by("code")
        if any(said[institution.pk])
    ]
    summed = tuple(sum(values[place] for values in said.values()) for place in range(len(layout.columns)))
    gone = tuple(value - sum_ for value, sum_ in zip(whole.values, summed, strict=True))
    return whole, Behind(listed, yuan(summed), yuan(gone), yuan(whole.values))


def yuan(values: Iterable[int]) -> tuple[Decimal, ...]:
    """Fen to yuan."""
    return tuple(from_fen(value) for value in values)


@dataclass(frozen=True, slots=True)
class SheetColumn:
    """A column of the work sheet: a class of members (opens further) or one member."""

    key: str
    title: str
    kind: str = ""


@dataclass(frozen=True, slots=True)
class SheetRow:
    """An account of the work sheet."""

    code: str
    name: str
    side: str
    cells: list[Decimal | None]
    summed: Decimal
    eliminated: Decimal
    consolidated: Decimal


def worksheet(*, run: ConsolidationRun, measure: str, kind: str = "") -> tuple[list[SheetColumn], list[SheetRow]]:
    """The work sheet (工作底稿) in one measure: accounts × classes of members, or × the members of one class with the
    others beside; then sum, eliminations, consolidated. Sums are made in SQL; amounts are debits less credits."""
    amount = Sum(MEASURES[measure])
    rows = run.figures.order_by("account__code")
    cells: dict[str, dict[str, Decimal]] = defaultdict(dict)
    by_kind = rows.filter(part="member").values_list("account__code", "institution__kind").annotate(value=amount)
    for code, its_kind, value in by_kind:
        cells[code][its_kind] = value
    present = {key for row in cells.values() for key in row}
    columns = [SheetColumn(str(each), str(each.label), str(each)) for each in InstitutionKind if each in present]
    if kind in present:
        own = rows.filter(part="member", institution__kind=kind)
        for code, institution, value in own.values_list("account__code", "institution").annotate(value=amount):
            cells[code][str(institution)] = value
        numbers = own.order_by().values_list("institution", flat=True).distinct()
        columns = [
            SheetColumn(str(each.pk), each.name) for each in Institution.objects.filter(pk__in=numbers).order_by("code")
        ] + [column for column in columns if column.key != kind]
    sums: dict[str, dict[str, Decimal]] = defaultdict(dict)
    for code, part, value in rows.values_list("account__code", "part").annotate(value=amount):
        sums[code][part] = value
    names = {
        code: (name, side)
        for code, name, side in Account.objects.filter(institution=None, code__in=sums).values_list(
            "code", "name", "side"
        )
    }
    zero = from_fen(0)
    return columns, [
        SheetRow(
            code,
            *names[code],
            [cells[code].get(column.key) for column in columns],
            said.get("member", zero),
            said.get("elimination", zero),
            said.get("consolidated", zero),
        )
        for code, said in sorted(sums.items())
        if any(said.values())
    ]


def account_rows(*, run: ConsolidationRun, code: str) -> tuple[Account, QuerySet[Any], QuerySet[EliminationLeg], Any]:
    """An account in a run: what each member says, the elimination legs on it, the whole."""
    account = Account.objects.filter(institution=None, code=code).first()
    if account is None:
        raise NotFound("ledger.no_account", f"统一科目表中没有科目 {code}。")
    measures = {
        "opening": Sum("start"),
        "of_month": Sum("month"),
        "of_year": Sum("year"),
        "standing": Sum(MEASURES["end"]),
    }
    rows = run.figures.filter(account=account)
    said = (
        rows.filter(part="member")
        .values("institution", "institution__name", "institution__code")
        .annotate(**measures)
        .order_by("institution__code")
    )
    legs = (
        EliminationLeg.objects.filter(_eliminations_of(run, "elimination__"), account=account)
        .select_related("elimination__creditor", "elimination__debtor", "institution")
        .order_by("elimination", "position")
    )
    return account, said, legs, rows.filter(part="consolidated").aggregate(**measures)


def _eliminations_of(run: ConsolidationRun, prefix: str = "") -> Q:
    return Q(**{f"{prefix}run": run}) | Q(**{f"{prefix}pk__in": run.by_hand})


def pairs(*, run: ConsolidationRun) -> QuerySet[PairMatch]:
    """Pairs of a run: differences that nobody explained first, then explained ones, then what agrees."""
    order = {"different": 0, "explained": 1, "matched": 2}
    rank = Case(*(When(state=state, then=Value(place)) for state, place in order.items()))
    return run.pairs.select_related("creditor", "debtor").annotate(rank=rank).order_by("rank", "kind", "id")


def eliminations(*, run: ConsolidationRun) -> QuerySet[Any]:
    """The elimination sheet of a run."""
    return (
        Elimination.objects.filter(_eliminations_of(run))
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
