"""`manage.py create_api_key --name N (--all-institutions | --institution CODE …)`: prints the key on the last line."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ops_platform.identity import services
from ops_platform.kernel import DomainError
from ops_platform.kernel.actor import PLATFORM
from ops_platform.masterdata.models import Institution


class Command(BaseCommand):
    help = "Creates an API key for a hospital system; the key is shown once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--name", required=True)
        parser.add_argument("--all-institutions", action="store_true")
        parser.add_argument("--institution", action="append", default=[])
        parser.add_argument("--dataset", action="append", default=[])

    def handle(self, *args: Any, **options: Any) -> None:
        ids = dict(Institution.objects.filter(code__in=options["institution"]).values_list("code", "pk"))
        unknown = set(options["institution"]) - set(ids)
        if unknown:
            raise CommandError(f"unknown institutions: {', '.join(sorted(unknown))}")
        try:
            _, key = services.create_api_key(
                PLATFORM,
                name=options["name"],
                institution_ids=list(ids.values()),
                all_institutions=options["all_institutions"],
                datasets=options["dataset"],
            )
        except DomainError as error:
            raise CommandError(error.message) from error
        self.stdout.write(key)
