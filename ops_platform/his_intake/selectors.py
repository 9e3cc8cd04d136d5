"""Reads of the intake for pages and the API."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Case, Count, F, IntegerField, Max, OuterRef, QuerySet, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce

from ops_platform.his_intake.datasets.catalogue import DATASETS, DISCHARGE_ABSTRACTS
from ops_platform.his_intake.datasets.declaration import Dataset
from ops_platform.his_intake.models import Batch, DatasetMonth, Encounter, QualityFinding, QuarantinedRow
from ops_platform.his_intake.services import SENDERS
from ops_platform.identity.models import ApiKey
from ops_platform.kernel import Actor, NotFound, Role
from ops_platform.masterdata.models import ChargeItem, Department, Institution

READERS = (*SENDERS, Role.AUDITOR, Role.ACCOUNTING_REVIEWER)
KEY = "key:"
MONTHLY = tuple(code for code, dataset in DATASETS.items() if dataset.month and not dataset.optional)
PATIENT_LEVEL = frozenset(
    {"encounters", "charge-lines", "discharge-abstracts", "interim-diagnoses", "drug-and-material-moves"}
)


def batches(*, actor: Actor) -> QuerySet[Batch]:
    """Batches of the institutions the actor sees, newest first."""
    return Batch.objects.visible_to(actor, *READERS).select_related("institution").order_by("-received_at", "-id")


def key_names(names: Iterable[str]) -> dict[str, str]:
    """The name of each API key that sent a batch, by what stands in `Batch.sender` (identity.actors.actor_of_key)."""
    prefixes = [name.removeprefix(KEY) for name in names if name.startswith(KEY)]
    keys = ApiKey.objects.filter(prefix__in=prefixes) if prefixes else ApiKey.objects.none()
    return {f"{KEY}{prefix}": name for prefix, name in keys.values_list("prefix", "name")}


def access_batch(*, actor: Actor, batch_id: int) -> Batch:
    """One batch; NotFound for what the actor may not see."""
    batch = batches(actor=actor).filter(pk=batch_id).first()
    if batch is None:
        raise NotFound("his_intake.no_batch", "没有这个批次。")
    return batch


def quarantined_rows(*, actor: Actor) -> QuerySet[QuarantinedRow]:
    """Quarantined rows of the institutions the actor sees, newest batch first."""
    return (
        QuarantinedRow.objects.visible_to(actor, *READERS)
        .select_related("institution", "batch", "resubmitted_in")
        .order_by("-batch_id", "row_no", "id")
    )


def access_quarantined_row(*, actor: Actor, row_id: int) -> QuarantinedRow:
    """One quarantined row; NotFound for what the actor may not see."""
    row = quarantined_rows(actor=actor).filter(pk=row_id).first()
    if row is None:
        raise NotFound("his_intake.no_quarantined_row", "没有这条隔离数据。")
    return row


def rows_taken_up(*, batch: Batch) -> QuerySet[QuarantinedRow]:
    """The quarantined rows that the batch resubmitted, or that it settled since its sender had corrected them."""
    rows = QuarantinedRow.objects.filter(resubmitted_in=batch)
    return rows.select_related("batch").order_by("resubmitted_as", "batch_id", "row_no", "id")


def origins(*, batch: Batch, row_nos: Collection[int]) -> dict[int, list[QuarantinedRow]]:
    """By row number of the batch the quarantined rows that it took up with this row."""
    found: dict[int, list[QuarantinedRow]] = {}
    for row in rows_taken_up(batch=batch).filter(resubmitted_as__in=row_nos):
        found.setdefault(row.resubmitted_as or 0, []).append(row)
    return found


def quality_findings(*, actor: Actor) -> QuerySet[QualityFinding]:
    """What the quality rules found, newest month first."""
    return (
        QualityFinding.objects.visible_to(actor, *READERS)
        .select_related("institution")
        .order_by("-period", "institution__code", "rule", "id")
    )


# -- what has been reported --------------------------------------------------------------------------------------------


def readable_institutions(*, actor: Actor, roles: Collection[Role] = READERS) -> QuerySet[Institution]:
    """Institutions whose intake the actor may read (or, with other roles, write), by code."""
    return Institution.objects.visible_to(actor, *roles).order_by("code")


def access_institution(*, actor: Actor, institution_id: int) -> Institution:
    """One institution; NotFound for what the actor may not see."""
    institution = readable_institutions(actor=actor).filter(pk=institution_id).first()
    if institution is None:
        raise NotFound("masterdata.no_institution", "没有这个机构。")
    return institution


def is_expected(dataset: Dataset, institution: Institution) -> bool:
    """Whether the institution has anything to report: without beds nobody is discharged, and nobody waits for what only
    some send."""
    return not dataset.optional and (institution.beds > 0 or dataset.code != DISCHARGE_ABSTRACTS.code)


def _counted(rows: QuerySet[Any], measure: Any) -> Any:
    """A correlated count or sum, 0 when nothing is there."""
    grouped = rows.filter(institution=OuterRef("pk")).order_by().values("institution").annotate(measured=measure)
    return Coalesce(Subquery(grouped.values("measured")), Value(0), output_field=IntegerField())


def reporting_states(*, actor: Actor, period: str) -> QuerySet[Institution]:
    """Each institution with what it has reported for the month: `reported` of `expected` monthly datasets, the last
    batch, open quarantined rows and findings."""
    last = (
        Batch.objects.filter(institution=OuterRef("pk"))
        .order_by()
        .values("institution")
        .annotate(at=Max("received_at"))
    )
    reported = DatasetMonth.objects.filter(month=period, dataset__in=MONTHLY)
    findings = QualityFinding.objects.filter(period=period)
    waiting = QuarantinedRow.objects.filter(state=QuarantinedRow.State.OPEN)
    without_beds = When(beds=0, then=Value(len(MONTHLY) - 1))
    return readable_institutions(actor=actor).annotate(
        last_batch=Subquery(last.values("at")),
        reported=_counted(reported, Count("id")),
        expected=Case(without_beds, default=Value(len(MONTHLY)), output_field=IntegerField()),
        missing=F("expected") - F("reported"),
        waiting=_counted(waiting, Count("id")),
        findings=_counted(findings, Sum("count")),
    )


@dataclass(frozen=True, slots=True)
class Reported:
    """The batches of a dataset that touched a month. `rows` is only known when none of them spans several months."""

    batches: int
    rows: int | None
    last_batch: int
    last_at: datetime


def reported_by_month(*, institution: Institution) -> dict[tuple[str, str], Reported]:
    """By (dataset, month) what was let in; month "" for datasets that belong to none."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT dataset, month, count(*),"
            " CASE WHEN max(jsonb_array_length(months)) <= 1 THEN sum(rows - quarantined) END, max(id), max(received_at)"
            " FROM his_intake_batch, jsonb_array_elements_text("
            "   CASE WHEN months = '[]' THEN '[\"\"]' ELSE months END) AS month"
            " WHERE institution_id = %s AND rows > quarantined GROUP BY dataset, month",
            [institution.pk],
        )
        return {(dataset, month): Reported(*figures) for dataset, month, *figures in cursor.fetchall()}


def waiting_by_dataset(*, institution: Institution) -> dict[str, int]:
    """How many rows of each dataset wait in quarantine."""
    rows = QuarantinedRow.objects.filter(institution=institution, state=QuarantinedRow.State.OPEN)
    return dict(rows.order_by().values_list("dataset").annotate(count=Count("id")))


# -- facts of a batch --------------------------------------------------------------------------------------------------


def facts_of(*, dataset: Dataset, batch: Batch) -> QuerySet[Any]:
    """The rows that the batch brought, in its order, as they were landed."""
    rows = dataset.model._default_manager.filter(batch_id=batch.pk)
    if dataset.partitioned:
        rows = rows.filter(institution_id=batch.institution_id, month__in=[f"{month}-01" for month in batch.months])
    return rows.order_by("row_no", "id")


def codes_behind(*, dataset: Dataset, facts: Collection[Any]) -> dict[str, Mapping[int, str]]:
    """For each reference field of the dataset: the code behind each lasting number; one query per kind of reference."""
    wanted: dict[str, set[int]] = {}
    references = [field for field in dataset.fields if hasattr(field, "to")]
    for field in references:
        wanted.setdefault(field.to, set()).update(
            number for fact in facts if (number := getattr(fact, field.target)) is not None
        )
    known = {kind: _codes(kind, numbers) for kind, numbers in wanted.items()}
    return {field.name: known[field.to] for field in references}


def _codes(kind: str, numbers: Collection[int]) -> dict[int, str]:
    if kind == "encounter":
        versions = Encounter.objects.filter(entity__in=numbers).order_by("entity").distinct("entity")
        return dict(versions.values_list("entity", "encounter_no"))
    model: Any = {"department": Department, "item": ChargeItem, "institution": Institution}[kind]
    return dict(model.objects.filter(pk__in=numbers).values_list("pk", "code"))
