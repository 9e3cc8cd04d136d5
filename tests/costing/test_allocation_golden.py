"""Every golden case of tests/golden/costing, written in words finance people read, comes out to the fen."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from costing.engine.allocation import allocate
from costing.engine.explanation import explain
from costing.engine.model import AllocationModel
from costing.model_files import as_document, parse_model
from ops_platform.kernel import to_fen

CASES = sorted((Path(__file__).parents[1] / "golden" / "costing").glob("*.yaml"))
METHODS = {"阶梯分摊": "step_down", "交互分摊": "reciprocal", "直接分摊": "direct"}
CLASSES = {
    "行政后勤": "administration",
    "医疗辅助": "medical_support",
    "医疗技术": "medical_technology",
    "临床服务": "clinical",
}
ITEMS = {
    "人员经费": "personnel",
    "卫生材料费": "materials",
    "药品费": "drugs",
    "固定资产折旧费": "depreciation",
    "无形资产摊销费": "amortisation",
    "提取医疗风险基金": "risk_fund",
    "其他运行费用": "other",
}


def model_of(case: dict[str, Any]) -> AllocationModel:
    """The case in the file format of interfaces.md, read as any other file."""
    steps = []
    for step in case["步骤"]:
        one: dict[str, Any] = {"from": step["分出"]}
        if "动因" in step:
            one["driver"] = {to: str(weight) for to, weight in step["动因"].items()}
        if "各科动因" in step:
            one["drivers"] = {
                sender: {to: str(weight) for to, weight in driver.items()}
                for sender, driver in step["各科动因"].items()
            }
        if "直接指定" in step:
            one["assignments"] = {
                sender: {to: str(share) for to, share in shares.items()} for sender, shares in step["直接指定"].items()
            }
        steps.append(one)
    return parse_model(
        json.dumps(
            {
                "method": METHODS[case["方法"]],
                "departments": [
                    {"code": row["编码"], "name": row["名称"], "class": CLASSES.get(row.get("类别"))}
                    for row in case["科室"]
                ],
                "costs": [
                    {"department": code, "item": ITEMS[item], "amount": amount}
                    for code, row in case["直接成本"].items()
                    for item, amount in row.items()
                ],
                "steps": steps,
            }
        )
    )


def in_fen(rows: dict[str, dict[str, str]]) -> dict[tuple[str, str], int]:
    return {(code, ITEMS[item]): to_fen(amount) for code, row in rows.items() for item, amount in row.items()}


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_golden_case_comes_out_as_worked_by_hand(path: Path) -> None:
    case = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert case["来源"]
    result = allocate(model_of(case))

    found = [(one.code, one.subject) for one in result.findings]
    assert found == [(one["代码"], one["科室"]) for one in case["结论"]]
    for expected, finding in zip(case["结论"], result.findings, strict=True):
        assert expected.get("含", "") in finding.message

    if case["全成本"] == "不出":
        assert result.blocked
        assert not result.full_costs
        assert not len(result.flows)
        return
    assert dict(result.full_costs) == in_fen(case["全成本"])
    if "流向" in case:
        assert as_document(result)["flows"] == [
            {
                "step": row["步骤"],
                "from": row["从"],
                "to": row["到"],
                "item": ITEMS[row["项目"]],
                "share": row["比例"],
                "amount": row["金额"],
            }
            for row in case["流向"]
        ]


def test_there_are_golden_cases() -> None:
    assert len(CASES) >= 7


def test_explanation_of_a_full_cost_names_driver_share_and_source() -> None:
    path = next(path for path in CASES if path.stem == "c_step")
    model = model_of(yaml.safe_load(path.read_text(encoding="utf-8")))
    words = explain(model, allocate(model), "D", "personnel")
    assert [(line.label, line.value, line.note) for line in words.lines] == [
        ("直接成本", "800,000.00 元", ""),
        ("第 1 步由 院办公室(A) 分入", "60,000.00 元", "动因 30 ÷ 80 = 0.375"),
        ("第 2 步由 消毒供应室(B) 分入", "30,000.00 元", "动因 300 ÷ 1000 = 0.3"),
        ("第 3 步由 检验科(L) 分入", "132,000.00 元", "动因 400000 ÷ 1000000 = 0.4"),
        ("全成本", "1,022,000.00 元", ""),
    ]
