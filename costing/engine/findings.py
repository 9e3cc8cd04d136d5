"""What can be wrong with an allocation, in words that name the department and say what to do."""

from collections.abc import Iterable, Iterator

from costing.engine.model import AllocationModel, Department
from ops_platform.kernel import Finding, Severity, from_fen

_SHOWN = 10


def yuan(fen: int) -> str:
    """Fen as people read them: 1,234.50 元."""
    return f"{from_fen(fen):,} 元"


def named(labels: Iterable[str]) -> str:
    """Names in a row; a long row is cut and counted."""
    listed = list(labels)
    shown = "、".join(listed[:_SHOWN])
    return shown if len(listed) <= _SHOWN else f"{shown}等 {len(listed)} 个"


def is_blocked(findings: Iterable[Finding]) -> bool:
    """Whether one of them forbids any amount."""
    return any(finding.severity is Severity.BLOCKING for finding in findings)


def check_model(model: AllocationModel) -> list[Finding]:
    """All that can be seen before anything moves."""
    departments = {department.code: department for department in sorted(model.departments, key=lambda one: one.code)}
    return [
        *_unknown_departments(model, departments),
        *_without_class(departments.values()),
        *_senders_twice(model, departments),
        *_negative_drivers(model, departments),
        *_negative_costs(model, departments),
        *_clinical_senders(model, departments),
    ]


def no_driver(department: Department, step: int | None, fen: int, hint: str = "") -> Finding:
    """A department has cost to send and nobody to send it to."""
    where = f"第 {step} 步" if step else "任何一步"
    return Finding(
        "costing.no_driver",
        Severity.BLOCKING,
        f"科室 {department.label} 待分摊 {yuan(fen)}，但在{where}没有分摊动因，或可接收科室的动因合计为零{hint}。"
        "请补录动因数据，或为该科室改选其他动因。",
        department.code,
        {"step": step, "fen": fen},
    )


def assignment_refused(department: Department, refused: list[Department], step: int, fen: int) -> Finding:
    """A department's cost is assigned to departments of which some cannot receive it."""
    return Finding(
        "costing.assignment_refused",
        Severity.BLOCKING,
        f"第 {step} 步：科室 {department.label} 待分摊 {yuan(fen)} 直接指定给 {named(one.label for one in refused)}，"
        "而后者在该步不能接收(已结转、同时结转、是本科室，或本方法只分给临床科室)。请改为指定后面各步或临床科室。",
        department.code,
        {"step": step, "fen": fen, "refused": [one.code for one in refused]},
    )


def idle_sender(department: Department, step: int) -> Finding:
    """A sender without driver, and without cost: nothing is lost."""
    return Finding(
        "costing.no_driver",
        Severity.INFO,
        f"科室 {department.label} 在第 {step} 步没有可用动因，因无待分摊成本，不影响结果。如以后发生成本，请先补录动因。",
        department.code,
        {"step": step},
    )


def not_closed(department: Department, fen: int) -> Finding:
    """A non-clinical department still holds cost when all steps are done."""
    return Finding(
        "costing.not_closed",
        Severity.BLOCKING,
        f"非临床科室 {department.label} 在全部步骤之后仍有成本 {yuan(fen)} 未结转。"
        "请把该科室列入某一步的分出科室并给出动因；已列入的，请把向它分摊的步骤移到它之前。",
        department.code,
        {"fen": fen},
    )


def closed_loop(departments: list[Department]) -> Finding:
    """Departments that only send to each other."""
    return Finding(
        "costing.closed_loop",
        Severity.BLOCKING,
        f"科室 {named(one.label for one in departments)} 之间相互分摊，成本永远到不了临床科室。"
        "请检查这些科室的动因，至少让其中一个科室向临床科室(或能到达临床科室的科室)分摊。",
        ",".join(one.code for one in departments),
    )


def nearly_closed_loop(departments: list[Department]) -> Finding:
    """Departments that keep nearly all cost among themselves: the equations cannot be solved reliably."""
    return Finding(
        "costing.closed_loop",
        Severity.BLOCKING,
        f"科室 {named(one.label for one in departments)} 的成本几乎全部相互分摊，流向临床科室的比例不足百万分之一，"
        "联立方程无法可靠求解。请检查这些科室的动因数据是否录错数量级。",
        ",".join(one.code for one in departments),
    )


def closed_receivers(senders: list[Department], ignored: list[Department], step: int) -> Finding:
    """Receivers that cannot receive any more, left out of the shares."""
    return Finding(
        "costing.driver_ignored_closed",
        Severity.INFO,
        f"第 {step} 步：科室 {named(one.label for one in senders)} 的动因中，"
        f"{named(one.label for one in ignored)} 已结转或在本步同时结转，不再接收，其动因未计入分母。",
        ",".join(one.code for one in senders),
        {"step": step, "ignored": [one.code for one in ignored]},
    )


def self_receiver(department: Department, step: int) -> Finding:
    """A department's own use of its service, left out of the shares."""
    return Finding(
        "costing.driver_ignored_self",
        Severity.INFO,
        f"第 {step} 步：科室 {department.label} 的动因中含本科室自用量，自用量不分摊，未计入分母。",
        department.code,
        {"step": step},
    )


def _unknown_departments(model: AllocationModel, known: dict[str, Department]) -> Iterator[Finding]:
    places: dict[str, dict[str, None]] = {}
    for code in {code for code, _ in model.costs} - known.keys():
        places.setdefault(code, {})["直接成本"] = None
    for number, step in enumerate(model.steps, start=1):
        for code in set(step.senders) - known.keys():
            places.setdefault(code, {})[f"第 {number} 步的分出科室"] = None
        for code in set().union(*step.given_drivers()) - known.keys():
            places.setdefault(code, {})[f"第 {number} 步的动因"] = None
    for code in sorted(places):
        yield Finding(
            "costing.unknown_department",
            Severity.BLOCKING,
            f"科室 {code} 不在科室名单中，却出现在{named(places[code])}。请在科室名单中增加该科室，或更正编码。",
            code,
        )


def _without_class(departments: Iterable[Department]) -> Iterator[Finding]:
    for department in departments:
        if department.cost_class is None:
            yield Finding(
                "costing.no_class",
                Severity.BLOCKING,
                f"科室 {department.label} 没有核算类别。请在科室设置中选定：行政后勤、医疗辅助、医疗技术或临床服务。",
                department.code,
            )


def _senders_twice(model: AllocationModel, known: dict[str, Department]) -> Iterator[Finding]:
    steps: dict[str, list[int]] = {}
    for number, step in enumerate(model.steps, start=1):
        for code in step.senders:
            steps.setdefault(code, []).append(number)
    for code, department in known.items():
        if len(steps.get(code, ())) > 1:
            yield Finding(
                "costing.sender_twice",
                Severity.BLOCKING,
                f"科室 {department.label} 被列为分出科室 {len(steps[code])} 次"
                f"(第 {'、'.join(map(str, steps[code]))} 步)。每个科室只能结转一次，请只保留一处。",
                code,
                {"steps": steps[code]},
            )


def _negative_drivers(model: AllocationModel, known: dict[str, Department]) -> Iterator[Finding]:
    for number, step in enumerate(model.steps, start=1):
        shared = [("各分出科室共用", ",".join(step.senders), step.driver)] if step.driver is not None else []
        each = {**step.drivers, **step.assignments}
        own = [(f"科室 {_label(known, code)} ", code, each[code]) for code in sorted(each)]
        for words, subject, driver in [*shared, *own]:
            if min(driver.values(), default=0) >= 0:  # nearly always, and seen at once
                continue
            for receiver in sorted(code for code, weight in driver.items() if weight < 0):
                yield Finding(
                    "costing.negative_driver",
                    Severity.BLOCKING,
                    f"第 {number} 步{words}的动因中，接收科室 {_label(known, receiver)} 的动因值为负"
                    f"({driver[receiver]})。请更正该动因值，动因不能小于零。",
                    subject,
                    {"step": number, "receiver": receiver},
                )


def _negative_costs(model: AllocationModel, known: dict[str, Department]) -> Iterator[Finding]:
    for (code, item), fen in sorted((key, fen) for key, fen in model.costs.items() if fen < 0):
        if code in known:
            yield Finding(
                "costing.negative_cost",
                Severity.WARNING,
                f"科室 {known[code].label} 的成本项目 {model.titles.get(item, item)} 为负数({yuan(fen)})，"
                "已按正数的镜像分摊。请核对是否为冲销；如属录入错误，请更正后重算。",
                code,
                {"item": item, "fen": fen},
            )


def _clinical_senders(model: AllocationModel, known: dict[str, Department]) -> Iterator[Finding]:
    outcome = "已按所列步骤结转" if model.method == "step_down" else "本方法中临床科室只接收，该科室的分出未执行"
    for number, step in enumerate(model.steps, start=1):
        for code in sorted(set(step.senders) & known.keys()):
            if known[code].cost_class == "clinical":
                yield Finding(
                    "costing.clinical_sender",
                    Severity.WARNING,
                    f"第 {number} 步把临床科室 {known[code].label} 列为分出科室，{outcome}。"
                    "请核对该科室的核算类别，或把它移出分出科室。",
                    code,
                    {"step": number},
                )


def _label(known: dict[str, Department], code: str) -> str:
    return known[code].label if code in known else code
