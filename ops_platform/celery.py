"""The Celery application. Celery only carries messages; all state is in PostgreSQL (docs/architecture.md)."""

import os
from typing import Any

from celery import Celery
from celery.schedules import crontab
from celery.signals import worker_init
from django.conf import settings

from ops_platform.worker_memory import set_apart

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ops_platform.settings.production")

app = Celery("ops_platform")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

_hour, _minute = settings.NIGHTLY_AT.split(":")
app.conf.beat_schedule = {
    "nightly run": {"task": "nightly.start", "schedule": crontab(hour=_hour, minute=_minute)},
    "resume what a lost worker left": {"task": "nightly.sweep", "schedule": 10.0, "options": {"expires": 10}},
    "look after matters": {"task": "workflows.sweep", "schedule": 60.0, "options": {"expires": 60}},
    "resume errands of the books": {"task": "ledger.sweep", "schedule": 10.0, "options": {"expires": 10}},
    "resume trials of prices": {
        "task": "insurance_settlement.sweep_trials",
        "schedule": 10.0,
        "options": {"expires": 10},
    },
    "let pending entries expire": {"task": "ledger.expire", "schedule": 60.0, "options": {"expires": 60}},
    "deliver the outbox": {"task": "notifications.sweep_outbox", "schedule": 10.0, "options": {"expires": 10}},
    "try deliveries again": {"task": "notifications.deliver", "schedule": 30.0, "options": {"expires": 30}},
    "forget old deliveries": {"task": "notifications.forget_deliveries", "schedule": crontab(hour="1", minute="40")},
    "let old export files go": {"task": "ledger.let_old_files_go", "schedule": crontab(hour="1", minute="50")},
    "export the head of the audit chain": {"task": "audit.export_head", "schedule": crontab(hour="1", minute="30")},
}


@worker_init.connect
def _set_apart(**_: Any) -> None:
    set_apart()
