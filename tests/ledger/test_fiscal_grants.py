"""财政拨款预算收入支出表, and carrying grants forward by what they are for."""

from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from ops_platform.kernel import Period, Role, to_fen
from ops_platform.kernel.actor import PLATFORM
from ops_platform.ledger import services
from ops_platform.ledger.engine.chart import Dimensions
from ops_platform.ledger.engine.entry import EntryInput, Leg
from ops_platform.ledger.engine.fiscal_grants import GrantRow
from ops_platform.ledger.models import PeriodBalance
from ops_platform.ledger.selectors.fiscal_grants import fiscal_grants
from ops_platform.masterdata.models import AccountingPeriod, Institution, Parameter, Scope
from ops_platform.masterdata.services import open_missing_periods
from tests.ledger.books import standing
from tests.support import trade

pytestmark = pytest.mark.django_db


def received(
    place: Institution, key: str, yuan: str, source: str, account: str, budget: str, project: str = ""
) -> None:
    """A grant comes into the bank, in both books."""
    fen, said = to_fen(yuan), Dimensions(funding_source=source, project=project)
    financial = Leg("1002", debit=fen), Leg(account, credit=fen)
    book(place, key, *financial, Leg("800102", debit=fen), Leg(budget, credit=fen, dimensions=said))


def spent(place: Institution, key: str, yuan: str, source: str, item: str = "personnel", project: str = "") -> None:
    """Something is paid for, in both books."""
    fen, cost = to_fen(yuan), Dimensions(funding_source=source, cost_item=item)
    said = Dimensions(funding_source=source, cost_item=item, project=project)
    financial = Leg("5001", debit=fen, dimensions=cost), Leg("1002", credit=fen)
    book(place, key, *financial, Leg("7201", debit=fen, dimensions=said), Leg("800102", credit=fen))


def book(place: Institution, key: str, *legs: Leg) -> None:
    entry = EntryInput(day=date(2025, 12, 9), summary="拨款", source="test", key=key, legs=legs)
    services.book(PLATFORM, institution=place, entry=entry)


@pytest.fixture
def township() -> Institution:
    """In 2025: basic grants of 100, 30 of which are spent on wages and say so, while wages of 25 and power of 60 do not say
    what they are paid from; a project grant of 40 with 15 spent; 80 for public health with 20 spent."""
    made = trade.alliance("2025-12")["T1"]
    received(made, "a", "100.00", "fiscal_basic", "400101", "6001")
    received(made, "b", "40.00", "fiscal_project", "400102", "6001", project="CT")
    received(made, "c", "80.00", "public_health", "4601", "6601")
    spent(made, "d", "30.00", "fiscal_basic")
    spent(made, "e", "25.00", "basic")
    spent(made, "f", "60.00", "basic", "other")
    spent(made, "g", "15.00", "fiscal_project", "other", project="CT")
    spent(made, "h", "20.00", "public_health")
    return made


def told(place: Institution, month: str = "2025-12") -> dict[str, tuple[int, ...]]:
    sheet = fiscal_grants(place.pk, Period.parse(month))
    assert sheet.findings == ()
    return {row.title: amounts(row) for row in sheet.rows if any(amounts(row))}


def amounts(row: GrantRow) -> tuple[int, ...]:
    """Start, income, spent, end in yuan."""
    return tuple(fen // 100 for fen in (row.start, row.income, row.spent, row.end))


def carried(place: Institution) -> None:
    open_missing_periods(place, Period(2025, 12))
    AccountingPeriod.objects.filter(institution=place, period__lt="2025-12").update(state="closed")
    services.carry_year_forward(PLATFORM, institution=place, year=2025)


def test_grants_are_told_by_what_they_are_for_and_what_was_spent_of_them(township: Institution) -> None:
    expected = {
        "一般公共预算财政拨款": (0, 140, 115, 25),
        "(一)基本支出": (0, 100, 100, 0),
        "1.人员经费": (0, 0, 55, 0),
        "2.日常公用经费": (0, 0, 45, 0),
        "(二)项目支出": (0, 40, 15, 25),
        "CT": (0, 40, 15, 25),
    }
    assert told(township) == expected, "45 of the power is beyond the grants, and own money"
    carried(township)
    assert told(township) == expected, "carrying the year changes nothing of it"
    assert told(township, "2026-01") == dict.fromkeys(("一般公共预算财政拨款", "(二)项目支出", "CT"), (25, 0, 0, 25))


def test_each_grant_is_carried_to_its_own_balance(township: Institution) -> None:
    carried(township)
    rows = PeriodBalance.objects.filter(institution=township, account__code="8101").exclude(debit=0, credit=0)
    found = rows.values_list("dimension__funding_source", "dimension__project", "credit", "debit").order_by("pk")
    net = {(source, project): credit - debit for source, project, credit, debit in found}
    assert {place: amount for place, amount in net.items() if amount} == {("fiscal_project", "CT"): 25}
    assert standing(township, "8201") == -60, "public health is earmarked"


def test_public_health_money_is_free_where_the_parameter_says_so(township: Institution) -> None:
    Parameter.objects.create(
        key="ledger.public_health_restricted",
        name="不按专项结转",
        scope=Scope.INSTITUTION,
        institution=township,
        effective_from=date(2025, 1, 1),
        value=0,
        source_mark="default",
    )
    carried(township)
    assert (standing(township, "8201"), standing(township, "8101")) == (0, -25)


def test_the_page_the_workbook_and_the_api_tell_it(township: Institution, client: Client) -> None:
    client.force_login(trade.person("officer", Role.FINANCE_OFFICER, township))
    asked = {"institution": township.pk, "period": "2025-12"}
    page = client.get(reverse("ledger:fiscal-grants"), asked).content.decode()
    assert "(一)基本支出" in page
    assert "140.00" in page
    assert reverse("ledger:fiscal-grants") in client.get(reverse("ledger:statements"), asked).content.decode()
    book_ = client.get(reverse("ledger:fiscal-grants"), {**asked, "export": "xlsx"})
    assert book_.status_code == 200
    answer = client.get("/api/v1/ledger/fiscal-grants/", {"institution": "T1", "period": "2025-12"}).json()
    assert [row["end"] for row in answer["rows"] if row["level"] == 0] == ["25.00"]
