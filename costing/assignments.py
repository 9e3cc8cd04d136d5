"""Direct assignment (直接指定) in words and figures: which departments bear a cost, and which share of it each.

Shares are per cent, each above zero with at most six decimals, and exactly 100 together: whoever forgets a department is
told the sum instead of having the rest spread in silence."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from costing.tiers import is_later
from ops_platform.kernel import Invalid
from ops_platform.masterdata.models import CostClass, Department, DepartmentTerm, Institution
from ops_platform.web import formats

WHOLE = Decimal(100)
MOST_NAMED = 50
SMALLEST = Decimal("0.000001")
_PIECES = re.compile(r"[\n;；,，、]+")
_PIECE = re.compile(r"(?P<department>\S.*?)(?:[\s:：]+(?P<share>\d{1,3}(?:\.\d{1,6})?)\s*[%％]?)?")


@dataclass(frozen=True, slots=True)
class Share:
    """A department by its code, or by its name as people write it, and its share in per cent."""

    department: str
    share: Decimal


def parse(text: str) -> tuple[Share, ...]:
    """One department a line (or between semicolons), its share behind it; one alone bears everything. Raises Invalid."""
    pieces = [piece.strip() for piece in _PIECES.split(text) if piece.strip()]
    found = [_PIECE.fullmatch(piece) for piece in pieces]
    wrong = [
        piece for piece, one in zip(pieces, found, strict=True) if one is None or (len(pieces) > 1 and not one["share"])
    ]
    if wrong:
        raise _invalid(f"指定科室「{wrong[0]}」看不出比例。请每行写一个科室编码和比例，如 D02 60。")
    return tuple(Share(one["department"], Decimal(one["share"] or WHOLE)) for one in found if one)


def of_rows(rows: Iterable[Sequence[str]]) -> tuple[Share, ...]:
    """As a proposal or a scenario keeps them."""
    return tuple(Share(code, Decimal(share)) for code, share in rows)


def as_rows(shares: Iterable[Share]) -> list[list[str]]:
    """The other way round."""
    return [[one.department, format(one.share.normalize(), "f")] for one in shares]


def words(named: Iterable[tuple[str, Decimal]]) -> str:
    """骨科 60%、外科 40%."""
    return "、".join(f"{name} {formats.quantity(share)}%" for name, share in named)


def resolve(institution: Institution, shares: Sequence[Share]) -> list[tuple[Department, Decimal]]:
    """The departments that are named, in order of code. Raises Invalid for one that the institution does not have or that
    is named twice, and for shares that are not above zero or do not sum to 100."""
    if not 0 < len(shares) <= MOST_NAMED:
        raise _invalid(f"直接指定须写明 1 至 {MOST_NAMED} 个接收科室及比例，如 D02 60。")
    departments = list(Department.objects.filter(institution=institution))
    by_code = {one.code: one for one in departments}
    found: dict[str, tuple[Department, Decimal]] = {}
    for one in shares:
        department = by_code.get(one.department) or _by_name(departments, one.department)
        if department is None:
            raise _invalid(f"{institution.name}没有科室「{one.department}」。请填写科室编码。")
        if department.code in found:
            raise _invalid(f"科室{department.name}({department.code})写了两次，请合并为一行。")
        if not _is_share(one.share):
            raise _invalid(f"科室{department.name}的比例应大于 0、不超过 100，最多六位小数。")
        found[department.code] = department, one.share
    total = sum((share for _, share in found.values()), Decimal(0))
    if total != WHOLE:
        raise _invalid(f"指定科室的比例合计应为 100%，现合计 {formats.quantity(total)}%。")
    return [found[code] for code in sorted(found)]


def must_receive(
    named: Iterable[tuple[Department, Decimal]], *, cost_class: str, sender: Department | None, day: date
) -> None:
    """Raise Invalid where one that is named could not receive on the day: not begun, closed, the sender itself, or no later
    tier than `cost_class` ("" of a shared bill, which everybody may bear)."""
    named = list(named)
    terms = DepartmentTerm.objects.filter(department__in=[one.pk for one, _ in named], effective_from__lte=day)
    newest = {term.department_id: term for term in terms.order_by("effective_from", "pk")}
    for department, _share in named:
        label, term = f"{department.name}({department.code})", newest.get(department.pk)
        if department == sender:
            raise _invalid(f"{label}的成本不能指定给它自己。")
        if term is None or (term.closed_on is not None and term.closed_on <= day):
            raise _invalid(f"{label}在 {day} {'尚未生效' if term is None else '已关闭'}，不能接收成本。")
        if cost_class and not is_later(term.cost_class, cost_class):
            raise _invalid(
                f"{label}在 {day} 是{CostClass(term.cost_class).label}，不在{CostClass(cost_class).label}之后分摊，"
                "不能接收。请指定后面各级或临床服务类科室。"
            )


def _by_name(departments: Iterable[Department], name: str) -> Department | None:
    """The only one of that name."""
    same = [one for one in departments if one.name == name]
    return same[0] if len(same) == 1 else None


def _is_share(share: Decimal) -> bool:
    try:
        return SMALLEST <= share <= WHOLE and share == share.quantize(SMALLEST)
    except InvalidOperation:
        return False


def _invalid(message: str) -> Invalid:
    return Invalid("costing.assignment", message, field="assigned")
