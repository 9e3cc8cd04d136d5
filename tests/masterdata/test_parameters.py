"""A parameter gets another value when a second person has agreed; until then the old one holds."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone

from ops_platform.audit.models import AuditEvent
from ops_platform.identity.actors import actor_of_user
from ops_platform.identity.models import User
from ops_platform.kernel import Conflict, Forbidden, Invalid, NotFound, Role
from ops_platform.kernel.actor import PLATFORM
from ops_platform.masterdata.models import Institution, Parameter, ParameterProposal, Scope
from ops_platform.masterdata.selectors import parameter_value
from ops_platform.masterdata.services import accept_parameter, propose_parameter
from tests.support import trade
from workflows import integrity
from workflows import services as approval
from workflows.models import Matter, Task
from workflows.reference import load_flows

pytestmark = pytest.mark.django_db
KEY = "quarantine.release_limit"
MAY = date(2026, 5, 1)


class People:
    """Finance of the county hospital, and the operation centre."""

    def __init__(self) -> None:
        self.institutions = trade.alliance()
        load_flows()
        self.county = self.institutions["H1"]
        self.director = trade.person("director", Role.FINANCE_DIRECTOR, self.county)
        self.clerk = trade.person("clerk", Role.FINANCE_OFFICER, self.county)
        self.centre = trade.person("centre", Role.OPERATION_CENTRE)
        self.leader = trade.person("leader", Role.LEADERSHIP)


@pytest.fixture
def people() -> People:
    return People()


def propose(
    user: User, institution: Institution | None, value: str = "200", day: date = MAY, key: str = KEY
) -> ParameterProposal:
    return propose_parameter(
        actor_of_user(user),
        key=key,
        scope=Scope.INSTITUTION if institution else Scope.NATIONAL,
        institution_id=institution.pk if institution else None,
        effective_from=day,
        value=Decimal(value),
        source_text="医共体办 2026-7 号会议纪要",
    )


def matter_of(proposal: ParameterProposal) -> Matter:
    return Matter.objects.get(subject_type="masterdata.parameter", subject=str(proposal.pk))


def approve(user: User, proposal: ParameterProposal) -> None:
    task = Task.objects.get(matter=matter_of(proposal), person=user, state="open")
    approval.approve(actor_of_user(user), matter_id=task.matter_id, task=task.number)


def asked(proposal: ParameterProposal) -> set[str]:
    tasks = Task.objects.filter(matter=matter_of(proposal), state="open")
    return set(tasks.values_list("person__username", flat=True))


def limit(people: People, day: date = MAY) -> Decimal:
    return parameter_value(key=KEY, day=day, institution=people.county)


def test_the_old_value_holds_until_a_second_person_has_approved(people: People) -> None:
    proposal = propose(people.director, people.county)
    assert limit(people) == 50
    assert asked(proposal) == {"centre"}, "who proposes does not approve"
    approve(people.centre, proposal)
    assert (limit(people), limit(people, date(2026, 4, 30))) == (200, 50)
    proposal.refresh_from_db()
    assert (proposal.state, proposal.proposed_by, proposal.decided_by) == ("accepted", "director", "centre")
    assert Parameter.objects.get(value=200).changed_by == "director"
    assert AuditEvent.objects.filter(action="masterdata.parameter_changed", actor="centre").exists()
    assert list(integrity.signatures()) == []


def test_the_matter_shows_what_is_to_change(people: People) -> None:
    matter = matter_of(propose(people.director, people.county))
    shown = dict(matter.lines)
    assert shown["参数"] == f"隔离数据每日可自行放行的行数({KEY})"
    assert (shown["现行取值"], shown["新的取值"], shown["单位"]) == ("50 行", "200 行", "行")
    assert (shown["适用范围"], shown["机构"], shown["生效日期"]) == ("机构", "测试县人民医院", "2026-05-01")
    assert shown["依据"] == "医共体办 2026-7 号会议纪要"


def test_a_value_of_the_whole_alliance_that_the_only_centre_proposes_goes_to_the_leadership(people: People) -> None:
    assert asked(propose(people.centre, None)) == {"leader"}


def test_a_refused_or_withdrawn_proposal_changes_nothing_and_may_be_made_anew(people: People) -> None:
    first = propose(people.director, people.county)
    task = Task.objects.get(matter=matter_of(first), state="open")
    approval.reject(actor_of_user(people.centre), matter_id=task.matter_id, task=task.number, comment="没有依据")
    second = propose(people.director, people.county)
    approval.withdraw(actor_of_user(people.director), matter_id=matter_of(second).pk)
    third = propose(people.director, people.county)
    states = ParameterProposal.objects.order_by("pk").values_list("state", "decided_by")
    assert list(states) == [("refused", "centre"), ("withdrawn", "director"), ("proposed", "")]
    assert limit(people) == 50, third


def test_one_value_a_day_is_proposed_once(people: People) -> None:
    propose(people.director, people.county)
    with pytest.raises(Conflict) as refused:
        propose(people.centre, people.county, "300")
    assert refused.value.code == "masterdata.proposal_pending"
    propose(people.centre, people.county, "300", date(2026, 6, 1))


def test_a_day_that_got_a_value_meanwhile_is_refused_at_the_approval_in_words(people: People) -> None:
    proposal = propose(people.director, people.county)
    old = Parameter.objects.get(key=KEY)
    Parameter.objects.create(
        key=KEY,
        name=old.name,
        scope=Scope.INSTITUTION,
        institution=people.county,
        effective_from=MAY,
        value=Decimal("80"),
        unit=old.unit,
        source_mark="default",
    )
    client = Client()
    client.force_login(people.centre)
    matter = matter_of(proposal)
    task = Task.objects.get(matter=matter, person=people.centre, state="open")
    with pytest.raises(Conflict) as refused:
        approval.approve(actor_of_user(people.centre), matter_id=matter.pk, task=task.number)
    assert refused.value.code in ("masterdata.parameter_same_day", "workflows.subject_changed")
    given = {"task": task.number, "act": "approve"}
    answer = client.post(f"/workflows/matters/{matter.pk}/sign/", given, follow=True)
    assert answer.status_code == 200
    task.refresh_from_db()
    assert (task.state, limit(people)) == ("open", 80)
    with pytest.raises(Conflict, match="自 2026-05-01 起已有取值 80行"):
        accept_parameter(actor_of_user(people.centre), proposal_id=proposal.pk)


def test_nobody_signs_a_change_from_another_value_than_the_one_in_force(people: People) -> None:
    later = propose(people.director, people.county)
    earlier = propose(people.director, people.county, "90", date(2026, 4, 1))
    approve(people.centre, earlier)
    with pytest.raises(Conflict) as refused:
        approve(people.centre, later)
    assert refused.value.code == "workflows.subject_changed"


def test_whoever_may_not_set_a_parameter_may_not_propose_it(people: People) -> None:
    township = people.institutions["T1"]
    with pytest.raises(Forbidden):
        propose(people.clerk, people.county)
    with pytest.raises(Forbidden):
        propose(people.director, None)
    with pytest.raises(NotFound):
        propose(people.director, township)
    with pytest.raises(NotFound):
        propose(people.centre, None, key="no.such")
    with pytest.raises(Forbidden):
        propose_parameter(
            PLATFORM,
            key=KEY,
            scope=Scope.NATIONAL,
            institution_id=None,
            effective_from=MAY,
            value=Decimal(1),
            source_text="程序不能提出",
        )
    assert not ParameterProposal.objects.exists()


@pytest.mark.parametrize("value", ["1E+16", "0.000000001", "NaN"])
def test_a_value_that_the_table_cannot_hold_is_refused(people: People, value: str) -> None:
    with pytest.raises(Invalid):
        propose(people.centre, None, value)


def test_the_table_itself_lets_nobody_decide_alone(people: People) -> None:
    proposal = propose(people.director, people.county)
    rows = ParameterProposal.objects.filter(pk=proposal.pk)
    for change in (
        {"state": "accepted"},
        {"state": "accepted", "decided_by": "director", "decided_at": timezone.now()},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**change)
    with pytest.raises(Forbidden) as refused:
        accept_parameter(actor_of_user(people.director), proposal_id=proposal.pk)
    assert refused.value.code == "masterdata.second_person"
    assert connection.is_usable()


def test_the_page_says_that_the_value_went_for_approval_and_leads_there(people: People) -> None:
    client = Client()
    client.force_login(people.director)
    given = {
        "scope": "institution",
        "institution": people.county.pk,
        "effective_from": "2026-05-01",
        "value": "200",
        "source_text": "会议纪要",
    }
    address = f"/masterdata/parameters/{KEY}/"
    page = client.post(f"{address}new/", given, follow=True).content.decode()
    proposal = ParameterProposal.objects.get()
    assert "已提交审批" in page
    assert f"/workflows/subjects/masterdata.parameter/{proposal.pk}/" in page
    matter = client.get(f"/workflows/subjects/masterdata.parameter/{proposal.pk}/", follow=True).content.decode()
    assert "200 行" in matter
    again = client.post(f"{address}new/", given)
    assert again.status_code == 422
    assert "待审批" in again.content.decode()
    approve(people.centre, proposal)
    taken = client.post(f"{address}new/", given)
    assert taken.status_code == 422
    assert "已有取值 200行" in taken.content.decode()


def test_who_does_not_see_the_matter_of_the_alliance_finds_no_dead_link(people: People) -> None:
    proposal = propose(people.centre, None)
    client = Client()
    client.force_login(people.director)
    page = client.get(f"/masterdata/parameters/{KEY}/").content.decode()
    assert "变更申请" in page
    assert f"/workflows/subjects/masterdata.parameter/{proposal.pk}/" not in page
    client.force_login(people.centre)
    page = client.get(f"/masterdata/parameters/{KEY}/").content.decode()
    assert f"/workflows/subjects/masterdata.parameter/{proposal.pk}/" in page


def test_who_proposed_changes_the_value_while_it_is_returned(people: People) -> None:
    proposal = propose(people.director, people.county)
    matter = matter_of(proposal)
    client = Client()
    client.force_login(people.director)
    address = f"/nightly/parameters/{proposal.pk}/"
    assert client.get(address).status_code == 409
    task = Task.objects.get(matter=matter, state="open")
    approval.return_to(actor_of_user(people.centre), matter_id=matter.pk, task=task.number, comment="太高")
    assert address in client.get(f"/workflows/matters/{matter.pk}/").content.decode()
    assert client.get(address).status_code == 200
    given = {"effective_from": "2026-06-01", "value": "120", "source_text": "重新测算"}
    assert client.post(address, {**given, "value": "much"}).status_code == 422
    assert client.post(address, given).status_code == 302
    client.force_login(people.centre)
    assert client.post(address, given).status_code == 404
    approval.resubmit(actor_of_user(people.director), matter_id=matter.pk)
    approve(people.centre, proposal)
    assert (limit(people), limit(people, date(2026, 6, 1))) == (50, 120)
