"""What past months would have been paid by other rules: worked out by hand, the same again, apart from what counts."""

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from insurance_settlement import integrity, services
from insurance_settlement.engine.rule_book import Kind
from insurance_settlement.engine.trial import Overrides, changed
from insurance_settlement.models import (
    CaseResult,
    GroupingRun,
    GroupingScheme,
    PriceBook,
    PricingTrial,
    SpecialReview,
    TrialCase,
)
from insurance_settlement.selectors import trials as selected
from insurance_settlement.services.trials import WantedTrial, begin_trial, recomputed, run_trial, sweep_trials
from ops_platform.identity.actors import actor_of_user
from ops_platform.identity.models import User
from ops_platform.kernel import Conflict, Forbidden, Invalid, NotFound, Period, Role
from ops_platform.kernel.actor import PLATFORM
from ops_platform.masterdata.models import Institution
from ops_platform.notifications.models import OutboxTask
from tests.insurance_settlement.rule_books import GUANGZHOU, RATE, book
from tests.insurance_settlement.test_dip import DOCUMENT
from tests.support import trade
from tests.support.downloads import book_of

MARCH = Period.parse("2026-03")
STAYS = {"Z1": ("J18.900", "9", "4000.00"), "Z2": ("J18.900", "9", "30000.00"), "Z3": ("R99.x00", "8", "8000.00")}
RULES: dict[str, Any] = {
    "scheme": "示例分组方案 1", "source": "测试", "weights": {"ES35": "1.5", "ES31": "3"}, "base_rate": "4000",
    "default_coefficient": "1",
    "outliers": {"measured_by": "standard", "low": {"below": "0.4", "pay": "charges"},
                 "high": [{"above": "3", "share": "1"}]},
}  # fmt: skip


@pytest.fixture
def hospital(db: None) -> Institution:
    """Pneumonia for 4,000.00 and for 30,000.00, and a stay in no group, by a rate of 4,000.00."""
    hospital = trade.alliance()["H1"]
    trade.landed(hospital, "departments", [trade.department("HX", name="呼吸内科")])
    trade.landed(hospital, "charge-items", [trade.item("CW", fee_class="bed")])
    trade.landed(
        hospital,
        "encounters",
        [
            trade.visit(number, "HX", kind="inpatient", when="2026-03-01T08:00:00", discharged="2026-03-10T10:00:00")
            for number in STAYS
        ],
    )
    lines = [
        trade.charge(number, 1, "CW", "HX", "HX", amount, when="2026-03-05T09:00:00")
        for number, (_, _, amount) in STAYS.items()
    ]
    trade.landed(hospital, "charge-lines", lines)
    abstracts = [
        {
            "encounter_no": number,
            "diagnoses": [code],
            "sex": "1",
            "age": "67",
            "stay_days": days,
            "leaving_type": "1",
            "total_charges": amount,
        }
        for number, (code, days, amount) in STAYS.items()
    ]
    trade.landed(hospital, "discharge-abstracts", abstracts)
    services.import_price_book(
        PLATFORM,
        content=json.dumps(RULES).encode(),
        name="2026 年费率",
        effective_from=date(2026, 1, 1),
        scheme=GroupingScheme.objects.get(),
        gaps_checked=True,
    )
    services.run_grouping(PLATFORM, institution=hospital, period=MARCH)
    return hospital


@pytest.fixture
def officer(hospital: Institution) -> User:
    return trade.person("officer", Role.INSURANCE_OFFICER, hospital)


def asked(hospital: Institution, **changes: Any) -> WantedTrial:
    given = {"title": "如果", "institutions": [hospital], "first": MARCH, "last": MARCH} | changes
    return WantedTrial(**given)


def tried(user: User, hospital: Institution, **changes: Any) -> PricingTrial:
    made = begin_trial(actor_of_user(user), asked(hospital, **changes))
    run_trial(made.pk)
    made.refresh_from_db()
    return made


def delta_of(trial: PricingTrial) -> dict[str, tuple[Decimal | None, Decimal | None]]:
    rows = TrialCase.objects.filter(trial=trial).select_related("case")
    return {row.case.encounter_no: (row.payment_before, row.payment_after) for row in rows}


def test_another_rate_is_worked_out_case_by_case(hospital: Institution, officer: User) -> None:
    """1.5 × 4,000 = 6,000: the first is normal, the second high with 6,000 + (30,000 − 18,000); by 5,000 the standard is
    7,500, and the second 7,500 + (30,000 − 22,500)."""
    trial = tried(officer, hospital, overrides=Overrides(unit_value=Decimal(5000)))
    assert trial.state == "succeeded"
    assert delta_of(trial) == {
        "Z1": (Decimal("6000.00"), Decimal("7500.00")),
        "Z2": (Decimal("18000.00"), Decimal("15000.00")),
    }
    total = selected.totals(trial)
    assert (total.cases, total.changed, total.priced_before, total.priced_after) == (3, 2, 2, 2)
    assert (total.payment_before, total.payment_after) == (Decimal("24000.00"), Decimal("22500.00"))
    assert (total.delta, total.charges) == (Decimal("-1500.00"), Decimal("42000.00"))
    run = GroupingRun.objects.get(institution=hospital, is_current=True)
    assert total.payment_before == run.payment
    assert total.balance_before == run.payment - run.priced_charges, (
        "as the month says, without the case that has no price"
    )
    assert list(integrity.trials_add_up()) == []
    by_group = selected.lines(trial, "group")
    assert [(one.key, one.cases, one.delta) for one in by_group] == [
        ("ES35", 2, Decimal("-1500.00")),
        ("0000", 1, Decimal("0.00")),
    ]
    for cut in ("institution", "department", "month"):
        assert [one.delta for one in selected.lines(trial, cut)] == [Decimal("-1500.00")]


@pytest.mark.parametrize(
    ("overrides", "payments"),
    [
        (Overrides(weights={"ES35": Decimal(2)}), ("8000.00", "14000.00")),
        (Overrides(coefficients={"H1": Decimal("1.1")}), ("6600.00", "16800.00")),
        (Overrides(low_below=Decimal("0.7")), ("4000.00", None)),  # 4,000 ÷ 6,000 = 0.667: as billed
        (Overrides(high_above=Decimal(4), high_share=Decimal("0.5")), (None, "9000.00")),  # 6,000 + 6,000 × 0.5
        (Overrides(high_share=Decimal("0.5")), (None, "12000.00")),
    ],
)
def test_weights_coefficients_and_outliers_can_be_changed(
    hospital: Institution, officer: User, overrides: Overrides, payments: tuple[str | None, str | None]
) -> None:
    after = {number: found for number, (_, found) in delta_of(tried(officer, hospital, overrides=overrides)).items()}
    expected = {number: Decimal(one) for number, one in zip(("Z1", "Z2"), payments, strict=True) if one is not None}
    assert after == expected


def test_the_same_question_has_the_same_answer_and_can_be_worked_out_again(
    hospital: Institution, officer: User
) -> None:
    first, second = (tried(officer, hospital, overrides=Overrides(unit_value=Decimal(5000))) for _ in range(2))
    assert (first.input_digest, first.result_digest) == (second.input_digest, second.result_digest)
    other = tried(officer, hospital, overrides=Overrides(unit_value=Decimal(5001)))
    assert other.result_digest != first.result_digest
    # later facts make a new run, which the trial does not start from
    trade.landed(
        hospital, "charge-lines", [trade.charge("Z1", 2, "CW", "HX", "HX", "99.00", when="2026-03-06T09:00:00")]
    )
    services.run_grouping(PLATFORM, institution=hospital, period=MARCH)
    assert recomputed(first) == (first.input_digest, first.result_digest)
    assert [run.version for run in selected.replaced(first)] == [1]


def test_nothing_that_counts_is_touched(hospital: Institution, officer: User) -> None:
    before = list(GroupingRun.objects.order_by("pk").values()), CaseResult.objects.count(), PriceBook.objects.count()
    tried(officer, hospital, overrides=Overrides(unit_value=Decimal(1)))
    assert (
        list(GroupingRun.objects.order_by("pk").values()),
        CaseResult.objects.count(),
        PriceBook.objects.count(),
    ) == before


def test_by_another_book_of_another_scheme_cases_are_grouped_anew(hospital: Institution, officer: User) -> None:
    catalogue = services.import_scheme(
        PLATFORM,
        content=json.dumps(DOCUMENT).encode(),
        dx_codes=b"code,name,map_to\n",
        proc_codes=b"code,name,map_to\n",
        effective_from=date(2026, 1, 1),
    )
    points = GUANGZHOU | {"scheme": "示例DIP目录", "points": {"ALL-C": "700"}, "mean_charges": {"ALL-C": "7000"}}
    area = services.area_named(PLATFORM, "乙区")
    row = services.import_price_book(
        PLATFORM,
        content=json.dumps(points).encode(),
        name="分值",
        effective_from=date(2026, 1, 1),
        scheme=catalogue,
        area=area,
        gaps_checked=True,
    )
    trial = tried(officer, hospital, price_book=row)
    # 700 points at 10.00; 4,000 ÷ 7,000 is no outlier, 30,000 ÷ 7,000 = 4.2857: × 3.2857 points
    assert delta_of(trial) == {
        "Z1": (Decimal("6000.00"), Decimal("7000.00")),
        "Z2": (Decimal("18000.00"), Decimal("23000.00")),
        "Z3": (None, Decimal("7000.00")),
    }
    assert {one.name for one in selected.lines(trial, "move")} == {"ES35 → ALL-C", "0000 → ALL-C"}
    assert selected.totals(trial).priced_after == 3


def test_what_a_special_review_granted_holds_in_a_trial(hospital: Institution, officer: User) -> None:
    """A weight of 2 of its own: 2 × 4,000 as it is, 2 × 5,000 by the other rate."""
    case = CaseResult.objects.get(encounter_no="Z3")
    SpecialReview.objects.create(
        institution=hospital,
        case=case,
        encounter=case.encounter,
        encounter_no="Z3",
        period="2026-03",
        department=case.department,
        kind="drg",
        grounds=["ungrouped"],
        statement="测试",
        asked="rescored",
        asked_worth=2,
        state="approved",
        effective="rescored",
        worth=2,
        created_by=officer,
    )
    services.run_grouping(PLATFORM, institution=hospital, period=MARCH)
    trial = tried(officer, hospital, overrides=Overrides(unit_value=Decimal(5000)))
    assert delta_of(trial)["Z3"] == (Decimal("8000.00"), Decimal("10000.00"))
    assert TrialCase.objects.get(trial=trial, case__encounter_no="Z3").kind_after == Kind.SPECIAL_REVIEW


def test_a_draft_that_nobody_imported_can_be_tried(hospital: Institution, officer: User) -> None:
    trial = tried(officer, hospital, draft=json.dumps(RULES | {"base_rate": "5000"}).encode())
    assert selected.totals(trial).payment_after == Decimal("22500.00")
    with pytest.raises(Invalid, match="trial_unknown_scheme"):
        begin_trial(actor_of_user(officer), asked(hospital, draft=json.dumps(RULES | {"scheme": "别的"}).encode()))
    with pytest.raises(Invalid, match="rule_book_not_json") as refusal:
        begin_trial(actor_of_user(officer), asked(hospital, draft=b"{"))
    assert refusal.value.context["field"] == "draft"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, "trial_nothing"),
        ({"overrides": Overrides(weights={"XX99": Decimal(1)})}, "trial_unknown_group"),
        ({"overrides": Overrides(coefficients={"H9": Decimal(1)})}, "trial_unknown_institution"),
        ({"overrides": Overrides(low_below=Decimal(9))}, "rule_book_wrong_value"),
        ({"overrides": Overrides(unit_value=Decimal(1)), "last": Period.parse("2026-02")}, "trial_months"),
        ({"overrides": Overrides(unit_value=Decimal(1)), "title": " "}, "trial_title"),
        ({"overrides": Overrides(unit_value=Decimal(1)), "institutions": []}, "trial_institutions"),
    ],
)
def test_a_question_without_sense_is_refused_at_once(
    hospital: Institution, officer: User, changes: dict[str, Any], code: str
) -> None:
    with pytest.raises(Invalid, match=code):
        begin_trial(actor_of_user(officer), asked(hospital, **changes))
    assert not PricingTrial.objects.exists()


def test_months_without_cases_cannot_be_tried(hospital: Institution, officer: User) -> None:
    april = Period.parse("2026-04")
    with pytest.raises(Conflict, match="trial_no_cases"):
        begin_trial(
            actor_of_user(officer),
            asked(hospital, first=april, last=april, overrides=Overrides(unit_value=Decimal(1))),
        )


def test_only_who_plans_for_an_institution_tries_and_others_do_not_see_it(hospital: Institution, officer: User) -> None:
    other = Institution.objects.get(code="T1")
    with pytest.raises(Forbidden, match="may_not_try"):
        begin_trial(actor_of_user(officer), asked(other, overrides=Overrides(unit_value=Decimal(1))))
    trial = tried(officer, hospital, overrides=Overrides(unit_value=Decimal(1)))
    stranger = actor_of_user(trade.person("stranger", Role.FINANCE_OFFICER, other))
    assert list(selected.trials(actor=stranger)) == []
    with pytest.raises(NotFound, match="no_trial"):
        selected.access_trial(actor=stranger, trial_id=trial.pk)
    assert list(selected.trials(actor=trade.actor(Role.AUDITOR))) == [trial]


def test_a_trial_is_handed_to_a_worker_and_done_once(hospital: Institution, officer: User) -> None:
    trial = begin_trial(actor_of_user(officer), asked(hospital, overrides=Overrides(unit_value=Decimal(5000))))
    assert OutboxTask.objects.filter(task="insurance_settlement.run_trial").count() == 1
    PricingTrial.objects.update(messaged_at=None)
    assert sweep_trials() == 1
    run_trial(trial.pk)
    run_trial(trial.pk)
    assert TrialCase.objects.count() == 2
    assert sweep_trials() == 0


def test_points_of_a_book_are_changed_where_they_count() -> None:
    settled = changed(book(GUANGZHOU), Overrides(unit_value=Decimal("9.5"), weights={"D": Decimal(1600)}))
    assert (settled.point_value.settlement, settled.weights["D"]) == (Decimal("9.5"), Decimal(1600))
    budget = changed(book(GUANGZHOU, point_value={"budget": "10"}), Overrides(unit_value=Decimal(11)))
    assert (budget.point_value.budget, budget.point_value.settlement) == (Decimal(11), None)
    plain = {name: part for name, part in RATE.items() if name != "outliers"}
    limited = changed(book(plain), Overrides(low_below=Decimal("0.3"), high_above=Decimal(3))).outliers
    assert limited is not None
    assert (limited.low_below, limited.low_pay, limited.high[0].share) == (Decimal("0.3"), "charges", Decimal(1))


def test_the_pages_ask_show_and_drill_down_to_both_ways_to_a_price(
    hospital: Institution, officer: User, client: Client
) -> None:
    client.force_login(officer)
    given = {
        "title": "费率 5,000",
        "institutions": [hospital.pk],
        "first": "2026-03",
        "last": "2026-03",
        "unit_value": "5000",
        "weights": "ES31 2.5",
    }
    answer = client.post(reverse("insurance_settlement:new-trial"), given)
    assert answer.status_code == 302
    trial = PricingTrial.objects.get()
    waiting = client.get(answer.url).content.decode()
    assert "试算，不是结算" in waiting
    assert "hx-trigger" in waiting
    run_trial(trial.pk)
    assert client.get(reverse("insurance_settlement:trial-progress", args=[trial.pk]))["HX-Refresh"] == "true"
    page = client.get(answer.url).content.decode()
    assert all(words in page for words in ("24,000.00", "22,500.00", "-1,500.00", "ES35", "ES31 2.5", "5000 元"))
    cases = client.get(reverse("insurance_settlement:trial-cases", args=[trial.pk]), {"drg": "ES35"}).content.decode()
    assert cases.index("Z2") < cases.index("Z1")
    row = TrialCase.objects.get(case__encounter_no="Z2")
    told = client.get(reverse("insurance_settlement:trial-case", args=[trial.pk, row.case_id])).content.decode()
    assert "权重 1.5 × 费率 4000 × 机构系数 1 = 6,000.00" in told
    assert "权重 1.5 × 费率 5000 × 机构系数 1 = 7,500.00" in told
    sheet = book_of(client.get(answer.url, {"export": "xlsx"})).get_sheet_by_index(0).to_python()
    assert sheet[0][0] == "试算，不是结算"
    assert sheet[2][0] == "ES35"
    listed = client.get(reverse("insurance_settlement:trials")).content.decode()
    assert "费率 5,000" in listed


def test_a_form_that_says_too_little_or_too_much_is_told_so(
    hospital: Institution, officer: User, client: Client
) -> None:
    client.force_login(officer)
    given = {"title": "如果", "institutions": [hospital.pk], "first": "2026-03", "last": "2026-13", "weights": "ES31"}
    answer = client.post(reverse("insurance_settlement:new-trial"), given)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "请填写月份，例如 2026-03。" in page
    assert "第 1 行应为编码和数值" in page
    bad = SimpleUploadedFile("draft.xlsx", b"PK\x03\x04")
    answer = client.post(
        reverse("insurance_settlement:new-trial"), given | {"last": "2026-03", "weights": "", "draft": bad}
    )
    assert answer.status_code == 422
    assert "无法读取该文件" in answer.content.decode()


def test_programs_ask_and_read(hospital: Institution, officer: User, client: Client) -> None:
    client.force_login(officer)
    asked = {
        "title": "接口",
        "institutions": ["H1"],
        "first": "2026-03",
        "last": "2026-03",
        "overrides": {"unit_value": "5000", "weights": {"ES31": "2.5"}},
    }
    made = client.post(reverse("settlement-trials"), json.dumps(asked), content_type="application/json")
    assert made.status_code == 201
    run_trial(made.json()["id"])
    found = client.get(reverse("settlement-trial", args=[made.json()["id"]]), {"by": "group"}).json()
    assert found["trial"]["state"] == "succeeded"
    assert found["lines"][0]["delta"] == "-1500.00"
    assert client.get(reverse("settlement-trials")).json()["results"][0]["institutions"] == ["H1"]
    wrong = asked | {"institutions": ["H9"]}
    answer = client.post(reverse("settlement-trials"), json.dumps(wrong), content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (422, "insurance_settlement.trial_institutions")
