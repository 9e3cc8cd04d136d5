"""What was bought, at which price, what central purchase saved, and how far members' prices lie apart."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from costing.engine.procurement import Bought, MemberPrice, Saving, Spread, ratio, saving_of, spread_of
from ops_platform.his_intake.public import PurchaseMonth, PurchaseSum, purchase_months, purchase_sums
from ops_platform.masterdata.models import Institution
from ops_platform.masterdata.selectors import parameter_at, parameter_value

ZERO = Decimal("0.00")
NOTHING = Decimal(0)
Days = tuple[date, date]


@dataclass(frozen=True, slots=True)
class Purchase:
    """Purchases of a product: by one institution, or of several together (`institution` is None)."""

    institution: int | None
    goods: str
    unit: str
    name: str
    goods_class: str
    lines: int
    quantity: Decimal
    amount: Decimal
    sunshine_amount: Decimal
    central_quantity: Decimal
    central_amount: Decimal
    saving: Saving

    @property
    def price(self) -> Decimal | None:
        """加权均价 of all purchases."""
        return ratio(self.amount, self.quantity) if self.quantity > 0 else None

    @property
    def central_price(self) -> Decimal | None:
        """加权均价 of the central purchases."""
        return ratio(self.central_amount, self.central_quantity) if self.central_quantity > 0 else None

    @property
    def base_price(self) -> Decimal | None:
        """What a unit cost before, over the central purchases of which that is known."""
        return ratio(self.saving.base, self.saving.quantity) if self.saving.quantity > 0 else None

    @property
    def change(self) -> Decimal | None:
        """Price paid ÷ price before − 1."""
        return ratio(self.saving.paid - self.saving.base, self.saving.base) if self.saving.base > 0 else None

    @property
    def cut(self) -> Decimal | None:
        """降价幅度: 1 − price paid ÷ price before."""
        return None if self.change is None else -self.change

    @property
    def saved(self) -> Decimal | None:
        """节约额"""
        return self.saving.amount

    @property
    def central_share(self) -> Decimal | None:
        """集采金额占比"""
        return ratio(self.central_amount, self.amount) if self.amount > 0 else None

    @property
    def sunshine_share(self) -> Decimal | None:
        """阳光采购金额占比"""
        return ratio(self.sunshine_amount, self.amount) if self.amount > 0 else None


def baseline_months(*, day: date) -> int:
    """How many months before the first central purchase count as before."""
    return int(parameter_value(key="costing.purchase_baseline_months", day=day))


def purchases(
    *, institutions: Collection[int], days: Days, goods_class: str = "", goods: str = "", unit: str = ""
) -> list[Purchase]:
    """Purchases by product and institution, in order of the product; three queries at most."""
    sums = purchase_sums(
        institutions=institutions,
        days=days,
        baseline_months=baseline_months(day=days[1]),
        goods_class=goods_class,
        goods=goods,
        unit=unit,
    )
    return [_purchase(row) for row in sums]


def _purchase(row: PurchaseSum) -> Purchase:
    bought = Bought(
        quantity=row.quantity,
        amount=row.amount,
        central_quantity=row.central_quantity,
        central_amount=row.central_amount,
        referenced_quantity=row.referenced_quantity,
        referenced_amount=row.referenced_amount,
        reference_value=row.reference_value,
        before_quantity=row.before_quantity,
        before_amount=row.before_amount,
    )
    return Purchase(
        institution=row.institution,
        goods=row.goods,
        unit=row.unit,
        name=row.name,
        goods_class=row.goods_class,
        lines=row.lines,
        quantity=row.quantity,
        amount=row.amount,
        sunshine_amount=row.sunshine_amount,
        central_quantity=row.central_quantity,
        central_amount=row.central_amount,
        saving=saving_of(bought),
    )


def together(rows: Sequence[Purchase], *, name: str = "") -> Purchase:
    """Sum of some purchases; savings are added, never recomputed from the sums."""
    first = rows[0] if rows else None
    savings = [row.saving for row in rows]
    return Purchase(
        institution=None,
        goods=first.goods if first and not name else "",
        unit=first.unit if first and not name else "",
        name=name or (rows[-1].name if rows else ""),
        goods_class=first.goods_class if first and not name else "",
        lines=sum(row.lines for row in rows),
        quantity=sum((row.quantity for row in rows), NOTHING),
        amount=sum((row.amount for row in rows), ZERO),
        sunshine_amount=sum((row.sunshine_amount for row in rows), ZERO),
        central_quantity=sum((row.central_quantity for row in rows), NOTHING),
        central_amount=sum((row.central_amount for row in rows), ZERO),
        saving=Saving(
            base=sum((one.base for one in savings), ZERO),
            paid=sum((one.paid for one in savings), ZERO),
            quantity=sum((one.quantity for one in savings), NOTHING),
            unknown=sum((one.unknown for one in savings), ZERO),
        ),
    )


def by_product(rows: Iterable[Purchase]) -> list[Purchase]:
    """One line a product over all institutions: the largest saving first, then the largest amount."""
    grouped: dict[tuple[str, str], list[Purchase]] = {}
    for row in rows:
        grouped.setdefault((row.goods, row.unit), []).append(row)
    return sorted(
        (together(members) for members in grouped.values()),
        key=lambda one: (-(one.saved or ZERO), -one.amount, one.goods, one.unit),
    )


@dataclass(frozen=True, slots=True)
class ProductSpread:
    """A product that several members buy."""

    goods: str
    unit: str
    name: str
    goods_class: str
    spread: Spread
    threshold: Decimal

    @property
    def cheapest(self) -> MemberPrice:
        """The member with the lowest mean price."""
        return self.spread.members[0]

    @property
    def dearest(self) -> MemberPrice:
        """The member with the highest mean price."""
        return self.spread.members[-1]

    @property
    def price(self) -> Decimal | None:
        """The alliance's weighted mean."""
        return ratio(self.spread.amount, self.spread.quantity)

    @property
    def is_wide(self) -> bool:
        """Beyond the threshold."""
        return self.spread.spread is not None and self.spread.spread > self.threshold


def threshold_of_spread(*, day: date) -> Decimal:
    """From which spread on a product is marked."""
    return parameter_value(key="costing.price_spread_threshold", day=day)


def spreads(
    *, institutions: Collection[int], days: Days, goods_class: str = "", goods: str = "", unit: str = ""
) -> list[ProductSpread]:
    """Products bought by at least two of the institutions, the widest spread first; four queries at most."""
    threshold = threshold_of_spread(day=days[1])
    grouped: dict[tuple[str, str], list[Purchase]] = {}
    for row in purchases(institutions=institutions, days=days, goods_class=goods_class, goods=goods, unit=unit):
        grouped.setdefault((row.goods, row.unit), []).append(row)
    found = []
    for (code, its_unit), rows in grouped.items():
        spread = spread_of(MemberPrice(row.institution or 0, row.quantity, row.amount) for row in rows)
        if spread.spread is not None:
            found.append(ProductSpread(code, its_unit, rows[-1].name, rows[-1].goods_class, spread, threshold))
    return sorted(found, key=lambda one: (-(one.spread.spread or ZERO), -one.spread.excess, one.goods, one.unit))


def months_of_product(
    *, institutions: Collection[int], goods: str, unit: str, until: date
) -> dict[str, list[PurchaseMonth]]:
    """What was bought of a product by month, oldest first; one query."""
    found: dict[str, list[PurchaseMonth]] = {}
    for row in purchase_months(institutions=institutions, goods=goods, unit=unit, until=until):
        found.setdefault(row.period, []).append(row)
    return found


@dataclass(frozen=True, slots=True)
class Marked:
    """A parameter as a page names it."""

    name: str
    value: Decimal
    unit: str
    mark: str


def marked(*, key: str, day: date, institution: Institution | None = None) -> Marked:
    """The parameter in force, with the mark of its source."""
    row = parameter_at(key=key, day=day, institution=institution)
    return Marked(row.name, row.value, row.unit, str(row.get_source_mark_display()))
