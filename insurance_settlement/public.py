"""The door of insurance settlement for the apps above it. Callers pass what the actor may see."""

from dataclasses import dataclass
from decimal import Decimal

from insurance_settlement.selectors import (
    CASE_READERS,
    DrgLine,
    Totals,
    current_run,
    drg_lines,
)
from insurance_settlement.selectors import totals as settlement_totals

__all__ = ["CASE_READERS", "DepartmentDrgs", "DrgLine", "Totals", "department_drgs", "settlement_totals"]


@dataclass(frozen=True, slots=True)
class DepartmentDrgs:
    """The discharges of a department in a month by group, with the run they were priced in."""

    version: int
    price_book: str
    lines: tuple[DrgLine, ...]
    cases: int
    payment: Decimal
    balance: Decimal


def department_drgs(*, institution: int, period: str, department: int) -> DepartmentDrgs | None:
    """Cases, mean charges, payment and balance of a department by group; None while nothing has been priced."""
    run = current_run(institution=institution, period=period)
    if run is None:
        return None
    lines = tuple(drg_lines(run=run, department=department))
    return DepartmentDrgs(
        version=run.version,
        price_book=run.price_book.name,
        lines=lines,
        cases=sum(line.cases for line in lines),
        payment=sum((line.payment or Decimal(0) for line in lines), Decimal("0.00")),
        balance=sum((line.balance or Decimal(0) for line in lines), Decimal("0.00")),
    )
