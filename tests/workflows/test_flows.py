"""Flows are changed in drafts and published by a second person; what is under way keeps its version."""

from dataclasses import replace
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from ops_platform.kernel import Conflict, Forbidden, Invalid, NotFound, Role
from tests.support import trade
from tests.workflows.test_acts import Hospital, approve, me, turn, waiting
from workflows import integrity, services
from workflows.drawing import draw
from workflows.dry_run import Signer, Trial, try_out
from workflows.engine.definition import ApproverRule, Definition, Level, Mode, Step, Who, from_json, to_json
from workflows.models import Flow, Matter, Request
from workflows.selectors.flows import flow_rows, versions_of
from workflows.services import drafts
from workflows.services import flows as service
from workflows.services.roster import Place

pytestmark = pytest.mark.django_db

FINANCE = Step("finance", "财务负责人审核", (ApproverRule(Who.ROLE, Role.FINANCE_DIRECTOR),))


class Makers(Hospital):
    """The hospital's people, two administrators of flows, and the director of finance of the township hospital."""

    def __init__(self) -> None:
        super().__init__()
        self.admin = trade.person("admin", Role.SYSTEM_ADMIN)
        self.director = trade.person("director", Role.FINANCE_DIRECTOR, self.township)

    @property
    def flow(self) -> Flow:
        return Flow.objects.get(subject_type="workflows.request", institution=None)

    @property
    def seen(self) -> str:
        return service.token_of(self.flow)

    @property
    def steps(self) -> list[str]:
        return [step.title for step in drafts.in_work(self.flow).steps]

    def insert(self, step: Step = FINANCE, after: str = "") -> Flow:
        return drafts.insert_step(me(self.admin), flow_id=self.flow.pk, seen=self.seen, step=step, after=after)

    def submit(self) -> Matter:
        return drafts.submit_draft(me(self.admin), flow_id=self.flow.pk, seen=self.seen)

    def publish(self) -> None:
        approve(self.submit(), self.centre)

    def trial(self, amount: str | None, **place: int | None) -> Trial:
        where = {"institution": self.township.pk, "department": None, "applicant": self.clerk.pk, **place}
        values = {"amount": Decimal(amount) if amount else None, "kind": "equipment"}
        current = self.flow.current
        assert current is not None
        return try_out(from_json(current.body), Place("workflows.request", **where), values, timezone.localdate())  # type: ignore[arg-type]


@pytest.fixture
def hospital() -> Makers:
    return Makers()


def signers(trial: Trial) -> dict[str, set[str]]:
    """Who would sign at each step that is taken."""
    return {
        station.drawn.title: {signer.username for seat in station.seats or () for signer in seat}
        for station in trial.stations
        if station.taken
    }


# -- drafts ------------------------------------------------------------------------------------------------------------


def test_the_first_change_makes_a_draft_of_what_is_in_force(hospital: Makers) -> None:
    assert hospital.flow.draft is None
    hospital.insert()
    assert hospital.steps == ["财务负责人审核", "机构负责人审批", "运营管理中心审批", "领导小组审批"]
    assert hospital.flow.draft_by == hospital.admin
    assert waiting(hospital.ask()) == {"head", "second-head"}, "a draft is not in force"


def test_steps_are_moved_changed_and_taken_out(hospital: Makers) -> None:
    admin, flow = me(hospital.admin), hospital.flow
    hospital.insert(after="centre")
    assert hospital.steps[1:3] == ["运营管理中心审批", "财务负责人审核"]
    drafts.move_step(admin, flow_id=flow.pk, seen=hospital.seen, key="step-1", down=False)
    drafts.move_step(admin, flow_id=flow.pk, seen=hospital.seen, key="head", down=False)
    assert hospital.steps[:2] == ["机构负责人审批", "财务负责人审核"]
    changed = replace(FINANCE, key="step-1", title="财务科审核")
    drafts.change_step(admin, flow_id=flow.pk, seen=hospital.seen, step=changed)
    drafts.drop_step(admin, flow_id=flow.pk, seen=hospital.seen, key="group")
    assert hospital.steps == ["机构负责人审批", "财务科审核", "运营管理中心审批"]


def test_new_steps_get_keys_of_their_own(hospital: Makers) -> None:
    hospital.insert()
    hospital.insert()
    keys = [step.key for step in drafts.in_work(hospital.flow).steps]
    assert len(set(keys)) == len(keys) == 5


def test_a_new_step_does_not_get_the_key_of_one_that_was_dropped(hospital: Makers) -> None:
    """What is measured under one key is one step."""
    hospital.insert()
    hospital.publish()
    key = drafts.in_work(hospital.flow).steps[0].key
    drafts.drop_step(me(hospital.admin), flow_id=hospital.flow.pk, seen=hospital.seen, key=key)
    hospital.insert(replace(FINANCE, title="另一个环节"))
    assert (key, drafts.in_work(hospital.flow).steps[0].key) == ("step-1", "step-2")


def test_a_draft_holds_no_more_steps_than_a_flow_may_have(hospital: Makers) -> None:
    many = tuple(replace(FINANCE, key=f"k{number}") for number in range(30))
    body = service.to_json(Definition(many))
    service.save_draft(me(hospital.admin), flow_id=hospital.flow.pk, body=body, seen=hospital.seen)
    with pytest.raises(Invalid, match="最多 30 个环节"):
        hospital.insert()


def test_a_change_upon_a_draft_that_another_has_changed_is_refused(hospital: Makers) -> None:
    stale = hospital.seen
    hospital.insert()
    with pytest.raises(Conflict, match=r"草稿已由 admin 在 .* 修改") as refused:
        drafts.drop_step(me(hospital.centre), flow_id=hospital.flow.pk, seen=stale, key="group")
    assert refused.value.code == "workflows.draft_changed"
    assert len(hospital.steps) == 4, "nothing is lost"


def test_a_page_from_before_the_publication_changes_nothing(hospital: Makers) -> None:
    hospital.insert()
    stale = hospital.seen
    hospital.publish()
    with pytest.raises(Conflict, match="已被发布或放弃"):
        drafts.drop_step(me(hospital.admin), flow_id=hospital.flow.pk, seen=stale, key="group")


def test_only_administrators_of_flows_change_them(hospital: Makers) -> None:
    for person in (hospital.clerk, hospital.leader, hospital.auditor):
        with pytest.raises(Forbidden):
            drafts.drop_step(me(person), flow_id=hospital.flow.pk, seen=hospital.seen, key="group")
        with pytest.raises(Forbidden):
            drafts.submit_draft(me(person), flow_id=hospital.flow.pk, seen=hospital.seen)


def test_a_draft_is_given_up(hospital: Makers) -> None:
    hospital.insert()
    for _ in range(2):
        service.discard_draft(me(hospital.admin), flow_id=hospital.flow.pk, seen=hospital.seen)
    assert hospital.flow.draft is None
    assert len(hospital.steps) == 3


# -- publishing --------------------------------------------------------------------------------------------------------


def test_a_second_person_publishes_the_draft(hospital: Makers) -> None:
    drafts.set_options(
        me(hospital.admin), flow_id=hospital.flow.pk, seen=hospital.seen, options={"batch": False}, note="先过财务"
    )
    hospital.insert()
    matter = hospital.submit()
    assert waiting(matter) == {"centre", "leader"}
    approve(matter, hospital.centre)
    version = versions_of(hospital.flow)[0]
    assert (version.number, version.made_by, version.approved_by) == (2, "admin", "centre")
    assert (version.note, version.body["batch"]) == ("先过财务", False)
    assert hospital.flow.draft is None
    assert waiting(hospital.ask()) == {"director"}


def test_the_maker_does_not_approve_the_own_draft(hospital: Makers) -> None:
    centre = me(hospital.centre)
    drafts.insert_step(centre, flow_id=hospital.flow.pk, seen=hospital.seen, step=FINANCE)
    with pytest.raises(Conflict, match="最后由 centre 修改"):
        hospital.submit()
    matter = drafts.submit_draft(centre, flow_id=hospital.flow.pk, seen=hospital.seen)
    assert waiting(matter) == {"leader"}
    with pytest.raises(NotFound):
        services.approve(centre, matter_id=matter.pk, task=turn(matter, hospital.leader))


def test_a_faulty_draft_is_refused_in_words(hospital: Makers) -> None:
    hospital.insert(replace(FINANCE, approvers=()))
    with pytest.raises(Invalid, match="「财务负责人审核」没有审批人规则") as refused:
        hospital.submit()
    assert refused.value.code == "workflows.draft_faulty"
    assert not Matter.objects.filter(subject_type="workflows.flow").exists()


def test_a_draft_that_changes_nothing_is_not_submitted(hospital: Makers) -> None:
    with pytest.raises(Conflict, match="没有待发布的草稿"):
        hospital.submit()
    drafts.move_step(me(hospital.admin), flow_id=hospital.flow.pk, seen=hospital.seen, key="head", down=False)
    with pytest.raises(Conflict, match="与现行第 1 版相同"):
        hospital.submit()


def test_a_draft_under_approval_is_locked(hospital: Makers) -> None:
    hospital.insert()
    hospital.submit()
    for change in (
        hospital.insert,
        lambda: service.discard_draft(me(hospital.admin), flow_id=hospital.flow.pk, seen=hospital.seen),
        hospital.submit,
    ):
        with pytest.raises(Conflict, match="草稿正在审批"):
            change()
    assert [row.draft for row in flow_rows() if row.flow == hospital.flow] == ["under_way"]


def test_a_returned_draft_is_mended_and_submitted_again(hospital: Makers) -> None:
    hospital.insert()
    matter = hospital.submit()
    services.return_to(me(hospital.centre), matter_id=matter.pk, task=turn(matter, hospital.centre), comment="少一步")
    with pytest.raises(Conflict, match="先撤回"):
        service.discard_draft(me(hospital.admin), flow_id=hospital.flow.pk, seen=hospital.seen)
    hospital.insert(replace(FINANCE, title="再核一次"))
    again = hospital.submit()
    assert again.pk == matter.pk
    approve(again, hospital.leader)
    current = hospital.flow.current
    assert current is not None
    assert current.body["steps"][0]["title"] == "再核一次"


def test_a_returned_draft_is_checked_when_it_is_submitted_again_from_the_page_of_the_matter(hospital: Makers) -> None:
    hospital.insert()
    matter = hospital.submit()
    services.return_to(me(hospital.centre), matter_id=matter.pk, task=turn(matter, hospital.centre), comment="少一步")
    client = Client()
    client.force_login(hospital.admin)
    address = f"/workflows/matters/{matter.pk}/"
    assert f"/workflows/flows/{hospital.flow.pk}/draft/" in client.get(address).content.decode()
    hospital.insert(Step("none", "没有人签", ()))
    page = client.post(f"{address}resubmit/", {"comment": "已补"}, follow=True).content.decode()
    assert "环节「没有人签」没有审批人规则。" in page
    matter.refresh_from_db()
    assert matter.state == Matter.State.RETURNED
    key = drafts.in_work(hospital.flow).steps[0].key
    drafts.drop_step(me(hospital.admin), flow_id=hospital.flow.pk, seen=hospital.seen, key=key)
    assert client.post(f"{address}resubmit/", {"comment": "已补"}).status_code == 302
    matter.refresh_from_db()
    assert matter.state == Matter.State.RUNNING


def test_nobody_submits_again_what_another_has_changed_since(hospital: Makers) -> None:
    hospital.insert()
    matter = hospital.submit()
    services.return_to(me(hospital.centre), matter_id=matter.pk, task=turn(matter, hospital.centre), comment="少一步")
    drafts.insert_step(me(hospital.centre), flow_id=hospital.flow.pk, seen=hospital.seen, step=FINANCE)
    with pytest.raises(Conflict) as refused:
        services.resubmit(me(hospital.admin), matter_id=matter.pk)
    assert refused.value.code == "workflows.not_the_drafter"


def test_nobody_who_worked_on_a_draft_approves_it_whoever_submits_it(hospital: Makers) -> None:
    drafts.insert_step(me(hospital.centre), flow_id=hospital.flow.pk, seen=hospital.seen, step=FINANCE)
    drafts.set_options(
        me(hospital.admin), flow_id=hospital.flow.pk, seen=hospital.seen, options={}, note="核对过，由我提交"
    )
    matter = hospital.submit()
    assert waiting(matter) == {"leader"}, "the centre's person drafted the step"
    approve(matter, hospital.leader)
    current = hospital.flow.current
    assert current is not None
    assert current.made_by == "admin、centre"
    assert hospital.flow.draft_editors == []


def test_a_rejected_draft_stays_a_draft(hospital: Makers) -> None:
    hospital.insert()
    matter = hospital.submit()
    services.reject(me(hospital.centre), matter_id=matter.pk, task=turn(matter, hospital.centre), comment="不需要")
    assert hospital.flow.draft is not None
    assert hospital.flow.current is not None
    assert hospital.flow.current.number == 1


def test_a_running_matter_keeps_its_version(hospital: Makers) -> None:
    old = hospital.ask("60000.00")
    hospital.insert()
    hospital.publish()
    new = hospital.ask("60000.00")
    assert (waiting(old), waiting(new)) == ({"centre"}, {"director"})
    approve(old, hospital.centre)
    old.refresh_from_db()
    assert (old.state, old.version.number) == (Matter.State.APPROVED, 1)
    approve(new, hospital.director)
    assert waiting(new) == {"centre"}
    approve(new, hospital.centre)
    assert set(Request.objects.values_list("state", flat=True)) == {Request.State.GRANTED}
    assert [(v.number, v.begun, v.still) for v in versions_of(hospital.flow)] == [(2, 1, 0), (1, 1, 0)]  # type: ignore[attr-defined]


# -- flows of an institution's own -------------------------------------------------------------------------------------


def test_an_institution_gets_a_flow_of_its_own(hospital: Makers) -> None:
    admin, township = me(hospital.admin), hospital.township
    flow = service.create_flow(admin, kind="workflows.request", institution_id=township.pk, title="东镇的申请")
    assert waiting(hospital.ask()) == {"head", "second-head"}, "until it is published the alliance's is in force"
    for key in ("centre", "group"):
        drafts.drop_step(admin, flow_id=flow.pk, seen=_seen(flow), key=key)
    only = replace(drafts.in_work(service.access_flow(flow.pk)).steps[0], condition="")
    drafts.change_step(admin, flow_id=flow.pk, seen=_seen(flow), step=only)
    approve(drafts.submit_draft(admin, flow_id=flow.pk, seen=_seen(flow)), hospital.centre)
    assert waiting(hospital.ask("900000.00")) == {"head", "second-head"}
    with pytest.raises(Conflict, match="已有流程"):
        service.create_flow(admin, kind="workflows.request", institution_id=township.pk, title="又一个")


@pytest.fixture
def own_flow(hospital: Makers) -> Flow:
    """The township hospital's own flow is in force: the leadership approves every request."""
    admin = me(hospital.admin)
    flow = service.create_flow(admin, kind="workflows.request", institution_id=hospital.township.pk, title="东镇的申请")
    for key in ("head", "centre"):
        drafts.drop_step(admin, flow_id=flow.pk, seen=_seen(flow), key=key)
    only = replace(drafts.in_work(service.access_flow(flow.pk)).steps[0], condition="")
    drafts.change_step(admin, flow_id=flow.pk, seen=_seen(flow), step=only)
    approve(drafts.submit_draft(admin, flow_id=flow.pk, seen=_seen(flow)), hospital.centre)
    return service.access_flow(flow.pk)


def test_an_own_flow_is_retired_when_a_second_person_has_approved_it(hospital: Makers, own_flow: Flow) -> None:
    before = hospital.ask()
    assert waiting(before) == {"leader"}
    matter = services.ask_retirement(me(hospital.admin), flow_id=own_flow.pk, reason="与医共体的流程统一")
    assert waiting(hospital.ask()) == {"leader"}, "in force until it is approved"
    approve(matter, hospital.centre)
    assert waiting(hospital.ask()) == {"head", "second-head"}, "the alliance's flow is in force again"
    assert waiting(before) == {"leader"}, "what is on its way keeps its version"
    approve(before, hospital.leader)
    assert list(integrity.signatures()) == []


def test_a_retired_flow_comes_into_force_again_with_a_new_version(hospital: Makers, own_flow: Flow) -> None:
    admin = me(hospital.admin)
    approve(services.ask_retirement(admin, flow_id=own_flow.pk, reason="统一流程"), hospital.centre)
    drafts.insert_step(admin, flow_id=own_flow.pk, seen=_seen(own_flow), step=FINANCE)
    approve(drafts.submit_draft(admin, flow_id=own_flow.pk, seen=_seen(own_flow)), hospital.centre)
    assert service.access_flow(own_flow.pk).current.number == 2  # type: ignore[union-attr]
    assert waiting(hospital.ask()) == {"director"}


def test_a_refused_retirement_leaves_the_flow_in_force(hospital: Makers, own_flow: Flow) -> None:
    matter = services.ask_retirement(me(hospital.admin), flow_id=own_flow.pk, reason="统一流程")
    services.reject(me(hospital.centre), matter_id=matter.pk, task=turn(matter, hospital.centre), comment="保留")
    assert waiting(hospital.ask()) == {"leader"}


def test_what_cannot_be_retired_is_said(hospital: Makers, own_flow: Flow) -> None:
    admin = me(hospital.admin)
    with pytest.raises(Conflict) as refused:
        services.ask_retirement(admin, flow_id=hospital.flow.pk, reason="统一流程")
    assert refused.value.code == "workflows.not_retirable"
    with pytest.raises(Forbidden):
        services.ask_retirement(me(hospital.head), flow_id=own_flow.pk, reason="统一流程")
    with pytest.raises(Invalid):
        services.ask_retirement(admin, flow_id=own_flow.pk, reason=" ")
    with pytest.raises(NotFound):
        services.ask_retirement(admin, flow_id=0, reason="统一流程")
    matter = services.ask_retirement(admin, flow_id=own_flow.pk, reason="统一流程")
    with pytest.raises(Conflict) as refused:
        services.ask_retirement(admin, flow_id=own_flow.pk, reason="统一流程")
    assert refused.value.code == "workflows.on_its_way"
    with pytest.raises(Conflict) as refused:
        drafts.insert_step(admin, flow_id=own_flow.pk, seen=_seen(own_flow), step=FINANCE)
    assert refused.value.code == "workflows.retirement_under_way"
    approve(matter, hospital.centre)
    with pytest.raises(Conflict) as refused:
        services.ask_retirement(admin, flow_id=own_flow.pk, reason="统一流程")
    assert refused.value.code == "workflows.not_in_force"


def test_a_flow_whose_draft_is_under_approval_is_not_retired(hospital: Makers, own_flow: Flow) -> None:
    admin = me(hospital.admin)
    drafts.insert_step(admin, flow_id=own_flow.pk, seen=_seen(own_flow), step=FINANCE)
    drafts.submit_draft(admin, flow_id=own_flow.pk, seen=_seen(own_flow))
    with pytest.raises(Conflict) as refused:
        services.ask_retirement(admin, flow_id=own_flow.pk, reason="统一流程")
    assert refused.value.code == "workflows.draft_under_way"


def test_the_page_of_the_flow_asks_for_its_retirement_and_leads_to_the_matter(hospital: Makers, own_flow: Flow) -> None:
    client = Client()
    client.force_login(hospital.admin)
    address = f"/workflows/flows/{own_flow.pk}/"
    assert f"{address}retire/" in client.get(address).content.decode()
    assert f"{address}retire/" not in client.get(f"/workflows/flows/{hospital.flow.pk}/").content.decode()
    assert "请写明停用的理由" in client.post(f"{address}retire/", {}, follow=True).content.decode()
    page = client.post(f"{address}retire/", {"comment": "统一流程"}, follow=True).content.decode()
    assert f"/workflows/subjects/workflows.retirement/{own_flow.pk}/" in page
    approve(Matter.objects.get(subject_type="workflows.retirement"), hospital.centre)
    assert "已停用" in client.get(address).content.decode()
    assert client.get("/workflows/flows/").status_code == 200


def _seen(flow: Flow) -> str:
    return service.token_of(service.access_flow(flow.pk))


# -- drawing and dry run -----------------------------------------------------------------------------------------------


def test_a_drawing_says_who_when_and_what_changed(hospital: Makers) -> None:
    hospital.insert(replace(FINANCE, escalate_hours=48, copies=(ApproverRule(Who.PERSON, person="clerk"),)))
    drafts.drop_step(me(hospital.admin), flow_id=hospital.flow.pk, seen=hospital.seen, key="group")
    flow = hospital.flow
    assert flow.current is not None
    drawing = draw(drafts.in_work(flow), before=from_json(flow.current.body))
    first, head, _centre = drawing.steps
    assert (first.signers, first.change, first.limits) == (
        ("本机构 财务负责人",),
        "new",
        ("48 小时仍未办，上一级也可签",),
    )
    assert first.copies == ("指定人员：clerk",)
    assert (head.condition, head.change) == ("金额 ≤ 50,000", "")
    assert drawing.gone == ("领导小组审批",)
    assert not drawing.faulty


@pytest.mark.parametrize("amount", ["0.00", "50000.00", "50000.01", "499999.99", "500000.00"])
def test_the_dry_run_names_who_then_really_gets_the_tasks(hospital: Makers, amount: str) -> None:
    trial = hospital.trial(amount)
    (step,) = signers(trial)
    matter = hospital.ask(amount)
    assert (matter.step_title, waiting(matter)) == (step, signers(trial)[step])


def test_the_dry_run_says_why(hospital: Makers) -> None:
    head, centre, _group = hospital.trial("60000.00").stations
    assert (head.taken, head.why) == (False, "条件不成立，跳过这一环节")
    assert centre.values == ("金额：60,000.00",), "each value once"
    assert (centre.signatures, centre.copies) == (1, ("head", "second-head"))


def test_what_is_not_known_spares_nobody_in_the_dry_run(hospital: Makers) -> None:
    assert [station.taken for station in hospital.trial(None).stations] == [True, True, True]


def both_steps(hospital: Makers, first: Step, second: Step, *, sign_once: bool = True) -> None:
    """Requests go through these two steps, whatever their amount."""
    admin, flow = me(hospital.admin), hospital.flow
    body = to_json(Definition((first, second), sign_once=sign_once))
    service.save_draft(admin, flow_id=flow.pk, body=body, seen=hospital.seen)
    hospital.publish()


HEADS = ApproverRule(Who.ROLE, Role.INSTITUTION_HEAD)
CENTRE = ApproverRule(Who.ROLE, Role.OPERATION_CENTRE, Level.ALLIANCE)


def again(trial: Trial) -> list[dict[str, str]]:
    """At each step who signs without being asked, or perhaps does."""
    return [
        {signer.username: signer.again for seat in station.seats or () for signer in seat if signer.again}
        for station in trial.stations
    ]


def test_the_dry_run_says_who_has_signed_before_and_is_not_asked_again(hospital: Makers) -> None:
    both_steps(
        hospital,
        Step("first", "中心初核", (CENTRE,)),
        Step("second", "中心与院长会签", (CENTRE, HEADS), Mode.ALL),
    )
    trial = hospital.trial("1000")
    assert again(trial) == [{}, {"centre": "sure"}]
    assert [(station.signatures, station.left) for station in trial.stations] == [(1, 1), (3, 2)]
    matter = hospital.ask()
    approve(matter, hospital.centre)
    assert waiting(matter) == {"head", "second-head"}, "as the dry run said"


def test_the_dry_run_says_that_a_step_is_passed_by_earlier_signatures(hospital: Makers) -> None:
    both_steps(hospital, Step("first", "中心初核", (CENTRE,)), Step("second", "中心复核", (CENTRE,)))
    assert [station.left for station in hospital.trial("1000").stations] == [1, 0]
    matter = hospital.ask()
    approve(matter, hospital.centre)
    matter.refresh_from_db()
    assert matter.state == "approved"
    client = Client()
    client.force_login(hospital.admin)
    page = client.get(
        f"/workflows/flows/{hospital.flow.pk}/dry-run/",
        {"which": "current", "applicant": hospital.clerk.pk, "institution": hospital.township.pk},
    ).content.decode()
    assert "前面环节已签齐，自动通过" in page


def test_the_dry_run_does_not_say_for_sure_who_of_several_signs_first(hospital: Makers) -> None:
    both_steps(hospital, Step("first", "院长初核", (HEADS,)), Step("second", "院长会签", (HEADS,), Mode.ALL))
    trial = hospital.trial("1000")
    assert again(trial) == [{}, {"head": "perhaps", "second-head": "perhaps"}]
    assert [station.left for station in trial.stations] == [1, 2]


def test_where_everybody_signs_each_step_the_dry_run_spares_nobody(hospital: Makers) -> None:
    steps = Step("first", "中心初核", (CENTRE,)), Step("second", "中心复核", (CENTRE,))
    both_steps(hospital, *steps, sign_once=False)
    assert again(hospital.trial("1000")) == [{}, {}]


def test_the_dry_run_marks_delegates_and_stand_ins(hospital: Makers) -> None:
    today = timezone.localdate()
    deputy = trade.person("deputy", Role.INSTITUTION_HEAD, hospital.institutions["H1"])
    services.delegate(me(hospital.second_head), to=deputy.pk, first_day=today, last_day=today, reason="外出")
    place = {"applicant": hospital.head.pk}
    assert hospital.trial("1.00", **place).stations[0].seats == (
        (Signer("deputy", "deputy", "东镇卫生院 机构负责人", "second-head", stand_in=False),),
    )
    hospital.second_head.is_active = False
    hospital.second_head.save()
    (seat,) = hospital.trial("1.00", **place).stations[0].seats or ()
    assert [(signer.username, signer.stand_in) for signer in seat] == [("deputy", True)]


def test_the_dry_run_says_where_a_matter_could_not_be_submitted(hospital: Makers) -> None:
    definition = Definition(
        (replace(FINANCE, approvers=(ApproverRule(Who.ROLE, Role.CASHIER, Level.LEAD),)),), stand_ins=False
    )
    place = Place("workflows.request", hospital.township.pk, None, hospital.clerk.pk)
    trial = try_out(definition, place, {}, timezone.localdate())
    assert "没有可以签的人" in trial.refusal
    assert try_out(Definition(()), place, {}, timezone.localdate()).faults == ("流程至少要有一个环节。",)
