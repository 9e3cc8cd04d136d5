"""Several people act at the same moment, each in a session of their own; and a worker that is killed in a sweep."""

import random
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import connection
from django.db.models import Count

from ops_platform.identity.models import User
from ops_platform.kernel import DomainError, Role
from ops_platform.kernel.actor import PLATFORM
from tests.his_intake.test_senders_at_once import at_once
from tests.support import trade
from tests.support.database import seen_from_outside
from tests.support.processes import Platform, wait_until
from tests.workflows.test_acts import Hospital, me, turn
from tests.workflows.test_time import hours_pass, with_hours
from workflows import integrity, services
from workflows.engine.definition import Mode, from_json, to_json
from workflows.models import Act, Flow, Matter, Request, Task
from workflows.services.flows import publish

CROWD = 6


def heads(hospital: Hospital) -> list[User]:
    """More heads than the township hospital needs."""
    more = [trade.person(f"head-{number}", Role.INSTITUTION_HEAD, hospital.township) for number in range(CROWD - 2)]
    return [hospital.head, hospital.second_head, *more]


def needs(mode: Mode) -> None:
    """The first tier of requests takes this many signatures from now on."""
    flow = Flow.objects.get(subject_type="workflows.request")
    assert flow.current
    body = to_json(from_json(flow.current.body))
    body["steps"][0]["mode"] = str(mode)
    flow.draft = body
    flow.save()
    publish(PLATFORM, flow_id=flow.pk, made_by="somebody")


def signing(matter: Matter, user: User) -> Callable[[], object]:
    number, actor = turn(matter, user), me(user)
    return lambda: services.approve(actor, matter_id=matter.pk, task=number)


def test_where_one_suffices_one_of_all_who_sign_at_once_does(committed_db: str) -> None:
    hospital = Hospital()
    crowd = heads(hospital)
    matter = hospital.ask()
    results = at_once(*(signing(matter, user) for user in crowd))
    assert sum(isinstance(result, Matter) for result in results) == 1, results
    assert sum(isinstance(result, DomainError) for result in results) == CROWD - 1, results
    assert Act.objects.filter(matter=matter, kind="approve").count() == 1
    assert list(integrity.signatures()) == list(integrity.turns()) == []


def test_where_all_must_sign_all_who_sign_at_once_do(committed_db: str) -> None:
    hospital = Hospital()
    crowd = heads(hospital)
    needs(Mode.ALL)
    matter = hospital.ask()
    results = at_once(*(signing(matter, user) for user in crowd))
    assert all(isinstance(result, Matter) for result in results), results
    matter.refresh_from_db()
    assert matter.state == Matter.State.APPROVED
    assert Act.objects.filter(matter=matter, kind="approve").count() == CROWD
    assert Request.objects.get().state == Request.State.GRANTED


def test_who_withdraws_while_another_signs_one_of_them_wins(committed_db: str) -> None:
    hospital = Hospital()
    applicant = me(hospital.clerk)
    for _ in range(5):
        matter = hospital.ask()
        results = at_once(
            signing(matter, hospital.head),
            lambda m=matter: services.withdraw(applicant, matter_id=m.pk),  # type: ignore[misc]
        )
        assert sum(isinstance(result, Matter) for result in results) == 1, results
        matter.refresh_from_db()
        request = Request.objects.get(pk=matter.subject)
        assert (matter.state, request.state) in [("approved", "granted"), ("withdrawn", "withdrawn")]


def test_a_subject_started_by_two_at_once_is_on_its_way_once(committed_db: str) -> None:
    hospital = Hospital()
    request = Request.objects.create(
        institution=hospital.township,
        kind="office",
        title="打印纸",
        amount=Decimal("500.00"),
        reason="用完了",
        asked_by=hospital.clerk,
    )
    applicant = me(hospital.clerk)
    results = at_once(
        *[lambda: services.start(applicant, kind="workflows.request", subject=str(request.pk))] * 4  # type: ignore[list-item]
    )
    assert sum(isinstance(result, Matter) for result in results) == 1, results
    assert Matter.objects.count() == 1


def test_a_storm_of_acts_leaves_no_matter_without_a_turn_and_no_act_twice(committed_db: str) -> None:
    """Six people act at random upon twelve matters at once, two hundred times each."""
    hospital = Hospital()
    crowd = heads(hospital)
    needs(Mode.COUNT)
    matters = [hospital.ask() for _ in range(12)]
    people = [*crowd, hospital.centre, hospital.clerk]

    def storm(user: User, seed: int) -> Callable[[], object]:
        chance, actor = random.Random(seed), me(user)

        def act_upon(matter: Matter) -> None:
            task = Task.objects.filter(matter=matter, person=user).order_by("-number").first()
            common = {"matter_id": matter.pk, "task": task.number if task else 1}
            other = chance.choice(people).pk
            verbs: list[Callable[[], object]] = [
                lambda: services.approve(actor, **common),
                lambda: services.approve(actor, **common),
                lambda: services.return_to(actor, comment="请补充", **common),
                lambda: services.transfer(actor, to=other, comment="请代办", **common),
                lambda: services.add_signer(
                    actor, added=other, before=chance.random() < 0.5, comment="请会签", **common
                ),
                lambda: services.resubmit(actor, matter_id=matter.pk),
                lambda: services.withdraw(actor, matter_id=matter.pk),
            ]
            chance.choice(verbs)()

        def run() -> int:
            done = 0
            for _ in range(200):
                try:
                    act_upon(chance.choice(matters))
                    done += 1
                except DomainError:
                    continue
            return done

        return run

    results = at_once(*(storm(user, seed) for seed, user in enumerate(people)))
    assert all(isinstance(result, int) for result in results), results
    assert list(integrity.signatures()) == list(integrity.turns()) == []
    doubled = Task.objects.filter(state="signed").values("matter", "visit", "person").annotate(n=Count("id"))
    assert not doubled.filter(n__gt=1).exists()
    for matter in Matter.objects.all():
        numbers = list(matter.acts.order_by("number").values_list("number", flat=True))
        assert numbers == list(range(1, len(numbers) + 1))
        granted = Request.objects.get(pk=matter.subject).state == Request.State.GRANTED
        assert granted == (matter.state == Matter.State.APPROVED)


@pytest.mark.services
def test_a_worker_killed_in_a_sweep_loses_and_doubles_no_escalation(platform: Platform) -> None:
    hospital = Hospital()
    with_hours(escalate=48)
    matters = [hospital.ask() for _ in range(30)]
    for matter in matters:
        hours_pass(matter, 49)
    caught = matters[12]
    begin_sweep = ("shell", "-c", "from workflows.tasks import sweep; sweep.delay()")
    with connection.cursor() as cursor:
        # the sweep cannot pass this matter while the test holds it: the worker is caught in the midst
        connection.set_autocommit(False)
        cursor.execute("SELECT 1 FROM workflows_matter WHERE id = %s FOR UPDATE", [caught.pk])
        platform.start_worker("first")
        assert platform.manage(*begin_sweep).returncode == 0
        wait_until(lambda: _escalated(platform) == 12, 30, "the sweep has come to the matter that is held")
        platform.kill("first")
        connection.rollback()
        connection.set_autocommit(True)
    platform.start_worker("second")
    assert platform.manage(*begin_sweep).returncode == 0
    wait_until(lambda: _escalated(platform) == len(matters), 30, "every matter is escalated")
    escalated = Act.objects.filter(kind="escalate")
    assert not escalated.values("matter").annotate(n=Count("id")).filter(n__gt=1).exists()
    assert Task.objects.filter(person=hospital.centre, state="open").count() == len(matters)
    assert list(integrity.turns()) == []


def _escalated(platform: Platform) -> int:
    """Seen from another session: how many escalations stand in the record."""
    rows = seen_from_outside(platform.database, "SELECT count(*) FROM workflows_act WHERE kind = 'escalate'")
    return int(rows[0][0])
