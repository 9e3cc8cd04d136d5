"""Staff, floor area and work done by day, counted from the encounters where these tell it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tools.his_simulator.charges import ChargeLines
from tools.his_simulator.community import Institution
from tools.his_simulator.encounters import EMERGENCY, OUTPATIENT, Encounters, Stays, bed_plan
from tools.his_simulator.randomness import stream
from tools.his_simulator.scale import Calendar, Scale

COUNTED = {
    "outpatient_visits", "emergency_visits", "open_bed_days", "occupied_bed_days", "registrations", "records_handled",
    "family_doctor_signings",
}  # fmt: skip


@dataclass
class Workloads:
    """Rows of the workloads dataset as columns; quantities in hundredths."""

    department: np.ndarray
    metric: np.ndarray
    day: np.ndarray
    quantity: np.ndarray


def staff_share(institution: Institution, scale: Scale) -> float:
    """Staff against an institution of the county's full size."""
    if institution.kind == "lead_hospital":
        return (scale.hospital_beds / 600) ** 0.8
    if institution.kind == "township_hospital":
        return max(0.35, (institution.beds / 40) ** 0.7)
    return 1.0


def headcounts_of(institution: Institution, scale: Scale, calendar: Calendar, seed: int) -> np.ndarray:
    """Headcount by month and department, with the halves of people who work in two places."""
    rng = stream(seed, institution.code, "staff")
    staff = np.array([department.staff for department in institution.departments]) * staff_share(institution, scale)
    first = np.maximum(np.round(staff * rng.uniform(0.94, 1.06, len(staff)) * 2) / 2, 0.5)
    changes = rng.choice([-0.5, 0.0, 0.0, 0.0, 0.0, 0.5], size=(len(calendar.periods), len(staff)))
    changes[0] = 0
    return np.maximum(first + np.cumsum(changes, axis=0), 0.5)


def areas_of(institution: Institution, scale: Scale) -> np.ndarray:
    """Floor area of each department in square metres."""
    share = (scale.hospital_beds / 600) ** 0.6 if institution.kind == "lead_hospital" else institution.size
    return np.round(np.array([department.area for department in institution.departments]) * share, 2)


def _counted(department: np.ndarray, day: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    counts = np.zeros(shape, dtype=np.int64)
    np.add.at(counts, (department, day), 1)
    return counts


def occupied_bed_days(encounters: Encounters, stays: Stays, shape: tuple[int, int]) -> np.ndarray:
    """Beds occupied at midnight's end of each day: a stay counts from its first day to the day before it ends."""
    department = encounters.department[encounters.stays_from :]
    first = encounters.admitted[encounters.stays_from :] // 1440
    change = np.zeros((shape[0], shape[1] + 1), dtype=np.int64)
    np.add.at(change, (department, first), 1)
    np.add.at(change, (department, np.minimum(first + stays.days, shape[1])), -1)
    return np.cumsum(change, axis=1)[:, :-1]


def workloads_of(
    institution: Institution,
    calendar: Calendar,
    seed: int,
    *,
    encounters: Encounters,
    stays: Stays | None,
    lines: ChargeLines,
) -> Workloads:
    """All metrics of an institution by department and day, without the zeros. Packs, laundry, hours are weekly."""
    rng = stream(seed, institution.code, "workloads")
    shape = (len(institution.departments), calendar.days)
    day = encounters.admitted // 1440
    outpatient, emergency = encounters.kind == OUTPATIENT, encounters.kind == EMERGENCY
    counts = {
        "outpatient_visits": _counted(encounters.department[outpatient], day[outpatient], shape),
        "emergency_visits": _counted(encounters.department[emergency], day[emergency], shape),
    }
    occupied = np.zeros(shape, dtype=np.int64)
    ended = np.zeros(shape, dtype=np.int64)
    if stays is not None:
        from_here = slice(encounters.stays_from, None)
        occupied = occupied_bed_days(encounters, stays, shape)
        last = encounters.discharged[from_here] // 1440
        done = last < calendar.days
        ended = _counted(encounters.department[from_here][done], last[done], shape)
        counts["open_bed_days"] = np.repeat(bed_plan(institution)[:, None], calendar.days, axis=1)
        counts["occupied_bed_days"] = occupied
        counts["records_handled"] = ended
    admissions = np.zeros(shape, dtype=np.int64)
    np.add.at(admissions, (encounters.department, day), 1)
    counts["registrations"] = admissions
    if institution.kind != "village_clinic":
        executed = _counted(lines.executing, lines.minute // 1440, shape)
        technical = np.array([d.cost_class == "medical_technology" for d in institution.departments])
        theatre = np.array(["theatre" in d.executes for d in institution.departments])
        packs = 0.06 * counts["outpatient_visits"] + 0.45 * occupied + 0.9 * executed * theatre[:, None]
        counts["sterile_packs"] = _weekly(packs, calendar)
        counts["laundry_kg"] = _weekly(1.7 * occupied + 0.02 * counts["outpatient_visits"], calendar)
        counts["equipment_hours"] = _weekly(0.15 * executed * technical[:, None], calendar)
    if institution.kind in ("township_hospital", "village_clinic"):
        growing = 1 + np.arange(calendar.days) / 365  # a year doubles what is signed in a week
        signed = _weekly(0.3 * counts["outpatient_visits"] * growing, calendar)
        counts["family_doctor_signings"] = np.round(signed)
    departments, metrics, days, quantities = [], [], [], []
    for metric, count in counts.items():
        department, day = np.nonzero(count)
        quantity = count[department, day] * 100
        if metric not in COUNTED:
            quantity = np.round(quantity * rng.uniform(0.9, 1.1, len(quantity)))
        departments.append(department)
        metrics.append(np.full(len(day), metric.encode(), dtype="S24"))
        days.append(day)
        quantities.append(quantity.astype(np.int64))
    return Workloads(*(np.concatenate(columns) for columns in (departments, metrics, days, quantities)))


def _weekly(daily: np.ndarray, calendar: Calendar) -> np.ndarray:
    """The sum of each week, on its last covered day within the month."""
    days = np.arange(calendar.days)
    closing = (calendar.weekday == 6) | (np.append(np.diff(calendar.month_of_day), 1) > 0)
    week_of_day = np.cumsum(closing) - closing
    last_days = days[closing]
    sums = np.zeros((daily.shape[0], len(last_days)))
    np.add.at(sums.T, week_of_day, daily.T)
    weekly = np.zeros(daily.shape)
    weekly[:, last_days] = np.round(sums, 1)
    return weekly
