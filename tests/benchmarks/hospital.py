"""Hospitals of equal size for measurements: departments, items, encounters, charge lines. No chance is involved."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ops_platform.his_intake.datasets.catalogue import COST_ITEMS
from ops_platform.kernel import Period
from ops_platform.kernel.actor import PLATFORM
from ops_platform.masterdata.models import Institution
from ops_platform.masterdata.services import load_alliance
from tests.support import trade

BATCH_ROWS = 10_000
DIAGNOSES = ("I63.900", "G45.900", "I61.900x002", "G40.900")  # in the demo scheme
LINES_PER_ENCOUNTER = 25  # as in 5 M lines of 200 k encounters, ../shared/performance.md
SERVICE_CLASSES = ("administration", "medical_support", "medical_technology")
TECHNICAL = 10


@dataclass(frozen=True, slots=True)
class Size:
    """How large each hospital is."""

    departments: int = 50
    items: int = 2_000
    encounters: int = 4_000


def build(codes: Sequence[str], period: Period) -> list[Institution]:
    """The alliance of these hospitals, beginning with the period."""
    load_alliance(
        PLATFORM,
        {
            "code": "BENCH",
            "name": "测量用医共体",
            "first_period": str(period),
            "institutions": [
                {"code": code, "name": f"测量用医院{code}", "kind": "lead_hospital", "beds": 300} for code in codes
            ],
        },
    )
    return list(Institution.objects.filter(code__in=codes).order_by("code"))


def send_month(institution: Institution, period: Period, size: Size) -> None:
    """Everything that the nightly run reads of a month, through the gate."""
    send_ground(institution, period, size)
    everybody = [f"D{n:03d}" for n in range(size.departments)]
    trade.landed(
        institution,
        "staff-headcounts",
        [{"department": code, "period": str(period), "headcount": "12.00"} for code in everybody],
    )
    trade.landed(
        institution,
        "cost-entries",
        [
            trade.cost(f"{item}-{code}", code, yuan(1_000_000 + 977 * n), item, str(period.last_day))
            for item, _ in COST_ITEMS
            for n, code in enumerate(everybody)
        ],
    )
    rows = charge_rows(institution, period, size)
    for start in range(0, len(rows), BATCH_ROWS):
        trade.landed(institution, "charge-lines", rows[start : start + BATCH_ROWS])
    trade.landed(institution, "discharge-abstracts", list(_abstracts(rows)))


def send_ground(institution: Institution, period: Period, size: Size) -> None:
    """Departments, items and encounters, one in ten of them a stay, through the gate."""
    since = str(period.first_day)
    trade.landed(
        institution,
        "departments",
        [trade.department(f"D{n:03d}", cost_class(n), since=since) for n in range(size.departments)],
    )
    trade.landed(
        institution, "charge-items", [{**trade.item(f"I{n:05d}"), "effective_from": since} for n in range(size.items)]
    )
    visits = [
        trade.visit(
            f"{institution.code}-{n:07d}",
            f"D{clinical(n, size):03d}",
            f"{day_of(period, n)}T08:00:00",
            **({"kind": "inpatient", "discharged": f"{day_of(period, n)}T20:00:00"} if is_stay(n) else {}),
        )
        for n in range(size.encounters)
    ]
    for start in range(0, len(visits), BATCH_ROWS):
        trade.landed(institution, "encounters", visits[start : start + BATCH_ROWS])


def is_stay(visit: int) -> bool:
    """Whether the encounter is a stay in hospital."""
    return visit % 10 == 0


def cost_class(number: int) -> str:
    """Of ten departments each, three serve the others, one of each class."""
    return SERVICE_CLASSES[number % 10] if number % 10 < len(SERVICE_CLASSES) else "clinical"


def clinical(number: int, size: Size) -> int:
    """A clinical department."""
    department = number % size.departments
    return department if cost_class(department) == "clinical" else (department // 10) * 10 + 3 + number % 7


def day_of(period: Period, number: int) -> date:
    """A day of the month."""
    return period.first_day.replace(day=1 + number % 28)


def charge_rows(institution: Institution, period: Period, size: Size) -> list[dict[str, str | int]]:
    """The charge lines of the encounters, in the form in which a HIS sends them; one in a hundred is a refund."""
    rows: list[dict[str, str | int]] = []
    for visit in range(size.encounters):
        day, ordering = day_of(period, visit), f"D{clinical(visit, size):03d}"
        for line in range(1, LINES_PER_ENCOUNTER + 1):
            number = visit * LINES_PER_ENCOUNTER + line
            is_refund = number % 100 == 0
            count = 1 + number % 3
            cents = 100 + number * 37 % 90_000
            sign = "-" if is_refund else ""
            row: dict[str, str | int] = {
                "encounter_no": f"{institution.code}-{visit:07d}",
                "line_no": line,
                "item": f"I{number * 7 % size.items:05d}",
                "ordering_department": ordering,
                "executing_department": f"D{2 + number % (size.departments // 10) * 10:03d}" if line % 2 else ordering,
                "quantity": f"{sign}{count}",
                "price": yuan(cents),
                "amount": f"{sign}{yuan(cents * count)}",
                "charged_at": f"{day}T{8 + line % 10:02d}:{number % 60:02d}:00",
                "insured_amount": f"{sign}{yuan(cents * count * 7 // 10)}",
            }
            if is_refund:
                row["refund_of"] = line - 1
            rows.append(row)
    return rows


def _abstracts(lines: Sequence[dict[str, str | int]]) -> Iterator[dict[str, object]]:
    """The front pages of the stays, each with the total of its charge lines."""
    totals: dict[str, Decimal] = defaultdict(Decimal)
    for line in lines:
        totals[str(line["encounter_no"])] += Decimal(line["amount"])
    for number, (encounter, total) in enumerate(totals.items()):
        if is_stay(number):
            yield {
                "encounter_no": encounter,
                "diagnoses": [DIAGNOSES[number // 10 % len(DIAGNOSES)], "I10.x00"],
                "sex": "1",
                "age": 40 + number % 40,
                "stay_days": 1,
                "leaving_type": "1",
                "total_charges": str(total),
            }


def yuan(fen: int) -> str:
    """12.30"""
    return f"{fen // 100}.{fen % 100:02d}"
