"""The rules of front page checks as data: which classes of codes, items and bounds the checks of `front_page.py` ask for.

A small set of the project's own (`reference/front_page_rules.json`), marked by row as web, recall or default: never an
official coding rule. A class of codes lists beginnings of codes (`E11`, `45.1`) and ranges of beginnings of the same
length (`E10-E14`, `17.1-17.5`). Money in fen, weights in grams, ages in whole years or days.
"""

from dataclasses import dataclass
from decimal import Decimal

from insurance_settlement.engine.json_parts import Part, read_document
from ops_platform.kernel import to_fen

PREFIX = "insurance_settlement.front_page_rules"


@dataclass(frozen=True, slots=True)
class CodeClass:
    """Codes that begin with one of these, or that contain a character."""

    name: str
    beginnings: tuple[str, ...] = ()
    contains: str = ""

    def holds(self, code: str) -> bool:
        """Whether a code is one of the class."""
        return code.startswith(self.beginnings) or (self.contains != "" and self.contains in code)


@dataclass(frozen=True, slots=True)
class SexClass:
    """Diagnoses (or procedures) that only one sex has."""

    codes: CodeClass
    sex: int
    of_procedures: bool


@dataclass(frozen=True, slots=True)
class AgeClass:
    """Diagnoses that belong to an age: whole years from and to, or days up to (only below one year)."""

    codes: CodeClass
    years_from: int | None
    years_to: int | None
    days_to: int | None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Charged items (words in their names) beside which a diagnosis of the class is expected."""

    mark: str
    words: tuple[str, ...]
    diagnoses: CodeClass


@dataclass(frozen=True, slots=True)
class RuleSet:
    """One version of the data of the checks. `operations` need anaesthesia unless they are in `without_anaesthesia`."""

    version: str
    source: str
    main_not_usable: tuple[CodeClass, ...]
    symptoms: CodeClass
    not_definite: CodeClass
    sexes: tuple[SexClass, ...]
    ages: tuple[AgeClass, ...]
    operations: CodeClass
    without_anaesthesia: CodeClass
    not_operations: CodeClass
    anaesthesia_words: tuple[str, ...]
    operation_fee_class: str
    no_operation_words: tuple[str, ...]
    suggestions: tuple[Suggestion, ...]
    long_stay_days: int
    least_charges: int
    newborn_days: int
    least_grams: int
    most_grams: int


ANAESTHESIA, OPERATION = "anaesthesia", "operation"


def marks_of(rules: RuleSet, name: str, fee_class: str) -> tuple[str, ...]:
    """What a charge item of this name and fee class shows: marks of the suggestions, anaesthesia, operation."""
    found = [one.mark for one in rules.suggestions if any(word in name for word in one.words)]
    if any(word in name for word in rules.anaesthesia_words):
        found.append(ANAESTHESIA)
    if fee_class == rules.operation_fee_class and not any(word in name for word in rules.no_operation_words):
        found.append(OPERATION)
    return tuple(found)


def read_rules(content: bytes) -> RuleSet:
    """From the bytes of the file. Raises Invalid with path and line."""
    root = read_document(content, PREFIX, "首页检查规则")
    given = root.fields(
        (
            "version", "source", "main_not_usable", "symptoms", "sex", "age", "operations", "suggested",
            "long_stay_days", "least_charges", "newborn_days", "newborn_grams",
        ),
        ("remark",),
    )  # fmt: skip
    symptoms = given["symptoms"].fields(("name", "codes", "not_definite", "mark"))
    operations = given["operations"].fields(
        ("codes", "without_anaesthesia", "not_operations", "anaesthesia_items", "operation_items", "mark")
    )
    charged = operations["operation_items"].fields(("fee_class", "but"))
    grams = given["newborn_grams"].fields(("from", "to", "mark"))
    return RuleSet(
        version=given["version"].text(),
        source=given["source"].text(),
        main_not_usable=tuple(_named(one) for one in given["main_not_usable"].entries()),
        symptoms=CodeClass(symptoms["name"].text(), beginnings(symptoms["codes"])),
        not_definite=CodeClass("", beginnings(symptoms["not_definite"])),
        sexes=tuple(_sex(one) for one in given["sex"].entries()),
        ages=tuple(_age(one) for one in given["age"].entries()),
        operations=CodeClass("", beginnings(operations["codes"])),
        without_anaesthesia=CodeClass("", beginnings(operations["without_anaesthesia"])),
        not_operations=CodeClass("", beginnings(operations["not_operations"])),
        anaesthesia_words=operations["anaesthesia_items"].codes(),
        operation_fee_class=charged["fee_class"].text(),
        no_operation_words=charged["but"].codes(),
        suggestions=tuple(_suggestion(one) for one in given["suggested"].entries()),
        long_stay_days=_value(given["long_stay_days"]).integer(1, 1000),
        least_charges=to_fen(_value(given["least_charges"]).decimal().quantize(Decimal("0.01"))),
        newborn_days=_value(given["newborn_days"]).integer(0, 365),
        least_grams=grams["from"].integer(0, 100_000),
        most_grams=grams["to"].integer(0, 100_000),
    )


def _value(part: Part) -> Part:
    return part.fields(("value", "mark"))["value"]


def _named(part: Part) -> CodeClass:
    given = part.fields(("name", "mark"), ("codes", "contains"))
    listed = beginnings(given["codes"]) if "codes" in given else ()
    return CodeClass(given["name"].text(), listed, given["contains"].text() if "contains" in given else "")


def _sex(part: Part) -> SexClass:
    given = part.fields(("name", "sex", "of", "codes", "mark"))
    of = given["of"].text()
    if of not in ("diagnoses", "procedures"):
        raise given["of"].refuse("wrong_type", f"应为 diagnoses 或 procedures，现为「{of}」")
    codes = CodeClass(given["name"].text(), beginnings(given["codes"]))
    return SexClass(codes, given["sex"].integer(1, 2), of == "procedures")


def _age(part: Part) -> AgeClass:
    given = part.fields(("name", "codes", "mark"), ("years_from", "years_to", "days_to"))

    def bound(name: str, most: int) -> int | None:
        return given[name].integer(0, most) if name in given else None

    codes = CodeClass(given["name"].text(), beginnings(given["codes"]))
    return AgeClass(codes, bound("years_from", 130), bound("years_to", 130), bound("days_to", 365))


def _suggestion(part: Part) -> Suggestion:
    given = part.fields(("items", "diagnoses", "mark"))
    words = given["items"].codes()
    return Suggestion("、".join(words), words, CodeClass("", beginnings(given["diagnoses"])))


def beginnings(part: Part) -> tuple[str, ...]:
    """A list of beginnings with its ranges written out: E10-E12 is E10, E11, E12."""
    found: list[str] = []
    for place, code in zip(part.entries(), part.codes(), strict=True):
        first, dash, last = code.partition("-")
        found += _range(place, first, last) if dash else [first]
    return tuple(found)


def _range(place: Part, first: str, last: str) -> list[str]:
    stem = first.rstrip("0123456789")
    low, high = first[len(stem) :], last[len(stem) :]
    fits = last.startswith(stem) and low.isdigit() and high.isdigit() and len(low) == len(high) and low <= high
    if not fits:
        raise place.refuse("wrong_type", f"范围 {first}-{last} 的两端应等长，前小后大")
    return [f"{stem}{number:0{len(low)}d}" for number in range(int(low), int(high) + 1)]
