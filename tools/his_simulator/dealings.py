"""Dealings between members: what the lead hospital does for the township hospitals, and what it gives them.

Each is booked on both sides on the same day with the same amount: income here, cost there, each naming the other. A few
are not: one side has forgotten its voucher, or has written another amount. planted.json lists all of them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from tools.his_simulator.community import LEAD_CODE, Institution
from tools.his_simulator.ledgers import Ledger
from tools.his_simulator.randomness import stream
from tools.his_simulator.scale import Calendar

SERVICES = (
    # what, home at the lead hospital, home at the township hospital, fen a bed and month, summary
    ("laboratory", "lab", "lab", 31_500, "区域检验中心服务"),
    ("imaging", "imaging", "imaging", 24_800, "区域影像诊断服务"),
    ("sterilising", "消毒供应中心", "theatre", 6_200, "集中消毒供应服务"),
)
SERVICE_DAY = 25
SUBSIDY = ("superior_subsidy", "财务科", "综合办公室", 28_000, "牵头医院对口帮扶补助")
SUBSIDY_DAY = 20
DIFFERENCES = ("cost_missing", "amount_differs", "income_missing", "amount_differs", "cost_missing")
"""Planted one after the other in whole months, as far as there are dealings enough."""


@dataclass(frozen=True)
class Dealing:
    """One dealing of a month: who has the income, who the cost (fen; 0: not booked), and the departments (positions)."""

    month: int
    day: int
    what: str
    summary: str
    income_at: str
    income_department: int
    income_amount: int
    cost_at: str
    cost_department: int
    cost_amount: int
    difference: str = ""


def plan_dealings(institutions: list[Institution], calendar: Calendar, seed: int) -> list[Dealing]:
    """All dealings of the covered days, by month, township hospital and kind, with the differences in them."""
    lead = next(institution for institution in institutions if institution.code == LEAD_CODE)
    townships = [institution for institution in institutions if institution.kind == "township_hospital"]
    found: list[Dealing] = []
    for month in range(len(calendar.periods)):
        for township in townships:
            rng = stream(seed, township.code, "dealings", calendar.periods[month])
            for what, at_lead, at_township, rate, summary in SERVICES:
                amount = round(township.beds * rate * rng.uniform(0.85, 1.15))
                found.append(
                    Dealing(
                        month, SERVICE_DAY, what, summary,
                        LEAD_CODE, lead.position(at_lead), amount,
                        township.code, township.position(at_township), amount,
                    )
                )  # fmt: skip
            what, at_lead, at_township, rate, summary = SUBSIDY
            amount = round(township.beds * rate * rng.uniform(0.9, 1.1)) // 10_000 * 10_000
            found.append(
                Dealing(
                    month, SUBSIDY_DAY, what, summary,
                    township.code, township.position(at_township), amount,
                    LEAD_CODE, lead.position(at_lead), amount,
                )
            )  # fmt: skip
    covered = [each for each in found if each.day <= len(calendar.days_of(each.month)) and each.income_amount]
    return _with_differences(covered, calendar, seed)


def _with_differences(dealings: list[Dealing], calendar: Calendar, seed: int) -> list[Dealing]:
    rng = stream(seed, "differences between members")
    last_whole = len(calendar.periods) - 2
    places = [place for place, each in enumerate(dealings) if each.month <= last_whole]
    chosen = rng.choice(places, size=min(len(DIFFERENCES), len(places)), replace=False).tolist()
    for place, kind in zip(chosen, DIFFERENCES, strict=False):
        each = dealings[place]
        changes = {
            "cost_missing": {"cost_amount": 0},
            "income_missing": {"income_amount": 0},
            "amount_differs": {"cost_amount": each.cost_amount - max(each.cost_amount // 100, 1)},
        }[kind]
        dealings[place] = replace(each, difference=kind, **changes)
    return dealings


def with_dealings(
    institution: Institution, calendar: Calendar, dealings: list[Dealing], costs: Ledger, incomes: Ledger
) -> tuple[Ledger, Ledger]:
    """Cost and income entries of an institution together with its dealings: a voucher a month and kind, a line for each
    other member."""
    return (
        _joined(costs, [_row(calendar, each, "cost") for each in dealings if each.cost_at == institution.code]),
        _joined(incomes, [_row(calendar, each, "income") for each in dealings if each.income_at == institution.code]),
    )


Row = tuple[int, bytes, int, int, int, str, str, int, str, str, str]


def _row(calendar: Calendar, each: Dealing, side: str) -> Row:
    kinds = [what for what, *_ in SERVICES] + [SUBSIDY[0]]
    here_is_lead = (each.cost_at if side == "cost" else each.income_at) == LEAD_CODE
    other = each.income_at if side == "cost" else each.cost_at
    voucher = f"NB-{calendar.periods[each.month].replace('-', '')}-{kinds.index(each.what) + 1:04d}".encode()
    line = int(other[1:]) if here_is_lead else 1
    day = calendar.days_of(each.month)[0] + each.day - 1
    if side == "cost":
        department, nature, funding, amount = each.cost_department, "other", "basic", each.cost_amount
    else:
        nature = each.what if each.what == SUBSIDY[0] else "other"
        department, funding, amount = each.income_department, "", each.income_amount
    return each.month, voucher, line, department, day, nature, funding, amount, each.summary, other, ""


def _joined(ledger: Ledger, rows: list[Row]) -> Ledger:
    rows = [row for row in rows if row[7]]
    if not rows:
        return ledger
    added = Ledger.from_rows(rows)
    return Ledger(**{name: np.concatenate([column, getattr(added, name)]) for name, column in vars(ledger).items()})


def listed(dealings: list[Dealing], calendar: Calendar) -> list[dict[str, object]]:
    """The dealings as planted.json tells them; an amount of nothing was never booked."""
    return [
        {
            "period": calendar.periods[each.month],
            "kind": each.what,
            "income_institution": each.income_at,
            "income_amount": _yuan(each.income_amount),
            "cost_institution": each.cost_at,
            "cost_amount": _yuan(each.cost_amount),
            "difference": each.difference,
        }
        for each in dealings
    ]


def _yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"
