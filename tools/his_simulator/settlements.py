"""What insured stays are settled at, and how the insurer groups those of the county hospital.

A settlement list adds up to the charge lines of the stay: the fund pays what the lines call insured, self-paid are the lines
without an insured part, and of what remains a quarter each is the patient's own share and, up to the threshold, the
deductible. A few lists have not come by the end. All shares are invented.

The insurer tells in the middle of the next month how it grouped the stays of a month: mostly as the county's case mix
says; some without the complication that the hospital coded, some in a group next to it, some not at all.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

import numpy as np

from tools.his_simulator.case_mix import DiseaseGroup, disease_groups
from tools.his_simulator.charges import ChargeLines
from tools.his_simulator.community import LEAD_CODE, Institution
from tools.his_simulator.encounters import EMPLOYEE, SELF_PAY, Encounters, Stays
from tools.his_simulator.randomness import stream
from tools.his_simulator.scale import Calendar
from tools.his_simulator.text_columns import dates, money, serials
from tools.his_simulator.writer import Table

DEDUCTIBLE = {"lead_hospital": 600_00, "township_hospital": 200_00}
SERIOUS_FROM = 8_000_00
"""Of what is left to the patient: serious-illness insurance bears 60 % of what lies above."""
NOT_SENT, NEW_TECHNOLOGY, BROKEN_OFF = 0.03, 0.015, 0.35
LEFT_AGAINST_ADVICE = 4
TOLD_AFTER = 15
"""Day of the next month."""
BASE_RATE = Decimal(7200)
VERSION = "示例分组方案 1(医保端)"
CENT = Decimal("0.01")
ENDS = {2: "1", 1: "3", 0: "5"}


def settlement_lists(
    institution: Institution, calendar: Calendar, seed: int, *, seen: Encounters, stays: Stays, lines: ChargeLines
) -> tuple[Table, np.ndarray]:
    """The lists of all insured stays that have ended, and the month of each."""
    first = seen.stays_from
    total, fund, outside = (np.zeros(len(seen), dtype=np.int64) for _ in range(3))
    np.add.at(total, lines.encounter, lines.amount)
    np.add.at(fund, lines.encounter, lines.insured)
    np.add.at(outside, lines.encounter, np.where(lines.insured == 0, lines.amount, 0))
    total, fund, outside = total[first:], fund[first:], outside[first:]
    rng = stream(seed, institution.code, "settlement lists")
    lost, new, broken = (rng.random(len(stays)) for _ in range(3))
    ended = seen.discharged[first:]
    fits = (ended < calendar.days * 1440) & (seen.scheme[first:] != SELF_PAY) & (lost >= NOT_SENT)
    fits &= (fund > 0) & (outside >= 0) & (total - outside - fund >= 0)
    chosen = np.flatnonzero(fits)
    total, fund, outside = total[chosen], fund[chosen], outside[chosen]
    left = total - outside - fund
    own, deductible = left // 4, np.minimum(left // 4, DEDUCTIBLE[institution.kind])
    base = total - outside - own - deductible
    borne = total - fund
    other = np.maximum(borne - SERIOUS_FROM, 0) * 60 // 100
    account = np.where(seen.scheme[first:][chosen] == EMPLOYEE, (borne - other) * 30 // 100, 0)
    parts = np.where(new[chosen] < NEW_TECHNOLOGY, total // 8, 0) if institution.code == LEAD_CODE else total * 0
    incomplete = (stays.leaving[chosen] == LEFT_AGAINST_ADVICE) & (broken[chosen] < BROKEN_OFF)
    day = ended[chosen] // 1440
    prefix = np.full(len(chosen), b"JS")
    table = {
        "settle_no": serials(prefix, np.arange(1, len(stays) + 1)[chosen], 7),
        "encounter_no": seen.number[first:][chosen],
        "settled_on": dates(calendar, day),
        "total": money(total),
        "self_paid": money(outside),
        "first_self_paid": money(own),
        "deductible": money(deductible),
        "reimbursement_ratio": _ratios(fund, base),
        "fund_paid": money(fund),
        "other_paid": money(other),
        "account_paid": money(account),
        "cash_paid": money(borne - other - account),
        "new_technology": money(parts),
        "incomplete": np.where(incomplete, b"1", b"0"),
    }
    return table, calendar.month_of_day[day]


def _ratios(fund: np.ndarray, base: np.ndarray) -> np.ndarray:
    """Fund ÷ what it shares, to four places."""
    exact = [Decimal(int(one)) / Decimal(int(of)) for one, of in zip(fund, base, strict=True)]
    return np.array([f"{ratio.quantize(Decimal('0.0001'), ROUND_HALF_UP)}".encode() for ratio in exact], dtype="S6")


def insurer_groupings(
    institution: Institution, calendar: Calendar, seed: int, *, seen: Encounters, stays: Stays, month: int
) -> Table:
    """What the insurer made of the stays that ended in a month; nothing of other institutions than the county hospital."""
    rows: list[tuple[str, ...]] = []
    if institution.code == LEAD_CODE:
        rng = stream(seed, institution.code, "insurer", calendar.periods[month])
        groups = disease_groups()
        told = calendar.day(calendar.days_of(month + 1)[TOLD_AFTER - 1]).isoformat()
        ended = seen.discharged[seen.stays_from :]
        within = (ended // 1440 < calendar.days) & (seen.scheme[seen.stays_from :] != SELF_PAY)
        within &= calendar.month_of_day[np.minimum(ended // 1440, calendar.days - 1)] == month
        for place in np.flatnonzero(within).tolist():
            pick, other = rng.random(), int(rng.integers(0, len(groups)))
            if pick < 0.02:
                continue
            group, severity = groups[int(stays.group[place])], int(stays.severity[place])
            number = seen.number[seen.stays_from + place].replace(b"\0", b"").decode()
            rows.append((number, told, VERSION, *_told(group, severity, groups[other], pick)))
    names = ("encounter_no", "told_on", "scheme_version", "group", "weight", "payment", "reason")
    columns = zip(*rows, strict=True) if rows else ((),) * len(names)
    return {
        name: np.array([value.encode() for value in column], dtype="S")
        for name, column in zip(names, columns, strict=True)
    }


def _told(group: DiseaseGroup, severity: int, other: DiseaseGroup, pick: float) -> tuple[str, str, str, str]:
    """Group, weight, payment and reason."""
    if pick < 0.035:
        return "0000", "", "", "清单的主要诊断与主要手术不对应，未入组"
    if pick < 0.055 and other.group != group.group:
        return (*_worth(other, 0), "按清单第二诊断认定主要诊断")
    if severity and pick < 0.25:
        return (*_worth(group, severity - 1), "其他诊断缺少依据，未计并发症")
    return (*_worth(group, severity), "与上传清单一致")


def _worth(group: DiseaseGroup, severity: int) -> tuple[str, str, str]:
    """The group's code at a severity, as far as it is divided, with weight and payment."""
    level = severity
    if level == 2 and not group.mcc:
        level = 1
    if level == 1 and not group.cc:
        level = 0
    weight = Decimal(str(group.relative_weight[level]))
    code = group.group + (ENDS[level] if group.mcc or group.cc else "9")
    payment = (weight * BASE_RATE).quantize(CENT, ROUND_HALF_UP)
    return code, f"{weight}", f"{payment}"
