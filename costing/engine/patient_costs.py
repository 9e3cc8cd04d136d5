"""What each encounter of a month costs: the cost of cells (a service item in its executing department, all drugs, all
separately charged materials) follows the charge lines to the patients.

Source: 《公立医院成本核算规范》国卫财务发〔2021〕4号, bottom-up method (自下而上法, 项目叠加; domain.md 1.6, recalled):

    cost[encounter] = Σ_cells  cost[cell] · measure[encounter, cell] / Σ measure[·, cell]

The measure is the quantity of a service, the amount of drugs and materials; a refund is a negative measure. With a
department's services as one cell and the amount as measure the same formula is the cost-to-income ratio (成本收入比法), with
the days or visits of a department as measure it is the top-down method (自上而下法).

Exactness: each cell's unit cost is a fixed-point number of as many binary places as 64 bits allow, sums over the lines are
integer sums, hence the same for any order of lines. The sum of each column is then brought to its total by largest
remainder over the encounters (among equals the earlier): Σ encounters = Σ cells, to the fen, in every column.

At zero: a cell with a cost needs a measure above zero; `bearing` says which cells have one.
"""

from dataclasses import dataclass

import numpy as np

from costing.engine.exact import BoolArray, IntArray, largest, split_rows

_BITS = 62
_PIECE = 2**16
_CLOSE = 4  # a cell that misses less than 2^-4 fen is close enough: the last fen is given by largest remainder


@dataclass(frozen=True, slots=True, eq=False)
class Lines:
    """Columns of the charge lines: place of the encounter, place of the cell, measure (integers in any unit of the cell)."""

    encounter: IntArray
    cell: IntArray
    measure: IntArray

    def measured(self, cells: int) -> IntArray:
        """Σ measure of each cell."""
        total = np.zeros(cells, dtype=np.int64)
        np.add.at(total, self.cell, self.measure)
        return total


def bearing(measured: IntArray) -> BoolArray:
    """Which cells can bear a cost."""
    flags: BoolArray = measured > 0
    return flags


def patient_costs(lines: Lines, costs: IntArray, encounters: int) -> IntArray:
    """Fen `[encounter, column]` from `costs[cell, column]`. Raises ValueError for a cost in a cell that nobody measures."""
    spread = _Spread.of(lines, len(costs), encounters)
    if costs[~bearing(spread.measured)].any():
        raise ValueError("a cell with cost has no measure above zero")
    result = np.zeros((encounters, costs.shape[1]), dtype=np.int64)
    for column in range(costs.shape[1]):
        if costs[:, column].any():
            result[:, column] = spread.of_column(costs[:, column])
    return result


@dataclass(frozen=True, slots=True, eq=False)
class _Spread:
    """The lines, and of each cell Σ measure and `gross` Σ |measure|: what was charged before anything was given back."""

    lines: Lines
    encounters: int
    measured: IntArray
    gross: IntArray

    @classmethod
    def of(cls, lines: Lines, cells: int, encounters: int) -> "_Spread":
        """Places as the platform's own index type, which numpy takes without copying; measures without their common divisor,
        which leaves more binary places to the unit costs."""
        ready = Lines(
            lines.encounter.astype(np.intp, copy=False),
            lines.cell.astype(np.intp, copy=False),
            _without_divisor(lines.measure.astype(np.int64, copy=False)),
        )
        measured = gross = ready.measured(cells)
        if len(ready.measure) and ready.measure.min() < 0:
            gross = Lines(ready.encounter, ready.cell, np.abs(ready.measure)).measured(cells)
        return cls(ready, encounters, measured, gross)

    def of_column(self, costs: IntArray) -> IntArray:
        """One column of cells' costs over the encounters. What the unit costs' last binary place leaves of a cell that is
        measured in large numbers is spread once more, by unit costs of what is left."""
        fine, places, left = self._by_units(costs)
        coarse = np.where(left >> max(places - _CLOSE, 0) != 0, left, 0)
        if coarse.any():
            rest, finer, _ = self._by_units(coarse)
            fine += rest >> finer
        return _to_fen(fine, places, int(costs.sum()))

    def _by_units(self, costs: IntArray) -> tuple[IntArray, int, IntArray]:
        """Each encounter's amount in 2^-places of the costs' unit, the number of places, and what each cell has left of it.

        Refunds let single encounters reach beyond the cost of a cell: as far as what was measured before refunds."""
        with_cost = np.flatnonzero(costs)
        places = _BITS - _reach(costs[with_cost], self.gross[with_cost], self.measured[with_cost]).bit_length()
        if places < 0:
            raise ValueError("costs too large for 64 bits")
        units = np.zeros(len(costs), dtype=np.int64)
        units[with_cost] = (costs[with_cost] << places) // self.measured[with_cost]
        fine = self._over_lines(units)
        return fine, places, np.where(costs != 0, (costs << places) - units * self.measured, 0)

    def _over_lines(self, units: IntArray) -> IntArray:
        """Σ unit · measure of each encounter, in pieces that stay in the processor's cache."""
        sums = np.zeros(self.encounters, dtype=np.int64)
        lines, amounts = self.lines, np.empty(_PIECE, dtype=np.int64)
        for first in range(0, len(lines.cell), _PIECE):
            piece = slice(first, first + _PIECE)
            part = amounts[: len(lines.cell[piece])]
            np.take(units, lines.cell[piece], out=part, mode="clip")
            np.multiply(part, lines.measure[piece], out=part)
            np.add.at(sums, lines.encounter[piece], part)
        return sums


def _without_divisor(measures: IntArray) -> IntArray:
    """Divided by their greatest common divisor: that of the first ones is tried, which mostly is that of all."""
    common = int(np.gcd.reduce(measures[:_PIECE])) if len(measures) else 1
    if not common:
        common = int(np.gcd.reduce(measures))
    while common > 1:
        divided = measures // common
        others = measures.compress(divided * common != measures)
        if not len(others):
            return divided
        common = int(np.gcd(common, np.gcd.reduce(others[:_PIECE])))
    return measures


def _reach(costs: IntArray, gross: IntArray, measured: IntArray) -> int:
    """Σ (|cost| · gross // measured + 1), of integers without end where 64 bits might not do."""
    if not len(costs):
        return 0
    magnitudes = np.abs(costs)
    most = int(magnitudes.max()) * int(gross.max()) * len(costs)
    return int((magnitudes.astype(object if most >= 2**_BITS else np.int64) * gross // measured).sum()) + len(costs)


def _to_fen(fine: IntArray, places: int, total: int) -> IntArray:
    """Whole fen that sum to `total`, from fixed-point amounts that sum to it but for the last binary places."""
    whole = fine >> places
    missing = total - int(whole.sum())
    concerned = fine != 0
    if 0 <= missing <= int(concerned.sum()):
        remainders = np.where(concerned, fine - (whole << places), -1)
        return whole + largest(remainders[None, :], np.array([missing]))[0]
    return whole + split_rows(np.array([missing]), np.abs(fine >> (places // 2))[None, :])[0]
