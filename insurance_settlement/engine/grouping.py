"""Grouping one case by a scheme: MDC → ADRG → DRG.

Source: the algorithm of drg/SCHEME.md.

1. `translate`: every code is replaced by its map_to, once, by position. A diagnosis without one → ZD_NOT_MAPPING; then
   a procedure without one → SS_NOT_MAPPING.
2. Check: gender 1 or 2; age present; at age 0 the age in days present, and the weight present up to day 28 (0 counts as
   present). Else CHECK_FAILED. Unknown codes are no error.
3. In evaluation order the first MDC and ADRG whose conditions all hold, and in it the first DRG whose severity holds.
   Severity: a secondary diagnosis (position 2 on) counts as MCC or CC unless its table is the principal diagnosis's
   exclusion table. Where QY is enabled, any operation that reached `before_adrg_index` gives xQY.
4. Nothing: FAIL.

CHECK_FAILED, FAIL and *_NOT_MAPPING give 0000. Nothing is rounded; there is no money here. The order of the secondary
diagnoses does not matter. `group` gives the answer, `explain` the same answer with the reasons for it: what the record
says and how the scheme reads it, never what another record would have brought.
"""

from dataclasses import replace

from insurance_settlement.engine.case import (
    CHECK_FAILED,
    FAIL,
    FEMALE,
    MALE,
    SS_NOT_MAPPING,
    ZD_NOT_MAPPING,
    Case,
    Grouping,
    ungrouped,
)
from insurance_settlement.engine.lookup import NONE, Lookup
from insurance_settlement.engine.reasons import (
    case_words,
    check_words,
    complication_words,
    end_words,
    fail_words,
    start_words,
    translation_words,
    untranslated_words,
)
from insurance_settlement.engine.scheme import Scheme

NEWBORN_DAYS = 28

_new = tuple.__new__
_FAIL = ungrouped(FAIL)
_CHECK_FAILED = ungrouped(CHECK_FAILED)
_ZD_NOT_MAPPING = ungrouped(ZD_NOT_MAPPING)
_SS_NOT_MAPPING = ungrouped(SS_NOT_MAPPING)


def group(scheme: Scheme, case: Case) -> Grouping:
    """The group of a case, without reasons. Never raises."""
    if case.translate:
        translated = _translate(scheme, case)
        if isinstance(translated, Grouping):
            return translated
        case = translated
    gender = case.gender
    age = case.age
    if (gender != 1 and gender != 2) or age is None or (age == 0 and not _newborn_complete(case)):  # noqa: PLR1714
        return _CHECK_FAILED
    lookup = scheme.lookup
    diagnoses = case.diagnoses
    procedures = case.procedures
    # Lookup.route_key, written out: a call costs as much as the rest of the line
    key = (
        (lookup.dx_class.get(diagnoses[0], 1) if diagnoses else 0) * len(lookup.proc_masks)
        + (lookup.proc_class.get(procedures[0], 1) if procedures else 0)
    ) * 2 + (gender == 2)
    route = lookup.routes.get(key)
    if route is None:
        route = lookup.new_route(key)
    leaf = route.sure
    if leaf is None:
        for tests, candidate, _ in route.steps:
            for test in tests:
                if not test(case):
                    break
            else:
                leaf = candidate.leaf
                break
        else:
            return _FAIL
    if not leaf.divided:
        return leaf.by_level[0]
    secondary = diagnoses[1:]
    if lookup.complications.isdisjoint(secondary):
        return leaf.by_level[0]
    return leaf.by_level[_level(lookup, diagnoses[0], secondary)]


def explain(scheme: Scheme, case: Case) -> Grouping:  # noqa: PLR0912, PLR0915 - written out for speed
    """The group of a case with the reasons for it. Same answer as `group`; never raises."""
    before: tuple[str, ...] = ()
    if case.translate:
        translated = _translate(scheme, case)
        if isinstance(translated, Grouping):
            return translated._replace(reasons=untranslated_words(scheme, case))
        before = translation_words(scheme, case, translated)
        case = translated
    gender = case.gender
    age = case.age
    if (gender != MALE and gender != FEMALE) or age is None or (age == 0 and not _newborn_complete(case)):  # noqa: PLR1714
        return _CHECK_FAILED._replace(reasons=before + check_words(case))
    lookup = scheme.lookup
    diagnoses = case.diagnoses
    procedures = case.procedures
    key = (
        (lookup.dx_class.get(diagnoses[0], 1) if diagnoses else 0) * len(lookup.proc_masks)
        + (lookup.proc_class.get(procedures[0], 1) if procedures else 0)
    ) * 2 + (gender == FEMALE)
    route = lookup.routes.get(key)
    if route is None:
        route = lookup.new_route(key)
    for tests, candidate, rivals in route.steps:  # noqa: B007 - used after the break
        for test in tests:
            if not test(case):
                break
        else:
            break
    else:
        return _FAIL._replace(reasons=before + fail_words(lookup, route, case))
    leaf = candidate.leaf
    start = (key, candidate.number, diagnoses[0] if diagnoses else "", procedures[0] if procedures else "")
    words = lookup.starts.get(start)
    if words is None:
        words = start_words(lookup, route, candidate, case)
        lookup.keep_start(start, words, route)
    if rivals or candidate.conditions:
        words += case_words(lookup, rivals, candidate, case)
    if before:
        words = before + words
    level = NONE
    found: list[str] = []
    if leaf.divided and len(diagnoses) > 1:
        told = lookup.told
        excluded = lookup.exclusions.get(diagnoses[0])
        for code in diagnoses[1:]:
            entry = told.get(code)
            if entry is None:
                if code not in lookup.complications:
                    continue
                entry = told[code] = complication_words(lookup, code)
            if entry[0] == excluded:
                sentence = entry[3]
            else:
                sentence = entry[2]
                level |= entry[1]
            if sentence not in found:
                found.append(sentence)
    end = leaf.ends.get(level)
    if end is None:
        end = leaf.ends[level] = (*leaf.by_level[level].answer, (end_words(scheme, leaf, level),))
    mdc, adrg, drg, status, last = end
    # what Grouping(...) does, without its detour through a Python function
    return _new(Grouping, (mdc, adrg, drg, status, (*words, *found, *last) if found else words + last))


def _newborn_complete(case: Case) -> bool:
    return case.age_days is not None and (case.age_days > NEWBORN_DAYS or case.weight is not None)


def _level(lookup: Lookup, principal: str, secondary: tuple[str, ...]) -> int:
    """Bits of CC and MCC among the secondary diagnoses that the principal one does not exclude."""
    complication = lookup.complication
    excluded = lookup.exclusions.get(principal)
    level = NONE
    for code in secondary:
        entry = complication.get(code)
        if entry is not None and entry[0] != excluded:
            level |= entry[1]
    return level


def _translate(scheme: Scheme, case: Case) -> Case | Grouping:
    dx = scheme.names.dx.translations
    proc = scheme.names.proc.translations
    diagnoses = tuple(dx.get(code, "") for code in case.diagnoses)
    if "" in diagnoses:
        return _ZD_NOT_MAPPING
    procedures = tuple(proc.get(code, "") for code in case.procedures)
    if "" in procedures:
        return _SS_NOT_MAPPING
    return replace(case, diagnoses=diagnoses, procedures=procedures, translate=False)
