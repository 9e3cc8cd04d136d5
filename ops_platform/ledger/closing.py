"""What keeps a month of the books from closing."""

from collections.abc import Iterator

from ops_platform.kernel import Finding, Period, Severity
from ops_platform.ledger.models import PendingEntry
from ops_platform.masterdata.models import Institution


def blockers(institution: Institution, period: Period) -> Iterator[Finding]:
    """Entries of the month that still wait to be posted."""
    waiting = PendingEntry.objects.filter(
        institution=institution,
        state=PendingEntry.State.PENDING,
        day__gte=period.first_day,
        day__lte=period.last_day,
    ).count()
    if waiting:
        yield Finding(
            code="ledger.entries_pending",
            severity=Severity.BLOCKING,
            message=f"{period} 还有 {waiting} 张待记账凭证，请先审核或作废。",
            subject=institution.code,
        )
