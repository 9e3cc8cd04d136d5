"""The bottom of every drill-down: single facts as they held at a sequence, with the batch and row that brought them.

Whoever calls has checked that the reader may see the institution (and department); pages that show single patients log
the access.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Generic, TypeVar

from django.db.models import Count, OuterRef, QuerySet, Subquery, Sum
from django.utils import timezone

from ops_platform.his_intake.models import (
    Batch,
    ChargeLine,
    CostEntry,
    Encounter,
    IncomeEntry,
    QualityFinding,
    QuarantinedRow,
    Workload,
)
from ops_platform.his_intake.reading import ItemAt, items_as_of
from ops_platform.kernel import Period
from ops_platform.masterdata.models import ChargeItem, Department, Institution

Row = TypeVar("Row")
NO_ITEM = ItemAt(0, "", "")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a fact came from; `superseded_by` is the batch that has corrected or withdrawn it since."""

    batch: int
    batch_no: str
    row_no: int
    superseded_by: str = ""


@dataclass(frozen=True, slots=True)
class VoucherLine:
    """A cost entry or an income entry; `kind` is the cost item or the kind of income."""

    voucher: str
    line: int
    department: int
    date: date
    kind: str
    funding_source: str
    amount: Decimal
    summary: str
    origin: Origin
    counterparty: int | None = None


@dataclass(frozen=True, slots=True)
class WorkloadLine:
    """What a department did or consumed of a metric on a day."""

    date: date
    department: int
    department_name: str
    metric: str
    quantity: Decimal
    origin: Origin


@dataclass(frozen=True, slots=True)
class ChargedLine:
    """A charge line in words."""

    encounter: int
    encounter_no: str
    line_no: int
    item_code: str
    item_name: str
    item_class: str
    fee_class: str
    ordering: int
    ordering_name: str
    executing: int
    executing_name: str
    quantity: Decimal
    price: Decimal
    amount: Decimal
    insured_amount: Decimal
    charged_at: datetime
    refund_of: int | None
    origin: Origin


@dataclass(frozen=True, slots=True)
class EncounterAt:
    """A visit or stay as it was known at a sequence."""

    encounter: int
    encounter_no: str
    kind: str
    department: int
    department_name: str
    admitted: datetime
    discharged: datetime | None
    scheme: str
    origin: Origin


@dataclass(frozen=True, slots=True)
class FactPage(Generic[Row]):
    """Some of the rows, and the number and sum of all of them."""

    rows: tuple[Row, ...]
    count: int
    total: Decimal


@dataclass(frozen=True, slots=True)
class IntakeCounts:
    """What stands open with an institution's data of a month."""

    findings: int
    waiting: int
    last_batch: datetime | None


def cut(rows: QuerySet[Any], offset: int, limit: int | None) -> QuerySet[Any]:
    """A page of rows, or all from `offset` on."""
    return rows[offset:] if limit is None else rows[offset : offset + limit]


def _totals(rows: QuerySet[Any]) -> tuple[int, Decimal]:
    sums = rows.order_by().aggregate(count=Count("id"), total=Sum("amount"))
    return sums["count"], sums["total"] or Decimal("0.00")


def origin_of(fact: Any) -> Origin:
    """Where a fact came from; `batch` and `superseded_batch` have been read with it."""
    later = fact.superseded_batch
    return Origin(fact.batch_id, fact.batch.batch_no, fact.row_no, later.batch_no if later else "")


def _vouchers(
    rows: QuerySet[Any],
    days: tuple[date, date],
    department: int | None,
    kind: str,
    offset: int,
    limit: int | None,
) -> FactPage[VoucherLine]:
    rows = rows.filter(date__range=days)
    if department is not None:
        rows = rows.filter(department=department)
    count, total = _totals(rows)
    rows = rows.select_related("batch", "superseded_batch").order_by("date", "voucher", "line", "id")
    return FactPage(
        tuple(
            VoucherLine(
                voucher=row.voucher,
                line=row.line,
                department=row.department_id,
                date=row.date,
                kind=getattr(row, kind),
                funding_source=getattr(row, "funding_source", ""),
                amount=row.amount,
                summary=row.summary or "",
                origin=origin_of(row),
                counterparty=row.counterparty_id,
            )
            for row in cut(rows, offset, limit)
        ),
        count,
        total,
    )


def cost_entries(
    *,
    institution: int,
    period: Period,
    sequence: int,
    department: int | None = None,
    cost_item: str = "",
    funding_sources: Collection[str] = (),
    voucher: str = "",
    shared_as: str | None = None,
    day: date | None = None,
    offset: int = 0,
    limit: int | None = None,
) -> FactPage[VoucherLine]:
    """Voucher lines of cost of a month, or of one of its days, as of a sequence, by date; of all vouchers or of one. With
    `shared_as` the bills of that kind that were taken in for all; "" for what was booked for the department itself."""
    rows = CostEntry.objects.filter(institution=institution).as_of(sequence)
    if shared_as is not None:
        rows = rows.filter(shared_as=shared_as) if shared_as else rows.filter(shared_as__isnull=True)
    if voucher:
        rows = rows.filter(voucher=voucher)
    if cost_item:
        rows = rows.filter(cost_item=cost_item)
    if funding_sources:
        rows = rows.filter(funding_source__in=funding_sources)
    return _vouchers(rows, _days(period, day), department, "cost_item", offset, limit)


def income_entries(
    *,
    institution: int,
    period: Period,
    sequence: int,
    department: int | None = None,
    voucher: str = "",
    day: date | None = None,
    offset: int = 0,
    limit: int | None = None,
) -> FactPage[VoucherLine]:
    """Voucher lines of income outside charges of a month, or of one of its days, as of a sequence, by date; of all
    vouchers or of one."""
    rows = IncomeEntry.objects.filter(institution=institution).as_of(sequence)
    if voucher:
        rows = rows.filter(voucher=voucher)
    return _vouchers(rows, _days(period, day), department, "income_kind", offset, limit)


def workload_lines(
    *,
    institution: int,
    period: Period,
    sequence: int,
    metric: str,
    department: int | None = None,
    offset: int = 0,
    limit: int | None = None,
) -> FactPage[WorkloadLine]:
    """Workload of a metric in a month as of a sequence, by date; of all departments or of one. The sum is of quantities."""
    rows = Workload.objects.filter(institution=institution, metric=metric).as_of(sequence)
    rows = rows.filter(date__range=_days(period, None))
    if department is not None:
        rows = rows.filter(department=department)
    sums = rows.order_by().aggregate(count=Count("id"), total=Sum("quantity"))
    listed = rows.select_related("department", "batch", "superseded_batch").order_by("date", "department__code", "id")
    return FactPage(
        tuple(
            WorkloadLine(row.date, row.department_id, row.department.name, row.metric, row.quantity, origin_of(row))
            for row in cut(listed, offset, limit)
        ),
        sums["count"],
        sums["total"] or Decimal(0),
    )


def _days(period: Period, day: date | None) -> tuple[date, date]:
    return (day, day) if day else (period.first_day, period.last_day)


def charge_lines(
    *,
    institution: int,
    period: Period,
    sequence: int,
    ordering: int | None = None,
    executing: int | None = None,
    fee_class: str = "",
    item_class: str = "",
    day: date | None = None,
    kinds: Collection[str] | None = None,
    item_codes: Collection[str] = (),
    offset: int = 0,
    limit: int | None = None,
) -> FactPage[ChargedLine]:
    """Charge lines of a month, or of one of its days, as of a sequence, by time; of all encounters or of some kinds, of all
    items or of some. Classes are those of the items on the month's last day, as reported up to the sequence."""
    items = items_as_of(_institution(institution), period.last_day, sequence)
    rows = ChargeLine.objects.filter(institution_id=institution, month=period.first_day).as_of(sequence)
    if day is not None:
        rows = rows.filter(charged_at__date=day)
    if kinds is not None:
        fitting_kind = Encounter.objects.filter(institution=institution, kind__in=kinds).as_of(sequence)
        rows = rows.filter(encounter__in=fitting_kind.values("entity"))
    if item_codes:
        chosen = ChargeItem.objects.filter(institution=institution, code__in=item_codes)
        rows = rows.filter(item_id__in=chosen.values("pk"))
    if ordering is not None:
        rows = rows.filter(ordering_department_id=ordering)
    if executing is not None:
        rows = rows.filter(executing_department_id=executing)
    if fee_class or item_class:
        fitting = [
            item.id
            for item in items.values()
            if fee_class in ("", item.fee_class) and item_class in ("", item.item_class)
        ]
        rows = rows.filter(item_id__in=fitting)
    count, total = _totals(rows)
    shown = list(cut(rows.order_by("charged_at", "encounter", "line_no", "id"), offset, limit))
    return FactPage(tuple(_charged(shown, items)), count, total)


def encounter_lines(*, institution: int, encounter: EncounterAt, sequence: int) -> FactPage[ChargedLine]:
    """All charge lines of an encounter as of a sequence, by line number."""
    last = timezone.localdate(encounter.discharged or encounter.admitted)
    items = items_as_of(_institution(institution), Period.of(last).last_day, sequence)
    rows = ChargeLine.objects.filter(
        institution_id=institution,
        encounter=encounter.encounter,
        month__gte=Period.of(timezone.localdate(encounter.admitted)).first_day,
    ).as_of(sequence)
    count, total = _totals(rows)
    return FactPage(tuple(_charged(list(rows.order_by("line_no", "id")), items)), count, total)


def encounter_numbers(encounters: Collection[int]) -> dict[int, str]:
    """What the hospital calls these encounters (lasting numbers), by their newest versions; no query for none."""
    if not encounters:
        return {}
    versions = Encounter.objects.filter(entity__in=encounters).order_by("entity", "-sequence").distinct("entity")
    return dict(versions.values_list("entity", "encounter_no"))


def encounter_at(*, institution: int, encounter: int, sequence: int) -> EncounterAt | None:
    """The encounter with this lasting number as of a sequence."""
    row = (
        Encounter.objects.filter(institution=institution, entity=encounter)
        .as_of(sequence)
        .select_related("department", "batch", "superseded_batch")
        .order_by("-sequence", "-id")
        .first()
    )
    if row is None:
        return None
    return EncounterAt(
        encounter=row.entity,
        encounter_no=row.encounter_no,
        kind=row.kind,
        department=row.department_id,
        department_name=row.department.name,
        admitted=row.admitted,
        discharged=row.discharged,
        scheme=row.scheme or "",
        origin=origin_of(row),
    )


def intake_counts(*, institutions: Collection[int], period: str) -> dict[int, IntakeCounts]:
    """By institution: what the quality rules found in the month, what waits in quarantine, and the last batch."""
    found = QualityFinding.objects.filter(institution__in=institutions, period=period).order_by()
    findings = dict(found.values_list("institution").annotate(total=Sum("count")))
    open_rows = QuarantinedRow.objects.filter(institution__in=institutions, state=QuarantinedRow.State.OPEN).order_by()
    waiting = dict(open_rows.values_list("institution").annotate(total=Count("id")))
    newest = Batch.objects.filter(institution=OuterRef("pk")).order_by("-received_at", "-id").values("received_at")[:1]
    known = Institution.objects.filter(pk__in=institutions).order_by("pk").annotate(last_batch=Subquery(newest))
    return {
        pk: IntakeCounts(findings.get(pk, 0), waiting.get(pk, 0), last)
        for pk, last in known.values_list("pk", "last_batch")
    }


def _institution(number: int) -> Institution:
    return Institution(pk=number)


def _charged(lines: list[ChargeLine], items: Mapping[int, ItemAt]) -> Iterable[ChargedLine]:
    names = {
        pk: (code, name)
        for pk, code, name in ChargeItem.objects.filter(pk__in={line.item_id for line in lines}).values_list(
            "pk", "code", "name"
        )
    }
    numbers = {line.ordering_department_id for line in lines} | {line.executing_department_id for line in lines}
    departments = dict(Department.objects.filter(pk__in=numbers).values_list("pk", "name"))
    encounters = encounter_numbers({line.encounter for line in lines})
    batches = {number for line in lines for number in (line.batch_id, line.superseded_batch_id) if number}
    batch_numbers = dict(Batch.objects.filter(pk__in=batches).values_list("pk", "batch_no"))
    for line in lines:
        item = items.get(line.item_id, NO_ITEM)
        code, name = names.get(line.item_id, ("", ""))
        yield ChargedLine(
            encounter=line.encounter,
            encounter_no=encounters.get(line.encounter, ""),
            line_no=line.line_no,
            item_code=code,
            item_name=name,
            item_class=item.item_class,
            fee_class=item.fee_class,
            ordering=line.ordering_department_id,
            ordering_name=departments.get(line.ordering_department_id, ""),
            executing=line.executing_department_id,
            executing_name=departments.get(line.executing_department_id, ""),
            quantity=line.quantity,
            price=line.price,
            amount=line.amount,
            insured_amount=line.insured_amount,
            charged_at=line.charged_at,
            refund_of=line.refund_of,
            origin=Origin(
                line.batch_id,
                batch_numbers.get(line.batch_id, ""),
                line.row_no,
                batch_numbers.get(line.superseded_batch_id or 0, ""),
            ),
        )
