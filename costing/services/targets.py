"""Cost targets: asked for by one person, in force when a second one has approved. One proposal may hold many targets."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction

from costing.days import day_fault
from costing.engine import targets as engine
from costing.models import CostTarget, CostTargetProposal, TargetMetric
from costing.selectors.responsibility.reach import ANSWERERS
from costing.services.driver_rules import RULERS
from costing.titles import COST_ITEM_TITLES
from insurance_settlement.public import group_names
from ops_platform.audit.public import record
from ops_platform.identity.models import RoleAssignment, User
from ops_platform.identity.selectors import department_heads, own_holders
from ops_platform.kernel import Actor, Conflict, Forbidden, Invalid, NotFound, Role
from ops_platform.masterdata.models import Department, Institution, SourceMark
from ops_platform.web import formats
from workflows.public import start

KIND = "costing.target"
MOST_TARGETS = 500
MOST_TOLD = 5
LONGEST_GROUP = 40
LARGEST = Decimal(10) ** 12
FEN, SHARE = Decimal("0.01"), Decimal("0.0001")
LARGEST_SHARE = Decimal(10)
PARTS = (engine.Metric.DRUG_RATIO, engine.Metric.MATERIAL_RATIO, engine.Metric.SERVICE_RATIO)
SMALLEST_PART = Decimal("0.01")  # a share of income below it is 40 % typed as 0.4


@dataclass(frozen=True, slots=True)
class WantedTarget:
    """A target, or its next version, from the first day of a month on; departments and people by code. Without a responsible
    person it is the head of the department (of the institution). `ended` ends it."""

    metric: str
    effective_from: date
    limit: Decimal | None
    department: str = ""
    object: str = ""
    standard: Decimal | None = None
    responsible: str = ""
    specialists: tuple[str, ...] = ()
    ended: bool = False

    @property
    def line(self) -> tuple[str, str, str]:
        """What its versions have in common within the institution."""
        return self.department, self.metric, self.object


@dataclass(frozen=True, slots=True)
class RowFault:
    """What is wrong with a row, at which field."""

    row: int
    field: str
    message: str


@transaction.atomic
def propose_targets(
    actor: Actor,
    *,
    institution_id: int,
    rows: Sequence[WantedTarget],
    source_mark: str,
    source_text: str,
) -> tuple[CostTargetProposal, int]:
    """Ask for targets of an institution, all or none; gives the proposal and the number of the matter."""
    if actor.user is None or not actor.has(*RULERS):
        raise Forbidden("costing.target_not_allowed", "只有财务负责人或运营管理中心可以提出成本目标。")
    institution = Institution.objects.visible_to(actor, *RULERS).select_for_update().filter(pk=institution_id).first()
    if institution is None:
        raise NotFound("masterdata.no_institution", "没有这个机构。")
    if source_mark not in SourceMark.values:
        raise Invalid("costing.target_source", f"没有来源标记 {source_mark}。", field="source_mark")
    if not rows or len(rows) > MOST_TARGETS:
        raise Invalid("costing.target_count", f"一次提出 1 到 {MOST_TARGETS} 个成本目标。", field="file")
    named, faults = _Known(institution).check(rows)
    if faults:
        raise _refusal(faults, one=len(rows) == 1)
    proposal = CostTargetProposal.objects.create(
        institution=institution,
        rows=[_kept(row) for row in named],
        source_mark=source_mark,
        source_text=source_text.strip(),
        asked_by_id=actor.user,
    )
    return proposal, start(actor, kind=KIND, subject=str(proposal.pk), comment=source_text)


def target_faults(institution: Institution, rows: Sequence[WantedTarget]) -> list[RowFault]:
    """What is wrong with the rows (numbered from 0), as `propose_targets` would refuse them."""
    return _Known(institution).check(rows)[1]


def _refusal(faults: Sequence[RowFault], *, one: bool) -> Invalid:
    """All faults of the rows at once; of one row alone only what is wrong with it."""
    if one:
        return Invalid("costing.target_rows", faults[0].message, field=faults[0].field)
    words = " ".join(f"第 {fault.row + 1} 行「{fault.field}」：{fault.message}" for fault in faults[:MOST_TOLD])
    more = f" 等共 {len(faults)} 处" if len(faults) > MOST_TOLD else ""
    listed = [{"row": fault.row + 1, "column": fault.field, "message": fault.message} for fault in faults]
    return Invalid("costing.target_rows", words + more, field="file", faults=listed)


class _Known:
    """What rows are checked against, read once for all of them."""

    def __init__(self, institution: Institution) -> None:
        self.departments = dict(Department.objects.filter(institution=institution).values_list("code", "pk"))
        self.heads = department_heads(institution=institution.pk)
        self.leaders = own_holders(Role.INSTITUTION_HEAD, institutions=[institution.pk]).get(institution.pk, [])
        self.reach: dict[str, set[int | None]] = {}
        self.groups: dict[date, dict[str, str]] = {}
        held = RoleAssignment.objects.filter(
            role__in=[role.value for role in ANSWERERS], state=RoleAssignment.State.ACTIVE, user__is_active=True
        )
        for username, where, department in held.values_list("user__username", "institution", "department"):
            if where in (None, institution.pk):
                self.reach.setdefault(username, set()).add(department)
        named = [person for people in self.heads.values() for person in people] + self.leaders
        self.usernames = dict(User.objects.filter(pk__in=named).values_list("pk", "username"))
        self.versions = {
            (code or "", metric, object_, day)
            for code, metric, object_, day in CostTarget.objects.filter(institution=institution).values_list(
                "department__code", "metric", "object", "effective_from"
            )
        }
        asked = CostTargetProposal.objects.filter(institution=institution, state=CostTargetProposal.State.ASKED)
        self.asked = {
            (row["department"], row["metric"], row["object"], date.fromisoformat(row["effective_from"]))
            for rows in asked.values_list("rows", flat=True)
            for row in rows
        }

    def check(self, rows: Sequence[WantedTarget]) -> tuple[list[WantedTarget], list[RowFault]]:
        """The rows with their responsible persons, and what is wrong."""
        named, faults = [], []
        seen: set[tuple[str, str, str, date]] = set()
        for number, row in enumerate(rows):
            found = self._faults(row, seen)
            seen.add((*row.line, row.effective_from))
            responsible = row.responsible or self._head(row.department)
            if not found and not row.ended and not responsible:
                where = "该科室" if row.department else "该机构"
                found.append(("responsible", f"{where}没有可默认的负责人，请填写责任人的用户名。"))
            faults += [RowFault(number, field, message) for field, message in found]
            named.append(replace(row, responsible=responsible))
        return named, faults

    def _head(self, department: str) -> str:
        people = self.heads.get(self.departments.get(department, 0), []) if department else self.leaders
        return self.usernames.get(people[0], "") if people else ""

    def _faults(self, row: WantedTarget, seen: set[tuple[str, str, str, date]]) -> list[tuple[str, str]]:
        found = []
        if row.metric not in TargetMetric.values:
            found.append(("metric", f"没有指标 {row.metric or '(空)'}。"))
        if row.department and row.department not in self.departments:
            found.append(("department", f"本机构没有编码为 {row.department} 的科室。"))
        if fault := day_fault(row.effective_from):
            found.append(("effective_from", fault))
        if row.effective_from.day != 1:
            found.append(("effective_from", "目标按月执行，请从某月 1 日起生效。"))
        place = (*row.line, row.effective_from)
        if place in seen:
            found.append(("effective_from", "同一目标、同一生效月份重复。"))
        if place in self.versions:
            found.append(("effective_from", f"该目标自 {row.effective_from:%Y-%m} 起已有版本，请另选生效月份。"))
        if place in self.asked:
            found.append(("effective_from", f"该目标自 {row.effective_from:%Y-%m} 起的版本正在审批，请等审批结束。"))
        if row.ended and not any(
            version[:3] == row.line and version[3] < row.effective_from for version in self.versions
        ):
            found.append(("ended", "没有可终止的目标。"))
        if row.metric in TargetMetric.values:
            found += _of_metric(row)
            found += self._group(row)
        found += self._people(row)
        return found

    def _group(self, row: WantedTarget) -> list[tuple[str, str]]:
        """A disease group that does not exist; a target of one that went may still be ended."""
        if row.metric != TargetMetric.DRG_COST or row.ended or not 0 < len(row.object) <= LONGEST_GROUP:
            return []
        if row.effective_from not in self.groups:
            self.groups[row.effective_from] = group_names(day=row.effective_from)
        groups = self.groups[row.effective_from]
        if not groups or row.object in groups:
            return []
        return [("object", f"{row.effective_from:%Y-%m} 的分组方案没有病组 {row.object}，请核对编码。")]

    def _people(self, row: WantedTarget) -> list[tuple[str, str]]:
        department = self.departments.get(row.department)
        found = []
        if len(row.specialists) > 2 or len(set(row.specialists)) < len(row.specialists):
            found.append(("specialists", "成本专员最多两人，不能重复。"))
        for field, username in (("responsible", row.responsible), *(("specialists", one) for one in row.specialists)):
            if username and not self.reach.get(username, set()) & {None, department}:
                found.append((field, f"用户 {username} 不存在，或在这里没有可查看成本的角色。"))
        return found


def _of_metric(row: WantedTarget) -> list[tuple[str, str]]:
    metric, found = engine.Metric(row.metric), []
    if metric is engine.Metric.ITEM_COST and row.object not in COST_ITEM_TITLES:
        found.append(("object", f"没有成本项目 {row.object or '(空)'}。"))
    elif metric is engine.Metric.DRG_COST and not 0 < len(row.object) <= LONGEST_GROUP:
        found.append(("object", "请填写病组编码。"))
    elif metric not in engine.WITH_OBJECT and row.object:
        found.append(("object", "该指标不分成本项目或病组，请留空。"))
    if row.standard is not None and metric is not engine.Metric.DRG_COST:
        found.append(("standard", "只有病组例均成本有支付标准，请留空。"))
    if row.ended:
        return found
    if row.limit is None:
        return [*found, ("limit", "请填写限额。")]
    if metric in PARTS and not SMALLEST_PART <= row.limit <= 1:
        found.append(("limit", f"{formats.percent(row.limit, 2)} 应在 1% 到 100% 之间，请按百分数填写，如 40。"))
    elif metric in engine.RATIOS:
        if abs(row.limit) > LARGEST_SHARE or row.limit != row.limit.quantize(SHARE):
            found.append(("limit", "比例应在 −1000% 到 1000% 之间，最多两位小数。"))
    elif not 0 <= row.limit < LARGEST or row.limit != row.limit.quantize(FEN):
        found.append(("limit", "金额应不小于 0，最多两位小数。"))
    if row.standard is not None and (not 0 < row.standard < LARGEST or row.standard != row.standard.quantize(FEN)):
        found.append(("standard", "支付标准应大于 0，最多两位小数。"))
    elif row.standard is not None and row.limit > row.standard:
        found.append(("limit", f"成本限额不应高于支付标准 {row.standard:,} 元。"))
    return found


def _kept(row: WantedTarget) -> dict[str, Any]:
    """As JSON keeps it."""
    return {
        **asdict(row),
        "effective_from": row.effective_from.isoformat(),
        "limit": None if row.limit is None else format(row.limit, "f"),
        "standard": None if row.standard is None else format(row.standard, "f"),
        "specialists": list(row.specialists),
    }


def wanted_of(row: Mapping[str, Any]) -> WantedTarget:
    """A row of a proposal as it was wanted."""
    return WantedTarget(
        **{
            **row,
            "effective_from": date.fromisoformat(row["effective_from"]),
            "limit": None if row["limit"] is None else Decimal(row["limit"]),
            "standard": None if row["standard"] is None else Decimal(row["standard"]),
            "specialists": tuple(row["specialists"]),
        }
    )


@transaction.atomic
def put_targets_in_force(actor: Actor, *, proposal_id: int) -> list[CostTarget]:
    """The proposal is approved. Called by the approval only. Months from then on are judged by it; deviations that were
    opened stay as they are."""
    proposal = CostTargetProposal.objects.select_for_update(of=("self",)).get(pk=proposal_id)
    rows = [wanted_of(row) for row in proposal.rows]
    departments = dict(Department.objects.filter(institution=proposal.institution_id).values_list("code", "pk"))
    names = {name for row in rows for name in (row.responsible, *row.specialists)}
    people = dict(User.objects.filter(username__in=names).values_list("username", "pk"))
    former = _former(proposal.institution_id)
    made = []
    for row in rows:
        before = former.get((departments.get(row.department), row.metric, row.object))
        limit = row.limit if row.limit is not None else before.limit if before else Decimal(0)
        responsible = people.get(row.responsible) or (before.responsible_id if before else None)
        if responsible is None:
            raise TypeError("a target without anybody who answers for it was checked before")
        specialists = [people[name] for name in row.specialists] + [None, None]
        made.append(
            CostTarget(
                institution_id=proposal.institution_id,
                department_id=departments[row.department] if row.department else None,
                metric=row.metric,
                object=row.object,
                effective_from=row.effective_from,
                limit=limit,
                standard=row.standard,
                ended=row.ended,
                responsible_id=responsible,
                specialist_id=specialists[0],
                second_specialist_id=specialists[1],
                source_mark=proposal.source_mark,
                source_text=proposal.source_text,
                proposal=proposal,
            )
        )
    try:
        with transaction.atomic():
            CostTarget.objects.bulk_create(made)
    except IntegrityError as error:
        raise Conflict("costing.target_same_month", "其中有目标自同一月份起已有版本，请否决后重新提出。") from error
    proposal.state = CostTargetProposal.State.IN_FORCE
    proposal.save(update_fields=["state"])
    record(
        actor,
        "costing.target_set",
        institution=proposal.institution.code,
        subject_type="cost_target_proposal",
        subject=proposal.pk,
        detail={"targets": proposal.rows, "asked_by": proposal.asked_by.username},
    )
    return made


def _former(institution: int) -> dict[tuple[int | None, str, str], CostTarget]:
    rows = CostTarget.objects.filter(institution=institution).order_by("effective_from")
    return {(row.department_id, row.metric, row.object): row for row in rows}


def refuse_targets(*, proposal_id: int) -> None:
    """The proposal is refused or withdrawn. Called by the approval only."""
    CostTargetProposal.objects.filter(pk=proposal_id).update(state=CostTargetProposal.State.REFUSED)
