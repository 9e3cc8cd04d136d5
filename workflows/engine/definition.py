"""What a flow of approval is: steps in order, each with its condition, its approvers and how many of them must sign.

How many: `any` one of all candidates; `all` every candidate; `count` N of them; `each` one for each approver rule, by
different persons (double signature, 双签). A rejection `ends` the matter, is `outvoted` while enough others can still sign,
or `returns` it to the applicant.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ops_platform.kernel import Finding, Invalid, Role, Severity
from workflows.engine.condition_text import parse
from workflows.engine.conditions import Attribute, Comparison, Condition, Kind
from workflows.engine.covering import uncovered

DEPARTMENT_CLASS, NO_DEPARTMENT = "department_class", "none"
MOST_STEPS = 30
BLOCKING = Severity.BLOCKING


class Mode(StrEnum):
    """How many signatures a step needs."""

    ANY = "any"
    ALL = "all"
    COUNT = "count"
    EACH = "each"


class OnRejection(StrEnum):
    """What one rejection does."""

    ENDS = "ends"
    OUTVOTED = "outvoted"
    RETURNS = "returns"


class Who(StrEnum):
    """Kinds of approver rules."""

    ROLE = "role"
    PERSON = "person"
    DEPARTMENT_HEAD = "department_head"
    SUPERIOR = "superior"


class Level(StrEnum):
    """Where a role is looked for, seen from the subject's institution."""

    INSTITUTION = "institution"
    PARENT = "parent"
    LEAD = "lead"
    ALLIANCE = "alliance"


@dataclass(frozen=True, slots=True)
class ApproverRule:
    """Who may sign. A ROLE is sought at `level` and, with `or_above`, further up until somebody holds it.

    PERSON names a user. DEPARTMENT_HEAD is the head of the subject's department, else of the applicant's. SUPERIOR is the
    next post above the applicant: department head, institution head, operation centre, leadership.
    """

    who: Who
    role: Role | None = None
    level: Level = Level.INSTITUTION
    or_above: bool = False
    person: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One step. Hours count from the moment the step is entered; 0 means never. `copies` are informed when it is done."""

    key: str
    title: str
    approvers: tuple[ApproverRule, ...]
    mode: Mode = Mode.ANY
    count: int = 1
    on_rejection: OnRejection = OnRejection.ENDS
    condition: str = ""
    copies: tuple[ApproverRule, ...] = ()
    remind_hours: int = 0
    escalate_hours: int = 0
    expire_hours: int = 0


class Withdrawing(StrEnum):
    """Until when the applicant may withdraw."""

    BEFORE_FIRST = "before_first"
    ANY_TIME = "any_time"


@dataclass(frozen=True, slots=True)
class Definition:
    """One version of a flow, with the attributes its conditions were checked against.

    `sign_once`: who has signed in this round need not sign again in a later step. `straight_back`: what was returned goes,
    once submitted again, to the step that returned it. `batch`: several matters may be approved at one go. `stand_ins`:
    where nobody is left who may sign, heads further up, the operation centre and the leadership do. `needs_department`: a
    matter without a department is not taken, so that nobody goes past conditions of its class by naming none."""

    steps: tuple[Step, ...]
    attributes: tuple[Attribute, ...] = ()
    withdrawing: Withdrawing = Withdrawing.BEFORE_FIRST
    sign_once: bool = True
    straight_back: bool = False
    batch: bool = False
    stand_ins: bool = True
    needs_department: bool = False

    def position(self, key: str) -> int:
        """Where the step stands. Raises Invalid for an unknown one."""
        for place, step in enumerate(self.steps):
            if step.key == key:
                return place
        raise Invalid("workflows.unknown_step", "流程里没有这个环节。")

    def step(self, key: str) -> Step:
        """The step of that key."""
        return self.steps[self.position(key)]


def faults(definition: Definition) -> list[Finding]:
    """All that keeps a definition from being published, in the order of its steps."""
    found = []
    attributes = {attribute.name: attribute for attribute in definition.attributes}
    if not definition.steps:
        found.append(Finding("workflows.no_steps", BLOCKING, "流程至少要有一个环节。"))
    if len(definition.steps) > MOST_STEPS:
        found.append(Finding("workflows.too_many_steps", BLOCKING, f"流程最多 {MOST_STEPS} 个环节。"))
    keys = [step.key for step in definition.steps]
    if len(set(keys)) != len(keys):
        found.append(Finding("workflows.step_twice", BLOCKING, "环节编号重复。"))
    for step in definition.steps:
        found.extend(_step_faults(step, attributes))
    if definition.steps and not any(finding.code == "workflows.bad_condition" for finding in found):
        never = {DEPARTMENT_CLASS: NO_DEPARTMENT} if definition.needs_department else {}
        found.extend(_gaps([parse(step.condition, attributes) for step in definition.steps], never))
    return found


def _gaps(conditions: Sequence[Condition], never: Mapping[str, str]) -> Iterator[Finding]:
    """A warning where some matters would come to no step at all."""
    missed = uncovered(conditions, never)
    if missed is None:
        words = "每个环节都带条件，无法逐一核对是否覆盖全部情况。请至少保留一个不带条件的环节。"
        yield Finding("workflows.all_conditional", Severity.WARNING, words)
    elif missed:
        example = "，".join(Comparison(attribute, "=", (value,)).words() for attribute, value in missed.items())
        words = (
            f"每个环节都带条件，有的事项没有环节可走，如：{example}。"
            "这样的事项不能提交，请改条件，或加一个不带条件的环节。"
        )
        yield Finding("workflows.all_conditional", Severity.WARNING, words)


def _step_faults(step: Step, attributes: Mapping[str, Attribute]) -> list[Finding]:
    found = []
    if not step.title.strip():
        found.append(Finding("workflows.step_untitled", BLOCKING, "环节没有名称。", step.key))
    if not step.approvers:
        found.append(
            Finding("workflows.step_without_rule", BLOCKING, f"环节「{step.title}」没有审批人规则。", step.key)
        )
    if step.mode is Mode.COUNT and step.count < 1:
        found.append(Finding("workflows.bad_count", BLOCKING, f"环节「{step.title}」的会签人数至少为 1。", step.key))
    if step.mode is Mode.EACH and len(step.approvers) < 2:
        found.append(
            Finding(
                "workflows.each_needs_two", BLOCKING, f"环节「{step.title}」为双签，须有两条以上审批人规则。", step.key
            )
        )
    for rule in (*step.approvers, *step.copies):
        if rule.who is Who.ROLE and rule.role is None:
            found.append(
                Finding(
                    "workflows.rule_without_role", BLOCKING, f"环节「{step.title}」有一条规则没有选角色。", step.key
                )
            )
        if rule.who is Who.PERSON and not rule.person:
            found.append(
                Finding(
                    "workflows.rule_without_person", BLOCKING, f"环节「{step.title}」有一条规则没有选人。", step.key
                )
            )
    if min(step.remind_hours, step.escalate_hours, step.expire_hours) < 0:
        found.append(Finding("workflows.bad_hours", BLOCKING, f"环节「{step.title}」的时限不能为负数。", step.key))
    if step.expire_hours and step.escalate_hours >= step.expire_hours:
        found.append(
            Finding("workflows.bad_hours", BLOCKING, f"环节「{step.title}」的升级时限应早于失效时限。", step.key)
        )
    try:
        parse(step.condition, attributes)
    except Invalid as refusal:
        found.append(Finding("workflows.bad_condition", BLOCKING, f"环节「{step.title}」：{refusal.message}", step.key))
    return found


def to_json(definition: Definition) -> dict[str, Any]:
    """The definition as it is stored with its version."""
    return {
        "withdrawing": str(definition.withdrawing),
        "sign_once": definition.sign_once,
        "straight_back": definition.straight_back,
        "batch": definition.batch,
        "stand_ins": definition.stand_ins,
        **({"needs_department": True} if definition.needs_department else {}),
        "attributes": [
            {"name": a.name, "title": a.title, "kind": str(a.kind), "choices": [list(choice) for choice in a.choices]}
            for a in definition.attributes
        ],
        "steps": [_step_to_json(step) for step in definition.steps],
    }


def _step_to_json(step: Step) -> dict[str, Any]:
    return {
        "key": step.key,
        "title": step.title,
        "mode": str(step.mode),
        "count": step.count,
        "on_rejection": str(step.on_rejection),
        "condition": step.condition,
        "approvers": [_rule_to_json(rule) for rule in step.approvers],
        "copies": [_rule_to_json(rule) for rule in step.copies],
        "remind_hours": step.remind_hours,
        "escalate_hours": step.escalate_hours,
        "expire_hours": step.expire_hours,
    }


def _rule_to_json(rule: ApproverRule) -> dict[str, Any]:
    return {
        "who": str(rule.who),
        "role": str(rule.role) if rule.role else "",
        "level": str(rule.level),
        "or_above": rule.or_above,
        "person": rule.person,
    }


def from_json(body: Mapping[str, Any]) -> Definition:
    """The stored form back. Raises Invalid when a part is missing or unknown."""
    try:
        return Definition(
            steps=tuple(_step_from_json(step) for step in body["steps"]),
            attributes=tuple(
                Attribute(a["name"], a["title"], Kind(a["kind"]), tuple((c[0], c[1]) for c in a["choices"]))
                for a in body["attributes"]
            ),
            withdrawing=Withdrawing(body["withdrawing"]),
            sign_once=bool(body["sign_once"]),
            straight_back=bool(body["straight_back"]),
            batch=bool(body["batch"]),
            stand_ins=bool(body["stand_ins"]),
            needs_department=bool(body.get("needs_department", False)),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise Invalid("workflows.bad_definition", f"流程定义的内容不完整或有误：{error}。") from error


def _step_from_json(body: Mapping[str, Any]) -> Step:
    return Step(
        key=str(body["key"]),
        title=str(body["title"]),
        approvers=_rules(body["approvers"]),
        mode=Mode(body.get("mode", Mode.ANY)),
        count=int(body.get("count", 1)),
        on_rejection=OnRejection(body.get("on_rejection", OnRejection.ENDS)),
        condition=str(body.get("condition", "")),
        copies=_rules(body.get("copies", ())),
        remind_hours=int(body.get("remind_hours", 0)),
        escalate_hours=int(body.get("escalate_hours", 0)),
        expire_hours=int(body.get("expire_hours", 0)),
    )


def _rules(bodies: Sequence[Mapping[str, Any]]) -> tuple[ApproverRule, ...]:
    return tuple(
        ApproverRule(
            who=Who(body["who"]),
            role=Role(body["role"]) if body.get("role") else None,
            level=Level(body.get("level", Level.INSTITUTION)),
            or_above=bool(body.get("or_above", False)),
            person=str(body.get("person", "")),
        )
        for body in bodies
    )
