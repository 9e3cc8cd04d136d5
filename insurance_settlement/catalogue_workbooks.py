"""A city's DIP catalogue as a workbook: out with its diseases and lists, in as the document that the engine reads
(docs/algorithms/dip.md). Its code tables stay files of their own.

Written and read again a catalogue is the same; one that a workbook cannot hold is not written.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import IO, Any

from insurance_settlement.engine.dip import KIND_WORDS, Catalogue, Combine, ProcedureKind
from insurance_settlement.engine.dip_catalogue import PREFIX, catalogue_of, check_catalogue
from insurance_settlement.engine.documents import document_of_catalogue, text_of
from insurance_settlement.engine.json_parts import Part, Source
from insurance_settlement.rule_sheets import BETWEEN, NO, YES, Cell, Row, SheetForm, Workbook, shown, write
from ops_platform.kernel import Conflict, Invalid

WHAT = "病种目录"
ITEM, VALUE, NOTE = "项目", "值", "说明"
CODE, NAME, DIAGNOSIS, PROCEDURES = "病种编码", "病种名称", "诊断编码", "操作编码"
KIND, RANGE = "操作类别", "诊断范围"
LIST, FACTOR, FROM, TO = "名称", "系数", "年龄不小于", "年龄不大于"
ANY, NUMBER, ONLY = "次要诊断之一", "次要诊断数不少于", "限病种"

GENERAL = SheetForm("目录", (f"{ITEM}*", f"{VALUE}*", NOTE), "目录名称、来源和匹配方式。")
CORES = SheetForm(
    "核心病种",
    (f"{CODE}*", f"{NAME}*", f"{DIAGNOSIS}*", PROCEDURES),
    f"每个核心病种一行。编码代表以它开头的全部编码；多个操作用 {BETWEEN} 分隔，主要操作在前，须全部具备；保守治疗留空。",
)
WIDES = SheetForm(
    "综合病种",
    (f"{CODE}*", f"{NAME}*", f"{KIND}*", RANGE),
    f"没有核心病种时按诊断范围和操作类别匹配。多个范围用 {BETWEEN} 分隔；留空表示全部诊断。",
)
KINDS = SheetForm("操作类别", (f"{PROCEDURES}*", f"{KIND}*"), "哪些操作计入、属于哪一类；没有列出的不计入(保守治疗)。")
LISTS = SheetForm(
    "辅助目录",
    (f"{LIST}*", f"{FACTOR}*", FROM, TO, ANY, NUMBER, ONLY),
    f"对分值的调整系数。填写的条件须同时成立，至少填写一个；多个编码用 {BETWEEN} 分隔。",
)
FORMS = (GENERAL, CORES, WIDES, KINDS, LISTS)
COMBINES = {Combine.PRODUCT: "相乘", Combine.HIGHEST: "取最高", Combine.FIRST: "取第一个"}
TITLE, SOURCE, FIRST, COMBINE = "目录名称", "来源", "主要操作须为病例的第一操作", "多个调整同时符合时"
ITEMS = (
    (TITLE, "catalogue", "例如：某市 2026 年 DIP 病种目录"),
    (SOURCE, "source", "文件名称与文号"),
    (FIRST, "main_procedure_first", f"{YES}或{NO}，留空为{NO}"),
    (COMBINE, "combine", "、".join(COMBINES.values()) + "，留空为相乘"),
)
NOTES_TEXT = (
    "在各工作表中从第二行起填写，不要改动工作表名称和表头；带 * 的列必填。本表不会被读取。",
    "编码按原样匹配，请勿让表格软件改成数字(例如 51.10 变成 51.1)。有一处错误时整个文件不导入，并指出工作表、行和列。",
)


def write_catalogue(catalogue: Catalogue) -> IO[bytes]:
    """Every disease and list of a catalogue. Raises Conflict for one that does not come back as it is."""
    document = document_of_catalogue(catalogue)
    file = _write(document)
    try:
        again = document_of_catalogue(catalogue_of(document_in(file.read())))
    except Invalid as error:
        raise _unfit() from error
    if again != document:
        raise _unfit()
    file.seek(0)
    return file


def _unfit() -> Conflict:
    return Conflict(
        "insurance_settlement.catalogue_no_workbook",
        f"这份病种目录有表格不能原样表示的内容(例如含空格或 {BETWEEN} 的编码)，不能导出为 Excel。请使用 JSON 文件。",
    )


def write_template() -> IO[bytes]:
    """An empty catalogue to be filled in."""
    return _write({})


def _write(document: Mapping[str, Any]) -> IO[bytes]:
    sheets: list[tuple[SheetForm, Iterable[Sequence[Cell]]]] = [
        (GENERAL, [[title, _told(document.get(name)), note] for title, name, note in ITEMS]),
        (
            CORES,
            [[one["code"], one["name"], one["diagnosis"], _codes(one, "procedures")] for one in _of(document, "core")],
        ),
        (
            WIDES,
            [
                [one["code"], one["name"], _kind(one["kind"]), _codes(one, "diagnoses")]
                for one in _of(document, "comprehensive")
            ],
        ),
        (KINDS, [[code, _kind(kind)] for code, kind in document.get("procedure_kinds", {}).items()]),
        (LISTS, [_list_row(one) for one in _of(document, "adjustments")]),
    ]
    return write(sheets, NOTES_TEXT)


def _of(document: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = document.get(name, [])
    return found


def _told(value: Any) -> Cell:
    if isinstance(value, bool):
        return YES if value else NO
    return COMBINES[Combine(value)] if value in tuple(Combine) else value


def _kind(code: str) -> str:
    return KIND_WORDS[ProcedureKind(code)]


def _codes(one: Mapping[str, Any], name: str) -> str:
    return BETWEEN.join(one.get(name, []))


def _list_row(one: Mapping[str, Any]) -> Sequence[Cell]:
    numbers = {name: None if one.get(name) is None else Decimal(one[name]) for name in ("age_from", "age_to")}
    least = one.get("secondary_at_least")
    return [
        one["name"],
        Decimal(one["factor"]),
        numbers["age_from"],
        numbers["age_to"],
        _codes(one, "any_diagnosis"),
        None if least is None else Decimal(least),
        _codes(one, "diseases"),
    ]


def text_in(content: bytes) -> str:
    """The document of a workbook as the text of a file, read once as a catalogue that is to hold. Raises Invalid by sheet,
    row, column."""
    root = document_in(content)
    catalogue = catalogue_of(root)
    check_catalogue(root)
    return text_of(document_of_catalogue(catalogue))


def document_in(content: bytes) -> Part:
    """The document of a workbook, with the places of its parts. Raises Invalid with every fault of its cells."""
    workbook = Workbook(content, FORMS)
    document: dict[str, Any] = {}
    _general(workbook, document)
    for name, form, read in (
        ("core", CORES, _core),
        ("comprehensive", WIDES, _comprehensive),
        ("adjustments", LISTS, _adjustment),
    ):
        rows = workbook.rows(form)
        if rows or name == "core":
            document[name] = [read(row) for row in rows]
        for number, row in enumerate(rows):
            workbook.places[(name, number)] = row.place
    kinds: dict[str, Any] = {}
    for row in workbook.rows(KINDS):
        code = row.text(PROCEDURES)
        if code in kinds:
            row.fault(PROCEDURES, f"操作 {shown(code)} 重复，请只保留一行。")
        kinds[code] = _kind_of(row)
        workbook.places[("procedure_kinds", code)] = row.place
    if kinds:
        document["procedure_kinds"] = kinds
    workbook.refuse()
    return Part(document, Source("", PREFIX, WHAT, workbook.places))


def _general(workbook: Workbook, document: dict[str, Any]) -> None:
    known = {title: name for title, name, _ in ITEMS}
    seen: set[str] = set()
    for row in workbook.rows(GENERAL):
        title = row[ITEM]
        if title not in known:
            row.fault(ITEM, f"不认识项目「{shown(title)}」，请使用模板中的项目。")
            continue
        if title in seen:
            row.fault(ITEM, f"项目「{title}」重复，请只保留一行。")
        seen.add(title)
        value: Any = row[VALUE] or None
        if title == FIRST:
            value = row.flag(VALUE)
        elif title == COMBINE:
            value = row.word(VALUE, {str(one): word for one, word in COMBINES.items()})
        elif value is None:
            row.fault(VALUE, f"请填写「{title}」。")
        if value is not None:
            document[known[title]] = value
            workbook.places[(known[title],)] = row.place
    for title in (TITLE, SOURCE):
        if title not in seen:
            workbook.add(GENERAL.name, 1, ITEM, f"缺少项目「{title}」，请补上这一行。")


def _core(row: Row) -> dict[str, Any]:
    found = {"code": row.text(CODE), "name": row.text(NAME), "diagnosis": row.text(DIAGNOSIS)}
    procedures = row.codes(PROCEDURES)
    return found if procedures is None else {**found, "procedures": procedures}


def _kind_of(row: Row) -> str | None:
    found = row.word(KIND, {str(one): word for one, word in KIND_WORDS.items()})
    if found is None:
        row.fault(KIND, f"没有填写，请填 {'、'.join(KIND_WORDS.values())} 之一。")
    return found


def _comprehensive(row: Row) -> dict[str, Any]:
    found = {"code": row.text(CODE), "name": row.text(NAME), "kind": _kind_of(row), "diagnoses": row.codes(RANGE)}
    return {name: value for name, value in found.items() if value is not None}


def _adjustment(row: Row) -> dict[str, Any]:
    factor = row.decimal(FACTOR)
    if factor is None:
        row.fault(FACTOR, "没有填写，请补填。")
    found = {
        "name": row.text(LIST),
        "factor": factor,
        "age_from": row.whole(FROM, 0, 200),
        "age_to": row.whole(TO, 0, 200),
        "any_diagnosis": row.codes(ANY),
        "secondary_at_least": row.whole(NUMBER, 1, 100),
        "diseases": row.codes(ONLY),
    }
    kept = {name: value for name, value in found.items() if value is not None}
    if not kept.keys() - {"name", "factor"} and not row.faulty:
        row.fault("", "没有写明适用于哪些病例，请至少填写一个条件。")
    return kept
