"""Pages of books kept elsewhere: mapping them, and comparing them with the books kept here."""

import io
import re
from typing import Any

import pytest
import xlsxwriter
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from ops_platform.kernel import Role
from ops_platform.kernel.actor import PLATFORM
from ops_platform.ledger import mapping_files, services
from ops_platform.ledger.models import BooksMode, Entry, EntryKind, LocalAccount
from ops_platform.masterdata.models import Institution
from tests.ledger.books import booked, received
from tests.ledger.test_local_accounts import WHOLE
from tests.support import trade

pytestmark = pytest.mark.django_db


@pytest.fixture
def hospital() -> Institution:
    """A hospital with the trial balance of its first month, of which nothing is mapped."""
    hospital = trade.alliance()["H1"]
    rows = [("1002", "银行存款", "120.00"), ("121799", "乡镇往来", "5.00"), ("3001", "累计盈余", "-125.00")]
    trade.landed(
        hospital, "trial-balances", [trade.balance(code, name, "2026-01", opening=net) for code, name, net in rows]
    )
    return hospital


def browser(role: Role, institution: Institution | None) -> Client:
    client = Client()
    client.force_login(trade.person(str(role), role, institution), backend="django.contrib.auth.backends.ModelBackend")
    return client


def words(answer: Any) -> str:
    return re.sub(r"</?span[^>]*>", "", answer.content.decode())


def test_the_officer_maps_and_the_director_begins_the_books(hospital: Institution) -> None:
    officer, director = browser(Role.FINANCE_OFFICER, hospital), browser(Role.FINANCE_DIRECTOR, hospital)
    listed = reverse("ledger:local-accounts")
    page = words(officer.get(listed))
    assert "有 3 个科目有金额而未对应统一科目" in page
    assert "采用 2 条建议" in page
    assert "录入期初余额" not in page, "the officer does not begin the books"
    begin = reverse("ledger:book-opening", args=[hospital.pk])
    assert "121799 乡镇往来" in words(director.post(begin, follow=True))
    done = officer.post(reverse("ledger:adopt-proposals", args=[hospital.pk]), {"period": "2026-01"}, follow=True)
    assert "已按建议对应 2 个科目" in words(done)
    only = words(officer.get(listed, {"only": "unmapped"}))
    assert "121799" in only
    assert "银行存款" not in only
    form = reverse("ledger:map-account", args=[hospital.pk])
    told = {"code": "121799", "name": "乡镇往来", "account": "1218", "effective_from": "2026-01"}
    assert "下有明细科目" in words(officer.post(form, told))
    assert officer.post(form, {**told, "account": "121801"}).status_code == 302
    assert 'value="121801"' in words(officer.get(form, {"code": "121799", "period": "2026-01"}))
    assert "期初余额已录入" in words(director.post(begin, follow=True))
    assert Entry.objects.filter(institution=hospital, kind=EntryKind.OPENING).count() == 1


def test_a_file_is_taken_whole_or_told_its_faulty_rows(hospital: Institution) -> None:
    officer = browser(Role.FINANCE_OFFICER, hospital)
    address = reverse("ledger:import-mapping", args=[hospital.pk])

    def upload(*rows: tuple[str, ...]) -> Any:
        file = io.BytesIO()
        with xlsxwriter.Workbook(file) as book:
            sheet = book.add_worksheet()
            for number, row in enumerate([tuple(mapping_files.TITLES.values()), *rows]):
                sheet.write_row(number, 0, row)
        file.name = "mapping.xlsx"
        file.seek(0)
        return officer.post(address, {"file": file})

    good = ("1002", "银行存款", "1002", "", "", "", "2026-01")
    refused = upload(good, ("121799", "乡镇往来", "121890", "", "", "", "2026-01"))
    assert refused.status_code == 422
    assert "必须注明往来机构" in words(refused)
    assert not LocalAccount.objects.exists()
    assert upload(good, ("121799", "乡镇往来", "121890", "T1", "", "", "2026-01")).status_code == 302
    assert LocalAccount.objects.count() == 2
    nonsense = io.BytesIO(b"nonsense")
    nonsense.name = "a.xlsx"
    assert officer.post(address, {"file": nonsense}).status_code == 422
    assert officer.post(address).status_code == 422
    out = officer.get(reverse("ledger:local-accounts"), {"export": "xlsx"})
    assert out["Content-Type"].endswith("sheet")


def test_the_comparison_tells_what_differs() -> None:
    clinic = trade.alliance()["V1"]
    trade.landed(clinic, "trial-balances", [trade.balance("1002", "银行存款", debit="30.00")])
    trade.landed(clinic, "trial-balances", [trade.balance("9", "过渡科目", opening="1.00")])
    services.map_accounts(PLATFORM, institution=clinic, mappings=WHOLE)
    booked(clinic, received("30.00"))
    auditor = browser(Role.AUDITOR, None)
    page = words(auditor.get(reverse("ledger:trial-balances"), {"institution": clinic.pk}))
    assert "外部没有" in page
    assert "其他收入" in page
    assert "9 过渡科目" in page
    only = auditor.get(reverse("ledger:trial-balances"), {"institution": clinic.pk, "only": "different"})
    assert "银行存款" not in words(only), "both books agree on it"
    assert (
        auditor.get(reverse("ledger:trial-balances"), {"export": "xlsx", "institution": clinic.pk}).status_code == 200
    )


def test_the_mode_is_chosen_from_a_month_on(hospital: Institution) -> None:
    director = browser(Role.FINANCE_DIRECTOR, hospital)
    address = reverse("ledger:books-mode", args=[hospital.pk])
    told = {"mode": "elsewhere", "effective_from": "2026-01"}
    assert director.post(address, {**told, "effective_from": "2026-13"}).status_code == 422
    assert director.post(address, told).status_code == 302
    assert BooksMode.objects.get().mode == "elsewhere"
    assert "在外部系统记账" in words(director.get(reverse("ledger:local-accounts")))


@pytest.mark.parametrize(
    "query",
    [
        {"institution": "0"},
        {"institution": "x" * 50, "period": "0000-00"},
        {"period": "0000-01", "only": "\0"},
        {"page": "99", "sort": "nothing", "only": "unmapped", "export": "csv"},
    ],
)
@pytest.mark.parametrize("name", ["ledger:local-accounts", "ledger:trial-balances"])
def test_odd_addresses_are_answered(hospital: Institution, name: str, query: dict[str, str]) -> None:
    assert browser(Role.FINANCE_OFFICER, hospital).get(reverse(name), query).status_code == 200


def test_odd_forms_are_answered(hospital: Institution) -> None:
    officer = browser(Role.FINANCE_OFFICER, hospital)
    form = reverse("ledger:map-account", args=[hospital.pk])
    assert officer.get(form, {"code": "\0" * 99, "period": "0000-01"}).status_code == 200
    for told in ({}, {"code": "1\0", "account": "1002"}, {"code": "1", "account": "1002", "effective_from": "0000-01"}):
        assert officer.post(form, told).status_code == 422
    assert officer.post(reverse("ledger:adopt-proposals", args=[hospital.pk]), {"period": "\0"}).status_code == 302
    assert officer.get(reverse("ledger:map-account", args=[10**18])).status_code == 404
    empty = browser(Role.FINANCE_DIRECTOR, Institution.objects.get(code="V1"))
    assert "这里还没有本地科目" in words(empty.get(reverse("ledger:local-accounts")))
    assert empty.get(reverse("ledger:trial-balances")).status_code == 200


def test_a_longer_list_asks_no_more_questions(hospital: Institution) -> None:
    officer = browser(Role.FINANCE_OFFICER, hospital)
    counts = []
    for rows in (0, 30):
        more = [trade.balance(f"1002{number:02d}", "户", "2026-01", opening="1.00") for number in range(rows)]
        if more:
            trade.landed(hospital, "trial-balances", more)
        for name in ("ledger:local-accounts", "ledger:trial-balances"):
            officer.get(reverse(name))
            with CaptureQueriesContext(connection) as queries:
                officer.get(reverse(name))
            counts.append(len(queries))
    assert counts[:2] == counts[2:]
