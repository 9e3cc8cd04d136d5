"""Costs and income booked outside charging: voucher lines by department, dated in the month."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from tools.his_simulator.catalogue import catalogue_of
from tools.his_simulator.charges import ChargeLines
from tools.his_simulator.community import LEAD_CODE, Institution
from tools.his_simulator.randomness import stream
from tools.his_simulator.scale import Calendar

REST_SHARES = {"personnel": 0.615, "depreciation": 0.13, "amortisation": 0.015, "risk_fund": 0.004, "other": 0.236}
"""How the cost beside drugs and materials divides."""
MATERIALS_NOT_CHARGED = 0.055
"""Consumables that are not charged, as a share of all cost."""
COST_TO_INCOME = {"lead_hospital": (0.975, 1.025), "township_hospital": (0.96, 1.045), "village_clinic": (0.955, 1.045)}
VOUCHERS = (
    # cost item, day of the month (0 = last), share of the item's month, summary
    ("personnel", 10, 0.58, "基本工资与津贴补贴"),
    ("personnel", 15, 0.20, "社会保险与住房公积金单位缴费"),
    ("personnel", 25, 0.22, "绩效工资"),
    ("drugs", 7, 0.24, "药品出库成本"),
    ("drugs", 14, 0.25, "药品出库成本"),
    ("drugs", 21, 0.25, "药品出库成本"),
    ("drugs", 0, 0.26, "药品出库成本"),
    ("materials", 7, 0.24, "卫生材料出库成本"),
    ("materials", 14, 0.25, "卫生材料出库成本"),
    ("materials", 21, 0.25, "卫生材料出库成本"),
    ("materials", 0, 0.26, "卫生材料出库成本"),
    ("depreciation", 0, 1.0, "固定资产折旧"),
    ("amortisation", 0, 1.0, "无形资产摊销"),
    ("risk_fund", 0, 1.0, "提取医疗风险基金"),
    ("other", 12, 0.38, "水电暖费用"),
    ("other", 18, 0.27, "物业保洁与维修费"),
    ("other", 24, 0.20, "办公差旅培训费"),
    ("other", 0, 0.15, "其他运行费用"),
)
SHARED_BILLS = {
    "水电暖费用": (("electricity", 0.62, "电费"), ("water", 0.16, "水费"), ("heating", 0.22, "取暖费")),
    "物业保洁与维修费": (
        ("cleaning", 0.55, "保洁费"),
        ("property", 0.30, "物业费"),
        ("maintenance", 0.15, "房屋维修费"),
    ),
}
"""Bills that the lead hospital's logistics department takes in for all; smaller members book them by department."""
TAKES_IN_BILLS = "后勤保障科"
FROM_CARDS = ("depreciation", "amortisation")
"""What the lead hospital leaves to its asset cards."""
CLINIC_VOUCHERS = (
    ("personnel", 15, 1.0, "村医补助与工资"),
    ("drugs", 15, 0.5, "药品出库成本"),
    ("drugs", 0, 0.5, "药品出库成本"),
    ("materials", 0, 1.0, "卫生材料出库成本"),
    ("depreciation", 0, 1.0, "固定资产折旧"),
    ("other", 20, 1.0, "水电及日常运行费用"),
)
SUBSIDIES = {
    # income kind: share of the month's charge income, day, summary
    "lead_hospital": (
        ("fiscal_basic", 0.055, 12, "财政基本拨款"),
        ("fiscal_project", 0.012, 20, "重点专科建设项目拨款"),
        ("research", 0.002, 22, "科研项目经费"),
        ("other", 0.006, 26, "利息与租金收入"),
    ),
    "township_hospital": (
        ("fiscal_basic", 0.26, 12, "财政基本拨款"),
        ("public_health", 0.14, 16, "基本公共卫生服务补助"),
        ("superior_subsidy", 0.02, 22, "医共体帮扶补助"),
    ),
    "village_clinic": (
        ("public_health", 0.24, 16, "基本公共卫生服务补助"),
        ("fiscal_basic", 0.12, 12, "基本药物制度补助"),
    ),
}
PERSONNEL_SURPLUS = {"儿科": 1.35, "重症医学科": 1.25}
"""Departments with more staff cost than their charges carry: they end up in loss."""


@dataclass
class Ledger:
    """Voucher lines as columns; `nature` is the cost item or the income kind, `shared` the kind of a bill that was taken
    in for all departments. Amounts in fen."""

    month: np.ndarray
    voucher: np.ndarray
    line: np.ndarray
    department: np.ndarray
    day: np.ndarray
    nature: np.ndarray
    funding: np.ndarray
    amount: np.ndarray
    summary: np.ndarray
    counterparty: np.ndarray
    shared: np.ndarray

    @classmethod
    def from_rows(cls, rows: list[tuple[int, bytes, int, int, int, str, str, int, str, str, str]]) -> Ledger:
        columns = list(zip(*rows, strict=True)) if rows else [()] * 11
        month, voucher, line, department, day, nature, funding, amount, summary, counterparty, shared = columns
        whole = [np.array(values, dtype=np.int64) for values in (month, line, department, day, amount)]
        return cls(
            month=whole[0],
            voucher=np.array(voucher, dtype="S"),
            line=whole[1],
            department=whole[2],
            day=whole[3],
            nature=np.array([name.encode() for name in nature], dtype="S"),
            funding=np.array([name.encode() for name in funding], dtype="S"),
            amount=whole[4],
            summary=np.array([text.encode() for text in summary], dtype="S"),
            counterparty=np.array([code.encode() for code in counterparty], dtype="S"),
            shared=np.array([kind.encode() for kind in shared], dtype="S"),
        )


def _spread(total: int, weights: np.ndarray) -> np.ndarray:
    """A fen amount split by weights; the last part with weight takes what rounding leaves."""
    if total == 0 or weights.sum() <= 0:
        return np.zeros(len(weights), dtype=np.int64)
    parts = np.floor(total * (weights / weights.sum())).astype(np.int64)
    parts[np.flatnonzero(weights > 0)[-1]] += total - parts.sum()
    return parts


def _month_income(calendar: Calendar, lines: ChargeLines, months: int) -> np.ndarray:
    """Charge income of each month in fen, the current month extended to a whole one."""
    income = np.zeros(months, dtype=np.int64)
    np.add.at(income, calendar.month_of_day[lines.minute // 1440], lines.amount)
    covered = np.array([calendar.covered_share(month) for month in range(months)])
    return (income / covered).astype(np.int64)


def _class_cost(
    institution: Institution, calendar: Calendar, lines: ChargeLines, item_class: bytes, receiver: np.ndarray
) -> np.ndarray:
    """Charges of one item class in fen by month and receiving department, the current month extended."""
    months = len(calendar.periods)
    of_class = catalogue_of(institution.kind).item_class[lines.item] == item_class
    cost = np.zeros((months, len(institution.departments)), dtype=np.int64)
    month = calendar.month_of_day[lines.minute[of_class] // 1440]
    np.add.at(cost, (month, receiver[of_class]), lines.amount[of_class])
    covered = np.array([calendar.covered_share(number) for number in range(months)])
    return (cost / covered[:, None]).astype(np.int64)


def _funded(item: str, institution: Institution, department: int, amount: int) -> list[tuple[str, int]]:
    """An amount by funding source: some equipment was bought from project money, some work is paid by research."""
    if institution.kind == "village_clinic":
        return [("basic", amount)]
    if item == "depreciation" and institution.departments[department].cost_class == "medical_technology":
        project = amount * 35 // 100
        return [("basic", amount - project), ("fiscal_project", project)]
    if item == "amortisation" and institution.kind == "lead_hospital" and department % 5 == 0:
        research = amount // 4
        return [("basic", amount - research), ("research", research)]
    return [("basic", amount)]


Line = tuple[int, str, int, str, str]
"""Department's place, funding source, fen, summary, kind of shared bill."""


def _by_department(
    institution: Institution, item: str, amounts: np.ndarray, share: float, summary: str
) -> Iterator[Line]:
    """A line for each department and funding source."""
    for place, amount in enumerate(amounts.tolist()):
        for funding, part in _funded(item, institution, place, round(amount * share)):
            if part > 0:
                yield place, funding, part, summary, ""


def _bills(institution: Institution, bills: tuple[tuple[str, float, str], ...], whole: int) -> Iterator[Line]:
    """A line for each bill, all taken in by one department."""
    place = next(place for place, each in enumerate(institution.departments) if each.name == TAKES_IN_BILLS)
    parts = _spread(whole, np.array([part for _, part, _ in bills]))
    for (kind, _, words), amount in zip(bills, parts.tolist(), strict=True):
        yield place, "basic", amount, words, kind


def ledgers_of(
    institution: Institution, calendar: Calendar, seed: int, lines: ChargeLines, headcounts: np.ndarray
) -> tuple[Ledger, Ledger, dict[str, np.ndarray]]:
    """Cost entries and income entries of an institution up to the last covered day; and what the lead hospital's assets
    charge a month, by cost item and department, which is left to their cards."""
    rng = stream(seed, institution.code, "ledgers")
    departments = institution.departments
    headcounts = headcounts.mean(axis=0)
    months = len(calendar.periods)
    income = _month_income(calendar, lines, months)
    drugs = _class_cost(institution, calendar, lines, b"drug", lines.ordering)
    charged_materials = _class_cost(institution, calendar, lines, b"chargeable_material", lines.executing)
    surplus = np.array([PERSONNEL_SURPLUS.get(department.name, 1.0) for department in departments])
    weights = {
        "personnel": headcounts * np.array([department.pay for department in departments]) * surplus,
        "depreciation": np.array([department.equipment + department.area / 900 for department in departments]),
        "amortisation": np.array([department.equipment for department in departments]),
        "risk_fund": np.array([1.0 if d.cost_class in ("clinical", "medical_technology") else 0.0 for d in departments])
        * headcounts,
        "other": np.array([department.area for department in departments]) + headcounts * 12,
    }
    use_of_materials = headcounts * np.array(
        [
            {"clinical": 1.0, "medical_technology": 1.8, "medical_support": 0.8}.get(d.cost_class, 0.05)
            for d in departments
        ]
    )
    low, high = COST_TO_INCOME[institution.kind]
    level = rng.uniform(low, high)
    shares = dict(REST_SHARES)
    if institution.kind == "village_clinic":
        shares = {"personnel": 0.74, "depreciation": 0.08, "other": 0.18}
    lead = institution.code == LEAD_CODE
    carded = {item: np.zeros(len(departments), dtype=np.int64) for item in FROM_CARDS} if lead else {}
    cost_rows, income_rows = [], []
    for month in range(months):
        days = calendar.days_of(month)
        period = calendar.periods[month].replace("-", "")
        whole = int(calendar.month_lengths[month])

        def day_number(day: int, first: int = days[0], whole: int = whole) -> int:
            return first + (day or whole) - 1

        received = int(income[month])
        for number, (kind, share, day, summary) in enumerate(SUBSIDIES[institution.kind], 1):
            amount = round(int(income.mean()) * share * rng.uniform(0.97, 1.03))
            amount -= amount % 100
            received += amount
            if day_number(day) <= days[-1] and amount > 0:
                row = (
                    month,
                    f"SR-{period}-{number:04d}".encode(),
                    1,
                    0,
                    day_number(day),
                    kind,
                    "",
                    amount,
                    summary,
                    "",
                    "",
                )
                income_rows.append(row)
        total = round(received * level * rng.uniform(0.985, 1.015))
        by_item = {
            "drugs": np.round(drugs[month] * rng.uniform(0.992, 1.006)).astype(np.int64),
            "materials": np.round(charged_materials[month] * 0.985).astype(np.int64)
            + _spread(round(total * MATERIALS_NOT_CHARGED), use_of_materials),
        }
        rest = max(total - int(by_item["drugs"].sum()) - int(by_item["materials"].sum()), total // 5)
        for item, share in shares.items():
            noise = rng.uniform(0.97, 1.03, len(departments))
            by_item[item] = _spread(round(rest * share / sum(shares.values())), weights[item] * noise)
        for item in carded:
            carded[item] += by_item[item]
        vouchers = CLINIC_VOUCHERS if institution.kind == "village_clinic" else VOUCHERS
        for number, (item, day, share, summary) in enumerate(vouchers, 1):
            when = day_number(day)
            if when > days[-1] or item in carded:
                continue
            voucher = f"JZ-{period}-{number:04d}".encode()
            bills = SHARED_BILLS.get(summary, ()) if lead else ()
            if bills:
                own = _bills(institution, bills, round(int(by_item[item].sum()) * share))
            else:
                own = _by_department(institution, item, by_item[item], share, summary)
            for line, (place, funding, part, words, kind) in enumerate(own, 1):
                cost_rows.append((month, voucher, line, place, when, item, funding, part, words, "", kind))
    means = {item: sums // months for item, sums in carded.items()}
    return Ledger.from_rows(cost_rows), Ledger.from_rows(income_rows), means
