"""特例单议 from the application to the price: approval inside, opinions, conclusion by two persons, appeal, quota."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from insurance_settlement import integrity
from insurance_settlement.engine.special_review import Hints, Quota, grounds
from insurance_settlement.models import CaseResult, GroupingRun, SpecialReview
from insurance_settlement.selectors import case_detail
from insurance_settlement.selectors.reviews import candidates, hints, quota_of, quotas
from insurance_settlement.services import run_grouping
from insurance_settlement.services.reviews import (
    Verdict,
    WantedReview,
    appeal_review,
    archive_review,
    begin_review,
    change_review,
    conclude_review,
    record_opinion,
    submit_review,
)
from ops_platform.identity.actors import actor_of_user
from ops_platform.identity.models import User
from ops_platform.kernel import Conflict, Forbidden, Invalid, NotFound, Period, Role
from ops_platform.kernel.actor import PLATFORM
from ops_platform.masterdata.models import Department, Institution, Parameter
from tests.support import trade
from workflows.models import Matter, Task
from workflows.reference import load_flows
from workflows.services import approve, reject

pytestmark = pytest.mark.django_db
MARCH = Period.parse("2026-03")
WANTED = WantedReview(["long_stay", "complex"], "多器官衰竭，三次气管插管。", "items")


@pytest.fixture
def hospital() -> Institution:
    """Pneumonia of 65 days for 96,000.00, a short one for 3,000.00, and a stay that fits no group for 8,000.00."""
    hospital = trade.alliance()["H1"]
    load_flows()
    trade.landed(hospital, "departments", [trade.department("HX", name="呼吸内科")])
    trade.landed(hospital, "charge-items", [trade.item("CW", fee_class="bed")])
    stays = {"Z1": ("2026-01-04", "96000.00"), "Z2": ("2026-03-01", "3000.00"), "Z3": ("2026-03-02", "8000.00")}
    visits = [
        trade.visit(number, "HX", kind="inpatient", when=f"{day}T08:00:00", discharged="2026-03-10T10:00:00")
        for number, (day, _) in stays.items()
    ]
    trade.landed(hospital, "encounters", visits)
    lines = [
        trade.charge(number, 1, "CW", "HX", "HX", amount, when="2026-03-05T09:00:00")
        for number, (_, amount) in stays.items()
    ]
    trade.landed(hospital, "charge-lines", lines)
    main = {"Z1": ("J18.900", "65"), "Z2": ("J18.900", "9"), "Z3": ("R99.x00", "8")}
    abstracts = [
        {
            "encounter_no": number,
            "diagnoses": [code],
            "sex": "1",
            "age": "67",
            "stay_days": days,
            "leaving_type": "1",
            "total_charges": stays[number][1],
        }
        for number, (code, days) in main.items()
    ]
    trade.landed(hospital, "discharge-abstracts", abstracts)
    run_grouping(PLATFORM, institution=hospital, period=MARCH)
    return hospital


@pytest.fixture
def wide_quota(hospital: Institution) -> None:
    """Every discharge may be put forward."""
    Parameter.objects.create(
        key="insurance_settlement.review_share_drg",
        name="特例单议",
        scope="institution",
        institution=hospital,
        effective_from=date(2026, 1, 1),
        value=1,
        unit="比例",
        source_mark="default",
        source_text="本地规则",
    )


@pytest.fixture
def people(hospital: Institution) -> dict[str, User]:
    ward = Department.objects.get(institution=hospital, code="HX")
    return {
        "officer": trade.person("officer", Role.INSURANCE_OFFICER, hospital),
        "second": trade.person("second", Role.INSURANCE_OFFICER, hospital),
        "ward": trade.person("ward", Role.DEPARTMENT_HEAD, hospital, ward),
        "director": trade.person("director", Role.FINANCE_DIRECTOR, hospital),
    }


def case_of(number: str) -> CaseResult:
    return CaseResult.objects.get(run__is_current=True, encounter_no=number)


def signed(matter: int, person: User) -> None:
    task = Task.objects.get(matter=matter, person=person, state=Task.State.OPEN)
    approve(actor_of_user(person), matter_id=matter, task=task.number)


def begun(people: dict[str, User], number: str = "Z1", wanted: WantedReview = WANTED) -> SpecialReview:
    return begin_review(actor_of_user(people["officer"]), case_id=case_of(number).pk, wanted=wanted)


def declared(people: dict[str, User], number: str = "Z1", wanted: WantedReview = WANTED) -> SpecialReview:
    review = begun(people, number, wanted)
    matter = submit_review(actor_of_user(people["officer"]), review_id=review.pk)
    signed(matter, people["ward"])
    signed(matter, people["second"])
    review.refresh_from_db()
    return review


def concluded(
    people: dict[str, User], review: SpecialReview, outcome: str, worth: Any = None, *, days_ago: int = 0
) -> SpecialReview:
    matter = conclude_review(
        actor_of_user(people["officer"]),
        review_id=review.pk,
        verdict=Verdict(outcome, worth, "专家组一致意见"),
        decided_on=timezone.localdate() - timedelta(days=days_ago),
        document_no="市医保评〔2026〕7号",
    )
    signed(matter, people["director"])
    review.refresh_from_db()
    return review


def test_of_199_discharges_five_per_cent_are_nine() -> None:
    quota = Quota(199, Decimal("0.05"), 8)
    assert (quota.most, quota.left) == (9, 1)
    assert Quota(200, Decimal("0.05"), 12).left == 0
    assert Quota(200, Decimal("0.005"), 0).most == 1
    assert Quota(0, Decimal("0.05"), 0).most == 0


HINTS = Hints(60, Decimal(2))


def test_figures_show_long_stays_heavy_and_ungrouped_cases() -> None:
    assert grounds("high", 61, 300, 200, HINTS) == ("long_stay", "resource_heavy")
    assert grounds("normal", 9, 201, 100, HINTS) == ("resource_heavy",)
    assert grounds("normal", 60, 200, 100, HINTS) == ()
    assert grounds("ungrouped", 60, 200, None, HINTS) == ("ungrouped",)


def test_cases_that_show_a_ground_are_listed_until_they_are_put_forward(
    hospital: Institution, people: dict[str, User]
) -> None:
    actor = actor_of_user(people["officer"])
    assert [one.encounter_no for one in candidates(actor=actor, hints=HINTS)] == ["Z1", "Z3"]
    review = begun(people)
    assert [one.encounter_no for one in candidates(actor=actor, hints=HINTS)] == ["Z3"]
    archive_review(actor, review_id=review.pk)
    assert [one.encounter_no for one in candidates(actor=actor, hints=HINTS)] == ["Z1", "Z3"]


@pytest.mark.usefixtures("wide_quota")
def test_what_is_granted_by_items_prices_the_case_at_its_charges(
    hospital: Institution, people: dict[str, User]
) -> None:
    before = case_of("Z1")
    assert before.payment is not None
    assert before.payment < Decimal("96000.00")
    review = declared(people)
    assert (review.state, review.declared_on) == ("declared", timezone.localdate())
    assert not run_grouping(PLATFORM, institution=hospital, period=MARCH).created
    review = concluded(people, review, "items")
    assert (review.state, review.effective) == ("approved", "items")
    outcome = run_grouping(PLATFORM, institution=hospital, period=MARCH)
    assert (outcome.created, outcome.run.version) == (True, 2)
    after = case_of("Z1")
    assert (after.kind, after.payment, after.balance) == ("special_review", Decimal("96000.00"), 0)
    assert case_detail(case=after).price.payment == 9_600_000
    assert case_detail(case=before).price.payment == int(before.payment * 100)
    assert list(integrity.runs_add_up()) == []


@pytest.mark.usefixtures("wide_quota")
def test_a_weight_of_its_own_prices_the_case_by_the_rate(hospital: Institution, people: dict[str, User]) -> None:
    wanted = WantedReview(["ungrouped"], "罕见病，没有合适的病组。", "rescored", Decimal("1.5"))
    concluded(people, declared(people, "Z3", wanted), "rescored", Decimal("1.25"))
    run_grouping(PLATFORM, institution=hospital, period=MARCH)
    case = case_of("Z3")
    assert (case.kind, case.payment) == ("special_review", Decimal("9000.00"))
    assert case.weight is None, "the CMI knows weights of groups only, and this case has no group"
    told = case_detail(case=case).price
    assert told.payment == 900_000
    assert [line.value for line in told.explanation.lines if line.label == "特例单议"] == ["1.25"]


@pytest.mark.usefixtures("wide_quota")
def test_a_review_by_charges_takes_no_weight_out_of_the_case_mix(
    hospital: Institution, people: dict[str, User]
) -> None:
    before = case_of("Z1").weight
    assert before is not None
    concluded(people, declared(people), "items")
    run_grouping(PLATFORM, institution=hospital, period=MARCH)
    assert (case_of("Z1").kind, case_of("Z1").weight) == ("special_review", before)


@pytest.mark.usefixtures("wide_quota")
def test_nobody_is_put_forward_to_an_insurer_that_does_not_pay_for_him(
    hospital: Institution, people: dict[str, User]
) -> None:
    """Found after the draft was written: the insurance was told wrongly at first."""
    draft = begun(people)
    stay = trade.visit(
        "Z1", "HX", kind="inpatient", when="2026-01-05T08:00:00", discharged="2026-03-10T10:00:00", scheme="self_pay"
    )
    trade.landed(hospital, "encounters", [stay])
    run_grouping(PLATFORM, institution=hospital, period=MARCH)
    assert (case_of("Z1").kind, case_of("Z1").balance) == ("self_pay", 0)
    officer = actor_of_user(people["officer"])
    with pytest.raises(Conflict, match="自费患者"):
        submit_review(officer, review_id=draft.pk)
    archive_review(officer, review_id=draft.pk)
    with pytest.raises(Conflict, match="自费患者"):
        begun(people)
    assert "Z1" not in {one.encounter_no for one in candidates(actor=officer, hints=hints())}


@pytest.mark.usefixtures("wide_quota")
def test_a_form_of_a_step_that_is_over_leads_back_to_the_review(people: dict[str, User], client: Client) -> None:
    review = concluded(people, declared(people), "items")
    client.force_login(people["officer"])
    for step in ("change-review", "new-opinion", "new-conclusion", "appeal-review"):
        answer = client.get(reverse(f"insurance_settlement:{step}", args=[review.pk]))
        assert answer.headers["Location"] == reverse("insurance_settlement:review", args=[review.pk]), step


@pytest.mark.usefixtures("wide_quota")
def test_a_rejection_may_be_appealed_once_and_in_time(hospital: Institution, people: dict[str, User]) -> None:
    officer = actor_of_user(people["officer"])
    review = concluded(people, declared(people), "rejected")
    assert (review.state, review.effective) == ("rejected", "")
    appeal_review(officer, review_id=review.pk, appeal="三次插管的记录已补充。")
    review.refresh_from_db()
    record_opinion(
        officer, review_id=review.pk, expert="王专家", unit="市中心医院", verdict=Verdict("items", None, "同意")
    )
    assert review.opinions.get().round == 2
    review = concluded(people, review, "rejected")
    with pytest.raises(Conflict) as refusal:
        appeal_review(officer, review_id=review.pk, appeal="再次申诉。")
    assert refusal.value.code == "insurance_settlement.review_appealed"
    assert not run_grouping(PLATFORM, institution=hospital, period=MARCH).created


@pytest.mark.usefixtures("wide_quota")
def test_an_appeal_after_its_days_is_refused(hospital: Institution, people: dict[str, User]) -> None:
    review = declared(people)
    with pytest.raises(Invalid):
        concluded(people, review, "rejected", days_ago=16)
    SpecialReview.objects.update(declared_on=timezone.localdate() - timedelta(days=20))
    review = concluded(people, review, "rejected", days_ago=16)
    with pytest.raises(Conflict) as refusal:
        appeal_review(actor_of_user(people["ward"]), review_id=review.pk, appeal="补充材料。")
    assert refusal.value.code == "insurance_settlement.review_appeal_late"


@pytest.mark.usefixtures("wide_quota")
def test_an_expert_of_the_hospital_itself_is_recused(hospital: Institution, people: dict[str, User]) -> None:
    review = declared(people)
    officer = actor_of_user(people["officer"])
    with pytest.raises(Conflict) as refusal:
        record_opinion(
            officer, review_id=review.pk, expert="李专家", unit=hospital.name, verdict=Verdict("items", None, "同意")
        )
    assert refusal.value.code == "insurance_settlement.expert_recusal"
    with pytest.raises(Invalid):
        record_opinion(
            officer, review_id=review.pk, expert="李专家", unit="省医院", verdict=Verdict("rescored", None, "同意")
        )


@pytest.mark.usefixtures("wide_quota")
def test_a_conclusion_that_the_second_person_refuses_is_recorded_anew(
    hospital: Institution, people: dict[str, User]
) -> None:
    review = declared(people)
    officer = actor_of_user(people["officer"])
    verdict = Verdict("items", None, "专家组一致意见")
    matter = conclude_review(
        officer, review_id=review.pk, verdict=verdict, decided_on=timezone.localdate(), document_no="7号"
    )
    task = Task.objects.get(matter=matter, person=people["director"])
    reject(actor_of_user(people["director"]), matter_id=matter, task=task.number, comment="与通知不符")
    review.refresh_from_db()
    assert (review.state, review.conclusions.get().state) == ("declared", "refused")
    assert concluded(people, review, "items").state == "approved"


def test_without_quota_nothing_is_put_forward(hospital: Institution, people: dict[str, User]) -> None:
    """Five per cent of three discharges are none."""
    review = begun(people)
    with pytest.raises(Conflict) as refusal:
        submit_review(actor_of_user(people["officer"]), review_id=review.pk)
    assert refusal.value.code == "insurance_settlement.review_quota"
    assert "出院 3 例" in str(refusal.value)
    assert Matter.objects.count() == 0
    assert quota_of(institution=hospital, kind="drg", year=2026) == Quota(3, Decimal("0.05"), 0)


@pytest.mark.usefixtures("wide_quota")
def test_what_is_put_forward_counts_in_the_quota_of_its_year(hospital: Institution, people: dict[str, User]) -> None:
    declared(people)
    begun(people, "Z3")
    (line,) = quotas(actor=actor_of_user(people["officer"]), year=2026)
    assert (line.quota.most, line.quota.used, line.quota.left) == (3, 1, 2)
    assert quotas(actor=actor_of_user(people["officer"]), year=2025) == []


def test_a_stay_is_put_forward_once_and_by_its_own_people(hospital: Institution, people: dict[str, User]) -> None:
    begun(people)
    with pytest.raises(Conflict) as refusal:
        begun(people)
    assert refusal.value.code == "insurance_settlement.review_exists"
    with pytest.raises(Forbidden):
        begin_review(actor_of_user(people["director"]), case_id=case_of("Z2").pk, wanted=WANTED)
    elsewhere = trade.person("elsewhere", Role.INSURANCE_OFFICER, Institution.objects.get(code="T1"))
    with pytest.raises(NotFound):
        begin_review(actor_of_user(elsewhere), case_id=case_of("Z2").pk, wanted=WANTED)


def test_a_case_of_a_run_that_no_longer_counts_is_not_put_forward(
    hospital: Institution, people: dict[str, User]
) -> None:
    GroupingRun.objects.update(is_current=False)
    with pytest.raises(Conflict) as refusal:
        begin_review(actor_of_user(people["officer"]), case_id=CaseResult.objects.earliest("pk").pk, wanted=WANTED)
    assert refusal.value.code == "insurance_settlement.case_superseded"


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        (WantedReview([], "说明文字", "items"), "review_grounds"),
        (WantedReview(["unheard"], "说明文字", "items"), "review_grounds"),
        (WantedReview(["complex"], " ", "items"), "review_statement"),
        (WantedReview(["complex"], "说明文字", "rejected"), "review_asked"),
        (WantedReview(["complex"], "说明文字", "rescored"), "review_worth"),
        (WantedReview(["complex"], "说明文字", "items", Decimal(1)), "review_worth"),
        (WantedReview(["complex"], "说明文字", "rescored", Decimal(-1)), "review_worth"),
    ],
)
def test_what_an_application_lacks_is_said(
    wanted: WantedReview, code: str, hospital: Institution, people: dict[str, User]
) -> None:
    with pytest.raises(Invalid) as refusal:
        begun(people, "Z1", wanted)
    assert refusal.value.code == f"insurance_settlement.{code}"


def test_a_draft_may_be_changed_and_put_away_and_nothing_else(hospital: Institution, people: dict[str, User]) -> None:
    officer = actor_of_user(people["officer"])
    review = begun(people)
    other = WantedReview(["critical"], "改为重新核定。", "rescored", Decimal("3.2"))
    change_review(officer, review_id=review.pk, wanted=other)
    review.refresh_from_db()
    assert (review.grounds, review.asked_worth) == (["critical"], Decimal("3.2"))
    with pytest.raises(Conflict):
        appeal_review(officer, review_id=review.pk, appeal="没有结论。")
    archive_review(officer, review_id=review.pk)
    archive_review(officer, review_id=review.pk)
    with pytest.raises(Conflict):
        change_review(officer, review_id=review.pk, wanted=WANTED)


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.mark.usefixtures("wide_quota")
def test_the_whole_way_by_its_pages(hospital: Institution, people: dict[str, User]) -> None:
    client = signed_in(people["officer"])
    page = client.get(reverse("insurance_settlement:review-candidates")).content.decode()
    assert "住院时间长" in page
    case = client.get(reverse("insurance_settlement:case", args=[case_of("Z1").pk])).content.decode()
    assert "申请特例单议" in case
    form = reverse("insurance_settlement:new-review", args=[case_of("Z1").pk])
    assert 'value="long_stay"' in client.get(form).content.decode()
    given = {"grounds": ["long_stay"], "statement": "多器官衰竭。", "asked": "rescored", "asked_worth": ""}
    refused = client.post(form, given)
    assert refused.status_code == 422
    assert "重新核定的须填写权重或分值" in refused.content.decode()
    paper = SimpleUploadedFile("病历摘要.txt", "三次插管".encode(), content_type="text/plain")
    client.post(form, {**given, "asked": "items", "documents": [paper]})
    review = SpecialReview.objects.get()
    page = client.get(reverse("insurance_settlement:review", args=[review.pk])).content.decode()
    assert "病历摘要.txt" in page
    client.post(reverse("insurance_settlement:submit-review", args=[review.pk]))
    review.refresh_from_db()
    assert review.state == "asked"
    matter = Matter.objects.get()
    signed(matter.pk, people["ward"])
    signed(matter.pk, people["second"])
    opinion = {"expert": "王专家", "unit": "市中心医院", "outcome": "items", "worth": "", "text": "同意按项目"}
    client.post(reverse("insurance_settlement:new-opinion", args=[review.pk]), opinion)
    conclusion = {
        "outcome": "items",
        "decided_on": timezone.localdate().isoformat(),
        "document_no": "市医保评〔2026〕7号",
        "text": "同意",
    }
    client.post(reverse("insurance_settlement:new-conclusion", args=[review.pk]), conclusion)
    signed(Matter.objects.latest("pk").pk, people["director"])
    page = client.get(reverse("insurance_settlement:review", args=[review.pk])).content.decode()
    assert "评审已通过，下一次计价按结论支付" in page
    run_grouping(PLATFORM, institution=hospital, period=MARCH)
    page = client.get(reverse("insurance_settlement:review", args=[review.pk])).content.decode()
    assert "96,000.00" in page
    assert "下一次计价" not in page
    listed = client.get(reverse("insurance_settlement:reviews")).content.decode()
    assert "评审通过" in listed
    assert client.get(reverse("insurance_settlement:reviews"), {"_export": "xlsx"}).status_code == 200
    (row,) = client.get(reverse("settlement-special-reviews")).json()["results"]
    assert (row["state"], row["effective"], row["charges"]) == ("approved", "items", "96000.00")


def test_the_papers_of_a_review_open_to_whoever_may_see_it(hospital: Institution, people: dict[str, User]) -> None:
    review = begun(people)
    elsewhere = trade.person("elsewhere", Role.INSURANCE_OFFICER, Institution.objects.get(code="T1"))
    page = reverse("insurance_settlement:review", args=[review.pk])
    assert signed_in(elsewhere).get(page).status_code == 404
    assert signed_in(people["ward"]).get(page).status_code == 200
