"""Compiled schemes and rule books by their rows: reading a scheme takes a tenth of a second, so each process keeps a few."""

from datetime import date
from functools import lru_cache

from insurance_settlement.engine.codes import parse_code_table
from insurance_settlement.engine.rule_book import RuleBook, read_rule_book
from insurance_settlement.engine.scheme import Scheme, read_scheme
from insurance_settlement.models import GroupingScheme, PriceBook
from ops_platform.kernel import Conflict


@lru_cache(maxsize=8)
def _compiled(content: str, dx_codes: str, proc_codes: str) -> Scheme:
    return read_scheme(
        content.encode(), parse_code_table(dx_codes, "诊断代码表"), parse_code_table(proc_codes, "手术操作代码表")
    )


def compiled_scheme(row: GroupingScheme) -> Scheme:
    """The engine's scheme of a row."""
    return _compiled(row.content, row.dx_codes, row.proc_codes)


@lru_cache(maxsize=8)
def _book(name: str, content: str) -> RuleBook:
    return read_rule_book(content.encode(), name)


def rule_book(row: PriceBook) -> RuleBook:
    """The engine's rule book of a row."""
    return _book(row.name, row.content)


def price_book_at(day: date) -> PriceBook:
    """The price book in force on a day, with its scheme. Raises Conflict when there is none yet."""
    row = PriceBook.objects.select_related("scheme").filter(effective_from__lte=day).order_by("-effective_from").first()
    if row is None:
        raise Conflict(
            "insurance_settlement.no_price_book",
            f"{day} 没有生效的分组方案与价格规则。请在「医保结算→分组方案」中导入。",
        )
    return row
