"""Another system that receives webhooks, an event to tell it of, and who administers it."""

from collections.abc import Iterator
from typing import Any

import pytest

from ops_platform.identity.actors import actor_of_user
from ops_platform.kernel import Actor, Role
from ops_platform.notifications import kinds
from ops_platform.notifications.public import register_event
from tests.notifications.receivers import Receiver, receiver
from tests.support import trade

DECIDED = "test.decided"


@pytest.fixture(autouse=True)
def _decisions() -> Iterator[None]:
    """An app that announces its decisions."""
    register_event(DECIDED, "审批结果")
    yield
    kinds._events.pop(DECIDED)


@pytest.fixture
def office(settings: Any) -> Iterator[Receiver]:
    """The office system: it listens on the loopback, which the settings list."""
    settings.WEBHOOK_ALLOW_HTTP = True
    settings.WEBHOOK_ALLOWED_HOSTS = ["127.0.0.1"]
    with receiver() as listening:
        yield listening


@pytest.fixture
def admin(db: None) -> Actor:
    return actor_of_user(trade.person("root", Role.SYSTEM_ADMIN))
