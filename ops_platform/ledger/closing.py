"""What keeps a month of the books from closing."""

from collections.abc import Iterator

from ops_platform.his_intake.public import last_sequence
from ops_platform.kernel import Finding, Period, Severity
from ops_platform.ledger.models import PendingEntry
from ops_platform.ledger.selectors.events import drafts_of, month_state
from ops_platform.ledger.selectors.modes import kept_elsewhere
from ops_platform.ledger.services.years import left_to_carry
from ops_platform.masterdata.models import Institution

MOST_FINDINGS_TOLD = 5


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


def year_to_carry(institution: Institution, period: Period) -> Iterator[Finding]:
    """December closes only when the year is carried forward; a year cannot be carried once December is closed. Books that
    are kept elsewhere are carried there."""
    if not period.ends_year or kept_elsewhere(institution.pk, period):
        return
    if left_to_carry(institution, period.year):
        yield Finding(
            code="ledger.year_not_carried",
            severity=Severity.BLOCKING,
            message=f"{period.year} 年的收入、费用科目还有余额，请先在「科目余额表」做年末结转；"
            "结转之后又有凭证的，先冲销结转凭证，再重新结转。",
            subject=institution.code,
        )


def events_to_book(institution: Institution, period: Period) -> Iterator[Finding]:
    """A month closes only when all its events are booked as they stand; one whose books are kept elsewhere has none."""
    state = month_state(institution, period)
    known = state.known
    if state.elsewhere:
        return
    if known is None and not any(True for _ in drafts_of(institution, period, last_sequence(institution))):
        return
    if state.behind:
        yield Finding(
            code="ledger.events_not_booked",
            severity=Severity.BLOCKING,
            message=f"{period} 有业务尚未生成凭证，或生成之后又有更正。"
            "每晚自动生成，急用时由财务人员在「业务事项」中点「生成凭证」。",
            subject=institution.code,
        )
    elif known and known.findings:
        told = " ".join(finding["message"] for finding in known.findings[:MOST_FINDINGS_TOLD])
        yield Finding(
            code="ledger.events_without_place",
            severity=Severity.BLOCKING,
            message=f"{period} 有 {len(known.findings)} 处业务无法生成凭证：{told}",
            subject=institution.code,
        )
