"""Reading facts as of a sequence: sums in SQL, and columns for the engines by binary COPY."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO

import numpy as np
from django.db import connection
from django.db.models import Q

from ops_platform.his_intake.datasets.catalogue import DATASETS
from ops_platform.his_intake.models import Batch, DatasetMonth, IntakeState
from ops_platform.kernel import Period, digest_of
from ops_platform.masterdata.models import Institution


@dataclass(frozen=True, slots=True)
class InputStamp:
    """What a run reads: the institution's sequence at that moment, and a digest that changes only when facts of the
    month (or timeless ones) do."""

    sequence: int
    digest: str


def last_sequence(institution: Institution) -> int:
    """The sequence of the institution's newest batch; 0 before the first one."""
    state = IntakeState.objects.filter(institution=institution).first()
    return state.last_sequence if state else 0


def input_stamp(
    institution: Institution, period: Period, datasets: Sequence[str] = (), *, from_start: bool = False
) -> InputStamp:
    """Stamp of the facts of a month (`from_start`: of all months until it), of all datasets or only of those named."""
    touched = DatasetMonth.objects.filter(institution=institution, month__lte=str(period))
    if not from_start:
        touched = touched.filter(month__in=["", str(period)])
    if datasets:
        touched = touched.filter(dataset__in=datasets)
    rows = [list(row) for row in touched.order_by("dataset", "month").values_list("dataset", "month", "sequence")]
    return InputStamp(sequence=last_sequence(institution), digest=digest_of(rows))


@dataclass(frozen=True, slots=True)
class BatchBetween:
    """A batch that came in between two moments and changed something that a run reads."""

    dataset: str
    title: str
    id: int
    batch_no: str
    received_at: datetime
    landed: int
    superseded: int
    retracted: int


def batches_between(
    institution: Institution, period: Period, datasets: Sequence[str], *, after: int, up_to: int
) -> list[BatchBetween]:
    """Batches of these datasets with sequence > `after` and <= `up_to` that changed facts of the month, or timeless
    ones; in the order of the datasets, then of their coming."""
    rows = Batch.objects.filter(
        Q(months__contains=[str(period)]) | Q(months=[]),
        Q(landed__gt=0) | Q(superseded__gt=0) | Q(retracted__gt=0),
        institution=institution,
        dataset__in=datasets,
        sequence__gt=after,
        sequence__lte=up_to,
    ).order_by("sequence")
    found = [
        BatchBetween(
            dataset=batch.dataset,
            title=DATASETS[batch.dataset].title,
            id=batch.pk,
            batch_no=batch.batch_no,
            received_at=batch.received_at,
            landed=batch.landed,
            superseded=batch.superseded,
            retracted=batch.retracted,
        )
        for batch in rows
    ]
    return sorted(found, key=lambda batch: datasets.index(batch.dataset))


def as_of_sql(alias: str, sequence: int) -> str:
    """The condition under which a fact row held at the sequence."""
    number = int(sequence)
    return (
        f"{alias}.sequence <= {number} AND ({alias}.superseded_sequence IS NULL"
        f" OR {alias}.superseded_sequence > {number})"
    )


def encounters_as_of_sql(alias: str, sequence: int, named: str = "%(encounters)s") -> str:
    """The condition under which an encounter is one of `named`, an array of lasting numbers (of itself the parameter
    `encounters`), as it held at the sequence. Those that hold and those that were replaced have an index each: asked
    apart, both are used."""
    number, is_named = int(sequence), f"{alias}.entity = ANY({named}::bigint[])"
    return (
        f"{alias}.sequence <= {number} AND (({alias}.superseded_sequence IS NULL AND {is_named})"
        f" OR ({alias}.superseded_sequence > {number} AND {is_named}))"
    )


def trial_balance_leaves(scope: str) -> str:
    """SQL of the leaf accounts of trial balances as they hold now; `scope` is a condition on the facts `t`.

    In the order of bytes an account stands right before those below it, whose codes begin with its own.
    """
    return (
        "(SELECT * FROM (SELECT t.*, lead(t.account) OVER"
        ' (PARTITION BY t.institution_id, t.period ORDER BY t.account COLLATE "C") AS next'
        f" FROM his_intake_trialbalance t WHERE t.superseded_sequence IS NULL AND {scope}) every_account"
        " WHERE NOT coalesce(starts_with(next, account), false))"
    )


@dataclass(frozen=True, slots=True)
class DepartmentAt:
    """A department as it was reported to be at a date."""

    id: int
    code: str
    name: str
    cost_class: str
    service_mode: str
    closed: bool


def departments_as_of(institution: Institution, day: date, sequence: int) -> dict[int, DepartmentAt]:
    """Every department that has begun by `day`, by lasting number in code order, as reported up to the sequence."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT ON (f.code) d.id, f.code, f.name, f.cost_class, f.service_mode,"
            " coalesce(f.closed_on <= %(day)s, false) FROM his_intake_departmentfact f"
            " JOIN masterdata_department d ON d.institution_id = f.institution_id AND d.code = f.code"
            f" WHERE f.institution_id = %(institution)s AND f.effective_from <= %(day)s AND {as_of_sql('f', sequence)}"
            " ORDER BY f.code, f.effective_from DESC",
            {"institution": institution.pk, "day": day},
        )
        return {row[0]: DepartmentAt(*row) for row in cursor.fetchall()}


@dataclass(frozen=True, slots=True)
class ItemAt:
    """What a charge item is at a date, as costing and settlement read it."""

    id: int
    item_class: str
    fee_class: str


def items_as_of(institution: Institution, day: date, sequence: int) -> dict[int, ItemAt]:
    """Class and fee class of each charge item on `day`, by lasting number, as reported up to the sequence.

    An item whose first term begins later is taken as that term has it: systems often date their catalogue from the day
    on which they report it, after the first charges. An item without any term is missing.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT ON (i.id) i.id, f.item_class, f.fee_class FROM his_intake_chargeitemfact f"
            " JOIN masterdata_chargeitem i ON i.institution_id = f.institution_id AND i.code = f.code"
            f" WHERE f.institution_id = %(institution)s AND {as_of_sql('f', sequence)}"
            " ORDER BY i.id, f.effective_from > %(day)s,"
            " CASE WHEN f.effective_from > %(day)s THEN f.effective_from - %(day)s ELSE %(day)s - f.effective_from END",
            {"institution": institution.pk, "day": day},
        )
        return {row[0]: ItemAt(*row) for row in cursor.fetchall()}


def executed_items(institution: int, department: int, months: int = 3) -> set[int]:
    """Items (lasting numbers) that the department carried out in the last months of which the institution sent charges, as
    they hold now. One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT l.item_id FROM his_intake_chargeline l"
            " WHERE l.institution_id = %(institution)s AND l.executing_department_id = %(department)s"
            " AND l.superseded_sequence IS NULL AND l.month > (SELECT max(m.month) FROM his_intake_chargeline m"
            " WHERE m.institution_id = %(institution)s) - make_interval(months => %(months)s)",
            {"institution": institution, "department": department, "months": months},
        )
        return {number for (number,) in cursor.fetchall()}


_FIXED = {"int32": (4, ">i4"), "int64": (8, ">i8")}


def read_columns(sql: str, columns: Mapping[str, str]) -> dict[str, np.ndarray]:
    """Run `COPY (sql) TO STDOUT (FORMAT binary)` and give its columns as numpy arrays.

    `columns` maps each selected column, in order, to int32 or int64; none of them may be NULL. 1.8 million rows a second,
    bound by PostgreSQL (docs/performance.md).
    """
    buffer = BytesIO()
    with connection.cursor() as cursor:
        cursor.copy_expert(f"COPY ({sql}) TO STDOUT (FORMAT binary)", buffer)
    data = buffer.getbuffer()
    extension = int.from_bytes(data[15:19], "big")
    fields: list[tuple[str, str]] = [("_count", ">i2")]
    for name, kind in columns.items():
        fields += [(f"_size_{name}", ">i4"), (name, _FIXED[kind][1])]
    layout = np.dtype(fields)
    body = data[19 + extension : len(data) - 2]
    if len(body) % layout.itemsize:
        raise ValueError("a column is NULL or of another width than declared")
    table = np.frombuffer(body, dtype=layout)
    return {name: table[name].astype(kind) for name, kind in columns.items()}


LATER = 2**31 - 1


def read_encounter_columns(institution: Institution, period: Period, sequence: int) -> dict[str, np.ndarray]:
    """Encounters of a month as of a sequence: stays that overlap it and visits that began in it. In no order: encounter
    (lasting number), inpatient (1 or 0), department, admitted and left in days after the first of the month (`LATER` for
    who is still in)."""
    zone = "AT TIME ZONE 'Asia/Shanghai')::date"
    return _read_encounters(
        institution,
        period,
        f"{as_of_sql('f', sequence)} AND (f.admitted {zone} <= '{period.last_day}' AND CASE WHEN f.kind = 'inpatient'"
        f" THEN f.discharged IS NULL OR (f.discharged {zone} >= '{period.first_day}'"
        f" ELSE (f.admitted {zone} >= '{period.first_day}' END",
    )


def read_named_encounter_columns(
    institution: Institution, period: Period, sequence: int, encounters: np.ndarray
) -> dict[str, np.ndarray]:
    """The same of encounters that are named by their lasting numbers, whenever they were; those withdrawn are not there."""
    numbers = ",".join(map(str, encounters.tolist()))
    return _read_encounters(institution, period, encounters_as_of_sql("f", sequence, f"'{{{numbers}}}'"))


def _read_encounters(institution: Institution, period: Period, condition: str) -> dict[str, np.ndarray]:
    first = f"AT TIME ZONE 'Asia/Shanghai')::date - '{period.first_day}'"
    return read_columns(
        "SELECT f.entity, (f.kind = 'inpatient')::int, f.department_id::int,"
        f" (f.admitted {first}, coalesce((f.discharged {first}, {LATER}) FROM his_intake_encounter f"
        f" WHERE f.institution_id = {int(institution.pk)} AND {condition}",
        {"encounter": "int64", "inpatient": "int32", "department": "int32", "admitted": "int32", "left": "int32"},
    )


def read_service_columns(institution: Institution, period: Period, sequence: int) -> dict[str, np.ndarray]:
    """The charge lines of a month as of a sequence, as patient costing reads them: encounter, item and executing department
    (numbers), quantity (in 1/10,000) and amount (fen)."""
    return read_columns(
        "SELECT l.encounter, l.item_id::int, l.executing_department_id::int, (l.quantity * 10000)::bigint,"
        " (l.amount * 100)::bigint FROM his_intake_chargeline l"
        f" WHERE l.month = '{period.first_day}' AND l.institution_id = {int(institution.pk)}"
        f" AND {as_of_sql('l', sequence)}",
        {"encounter": "int64", "item": "int32", "executing": "int32", "quantity": "int64", "amount": "int64"},
    )


def read_case_columns(
    institution: int, period: Period, sequence: int, encounters: Collection[int]
) -> dict[str, np.ndarray]:
    """What these encounters were charged in a month as of a sequence, summed by encounter, item and executing department
    (numbers): quantity (in 1/10,000) and amount (fen), refunds taken off."""
    listed = ",".join(str(int(one)) for one in encounters)
    return read_columns(
        "SELECT l.encounter, l.item_id::int, l.executing_department_id::int, (sum(l.quantity) * 10000)::bigint,"
        " (sum(l.amount) * 100)::bigint FROM his_intake_chargeline l"
        f" WHERE l.month = '{period.first_day}' AND l.institution_id = {int(institution)}"
        f" AND {as_of_sql('l', sequence)} AND l.encounter = ANY('{{{listed}}}'::bigint[])"
        " GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
        {"encounter": "int64", "item": "int32", "executing": "int32", "quantity": "int64", "amount": "int64"},
    )


@dataclass(frozen=True, slots=True)
class ItemSum:
    """What an item was charged in a month: quantity, and amount in yuan."""

    item: int
    quantity: Decimal
    amount: Decimal


def item_sums(*, institution: int, periods: Collection[Period], sequence: int, items: Collection[int]) -> list[ItemSum]:
    """Of each item the newest of these months in which more was charged than given back. A query a month from the newest
    on, until every item is found: most are in the first, and each month is a partition of its own."""
    found: list[ItemSum] = []
    missing = set(items)
    with connection.cursor() as cursor:
        for period in sorted(periods, reverse=True):
            if not missing:
                break
            cursor.execute(
                "SELECT l.item_id, sum(l.quantity), sum(l.amount) FROM his_intake_chargeline l"
                " WHERE l.institution_id = %s AND l.month = %s AND l.item_id = ANY(%s)"
                f" AND {as_of_sql('l', sequence)} GROUP BY 1 HAVING sum(l.quantity) > 0 ORDER BY 1",
                [institution, period.first_day, list(missing)],
            )
            here = [ItemSum(*row) for row in cursor.fetchall()]
            missing -= {one.item for one in here}
            found += here
    return found


@dataclass(frozen=True, slots=True)
class PayersOfItem:
    """Who was to pay for an item in a month, in yuan: what was charged, and of it the insured parts of stays and of other
    encounters."""

    charged: Decimal = Decimal("0.00")
    insured_stays: Decimal = Decimal("0.00")
    insured_visits: Decimal = Decimal("0.00")


def payers_of_items(*, institution: int, period: Period, sequence: int) -> dict[int, PayersOfItem]:
    """Every item charged in the month as of a sequence, by lasting number. One query over the month."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT l.item_id, sum(l.amount),"
            " coalesce(sum(l.insured_amount) FILTER (WHERE e.kind = 'inpatient'), 0),"
            " coalesce(sum(l.insured_amount) FILTER (WHERE e.kind <> 'inpatient'), 0)"
            " FROM his_intake_chargeline l JOIN his_intake_encounter e"
            f" ON e.institution_id = l.institution_id AND e.entity = l.encounter AND {as_of_sql('e', sequence)}"
            f" WHERE l.institution_id = %s AND l.month = %s AND {as_of_sql('l', sequence)} GROUP BY 1 ORDER BY 1",
            [institution, period.first_day],
        )
        return {row[0]: PayersOfItem(*row[1:]) for row in cursor.fetchall()}


@dataclass(frozen=True, slots=True)
class StayAt:
    """A stay: hours from admission to discharge, main diagnosis and main procedure of its abstract ("" without)."""

    encounter: int
    hours: Decimal
    diagnosis: str
    procedure: str


def stays_of(*, institution: int, encounters: Collection[int], sequence: int) -> dict[int, StayAt]:
    """Discharged stays among these encounters as of a sequence. One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT e.entity, extract(epoch FROM e.discharged - e.admitted) / 3600, coalesce(a.diagnoses[1], ''),"
            " coalesce(a.procedures[1], '') FROM his_intake_encounter e"
            " LEFT JOIN his_intake_dischargeabstract a ON a.institution_id = e.institution_id"
            f" AND a.encounter = e.entity AND {as_of_sql('a', sequence)}"
            " WHERE e.institution_id = %(institution)s AND e.discharged IS NOT NULL"
            f" AND {encounters_as_of_sql('e', sequence)}",
            {"institution": institution, "encounters": list(encounters)},
        )
        return {row[0]: StayAt(*row) for row in cursor.fetchall()}


def read_charge_columns(
    institution: Institution, period: Period, sequence: int, day: date | None = None
) -> dict[str, np.ndarray]:
    """The charge lines of a month, or of one `day` of it, as of a sequence: encounter, item, ordering, executing (numbers),
    day (0 is the first of the month), amount and insured amount (fen)."""
    of_day = "" if day is None else f" AND (l.charged_at AT TIME ZONE 'Asia/Shanghai')::date = '{day}'"
    return read_columns(
        "SELECT l.encounter, l.item_id::int, l.ordering_department_id::int, l.executing_department_id::int,"
        " (l.charged_at AT TIME ZONE 'Asia/Shanghai')::date - l.month,"
        " (l.amount * 100)::bigint, (l.insured_amount * 100)::bigint FROM his_intake_chargeline l"
        f" WHERE l.month = '{period.first_day}' AND l.institution_id = {int(institution.pk)}"
        f" AND {as_of_sql('l', sequence)}{of_day}",
        {
            "encounter": "int64",
            "item": "int32",
            "ordering": "int32",
            "executing": "int32",
            "day": "int32",
            "amount": "int64",
            "insured": "int64",
        },
    )
