"""Every figure of every report opens to what it was made from, and that comes to the figure, to the fen."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from costing.derivations import rounded
from costing.selectors.layers import Layer
from costing.selectors.sheets import REPORTS
from costing.selectors.sheets.ranking import CHOICES
from ops_platform.kernel import Role
from ops_platform.masterdata.models import Institution
from tests.support import database, trade
from tests.support.reporting import MARCH, reporting_hospital

COMPUTED = "另一种方法的结果读表时计算，没有保存，没有可打开的明细"
ENTERED = "由人录入并审批的标准，打开的是标准本身"
WITHOUT_FACTS: dict[str, dict[str, str]] = {
    "methods": {"全成本 顺序分摊": COMPUTED, "全成本 交互分摊": COMPUTED},
    "item-variance": {"单位成本 标准": ENTERED},
}
MONTHLY = "科室成本月报的栏目另行修订"


class World:
    """The hospital, a reader of it, and what was already found to come to its amount."""

    def __init__(self) -> None:
        self.hospital: Institution = reporting_hospital()
        self.client = Client()
        person = trade.person("reader", Role.FINANCE_DIRECTOR, self.hospital)
        self.client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
        self.seen: set[tuple[str, Decimal]] = set()

    def page(self, url: str) -> Any:
        """Its context; the page must be there."""
        answer = self.client.get(url)
        assert answer.status_code == 200, f"{url}: {answer.status_code}"
        return answer.context

    def comes_to(self, url: str, amount: Decimal, kind: str) -> None:
        """The page behind the address shows this amount, and each part of it opens to its own."""
        if (url, amount) in self.seen:
            return
        self.seen.add((url, amount))
        page = self.page(url)
        wanted = rounded(_fraction(amount), kind)
        if "derivation" in page:
            assert page["agrees"], f"{url}: {page['worked_out']} is not {page['amount']}"
            assert rounded(_fraction(page["amount"]), kind) == wanted, url
            for line in page["lines"]:
                self.part(line.part, url)
        else:
            assert page["agrees"], f"{url}: {page['whole']} is not {page['expected']}"
            assert rounded(_fraction(page["whole"]), kind) == wanted, f"{url}: {page['whole']} is not {amount}"

    def part(self, part: Any, url: str) -> None:
        if part.made is not None:
            assert part.made.gives(part.amount, part.kind), f"{url}: {part}"
        elif part.url and part.words not in ENTERED_PARTS:
            self.comes_to(part.url, Decimal(part.amount), part.kind)
        elif part.kind == "money":
            assert not part.amount or part.words in ENTERED_PARTS, f"{url}: {part} opens nothing"


ENTERED_PARTS = {"标准数量", "标准单位成本", "每例标准数量", "例数", "收费"}


def _fraction(amount: Decimal | int) -> Any:
    from fractions import Fraction

    return Fraction(amount)


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """Committed once for all reports."""
    with django_db_blocker.unblock(), database.committed_copy(connection.settings_dict["NAME"]):
        yield World()


def variants() -> Iterator[tuple[str, dict[str, str]]]:
    """Every report, with each layer of cost and each measure that it knows."""
    for code, report in REPORTS.items():
        if report.measures:
            yield from ((code, {"measure": measure}) for measure, _title in CHOICES)
        elif report.layered:
            yield from ((code, {"layer": layer.value}) for layer in Layer)
        else:
            yield code, {}


@pytest.mark.parametrize(("code", "asked"), list(variants()))
def test_every_amount_of_a_report_opens_to_what_comes_to_it(world: World, code: str, asked: dict[str, str]) -> None:
    if code == "monthly":
        pytest.skip(MONTHLY)
    where = {"institution": world.hospital.pk, "period": str(MARCH), **asked}
    sheet = world.client.get(reverse("costing:report", args=[code]), where).context["sheet"]
    assert sheet.rows, f"{code} has nothing to show in this world"
    amounts = 0
    for row in sheet.rows:
        for column, cell in zip(sheet.columns, row.cells, strict=True):
            if column.kind != "money" or not isinstance(cell.value, Decimal | int) or not cell.value:
                continue
            if column.name in WITHOUT_FACTS.get(code, {}):
                continue
            amounts += 1
            assert cell.url, f"{row.name} · {column.name} {cell.value} opens nothing"
            world.comes_to(cell.url, Decimal(cell.value), "money")
    assert amounts or asked.get("measure", "").endswith(("rate", "ratio"))
