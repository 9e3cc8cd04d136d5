"""Vouchers by hand: one person makes, another reviews, the books say both names."""

from datetime import date
from decimal import Decimal
from uuid import uuid4

import pytest
from django.test import Client

from ops_platform.identity.actors import actor_of_user
from ops_platform.identity.models import User
from ops_platform.kernel import Actor, Conflict, Invalid, Role
from ops_platform.ledger import services
from ops_platform.ledger.engine.entry import Leg
from ops_platform.ledger.models import Entry, PendingEntry, Voucher
from ops_platform.masterdata.models import AccountingPeriod, Institution, PeriodState
from tests.ledger.books import BANK, OTHER_INCOME, booked, floor, legs, received, standing
from tests.support import trade
from workflows import services as workflows
from workflows.models import Matter, Task

pytestmark = pytest.mark.django_db


class Office:
    """A finance office: who makes, who reviews."""

    def __init__(self) -> None:
        self.hospital: Institution = trade.alliance()["H1"]
        self.maker = trade.person("maker", Role.FINANCE_OFFICER, self.hospital)
        self.reviewer = trade.person("reviewer", Role.ACCOUNTING_REVIEWER, self.hospital)

    def makes(self, *lines: Leg, day: str = "2026-03-05") -> tuple[Voucher, Matter]:
        voucher, matter = services.make_voucher(
            me(self.maker),
            institution_id=self.hospital.pk,
            day=date.fromisoformat(day),
            summary="收到捐赠款",
            legs=lines or legs(("借", BANK, "500.00"), ("贷", OTHER_INCOME, "500.00")),
        )
        return voucher, Matter.objects.get(pk=matter)

    def reviews(self, matter: Matter, verb: str = "approve", who: User | None = None, **words: str) -> None:
        user = who or self.reviewer
        task = Task.objects.get(matter=matter, person=user, state="open").number
        getattr(workflows, verb)(me(user), matter_id=matter.pk, task=task, **words)


def me(user: User) -> Actor:
    return actor_of_user(user)


@pytest.fixture
def office() -> Office:
    return Office()


def test_a_voucher_is_in_the_books_only_after_another_has_reviewed_it(office: Office) -> None:
    voucher, matter = office.makes()
    assert standing(office.hospital, BANK) == 0
    office.reviews(matter)
    voucher.refresh_from_db()
    row = Entry.objects.get()
    assert (voucher.state, row.maker, row.checker) == ("posted", office.maker, office.reviewer)
    assert row.document == str(voucher.pk), "the entry leads back to the voucher"
    assert standing(office.hospital, BANK) == Decimal("500.00")


def test_nobody_but_the_reviewer_is_asked_and_never_the_maker(office: Office) -> None:
    _voucher, matter = office.makes()
    assert set(Task.objects.filter(matter=matter).values_list("person", flat=True)) == {office.reviewer.pk}


def test_what_is_refused_leaves_no_trace_in_the_books_and_frees_what_was_held(office: Office) -> None:
    booked(office.hospital, received("100.00"))
    floor(office.hospital)
    voucher, matter = office.makes(*legs(("借", OTHER_INCOME, "80.00"), ("贷", BANK, "80.00")))
    with pytest.raises(Conflict) as refusal:
        office.makes(*legs(("借", OTHER_INCOME, "30.00"), ("贷", BANK, "30.00")))
    assert refusal.value.code == "ledger.overdrawn"
    office.reviews(matter, "reject", comment="没有依据")
    voucher.refresh_from_db()
    assert voucher.state == "voided"
    assert office.makes(*legs(("借", OTHER_INCOME, "30.00"), ("贷", BANK, "30.00")))


def test_a_returned_voucher_is_changed_and_reviewed_as_it_is_now(office: Office) -> None:
    voucher, matter = office.makes()
    with pytest.raises(Conflict) as refusal:
        change(office, voucher, "600.00")
    assert refusal.value.code == "workflows.not_returned"
    office.reviews(matter, "return_to", comment="金额应为 600")
    change(office, voucher, "600.00")
    workflows.resubmit(me(office.maker), matter_id=matter.pk)
    office.reviews(matter)
    assert standing(office.hospital, BANK) == Decimal("600.00")
    assert sorted(PendingEntry.objects.values_list("state", flat=True)) == ["posted", "voided"]


def change(office: Office, voucher: Voucher, yuan: str) -> None:
    services.change_voucher(
        me(office.maker),
        voucher_id=voucher.pk,
        day=date(2026, 3, 5),
        summary="收到捐赠款",
        legs=legs(("借", BANK, yuan), ("贷", OTHER_INCOME, yuan)),
    )


def test_a_month_that_was_closed_meanwhile_refuses_the_signature_and_all_stays_as_it_was(office: Office) -> None:
    _voucher, matter = office.makes()
    AccountingPeriod.objects.filter(institution=office.hospital, period="2026-03").update(state=PeriodState.CLOSED)
    with pytest.raises(Conflict) as refusal:
        office.reviews(matter)
    assert refusal.value.code == "ledger.period_closed"
    matter.refresh_from_db()
    assert matter.state == Matter.State.RUNNING


def test_taking_an_entry_back_needs_a_second_person_too(office: Office) -> None:
    row = booked(office.hospital, received("100.00"))
    voucher, number = services.ask_reversal(me(office.maker), entry_id=row.pk, day=date(2026, 3, 9), reason="重复入账")
    with pytest.raises(Conflict) as refusal:
        services.ask_reversal(me(office.maker), entry_id=row.pk, day=date(2026, 3, 9), reason="再来一次")
    assert refusal.value.code == "ledger.reversal_under_way"
    assert standing(office.hospital, BANK) == Decimal("100.00")
    office.reviews(Matter.objects.get(pk=number))
    assert standing(office.hospital, BANK) == 0
    assert Entry.objects.get(reverses=row).checker == office.reviewer
    voucher.refresh_from_db()
    assert voucher.state == "posted"


def test_an_unbalanced_voucher_is_refused_with_all_that_is_wrong(office: Office) -> None:
    with pytest.raises(Invalid) as refusal:
        office.makes(*legs(("借", BANK, "500.00"), ("贷", "9999", "400.00")))
    codes = [fault["code"] for fault in refusal.value.context["faults"]]
    assert codes == ["ledger.unknown_account", "ledger.not_balanced"]
    assert not Voucher.objects.exists()


def grid(*lines: dict[str, str]) -> dict[str, str]:
    """What the page sends."""
    data = {"lines-TOTAL_FORMS": str(len(lines)), "lines-INITIAL_FORMS": "0"}
    for place, line in enumerate(lines):
        data |= {f"lines-{place}-{name}": value for name, value in line.items()}
    return {key.replace("lines-", "form-"): value for key, value in data.items()}


HEAD = {"day": "2026-03-05", "summary": "收到捐赠款"}


def test_the_page_makes_a_voucher_once_however_often_its_form_is_sent(office: Office, client: Client) -> None:
    client.force_login(office.maker)
    page = client.get("/ledger/vouchers/new/")
    once = page.context["head"]["once"].value()
    data = (
        HEAD
        | {"institution": str(office.hospital.pk), "once": str(once)}
        | grid({"account": "1002 银行存款", "debit": "12.50"}, {"account": "4609", "credit": "12.50"}, {"account": ""})
    )
    first = client.post("/ledger/vouchers/new/", data)
    again = client.post("/ledger/vouchers/new/", data)
    assert first.status_code == again.status_code == 302
    assert first.headers["Location"] == again.headers["Location"]
    shown = client.get(first.headers["Location"]).content.decode()
    assert "12.50" in shown
    assert "字节" not in shown, "no attachment, no line for one"
    assert "1002 银行存款" in shown


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([{"account": "1002", "debit": "5"}], "请至少填写两行分录"),
        ([{"account": "1002", "debit": "5", "credit": "5"}, {"account": "4609", "credit": "5"}], "只能在借方或贷方"),
        ([{"account": "1002", "debit": "5"}, {"account": "4609", "credit": "4"}], "借贷不平"),
        ([{"account": "1218", "debit": "5"}, {"account": "4609", "credit": "5"}], "下有明细科目"),
        ([{"account": "121890", "debit": "5"}, {"account": "4609", "credit": "5"}], "必须注明往来机构"),
        ([{"account": "1002", "debit": "NaN"}, {"account": "4609", "credit": "5"}], "借方"),
        ([{"account": "1002\x00", "debit": "5"}, {"account": "4609", "credit": "5"}], "科目"),
    ],
)
def test_what_is_wrong_with_the_grid_is_said_and_what_was_typed_stays(
    office: Office, client: Client, lines: list[dict[str, str]], words: str
) -> None:
    client.force_login(office.maker)
    answer = client.post("/ledger/vouchers/new/", HEAD | {"institution": str(office.hospital.pk)} | grid(*lines))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert words in page
    assert "收到捐赠款" in page
    assert not Voucher.objects.exists()


def test_one_key_with_other_content_is_refused_whoever_sends_it(office: Office) -> None:
    """The same key, another amount: the second voucher must not seem to be made."""
    once = uuid4()
    other = trade.person("other", Role.FINANCE_OFFICER, office.hospital)

    def make(yuan: str, who: User = office.maker, institution: Institution = office.hospital) -> int:
        made, _matter = services.make_voucher(
            me(who),
            institution_id=institution.pk,
            day=date(2026, 3, 5),
            summary="收到捐赠款",
            legs=legs(("借", BANK, yuan), ("贷", OTHER_INCOME, yuan)),
            once=once,
        )
        return made.pk

    first = make("500.00")
    assert make("500.00") == first
    trade.give(office.maker, Role.FINANCE_OFFICER, Institution.objects.get(code="T1"))
    for given in (("600.00",), ("500.00", other), ("500.00", office.maker, Institution.objects.get(code="T1"))):
        with pytest.raises(Conflict) as refusal:
            make(*given)  # type: ignore[arg-type]
        assert refusal.value.code == "ledger.key_reused"
    assert Voucher.objects.count() == 1


def test_the_same_form_again_is_the_same_voucher_also_after_it_was_changed(office: Office) -> None:
    once = uuid4()
    given = {
        "institution_id": office.hospital.pk,
        "day": date(2026, 3, 5),
        "summary": "收到捐赠款",
        "legs": legs(("借", BANK, "500.00"), ("贷", OTHER_INCOME, "500.00")),
        "once": once,
    }
    voucher, matter = services.make_voucher(me(office.maker), **given)  # type: ignore[arg-type]
    office.reviews(Matter.objects.get(pk=matter), "return_to", comment="金额应为 600")
    change(office, voucher, "600.00")
    assert services.make_voucher(me(office.maker), **given)[0] == voucher  # type: ignore[arg-type]


def test_the_api_tells_a_key_that_stands_for_other_content(office: Office, client: Client) -> None:
    client.force_login(office.maker)
    body = {"institution": "H1", "day": "2026-03-08", "summary": "利息收入", "once": str(uuid4())}
    answers = []
    for yuan in ("3.21", "3.21", "4.00"):
        lines = [{"account": "1002", "debit": yuan}, {"account": "4604", "credit": yuan}]
        answers.append(
            client.post("/api/v1/ledger/vouchers/", body | {"lines": lines}, content_type="application/json")
        )
    assert [answer.status_code for answer in answers] == [201, 201, 409]
    assert answers[0].json()["voucher"] == answers[1].json()["voucher"]
    assert answers[2].json()["code"] == "ledger.key_reused"


def test_an_amount_beyond_all_measure_is_refused_with_its_line(office: Office, client: Client) -> None:
    with pytest.raises(Invalid) as refusal:
        office.makes(*legs(("借", BANK, "1000000000000.01"), ("贷", OTHER_INCOME, "1000000000000.01")))
    assert [(fault["code"], fault["line"]) for fault in refusal.value.context["faults"]] == [
        ("ledger.amount_too_large", "1"),
        ("ledger.amount_too_large", "2"),
    ]
    half = [("借", BANK, "600000000000"), ("贷", OTHER_INCOME, "600000000000")]
    with pytest.raises(Invalid, match="合计超过"):
        office.makes(*legs(*half, *half))
    client.force_login(office.maker)
    data = HEAD | {"institution": str(office.hospital.pk)}
    lines = [{"account": "1002", "debit": "9999999999999999.99"}, {"account": "4609", "credit": "9999999999999999.99"}]
    page = client.post("/ledger/vouchers/new/", data | grid(*lines))
    assert page.status_code == 422
    assert "借方(元)：" in page.content.decode()
    assert office.makes(*legs(("借", BANK, "1000000000000"), ("贷", OTHER_INCOME, "1000000000000")))


@pytest.mark.parametrize(
    ("typed", "taken"), [("1,000.00", "1000.00"), ("1，234，567.8", "1234567.80"), ("-1,000", "-1000.00")]
)
def test_amounts_may_be_typed_with_thousands(office: Office, client: Client, typed: str, taken: str) -> None:
    client.force_login(office.maker)
    lines = [{"account": "1002", "debit": typed}, {"account": "4609", "credit": typed}]
    data = HEAD | {"institution": str(office.hospital.pk)}
    assert client.post("/ledger/vouchers/new/", data | grid(*lines)).status_code == 302
    assert {leg.debit + leg.credit for leg in PendingEntry.objects.get().legs.all()} == {Decimal(taken)}
    lines[0]["debit"] = "1,00"
    assert client.post("/ledger/vouchers/new/", data | grid(*lines)).status_code == 422
