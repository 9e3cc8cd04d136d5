"""The monthly report to the insurer: figures worked out by hand, the tie to the books, the page and the workbook."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from ops_platform.kernel import Period, Role, to_fen
from ops_platform.kernel.actor import PLATFORM
from ops_platform.ledger import services
from ops_platform.ledger.engine.chart import Dimensions
from ops_platform.ledger.engine.entry import EntryInput, credit, debit
from ops_platform.ledger.engine.insurer_report import Fees, receivable_report
from ops_platform.ledger.models import Account, BooksMode, EventBooking, LocalAccount
from ops_platform.ledger.selectors.insurer_report import InsurerReport, insurer_report
from ops_platform.masterdata.models import Institution
from tests.support import trade
from tests.support.downloads import book_of

pytestmark = pytest.mark.django_db
MARCH = Period(2026, 3)
ADDRESS = "/ledger/insurer-report/"
RESIDENT, EMPLOYEE = (Dimensions(insurer="QHX", scheme=scheme) for scheme in ("resident", "employee"))


@pytest.fixture
def members() -> dict[str, Institution]:
    return trade.alliance()


@pytest.fixture
def hospital(members: dict[str, Institution]) -> Institution:
    """March: an outpatient with a refund, an emergency, a stay from February, one insured elsewhere, one who pays alone,
    and a visit of February without charges in March."""
    hospital = members["H1"]
    trade.landed(hospital, "departments", [trade.department("NK")])
    trade.landed(
        hospital, "charge-items", [trade.item("ZC", fee_class="consultation"), trade.item("CW", fee_class="bed")]
    )
    trade.landed(
        hospital,
        "encounters",
        [
            trade.visit("MZ1", "NK", insurer="QHX"),
            trade.visit("JZ1", "NK", kind="emergency", insurer="QHX", scheme="employee"),
            trade.visit(
                "ZY1",
                "NK",
                when="2026-02-27T08:00:00",
                kind="inpatient",
                insurer="QHX",
                scheme="employee",
                discharged="2026-03-10T10:00:00",
            ),
            trade.visit("MZ2", "NK", insurer="SYB", scheme="elsewhere"),
            trade.visit("MZ3", "NK", scheme="self_pay"),
            trade.visit("MZ4", "NK", when="2026-02-28T23:59:59", insurer="QHX"),
            trade.visit("ZY2", "NK", kind="inpatient", insurer="QHX"),
        ],
    )
    trade.landed(
        hospital,
        "charge-lines",
        [
            trade.charge("MZ1", 1, "ZC", "NK", "NK", "20.00", insured_amount="14.00"),
            trade.charge("MZ1", 2, "ZC", "NK", "NK", "80.00", insured_amount="56.00"),
            trade.charge("JZ1", 1, "ZC", "NK", "NK", "100.00", insured_amount="85.00"),
            trade.charge("ZY1", 1, "CW", "NK", "NK", "300.00", insured_amount="240.00"),
            trade.charge("ZY1", 2, "CW", "NK", "NK", "999.00", when="2026-02-28T09:00:00", insured_amount="900.00"),
            trade.charge("MZ2", 1, "ZC", "NK", "NK", "50.00", insured_amount="20.00"),
            trade.charge("MZ3", 1, "ZC", "NK", "NK", "30.00"),
        ],
    )
    refund = {"insured_amount": "-56.00", "refund_of": "2", "when": "2026-03-06T09:00:00"}
    trade.landed(hospital, "charge-lines", [trade.charge("MZ1", 3, "ZC", "NK", "NK", "-80.00", **refund)])
    return hospital


def booked(institution: Institution) -> None:
    """The vouchers of the month, what stood before, and what the insurer remitted."""
    for key, day, owes, other, yuan, payer in (
        ("1", "2026-02-10", debit, credit, "1000.00", RESIDENT),
        ("2", "2026-03-20", credit, debit, "400.00", RESIDENT),
    ):
        legs = (owes("12120201", to_fen(yuan), payer), other("1002", to_fen(yuan), Dimensions()))
        legs = legs if owes is debit else legs[::-1]
        entry = EntryInput(day=date.fromisoformat(day), summary="医保款", source="test", key=key, legs=legs)
        services.book(PLATFORM, institution=institution, entry=entry)
    services.book_events(PLATFORM, institution=institution, period=MARCH)


def signed_in(institution: Institution, role: Role = Role.FINANCE_OFFICER) -> Client:
    client = Client()
    client.force_login(trade.person("x", role, institution), backend="django.contrib.auth.backends.ModelBackend")
    return client


def page(client: Client, **query: str) -> str:
    answer = client.get(ADDRESS, {"period": "2026-03"} | query)
    assert answer.status_code == 200
    return answer.content.decode()


def report_of(institution: Institution, insurer: str = "") -> InsurerReport:
    return insurer_report(institution=institution, period=MARCH, insurer=insurer)


def told(row: Fees) -> list[Any]:
    """Counts, then yuan as written."""
    yuan = [f"{Decimal(fen) / 100:.2f}" for fen in (row.outpatient, row.inpatient, row.insured_outpatient)]
    yuan += [f"{Decimal(fen) / 100:.2f}" for fen in (row.insured_inpatient, row.own)]
    means = [str(each) for each in (row.ratio, row.fee_per_visit, row.fee_per_discharge)]
    return [row.visits, row.discharges, *yuan, *means]


def test_visits_and_fees_are_what_a_hand_makes_of_them(hospital: Institution) -> None:
    fees = report_of(hospital).fees
    assert {(row.insurer, row.scheme): told(row) for row in fees.insured} == {
        ("QHX", "employee"): [1, 1, "100.00", "300.00", "85.00", "240.00", "75.00", "0.8125", "100.00", "300.00"],
        ("QHX", "resident"): [1, 0, "20.00", "0.00", "14.00", "0.00", "6.00", "0.7000", "20.00", "None"],
        ("SYB", "elsewhere"): [1, 0, "50.00", "0.00", "20.00", "0.00", "30.00", "0.4000", "50.00", "None"],
    }
    assert told(fees.insured_total) == [
        3,
        1,
        "170.00",
        "300.00",
        "119.00",
        "240.00",
        "111.00",
        "0.7638",
        "56.67",
        "300.00",
    ]
    assert told(fees.self_pay) == [1, 0, "30.00", "0.00", "0.00", "0.00", "30.00", "0.0000", "30.00", "None"]
    assert told(fees.total) == [4, 1, "200.00", "300.00", "119.00", "240.00", "141.00", "0.7180", "50.00", "300.00"]
    assert fees.not_stated == Fees()


def test_insured_self_paying_and_not_stated_are_the_charge_income_of_the_month(hospital: Institution) -> None:
    unknown = trade.visit("MZ9", "NK") | {"scheme": ""}
    trade.landed(hospital, "encounters", [unknown])
    trade.landed(hospital, "charge-lines", [trade.charge("MZ9", 1, "ZC", "NK", "NK", "7.00")])
    booked(hospital)
    fees = report_of(hospital).fees
    assert (fees.not_stated.visits, fees.not_stated.total) == (1, 700)
    parts = fees.insured_total.total + fees.self_pay.total + fees.not_stated.total
    income = sum(
        leg.credit
        for booking in EventBooking.objects.filter(is_current=True)
        for leg in booking.entry.legs.filter(account__code__startswith="4101")
    )
    assert parts == fees.total.total == to_fen(income) == 50700


def test_the_receivable_opens_moves_and_closes_as_the_books_say(hospital: Institution) -> None:
    booked(hospital)
    report = report_of(hospital)
    rows = {
        (row.insurer, row.scheme): (row.opening, row.added, row.from_charges, row.settled, row.closing, row.expected)
        for row in report.receivables.rows
    }
    assert rows == {
        ("QHX", "employee"): (0, 8500, 8500, 0, 8500, 8500),
        ("QHX", "resident"): (100000, 1400, 1400, 40000, 61400, 1400),
        ("SYB", "elsewhere"): (0, 2000, 2000, 0, 2000, 2000),
    }
    assert report.findings == ()
    assert report.receivables.later == 24000, (
        "what insurers pay for stays becomes a receivable at the discharge settlement"
    )


def test_a_month_that_is_not_booked_is_a_finding_with_its_hint(hospital: Institution) -> None:
    (finding,) = report_of(hospital).findings
    assert finding.code == "ledger.insurer_receivable_off"
    assert "119.00 元，账上由收费生成 0.00 元，相差 119.00 元" in finding.message
    assert "还没有生成凭证" in finding.message
    booked(hospital)
    assert report_of(hospital).findings == ()
    trade.landed(hospital, "charge-lines", [trade.charge("MZ1", 4, "ZC", "NK", "NK", "10.00", insured_amount="7.00")])
    (finding,) = report_of(hospital).findings
    assert "相差 7.00 元" in finding.message
    assert "有业务待生成凭证" in finding.message


def test_a_correction_booked_in_red_still_agrees(hospital: Institution) -> None:
    booked(hospital)
    trade.landed(hospital, "charge-lines", [trade.charge("JZ1", 1, "ZC", "NK", "NK", "100.00", insured_amount="60.00")])
    services.book_events(PLATFORM, institution=hospital, period=MARCH)
    report = report_of(hospital)
    assert report.findings == ()
    assert [row.added for row in report.receivables.rows if row.scheme == "employee"] == [6000]


def test_means_round_half_away_from_zero_and_ratios_need_fees() -> None:
    assert [str(Fees(outpatient=fen, visits=2).fee_per_visit) for fen in (101, -101)] == ["0.51", "-0.51"]
    assert (Fees(outpatient=-100, insured_outpatient=-50).ratio, Fees(visits=1).ratio, Fees().fee_per_visit) == (
        None,
    ) * 3


def test_a_payer_corrected_after_booking_is_seen_though_the_sums_agree() -> None:
    fees = [Fees("QHX", "resident", insured_outpatient=500)]
    moved = receivable_report([], fees, {"outpatient"})
    assert (moved.agrees, moved.total.difference) == (False, 500)
    inpatients = [Fees("QHX", "resident", insured_outpatient=500, insured_inpatient=300)]
    both = receivable_report([], inpatients, {"outpatient", "inpatient"})
    assert [(row.insurer, row.scheme, row.expected) for row in both.rows] == [("", "", 300), ("QHX", "resident", 500)]
    assert both.later == 0
    assert receivable_report([], inpatients, (), "SYB").later == 0
    assert receivable_report([], inpatients, ()).later == 800


def test_a_report_of_one_insurer_holds_only_its_own(hospital: Institution) -> None:
    booked(hospital)
    report = report_of(hospital, "SYB")
    assert (report.insurer, report.fees.total.total, report.receivables.total.closing) == ("SYB", 5000, 2000)
    assert [words for words, _row, _strong in report.fee_lines] == [("SYB", "异地医保"), ("合计", "")]
    assert report_of(hospital, "nobody").insurer == ""
    assert report_of(hospital).insurers == ("QHX", "SYB")


def test_books_kept_elsewhere_give_one_line_that_is_not_compared(hospital: Institution) -> None:
    BooksMode.objects.create(
        institution=hospital, mode=BooksMode.Mode.ELSEWHERE, effective_from=date(2026, 3, 1), recorded_by="x"
    )
    report = report_of(hospital)
    assert (report.elsewhere, report.sent, report.findings, report.receivables.rows) == (True, False, (), ())
    assert "还没有报送" in report.notes[0]
    trade.landed(
        hospital, "trial-balances", [trade.balance("12120201", "应收医保款", opening="900", debit="70", credit="20")]
    )
    LocalAccount.objects.create(
        institution=hospital,
        code="12120201",
        account=Account.objects.get(code="12120201", institution=None),
        effective_from=date(2026, 1, 1),
        recorded_by="x",
    )
    report = report_of(hospital)
    (row,) = report.receivables.rows
    assert (report.sent, row.opening, row.added, row.settled, row.closing) == (True, 90000, 7000, 2000, 95000)
    client = signed_in(hospital)
    text = page(client)
    assert "本机构在外部系统记账" in text
    assert "外部账不分经办机构" in page(client, insurer="QHX")
    assert client.get(ADDRESS, {"export": "xlsx"}).status_code == 200


def test_the_page_says_figures_definitions_and_where_they_come_from(hospital: Institution) -> None:
    booked(hospital)
    assert reverse("ledger:insurer-report") == ADDRESS
    client = signed_in(hospital)
    text = page(client)
    for words in (
        "医保月报",
        "职工医保",
        "自费",
        "收费收入合计",
        "71.80%",
        "56.67",
        "614.00",
        "与收费一致",
        "出院人次：",
    ):
        assert words in text, words
    for address in (
        f"/ledger/events/?institution={hospital.pk}&amp;period=2026-03&amp;type=ledger.charge-income-day",
        f"/ledger/accounts/{hospital.pk}/12120201/?period=2026-03",
        f"/ledger/accounts/{hospital.pk}/121201/?period=2026-03",
        f"/intake/institutions/{hospital.pk}/",
    ):
        assert address in text, address
        assert client.get(address.replace("&amp;", "&")).status_code == 200
    assert trade.PATIENT not in text
    assert "MZ1" not in text


def test_empty_months_and_odd_input_are_answered_in_words(
    members: dict[str, Institution], hospital: Institution
) -> None:
    client = signed_in(members["T1"])
    assert "还没有可报的月份" in page(client)
    trade.landed(members["T1"], "departments", [trade.department("NK")])
    trade.landed(members["T1"], "cost-entries", [trade.cost("1", "NK", "5.00")])
    assert "这个月没有就诊、收费和应收医保款" in page(client)
    for query in ({"period": "x"}, {"period": "\0"}, {"insurer": "\0"}, {"insurer": "'"}, {"period": "2026-13"}):
        page(client, **query)
    for foreign in (str(hospital.pk), "0", "x", "\0"):
        assert client.get(ADDRESS, {"institution": foreign}).status_code == 404
    assert client.get(ADDRESS, {"period": "2026-03", "export": "xlsx"}).status_code == 200


def test_the_workbook_reads_back_as_the_official_sheet(hospital: Institution) -> None:
    booked(hospital)
    answer: Any = signed_in(hospital).get(ADDRESS, {"period": "2026-03", "export": "xlsx"})
    read = book_of(answer)
    assert read.sheet_names == ["医保月报", "应收医保款"]
    fees, owed = (read.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in read.sheet_names)
    assert fees[0][0] == "医保月报"
    for words in ("编制单位：测试县人民医院", "期间：2026年3月", "单位：元", "经办机构：全部"):
        assert words in str(fees[1][0])
    assert fees[4] == ["QHX", "职工医保", 1, 1, 100, 300, 400, 85, 240, 325, 75, 0.8125, 100, 300]
    assert fees[8][:4] == ["自费", "", 1, 0]
    assert fees[9] == ["收费收入合计", "", 4, 1, 200, 300, 500, 119, 240, 359, 141, 0.718, 50, 300]
    assert any("制表：" in str(row[0]) and "审核：" in str(row[0]) for row in fees)
    assert owed[5] == ["QHX", "居民医保", 1000, 14, 14, 400, 614, 14, 0]
    assert owed[7] == ["合计", "", 1000, 119, 119, 400, 719, 119, 0]
    assert "H1-2026-03" in answer.headers["Content-Disposition"]


def test_more_payers_and_visits_cost_no_more_queries(hospital: Institution) -> None:
    booked(hospital)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            report_of(hospital)
        return len(captured)

    before = queries()
    more = [trade.visit(f"N{number}", "NK", insurer=f"I{number}", scheme="employee") for number in range(12)]
    trade.landed(hospital, "encounters", more)
    lines = [trade.charge(f"N{number}", 1, "ZC", "NK", "NK", "9.00", insured_amount="5.00") for number in range(12)]
    trade.landed(hospital, "charge-lines", lines)
    services.book_events(PLATFORM, institution=hospital, period=MARCH)
    assert queries() == before <= 25
    assert len(report_of(hospital).receivables.rows) == 15
