"""A grouping scheme: from the document to a frozen value that is ready to group.

Source: drg/SCHEME.md (CHS-DRG and the variants of cities in the same form). A scheme says, in evaluation order: MDC →
ADRG → DRG, each with conditions that must all hold; which procedures count as an operation; which codes are MCC and CC,
in which exclusion table; and whether an MDC has an ambiguity group (QY).

What is refused (codes `insurance_settlement.scheme_*`, with path and line): anything missing, of the wrong type or not
known by name; an ADRG that is named but not defined or belongs to another MDC; a DRG code used twice; a code in two
tables of one list; an ADRG that does not end with severity `any`. What is only odd (unreachable entries) is accepted
and reported by scheme_checks.findings. MCC goes before CC for a code that stands in both.

`before_adrg_index` equal to the number of ADRGs means: after the last one.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from insurance_settlement.engine.codes import EMPTY, CodeTable
from insurance_settlement.engine.conditions import Condition, Context, Names, parse_condition
from insurance_settlement.engine.json_parts import Part, Source, read_document
from insurance_settlement.engine.lookup import Lookup

FORMAT = 1
PREFIX = "insurance_settlement.scheme"
NEVER_EXCLUDED = "999"


class Level(StrEnum):
    """Severity of a DRG: what the secondary diagnoses must bring."""

    MCC = "mcc"
    MCC_OR_CC = "mcc_or_cc"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class Drg:
    """The last step: a code, its severity, its name."""

    code: str
    level: Level
    name: str


@dataclass(frozen=True, slots=True)
class Adrg:
    """A core group: conditions, and its DRGs in evaluation order."""

    code: str
    mdc: str
    conditions: tuple[Condition, ...]
    drgs: tuple[Drg, ...]


@dataclass(frozen=True, slots=True)
class Mdc:
    """A main diagnostic category: conditions, and its ADRGs in evaluation order."""

    letter: str
    conditions: tuple[Condition, ...]
    adrgs: tuple[Adrg, ...]
    qy_enabled: bool
    qy_before: int


@dataclass(frozen=True, slots=True)
class Scheme:
    """A whole scheme, ready to group. `digest` is the SHA-256 of the bytes it was read from."""

    name: str
    source: str
    digest: str
    mdcs: tuple[Mdc, ...]
    unused_adrgs: tuple[str, ...]
    mcc: Mapping[str, str]
    cc: Mapping[str, str]
    exclusions: Mapping[str, str]
    valid_procedures: frozenset[str]
    names: Names
    drg_names: Mapping[str, str]
    lookup: Lookup = field(repr=False, compare=False, hash=False)


def read_scheme(
    content: bytes, dx_codes: CodeTable = EMPTY, proc_codes: CodeTable = EMPTY, what: str = "分组方案"
) -> Scheme:
    """From the bytes of a scheme file. Raises Invalid with path and line."""
    root = read_document(content, PREFIX, what)
    return parse_scheme(root.value, hashlib.sha256(content).hexdigest(), dx_codes, proc_codes, root.source)


def parse_scheme(
    document: Any,
    digest: str,
    dx_codes: CodeTable = EMPTY,
    proc_codes: CodeTable = EMPTY,
    source: Source = Source("", PREFIX, "分组方案"),  # noqa: B008 - a frozen value
) -> Scheme:
    """From the parsed document. Raises Invalid with the path (and the line, when the source has the text)."""
    root = Part(document, source)
    parts = root.fields(
        ("format", "scheme", "mdcs", "adrgs", "mcc", "cc", "main_dx_exclusion", "valid_procedures"), ("source",)
    )
    if parts["format"].value != FORMAT or type(parts["format"].value) is not int:
        raise parts["format"].refuse("unknown_format", f"格式版本应为 {FORMAT}，现为 {parts['format'].value!s:.40}")
    valid = frozenset(parts["valid_procedures"].codes())
    context = Context(valid)
    adrgs = _adrgs(parts["adrgs"], context)
    mdcs, unused = _mdcs(parts["mdcs"], adrgs, context)
    mcc, cc, exclusions = (_table(parts[name]) for name in ("mcc", "cc", "main_dx_exclusion"))
    names = Names(dx_codes, proc_codes)
    return Scheme(
        name=parts["scheme"].text(),
        source=parts["source"].text() if "source" in parts else "",
        digest=digest,
        mdcs=mdcs,
        unused_adrgs=unused,
        mcc=mcc,
        cc=cc,
        exclusions=exclusions,
        valid_procedures=valid,
        names=names,
        drg_names=MappingProxyType({drg.code: drg.name for adrg in adrgs.values() for drg in adrg.drgs}),
        lookup=Lookup.build(mdcs, mcc, cc, exclusions, context, names),
    )


def _adrgs(part: Part, context: Context) -> dict[str, Adrg]:
    found: dict[str, Adrg] = {}
    drg_owner: dict[str, str] = {}
    for code, entry in part.items():
        fields = entry.fields(("mdc", "conditions", "drgs"))
        conditions = tuple(parse_condition(one, context) for one in fields["conditions"].entries())
        drgs = []
        for one in fields["drgs"].entries():
            drg = _drg(one)
            if drg.code in drg_owner:
                raise one.at("drg").refuse(
                    "duplicate", f"DRG {drg.code} 已在 ADRG {drg_owner[drg.code]} 中定义", drg=drg.code
                )
            drg_owner[drg.code] = code
            drgs.append(drg)
        if not any(drg.level is Level.ANY for drg in drgs):
            raise fields["drgs"].refuse(
                "no_final_drg", f"ADRG {code} 没有严重程度为 any 的 DRG，会有病例无组可归", adrg=code
            )
        found[code] = Adrg(code, fields["mdc"].text(), conditions, tuple(drgs))
    return found


def _drg(part: Part) -> Drg:
    fields = part.fields(("drg", "severity", "name"))
    severity = fields["severity"].text()
    if severity not in tuple(Level):
        known = "、".join(Level)
        raise fields["severity"].refuse(
            "unknown_severity", f"不认识的严重程度「{severity}」，本版本支持 {known}", severity=severity
        )
    return Drg(fields["drg"].text(), Level(severity), fields["name"].text())


def _mdcs(part: Part, adrgs: dict[str, Adrg], context: Context) -> tuple[tuple[Mdc, ...], tuple[str, ...]]:
    found: list[Mdc] = []
    letters: set[str] = set()
    used: set[str] = set()
    for entry in part.entries():
        fields = entry.fields(("mdc", "conditions", "adrgs", "qy"))
        letter = fields["mdc"].text()
        if letter in letters:
            raise fields["mdc"].refuse("duplicate", f"MDC {letter} 重复", mdc=letter)
        letters.add(letter)
        members = []
        for index, code in enumerate(fields["adrgs"].codes()):
            place = fields["adrgs"].at(index)
            if code not in adrgs:
                raise place.refuse("unknown_adrg", f"ADRG {code} 没有定义", adrg=code)
            if code in used:
                raise place.refuse("duplicate", f"ADRG {code} 重复列出", adrg=code)
            if adrgs[code].mdc != letter:
                raise place.refuse(
                    "other_mdc", f"ADRG {code} 定义为属于 MDC {adrgs[code].mdc}，不能列在 MDC {letter} 中", adrg=code
                )
            used.add(code)
            members.append(adrgs[code])
        conditions = tuple(parse_condition(one, context) for one in fields["conditions"].entries())
        qy = fields["qy"].fields(("enabled", "before_adrg_index"))
        before = qy["before_adrg_index"].integer(0, len(members))
        found.append(Mdc(letter, conditions, tuple(members), qy["enabled"].flag(), before))
    if not found:
        raise part.refuse("missing_part", "至少要有一个 MDC", part="mdcs")
    return tuple(found), tuple(code for code in adrgs if code not in used)


def _table(part: Part) -> Mapping[str, str]:
    """Code → number of its exclusion table."""
    found: dict[str, str] = {}
    for number, entry in part.items():
        codes = entry.codes()
        for index, code in enumerate(codes):
            if found.get(code, number) != number:
                raise entry.at(index).refuse(
                    "code_in_two_tables", f"编码 {code} 已在排除表 {found[code]} 中，不能再列入表 {number}", dx=code
                )
            found[code] = number
    return MappingProxyType(found)
