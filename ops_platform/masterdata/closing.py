"""What must be true before a month closes: checks that higher apps register in `apps.ready()`. A blocking finding forbids
closing; any other one is shown to who closes."""

from collections.abc import Callable, Iterable

from django.utils import timezone

from ops_platform.kernel import Finding, Period, Severity
from ops_platform.masterdata.models import Institution

Check = Callable[[Institution, Period], Iterable[Finding]]
_checks: dict[str, Check] = {}


def register_closing_check(name: str, check: Check) -> None:
    """`check(institution, period)` yields a finding for everything that blocks the closing, or should be known before it."""
    _checks[name] = check


def not_over(institution: Institution, period: Period) -> Finding | None:
    """The finding that a month is still going on; None when its last day has passed."""
    if period.last_day < timezone.localdate():
        return None
    return Finding(
        code="masterdata.month_not_over",
        severity=Severity.BLOCKING,
        message=f"{period} 还没有结束，请在 {period.last_day} 之后结账。",
        subject=institution.code,
    )


def findings(institution: Institution, period: Period) -> list[Finding]:
    """All that the checks found, in the order of their names; a month that is not over blocks itself."""
    unfinished = not_over(institution, period)
    if unfinished:
        return [unfinished]
    return [finding for name in sorted(_checks) for finding in _checks[name](institution, period)]


def blockers(institution: Institution, period: Period) -> list[Finding]:
    """What forbids closing."""
    return [one for one in findings(institution, period) if one.severity is Severity.BLOCKING]
