"""Trial balances and account sheets, straight from the balances and legs."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import F, QuerySet, Sum, Window
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from ops_platform.kernel import Invalid, NotFound, Period, from_fen
from ops_platform.ledger.engine.chart import YEARLY
from ops_platform.ledger.engine.figures import Figure
from ops_platform.ledger.models import Account, Book, Leg, PeriodBalance, Side
from ops_platform.ledger.selectors.chart import accounts_of
from ops_platform.ledger.selectors.day_sheet import CARRIED
from ops_platform.ledger.selectors.figures import official_figures
from ops_platform.masterdata.models import Institution

ZERO = Decimal("0.00")
CARRYING = "carried"
MOVED = ("month", "year", "moved", CARRYING)
"""What a statement counts as moved: turnover without carrying a year forward, or that carrying alone."""


@dataclass(frozen=True, slots=True)
class BalanceRow:
    """One account of a trial balance, in yuan; sum accounts hold what stands below them."""

    code: str
    name: str
    level: int
    opening_debit: Decimal
    opening_credit: Decimal
    debit: Decimal
    credit: Decimal
    year_debit: Decimal
    year_credit: Decimal
    closing_debit: Decimal
    closing_credit: Decimal


@dataclass(frozen=True, slots=True)
class TrialBalance:
    """A trial balance with its totals over the first level; `balanced` when both sides agree in all pairs of columns."""

    rows: tuple[BalanceRow, ...]
    total: BalanceRow
    balanced: bool


@dataclass
class _Sums:
    opening: int = 0
    debit: int = 0
    credit: int = 0
    year_debit: int = 0
    year_credit: int = 0
    net: int = 0

    def take(self, figure: Figure) -> None:
        self.opening += figure.opening
        self.debit += figure.debit + max(figure.carried, 0)
        self.credit += figure.credit + max(-figure.carried, 0)
        self.year_debit += figure.year_debit + max(figure.carried, 0)
        self.year_credit += figure.year_credit + max(-figure.carried, 0)
        self.net += figure.net


def trial_balance(institution: Institution, period: Period, book: str = Book.FINANCIAL) -> TrialBalance:
    """The trial balance of a month (科目余额表) of one of the two books, from where the official figures come."""
    accounts = accounts_of(institution)
    figures = [each for each in official_figures([institution.pk], period) if accounts[each.account].book == book]
    sums: dict[str, _Sums] = defaultdict(_Sums)
    parents = {account.pk: account for account in accounts.values()}
    for figure in figures:
        account: Account | None = accounts[figure.account]
        while account is not None:
            sums[account.code].take(figure)
            account = parents.get(account.parent_id) if account.parent_id else None
    rows = tuple(_row(accounts[code], sums[code], parents) for code in sorted(sums))
    total = _total(row for row in rows if row.level == 1)
    pairs = (
        (total.opening_debit, total.opening_credit),
        (total.debit, total.credit),
        (total.year_debit, total.year_credit),
        (total.closing_debit, total.closing_credit),
    )
    return TrialBalance(rows, total, all(debit == credit for debit, credit in pairs))


def _row(account: Account, sums: _Sums, parents: dict[int, Account]) -> BalanceRow:
    level, above = 1, account.parent_id
    while above:
        level, above = level + 1, parents[above].parent_id
    opening, closing = _sides(account, sums.opening), _sides(account, sums.net)
    return BalanceRow(
        code=account.code,
        name=account.name,
        level=level,
        opening_debit=opening[0],
        opening_credit=opening[1],
        debit=from_fen(sums.debit),
        credit=from_fen(sums.credit),
        year_debit=from_fen(sums.year_debit),
        year_credit=from_fen(sums.year_credit),
        closing_debit=closing[0],
        closing_credit=closing[1],
    )


def _sides(account: Account, net: int) -> tuple[Decimal, Decimal]:
    """On the account's usual side, negative where it stands on the other."""
    if account.side == Side.DEBIT:
        return from_fen(net), ZERO
    return ZERO, from_fen(-net)


def _total(rows: Iterable[BalanceRow]) -> BalanceRow:
    listed = list(rows)

    def of(name: str) -> Decimal:
        return sum((getattr(row, name) for row in listed), ZERO)

    return BalanceRow(
        code="",
        name="合计",
        level=1,
        opening_debit=of("opening_debit"),
        opening_credit=of("opening_credit"),
        debit=of("debit"),
        credit=of("credit"),
        year_debit=of("year_debit"),
        year_credit=of("year_credit"),
        closing_debit=of("closing_debit"),
        closing_credit=of("closing_credit"),
    )


def accounts_below(institution: Institution, code: str) -> list[Account]:
    """The account and all below it."""
    accounts = accounts_of(institution)
    if code not in accounts:
        return []
    found, seen = [accounts[code]], {accounts[code].pk}
    for account in accounts.values():
        if account.parent_id in seen:
            seen.add(account.pk)
            found.append(account)
    return found


def leaf_account(institution: Institution, code: str) -> Account:
    """The account that legs of the institution stand on. Raises NotFound, Invalid for one with accounts below it."""
    found = accounts_below(institution, code)
    if not found:
        raise NotFound("ledger.no_account", "没有这个科目。")
    if len(found) > 1:
        raise Invalid("ledger.not_a_leaf", f"{found[0]} 下有明细科目，请在明细科目上设置。", field="account")
    return found[0]


def opening_of(
    institution: Institution, accounts: Iterable[Account], first: Period, cost_item: str | None = None
) -> Decimal:
    """What stood on these accounts before the month, debits less credits; of one cost item where one is named."""
    rows = _balances(institution, accounts, cost_item).filter(period__lt=str(first))
    return rows.aggregate(net=Coalesce(Sum(F("debit") - F("credit")), ZERO))["net"]


def brought_of(
    institution: Institution, accounts: Iterable[Account], year: int, cost_item: str | None = None
) -> Decimal:
    """What of the year's income and expense stood already when the books began, debits less credits."""
    rows = _balances(institution, accounts, cost_item).filter(
        account__kind__in=YEARLY, period__gte=f"{year:04d}-01", period__lt=institution.first_period
    )
    return rows.aggregate(net=Coalesce(Sum(F("debit") - F("credit")), ZERO))["net"]


def turnover_of(
    institution: Institution,
    accounts: Iterable[Account],
    first: Period,
    last: Period,
    cost_item: str | None = None,
    *,
    moved: str = "",
) -> tuple[Decimal, Decimal]:
    """Debits and credits of these accounts from month to month: all, or what a statement counts as moved."""
    rows = _balances(institution, accounts, cost_item).filter(period__gte=str(first), period__lte=str(last))
    debit: Combinable = F("debit")
    credit: Combinable = F("credit")
    if moved == CARRYING:
        debit, credit = F("carried_debit"), F("carried_credit")
    elif moved:
        debit, credit = F("debit") - F("carried_debit"), F("credit") - F("carried_credit")
    sums = rows.aggregate(moved_debit=Coalesce(Sum(debit), ZERO), moved_credit=Coalesce(Sum(credit), ZERO))
    return sums["moved_debit"], sums["moved_credit"]


def _balances(institution: Institution, accounts: Iterable[Account], cost_item: str | None) -> QuerySet[PeriodBalance]:
    rows = PeriodBalance.objects.filter(institution=institution, account__in=[account.pk for account in accounts])
    return rows if cost_item is None else rows.filter(dimension__cost_item=cost_item)


def account_sheet(
    institution: Institution,
    accounts: Iterable[Account],
    first: Period,
    last: Period,
    cost_item: str | None = None,
    *,
    moved: str = "",
) -> QuerySet[Leg]:
    """The legs of these accounts from month to month in the order of the books, all or those that a statement counts as
    moved, each with what had moved up to it (`moved`, debits less credits since the first month)."""
    rows = Leg.objects.filter(
        institution=institution,
        account__in=[account.pk for account in accounts],
        period__gte=str(first),
        period__lte=str(last),
    )
    if cost_item is not None:
        rows = rows.filter(dimension__cost_item=cost_item)
    if moved:
        rows = rows.filter(CARRIED if moved == CARRYING else ~CARRIED)
    order = ("entry__period", "entry__day", "entry__voucher_no", "position")
    running = Window(Sum(F("debit") - F("credit")), order_by=[F(name).asc() for name in order])
    return rows.select_related("entry", "account", "dimension").annotate(moved=running).order_by(*order)
