"""Celery entry points: one service call each, safe to repeat."""

from celery import shared_task

from ops_platform.kernel import Role
from workflows.services import offering, sweeping


@shared_task(name="workflows.sweep")
def sweep() -> None:
    """On beat: reminders, escalation, expiry, people who left, delegations."""
    sweeping.sweep()


@shared_task(name="workflows.offer")
def offer(person: int, role: str) -> None:
    """Somebody got a role: what waits for it waits for them too."""
    offering.offer(person, Role(role))


@shared_task(name="workflows.replace_person")
def replace_person(person: int) -> None:
    """Somebody left or lost a role: their tasks go to others."""
    sweeping.replace_person(person)
