"""What a rule book may say where it is to hold for real cases, beyond its form (`rule_book.py`): whatever it names is there
to be met, and no number turns its own meaning round.

Rule: groups, institutions, flags, ways of leaving and insurances are among those that are known; a list of none and a range
of days without a day fit nobody. A cap of high outliers is at least the standard, the border of low ones at most it, that of
high ones at least it. A factor for stays broken off and for readmissions is at most 1; for others at most `MOST_FACTOR`,
since what is paid more than thrice is a slip of the pen. A source is one of `MARKS`, or words that name a document.

Apart from reading, because a file that stands alone (`price_cases`, a draft that is tried) comes with codes of its own, and
a book that was imported before these rules must stay readable.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from insurance_settlement.engine.json_parts import Part
from insurance_settlement.engine.rule_book import Kind, Pay, RuleBook, When
from insurance_settlement.engine.worth import SELF_PAY, is_ungrouped

MOST_FACTOR = Decimal(3)
CUT = (Kind.INCOMPLETE, Kind.READMISSION)
PAID_WITHOUT_WEIGHT = (Pay.CHARGES, Pay.NOTHING, Pay.DAYS)
MARKS: Mapping[str, str] = {
    "seed": "文件依据",
    "web": "公开网页",
    "recall": "待核对",
    "default": "系统默认",
    "demo": "示例",
}
NO_DOCUMENT = ("default", "demo")
"""Marks by which a file says itself that no document stands behind its numbers."""
NO_DOCUMENT_WORDS = ("系统默认", "仅供演示")
"""What it may say in words to the same end."""
LONGEST_SOURCE = 300
ONE_WORD = re.compile(r"[A-Za-z_]+")


@dataclass(frozen=True, slots=True)
class Known:
    """What there is, by code with its words: groups of the scheme, institutions, flags that are told from facts, ways of
    leaving, insurances."""

    groups: Mapping[str, str]
    institutions: Mapping[str, str]
    flags: Mapping[str, str]
    leaving_types: Mapping[str, str]
    schemes: Mapping[str, str]


def check_rule_book(root: Part, known: Known) -> None:
    """The document of a book that was read. Raises Invalid with path and line (row) for the first thing that cannot be."""
    parts = {name: root.at(name) for name in root.value}
    _source(parts["source"])
    if "coefficients" in parts:
        _institutions(parts["coefficients"], known)
    if "cost_coefficients" in parts:
        _institutions(parts["cost_coefficients"], known)
        for _, groups in parts["cost_coefficients"].items():
            for group, part in groups.items():
                _group(part, group, known)
    if "outliers" in parts:
        _outliers(parts["outliers"])
    if "exceptions" in parts:
        for part in parts["exceptions"].entries():
            _exception(part, known)


def groups_without_worth(book: RuleBook, groups: Iterable[str]) -> list[str]:
    """Groups of the scheme whose cases would have no price: no weight (points), and no exception that takes all of them."""
    taken = frozenset(
        group
        for one in book.exceptions
        if one.pay in PAID_WITHOUT_WEIGHT and one.when == When(groups=one.when.groups)
        for group in one.when.groups or ()
    )
    return sorted(code for code in groups if code not in book.weights and code not in taken and not is_ungrouped(code))


def _source(part: Part) -> None:
    source = part.text().strip()
    if (ONE_WORD.fullmatch(source) and source not in MARKS) or not 2 <= len(source) <= LONGEST_SOURCE:
        marks = "、".join(f"{mark}({words})" for mark, words in MARKS.items())
        words = f"应为 {marks} 之一，或写明文件名称与文号(2 至 {LONGEST_SOURCE} 字)，现为「{source[:40]}」"
        raise part.refuse("wrong_value", words)


def _institutions(part: Part, known: Known) -> None:
    for code, each in part.items():
        if code not in known.institutions:
            raise each.refuse("unknown_institution", f"没有机构 {code}，请核对机构代码", institution=code)


def _group(part: Part, group: str, known: Known) -> None:
    if group not in known.groups and not is_ungrouped(group):
        raise part.refuse("unknown_group", f"方案中没有病组 {group}", group=group)


def _outliers(part: Part) -> None:
    rules = part.value
    if "low" in rules:
        border = part.at("low").at("below")
        if border.decimal() > 1:
            raise border.refuse("out_of_range", f"低倍率界限至多为 1 倍，现为 {border.value}")
    for row in part.at("high").entries() if "high" in rules else ():
        border = row.at("above")
        if border.decimal() < 1:
            raise border.refuse("out_of_range", f"高倍率界限至少为 1 倍，现为 {border.value}")
    if "high_cap" in rules and part.at("high_cap").decimal() < 1:
        words = f"高倍率封顶至少为支付标准的 1 倍，否则高倍率病例少于正常病例，现为 {rules['high_cap']}"
        raise part.at("high_cap").refuse("out_of_range", words)


def _exception(part: Part, known: Known) -> None:
    _when(part.at("when"), known)
    if part.at("pay").text() == Pay.FACTOR:
        cut = Kind(part.at("kind").text()) in CUT
        amount, most = part.at("amount"), Decimal(1) if cut else MOST_FACTOR
        if amount.decimal() > most:
            raise amount.refuse("out_of_range", f"「{part.value['name']}」的系数至多为 {most}，现为 {amount.value}")


def _when(when: Part, known: Known) -> None:
    if "groups" in when.value:
        for group in _some(when.at("groups")):
            _group(when.at("groups"), group, known)
    if "flag" in when.value:
        flag = when.at("flag").text()
        if flag not in known.flags:
            raise when.at("flag").refuse("unknown_flag", _none_such("标志", flag, known.flags), flag=flag)
    if "leaving_types" in when.value:
        for code in _some(when.at("leaving_types")):
            if code not in known.leaving_types:
                words = _none_such("离院方式", code, known.leaving_types)
                raise when.at("leaving_types").refuse("unknown_leaving_type", words, leaving_type=code)
    if "schemes" in when.value:
        for code in _some(when.at("schemes")):
            if code == SELF_PAY:
                raise when.at("schemes").refuse("unknown_scheme", "自费患者不由医保支付，不经过任何例外", scheme=code)
            if code not in known.schemes:
                words = _none_such("险种", code, known.schemes)
                raise when.at("schemes").refuse("unknown_scheme", words, scheme=code)
    over, under = when.value.get("stay_days_over"), when.value.get("stay_days_under")
    if over is not None and under is not None and under - over < 2:
        raise when.refuse("out_of_range", f"没有既超过 {over} 天又不足 {under} 天的住院")


def _some(part: Part) -> tuple[str, ...]:
    codes = part.codes()
    if not codes:
        raise part.refuse("missing_part", "列表为空，没有病例符合；不作限制时请删去这一项")
    return codes


def _none_such(noun: str, code: str, known: Mapping[str, str]) -> str:
    choices = "、".join(f"{one}({words})" for one, words in known.items())
    return f"没有{noun}「{code[:40]}」，可用 {choices}"
