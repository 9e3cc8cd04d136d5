"""Actions and integrity checks that the apps announce in `apps.ready()`."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

from ops_platform.kernel import Finding

Check = Callable[[], Iterable[Finding]]


@dataclass(frozen=True, slots=True)
class IntegrityCheck:
    """A promise of the platform that can be recomputed: `run` yields one finding for each fault."""

    code: str
    title: str
    run: Check


InstitutionNames = Callable[[Collection[int] | None], Mapping[str, str]]

_checks: dict[str, IntegrityCheck] = {}
_actions: dict[str, str] = {}
_institution_names: list[InstitutionNames] = []


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


def action_titles() -> dict[str, str]:
    """All named actions in words, by code."""
    return {code: _actions[code] for code in sorted(_actions)}


def register_institution_names(names: InstitutionNames) -> None:
    """Tell what institutions there are: audit stands below master data and knows codes only.

    `names(ids)` answers names by code, of all institutions for None.
    """
    _institution_names[:] = [names]


def institution_names(ids: Collection[int] | None) -> Mapping[str, str]:
    """Names by code of these institutions, of all for None."""
    return _institution_names[0](ids) if _institution_names else {}
