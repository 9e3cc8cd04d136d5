"""What must be true before a month closes: checks that higher apps register in `apps.ready()`."""

from collections.abc import Callable, Iterable

from django.utils import timezone

from ops_platform.kernel import Finding, Period, Severity
from ops_platform.masterdata.models import Institution

Check = Callable[[Institution, Period], Iterable[Finding]]
_checks: dict[str, Check] = {}


def register_closing_check(name: str, check: Check) -> None:
    """`check(institution, period)` yields a finding for everything that blocks the closing."""
    _checks[name] = check


def blockers(institution: Institution, period: Period) -> list[Finding]:
    """All that blocks, in the order of the checks' names; a month that is not over blocks itself."""
    if period.last_day >= timezone.localdate():
        return [
            Finding(
                code="masterdata.month_not_over",
                severity=Severity.BLOCKING,
                message=f"{period} 还没有结束，请在 {period.last_day} 之后结账。",
                subject=institution.code,
            )
        ]
    return [finding for name in sorted(_checks) for finding in _checks[name](institution, period)]
