"""What disease groups say of departments and doctor groups: difficulty, use of money and time beside the area, deaths where
hardly anybody dies. Read from the current runs; the area are all institutions grouped by the same scheme."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.db import connection

from insurance_settlement.engine.case import SUCCESS
from insurance_settlement.engine.indicators import groups_of_low_risk, index
from insurance_settlement.models import GroupingRun
from insurance_settlement.selectors.stays import DOCTOR
from ops_platform.kernel import Period
from ops_platform.masterdata.selectors import parameter_value

LEAST = "insurance_settlement.low_risk_cases"
REFERENCE_MONTHS = 12
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Cell:
    """Cases of a group of one department and doctor; charges in fen."""

    department: int
    department_name: str
    doctor: str
    drg: str
    cases: int
    grouped: int
    days: int
    charges: int
    weighed: int
    weight: Decimal
    deaths: int


Area = Mapping[str, tuple[int, int, int]]


@dataclass(frozen=True, slots=True)
class Line:
    """A department, a doctor of it, or all; `area` by group has cases, days and charges of all institutions, `low` are the
    groups of low risk (None: no reference to tell them by)."""

    department: int | None
    name: str
    doctor: str = ""
    cells: tuple[Cell, ...] = ()
    area: Area = field(default_factory=dict)
    low: frozenset[str] | None = None

    @property
    def cases(self) -> int:
        """All discharges with an abstract."""
        return sum(one.cases for one in self.cells)

    @property
    def grouped(self) -> int:
        """Those in a group."""
        return sum(one.grouped for one in self.cells)

    @property
    def grouping_rate(self) -> Decimal | None:
        """入组率"""
        return Decimal(self.grouped) / self.cases if self.cases else None

    @property
    def groups(self) -> int:
        """病组数: breadth."""
        return len({one.drg for one in self.cells if one.grouped})

    @property
    def weight(self) -> Decimal:
        """总权重"""
        return sum((one.weight for one in self.cells), ZERO)

    @property
    def cmi(self) -> Decimal | None:
        """None where no case has a weight."""
        weighed = sum(one.weighed for one in self.cells)
        return self.weight / weighed if weighed else None

    @property
    def cost_index(self) -> Decimal | None:
        """费用消耗指数"""
        return self._index(lambda one: one.charges, 2)

    @property
    def time_index(self) -> Decimal | None:
        """时间消耗指数"""
        return self._index(lambda one: one.days, 1)

    def _index(self, of: Callable[[Cell], int], place: int) -> Decimal | None:
        found = index(
            (of(one), one.grouped, self.area[one.drg][place], self.area[one.drg][0])
            for one in self.cells
            if one.grouped and one.drg in self.area
        )
        return None if found is None else Decimal(found.numerator) / found.denominator

    @property
    def mean_charges(self) -> Decimal | None:
        """例均费用, yuan."""
        return Decimal(sum(one.charges for one in self.cells)) / 100 / self.cases if self.cases else None

    @property
    def mean_days(self) -> Decimal | None:
        """平均住院日"""
        return Decimal(sum(one.days for one in self.cells)) / self.cases if self.cases else None

    @property
    def deaths(self) -> int:
        """As the abstracts say."""
        return sum(one.deaths for one in self.cells)

    @property
    def low_cases(self) -> int | None:
        """Discharges in groups of low risk."""
        return None if self.low is None else sum(one.cases for one in self.cells if one.drg in self.low)

    @property
    def low_deaths(self) -> int | None:
        """Deaths among them."""
        return None if self.low is None else sum(one.deaths for one in self.cells if one.drg in self.low)


@dataclass(frozen=True, slots=True)
class GroupLine:
    """What a group contributes to the figures of a line: its cases beside the area's; charges in fen."""

    drg: str
    name: str
    cases: int
    charges: int
    days: int
    weight: Decimal
    deaths: int
    area: tuple[int, int, int] | None
    low: bool | None

    @property
    def mean_charges(self) -> Decimal:
        """例均费用, yuan."""
        return Decimal(self.charges) / 100 / self.cases

    @property
    def mean_days(self) -> Decimal:
        """平均住院日"""
        return Decimal(self.days) / self.cases

    @property
    def area_charges(self) -> Decimal | None:
        """例均费用 of the area, yuan; None of what is in no group."""
        return Decimal(self.area[2]) / 100 / self.area[0] if self.area else None

    @property
    def area_days(self) -> Decimal | None:
        """平均住院日 of the area."""
        return Decimal(self.area[1]) / self.area[0] if self.area else None

    @property
    def cost_index(self) -> Decimal | None:
        """Mean charges ÷ those of the area."""
        return self.mean_charges / self.area_charges if self.area_charges else None

    @property
    def time_index(self) -> Decimal | None:
        """Mean days ÷ those of the area."""
        return self.mean_days / self.area_days if self.area_days else None

    @property
    def low_mark(self) -> str:
        """Whether it is a group of low risk, in a word."""
        return "是" if self.low else ""


def groups_of(line: Line, titles: Mapping[str, str]) -> list[GroupLine]:
    """The groups that the figures of a line are made of, with their titles, those with most charges first; what is in no
    group last."""
    sums: dict[tuple[bool, str], list[Cell]] = defaultdict(list)
    for one in line.cells:
        sums[not one.grouped, one.drg].append(one)
    found = [
        GroupLine(
            drg=drg,
            name=titles.get(drg, ""),
            cases=sum(one.cases for one in cells),
            charges=sum(one.charges for one in cells),
            days=sum(one.days for one in cells),
            weight=sum((one.weight for one in cells), ZERO),
            deaths=sum(one.deaths for one in cells),
            area=None if apart else line.area.get(drg),
            low=None if line.low is None else drg in line.low,
        )
        for (apart, drg), cells in sums.items()
    ]
    return sorted(found, key=lambda one: (one.area is None, -one.charges, one.drg))


def efficiency(
    *, run: GroupingRun, first: Period, by_doctor: bool, departments: Collection[int] | None = None
) -> list[Line]:
    """Departments (or their doctors) of an institution from a month to that of the run, the institution last; only some
    departments where they are given, and then no sum. Three queries, and a parameter."""
    last = Period.parse(run.period)
    rows = _cells(run, str(first), run.period)
    area = _area(run, str(first), run.period)
    low = _low(run, first, last)
    sums: dict[tuple[int, str], list[Cell]] = defaultdict(list)
    for one in rows:
        if departments is None or one.department in departments:
            sums[one.department, one.doctor if by_doctor else ""].append(one)
    found = [
        Line(number, cells[0].department_name, doctor, tuple(cells), area, low)
        for (number, doctor), cells in sums.items()
    ]
    found.sort(key=lambda one: (-one.cases, one.name, one.doctor))
    if departments is None and found:
        found.append(Line(None, "全院", "", tuple(rows), area, low))
    return found


def _cells(run: GroupingRun, first: str, last: str) -> list[Cell]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.department_id, d.name, coalesce(left(e.doctor, %(doctor)s), ''), c.drg, count(*),"
            " count(*) FILTER (WHERE c.status = %(grouped)s), sum(c.stay_days), (sum(c.charges) * 100)::bigint,"
            " count(c.weight), coalesce(sum(c.weight), 0), count(*) FILTER (WHERE a.leaving_type = '5')"
            " FROM insurance_settlement_caseresult c JOIN insurance_settlement_groupingrun r ON r.id = c.run_id"
            " JOIN masterdata_department d ON d.id = c.department_id"
            " LEFT JOIN his_intake_encounter e ON e.entity = c.encounter AND e.superseded_sequence IS NULL"
            " LEFT JOIN his_intake_dischargeabstract a ON a.institution_id = r.institution_id"
            " AND a.encounter = c.encounter AND a.superseded_sequence IS NULL"
            " WHERE r.is_current AND r.institution_id = %(institution)s AND r.period BETWEEN %(first)s AND %(last)s"
            " GROUP BY 1, 2, 3, 4 ORDER BY 2, 1, 3, 4",
            {
                "institution": run.institution_id,
                "first": first,
                "last": last,
                "doctor": DOCTOR,
                "grouped": SUCCESS,
            },
        )
        return [Cell(*row) for row in cursor.fetchall()]


def _area(run: GroupingRun, first: str, last: str) -> Area:
    """Grouped cases, their days and charges (fen) by group, of all institutions by the scheme of the run."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.drg, count(*), sum(c.stay_days), (sum(c.charges) * 100)::bigint"
            " FROM insurance_settlement_caseresult c JOIN insurance_settlement_groupingrun r ON r.id = c.run_id"
            " WHERE r.is_current AND r.scheme_id = %(scheme)s AND r.period BETWEEN %(first)s AND %(last)s"
            " AND c.status = %(grouped)s GROUP BY 1 ORDER BY 1",
            {"scheme": run.scheme_id, "first": first, "last": last, "grouped": SUCCESS},
        )
        return {drg: (cases, days, charges) for drg, cases, days, charges in cursor.fetchall()}


def _low(run: GroupingRun, first: Period, last: Period) -> frozenset[str] | None:
    """The groups of low risk, by the area's cases of the twelve months before; None without any."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.drg, count(*), count(*) FILTER (WHERE a.leaving_type = '5')"
            " FROM insurance_settlement_caseresult c JOIN insurance_settlement_groupingrun r ON r.id = c.run_id"
            " LEFT JOIN his_intake_dischargeabstract a ON a.institution_id = r.institution_id"
            " AND a.encounter = c.encounter AND a.superseded_sequence IS NULL"
            " WHERE r.is_current AND r.scheme_id = %(scheme)s AND r.period BETWEEN %(first)s AND %(last)s"
            " AND c.status = %(grouped)s GROUP BY 1 ORDER BY 1",
            {
                "scheme": run.scheme_id,
                "first": str(first.shift(-REFERENCE_MONTHS)),
                "last": str(first.shift(-1)),
                "grouped": SUCCESS,
            },
        )
        counts = {drg: (cases, deaths) for drg, cases, deaths in cursor.fetchall()}
    if not counts:
        return None
    least = parameter_value(key=LEAST, day=last.last_day, institution=run.institution)
    return groups_of_low_risk(counts, least=int(least))


def low_groups(lines: Sequence[Line]) -> int | None:
    """How many groups of low risk there are; None without a reference to tell them by."""
    low = lines[0].low if lines else None
    return None if low is None else len(low)


def members_of_area(run: GroupingRun, first: Period) -> int:
    """How many institutions the indices compare with, this one among them."""
    rows = GroupingRun.objects.filter(
        is_current=True, scheme=run.scheme_id, period__gte=str(first), period__lte=run.period, grouped__gt=0
    )
    return rows.order_by().values("institution").distinct().count()
