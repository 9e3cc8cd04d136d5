"""The worked examples of domain.md 1.5, 1.6 and 1.8 in tests/golden/cost_examples come out to the fen."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from costing.engine.break_even import BreakEven, factors
from costing.engine.columns import COLUMNS
from costing.engine.item_costs import Activity, by_activities, by_weights
from costing.engine.patient_costs import Lines, patient_costs

CASES = sorted((Path(__file__).parents[1] / "golden" / "cost_examples").glob("*.yaml"))

Case = dict[str, Any]


def fen(yuan: float) -> int:
    """YAML reads 76.00 as a float; two places of it are exact."""
    return round(yuan * 100)


def personnel(yuan: float) -> np.ndarray:
    """A department's cost, all of it personnel."""
    whole = np.zeros(len(COLUMNS), dtype=np.int64)
    whole[0] = fen(yuan)
    return whole


def unit_costs(costs: np.ndarray, case: Case) -> list[float]:
    return [cost / 100 / number for cost, number in zip(costs.sum(axis=1).tolist(), case["数量"], strict=True)]


def activities(case: Case) -> Case:
    rows = []
    for row in case["作业"]:
        driven = np.zeros(len(COLUMNS), dtype=np.int64)
        driven[0] = row["资源动因"]
        rows.append(Activity(row["名称"], driven, np.array(row["作业动因量"])))
    found = by_activities(personnel(case["成本"]), rows, len(case["数量"]))
    assert not found.left.any()
    return {"单位成本": unit_costs(found.costs, case)}


def weights(case: Case) -> Case:
    found = by_weights(personnel(case["成本"]), np.array([fen(each) for each in case["权数"]]))
    assert not found.left.any()
    return {"单位成本": unit_costs(found.costs, case)}


def one_of_two(mine: list[int], all_of_it: list[int], costs: list[int]) -> int:
    """The cost of a patient who used `mine` of what others used the rest of, in fen."""
    cells = len(costs)
    others = [whole - own for whole, own in zip(all_of_it, mine, strict=True)]
    lines = Lines(np.repeat([0, 1], cells), np.tile(np.arange(cells), 2), np.array(mine + others))
    return int(patient_costs(lines, np.array(costs)[:, None], 2)[0, 0])


def bottom_up(case: Case) -> Case:
    mine = [row["数量"] for row in case["项目"]]
    costs = [fen(row["单位成本"]) * 10 * row["数量"] for row in case["项目"]]
    found = one_of_two(mine, [10 * number for number in mine], costs)
    return {"患者成本": (found + fen(case["药品和材料"])) / 100}


def top_down(case: Case) -> Case:
    services = fen(case["科室成本"]) - fen(case["其中药品和材料"])
    found = one_of_two([case["患者床日"]], [case["床日"]], [services])
    return {"患者成本": (found + fen(case["患者药品和材料"])) / 100}


def cost_to_income(case: Case) -> Case:
    """Each unit earns ten times what the patient was charged there."""
    charged = [fen(each) for each in case["收入"]]
    costs = [10 * own * fen(ratio) // 100 for own, ratio in zip(charged, case["成本收入比"], strict=True)]
    return {"患者成本": one_of_two(charged, [10 * own for own in charged], costs) / 100}


def break_even(case: Case) -> Case:
    number = case["数量"]
    one = BreakEven(
        fen(case["单价"]) * number, fen(case["单位变动成本"]) * number, fen(case["固定成本"]), Fraction(number)
    )
    assert one.break_even_income is not None
    return {"保本量": one.break_even_volume, "保本收入": one.break_even_income / 100, "安全边际": one.safety_margin}


def causes(case: Case) -> Case:
    before, now = case["原来"], case["现在"]
    found = factors(
        fen(before["单位成本"]) * before["数量"], before["数量"], fen(now["单位成本"]) * now["数量"], now["数量"]
    )
    return {"数量差异": found.volume / 100, "价格差异": found.rate / 100, "合计": found.change / 100}


METHODS: dict[str, Callable[[Case], Case]] = {
    "作业成本法": activities,
    "按比例": weights,
    "自下而上法": bottom_up,
    "自上而下法": top_down,
    "成本收入比法": cost_to_income,
    "本量利": break_even,
    "因素分析": causes,
}


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_example_comes_out_as_worked_by_hand(path: Path) -> None:
    case = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert case["出处"]
    assert METHODS[case["方法"]](case) == case["结果"]
