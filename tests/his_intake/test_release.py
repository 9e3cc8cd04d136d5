"""More quarantined rows than one person may settle need a second person."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from ops_platform.his_intake.approval import RELEASE
from ops_platform.his_intake.models import Batch, QuarantinedRow, QuarantineRelease
from ops_platform.his_intake.services import correct_row, resubmit_rows, settle_rows
from ops_platform.his_intake.services.release import LIMIT
from ops_platform.identity.actors import actor_of_user
from ops_platform.identity.models import User
from ops_platform.kernel import Conflict, Invalid, Role
from ops_platform.masterdata.models import Institution, Parameter, Scope
from tests.support import trade
from workflows import services as approval
from workflows.models import Matter, Task
from workflows.reference import load_flows
from workflows.services.keeping import definition_of, digest_of_subject

pytestmark = pytest.mark.django_db


def waiting_rows(count: int) -> Institution:
    """Rows of costs that wait for their department; one person may settle two a day."""
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
        hospital, "cost-entries", [trade.cost(f"V{number}", "NK", "1.00", day="2026-01-31") for number in range(count)]
    )
    trade.landed(hospital, "departments", [trade.department("NK")])
    return hospital


@pytest.fixture
def hospital() -> Institution:
    return waiting_rows(3)


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


def test_splitting_does_not_pass_the_limit_of_the_day(officer: User, director: User) -> None:
    """Two rows alone, and the third one on the same day needs a second person, whoever asks for it."""
    settle_rows(actor_of_user(officer), row_ids=rows()[:1], deed="resubmit")
    settle_rows(actor_of_user(officer), row_ids=rows()[:1], deed="discard", reason="测试数据，不需要")
    colleague = trade.person("colleague", Role.FINANCE_OFFICER, Institution.objects.get(code="H1"))
    settled = settle_rows(actor_of_user(colleague), row_ids=rows(), deed="resubmit")
    assert settled.excess
    assert (settled.excess.rows, settled.excess.before, settled.excess.limit) == (1, 2, 2)
    assert len(rows()) == 1
    assert Matter.objects.get().acts.get().comment == "本次 1 行，今日此前已自行处理 2 行，超过每日 2 行的上限。"
    sign(director)
    assert rows() == []


def test_the_next_day_begins_anew(officer: User) -> None:
    settle_rows(actor_of_user(officer), row_ids=rows()[:2], deed="resubmit")
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    QuarantinedRow.objects.filter(alone=True).update(settled_at=midnight - timedelta(seconds=1))
    assert settle_rows(actor_of_user(officer), row_ids=rows(), deed="resubmit").receipt


def test_what_a_second_person_has_approved_does_not_count(officer: User, director: User, hospital: Institution) -> None:
    settle_rows(actor_of_user(officer), row_ids=rows(), deed="resubmit")
    sign(director)
    trade.send(hospital, "cost-entries", [trade.cost(f"W{n}", "WK", "1.00", day="2026-01-31") for n in range(2)])
    assert settle_rows(actor_of_user(officer), row_ids=rows(), deed="resubmit").matter is None


def test_a_row_that_is_corrected_is_no_release_but_one_that_is_sent_as_it_was_is(officer: User) -> None:
    actor = actor_of_user(officer)
    first, second, third = rows()
    assert correct_row(actor, row_id=first, corrections={"amount": "2.00"}).receipt
    assert correct_row(actor, row_id=second, corrections={"amount": "1.00"}).receipt
    assert list(QuarantinedRow.objects.filter(alone=True).values_list("pk", flat=True)) == [second]
    Parameter.objects.create(
        key=LIMIT,
        scope=Scope.INSTITUTION,
        institution=Institution.objects.get(code="H1"),
        name="上限",
        effective_from="2026-01-02",
        value=1,
        source_mark="default",
    )
    with pytest.raises(Conflict) as nobody:  # nobody is there who could approve
        correct_row(actor, row_id=third, corrections={})
    assert nobody.value.code == "workflows.no_approver"


def test_the_page_names_the_figures_and_leads_to_the_matter(officer: User, director: User) -> None:
    client = Client()
    client.force_login(officer)
    client.post("/intake/quarantine/resubmit/", {"row": rows()[:2]})
    answer = client.post("/intake/quarantine/resubmit/", {"row": rows()}, follow=True)
    matter = Matter.objects.get()
    assert answer.redirect_chain == [(f"/workflows/matters/{matter.pk}/", 302)], director
    assert "本次 1 行，今日此前已自行处理 2 行，超过每日 2 行的上限" in answer.content.decode()


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


@pytest.mark.parametrize("changed", [{"content": {"amount": 900.5}}, {"faults": []}])
def test_a_row_that_changed_after_the_request_is_not_signed(
    officer: User, director: User, changed: dict[str, object]
) -> None:
    settle_rows(actor_of_user(officer), row_ids=rows(), deed="resubmit")
    QuarantinedRow.objects.filter(pk=rows()[1]).update(**changed)
    with pytest.raises(Conflict) as refusal:
        sign(director)
    assert refusal.value.code == "workflows.subject_changed"
    assert len(rows()) == 3


def test_what_was_signed_shows_as_broken_when_a_released_row_changes_afterwards(officer: User, director: User) -> None:
    settle_rows(actor_of_user(officer), row_ids=rows(), deed="resubmit")
    released = rows()
    sign(director)
    matter = Matter.objects.get()
    rules = definition_of(matter)
    assert digest_of_subject(RELEASE.load(matter.subject), rules) == matter.digest, "settling the rows breaks nothing"
    QuarantinedRow.objects.filter(pk=released[0]).update(content={"amount": "900.00"})
    assert digest_of_subject(RELEASE.load(matter.subject), rules) != matter.digest
