"""`manage.py load_reference`: code sets, parameters, schemes that the platform ships."""

from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from ops_platform.audit.public import record
from ops_platform.kernel.actor import PLATFORM
from ops_platform.masterdata import reference


class Command(BaseCommand):
    help = "Loads the reference data of every app; what is there already stays as it is."

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        added = reference.load_all()
        if any(added.values()):
            record(PLATFORM, "masterdata.reference_loaded", detail=added)
        for name, count in added.items():
            self.stdout.write(f"{name}: {count} added")
