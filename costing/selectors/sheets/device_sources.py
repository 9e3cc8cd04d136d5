"""What the figures of a device are made of: the items that it carries out, whole or by used hours, and its asset card."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction

from costing.behaviour import Behaviour
from costing.derivations import Derivation, Part, product, quotient, rounded, total
from costing.engine.columns import COST_ITEMS
from costing.engine.devices import Borne
from costing.engine.devices import Part as DevicePart
from costing.models import ItemCost, PatientRun
from costing.selectors.sheets import sources
from costing.titles import COST_ITEM_TITLES
from ops_platform.kernel import from_fen

DEPRECIATION = "depreciation"
HUNDRED = 100  # of an hour
TAIL = "尾差"


@dataclass(frozen=True, slots=True)
class OfItems:
    """The items of the devices' departments with their costs in the month; what an item is made of is said once for all
    devices that share it."""

    run: PatientRun
    traits: Behaviour
    rows: dict[tuple[int, str], ItemCost]
    known: dict[tuple[str, int, str], Part] = field(default_factory=dict)

    def income(self, part: DevicePart) -> Derivation | None:
        """收入 of a device."""
        return self._added("income", self._income, ((one, one.income) for one in part.borne))

    def variable(self, part: DevicePart) -> Derivation | None:
        """变动成本 of a device."""
        return self._added("variable", self._variable, ((one, one.variable) for one in part.borne))

    def fixed(self, part: DevicePart) -> Derivation | None:
        """Other fixed cost of a device: of its items, without depreciation."""
        return self._added("fixed", self._fixed, ((one, one.fixed) for one in part.borne))

    def _added(
        self, name: str, whole: Callable[[ItemCost], Part], pieces: Iterable[tuple[Borne, int]]
    ) -> Derivation | None:
        return sources.added([_piece(one, from_fen(fen), self._once(name, one, whole)) for one, fen in pieces])

    def _once(self, name: str, one: Borne, whole: Callable[[ItemCost], Part]) -> Part:
        key = (name, one.month.department, one.month.code)
        if key not in self.known:
            self.known[key] = whole(self.rows[key[1:]])
        return self.known[key]

    def _list(self, row: ItemCost, measure: str, amount: Decimal, words: str = "") -> Part:
        code = row.item.code if row.item else ""
        return sources.items(self.run, measure, amount, department=row.department_id, item=code, words=words)

    def _income(self, row: ItemCost) -> Part:
        return self._list(row, "income", row.income, f"{row.item} 收入")

    def _variable(self, row: ItemCost) -> Part:
        return self._varying(row, COST_ITEMS, f"{row.item} 变动成本")

    def _varying(self, row: ItemCost, cost_items: Iterable[str], words: str) -> Part:
        by_item = {name: self._list(row, name, getattr(row, name)) for name in cost_items}
        made = sources.variable(self.traits, by_item)
        return Part(words, made.value or Decimal("0.00"), made=made)

    def _fixed(self, row: ItemCost) -> Part:
        rest = [name for name in COST_ITEMS if name != DEPRECIATION]
        costs = [self._list(row, name, getattr(row, name), str(COST_ITEM_TITLES[name])) for name in rest]
        varying = replace(self._varying(row, rest, "其中变动成本"), sign=-1)
        made = total([part for part in (*costs, varying) if part.amount])
        return Part(f"{row.item} 固定成本(不含折旧)", made.value or Decimal("0.00"), made=made)


def _piece(one: Borne, amount: Decimal, whole: Part) -> Part:
    """Of an item that several devices carry out, by hours; the fen that the largest remainder gives or takes stands
    apart."""
    if one.hours == one.of_hours:
        return whole
    hours = Part("使用机时", Decimal(one.hours) / HUNDRED, "decimal")
    of_hours = Part("做该项目的各台设备使用机时", Decimal(one.of_hours) / HUNDRED, "decimal")
    by_hours = quotient(hours, of_hours)
    made = product(whole, Part("使用机时占比", by_hours.value or 0, "percent", made=by_hours))
    exact = rounded(made.exact or Fraction(0), "money")
    words = f"{whole.words}(按使用机时)"
    if exact == amount:
        return Part(words, amount, made=made)
    return Part(words, amount, made=total([Part("按使用机时", exact, made=made), Part(TAIL, amount - exact)]))
