"""The charge items of the community: one price list, of which smaller institutions use a part."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path

import numpy as np

TIERS = {"village_clinic": 1, "township_hospital": 2, "lead_hospital": 3}


@dataclass(frozen=True)
class Catalogue:
    """The items an institution charges, as columns. Prices are in ten-thousandths of a yuan."""

    code: np.ndarray
    name: list[str]
    category: np.ndarray
    item_class: np.ndarray
    fee_class: np.ndarray
    unit: list[str]
    price: np.ndarray
    cap: np.ndarray
    """0 = no cap."""
    executor: np.ndarray

    def of_category(self, category: str) -> np.ndarray:
        """Positions of a category's items, cheapest first."""
        found = np.flatnonzero(self.category == category)
        return found[np.argsort(self.price[found], kind="stable")]


@cache
def catalogue_of(kind: str) -> Catalogue:
    """The price list of a kind of institution."""
    with (Path(__file__).parent / "charge_items.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if int(row["tier"]) <= TIERS[kind]]
    price = np.array([int(Decimal(row["price"]) * 10_000) for row in rows], dtype=np.int64)
    capped = np.array([row["capped"] == "1" for row in rows])
    return Catalogue(
        code=np.array([row["code"] for row in rows], dtype="S"),
        name=[row["name"] for row in rows],
        category=np.array([row["category"] for row in rows]),
        item_class=np.array([row["item_class"] for row in rows], dtype="S"),
        fee_class=np.array([row["fee_class"] for row in rows], dtype="S"),
        unit=[row["unit"] for row in rows],
        price=price,
        cap=np.where(capped, price, 0),
        executor=np.array([row["executor"] for row in rows]),
    )
