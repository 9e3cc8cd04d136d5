"""The charge lines of visits and stays: what was ordered where, done where, at which price."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from tools.his_simulator.case_mix import DiseaseGroup, disease_groups
from tools.his_simulator.catalogue import Catalogue, catalogue_of
from tools.his_simulator.community import Institution
from tools.his_simulator.encounters import INPATIENT, Encounters, Stays
from tools.his_simulator.randomness import stream
from tools.his_simulator.scale import Calendar, Scale
from tools.his_simulator.treatments import ROOMS, Items, Quantities, items_by_group, operations, quantities

UNIT = 10_000
"""Quantities and prices are whole ten-thousandths."""
HIGHEST_QUANTITY = {"western_drug": 24, "patent_drug": 8, "herb": 600, "ward_material": 30, "treatment": 24}
"""On one line of a visit's bill; of other categories two."""
VISIT_PROFILE = {
    # category: (share of the lines beside the consultation, mean yuan of a line at the county hospital)
    "western_drug": (0.40, 46.0),
    "patent_drug": (0.11, 40.0),
    "herb": (0.02, 55.0),
    "treatment": (0.11, 38.0),
    "laboratory": (0.16, 58.0),
    "imaging": (0.06, 190.0),
    "ultrasound": (0.05, 105.0),
    "ecg": (0.03, 45.0),
    "rehabilitation": (0.02, 48.0),
    "ward_material": (0.04, 14.0),
}
CHINESE_MEDICINE_PROFILE = {
    "herb": (0.42, 34.0),
    "patent_drug": (0.16, 55.0),
    "rehabilitation": (0.30, 62.0),
    "western_drug": (0.06, 45.0),
    "laboratory": (0.06, 40.0),
}
VISIT_LINES = {"lead_hospital": 2.35, "township_hospital": 1.8, "village_clinic": 1.1}
VISIT_VALUE = {"lead_hospital": 1.0, "township_hospital": 0.6, "village_clinic": 0.42}
MEDICAL_PROFILE = {
    # category: (share of the lines beside bed and nursing, share of the value)
    "western_drug": (0.44, 0.235),
    "patent_drug": (0.05, 0.035),
    "treatment": (0.22, 0.25),
    "laboratory": (0.13, 0.22),
    "imaging": (0.03, 0.13),
    "ultrasound": (0.02, 0.035),
    "ecg": (0.02, 0.025),
    "endoscopy": (0.008, 0.03),
    "blood": (0.004, 0.01),
    "ward_material": (0.09, 0.07),
}
SURGICAL_PROFILE = {
    "western_drug": (0.45, 0.17),
    "treatment": (0.22, 0.15),
    "laboratory": (0.15, 0.10),
    "imaging": (0.03, 0.06),
    "ultrasound": (0.02, 0.02),
    "ecg": (0.02, 0.01),
    "endoscopy": (0.004, 0.008),
    "blood": (0.012, 0.02),
    "ward_material": (0.11, 0.06),
}
REHABILITATION_PROFILE = {
    "rehabilitation": (0.50, 0.48),
    "western_drug": (0.20, 0.16),
    "patent_drug": (0.10, 0.12),
    "herb": (0.12, 0.08),
    "laboratory": (0.05, 0.10),
    "imaging": (0.03, 0.06),
}
OPERATION_MATERIALS = 0.19
"""Share of an operated stay's value."""
COVERED_BY_CLASS = {b"drug": 92, b"service": 96, b"chargeable_material": 80}
SCHEME_COVER = np.array([84, 70, 56, 96, 100, 0])
"""Percent of a covered inpatient amount that counts as insured, by scheme."""
REFUND_SHARE = 0.004
FILLING = 1.25
"""So much more is wished of every line than its share, as few suitable items make a value up exactly: stays then come to
what they should (measured at both scales)."""
HOURS_A_DAY = 24
"""Of nursing that is charged by the hour."""


@dataclass
class ChargeLines:
    """Charge lines as columns, ordered by encounter and time. Amounts in fen, quantities and prices ten-thousandths."""

    encounter: np.ndarray
    """Position among the institution's encounters."""
    item: np.ndarray
    quantity: np.ndarray
    price: np.ndarray
    ordering: np.ndarray
    executing: np.ndarray
    minute: np.ndarray
    amount: np.ndarray
    insured: np.ndarray
    line_no: np.ndarray
    refund_of: np.ndarray
    """Line number of the original, 0 for an ordinary line."""

    def __len__(self) -> int:
        return len(self.encounter)

    def take(self, chosen: np.ndarray) -> ChargeLines:
        """The lines at some positions, or where a mask is true."""
        return ChargeLines(**{each.name: getattr(self, each.name)[chosen] for each in fields(self)})

    def plus(self, other: ChargeLines) -> ChargeLines:
        """These lines and others after them."""
        return ChargeLines(
            **{
                each.name: np.concatenate([getattr(self, each.name), getattr(other, each.name)])
                for each in fields(self)
            }
        )

    def price_again(self) -> None:
        """Set the amounts to price × quantity, rounded half up to the fen, and the insured part in proportion."""
        before = np.maximum(np.abs(self.amount), 1)
        share = np.abs(self.insured)
        self.amount = amounts(self.quantity, self.price)
        self.insured = np.sign(self.amount) * (np.abs(self.amount) * share // before)


def amounts(quantity: np.ndarray, price: np.ndarray) -> np.ndarray:
    """Price × quantity in fen, rounded half up (away from zero for refunds)."""
    product = quantity.astype(np.int64) * price
    return np.sign(product) * ((np.abs(product) + 500_000) // 1_000_000)


def _choose(
    rng: np.random.Generator,
    catalogue: Catalogue,
    quantities: Quantities,
    category: str,
    items: np.ndarray,
    *,
    yuan: np.ndarray,
    spread: float,
) -> tuple[np.ndarray, np.ndarray]:
    """One of the category's items, the cheapest first, a portion of which costs near the wished value, and how much of it
    makes the value up."""
    portion = quantities.portion[items]
    prices = catalogue.price[items] / UNIT * portion
    value = np.log(np.maximum(yuan, 0.05))
    # an item much dearer than the value would raise it, as one portion is the least
    wished = np.minimum(value + rng.normal(-0.1, spread, len(yuan)), value)
    heights = np.log(prices)
    position = np.searchsorted((heights[1:] + heights[:-1]) / 2, wished)
    portions = np.clip(np.round(yuan / prices[position]), 1, quantities.most[items][position])
    quantity = portions.astype(np.int64) * portion[position] * UNIT
    if category == "herb":
        quantity = np.maximum(quantity, 6 * UNIT)
    if category == "treatment":  # some treatments are charged by halves
        quantity = np.where(rng.random(len(quantity)) < 0.04, quantity // 2, quantity)
    return items[position], quantity


SPREAD = {"western_drug": 1.3, "patent_drug": 0.7, "herb": 0.6, "ward_material": 1.2, "treatment": 0.9}


def _profile_lines(
    rng: np.random.Generator,
    catalogue: Catalogue,
    quantities: Quantities,
    owner: np.ndarray,
    profile: dict[str, tuple[float, float]],
    *,
    items: Items,
    mean: dict[str, np.ndarray],
) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Lines (owner, item, quantity) drawn from a profile and the items that fit. `mean` gives each owner's mean yuan of a
    line by category."""
    known = [category for category in profile if category in items]
    shares = np.array([profile[category][0] for category in known])
    drawn = rng.choice(len(known), size=len(owner), p=shares / shares.sum())
    found = []
    for number, category in enumerate(known):
        owners = owner[drawn == number]
        yuan = mean[category][owners] * np.exp(rng.normal(-0.12, 0.5, len(owners)))
        item, quantity = _choose(
            rng, catalogue, quantities, category, items[category], yuan=yuan, spread=SPREAD.get(category, 0.5)
        )
        found.append((owners, item, quantity))
    return found


def _visit_lines(
    rng: np.random.Generator, institution: Institution, catalogue: Catalogue, encounters: Encounters
) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    count = encounters.stays_from
    consultations = catalogue.of_category("consultation")[: 4 if institution.kind == "lead_hospital" else 2]
    chance = np.array([0.12, 0.62, 0.16, 0.10][: len(consultations)])
    first = rng.choice(consultations, size=count, p=chance / chance.sum())
    found = [(np.arange(count), first, np.full(count, UNIT))]
    chinese = np.zeros(len(institution.departments), dtype=bool)
    if "中医科" in institution.homes and institution.kind != "village_clinic":
        chinese[institution.position("中医科")] = True
    extra = rng.poisson(VISIT_LINES[institution.kind], count)
    most = np.array([HIGHEST_QUANTITY.get(category, 2) for category in catalogue.category.tolist()])
    few = Quantities(np.ones_like(most), most)
    listed = {category: catalogue.of_category(category) for category in (*VISIT_PROFILE, *CHINESE_MEDICINE_PROFILE)}
    listed = {category: items for category, items in listed.items() if len(items)}
    for profile, here in (
        (VISIT_PROFILE, ~chinese[encounters.department[:count]]),
        (CHINESE_MEDICINE_PROFILE, chinese[encounters.department[:count]]),
    ):
        owner = np.repeat(np.flatnonzero(here), extra[here])
        value = VISIT_VALUE[institution.kind]
        mean = {category: np.full(count, yuan * value) for category, (_, yuan) in profile.items()}
        found += _profile_lines(rng, catalogue, few, owner, profile, items=listed, mean=mean)
    return found


Line = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
"""Stay, item, quantity, day of the stay."""


def _stay_lines(rng: np.random.Generator, kind: str, stays: Stays, per_day: float) -> list[Line]:
    """What every stay is treated with, by its disease group."""
    catalogue, suitable = catalogue_of(kind), items_by_group(kind)
    lines = np.maximum(4, rng.poisson(stays.days * max(per_day - 2, 1) + 4))
    found: list[Line] = []
    for number, group in enumerate(disease_groups()):
        cases = np.flatnonzero(stays.group == number)
        if not len(cases):
            continue
        items = suitable[number]
        days = stays.days[cases]
        every_day = np.repeat(cases, days)
        day = np.arange(len(every_day)) - np.repeat(np.cumsum(days) - days, days)
        for rooms in ROOMS:
            chosen = items[rooms][rng.integers(0, len(items[rooms]), len(cases))]
            by_hour = np.array([catalogue.unit[at] == "小时" for at in chosen.tolist()])
            quantity = np.where(by_hour, HOURS_A_DAY, 1) * UNIT
            found.append((every_day, np.repeat(chosen, days), np.repeat(quantity, days), day))
        profile = _profile_of(group)
        total = sum(share for share, _ in profile.values())
        mean = {
            category: stays.charge_target * FILLING * value / (lines * share / total)
            for category, (share, value) in profile.items()
        }
        owner = np.repeat(cases, lines[cases])
        for owners, item, quantity in _profile_lines(
            rng, catalogue, quantities(kind), owner, profile, items=items, mean=mean
        ):
            chosen = (rng.random(len(owners)) ** 1.15 * stays.days[owners]).astype(np.int64)
            found.append((owners, item, quantity, chosen))
    return found + _operation_lines(rng, kind, stays)


def _profile_of(group: DiseaseGroup) -> dict[str, tuple[float, float]]:
    if group.department in ("中医科", "康复医学科"):
        return REHABILITATION_PROFILE
    return SURGICAL_PROFILE if group.surgical else MEDICAL_PROFILE


def _operation_lines(rng: np.random.Generator, kind: str, stays: Stays) -> list[Line]:
    """The operation itself, its anaesthesia and monitoring, its materials and the specimen."""
    catalogue = catalogue_of(kind)
    procedures = np.array(stays.procedures, dtype="S")
    operation_day = np.minimum(rng.integers(0, 3, len(stays)), stays.days - 1)
    found: list[Line] = []
    for code, operation in operations(kind).items():
        owner = np.flatnonzero(procedures == code)
        day = operation_day[owner]
        once = np.full(len(owner), UNIT)
        found += [(owner, np.full(len(owner), item), once, day) for item in operation.services]
        if operation.monitoring is not None:
            hours = rng.integers(1, 5, len(owner)) * UNIT
            found.append((owner, np.full(len(owner), operation.monitoring), hours, day))
        for item, most in operation.materials:
            share = OPERATION_MATERIALS / len(operation.materials)
            yuan = stays.charge_target[owner] * share * np.exp(rng.normal(-0.03, 0.25, len(owner)))
            quantity = np.clip(np.round(yuan / (catalogue.price[item] / UNIT)), 1, most).astype(np.int64) * UNIT
            found.append((owner, np.full(len(owner), item), quantity, day))
    return found


def _cover(catalogue: Catalogue, encounters: Encounters, owner: np.ndarray, item: np.ndarray) -> np.ndarray:
    """Percent of each line that counts as insured: nothing for items outside the catalogue and for self-payers."""
    of_class = np.array([COVERED_BY_CLASS[name] for name in catalogue.item_class.tolist()])
    outside = np.arange(len(of_class)) % 17 == 5
    covered = np.where(outside, 0, of_class)[item] * SCHEME_COVER[encounters.scheme[owner]] // 100
    return np.where(encounters.kind[owner] == INPATIENT, covered, covered * 6 // 10)


def charge_lines_of(
    institution: Institution,
    scale: Scale,
    calendar: Calendar,
    seed: int,
    *,
    encounters: Encounters,
    stays: Stays | None,
) -> ChargeLines:
    """All charge lines up to the last covered day, refunds among them."""
    rng = stream(seed, institution.code, "charges")
    catalogue = catalogue_of(institution.kind)
    parts = []
    for owner, item, quantity in _visit_lines(rng, institution, catalogue, encounters):
        minute = encounters.admitted[owner] + rng.integers(2, 150, len(owner))
        parts.append((owner, item, quantity, minute))
    if stays is not None:
        for stay, item, quantity, day in _stay_lines(rng, institution.kind, stays, scale.ward_lines_per_day):
            owner = stay + encounters.stays_from
            begun = encounters.admitted[owner]
            minute = (begun // 1440 + day) * 1440 + rng.integers(420, 1260, len(owner))
            # what is charged on the first day follows the admission
            parts.append((owner, item, quantity, np.maximum(minute, begun + rng.integers(1, 120, len(owner)))))
    owner, item, quantity, minute = (np.concatenate([part[i] for part in parts]) for i in range(4))
    kept = minute < calendar.days * 1440
    owner, item, quantity, minute = owner[kept], item[kept], quantity[kept], minute[kept]

    refundable = np.isin(catalogue.item_class[item], [b"drug", b"chargeable_material"])
    refunded = np.flatnonzero(refundable & (rng.random(len(owner)) < REFUND_SHARE))
    count = len(owner)
    owner = np.concatenate([owner, owner[refunded]])
    item = np.concatenate([item, item[refunded]])
    quantity = np.concatenate([quantity, -quantity[refunded]])
    minute = np.concatenate([minute, np.minimum(minute[refunded] + 35, minute[refunded] // 1440 * 1440 + 1439)])
    original = np.concatenate([np.full(count, -1), refunded])
    order = np.lexsort((original >= 0, minute, owner))
    first = np.searchsorted(owner[order], owner[order])
    line_no = np.empty(len(order), dtype=np.int64)
    line_no[order] = np.arange(len(order)) - first + 1
    refund_of = np.where(original >= 0, line_no[original], 0)

    owner, item, quantity = owner[order], item[order], quantity[order]
    ordering = encounters.department[owner]
    homes = np.array([-1 if name == "ward" else _executing(institution, name) for name in catalogue.executor.tolist()])
    executing = np.where(homes[item] < 0, ordering, homes[item])
    price = catalogue.price[item]
    amount = amounts(quantity, price)
    cover = _cover(catalogue, encounters, owner, item)
    return ChargeLines(
        encounter=owner,
        item=item,
        quantity=quantity,
        price=price,
        ordering=ordering,
        executing=executing,
        minute=minute[order],
        amount=amount,
        insured=np.sign(amount) * (np.abs(amount) * cover // 100),
        line_no=line_no[order],
        refund_of=refund_of[order],
    )


def _executing(institution: Institution, function: str) -> int:
    return institution.position(function) if function in institution.homes else -1
