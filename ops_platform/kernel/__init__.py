"""Pure values that every rung may use: money, exact split, periods, explanations, errors, actors.

Nothing here knows Django, the database, the clock or the settings.
"""

from ops_platform.kernel.actor import Actor, Grant, Role
from ops_platform.kernel.digest import digest_of
from ops_platform.kernel.errors import Conflict, DomainError, Forbidden, Invalid, NotFound
from ops_platform.kernel.explanation import Explanation, Finding, Line, Severity
from ops_platform.kernel.money import from_fen, quantise_shares, split, split_shares, to_fen
from ops_platform.kernel.period import Period

__all__ = [
    "Actor",
    "Conflict",
    "DomainError",
    "Explanation",
    "Finding",
    "Forbidden",
    "Grant",
    "Invalid",
    "Line",
    "NotFound",
    "Period",
    "Role",
    "Severity",
    "digest_of",
    "from_fen",
    "quantise_shares",
    "split",
    "split_shares",
    "to_fen",
]
