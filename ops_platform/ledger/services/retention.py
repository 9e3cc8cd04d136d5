"""Letting go of files of exports whose time is over. What was handed over, by whom, with which digest stays on record.

A file is not made again from its record: its words (people, departments, codes) are those of the day it was made. Who needs
the vouchers once more exports the month again; that says so.
"""

from collections import Counter
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from ops_platform.audit.public import record
from ops_platform.kernel import Actor
from ops_platform.ledger.models import ExportedContent
from ops_platform.masterdata.selectors import parameter_value

RETENTION_DAYS = "ledger.export_retention_days"
SHORTEST = 31


@transaction.atomic
def let_old_files_go(actor: Actor) -> int:
    """Delete the files of exports that are older than the parameter says (never younger than a month); returns how many."""
    now = timezone.now()
    days = max(int(parameter_value(key=RETENTION_DAYS, day=timezone.localdate())), SHORTEST)
    old = ExportedContent.objects.filter(export__made_at__lt=now - timedelta(days=days))
    institutions = Counter(old.order_by().values_list("export__institution__code", flat=True))
    if not institutions:
        return 0
    old.delete()
    record(
        actor,
        "ledger.export_files_let_go",
        subject_type="voucher_export",
        detail={"older_than_days": days, "files": dict(sorted(institutions.items()))},
    )
    return sum(institutions.values())
