"""Actions and integrity checks that the apps announce in `apps.ready()`."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ops_platform.kernel import Finding

Check = Callable[[], Iterable[Finding]]


@dataclass(frozen=True, slots=True)
class IntegrityCheck:
    """A promise of the platform that can be recomputed: `run` yields one finding for each fault."""

    code: str
    title: str
    run: Check


_checks: dict[str, IntegrityCheck] = {}
_actions: dict[str, str] = {}


def register_check(code: str, title: str, run: Check) -> None:
    """Add a check to `manage.py verify_integrity`."""
    _checks[code] = IntegrityCheck(code, title, run)


def checks() -> tuple[IntegrityCheck, ...]:
    """All registered checks, by code."""
    return tuple(_checks[code] for code in sorted(_checks))


def register_actions(**titles: str) -> None:
    """Name the actions an app records: `his_intake__batch_accepted="数据批次入库"` (two underscores for the dot)."""
    for code, title in titles.items():
        _actions[code.replace("__", ".")] = title


def action_title(code: str) -> str:
    """The action in words; the code itself where nobody named it."""
    return _actions.get(code, code)
