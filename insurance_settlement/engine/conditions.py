# ruff: noqa: ARG003 - every type is parsed from the same two things, and few need both
"""Condition types of a grouping scheme.

Source: the condition table of drg/SCHEME.md. Every type is one class here; a type that is not registered is refused by
its name. `holds` is the meaning of the type and needs nothing but the case. So that grouping is fast, a type says in
`stage` what it looks at: conditions on the principal diagnosis, on the main procedure or on the sex are decided once
per class of codes (see lookup.py); only `Stage.CASE` is asked for every case. A new type (leaving type, hours in
intensive care or on a ventilator) is a new class with `Stage.CASE` and, where it needs one, a new field of Case.

At nothing: a case without diagnoses or procedures meets no condition that wants one; an absent age, age in days or
weight meets no condition on it; a weight of 0 is present but meets neither weight_lt nor weight_ge.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import ClassVar, Self

from insurance_settlement.engine.case import FEMALE, MALE, Case
from insurance_settlement.engine.codes import CodeTable
from insurance_settlement.engine.json_parts import Part


class Stage(Enum):
    """What a condition looks at."""

    PRINCIPAL = "principal"
    MAIN_PROCEDURE = "main_procedure"
    SEX = "sex"
    CASE = "case"


@dataclass(frozen=True, slots=True)
class Context:
    """What conditions of one scheme share."""

    valid_procedures: frozenset[str]


@dataclass(frozen=True, slots=True)
class Names:
    """The code tables, for words."""

    dx: CodeTable
    proc: CodeTable


class Condition(ABC):
    """One condition. Frozen; equal when it means the same."""

    __slots__ = ()
    type: ClassVar[str]
    stage: ClassVar[Stage] = Stage.CASE
    fields: ClassVar[tuple[str, ...]] = ()
    needs_procedure: ClassVar[bool] = False

    @classmethod
    @abstractmethod
    def parse(cls, parts: Mapping[str, Part], context: Context) -> Self:
        """From the fields of the document (`fields`, all of them present)."""

    @abstractmethod
    def holds(self, case: Case) -> bool:
        """Whether it is true of the case."""

    @abstractmethod
    def why(self, case: Case, names: Names) -> str:
        """Why it is true of this case, as a clause."""

    @abstractmethod
    def why_not(self, case: Case, names: Names) -> str:
        """Why it is not true of this case, as a clause."""

    def near(self, case: Case) -> bool:
        """Whether a reader would ask why it did not hold: the case has at least something that it speaks of."""
        return True


class CodeCondition(Condition):
    """A condition on one code: the principal diagnosis or the main procedure. `codes` are those that meet it."""

    __slots__ = ()
    codes: frozenset[str]


@dataclass(frozen=True, slots=True)
class MainDxIn(CodeCondition):
    """The first diagnosis is in the list."""

    type: ClassVar[str] = "main_dx_in"
    stage: ClassVar[Stage] = Stage.PRINCIPAL
    fields: ClassVar[tuple[str, ...]] = ("dx",)
    codes: frozenset[str]

    @classmethod
    def parse(cls, parts: Mapping[str, Part], context: Context) -> Self:
        return cls(frozenset(parts["dx"].codes()))

    def holds(self, case: Case) -> bool:
        return bool(case.diagnoses) and case.diagnoses[0] in self.codes

    def why(self, case: Case, names: Names) -> str:
        return f"主要诊断 {names.dx.label(case.diagnoses[0])} 在所列主要诊断中"

    def why_not(self, case: Case, names: Names) -> str:
        return "主要诊断不在所列主要诊断中"


@dataclass(frozen=True, slots=True)
class AnyDxIn(Condition):
    """Any diagnosis, the principal one included, is in the list."""

    type: ClassVar[str] = "any_dx_in"
    fields: ClassVar[tuple[str, ...]] = ("dx",)
    codes: frozenset[str]

    @classmethod
    def parse(cls, parts: Mapping[str, Part], context: Context) -> Self:
        return cls(frozenset(parts["dx"].codes()))

    def holds(self, case: Case) -> bool:
        return not self.codes.isdisjoint(case.diagnoses)

    def why(self, case: Case, names: Names) -> str:
        found = next(code for code in case.diagnoses if code in self.codes)
        return f"诊断 {names.dx.label(found)} 在所列诊断中"

    def why_not(self, case: Case, names: Names) -> str:
        return "诊断都不在所列诊断中"

    def near(self, case: Case) -> bool:
        return False


@dataclass(frozen=True, slots=True)
class MainProcIn(CodeCondition):
    """There is a procedure, and the first one is in the list."""

    type: ClassVar[str] = "main_proc_in"
    stage: ClassVar[Stage] = Stage.MAIN_PROCEDURE
    fields: ClassVar[tuple[str, ...]] = ("proc",)
    codes: frozenset[str]

    @classmethod
    def parse(cls, parts: Mapping[str, Part], context: Context) -> Self:
        return cls(frozenset(parts["proc"].codes()))

    def holds(self, case: Case) -> bool:
        return bool(case.procedures) and case.procedures[0] in self.codes

    def why(self, case: Case, names: Names) -> str:
        return f"主要手术 {names.proc.label(case.procedures[0])} 在所列手术中"

    def why_not(self, case: Case, names: Names) -> str:
        return "主要手术不在所列手术中"


@dataclass(frozen=True, slots=True)
class MainProcValid(CodeCondition):
    """There is a procedure, and the first one counts as an operation."""

    type: ClassVar[str] = "main_proc_valid"
    stage: ClassVar[Stage] = Stage.MAIN_PROCEDURE
    codes: frozenset[str]

    @classmethod
    def parse(cls, parts: Mapping[str, Part], context: Context) -> Self:
        return cls(context.valid_procedures)

    def holds(self, case: Case) -> bool:
        return bool(case.procedures) and case.procedures[0] in self.codes

    def why(self, case: Case, names: Names) -> str:
        return f"主要手术 {names.proc.label(case.procedures[0])} 是有效手术"

    def why_not(self, case: Case, names: Names) -> str:
        return "没有作为主要手术的有效手术"


@dataclass(frozen=True, slots=True)
class NoValidProc(Condition):
    """No procedure at all counts as an operation."""

    type: ClassVar[str] = "no_valid_proc"
    codes: frozenset[str]

    @classmethod
    def parse(cls, parts: Mapping[str, Part], context: Context) -> Self:
        return cls(context.valid_procedures)

    def holds(self, case: Case) -> bool:
        return self.codes.isdisjoint(case.procedures)

    def why(self, case: Case, names: Names) -> str:
        return "没有有效手术"

    def why_not(self, case: Case, names: Names) -> str:
        found = next(code for code in case.procedures if code in self.codes)
        return f"有有效手术 {names.proc.label(found)}"


@dataclass(frozen=True, slots=True)
class AnyValidProc(Condition):
    """Some procedure counts as an operation: the condition of the ambiguity group (QY). Not a type of the document."""

    type: ClassVar[str] = "any_valid_proc"
    needs_procedure: ClassVar[bool] = True
    codes: frozenset[str]

    @classmethod
    def parse(cls, parts: Mapping[str, Part], context: Context) -> Self:
        return cls(context.valid_procedures)

    def holds(self, case: Case) -> bool:
        return not self.codes.isdisjoint(case.procedures)

    def why(self, case: Case, names: Names) -> str:
        found = next(code for code in case.procedures if code in self.codes)
        return f"有有效手术 {names.proc.label(found)}"

    def why_not(self, case: Case, names: Names) -> str:
        return "没有有效手术"


@dataclass(frozen=True, slots=True)
class BothProcsIn(Condition):
    """Some procedure is in the one list and some in the other; one code may serve both."""

    type: ClassVar[str] = "both_procs_in"
    needs_procedure: ClassVar[bool] = True
    fields: ClassVar[tuple[str, ...]] = ("proc_a", "proc_b")
    first: frozenset[str]
    second: frozenset[str]

    @classmethod
    def parse(cls, parts: Mapping[str, Part], context: Context) -> Self:
        return cls(frozenset(parts["proc_a"].codes()), frozenset(parts["proc_b"].codes()))

    def holds(self, case: Case) -> bool:
        procedures = case.procedures
        return not self.first.isdisjoint(procedures) and not self.second.isdisjoint(procedures)

    def why(self, case: Case, names: Names) -> str:
        one = next(code for code in case.procedures if code in self.first)
        other = next(code for code in case.procedures if code in self.second)
        if one == other:
            return f"手术 {names.proc.label(one)} 同时符合所要求的两类手术"
        return f"手术 {names.proc.label(one)} 与 {names.proc.label(other)} 符合所要求的两类手术"

    def why_not(self, case: Case, names: Names) -> str:
        return "没有同时做所要求的两类手术"

    def near(self, case: Case) -> bool:
        return not self.first.isdisjoint(case.procedures) or not self.second.isdisjoint(case.procedures)


@dataclass(frozen=True, slots=True)
class ProcRoles(Condition):
    """The roles present among all procedures include every role of at least one combination."""

    type: ClassVar[str] = "proc_roles"
    needs_procedure: ClassVar[bool] = True
    fields: ClassVar[tuple[str, ...]] = ("roles", "any_of")
    roles: tuple[tuple[str, frozenset[str]], ...]
    combinations: tuple[int, ...]
    masks: Mapping[str, int]

    @classmethod
    def parse(cls, parts: Mapping[str, Part], context: Context) -> Self:
        roles = tuple((name, frozenset(part.codes())) for name, part in parts["roles"].items())
        bits = {name: 1 << index for index, (name, _) in enumerate(roles)}
        combinations = []
        for part in parts["any_of"].entries():
            wanted = 0
            for index, name in enumerate(part.codes()):
                if name not in bits:
                    raise part.at(index).refuse("unknown_role", f"没有定义手术角色「{name}」", role=name)
                wanted |= bits[name]
            if not wanted:
                raise part.refuse("wrong_type", "手术角色组合不能为空")
            combinations.append(wanted)
        return cls(roles, tuple(combinations), _masks(roles))

    def holds(self, case: Case) -> bool:
        present = 0
        for code in case.procedures:
            present |= self.masks.get(code, 0)
        return any(present & wanted == wanted for wanted in self.combinations)

    def why(self, case: Case, names: Names) -> str:
        found = [code for code in case.procedures if code in self.masks]
        return f"手术 {'、'.join(names.proc.label(code) for code in found)} 符合所列手术组合"

    def why_not(self, case: Case, names: Names) -> str:
        return "手术不符合所列手术组合"

    def near(self, case: Case) -> bool:
        return any(code in self.masks for code in case.procedures)

    def __hash__(self) -> int:
        return hash((self.roles, self.combinations))


@dataclass(frozen=True, slots=True)
class MinDistinctSites(Condition):
    """The number of different body sites among all diagnoses reaches a value."""

    type: ClassVar[str] = "min_distinct_sites"
    fields: ClassVar[tuple[str, ...]] = ("value", "sites")
    value: int
    sites: tuple[tuple[str, frozenset[str]], ...]
    masks: Mapping[str, int]

    @classmethod
    def parse(cls, parts: Mapping[str, Part], context: Context) -> Self:
        sites = tuple((name, frozenset(part.codes())) for name, part in parts["sites"].items())
        return cls(parts["value"].integer(1, 99), sites, _masks(sites))

    def _present(self, case: Case) -> int:
        present = 0
        for code in case.diagnoses:
            present |= self.masks.get(code, 0)
        return present

    def holds(self, case: Case) -> bool:
        return self._present(case).bit_count() >= self.value

    def _words(self, case: Case) -> str:
        present = self._present(case)
        return "、".join(name for index, (name, _) in enumerate(self.sites) if present >> index & 1) or "无"

    def why(self, case: Case, names: Names) -> str:
        return f"诊断涉及 {self._present(case).bit_count()} 个部位({self._words(case)})，达到 {self.value} 个"

    def why_not(self, case: Case, names: Names) -> str:
        return f"诊断涉及 {self._present(case).bit_count()} 个部位({self._words(case)})，不到 {self.value} 个"

    def __hash__(self) -> int:
        return hash((self.value, self.sites))


def _masks(named: tuple[tuple[str, frozenset[str]], ...]) -> dict[str, int]:
    masks: dict[str, int] = {}
    for index, (_, codes) in enumerate(named):
        for code in codes:
            masks[code] = masks.get(code, 0) | 1 << index
    return masks


@dataclass(frozen=True, slots=True)
class AgeDaysMax(Condition):
    """The age in days is present and at most the value."""

    type: ClassVar[str] = "age_days_max"
    fields: ClassVar[tuple[str, ...]] = ("value",)
    value: int

    @classmethod
    def parse(cls, parts: Mapping[str, Part], context: Context) -> Self:
        return cls(parts["value"].integer(0, 100_000))

    def holds(self, case: Case) -> bool:
        return case.age_days is not None and case.age_days <= self.value

    def why(self, case: Case, names: Names) -> str:
        return f"日龄 {case.age_days} 天，不超过 {self.value} 天"

    def why_not(self, case: Case, names: Names) -> str:
        return "没有日龄" if case.age_days is None else f"日龄 {case.age_days} 天，超过 {self.value} 天"


@dataclass(frozen=True, slots=True)
class WeightBelow(Condition):
    """The weight is present, not 0, and below the value (grams)."""

    type: ClassVar[str] = "weight_lt"
    fields: ClassVar[tuple[str, ...]] = ("value",)
    value: Decimal

    @classmethod
    def parse(cls, parts: Mapping[str, Part], context: Context) -> Self:
        return cls(parts["value"].decimal())

    def holds(self, case: Case) -> bool:
        return bool(case.weight) and case.weight < self.value  # type: ignore[operator]

    def why(self, case: Case, names: Names) -> str:
        return f"体重 {case.weight} 克，低于 {self.value} 克"

    def why_not(self, case: Case, names: Names) -> str:
        return f"体重 {case.weight} 克，不低于 {self.value} 克" if case.weight else "没有体重"


@dataclass(frozen=True, slots=True)
class WeightFrom(Condition):
    """The weight is present, not 0, and at least the value (grams)."""

    type: ClassVar[str] = "weight_ge"
    fields: ClassVar[tuple[str, ...]] = ("value",)
    value: Decimal

    @classmethod
    def parse(cls, parts: Mapping[str, Part], context: Context) -> Self:
        return cls(parts["value"].decimal())

    def holds(self, case: Case) -> bool:
        return bool(case.weight) and case.weight >= self.value  # type: ignore[operator]

    def why(self, case: Case, names: Names) -> str:
        return f"体重 {case.weight} 克，不低于 {self.value} 克"

    def why_not(self, case: Case, names: Names) -> str:
        return f"体重 {case.weight} 克，低于 {self.value} 克" if case.weight else "没有体重"


@dataclass(frozen=True, slots=True)
class AgeYearsIs(Condition):
    """The age in years equals the value."""

    type: ClassVar[str] = "age_years_eq"
    fields: ClassVar[tuple[str, ...]] = ("value",)
    value: int

    @classmethod
    def parse(cls, parts: Mapping[str, Part], context: Context) -> Self:
        return cls(parts["value"].integer(0, 200))

    def holds(self, case: Case) -> bool:
        return case.age == self.value

    def why(self, case: Case, names: Names) -> str:
        return f"年龄为 {case.age} 岁"

    def why_not(self, case: Case, names: Names) -> str:
        return f"年龄 {case.age} 岁，不是 {self.value} 岁"


@dataclass(frozen=True, slots=True)
class SexIs(Condition):
    """The sex equals the value."""

    type: ClassVar[str] = "gender_eq"
    stage: ClassVar[Stage] = Stage.SEX
    fields: ClassVar[tuple[str, ...]] = ("value",)
    value: int

    @classmethod
    def parse(cls, parts: Mapping[str, Part], context: Context) -> Self:
        return cls(parts["value"].integer(MALE, FEMALE))

    def holds(self, case: Case) -> bool:
        return case.gender == self.value

    def why(self, case: Case, names: Names) -> str:
        return f"性别为{'男' if self.value == MALE else '女'}"

    def why_not(self, case: Case, names: Names) -> str:
        return f"性别不是{'男' if self.value == MALE else '女'}"


CONDITION_TYPES: Mapping[str, type[Condition]] = {
    kind.type: kind
    for kind in (
        MainDxIn, AnyDxIn, MainProcIn, BothProcsIn, ProcRoles, MainProcValid, NoValidProc,
        AgeDaysMax, WeightBelow, WeightFrom, AgeYearsIs, SexIs, MinDistinctSites,
    )
}  # fmt: skip


def parse_condition(part: Part, context: Context) -> Condition:
    """One condition of the document. Raises Invalid, naming a type that the program does not know."""
    if type(part.value) is not dict or "type" not in part.value:
        raise part.refuse("missing_part", "条件应为带「type」的对象", part="type")
    name = part.at("type").text()
    kind = CONDITION_TYPES.get(name)
    if kind is None:
        known = "、".join(CONDITION_TYPES)
        raise part.at("type").refuse("unknown_condition", f"不认识的条件类型「{name}」，本版本支持 {known}", type=name)
    return kind.parse(part.fields(("type", *kind.fields)), context)
