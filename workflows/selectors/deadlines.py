"""How long a matter may lie at its step: what the platform does by itself at which moment, as the flow says."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from workflows.models import Matter


class Consequence(models.TextChoices):
    """What happens at a limit."""

    REMIND = "remind_hours", _("提醒")
    ESCALATE = "escalate_hours", _("升级")
    EXPIRE = "expire_hours", _("失效")


@dataclass(frozen=True, slots=True)
class Limit:
    """The limit that counts now: the next one ahead or, where all have passed, the last. `late` once the first passed."""

    at: datetime
    consequence: Consequence
    late: bool

    def hours_left(self, now: datetime) -> float:
        """Hours until the limit; negative when it has passed."""
        return (self.at - now).total_seconds() / 3600


def limit_of(matter: Matter, now: datetime) -> Limit | None:
    """The limit of the step where the matter is. None where it is at none, or the flow sets no limit."""
    if matter.state != Matter.State.RUNNING:
        return None
    steps: list[dict[str, Any]] = matter.version.body.get("steps", [])
    step: dict[str, Any] = next((each for each in steps if each["key"] == matter.step), {})
    moments = sorted(
        (matter.entered_at + timedelta(hours=int(step[each])), each) for each in Consequence if step.get(each.value)
    )
    if not moments:
        return None
    at, consequence = next((moment for moment in moments if moment[0] > now), moments[-1])
    return Limit(at, consequence, late=moments[0][0] <= now)
