"""Figures of the approval log against hand-worked ones; times are set, so that every hour is known."""

from datetime import date, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from ops_platform.identity.models import User
from ops_platform.kernel import Role
from ops_platform.kernel.actor import PLATFORM
from tests.support import trade
from tests.workflows.test_acts import Hospital, approve, me, turn
from workflows import services
from workflows.engine.definition import from_json, to_json
from workflows.models import Flow, Matter, Task
from workflows.selectors import measures
from workflows.services.flows import publish
from workflows.views.measure_words import deed_words
from workflows.views.path_drawing import draw, in_words

pytestmark = pytest.mark.django_db

KIND = "workflows.request"
MARCH = measures.Chosen(date(2026, 3, 1), date(2026, 3, 31))
START = datetime(2026, 3, 2, 9, 0, tzinfo=timezone.get_default_timezone())
TITLES = {"head": "机构负责人审批", "centre": "运营管理中心审批"}


def at(key: str) -> str:
    """The name of a step of the alliance's flow."""
    return f"{Flow.objects.get(subject_type=KIND, institution=None).pk}:{key}"


def titles() -> dict[str, str]:
    return {at(key): title for key, title in TITLES.items()}


@pytest.fixture
def hospital() -> Hospital:
    """Every request goes to the head and then to the centre."""
    hospital = Hospital()
    steps(("head", "institution_head"), ("centre", "operation_centre"))
    return hospital


def steps(*wanted: tuple[str, str]) -> None:
    """The flow of requests with these steps, each of one role, in force from now on."""
    flow = Flow.objects.get(subject_type=KIND)
    assert flow.current
    body = to_json(from_json(flow.current.body))
    known = {step["approvers"][0]["role"]: step for step in body["steps"]}
    body["steps"] = [{**known[role], "key": key, "condition": "", "remind_hours": 0} for key, role in wanted]
    flow.draft = body
    flow.save()
    publish(PLATFORM, flow_id=flow.pk, made_by="somebody")


def after(hours: float) -> datetime:
    return START + timedelta(hours=hours)


def happened(matter: Matter, ended: float | None, *visits: tuple[float, float | None, float | None]) -> Matter:
    """The matter was submitted at the start and ended after so many hours; each visit was entered, looked at and left."""
    Matter.objects.filter(pk=matter.pk).update(
        submitted_at=START, entered_at=START, ended_at=None if ended is None else after(ended)
    )
    for visit, (entered, opened, left) in enumerate(visits, start=1):
        tasks = Task.objects.filter(matter=matter, visit=visit)
        tasks.update(created_at=after(entered), done_at=None if left is None else after(left))
        tasks.filter(state__in=["signed", "refused"]).update(opened_at=None if opened is None else after(opened))
    return matter


def quick(hospital: Hospital) -> Matter:
    """The head waits 2 of 4 hours, the centre 4 of 8."""
    matter = hospital.ask()
    approve(matter, hospital.head)
    approve(matter, hospital.centre)
    return happened(matter, 12, (0, 2, 4), (4, 8, 12))


def sent_back(hospital: Hospital) -> Matter:
    """Sent back after 2 hours, again with the head after 10, signed unopened after 14, by the centre at work until 24."""
    matter = hospital.ask()
    services.return_to(me(hospital.head), matter_id=matter.pk, task=turn(matter, hospital.head), comment="请补报价")
    services.resubmit(me(hospital.clerk), matter_id=matter.pk)
    approve(matter, hospital.head)
    approve(matter, hospital.centre)
    return happened(matter, 24, (0, None, 2), (10, None, 14), (14, 14, 24))


def refused(hospital: Hospital) -> Matter:
    """The head waits 3 of 6 hours and refuses."""
    matter = hospital.ask()
    services.reject(me(hospital.head), matter_id=matter.pk, task=turn(matter, hospital.head), comment="没有预算")
    return happened(matter, 6, (0, 3, 6))


def withdrawn(hospital: Hospital) -> Matter:
    matter = hospital.ask()
    services.withdraw(me(hospital.clerk), matter_id=matter.pk)
    return happened(matter, 1, (0, None, 1))


def in_hand(hospital: Hospital) -> Matter:
    return happened(hospital.ask(), None, (0, None, None))


@pytest.fixture
def five(hospital: Hospital) -> Hospital:
    """One matter of each fate."""
    for fate in (quick, sent_back, refused, withdrawn, in_hand):
        fate(hospital)
    return hospital


def of(user: User, chosen: measures.Chosen = MARCH) -> list[measures.KindFigures]:
    return measures.kind_figures(matters=measures.measured_matters(actor=me(user), chosen=chosen))


def test_figures_of_a_subject_type_are_those_worked_out_by_hand(five: Hospital) -> None:
    services.urge(me(five.clerk), matter_id=Matter.objects.get(state="running").pk)
    (figures,) = of(five.centre)
    assert (figures.kind, figures.started, figures.in_hand) == (KIND, 5, 1)
    assert (figures.approved, figures.rejected, figures.withdrawn, figures.expired) == (2, 1, 1, 0)
    assert figures.median_hours == pytest.approx(12), "of 6, 12 and 24; the withdrawn matter is not decided"
    assert figures.p90_hours == pytest.approx(21.6), "12 + 0.8 × (24 − 12)"
    assert figures.waiting_share == pytest.approx(13 / 32), "(2+4 + 4+0 + 3) of (4+8 + 4+10 + 6) hours"
    assert (figures.returned, figures.return_rate) == (1, pytest.approx(0.2))
    assert (figures.reminders, figures.escalations) == (1, 0)


def test_hours_of_a_step_run_from_entering_to_leaving_each_visit(five: Hospital) -> None:
    chosen = measures.measured_matters(actor=me(five.centre), chosen=MARCH)
    head, centre = measures.step_figures(matters=chosen, kind=KIND)
    assert (head.step, head.title, head.visits, head.here, head.returns) == (at("head"), TITLES["head"], 6, 1, 1)
    assert head.median_hours == pytest.approx(4), "of 1, 2, 4, 4 and 6"
    assert head.p90_hours == pytest.approx(5.2)
    assert head.waiting_share == pytest.approx(9 / 14)
    assert (centre.step, centre.visits, centre.here, centre.returns) == (at("centre"), 2, 0, 0)
    assert (centre.median_hours, centre.p90_hours) == (pytest.approx(9), pytest.approx(9.8))
    assert centre.waiting_share == pytest.approx(4 / 18)


def test_paths_are_what_was_signed_refused_and_sent_back_in_order(five: Hospital) -> None:
    quick(five)
    found = measures.paths(matters=measures.measured_matters(actor=me(five.centre), chosen=MARCH))
    assert (found.ended, found.different) == (5, 4)
    words = dict(deed_words())
    shown = {
        in_words(path.stations, titles(), words): (path.count, path.share, path.median_hours) for path in found.shown
    }
    head, centre = TITLES["head"], TITLES["centre"]
    assert shown == {
        f"提交 → {head} → {centre} → 同意": (2, pytest.approx(0.4), pytest.approx(12)),
        f"提交 → {head}(退回) → {head} → {centre} → 同意": (1, pytest.approx(0.2), pytest.approx(24)),
        f"提交 → {head}(否决) → 不同意": (1, pytest.approx(0.2), pytest.approx(6)),
        "提交 → 撤回": (1, pytest.approx(0.2), pytest.approx(1)),
    }
    assert found.shown[0].count == 2
    behind = measures.matters_of_path(
        matters=measures.measured_matters(actor=me(five.centre), chosen=MARCH), key=found.shown[0].key
    )
    assert behind.count() == 2


def test_the_picture_begins_anew_one_level_lower_after_a_return(five: Hospital) -> None:
    found = measures.paths(matters=measures.measured_matters(actor=me(five.centre), chosen=MARCH))
    picture = draw(found, titles(), dict(deed_words()))
    assert [heading.title for heading in picture.headings] == ["提交", TITLES["head"], "运营管理中心审批", "结束"]
    lane = next(lane for lane in picture.lanes if any(dot.deed == "returned" for dot in lane.dots))
    begun, returned, *later = lane.dots
    assert begun.y == returned.y
    assert {dot.y for dot in later} == {returned.y + 26}
    assert [dot.deed for dot in later] == ["signed", "signed", "approved"]


def test_a_step_carried_through_by_an_earlier_signature_took_nobody_any_time(hospital: Hospital) -> None:
    steps(("first", "institution_head"), ("second", "institution_head"))
    approve(hospital.ask(), hospital.head)
    chosen = measures.Chosen(date(2020, 1, 1), timezone.localdate())
    found = measures.step_figures(
        matters=measures.measured_matters(actor=me(hospital.centre), chosen=chosen), kind=KIND
    )
    assert [(step.step, step.visits) for step in found] == [(at("first"), 1)]


def test_steps_of_different_flows_that_are_called_alike_are_measured_apart(hospital: Hospital) -> None:
    """The alliance's `head` takes 4 hours; the township hospital's own flow calls the leadership's step `head`, 20 hours."""
    quick(hospital)
    alliance = Flow.objects.get(subject_type=KIND)
    assert alliance.current
    body = alliance.current.body
    body["steps"] = [{**body["steps"][0], "title": "领导小组审批"}]
    body["steps"][0]["approvers"][0] |= {"role": "leadership", "level": "alliance"}
    own = Flow.objects.create(subject_type=KIND, institution=hospital.township, title="东镇的申请", draft=body)
    publish(PLATFORM, flow_id=own.pk, made_by="somebody")
    matter = hospital.ask()
    approve(matter, hospital.leader)
    happened(matter, 20, (0, 1, 20))
    happened(hospital.ask(), None, (0, None, None))
    chosen = measures.measured_matters(actor=me(hospital.centre), chosen=MARCH)
    found = measures.step_figures(matters=chosen, kind=KIND)
    assert [(step.step, step.title, step.visits, step.median_hours) for step in found] == [
        (at("head"), "机构负责人审批(整个医共体)", 1, pytest.approx(4)),
        (at("centre"), "运营管理中心审批(整个医共体)", 1, pytest.approx(8)),
        (f"{own.pk}:head", "领导小组审批(东镇卫生院)", 2, pytest.approx(20)),
    ]
    assert found[2].here == measures.matters_at(matters=chosen, step=f"{own.pk}:head").count() == 1
    assert measures.matters_at(matters=chosen, step=at("head")).count() == 0
    page = client(hospital.centre).get(reverse("workflows:measure", args=["workflows", "request"]), PERIOD)
    assert "领导小组审批(东镇卫生院)" in page.content.decode()
    ways = [
        in_words(path.stations, measures.step_titles(kind=KIND), dict(deed_words()))
        for path in measures.paths(matters=chosen).shown
    ]
    assert sorted(ways) == [
        "提交 → 机构负责人审批(整个医共体) → 运营管理中心审批(整个医共体) → 同意",
        "提交 → 领导小组审批(东镇卫生院) → 同意",
    ]


def test_a_step_is_called_as_the_newest_version_calls_it(five: Hospital) -> None:
    flow = Flow.objects.get(subject_type=KIND)
    assert flow.current
    body = flow.current.body
    body["steps"][0]["title"] = "院长审批"
    flow.draft = body
    flow.save()
    publish(PLATFORM, flow_id=flow.pk, made_by="somebody")
    chosen = measures.measured_matters(actor=me(five.centre), chosen=MARCH)
    found = measures.step_figures(matters=chosen, kind=KIND)
    assert [step.title for step in found] == ["院长审批", "运营管理中心审批"]


def test_only_matters_submitted_in_the_period_and_within_reach_count(five: Hospital) -> None:
    assert of(five.head)[0].started == 5
    assert of(five.stranger) == []
    assert of(five.centre, measures.Chosen(date(2026, 3, 3), date(2026, 3, 31))) == []
    assert of(five.centre, measures.Chosen(date(2026, 3, 2), date(2026, 3, 2)))[0].started == 5
    elsewhere = measures.Chosen(MARCH.since, MARCH.until, institution=five.institutions["V1"].pk)
    assert of(five.centre, elsewhere) == []
    flow = Flow.objects.get(subject_type=KIND)
    assert of(five.centre, measures.Chosen(MARCH.since, MARCH.until, flow=flow.pk))[0].started == 5


@pytest.mark.parametrize("figure", sorted(measures.BEHIND))
def test_behind_each_count_stand_as_many_matters(five: Hospital, figure: str) -> None:
    (figures,) = of(five.centre)
    matters = measures.measured_matters(actor=me(five.centre), chosen=MARCH)
    assert measures.matters_behind(matters=matters, figure=figure).count() == getattr(figures, figure)


def queries(user: User) -> int:
    """Of all figures of one subject type."""
    matters = measures.measured_matters(actor=me(user), chosen=MARCH)
    with CaptureQueriesContext(
        connection,
    ) as captured:
        measures.kind_figures(matters=matters)
        measures.step_figures(matters=matters, kind=KIND)
        measures.paths(matters=matters)
    return len(captured)


def test_fifty_matters_take_no_more_queries_than_five(five: Hospital) -> None:
    with_five = queries(five.centre)
    for _ in range(45):
        in_hand(five)
    assert of(five.centre)[0].started == 50
    assert queries(five.centre) == with_five == 4


def client(user: User) -> Client:
    browser = Client()
    browser.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return browser


PERIOD = {"since": "2026-03-01", "until": "2026-03-31"}


def test_the_page_leads_from_the_figures_to_steps_paths_and_matters(five: Hospital) -> None:
    browser = client(five.centre)
    listed = browser.get(reverse("workflows:measures"), PERIOD).content.decode()
    assert "40.6%" in listed
    assert "没有打开就办理的" in listed, "what waiting means is said in words"
    page = browser.get(reverse("workflows:measure", args=["workflows", "request"]), PERIOD).content.decode()
    assert "(退回)" in page
    assert "<polyline" in page
    assert "style=" not in page
    behind = browser.get(
        reverse("workflows:measured-matters"), {**PERIOD, "kind": KIND, "figure": "returned"}
    ).content.decode()
    assert behind.count("购置心电图机") == 1


def test_a_finance_officer_reads_figures_of_the_own_institution_without_the_matters(five: Hospital) -> None:
    browser = client(five.clerk)
    page = browser.get(reverse("workflows:measures"), PERIOD)
    assert page.status_code == 200
    assert "measures/matters" not in page.content.decode()
    assert browser.get(reverse("workflows:measured-matters"), PERIOD).status_code == 403
    insurance = trade.person("insurance", Role.INSURANCE_OFFICER, five.township)
    assert client(insurance).get(reverse("workflows:measures")).status_code == 403


@pytest.mark.parametrize(
    "query",
    [
        {"since": "9999-12-31", "until": "9999-12-31"},
        {"since": "0001-01-01"},
        {"since": "yesterday", "until": "2026-02-30"},
        {"institution": "99999999999999999999"},
        {"kind": "nothing.known"},
        {"path": "\0"},
        {"step": "\0'"},
    ],
)
def test_a_query_that_makes_no_sense_is_no_fault_of_the_server(five: Hospital, query: dict[str, str]) -> None:
    browser = client(five.centre)
    for address in (
        reverse("workflows:measures"),
        reverse("workflows:measure", args=["workflows", "request"]),
        reverse("workflows:measured-matters"),
    ):
        assert browser.get(address, query).status_code == 200
    assert browser.get(reverse("workflows:measured-matters"), {"figure": "none"}).status_code == 404


def test_the_list_of_figures_goes_out_as_a_workbook(five: Hospital) -> None:
    answer = client(five.centre).get(reverse("workflows:measures"), {**PERIOD, "export": "xlsx"})
    assert answer.status_code == 200
    assert answer["Content-Type"].endswith("sheet")


def test_an_address_of_no_subject_type_is_not_found(hospital: Hospital) -> None:
    address = reverse("workflows:measure", kwargs={"app": "workflows", "kind": "nothing"})
    assert client(hospital.leader).get(address).status_code == 404
