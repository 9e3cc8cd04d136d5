"""Compiled schemes and rule books by their rows: reading a scheme takes a tenth of a second, so each process keeps a few.

A scheme of either kind (DRG, DIP) answers the same questions: the group of a case, why, and what its codes are called.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache, partial

from django.db.models import F, Q

from insurance_settlement.engine import dip, grouping
from insurance_settlement.engine.case import Case, Grouping
from insurance_settlement.engine.codes import CodeTable, parse_code_table
from insurance_settlement.engine.dip_catalogue import read_catalogue
from insurance_settlement.engine.rule_book import RuleBook, read_rule_book
from insurance_settlement.engine.scheme import Scheme, read_scheme
from insurance_settlement.engine.why_not import why_not_disease, why_not_group
from insurance_settlement.models import AreaMember, GroupingScheme, PriceBook, SchemeKind
from ops_platform.kernel import Conflict

ONE = Decimal(1)
DX_TABLE, PROC_TABLE = "诊断代码表", "手术操作代码表"


@dataclass(frozen=True, slots=True)
class Found:
    """The group of a case: MDC and ADRG only by DRG, `code` of the group or disease; `factor` of auxiliary lists (1 by DRG);
    `reasons` where they were asked for."""

    mdc: str
    adrg: str
    code: str
    status: str
    grouped: bool
    factor: Decimal = ONE
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Compiled:
    """A scheme ready for use: `titles` of its groups, the tables of codes, and the questions: the group of a case, with its
    reasons, and why it is not another one."""

    kind: SchemeKind
    titles: Mapping[str, str]
    dx: CodeTable
    proc: CodeTable
    group: Callable[[Case], Found]
    explain: Callable[[Case], Found]
    why_not: Callable[[Case, str], tuple[str, ...]]


def _drg(scheme: Scheme, ask: Callable[[Scheme, Case], Grouping], case: Case) -> Found:
    found = ask(scheme, case)
    return Found(found.mdc, found.adrg, found.drg, found.status, found.grouped, reasons=found.reasons)


def _dip(catalogue: dip.Catalogue, case: Case) -> Found:
    found = dip.match(catalogue, case)
    return Found("", "", found.disease, found.status, found.disease != dip.UNGROUPED, found.factor, found.reasons)


def compile_scheme(kind: str, content: bytes, dx: CodeTable, proc: CodeTable) -> Compiled:
    """From the bytes of its file. Raises Invalid with path and line."""
    if kind == SchemeKind.DIP:
        catalogue = read_catalogue(content, dx, proc)
        ask = partial(_dip, catalogue)
        return Compiled(SchemeKind.DIP, catalogue.titles, dx, proc, ask, ask, partial(why_not_disease, catalogue))
    scheme = read_scheme(content, dx, proc)
    return Compiled(
        SchemeKind.DRG,
        scheme.drg_names,
        dx,
        proc,
        partial(_drg, scheme, grouping.group),
        partial(_drg, scheme, grouping.explain),
        partial(why_not_group, scheme),
    )


@lru_cache(maxsize=8)
def _compiled(kind: str, content: str, dx_codes: str, proc_codes: str) -> Compiled:
    dx, proc = parse_code_table(dx_codes, DX_TABLE), parse_code_table(proc_codes, PROC_TABLE)
    return compile_scheme(kind, content.encode(), dx, proc)


def compiled_scheme(row: GroupingScheme) -> Compiled:
    """The engine's scheme of a row."""
    return _compiled(row.kind, row.content, row.dx_codes, row.proc_codes)


def names_of_answers(row: GroupingScheme) -> dict[str, str]:
    """The names of all that a case may be grouped to, those without a group among it."""
    return {dip.UNGROUPED: "未入组", **compiled_scheme(row).titles}


@lru_cache(maxsize=8)
def _book(name: str, content: str) -> RuleBook:
    return read_rule_book(content.encode(), name)


def rule_book(row: PriceBook) -> RuleBook:
    """The engine's rule book of a row."""
    return _book(row.name, row.content)


def area_at(institution: int, day: date) -> int | None:
    """The pooling area an institution belongs to on a day; None: the rules that hold for everybody."""
    rows = AreaMember.objects.filter(institution=institution, effective_from__lte=day).order_by("-effective_from")
    return rows.values_list("area", flat=True).first()


def book_in_force(institution: int, day: date) -> PriceBook | None:
    """The newest price book of the institution's area that has begun, else the newest that holds for everybody."""
    area = area_at(institution, day)
    rows = PriceBook.objects.select_related("scheme").filter(effective_from__lte=day)
    mine = rows.filter(Q(area=None) | Q(area=area)) if area else rows.filter(area=None)
    return mine.order_by(F("area").desc(nulls_last=True), "-effective_from").first()


def price_book_at(institution: int, day: date) -> PriceBook:
    """The price book in force for an institution on a day, with its scheme. Raises Conflict when there is none yet."""
    row = book_in_force(institution, day)
    if row is None:
        raise Conflict(
            "insurance_settlement.no_price_book",
            f"{day} 没有生效的分组方案与价格规则。请在「医保结算→分组方案」中导入。",
        )
    return row
