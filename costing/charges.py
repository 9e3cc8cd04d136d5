"""The charge lines of a month summed up: exact int64 sums over columns, no loop per line."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from ops_platform.his_intake.public import ItemAt, items_as_of, read_charge_columns
from ops_platform.kernel import Conflict, Period
from ops_platform.masterdata.models import ChargeItem, Institution, ItemClass

_DAYS = 31


@dataclass(frozen=True, slots=True)
class Income:
    """Charge income of one (ordering, executing, item class, fee class): fen, insured fen, number of lines."""

    ordering: int
    executing: int
    item_class: str
    fee_class: str
    amount: int
    insured: int
    lines: int


@dataclass(frozen=True, slots=True)
class IncomeDays:
    """Fen by (department, day): what a department ordered, of it insured, drugs and materials; and what it executed."""

    ordered: dict[tuple[int, date], int]
    insured: dict[tuple[int, date], int]
    drugs: dict[tuple[int, date], int]
    materials: dict[tuple[int, date], int]
    executed: dict[tuple[int, date], int]


def read_charges(institution: Institution, period: Period, sequence: int) -> tuple[list[Income], IncomeDays]:
    """The month's charge income by departments and classes, and by day, as of a sequence: one pass over the lines."""
    lines = read_charge_columns(institution, period, sequence)
    if not len(lines["amount"]):
        return [], IncomeDays({}, {}, {}, {}, {})
    items = items_as_of(institution, period.last_day, sequence)
    classes = sorted({(item.item_class, item.fee_class) for item in items.values()})
    class_of = _classes_by_number(items, classes, int(lines["item"].max()))[lines["item"]]
    _refuse_unclassed(institution, np.unique(lines["item"][class_of < 0]).tolist())
    departments, place = np.unique(np.concatenate([lines["ordering"], lines["executing"]]), return_inverse=True)
    count = len(lines["amount"])
    ordering, executing = place[:count], place[count:]
    incomes = _incomes(lines, departments, ordering, executing, class_of, classes)
    in_class: dict[str, np.ndarray] = {
        name: np.array([item_class == name for item_class, _ in classes])[class_of]
        for name in (ItemClass.DRUG, ItemClass.CHARGEABLE_MATERIAL)
    }
    return incomes, _days(lines, period, departments, ordering, executing, in_class)


def _classes_by_number(items: dict[int, ItemAt], classes: list[tuple[str, str]], largest: int) -> np.ndarray:
    """The place of its class for each item number; -1 where an item is in none."""
    number_of = {name: number for number, name in enumerate(classes)}
    found = np.full(largest + 1, -1, dtype=np.int64)
    for item in items.values():
        if item.id < len(found):
            found[item.id] = number_of[(item.item_class, item.fee_class)]
    return found


def _refuse_unclassed(institution: Institution, items: list[int]) -> None:
    """A charge whose item is in no class would be counted nowhere: refuse, and name the items."""
    if items:
        codes = ChargeItem.objects.filter(pk__in=items).order_by("code").values_list("code", flat=True)[:10]
        raise Conflict(
            "costing.item_without_term",
            f"{institution.name} 有收费使用了已撤回的收费项目 {'、'.join(codes)}。请重新报送这些项目的目录。",
        )


def _incomes(
    lines: dict[str, np.ndarray],
    departments: np.ndarray,
    ordering: np.ndarray,
    executing: np.ndarray,
    class_of: np.ndarray,
    classes: list[tuple[str, str]],
) -> list[Income]:
    size = len(departments)
    cells, where = np.unique((ordering * size + executing) * len(classes) + class_of, return_inverse=True)
    amount, insured, number = (np.zeros(len(cells), dtype=np.int64) for _ in range(3))
    np.add.at(amount, where, lines["amount"])
    np.add.at(insured, where, lines["insured"])
    np.add.at(number, where, 1)
    return [
        Income(
            ordering=int(departments[key // len(classes) // size]),
            executing=int(departments[key // len(classes) % size]),
            item_class=classes[key % len(classes)][0],
            fee_class=classes[key % len(classes)][1],
            amount=int(amount[index]),
            insured=int(insured[index]),
            lines=int(number[index]),
        )
        for index, key in enumerate(cells.tolist())
    ]


def _days(
    lines: dict[str, np.ndarray],
    period: Period,
    departments: np.ndarray,
    ordering: np.ndarray,
    executing: np.ndarray,
    in_class: Mapping[str, np.ndarray],
) -> IncomeDays:
    day_of_ordering, day_of_executing = (side * _DAYS + lines["day"] for side in (ordering, executing))

    def summed(cells: np.ndarray, amounts: np.ndarray) -> dict[tuple[int, date], int]:
        sums = np.zeros(len(departments) * _DAYS, dtype=np.int64)
        np.add.at(sums, cells, amounts)
        return {
            (int(departments[cell // _DAYS]), period.first_day + timedelta(days=cell % _DAYS)): int(sums[cell])
            for cell in np.flatnonzero(sums).tolist()
        }

    drugs, materials = in_class[ItemClass.DRUG], in_class[ItemClass.CHARGEABLE_MATERIAL]
    return IncomeDays(
        ordered=summed(day_of_ordering, lines["amount"]),
        insured=summed(day_of_ordering, lines["insured"]),
        drugs=summed(day_of_ordering[drugs], lines["amount"][drugs]),
        materials=summed(day_of_ordering[materials], lines["amount"][materials]),
        executed=summed(day_of_executing, lines["amount"]),
    )
