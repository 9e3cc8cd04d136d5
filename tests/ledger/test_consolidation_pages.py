"""Pages of statements and consolidation: who sees what, each figure opens down, bad input is refused in words."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from ops_platform.identity.actors import actor_of_user
from ops_platform.identity.models import User
from ops_platform.kernel import Period, Role
from ops_platform.ledger.layouts import consolidated_layouts
from ops_platform.ledger.models import ConsolidationRun, Elimination
from ops_platform.ledger.selectors import consolidation as reads
from ops_platform.ledger.selectors.behind import behind_line
from ops_platform.ledger.services.consolidation import consolidate
from ops_platform.ledger.services.consolidation_members import include_everybody, include_member
from ops_platform.masterdata.models import Institution
from tests.ledger.test_consolidation import book
from tests.support import trade
from tests.support.downloads import book_of
from workflows.reference import load_flows

pytestmark = pytest.mark.django_db
MARCH = Period(2026, 3)


@pytest.fixture
def centre() -> User:
    return trade.person("centre", Role.OPERATION_CENTRE)


@pytest.fixture
def alliance(centre: User) -> dict[str, Institution]:
    made = trade.alliance()
    include_everybody(actor_of_user(centre))
    hospital, township = made["H1"], made["T1"]
    book(hospital, "1", ("1002", "900.00", None), ("4101010203", "-900.00", None), day="2026-02-03")
    book(hospital, "2", ("121890", "130.00", township), ("4101010203", "-500.00", township), ("1002", "370.00", None))
    book(township, "1", ("1002", "800.00", None), ("4101010103", "-800.00", None))
    book(township, "2", ("5001", "500.00", hospital), ("230790", "-100.00", hospital), ("1002", "-400.00", None))
    return made


@pytest.fixture
def run(alliance: dict[str, Institution], centre: User) -> ConsolidationRun:
    return consolidate(actor_of_user(centre), period=MARCH).run


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def workbook(answer: Any) -> dict[str, list[list[Any]]]:
    """Rows by sheet, names without their indent."""
    read = book_of(answer)
    return {name: read.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in read.sheet_names}


def lines(rows: list[list[Any]], skip: int = 2) -> dict[str, list[Any]]:
    """Amounts by the first cell of their row."""
    return {str(row[0]).strip(): row[skip:] for row in rows}


def page(client: Client, name: str, *args: Any, **query: Any) -> str:
    answer = client.get(reverse(f"ledger:{name}", args=args), query)
    assert answer.status_code == 200, answer.content.decode()[:500]
    return answer.content.decode()


def filled(answer: Any) -> dict[str, str]:
    """What the form of an elimination says as it is opened."""
    head, legs = answer.context["head"], answer.context["lines"]
    given = {field.html_name: field.value() for form in (head, *legs) for field in form}
    given |= {"form-TOTAL_FORMS": len(legs.forms), "form-INITIAL_FORMS": "0"}
    return {name: str(value) for name, value in given.items() if value is not None}


def test_one_click_consolidates_and_says_what_is_left_to_do(alliance: dict[str, Institution], centre: User) -> None:
    client = signed_in(centre)
    assert "还没有合并" in page(client, "consolidation", period="2026-03")
    answer = client.post(
        reverse("ledger:consolidate"),
        {"period": "2026-03", "next": reverse("ledger:consolidation") + "?period=2026-03"},
        follow=True,
    )
    text = answer.content.decode()
    assert "已合并，第 1 版" in text
    assert "还有 1 对内部往来的差异没有说明" in text
    assert "还有 3 家成员没有结账" in text
    again = client.post(reverse("ledger:consolidate"), {"period": "2026-03"}, follow=True)
    assert "账目没有变化" in again.content.decode()


def test_every_amount_opens_to_members_eliminations_and_accounts(run: ConsolidationRun, centre: User) -> None:
    client = signed_in(centre)
    for code, layout in consolidated_layouts().items():
        text = page(client, "consolidated-statement", run.pk, code)
        for line in layout.lines:
            if line.accounts or line.sum:
                assert reverse("ledger:consolidated-line", args=[run.pk, code, line.key]) in text
    text = page(client, "consolidated-line", run.pk, "income_statement", "income")
    for words in ("测试县人民医院", "东镇卫生院", "1,400.00", "800.00", "2,200.00", "-500.00", "1,700.00"):
        assert words in text
    assert reverse("ledger:consolidated-account", args=[run.pk, "4101010203"]) in text
    account = page(client, "consolidated-account", run.pk, "4101010203")
    assert "内部收入与费用" in account
    assert "-1,400.00" in account
    cash = page(client, "consolidated-line", run.pk, "cash_summary", "receipts")
    assert "现金收支汇总" in cash


def test_the_work_sheet_opens_a_class_to_its_members(run: ConsolidationRun, centre: User) -> None:
    client = signed_in(centre)
    text = page(client, "worksheet", run.pk, measure="year")
    assert "牵头医院" in text
    assert "测试县人民医院" not in text
    assert "测试县人民医院" in page(client, "worksheet", run.pk, measure="year", kind="lead_hospital")
    book_ = workbook(client.get(reverse("ledger:worksheet", args=[run.pk]), {"export": "xlsx", "measure": "year"}))
    rows = {str(row[0]).split(" ", maxsplit=1)[0]: row[-3:] for row in book_["工作底稿"]}
    assert rows["4101010203"] == [-1400, 500, -900]


def test_differences_stand_first_and_are_explained_in_a_form(run: ConsolidationRun, centre: User) -> None:
    client = signed_in(centre)
    pair = run.pairs.get(state="different")
    assert reverse("ledger:explain-pair", args=[pair.pk]) in page(client, "pairs", run.pk)
    address = reverse("ledger:explain-pair", args=[pair.pk])
    assert client.post(address, {"explanation": ""}).status_code == 422
    assert client.post(address, {"explanation": "卫生院次月入账"}).status_code == 302
    assert "卫生院次月入账" in page(client, "pairs", run.pk)


def test_that_pairs_differ_is_told_until_each_difference_is_explained(run: ConsolidationRun, centre: User) -> None:
    client = signed_in(centre)
    assert "请逐对说明" in page(client, "consolidation-run", run.pk)
    pair = run.pairs.get(state="different")
    client.post(reverse("ledger:explain-pair", args=[pair.pk]), {"explanation": "卫生院次月入账"})
    assert "请逐对说明" not in page(client, "consolidation-run", run.pk)


def test_a_difference_that_stands_for_months_is_explained_with_the_words_of_before(
    run: ConsolidationRun, alliance: dict[str, Institution], centre: User
) -> None:
    client = signed_in(centre)
    march = run.pairs.get(state="different")
    client.post(reverse("ledger:explain-pair", args=[march.pk]), {"explanation": "卫生院漏记三月利息"})
    april = consolidate(actor_of_user(centre), period=MARCH.shift(1)).run.pairs.get(state="different")
    text = page(client, "explain-pair", april.pk)
    assert "2026年3月的说明" in text
    assert ">\n卫生院漏记三月利息</textarea>" in text or ">卫生院漏记三月利息</textarea>" in text
    book(alliance["H1"], "3", ("121890", "5.00", alliance["T1"]), ("1002", "-5.00", None), day="2026-05-10")
    may = consolidate(actor_of_user(centre), period=MARCH.shift(2)).run.pairs.get(state="different")
    assert "卫生院漏记三月利息" not in page(client, "explain-pair", may.pk)


def test_an_elimination_by_hand_is_asked_for_on_a_page(run: ConsolidationRun, centre: User) -> None:
    load_flows()
    trade.person("second", Role.OPERATION_CENTRE)
    client = signed_in(centre)
    pair = run.pairs.get(state="different")
    address = reverse("ledger:new-elimination")
    assert f'value="{pair.pk}"' in client.get(address, {"pair": pair.pk}).content.decode()
    given = filled(client.get(address, {"pair": pair.pk}))
    given |= {"reason": "卫生院未入账", "form-1-account": "4609 其他收入", "form-1-institution": str(pair.creditor_id)}
    assert client.post(address, {**given, "form-1-debit": "29"}).status_code == 422
    assert client.post(address, {**given, "form-1-debit": ""}).status_code == 422
    answer = client.post(address, given)
    assert answer.status_code == 302
    row = Elimination.objects.get(kind="hand")
    assert "待" in page(client, "elimination", row.pk) or "审批中" in page(client, "elimination", row.pk)
    assert "卫生院未入账" in page(client, "eliminations", run.pk)


def test_the_monthly_report_is_one_workbook(run: ConsolidationRun, centre: User) -> None:
    book_ = workbook(signed_in(centre).get(reverse("ledger:consolidated-report", args=[run.pk])))
    statements = ["资产负债表", "收入费用表", "现金收支汇总"]
    budget = ["预算收入支出表", "预算结转结余变动表", "本年盈余与预算结余的差异"]
    assert list(book_) == [*statements, *budget, "抵销分录", "内部往来差异"]
    assert lines(book_["收入费用表"])["一、本期收入"] == [800, 1700]


def test_an_institution_sees_its_own_statements_only(run: ConsolidationRun, alliance: dict[str, Institution]) -> None:
    client = signed_in(trade.person("director", Role.FINANCE_DIRECTOR, alliance["T1"]))
    text = page(client, "statements", layout="income_statement", period="2026-03")
    assert "东镇卫生院" in text
    assert "测试县人民医院" not in text
    assert client.get(reverse("ledger:statements"), {"institution": alliance["H1"].pk}).status_code == 404
    assert client.get(reverse("ledger:consolidation-run", args=[run.pk])).status_code == 403
    bound = signed_in(trade.person("leader", Role.LEADERSHIP, alliance["T1"]))
    assert bound.get(reverse("ledger:consolidation")).status_code == 403
    assert bound.get(reverse("ledger:worksheet", args=[run.pk])).status_code == 403


def test_a_day_sheet_adds_up_to_the_income_statement(alliance: dict[str, Institution]) -> None:
    client = signed_in(trade.person("director", Role.FINANCE_DIRECTOR, alliance["T1"]))
    text = page(client, "day-sheet", period="2026-03")
    assert "03-10" in text
    book_ = workbook(client.get(reverse("ledger:day-sheet"), {"export": "xlsx", "period": "2026-03"}))
    assert book_["收支日报"][-1] == ["合计", 800, 0, 0, 0, 800, 500, 0, 0, 500, 300]


def test_a_quarter_goes_to_the_fiscal_department_as_one_workbook(alliance: dict[str, Institution]) -> None:
    book(alliance["H1"], "9", ("1002", "10.00", None), ("4609", "-10.00", None), day="2026-04-02")
    client = signed_in(trade.person("director", Role.FINANCE_DIRECTOR, alliance["H1"]))
    assert "2026-Q2" in page(client, "fiscal-report")
    answers = {
        quarter: workbook(client.get(reverse("ledger:fiscal-report"), {"export": "xlsx", "quarter": quarter}))
        for quarter in ("2026-Q1", "2026-Q2")
    }
    said = {
        (quarter, sheet): lines(made[sheet])
        for quarter, made in answers.items()
        for sheet in ("收入费用表", "现金收支汇总")
    }
    assert said["2026-Q1", "收入费用表"]["三、本期盈余"] == [1400, 1400]
    assert said["2026-Q2", "收入费用表"]["三、本期盈余"] == [10, 1410]
    cash = said["2026-Q2", "现金收支汇总"]
    assert (cash["一、期初现金"], cash["二、现金收入"], cash["五、期末现金"]) == ([1270, 0], [10, 1280], [1280, 1280])


BAD: list[Callable[[ConsolidationRun], str]] = [
    lambda run: reverse("ledger:consolidated-statement", args=[run.pk, "nothing"]),
    lambda run: reverse("ledger:consolidated-line", args=[run.pk, "nothing", "x"]),
    lambda run: reverse("ledger:consolidated-line", args=[run.pk, "balance_sheet", "x"]),
    lambda run: reverse("ledger:consolidated-account", args=[run.pk, "nothing"]),
    lambda _: reverse("ledger:consolidation-run", args=[2**70]),
    lambda _: reverse("ledger:elimination", args=[2**70]),
    lambda _: reverse("ledger:explain-pair", args=[2**70]),
    lambda _: reverse("ledger:new-elimination") + f"?pair={2**70}",
    lambda _: reverse("ledger:statements") + "?institution=x",
    lambda _: reverse("ledger:statements") + "?layout=nothing",
]


@pytest.mark.parametrize("address", BAD)
def test_what_is_not_there_is_not_found(
    run: ConsolidationRun, centre: User, address: Callable[[ConsolidationRun], str]
) -> None:
    assert signed_in(centre).get(address(run)).status_code == 404


def test_odd_input_is_refused_in_words(run: ConsolidationRun, centre: User) -> None:
    client = signed_in(centre)
    for period, words in (("x", "请选择要合并的月份"), ("2026-03\x00", "不可识别的字符")):
        answer = client.post(reverse("ledger:consolidate"), {"period": period}, follow=True)
        assert words in answer.content.decode()
    assert client.get(reverse("ledger:consolidation"), {"period": "2026-99"}).status_code == 200
    assert client.get(reverse("ledger:worksheet", args=[run.pk]), {"measure": "x", "kind": "y"}).status_code == 200
    members = reverse("ledger:new-consolidation-member")
    for share, since in (("101", "2026-03"), ("50", "2026-13"), ("x", "2026-03"), ("NaN", "2026-03")):
        answer = client.post(members, {"institution": "1", "share": share, "since": since})
        assert answer.status_code == 422
    for name in ("fiscal-report", "day-sheet"):
        assert client.get(reverse(f"ledger:{name}"), {"quarter": "2026-Q9", "period": "x"}).status_code == 200


def test_members_and_eliminations_behind_every_line_add_up(run: ConsolidationRun, centre: User) -> None:
    include_member(
        actor_of_user(centre), institution=Institution.objects.get(code="T1"), share=Decimal("0.7"), since=MARCH
    )
    anew = consolidate(actor_of_user(centre), period=MARCH).run
    for code, layout in consolidated_layouts().items():
        for line in layout.lines:
            whole, behind = behind_line(run=anew, code=code, key=line.key)
            assert behind.consolidated == reads.yuan(whole.values)
            members = [sum(row.values[place] for row in behind.members) for place in range(len(layout.columns))]
            assert members == list(behind.summed), (code, line.key)
    _, behind = behind_line(run=anew, code="income_statement", key="minority")
    assert [(str(row.institution), row.values[1]) for row in behind.members] == [("东镇卫生院", Decimal("90.00"))]
    _, behind = behind_line(run=anew, code="income_statement", key="activity")
    assert behind.accounts == {"5001": (0, 0)}, "what is eliminated altogether is still there to be opened"
    _, behind = behind_line(run=anew, code="balance_sheet", key="own_net_assets")
    assert behind.eliminated == (0, 0)
