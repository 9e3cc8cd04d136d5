"""Outpatient visits and inpatient stays of one institution over all days covered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypedDict

import numpy as np

from tools.his_simulator.case_mix import CHRONIC_DIAGNOSES, DiseaseGroup, disease_groups
from tools.his_simulator.community import ELSEWHERE_INSURER, LOCAL_INSURER, POPULATION, Institution
from tools.his_simulator.randomness import stream
from tools.his_simulator.scale import Calendar, Scale
from tools.his_simulator.text_columns import packed, serials

OUTPATIENT, EMERGENCY, INPATIENT = 0, 1, 2
KINDS = np.array([b"outpatient", b"emergency", b"inpatient"])
SCHEMES = np.array([b"employee", b"resident", b"elsewhere", b"maternity", b"work_injury", b"self_pay"])
EMPLOYEE, RESIDENT, ELSEWHERE, MATERNITY, WORK_INJURY, SELF_PAY = range(6)
INSURER_OF_SCHEME = np.array(
    [LOCAL_INSURER[0], LOCAL_INSURER[0], ELSEWHERE_INSURER[0], LOCAL_INSURER[0], LOCAL_INSURER[0], ""], dtype="S"
)
SCHEME_SHARES = {
    "lead_hospital": (0.29, 0.54, 0.05, 0.0, 0.008, 0.112),
    "township_hospital": (0.10, 0.79, 0.01, 0.0, 0.005, 0.095),
    "village_clinic": (0.04, 0.88, 0.0, 0.0, 0.0, 0.08),
}
VISIT_WEEKDAYS = np.array([1.22, 1.1, 1.06, 1.04, 1.05, 0.85, 0.68])
ADMISSION_WEEKDAYS = np.array([1.2, 1.1, 1.08, 1.05, 1.0, 0.82, 0.75])
DAY_CASE_CHARGE = 0.75
"""Of what an ordinary stay of the group charges."""
DAYS_BEFORE = 60
"""Stays begun up to so many days before the first covered day still fill the wards on that day."""


@dataclass
class Encounters:
    """All encounters, visits first, then stays, each ordered by time. Times are minutes from the first covered day."""

    number: np.ndarray
    kind: np.ndarray
    department: np.ndarray
    """Position among the institution's departments."""
    admitted: np.ndarray
    discharged: np.ndarray
    """Of a stay also when it lies after the last covered day."""
    scheme: np.ndarray
    patient: np.ndarray
    doctor: np.ndarray
    stays_from: int
    """Position of the first stay."""

    def __len__(self) -> int:
        return len(self.kind)

    def only(self, kept: np.ndarray) -> Encounters:
        """The encounters chosen by a mask that keeps every stay."""
        columns = ("number", "kind", "department", "admitted", "discharged", "scheme", "patient", "doctor")
        stays_from = int(kept[: self.stays_from].sum())
        return Encounters(**{name: getattr(self, name)[kept] for name in columns}, stays_from=stays_from)


@dataclass
class Stays:
    """What only stays have, in the order of the encounters from `stays_from` on."""

    group: np.ndarray
    severity: np.ndarray
    days: np.ndarray
    charge_target: np.ndarray
    """Yuan that the stay would charge at a mean course."""
    sex: np.ndarray
    age: np.ndarray
    age_days: np.ndarray
    """-1 unless younger than one year; weight likewise."""
    weight: np.ndarray
    leaving: np.ndarray
    diagnoses: list[bytes]
    procedures: list[bytes]

    def __len__(self) -> int:
        return len(self.group)


class Personal(TypedDict):
    """The columns of `Stays` that tell who is treated."""

    sex: np.ndarray
    age: np.ndarray
    age_days: np.ndarray
    weight: np.ndarray
    leaving: np.ndarray
    diagnoses: list[bytes]
    procedures: list[bytes]


def _winter(month_number: np.ndarray) -> np.ndarray:
    """1 in January, about -0.5 in July."""
    return 0.25 + 0.75 * np.cos((month_number - 1) * np.pi / 6)


def _shares(institution: Institution) -> np.ndarray:
    name = "share_county" if institution.kind == "lead_hospital" else "share_township"
    shares = np.array([getattr(group, name) for group in disease_groups()])
    return shares / shares.sum()


def bed_plan(institution: Institution) -> np.ndarray:
    """Open beds of every department, shared out by the load that the case mix brings."""
    load = np.zeros(len(institution.departments))
    if institution.beds:
        for group, share in zip(disease_groups(), _shares(institution), strict=True):
            load[institution.position(group.department)] += share * group.mean_stay
        load = np.ceil(load / load.sum() * institution.beds)
    return load.astype(np.int64)


def _scheme(rng: np.random.Generator, institution: Institution, count: int) -> np.ndarray:
    return rng.choice(6, size=count, p=SCHEME_SHARES[institution.kind]).astype(np.int8)


def _monthly_visits(institution: Institution, scale: Scale) -> float:
    volume = {
        "lead_hospital": scale.hospital_visits,
        "township_hospital": scale.township_visits,
        "village_clinic": scale.clinic_visits,
    }
    return volume[institution.kind] * institution.size


def _visits(institution: Institution, scale: Scale, calendar: Calendar, seed: int) -> dict[str, np.ndarray]:
    rng = stream(seed, institution.code, "visits")
    per_day = _monthly_visits(institution, scale) / 30.4
    season = 1 + 0.14 * _winter(calendar.month_number)
    counts = rng.poisson(per_day * VISIT_WEEKDAYS[calendar.weekday] * season)
    day = np.repeat(np.arange(calendar.days), counts)
    weights = np.array([department.visits for department in institution.departments])
    department = rng.choice(len(weights), size=len(day), p=weights / weights.sum()).astype(np.int16)
    emergency = np.zeros(len(day), dtype=bool)
    if institution.kind == "lead_hospital":
        emergency = department == institution.position("急诊科")
    minute = np.where(emergency, rng.integers(0, 1200, len(day)), rng.integers(480, 1050, len(day)))
    admitted = day * 1440 + minute
    order = np.argsort(admitted, kind="stable")
    # everybody may see the county hospital; a township or a village sees its own people
    first, people = 0, POPULATION
    if institution.kind != "lead_hospital":
        people = 40_000 if institution.kind == "township_hospital" else 4_000
        first = int(rng.integers(0, POPULATION - people))
    return {
        "department": department[order],
        "admitted": admitted[order],
        "kind": np.where(emergency[order], EMERGENCY, OUTPATIENT).astype(np.int8),
        "scheme": _scheme(rng, institution, len(day)),
        "patient": first + (people * rng.random(len(day)) ** 1.6).astype(np.int64),
    }


def _diagnosis_texts(
    rng: np.random.Generator, groups: list[DiseaseGroup], severity: np.ndarray
) -> tuple[list[bytes], list[bytes]]:
    """Diagnoses and procedures in order, joined by a bar."""
    picks = rng.random((len(groups), 5)).tolist()
    diagnoses, procedures = [], []
    for group, level, pick in zip(groups, severity.tolist(), picks, strict=True):
        first = int(pick[0] ** 2 * len(group.dx))
        codes = [group.dx[first]]
        if level == 2:
            codes.append(group.mcc[int(pick[1] * len(group.mcc))])
        if level == 1 or (level == 2 and group.cc and pick[2] < 0.5):
            codes.append(group.cc[int(pick[3] * len(group.cc))])
        if group.age_mean > 35 and pick[4] < 0.6:
            chronic = CHRONIC_DIAGNOSES[int(pick[4] / 0.6 * len(CHRONIC_DIAGNOSES))]
            codes.append(chronic)
        diagnoses.append("|".join(dict.fromkeys(codes)).encode())
        # as many procedures as diagnoses belong together: a hip for the hip's fracture, a knee for the knee's arthrosis
        paired = len(group.proc) == len(group.dx)
        done = group.proc[first if paired else int(pick[2] * len(group.proc))] if group.proc else ""
        procedures.append(done.encode())
    return diagnoses, procedures


def _readmissions(
    rng: np.random.Generator, group: np.ndarray, admitted: np.ndarray, discharged: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Pairs (later, earlier) of stays in one disease group that are made the same person's."""
    order = np.lexsort((admitted, group))
    earlier, later = order[:-3], order[3:]
    fits = (group[earlier] == group[later]) & (discharged[earlier] + 1440 < admitted[later])
    fits &= rng.random(len(fits)) < 0.07
    # a chain of three would need an order of filling; leave out pairs whose earlier stay is itself a readmission
    fits &= ~np.isin(earlier, later[fits])
    return later[fits], earlier[fits]


def _inpatients(
    rng: np.random.Generator,
    institution: Institution,
    group: np.ndarray,
    severity: np.ndarray,
    *,
    admitted: np.ndarray,
    discharged: np.ndarray,
) -> tuple[Personal, np.ndarray, np.ndarray]:
    """Who is treated: the personal columns of the stays, then schemes and patients."""
    groups = disease_groups()
    count = len(group)
    age_mean, age_sd = (np.array([getattr(each, name) for each in groups])[group] for name in ("age_mean", "age_sd"))
    of_group = [groups[i] for i in group.tolist()]
    neonatal = np.array([group.neonatal for group in groups])[group]
    sex = np.where(rng.random(count) < 0.52, 1, 2)
    fixed_sex = np.array([int(group.sex or 0) for group in groups])[group]
    sex = np.where(fixed_sex > 0, fixed_sex, sex)
    age = np.round(rng.normal(age_mean, age_sd))
    age = np.where(neonatal, 0, np.clip(age, 1, 96)).astype(np.int64)
    leaving = rng.choice([1, 1, 1, 1, 1, 1, 1, 1, 3, 4], size=count)
    leaving = np.where((severity == 2) & (rng.random(count) < 0.05), 5, leaving)
    leaving = np.where(rng.random(count) < 0.012, 2, leaving)
    patient = 10_000_000 * (1 + int.from_bytes(institution.code.encode(), "big") % 9_973) + np.arange(count)
    later, earlier = _readmissions(rng, group, admitted, discharged)
    for values in (patient, sex, age):
        values[later] = values[earlier]
    leaving[earlier] = np.where(leaving[earlier] == 5, 1, leaving[earlier])
    diagnoses, procedures = _diagnosis_texts(rng, of_group, severity)
    scheme = _scheme(rng, institution, count)
    obstetric = np.array([group.group.startswith("O") for group in groups])[group]
    scheme = np.where(obstetric & (scheme == EMPLOYEE), MATERNITY, scheme)
    personal = Personal(
        sex=sex,
        age=age,
        age_days=np.where(neonatal, rng.integers(2, 15, count), -1),
        weight=np.where(neonatal, rng.integers(2600, 4100, count), -1),
        leaving=leaving,
        diagnoses=diagnoses,
        procedures=procedures,
    )
    return personal, scheme, patient


def _day_cases(institution: Institution, seed: int, group: np.ndarray, severity: np.ndarray) -> np.ndarray:
    """Which stays are day surgery (日间手术)."""
    shares = np.array([each.day_share for each in disease_groups()])[group]
    rng = stream(seed, institution.code, "day cases")
    return (severity == 0) & (rng.random(len(group)) < shares)


def _stays(
    institution: Institution, scale: Scale, calendar: Calendar, seed: int
) -> tuple[dict[str, np.ndarray], Stays]:
    rng = stream(seed, institution.code, "stays")
    groups = disease_groups()
    lead = institution.kind == "lead_hospital"
    monthly = scale.hospital_discharges if lead else scale.township_discharges * institution.size
    span = np.arange(-DAYS_BEFORE, calendar.days)
    known = np.clip(span, 0, None)
    weekday = np.where(span < 0, span % 7, calendar.weekday[known])
    per_day = monthly / 30.4 * ADMISSION_WEEKDAYS[weekday] * (1 + 0.06 * _winter(calendar.month_number[known]))
    day = np.repeat(span, rng.poisson(per_day))
    month = calendar.month_of_day[np.clip(day, 0, None)]
    group = np.zeros(len(day), dtype=np.int16)
    factors = np.array([group.winter_factor for group in groups])
    for number in range(len(calendar.periods)):
        winter = _winter(calendar.month_number[calendar.days_of(number)[0]])
        chances = _shares(institution) * np.clip(1 + (factors - 1) * winter, 0.2, None)
        here = month == number
        group[here] = rng.choice(len(groups), size=int(here.sum()), p=chances / chances.sum())
    column = {
        name: np.array([getattr(group, name) for group in groups])
        for name in ("mean_stay", "cc_probability", "mcc_probability", "mean_charge_none")
    }
    draw = rng.random(len(day))
    with_mcc = column["mcc_probability"][group] * (1.0 if lead else 0.3)
    severity = np.where(draw < with_mcc, 2, np.where(draw < with_mcc + column["cc_probability"][group], 1, 0))
    length = column["mean_stay"][group] * (1 + 0.18 * severity) * np.exp(rng.normal(-0.06, 0.35, len(day)))
    length = np.clip(np.round(length), 1, 90).astype(np.int64)
    weights = np.array([group.relative_weight for group in groups])[group]
    target = column["mean_charge_none"][group] * weights[np.arange(len(day)), severity] / weights[:, 0]
    target *= np.exp(rng.normal(-0.04, 0.28, len(day))) * (1.0 if lead else 0.52)
    unusual = rng.random(len(day))
    target *= np.where(unusual < 0.018, 2.9, np.where(unusual > 0.985, 0.3, 1.0))

    start = day * 1440 + rng.integers(30, 1230, len(day))
    end = (day + length) * 1440 + rng.integers(540, 1020, len(day))
    if lead:
        day_case = _day_cases(institution, seed, group, severity) & (day >= 0)
        # in at eight, home before the same hour of the next day
        start = np.where(day_case, day * 1440 + 480 + start % 60, start)
        end = np.where(day_case, (day + 1) * 1440 + 400 + end % 60, end)
        target = np.where(day_case, target * DAY_CASE_CHARGE, target)
    kept = end >= 1440
    before = kept & (day < 0)
    remaining = np.where(before, (day + length) / length, 1.0)
    start = np.where(before, rng.integers(30, 400, len(day)), start)
    order = np.flatnonzero(kept)[np.argsort(start[kept], kind="stable")]
    group, severity, start, end = group[order], severity[order], start[order], end[order]
    target = (target * remaining)[order]
    persons, scheme, patient = _inpatients(rng, institution, group, severity, admitted=start, discharged=end)
    homes = np.array([institution.position(group.department) for group in groups])
    stays = Stays(
        group=group,
        severity=severity,
        days=end // 1440 - start // 1440,
        charge_target=target,
        **persons,
    )
    columns = {
        "department": homes[group].astype(np.int16),
        "admitted": start,
        "discharged": end,
        "kind": np.full(len(group), INPATIENT, dtype=np.int8),
        "scheme": scheme,
        "patient": patient,
    }
    return columns, stays


def _numbers(letter: str, admitted: np.ndarray, calendar: Calendar) -> np.ndarray:
    """Letter, year and month, and a serial in the order of time."""
    if not len(admitted):
        return np.zeros(0, dtype="S11")
    month = calendar.month_of_day[admitted // 1440]
    first = np.searchsorted(month, np.arange(len(calendar.periods)))
    prefix = np.array([f"{letter}{period[2:4]}{period[5:]}" for period in calendar.periods], dtype="S5")
    return packed(serials(prefix[month], np.arange(len(month)) - first[month] + 1, 6))


def encounters_of(
    institution: Institution, scale: Scale, calendar: Calendar, seed: int
) -> tuple[Encounters, Stays | None]:
    """All encounters of an institution, and its stays when it has beds."""
    visits = _visits(institution, scale, calendar, seed)
    visits["discharged"] = np.full(len(visits["kind"]), -1)
    parts, stays = [visits], None
    numbers = [_numbers("O", visits["admitted"], calendar)]
    if institution.beds:
        columns, stays = _stays(institution, scale, calendar, seed)
        parts.append(columns)
        numbers.append(_numbers("I", columns["admitted"], calendar))
    joined = {name: np.concatenate([part[name] for part in parts]) for name in visits}
    rng = stream(seed, institution.code, "doctors")
    teams = np.array([max(1, round(department.staff / 4)) for department in institution.departments])
    institution_number = int.from_bytes(institution.code.encode(), "big") % 99_991
    member = (rng.random(len(joined["kind"])) * teams[joined["department"]]).astype(np.int64)
    joined["doctor"] = institution_number * 10_000 + joined["department"].astype(np.int64) * 100 + member
    return Encounters(number=np.concatenate(numbers), **joined, stays_from=len(visits["kind"])), stays
