"""Asset cards of the lead hospital: what it depreciates in a month is what its departments are worth, card by card."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from tools.his_simulator.community import Institution
from tools.his_simulator.randomness import stream
from tools.his_simulator.scale import Calendar
from tools.his_simulator.supplies import devices_of

DEVICES = {
    "imaging": (
        "64 排螺旋 CT",
        "1.5T 磁共振成像系统",
        "数字化 X 射线摄影系统",
        "彩色多普勒超声诊断仪",
        "数字减影血管造影机",
    ),
    "lab": ("全自动生化分析仪", "化学发光免疫分析仪", "血细胞分析流水线", "凝血分析仪", "生物安全柜"),
    "theatre": ("麻醉工作站", "高清腹腔镜系统", "手术无影灯", "C 形臂 X 射线机", "高频电刀"),
    "clinical": ("多参数监护仪", "无创呼吸机", "输液泵工作站", "除颤监护仪", "床旁超声诊断仪"),
    "other": ("服务器与存储", "办公设备", "病床推车", "清洗消毒器", "空调机组"),
}
LIVES = (60, 72, 96, 120)
BUILDING_SHARE, BUILDING_LIFE = 0.22, 480
PROJECT_SHARE = 0.35
"""Of technology's equipment bought from fiscal project money."""
SOFTWARE_LIFE = 120
DEVICE_PRICES = {"CT": 6_600, "MRI": 12_900, "DR": 2_400, "彩超": 1_800}
"""Yuan for each bed of the house, so that a small scale has small devices; multiples of the months."""
DEVICE_LIFE = 120


@dataclass(frozen=True)
class Card:
    """One version of a card; amounts in fen. `department` is its place among the institution's."""

    number: str
    effective_from: date
    name: str
    category: str
    department: int
    in_use_from: date
    original: int
    months: int
    funding: str
    disposed_on: date | None = None

    @property
    def monthly(self) -> int:
        """Every month's charge is the same: the value is a multiple of the months."""
        return self.original // self.months


def cards_of(
    institution: Institution, calendar: Calendar, seed: int, means: dict[str, np.ndarray]
) -> tuple[list[Card], np.ndarray]:
    """The cards whose charges make up `means` (fen a month by cost item and department), and what they charge in each
    month. One device moves to another department in the second month; one has served its time; one was sold in it."""
    rng = stream(seed, institution.code, "assets")
    first = calendar.first_day
    cards: list[Card] = []

    def bought(months: int) -> date:
        """A day on which it was put to use, so that it still serves beyond the calendar."""
        latest = min(months - len(calendar.periods) - 6, 90)
        return first - timedelta(days=int(rng.integers(60, max(latest, 4) * 30)))

    def add(name: str, category: str, department: int, monthly: int, months: int, funding: str) -> None:
        if monthly > 0:
            number = f"ZC-{len(cards) + 1:05d}"
            cards.append(
                Card(number, first, name, category, department, bought(months), monthly * months, months, funding)
            )

    devices = device_cards(institution, calendar)
    for place, department in enumerate(institution.departments):
        of_devices = sum(card.monthly for card in devices if card.department == place)
        whole = max(int(means["depreciation"][place]) - of_devices, 0)
        building = round(whole * BUILDING_SHARE)
        add(f"{department.name}用房", "building", place, building, BUILDING_LIFE, "basic")
        names = DEVICES[_kind_of(institution, place)]
        parts = max(1, min(len(names), whole // 150_000))
        shares = rng.dirichlet(np.full(parts, 2.0))
        rest = whole - building
        special = department.cost_class in ("clinical", "medical_technology")
        for name, share in zip(names, shares.tolist(), strict=False):
            monthly = round(rest * share)
            life = int(rng.choice(LIVES))
            project = monthly * round(PROJECT_SHARE * 100) // 100 if _technology(institution, place) else 0
            category = "special_equipment" if special else "general_equipment"
            add(name, category, place, monthly - project, life, "basic")
            add(f"{name}(财政项目购置)", category, place, project, life, "fiscal_project")
        software = int(means["amortisation"][place])
        research = software // 4 if place % 5 == 0 else 0
        add(f"{department.name}信息系统", "intangible", place, software - research, SOFTWARE_LIFE, "basic")
        add(f"{department.name}科研软件", "intangible", place, research, SOFTWARE_LIFE, "research")
    cards += devices
    charged = np.full(len(calendar.periods), sum(card.monthly for card in cards), dtype=np.int64)
    return cards + _special(cards, calendar, charged), charged


def device_cards(institution: Institution, calendar: Calendar) -> list[Card]:
    """Cards of the devices whose hours are sent."""
    first = calendar.first_day
    return [
        Card(
            number,
            first,
            name,
            "special_equipment",
            institution.codes.index(home),
            date(first.year - 2, 5, 20),
            DEVICE_PRICES[kind] * 100 * max(institution.beds, 1),
            DEVICE_LIFE,
            "basic",
        )
        for number, name, kind, home in devices_of(institution)
    ]


def _special(cards: list[Card], calendar: Calendar, charged: np.ndarray) -> list[Card]:
    """More versions and cards; what the sold one still charges is added to `charged`."""
    moved = next(card for card in cards if card.category == "special_equipment" and card.funding == "basic")
    other = next(card for card in cards if card.category == "special_equipment" and card.department > moved.department)
    second = date.fromisoformat(f"{calendar.periods[1]}-01")
    old = replace(
        moved, number="ZC-09001", name="旧监护仪", in_use_from=date(calendar.first_day.year - 12, 3, 1), months=60
    )
    sold = replace(moved, number="ZC-09002", name="淘汰彩超", original=1200 * 100 * 120, months=120)
    charged[0] += sold.monthly
    return [
        replace(moved, effective_from=second + timedelta(days=9), department=other.department),
        old,
        sold,
        replace(sold, effective_from=second + timedelta(days=14), disposed_on=second + timedelta(days=14)),
    ]


def _technology(institution: Institution, place: int) -> bool:
    return institution.departments[place].cost_class == "medical_technology"


def _kind_of(institution: Institution, place: int) -> str:
    department = institution.departments[place]
    for function in ("imaging", "lab", "theatre"):
        if function in department.executes:
            return function
    return "clinical" if department.cost_class == "clinical" else "other"
