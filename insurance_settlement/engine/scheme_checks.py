"""What is odd in a scheme although it can be used: entries that no case can ever reach.

Rule: an entry is unreachable when something before it in evaluation order takes every case that it would take, or when
its own conditions contradict each other. What is found here is reported on import and changes no grouping. Grouping a
file does not ask for it.

Found: DRGs after one that always holds (or after `mcc_or_cc` for `mcc`); ADRGs whose conditions cannot hold together
with those of their MDC; ADRGs, MDCs and ambiguity groups after an ADRG that takes everything they would take; ADRGs in
no MDC; codes in both MCC and CC (MCC goes before); principal diagnoses of table 999, which excludes nothing by
definition; codes that the code tables do not know.
"""

from collections.abc import Iterable, Iterator

from insurance_settlement.engine.codes import CodeTable
from insurance_settlement.engine.conditions import (
    AnyDxIn,
    BothProcsIn,
    CodeCondition,
    Condition,
    MainProcValid,
    NoValidProc,
    SexIs,
    Stage,
)
from insurance_settlement.engine.scheme import NEVER_EXCLUDED, Adrg, Level, Mdc, Scheme
from ops_platform.kernel import Finding, Severity

CODE = "insurance_settlement.scheme_"
SHOWN = 5


def findings(scheme: Scheme) -> tuple[Finding, ...]:
    """Everything odd, in the order of the scheme."""
    return (
        *_unused(scheme),
        *(finding for mdc in scheme.mdcs for finding in _of_mdc(mdc)),
        *_mdc_order(scheme),
        *_tables(scheme),
        *_unknown_codes(scheme),
    )


def _found(what: str, message: str, subject: str) -> Finding:
    return Finding(CODE + what, Severity.WARNING, message, subject)


def _unused(scheme: Scheme) -> Iterator[Finding]:
    for code in scheme.unused_adrgs:
        yield _found("unreachable", f"ADRG {code} 没有列在任何 MDC 中，不会有病例归入。请列入其 MDC 或删去。", code)


def _of_mdc(mdc: Mdc) -> Iterator[Finding]:
    for index, adrg in enumerate(mdc.adrgs):
        yield from _drgs(adrg)
        conditions = (*mdc.conditions, *adrg.conditions)
        fault = _contradiction(conditions)
        if fault:
            yield _found("unreachable", f"ADRG {adrg.code} 的条件不可能同时成立：{fault}。请核对其条件。", adrg.code)
            continue
        before = next((one for one in mdc.adrgs[:index] if _covers(one.conditions, conditions)), None)
        if before is not None:
            message = f"ADRG {adrg.code} 的病例都先归入排在其前的 {before.code}。请核对两者的顺序或条件。"
            yield _found("unreachable", message, adrg.code)
    if mdc.qy_enabled:
        taker = next((one for one in mdc.adrgs[: mdc.qy_before] if _covers(one.conditions, mdc.conditions)), None)
        if taker is not None:
            subject = f"{mdc.letter}QY"
            yield _found("unreachable", f"歧义组 {subject} 的病例都先归入 {taker.code}。请核对 QY 的位置。", subject)


def _drgs(adrg: Adrg) -> Iterator[Finding]:
    reached = {Level.MCC: 1, Level.MCC_OR_CC: 2, Level.ANY: 3}
    widest = 0
    taker = ""
    for drg in adrg.drgs:
        if reached[drg.level] <= widest:
            message = f"DRG {drg.code} 的病例都先归入排在其前的 {taker}。请核对两者的顺序或严重程度。"
            yield _found("unreachable", message, drg.code)
        else:
            widest, taker = reached[drg.level], drg.code


def _mdc_order(scheme: Scheme) -> Iterator[Finding]:
    taken: list[tuple[Mdc, tuple[Condition, ...]]] = []
    for mdc in scheme.mdcs:
        before = next((one for one, conditions in taken if _covers(conditions, mdc.conditions)), None)
        if before is not None:
            message = f"MDC {mdc.letter} 的病例都先归入排在其前的 MDC {before.letter}。请核对两者的顺序或条件。"
            yield _found("unreachable", message, mdc.letter)
        if any(_covers(adrg.conditions, mdc.conditions) for adrg in mdc.adrgs):
            taken.append((mdc, mdc.conditions))


def _contradiction(conditions: tuple[Condition, ...]) -> str:
    """Why the conditions cannot all hold; empty when they can."""
    for stage, what in ((Stage.PRINCIPAL, "主要诊断"), (Stage.MAIN_PROCEDURE, "主要手术")):
        lists = [one.codes for one in conditions if isinstance(one, CodeCondition) and one.stage is stage]
        if lists and not frozenset.intersection(*lists):
            return f"没有符合各项要求的{what}"
    if any(not one.codes for one in conditions if isinstance(one, AnyDxIn)):
        return "诊断列表为空"
    if any(not one.first or not one.second for one in conditions if isinstance(one, BothProcsIn)):
        return "手术列表为空"
    if len({one.value for one in conditions if isinstance(one, SexIs)}) > 1:
        return "要求两种性别"
    kinds = {type(one) for one in conditions}
    if MainProcValid in kinds and NoValidProc in kinds:
        return "既要求有效手术又要求没有有效手术"
    return ""


def _covers(earlier: tuple[Condition, ...], later: tuple[Condition, ...]) -> bool:
    """Whether `earlier` certainly hold wherever `later` hold."""
    return all(_implied(one, later) for one in earlier)


def _implied(wanted: Condition, given: tuple[Condition, ...]) -> bool:
    return wanted in given or any(_narrower(one, wanted) for one in given)


def _narrower(one: Condition, wanted: Condition) -> bool:
    """Both look at codes, and whatever meets the one meets the other."""
    if isinstance(wanted, CodeCondition):
        return isinstance(one, CodeCondition) and one.stage is wanted.stage and one.codes <= wanted.codes
    if isinstance(wanted, AnyDxIn):
        dx = isinstance(one, AnyDxIn) or (isinstance(one, CodeCondition) and one.stage is Stage.PRINCIPAL)
        return dx and one.codes <= wanted.codes  # type: ignore[attr-defined]
    return False


def _tables(scheme: Scheme) -> Iterator[Finding]:
    for code in sorted(scheme.mcc.keys() & scheme.cc.keys()):
        yield _found("mcc_and_cc", f"编码 {code} 既在 MCC 又在 CC 中，按 MCC 计。请在 CC 中删去。", code)
    for code in sorted(code for code, table in scheme.exclusions.items() if table == NEVER_EXCLUDED):
        message = f"主要诊断 {code} 列在排除表 {NEVER_EXCLUDED} 中，按约定该表不排除任何诊断。请核对表号。"
        yield _found("never_excluded", message, code)


def _unknown_codes(scheme: Scheme) -> Iterator[Finding]:
    dx = {*scheme.mcc, *scheme.cc, *scheme.exclusions, *_listed(scheme, Stage.PRINCIPAL)}
    proc = {*scheme.valid_procedures, *_listed(scheme, Stage.MAIN_PROCEDURE)}
    for what, codes, table in (("诊断", dx, scheme.names.dx), ("手术", proc, scheme.names.proc)):
        yield from _unknown(what, codes, table)


def _unknown(what: str, codes: Iterable[str], table: CodeTable) -> Iterator[Finding]:
    unknown = sorted(code for code in codes if code not in table.known) if table.known else []
    if unknown:
        shown = "、".join(unknown[:SHOWN]) + ("等" if len(unknown) > SHOWN else "")
        message = f"方案中有 {len(unknown)} 个{what}编码不在编码表中：{shown}。请补充编码表或核对编码版本。"
        yield _found("unknown_codes", message, shown)


def _listed(scheme: Scheme, stage: Stage) -> Iterator[str]:
    for mdc in scheme.mdcs:
        for conditions in (mdc.conditions, *(adrg.conditions for adrg in mdc.adrgs)):
            for one in conditions:
                if isinstance(one, CodeCondition) and one.stage is stage:
                    yield from one.codes
