"""How one full cost came to be: direct cost, then every amount received with its driver and share."""

from costing.engine.allocation import Allocation
from costing.engine.findings import yuan
from costing.engine.flows import Flow
from costing.engine.model import AllocationModel, Method
from ops_platform.kernel import Explanation, Line

_RULES = {
    Method.STEP_DOWN: "阶梯分摊：分项逐级分步结转，已结转的科室不再接收",
    Method.RECIPROCAL: "交互分摊：各科室相互分摊，联立方程求解",
    Method.DIRECT: "直接分摊：各科室的直接成本只分给临床科室",
}


def explain(model: AllocationModel, allocation: Allocation, department: str, item: str) -> Explanation:
    """The steps that led to the full cost of one department and item; its lines sum to the last one."""
    labels = {one.code: one.label for one in model.departments}
    received = [flow for flow in allocation.flows.into(department) if flow.item == item]
    sent = [flow for flow in allocation.flows.out_of(department) if flow.item == item]
    lines = [Line("直接成本", yuan(model.costs.get((department, item), 0)))]
    lines += [_received(labels, flow) for flow in received]
    if sent:
        lines.append(Line("结转给其他科室", yuan(-sum(flow.amount for flow in sent)), f"{len(sent)} 个科室接收"))
    lines.append(Line("全成本", yuan(allocation.full_costs.get((department, item), 0))))
    return Explanation(f"{labels.get(department, department)} · {item}", _RULES[model.method], tuple(lines))


def _received(labels: dict[str, str], flow: Flow) -> Line:
    return Line(
        f"第 {flow.step} 步由 {labels[flow.sender]} 分入",
        yuan(flow.amount),
        f"动因 {flow.driver} ÷ {flow.driver_total} = {flow.share:f}",
    )
