"""科室人力成本表: what people cost per unit of service, and what a head does (003-28).

Source: personnel cost of the run (direct: the department's own people; full: with what was allocated to it); people of the
month from `staff-headcounts` with physicians and nurses apart, as of the sequence the run read; personnel in the cost of
patients, bottom-up. Per unit = personnel cost of outpatients ÷ visits, of inpatients ÷ occupied bed-days and ÷ discharges of
the month. A cell is empty where nothing is counted."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Count, Q, Sum

from costing.derivations import Part, per, plus, quotient, total
from costing.models import DepartmentMonth, PatientCost
from costing.selectors.layers import ZERO, Amounts
from costing.selectors.sheets import sources
from costing.selectors.sheets.scope import Scope
from costing.selectors.sheets.units import NOT_COSTED
from costing.sheets import Cell, Column, Row, Sheet, cells, share, summed
from ops_platform.his_intake.public import as_of_sql
from ops_platform.masterdata.models import CostClass

PERSONNEL = "personnel"
OF_VISITS, OF_STAYS = "门急诊患者的人员经费", "住院患者的人员经费"
NOTES = (
    "人均、人次按当月在岗人数(科室人数数据集)。单位人力成本含分摊来的人员经费，按患者成本(自下而上)；住院按当月发生额除以当月床日、出院人次。",
    "人数只分医师、护士和其他人员；岗位设置、弹性排班和多学科团队见岗位人力成本表、多学科团队人力成本表。",
)
COLUMNS = (
    Column("合计", "decimal", "人数"),
    Column("医师", "decimal", "人数"),
    Column("护士", "decimal", "人数"),
    Column("其他", "decimal", "人数"),
    Column("直接", "money", "人员经费"),
    Column("全成本", "money", "人员经费"),
    Column("人均(直接)", "money", "人员经费", made=per(4, 0)),
    Column("占全成本", "percent", "人员经费"),
    Column("每门急诊人次", "money", "单位人力成本"),
    Column("每床日", "money", "单位人力成本"),
    Column("每出院人次", "money", "单位人力成本"),
    Column("门急诊人次", "decimal", "人均工作量"),
    Column("床日", "decimal", "人均工作量"),
    Column("出院人次", "decimal", "人均工作量"),
    Column("每医师门急诊人次", "decimal", "人均工作量"),
    Column("每护士床日", "decimal", "人均工作量"),
)
People = tuple[Decimal | None, Decimal | None, Decimal | None]


def staffing(scope: Scope) -> Sheet:
    """The clinical departments, then all of them together."""
    costs, people, patients = scope.costs(), _people(scope), _patients(scope)
    rows: list[Row] = []
    sums: list[_Line] = []
    parts: list[_Parts] = []
    for one in costs.departments:
        if one.cost_class != CostClass.CLINICAL:
            continue
        number = one.department_id
        amounts = costs.of(number, PERSONNEL)
        line = _Line(
            one,
            people.get(number, (None, None, None)),
            amounts.direct,
            amounts.full,
            costs.whole(number).full,
            *patients.get(number, (None, None, 0)),
        )
        mine = _Parts.of(scope, line, costs.whole(number))
        shown = _opened(line, mine, len(rows))
        shown[4] = Cell(amounts.direct, scope.direct_url(number, PERSONNEL) if amounts.direct else "")
        shown[5] = Cell(amounts.full, made=sources.full(scope, number, amounts, PERSONNEL))
        rows.append(Row(one.name, tuple(shown), scope.department_url(number)))
        sums.append(line)
        parts.append(mine)
    if rows:
        all_of = _together(sums)
        shown = _opened(all_of, _Parts.together([line.month.name for line in sums], parts), len(rows))
        rows.append(Row("临床服务类合计", tuple(shown), level="total", made=plus(*range(len(rows)))))
    return Sheet("科室名称", COLUMNS, tuple(rows), NOTES if scope.patients else (*NOTES, NOT_COSTED))


@dataclass(frozen=True, slots=True)
class _Parts:
    """What is divided in the figures of a line: full cost, personnel in the cost of visits and of stays, and visits."""

    whole: Part
    of_visits: Part
    of_stays: Part
    visits: Part

    @classmethod
    def of(cls, scope: Scope, line: "_Line", amounts: Amounts) -> "_Parts":
        """Of a department."""
        number = line.month.department_id
        whole = Part("全成本", line.whole, made=sources.full(scope, number, amounts))
        run, spent = scope.patients, (line.visit_cost or ZERO, line.day_cost or ZERO)
        if run is None:
            parts = Part(OF_VISITS, spent[0]), Part(OF_STAYS, spent[1])
            return cls(whole, *parts, Part("门急诊人次", line.visits, "quantity"))

        def of_patients(measure: str, amount: Decimal | int, words: str, *, inpatient: bool) -> Part:
            return sources.encounters(run, measure, amount, department=number, inpatient=inpatient, words=words)

        return cls(
            whole,
            of_patients(PERSONNEL, spent[0], OF_VISITS, inpatient=False),
            of_patients(PERSONNEL, spent[1], OF_STAYS, inpatient=True),
            of_patients("count", line.visits, "门急诊人次", inpatient=False),
        )

    @classmethod
    def together(cls, names: Sequence[str], parts: Sequence["_Parts"]) -> "_Parts":
        """Of all departments: the sum of theirs."""

        def summed_up(field: str) -> Part:
            mine = [replace(getattr(one, field), words=name) for name, one in zip(names, parts, strict=True)]
            words, kind = getattr(parts[0], field).words, getattr(parts[0], field).kind
            return Part(words, sum((Decimal(part.amount) for part in mine), ZERO), kind, made=total(mine))

        return cls(*(summed_up(field) for field in ("whole", "of_visits", "of_stays", "visits")))


def _opened(line: "_Line", parts: _Parts, row: int) -> list[Cell]:
    """The figures of a line with what the derived ones were made from."""
    shown = list(line.cells())
    month = line.month
    visits = Part("门急诊人次", month.visits, "quantity")
    days = Part("床日", month.bed_days, "quantity")
    leavers = Part("出院人次", month.discharges, "quantity")

    def heads(place: int) -> Part:
        return Part(f"人数 {COLUMNS[place].title}", shown[place].value or 0, "decimal", at=(row, place))  # type: ignore[arg-type]

    divided = {
        7: (Part("人员经费全成本", line.full, at=(row, 5)), parts.whole),
        8: (parts.of_visits, parts.visits),
        9: (parts.of_stays, days),
        10: (parts.of_stays, leavers),
        11: (visits, heads(0)),
        12: (days, heads(0)),
        13: (leavers, heads(0)),
        14: (visits, heads(1)),
        15: (days, heads(2)),
    }
    for at, (above, below) in divided.items():
        if shown[at].value is not None:
            shown[at] = Cell(shown[at].value, made=quotient(above, below))
    return shown


class _Line:
    """A department's month, or that of all together."""

    def __init__(
        self,
        month: Any,
        people: People,
        direct: Decimal,
        full: Decimal,
        whole: Decimal,
        visit_cost: Decimal | None,
        day_cost: Decimal | None,
        visits: int,
    ) -> None:
        self.month, self.people, self.direct, self.full, self.whole = month, people, direct, full, whole
        self.visit_cost, self.day_cost, self.visits = visit_cost, day_cost, visits

    def cells(self) -> tuple[Cell, ...]:
        """As the columns of `COLUMNS` want it."""
        heads, physicians, nurses = self.people
        rest = None if heads is None or physicians is None or nurses is None else heads - physicians - nurses
        month = self.month
        return cells(
            heads,
            physicians,
            nurses,
            rest,
            self.direct,
            self.full,
            _per(self.direct, heads),
            share(self.full, self.whole),
            _per(self.visit_cost, self.visits),
            _per(self.day_cost, month.bed_days),
            _per(self.day_cost, month.discharges),
            _per(month.visits, heads),
            _per(month.bed_days, heads),
            _per(month.discharges, heads),
            _per(month.visits, physicians),
            _per(month.bed_days, nurses),
        )


class _Work:
    """Work of all departments together."""

    def __init__(self, months: list[DepartmentMonth]) -> None:
        self.visits = sum(one.visits for one in months)
        self.bed_days = summed([one.bed_days for one in months])
        self.discharges = sum(one.discharges for one in months)


def _together(lines: list[_Line]) -> _Line:
    def people(at: int) -> Decimal | None:
        known = [one.people[at] for one in lines]
        return None if any(one is None for one in known) else summed([one for one in known if one is not None])

    def cost(name: str) -> Decimal | None:
        known = [getattr(one, name) for one in lines if getattr(one, name) is not None]
        return summed(known) if known else None

    return _Line(
        _Work([one.month for one in lines]),
        (people(0), people(1), people(2)),
        summed([one.direct for one in lines]),
        summed([one.full for one in lines]),
        summed([one.whole for one in lines]),
        cost("visit_cost"),
        cost("day_cost"),
        sum(one.visits for one in lines),
    )


def _per(amount: Decimal | int | None, number: Decimal | int | None) -> Decimal | None:
    return share(amount, number) if amount and number else None


def _people(scope: Scope) -> dict[int, People]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT f.department_id, f.headcount, f.physicians, f.nurses FROM his_intake_staffheadcount f"
            f" WHERE f.institution_id = %s AND {as_of_sql('f', scope.run.input_sequence)} AND f.period = %s",
            [scope.institution, scope.run.period],
        )
        return {number: (heads, physicians, nurses) for number, heads, physicians, nurses in cursor.fetchall()}


def _patients(scope: Scope) -> dict[int, tuple[Decimal | None, Decimal | None, int]]:
    """Personnel cost of outpatients and inpatients, and visits, by treating department."""
    if scope.patients is None:
        return {}
    rows = PatientCost.objects.filter(run=scope.patients).order_by().values_list("department")
    found = rows.annotate(
        visit=Sum(PERSONNEL, filter=Q(inpatient=False)),
        day=Sum(PERSONNEL, filter=Q(inpatient=True)),
        visits=Count("encounter", filter=Q(inpatient=False)),
    )
    return {number: (visit, day, visits) for number, visit, day, visits in found}
