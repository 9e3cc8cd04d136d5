"""Every figure of the daily sheet and of the fiscal report opens to what it is made up of, and that adds up to it."""

import re
from datetime import date
from decimal import Decimal
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.test import Client
from django.urls import reverse

from ops_platform.kernel import Period, Role, to_fen
from ops_platform.kernel.actor import PLATFORM
from ops_platform.ledger import services
from ops_platform.ledger.engine.chart import Dimensions
from ops_platform.ledger.engine.entry import EntryInput, Leg
from ops_platform.ledger.engine.statements import Statement
from ops_platform.ledger.layouts import layouts
from ops_platform.ledger.models import Entry
from ops_platform.ledger.selectors.statements import quarter_statements, quarters, statement
from ops_platform.masterdata.models import Institution
from tests.ledger.test_figures import begun_in_august
from tests.support import trade

pytestmark = pytest.mark.django_db
CELL = re.compile(r'<td class="text-end">\s*(?:<a href="([^"]+)">)?\s*(?:<span[^>]*>)?(-?[\d,]+\.\d\d)', re.DOTALL)
LINE = re.compile(r'href="(/ledger/(?:fiscal-report|statements)/\w+/\w+/[^"]+)"')


def booked(institution: Institution, key: str, day: str, *legs: tuple[str, str, str]) -> Entry:
    """Legs as (account, yuan with debits positive, cost item)."""
    made = []
    for account, yuan, item in legs:
        dimensions = Dimensions(cost_item=item, funding_source="basic") if item else Dimensions()
        fen = to_fen(yuan)
        made.append(Leg(account, max(fen, 0), max(-fen, 0), dimensions))
    entry = EntryInput(day=date.fromisoformat(day), summary=f"第{key}笔", source="test", key=key, legs=tuple(made))
    return services.book(PLATFORM, institution=institution, entry=entry)


@pytest.fixture
def township() -> Institution:
    """A township hospital with a first quarter: patients, grants, wages, drugs, something taken back, something of April."""
    made = trade.alliance()["T1"]
    booked(made, "1", "2026-01-15", ("1002", "5000.00", ""), ("400101", "-5000.00", ""))
    booked(made, "2", "2026-03-02", ("1002", "300.00", ""), ("4101010103", "-300.00", ""))
    booked(made, "3", "2026-03-02", ("1002", "700.50", ""), ("4101010203", "-700.50", ""))
    booked(made, "4", "2026-03-02", ("5001", "410.00", "personnel"), ("2201", "-410.00", ""))
    booked(made, "5", "2026-03-09", ("5001", "120.30", "drugs"), ("5001", "30.00", "other"), ("1002", "-150.30", ""))
    booked(made, "6", "2026-03-09", ("1002", "12.00", ""), ("4609", "-12.00", ""))
    wrong = booked(made, "7", "2026-03-20", ("1002", "99.99", ""), ("4101010103", "-99.99", ""))
    services.reverse(PLATFORM, entry_id=wrong.pk, day=date(2026, 3, 21), reason="重复")
    booked(made, "8", "2026-03-25", ("5101", "80.00", "personnel"), ("1002", "-50.00", ""), ("2201", "-30.00", ""))
    booked(made, "9", "2026-04-02", ("1002", "1.00", ""), ("4609", "-1.00", ""))
    return made


@pytest.fixture
def reader(township: Institution, client: Client) -> Client:
    client.force_login(trade.person("accountant", Role.FINANCE_OFFICER, township))
    return client


def yuan(text: str) -> Decimal:
    return Decimal(text.replace(",", ""))


def cells(page: str) -> list[tuple[str, Decimal]]:
    """What each figure of a page says, and where it leads."""
    return [(unescape(url), yuan(figure)) for url, figure in CELL.findall(page)]


def test_each_cell_of_the_daily_sheet_is_the_sum_of_the_legs_that_it_opens_to(
    reader: Client, township: Institution
) -> None:
    sheet = reader.get(reverse("ledger:day-sheet"), {"period": "2026-03"}).content.decode()
    found = cells(sheet)
    days = {"03-02", "03-09", "03-20", "03-21", "03-25"}
    assert all(f'<th scope="row">{day}' in sheet for day in days)
    assert len(found) == (len(days) + 1) * 10
    for url, figure in found:
        answer = reader.get(url)
        legs = list(answer.context["table"].data)
        assert sum((leg.amount for leg in legs), Decimal(0)) == figure, url
        assert answer.context["total"] == figure
        assert sum(row["total"] for row in answer.context["accounts"]) == figure
        for leg in legs:
            assert leg.institution_id == township.pk
            assert reverse("ledger:entry", args=[leg.entry_id]) in answer.content.decode()
        for row in answer.context["accounts"]:
            one = reader.get(
                urlsplit(url).path, {**dict(parse_qsl(urlsplit(url).query)), "account": row["account__code"]}
            )
            assert one.context["total"] == row["total"]
            assert sum(leg.amount for leg in one.context["table"].data) == row["total"]
            assert {leg.account.code for leg in one.context["table"].data} == {row["account__code"]}


def test_the_daily_sheet_says_what_was_worked_out_by_hand(reader: Client) -> None:
    sheet = reader.get(reverse("ledger:day-sheet"), {"period": "2026-03"}).content.decode()
    last = [figure for _url, figure in cells(sheet)][-10:]
    assert [str(figure) for figure in last] == [
        "300.00", "700.50", "0.00", "12.00", "1012.50", "490.00", "120.30", "30.00", "640.30", "372.20",
    ]  # fmt: skip


def opened(reader: Client, url: str, measure: str) -> Decimal:
    """What the page behind a statement's figure adds up to, from its rows."""
    context: Any = reader.get(url).context
    rows = list(context["table"].data)
    shares = getattr(context["table"], "shares", None)
    if shares is not None:  # the cash summary, the causes of a difference
        shown = Decimal(sum(shares[row.pk] for row in rows)).scaleb(-2)
        shown += sum((row["amount"] for row in context.get("standing", ())), Decimal(0))
        assert context["total"] == shown
        return shown
    moved = sum((leg.debit - leg.credit for leg in rows), Decimal(0))
    sign = 1 if context["account"].side == "debit" else -1
    if measure == "start":
        return Decimal(context["opening"])
    if measure == "end":
        assert context["closing"] == context["opening"] + moved * sign
        return Decimal(context["closing"])
    assert context["moved"] == moved * sign + context["brought"]
    return Decimal(context["moved"])


def follow(reader: Client, page: str, institution: Institution, period: str) -> int:
    """Open every figure of the institution's statements, and every account behind it; how many there were."""
    quarter = f"{period[:4]}-Q{(int(period[5:]) + 2) // 3}"
    scope = {"institution": str(institution.pk), "quarter": quarter, "period": period}
    made = {each.layout.code: each for each in _made(page, institution, period)}
    codes = [""] if page == "fiscal-report" else [*made]
    followed = 0
    for code in codes:
        answer = reader.get(reverse(f"ledger:{page}"), {**scope, "layout": code})
        for line in sorted({unescape(url) for url in LINE.findall(answer.content.decode())}):
            context: Any = reader.get(line).context
            row = context["row"]
            said = next(one for one in made[context["layout"].code].lines if one.line.key == row["line"].key)
            for place in range(len(said.values)):
                behind = [source["cells"][place] for source in row["sources"]]
                assert sum((value for value, _url in behind), Decimal(0)) == row["values"][place]
                for (value, url), source in zip(behind, said.sources, strict=True):
                    measure = source.measures[place]
                    assert abs(opened(reader, url, measure)) == abs(value), (line, measure, url)
                    followed += 1
    return followed


def _made(page: str, institution: Institution, period: str) -> list[Statement]:
    when = Period.parse(period)
    if page == "fiscal-report":
        return quarter_statements(institution=institution, quarter=quarters([period])[0])
    return [statement(institution=institution, period=when, code=code) for code in layouts()]


PAGES = pytest.mark.parametrize("page", ["fiscal-report", "statements"])


@PAGES
def test_each_figure_of_a_line_is_the_sum_of_its_accounts_and_each_of_these_of_its_legs(
    reader: Client, township: Institution, page: str
) -> None:
    assert follow(reader, page, township, "2026-03") > 60


@PAGES
def test_so_it_is_where_the_books_begin_in_mid_year(client: Client, page: str) -> None:
    hospital = begun_in_august()
    client.force_login(trade.person("clerk", Role.FINANCE_OFFICER, hospital))
    assert follow(client, page, hospital, "2026-09") > 20


def test_figures_worked_out_by_hand_stand_on_the_fiscal_report(reader: Client, township: Institution) -> None:
    text = reader.get(reverse("ledger:fiscal-line", args=["income_statement", "income"]), {"quarter": "2026-Q1"})
    assert text.context["row"]["values"] == [Decimal("6012.50"), Decimal("6012.50")]
    cash = reader.get(reverse("ledger:fiscal-line", args=["cash_summary", "out_costs"]), {"quarter": "2026-Q1"})
    assert cash.context["row"]["values"] == [Decimal("200.30"), Decimal("200.30")]


@pytest.mark.parametrize(
    "address",
    [
        "/ledger/day-sheet/{own}/2026-03/nothing/",
        "/ledger/day-sheet/{own}/2026-03/income/?day=2026-03-99",
        "/ledger/day-sheet/{own}/2026-99/income/",
        "/ledger/day-sheet/{other}/2026-03/income/",
        "/ledger/statements/nothing/assets/?period=2026-03",
        "/ledger/statements/balance_sheet/nothing/?period=2026-03",
        "/ledger/fiscal-report/balance_sheet/nothing/?quarter=2026-Q1",
        "/ledger/fiscal-report/nothing/assets/?quarter=2026-Q1",
        "/ledger/cash/{own}/2026-01/2026-03/?source=x",
        "/ledger/cash/{other}/2026-01/2026-03/?source=in:4101",
    ],
)
def test_what_is_not_there_is_not_found(reader: Client, township: Institution, address: str) -> None:
    other = Institution.objects.get(code="H1")
    assert reader.get(address.format(own=township.pk, other=other.pk)).status_code == 404
