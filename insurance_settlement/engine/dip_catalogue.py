"""Reading a city's DIP catalogue (docs/algorithms/dip.md): every part by the type it must have, whatever else is refused by
name and line."""

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from insurance_settlement.engine.codes import EMPTY, CodeTable
from insurance_settlement.engine.dip import (
    UNGROUPED,
    Adjustment,
    Catalogue,
    Combine,
    Comprehensive,
    Core,
    ProcedureKind,
)
from insurance_settlement.engine.json_parts import Part, read_document

PREFIX = "insurance_settlement.catalogue"
CONDITIONS = ("age_from", "age_to", "any_diagnosis", "secondary_at_least", "diseases")
MOST_AGE = 130  # the gate takes nobody who is older
MOST_SECONDARY = 40  # the front page holds one main and forty other diagnoses


def is_catalogue(content: bytes) -> bool:
    """Whether a file means to be a catalogue and not a grouping scheme; what is no JSON is neither."""
    try:
        root = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return False
    return isinstance(root, dict) and "catalogue" in root


def read_catalogue(
    content: bytes, dx_codes: CodeTable = EMPTY, proc_codes: CodeTable = EMPTY, what: str = "病种目录"
) -> Catalogue:
    """From the bytes of a catalogue file. Raises Invalid with path and line."""
    return catalogue_of(read_document(content, PREFIX, what), dx_codes, proc_codes)


def catalogue_of(root: Part, dx_codes: CodeTable = EMPTY, proc_codes: CodeTable = EMPTY) -> Catalogue:
    """From a document, whatever it was read from. Raises Invalid with the place."""
    parts = root.fields(
        ("catalogue", "source", "core"),
        ("comprehensive", "procedure_kinds", "adjustments", "combine", "main_procedure_first", "format", "note"),
    )
    cores = tuple(_core(part) for part in parts["core"].entries())
    wide = tuple(_comprehensive(part) for part in parts["comprehensive"].entries()) if "comprehensive" in parts else ()
    _once(parts, cores, wide)
    given: dict[str, Any] = {}
    if "procedure_kinds" in parts:
        given["procedure_kinds"] = _kinds(parts["procedure_kinds"])
    if "adjustments" in parts:
        known = frozenset([*(core.code for core in cores), *(one.code for one in wide)])
        given["adjustments"] = tuple(_adjustment(part, known) for part in parts["adjustments"].entries())
    if "combine" in parts:
        given["combine"] = Combine(_word(parts["combine"], Combine))
    if "main_procedure_first" in parts:
        given["main_procedure_first"] = parts["main_procedure_first"].flag()
    return Catalogue(
        name=parts["catalogue"].text(),
        source=parts["source"].text(),
        cores=cores,
        comprehensives=wide,
        dx_codes=dx_codes,
        proc_codes=proc_codes,
        **given,
    )


def _core(part: Part) -> Core:
    fields = part.fields(("code", "name", "diagnosis"), ("procedures",))
    procedures = fields["procedures"].codes() if "procedures" in fields else ()
    if len(set(procedures)) != len(procedures):
        raise fields["procedures"].refuse("duplicate", "同一操作写了两次")
    return Core(_code(fields["code"]), fields["name"].text(), fields["diagnosis"].text(), procedures)


def _comprehensive(part: Part) -> Comprehensive:
    fields = part.fields(("code", "name", "kind"), ("diagnoses",))
    kind = ProcedureKind(_word(fields["kind"], ProcedureKind))
    diagnoses = fields["diagnoses"].codes() if "diagnoses" in fields else ("",)
    if not diagnoses:
        raise fields["diagnoses"].refuse("missing_part", "没有写明诊断范围；适用于全部诊断时请删去 diagnoses")
    return Comprehensive(_code(fields["code"]), fields["name"].text(), diagnoses, kind)


def _code(part: Part) -> str:
    code = part.text()
    if code == UNGROUPED:
        raise part.refuse("wrong_value", f"{UNGROUPED} 表示未入组，不能作病种编码")
    return code


def _word(part: Part, choices: Any) -> str:
    word = part.text()
    if word not in tuple(choices):
        raise part.refuse("wrong_value", f"应为 {'、'.join(choices)} 之一，现为「{word}」")
    return word


def _kinds(part: Part) -> Mapping[str, ProcedureKind]:
    return MappingProxyType({code: ProcedureKind(_word(each, ProcedureKind)) for code, each in part.items()})


def _adjustment(part: Part, known: frozenset[str]) -> Adjustment:
    readers: dict[str, Any] = {
        "age_from": lambda each: each.integer(0, 200),
        "age_to": lambda each: each.integer(0, 200),
        "any_diagnosis": Part.codes,
        "secondary_at_least": lambda each: each.integer(1, 100),
        "diseases": lambda each: frozenset(each.codes()),
    }
    fields = part.fields(("name", "factor"), tuple(readers))
    conditions = {name: readers[name](fields[name]) for name in readers if name in fields}
    if not conditions:
        raise part.refuse("missing_part", "没有写明适用于哪些病例")
    for code in sorted(conditions.get("diseases", frozenset()) - known):
        raise fields["diseases"].refuse("unknown_disease", f"目录中没有病种 {code}", disease=code)
    return Adjustment(fields["name"].text(), fields["factor"].decimal(), **conditions)


def check_catalogue(root: Part) -> None:
    """Refuse adjustments that no case can meet, or that make a case worth nothing, by path and line (row). Apart from
    reading, since a catalogue that was imported before must stay readable."""
    if type(root.value) is not dict or "adjustments" not in root.value:
        return
    for part in root.at("adjustments").entries():
        fields = part.fields(("name", "factor"), CONDITIONS)
        if not fields["factor"].decimal():
            raise fields["factor"].refuse("out_of_range", "系数应大于 0")
        ages = {name: fields[name].integer(0, 200) for name in ("age_from", "age_to") if name in fields}
        if ages.get("age_from", 0) > MOST_AGE:
            raise fields["age_from"].refuse("out_of_range", f"年龄至多 {MOST_AGE} 岁，现为 {ages['age_from']}")
        if ages.get("age_from", 0) > ages.get("age_to", MOST_AGE):
            told = f"没有 {ages['age_from']} 岁以上、{ages['age_to']} 岁以下的病例，请核对起止年龄"
            raise fields["age_from"].refuse("out_of_range", told)
        if "secondary_at_least" in fields and fields["secondary_at_least"].integer(1, 100) > MOST_SECONDARY:
            told = f"病案首页至多 {MOST_SECONDARY} 个次要诊断，现为 {fields['secondary_at_least'].value}"
            raise fields["secondary_at_least"].refuse("out_of_range", told)
        for name in ("any_diagnosis", "diseases"):
            if name in fields and not fields[name].codes():
                raise fields[name].refuse("missing_part", f"列表为空，没有病例符合；不作限制时请删去 {name}")


def _once(parts: Mapping[str, Part], cores: tuple[Core, ...], wide: tuple[Comprehensive, ...]) -> None:
    """No code, no diagnosis with the same procedures, no range of a kind stands twice."""
    seen: dict[object, str] = {}
    rows: list[tuple[Part, str, list[object]]] = [
        (parts["core"].at(place), core.code, [core.code, (core.diagnosis, frozenset(core.procedures))])
        for place, core in enumerate(cores)
    ]
    rows += [
        (parts["comprehensive"].at(place), one.code, [one.code, *((begin, one.kind) for begin in one.diagnoses)])
        for place, one in enumerate(wide)
    ]
    for part, code, keys in rows:
        for key in keys:
            if key in seen:
                raise part.refuse("duplicate", f"病种 {code} 与病种 {seen[key]} 的编码或适用范围相同", disease=code)
            seen[key] = code
