"""Builds the demo scheme of the project from the case mix of the HIS simulator. Run: python -m tools.demo_scheme

The demo scheme is of our own making: a few dozen groups in the form of a CHS-DRG scheme, with weights that are system
defaults and never official. Whoever changes tools/his_simulator/case_mix.json runs this again and commits the result.
"""

import csv
import io
import json
import sys
from pathlib import Path
from typing import Any

from tools.his_simulator.case_mix import CHRONIC_DIAGNOSES

ROOT = Path(__file__).resolve().parent.parent
CASE_MIX = ROOT / "tools" / "his_simulator" / "case_mix.json"
REFERENCE = ROOT / "insurance_settlement" / "reference"

NAME = "示例分组方案 1"
SOURCE = "本项目自行编制的示例，仅供演示，不是任何地区的官方方案"
WEIGHTS_NOTE = "系统默认值，仅供演示，不是任何地区的官方权重或费率"
BASE_RATE = "7200.00"
OUTLIERS = {
    "measured_by": "standard",
    "low": {"below": "0.4", "pay": "charges"},
    "high": [
        {"weight_up_to": "1", "above": "3", "share": "1"},
        {"weight_up_to": "2", "above": "2.5", "share": "1"},
        {"above": "2", "share": "1"},
    ],
}
MDC_ORDER = "APYZMNBCDEFGHIJKLOQRSTUVWX"
SEX_OF_MDC = {"M": 1, "N": 2, "O": 2}
NEWBORN_MDC = "P"
PRE_MDC = "A"

# exclusion table → the complications it holds, and the principal diagnoses that already say as much
EXCLUSIONS = {
    "1": (("J96.000",), ("J96.000",)),
    "2": (("I50.900",), ("I50.000",)),
    "3": (("N17.900", "N18.900"), ("N18.500",)),
    "4": (("I69.300",), ("I69.300", "I63.900", "I61.900x002")),
    "5": (("J98.414",), ("J18.900", "J18.000", "J15.900")),
}
NEVER_EXCLUDED = "999"

DX_NAMES = {
    "A09.900x003": "急性肠炎",
    "A41.900": "脓毒症",
    "C18.900": "结肠恶性肿瘤",
    "C34.900x001": "肺恶性肿瘤",
    "D25.900": "子宫平滑肌瘤",
    "D62.x00": "急性出血后贫血",
    "E04.902": "结节性甲状腺肿",
    "E11.900": "2型糖尿病",
    "E78.500": "高脂血症",
    "E87.600": "低钾血症",
    "E87.800": "电解质紊乱",
    "G40.900": "癫痫",
    "G45.900": "短暂性脑缺血发作",
    "H25.900": "老年性白内障",
    "H81.100": "良性阵发性眩晕",
    "H91.200": "突发性聋",
    "I10.x00x002": "高血压",
    "I20.000": "不稳定型心绞痛",
    "I21.900": "急性心肌梗死",
    "I25.103": "冠状动脉粥样硬化性心脏病",
    "I26.900": "肺栓塞",
    "I48.000": "阵发性心房颤动",
    "I49.900": "心律失常",
    "I50.000": "充血性心力衰竭",
    "I50.900": "心力衰竭",
    "I61.900x002": "脑出血",
    "I63.900": "脑梗死",
    "I69.300": "脑梗死后遗症",
    "J06.900": "急性上呼吸道感染",
    "J15.900": "细菌性肺炎",
    "J18.000": "支气管肺炎",
    "J18.900": "肺炎",
    "J20.900": "急性支气管炎",
    "J35.000": "慢性扁桃体炎",
    "J40.x00": "支气管炎",
    "J44.000": "慢性阻塞性肺病伴急性下呼吸道感染",
    "J44.100": "慢性阻塞性肺病伴急性加重",
    "J45.900": "哮喘",
    "J90.x00": "胸腔积液",
    "J96.000": "急性呼吸衰竭",
    "J98.414": "肺部感染",
    "K29.500": "慢性胃炎",
    "K35.800x001": "急性阑尾炎",
    "K37.x00": "阑尾炎",
    "K40.901": "腹股沟斜疝",
    "K56.700": "肠梗阻",
    "K63.500": "结肠息肉",
    "K64.900": "痔",
    "K70.300": "酒精性肝硬化",
    "K74.600": "肝硬化",
    "K76.000": "脂肪肝",
    "K80.000x002": "胆囊结石伴急性胆囊炎",
    "K80.100x001": "胆囊结石伴胆囊炎",
    "K85.900": "急性胰腺炎",
    "K92.208": "上消化道出血",
    "M17.900": "膝关节病",
    "M51.202": "腰椎间盘突出",
    "M54.500": "下背痛",
    "N17.900": "急性肾衰竭",
    "N18.500": "慢性肾脏病5期",
    "N18.900": "慢性肾脏病",
    "N20.000": "肾结石",
    "N20.100": "输尿管结石",
    "N39.000": "泌尿道感染",
    "N40.x00": "前列腺增生",
    "O00.100": "输卵管妊娠",
    "O34.201": "妊娠合并子宫瘢痕",
    "O80.000": "头位顺产",
    "O82.000": "择期剖宫产",
    "P59.901": "新生儿高胆红素血症",
    "R57.900": "休克",
    "S06.000": "脑震荡",
    "S06.400": "硬膜外出血",
    "S06.500": "创伤性硬膜下出血",
    "S32.000x002": "腰椎压缩性骨折",
    "S72.000": "股骨颈骨折",
    "S72.101": "股骨粗隆间骨折",
    "S82.800x081": "踝关节骨折",
    "T60.001": "有机磷中毒",
    "Z51.102": "手术后恶性肿瘤化学治疗",
    "Z51.103": "恶性肿瘤维持性化学治疗",
}
PROC_NAMES = {
    "01.3101": "脑膜切开伴蛛网膜下腔血肿引流术",
    "06.2x00": "单侧甲状腺叶切除术",
    "13.4100x001": "白内障超声乳化抽吸术",
    "17.1200x001": "腹腔镜下腹股沟斜疝修补术",
    "28.2x00x002": "扁桃体切除术",
    "36.0700": "药物洗脱冠状动脉支架置入",
    "45.4200x003": "结肠镜下结肠息肉切除术",
    "45.7100x001": "大肠多节段切除术",
    "47.0100": "腹腔镜下阑尾切除术",
    "47.0901": "阑尾切除术",
    "49.4600": "痔切除术",
    "51.2300": "腹腔镜下胆囊切除术",
    "53.0001": "单侧腹股沟疝修补术",
    "56.0x00x003": "输尿管镜输尿管取石术",
    "60.2900x004": "经尿道前列腺等离子电切术",
    "66.6201": "输卵管切除术伴输卵管妊娠去除",
    "68.4100": "腹腔镜经腹全子宫切除术",
    "74.1x01": "剖宫产术",
    "79.1500x006": "股骨骨折闭合复位髓内针内固定术",
    "79.3600x009": "踝关节骨折切开复位内固定术",
    "81.5100": "全髋关节置换",
    "81.5400": "全膝关节置换",
    "81.6500": "经皮椎体成形术",
    "96.7201": "呼吸机治疗(大于等于96小时)",
}

SEVERITIES = {
    "mcc": ("1", "mcc", ",伴严重并发症或合并症"),
    "cc": ("3", "mcc_or_cc", ",伴并发症或合并症"),
    "none": ("5", "any", ",不伴并发症或合并症"),
    "only": ("9", "any", ""),
}


def levels(group: dict[str, Any]) -> tuple[str, ...]:
    """Which severities a group of the case mix is divided into."""
    named = tuple(name for name in ("mcc", "cc") if group[name])
    return (*named, "none") if named else ("only",)


def drg_code(group: dict[str, Any], level: str) -> str:
    """The DRG of a group at a severity (mcc, cc, none, only)."""
    return str(group["group"]) + SEVERITIES[level][0]


def scheme(mix: list[dict[str, Any]]) -> dict[str, Any]:
    """The document, in the form of drg/SCHEME.md."""
    return {
        "format": 1,
        "scheme": NAME,
        "source": SOURCE,
        "mdcs": [_mdc(letter, mix) for letter in MDC_ORDER if any(one["group"][0] == letter for one in mix)],
        "adrgs": {one["group"]: _adrg(one) for one in _ordered(mix)},
        **_complications(mix),
        "valid_procedures": _codes(mix, "proc"),
    }


def _ordered(mix: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Groups with a procedure before those without, then by code: as a scheme lists them inside an MDC."""
    return sorted(mix, key=lambda one: (MDC_ORDER.index(one["group"][0]), not one["proc"], one["group"]))


def _mdc(letter: str, mix: list[dict[str, Any]]) -> dict[str, Any]:
    groups = [one for one in _ordered(mix) if one["group"][0] == letter]
    surgical = sum(1 for one in groups if one["proc"])
    conditions: list[dict[str, Any]]
    conditions = (
        [{"type": "main_proc_valid"}] if letter == PRE_MDC else [{"type": "main_dx_in", "dx": _codes(groups, "dx")}]
    )
    if letter == NEWBORN_MDC:
        conditions.append({"type": "age_years_eq", "value": 0})
    if letter in SEX_OF_MDC:
        conditions.append({"type": "gender_eq", "value": SEX_OF_MDC[letter]})
    return {
        "mdc": letter,
        "conditions": conditions,
        "adrgs": [one["group"] for one in groups],
        "qy": {"enabled": letter != PRE_MDC, "before_adrg_index": surgical},
    }


def _adrg(group: dict[str, Any]) -> dict[str, Any]:
    if group["proc"]:
        conditions = [{"type": "main_proc_in", "proc": sorted(group["proc"])}]
    else:
        conditions = [{"type": "main_dx_in", "dx": sorted(group["dx"])}]
    drgs = [
        {"drg": drg_code(group, level), "severity": SEVERITIES[level][1], "name": group["name"] + SEVERITIES[level][2]}
        for level in levels(group)
    ]
    return {"mdc": group["group"][0], "conditions": conditions, "drgs": drgs}


def _codes(groups: list[dict[str, Any]], kind: str) -> list[str]:
    return sorted({code for one in groups for code in one[kind]})


def _complications(mix: list[dict[str, Any]]) -> dict[str, Any]:
    table_of = {code: number for number, (codes, _) in EXCLUSIONS.items() for code in codes}
    found: dict[str, dict[str, list[str]]] = {"mcc": {}, "cc": {}}
    mcc = set(_codes(mix, "mcc"))
    for kind, codes in (("mcc", sorted(mcc)), ("cc", [code for code in _codes(mix, "cc") if code not in mcc])):
        for code in codes:
            found[kind].setdefault(table_of.get(code, NEVER_EXCLUDED), []).append(code)
    principal = set(_codes(mix, "dx"))
    exclusion = {
        number: [code for code in principals if code in principal] for number, (_, principals) in EXCLUSIONS.items()
    }
    return {**found, "main_dx_exclusion": {number: codes for number, codes in exclusion.items() if codes}}


def weights(mix: list[dict[str, Any]]) -> dict[str, Any]:
    """The rule book of the demo: weights of the case mix, one base rate, coefficient 1, usual outliers, the fund by A."""
    return {
        "scheme": NAME,
        "source": "系统默认，仅供演示",
        "note": WEIGHTS_NOTE,
        "weights": {
            drg_code(one, level): one["relative_weight"]["none" if level == "only" else level]
            for one in _ordered(mix)
            for level in levels(one)
        },
        "base_rate": BASE_RATE,
        "default_coefficient": "1.00",
        "outliers": OUTLIERS,
        "fund": {"method": "A", "negative": "zero", "reimbursement_ratio": "0.70", "deductible": "600.00"},
    }


def code_table(codes: list[str], names: dict[str, str]) -> str:
    """A code table of only these codes; every code stands for itself in translation."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("code", "name", "map_to"))
    writer.writerows((code, names.get(code, ""), code) for code in codes)
    return out.getvalue()


def files(mix: list[dict[str, Any]]) -> dict[str, str]:
    """The reference files by name."""
    dx = sorted({*CHRONIC_DIAGNOSES, *(code for kind in ("dx", "cc", "mcc") for code in _codes(mix, kind))})
    return {
        "demo_scheme.json": _json(scheme(mix)),
        "demo_weights.json": _json(weights(mix)),
        "dx_codes.csv": code_table(dx, DX_NAMES),
        "proc_codes.csv": code_table(_codes(mix, "proc"), PROC_NAMES),
    }


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


def main() -> int:
    """Write the reference files; name the codes that still want a name."""
    mix = json.loads(CASE_MIX.read_text(encoding="utf-8"))
    REFERENCE.mkdir(parents=True, exist_ok=True)
    for name, text in files(mix).items():
        (REFERENCE / name).write_text(text, encoding="utf-8")
    used = {code for kind in ("dx", "cc", "mcc", "proc") for code in _codes(mix, kind)}
    nameless = sorted(used - DX_NAMES.keys() - PROC_NAMES.keys())
    print(f"{len(mix)} groups written to {REFERENCE}" + (f"; codes without a name: {nameless}" if nameless else ""))
    return 0


if __name__ == "__main__":
    sys.exit(main())
