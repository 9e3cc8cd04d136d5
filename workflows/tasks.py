"""Celery entry points: one service call each, safe to repeat."""

from celery import shared_task

from workflows.services import sweeping


@shared_task(name="workflows.sweep")
def sweep() -> None:
    """On beat: reminders, escalation, expiry, people who left, delegations."""
    sweeping.sweep()


@shared_task(name="workflows.replace_person")
def replace_person(person: int) -> None:
    """Somebody left or lost a role: their tasks go to others."""
    sweeping.replace_person(person)
