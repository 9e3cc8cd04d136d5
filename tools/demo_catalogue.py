"""Builds the demo's DIP catalogue and its points from the case mix of the HIS simulator. Run: python -m tools.demo_catalogue

Of our own making, like the demo scheme: diseases of the case mix by category and operation, comprehensive diseases for all
that is left, points that are system defaults and never official. Whoever changes tools/his_simulator/case_mix.json runs this
again and commits the result.
"""

import json
import sys
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from tools.demo_scheme import CASE_MIX, REFERENCE

NAME = "示例DIP病种目录 1"
SOURCE = "本项目自行编制的示例，仅供演示，不是任何地区的官方目录"
POINTS_NOTE = "系统默认值，仅供演示，不是任何地区的官方分值或点值"
POINT_VALUE = Decimal("7.20")
LEVEL = Decimal("0.66")  # what a township hospital charges of what the case mix says for the county's
CATEGORY = 5  # K80.1: the category with the first place after the point
VENTILATION = "96"
CHAPTERS: tuple[tuple[str, list[str]], ...] = (
    ("消化系统", ["K"]),
    ("循环系统", ["I"]),
    ("呼吸系统", ["J"]),
    ("肌肉骨骼和损伤", ["M", "S"]),
    ("妊娠分娩", ["O"]),
    ("新生儿", ["P"]),
    ("肿瘤", ["C", "D"]),
    ("其他", []),
)
KINDS = {
    "conservative": ("保守治疗", "600"),
    "diagnostic": ("诊断性操作", "700"),
    "therapeutic": ("治疗性操作", "1100"),
    "operation": ("手术", "1500"),
}
ADJUSTMENTS = [
    {"name": "高龄(80岁及以上)", "factor": "1.05", "age_from": 80},
    {"name": "儿童(6岁及以下)", "factor": "1.05", "age_to": 6},
    {"name": "严重合并症", "factor": "1.20", "any_diagnosis": ["J96", "N17", "I50.9", "A41"]},
]


def _mean_weight(group: dict[str, Any]) -> Decimal:
    """Over the severities, as often as they are drawn."""
    weight = {level: Decimal(value) for level, value in group["relative_weight"].items()}
    severe, moderate = Decimal(str(group["mcc_probability"])), Decimal(str(group["cc_probability"]))
    return severe * weight["mcc"] + moderate * weight["cc"] + (1 - severe - moderate) * weight["none"]


def _rounded(number: Decimal, places: str) -> str:
    return str(number.quantize(Decimal(places), ROUND_HALF_UP))


def _diseases(group: dict[str, Any]) -> list[dict[str, Any]]:
    """Each category of a group's diagnoses with each of its operations, or conservative; operations as many as diagnoses
    belong together."""
    operations = group["proc"]
    paired = operations and len(operations) == len(group["dx"])
    found = []
    for place, diagnosis in enumerate(group["dx"]):
        category = diagnosis[:CATEGORY]
        for operation in [operations[place]] if paired else operations:
            name = f"{group['name']}({operation[:CATEGORY]})" if len(operations) > 1 else group["name"]
            code = f"{category}-{operation[:CATEGORY]}"
            found.append({"code": code, "name": name, "diagnosis": category, "procedures": [operation]})
        if not operations:
            found.append({"code": f"{category}-B", "name": f"{group['name']}，保守治疗", "diagnosis": category})
    return found


def _comprehensive() -> list[dict[str, Any]]:
    found = []
    for number, (title, chapters) in enumerate(CHAPTERS, start=1):
        for kind, (words, _points) in KINDS.items():
            row: dict[str, Any] = {
                "code": f"ZH{number:02}-{kind[0].upper()}",
                "name": f"{title}，{words}",
                "kind": kind,
            }
            found.append(row | ({"diagnoses": chapters} if chapters else {}))
    return found


def documents(mix: list[dict[str, Any]]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The catalogue and its price book."""
    cores: dict[tuple[str, tuple[str, ...]], dict[str, Any]] = {}
    points: dict[str, str] = {}
    means: dict[str, str] = {}
    codes: set[str] = set()
    for group in mix:
        weight = _mean_weight(group)
        charges = Decimal(str(group["mean_charge_none"])) * weight / Decimal(group["relative_weight"]["none"])
        for disease in _diseases(group):
            key = disease["diagnosis"], tuple(disease.get("procedures", ()))
            if key in cores:
                continue
            if disease["code"] in codes:  # two operations whose codes begin alike
                disease["code"] += f".{len(codes)}"
            cores[key] = disease
            codes.add(disease["code"])
            points[disease["code"]] = _rounded(weight * 1000, "1")
            means[disease["code"]] = _rounded(charges * LEVEL, "0.01")
    wide = _comprehensive()
    for row in wide:
        points[row["code"]] = KINDS[row["kind"]][1]
        means[row["code"]] = _rounded(Decimal(KINDS[row["kind"]][1]) * POINT_VALUE * LEVEL, "0.01")
    operations = sorted({code for group in mix for code in group["proc"]})
    kinds = {code: "therapeutic" if code.startswith(VENTILATION) else "operation" for code in operations}
    catalogue = {
        "catalogue": NAME,
        "source": "系统默认，仅供演示",
        "note": SOURCE,
        "main_procedure_first": False,
        "combine": "product",
        "core": sorted(cores.values(), key=lambda row: str(row["code"])),
        "comprehensive": wide,
        "procedure_kinds": kinds,
        "adjustments": ADJUSTMENTS,
    }
    book = {
        "scheme": NAME,
        "source": "系统默认，仅供演示",
        "note": POINTS_NOTE,
        "method": "points",
        "points": dict(sorted(points.items())),
        "point_value": {"budget": str(POINT_VALUE)},
        "default_coefficient": str(LEVEL),
        "mean_charges": dict(sorted(means.items())),
        "outliers": {
            "measured_by": "mean_charges",
            "low": {"below": "0.5", "pay": "ratio"},
            "high": [{"above": "2", "share": "1"}],
        },
        "exceptions": [
            {"name": "住院超过60天", "kind": "excluded", "when": {"stay_days_over": 60}, "pay": "charges"},
            {"name": "未入组", "kind": "fee_for_service", "when": {"ungrouped": True}, "pay": "charges"},
            {"name": "住院过程不完整", "kind": "incomplete", "when": {"flag": "incomplete"}, "pay": "ratio"},
            {
                "name": "十日内同组再入院",
                "kind": "readmission",
                "when": {"flag": "readmitted"},
                "pay": "factor",
                "amount": "0.5",
            },
        ],
        "fund": {"method": "B", "negative": "keep", "reimbursement_ratio": "0.75"},
    }
    return catalogue, book


def files(mix: list[dict[str, Any]]) -> dict[str, str]:
    """The reference files by name."""
    catalogue, book = documents(mix)
    return {"demo_catalogue.json": _json(catalogue), "demo_points.json": _json(book)}


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


def main() -> int:
    """Write the reference files."""
    mix = json.loads(CASE_MIX.read_text(encoding="utf-8"))
    for name, text in files(mix).items():
        (REFERENCE / name).write_text(text, encoding="utf-8")
    print(f"{len(documents(mix)[0]['core'])} core diseases written to {REFERENCE}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
