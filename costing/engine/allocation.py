"""Department cost allocation (科室成本分摊): from departments' direct cost to clinical departments' full cost.

Source: 《公立医院成本核算规范》国卫财务发〔2021〕4号 and 财会〔2021〕26号, 阶梯分摊, 分项逐级分步结转 (domain.md
section 1.3, formulas recalled, not yet checked against the originals). Reciprocal and direct are for comparison.

Formula, per cost item, for a sender s with driver weights w[r] over the receivers r that may receive:

    share[s → r]  = w[r] / Σ w              amount[s → r] = held[s] · share[s → r]
    held[s]       = direct cost of s + what s received
    full cost     = direct cost + Σ amounts received, for clinical departments

Who may receive: step_down - departments not closed by an earlier or by the same step (parallel closing);
direct - clinical departments; reciprocal - everybody but the sender, all at once (see `reciprocal`).

Rounding: amounts are integer fen, weights exact rationals made integers by common scaling. Largest remainder,
receivers in order of code, among equal remainders the lower code first; a negative amount is divided as the mirror
of the positive one (`kernel.split`). Every sender's amounts sum to what it held, per item, to the fen.

Direct assignment (直接指定): a driver that names its receivers with their shares. It holds as a whole: where one of
them may not receive, the sender has no driver, and blocks when it has cost.

At zero: a sender without cost and without driver is an info; a sender with cost whose driver is missing or sums
to zero blocks. With a blocking finding there are no amounts at all: nothing is lost or divided equally in silence.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from costing.engine.book import Book, Register
from costing.engine.findings import check_model, is_blocked
from costing.engine.flows import Flows
from costing.engine.model import AllocationModel, Method
from costing.engine.reciprocal import reciprocal
from costing.engine.step_down import direct, step_down
from ops_platform.kernel import Finding

ENGINE_VERSION = "2"  # 2: income (收入比重) is that of the department that carried the services out

_METHODS: Mapping[Method, Callable[[Register, Book], list[Finding]]] = {
    Method.STEP_DOWN: step_down,
    Method.RECIPROCAL: reciprocal,
    Method.DIRECT: direct,
}


@dataclass(frozen=True, slots=True)
class Allocation:
    """Full costs (zero lines left out) and flows in fen, both in fixed order, and what was found.

    `full_costs[department, item]` = its direct cost + the flows into it, exactly.
    """

    full_costs: Mapping[tuple[str, str], int] = field(default_factory=dict)
    flows: Flows = field(default_factory=Flows)
    findings: tuple[Finding, ...] = ()

    @property
    def blocked(self) -> bool:
        """Whether a finding forbids amounts."""
        return is_blocked(self.findings)


def allocate(model: AllocationModel) -> Allocation:
    """Allocate by the model's method. The same model, its rows in any order, gives the same result."""
    findings = check_model(model)
    if is_blocked(findings):
        return Allocation(findings=tuple(findings))
    register = Register.of(model)
    book = Book.of(model, register)
    findings += _METHODS[model.method](register, book)
    if is_blocked(findings):
        return Allocation(findings=tuple(findings))
    return Allocation(book.full_costs(register), book.flows(register), tuple(findings))
