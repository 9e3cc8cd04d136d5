"""`manage.py load_alliance FILE`: the alliance and its institutions from a JSON file."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ops_platform.kernel import DomainError
from ops_platform.kernel.actor import PLATFORM
from ops_platform.masterdata import services


class Command(BaseCommand):
    help = "Creates or updates the alliance and its institutions."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            definition = json.loads(options["file"].read_text(encoding="utf-8"))
            alliance = services.load_alliance(PLATFORM, definition)
        except (OSError, json.JSONDecodeError) as error:
            raise CommandError(f"cannot read {options['file']}: {error}") from error
        except KeyError as error:
            raise CommandError(f"{options['file']}: missing {error}") from error
        except DomainError as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"{alliance.name}: {alliance.institutions.count()} institutions")
