"""What a medical service item costs (医疗服务项目成本), by the three official methods.

Source: 《公立医院成本核算规范》国卫财务发〔2021〕4号 (domain.md 1.5, recalled). K is the cost of the department's services
without drugs and separately charged materials (`pools`), in nine columns, each divided on its own:

    proportion  成本比例系数法   item cost = K · s / Σ s      s = income, or coefficient · volume (operating time, workload)
    equivalent  成本当量法       item cost = K · e·n / Σ e·n  e = equivalent of the item, n = volume
    activity    作业成本法       activity cost = K · r[activity] / Σ r    item cost = Σ activity cost · u·n / Σ u·n
                                 r = resource driver, u = the item's use of the activity, n = volume

All are a division by weights; the first two differ in what is weighed. Unit cost = item cost ÷ volume, for display only:
amounts are divided from the pool, never price × rounded unit.

Rounding: largest remainder, items and activities in the order given; every pool's parts sum to it, to the fen. At zero: a
pool whose weights are all zero is not divided (`left`), nothing is divided equally in silence. An activity that consumed
resources and that no item used keeps its cost by name (`idle`): its capacity stood unused, and other activities' items did
not cause it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from costing.engine.exact import IntArray, split_rows


@dataclass(frozen=True, slots=True)
class Activity:
    """An activity of a department: its resource driver by column, and the driver volume that each of the department's items
    used of it (unit use · volume), both as integers in any unit."""

    name: str
    resources: IntArray
    uses: IntArray


@dataclass(frozen=True, slots=True, eq=False)
class ItemCosts:
    """`costs[item, column]` in fen, and `left[column]` that no item bears."""

    costs: IntArray
    left: IntArray


def by_weights(pool: IntArray, weights: IntArray) -> ItemCosts:
    """Divide `pool[column]` by one weight for each item: proportion and equivalent methods. Weights below zero count as
    nothing (an item that was only given back)."""
    weighed = np.maximum(weights, 0)
    if not len(weighed) or not weighed.sum():
        return ItemCosts(np.zeros((len(weights), len(pool)), dtype=pool.dtype), pool.copy())
    costs = split_rows(pool, np.broadcast_to(weighed, (len(pool), len(weighed)))).T
    return ItemCosts(costs, np.zeros_like(pool))


@dataclass(frozen=True, slots=True, eq=False)
class ActivityCosts:
    """Fen: `parts[activity, item, column]` that items bear of each activity, `idle[activity, column]` of activities that no
    item used, and `left[column]` for which no activity has a resource driver. Together they are the pool."""

    parts: IntArray
    idle: IntArray
    left: IntArray

    @property
    def costs(self) -> IntArray:
        """`costs[item, column]` in fen."""
        summed: IntArray = self.parts.sum(axis=0)
        return summed

    @property
    def activities(self) -> IntArray:
        """`cost[activity, column]` in fen, whether items used it or not: the numerator of its rate."""
        summed: IntArray = self.parts.sum(axis=1) + self.idle
        return summed


def by_activities(pool: IntArray, activities: Sequence[Activity], items: int) -> ActivityCosts:
    """Divide `pool[column]` over the activities by their resources, and each activity over the items by their use."""
    parts = np.zeros((len(activities), items, len(pool)), dtype=pool.dtype)
    idle = np.zeros((len(activities), len(pool)), dtype=pool.dtype)
    left = pool.copy()
    for column in np.flatnonzero(pool).tolist():
        shares = np.array([np.maximum(one.resources[column], 0) for one in activities])
        if not shares.sum():
            continue
        idle[:, column] = split_rows(pool[column : column + 1], shares[None, :])[0]
        left[column] = 0
    for number, activity in enumerate(activities):
        used = np.maximum(activity.uses, 0)
        if used.sum():
            parts[number] = split_rows(idle[number], np.broadcast_to(used, (len(pool), items))).T
            idle[number] = 0
    return ActivityCosts(parts, idle, left)
