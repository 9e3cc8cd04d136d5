"""Hours by post of the hospitals: fixed rosters with some flexible hours, nurses lent to other wards, and in the county
hospital a multidisciplinary team."""

from collections.abc import Iterator

import numpy as np

from tools.his_simulator.community import LEAD_CODE, Department, Institution
from tools.his_simulator.randomness import stream
from tools.his_simulator.scale import Calendar
from tools.his_simulator.writer import Table

FIELDS = (
    "roster", "period", "department", "home", "post", "category", "established", "people", "hours", "flexible", "team",
)  # fmt: skip
POSTS = {
    # class of the department: (post, category, share of its people)
    "clinical": (("医师岗", "physician", 0.4), ("责任护士岗", "nurse", 0.6)),
    "medical_technology": (("技师岗", "technician", 1.0),),
    "medical_support": (("后勤保障岗", "other", 1.0),),
    "administration": (("管理岗", "other", 1.0),),
}
HOURS, WORKING = 8, 5 / 7
LENT, MOST_FLEXIBLE = 0.06, 0.14
"""Share of a ward's nursing hours that the next ward's nurses do; most of the hours that are flexible."""
TEAM, TEAM_SIZE, TEAM_HOURS = "疑难肿瘤多学科团队", 4, (10, 26)
Row = tuple[str, ...]


def rosters_of(institution: Institution, calendar: Calendar, seed: int, month: int, headcounts: np.ndarray) -> Table:
    """The records of a month; none of clinics."""
    rows = list(_rows(institution, calendar, seed, month, headcounts[month])) if institution.beds else []
    columns = zip(*rows, strict=True) if rows else ((),) * len(FIELDS)
    return {
        name: np.array([value.encode() for value in column], dtype="S")
        for name, column in zip(FIELDS, columns, strict=True)
    }


def _rows(institution: Institution, calendar: Calendar, seed: int, month: int, headcounts: np.ndarray) -> Iterator[Row]:
    period = calendar.periods[month]
    rng = stream(seed, institution.code, "rosters", period)
    each = HOURS * len(calendar.days_of(month)) * WORKING
    wards = [one.code for one in institution.departments if one.cost_class == "clinical"]
    for place, (department, heads) in enumerate(zip(institution.departments, headcounts, strict=True)):
        for at, (post, category, share) in enumerate(POSTS[department.cost_class]):
            people = max(round(float(heads) * share, 1), 0.1)
            flexible = people * each * float(rng.uniform(0, MOST_FLEXIBLE))
            number = f"PB{period.replace('-', '')}{place:03d}{at}"
            named = (period, department.code)
            yield (
                number,
                *named,
                "",
                post,
                category,
                f"{np.ceil(people):.0f}",
                *_worked(people, people * each, flexible),
                "",
            )
            if category == "nurse" and department.code in wards and len(wards) > 1:
                lender = wards[(wards.index(department.code) + 1) % len(wards)]
                hours = people * each * LENT
                yield f"{number}Z", *named, lender, post, category, "", *_worked(people * LENT, hours, hours), ""
    if institution.code == LEAD_CODE:
        yield from _team(institution.departments, period, rng)


def _team(departments: tuple[Department, ...], period: str, rng: np.random.Generator) -> Iterator[Row]:
    """Physicians of several wards, who meet in the first of them."""
    wards = [one.code for one in departments if one.cost_class == "clinical"][:TEAM_SIZE]
    for at, home in enumerate(wards):
        hours = float(rng.integers(*TEAM_HOURS))
        worked = _worked(1, hours, hours)
        yield (
            f"PB{period.replace('-', '')}T{at}",
            period,
            wards[0],
            home if at else "",
            "会诊医师岗",
            "physician",
            "",
            *worked,
            TEAM,
        )


def _worked(people: float, hours: float, flexible: float) -> tuple[str, str, str]:
    return f"{people:.2f}", f"{hours:.2f}", f"{min(flexible, hours):.2f}"
