"""`manage.py verify_integrity [--json]`: recompute every promise of the platform."""

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from ops_platform.audit import registry


class Command(BaseCommand):
    help = "Runs all registered integrity checks; exit 0 when clean, 1 with each fault named."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="machine-readable")

    def handle(self, *args: Any, **options: Any) -> None:
        results = []
        for check in registry.checks():
            faults = list(check.run())
            results.append(
                {
                    "check": check.code,
                    "title": check.title,
                    "faults": [{"code": f.code, "subject": f.subject, "message": f.message} for f in faults],
                }
            )
            if not options["json"]:
                self.stdout.write(f"{'FAULT' if faults else 'ok   '} {check.code} {check.title}")
                for fault in faults:
                    self.stdout.write(f"      {fault.code} {fault.subject}: {fault.message}")
        clean = not any(result["faults"] for result in results)
        if options["json"]:
            self.stdout.write(json.dumps({"clean": clean, "checks": results}, ensure_ascii=False))
        if not clean:
            sys.exit(1)
