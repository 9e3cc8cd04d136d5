"""Approval: an act against the bare statements it cannot do without; the inbox with many matters against a trivial page."""

import itertools
from collections.abc import Iterator
from decimal import Decimal

from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from ops_platform.identity.actors import actor_of_user
from ops_platform.identity.models import User
from ops_platform.kernel import Role, digest_of
from ops_platform.masterdata.models import Institution
from tests.benchmarks.figures import Figure, Goal, middle, p95, seconds
from tests.support import trade
from workflows import services
from workflows.models import FlowVersion, Matter, Task
from workflows.reference import load_flows

INBOX = Goal(must=15, aim=6)
ROUNDS, ACTED = 3, 120
MATTERS, MINE, PEOPLE = 100_000, 400, 50
REQUESTS = 40
PAGES = (("workflows:to-do", "inbox"), ("workflows:done", "done"), ("workflows:all", "all matters"))


def measure(database: str) -> list[Figure]:
    """The acts first, on an empty table; then the pages on a full one."""
    hospital = trade.alliance()["T1"]
    load_flows()
    clerk = trade.person("clerk", Role.FINANCE_OFFICER, hospital)
    head = trade.person("head", Role.INSTITUTION_HEAD, hospital)
    return [_acts(hospital, clerk, head), *_pages(hospital, clerk, head)]


def _acts(hospital: Institution, clerk: User, head: User) -> Figure:
    rounds = []
    actor = actor_of_user(head)
    for _ in range(ROUNDS):
        tasks = _asked(hospital, clerk, head)
        act = middle(
            [seconds(lambda t=task: services.approve(actor, matter_id=t.matter_id, task=t.number)) for task in tasks]
        )
        rounds.append((act, _bare()))
    ratio = middle([act / bare for act, bare in rounds])
    return Figure(
        "workflows",
        "one approval against an UPDATE and an INSERT in a transaction",
        ratio,
        f"{1 / middle([act for act, _ in rounds]):.0f} approvals a second against"
        f" {1 / middle([bare for _, bare in rounds]):.0f} bare transactions, one connection",
    )


def _asked(hospital: Institution, clerk: User, head: User) -> list[Task]:
    for number in range(ACTED):
        services.ask(
            actor_of_user(clerk),
            institution_id=hospital.pk,
            kind="office",
            title=f"办公用品 {number}",
            amount=Decimal("100.00"),
            reason="日常需要",
        )
    return list(Task.objects.filter(person=head, state=Task.State.OPEN).order_by("id"))


def _bare() -> float:
    """What no approval can do without: the task is signed, the record has one more entry."""
    task = Task.objects.order_by("id").first()
    assert task

    def once() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("UPDATE workflows_task SET done_at = now() WHERE id = %s", [task.pk])
            cursor.execute(
                "INSERT INTO workflows_copy (matter_id, person_id, at) VALUES (%s, %s, now())"
                " ON CONFLICT (matter_id, person_id) DO NOTHING",
                [task.matter_id, task.person_id],
            )

    return middle([seconds(once) for _ in range(ACTED)])


def _pages(hospital: Institution, clerk: User, head: User) -> Iterator[Figure]:
    _fill(hospital, clerk, head)
    client = Client(SERVER_NAME="localhost")
    client.force_login(head)
    trivial = reverse("my-account")
    addresses = {trivial: trivial, **{name: reverse(name) for name, _ in PAGES}}
    rounds = []
    for _ in range(ROUNDS):
        times: dict[str, list[float]] = {name: [] for name in addresses}
        for _request, name in itertools.product(range(REQUESTS), addresses):
            times[name].append(seconds(lambda n=name: client.get(addresses[n])))
        rounds.append({name: p95(values) for name, values in times.items()})
    for name, title in PAGES:
        yield Figure(
            "workflows",
            f"{title} with {MATTERS:,} matters, p95 against p95 of a trivial signed-in page",
            middle([each[name] / each[trivial] for each in rounds]),
            f"{middle([each[name] for each in rounds]) * 1000:.1f} ms against"
            f" {middle([each[trivial] for each in rounds]) * 1000:.1f} ms, {MINE} of the tasks wait for the reader",
            INBOX,
        )


def _fill(hospital: Institution, clerk: User, head: User) -> None:
    """Matters that went through one step each; the last ones still wait for the reader."""
    version = FlowVersion.objects.get(flow__subject_type="workflows.request")
    people = [head, *(trade.person(f"head-{number}", Role.INSTITUTION_HEAD, hospital) for number in range(PEOPLE))]
    now = timezone.now()
    for first in range(0, MATTERS, 10_000):
        matters = Matter.objects.bulk_create(
            [_matter(version, hospital, clerk, number, now) for number in range(first, first + 10_000)]
        )
        Task.objects.bulk_create(
            [
                _task(matter, people[number % len(people)], head, number, now)
                for number, matter in enumerate(matters, first)
            ]
        )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE workflows_matter, workflows_task")


def _matter(version: FlowVersion, hospital: Institution, clerk: User, number: int, now: object) -> Matter:
    waits = number >= MATTERS - MINE
    return Matter(
        version=version,
        subject_type="workflows.request",
        subject=f"bench-{number}",
        title=f"办公用品 {number}",
        institution=hospital,
        applicant=clerk,
        digest=digest_of(number),
        state=Matter.State.RUNNING if waits else Matter.State.APPROVED,
        visit=1,
        step="head",
        step_title="机构负责人审批",
        next_number=2,
        submitted_at=now,
        entered_at=now,
        ended_at=None if waits else now,
    )


def _task(matter: Matter, person: User, head: User, number: int, now: object) -> Task:
    waits = number >= MATTERS - MINE
    return Task(
        matter=matter,
        number=1,
        round=1,
        visit=1,
        step="head",
        step_title="机构负责人审批",
        seat=1,
        person=head if waits else person,
        role=Role.INSTITUTION_HEAD,
        state=Task.State.OPEN if waits else Task.State.SIGNED,
        origin="rule",
        created_at=now,
        done_at=None if waits else now,
    )
