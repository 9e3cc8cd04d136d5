"""What a stay is treated with: the charge items that fit its disease, and those of its operation. treatments.json is
invented for the demo, in the words of the price list; it is no guideline."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from tools.his_simulator.case_mix import disease_groups
from tools.his_simulator.catalogue import catalogue_of

ROOMS = ("bed", "nursing")
"""Of these a class has its own or those of every case; its other items come on top of those of every case."""
MONITORING, PAIN_RELIEF, SPECIMEN = "麻醉监护", "术后镇痛", "手术标本病理诊断"

AT_MOST = {
    "western_drug": 40, "patent_drug": 12, "herb": 600, "ward_material": 40, "rehabilitation": 2, "treatment": 3,
    "blood": 4, "laboratory": 2, "imaging": 2,
}  # fmt: skip
"""Portions of an item on one line of a stay's bill, by category; of the others one, and of some items less."""

Items = dict[str, np.ndarray]
"""By category the positions of suitable items in the price list, in the order of what a portion costs."""


@dataclass(frozen=True)
class Operation:
    """The items of an operation, as positions in a price list; materials with how many at most."""

    services: tuple[int, ...]
    monitoring: int | None
    materials: tuple[tuple[int, int], ...]


@cache
def _told() -> Mapping[str, Any]:
    told: Mapping[str, Any] = json.loads((Path(__file__).parent / "treatments.json").read_text(encoding="utf-8"))
    return told


@dataclass(frozen=True)
class Quantities:
    """How much of each item of a price list is charged at once (a day of monitoring is 24 hours), and how many such portions
    a line has at most."""

    portion: np.ndarray
    most: np.ndarray


@cache
def quantities(kind: str) -> Quantities:
    """Those of the stays of a kind of institution."""
    told, catalogue = _told(), catalogue_of(kind)
    categories = catalogue.category.tolist()
    most = [told["at_most"].get(name, AT_MOST.get(at, 1)) for name, at in zip(catalogue.name, categories, strict=True)]
    portion = [told["portions"].get(name, 1) for name in catalogue.name]
    return Quantities(np.array(portion), np.array(most))


@cache
def items_by_group(kind: str) -> tuple[Items, ...]:
    """For every disease group of the case mix what a kind of institution has of the items that fit."""
    told = _told()
    general = _by_category(kind, told["every_case"])
    of_group: dict[str, Items] = {}
    for each in told["classes"]:
        own = _by_category(kind, each["items"])
        both = _by_category(kind, [*told["every_case"], *each["items"]])
        rooms = {category: own.get(category, general[category]) for category in ROOMS}
        of_group |= {group: {**both, **rooms} for group in each["groups"]}
    return tuple(of_group[group.group] for group in disease_groups())


@cache
def operations(kind: str) -> Mapping[bytes, Operation]:
    """The operations by procedure code; what the institution does not charge is left out."""
    told, place = _told(), _places(kind)
    found = {}
    for code, each in told["operations"].items():
        asleep = each["anaesthesia"] != "局部浸润麻醉"
        services = [each["operation"], each["anaesthesia"]]
        services += [PAIN_RELIEF] * asleep + [SPECIMEN] * each["pathology"]
        found[code.encode()] = Operation(
            services=tuple(place[name] for name in services if name in place),
            monitoring=place.get(MONITORING),
            materials=tuple((place[name], told["at_most"][name]) for name in each["materials"] if name in place),
        )
    return found


def _places(kind: str) -> dict[str, int]:
    return {name: place for place, name in enumerate(catalogue_of(kind).name)}


def _by_category(kind: str, names: Iterable[str]) -> Items:
    catalogue, place = catalogue_of(kind), _places(kind)
    cost = catalogue.price * quantities(kind).portion
    found: dict[str, list[int]] = defaultdict(list)
    for name in dict.fromkeys(names):
        if name in place:
            found[str(catalogue.category[place[name]])].append(place[name])
    return {category: np.array(sorted(places, key=lambda at: int(cost[at]))) for category, places in found.items()}
