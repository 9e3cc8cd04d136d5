"""Why a case is not in a group that somebody else (the insurer's grouper) put it into, in words.

Rule: the group's own way is walked down: MDC, ADRG, severity (of a disease: diagnosis, procedures, kind), and the first
step that this record does not meet is told with what it lacks; where it meets them all, which group came before it in the
order of evaluation. The sentences state what the record says and how the scheme reads it, for a group that is given. They
never look for a group that is not, so that they cannot be used to find a better paid one.

At nothing: the case's own group needs no words. A group that the scheme does not know is told as such: the two sides may
group by different versions.
"""

from collections.abc import Iterable

from insurance_settlement.engine import dip
from insurance_settlement.engine.case import CHECK_FAILED, Case
from insurance_settlement.engine.conditions import Condition
from insurance_settlement.engine.grouping import explain
from insurance_settlement.engine.lookup import CC, MCC, NONE
from insurance_settlement.engine.reasons import LEVEL_WORDS
from insurance_settlement.engine.scheme import Adrg, Drg, Level, Mdc, Scheme

UNGROUPED = ("", "0000")
TAKES = {
    Level.MCC: (MCC,),
    Level.MCC_OR_CC: (CC, MCC),
    Level.ANY: (NONE, CC, MCC),
}


def why_not_group(scheme: Scheme, case: Case, wanted: str) -> tuple[str, ...]:
    """Which step on the way to the DRG `wanted` the case does not meet; empty for its own group. Never raises."""
    found = explain(scheme, case)
    if wanted == found.drg:
        return ()
    if wanted in UNGROUPED:
        return ("对方未入组；本方案中各步条件成立，见入组路径。",)
    if found.status == CHECK_FAILED:
        return found.reasons
    place = _place(scheme, wanted)
    if place is None:
        return (f"方案「{scheme.name}」中没有病组 {wanted}，两边的分组方案或版本可能不同，请核对版本。",)
    mdc, adrg, drg = place
    unmet = _unmet(scheme, case, mdc.conditions)
    if unmet:
        return (f"{wanted} 属于 MDC{mdc.letter}：{'；'.join(unmet)}，不进入 MDC{mdc.letter}。",)
    if adrg is None or drg is None:
        return _not_ambiguous(scheme, case, mdc, found.drg)
    unmet = _unmet(scheme, case, adrg.conditions)
    if unmet:
        return (f"{wanted} 属于 ADRG {adrg.code}：{'；'.join(unmet)}，不符合 ADRG {adrg.code}。",)
    if found.adrg == adrg.code:
        return (
            f"两边同在 ADRG {adrg.code}，细分不同：{wanted} 收{_taken(adrg, drg)} 的病例，{_level(found.reasons)}。",
        )
    where = f"MDC{mdc.letter}" if found.mdc == f"MDC{mdc.letter}" else f"先判断的 {found.mdc}"
    return (f"ADRG {adrg.code} 的条件本例也符合，但按顺序 {where} 中的 {found.adrg} 在前，先行归入 {found.drg}。",)


def _place(scheme: Scheme, wanted: str) -> tuple[Mdc, Adrg | None, Drg | None] | None:
    """Where the scheme has a DRG or an ambiguity group."""
    for mdc in scheme.mdcs:
        if mdc.qy_enabled and wanted == f"{mdc.letter}QY":
            return mdc, None, None
        for adrg in mdc.adrgs:
            for drg in adrg.drgs:
                if drg.code == wanted:
                    return mdc, adrg, drg
    return None


def _unmet(scheme: Scheme, case: Case, conditions: Iterable[Condition]) -> list[str]:
    return [one.why_not(case, scheme.names) for one in conditions if not one.holds(case)]


def _not_ambiguous(scheme: Scheme, case: Case, mdc: Mdc, ours: str) -> tuple[str, ...]:
    if scheme.valid_procedures.isdisjoint(case.procedures):
        return (f"歧义组 {mdc.letter}QY 只收有有效手术的病例，本例没有有效手术。",)
    return (f"本例的手术符合 MDC{mdc.letter} 中 {ours} 的条件，不归入歧义组 {mdc.letter}QY。",)


def _taken(adrg: Adrg, wanted: Drg) -> str:
    """Which severities come into a DRG: those that no earlier one of its ADRG takes."""
    before = adrg.drgs[: adrg.drgs.index(wanted)]
    left = [level for level in TAKES[wanted.level] if not any(level in TAKES[one.level] for one in before)]
    return "或".join(LEVEL_WORDS[level] for level in left)


def _level(reasons: tuple[str, ...]) -> str:
    """What of the secondary diagnoses was counted, as the case's own path says it."""
    counted = [one.rstrip("。") for one in reasons if one.startswith("其他诊断 ")]
    told = next((words for words in LEVEL_WORDS.values() if any(words in one for one in reasons)), "本组不细分")
    return "；".join([f"本例{told}", *counted])


def why_not_disease(catalogue: dip.Catalogue, case: Case, wanted: str) -> tuple[str, ...]:
    """The same for a disease of a DIP catalogue."""
    found = dip.match(catalogue, case)
    if wanted == found.disease:
        return ()
    if wanted in UNGROUPED:
        return ("对方未入组；本目录中有相符的病种，见入组路径。",)
    if not case.diagnoses:
        return found.reasons
    core = next((one for one in catalogue.cores if one.code == wanted), None)
    if core is not None:
        unmet = _unmet_of_core(catalogue, case, core)
    else:
        wide = next((one for one in catalogue.comprehensives if one.code == wanted), None)
        if wide is None:
            return (f"目录「{catalogue.name}」中没有病种 {wanted}，两边的目录或版本可能不同，请核对版本。",)
        unmet = _unmet_of_comprehensive(catalogue, case, wide)
    if unmet:
        return (f"病种 {wanted} 不符：{'；'.join(unmet)}。",)
    return (f"病种 {wanted} 本例也符合，但按优先顺序 {found.disease} 在前(核心病种先于综合病种，操作多的在前)。",)


def _unmet_of_core(catalogue: dip.Catalogue, case: Case, core: dip.Core) -> list[str]:
    main = case.diagnoses[0]
    unmet = []
    if not main.startswith(core.diagnosis):
        unmet.append(f"主要诊断 {catalogue.dx_codes.label(main)} 不在目录诊断 {core.diagnosis} 内")
    missing = [code for code in core.procedures if not any(done.startswith(code) for done in case.procedures)]
    if missing:
        unmet.append(f"没有操作 {'、'.join(catalogue.proc_codes.label(code) for code in missing)}")
    elif core.procedures and catalogue.main_procedure_first and not case.procedures[0].startswith(core.procedures[0]):
        unmet.append(f"主要操作应为 {catalogue.proc_codes.label(core.procedures[0])}")
    if not core.procedures:
        unmet += _other_kind(catalogue, case, dip.ProcedureKind.CONSERVATIVE)
    return unmet


def _unmet_of_comprehensive(catalogue: dip.Catalogue, case: Case, wide: dip.Comprehensive) -> list[str]:
    main = case.diagnoses[0]
    unmet = []
    if not main.startswith(wide.diagnoses):
        listed = "、".join(wide.diagnoses)
        unmet.append(f"主要诊断 {catalogue.dx_codes.label(main)} 不在诊断范围 {listed} 内")
    return unmet + _other_kind(catalogue, case, wide.kind)


def _other_kind(catalogue: dip.Catalogue, case: Case, wanted: dip.ProcedureKind) -> list[str]:
    kind = dip.kind_of(catalogue, case.procedures)
    if kind is wanted:
        return []
    return [f"该病种收{dip.KIND_WORDS[wanted]}，本例操作的类别为{dip.KIND_WORDS[kind]}"]
