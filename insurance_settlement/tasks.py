"""Celery entry points of insurance settlement: one service call each, safe to repeat."""

from celery import shared_task

from insurance_settlement.services import trials


@shared_task(name=trials.TASK)
def run_trial(trial_id: int) -> None:
    """Work out what somebody asked for."""
    trials.run_trial(trial_id)


@shared_task(name="insurance_settlement.sweep_trials")
def sweep_trials() -> None:
    """On beat: resume trials that a lost worker left."""
    trials.sweep_trials()
