"""The process register: improvement, the counter against the notice, risks and controls, cases, who sees and keeps what."""

import re
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from ops_platform.audit.models import AuditEvent
from ops_platform.identity.models import User
from ops_platform.kernel import Conflict, DomainError, Forbidden, Invalid, NotFound, Role
from ops_platform.kernel.actor import PLATFORM
from ops_platform.masterdata.models import Department, Institution, Parameter, Scope
from ops_platform.web import formats
from tests.support import trade
from tests.support.downloads import book_of
from tests.workflows.test_acts import Hospital, approve, me, turn, waiting
from workflows import services
from workflows.models import Flow, Matter, Process, ProcessCase, ProcessPoint, ProcessState
from workflows.reference_processes import load_processes
from workflows.selectors import processes as selectors
from workflows.services.cases import save_case
from workflows.services.flows import publish
from workflows.services.optimisation import ask_optimised
from workflows.services.process_states import Figures, measure_state, save_state
from workflows.services.processes import (
    Sheet,
    add_point,
    change_point,
    change_process,
    drop_point,
    register_process,
)

pytestmark = pytest.mark.django_db

COUNTED = "财务科统计 2026 年 3 月 50 单"
BY_HAND = (
    {"step": "填写报销单", "post": "经办人"},
    {"step": "逐级签字", "post": "科室主任"},
    {"step": "付款", "post": "出纳"},
)
ONLINE = ({"step": "网上填写", "post": "经办人"}, {"step": "付款", "post": ""})
NINE_DAYS = Figures(hours=Decimal(216), steps=9, source=COUNTED, map=BY_HAND)
FOUR_DAYS = Figures(hours=Decimal(96), steps=5, source=COUNTED, map=ONLINE)


@pytest.fixture
def hospital() -> Hospital:
    return Hospital()


def sheet(code: str = "ZN-01", **more: Any) -> Sheet:
    return Sheet(**{"code": code, "name": "费用报销", "matter": "日常费用报销", "area": "management", **more})


def registered(by: User, institution: Institution, code: str = "ZN-01", **more: Any) -> Process:
    return register_process(me(by), institution_id=institution.pk, sheet=sheet(code, **more))


def answered_for(process: Process, by: User) -> Process:
    """The process with a control; whoever registered it is its owner."""
    add_point(me(by), process_id=process.pk, kind="control", place="审核", text="审核人与经办人分开")
    process.refresh_from_db()
    return process


def improved(by: User, institution: Institution, code: str = "ZN-01", after: Figures = FOUR_DAYS) -> Process:
    """A process with owner, control and figures of both sides; nobody has marked it as optimised yet."""
    process = registered(by, institution, code, embedded_system="报销系统", status="embedded", owner=by.pk)
    answered_for(process, by)
    save_state(me(by), process_id=process.pk, which="before", figures=NINE_DAYS)
    save_state(me(by), process_id=process.pk, which="after", figures=after)
    process.refresh_from_db()
    return process


def optimised(by: User, institution: Institution, code: str = "ZN-01", after: Figures = FOUR_DAYS) -> Process:
    process = improved(by, institution, code, after)
    approve(ask_optimised(me(by), process_id=process.pk), User.objects.get(username="centre"))
    process.refresh_from_db()
    return process


def refused_to_ask(by: User, process: Process) -> str:
    """The code by which the request to mark it as optimised is refused."""
    with pytest.raises(DomainError) as refused:
        ask_optimised(me(by), process_id=process.pk)
    return refused.value.code


def page(user: User, name: str, *args: Any, **query: str) -> str:
    answer = client(user).get(reverse(f"workflows:{name}", args=args), query)
    assert answer.status_code == 200
    return answer.content.decode()


def client(user: User) -> Client:
    browser = Client()
    browser.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return browser


def test_reimbursement_from_nine_days_to_four_improves_by_55_6_percent(hospital: Hospital) -> None:
    assert formats.percent(selectors.improvement(Decimal(9), Decimal(4))) == "55.6%"
    process = optimised(hospital.head, hospital.township, "ZN-01")
    assert "55.6%" in page(hospital.head, "process", process.pk)


def test_both_flow_maps_are_drawn_as_flows_are_and_marking_is_refused_without_either(hospital: Hospital) -> None:
    process = improved(hospital.head, hospital.township)
    shown = page(hospital.head, "process", process.pk)
    assert shown.count('<ol class="flow"') == 2
    assert re.findall(r"<h3>(填写报销单|逐级签字|付款|网上填写)</h3>", shown) == [
        *(step["step"] for step in (*BY_HAND, *ONLINE)),
    ]
    for which, figures in (("before", NINE_DAYS), ("after", FOUR_DAYS)):
        save_state(me(hospital.head), process_id=process.pk, which=which, figures=replace(figures, map=()))
        assert refused_to_ask(hospital.head, process) == "workflows.process_without_map"
        save_state(me(hospital.head), process_id=process.pk, which=which, figures=figures)
    matter = ask_optimised(me(hospital.head), process_id=process.pk)
    assert ["优化前流程图", "填写报销单(经办人) → 逐级签字(科室主任) → 付款(出纳)"] in matter.lines


def test_a_flow_of_the_platform_is_the_map_after_and_an_earlier_version_the_map_before(hospital: Hospital) -> None:
    flow = Flow.objects.get(subject_type="workflows.request")
    first = flow.current
    assert first is not None
    process = improved(hospital.head, hospital.township)
    given = sheet(flow=flow.pk, status="embedded", owner=hospital.head.pk)
    change_process(me(hospital.head), process_id=process.pk, version=process.version, sheet=given)
    for which, figures in (("before", NINE_DAYS), ("after", FOUR_DAYS)):
        version = first if which == "before" else None
        taken = replace(figures, map=(), flow_version=version)
        save_state(me(hospital.head), process_id=process.pk, which=which, figures=taken)
    assert refused_to_ask(hospital.head, process) == "workflows.process_maps_crossed"
    Flow.objects.filter(pk=flow.pk).update(draft=first.body)
    second = publish(PLATFORM, flow_id=flow.pk, made_by="admin")
    shown = page(hospital.leader, "process", process.pk)
    assert "审批流程「事项申请」第 1 版" in shown
    assert "审批流程「事项申请」第 2 版" in shown
    process = optimised_already(process)
    assert process.states.get(which="after").flow_version == second, "what was agreed stays when the flow changes again"


def optimised_already(process: Process) -> Process:
    head = User.objects.get(username="head")
    approve(ask_optimised(me(head), process_id=process.pk), User.objects.get(username="centre"))
    process.refresh_from_db()
    return process


def test_a_map_is_taken_from_one_place_only(hospital: Hospital) -> None:
    process = improved(hospital.head, hospital.township)
    version = Flow.objects.get(subject_type="workflows.flow").current
    taken = replace(NINE_DAYS, flow_version=version)
    with pytest.raises(Invalid, match="不是在本平台运行该流程"):
        save_state(me(hospital.head), process_id=process.pk, which="before", figures=replace(taken, map=()))
    process.flow = Flow.objects.get(subject_type="workflows.flow")
    process.save(update_fields=["flow"])
    with pytest.raises(Invalid, match="只能取一样"):
        save_state(me(hospital.head), process_id=process.pk, which="before", figures=taken)


@pytest.mark.parametrize(
    ("before", "after", "improved"),
    [(0, 0, None), (0, 3, None), (None, 4, None), (9, None, None), (4, 0, Decimal(1)), (4, 6, Decimal("-0.5"))],
)
def test_what_was_nothing_or_is_not_known_has_no_improvement(before: Any, after: Any, improved: Any) -> None:
    assert selectors.improvement(before, after) == improved


@pytest.fixture
def asked_for(hospital: Hospital) -> Hospital:
    """The township hospital owes two, by a value of its own."""
    Parameter.objects.create(
        key="workflows.required_processes_township",
        scope=Scope.INSTITUTION,
        institution=hospital.township,
        name="要求",
        effective_from="2024-01-01",
        value=2,
        source_mark="default",
    )
    return hospital


def test_the_counter_sets_optimised_processes_against_what_the_notice_asks_for(asked_for: Hospital) -> None:
    hospital = asked_for
    optimised(hospital.head, hospital.township, "ZN-01")
    registered(hospital.head, hospital.township, "ZN-02")
    registered(hospital.head, hospital.township, "ZN-03", status="retired")
    (counter,) = selectors.progress(actor=me(hospital.head), day=timezone.localdate())
    assert (counter.registered, counter.optimised, counter.required, counter.pilot) == (2, 1, 2, 5)
    assert (counter.reached, counter.missing) == (False, 1)
    words = page(hospital.head, "processes")
    assert "还差 1 个" in words
    assert "试点和预算管理医院要求 5 个" in words
    optimised(hospital.head, hospital.township, "ZN-04")
    assert "已达要求" in page(hospital.head, "processes")


def test_a_pilot_hospital_has_a_value_of_its_own_from_its_day_on(hospital: Hospital) -> None:
    for day, value in (("2026-02-01", 5), ("2026-03-01", 6)):
        Parameter.objects.create(
            key=selectors.REQUIRED_OTHER,
            scope=Scope.INSTITUTION,
            institution=hospital.township,
            name="要求",
            effective_from=day,
            value=value,
            source_mark="default",
        )
    required = [
        {row.institution.code: row.required for row in selectors.progress(actor=PLATFORM, day=day)}
        for day in (date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 1))
    ]
    assert required == [{"H1": 2, "T1": own, "V1": 0} for own in (0, 5, 6)]


def test_a_process_counts_for_the_year_since_when_it_is_optimised(asked_for: Hospital) -> None:
    head, township = asked_for.head, asked_for.township
    older = optimised(head, township, "ZN-01", replace(FOUR_DAYS, since=date(2025, 6, 1)))
    marked = optimised(head, township, "ZN-02")
    today = timezone.localdate()
    assert (older.optimised_on, marked.optimised_on) == (date(2025, 6, 1), today)
    counted = {}
    for day in (date(2024, 12, 31), date(2025, 12, 31), today):
        (counter,) = selectors.progress(actor=me(head), day=day)
        counted[counter.year] = (counter.optimised, counter.in_all, counter.missing)
    assert counted == {2024: (0, 2, 2), 2025: (1, 2, 1), today.year: (1, 2, 1)}
    words = re.sub(r"<[^>]+>|\s+", "", page(head, "processes", year="2025"))
    assert "2025年已优化1/要求2个" in words
    assert "累计2个" in words
    assert "ZN-02" not in page(head, "processes", optimised="2025")
    older = change_process(me(head), process_id=older.pk, version=older.version, sheet=sheet("ZN-01"))
    assert older.optimised_on is None


@pytest.mark.parametrize("year", ["x", "0", "99999", "-1", "²", "\0", "1e400", "2025.5", "9999"])
def test_no_year_breaks_the_register(hospital: Hospital, year: str) -> None:
    words = page(hospital.head, "processes", year=year, optimised=year)
    assert str(timezone.localdate().year) in words


def test_small_institutions_owe_nothing_by_default(hospital: Hospital) -> None:
    by_place = {row.institution.code: row.required for row in selectors.progress(actor=PLATFORM, day=date(2026, 3, 1))}
    assert by_place == {"H1": 2, "T1": 0, "V1": 0}
    marks = Parameter.objects.filter(key__in=selectors.REQUIRED_BY_KIND.values()).values_list("source_mark", flat=True)
    assert list(marks) == ["default", "default"]
    marks = Parameter.objects.filter(key__in=[selectors.REQUIRED_OTHER, selectors.REQUIRED_PILOT])
    assert {row.source_mark for row in marks} == {"seed"}


def test_a_second_person_agrees_that_a_process_is_optimised(hospital: Hospital) -> None:
    process = improved(hospital.head, hospital.township)
    matter = ask_optimised(me(hospital.head), process_id=process.pk)
    process.refresh_from_db()
    assert (process.status, process.optimised_on) == ("embedded", None)
    assert waiting(matter) == {"centre", "leader"}
    signed = dict(matter.lines)
    assert signed["办理时长(小时)"] == "216 → 96，改善 55.6%(填报)"
    assert signed["控制点"] == "审核：审核人与经办人分开"
    shown = page(hospital.head, "process", process.pk)
    assert "审批期间不能修改" in shown
    assert "申请标为已优化" not in shown
    approve(matter, hospital.centre)
    process.refresh_from_db()
    assert (process.status, process.optimised_on) == ("optimised", timezone.localdate())
    event = AuditEvent.objects.get(action="workflows.process_optimised")
    assert (event.actor, event.detail["asked_by"]) == ("centre", "head")


def test_who_entered_figures_does_not_agree_to_them(hospital: Hospital) -> None:
    process = improved(hospital.head, hospital.township)
    save_state(me(hospital.centre), process_id=process.pk, which="before", figures=NINE_DAYS)
    assert waiting(ask_optimised(me(hospital.head), process_id=process.pk)) == {"leader"}


def test_what_is_being_looked_at_is_not_changed_and_after_a_return_it_is(hospital: Hospital) -> None:
    process = improved(hospital.head, hospital.township)
    matter = ask_optimised(me(hospital.head), process_id=process.pk)
    better = replace(FOUR_DAYS, hours=Decimal(90))
    with pytest.raises(Conflict) as refused:
        save_state(me(hospital.head), process_id=process.pk, which="after", figures=better)
    assert refused.value.code == "workflows.process_in_approval"
    number = turn(matter, hospital.centre)
    services.return_to(me(hospital.centre), matter_id=matter.pk, task=number, comment="请核对时长", step="")
    assert "已退回" in page(hospital.head, "process", process.pk)
    save_state(me(hospital.head), process_id=process.pk, which="after", figures=better)
    services.resubmit(me(hospital.head), matter_id=matter.pk)
    approve(matter, hospital.centre)
    process.refresh_from_db()
    assert process.status == "optimised"


def test_refused_or_taken_back_it_stays_embedded(hospital: Hospital) -> None:
    process = improved(hospital.head, hospital.township)
    matter = ask_optimised(me(hospital.head), process_id=process.pk)
    number = turn(matter, hospital.centre)
    services.reject(me(hospital.centre), matter_id=matter.pk, task=number, comment="没有统计依据")
    services.withdraw(me(hospital.head), matter_id=ask_optimised(me(hospital.head), process_id=process.pk).pk)
    process.refresh_from_db()
    assert process.status == "embedded"
    assert "申请标为已优化" in page(hospital.head, "process", process.pk)


def test_nobody_marks_a_process_as_optimised_on_its_sheet(hospital: Hospital) -> None:
    process = improved(hospital.head, hospital.township)
    given = sheet(embedded_system="报销系统", status="optimised", owner=hospital.head.pk)
    with pytest.raises(Invalid) as refused:
        change_process(me(hospital.head), process_id=process.pk, version=process.version, sheet=given)
    assert refused.value.code == "workflows.process_needs_second_person"
    with pytest.raises(Invalid):
        registered(hospital.head, hospital.township, "ZN-02", embedded_system="报销系统", status="optimised")


def test_nothing_is_optimised_without_figures_of_both_sides(hospital: Hospital) -> None:
    process = improved(hospital.head, hospital.township)
    save_state(me(hospital.head), process_id=process.pk, which="before", figures=Figures(steps=9, source=COUNTED))
    hours = Figures(hours=Decimal(4), source=COUNTED)
    save_state(me(hospital.head), process_id=process.pk, which="after", figures=hours)
    assert refused_to_ask(hospital.head, process) == "workflows.process_not_improved"


def test_what_became_worse_is_not_optimised(hospital: Hospital) -> None:
    process = improved(hospital.head, hospital.township, after=replace(NINE_DAYS, hours=Decimal(400)))
    assert refused_to_ask(hospital.head, process) == "workflows.process_not_improved"


def test_nobody_answers_for_it_or_nothing_controls_it_and_it_is_not_optimised(hospital: Hospital) -> None:
    process = registered(hospital.head, hospital.township, embedded_system="报销系统", status="embedded")
    for which, figures in (("before", NINE_DAYS), ("after", FOUR_DAYS)):
        save_state(me(hospital.head), process_id=process.pk, which=which, figures=figures)
    assert refused_to_ask(hospital.head, process) == "workflows.process_without_owner"
    process.refresh_from_db()
    given = sheet(embedded_system="报销系统", status="embedded", owner=hospital.head.pk)
    change_process(me(hospital.head), process_id=process.pk, version=process.version, sheet=given)
    assert refused_to_ask(hospital.head, process) == "workflows.process_without_control"


def test_figures_that_became_worse_beside_better_ones_are_explained(hospital: Hospital) -> None:
    dearer = replace(FOUR_DAYS, cost=Decimal("5.00"))
    process = improved(hospital.head, hospital.township, after=dearer)
    cheap = replace(NINE_DAYS, cost=Decimal("3.00"))
    save_state(me(hospital.head), process_id=process.pk, which="before", figures=cheap)
    assert refused_to_ask(hospital.head, process) == "workflows.process_worse"
    explained = replace(dearer, explanation="新系统的年费摊到每单")
    save_state(me(hospital.head), process_id=process.pk, which="after", figures=explained)
    ask_optimised(me(hospital.head), process_id=process.pk)
    assert "变差指标的说明：新系统的年费摊到每单" in page(hospital.head, "process", process.pk)


def test_after_does_not_come_before_before(hospital: Hospital) -> None:
    process = improved(hospital.head, hospital.township, after=replace(FOUR_DAYS, since=date(2026, 3, 1)))
    same_day = replace(NINE_DAYS, since=date(2026, 3, 1))
    save_state(me(hospital.head), process_id=process.pk, which="before", figures=same_day)
    assert refused_to_ask(hospital.head, process) == "workflows.process_days_crossed"


def test_what_was_agreed_of_an_optimised_process_stays_but_for_who_answers_for_it(hospital: Hospital) -> None:
    process = optimised(hospital.head, hospital.township, "ZN-01")
    point = process.points.get()
    deeds = (
        lambda: drop_point(me(hospital.head), point_id=point.pk),
        lambda: change_point(me(hospital.head), point_id=point.pk, place="审核", text="别的控制"),
        lambda: add_point(me(hospital.head), process_id=process.pk, kind="risk", place="审核", text="虚报"),
        lambda: change_process(
            me(hospital.head),
            process_id=process.pk,
            version=process.version,
            sheet=replace(kept, matter="完全另一件事"),
        ),
    )
    kept = sheet("ZN-01", embedded_system="报销系统", status="optimised", owner=hospital.clerk.pk)
    for deed in deeds:
        with pytest.raises(Conflict) as refused:
            deed()
        assert refused.value.code == "workflows.process_agreed"
    changed = change_process(me(hospital.head), process_id=process.pk, version=process.version, sheet=kept)
    assert (changed.owner, changed.status) == (hospital.clerk, "optimised")


def test_who_answers_for_the_process_or_entered_its_controls_does_not_agree(hospital: Hospital) -> None:
    process = registered(
        hospital.head, hospital.township, embedded_system="报销系统", status="embedded", owner=hospital.leader.pk
    )
    for which, figures in (("before", NINE_DAYS), ("after", FOUR_DAYS)):
        save_state(me(hospital.head), process_id=process.pk, which=which, figures=figures)
    answered_for(process, hospital.head)
    assert waiting(ask_optimised(me(hospital.head), process_id=process.pk)) == {"centre"}
    other = improved(hospital.head, hospital.township, "ZN-02")
    add_point(me(hospital.centre), process_id=other.pk, kind="control", place="付款", text="双人复核")
    assert waiting(ask_optimised(me(hospital.head), process_id=other.pk)) == {"leader"}


def test_days_are_set_against_each_other_however_they_are_known(hospital: Hospital) -> None:
    process = improved(hospital.head, hospital.township, after=replace(FOUR_DAYS, since=date(2026, 3, 1)))
    ProcessState.objects.filter(process=process, which="before").update(
        measured=["hours"], measured_since=date(2026, 2, 1), measured_until=date(2026, 3, 31), measured_matters=5
    )
    assert refused_to_ask(hospital.head, process) == "workflows.process_days_crossed"


def test_agreed_figures_stay_until_the_process_is_optimised_no_more(hospital: Hospital) -> None:
    process = optimised(hospital.head, hospital.township)
    worse = Figures(hours=Decimal(400), steps=12, source=COUNTED)
    for change in (
        lambda: save_state(me(hospital.head), process_id=process.pk, which="after", figures=worse),
        lambda: measure_state(
            me(hospital.head), process_id=process.pk, which="after", since=date(2026, 1, 1), until=date(2026, 1, 31)
        ),
    ):
        with pytest.raises(Conflict) as refused:
            change()
        assert refused.value.code == "workflows.process_figures_agreed"
    assert refused_to_ask(hospital.head, process) == "workflows.process_optimised_already"
    given = sheet(embedded_system="报销系统", status="embedded", owner=hospital.head.pk)
    again = change_process(me(hospital.head), process_id=process.pk, version=process.version, sheet=given)
    assert again.optimised_on is None
    save_state(me(hospital.head), process_id=process.pk, which="after", figures=worse)
    assert refused_to_ask(hospital.head, process) == "workflows.process_not_improved"


def test_figures_without_anything_are_refused(hospital: Hospital) -> None:
    process = registered(hospital.head, hospital.township)
    with pytest.raises(Invalid, match="至少填写一项"):
        save_state(me(hospital.head), process_id=process.pk, which="after", figures=Figures())


def test_stated_figures_say_how_one_knows_and_since_a_day_that_has_come(hospital: Hospital) -> None:
    process = registered(hospital.head, hospital.township)
    tomorrow = timezone.localdate() + timedelta(days=1)
    for figures, code in (
        (Figures(steps=3), "workflows.process_source_missing"),
        (Figures(steps=3, source="统计"), "workflows.process_source_missing"),
        (Figures(steps=3, source=COUNTED, since=tomorrow), "workflows.process_day_to_come"),
    ):
        with pytest.raises(Invalid) as refused:
            save_state(me(hospital.head), process_id=process.pk, which="after", figures=figures)
        assert refused.value.code == code
    assert not ProcessState.objects.exists()


def decided(hospital: Hospital, hours: int) -> Matter:
    """A request that one head approved so many hours after it was submitted."""
    matter = approve(hospital.ask(), hospital.head)
    for rows, name in ((Matter.objects.filter(pk=matter.pk), "submitted_at"), (matter.tasks.all(), "created_at")):
        rows.update(**{name: matter.ended_at - timedelta(hours=hours)})
    return matter


def test_figures_are_measured_from_the_log_as_the_median_of_what_is_decided(hospital: Hospital) -> None:
    flow = Flow.objects.get(subject_type="workflows.request")
    process = registered(hospital.head, hospital.township, flow=flow.pk, status="embedded")
    today = timezone.localdate()
    days = {"process_id": process.pk, "since": today - timedelta(days=30), "until": today}
    for hours in (2, 4, 6, 30):
        decided(hospital, hours)
    hospital.ask()
    with pytest.raises(Conflict, match="只有 4 件，至少要 5 件"):
        measure_state(me(hospital.head), which="after", **days)
    decided(hospital, 3)
    before = Figures(hours=Decimal(72), cost=Decimal("3.50"), source=COUNTED, map=BY_HAND)
    save_state(me(hospital.head), process_id=process.pk, which="before", figures=before)
    state = measure_state(me(hospital.head), which="after", **days)
    assert (state.hours, state.steps, state.handovers) == (Decimal("4.00"), 1, 1)
    assert (state.measured_matters, sorted(state.measured)) == (5, ["handovers", "hours", "steps"])
    process.refresh_from_db()
    answered_for(process, hospital.head)
    given = sheet(flow=flow.pk, status="embedded", owner=hospital.head.pk)
    change_process(me(hospital.head), process_id=process.pk, version=process.version, sheet=given)
    shown = page(hospital.head, "process", process.pk)
    for words in ("94.4%", "平台实测：", "提交并办结的", "实测优化后"):
        assert words in shown
    with pytest.raises(Invalid, match="结束日期"):
        measure_state(me(hospital.head), which="after", **{**days, "until": today + timedelta(days=1)})
    matter = ask_optimised(me(hospital.head), process_id=process.pk)
    assert "72 → 4，改善 94.4%(部分实测)" in {value for _label, value in matter.lines}
    approve(matter, hospital.centre)
    (counter,) = selectors.progress(actor=me(hospital.head), day=today)
    assert (counter.optimised, counter.measured) == (1, 1)


def test_a_measured_figure_that_somebody_types_over_is_stated(hospital: Hospital) -> None:
    flow = Flow.objects.get(subject_type="workflows.request")
    process = registered(hospital.head, hospital.township, flow=flow.pk, status="embedded")
    for _ in range(5):
        decided(hospital, 3)
    browser, today = client(hospital.head), timezone.localdate().isoformat()
    where = reverse("workflows:measure-process-state", args=[process.pk, "after"])
    assert "取实测数据" in browser.get(where).content.decode()
    browser.post(where, {"since": "2026-01-01", "until": today})
    state = ProcessState.objects.get(process=process)
    typed = {"hours": "1", "steps": state.steps, "handovers": state.handovers}
    where = reverse("workflows:process-state", args=[process.pk, "after"])
    assert browser.post(where, typed).status_code == 422
    browser.post(where, {**typed, "source": COUNTED})
    state.refresh_from_db()
    assert (state.hours, sorted(state.measured)) == (Decimal(1), ["handovers", "steps"])


def test_what_no_flow_runs_cannot_be_measured(hospital: Hospital) -> None:
    process = registered(hospital.head, hospital.township, embedded_system="报销系统")
    today = timezone.localdate()
    with pytest.raises(Conflict) as refused:
        measure_state(me(hospital.head), process_id=process.pk, which="after", since=today, until=today)
    assert refused.value.code == "workflows.process_without_flow"
    assert "实测优化后" not in page(hospital.head, "process", process.pk)


def test_what_is_embedded_says_where(hospital: Hospital) -> None:
    with pytest.raises(Invalid) as refused:
        registered(hospital.head, hospital.township, status="embedded")
    assert refused.value.code == "workflows.process_not_embedded"
    flow = Flow.objects.get(subject_type="workflows.request")
    assert registered(hospital.head, hospital.township, status="embedded", flow=flow.pk).flow == flow


def test_what_somebody_changed_meanwhile_is_not_overwritten(hospital: Hospital) -> None:
    process = registered(hospital.head, hospital.township)
    change_process(me(hospital.centre), process_id=process.pk, version=1, sheet=sheet(name="报销"))
    with pytest.raises(Conflict, match="他人修改"):
        change_process(me(hospital.head), process_id=process.pk, version=1, sheet=sheet(name="费用"))
    process.refresh_from_db()
    assert (process.name, process.version) == ("报销", 2)


def test_a_code_stands_once_in_an_institution(hospital: Hospital) -> None:
    registered(hospital.head, hospital.township)
    with pytest.raises(Conflict, match="ZN-01"):
        registered(hospital.centre, hospital.township)
    registered(hospital.centre, hospital.institutions["H1"])


def test_owner_department_and_flow_belong_to_the_institution(hospital: Hospital) -> None:
    elsewhere = Department.objects.create(institution=hospital.institutions["H1"], code="CW", name="财务科")
    own = Flow.objects.get(subject_type="workflows.request")
    foreign = Flow.objects.create(
        subject_type="workflows.request", institution=hospital.institutions["H1"], title="县医院的", current=own.current
    )
    for given in ({"department": elsewhere.pk}, {"flow": foreign.pk}, {"owner": 0}):
        with pytest.raises(Invalid):
            registered(hospital.head, hospital.township, **given)


def test_a_risk_without_control_is_open_and_so_again_when_its_control_is_dropped(hospital: Hospital) -> None:
    process = registered(hospital.head, hospital.township)
    given = {"process_id": process.pk, "place": "审核"}
    control = add_point(me(hospital.head), kind="control", text="审核人与经办人分开", **given)
    risk = add_point(me(hospital.head), kind="risk", text="虚假报销", **given)
    assert risk.open
    assert "1 个风险点未落实控制" in page(hospital.auditor, "process", process.pk)
    change_point(me(hospital.head), point_id=risk.pk, place="审核", text="虚假报销", control=control.pk)
    seen = selectors.access_process(actor=me(hospital.head), process_id=process.pk)
    assert seen.open_risks == 0
    drop_point(me(hospital.head), point_id=control.pk)
    drop_point(me(hospital.head), point_id=control.pk)
    seen = selectors.access_process(actor=me(hospital.head), process_id=process.pk)
    assert seen.open_risks == 1
    assert [point.text for point in selectors.points_of(process=process)] == ["虚假报销"]
    assert AuditEvent.objects.filter(action="workflows.process_point_dropped").count() == 1


def test_a_risk_is_answered_by_a_control_of_its_own_process(hospital: Hospital) -> None:
    one, other = (registered(hospital.head, hospital.township, code) for code in ("ZN-01", "ZN-02"))
    control = add_point(me(hospital.head), process_id=other.pk, kind="control", place="审核", text="双人审核")
    for kind in ("risk", "control"):
        with pytest.raises(Invalid, match="控制点"):
            add_point(
                me(hospital.head), process_id=one.pk, kind=kind, place="审核", text="虚假报销", control=control.pk
            )


def test_a_member_reads_and_keeps_its_own_processes_only(hospital: Hospital) -> None:
    own = registered(hospital.head, hospital.township)
    foreign = registered(hospital.centre, hospital.institutions["H1"])
    assert list(selectors.processes(actor=me(hospital.head))) == [own]
    assert list(selectors.processes(actor=me(hospital.stranger))) == []
    assert set(selectors.processes(actor=me(hospital.auditor))) == {own, foreign}
    for name in ("process", "change-process", "new-process-point"):
        assert client(hospital.head).get(reverse(f"workflows:{name}", args=[foreign.pk])).status_code == 404
    with pytest.raises(NotFound):
        change_process(me(hospital.head), process_id=foreign.pk, version=1, sheet=sheet())
    with pytest.raises(NotFound):
        registered(hospital.head, hospital.institutions["H1"], "ZN-09")


def test_who_only_reads_changes_nothing(hospital: Hospital) -> None:
    process = registered(hospital.head, hospital.township)
    for reader in (hospital.clerk, hospital.auditor):
        assert "费用报销" in page(reader, "process", process.pk)
        assert client(reader).get(reverse("workflows:change-process", args=[process.pk])).status_code == 403
        with pytest.raises(Forbidden):
            add_point(me(reader), process_id=process.pk, kind="risk", place="审核", text="虚假报销")


def test_the_register_is_filled_in_over_its_pages(hospital: Hospital) -> None:
    browser = client(hospital.head)
    flow = Flow.objects.get(subject_type="workflows.request")
    entered = {
        "institution": hospital.township.pk,
        "code": "YL-01",
        "name": "出院结算",
        "matter": "住院患者出院",
        "area": "medical",
        "status": "embedded",
        "flow": flow.pk,
        "owner": hospital.clerk.pk,
        "principles": ["benefit", "compliance"],
    }
    browser.post(reverse("workflows:new-process"), entered)
    process = Process.objects.get(code="YL-01")
    assert (process.principles, process.owner) == (["compliance", "benefit"], hospital.clerk)
    state = {"source": COUNTED, "hours": "216", "error_rate": "2.5", "map": "填单｜经办人\n\n审核 | 财务科\n领款"}
    browser.post(reverse("workflows:process-state", args=[process.pk, "before"]), state)
    kept = ProcessState.objects.get(process=process)
    assert kept.error_rate == Decimal("0.025")
    assert [(one["step"], one["post"]) for one in kept.map] == [("填单", "经办人"), ("审核", "财务科"), ("领款", "")]
    again = page(hospital.head, "process-state", process.pk, "before")
    assert 'value="2.5"' in again
    assert "审核 | 财务科" in again
    browser.post(reverse("workflows:process-state", args=[process.pk, "after"]), {"source": COUNTED, "hours": "96"})
    version = answered_for(process, hospital.head).version
    asked = browser.post(reverse("workflows:ask-optimised", args=[process.pk]))
    approve(Matter.objects.get(subject_type="workflows.optimisation"), hospital.centre)
    assert asked.status_code == 302
    shown = page(hospital.head, "process", process.pk)
    for words in ("55.6%", "已优化", "填单", "财务科", "合规、质量效益", "还没有可实测的事项"):
        assert words in shown
    stale = browser.post(
        reverse("workflows:change-process", args=[process.pk]), {**entered, "status": "optimised", "version": version}
    )
    assert stale.status_code == 422


def test_points_are_kept_over_their_pages(hospital: Hospital) -> None:
    process = registered(hospital.head, hospital.township)
    browser = client(hospital.head)
    new = reverse("workflows:new-process-point", args=[process.pk])
    browser.post(new, {"kind": "control", "place": "审核", "text": "双人审核"})
    control = ProcessPoint.objects.get()
    browser.post(new, {"kind": "risk", "place": "审核", "text": "虚假报销", "control": control.pk})
    risk = ProcessPoint.objects.get(kind="risk")
    assert risk.control == control
    browser.post(
        reverse("workflows:process-point", args=[process.pk, risk.pk]),
        {"place": "付款", "text": "重复付款", "control": ""},
    )
    risk.refresh_from_db()
    assert (risk.text, risk.open) == ("重复付款", True)
    browser.post(reverse("workflows:drop-process-point", args=[process.pk, risk.pk]))
    assert page(hospital.head, "process", process.pk).count("重复付款") == 0


def test_the_list_is_filtered_and_goes_out_as_a_workbook(hospital: Hospital) -> None:
    registered(hospital.head, hospital.township, "ZN-01", principles=["saving"])
    other = registered(hospital.head, hospital.township, "YL-01", name="出院结算", area="medical")
    add_point(me(hospital.head), process_id=other.pk, kind="risk", place="结算", text="漏费")
    for query in ({"words": "出院"}, {"area": "medical"}, {"open": "yes"}):
        shown = page(hospital.head, "processes", **query)
        assert "YL-01" in shown
        assert "ZN-01" not in shown
    assert "ZN-01" in page(hospital.head, "processes", principle="saving", status="draft")
    answer = client(hospital.head).get(reverse("workflows:processes"), {"export": "xlsx"})
    workbook = book_of(answer)
    rows = workbook.get_sheet_by_index(0).to_python()
    assert [row[0] for row in rows[1:]] == ["YL-01", "ZN-01"]


def write_case(by: User, institution: Institution, **more: Any) -> ProcessCase:
    given = {
        "title": "报销提速",
        "situation": "九天才到账",
        "done": "网上审批",
        "effect": "四天到账",
        "published": False,
    }
    return save_case(me(by), institution_id=institution.pk, **{**given, **more})


def test_a_published_case_is_read_by_everybody_and_a_draft_by_its_editors(hospital: Hospital) -> None:
    process = registered(hospital.head, hospital.township)
    case = write_case(hospital.head, hospital.township, process_id=process.pk)
    for outsider in (hospital.stranger, hospital.clerk):
        assert client(outsider).get(reverse("workflows:case", args=[case.pk])).status_code == 404
    assert "未发布" in page(hospital.head, "cases")
    assert "未发布" in page(hospital.centre, "cases")
    write_case(hospital.head, hospital.township, process_id=process.pk, case_id=case.pk, published=True)
    admin = trade.person("admin", Role.SYSTEM_ADMIN)
    for reader in (hospital.stranger, admin):
        assert "报销提速" in page(reader, "cases", words="网上")
        assert "报销提速" not in page(reader, "cases", words="别的")
        shown = page(reader, "case", case.pk)
        assert "四天到账" in shown
        assert reverse("workflows:process", args=[process.pk]) not in shown, "the process stays the institution's own"
    assert reverse("workflows:process", args=[process.pk]) in page(hospital.clerk, "case", case.pk)


def test_a_case_is_changed_by_the_editors_of_its_institution(hospital: Hospital) -> None:
    case = write_case(hospital.head, hospital.township, published=True)
    village_head = trade.person("village-head", Role.INSTITUTION_HEAD, hospital.institutions["V1"])
    assert client(village_head).get(reverse("workflows:change-case", args=[case.pk])).status_code == 404
    with pytest.raises(Forbidden):
        write_case(village_head, hospital.township, case_id=case.pk)
    with pytest.raises(NotFound):
        write_case(village_head, hospital.township)
    elsewhere = registered(hospital.centre, hospital.institutions["H1"])
    with pytest.raises(Invalid, match="不属于"):
        write_case(hospital.head, hospital.township, process_id=elsewhere.pk)
    given = {"title": "报销再提速", "situation": "九天", "done": "网上审批", "effect": "三天", "published": "on"}
    answer = client(hospital.second_head).post(reverse("workflows:change-case", args=[case.pk]), given)
    assert answer.status_code == 302
    case.refresh_from_db()
    assert (case.title, case.author) == ("报销再提速", hospital.head)


def test_the_lead_hospital_begins_with_the_processes_the_platform_embeds(hospital: Hospital) -> None:
    added = load_processes()
    assert added == Process.objects.count() >= 2
    assert load_processes() == 0
    for process in Process.objects.all():
        assert process.institution == hospital.institutions["H1"]
        assert process.flow is not None
        assert process.status == "embedded"
        risks = process.points.filter(kind="risk")
        assert risks.exists()
        assert not risks.filter(control=None).exists()
    assert not ProcessState.objects.exists(), "nobody here knows what the hospital needed before"
    assert "还没有优化前后的数据" in page(hospital.centre, "process", Process.objects.earliest("pk").pk)


def test_what_people_changed_of_the_shipped_processes_stays(hospital: Hospital) -> None:
    load_processes()
    shipped = Process.objects.get(code="PT-05")
    given = sheet("PT-05", name="申请与审批", flow=shipped.flow_id, status="embedded")
    change_process(me(hospital.centre), process_id=shipped.pk, version=shipped.version, sheet=given)
    load_processes()
    shipped.refresh_from_db()
    assert shipped.name == "申请与审批"


def test_without_a_lead_hospital_nothing_is_shipped() -> None:
    assert load_processes() == 0


def test_the_page_of_a_process_shows_what_the_log_says(hospital: Hospital) -> None:
    flow = Flow.objects.get(subject_type="workflows.request")
    process = registered(hospital.head, hospital.township, flow=flow.pk, status="embedded")
    hospital.ask()
    shown = page(hospital.head, "process", process.pk)
    assert "办结时长中位" in shown
    assert "在办 1" in shown
