"""岗位人力成本表 and 多学科团队人力成本表: posts against those approved, flexible hours, and what teams of several
departments cost in people (003-28). Personnel cost is spread over hours by `engine.posts`; hours are those of `post-hours`
of the month as they hold now."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from django.db import connection

from costing.derivations import Part, per, product, quotient, rounded, total
from costing.engine.posts import Roster, spread
from costing.selectors.sheets.device_sources import TAIL
from costing.selectors.sheets.scope import Scope
from costing.selectors.sheets.staffing import PERSONNEL
from costing.sheets import Cell, Column, Row, Sheet, share
from ops_platform.his_intake.public import POST_CATEGORIES
from ops_platform.kernel import from_fen, to_fen
from ops_platform.masterdata.models import Department

ZERO = Decimal("0.00")
CATEGORIES = dict(POST_CATEGORIES)
NOTES = (
    "人力成本 = 所属科室的直接人员经费 × 工时 ÷ 该科室全部工时，分到分，合计等于直接人员经费(系统默认方法，非官方规定)。",
    "定员、在岗和工时取自岗位工时数据集；弹性工时是固定排班以外的加班、弹性班次和支援。",
    "缺员只比较填了定员的排班记录；跨科工时由其他科室的人员完成，其人数计入在岗。",
)
NOTHING = "这个月没有报送岗位工时(数据集 post-hours)，没有可列示的岗位。"
COLUMNS = (
    Column("定员", "decimal", "人数"),
    Column("在岗", "decimal", "人数"),
    Column("缺员", "decimal", "人数"),
    Column("合计", "decimal", "工时(小时)"),
    Column("其中弹性", "decimal", "工时(小时)"),
    Column("弹性占比", "percent", "工时(小时)", made=per(4, 3)),
    Column("其中跨科", "decimal", "工时(小时)"),
    Column("人力成本", "money"),
    Column("每工时成本", "money", made=per(7, 3)),
    Column("门急诊人次", "decimal", "每百工时工作量"),
    Column("床日", "decimal", "每百工时工作量"),
)
TEAM_COLUMNS = (
    Column("在岗", "decimal"),
    Column("合计", "decimal", "工时(小时)"),
    Column("其中弹性", "decimal", "工时(小时)"),
    Column("人力成本", "money"),
    Column("每工时成本", "money", made=per(3, 1)),
    Column("占团队", "percent", "人力成本"),
)


@dataclass(frozen=True, slots=True)
class _Costed:
    """A record with its cost in yuan, beside what its home department spends on people and all hours of these."""

    roster: Roster
    cost: Decimal
    personnel: Decimal
    hours: Decimal

    def part(self, name: str, url: str) -> Part:
        """How the cost came about: personnel cost × share of hours, and the fen that the largest remainder gave or took."""
        share_of = quotient(Part("工时", self.roster.hours, "decimal"), Part("所属科室全部工时", self.hours, "decimal"))
        spent = Part(f"{name}直接人员经费", self.personnel, url=url)
        share_part = Part("工时占比", share_of.value or ZERO, "percent", made=share_of)
        made = product(spent, share_part)
        near = rounded(made.exact or Fraction(0), "money")
        pieces = [Part("直接人员经费 × 工时占比", near, made=made)]
        if self.cost != near:
            pieces.append(Part(TAIL, self.cost - near))
        return Part(f"排班记录 {self.roster.number}({name})", self.cost, made=total(pieces))


@dataclass(frozen=True, slots=True)
class _Month:
    """The records of the month, names of departments, and where personnel costs open."""

    records: tuple[_Costed, ...]
    names: Mapping[int, str]
    opened: Callable[[int], str]

    @classmethod
    def of(cls, scope: Scope) -> "_Month":
        """Read and costed."""
        rosters, costs = _rosters(scope), scope.costs()
        personnel = {
            one.department_id: to_fen(costs.of(one.department_id, PERSONNEL).direct) for one in costs.departments
        }
        found = spread(rosters, personnel)
        numbers = {one.department for one in rosters} | {one.home for one in rosters}
        names = dict(Department.objects.filter(pk__in=numbers).values_list("pk", "name"))
        hours: dict[int, Decimal] = defaultdict(Decimal)
        for one in rosters:
            hours[one.home] += one.hours
        records = tuple(
            _Costed(one, from_fen(found[one.number]), from_fen(personnel.get(one.home, 0)), hours[one.home])
            for one in rosters
        )
        return cls(records, names, lambda home: scope.direct_url(home, PERSONNEL))

    def cost(self, records: Sequence[_Costed]) -> Cell:
        """What people cost in these, record by record, each opening the personnel cost of its home department."""
        parts = [one.part(self.names.get(one.roster.home, ""), self.opened(one.roster.home)) for one in records]
        return Cell(sum((one.cost for one in records), ZERO), made=total(parts))

    @staticmethod
    def hours(records: Sequence[_Costed], of: Callable[[Roster], Decimal], words: str = "") -> Cell:
        """Hours of some kind, by record."""
        parts = [
            Part(f"排班记录 {one.roster.number}{words}", of(one.roster), "decimal") for one in records if of(one.roster)
        ]
        return Cell(sum((of(one.roster) for one in records), ZERO), made=total(parts) if parts else None)


def posts(scope: Scope) -> Sheet:
    """Departments with their posts, then all together."""
    month = _Month.of(scope)
    if not month.records:
        return Sheet("科室、岗位", COLUMNS, (), (NOTHING,))
    work = {one.department_id: (one.visits, one.bed_days) for one in scope.costs().departments}
    of_department: dict[int, list[_Costed]] = defaultdict(list)
    for one in month.records:
        of_department[one.roster.department].append(one)
    rows: list[Row] = []
    for number, records in of_department.items():
        of_post: dict[tuple[str, str], list[_Costed]] = defaultdict(list)
        for one in records:
            of_post[one.roster.post, one.roster.category].append(one)
        for (post, category), mine in of_post.items():
            rows.append(Row(f"  {post}({CATEGORIES[category]})", _cells(month, mine, len(rows))))
        shown = _cells(month, records, len(rows), work.get(number))
        rows.append(Row(month.names.get(number, ""), shown, scope.department_url(number), level="subtotal"))
    rows.append(Row("合计", _cells(month, month.records, len(rows)), level="total"))
    return Sheet("科室、岗位", COLUMNS, tuple(rows), NOTES)


def teams(scope: Scope) -> Sheet:
    """Multidisciplinary teams: who takes part with how many hours, and what that costs."""
    month = _Month.of(scope)
    of_team: dict[str, list[_Costed]] = defaultdict(list)
    for one in month.records:
        if one.roster.team:
            of_team[one.roster.team].append(one)
    if not of_team:
        said = NOTHING if not month.records else "这个月的岗位工时没有填多学科团队。"
        return Sheet("团队、所属科室和岗位", TEAM_COLUMNS, (), (said,))
    rows: list[Row] = []
    for team, records in sorted(of_team.items()):
        whole = sum((one.cost for one in records), ZERO)
        of_home: dict[tuple[int, str, str], list[_Costed]] = defaultdict(list)
        for one in records:
            of_home[one.roster.home, one.roster.post, one.roster.category].append(one)
        for (home, post, category), mine in of_home.items():
            name = f"  {month.names.get(home, '')} {post}({CATEGORIES[category]})"
            rows.append(Row(name, _team_cells(month, mine, len(rows), whole)))
        rows.append(Row(team, _team_cells(month, records, len(rows), whole), level="subtotal"))
    return Sheet("团队、所属科室和岗位", TEAM_COLUMNS, tuple(rows), NOTES[:1])


def _cells(
    month: _Month, records: Sequence[_Costed], row: int, work: tuple[int, Decimal] | None = None
) -> tuple[Cell, ...]:
    rosters = [one.roster for one in records]
    known = [one for one in rosters if one.established is not None]
    established = _sum(known, lambda one: one.established or ZERO) if known else None
    whole, cost = _sum(rosters, lambda one: one.hours), sum((one.cost for one in records), ZERO)
    return (
        Cell(established),
        Cell(_sum(rosters, lambda one: one.people)),
        Cell(None if established is None else established - _sum(known, lambda one: one.people)),
        month.hours(records, lambda one: one.hours),
        month.hours(records, lambda one: one.flexible, "弹性"),
        Cell(share(_sum(rosters, lambda one: one.flexible), whole)),
        month.hours(records, lambda one: one.away, "跨科"),
        month.cost(records),
        Cell(share(cost, whole)),
        _per_hundred("门急诊人次", work[0] if work else None, whole, row),
        _per_hundred("床日", work[1] if work else None, whole, row),
    )


def _per_hundred(words: str, done: Decimal | int | None, hours: Decimal, row: int) -> Cell:
    """Work for a hundred hours; empty where there was none."""
    if not done or not hours:
        return Cell(None)
    hundreds = Part("百工时", hours / 100, "decimal", at=(row, 3))
    return Cell(Decimal(done) / (hours / 100), made=quotient(Part(words, done, "quantity"), hundreds))


def _team_cells(month: _Month, records: Sequence[_Costed], row: int, whole: Decimal) -> tuple[Cell, ...]:
    rosters = [one.roster for one in records]
    cost = sum((one.cost for one in records), ZERO)
    of_team = quotient(Part("人力成本", cost, at=(row, 3)), Part("团队人力成本", whole)) if whole else None
    return (
        Cell(_sum(rosters, lambda one: one.people)),
        month.hours(records, lambda one: one.hours),
        month.hours(records, lambda one: one.flexible, "弹性"),
        month.cost(records),
        Cell(share(cost, _sum(rosters, lambda one: one.hours))),
        Cell(share(cost, whole), made=of_team),
    )


def _sum(rosters: Sequence[Roster], of: Callable[[Roster], Decimal]) -> Decimal:
    return sum((of(one) for one in rosters), ZERO)


def _rosters(scope: Scope) -> list[Roster]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT f.roster, f.department_id, coalesce(f.home_id, f.department_id), f.post, f.category, f.people, f.hours,"
            " coalesce(f.flexible, 0), f.established, coalesce(f.team, '') FROM his_intake_posthours f"
            " JOIN masterdata_department d ON d.id = f.department_id"
            " WHERE f.institution_id = %s AND f.superseded_sequence IS NULL AND f.period = %s"
            " ORDER BY d.code, f.category, f.post, f.roster",
            [scope.institution, scope.run.period],
        )
        return [Roster(*row) for row in cursor.fetchall()]
