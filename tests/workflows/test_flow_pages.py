"""The pages of flows as people use them: without a script, by forms that are sent and pages that are read."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ops_platform.identity.models import RoleAssignment, User
from ops_platform.kernel import Role
from tests.workflows.test_acts import approve, me, waiting
from tests.workflows.test_flows import FINANCE, Makers
from workflows.models import Flow, Matter
from workflows.services import drafts
from workflows.services import flows as service

pytestmark = pytest.mark.django_db

TITLES = re.compile(r"<h3>([^<]+)</h3>")
FIELD = re.compile(r'<(?:input|select|textarea)[^>]* name="([^"]+)"')


@pytest.fixture
def hospital() -> Makers:
    return Makers()


def browser(user: User) -> Client:
    client = Client(raise_request_exception=True)
    client.force_login(user)
    return client


def address(name: str, flow: Flow, **more: Any) -> str:
    return reverse(f"workflows:{name}", kwargs={"pk": flow.pk, **more})


def text(answer: HttpResponse, status: int = 200) -> str:
    assert answer.status_code == status, answer.content[:300]
    return answer.content.decode()


def rule(prefix: str, number: int, **chosen: str) -> dict[str, str]:
    """A row of the rules as it stands in the form."""
    row = {"who": "role", "role": "", "level": "institution", "person": "", **chosen}
    return {f"{prefix}-{number}-{name}": value for name, value in row.items()}


def step_form(hospital: Makers, **chosen: str) -> dict[str, str]:
    """A step filled in: the director of finance signs."""
    return {
        "seen": hospital.seen,
        "title": "财务负责人审核",
        "condition": "",
        "mode": "any",
        "count": "1",
        "on_rejection": "ends",
        "remind_hours": "0",
        "escalate_hours": "0",
        "expire_hours": "0",
        "approvers-TOTAL_FORMS": "1",
        "approvers-INITIAL_FORMS": "1",
        "copies-TOTAL_FORMS": "0",
        "copies-INITIAL_FORMS": "0",
        **rule("approvers", 0, role="finance_director"),
        **chosen,
    }


def new_step(client: Client, hospital: Makers, after: str = "", **chosen: str) -> HttpResponse:
    where = address("new-flow-step", hospital.flow) + (f"?after={after}" if after else "")
    return client.post(where, step_form(hospital, **chosen))  # type: ignore[return-value]


# -- reading -----------------------------------------------------------------------------------------------------------


def test_the_list_says_each_flow_in_words(hospital: Makers) -> None:
    page = text(browser(hospital.auditor).get(reverse("workflows:flows")))
    assert "机构负责人审批(金额 ≤ 50,000)" in page
    assert "整个医共体" in page
    assert "为机构单独设流程" not in page, "an auditor changes nothing"
    assert browser(hospital.auditor).get(reverse("workflows:flows") + "?export=xlsx").status_code == 200


def test_the_list_takes_no_more_queries_with_more_flows(hospital: Makers) -> None:
    client = browser(hospital.admin)
    client.get(reverse("workflows:flows"))
    with CaptureQueriesContext(connection) as before:
        client.get(reverse("workflows:flows"))
    for code in ("H1", "T1", "V1"):
        service.create_flow(
            me(hospital.admin), kind="workflows.request", institution_id=hospital.institutions[code].pk, title=code
        )
    with CaptureQueriesContext(connection) as after:
        client.get(reverse("workflows:flows"))
    assert len(after) == len(before)


def test_the_flow_is_drawn_and_its_versions_listed(hospital: Makers) -> None:
    hospital.ask()
    page = text(browser(hospital.leader).get(address("flow", hospital.flow)))
    assert TITLES.findall(page) == ["机构负责人审批", "运营管理中心审批", "领导小组审批"]
    assert "否则跳过" in page
    assert "一人否决即结束" in page
    assert "style=" not in page, "the content security policy refuses it"
    assert "修改流程" not in page
    old = text(browser(hospital.leader).get(address("flow-version", hospital.flow, number=1)))
    assert TITLES.findall(old) == TITLES.findall(page)
    assert browser(hospital.leader).get(address("flow-version", hospital.flow, number=9)).status_code == 404


def test_readers_read_the_draft_and_change_nothing(hospital: Makers) -> None:
    hospital.insert()
    reader = browser(hospital.auditor)
    page = text(reader.get(address("flow-draft", hospital.flow)))
    assert "财务负责人审核" in page
    assert 'name="do"' not in page
    options = {"seen": hospital.seen, "withdrawing": "any_time"}
    assert reader.post(address("flow-draft", hospital.flow), options).status_code == 403
    for name in ("submit-flow-draft", "discard-flow-draft", "arrange-flow-steps"):
        assert reader.post(address(name, hospital.flow), {"seen": hospital.seen}).status_code == 403


# -- editing -----------------------------------------------------------------------------------------------------------


def test_a_step_added_by_the_pages_is_published_and_new_requests_go_the_new_way(hospital: Makers) -> None:
    admin, flow = browser(hospital.admin), hospital.flow
    assert new_step(admin, hospital).status_code == 302
    options = {"seen": hospital.seen, "withdrawing": "any_time", "sign_once": "on", "note": "先过财务"}
    assert admin.post(address("flow-draft", flow), options).status_code == 302
    moved = {"seen": hospital.seen, "step": "step-1", "do": "down"}
    assert admin.post(address("arrange-flow-steps", flow), moved).status_code == 302
    assert hospital.steps[:2] == ["机构负责人审批", "财务负责人审核"]
    dropped = {"seen": hospital.seen, "step": "head", "do": "drop"}
    admin.post(address("arrange-flow-steps", flow), dropped)
    admin.post(address("submit-flow-draft", flow), {"seen": hospital.seen, "comment": "请批"})
    locked = text(admin.get(address("flow-draft", flow)))
    assert "期间不能修改" in locked
    assert "打开这件审批" in locked
    matter = Matter.objects.get(subject_type="workflows.flow")
    approve(matter, hospital.centre)
    assert waiting(hospital.ask()) == {"director"}
    body = Flow.objects.get(pk=flow.pk).current.body  # type: ignore[union-attr]
    assert (body["withdrawing"], body["batch"], body["stand_ins"]) == ("any_time", False, False)
    page = text(admin.get(address("flow", flow)))
    assert "先过财务" in page
    assert TITLES.findall(page) == ["财务负责人审核", "运营管理中心审批", "领导小组审批"]


def test_a_step_is_changed_and_its_form_shows_what_it_was(hospital: Makers) -> None:
    admin = browser(hospital.admin)
    where = address("flow-step", hospital.flow, step="centre")
    page = text(admin.get(where))
    assert "金额 &gt; 50,000 且 金额 &lt; 500,000</textarea>" in page
    assert "金额 &gt; 50,000 且 金额 &lt; 500,000" in page, "read back in words"
    assert {"approvers-0-role", "copies-0-role", "mode", "seen"} <= set(FIELD.findall(page))
    given_ = step_form(
        hospital, title="中心会签", mode="count", count="2", condition="not amount <= 50000", remind_hours="8"
    )
    assert (
        admin.post(where, {**given_, **rule("approvers", 0, role="operation_centre", level="alliance")}).status_code
        == 302
    )
    step = drafts.in_work(hospital.flow).step("centre")
    assert (step.title, step.mode, step.count, step.remind_hours) == ("中心会签", "count", 2, 8)
    assert step.copies == ()


def test_rules_grow_and_go_without_a_script(hospital: Makers) -> None:
    admin = browser(hospital.admin)
    given_ = step_form(hospital, do="add-approver", title="")
    page = text(admin.post(address("new-flow-step", hospital.flow), given_))
    assert {"approvers-0-who", "approvers-1-who"} <= set(FIELD.findall(page))
    assert "alert-danger" not in page, "nothing is complained of before it is saved"
    assert 'value="finance_director" selected' in page, "what was filled in stays"
    two = {
        "approvers-TOTAL_FORMS": "2",
        "approvers-INITIAL_FORMS": "2",
        **rule("approvers", 1, who="person", person="leader"),
        "copies-TOTAL_FORMS": "1",
        "copies-INITIAL_FORMS": "1",
        **rule("copies", 0, who="superior"),
        "mode": "each",
    }
    assert new_step(admin, hospital, **two, **{"approvers-0-DELETE": "on"}, after="head").status_code == 302
    step = drafts.in_work(hospital.flow).steps[1]
    assert [(rule_.who, rule_.person, rule_.role) for rule_ in step.approvers] == [("person", "leader", None)]
    assert [rule_.who for rule_ in step.copies] == ["superior"]
    page = text(admin.get(address("flow-draft", hospital.flow)))
    assert "为双签，须有两条以上审批人规则" in page, (
        "a fault stands beside its step and does not keep the draft from being kept"
    )
    assert re.search(r'form="submit-draft"\s+disabled', page)


def test_an_example_is_put_into_the_condition(hospital: Makers) -> None:
    admin = browser(hospital.admin)
    given_ = step_form(hospital, condition="amount > 5", do="insert-kind")
    page = text(admin.post(address("new-flow-step", hospital.flow), given_))
    assert "amount &gt; 5 且 类别 属于(日常办公支出)</textarea>" in page
    assert "<b>金额 &gt; 5 且 类别 属于(日常办公支出)</b>" in page


def test_a_bad_condition_is_refused_at_its_field_with_the_place(hospital: Makers) -> None:
    page = text(new_step(browser(hospital.admin), hospital, condition="amount > ten"), 422)
    assert "条件第 10 个字符处" in page
    assert "amount &gt; <mark>ten</mark>" in page
    assert hospital.flow.draft is None


def test_a_condition_is_typed_as_it_is_drawn_and_kept_by_codes(hospital: Makers) -> None:
    admin = browser(hospital.admin)
    typed = "５0,000 < 金额 ≤ 200,000 且 机构类别 = 乡镇卫生院"
    assert new_step(admin, hospital, condition=typed).status_code == 302
    step = drafts.in_work(hospital.flow).steps[0]
    assert step.condition == 'amount > 50000 and amount <= 200000 and institution_kind = "township_hospital"'
    page = text(admin.get(address("flow-draft", hospital.flow)))
    assert "金额 &gt; 50,000 且 金额 ≤ 200,000 且 机构类型 = 乡镇卫生院" in page


def test_the_shipped_tiers_cover_every_amount_and_a_gap_is_named_with_an_example(hospital: Makers) -> None:
    admin, draft = browser(hospital.admin), address("flow-draft", hospital.flow)
    assert "没有环节可走" not in text(admin.get(draft))
    given_ = step_form(hospital, title="中心", condition="60,000 < 金额 < 500,000")
    admin.post(address("flow-step", hospital.flow, step="centre"), given_)
    assert "没有环节可走，如：金额 = 50,000.01" in text(admin.get(draft))


def test_a_person_is_found_by_a_search_with_and_without_scripts(hospital: Makers) -> None:
    admin, where = browser(hospital.admin), address("new-flow-step", hospital.flow)
    typed = step_form(hospital, title="负责人复核", **rule("approvers", 0, who="person"))
    searched = {**typed, "approvers-0-person_search": "leader"}
    for button in ({"find": "1"}, {"do": "enter"}):
        page = text(admin.post(where, {**searched, **button}))
        assert 'value="leader"' in page
        assert 'value="clerk"' not in page, "only who was searched for"
        assert 'value="负责人复核"' in page, "nothing that was filled in is lost"
    assert hospital.flow.draft is None, "a search keeps nothing"
    found = text(admin.get(where, {"approvers-3-person_search": "leader"}))
    assert 'id="id_approvers-3-person_found"' in found, "a rule that was added on the page is searched, too"
    chosen = {**searched, "approvers-0-person": "leader", "do": "enter"}
    assert admin.post(where, chosen).status_code == 302
    (named,) = drafts.in_work(hospital.flow).steps[0].approvers
    assert (named.who, named.person) == ("person", "leader")


def test_the_form_of_a_step_costs_the_same_with_a_thousand_people(hospital: Makers) -> None:
    admin, where = browser(hospital.admin), address("flow-step", hospital.flow, step="centre")
    admin.get(where)
    with CaptureQueriesContext(connection) as before:
        few = admin.get(where)
    people = User.objects.bulk_create(
        User(username=f"n{number}", display_name=f"职工{number}") for number in range(1000)
    )
    RoleAssignment.objects.bulk_create(
        RoleAssignment(
            user=person, role=Role.FINANCE_OFFICER, institution=hospital.township, proposed_by="x", state="active"
        )
        for person in people
    )
    with CaptureQueriesContext(connection) as after:
        many = admin.get(where)
    assert len(after) == len(before)
    assert len(many.content) < len(few.content) + 20_000
    assert "列出前 20 人" in text(many)


def test_somebody_named_who_has_left_stays_named_and_says_so(hospital: Makers) -> None:
    admin, where = browser(hospital.admin), address("new-flow-step", hospital.flow)
    admin.post(where, step_form(hospital, **rule("approvers", 0, who="person", person="leader")))
    User.objects.filter(username="leader").update(is_active=False)
    step = drafts.in_work(hospital.flow).steps[0]
    page = text(admin.get(address("flow-step", hospital.flow, step=step.key)))
    assert "(已停用)" in page


def test_a_rule_without_role_or_person_is_refused_at_its_field(hospital: Makers) -> None:
    admin = browser(hospital.admin)
    assert "请选择角色" in text(new_step(admin, hospital, **rule("approvers", 0)), 422)
    assert "请选择人员" in text(new_step(admin, hospital, **rule("approvers", 0, who="person")), 422)


def test_who_was_too_late_loses_nothing_of_what_they_wrote(hospital: Makers) -> None:
    late = step_form(hospital, title="中心会审", condition="amount > 7777", **rule("approvers", 0, role="leadership"))
    drafts.set_options(
        me(hospital.centre), flow_id=hospital.flow.pk, seen=hospital.seen, options={"batch": False}, note="我先改"
    )
    admin, where = browser(hospital.admin), address("flow-step", hospital.flow, step="centre")
    page = text(admin.post(where, late), 422)
    assert "草稿已由 centre" in page
    assert "中心会审" in page
    assert "amount &gt; 7777" in page
    assert TITLES.findall(page) == ["运营管理中心审批"], "how the step stands now is shown beside"
    again = {**late, "seen": re.findall(r'name="seen" value="([^"]+)"', page)[0].replace("&#x2B;", "+")}
    assert admin.post(where, again).status_code == 302
    draft = drafts.in_work(hospital.flow)
    assert (draft.step("centre").title, draft.batch) == ("中心会审", False), "both changes are kept"


def test_a_stale_button_changes_nothing_and_says_so(hospital: Makers) -> None:
    admin, stale = browser(hospital.admin), hospital.seen
    hospital.insert()
    answer = admin.post(
        address("arrange-flow-steps", hospital.flow), {"seen": stale, "step": "group", "do": "drop"}, follow=True
    )
    assert "您的这次改动没有保存" in text(answer)  # type: ignore[arg-type]
    assert len(hospital.steps) == 4
    answer = admin.post(address("submit-flow-draft", hospital.flow), {"seen": stale}, follow=True)
    assert "草稿已由 admin" in text(answer)  # type: ignore[arg-type]
    options = {"seen": stale, "withdrawing": "any_time", "note": "没看到"}
    assert "没看到" in text(admin.post(address("flow-draft", hospital.flow), options), 422)  # type: ignore[arg-type]


def test_an_institution_gets_its_own_flow_by_the_page(hospital: Makers) -> None:
    admin, where = browser(hospital.admin), reverse("workflows:new-flow")
    chosen = {"kind": "workflows.request", "institution": str(hospital.township.pk)}
    answer = admin.post(where, chosen)
    flow = Flow.objects.get(institution=hospital.township)
    assert answer.url == address("flow-draft", flow)  # type: ignore[attr-defined]
    assert flow.title == "事项申请(东镇卫生院)"
    assert "已有流程" in text(admin.post(where, chosen), 422)  # type: ignore[arg-type]
    assert "尚未发布" in text(admin.get(address("flow", flow)))  # type: ignore[arg-type]
    page = text(admin.get(address("flow-draft", flow)))  # type: ignore[arg-type]
    assert len(TITLES.findall(page)) == 3
    assert re.search(r'form="submit-draft"\s*>', page), "a first version needs no other change"


# -- dry run -----------------------------------------------------------------------------------------------------------


def dry_run(client: Client, flow: Flow, **asked: Any) -> str:
    return text(client.get(f"{address('flow-dry-run', flow)}?{urlencode(asked)}"))  # type: ignore[arg-type]


def test_the_dry_run_is_a_page_with_an_address(hospital: Makers) -> None:
    asked = {"which": "current", "institution": hospital.township.pk, "applicant": hospital.clerk.pk}
    page = dry_run(browser(hospital.auditor), hospital.flow, **asked, **{"value-amount": "60000"})
    assert "条件成立" in page
    assert "<b>centre</b>" in page
    assert "<b>leader</b>" not in page
    assert "通过后抄送：head、second-head" in page
    page = dry_run(browser(hospital.auditor), hospital.flow, **asked)
    assert "条件里有未填的值" in page
    assert "<b>leader</b>" in page


def test_the_dry_run_tries_the_draft(hospital: Makers) -> None:
    hospital.insert()
    asked = {"institution": hospital.township.pk, "applicant": hospital.clerk.pk, "value-amount": "60000"}
    assert "<b>director</b>" in dry_run(browser(hospital.admin), hospital.flow, which="draft", **asked)
    assert "<b>director</b>" not in dry_run(browser(hospital.admin), hospital.flow, which="current", **asked)
    drafts.change_step(me(hospital.admin), flow_id=hospital.flow.pk, seen=hospital.seen, step=_faulty(hospital))
    assert "改正后才能试算" in dry_run(browser(hospital.admin), hospital.flow, which="draft", **asked)


def test_the_dry_run_takes_amounts_as_they_are_pasted_and_none_below_nothing(hospital: Makers) -> None:
    asked = {"which": "current", "institution": hospital.township.pk, "applicant": hospital.clerk.pk}
    admin = browser(hospital.admin)
    for pasted in ("1,234.50", "￥１，２３４．５０", "1,234.50 元"):
        assert "金额：1,234.50" in dry_run(admin, hospital.flow, **asked, **{"value-amount": pasted})
    assert "不能小于 0" in dry_run(admin, hospital.flow, **asked, **{"value-amount": "-5"})


def test_the_dry_run_says_who_could_not_apply_at_all(hospital: Makers) -> None:
    asked = {"which": "current", "institution": hospital.township.pk, "value-amount": "5"}
    page = dry_run(browser(hospital.admin), hospital.flow, **asked, applicant=hospital.auditor.pk)
    assert "「auditor」在东镇卫生院没有可以发起「事项申请」的角色" in page
    assert "还没有试算" in page


def _faulty(hospital: Makers) -> Any:
    from dataclasses import replace

    return replace(FINANCE, key="step-1", condition="price > 5")


def test_the_dry_run_points_to_the_flow_that_is_really_in_force(hospital: Makers) -> None:
    flow = service.create_flow(
        me(hospital.admin), kind="workflows.request", institution_id=hospital.township.pk, title="东镇的申请"
    )
    service.publish(me(hospital.centre), flow_id=flow.pk, made_by="admin")
    asked = {"which": "current", "institution": hospital.township.pk, "applicant": hospital.clerk.pk}
    page = dry_run(browser(hospital.admin), hospital.flow, **asked)
    assert "东镇卫生院有单独的流程" in page
    assert address("flow-dry-run", flow) in page


# -- whatever is typed -------------------------------------------------------------------------------------------------

ODD = st.text(max_size=60) | st.text(alphabet='amountkiurgent ()<>=!,"0123456789.-', max_size=60)
NAMES = st.sampled_from(
    [
        "seen",
        "do",
        "title",
        "condition",
        "mode",
        "count",
        "on_rejection",
        "remind_hours",
        "expire_hours",
        "approvers-TOTAL_FORMS",
        "approvers-INITIAL_FORMS",
        "approvers-0-who",
        "approvers-0-role",
        "approvers-0-level",
        "approvers-0-person",
        "approvers-0-DELETE",
        "copies-TOTAL_FORMS",
    ]
)
MANY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def _rolled_back(client: Client, where: str, data: Mapping[str, str], method: str = "post") -> int:
    with transaction.atomic():
        status = getattr(client, method)(where, data).status_code
        transaction.set_rollback(True)
    return int(status)


@MANY
@given(condition=ODD)
def test_no_condition_breaks_the_form(hospital: Makers, condition: str) -> None:
    client, where = browser(hospital.admin), address("new-flow-step", hospital.flow)
    for do in ("save", "check", "insert-kind"):
        data = step_form(hospital, condition=condition, do=do)
        assert _rolled_back(client, where, data) in (200, 302, 422)


@MANY
@given(odd=st.dictionaries(NAMES, ODD | st.sampled_from(["-1", "999999999999", "add-copy", "2"]), max_size=5))
def test_no_post_breaks_the_editor(hospital: Makers, odd: dict[str, str]) -> None:
    client = browser(hospital.admin)
    for name, more in (("new-flow-step", {}), ("flow-step", {"step": "centre"})):
        data = {**step_form(hospital), **odd}
        assert _rolled_back(client, address(name, hospital.flow, **more), data) in (200, 302, 422)


@MANY
@given(
    odd=st.dictionaries(
        st.sampled_from(["which", "institution", "department", "applicant", "value-amount", "value-kind"]), ODD
    )
)
def test_no_query_breaks_the_dry_run(hospital: Makers, odd: dict[str, str]) -> None:
    asked = {"institution": str(hospital.township.pk), "applicant": str(hospital.clerk.pk), **odd}
    assert _rolled_back(browser(hospital.admin), address("flow-dry-run", hospital.flow), asked, "get") == 200
