"""A flow in words, step by step, as its drawing shows it: who signs, when the step applies, its limits, what is wrong."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ops_platform.identity.models import ROLE_TITLES
from ops_platform.kernel import Invalid, Severity
from ops_platform.web.people import names_of
from workflows.course_page import how
from workflows.engine.condition_text import parse
from workflows.engine.conditions import Attribute
from workflows.engine.definition import (
    ApproverRule,
    Definition,
    Level,
    OnRejection,
    Step,
    Who,
    Withdrawing,
    faults,
)

LEVELS = {
    Level.INSTITUTION: "本机构",
    Level.PARENT: "上级机构",
    Level.LEAD: "牵头医院",
    Level.ALLIANCE: "医共体",
}
REJECTIONS = {
    OnRejection.ENDS: "一人否决即结束",
    OnRejection.OUTVOTED: "其余人仍够数则继续，否则结束",
    OnRejection.RETURNS: "退回申请人",
}
WITHDRAWALS = {Withdrawing.BEFORE_FIRST: "第一个人签署之前可撤回", Withdrawing.ANY_TIME: "办结之前随时可撤回"}


@dataclass(frozen=True, slots=True)
class DrawnStep:
    """One box. `change` compares with the version in force: new, changed, or empty."""

    key: str
    title: str
    how: str
    signers: tuple[str, ...]
    condition: str
    limits: tuple[str, ...]
    copies: tuple[str, ...]
    rejection: str
    faults: tuple[str, ...]
    change: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """A whole flow. `warnings` do not keep it from being published; `gone` are steps that the version in force has.
    `entered`: no approval, but steps that people wrote down, each with the post that does it."""

    steps: tuple[DrawnStep, ...]
    options: tuple[str, ...]
    faults: tuple[str, ...]
    warnings: tuple[str, ...]
    gone: tuple[str, ...] = ()
    entered: bool = False

    @property
    def faulty(self) -> bool:
        """Something keeps it from being published."""
        return bool(self.faults) or any(step.faults for step in self.steps)


def draw(definition: Definition, *, before: Definition | None = None) -> Drawing:
    """The definition in words; with `before` also what has changed since."""
    found: dict[str, list[str]] = defaultdict(list)
    warnings = []
    keys = {step.key for step in definition.steps}
    for finding in faults(definition):
        if finding.severity is not Severity.BLOCKING:
            warnings.append(finding.message)
        else:
            found[finding.subject if finding.subject in keys else ""].append(finding.message)
    old = {step.key: step for step in before.steps} if before else {}
    names = _names(definition.steps)
    attributes = {attribute.name: attribute for attribute in definition.attributes}
    return Drawing(
        steps=tuple(
            DrawnStep(
                key=step.key,
                title=step.title,
                how=how(step),
                signers=tuple(rule_words(rule, names) for rule in step.approvers),
                condition=condition_words(step.condition, attributes),
                limits=limits(step),
                copies=tuple(rule_words(rule, names) for rule in step.copies),
                rejection=REJECTIONS[step.on_rejection],
                faults=tuple(found[step.key]),
                change=_change(step, old) if before else "",
            )
            for step in definition.steps
        ),
        options=options(definition),
        faults=tuple(found[""]),
        warnings=tuple(warnings),
        gone=tuple(step.title for step in old.values() if step.key not in keys),
    )


def draw_steps(steps: Sequence[Mapping[str, str]]) -> Drawing:
    """Steps that people wrote down as {step, post}."""
    boxes = (
        DrawnStep(
            key=str(number),
            title=step["step"],
            how="",
            signers=(step["post"],) if step["post"] else (),
            condition="",
            limits=(),
            copies=(),
            rejection="",
            faults=(),
            change="",
        )
        for number, step in enumerate(steps, start=1)
    )
    return Drawing(steps=tuple(boxes), options=(), faults=(), warnings=(), entered=True)


def differences(definition: Definition, before: Definition) -> list[tuple[str, str]]:
    """What is other than before, as (which, what): of each step that changed only what changed in it."""
    old, new = ({step.key: step for step in draw(one).steps} for one in (before, definition))
    found = [(f"新增环节「{step.title}」", "") for key, step in new.items() if key not in old]
    found += [(f"删除环节「{step.title}」", "") for key, step in old.items() if key not in new]
    for key, step in new.items():
        if key in old:
            parts = zip(_facts(old[key]), _facts(step), strict=True)
            words = [f"{name}：{was or '—'} → {now or '—'}" for (name, was), (_name, now) in parts if was != now]
            found += [(f"修改环节「{old[key].title}」", "；".join(words))] if words else []
    common = [key for key in old if key in new]
    if common != [key for key in new if key in old]:
        found.append(("环节顺序", " → ".join(step.title for step in new.values())))
    was, now = options(before), options(definition)
    if was != now:
        dropped, added = [one for one in was if one not in now], [one for one in now if one not in was]
        found.append(("选项", f"去掉：{'、'.join(dropped) or '—'}；新增：{'、'.join(added) or '—'}"))
    return found


def _facts(step: DrawnStep) -> Sequence[tuple[str, str]]:
    return (
        ("名称", step.title),
        ("签署", step.how),
        ("审批人", "、".join(step.signers)),
        ("条件", step.condition),
        ("否决时", step.rejection),
        ("时限", "、".join(step.limits)),
        ("抄送", "、".join(step.copies)),
    )


def _change(step: Step, old: Mapping[str, Step]) -> str:
    if step.key not in old:
        return "new"
    return "" if old[step.key] == step else "changed"


def _names(steps: Sequence[Step]) -> dict[str, str]:
    return names_of(rule.person for step in steps for rule in (*step.approvers, *step.copies))


def rule_words(rule: ApproverRule, names: Mapping[str, str]) -> str:
    """Who may sign, in words."""
    if rule.who is Who.PERSON:
        return f"指定人员：{names.get(rule.person, rule.person) or '未选'}"
    if rule.who is Who.DEPARTMENT_HEAD:
        return "事项所在科室的主任"
    if rule.who is Who.SUPERIOR:
        return "申请人的上一级负责人"
    title = str(ROLE_TITLES[rule.role]) if rule.role else "未选角色"
    upwards = "(没有时逐级向上找)" if rule.or_above and rule.level is not Level.ALLIANCE else ""
    return f"{LEVELS[rule.level]} {title}{upwards}"


def condition_words(source: str, attributes: Mapping[str, Attribute]) -> str:
    """The condition read back; one that cannot be read stands as it was written."""
    try:
        return parse(source, attributes).words()
    except Invalid:
        return source


def step_words(definition: Definition) -> tuple[str, ...]:
    """Each step with its condition, in one line."""
    attributes = {attribute.name: attribute for attribute in definition.attributes}
    said = ((step.title, condition_words(step.condition, attributes)) for step in definition.steps)
    return tuple(f"{title}({condition})" if condition else title for title, condition in said)


def limits(step: Step) -> tuple[str, ...]:
    """What time brings at the step."""
    hours = (
        (step.remind_hours, "未办提醒"),
        (step.escalate_hours, "仍未办，上一级也可签"),
        (step.expire_hours, "仍未办，事项失效"),
    )
    return tuple(f"{count} 小时{what}" for count, what in hours if count)


def options(definition: Definition) -> tuple[str, ...]:
    """Rules of the whole flow."""
    said = (
        (True, WITHDRAWALS[definition.withdrawing]),
        (definition.sign_once, "同一人只签一次"),
        (definition.straight_back, "退回重提后直达退回的环节"),
        (definition.batch, "可批量同意"),
        (definition.needs_department, "须指明科室"),
        (definition.stand_ins, "无人可签时由上级代签"),
        (not definition.stand_ins, "无人可签时不能提交"),
    )
    return tuple(words for holds, words in said if holds)
