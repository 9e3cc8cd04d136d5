"""A draft of a price book from past months: by hand, marked as one's own, imported or tried."""

import io
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import python_calamine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from insurance_settlement.deriving import OWN, Past, draft_of
from insurance_settlement.engine.derivation import Derived
from insurance_settlement.engine.rule_book import RuleBook, rule_book_of
from insurance_settlement.models import GroupingScheme, PriceBook, PricingTrial
from insurance_settlement.price_book_workbooks import document_in
from insurance_settlement.schemes import rule_book
from insurance_settlement.selectors.trials import totals
from insurance_settlement.services.trials import run_trial
from ops_platform.kernel import Conflict, Explanation, Role
from ops_platform.masterdata.models import Institution, Parameter
from tests.insurance_settlement.test_trials import MARCH, hospital, officer
from tests.support import trade

__all__ = ["hospital", "officer"]


@pytest.fixture
def few(hospital: Institution) -> None:
    """Two cases are enough."""
    Parameter.objects.create(
        key="insurance_settlement.derivation_cases",
        name="权重测算",
        scope="national",
        effective_from=date(2026, 1, 1),
        value=2,
        unit="例",
        source_mark="default",
        source_text="测试",
    )


def chosen() -> PriceBook:
    return PriceBook.objects.get(name="2026 年费率")


def test_weights_are_means_by_the_mean_of_all_and_the_rate_pays_what_was_charged(hospital: Institution) -> None:
    """Pneumonia 17,000 by the mean of all, 14,000; 34,000 ÷ (1.2143 × 2) = 14,000 (13,999.84 by the rounded weight)."""
    draft = draft_of(chosen(), Past([hospital], MARCH, MARCH), least=2)
    assert dict(draft.book.weights) == {"ES35": Decimal("1.2143")}
    assert dict(draft.book.mean_charges) == {"ES35": 1_700_000}
    assert draft.book.base_rate == Decimal("13999.84")
    assert draft.book.outliers == chosen_book().outliers
    assert draft.notes["ES35"].cases == 2
    assert draft.notes["ES35"].remark == "17,000.00 ÷ 14,000.00 = 1.2143"
    assert draft.remarks[0] == OWN


def chosen_book() -> RuleBook:
    return rule_book(chosen())


def test_groups_of_few_cases_are_marked_and_without_any_there_is_no_draft(hospital: Institution) -> None:
    with pytest.raises(Conflict, match="derivation_too_few"):
        draft_of(chosen(), Past([hospital], MARCH, MARCH), least=3)
    with pytest.raises(Conflict, match="derivation_no_cases"):
        draft_of(chosen(), Past([hospital], MARCH.shift(1), MARCH.shift(1)), least=1)
    scheme = GroupingScheme.objects.get()
    other = GroupingScheme.objects.create(
        name="另一方案",
        effective_from="2026-02-01",
        digest="0" * 64,
        content=scheme.content,
        dx_codes=scheme.dx_codes,
        proc_codes=scheme.proc_codes,
        source_mark="default",
        imported_by="test",
        imported_at=scheme.imported_at,
    )
    with pytest.raises(Conflict, match="derivation_other_scheme"):
        draft_of(PriceBook(scheme=other, name="x", content=chosen().content), Past([hospital], MARCH, MARCH), least=1)


def test_the_page_gives_a_draft_that_can_be_tried_as_it_is(
    hospital: Institution, officer: Any, few: None, client: Client
) -> None:
    client.force_login(officer)
    asked = {
        "institutions": [hospital.pk],
        "first": "2026-03",
        "last": "2026-03",
        "price_book": chosen().pk,
        "third_last": "30000",
        "second_last": "33000",
        "last_year": "35000",
    }
    answer = client.post(reverse("insurance_settlement:derive-price-book"), asked)
    assert answer.status_code == 200
    content = b"".join(answer.streaming_content)  # type: ignore[arg-type]
    sheets = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
    notes = sheets.get_sheet_by_name("填写说明").to_python()
    assert OWN in notes[0]
    assert any("1:2:7" in cell for row in notes for cell in row)
    groups = {row[0]: row for row in sheets.get_sheet_by_name("病组").to_python()}
    assert groups["ES35"][2:4] == [1.2143, 17000.0]
    assert groups["ES31"][2] == ""
    assert groups["ES31"][6] == "没有病例，未测算"
    book = rule_book_of(document_in(content), "草稿")
    # (30,000 + 2 × 33,000 + 7 × 35,000) ÷ 10 = 34,100 for all cases; pneumonia had 34,000 of 42,000, so 27,604.76; ÷ 2.4286
    assert book.base_rate == Decimal("11366.53")
    assert book.source == "自行测算：2026-03 的 3 例"
    trying = {
        "title": "测算",
        "institutions": [hospital.pk],
        "first": "2026-03",
        "last": "2026-03",
        "draft": SimpleUploadedFile("draft.xlsx", content),
    }
    assert client.post(reverse("insurance_settlement:new-trial"), trying).status_code == 302
    trial = PricingTrial.objects.get()
    run_trial(trial.pk)
    # each 13,802.38: 4,000 is low and paid as billed, 30,000 is normal
    assert totals(trial).payment_after == Decimal("17802.38")


def test_a_forecast_of_what_was_charged_changes_nothing(hospital: Institution) -> None:
    """Groups without a weight of their own take their share of the forecast with them."""
    past = Past([hospital], MARCH, MARCH)
    charged = Derived(Decimal("42000.00"), Explanation("预测总费用", "测试"))
    plain = draft_of(chosen(), past, least=2)
    told = draft_of(chosen(), replace(past, forecast=charged), least=2)
    assert told.book.base_rate == plain.book.base_rate
    assert any("80.9524%" in remark for remark in told.remarks)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"forecast": "99999999999999999999"}, "14"),
        ({"last": "2026-02"}, "结束月份不能早于开始月份"),
        ({"last_year": "35000"}, "请填齐三年的总费用"),
        ({"forecast": "1", "third_last": "1", "second_last": "1", "last_year": "1"}, "只填一种"),
    ],
)
def test_a_form_that_contradicts_itself_is_told_so(
    hospital: Institution, officer: Any, client: Client, wrong: dict[str, str], told: str
) -> None:
    client.force_login(officer)
    asked = {"institutions": [hospital.pk], "first": "2026-03", "last": "2026-03", "price_book": chosen().pk}
    answer = client.post(reverse("insurance_settlement:derive-price-book"), asked | wrong)
    assert answer.status_code == 422
    assert told in answer.content.decode()


def test_only_own_institutions_can_be_chosen(hospital: Institution, client: Client) -> None:
    client.force_login(trade.person("stranger", Role.FINANCE_OFFICER, Institution.objects.get(code="T1")))
    page = client.get(reverse("insurance_settlement:derive-price-book")).content.decode()
    assert "人民医院" not in page.split("<form", 1)[1]
