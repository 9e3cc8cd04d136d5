"""Files of grouped cases: pricing a CSV file by a rule book without the database.

Read by column name: `case_no, group, charges` must be there; what else a case may have, and an institution, is read where
the file has it, and empty means that the book says it. The output has the input's columns plus payment, fund, kind, points
and steps.
"""

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from insurance_settlement.csv_files import Row, transform
from insurance_settlement.engine.pricing import Kept, Price, price
from insurance_settlement.engine.rule_book import RuleBook, read_rule_book
from insurance_settlement.engine.worth import GroupedCase, Review
from ops_platform.kernel import Invalid, Line, from_fen, to_fen

REQUIRED = ("case_no", "group", "charges")
OPTIONAL = (
    "institution",
    "stay_days",
    "self_paid",
    "first_self_paid",
    "deductible",
    "reimbursement_ratio",
    "mean_charges",
    "scheme",
    "leaving_type",
    "flags",
    "excluded_charges",
    "paid",
    "review",
)
ANSWER_COLUMNS = ("payment", "fund", "kind", "points", "steps")
BY_CHARGES = "charges"


@dataclass(frozen=True, slots=True)
class Summary:
    """How a file went: rows by kind of price."""

    rows: int
    by_kind: dict[str, int]


def load_rule_book(path: Path) -> RuleBook:
    """A rule book from its file. Raises Invalid for what is missing or malformed."""
    try:
        content = path.read_bytes()
    except OSError as error:
        message = f"读不到规则库 {path}({error.strerror})。请核对路径。"
        raise Invalid("insurance_settlement.file_missing", message, file=str(path)) from error
    return read_rule_book(content, path.stem, f"规则库 {path.name} ")


def price_file(book: RuleBook, source: Path, target: Path) -> Summary:
    """Price every row of `source` into `target`. Raises Invalid, naming the row, and then writes nothing."""
    by_kind: dict[str, int] = {}
    kept: Kept = {}

    def answer(row: Row) -> tuple[str, ...]:
        found = price(book, _case(row), kept)
        by_kind[found.kind] = by_kind.get(found.kind, 0) + 1
        return _told(found)

    rows = transform(source, target, required=REQUIRED, optional=OPTIONAL, answers=ANSWER_COLUMNS, answer=answer)
    return Summary(rows, by_kind)


def _told(found: Price) -> tuple[str, ...]:
    steps = "；".join(_step(line) for line in found.explanation.lines)
    amounts = ("" if amount is None else f"{from_fen(amount):f}" for amount in (found.payment, found.fund))
    return *amounts, str(found.kind), "" if found.points is None else f"{found.points:f}", steps


def _step(line: Line) -> str:
    said = f"{line.label} {line.value}".rstrip()
    return f"{said}({line.note})" if line.note else said


def _case(row: Row) -> GroupedCase:
    charges = _fen(row, "charges")
    if charges is None:
        raise row.refuse("charges 没有值", "请补上费用")
    excluded = _fen(row, "excluded_charges") or 0
    if excluded > charges:
        raise row.refuse("excluded_charges 大于 charges", "除外费用是费用的一部分，请更正其中一列")
    stay_days = row.whole("stay_days")
    if stay_days is not None and stay_days < 0:
        raise row.refuse(f"stay_days 不应为负，现为「{stay_days}」", "请更正")
    return GroupedCase(
        case_no=row.text("case_no"),
        institution=row.text("institution").strip(),
        group=row.text("group").strip(),
        charges=charges,
        stay_days=stay_days,
        scheme=row.text("scheme").strip(),
        leaving_type=row.text("leaving_type").strip(),
        flags=frozenset(one for one in row.text("flags").split("|") if one),
        excluded=excluded,
        mean_charges=_fen(row, "mean_charges"),
        review=_review(row),
        self_paid=_fen(row, "self_paid"),
        first_self_paid=_fen(row, "first_self_paid"),
        deductible=_fen(row, "deductible"),
        reimbursement_ratio=_ratio(row),
        paid=_fen(row, "paid"),
    )


def _fen(row: Row, column: str) -> int | None:
    number = row.number(column)
    if number is None:
        return None
    try:
        amount = to_fen(number)
    except ValueError:
        raise row.refuse(f"{column} 应为至多两位小数的金额，现为「{number}」", "请更正") from None
    if amount < 0:
        raise row.refuse(f"{column} 不应为负，现为「{number}」", "请更正")
    return amount


def _ratio(row: Row) -> Decimal | None:
    number = row.number("reimbursement_ratio")
    if number is not None and not 0 <= number <= 1:
        raise row.refuse(f"reimbursement_ratio 应在 0 到 1 之间，现为「{number}」", "85% 请写作 0.85")
    return number


def _review(row: Row) -> Review | None:
    """`charges`, or the weight (points) that the review came to."""
    word = row.text("review").strip()
    if not word:
        return None
    if word == BY_CHARGES:
        return Review()
    number = row.number("review")
    if number is None or number < 0:
        raise row.refuse(f"review 应为 {BY_CHARGES} 或核定的权重、点数，现为「{word[:40]}」", "请更正")
    return Review(number)
