"""`manage.py verify_integrity [--json]`: recompute every promise of the platform."""

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from ops_platform.audit import registry
from ops_platform.kernel import Finding, Severity


class Command(BaseCommand):
    help = "Runs all registered integrity checks; exit 0 when clean, 1 with each fault named."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="machine-readable")

    def handle(self, *args: Any, **options: Any) -> None:
        results = []
        for check in registry.checks():
            faults = _faults(check)
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


def _faults(check: registry.IntegrityCheck) -> list[Finding]:
    """What the check found. One that cannot even read what it checks has found something, and the others still run."""
    found: list[Finding] = []
    try:
        found.extend(check.run())
    except Exception as error:
        message = f"检查未能完成：{type(error).__name__} {error}"
        found.append(Finding("audit.check_failed", Severity.BLOCKING, message[:500], check.code))
    return found
