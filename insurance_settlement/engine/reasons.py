"""The path of a grouping in words, for the doctor, the coder and the insurance office.

Rule: one sentence per decision on the path that the case took: translation, MDCs that were passed over although the
case touched them, the MDC, the ADRG, each complication that was counted or excluded, the DRG. The sentences state what
the record says and how the scheme reads it. They never say what a different record would have brought, so that they
cannot be used to look for a better paid code.
"""

from typing import TYPE_CHECKING

from insurance_settlement.engine.case import FEMALE, MALE, Case
from insurance_settlement.engine.conditions import CodeCondition, Stage
from insurance_settlement.engine.lookup import CC, MCC, NONE, Candidate, Leaf, Lookup, Route

if TYPE_CHECKING:
    from insurance_settlement.engine.scheme import Scheme

LEVEL_WORDS = {NONE: "没有计入的 MCC 或 CC", CC: "计入的最高级别为 CC", MCC: "计入的最高级别为 MCC"}
LEVEL_WORDS[CC | MCC] = LEVEL_WORDS[MCC]


def untranslated_words(scheme: "Scheme", case: Case) -> tuple[str, ...]:
    """Which codes have no translation."""
    names = scheme.names
    dx = [code for code in case.diagnoses if code not in names.dx.translations]
    if dx:
        listed = "、".join(names.dx.label(code) or "空编码" for code in dx)
        return (f"诊断 {listed} 在诊断编码对照表中没有对应编码，不能分组。请核对编码版本或补充对照表。",)
    proc = [code for code in case.procedures if code not in names.proc.translations]
    listed = "、".join(names.proc.label(code) or "空编码" for code in proc)
    return (f"手术 {listed} 在手术编码对照表中没有对应编码，不能分组。请核对编码版本或补充对照表。",)


def translation_words(scheme: "Scheme", case: Case, translated: Case) -> tuple[str, ...]:
    """Which codes were replaced."""
    names = scheme.names
    changed = [
        f"{old} → {names.dx.label(new)}"
        for old, new in zip(case.diagnoses, translated.diagnoses, strict=True)
        if old != new
    ] + [
        f"{old} → {names.proc.label(new)}"
        for old, new in zip(case.procedures, translated.procedures, strict=True)
        if old != new
    ]
    return (f"编码先按对照表转换：{'、'.join(changed)}。",) if changed else ()


def check_words(case: Case) -> tuple[str, ...]:
    """What the record lacks."""
    faults = []
    if case.gender not in (MALE, FEMALE):
        faults.append("性别为空" if case.gender is None else f"性别值 {case.gender} 不是 1(男)或 2(女)")
    if case.age is None:
        faults.append("年龄为空")
    elif case.age == 0 and case.age_days is None:
        faults.append("不满 1 岁而日龄为空")
    elif case.age == 0 and case.weight is None:
        faults.append("日龄不超过 28 天而体重为空")
    return (f"基本信息检查未通过：{';'.join(faults)}。请核对病案首页。",)


def fail_words(lookup: Lookup, route: Route, case: Case) -> tuple[str, ...]:
    """Why nothing matched."""
    prelude = _prelude(lookup, route, case, len(lookup.gates))
    if not case.diagnoses:
        return (*prelude, "没有主要诊断，不能入组。请核对病案首页。")
    label = lookup.names.dx.label(case.diagnoses[0])
    entered = any(gate.dx_bits and gate.dx_bits & route.dx_mask == gate.dx_bits for gate in lookup.gates)
    if entered:
        return (
            *prelude,
            f"主要诊断 {label} 所在的 MDC 中没有条件成立的 ADRG，未入组。请按病历核对诊断、手术操作是否完整及其编码。",
        )
    return (*prelude, f"主要诊断 {label} 不在任何 MDC 的主要诊断范围内，未入组。请核对主要诊断的选择与编码。")


def start_words(lookup: Lookup, route: Route, chosen: Candidate, case: Case) -> tuple[str, ...]:
    """The path down to the ADRG (or the ambiguity group)."""
    leaf = chosen.leaf
    words = _prelude(lookup, route, case, leaf.mdc_index)
    principal = case.diagnoses[0] if case.diagnoses and not leaf.any_principal else ""
    words = (*words, _dx_words(lookup, leaf, principal))
    if chosen.proc_bits:
        words = (*words, _proc_words(lookup, leaf, case.procedures[0]))
    return words


def _has(leaf: Leaf, stage: Stage, owner: str) -> bool:
    conditions = leaf.mdc.conditions if owner == "mdc" else leaf.adrg.conditions if leaf.adrg else ()
    return any(isinstance(one, CodeCondition) and one.stage is stage for one in conditions)


def _dx_words(lookup: Lookup, leaf: Leaf, principal: str) -> str:
    """The MDC, and the ADRG as far as the principal diagnosis decides it."""
    letter = f"MDC{leaf.mdc.letter}"
    label = lookup.names.dx.label(principal)
    if not _has(leaf, Stage.PRINCIPAL, "mdc"):
        words = f"先期判断：满足 {letter} 的条件，不论主要诊断，进入 {letter}"
    else:
        words = f"主要诊断 {label} 属于 {letter}"
    if leaf.adrg is not None and _has(leaf, Stage.PRINCIPAL, "adrg"):
        words += f"，并在 ADRG {leaf.adrg.code} 的主要诊断范围内"
    return words + "。"


def _proc_words(lookup: Lookup, leaf: Leaf, main: str) -> str:
    """The ADRG as far as the main procedure decides it."""
    label = lookup.names.proc.label(main)
    if leaf.adrg is None:
        return f"主要手术 {label} 是有效手术。"
    if any(one.type == "main_proc_in" for one in leaf.adrg.conditions):
        return f"主要手术 {label} 在 ADRG {leaf.adrg.code} 的手术范围内。"
    return f"主要手术 {label} 是有效手术。"


def case_words(lookup: Lookup, rivals: tuple[Candidate, ...], chosen: Candidate, case: Case) -> tuple[str, ...]:
    """Conditions asked of this case: those of `rivals` (earlier ADRGs of the MDC) that just missed, then those held."""
    words = []
    for rival in rivals:
        missing = next(one for one in rival.conditions if not one.holds(case))
        if missing.near(case):
            words.append(f"{_leaf_name(rival.leaf)} 不符：{missing.why_not(case, lookup.names)}。")
    for condition in chosen.conditions:
        owner = f"MDC{chosen.leaf.mdc.letter}" if condition in chosen.leaf.mdc.conditions else _leaf_name(chosen.leaf)
        words.append(f"{condition.why(case, lookup.names)}，符合 {owner}。")
    return tuple(words)


def _leaf_name(leaf: Leaf) -> str:
    return f"ADRG {leaf.adrg.code}" if leaf.adrg is not None else f"歧义组 {leaf.mdc.letter}QY 的条件"


def end_words(scheme: "Scheme", leaf: Leaf, level: int) -> str:
    """How the DRG follows."""
    answer = leaf.by_level[level]
    if leaf.adrg is None:
        return (
            f"该手术不符合 MDC{leaf.mdc.letter} 各手术 ADRG 的条件，归入歧义组 {answer.drg}。"
            "请核对主要诊断与主要手术是否对应。"
        )
    passed = f"按顺序排在其前的 {leaf.rank} 个 ADRG 不符，" if leaf.rank else ""
    name = scheme.drg_names[answer.drg]
    if not leaf.divided:
        return f"{passed}ADRG {leaf.adrg.code} 不按并发症或合并症细分，归入 {answer.drg}({name})。"
    return f"{passed}ADRG {leaf.adrg.code} 按其他诊断细分：{LEVEL_WORDS[level]}，归入 {answer.drg}({name})。"


def complication_words(lookup: Lookup, code: str) -> tuple[str, int, str, str]:
    """Table, level, and the sentences of a secondary diagnosis in the MCC or CC list: counted, and excluded."""
    table, level = lookup.complication[code]
    kind = "MCC" if level == MCC else "CC"
    label = lookup.names.dx.label(code)
    return (
        table,
        level,
        f"其他诊断 {label} 计为 {kind}。",
        f"其他诊断 {label} 在 {kind} 表中，但与主要诊断同属排除表 {table}，不计入。",
    )


def _prelude(lookup: Lookup, route: Route, case: Case, upto: int) -> tuple[str, ...]:
    """MDCs before `upto` that the case touched and that did not take it."""
    words = []
    for gate in lookup.gates[:upto]:
        if gate.dx_bits & route.dx_mask != gate.dx_bits or gate.proc_bits & route.proc_mask != gate.proc_bits:
            continue
        letter = f"MDC{gate.mdc.letter}"
        touched = f"主要诊断在 {letter} 范围内" if gate.dx_bits else f"{letter} 的条件"
        if case.gender not in gate.sexes:
            wanted = "男性" if gate.sexes == (MALE,) else "女性" if gate.sexes == (FEMALE,) else "另一性别"
            words.append(f"{letter} 只收{wanted}，不进入。")
            continue
        if gate.conditions:
            missing = next((one for one in gate.conditions if not one.holds(case)), None)
            if missing is not None:
                words.append(f"{touched}，但{missing.why_not(case, lookup.names)}，不进入 {letter}。")
                continue
        if gate.dx_bits:
            words.append(f"{touched}，但其中没有条件成立的 ADRG，继续判断后面的 MDC。")
        else:
            words.append(
                f"主要手术不在先期判断的 {letter} 范围内。" if gate.proc_bits else f"{letter} 中没有相符的 ADRG。"
            )
    return tuple(words)
