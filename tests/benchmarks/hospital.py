"""Hospitals of equal size for measurements: departments, items, encounters, charge lines. No chance is involved."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from ops_platform.his_intake.datasets.catalogue import COST_ITEMS, DATASETS
from ops_platform.his_intake.models import Batch, ChargeLine, DatasetMonth, Encounter
from ops_platform.his_intake.services.gate import lock_intake
from ops_platform.kernel import Period
from ops_platform.kernel.actor import PLATFORM
from ops_platform.masterdata.models import ChargeItem, Department, Institution
from ops_platform.masterdata.services import load_alliance
from ops_platform.orm.bulk import copy_rows
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
    _send_costs(institution, period, size)
    rows = charge_rows(institution, period, size)
    for start in range(0, len(rows), BATCH_ROWS):
        trade.landed(institution, "charge-lines", rows[start : start + BATCH_ROWS])
    trade.landed(institution, "discharge-abstracts", list(_abstracts(rows)))


def send_ground(institution: Institution, period: Period, size: Size) -> None:
    """Departments, items and encounters, one in ten of them a stay, through the gate."""
    _send_codes(institution, period, size)
    visits = _visits(institution, period, size)
    for start in range(0, len(visits), BATCH_ROWS):
        trade.landed(institution, "encounters", visits[start : start + BATCH_ROWS])


@transaction.atomic
def load_month(institution: Institution, period: Period, size: Size) -> None:
    """The same as `send_month`, but what is large by COPY past the gate, each dataset as one batch with its marks."""
    _send_codes(institution, period, size)
    _send_costs(institution, period, size)
    departments = dict(Department.objects.filter(institution=institution).values_list("code", "id"))
    items = dict(ChargeItem.objects.filter(institution=institution).values_list("code", "id"))
    visits = _visits(institution, period, size)
    with connection.cursor() as cursor:
        cursor.execute("SELECT his_intake_ensure_month(%s)", [period.first_day])
        cursor.execute("SELECT nextval('his_intake_encounter_entity_seq') FROM generate_series(1, %s)", [len(visits)])
        entities = {visit["encounter_no"]: entity for visit, (entity,) in zip(visits, cursor.fetchall(), strict=True)}
    load = partial(_load, institution, period)
    load(
        "encounters",
        [
            {**visit, "entity": entities[visit["encounter_no"]], "department_id": departments[visit["department"]]}
            for visit in visits
        ],
        "entity encounter_no kind patient department_id admitted discharged scheme",
    )
    lines = charge_rows(institution, period, size)
    load(
        "charge-lines",
        [
            {
                **line,
                "encounter": entities[line["encounter_no"]],
                "item_id": items[str(line["item"])],
                "ordering_department_id": departments[str(line["ordering_department"])],
                "executing_department_id": departments[str(line["executing_department"])],
                "month": period.first_day,
            }
            for line in lines
        ],
        "encounter line_no item_id ordering_department_id executing_department_id quantity price amount charged_at"
        " insured_amount refund_of month",
    )
    load(
        "discharge-abstracts",
        [
            {**row, "encounter": entities[row["encounter_no"]], "diagnoses": f"{{{','.join(row['diagnoses'])}}}"}
            for row in _abstracts(lines)
        ],
        "encounter diagnoses sex age stay_days leaving_type total_charges",
    )


@transaction.atomic
def repeat_month(institution: Institution, period: Period, turns: range) -> None:
    """Add the encounters and charge lines that `load_month` wrote once more for every turn, as other encounters."""
    given = {"institution": institution.pk, "original": f"{institution.code}-_______", "turns": list(turns)}
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE repeated ON COMMIT DROP AS SELECT entity AS old, turn,"
            " nextval('his_intake_encounter_entity_seq') AS new FROM his_intake_encounter, unnest(%(turns)s) turn"
            " WHERE institution_id = %(institution)s AND encounter_no LIKE %(original)s",
            given,
        )
        _repeat(cursor, Encounter, "f.entity", {"entity": "r.new", "encounter_no": "f.encounter_no || '+' || r.turn"})
        _repeat(cursor, ChargeLine, f"f.month = '{period.first_day}' AND f.encounter", {"encounter": "r.new"})


def _repeat(cursor: Any, model: Any, joined: str, changed: dict[str, str]) -> None:
    names = [field.column for field in model._meta.concrete_fields if not field.primary_key]
    values = ", ".join(changed.get(name, f"f.{name}") for name in names)
    cursor.execute(
        f"INSERT INTO {model._meta.db_table} ({', '.join(names)})"
        f" SELECT {values} FROM {model._meta.db_table} f JOIN repeated r ON {joined} = r.old"
    )


def _load(institution: Institution, period: Period, dataset: str, rows: Sequence[dict[str, Any]], columns: str) -> None:
    """COPY rows into the table of a dataset, as the next batch of the institution. Naive times are local ones."""
    state = lock_intake(institution)
    state.last_sequence += 1
    state.save(update_fields=["last_sequence"])
    batch = Batch.objects.create(
        institution=institution,
        dataset=dataset,
        batch_no="loaded",
        sequence=state.last_sequence,
        source=Batch.Source.API,
        digest="",
        sender=PLATFORM.name,
        received_at=timezone.now(),
        rows=len(rows),
        landed=len(rows),
        superseded=0,
        unchanged=0,
        retracted=0,
        quarantined=0,
        months=[str(period)],
    )
    DatasetMonth.objects.create(
        institution=institution,
        dataset=dataset,
        month=str(period),
        sequence=batch.sequence,
        touched_at=batch.received_at,
    )
    names = columns.split()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL TIME ZONE 'Asia/Shanghai'")
        copy_rows(
            DATASETS[dataset].model,
            ["institution_id", "batch_id", "sequence", "row_no", *names],
            (
                (institution.pk, batch.pk, batch.sequence, number, *(row.get(name) for name in names))
                for number, row in enumerate(rows, start=1)
            ),
        )


def _send_codes(institution: Institution, period: Period, size: Size) -> None:
    since = str(period.first_day)
    trade.landed(
        institution,
        "departments",
        [trade.department(f"D{n:03d}", cost_class(n), since=since) for n in range(size.departments)],
    )
    trade.landed(
        institution, "charge-items", [{**trade.item(f"I{n:05d}"), "effective_from": since} for n in range(size.items)]
    )


def _send_costs(institution: Institution, period: Period, size: Size) -> None:
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


def _visits(institution: Institution, period: Period, size: Size) -> list[dict[str, Any]]:
    return [
        trade.visit(
            f"{institution.code}-{n:07d}",
            f"D{clinical(n, size):03d}",
            f"{day_of(period, n)}T08:00:00",
            **({"kind": "inpatient", "discharged": f"{day_of(period, n)}T20:00:00"} if is_stay(n) else {}),
        )
        for n in range(size.encounters)
    ]


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


def _abstracts(lines: Sequence[dict[str, str | int]]) -> Iterator[dict[str, Any]]:
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
