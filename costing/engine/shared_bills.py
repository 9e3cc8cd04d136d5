"""Bills that one department takes in for all (公共费用: water, power, cleaning …), divided over the departments (计算计入).

    share[d] = w[d] / Σ w        w: the driver of the kind of bill; amount[d] = bill × share[d], each cost item and funding
                                 source on its own

Source: 《公立医院成本核算规范》国卫财务发〔2021〕4号 (recalled, domain.md 1.2): direct cost is booked straight (直接计入) or
computed (计算计入) by headcount, floor area, workload. Integer fen by largest remainder, ties to the lower code, a negative
bill as the mirror of a positive one. A kind without any weight is a blocking finding: a bill is never divided equally.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from math import lcm

from costing.engine.findings import yuan
from ops_platform.kernel import Finding, Severity, split

Weight = int | Decimal


@dataclass(frozen=True, slots=True)
class Bill:
    """What came in of a kind, by cost item and funding source, in fen."""

    kind: str
    item: str
    source: str
    amount: int


@dataclass(frozen=True, slots=True)
class Share:
    """What a department bears of a bill."""

    bill: Bill
    department: str
    weight: Weight
    total: Weight
    amount: int


def divide(
    bills: Iterable[Bill], drivers: Mapping[str, Mapping[str, Weight]], titles: Mapping[str, str]
) -> tuple[list[Share], list[Finding]]:
    """Each bill by the driver of its kind (weights by department code). Departments of which nothing is measured bear
    nothing. `titles` name the kinds in findings."""
    shares: list[Share] = []
    findings: dict[str, Finding] = {}
    for bill in bills:
        weights = {code: weight for code, weight in sorted(drivers.get(bill.kind, {}).items()) if weight}
        words = titles.get(bill.kind, bill.kind)
        if any(weight < 0 for weight in weights.values()):
            message = f"{words}的分配动因中有负数。请更正动因数据。"
            findings[bill.kind] = Finding("costing.negative_driver", Severity.BLOCKING, message, bill.kind)
        elif weights:
            total = sum(weights.values())
            parts = split(bill.amount, _whole(weights.values()))
            shares += [
                Share(bill, code, weight, total, part)
                for (code, weight), part in zip(weights.items(), parts, strict=True)
                if part
            ]
        elif bill.amount:
            message = (
                f"{words} {yuan(bill.amount)}待分配，但各科室的动因合计为零。请补录动因数据，或为该费用改选其他动因。"
            )
            findings[bill.kind] = Finding("costing.no_driver", Severity.BLOCKING, message, bill.kind)
    return shares, list(findings.values())


def _whole(weights: Iterable[Weight]) -> list[int]:
    """The weights as integers in the same proportion."""
    ratios = [weight.as_integer_ratio() for weight in weights]
    scale = lcm(*(denominator for _, denominator in ratios))
    return [numerator * (scale // denominator) for numerator, denominator in ratios]
