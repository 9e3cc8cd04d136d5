"""SIGINT, SIGTERM and SIGHUP as one exception, raised once and never in the middle of starting a child."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(Exception):
    """Somebody asked the demo to end."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.number = number


class Interrupts:
    """The first signal interrupts whatever the main thread does; further ones change nothing."""

    def __init__(self) -> None:
        self._number: int | None = None
        self._raised = False
        self._held = False
        for number in SIGNALS:
            signal.signal(number, self._arrived)

    def _arrived(self, number: int, _frame: FrameType | None) -> None:
        self._number = self._number or number
        self._raise_if_due()

    def _raise_if_due(self) -> None:
        if self._number and not self._held and not self._raised:
            self._raised = True
            raise Interrupted(self._number)

    def mute(self) -> None:
        """Raise nothing any more: the demo is ending."""
        self._raised = True

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Put an interruption off to the end of the block; other threads are never interrupted anyway."""
        if threading.current_thread() is not threading.main_thread() or self._held:
            yield
            return
        self._held = True
        try:
            yield
        finally:
            self._held = False
        self._raise_if_due()
