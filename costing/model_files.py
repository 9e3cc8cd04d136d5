"""Allocation models and results as files (interfaces.md, allocate_costs): strict in, plain out, no database."""

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeVar

from costing.engine.allocation import Allocation
from costing.engine.findings import is_blocked
from costing.engine.model import AllocationModel, CostClass, Department, Driver, Method, Step
from ops_platform.kernel import Finding, Invalid, from_fen, to_fen

WHOLE = 100  # per cent
COST_ITEMS = ("personnel", "materials", "drugs", "depreciation", "amortisation", "risk_fund", "other")

_AMOUNT = re.compile(r"-?\d{1,16}(\.\d{1,2})?", re.ASCII)
_WEIGHT = re.compile(r"-?\d{1,30}(\.\d{1,30})?", re.ASCII)
_KINDS: dict[type, str] = {dict: "对象", list: "列表", str: "文字"}
_T = TypeVar("_T")
_E = TypeVar("_E", bound=StrEnum)


def read_model(path: Path) -> AllocationModel:
    """The model in a file; raises Invalid that names the place and says what is expected there."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise _invalid("file", f"不能读取文件 {path}：{error.strerror}。请检查路径和权限") from error
    except UnicodeDecodeError as error:
        raise _invalid("file", f"文件 {path} 不是 UTF-8 编码。请以 UTF-8 另存后重试") from error
    return parse_model(text)


def parse_model(text: str) -> AllocationModel:
    """The model in a JSON text; raises Invalid."""
    try:
        document = json.loads(text, parse_float=_Number, parse_int=_Number, object_pairs_hook=_unique_keys)
    except (ValueError, RecursionError) as error:
        raise _invalid("json", f"不是有效的 JSON:{error}。请检查文件内容") from error
    root = _typed(document, dict, "文件")
    _only(root, "文件", {"method", "departments", "costs", "steps"})
    method = _choice(root.get("method"), Method, "method")
    departments = tuple(
        _department(one, f"departments[{index}]") for index, one in enumerate(_listed(root, "departments"))
    )
    _refuse_repeated(departments)
    costs: dict[tuple[str, str], int] = {}
    for index, one in enumerate(_listed(root, "costs")):
        key, fen = _cost(one, f"costs[{index}]")
        costs[key] = costs.get(key, 0) + fen
    steps = tuple(_step(one, f"steps[{index}]") for index, one in enumerate(_listed(root, "steps")))
    return AllocationModel(method, departments, costs, steps)


def as_document(allocation: Allocation) -> dict[str, Any]:
    """The result as interfaces.md writes it: findings alone when blocked."""
    findings = [_finding(one) for one in allocation.findings]
    if is_blocked(allocation.findings):
        return {"findings": findings}
    return {
        "full_costs": [
            {"department": department, "item": item, "amount": str(from_fen(fen))}
            for (department, item), fen in allocation.full_costs.items()
        ],
        "flows": [
            {
                "step": flow.step,
                "from": flow.sender,
                "to": flow.receiver,
                "item": flow.item,
                "share": format(flow.share, "f"),
                "amount": str(from_fen(flow.amount)),
            }
            for flow in allocation.flows
        ],
        "findings": findings,
    }


def write_result(allocation: Allocation, path: Path) -> None:
    """The result as a file, the same bytes for the same result; raises Invalid when it cannot be written."""
    text = json.dumps(as_document(allocation), ensure_ascii=False, indent=1) + "\n"
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise _invalid("file", f"不能写入文件 {path}：{error.strerror}。请检查目录和权限") from error


class _Number(str):
    """A JSON number as it was written: never a float."""

    __slots__ = ()


def _finding(finding: Finding) -> dict[str, str]:
    return {
        "code": finding.code,
        "severity": finding.severity.value,
        "department": finding.subject,
        "message": finding.message,
    }


def _invalid(what: str, message: str, **context: Any) -> Invalid:
    return Invalid(f"costing.model_{what}", f"{message}。", **context)


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise _invalid("json", f"同一对象中「{twice}」出现了两次。请只保留一个", key=twice)
    return document


def _typed(value: Any, kind: type[_T], place: str) -> _T:
    if not isinstance(value, kind) or isinstance(value, _Number):
        raise _invalid("shape", f"{place} 应为{_KINDS[kind]}，现为 {_shown(value)}", place=place)
    return value


def _only(document: Mapping[str, Any], place: str, known: set[str]) -> None:
    strange = sorted(document.keys() - known)
    if strange:
        names = "、".join(sorted(known))
        raise _invalid("shape", f"{place} 中有未知的键「{strange[0]}」。可用的键：{names}", place=place)


def _listed(root: Mapping[str, Any], key: str) -> list[Any]:
    if key not in root:
        raise _invalid("shape", f"缺少「{key}」。请补充，可为空列表", place=key)
    return _typed(root[key], list, key)


def _code(value: Any, place: str) -> str:
    text = _typed(value, str, place)
    if not text.strip() or not text.isprintable():
        raise _invalid("shape", f"{place} 不能为空，也不能含控制字符", place=place)
    return text


def _choice(value: Any, kind: type[_E], place: str) -> _E:
    try:
        return kind(_typed(value, str, place))
    except ValueError as error:
        options = "、".join(kind)
        raise _invalid("choice", f"{place} 的值 {_shown(value)} 无效。可选：{options}", place=place) from error


def _department(value: Any, place: str) -> Department:
    row = _typed(value, dict, place)
    _only(row, place, {"code", "class", "name"})
    given = row.get("class")
    return Department(
        code=_code(row.get("code"), f"{place}.code"),
        cost_class=None if given in (None, "") else _choice(given, CostClass, f"{place}.class"),
        name=_typed(row.get("name", ""), str, f"{place}.name"),
    )


def _refuse_repeated(departments: tuple[Department, ...]) -> None:
    first: dict[str, int] = {}
    for index, department in enumerate(departments):
        if department.code in first:
            raise _invalid(
                "duplicate",
                f"科室 {department.code} 重复：departments[{first[department.code]}] 与 departments[{index}]。"
                "请只保留一个",
                department=department.code,
            )
        first[department.code] = index


def _cost(value: Any, place: str) -> tuple[tuple[str, str], int]:
    row = _typed(value, dict, place)
    _only(row, place, {"department", "item", "amount"})
    department = _code(row.get("department"), f"{place}.department")
    item = row.get("item")
    if item not in COST_ITEMS:
        options = "、".join(COST_ITEMS)
        raise _invalid("choice", f"{place}.item 的值 {_shown(item)} 无效。可选：{options}", place=f"{place}.item")
    amount = row.get("amount")
    if not isinstance(amount, str) or not _AMOUNT.fullmatch(amount):
        raise _invalid(
            "amount",
            f'{place}.amount(科室 {department})应为最多两位小数的金额，如 "160000.00",现为 {_shown(amount)}',
            place=f"{place}.amount",
        )
    return (department, item), to_fen(str(amount))


def _step(value: Any, place: str) -> Step:
    row = _typed(value, dict, place)
    _only(row, place, {"from", "driver", "drivers", "assignments"})
    senders = tuple(
        _code(one, f"{place}.from[{index}]") for index, one in enumerate(_typed(row.get("from"), list, f"{place}.from"))
    )
    if "driver" in row and "drivers" in row:
        raise _invalid("shape", f"{place} 同时给出了 driver 和 drivers。请只保留一个", place=place)
    shared = _driver(row["driver"], f"{place}.driver") if "driver" in row else None
    own = {
        sender: _driver(one, f"{place}.drivers.{sender}")
        for sender, one in _typed(row.get("drivers", {}), dict, f"{place}.drivers").items()
    }
    assigned = {
        sender: _assignment(one, f"{place}.assignments.{sender}")
        for sender, one in _typed(row.get("assignments", {}), dict, f"{place}.assignments").items()
    }
    for key, named in (("drivers", own), ("assignments", assigned)):
        strange = sorted(named.keys() - set(senders))
        if strange:
            raise _invalid(
                "shape",
                f"{place}.{key} 中的科室 {strange[0]} 不在 {place}.from 中。请补入或删除",
                place=f"{place}.{key}",
            )
    twice = sorted(own.keys() & assigned.keys())
    if twice:
        words = f"{place} 中科室 {twice[0]} 同时在 drivers 和 assignments 中。请只保留一处"
        raise _invalid("shape", words, place=place)
    return Step(senders, shared, own, assigned)


def _assignment(value: Any, place: str) -> Driver:
    """Shares in per cent: each above zero, together exactly 100."""
    shares = _driver(value, place)
    total = sum((Fraction(share) for share in shares.values()), Fraction(0))
    if total != WHOLE or any(share <= 0 for share in shares.values()):
        raise _invalid("assignment", f"{place} 的比例应都大于 0、合计 100,现合计 {float(total):g}", place=place)
    return shares


def _driver(value: Any, place: str) -> Driver:
    rows = _typed(value, dict, place).items()
    return {_code(receiver, place): _weight(weight, f"{place}.{receiver}") for receiver, weight in rows}


def _weight(value: Any, place: str) -> Decimal:
    if not isinstance(value, str) or not _WEIGHT.fullmatch(value):
        raise _invalid("weight", f'{place} 的动因值应为十进制数，如 "30",现为 {_shown(value)}', place=place)
    return Decimal(str(value))


def _shown(value: Any) -> str:
    """A value for a message, short."""
    if value is None:
        return "空"
    text = str(value) if isinstance(value, _Number) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:60] + "…"
