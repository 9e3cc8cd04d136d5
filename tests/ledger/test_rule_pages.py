"""Voucher rules on the page: read in sentences, compared, changed in a draft, previewed, asked for."""

import copy
import json
from datetime import date
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from ops_platform.identity.models import User
from ops_platform.kernel import Period, Role
from ops_platform.kernel.actor import PLATFORM
from ops_platform.ledger import events, services
from ops_platform.ledger.engine.rule_books import posting_body, read_rule_book
from ops_platform.ledger.engine.rule_changes import changes_between
from ops_platform.ledger.forms.voucher_rules import PostingForm, initial_of
from ops_platform.ledger.models import Entry, Leg, VoucherRules, VoucherRulesDraft, VoucherRulesProposal
from ops_platform.ledger.selectors.rule_preview import preview_rules
from ops_platform.ledger.selectors.rule_words import account_names
from ops_platform.ledger.selectors.voucher_rules import unified_chart
from ops_platform.masterdata.models import Institution
from tests.ledger.errands import finish
from tests.support import trade
from workflows.reference import load_flows

pytestmark = pytest.mark.django_db
MARCH = Period(2026, 3)
INCOME = "ledger.income-voucher"
DRAFT = "ledger:voucher-rules-draft"


@pytest.fixture
def person(month_of_facts: Institution) -> User:
    load_flows()
    trade.person("leader", Role.LEADERSHIP)
    return trade.person("centre", Role.OPERATION_CENTRE)


@pytest.fixture
def centre(client: Client, person: User) -> Client:
    client.force_login(person)
    return client


@pytest.fixture
def drafting(centre: Client) -> Client:
    """Somebody of the centre who has begun a draft."""
    centre.post(reverse("ledger:begin-voucher-rules-draft"))
    return centre


def body() -> dict[str, Any]:
    return copy.deepcopy(VoucherRules.objects.get(version=1).body)


def seen(client: Client) -> str:
    return str(client.get(reverse(DRAFT)).context["seen"])


def posted(number: int, code: str = INCOME) -> dict[str, Any]:
    """What the form of a posting sends when nothing is changed."""
    form = events.forms()[code]
    initial = initial_of(VoucherRulesDraft.objects.get().body[code][number - 1], form, account_names())
    return {name: value for name, value in initial.items() if value not in ("", False, [])}


def save(client: Client, number: int, code: str = INCOME, **changed: Any) -> Any:
    sent = {**posted(number, code), "seen": seen(client), **changed}
    return client.post(reverse("ledger:posting", args=[code, number]), sent)


def test_rules_are_told_in_sentences_with_their_source(centre: Client) -> None:
    page = centre.get(reverse("ledger:voucher-rules")).content.decode()
    for words in (
        "就诊类别为门急诊时，",
        "「自付」金额记：",
        "12120201 应收医保款",
        "按费用类别：",
        "预算会计",
        "系统默认",
    ):
        assert words in page
    assert "&quot;" not in page.split("<main", 1)[1], "no JSON for accountants"
    assert "起草变更" in page
    version = centre.get(reverse("ledger:voucher-rules-version", args=[1])).content.decode()
    assert "400101 财政基本拨款收入" in version


def test_who_only_reads_is_offered_no_draft(client: Client, person: User, month_of_facts: Institution) -> None:
    client.force_login(trade.person("clerk", Role.FINANCE_OFFICER, month_of_facts))
    page = client.get(reverse("ledger:voucher-rules")).content.decode()
    assert "起草变更" not in page
    assert "上传文件" not in page
    assert client.post(reverse("ledger:begin-voucher-rules-draft")).status_code == 403


def test_every_shipped_posting_comes_back_from_its_form_as_it_was(drafting: Client) -> None:
    chart, names = unified_chart(date(2026, 3, 1)), account_names()
    for code, rows in body().items():
        for row in rows:
            form = events.forms()[code]
            sent = PostingForm(initial_of(row, form, names), form=form, chart=chart)
            assert sent.is_valid(), (row["title"], sent.errors)
            read = [read_rule_book({code: [each]})[0] for each in (row, sent.posting)]
            assert read[0] == read[1]
            assert read_rule_book({code: [posting_body(read[0][code][0])]})[0] == read[0]


def test_a_changed_posting_is_kept_in_the_draft_and_shown_as_changed(drafting: Client) -> None:
    assert save(drafting, 7, credit_account="4605 租金收入", credit_dimensions=[]).status_code == 302
    assert VoucherRulesDraft.objects.get().body[INCOME][6]["credit"] == "4605"
    changes = drafting.get(reverse(DRAFT)).context["changes"]
    assert [(each.title, each.changes[0].change) for each in changes] == [("其他收入凭证", "修改")]
    assert VoucherRules.objects.count() == 1


@pytest.mark.parametrize(
    ("changed", "field", "told"),
    [
        ({"title": ""}, "title", "请填写"),
        ({"title": "上级补助"}, "title", "已有名为"),
        ({"amounts": []}, "amounts", "至少"),
        ({"credit_account": ""}, "credit_account", "请填写科目"),
        ({"credit_account": "9999"}, "credit_account", "没有科目 9999"),
        ({"credit_account": "4605 租金收入"}, "credit_dimensions", "不按科室核算"),
        ({"debit_account": "6101"}, "debit_account", "不是财务会计科目"),
        ({"debit_by": "income_kind"}, "debit_by", "至少为一项"),
        ({"debit_by": "income_kind", "debit_income_kind_0": "9999"}, "debit_income_kind_0", "9999"),
        ({"budget_credit_account": "1002"}, "budget_credit_account", "不是预算会计科目"),
        ({"when_income_kind": ["no such"]}, "when_income_kind", "不在可选范围"),
        ({"title": "a\0"}, "title", "空字符"),
    ],
)
def test_what_is_wrong_stands_at_its_field(drafting: Client, changed: dict[str, Any], field: str, told: str) -> None:
    answer = save(drafting, 7, **changed)
    assert answer.status_code == 422
    assert told in " ".join(answer.context["form"].errors[field])
    assert VoucherRulesDraft.objects.get().body == body()


def test_postings_are_added_moved_and_dropped(drafting: Client) -> None:
    sent = {**posted(7), "title": "捐赠", "when_income_kind": ["other"], "seen": seen(drafting)}
    assert drafting.post(reverse("ledger:new-posting", args=[INCOME]), sent).status_code == 302

    def arrange(do: str, number: int) -> None:
        sent = {"do": do, "event_type": INCOME, "number": str(number), "seen": seen(drafting)}
        drafting.post(reverse("ledger:arrange-posting"), sent)

    arrange("up", 8)
    arrange("drop", 1)
    titles = [row["title"] for row in VoucherRulesDraft.objects.get().body[INCOME]]
    assert titles[-2:] == ["捐赠", "其他收入"]
    assert "成员间往来收入" not in titles
    told = {each.title: each.change.value for each in changes_between(*map(_read, (body(), _draft())))[0].changes}
    assert told == {"捐赠": "added", "成员间往来收入": "dropped"}


def _read(rules: Any) -> Any:
    return read_rule_book(rules)[0]


def _draft() -> Any:
    return VoucherRulesDraft.objects.get().body


def test_moved_postings_are_told() -> None:
    other = body()
    other[INCOME] = [*other[INCOME][1:], other[INCOME][0]]
    (changes,) = changes_between(_read(body()), _read(other))
    assert {each.change.value for each in changes.changes} == {"moved"}


def test_two_windows_never_write_over_each_other(drafting: Client) -> None:
    old = seen(drafting)
    save(drafting, 7, credit_account="4605", credit_dimensions=[])
    answer = save(drafting, 7, title="别的", seen=old)
    assert answer.status_code == 422
    assert "别的窗口" in str(answer.context["form"].non_field_errors())
    assert answer.context["seen"] == seen(drafting)


def test_the_draft_is_previewed_and_then_asked_for(drafting: Client, month_of_facts: Institution) -> None:
    save(drafting, 7, credit_account="4605", credit_dimensions=[])
    address = reverse("ledger:preview-voucher-rules-draft")
    month = f"{address}?institution={month_of_facts.pk}&period=2026-03"
    assert "还没有在这个机构这个月上试算过" in drafting.get(month).content.decode()
    drafting.post(month, {"do": "try"})
    waiting = drafting.get(month)
    assert "hx-trigger" in waiting.content.decode(), "the page looks again by itself"
    assert "提交审批</button>" not in waiting.content.decode(), "it may load itself again: nothing typed is lost"
    finish()
    page = drafting.get(month)
    (row,) = page.context["differences"]
    assert row["gone"] == ["贷 4609 其他收入 500.00(科室 办公室)"]
    assert row["come"] == ["贷 4605 租金收入 500.00"]
    assert {each["title"]: str(each["credit_after"]) for each in page.context["accounts"]} == {
        "4605 租金收入": "500.00",
        "4609 其他收入": "0.00",
    }
    assert not Entry.objects.exists(), "a preview books nothing"
    trade.landed(month_of_facts, "cost-entries", [trade.cost("NEW", "NK", "1.00")])
    assert "结果已不再适用" in drafting.get(month).content.decode()
    wanted = {"seen": seen(drafting), "effective_from": "2026-04-01", "note": ""}
    assert "note" in drafting.post(address, wanted).context["form"].errors
    assert drafting.post(address, wanted | {"note": "a\0"}).status_code == 422
    early = drafting.post(address, wanted | {"note": "会议", "effective_from": "2018-01-01"})
    assert "2019-01-01" in str(early.context["form"].errors["effective_from"])
    assert drafting.post(address, wanted | {"note": "会议", "seen": "old"}).status_code == 422
    answer = drafting.post(address, wanted | {"note": "会议"}, follow=True)
    proposal = VoucherRulesProposal.objects.get()
    assert answer.redirect_chain[-1][0] == reverse("ledger:voucher-rules-proposal", args=[proposal.pk])
    assert "修改" in answer.content.decode()
    assert not VoucherRulesDraft.objects.exists()
    assert drafting.get(reverse(DRAFT)).status_code == 404


def test_a_draft_that_changes_nothing_is_not_asked_for(drafting: Client) -> None:
    address = reverse("ledger:preview-voucher-rules-draft")
    wanted = {"seen": seen(drafting), "effective_from": "2026-04-01", "note": "会议"}
    assert "相同" in str(drafting.post(address, wanted).context["form"].non_field_errors())


def test_a_faulty_draft_says_what_is_wrong_and_is_not_offered_for_submission(drafting: Client) -> None:
    sent = {"do": "drop", "event_type": "ledger.charge-income-day", "number": "1", "seen": seen(drafting)}
    drafting.post(reverse("ledger:arrange-posting"), sent)
    VoucherRulesDraft.objects.update(body={**_draft(), INCOME: [{**body()[INCOME][0], "amounts": ["other"]}]})
    page = drafting.get(reverse(DRAFT)).content.decode()
    assert "其他收入凭证：没有规则处理「金额」" in page
    assert "预览并提交" not in page


def test_a_preview_counts_what_would_have_no_place(month_of_facts: Institution) -> None:
    other = body()
    other[INCOME] = other[INCOME][:1]
    found = preview_rules(month_of_facts, MARCH, _read(other))
    assert (found.events, len(found.differences), found.unplaced_before, found.unplaced_after) == (4, 1, 0, 1)
    assert preview_rules(month_of_facts, MARCH, _read(body())).differences == ()


def test_a_file_becomes_the_draft_or_is_refused_with_its_places(centre: Client) -> None:
    address = reverse("ledger:upload-voucher-rules")

    def upload(content: bytes) -> Any:
        return centre.post(address, {"file": SimpleUploadedFile("rules.json", content)})

    for content in (b"\xff\xfe", b"{", b"[" * 5000, b"", b"[]"):
        assert upload(content).status_code == 422
    wrong = body()
    del wrong[INCOME][0]["title"]
    refused = upload(json.dumps(wrong).encode())
    assert refused.context["faults"][0]["place"] == f"{INCOME}/1/title"
    assert upload(json.dumps(body()).encode()).status_code == 302
    assert VoucherRulesDraft.objects.get().body == body()
    assert json.loads(centre.get(reverse("ledger:voucher-rules-file", args=[1])).content) == body()
    centre.post(reverse("ledger:discard-voucher-rules-draft"))
    assert not VoucherRulesDraft.objects.exists()


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("ledger:voucher-rules-version", [9]),
        ("ledger:voucher-rules-version", [99999999999]),
        ("ledger:compare-voucher-rules", [1]),
        ("ledger:voucher-rules-proposal", [9]),
        ("ledger:posting", [INCOME, 99]),
        ("ledger:posting", ["nothing", 1]),
        ("ledger:new-posting", ["nothing"]),
    ],
)
def test_what_is_none_is_not_found(drafting: Client, name: str, arguments: list[Any]) -> None:
    assert drafting.get(reverse(name, args=arguments)).status_code == 404


def test_two_versions_are_compared(centre: Client) -> None:
    other = body()
    other[INCOME][-1] |= {"credit": "4605", "credit_dimensions": []}
    VoucherRules.objects.create(
        version=2, effective_from=date(2026, 4, 1), body=other, source_mark="default", made_by="x", approved_by="y"
    )
    for query in ({}, {"with": "1"}, {"with": "2"}):
        page = centre.get(reverse("ledger:compare-voucher-rules", args=[2]), query)
        assert page.status_code == 200
    (change,) = centre.get(reverse("ledger:compare-voucher-rules", args=[2])).context["changes"]
    assert change.changes[0].differs == {"财务会计"}
    assert centre.get(reverse("ledger:compare-voucher-rules", args=[2]), {"with": "²"}).status_code == 200


def test_the_api_reads_versions_and_takes_a_proposal(
    centre: Client, client: Client, month_of_facts: Institution
) -> None:
    address = "/api/v1/ledger/voucher-rules/"
    (row,) = centre.get(address).json()["results"]
    assert (row["version"], row["source_mark"], row["body"]) == (1, "default", body())
    other = body()
    other[INCOME][-1] |= {"credit": "4605", "credit_dimensions": []}
    wanted = {"effective_from": "2026-04-01", "note": "会议", "body": {}}
    wrong = {**wanted, "body": {INCOME: [{"title": "a", "amounts": ["amount"], "debit": "1", "credit": "2"}]}}
    refused = centre.post(address, wrong, content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (422, "ledger.rule_book")
    made = centre.post(address, {**wanted, "body": other}, content_type="application/json")
    assert made.status_code == 201, made.content
    client.force_login(trade.person("clerk", Role.FINANCE_OFFICER, month_of_facts))
    assert client.post(address, {**wanted, "body": other}, content_type="application/json").status_code == 403


def test_vouchers_are_exported_from_the_page_and_the_history_says_by_whom(
    client: Client, month_of_facts: Institution
) -> None:
    services.book_events(PLATFORM, institution=month_of_facts, period=MARCH)
    client.force_login(trade.person("clerk", Role.FINANCE_OFFICER, month_of_facts))
    page = client.get(reverse("ledger:exports"))
    assert [(row.period, row.entries, row.left) for row in page.context["export_months"]] == [("2026-03", 4, 4)]
    scope = {"institution": "H1", "period": "2026-03", "template": "yonyou"}
    made = client.post("/api/v1/ledger/voucher-exports/file/", scope, content_type="application/json")
    assert (made.status_code, made.json()["file"]) == (202, None)
    finish()
    done = client.get(made["Location"]).json()
    assert (done["state"], done["result"]) == ("succeeded", {"entries": 4, "repeated": 0, "lines": Leg.objects.count()})
    assert "attachment" in client.get(done["file"])["Content-Disposition"]
    refused = client.post("/api/v1/ledger/voucher-exports/file/", scope, content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (409, "ledger.exported_already")
    (row,) = client.get("/api/v1/ledger/voucher-exports/").json()["results"]
    assert (row["entries"], row["repeated"], row["template"]) == (4, 0, "yonyou")
    page = client.get(reverse("ledger:exports"))
    assert page.context["left"] == 0
    assert row["digest"] in page.content.decode()
    client.force_login(trade.person("auditor", Role.AUDITOR))
    assert "重新导出</button>" not in client.get(reverse("ledger:exports")).content.decode()


def test_the_centre_adds_a_layout_from_another_one_with_faults_at_their_rows(centre: Client) -> None:
    address = reverse("ledger:new-export-template")
    begun = centre.get(address, {"like": "yonyou"})
    assert begun.context["columns"].forms[0].initial["title"]
    rows = {"form-TOTAL_FORMS": "2", "form-INITIAL_FORMS": "0", "form-0-title": "日期", "form-0-field": "day"}
    more = centre.post(address, rows | {"do": "more", "code": "own"})
    assert (more.status_code, len(more.context["columns"].forms)) == (200, 12)
    assert more.context["columns"].forms[0].initial == {"title": "日期", "field": "day", "constant": ""}
    both = centre.post(address, rows | {"code": "own", "name": "本院", "form-0-constant": "记"})
    assert "constant" in both.context["columns"].forms[0].errors
    assert centre.post(address, {"code": "own", "name": "本院"}).status_code == 422
    taken = centre.post(address, rows | {"code": "yonyou", "name": "本院"})
    assert "code" in taken.context["head"].errors
    assert centre.post(address, rows | {"code": "own", "name": "本院"}).status_code == 302
    assert "本院" in centre.get(reverse("ledger:export-templates")).content.decode()
