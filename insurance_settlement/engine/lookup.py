"""A scheme made ready for speed.

Idea: what a case can become depends almost entirely on its principal diagnosis, its main procedure and its sex. Each
code gets a bitmask that says which code lists of the scheme contain it; codes with the same mask form a class (CHS-DRG
1.1: 28,640 diagnoses → 325 classes). For a pair of classes and a sex, the candidates (ADRG or QY, in evaluation
order) whose list conditions hold are found by ANDs once and remembered as a `Route`: usually a single candidate that
needs nothing more. Only conditions of `Stage.CASE` are asked per case. Grouping is then three dict lookups, and set
tests in C for the complications.

Routes are a memo of a pure function (bounded, dropped as a whole when full): the answer never depends on what is in it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from insurance_settlement.engine.case import FEMALE, MALE, QY, SUCCESS, Case, Grouping
from insurance_settlement.engine.conditions import (
    AnyValidProc,
    CodeCondition,
    Condition,
    Context,
    MainProcValid,
    Names,
    SexIs,
    Stage,
)

if TYPE_CHECKING:
    from insurance_settlement.engine.scheme import Adrg, Mdc

Test = Callable[[Case], bool]
MAX_ROUTES = 50_000
ABSENT, UNLISTED = 0, 1

# what the secondary diagnoses brought, as bits; 3 is both, and the MCC decides
NONE, CC, MCC = 0, 1, 2
LEVELS = (NONE, CC, MCC, CC | MCC)


@dataclass(frozen=True, slots=True, eq=False)
class Leaf:
    """One possible end of the path: an ADRG, or the ambiguity group of an MDC.

    `by_level` is the answer for each of LEVELS among the secondary diagnoses; `divided` says whether they differ,
    `any_principal` that no condition looks at the principal diagnosis.
    """

    mdc_index: int
    mdc: "Mdc"
    adrg: "Adrg | None"
    rank: int
    by_level: tuple[Grouping, ...]
    divided: bool
    any_principal: bool
    ends: dict[int, tuple[str, str, str, str, tuple[str, ...]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A leaf with what must hold: bits of the principal diagnosis and main procedure, the sex, tests of the case."""

    number: int
    leaf: Leaf
    dx_bits: int
    proc_bits: int
    sexes: tuple[int, ...]
    conditions: tuple[Condition, ...]
    tests: tuple[Test, ...]
    needs_procedure: bool


# the tests of a candidate, the candidate, and the ADRGs of the same MDC that are asked before it
Step = tuple[tuple[Test, ...], Candidate, tuple[Candidate, ...]]


@dataclass(frozen=True, slots=True, eq=False)
class Route:
    """What remains to be asked for one class of principal diagnoses, class of main procedures and sex.

    `sure` is the leaf when nothing remains. `constant`: which MDCs are passed over does not depend on more of the case.
    """

    sure: Leaf | None
    steps: "tuple[Step, ...]"
    dx_mask: int
    proc_mask: int
    constant: bool


@dataclass(frozen=True, slots=True, eq=False)
class Gate:
    """The conditions of an MDC, taken apart by what they look at."""

    mdc: "Mdc"
    dx_bits: int
    proc_bits: int
    sexes: tuple[int, ...]
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Lookup:
    """Everything `group` touches."""

    dx_class: Mapping[str, int]
    proc_class: Mapping[str, int]
    dx_masks: tuple[int, ...]
    proc_masks: tuple[int, ...]
    gates: tuple[Gate, ...]
    candidates: tuple[Candidate, ...]
    complications: frozenset[str]
    complication: Mapping[str, tuple[str, int]]
    exclusions: Mapping[str, str]
    names: Names
    routes: dict[int, Route]
    by_dx: dict[int, tuple[Candidate, ...]]
    starts: dict[tuple[int, int, str, str], tuple[str, ...]]
    told: dict[str, tuple[str, int, str, str]]

    @classmethod
    def build(
        cls,
        mdcs: "tuple[Mdc, ...]",
        mcc: Mapping[str, str],
        cc: Mapping[str, str],
        exclusions: Mapping[str, str],
        context: Context,
        names: Names,
    ) -> "Lookup":
        """From the parts of a scheme."""
        dx_bits, dx_of = _bits(mdcs, Stage.PRINCIPAL)
        proc_bits, proc_of = _bits(mdcs, Stage.MAIN_PROCEDURE, frozenset(context.valid_procedures))
        dx_class, dx_masks = _classes(dx_of)
        proc_class, proc_masks = _classes(proc_of)
        any_valid = AnyValidProc.parse({}, context)
        first_valid = MainProcValid.parse({}, context)
        gates: list[Gate] = []
        candidates: list[Candidate] = []

        def needs(conditions: Iterable[Condition]) -> tuple[int, int, tuple[int, ...], tuple[Condition, ...]]:
            dx = proc = 0
            sexes: tuple[int, ...] = (MALE, FEMALE)
            rest = []
            for condition in conditions:
                if isinstance(condition, CodeCondition) and condition.stage is Stage.PRINCIPAL:
                    dx |= dx_bits[condition.codes]
                elif isinstance(condition, CodeCondition) and condition.stage is Stage.MAIN_PROCEDURE:
                    proc |= proc_bits[condition.codes]
                elif isinstance(condition, SexIs):
                    sexes = tuple(sex for sex in sexes if sex == condition.value)
                else:
                    rest.append(condition)
            return dx, proc, sexes, tuple(rest)

        def candidate(leaf: Leaf, conditions: tuple[Condition, ...]) -> Candidate:
            dx, proc, sexes, rest = needs(conditions)
            return Candidate(
                len(candidates),
                leaf,
                dx,
                proc,
                sexes,
                rest,
                tuple(condition.holds for condition in rest),
                any(one.needs_procedure for one in rest),
            )

        for index, mdc in enumerate(mdcs):
            gates.append(Gate(mdc, *needs(mdc.conditions)))
            for rank in range(len(mdc.adrgs) + 1):
                if mdc.qy_enabled and rank == mdc.qy_before:
                    leaf = _qy_leaf(index, mdc, rank)
                    # the main procedure is the usual one, and needs no test of the case
                    candidates.append(candidate(leaf, (*mdc.conditions, first_valid)))
                    candidates.append(candidate(leaf, (*mdc.conditions, any_valid)))
                if rank < len(mdc.adrgs):
                    adrg = mdc.adrgs[rank]
                    candidates.append(candidate(_leaf(index, mdc, adrg, rank), (*mdc.conditions, *adrg.conditions)))
        complication = {code: (table, CC) for code, table in cc.items()}
        complication.update((code, (table, MCC)) for code, table in mcc.items())
        return cls(
            dx_class=dx_class,
            proc_class=proc_class,
            dx_masks=dx_masks,
            proc_masks=proc_masks,
            gates=tuple(gates),
            candidates=tuple(candidates),
            complications=frozenset(complication),
            complication=complication,
            exclusions=dict(exclusions),
            names=names,
            routes={},
            by_dx={},
            starts={},
            told={},
        )

    def new_route(self, key: int) -> Route:
        """Find the route of a key (class of the principal diagnosis, of the main procedure, sex) and remember it."""
        rest, female = divmod(key, 2)
        dx, proc = divmod(rest, len(self.proc_masks))
        dx_mask, proc_mask = self.dx_masks[dx], self.proc_masks[proc]
        sex = FEMALE if female else MALE
        known = self.by_dx.get(dx * 2 + female)
        if known is None:
            known = tuple(one for one in self.candidates if one.dx_bits & dx_mask == one.dx_bits and sex in one.sexes)
            self.by_dx[dx * 2 + female] = known
        steps: list[Step] = []
        for one in known:
            if one.proc_bits & proc_mask == one.proc_bits and not (one.needs_procedure and proc == ABSENT):
                mdc = one.leaf.mdc
                rivals = tuple(other for _, other, _ in steps if other.leaf.mdc is mdc and other.leaf.adrg is not None)
                steps.append((one.tests, one, rivals))
                if not one.tests:
                    break
        sure = steps[0][1].leaf if steps and not steps[0][0] else None
        constant = not any(
            gate.conditions and gate.dx_bits & dx_mask == gate.dx_bits and gate.proc_bits & proc_mask == gate.proc_bits
            for gate in self.gates
        )
        route = Route(sure, tuple(steps), dx_mask, proc_mask, constant)
        if len(self.routes) >= MAX_ROUTES:
            self.routes.clear()
        self.routes[key] = route
        return route

    def keep_start(self, key: tuple[int, int, str, str], words: tuple[str, ...], route: Route) -> None:
        """Keep the sentences that depend on nothing but the route, the principal diagnosis and the main procedure."""
        if route.constant:
            if len(self.starts) >= MAX_ROUTES:
                self.starts.clear()
            self.starts[key] = words


def _bits(
    mdcs: "tuple[Mdc, ...]", stage: Stage, *also: frozenset[str]
) -> tuple[dict[frozenset[str], int], dict[str, int]]:
    """A bit for each distinct code list of the stage, and the mask of each code."""
    bits: dict[frozenset[str], int] = {}
    masks: dict[str, int] = {}
    lists = list(also)
    for conditions in (given for mdc in mdcs for given in (mdc.conditions, *(adrg.conditions for adrg in mdc.adrgs))):
        for condition in conditions:
            if isinstance(condition, CodeCondition) and condition.stage is stage:
                lists.append(condition.codes)
    for codes in lists:
        if codes in bits:
            continue
        bit = bits[codes] = 1 << len(bits)
        for code in codes:
            masks[code] = masks.get(code, 0) | bit
    return bits, masks


def _classes(masks: Mapping[str, int]) -> tuple[dict[str, int], tuple[int, ...]]:
    """Codes with the same mask are one class. Class ABSENT stands for no code, UNLISTED for codes in no list."""
    numbers = {-1: ABSENT, 0: UNLISTED}
    classes = {code: numbers.setdefault(mask, len(numbers)) for code, mask in masks.items()}
    return classes, (0, *tuple(numbers)[1:])


def _leaf(mdc_index: int, mdc: "Mdc", adrg: "Adrg", rank: int) -> Leaf:
    reach = {"mcc": (MCC, CC | MCC), "mcc_or_cc": (CC, MCC, CC | MCC), "any": LEVELS}
    answers = []
    for level in LEVELS:
        drg = next(drg for drg in adrg.drgs if level in reach[drg.level])
        answers.append(Grouping(f"MDC{mdc.letter}", adrg.code, drg.code, SUCCESS))
    divided = len(set(answers)) > 1
    return Leaf(
        mdc_index, mdc, adrg, rank, tuple(answers), divided, _any_principal((*mdc.conditions, *adrg.conditions))
    )


def _qy_leaf(mdc_index: int, mdc: "Mdc", rank: int) -> Leaf:
    answer = Grouping(f"MDC{mdc.letter}", "QY", f"{mdc.letter}QY", QY)
    return Leaf(mdc_index, mdc, None, rank, (answer,) * len(LEVELS), False, _any_principal(mdc.conditions))


def _any_principal(conditions: tuple[Condition, ...]) -> bool:
    return not any(condition.stage is Stage.PRINCIPAL for condition in conditions)
