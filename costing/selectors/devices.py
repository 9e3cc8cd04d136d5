"""Use of devices, those that stand idle, who could share them, and what an hour costs."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from costing.asset_cards import costs_of_cards
from costing.engine.procurement import ratio
from costing.engine.sharing import Device, Proposal, is_low, proposals
from ops_platform.his_intake.public import DeviceSum, device_sums
from ops_platform.masterdata.selectors import parameter_value

Days = tuple[date, date]


@dataclass(frozen=True, slots=True)
class DeviceUse:
    """A device over some days; `cost` is None where nobody knows its card."""

    sums: DeviceSum
    low: bool
    cost: Decimal | None

    @property
    def rate(self) -> Decimal | None:
        """使用率"""
        return ratio(self.sums.used, self.sums.available) if self.sums.available > 0 else None

    @property
    def idle(self) -> Decimal:
        """Hours that it could have run."""
        return max(self.sums.available - self.sums.used, Decimal("0.00"))

    @property
    def per_hour(self) -> Decimal | None:
        """Cost of a used hour."""
        return ratio(self.cost, self.sums.used) if self.cost is not None and self.sums.used > 0 else None

    @property
    def per_service(self) -> Decimal | None:
        """Cost of a service."""
        return ratio(self.cost, self.sums.services) if self.cost is not None and self.sums.services else None


@dataclass(frozen=True, slots=True)
class Sharing:
    """A proposal with the devices it is about; `fee` is what the giver would pay for the hours by use."""

    proposal: Proposal
    giver: DeviceUse
    taker: DeviceUse

    @property
    def fee(self) -> Decimal | None:
        """按使用付费: hours × cost of a used hour of the device that takes them, to the fen."""
        per_hour = self.taker.per_hour
        return None if per_hour is None else (self.proposal.hours * per_hour).quantize(Decimal("0.01"))


@dataclass(frozen=True, slots=True)
class DevicesOfDays:
    """All devices, by kind and institution, and what is proposed."""

    devices: tuple[DeviceUse, ...]
    sharing: tuple[Sharing, ...]
    threshold: Decimal
    target: Decimal

    @property
    def low(self) -> int:
        """How many stand idle."""
        return sum(one.low for one in self.devices)

    @property
    def rate(self) -> Decimal | None:
        """Of all of them together."""
        available = sum((one.sums.available for one in self.devices), Decimal(0))
        return ratio(sum((one.sums.used for one in self.devices), Decimal(0)), available) if available else None


@dataclass(frozen=True, slots=True)
class KindOfDevice:
    """Devices of one kind over all institutions."""

    kind: str
    devices: int
    low: int
    used: Decimal
    available: Decimal
    lowest: Decimal | None
    highest: Decimal | None

    @property
    def rate(self) -> Decimal | None:
        """使用率 of the kind."""
        return ratio(self.used, self.available) if self.available > 0 else None


def kinds(found: DevicesOfDays) -> list[KindOfDevice]:
    """The kinds, by name."""
    grouped: dict[str, list[DeviceUse]] = {}
    for one in found.devices:
        grouped.setdefault(one.sums.kind, []).append(one)
    rows = []
    for kind, members in sorted(grouped.items()):
        rates = [one.rate for one in members if one.rate is not None]
        rows.append(
            KindOfDevice(
                kind=kind,
                devices=len(members),
                low=sum(one.low for one in members),
                used=sum((one.sums.used for one in members), Decimal(0)),
                available=sum((one.sums.available for one in members), Decimal(0)),
                lowest=min(rates, default=None),
                highest=max(rates, default=None),
            )
        )
    return rows


def devices(*, institutions: Collection[int], days: Days) -> DevicesOfDays:
    """Devices of some days with what their cards charge, as far as cards were sent; four queries."""
    threshold = parameter_value(key="costing.low_use_threshold", day=days[1])
    target = parameter_value(key="costing.device_target_rate", day=days[1])
    sums = list(device_sums(institutions=institutions, days=days))
    cards: dict[int, set[str]] = defaultdict(set)
    for row in sums:
        cards[row.institution].add(row.card)
    costs = costs_of_cards(cards, days)
    plain = {}
    uses = {}
    for row in sums:
        key = (row.institution, row.card)
        plain[key] = Device(row.institution, row.card, row.kind, row.used, row.available)
        uses[key] = DeviceUse(row, is_low(plain[key], threshold), costs.get(key))
    offered = tuple(
        Sharing(one, uses[one.giver.institution, one.giver.card], uses[one.taker.institution, one.taker.card])
        for one in proposals(plain.values(), threshold=threshold, target=target)
    )
    return DevicesOfDays(tuple(uses.values()), offered, threshold, target)
