"""The gate: accepting a batch, all or nothing, and settling what went to quarantine."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from ops_platform.audit.public import record
from ops_platform.his_intake import formats
from ops_platform.his_intake.datasets.catalogue import DATASETS
from ops_platform.his_intake.datasets.declaration import Dataset
from ops_platform.his_intake.datasets.fields import Fault, Reference
from ops_platform.his_intake.formats import Delivery
from ops_platform.his_intake.masking import masked
from ops_platform.his_intake.models import Batch, DatasetMonth, IntakeState, QuarantinedRow
from ops_platform.his_intake.staging import Staging
from ops_platform.kernel import Actor, Conflict, Forbidden, Invalid, NotFound, Period, Role
from ops_platform.masterdata.models import Institution
from ops_platform.masterdata.services import PeriodGate, hold_periods
from ops_platform.notifications.public import enqueue

UPLOADERS = (Role.FINANCE_OFFICER, Role.FINANCE_DIRECTOR, Role.INSTITUTION_HEAD, Role.OPERATION_CENTRE)
SENDERS = (Role.HIS_CLIENT, *UPLOADERS)
SHOWN_ERRORS = 100
BATCH_NO_LENGTH = 80
WHOLE = "原文"


@dataclass(frozen=True, slots=True)
class RowFault:
    """What is wrong in one field of one row (row numbers begin at 1)."""

    row: int
    field: str
    value: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """The answer to a delivery. `repeated` when the same batch had been accepted before."""

    batch: Batch
    errors: tuple[RowFault, ...]
    repeated: bool


@dataclass(slots=True)
class _Sorting:
    """A delivery while it is being checked: faults by row index, parsed columns of the rows that are still good."""

    faults: dict[int, list[RowFault]] = field(default_factory=dict)

    def add(self, index: int, name: str, value: Any, fault: Fault) -> None:
        shown = "" if value is None else str(masked(value))[:80]
        self.faults.setdefault(index, []).append(RowFault(index + 1, name, shown, fault.code, fault.message))


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
    state = _lock_intake(institution)
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
    return _land(actor, dataset, institution, state, delivery, batch_no=batch_no, digest=digest, source=source)


def _lock_intake(institution: Institution) -> IntakeState:
    IntakeState.objects.get_or_create(institution=institution)
    return IntakeState.objects.select_for_update().get(institution=institution)


def _kept_errors(batch: Batch) -> tuple[RowFault, ...]:
    rows = batch.quarantined_rows.order_by("row_no").values_list("faults", flat=True)[:SHOWN_ERRORS]
    return tuple(RowFault(**fault) for faults in rows for fault in faults)[:SHOWN_ERRORS]


def _land(
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
    sequence = state.last_sequence + 1
    batch_id = _next_batch_id()
    sorting = _Sorting()
    gate = hold_periods(institution, timezone.localdate())
    with Staging(dataset, institution) as staging:
        _stage(dataset, institution, delivery, sorting, gate, staging)
        held = staging.held()
        _refuse_closed_history(held, gate, sorting, staging)
        meets = {row.row_no for row in held}
        _refuse_empty_retractions(dataset, delivery, meets, sorting, staging)
        if sorting.faults:
            held = [row for row in held if row.row_no - 1 not in sorting.faults]
        months = staging.months()
        retractions = _retracted_rows(delivery, sorting)
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
    _settle_corrected(dataset, batch, delivery, sorting)
    _quarantine(batch, delivery, sorting)
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


def _stage(
    dataset: Dataset,
    institution: Institution,
    delivery: Delivery,
    sorting: _Sorting,
    gate: PeriodGate,
    staging: Staging,
) -> None:
    """Parse, resolve, check; what remains in staging is fit to land."""
    for index, fault in delivery.faults.items():
        sorting.add(index, "", None, fault)
    retract = _ops(delivery, sorting)
    everything = range(delivery.count)
    apart = retract | {index for index in delivery.faults if not isinstance(delivery.raw(index), dict)}
    for names, indexes, is_retraction in (
        ([f.name for f in dataset.fields], [i for i in everything if i not in apart] if apart else everything, False),
        (list(dataset.key), sorted(retract), True),
    ):
        if indexes:
            _stage_part(dataset, institution, delivery, sorting, gate, staging, names, indexes, is_retraction)
    for row_no, faults in staging.failing().items():
        for name, code, message in faults:
            value = delivery.columns[name][row_no - 1] if name in delivery.columns else None
            sorting.add(row_no - 1, name, value, Fault(code, message))
    staging.drop([index + 1 for index in sorting.faults])


def _ops(delivery: Delivery, sorting: _Sorting) -> set[int]:
    """Indexes of the rows that withdraw a fact."""
    if delivery.ops is None:
        return set()
    retract = set()
    for index, op in enumerate(delivery.ops):
        if op == formats.RETRACT:
            retract.add(index)
        elif op not in (None, "", "put"):
            sorting.add(index, formats.OP, op, Fault("his_intake.unknown_op", "op 只能为空或 retract(撤回)"))
    return retract


def _stage_part(
    dataset: Dataset,
    institution: Institution,
    delivery: Delivery,
    sorting: _Sorting,
    gate: PeriodGate,
    staging: Staging,
    names: Sequence[str],
    indexes: Sequence[int] | range,
    is_retraction: bool,
) -> None:
    whole = len(indexes) == delivery.count
    parsed: dict[str, list[str | None]] = {}
    for name in names:
        column = dataset.by_name[name]
        raw = delivery.columns[name] if whole else [delivery.columns[name][index] for index in indexes]
        result = column.parse(raw)
        if isinstance(column, Reference):
            result = column.resolve(result, _lookup(column.to, institution))
        for position, fault in result.faults.items():
            sorting.add(indexes[position], name, raw[position], fault)
        parsed[name] = result.values
    _refuse_repeated_keys(dataset, parsed, indexes, sorting)
    months: list[str | None] = [None] * len(indexes)
    if dataset.month and not is_retraction:
        months = dataset.month.of_rows(institution, parsed)
        _refuse_months(months, indexes, gate, sorting)
    if sorting.faults:
        good = [position for position, index in enumerate(indexes) if index not in sorting.faults]
        months = [months[position] for position in good]
        parsed = {name: [values[position] for position in good] for name, values in parsed.items()}
        rows = [indexes[position] + 1 for position in good]
    else:
        rows = [index + 1 for index in indexes]
    staging.copy(rows, months, parsed, retract=is_retraction)


_KNOWN = {
    "department": "SELECT code, id FROM masterdata_department WHERE institution_id = %s AND code = ANY(%s)",
    "item": "SELECT code, id FROM masterdata_chargeitem WHERE institution_id = %s AND code = ANY(%s)",
    "encounter": "SELECT encounter_no, entity FROM his_intake_encounter"
    " WHERE institution_id = %s AND superseded_sequence IS NULL AND encounter_no = ANY(%s)",
}


def _lookup(to: str, institution: Institution) -> Callable[[set[str]], dict[str, int]]:
    """How codes of a kind become lasting numbers."""

    def known(codes: set[str]) -> dict[str, int]:
        with connection.cursor() as cursor:
            cursor.execute(_KNOWN[to], [institution.pk, sorted(codes)])
            return dict(cursor.fetchall())

    return known


_REPEATED = Fault("his_intake.repeated_key", "与本批前面的行重复(同一主键)，请合并为一行")


def _refuse_repeated_keys(
    dataset: Dataset, parsed: Mapping[str, list[str | None]], indexes: Sequence[int], sorting: _Sorting
) -> None:
    columns = [parsed[name] for name in dataset.key]
    if len(set(zip(*columns, strict=True))) == len(indexes):
        return
    seen: set[tuple[str | None, ...]] = set()
    for position, key in enumerate(zip(*columns, strict=True)):
        if None in key:
            continue
        if key in seen:
            sorting.add(indexes[position], dataset.key[-1], key[-1], _REPEATED)
        seen.add(key)


def _refuse_months(months: Sequence[str | None], indexes: Sequence[int], gate: PeriodGate, sorting: _Sorting) -> None:
    refused: dict[str, Fault] = {}
    for month in set(months) - {None}:
        refusal = gate.refusal(Period.parse(month)) if month else None
        if refusal and month:
            refused[month] = Fault(*refusal)
    if refused:
        for position, month in enumerate(months):
            if month in refused:
                sorting.add(indexes[position], "", month, refused[month])


def _refuse_closed_history(held: Iterable[Any], gate: PeriodGate, sorting: _Sorting, staging: Staging) -> None:
    """A correction may not change a month that is closed, even when the new row lies in an open one."""
    refused = []
    for row in held:
        refusal = gate.refusal(Period.parse(row.month)) if row.month and not row.same else None
        if refusal:
            sorting.add(row.row_no - 1, "", row.month, Fault(*refusal))
            refused.append(row.row_no)
    staging.drop(refused)


def _refuse_empty_retractions(
    dataset: Dataset, delivery: Delivery, meets: set[int], sorting: _Sorting, staging: Staging
) -> None:
    if delivery.ops is None:
        return
    refused = []
    for index, op in enumerate(delivery.ops):
        if op == formats.RETRACT and index + 1 not in meets and index not in sorting.faults:
            value = delivery.columns[dataset.key[0]][index]
            fault = Fault("his_intake.nothing_to_retract", "没有这条数据，无可撤回")
            sorting.add(index, dataset.key[0], value, fault)
            refused.append(index + 1)
    staging.drop(refused)


def _retracted_rows(delivery: Delivery, sorting: _Sorting) -> list[int]:
    ops = delivery.ops or []
    return [index + 1 for index, op in enumerate(ops) if op == formats.RETRACT and index not in sorting.faults]


def _project(dataset: Dataset, institution: Institution, batch: Batch, staging: Staging) -> None:
    """Keep master data in step with what has just landed or been withdrawn."""
    assert dataset.projection is not None  # noqa: S101
    columns = dataset.columns
    landed = dataset.model._default_manager.filter(batch=batch).values(*columns)
    dataset.projection.put(institution, list(landed))
    keys = dataset.key_columns
    staging.cursor.execute(f"SELECT {', '.join(keys)} FROM staging WHERE retract")
    dataset.projection.withdraw(institution, staging.cursor.fetchall())


def _settle_corrected(dataset: Dataset, batch: Batch, delivery: Delivery, sorting: _Sorting) -> None:
    """Rows that waited in quarantine and have now come in rightly under the same key need nobody any more."""
    waiting = QuarantinedRow.objects.filter(
        institution_id=batch.institution_id, dataset=batch.dataset, state=QuarantinedRow.State.OPEN
    )
    keys = {row.pk: tuple(str(row.content.get(name)) for name in dataset.key) for row in waiting.iterator()}
    if not keys:
        return
    columns = [delivery.columns[name] for name in dataset.key]
    landed = {
        tuple(str(column[index]) for column in columns)
        for index in range(delivery.count)
        if index not in sorting.faults
    }
    settled = [pk for pk, key in keys.items() if key in landed]
    if settled:
        QuarantinedRow.objects.filter(pk__in=settled).update(
            state=QuarantinedRow.State.CORRECTED,
            settled_by=batch.sender,
            settled_at=batch.received_at,
            resubmitted_in=batch,
        )


def _kept(raw: Any) -> dict[str, Any]:
    """What quarantine keeps of a row: its fields, masked; a row that is no object is kept whole."""
    content: dict[str, Any] = masked(raw if isinstance(raw, dict) else {WHOLE: raw})
    return content


def _quarantine(batch: Batch, delivery: Delivery, sorting: _Sorting) -> None:
    QuarantinedRow.objects.bulk_create(
        [
            QuarantinedRow(
                batch=batch,
                institution_id=batch.institution_id,
                dataset=batch.dataset,
                row_no=index + 1,
                content=_kept(delivery.raw(index)),
                faults=[
                    {"row": f.row, "field": f.field, "value": f.value, "code": f.code, "message": f.message}
                    for f in sorting.faults[index]
                ],
            )
            for index in sorted(sorting.faults)
        ],
        batch_size=2_000,
    )


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


# -- quarantine --------------------------------------------------------------------------------------------------------


def access_quarantined_row(actor: Actor, row_id: int) -> QuarantinedRow:
    """One quarantined row the actor may settle; anything else looks like it does not exist."""
    row = QuarantinedRow.objects.visible_to(actor).select_related("batch", "institution").filter(pk=row_id).first()
    if row is None:
        raise NotFound("his_intake.no_quarantined_row", "没有这条隔离数据。")
    return row


@transaction.atomic
def resubmit_rows(actor: Actor, *, row_ids: Sequence[int], corrections: Mapping[int, Mapping[str, Any]]) -> Receipt:
    """Send quarantined rows of one institution and dataset through the gate again, with corrected fields by row id.

    They become a batch of their own. Rows that are still faulty stand in quarantine again, under the new batch.
    """
    rows = list(
        QuarantinedRow.objects.select_for_update(of=("self",))
        .visible_to(actor)
        .select_related("institution")
        .filter(pk__in=row_ids)
        .order_by("pk")
    )
    if len(rows) != len(set(row_ids)) or not rows:
        raise NotFound("his_intake.no_quarantined_row", "所选的隔离数据不存在。")
    if {row.state for row in rows} != {QuarantinedRow.State.OPEN}:
        raise Conflict("his_intake.row_settled", "所选数据中有已经处理过的，请刷新页面。")
    if len({(row.institution_id, row.dataset) for row in rows}) > 1:
        raise Invalid("his_intake.mixed_rows", "一次只能重报同一机构、同一数据集的数据。")
    institution = rows[0].institution
    if not actor.may(institution.pk, *UPLOADERS):
        raise Forbidden("his_intake.not_allowed", "您的角色不能重报该机构的数据。")
    dataset = dataset_of(rows[0].dataset)
    contents = [_corrected(row, corrections.get(row.pk, {})) for row in rows]
    state = _lock_intake(institution)
    batch_no = f"重报-{timezone.localtime():%Y%m%d%H%M%S}-{rows[0].pk}"
    delivery = formats.from_rows(dataset, contents)
    receipt = _land(
        actor,
        dataset,
        institution,
        state,
        delivery,
        batch_no=batch_no,
        digest=digest_of_body(repr(contents).encode()),
        source=Batch.Source.RESUBMISSION,
    )
    _settle(actor, rows, QuarantinedRow.State.RESUBMITTED, resubmitted_in=receipt.batch)
    return receipt


def _corrected(row: QuarantinedRow, fields: Mapping[str, Any]) -> Any:
    content = {**row.content, **fields}
    content.pop(WHOLE, None)
    return {name: value for name, value in content.items() if value not in (None, "")}


def _settle(
    actor: Actor, rows: Sequence[QuarantinedRow], state: str, *, resubmitted_in: Batch | None = None, reason: str = ""
) -> None:
    for row in rows:
        row.state, row.settled_by, row.settled_at = state, actor.name, timezone.now()
        row.resubmitted_in, row.settled_reason = resubmitted_in, reason
    QuarantinedRow.objects.bulk_update(
        rows, ["state", "settled_by", "settled_at", "resubmitted_in", "settled_reason"], batch_size=500
    )


@transaction.atomic
def discard_rows(actor: Actor, *, row_ids: Sequence[int], reason: str) -> int:
    """Give quarantined rows up, with a reason. They stay on record."""
    if len(reason.strip()) < 4:
        raise Invalid("his_intake.reason_missing", "请写明弃用的原因(至少 4 个字)。")
    rows = list(
        QuarantinedRow.objects.select_for_update(of=("self",))
        .visible_to(actor)
        .select_related("institution")
        .filter(pk__in=row_ids, state=QuarantinedRow.State.OPEN)
        .order_by("pk")
    )
    if not rows:
        raise NotFound("his_intake.no_quarantined_row", "没有可弃用的隔离数据。")
    if any(not actor.may(row.institution_id, *UPLOADERS) for row in rows):
        raise Forbidden("his_intake.not_allowed", "您的角色不能处理该机构的隔离数据。")
    _settle(actor, rows, QuarantinedRow.State.DISCARDED, reason=reason.strip())
    for institution in sorted({row.institution for row in rows}, key=lambda each: each.code):
        ids = [row.pk for row in rows if row.institution_id == institution.pk]
        record(
            actor,
            "his_intake.rows_discarded",
            institution=institution.code,
            subject_type="quarantine",
            subject=ids[0],
            detail={"rows": ids[:200], "count": len(ids), "reason": reason.strip()},
        )
    return len(rows)
