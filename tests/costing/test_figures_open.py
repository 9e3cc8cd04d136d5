"""Every figure of every report opens to what it was made from, and that comes to the figure, to the fen."""

import re
from collections.abc import Collection, Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from costing.derivations import Kind, rounded
from costing.models import ChangeKind, CostRun, Scenario, ScenarioChange
from costing.selectors.layers import Layer
from costing.selectors.sheets import REPORTS, Scope
from costing.selectors.sheets.ranking import CHOICES
from costing.sheets import Sheet, opened
from ops_platform.identity.models import AccessLog, User
from ops_platform.kernel import Role
from ops_platform.masterdata.models import Department, Institution
from tests.support import database, trade
from tests.support.reporting import MARCH, reporting_hospital

ENTERED = "由人录入并审批的标准，打开的是标准本身"
WITHOUT_FACTS: dict[str, dict[str, str]] = {
    "item-variance": {"单位成本 标准": ENTERED},
}
MOST_QUERIES = 40  # pathways read a dozen and two for each month of the stays; everything else far less

ENTERED_PARTS = {"标准数量", "标准单位成本", "每例标准数量", "例数", "收费"}
TAIL, FEN = "尾差", Decimal("0.01")  # what the largest remainder gives or takes is made of nothing
OF_SCENARIO = {"变化", "测算直接成本"}
COMPUTED = re.compile(r"由.+分入\(.+ ÷ .+\)|分给.+\(.+ ÷ .+\)")  # a transfer that is stored nowhere says its driver


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

    def comes_to(self, url: str, amount: Decimal, kind: Kind) -> None:
        """The page behind the address shows this amount, and each part of it opens to its own."""
        if (url, amount) in self.seen:
            return
        self.seen.add((url, amount))
        page = self.page(url)
        wanted = rounded(Fraction(amount), kind)
        if "derivation" in page:
            assert page["agrees"], f"{url}: {page['worked_out']} is not {page['amount']}"
            assert rounded(Fraction(page["amount"]), kind) == wanted, url
            for line in page["lines"]:
                self.part(line.part, url)
        else:
            assert page["agrees"], f"{url}: {page['whole']} is not {page['expected']}"
            assert rounded(Fraction(page["whole"]), kind) == wanted, f"{url}: {page['whole']} is not {amount}"

    def part(self, part: Any, url: str) -> None:
        if part.made is not None:
            assert part.made.gives(part.amount, part.kind), f"{url}: {part}"
        elif part.url and part.words not in ENTERED_PARTS:
            self.comes_to(part.url, Decimal(part.amount), part.kind)
        elif part.words == TAIL:
            assert abs(part.amount) <= FEN, f"{url}: {part}"
        elif part.kind == "money":
            opens_nothing = ENTERED_PARTS | OF_SCENARIO
            silent = not part.amount or part.words in opens_nothing or COMPUTED.fullmatch(part.words)
            assert silent, f"{url}: {part} opens nothing"

    def sheet(self, code: str, **asked: str) -> Sheet:
        """A report of March as its page shows it."""
        where: dict[str, Any] = {"institution": self.hospital.pk, "period": str(MARCH), **asked}
        found: Sheet = self.client.get(reverse("costing:report", args=[code]), where).context["sheet"]
        return found

    def every_amount_opens(self, sheet: Sheet, without: Collection[str] = ()) -> int:
        """How many amounts the report has, each of which opens to what comes to it."""
        amounts = 0
        for row in sheet.rows:
            for column, cell in zip(sheet.columns, row.cells, strict=True):
                counts = column.kind == "money" and isinstance(cell.value, Decimal | int) and cell.value
                if not counts or column.name in without:
                    continue
                amounts += 1
                assert cell.url, f"{row.name} · {column.name} {cell.value} opens nothing"
                self.comes_to(cell.url, Decimal(cell.value or 0), "money")
        return amounts


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """Committed once for all reports."""
    with django_db_blocker.unblock(), database.committed_copy(connection.settings_dict["NAME"]):
        yield World()


def variants() -> Iterator[tuple[str, dict[str, str]]]:
    """Every report, with the narrowest and the widest layer of cost and each measure that it knows."""
    for code, report in REPORTS.items():
        if report.measures:
            yield from ((code, {"measure": measure}) for measure, _title in CHOICES)
        elif report.layered:
            yield from ((code, {"layer": layer.value}) for layer in (Layer.MEDICAL, Layer.HOSPITAL))
        else:
            yield code, {}


@pytest.mark.parametrize(("code", "asked"), list(variants()))
def test_every_amount_of_a_report_opens_to_what_comes_to_it(world: World, code: str, asked: dict[str, str]) -> None:
    sheet = world.sheet(code, **asked)
    assert sheet.rows, f"{code} has nothing to show in this world"
    amounts = world.every_amount_opens(sheet, WITHOUT_FACTS.get(code, {}))
    assert amounts or asked["measure"].endswith(("rate", "ratio"))


@pytest.mark.parametrize("code", ["ranking", "members"])
@pytest.mark.parametrize("measure", [measure for measure, _title in CHOICES if measure.endswith(("rate", "ratio"))])
def test_a_ratio_of_a_ranking_opens_to_what_is_divided(world: World, code: str, measure: str) -> None:
    sheet = world.sheet(code, measure=measure)
    ratios = [
        cell
        for row in sheet.rows
        for column, cell in zip(sheet.columns, row.cells, strict=True)
        if column.kind == "percent" and isinstance(cell.value, Decimal)
    ]
    assert len(ratios) > len(sheet.rows), "of the month and of the one before"
    for cell in ratios:
        assert cell.url, cell
        world.comes_to(cell.url, Decimal(cell.value or 0), "percent")


def test_every_amount_of_a_scenario_opens(world: World) -> None:
    """What stands in the run to its facts; what is computed to direct cost, what came and what went."""
    run = CostRun.objects.get(institution=world.hospital, period=str(MARCH), is_current=True)
    author = User.objects.get(username="reader")
    scenario = Scenario.objects.create(
        institution=world.hospital, run=run, title="内科增加两人", note="", created_by=author
    )
    medicine = Department.objects.get(institution=world.hospital, code="D")
    given = {"kind": ChangeKind.HEADCOUNT, "department": medicine, "value": Decimal(40)}
    ScenarioChange.objects.create(scenario=scenario, created_by=author, **given)
    sheet = world.page(reverse("costing:scenario", args=[scenario.pk]))["sheet"]
    assert world.every_amount_opens(sheet) > 10


def test_a_list_that_has_moved_since_says_so(world: World) -> None:
    """The amount that one came from stands in the address; the rows come to another one."""
    sheet = world.sheet("doctors")
    url = next(cell.url for cell in sheet.rows[0].cells if "measure=charges" in cell.url)
    page = world.client.get(re.sub(r"came=[\d.]+", "came=1.00", url))
    assert not page.context["agrees"]
    assert "请重新打开报表" in page.content.decode()


def test_who_opened_a_list_of_encounters_is_logged(world: World) -> None:
    url = world.sheet("insurers").rows[0].url
    before = AccessLog.objects.count()
    world.page(url)
    entry = AccessLog.objects.latest("pk")
    assert (AccessLog.objects.count() - before, entry.subject_type, entry.user) == (
        1,
        "costing.cases",
        User.objects.get(username="reader"),
    )
    assert entry.subject.startswith("2026-03")


def test_a_department_head_opens_the_own_cases_and_no_others(world: World) -> None:
    run = CostRun.objects.get(institution=world.hospital, period=str(MARCH), is_current=True)
    own, other = (Department.objects.get(institution=world.hospital, code=code) for code in "DE")
    head = Client()
    person = trade.person("head", Role.DEPARTMENT_HEAD, world.hospital, own)
    head.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    cases = reverse("costing:cases", args=[run.pk])
    shown = head.get(cases, {"department": own.pk}).context["found"]
    assert {one.encounter_no[:2] for one in shown.rows} == {"Z1", "Z2", "Z3"}
    assert head.get(cases, {"department": other.pk}).status_code == 404
    assert head.get(cases).status_code == 404
    assert head.get(reverse("costing:unit-cases", args=[run.pk]), {"department": own.pk}).status_code == 403


@pytest.mark.parametrize("code", [code for code, report in REPORTS.items() if code != "methods"])
def test_a_report_asks_no_more_for_what_its_figures_were_made_from(world: World, code: str) -> None:
    """The parts come from what the report has read: no query for a cell, and so none for a row."""
    run = CostRun.objects.select_related("institution").get(
        institution=world.hospital, period=str(MARCH), is_current=True
    )
    measure = REPORTS[code].measures[0][0] if REPORTS[code].measures else ""
    scope = Scope.of(run, Layer.HOSPITAL, "month", measure=measure)
    with CaptureQueriesContext(connection) as building:
        sheet = REPORTS[code].build(scope)
    with CaptureQueriesContext(connection) as opening:
        opened(sheet, lambda row, column: f"?row={row}&column={column}")
    rows = len(sheet.rows) * len(sheet.columns)
    assert len(opening) == 0
    assert len(building) <= MOST_QUERIES, f"{code}: {len(building)} queries for {rows} cells"
