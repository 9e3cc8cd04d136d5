"""Charts kept elsewhere: what is mapped to what, from when on, and what is refused."""

import io
from datetime import date

import pytest
import xlsxwriter
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ops_platform.audit.models import AuditEvent
from ops_platform.kernel import Conflict, Forbidden, Invalid, NotFound, Period, Role
from ops_platform.kernel.actor import PLATFORM
from ops_platform.ledger import mapping_files, services
from ops_platform.ledger.engine.chart import Account, AccountKind, Side
from ops_platform.ledger.engine.comparison import Amounts, Reason
from ops_platform.ledger.engine.figures import Figure
from ops_platform.ledger.engine.local_accounts import LocalMapping, Proposal, propose
from ops_platform.ledger.models import BooksMode, LocalAccount
from ops_platform.ledger.selectors.figures import figures_of, official_figures
from ops_platform.ledger.selectors.imported import imported_figures, without_trial_balance
from ops_platform.ledger.selectors.local_accounts import (
    compared_where_both,
    comparison,
    history_of,
    local_accounts,
)
from ops_platform.masterdata.models import AccountingPeriod, Institution, PeriodState
from tests.ledger.books import booked, received
from tests.support import trade

pytestmark = pytest.mark.django_db
MARCH = Period(2026, 3)
SENT = [
    trade.balance("10", "资金", opening="100.00", debit="30.00", credit="5.00"),
    trade.balance("1002", "银行存款", opening="100.00", debit="30.00", credit="5.00"),
    trade.balance("2302", "应付账款", opening="-40.00"),
    trade.balance("5001.01", "人员经费", opening="0.00", debit="5.00"),
    trade.balance("4609", "其他收入", opening="-60.00", credit="30.00"),
]


def mapped(code: str, account: str, since: str = "2026-01-01", **more: str | int) -> LocalMapping:
    return LocalMapping(code, f"科目{code}", account, date.fromisoformat(since), **more)  # type: ignore[arg-type]


WHOLE = [
    mapped("1002", "1002"),
    mapped("2302", "2302"),
    mapped("5001", "5001", cost_item="personnel", funding_source="basic"),
    mapped("4609", "4609"),
]


@pytest.fixture
def clinic() -> Institution:
    """A village clinic whose books are kept elsewhere, with its trial balance of March."""
    clinic = trade.alliance()["V1"]
    trade.landed(clinic, "trial-balances", SENT)
    return clinic


def say(institution: Institution, *mappings: LocalMapping) -> int:
    return services.map_accounts(PLATFORM, institution=institution, mappings=mappings)


def keep(institution: Institution, mode: BooksMode.Mode, since: str = "2026-01-01") -> None:
    services.set_books_mode(PLATFORM, institution=institution, mode=mode, effective_from=date.fromisoformat(since))


def close(institution: Institution, *periods: str) -> None:
    AccountingPeriod.objects.filter(institution=institution, period__in=periods).update(state=PeriodState.CLOSED)


def test_the_longest_mapped_code_holds_and_sum_accounts_are_left_out(clinic: Institution) -> None:
    say(clinic, mapped("1", "1001"), *WHOLE)
    assert imported_figures([clinic.pk], MARCH) == [
        Figure(clinic.pk, "1002", 10_000, 3_000, 500, 3_000, 500),
        Figure(clinic.pk, "2302", -4_000),
        Figure(clinic.pk, "4609", -6_000, 0, 3_000, 0, 3_000, brought=-6_000),
        Figure(clinic.pk, "5001", 0, 500, 0, 500, 0, cost_item="personnel"),
    ]


def test_the_year_is_added_up_through_the_mapping_of_each_month(clinic: Institution) -> None:
    trade.landed(clinic, "trial-balances", [trade.balance("1002", "银行存款", "2026-02", debit="7.00")])
    say(clinic, mapped("1002", "1001", "2026-02-01"), mapped("1002", "1002", "2026-03-01"))
    assert imported_figures([clinic.pk], MARCH) == [
        Figure(clinic.pk, "1001", 0, 0, 0, 700, 0),
        Figure(clinic.pk, "1002", 10_000, 3_000, 500, 3_000, 500),
    ]
    assert imported_figures([clinic.pk], Period(2026, 4)) == [], "a month that was not sent has no figures"
    assert without_trial_balance([clinic.pk], Period(2026, 4)) == [clinic.pk]
    assert without_trial_balance([clinic.pk], MARCH) == []


def test_official_figures_come_from_where_the_books_are_kept(clinic: Institution) -> None:
    say(clinic, *WHOLE)
    hospital = Institution.objects.get(code="H1")
    booked(hospital, received("9.00"))
    booked(clinic, received("1.00"))
    both = [hospital.pk, clinic.pk]
    assert official_figures(both, MARCH) == figures_of(both, MARCH)
    keep(clinic, BooksMode.Mode.ELSEWHERE, "2026-03-01")
    keep(hospital, BooksMode.Mode.BOTH)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        found = official_figures(both, MARCH)
    assert len(queries) == 3
    assert found == sorted(
        figures_of([hospital.pk], MARCH) + imported_figures([clinic.pk], MARCH), key=lambda row: row.institution
    )
    assert official_figures(both, Period(2026, 2)) == figures_of(both, Period(2026, 2)), "not before its month"


def test_own_and_imported_are_compared_by_account_with_the_reason(clinic: Institution) -> None:
    say(clinic, *WHOLE[:3])
    booked(clinic, received("30.00"))
    assert compared_where_both([clinic.pk], MARCH) == ()
    keep(clinic, BooksMode.Mode.BOTH)
    bank, payable, income, cost = compared_where_both([clinic.pk], MARCH)
    assert (bank.account, bank.reason, bank.difference) == ("1002", Reason.AMOUNT, Amounts(-10_000, 0, -500, -9_500))
    assert (payable.account, payable.reason, payable.own) == ("2302", Reason.MISSING_HERE, None)
    assert (income.account, income.reason, income.imported) == ("4609", Reason.MISSING_THERE, None)
    assert cost.difference == Amounts(0, -500, 0, -500)
    trade.landed(clinic, "trial-balances", [trade.balance("1002", "银行存款", debit="30.00")])
    assert comparison([clinic.pk], MARCH)[0].reason is None


def test_what_is_unmapped_is_listed_with_a_proposal_and_adopted(clinic: Institution) -> None:
    say(clinic, mapped("1002", "1002"))
    rows = {row.code: row for row in local_accounts(clinic, MARCH)}
    assert {code: row.proposal for code, row in rows.items() if row.unmapped} == {
        "2302": Proposal("2302", "应付账款"),
        "4609": Proposal("4609", "其他收入"),
        "5001.01": Proposal("5001", "业务活动费用", ("cost_item", "funding_source")),
    }
    assert services.adopt_proposals(PLATFORM, institution=clinic, period=MARCH) == 2
    assert [row.code for row in local_accounts(clinic, MARCH) if row.unmapped] == ["5001.01"]


def test_nobody_proposes_an_account_with_accounts_below_it() -> None:
    def account(code: str, *, leaf: bool) -> Account:
        return Account(code, code, AccountKind.ASSET, Side.DEBIT, leaf)

    chart = {"1212": account("1212", leaf=False), "121201": account("121201", leaf=True)}
    assert propose("121203", chart) is None
    assert propose("12120101", chart) == Proposal("121201", "121201")
    assert propose("9", chart) is None


def test_a_change_keeps_what_was_said_before_and_a_repeat_says_nothing(clinic: Institution) -> None:
    assert say(clinic, *WHOLE) == 4
    assert say(clinic, *WHOLE) == 0
    assert say(clinic, mapped("1002", "1002", "2026-03-01")) == 0, "that holds already"
    assert say(clinic, mapped("1002", "1001")) == 1
    assert [row.account.code for row in history_of(institution=clinic, code="1002")] == ["1001", "1002"]
    assert AuditEvent.objects.filter(action="ledger.local_accounts_mapped", institution="V1").count() == 2


def test_a_closed_month_keeps_its_mapping_and_its_mode(clinic: Institution) -> None:
    say(clinic, *WHOLE)
    close(clinic, "2026-01", "2026-02", "2026-03")
    before = imported_figures([clinic.pk], MARCH)
    for since in ("2026-01-01", "2026-03-01"):
        with pytest.raises(Conflict, match="自 2026-04 起") as refusal:
            say(clinic, mapped("1002", "1001", since))
        assert refusal.value.code == "ledger.mapping_of_closed_month"
        with pytest.raises(Conflict, match="2026-03 已结账"):
            keep(clinic, BooksMode.Mode.ELSEWHERE, since)
    say(clinic, mapped("1002", "1001", "2026-04-01"))
    assert imported_figures([clinic.pk], MARCH) == before


@pytest.mark.parametrize(
    ("mapping", "words"),
    [
        (mapped("", "1002"), "本地科目代码"),
        (mapped("1", "1002", "2026-01-02"), "某月 1 日"),
        (mapped("1", "1002x"), "没有 1002x"),
        (mapped("1", "1212"), "下有明细科目"),
        (mapped("1", "121890"), "必须注明往来机构"),
        (mapped("1", "1002", counterparty=1), "不按往来机构核算"),
        (mapped("1", "121890", counterparty=99_999), "没有这个往来机构"),
        (mapped("1", "5001", cost_item="personnel"), "必须注明资金来源"),
        (mapped("1", "5001", cost_item="wages", funding_source="basic"), "没有成本项目 wages"),
    ],
)
def test_a_mapping_that_cannot_be_is_refused_in_words(mapping: LocalMapping, words: str) -> None:
    clinic = trade.alliance()["V1"]
    with pytest.raises(Invalid, match=words) as refusal:
        say(clinic, mapping)
    assert refusal.value.code == "ledger.mapping_rows"
    assert not LocalAccount.objects.exists()


def test_an_institution_owes_nothing_to_itself() -> None:
    clinic = trade.alliance()["V1"]
    with pytest.raises(Invalid, match="不能是本机构自己"):
        say(clinic, mapped("1", "121890", counterparty=clinic.pk))


def test_only_the_keepers_of_an_institution_map_and_choose() -> None:
    members = trade.alliance()
    clinic = members["V1"]
    auditor, stranger = trade.actor(Role.AUDITOR), trade.actor(Role.FINANCE_OFFICER, members["H1"])
    officer = trade.actor(Role.FINANCE_OFFICER, clinic)
    for who, error in ((auditor, Forbidden), (stranger, NotFound)):
        with pytest.raises(error):
            services.map_accounts(who, institution=clinic, mappings=WHOLE)
    assert services.map_accounts(officer, institution=clinic, mappings=WHOLE) == 4
    with pytest.raises(Forbidden):
        services.set_books_mode(
            officer, institution=clinic, mode=BooksMode.Mode.ELSEWHERE, effective_from=date(2026, 1, 1)
        )


def workbook(*rows: tuple[object, ...]) -> bytes:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return file.getvalue()


HEAD = tuple(mapping_files.TITLES.values())


def test_the_workbook_that_goes_out_comes_in_again(clinic: Institution) -> None:
    say(clinic, *WHOLE[:3], mapped("1215", "121890", counterparty=Institution.objects.get(code="H1").pk))
    answer = mapping_files.write(clinic, MARCH, local_accounts(clinic, MARCH))
    body = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    mappings, rows = mapping_files.read(body)
    assert {mapping.code: (mapping.account, mapping.counterparty != 0) for mapping in mappings} == {
        "1002": ("1002", False),
        "1215": ("121890", True),
        "2302": ("2302", False),
        "5001": ("5001", False),
        "5001.01": ("5001", False),
    }
    assert services.map_accounts(PLATFORM, institution=clinic, mappings=mappings, rows=rows) >= 0


def test_a_workbook_with_faulty_rows_is_refused_as_a_whole() -> None:
    clinic = trade.alliance()["V1"]
    body = workbook(
        HEAD,
        ("1002", "银行", "1002", "", "", "", "2026-01"),
        ("1003", "过渡", "", "", "", "", ""),
        ("1218", "往来", "121890", "ZZ", "", "", "2026-01"),
        ("5001", "费用", "5001", "", "人员经费", "自有及财政基本", "一月"),
    )
    with pytest.raises(Invalid) as refusal:
        mapping_files.read(body)
    assert [(fault["row"], fault["field"]) for fault in refusal.value.context["faults"]] == [
        (4, "counterparty"),
        (5, "effective_from"),
    ]
    good = workbook(HEAD, ("1002", "银行", "1002", "", "", "", "2026-01"), ("9", "", "1212", "", "", "", "2026-01-01"))
    mappings, rows = mapping_files.read(good)
    with pytest.raises(Invalid, match="第 3 行"):
        services.map_accounts(PLATFORM, institution=clinic, mappings=mappings, rows=rows)
    assert not LocalAccount.objects.exists()


@pytest.mark.parametrize(
    "body", [b"", b"PK\x03\x04nonsense", b"a,b", workbook(("甲", "乙")), workbook(HEAD), workbook()]
)
def test_what_is_no_mapping_file_is_refused(body: bytes) -> None:
    trade.alliance()
    with pytest.raises(Invalid) as refusal:
        mapping_files.read(body)
    assert refusal.value.code == "ledger.mapping_file"
