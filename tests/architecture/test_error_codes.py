"""docs/errors.md lists exactly the codes that the code can give, each with the place where it appears.

Codes are found in the syntax tree: the first argument (or `code=`) of whatever carries a code. It is a text, or a text
composed of constants of the module. All else must stand in COMPOSED, which says where such a code comes from; a new way
of composing one fails here until it is entered.
"""

import ast
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

from ops_platform.his_intake.datasets.fields import _REFERENCE_TITLES
from ops_platform.his_intake.quality.rules import RULES
from ops_platform.web.problems import CODES
from tests.architecture.source import called, modules, table_rows, tree

Found = Iterator[tuple[str, str]]  # code, where it appears: an HTTP status, row, finding
FORM = re.compile(r"[a-z_]+\.[a-z0-9_]+")

SETTLEMENT = Path("insurance_settlement/engine")
AGREEMENTS = Path("costing/engine/agreements.py")
SCHEME, RULE_BOOK = "insurance_settlement.scheme", "insurance_settlement.rule_book"
CATALOGUE = "insurance_settlement.catalogue"
FRONT_PAGE = "insurance_settlement.front_page_rules"
DOCUMENTS = {
    "json_parts.py": (SCHEME, RULE_BOOK, CATALOGUE, FRONT_PAGE),
    "rule_book.py": (RULE_BOOK,),
    "rule_book_checks.py": (RULE_BOOK,),
    "dip_catalogue.py": (CATALOGUE,),
    "front_page_rules.py": (FRONT_PAGE,),
}
API = Path("ops_platform/his_intake/api.py")
INTAKE = Path("ops_platform/his_intake/services/sorting.py")
GATE = Path("ops_platform/masterdata/services/periods.py")
LEDGER_ENTRY = Path("ops_platform/ledger/engine/entry.py")
FIELDS = Path("ops_platform/his_intake/datasets/fields.py")


def statuses() -> dict[str, str]:
    """Every refusal of the trade (DomainError and what derives from it) with its HTTP status."""
    known = {"DomainError": "400"}
    classes = [node for path in modules() for node in ast.walk(tree(path)) if isinstance(node, ast.ClassDef)]
    while True:
        news = {
            node.name: _status(node) or known[base.id]
            for node in classes
            for base in node.bases
            if isinstance(base, ast.Name) and base.id in known and node.name not in known
        }
        if not news:
            return known
        known |= news


def _status(node: ast.ClassDef) -> str:
    for statement in node.body:
        if isinstance(statement, ast.Assign) and [getattr(t, "id", "") for t in statement.targets] == ["status"]:
            return str(ast.literal_eval(statement.value))
    return ""


CARRIERS = statuses() | {"Finding": "finding", "Fault": "row", "Check": "row", "AuthenticationFailed": "401"}


def _calls(path: Path) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree(path)) if isinstance(node, ast.Call))


def _first_texts(path: Path, name: str) -> Iterator[str]:
    """The first argument of every call of `name` in a module."""
    for call in _calls(path):
        if called(call) == name:
            yield ast.literal_eval(call.args[0])


def _part_refusals() -> Found:
    """`Part.refuse(what, …)` → prefix of the document being read + what."""
    for path in modules():
        if SETTLEMENT in path.parents:
            for what in _first_texts(path, "refuse"):
                yield from ((f"{prefix}_{what}", "422") for prefix in DOCUMENTS.get(path.name, (SCHEME,)))


def _unreadable_documents() -> Found:
    """`load_json` of json_parts → prefix + what."""
    for node in ast.walk(tree(SETTLEMENT / "json_parts.py")):
        match node:
            case ast.JoinedStr(values=[ast.FormattedValue(value=ast.Name(id="prefix")), ast.Constant(value=what)]):
                yield from ((f"{prefix}{what}", "422") for prefix in (SCHEME, RULE_BOOK, CATALOGUE, FRONT_PAGE))


def _odd_schemes() -> Found:
    yield from ((f"{SCHEME}_{what}", "finding") for what in _first_texts(SETTLEMENT / "scheme_checks.py", "_found"))


def _model_files() -> Found:
    yield from ((f"costing.model_{what}", "422") for what in _first_texts(Path("costing/model_files.py"), "_invalid"))


def _broken_agreements() -> Found:
    yield from ((f"costing.{what}", "finding") for what in _first_texts(AGREEMENTS, "_finding"))


def _faulty_agreements() -> Found:
    """`_check` refuses an agreement with the code of the first fault of its terms."""
    for call, function in _with_functions(AGREEMENTS):
        if called(call) == "_finding" and function == "_faults":
            yield f"costing.{ast.literal_eval(call.args[0])}", "422"


def _faulty_entries() -> Found:
    """`check` refuses an entry with the code of its first fault."""
    yield from ((code, "422") for code in _first_texts(LEDGER_ENTRY, "_fault"))


def _broken_books() -> Found:
    yield from ((code, "finding") for code in _first_texts(Path("ops_platform/ledger/integrity.py"), "_broken"))


def _broken_chain() -> Found:
    yield from ((code, "finding") for code in _first_texts(Path("ops_platform/audit/chain.py"), "_fault"))


def _field_types() -> Found:
    """`fault_code` of every field type."""
    for node in ast.walk(tree(FIELDS)):
        if isinstance(node, ast.FunctionDef) and node.name == "fault_code":
            returned = node.body[-1]
            assert isinstance(returned, ast.Return)
            assert isinstance(returned.value, ast.Constant)
            yield f"his_intake.{returned.value.value}", "row"


def _references() -> Found:
    yield from ((f"his_intake.unknown_{to}", "row") for to in _REFERENCE_TITLES)


def _closed_months() -> Found:
    """`PeriodGate.refusal` answers code and words of a month that takes no facts."""
    for node in ast.walk(tree(GATE)):
        if isinstance(node, ast.FunctionDef) and node.name == "refusal":
            texts = (inner.value for inner in ast.walk(node) if isinstance(inner, ast.Constant))
            yield from ((text, "row") for text in texts if isinstance(text, str) and FORM.fullmatch(text))


def _passed_on() -> Found:
    """The code of something that is collected where it was made."""
    yield from ()


def _unreadable_body() -> Found:
    """`_as_bad_body` turns what `formats.from_json` refuses into 400."""
    yield "his_intake.not_json", "400"


COMPOSED: dict[tuple[Path, str], Callable[[], Found]] = {
    (SETTLEMENT / "json_parts.py", "load_json"): _unreadable_documents,
    (SETTLEMENT / "json_parts.py", "read_document"): _unreadable_documents,
    (SETTLEMENT / "json_parts.py", "unique"): _unreadable_documents,
    (SETTLEMENT / "json_parts.py", "refuse_constant"): _unreadable_documents,
    (SETTLEMENT / "json_parts.py", "refuse"): _part_refusals,
    (SETTLEMENT / "scheme_checks.py", "_found"): _odd_schemes,
    (Path("costing/model_files.py"), "_invalid"): _model_files,
    (AGREEMENTS, "_finding"): _broken_agreements,
    (Path("costing/services/agreements.py"), "_check"): _faulty_agreements,
    (Path("ops_platform/audit/chain.py"), "_fault"): _broken_chain,
    (LEDGER_ENTRY, "_fault"): _faulty_entries,
    (Path("ops_platform/ledger/services/booking.py"), "check"): _faulty_entries,
    (Path("ops_platform/ledger/integrity.py"), "_broken"): _broken_books,
    (FIELDS, "parse_present"): _field_types,
    (FIELDS, "resolve"): _references,
    (INTAKE, "_refuse_months"): _closed_months,
    (INTAKE, "refuse_closed_history"): _closed_months,
    (INTAKE, "stage"): _passed_on,
    (API, "_as_bad_body"): _unreadable_body,
}
# formats.from_json is called by the API only, which answers 400
ONLY_AS = {"his_intake.not_json": {"400"}}


def _constants(path: Path) -> dict[str, str]:
    return {
        statement.targets[0].id: statement.value.value
        for statement in tree(path).body
        if isinstance(statement, ast.Assign)
        and isinstance(statement.targets[0], ast.Name)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    }


def _text(node: ast.expr, constants: dict[str, str]) -> str | None:
    """The text an expression stands for, None when it is not made of constants."""
    match node:
        case ast.Constant(value=str() as text):
            return text
        case ast.Name(id=name):
            return constants.get(name)
        case ast.FormattedValue(value=inner):
            return _text(inner, constants)
        case ast.JoinedStr(values=parts):
            texts = [_text(part, constants) for part in parts]
            return None if None in texts else "".join(map(str, texts))
    return None


def _with_functions(path: Path) -> Iterator[tuple[ast.Call, str]]:
    """Every call of a module with the name of the innermost function around it."""

    def walk(node: ast.AST, inside: str) -> Iterator[tuple[ast.Call, str]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Call):
                yield child, inside
            yield from walk(child, child.name if isinstance(child, ast.FunctionDef) else inside)

    return walk(tree(path), "")


def raised() -> tuple[dict[str, set[str]], list[str]]:
    """Every code with the places where it appears, and what could not be read."""
    found: dict[str, set[str]] = defaultdict(set)
    unread, used = [], set()
    for path in modules():
        constants = _constants(path)
        for call, function in _with_functions(path):
            if called(call) == "problem" and len(call.args) > 1 and isinstance(call.args[1], ast.Constant):
                found[call.args[1].value].add(str(ast.literal_eval(call.args[0])))
            if called(call) not in CARRIERS:
                continue
            keyword = next((one.value for one in call.keywords if one.arg == "code"), None)
            first = keyword or (call.args[0] if call.args and called(call) != "AuthenticationFailed" else None)
            code = _text(first, constants) if first is not None else None
            if code is not None and FORM.fullmatch(code):
                found[code].add(CARRIERS[called(call)])
            elif (path, function) in COMPOSED:
                used.add((path, function))
            else:
                unread.append(f"{path}:{call.lineno} {called(call)} in {function or 'module'}")
    for key in used:
        for code, place in COMPOSED[key]():
            found[code].add(place)
    unread += [f"COMPOSED names {path} {function}, which composes no code" for path, function in COMPOSED.keys() - used]
    for status, code in CODES.items():
        found[code].add(str(status))
    return {code: ONLY_AS.get(code, places) for code, places in found.items()}, unread


def documented() -> list[tuple[str, set[str]]]:
    """Code and places of every row of docs/errors.md but those of the quality rules."""
    rows = [(cells[0].strip("`"), cells) for cells in table_rows("errors.md")]
    return [(code, set(re.split(r",\s*", cells[1]))) for code, cells in rows if "." in code]


def test_every_code_can_be_read_from_the_source() -> None:
    assert raised()[1] == []


def test_errors_page_lists_exactly_the_codes_of_the_source() -> None:
    codes = [code for code, _ in documented()]
    assert len(codes) == len(set(codes)), "a code stands twice"
    assert set(raised()[0]) - set(codes) == set(), "missing in docs/errors.md"
    assert set(codes) - set(raised()[0]) == set(), "stale in docs/errors.md"


def test_errors_page_says_where_a_code_appears() -> None:
    source = raised()[0]
    assert {code: places for code, places in documented() if source.get(code) != places} == {}


def test_errors_page_lists_exactly_the_quality_rules() -> None:
    listed = [cells[0].strip("`") for cells in table_rows("errors.md") if "." not in cells[0]]
    assert listed == sorted(rule.code for rule in RULES)


def test_codes_begin_with_an_app() -> None:
    apps = {path.parts[1] if path.parts[0] == "ops_platform" else path.parts[0] for path in modules()}
    assert {code for code in raised()[0] if code.partition(".")[0] not in apps} == set()


def test_every_row_says_what_it_means_and_what_to_do() -> None:
    assert [cells[0] for cells in table_rows("errors.md") if len(cells) < 3 or not all(cells)] == []
