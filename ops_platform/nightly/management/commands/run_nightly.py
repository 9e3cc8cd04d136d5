"""`manage.py run_nightly --date D [--institution CODE] [--period P] [--wait]`: start a run through Celery."""

import sys
import time
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from ops_platform.kernel import DomainError
from ops_platform.kernel.actor import PLATFORM
from ops_platform.nightly import selectors, services
from ops_platform.nightly.models import RunState


class Command(BaseCommand):
    help = "Starts a nightly run through Celery; with --wait shows progress and exits 0 only if every step succeeded."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--date", type=date.fromisoformat, default=None, help="business date, YYYY-MM-DD")
        parser.add_argument("--institution", action="append", default=[], help="code; repeat for several")
        parser.add_argument("--period", default=None, help="only this month, YYYY-MM")
        parser.add_argument("--wait", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            run = services.start_run(
                PLATFORM,
                business_date=options["date"] or timezone.localdate(),
                institutions=options["institution"],
                period=options["period"],
                trigger="command",
            )
        except DomainError as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"nightly run {run.pk} for {run.business_date}")
        if options["wait"] and not self._watch(run.pk):
            sys.exit(1)

    def _watch(self, run_id: int) -> bool:
        shown = ""
        while True:
            progress = selectors.progress(run_id=run_id)
            line = f"  {progress.percent:3d} %  {progress.done} of {progress.total} steps, {progress.failed} failed"
            if line != shown:
                self.stdout.write(line)
                self.stdout.flush()
                shown = line
            if progress.state != RunState.RUNNING:
                self.stdout.write(f"nightly run {run_id}: {progress.state}")
                return progress.state == RunState.SUCCEEDED
            time.sleep(0.5)
