"""The institutions of the made-up county and their departments."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import numpy as np

from tools.his_simulator.randomness import stream
from tools.his_simulator.scale import Scale

COMMUNITY_CODE = "C001"
COUNTY = "青澜县"
POPULATION = 500_000
LOCAL_INSURER = ("YB01", f"{COUNTY}医疗保障局")
ELSEWHERE_INSURER = ("YB02", "异地就医结算中心")
LEAD_CODE = "H001"
TOWNSHIP_NAMES = ("柳林", "石桥", "东河", "双塔", "白杨", "青山", "龙泉", "大营", "永安", "河口", "新集", "古城")
VILLAGE_FIRST = ("王", "李", "张", "刘", "陈", "赵", "周", "孙", "马", "胡", "郭", "何", "高", "罗")
VILLAGE_LAST = ("家庄", "家湾", "家坪", "家店", "家岭", "家沟", "家集")


@dataclass(frozen=True)
class Department:
    """A department as the institution's HIS knows it. Staff and area are those of a county of full size."""

    code: str
    name: str
    cost_class: str
    service_mode: str
    visits: float
    """Weight among the institution's outpatient visits."""
    staff: float
    area: float
    pay: float
    """Pay per head against the institution's mean."""
    equipment: float
    """Weight of its equipment for depreciation."""
    executes: tuple[str, ...]


@dataclass(frozen=True)
class Institution:
    """A member of the community."""

    code: str
    name: str
    kind: str
    level: str
    parent: str | None
    beds: int
    region: str
    departments: tuple[Department, ...]
    homes: dict[str, str] = field(hash=False)
    """Name or executing function → code of the department which has it."""
    size: float
    """This institution's volume against the mean of its kind."""

    @property
    def codes(self) -> list[str]:
        return [department.code for department in self.departments]

    def position(self, name: str) -> int:
        """Position in `departments` of a speciality's or function's home."""
        return self.codes.index(self.homes[name])


@cache
def _department_rows() -> tuple[dict[str, str], ...]:
    with (Path(__file__).parent / "departments.csv").open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


def _department(row: dict[str, str]) -> Department:
    return Department(
        code=row["code"],
        name=row["name"],
        cost_class=row["cost_class"],
        service_mode=row["service_mode"],
        visits=float(row["visits"]),
        staff=float(row["staff"]),
        area=float(row["area"]),
        pay=float(row["pay"]),
        equipment=float(row["equipment"]),
        executes=tuple(row["executes"].split()),
    )


def _with(home: Department, part: Department) -> Department:
    """The home once it does the part's work as well."""
    mixed = home.service_mode == "outpatient" and part.service_mode == "mixed"
    return replace(
        home,
        service_mode="mixed" if mixed else home.service_mode,
        visits=home.visits + part.visits,
        staff=home.staff + part.staff,
        area=home.area + part.area,
        equipment=home.equipment + part.equipment,
        executes=(*home.executes, *part.executes),
    )


def _departments(kind: str, full: bool) -> tuple[tuple[Department, ...], dict[str, str]]:
    """The departments of a kind of institution. When not `full`, the smaller ones are part of their small home."""
    kept: dict[str, Department] = {}
    homes: dict[str, str] = {}
    rows = [row for row in _department_rows() if row["kind"] == kind]
    for row in sorted(rows, key=lambda row: not full and bool(row["small_home"])):
        code = row["code"] if full or not row["small_home"] else row["small_home"]
        homes[row["name"]] = code
        department = _department(row)
        homes.update(dict.fromkeys(department.executes, code))
        kept[code] = department if code == department.code else _with(kept[code], department)
    return tuple(kept[code] for code in sorted(kept)), homes


def _township_homes(homes: dict[str, str]) -> dict[str, str]:
    """Where a township hospital treats the specialities that the county hospital has as departments."""
    surgery = {"普外科", "骨科", "泌尿外科", "神经外科", "眼科", "耳鼻喉科"}
    chinese_medicine = {"中医科", "康复医学科"}
    county = {row["name"] for row in _department_rows() if row["kind"] == "lead_hospital" and row["code"][0] == "C"}
    found = {}
    for name in county:
        room = "外科" if name in surgery else "中医科" if name in chinese_medicine else "内科"
        found[name] = homes[room]
    return {**found, **homes}


def build_community(scale: Scale, seed: int) -> list[Institution]:
    """All institutions, the lead hospital first, then townships, then clinics, in the order of their codes."""
    rng = stream(seed, "community")
    departments, homes = _departments("lead_hospital", scale.full_departments)
    institutions = [
        Institution(
            LEAD_CODE, f"{COUNTY}人民医院", "lead_hospital", "二级甲等", None, scale.hospital_beds, "城关镇",
            departments, homes, 1.0,
        )
    ]  # fmt: skip
    departments, homes = _departments("township_hospital", scale.full_departments)
    homes = _township_homes(homes)
    for i in range(scale.townships):
        region = f"{TOWNSHIP_NAMES[i]}镇"
        size = float(np.round(rng.uniform(0.8, 1.2), 3))
        beds = max(8, round(scale.township_beds * size))
        level = "一级甲等" if i % 3 == 0 else "一级乙等"
        institutions.append(
            Institution(
                f"T{i + 1:03d}", f"{COUNTY}{region}卫生院", "township_hospital", level, LEAD_CODE, beds, region,
                departments, homes, size,
            )
        )  # fmt: skip
    for i in range(scale.clinics):
        township = institutions[1 + i % scale.townships]
        departments, homes = _departments("village_clinic", True)
        if i % 2:  # a clinic without a pharmacy of its own hands out drugs in its one room
            departments = tuple(department for department in departments if department.code == "C01")
            homes = dict.fromkeys(homes, "C01")
        village = VILLAGE_FIRST[i % len(VILLAGE_FIRST)] + VILLAGE_LAST[i // len(VILLAGE_FIRST) % len(VILLAGE_LAST)]
        size = float(np.round(rng.uniform(0.6, 1.4), 3))
        institutions.append(
            Institution(
                f"V{i + 1:03d}", f"{township.region}{village}村卫生室", "village_clinic", "未定级", township.code, 0,
                township.region, departments, homes, size,
            )
        )  # fmt: skip
    return institutions


def describe(institutions: list[Institution], first_period: str, until: str) -> dict[str, object]:
    """What alliance.json tells: the master data that must exist before the first batch is posted."""
    return {
        "code": COMMUNITY_CODE,
        "name": f"{COUNTY}紧密型县域医疗卫生共同体",
        "population": POPULATION,
        "institutions": [
            {name: getattr(institution, name) for name in ("code", "name", "kind", "level", "parent", "beds", "region")}
            for institution in institutions
        ],
        "insurers": [{"code": code, "name": name} for code, name in (LOCAL_INSURER, ELSEWHERE_INSURER)],
        "first_period": first_period,
        "until": until,
    }
