"""What a month's medical income is made of: drug ratio, consumable ratio, share of medical services (domain.md 1.9)."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.db.models import Sum

from costing.engine.procurement import ratio
from costing.models import CostRun, IncomeCell
from ops_platform.masterdata.models import ItemClass
from ops_platform.masterdata.selectors import parameter_value

ZERO = Decimal("0.00")
SERVICES = ("registration", "bed", "consultation", "treatment", "surgery", "nursing", "general_treatment")
EXAMINATIONS = ("examination", "laboratory")
HERBS = "chinese_herbs"


@dataclass(frozen=True, slots=True)
class Variants:
    """Which of the usual forms the ratios take, as parameters say."""

    without_herbs: bool
    materials_of_rest: bool


def variants(*, day: date) -> Variants:
    """The forms in force on a day; two queries."""
    return Variants(
        without_herbs=parameter_value(key="costing.drug_ratio_without_herbs", day=day) == 1,
        materials_of_rest=parameter_value(key="costing.material_ratio_base", day=day) == 1,
    )


@dataclass(frozen=True, slots=True)
class Structure:
    """Medical income of a department, an institution or all of them in a month, by (item class, fee class)."""

    key: int | None
    name: str
    variants: Variants
    cells: Mapping[tuple[str, str], Decimal] = field(default_factory=dict)
    run: int | None = None

    def _sum(self, item_class: str = "", fee_classes: Iterable[str] = ()) -> Decimal:
        wanted = set(fee_classes)
        return sum(
            (
                amount
                for (of_class, fee_class), amount in self.cells.items()
                if item_class in ("", of_class) and (not wanted or fee_class in wanted)
            ),
            ZERO,
        )

    @property
    def income(self) -> Decimal:
        """医疗收入"""
        return self._sum()

    @property
    def drugs(self) -> Decimal:
        """药品收入"""
        return self._sum(ItemClass.DRUG)

    @property
    def herbs(self) -> Decimal:
        """其中中药饮片"""
        return self._sum(ItemClass.DRUG, (HERBS,))

    @property
    def materials(self) -> Decimal:
        """卫生材料收入"""
        return self._sum(ItemClass.CHARGEABLE_MATERIAL)

    @property
    def services(self) -> Decimal:
        """医疗服务收入: no drugs, materials, examination or laboratory."""
        return self._sum(ItemClass.SERVICE, SERVICES)

    @property
    def examinations(self) -> Decimal:
        """检查化验收入"""
        return self._sum(ItemClass.SERVICE, EXAMINATIONS)

    @property
    def rest(self) -> Decimal:
        """其他收入: services that are neither."""
        return self.income - self.drugs - self.materials - self.services - self.examinations

    @property
    def drug_ratio(self) -> Decimal | None:
        """药占比"""
        drugs = self.drugs - self.herbs if self.variants.without_herbs else self.drugs
        return ratio(drugs, self.income) if self.income > 0 else None

    @property
    def material_ratio(self) -> Decimal | None:
        """耗占比"""
        whole = self.income - self.drugs if self.variants.materials_of_rest else self.income
        return ratio(self.materials, whole) if whole > 0 else None

    @property
    def service_ratio(self) -> Decimal | None:
        """医疗服务收入占比"""
        return ratio(self.services, self.income) if self.income > 0 else None

    @property
    def examination_ratio(self) -> Decimal | None:
        """检查化验占比"""
        return ratio(self.examinations, self.income) if self.income > 0 else None

    def by_fee_class(self) -> list[tuple[str, Decimal, Decimal | None]]:
        """Fee class, income, share; the largest first."""
        sums: dict[str, Decimal] = defaultdict(lambda: ZERO)
        for (_item_class, fee_class), amount in self.cells.items():
            sums[fee_class] += amount
        whole = self.income
        return [
            (fee_class, amount, ratio(amount, whole) if whole else None)
            for fee_class, amount in sorted(sums.items(), key=lambda one: (-one[1], one[0]))
        ]


Cells = dict[tuple[str, str], Decimal]


def _structures(rows: Iterable[tuple[int, str, int | None, str, str, Decimal]], forms: Variants) -> list[Structure]:
    found: dict[int, tuple[str, int | None, Cells]] = {}
    for key, name, run, item_class, fee_class, amount in rows:
        found.setdefault(key, (name, run, {}))[2][item_class, fee_class] = amount
    return [Structure(key, name, forms, cells, run) for key, (name, run, cells) in found.items()]


def total(rows: Iterable[Structure], *, name: str, forms: Variants) -> Structure:
    """All of them together."""
    cells: Cells = defaultdict(lambda: ZERO)
    for row in rows:
        for key, amount in row.cells.items():
            cells[key] += amount
    return Structure(None, name, forms, dict(cells))


def by_institution(*, institutions: Collection[int], period: str, forms: Variants) -> list[Structure]:
    """Institutions with a current run of the month, by code; one query."""
    cells = IncomeCell.objects.filter(
        run__is_current=True, run__period=period, run__institution__in=institutions
    ).order_by("run__institution__code", "item_class", "fee_class")
    rows = cells.values_list("run__institution", "run__institution__name", "run", "item_class", "fee_class")
    return _structures(rows.annotate(money=Sum("amount")), forms)


def by_department(*, run: CostRun, forms: Variants) -> list[Structure]:
    """Departments that ordered what a run counted as income, by code; one query."""
    cells = IncomeCell.objects.filter(run=run).order_by("ordering__code", "item_class", "fee_class")
    rows = cells.values_list("ordering", "ordering__name", "run", "item_class", "fee_class")
    return _structures(rows.annotate(money=Sum("amount")), forms)


def by_month(*, institutions: Collection[int], until: str, forms: Variants) -> list[tuple[str, Structure]]:
    """The institutions together, month by month, the last twelve until one; one query."""
    cells = IncomeCell.objects.filter(
        run__is_current=True, run__period__lte=until, run__institution__in=institutions
    ).order_by("run__period", "item_class", "fee_class")
    found: dict[str, Cells] = {}
    for period, item_class, fee_class, amount in cells.values_list("run__period", "item_class", "fee_class").annotate(
        money=Sum("amount")
    ):
        found.setdefault(period, {})[item_class, fee_class] = amount
    months = [(period, Structure(None, period, forms, cells)) for period, cells in found.items()]
    return months[-12:]


def periods_of(*, institutions: Collection[int]) -> list[str]:
    """Months with a current run of any of the institutions, newest first; one query."""
    rows = CostRun.objects.filter(is_current=True, institution__in=institutions).order_by("-period")
    return list(rows.values_list("period", flat=True).distinct())
