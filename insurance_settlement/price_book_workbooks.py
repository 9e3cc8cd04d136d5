"""Price books as workbooks: out with every rule of a book, in as the document that the engine reads.

Written and read again a book is the same to the last digit; one that a workbook cannot hold is not written.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import IO, Any

from insurance_settlement.engine.documents import document_of, text_of
from insurance_settlement.engine.json_parts import Part, Source, Step
from insurance_settlement.engine.rule_book import (
    EXCEPTIONS,
    PREFIX,
    Kind,
    LowPay,
    Measure,
    Method,
    Pay,
    RuleBook,
    rule_book_of,
)
from insurance_settlement.price_book_sheets import (
    ABOVE,
    BY,
    COEFFICIENT,
    COEFFICIENTS,
    COST,
    COSTS,
    E_AMOUNT,
    E_CHARGES,
    E_FLAG,
    E_GROUPS,
    E_KIND,
    E_LEAVING,
    E_NAME,
    E_OVER,
    E_PAY,
    E_SCHEMES,
    E_UNDER,
    E_UNGROUPED,
    FORMS,
    GENERAL,
    GROUP,
    GROUPS,
    HIGHS,
    INSTITUTION,
    ITEM,
    ITEMS,
    KINDS,
    LOW,
    LOW_PAY,
    LOW_PAYS,
    MEAN,
    MEASURES,
    METHOD,
    METHODS,
    NOTES_TEXT,
    OF_POINTS,
    OF_RATE,
    PAYS,
    PLACES,
    RULES,
    SAME,
    SCHEME,
    SHARE,
    UP_TO,
    VALUE,
    WORTH,
    Item,
)
from insurance_settlement.rule_sheets import BETWEEN, NO, YES, Cell, Row, SheetForm, Workbook, shown, write
from ops_platform.his_intake.public import LEAVING_TYPES, SCHEMES
from ops_platform.kernel import Conflict, Invalid

WHAT = "价格规则"


@dataclass(frozen=True, slots=True)
class GroupNote:
    """What stands beside a group for the eye: its name, cases that its weight was derived from, and a remark."""

    name: str = ""
    cases: int | None = None
    remark: str = ""


def write_book(book: RuleBook, notes: Mapping[str, GroupNote], remarks: Sequence[str] = ()) -> IO[bytes]:
    """Every rule of a book. Groups that only `notes` know are rows without a weight, to be filled in. Raises Conflict for a
    book that does not come back as it is."""
    document = document_of(book)
    file = _write(document, notes, remarks)
    try:
        again = document_of(rule_book_of(document_in(file.read()), book.version))
    except Invalid as error:
        raise _unfit() from error
    if again != document:
        raise _unfit()
    file.seek(0)
    return file


def _unfit() -> Conflict:
    return Conflict(
        "insurance_settlement.rule_book_no_workbook",
        f"这份价格规则有表格不能原样表示的内容(例如含 {BETWEEN} 的编码、空的条件)，不能导出为 Excel。请使用 JSON 文件。",
    )


def write_template(scheme: str, method: Method, names: Mapping[str, str]) -> IO[bytes]:
    """An empty book of a scheme with its groups, to be filled in."""
    document = {"scheme": scheme, "method": str(method)}
    return _write(document, {code: GroupNote(name) for code, name in names.items()}, ())


def _write(document: Mapping[str, Any], notes: Mapping[str, GroupNote], remarks: Sequence[str]) -> IO[bytes]:
    sheets: list[tuple[SheetForm, Iterable[Sequence[Cell]]]] = [
        (GENERAL, [[item.title, _told(item, _at(document, item.path)), item.note] for item in ITEMS]),
        (GROUPS, _group_rows(document, notes)),
        (COEFFICIENTS, [[code, Decimal(one)] for code, one in document.get("coefficients", {}).items()]),
        (
            COSTS,
            [
                [institution, group, Decimal(one)]
                for institution, groups in document.get("cost_coefficients", {}).items()
                for group, one in groups.items()
            ],
        ),
        (HIGHS, _high_rows(document)),
        (RULES, [_rule_row(one) for one in document.get("exceptions", [])]),
    ]
    return write(sheets, (*remarks, *NOTES_TEXT))


def _at(document: Mapping[str, Any], path: Sequence[str]) -> Any:
    found: Any = document
    for step in path:
        found = found.get(step) if isinstance(found, Mapping) else None
    return found


def _told(item: Item, value: Any) -> Cell:
    if value is None:
        return None
    if item.words is not None:
        return next(word for code, word in item.words.items() if str(code) == value)
    return str(value) if item.text else Decimal(value)


def _decimal(value: Any) -> Cell:
    return None if value is None else Decimal(value)


def _group_rows(document: Mapping[str, Any], notes: Mapping[str, GroupNote]) -> Iterable[Sequence[Cell]]:
    worths = document.get("weights", document.get("points", {}))
    means, same = document.get("mean_charges", {}), set(document.get("same_price", []))
    for code in sorted({*worths, *notes}):
        note = notes.get(code, GroupNote())
        cases = None if note.cases is None else Decimal(note.cases)
        known = _decimal(worths.get(code)), _decimal(means.get(code))
        yield [code, note.name, *known, YES if code in same else None, cases, note.remark]


def _high_rows(document: Mapping[str, Any]) -> Iterable[Sequence[Cell]]:
    for row in document.get("outliers", {}).get("high", []):
        yield [_decimal(row.get("weight_up_to")), Decimal(row["above"]), Decimal(row["share"])]


def _rule_row(one: Mapping[str, Any]) -> Sequence[Cell]:
    when = one["when"]
    leaving, insurers = dict(LEAVING_TYPES), dict(SCHEMES)
    ungrouped = when.get("ungrouped")
    return [
        one["name"],
        KINDS[Kind(one["kind"])],
        BETWEEN.join(when.get("groups", [])),
        None if ungrouped is None else YES if ungrouped else NO,
        _decimal(when.get("stay_days_over")),
        _decimal(when.get("stay_days_under")),
        _decimal(when.get("charges_under")),
        when.get("flag"),
        BETWEEN.join(str(leaving.get(code, code)) for code in when.get("leaving_types", [])),
        BETWEEN.join(str(insurers.get(code, code)) for code in when.get("schemes", [])),
        PAYS[Pay(one["pay"])],
        _decimal(one.get("amount")),
    ]


def text_in(content: bytes) -> str:
    """The document of a workbook as the text of a file, read once as a book. Raises Invalid by sheet, row, column."""
    part = document_in(content)
    return text_of(document_of(rule_book_of(part, "")))


def document_in(content: bytes) -> Part:
    """The document of a workbook, with the places of its parts. Raises Invalid with every fault of its cells."""
    workbook = Workbook(content, FORMS)
    document: dict[str, Any] = {}
    general = _general(workbook, document)
    method = Method(document.get("method", Method.RATE))
    _groups(workbook, document, method)
    for row in workbook.rows(COEFFICIENTS):
        _once(row, document.setdefault("coefficients", {}), row.text(INSTITUTION), COEFFICIENT)
        workbook.places[("coefficients", row.text(INSTITUTION))] = row.place
    for row in workbook.rows(COSTS):
        if method is Method.RATE:
            row.fault(COST, "费率法没有成本系数，请清空这张工作表。")
        institution, group = row.text(INSTITUTION), row.text(GROUP)
        of_one = document.setdefault("cost_coefficients", {}).setdefault(institution, {})
        _once(row, of_one, group, COST)
        workbook.places.setdefault(("cost_coefficients", institution), row.place)
        workbook.places[("cost_coefficients", institution, group)] = row.place
    _highs(workbook, document)
    for row in workbook.rows(RULES):
        _rule(row, document.setdefault("exceptions", []))
    _together(workbook, document, general, method)
    workbook.refuse()
    return Part(document, Source("", PREFIX, WHAT, workbook.places))


def _general(workbook: Workbook, document: dict[str, Any]) -> dict[str, Row]:
    rows: dict[str, Row] = {}
    known = {item.title: item for item in ITEMS}
    for row in workbook.rows(GENERAL):
        item = known.get(row[ITEM])
        if item is None:
            row.fault(ITEM, f"不认识项目「{shown(row[ITEM])}」，请使用模板中的项目。")
        elif item.title in rows:
            row.fault(ITEM, f"项目「{item.title}」重复，请只保留一行。")
        else:
            rows[item.title] = row
            value = _value(row, item)
            if value is not None:
                _put(document, item.path, value)
                workbook.places[item.path] = row.place
    for title in (SCHEME, "来源", METHOD):
        if title not in rows:
            workbook.add(GENERAL.name, 1, ITEM, f"缺少项目「{title}」，请补上这一行。")
        elif not rows[title][VALUE]:
            rows[title].fault(VALUE, f"请填写「{title}」。")
    return rows


def _value(row: Row, item: Item) -> Any:
    if item.words is not None:
        return row.word(VALUE, {str(code): word for code, word in item.words.items()})
    if item.text:
        return row[VALUE] or None
    if item.title == PLACES:
        return row.whole(VALUE, 0, 8)
    return row.decimal(VALUE, positive=item.positive, most=item.most, places=item.places)


def _put(document: dict[str, Any], path: Sequence[str], value: Any) -> None:
    for step in path[:-1]:
        document = document.setdefault(step, {})
    document[path[-1]] = value


def _once(row: Row, into: dict[str, Any], code: str, title: str) -> None:
    """A number under a code that stands once."""
    value = row.decimal(title)
    if value is None:
        row.fault(title, "没有填写，请补填或删去该行。")
    elif code in into:
        row.fault(title, f"{shown(code)} 重复，请只保留一行。")
    else:
        into[code] = value


def _groups(workbook: Workbook, document: dict[str, Any], method: Method) -> None:
    name = "weights" if method is Method.RATE else "points"
    worths = document.setdefault(name, {})
    seen: set[str] = set()
    for row in workbook.rows(GROUPS):
        code = row.text(GROUP)
        if code and code in seen:
            row.fault(GROUP, f"病组 {shown(code)} 重复，请只保留一行。")
        seen.add(code)
        worth, mean, same = row.decimal(WORTH), row.decimal(MEAN, places=2), row.flag(SAME)
        if worth is not None:
            worths[code] = worth
        elif (mean is not None or same) and WORTH not in row.faulty:
            row.fault(WORTH, "填写了次均费用或同病同价，但没有权重或分值，请补填，或清空这一行的其他数值。")
        if mean is not None:
            document.setdefault("mean_charges", {})[code] = mean
        if same:
            document.setdefault("same_price", []).append(code)
        workbook.places[(name, code)] = workbook.places[("mean_charges", code)] = row.place


def _highs(workbook: Workbook, document: dict[str, Any]) -> None:
    rows = workbook.rows(HIGHS)
    if not rows:
        return
    outliers = document.setdefault("outliers", {})
    outliers["high"] = []
    last = Decimal(-1)
    for number, row in enumerate(rows):
        bound, above = row.decimal(UP_TO), row.decimal(ABOVE, positive=True)
        share = row.decimal(SHARE, most=1)
        for title, value in ((ABOVE, above), (SHARE, share)):
            if value is None:
                row.fault(title, "没有填写，请补填或删去该行。")
        is_last = number == len(rows) - 1
        if is_last and bound is not None:
            row.fault(UP_TO, "最后一行的「权重不超过」应留空，适用于其余病组。")
        elif not is_last and (bound is None or Decimal(bound) <= last):
            row.fault(UP_TO, "「权重不超过」应逐行增大，只有最后一行留空。")
        last = Decimal(bound) if bound is not None else last
        place: tuple[Step, ...] = ("outliers", "high", number)
        workbook.places[place] = row.place
        found = {"weight_up_to": bound, "above": above, "share": share}
        outliers["high"].append({name: value for name, value in found.items() if value is not None})


def _rule(row: Row, into: list[dict[str, Any]]) -> None:
    leaving, insurers = dict(LEAVING_TYPES), dict(SCHEMES)
    when = {
        "groups": row.codes(E_GROUPS),
        "ungrouped": row.flag(E_UNGROUPED),
        "stay_days_over": row.whole(E_OVER, 0, 36_500),
        "stay_days_under": row.whole(E_UNDER, 0, 36_500),
        "charges_under": row.decimal(E_CHARGES, places=2),
        "flag": row[E_FLAG] or None,
        "leaving_types": _known(row, E_LEAVING, leaving),
        "schemes": _known(row, E_SCHEMES, insurers),
    }
    found = {name: value for name, value in when.items() if value is not None}
    kind = row.word(E_KIND, {str(one): KINDS[one] for one in EXCEPTIONS})
    pay = row.word(E_PAY, {str(one): word for one, word in PAYS.items()})
    amount = row.decimal(E_AMOUNT)
    for title, value in ((E_KIND, kind), (E_PAY, pay)):
        if value is None:
            row.fault(title, "没有填写，请从可选的值中填写。")
    if pay is not None and (pay in (Pay.DAYS, Pay.FACTOR)) != (amount is not None):
        word = "请填写" if amount is None else "请清空"
        row.fault(E_AMOUNT, f"支付方式为「{PAYS[Pay(pay)]}」时，{word}金额或系数。")
    if not found and not row.faulty:
        row.fault("", "没有写明适用于哪些病例，请至少填写一个条件。")
    row.book.places[("exceptions", len(into))] = row.place
    told = {"name": row.text(E_NAME), "kind": kind, "when": found, "pay": pay, "amount": amount}
    into.append({name: value for name, value in told.items() if value is not None})


def _known(row: Row, title: str, words: Mapping[str, Any]) -> list[str] | None:
    """Codes by their words; what is neither stays, as an area may have codes of its own."""
    found = row.codes(title)
    codes = {str(word): code for code, word in words.items()}
    return None if found is None else [codes.get(one, one) for one in found]


def _together(workbook: Workbook, document: dict[str, Any], rows: Mapping[str, Row], method: Method) -> None:
    """What only shows when several cells are seen together."""

    def tell(title: str, message: str) -> None:
        if title in rows:
            rows[title].fault(VALUE, message)
        else:
            workbook.add(GENERAL.name, 1, ITEM, f"「{title}」：{message}")

    for title in OF_POINTS if method is Method.RATE else OF_RATE:
        if title in rows and rows[title][VALUE]:
            tell(title, f"{METHODS[method]}没有这一项，请清空。")
    if method is Method.RATE and "base_rate" not in document:
        tell("费率(元)", "费率法须填写费率。")
    outliers = document.get("outliers")
    if outliers is not None and "measured_by" not in outliers:
        tell(BY, "填写了高低倍率，请写明与支付标准还是与次均费用比较。")
    low = (outliers or {}).get("low")
    if low is not None and "below" not in low:
        tell(LOW, "填写了低倍率支付，请填写界限。")
    if low is not None and "pay" not in low:
        tell(LOW_PAY, "填写了低倍率界限，请写明怎样支付。")
    if low is not None and method is Method.POINTS and low.get("pay") == LowPay.CHARGES:
        tell(LOW_PAY, f"点数法的低倍率应为「{LOW_PAYS[LowPay.RATIO]}」。")
    if outliers is not None and method is Method.POINTS and outliers.get("measured_by") == Measure.STANDARD:
        tell(BY, f"点数法的倍率以「{MEASURES[Measure.MEAN_CHARGES]}」衡量。")
    by_mean = (outliers or {}).get("measured_by") == Measure.MEAN_CHARGES
    by_ratio = any(one.get("pay") == Pay.RATIO for one in document.get("exceptions", []))
    if (by_mean or by_ratio) and "mean_charges" not in document:
        workbook.add(GROUPS.name, 1, MEAN, "高低倍率或除外规则按次均费用计算，请填写各病组的次均费用。")
    fund = document.get("fund")
    if fund is not None:
        for title, name in (("基金算法", "method"), ("基金为负时", "negative")):
            if name not in fund:
                tell(title, "填写了基金的其他项目，请补填这一项。")
