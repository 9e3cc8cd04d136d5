"""Which devices stand idle, and who could share them.

Source: domain.md 5.4 (seed 004: equipment with low use, example base CT < 50 %, is shared and paid by use) and 5.12 (CT and
MRI use 45 → 70 %).

    use rate  使用率   = used hours ÷ available hours
    low       低效     ⇔ used < threshold · available
    free      可分出机时 = target · available − used        of a low device
    overflow  超负荷机时 = used − target · available        of a device above the target

Only devices of one kind are compared. Proposals by kind: (1) the device with the most overflow gives it to the low device
with the most free hours, and so on until one side is used up; (2) among low devices that took nothing, the two with
the fewest used hours run on one of them, where the hours of both stay within its target. The second sets a device free. They
are proposals: distance, emergencies and what the device can do are for people to judge.

    price by use  按使用付费 = monthly cost ÷ used hours, where the cost of the card is known

Hours are exact decimals; nothing is rounded. A device without available hours has no use rate and takes no part.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

NONE = Decimal(0)


@dataclass(frozen=True, slots=True)
class Device:
    """A device over some days."""

    institution: int
    card: str
    kind: str
    used: Decimal
    available: Decimal


@dataclass(frozen=True, slots=True)
class Proposal:
    """`action` share: `hours` of `giver` could run on `taker`; merge: all hours of `giver` could, and it is set free."""

    action: str
    kind: str
    giver: Device
    taker: Device
    hours: Decimal


def is_low(device: Device, threshold: Decimal) -> bool:
    """Whether the device stands idle for too long."""
    return device.available > 0 and device.used < threshold * device.available


def proposals(devices: Iterable[Device], *, threshold: Decimal, target: Decimal) -> tuple[Proposal, ...]:
    """Who could share what, by kind."""
    by_kind: dict[str, list[Device]] = {}
    for device in devices:
        if device.available > 0:
            by_kind.setdefault(device.kind, []).append(device)
    found: list[Proposal] = []
    for _kind, members in sorted(by_kind.items()):
        found += _of_kind(members, threshold, target)
    return tuple(found)


def _of_kind(members: Sequence[Device], threshold: Decimal, target: Decimal) -> list[Proposal]:
    low = sorted(
        (one for one in members if is_low(one, threshold)),
        key=lambda one: (one.used - target * one.available, one.institution, one.card),
    )
    free = {one: target * one.available - one.used for one in low}
    busy = sorted(
        (one for one in members if one.used > target * one.available),
        key=lambda one: (target * one.available - one.used, one.institution, one.card),
    )
    found: list[Proposal] = []
    for giver in busy:
        overflow = giver.used - target * giver.available
        for taker in low:
            hours = min(overflow, free[taker])
            if hours > 0:
                found.append(Proposal("share", giver.kind, giver, taker, hours))
                overflow, free[taker] = overflow - hours, free[taker] - hours
    taken = {one.taker for one in found}
    idle = sorted((one for one in low if one not in taken), key=lambda one: (one.used, one.institution, one.card))
    while len(idle) > 1:
        first, second, *rest = idle
        giver, taker = (first, second) if first.available <= second.available else (second, first)
        if giver.used + taker.used > target * taker.available:
            break
        found.append(Proposal("merge", giver.kind, giver, taker, giver.used))
        idle = rest
    return found
