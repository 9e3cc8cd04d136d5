"""What an allocation is asked: departments, their costs, and the steps with their drivers.

A cost item is an opaque key: `personnel`, or finer as the caller needs it (`personnel|basic`). Every item is
allocated on its own with the same driver shares (分项), so that the full cost keeps the cost structure.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from types import MappingProxyType

Weight = int | Decimal | Fraction
Driver = Mapping[str, Weight]

_EXACT = frozenset({int, Decimal, Fraction})
_NOTHING: Driver = MappingProxyType({})


class Method(StrEnum):
    """How costs move: 阶梯分摊 (official), 交互分摊, 直接分摊."""

    STEP_DOWN = "step_down"
    RECIPROCAL = "reciprocal"
    DIRECT = "direct"


class CostClass(StrEnum):
    """The four classes of departments: 行政后勤, 医疗辅助, 医疗技术, 临床服务."""

    ADMINISTRATION = "administration"
    MEDICAL_SUPPORT = "medical_support"
    MEDICAL_TECHNOLOGY = "medical_technology"
    CLINICAL = "clinical"


@dataclass(frozen=True, slots=True)
class Department:
    """A department; `cost_class` None is a finding, not an exception."""

    code: str
    cost_class: CostClass | None
    name: str = ""

    @property
    def label(self) -> str:
        """How messages name it."""
        return f"{self.name}({self.code})" if self.name else self.code


@dataclass(frozen=True, slots=True)
class Step:
    """Departments closed together, with one `driver` for all of them or `drivers` per sender.

    `assignments` are drivers, too (直接指定): the shares of named receivers. Where one of those cannot receive, the sender
    has no driver: what was meant for one department never goes to another in silence.
    """

    senders: tuple[str, ...]
    driver: Driver | None = None
    drivers: Mapping[str, Driver] = field(default_factory=lambda: MappingProxyType({}))
    assignments: Mapping[str, Driver] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        strangers = {*self.drivers, *self.assignments} - set(self.senders)
        if strangers:
            raise ValueError(f"drivers of departments that do not send in this step: {sorted(strangers)}")
        for driver in self.given_drivers():
            if not _EXACT.issuperset(map(type, driver.values())):
                raise TypeError("a driver weight is int, Decimal or Fraction, never float")

    def driver_of(self, sender: str) -> Driver:
        """The driver of one sender: its assignment, else its own, else the shared one, else none at all."""
        own = self.assignments.get(sender, self.drivers.get(sender))
        return own if own is not None else self.driver if self.driver is not None else _NOTHING

    def given_drivers(self) -> Iterator[Driver]:
        """Every driver as it was given, the shared one first."""
        if self.driver is not None:
            yield self.driver
        yield from self.drivers.values()
        yield from self.assignments.values()


@dataclass(frozen=True, slots=True)
class AllocationModel:
    """One allocation: who there is, what each (department, item) costs directly in fen, who sends and how. `titles` name
    items in findings; one without title is named by its key."""

    method: Method
    departments: tuple[Department, ...]
    costs: Mapping[tuple[str, str], int]
    steps: tuple[Step, ...]
    titles: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        if len({department.code for department in self.departments}) != len(self.departments):
            raise ValueError("a department code occurs twice")
        if not {int}.issuperset(map(type, self.costs.values())):
            raise TypeError("costs are integer fen")
