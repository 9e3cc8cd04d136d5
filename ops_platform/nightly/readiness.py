"""Whether a worker answers, for /readyz."""

from celery import current_app

ANSWER_SECONDS = 1.5


def worker_answers() -> None:
    """At least one worker answers a ping. Raises RuntimeError when none does."""
    if not current_app.control.inspect(timeout=ANSWER_SECONDS, limit=1).ping():
        raise RuntimeError("no Celery worker answers")
