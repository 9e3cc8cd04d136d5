"""The gate: accepting a batch, all or nothing."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from ops_platform.audit.public import record
from ops_platform.his_intake.datasets.catalogue import DATASETS
from ops_platform.his_intake.datasets.declaration import Dataset
from ops_platform.his_intake.formats import Delivery
from ops_platform.his_intake.models import Batch, DatasetMonth, IntakeState
from ops_platform.his_intake.services.quarantine import keep_faulty, settle_corrected
from ops_platform.his_intake.services.sorting import (
    RowFault,
    Sorting,
    refuse_closed_history,
    refuse_empty_retractions,
    retracted_rows,
    stage,
)
from ops_platform.his_intake.staging import Staging
from ops_platform.kernel import Actor, Conflict, Forbidden, Invalid, NotFound, Role
from ops_platform.masterdata.models import Institution
from ops_platform.masterdata.services import hold_periods
from ops_platform.notifications.public import enqueue

UPLOADERS = (Role.FINANCE_OFFICER, Role.FINANCE_DIRECTOR, Role.INSTITUTION_HEAD, Role.OPERATION_CENTRE)
SENDERS = (Role.HIS_CLIENT, *UPLOADERS)
SHOWN_ERRORS = 100
BATCH_NO_LENGTH = 80


@dataclass(frozen=True, slots=True)
class Receipt:
    """The answer to a delivery. `repeated` when the same batch had been accepted before."""

    batch: Batch
    errors: tuple[RowFault, ...]
    repeated: bool


def digest_of_body(body: bytes) -> str:
    """By which the gate recognises the same content again."""
    return hashlib.sha256(body).hexdigest()


def dataset_of(code: str) -> Dataset:
    """The dataset of that code. Raises NotFound."""
    if code not in DATASETS:
        raise NotFound("his_intake.no_dataset", f"没有数据集 {code[:40]}。可用的有：{'、'.join(DATASETS)}。")
    return DATASETS[code]


def access_institution(actor: Actor, code: Any, *roles: Role) -> Institution:
    """The institution, if the actor may send for it; one that is out of reach looks like one that does not exist."""
    readable = isinstance(code, str) and code.isprintable()
    institution = Institution.objects.filter(code=code).first() if readable else None
    if institution is None or not actor.may(institution.pk, *roles):
        if actor.api_key is not None and institution is not None:
            raise Forbidden(
                "his_intake.key_not_for_institution",
                f"此密钥不能报送机构 {institution.code} 的数据，请联系系统管理员调整密钥范围。",
            )
        raise NotFound("masterdata.no_institution", f"没有机构 {str(code)[:40]}，请核对机构代码。")
    return institution


@transaction.atomic
def accept_batch(
    actor: Actor,
    *,
    dataset: Dataset,
    institution: Institution,
    batch_no: Any,
    digest: str,
    read: Callable[[], Delivery],
    source: str = Batch.Source.API,
) -> Receipt:
    """Take one batch: valid rows land, the others go to quarantine, all in one transaction.

    The same batch number with the same digest answers the first receipt; with another digest it raises Conflict.
    `read` parses the body and is not called for a repeated batch. Rows of a closed month go to quarantine.
    """
    if not isinstance(batch_no, str) or not 0 < len(batch_no) <= BATCH_NO_LENGTH or not batch_no.isprintable():
        raise Invalid("his_intake.batch_no_missing", f"请给出批次号 batch_no(文本，最多 {BATCH_NO_LENGTH} 字)。")
    state = lock_intake(institution)
    earlier = Batch.objects.filter(institution=institution, dataset=dataset.code, batch_no=batch_no).first()
    if earlier:
        if earlier.digest != digest:
            raise Conflict(
                "his_intake.batch_no_reused",
                f"批次号 {batch_no} 已用于另一内容(第 {earlier.sequence} 号批次)。更正数据请换一个新的批次号。",
                batch_no=batch_no,
            )
        return Receipt(earlier, _kept_errors(earlier), repeated=True)
    delivery = read()
    if not delivery.count:
        raise Invalid("his_intake.no_rows", "这一批没有数据行。")
    return land(actor, dataset, institution, state, delivery, batch_no=batch_no, digest=digest, source=source)


def lock_intake(institution: Institution) -> IntakeState:
    """The institution's sequence, locked until the transaction ends: its batches follow one another."""
    IntakeState.objects.get_or_create(institution=institution)
    return IntakeState.objects.select_for_update().get(institution=institution)


def _kept_errors(batch: Batch) -> tuple[RowFault, ...]:
    rows = batch.quarantined_rows.order_by("row_no").values_list("faults", flat=True)[:SHOWN_ERRORS]
    return tuple(RowFault(**fault) for faults in rows for fault in faults)[:SHOWN_ERRORS]


def land(
    actor: Actor,
    dataset: Dataset,
    institution: Institution,
    state: IntakeState,
    delivery: Delivery,
    *,
    batch_no: str,
    digest: str,
    source: str,
) -> Receipt:
    """Sort the delivery, land what is good, keep what is faulty, write the batch, its marks and its audit event."""
    sequence = state.last_sequence + 1
    batch_id = _next_batch_id()
    sorting = Sorting()
    gate = hold_periods(institution, timezone.localdate())
    with Staging(dataset, institution) as staging:
        stage(dataset, institution, delivery, sorting, gate, staging)
        held = staging.held()
        refuse_closed_history(held, gate, sorting, staging)
        meets = {row.row_no for row in held}
        refuse_empty_retractions(dataset, delivery, meets, sorting, staging)
        if sorting.faults:
            held = [row for row in held if row.row_no - 1 not in sorting.faults]
        months = staging.months()
        retractions = retracted_rows(delivery, sorting)
        replaced = staging.supersede(batch_id, sequence) if any(not row.same for row in held) else 0
        inserted = staging.insert(batch_id, sequence, months)
        retracted = len(retractions)
        superseded = replaced - retracted
        unchanged = sum(row.same for row in held)
        batch = Batch.objects.create(
            pk=batch_id,
            institution=institution,
            dataset=dataset.code,
            batch_no=batch_no,
            sequence=sequence,
            source=source,
            digest=digest,
            sender=actor.name,
            received_at=timezone.now(),
            rows=delivery.count,
            landed=inserted - superseded,
            superseded=superseded,
            unchanged=unchanged,
            retracted=retracted,
            quarantined=len(sorting.faults),
            months=months,
        )
        if dataset.projection and (inserted or retracted):
            _project(dataset, institution, batch, staging)
    settle_corrected(dataset, batch, delivery, sorting)
    keep_faulty(batch, delivery, sorting)
    state.last_sequence = sequence
    state.save(update_fields=["last_sequence"])
    if inserted or replaced:
        _touch(batch, months)
    enqueue("his_intake.check_batch", batch_id=batch.pk)
    record(
        actor,
        "his_intake.batch_accepted",
        institution=institution.code,
        subject_type="batch",
        subject=batch.pk,
        detail={
            "dataset": dataset.code,
            "batch_no": batch_no,
            "sequence": sequence,
            "digest": digest,
            "rows": batch.rows,
            "landed": batch.landed,
            "superseded": batch.superseded,
            "unchanged": batch.unchanged,
            "retracted": batch.retracted,
            "quarantined": batch.quarantined,
        },
    )
    errors = [fault for index in sorted(sorting.faults) for fault in sorting.faults[index]]
    return Receipt(batch, tuple(errors[:SHOWN_ERRORS]), repeated=False)


def _next_batch_id() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('his_intake_batch', 'id'))")
        return int(cursor.fetchone()[0])


def _project(dataset: Dataset, institution: Institution, batch: Batch, staging: Staging) -> None:
    """Keep master data in step with what has just landed or been withdrawn."""
    assert dataset.projection is not None  # noqa: S101
    columns = dataset.columns
    landed = dataset.model._default_manager.filter(batch=batch).values(*columns)
    dataset.projection.put(institution, list(landed))
    keys = dataset.key_columns
    staging.cursor.execute(f"SELECT {', '.join(keys)} FROM staging WHERE retract")
    dataset.projection.withdraw(institution, staging.cursor.fetchall())


def _touch(batch: Batch, months: Sequence[str]) -> None:
    DatasetMonth.objects.bulk_create(
        [
            DatasetMonth(
                institution_id=batch.institution_id,
                dataset=batch.dataset,
                month=month,
                sequence=batch.sequence,
                touched_at=batch.received_at,
            )
            for month in (months or [""])
        ],
        update_conflicts=True,
        unique_fields=["institution", "dataset", "month"],
        update_fields=["sequence", "touched_at"],
    )
