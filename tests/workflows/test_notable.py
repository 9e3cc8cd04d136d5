"""What the page of a matter asks a signer to look at: split requests, amounts just below a border, unusual ones, repeats."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from ops_platform.identity.models import User
from ops_platform.kernel import Role
from tests.support import trade
from tests.workflows.test_acts import Hospital, approve, me, turn
from tests.workflows.test_processes import client
from workflows import services
from workflows.engine.notable import middle_of
from workflows.models import Matter, Task
from workflows.selectors.notable import Notable, notable

pytestmark = pytest.mark.django_db

TICK = re.compile(r'<input class="form-check-input"[^>]*name="task"\s+value="([0-9]+)-[0-9]+"[^>]*>')


@pytest.fixture
def hospital() -> Hospital:
    return Hospital()


def seen(by: User, matter: Matter) -> dict[str, Notable]:
    matter.refresh_from_db()
    return {each.code: each for each in notable(actor=me(by), matters=[matter]).get(matter.pk, [])}


def days_ago(matter: Matter, days: int) -> Matter:
    Matter.objects.filter(pk=matter.pk).update(submitted_at=timezone.now() - timedelta(days=days))
    return matter


def test_two_requests_of_30000_that_together_pass_the_border_of_50000_are_shown_to_the_signer(
    hospital: Hospital,
) -> None:
    first, second = hospital.ask("30000.00"), hospital.ask("30000.00")
    found = seen(hospital.head, second)["split"]
    assert "共 2 件，合计 60,000.00 元" in found.words
    assert "“运营管理中心审批”" in found.words
    assert found.matters == (first.pk,)
    page = client(hospital.head).get(reverse("workflows:matter", args=[first.pk])).content.decode()
    assert "请留意" in page
    assert reverse("workflows:matter", args=[second.pk]) in page


def test_three_requests_that_stay_below_the_border_together_are_no_split(hospital: Hospital) -> None:
    matters = [hospital.ask("15000.00") for _ in range(3)]
    assert all("split" not in seen(hospital.head, matter) for matter in matters)


def test_what_goes_to_the_leadership_anyway_evades_nothing(hospital: Hospital) -> None:
    hospital.ask("600000.00")
    assert "split" not in seen(hospital.leader, hospital.ask("600000.00"))


@pytest.mark.parametrize(("days", "shown"), [(29, True), (31, False)])
def test_only_requests_of_the_days_around_count(hospital: Hospital, days: int, shown: bool) -> None:
    days_ago(hospital.ask("30000.00"), days)
    assert ("split" in seen(hospital.head, hospital.ask("30000.00"))) is shown


def test_what_was_refused_or_taken_back_does_not_count_as_split_but_a_refused_one_asked_again_is_shown(
    hospital: Hospital,
) -> None:
    refused, taken_back = hospital.ask("30000.00"), hospital.ask("30000.00")
    task = turn(refused, hospital.head)
    services.reject(me(hospital.head), matter_id=refused.pk, task=task, comment="没有预算")
    services.withdraw(me(hospital.clerk), matter_id=taken_back.pk)
    found = seen(hospital.head, hospital.ask("20000.00"))
    assert "split" not in found
    assert found["refused_before"].matters == (refused.pk,)


def test_another_thing_of_the_same_kind_is_no_split(hospital: Hospital) -> None:
    services.ask(
        me(hospital.clerk),
        institution_id=hospital.township.pk,
        kind="equipment",
        title="更换锅炉房循环水泵",
        amount=Decimal("45000.00"),
        reason="漏水",
    )
    assert "split" not in seen(hospital.head, hospital.ask("30000.00"))


def test_what_reached_the_border_by_itself_is_no_part_of_a_split(hospital: Hospital) -> None:
    hospital.ask("60000.00")
    assert "split" not in seen(hospital.head, hospital.ask("30000.00"))


def test_parts_of_different_tiers_that_reach_the_leadership_together_are_shown(hospital: Hospital) -> None:
    large, small = hospital.ask("480000.00"), hospital.ask("20000.00")
    for matter in (large, small):
        found = seen(hospital.leader, matter)["split"]
        assert "合计 500,000.00 元" in found.words
        assert "“领导小组审批”" in found.words


def test_neither_another_kind_nor_a_colleague_hides_a_split(hospital: Hospital) -> None:
    colleague = trade.person("colleague", Role.FINANCE_OFFICER, hospital.township)
    hospital.ask("30000.00", by=colleague)
    services.ask(
        me(hospital.clerk),
        institution_id=hospital.township.pk,
        kind="office",
        title="购置心电图机",
        amount=Decimal("30000.00"),
        reason="门诊用",
    )
    assert "共 3 件，合计 90,000.00 元" in seen(hospital.head, hospital.ask("30000.00"))["split"].words


def test_titles_that_share_a_common_word_are_not_alike(hospital: Hospital) -> None:
    services.ask(
        me(hospital.clerk),
        institution_id=hospital.township.pk,
        kind="equipment",
        title="购置呼吸机一台",
        amount=Decimal("45000.00"),
        reason="急救",
    )
    assert "split" not in seen(hospital.head, hospital.ask("30000.00"))


def test_the_applicant_is_not_told_how_the_request_is_looked_at(hospital: Hospital) -> None:
    hospital.ask("30000.00")
    matter = hospital.ask("30000.00")
    assert "请留意" not in client(hospital.clerk).get(reverse("workflows:matter", args=[matter.pk])).content.decode()


@pytest.mark.parametrize(("amount", "near"), [("47000.00", False), ("47700.00", True), ("50000.00", True)])
def test_an_amount_that_one_twentieth_more_would_send_higher_is_near_the_border(
    hospital: Hospital, amount: str, near: bool
) -> None:
    found = seen(hospital.head, hospital.ask(amount))
    assert ("near_border" in found) is near
    if near:
        assert "再高 5% 就须经“运营管理中心审批”" in found["near_border"].words


def test_six_times_the_median_of_five_approved_requests_is_unusual(hospital: Hospital) -> None:
    for amount in ("1000.00", "2000.00", "2000.00", "2500.00"):
        days_ago(approve(hospital.ask(amount), hospital.head), 100)
    assert "unusual_amount" not in seen(hospital.head, hospital.ask("12000.00"))
    days_ago(approve(hospital.ask("9000.00"), hospital.head), 100)
    words = seen(hospital.head, hospital.ask("12000.00"))["unusual_amount"].words
    assert "同类 5 件中位数 2,000.00 元的 6.0 倍" in words
    assert "unusual_amount" not in seen(hospital.head, hospital.ask("5900.00"))


def test_nothing_is_usual_where_little_is_known_or_the_median_is_nothing() -> None:
    assert middle_of([], 0) is None
    assert middle_of([Decimal(0), Decimal(0)], 2) is None
    assert middle_of([Decimal("3.00")], 2) is None
    assert middle_of([Decimal("3.00"), Decimal("4.01")], 2) == Decimal("3.505")


def test_perhaps_split_requests_are_not_signed_at_one_go(hospital: Hospital) -> None:
    matters = [hospital.ask("30000.00"), hospital.ask("30000.00")]
    pairs = [(matter.pk, turn(matter, hospital.head)) for matter in matters]
    signed, left_out = services.approve_several(me(hospital.head), tasks=pairs)
    assert signed == []
    assert [one.matter for one in left_out] == [matter.pk for matter in matters]
    assert all("共 2 件，合计 60,000.00 元" in one.why for one in left_out), "the signer reads why"
    approve(matters[0], hospital.head)
    assert Task.objects.get(matter=matters[0], person=hospital.head).state == Task.State.SIGNED


def test_the_inbox_marks_what_to_look_at_before_it_is_opened_and_lets_nobody_tick_a_split(hospital: Hospital) -> None:
    split = [hospital.ask("30000.00"), hospital.ask("30000.00")]
    near = hospital.ask("49000.00", title="更换锅炉房循环水泵")
    plain = hospital.ask("800.00", title="打印纸")
    page = client(hospital.head).get(reverse("workflows:to-do")).content.decode()
    assert page.count("疑似拆分<") == 2
    assert page.count("接近分级界限<") == 1
    ticks = {found[1]: "disabled" in found[0] for found in TICK.finditer(page)}
    assert {int(key) for key, off in ticks.items() if off} == {matter.pk for matter in split}
    assert {int(key) for key, off in ticks.items() if not off} == {near.pk, plain.pk}


def test_a_batch_says_for_each_that_was_left_out_why(hospital: Hospital) -> None:
    split = [hospital.ask("30000.00"), hospital.ask("30000.00")]
    plain = hospital.ask("800.00", title="打印纸")
    ticked = [f"{matter.pk}-{turn(matter, hospital.head)}" for matter in (*split, plain)]
    page = client(hospital.head).post(reverse("workflows:batch"), {"task": ticked}, follow=True).content.decode()
    assert "已同意 1 件。" in page
    assert page.count("没有办理：购置心电图机(30,000.00 元)：可能是拆分的申请。前后 30 天内") == 2


def test_marking_the_inbox_takes_no_more_queries_with_more_matters(hospital: Hospital) -> None:
    browser, address = client(hospital.head), reverse("workflows:to-do")
    hospital.ask("30000.00")
    hospital.ask("30000.00")
    browser.get(address)
    with CaptureQueriesContext(connection) as few:
        browser.get(address)
    for number in range(10):
        hospital.ask("20000.00", title=f"事项 {number}")
    with CaptureQueriesContext(connection) as many:
        browser.get(address)
    assert len(many) == len(few)


def test_a_page_of_matters_says_of_each_what_its_own_page_says(hospital: Hospital) -> None:
    for amount in ("1000.00", "2000.00", "2000.00", "2500.00", "3000.00"):
        days_ago(approve(hospital.ask(amount), hospital.head), 100)
    matters = [hospital.ask(amount) for amount in ("30000.00", "30000.00", "48000.00", "600.00")]
    together = notable(actor=me(hospital.head), matters=matters)
    assert {pk: {one.code: one for one in things} for pk, things in together.items()} == {
        matter.pk: things for matter in matters if (things := seen(hospital.head, matter))
    }


def test_applicants_are_told_nothing_in_any_list(hospital: Hospital) -> None:
    matters = [hospital.ask("30000.00"), hospital.ask("30000.00")]
    assert notable(actor=me(hospital.clerk), matters=matters) == {}


def test_a_batch_answers_alike_for_all_that_is_not_ones_own(hospital: Hospital) -> None:
    matters = [hospital.ask("30000.00"), hospital.ask("30000.00")]
    number = turn(matters[0], hospital.head)
    for outsider in (hospital.stranger, hospital.clerk, hospital.auditor):
        pairs = [(matters[0].pk, number), (matters[0].pk, 99), (999_999, 1)]
        signed, left_out = services.approve_several(me(outsider), tasks=pairs)
        assert signed == []
        assert {one.why for one in left_out} == {"没有这个待办。"}
