"""Rule books of two kinds of areas as data, over the worked examples of domain.md."""

import json
from typing import Any

from insurance_settlement.engine.rule_book import RuleBook, read_rule_book

# 费率法: domain.md 2.3, 2.4 (defaults 0.4 and 3), fund by method A
RATE: dict[str, Any] = {
    "scheme": "示例", "source": "default",
    "weights": {"ES35": "1.5", "LIGHT": "0.9", "HEAVY": "2.5"}, "base_rate": "12000",
    "coefficients": {"H001": "1.05"}, "default_coefficient": "1.05",
    "outliers": {"measured_by": "standard", "low": {"below": "0.4", "pay": "charges"},
                 "high": [{"above": "3", "share": "1"}]},
    "fund": {"method": "A", "negative": "keep", "reimbursement_ratio": "0.85", "deductible": "800"},
}  # fmt: skip

# 金华市按病组点数法: domain.md 2.3; points told to two places as the example does
JINHUA: dict[str, Any] = {
    "method": "points", "scheme": "示例", "source": "default",
    "points": {"G": "150"}, "point_places": 2, "point_value": {"budget": "100"},
    "default_coefficient": "1",
    "cost_coefficients": {"H001": {"G": "1.0555555556"}},
    "mean_charges": {"G": "18000"},
    "exceptions": [
        {"name": "住院过程不完整", "kind": "incomplete", "when": {"flag": "incomplete"}, "pay": "ratio"},
        {"name": "十日内同组再入院", "kind": "readmission", "when": {"flag": "readmitted"},
         "pay": "factor", "amount": "0.5"},
        {"name": "床日", "kind": "per_diem", "when": {"groups": ["BED"]}, "pay": "days", "amount": "3.2"},
    ],
}  # fmt: skip

# 广州市 DIP 费用偏差病例: domain.md 2.6
GUANGZHOU: dict[str, Any] = {
    "method": "points", "scheme": "示例DIP", "source": "default",
    "points": {"D": "1500"}, "point_value": {"budget": "10.40", "settlement": "10.00"},
    "default_coefficient": "1",
    "mean_charges": {"D": "18000"},
    "outliers": {"measured_by": "mean_charges", "low": {"below": "0.5", "pay": "ratio"},
                 "high": [{"above": "2", "share": "1"}]},
}  # fmt: skip


def book(document: dict[str, Any], **changed: Any) -> RuleBook:
    """The book of a document, some of its parts changed."""
    return read_rule_book(json.dumps(document | changed, ensure_ascii=False).encode(), "2026-01")
