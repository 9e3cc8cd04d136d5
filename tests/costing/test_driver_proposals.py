"""Another driver of allocation comes into force when a second person has approved it."""

from dataclasses import replace
from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from costing.models import DriverProposal, DriverRule
from costing.services.driver_rules import Wanted, propose_driver_rule, set_driver_rule
from costing.titles import SHARED_TITLES
from ops_platform.audit.models import AuditEvent
from ops_platform.identity.actors import actor_of_user
from ops_platform.identity.models import User
from ops_platform.kernel import Conflict, Forbidden, Invalid, Role
from ops_platform.masterdata.models import CostClass, Institution
from tests.support import trade
from tests.support.downloads import book_of
from workflows import services as approval
from workflows.models import Task
from workflows.reference import load_flows

pytestmark = pytest.mark.django_db


@pytest.fixture
def hospital() -> Institution:
    load_flows()
    return trade.alliance()["H1"]


@pytest.fixture
def director(hospital: Institution) -> User:
    return trade.person("director", Role.FINANCE_DIRECTOR, hospital)


@pytest.fixture
def centre() -> User:
    return trade.person("centre", Role.OPERATION_CENTRE)


def wanted(hospital: Institution | None) -> Wanted:
    return Wanted(
        cost_class="administration",
        driver="floor_area",
        effective_from=date(2026, 4, 1),
        source_text="2026 年第 3 次成本会议纪要",
        institution_id=hospital.pk if hospital else None,
    )


def decide(user: User, verb: str, **given: str) -> None:
    task = Task.objects.get(person=user, state=Task.State.OPEN)
    getattr(approval, verb)(actor_of_user(user), matter_id=task.matter_id, task=task.number, **given)


def test_a_driver_is_in_force_only_after_the_second_person_agreed(
    hospital: Institution, director: User, centre: User
) -> None:
    before = DriverRule.objects.count()
    propose_driver_rule(actor_of_user(director), wanted(hospital))
    assert DriverRule.objects.count() == before
    assert not Task.objects.filter(person=director).exists(), "nobody approves what they asked for"
    decide(centre, "approve")
    rule = DriverRule.objects.get(institution=hospital, effective_from=date(2026, 4, 1))
    assert (rule.driver, rule.changed_by) == ("floor_area", "director")
    assert DriverProposal.objects.get().rule == rule


def test_a_refused_driver_never_comes_into_force(hospital: Institution, director: User, centre: User) -> None:
    before = DriverRule.objects.count()
    propose_driver_rule(actor_of_user(director), wanted(hospital))
    decide(centre, "reject", comment="面积数据尚未核实")
    assert DriverRule.objects.count() == before
    assert DriverProposal.objects.get().state == DriverProposal.State.REFUSED


def test_the_same_driver_is_asked_for_once(hospital: Institution, director: User, centre: User) -> None:
    propose_driver_rule(actor_of_user(director), wanted(hospital))
    with pytest.raises(Conflict, match="正在审批"):
        propose_driver_rule(actor_of_user(centre), wanted(hospital))


def test_what_holds_already_is_not_asked_for_again(hospital: Institution, director: User, centre: User) -> None:
    actor = actor_of_user(director)
    set_driver_rule(actor, wanted(hospital))
    same = replace(wanted(hospital), effective_from=date(2026, 6, 1))
    with pytest.raises(Invalid, match="与 2026-04-01 起的规则相同") as refused:
        propose_driver_rule(actor, same)
    assert refused.value.code == "costing.driver_unchanged"
    propose_driver_rule(actor, replace(same, driver="headcount"))


def test_a_driver_of_the_whole_alliance_goes_to_the_leadership(hospital: Institution, centre: User) -> None:
    leader = trade.person("leader", Role.LEADERSHIP)
    propose_driver_rule(actor_of_user(centre), wanted(None))
    assert Task.objects.get(state=Task.State.OPEN).person == leader


def test_a_clerk_may_not_ask(hospital: Institution) -> None:
    clerk = trade.person("clerk", Role.FINANCE_OFFICER, hospital)
    with pytest.raises(Forbidden):
        propose_driver_rule(actor_of_user(clerk), wanted(hospital))


def test_the_audit_names_what_a_rule_divides_a_shared_bill_as_such(hospital: Institution, director: User) -> None:
    actor = actor_of_user(director)
    set_driver_rule(actor, wanted(hospital))
    bill = replace(wanted(hospital), cost_class="", shared_as="water")
    set_driver_rule(actor, bill)
    told = [event.detail for event in AuditEvent.objects.filter(action="costing.driver_rule_changed").order_by("pk")]
    assert (told[0]["divides"], told[0]["cost_class"]) == (str(CostClass.ADMINISTRATION.label), "administration")
    assert "shared_as" not in told[0]
    assert (told[1]["divides"], told[1]["shared_as"]) == (SHARED_TITLES["water"], "water")
    assert "cost_class" not in told[1]


def test_the_list_leads_from_a_rule_to_its_approval_where_the_reader_may_open_it(
    hospital: Institution, director: User, centre: User, client: Client
) -> None:
    _proposal, matter = propose_driver_rule(actor_of_user(director), wanted(hospital))
    decide(centre, "approve")
    rule = DriverRule.objects.get(institution=hospital, effective_from=date(2026, 4, 1))
    led = f'<a href="{reverse("workflows:matter", args=[matter])}">审批过程</a>'
    client.force_login(director)
    shown = client.get(reverse("costing:driver-rules")).content.decode()
    assert f'id="rule-{rule.pk}"' in shown
    assert led in shown
    other = trade.person("elsewhere", Role.INSTITUTION_HEAD, Institution.objects.exclude(pk=hospital.pk).first())
    client.force_login(other)
    assert led not in client.get(reverse("costing:driver-rules")).content.decode()


def test_the_history_goes_out_as_a_workbook(hospital: Institution, director: User, client: Client) -> None:
    client.force_login(director)
    book = book_of(client.get(reverse("costing:driver-rules"), {"export": "xlsx"}))
    header, *rows = book.get_sheet_by_index(0).to_python()
    assert header[:3] == ["分摊对象", "适用范围", "分摊动因"]
    assert len(rows) == DriverRule.objects.count()
    assert not any("<" in str(cell) for row in rows for cell in row)
