"""Which disease of a DIP catalogue (按病种分值付费病种目录) a discharge is, and by what its score is adjusted.

Source: domain.md 2.6; a catalogue is a city's, and is data (`dip_catalogue.py`). Its rules of precedence:

1. **Core disease with procedures** (核心病种, 手术组): its diagnosis is the main diagnosis, all its procedures were done.
   More procedures win over fewer, then the longer diagnosis code, then the code in order.
2. **Core disease, conservative** (核心病种, 保守治疗组): none of the case's procedures counts (`procedure_kinds`), and the
   diagnosis is listed without procedures. The longer code wins.
3. **Comprehensive disease** (综合病种): the diagnosis lies in its range, and it is for the kind of procedure that ranks
   highest among the case's: operation, therapeutic, diagnostic, conservative. The narrower range wins.
4. Otherwise 0000.

A code of the catalogue stands for all codes that begin with it (a category for its subcategories); codes are exact strings.
Where `main_procedure_first` is set, the first procedure of a core disease must be the case's first. The order of the other
procedures and of secondary diagnoses does not matter.

**Auxiliary lists** (辅助目录: age, severity, comorbidity): each adjustment that fits gives a factor of the score; `combine`
says whether they multiply, the highest holds, or the first. Without any the factor is 1.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from math import prod

from insurance_settlement.engine.case import CHECK_FAILED, FAIL, SUCCESS, Case
from insurance_settlement.engine.codes import EMPTY, CodeTable

UNGROUPED = "0000"


class ProcedureKind(StrEnum):
    """How far a procedure reaches, from least to most; what a catalogue does not list does not count (conservative)."""

    CONSERVATIVE = "conservative"
    DIAGNOSTIC = "diagnostic"
    THERAPEUTIC = "therapeutic"
    OPERATION = "operation"


RANKS = {kind: rank for rank, kind in enumerate(ProcedureKind)}
KIND_WORDS = {
    ProcedureKind.CONSERVATIVE: "保守治疗",
    ProcedureKind.DIAGNOSTIC: "诊断性操作",
    ProcedureKind.THERAPEUTIC: "治疗性操作",
    ProcedureKind.OPERATION: "手术",
}


class Combine(StrEnum):
    """What several adjustments that fit make together."""

    PRODUCT = "product"
    HIGHEST = "highest"
    FIRST = "first"


@dataclass(frozen=True, slots=True)
class Core:
    """A core disease: its diagnosis, and all procedures that must be there, the main one first; none: conservative."""

    code: str
    name: str
    diagnosis: str
    procedures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Comprehensive:
    """A comprehensive disease: any of these ranges of diagnoses ("" for all), and the kind of procedure."""

    code: str
    name: str
    diagnoses: tuple[str, ...]
    kind: ProcedureKind


@dataclass(frozen=True, slots=True)
class Adjustment:
    """A line of an auxiliary list: whom it is for (all conditions that are given must hold), and its factor. `any_diagnosis`
    is looked for among secondary diagnoses; `diseases` are codes of the catalogue."""

    name: str
    factor: Decimal
    age_from: int | None = None
    age_to: int | None = None
    any_diagnosis: tuple[str, ...] | None = None
    secondary_at_least: int | None = None
    diseases: frozenset[str] | None = None


@dataclass(frozen=True)
class Catalogue:
    """A city's catalogue as data. `procedure_kinds` by code: which procedures count, and how far they reach."""

    name: str
    source: str
    cores: tuple[Core, ...]
    comprehensives: tuple[Comprehensive, ...] = ()
    procedure_kinds: Mapping[str, ProcedureKind] = field(default_factory=dict)
    adjustments: tuple[Adjustment, ...] = ()
    combine: Combine = Combine.PRODUCT
    main_procedure_first: bool = False
    dx_codes: CodeTable = EMPTY
    proc_codes: CodeTable = EMPTY

    @cached_property
    def titles(self) -> Mapping[str, str]:
        """Names of all diseases by code."""
        listed: tuple[Core | Comprehensive, ...] = (*self.cores, *self.comprehensives)
        return {one.code: one.name for one in listed}

    @cached_property
    def by_diagnosis(self) -> Mapping[str, tuple[Core, ...]]:
        """Core diseases by their diagnosis."""
        found: dict[str, list[Core]] = {}
        for core in self.cores:
            found.setdefault(core.diagnosis, []).append(core)
        return {code: tuple(cores) for code, cores in found.items()}

    @cached_property
    def ranges(self) -> Mapping[tuple[str, ProcedureKind], Comprehensive]:
        """Comprehensive diseases by range and kind; the first of a catalogue that lists one twice."""
        found: dict[tuple[str, ProcedureKind], Comprehensive] = {}
        for one in self.comprehensives:
            for begin in one.diagnoses:
                found.setdefault((begin, one.kind), one)
        return found

    @cached_property
    def needed(self) -> frozenset[str]:
        """Procedures that some core disease asks for."""
        return frozenset(code for core in self.cores for code in core.procedures)


@dataclass(frozen=True, slots=True)
class Match:
    """The disease of a case (0000: none), its factor with the adjustments that made it, and why, in words."""

    disease: str
    name: str
    status: str
    core: bool
    factor: Decimal
    adjustments: tuple[str, ...]
    reasons: tuple[str, ...]


def match(catalogue: Catalogue, case: Case) -> Match:
    """The disease of a case. Never raises."""
    if not case.diagnoses:
        return _ungrouped(CHECK_FAILED, ("没有主要诊断，不能匹配病种。",))
    main = case.diagnoses[0]
    if not catalogue.dx_codes.knows(main):
        return _ungrouped(CHECK_FAILED, (f"主要诊断 {main} 不在诊断编码表中，不能匹配病种。",))
    told = [f"主要诊断 {catalogue.dx_codes.label(main)}。"]
    done = [frozenset(_begins(code, catalogue.needed)) for code in case.procedures]
    operated = _operated(catalogue, main, done)
    if operated is not None:
        codes = "、".join(catalogue.proc_codes.label(code) for code in operated.procedures)
        told.append(f"核心病种：目录诊断 {operated.diagnosis}，操作 {codes} 全部具备。")
        return _found(catalogue, case, operated, told)
    kind = kind_of(catalogue, case.procedures)
    if kind is ProcedureKind.CONSERVATIVE:
        told.append("没有目录中计入的操作。")
        kept = next((core for core in _listed(catalogue, main) if not core.procedures), None)
        if kept is not None:
            told.append(f"核心病种：目录诊断 {kept.diagnosis}，保守治疗。")
            return _found(catalogue, case, kept, told)
    else:
        told.append(f"操作的类别为{KIND_WORDS[kind]}，没有同时具备其诊断和操作的核心病种。")
    wide = next((found for begin in _prefixes(main) if (found := catalogue.ranges.get((begin, kind)))), None)
    if wide is None:
        return _ungrouped(FAIL, (*told, f"没有含该诊断的综合病种({KIND_WORDS[kind]})，未入组。"))
    told.append(f"综合病种：{KIND_WORDS[kind]}，诊断范围 {'、'.join(one or '全部' for one in wide.diagnoses)}。")
    return _found(catalogue, case, wide, told)


def _ungrouped(status: str, reasons: tuple[str, ...]) -> Match:
    return Match(UNGROUPED, "", status, core=False, factor=Decimal(1), adjustments=(), reasons=reasons)


def _prefixes(code: str) -> Iterable[str]:
    """The code and all its beginnings, the longest first, down to nothing."""
    return (code[:length] for length in range(len(code), -1, -1))


def _begins(code: str, known: frozenset[str]) -> Iterable[str]:
    return (begin for begin in _prefixes(code) if begin in known)


def _listed(catalogue: Catalogue, diagnosis: str) -> Iterable[Core]:
    """Core diseases of the diagnosis, those of longer codes first."""
    for begin in _prefixes(diagnosis):
        yield from catalogue.by_diagnosis.get(begin, ())


def _operated(catalogue: Catalogue, main: str, done: list[frozenset[str]]) -> Core | None:
    """The core disease with procedures that comes first."""
    if not done:
        return None
    all_done = frozenset().union(*done)
    able = [
        core
        for core in _listed(catalogue, main)
        if core.procedures
        and all_done.issuperset(core.procedures)
        and (core.procedures[0] in done[0] or not catalogue.main_procedure_first)
    ]
    return min(able, key=lambda core: (-len(core.procedures), -len(core.diagnosis), core.code), default=None)


def kind_of(catalogue: Catalogue, procedures: tuple[str, ...]) -> ProcedureKind:
    """How far the procedures of a case reach; of a code its longest beginning that is listed says it."""
    kinds = catalogue.procedure_kinds
    found = (
        next((kinds[begin] for begin in _prefixes(code) if begin in kinds), ProcedureKind.CONSERVATIVE)
        for code in procedures
    )
    return max(found, key=RANKS.__getitem__, default=ProcedureKind.CONSERVATIVE)


def _found(catalogue: Catalogue, case: Case, disease: Core | Comprehensive, told: list[str]) -> Match:
    fitting = [one for one in catalogue.adjustments if _fits(one, case, disease.code)]
    factor, used = _together(catalogue.combine, fitting)
    reasons = [*told, f"病种 {disease.code} {disease.name}。"]
    if used:
        reasons.append("辅助目录：" + "，".join(f"{one.name} × {one.factor}" for one in used) + f"，系数 {factor}。")
    return Match(
        disease.code,
        disease.name,
        SUCCESS,
        isinstance(disease, Core),
        factor,
        tuple(one.name for one in used),
        tuple(reasons),
    )


def _fits(one: Adjustment, case: Case, disease: str) -> bool:
    secondary = case.diagnoses[1:]
    return all(
        (
            one.diseases is None or disease in one.diseases,
            one.age_from is None or (case.age is not None and case.age >= one.age_from),
            one.age_to is None or (case.age is not None and case.age <= one.age_to),
            one.secondary_at_least is None or len(secondary) >= one.secondary_at_least,
            one.any_diagnosis is None or any(code.startswith(one.any_diagnosis) for code in secondary),
        )
    )


def _together(combine: Combine, fitting: list[Adjustment]) -> tuple[Decimal, list[Adjustment]]:
    if not fitting:
        return Decimal(1), []
    if combine is Combine.FIRST:
        return fitting[0].factor, fitting[:1]
    if combine is Combine.HIGHEST:
        highest = max(fitting, key=lambda one: one.factor)
        return highest.factor, [highest]
    return prod((one.factor for one in fitting), start=Decimal(1)), fitting
