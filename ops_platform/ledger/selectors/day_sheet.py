"""Income and expense of an institution day by day (收支日报), and the legs behind each of its figures.

Day: that of the voucher. Carrying forward, and taking it back, is neither income nor expense of a day. Each column says
which legs it sums and on which side; the sheet and what a figure opens to read the same definition.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Case, DecimalField, F, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Coalesce

from ops_platform.kernel import NotFound, Period, from_fen
from ops_platform.ledger.models import AccountKind, EntryKind, Leg
from ops_platform.masterdata.models import Institution

INCOME, EXPENSE = Q(account__kind=AccountKind.INCOME), Q(account__kind=AccountKind.EXPENSE)
_OUTPATIENT = INCOME & Q(account__code__startswith="41010101")
_INPATIENT = INCOME & Q(account__code__startswith="41010102")
_FISCAL = INCOME & (Q(account__code__startswith="4001") | Q(account__code__startswith="4601"))
_PERSONNEL = EXPENSE & Q(dimension__cost_item="personnel")
_GOODS = EXPENSE & Q(dimension__cost_item__in=("drugs", "materials"))
CARRIED = Q(entry__kind=EntryKind.CARRY_FORWARD) | Q(entry__reverses__kind=EntryKind.CARRY_FORWARD)
_AMOUNT = DecimalField(max_digits=18, decimal_places=2)


@dataclass(frozen=True, slots=True)
class DayColumn:
    """A column of the sheet: which legs it sums; income and surplus count credits less debits, expense debits less."""

    title: str
    legs: Q
    credit: bool

    @property
    def amount(self) -> Case:
        """What a leg adds to the column."""
        net = F("credit") - F("debit") if self.credit else F("debit") - F("credit")
        return Case(When(self.legs, then=net), default=Value(from_fen(0)), output_field=_AMOUNT)


COLUMNS: Mapping[str, DayColumn] = {
    "outpatient": DayColumn("门急诊收入", _OUTPATIENT, credit=True),
    "inpatient": DayColumn("住院收入", _INPATIENT, credit=True),
    "fiscal": DayColumn("财政拨款", _FISCAL, credit=True),
    "other_income": DayColumn("其他收入", INCOME & ~(_OUTPATIENT | _INPATIENT | _FISCAL), credit=True),
    "income": DayColumn("收入合计", INCOME, credit=True),
    "personnel": DayColumn("人员经费", _PERSONNEL, credit=False),
    "goods": DayColumn("药品和卫生材料", _GOODS, credit=False),
    "other_expense": DayColumn("其他费用", EXPENSE & ~(_PERSONNEL | _GOODS), credit=False),
    "expense": DayColumn("费用合计", EXPENSE, credit=False),
    "surplus": DayColumn("收支结余", INCOME | EXPENSE, credit=True),
}
DAY_TITLES = tuple(column.title for column in COLUMNS.values())


@dataclass(frozen=True, slots=True)
class DayRow:
    """Income and expense of a day (or of a whole month, without day), in yuan."""

    day: date | None
    outpatient: Decimal
    inpatient: Decimal
    fiscal: Decimal
    other_income: Decimal
    income: Decimal
    personnel: Decimal
    goods: Decimal
    other_expense: Decimal
    expense: Decimal
    surplus: Decimal

    @property
    def amounts(self) -> tuple[Decimal, ...]:
        """As the sheet shows them."""
        return tuple(getattr(self, name) for name in COLUMNS)

    @property
    def cells(self) -> tuple[tuple[str, Decimal], ...]:
        """Each figure with its column."""
        return tuple(zip(COLUMNS, self.amounts, strict=True))


def _legs(institution: Institution, period: Period) -> QuerySet[Leg]:
    return Leg.objects.filter(INCOME | EXPENSE, institution=institution, period=str(period)).exclude(CARRIED)


def day_sheet(*, institution: Institution, period: Period) -> list[DayRow]:
    """The sheet of a month, with its total at the end; nothing without income and expense."""
    sums = {name: Coalesce(Sum(column.amount), from_fen(0)) for name, column in COLUMNS.items()}
    rows: Any = _legs(institution, period).values("entry__day").order_by("entry__day").annotate(**sums)
    days = [DayRow(row["entry__day"], *(row[name] for name in COLUMNS)) for row in rows]
    if not days:
        return []
    total = (sum((getattr(day, name) for day in days), from_fen(0)) for name in COLUMNS)
    return [*days, DayRow(None, *total)]


def day_column(name: str) -> DayColumn:
    """A column by its name. Raises NotFound."""
    if name not in COLUMNS:
        raise NotFound("ledger.no_day_column", "收支日报没有这一栏。")
    return COLUMNS[name]


def legs_behind(*, institution: Institution, period: Period, column: DayColumn, day: date | None) -> QuerySet[Leg]:
    """The legs whose `amount`s are a figure of the sheet, in the order of the books; of the whole month without day."""
    rows = _legs(institution, period).filter(column.legs)
    if day:
        rows = rows.filter(entry__day=day)
    order = ("entry__day", "entry__voucher_no", "position")
    return rows.annotate(amount=column.amount).select_related("entry", "account", "dimension").order_by(*order)


def by_account(rows: QuerySet[Leg]) -> list[Any]:
    """The same by account: code, name, total."""
    return list(
        rows.order_by("account__code")
        .values("account__code", "account__name")
        .annotate(total=Sum("amount"))
        .values("account__code", "account__name", "total")
    )
