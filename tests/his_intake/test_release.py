"""More quarantined rows than one person may settle need a second person."""

import pytest

from ops_platform.his_intake.models import Batch, QuarantinedRow, QuarantineRelease
from ops_platform.his_intake.services import resubmit_rows, settle_rows
from ops_platform.his_intake.services.release import LIMIT
from ops_platform.identity.actors import actor_of_user
from ops_platform.identity.models import User
from ops_platform.kernel import Conflict, Invalid, Role
from ops_platform.masterdata.models import Institution, Parameter, Scope
from tests.support import trade
from workflows import services as approval
from workflows.models import Matter, Task
from workflows.reference import load_flows

pytestmark = pytest.mark.django_db


@pytest.fixture
def hospital() -> Institution:
    """Three rows of costs wait for their department; one person may settle two at one go."""
    hospital = trade.alliance()["H1"]
    load_flows()
    Parameter.objects.create(
        key=LIMIT,
        scope=Scope.INSTITUTION,
        institution=hospital,
        name="上限",
        effective_from="2026-01-01",
        value=2,
        source_mark="default",
    )
    trade.send(
        hospital, "cost-entries", [trade.cost(f"V{number}", "NK", "1.00", day="2026-01-31") for number in range(3)]
    )
    trade.landed(hospital, "departments", [trade.department("NK")])
    return hospital


@pytest.fixture
def officer(hospital: Institution) -> User:
    return trade.person("officer", Role.FINANCE_OFFICER, hospital)


@pytest.fixture
def director(hospital: Institution) -> User:
    return trade.person("director", Role.FINANCE_DIRECTOR, hospital)


def rows() -> list[int]:
    return list(QuarantinedRow.objects.filter(state="open").order_by("pk").values_list("pk", flat=True))


def sign(director: User) -> None:
    task = Task.objects.get(person=director, state="open")
    approval.approve(actor_of_user(director), matter_id=task.matter_id, task=task.number)


def test_up_to_the_limit_one_person_settles_alone(officer: User) -> None:
    settled = settle_rows(actor_of_user(officer), row_ids=rows()[:2], deed="resubmit")
    assert settled.receipt
    assert settled.receipt.batch.landed == 2
    assert not Matter.objects.exists()


def test_above_the_limit_nothing_happens_before_a_second_person_agrees(officer: User, director: User) -> None:
    settled = settle_rows(actor_of_user(officer), row_ids=rows(), deed="resubmit")
    assert settled.receipt is None
    assert len(rows()) == 3
    faults = dict(Matter.objects.get().lines)["出错原因"]
    assert faults.startswith("科室：")
    sign(director)
    release = QuarantineRelease.objects.get()
    assert release.state == QuarantineRelease.State.DONE
    assert release.batch
    assert (release.batch.landed, release.batch.sender) == (3, officer.username)
    assert rows() == []


def test_giving_up_many_rows_needs_reason_and_second_person(officer: User, director: User) -> None:
    with pytest.raises(Invalid):
        settle_rows(actor_of_user(officer), row_ids=rows(), deed="discard")
    settle_rows(actor_of_user(officer), row_ids=rows(), deed="discard", reason="测试数据，不需要")
    sign(director)
    assert set(QuarantinedRow.objects.values_list("state", "settled_by")) == {("discarded", officer.username)}


def test_a_refused_release_leaves_the_rows_in_quarantine(officer: User, director: User) -> None:
    settle_rows(actor_of_user(officer), row_ids=rows(), deed="discard", reason="测试数据，不需要")
    task = Task.objects.get(person=director, state="open")
    approval.reject(actor_of_user(director), matter_id=task.matter_id, task=task.number, comment="应当更正")
    assert len(rows()) == 3
    assert QuarantineRelease.objects.get().state == QuarantineRelease.State.REFUSED


def test_rows_are_asked_for_once(officer: User, director: User) -> None:
    settle_rows(actor_of_user(officer), row_ids=rows(), deed="resubmit")
    with pytest.raises(Conflict, match="正在审批"):
        settle_rows(actor_of_user(officer), row_ids=rows(), deed="discard", reason="测试数据，不需要")
    assert Matter.objects.count() == 1, director


def test_a_row_settled_meanwhile_stops_the_release_and_undoes_the_signature(officer: User, director: User) -> None:
    settle_rows(actor_of_user(officer), row_ids=rows(), deed="resubmit")
    resubmit_rows(actor_of_user(officer), row_ids=rows()[:1], corrections={})
    batches = Batch.objects.count()
    with pytest.raises(Conflict, match="已经处理过"):
        sign(director)
    assert Task.objects.get(person=director).state == "open"
    assert Batch.objects.count() == batches
