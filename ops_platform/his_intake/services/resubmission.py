"""Settling what waits in quarantine: corrected and sent again, or given up with a reason."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from ops_platform.audit.public import record
from ops_platform.his_intake import formats
from ops_platform.his_intake.models import Batch, QuarantinedRow
from ops_platform.his_intake.services.gate import UPLOADERS, Receipt, dataset_of, digest_of_body, land, lock_intake
from ops_platform.his_intake.services.quarantine import SETTLEMENT, WHOLE
from ops_platform.kernel import Actor, Conflict, Forbidden, Invalid, NotFound
from ops_platform.masterdata.models import Institution


def access_quarantined_row(actor: Actor, row_id: int) -> QuarantinedRow:
    """One quarantined row the actor may settle; anything else looks like it does not exist."""
    row = QuarantinedRow.objects.visible_to(actor).select_related("batch", "institution").filter(pk=row_id).first()
    if row is None:
        raise NotFound("his_intake.no_quarantined_row", "没有这条隔离数据。")
    return row


@transaction.atomic
def resubmit_rows(
    actor: Actor, *, row_ids: Sequence[int], corrections: Mapping[int, Mapping[str, Any]], alone: bool = False
) -> Receipt:
    """Send quarantined rows of one institution and dataset through the gate again, with corrected fields by row id.

    They become a batch of their own. Rows that are still faulty stand in quarantine again, under the new batch. `alone`:
    they are sent as they were, and nobody else has agreed.
    """
    rows = rows_to_settle(actor, row_ids)
    institution, dataset = rows[0].institution, dataset_of(rows[0].dataset)
    contents = [_corrected(row, corrections.get(row.pk, {})) for row in rows]
    state = lock_intake(institution)
    batch_no = f"重报-{timezone.localtime():%Y%m%d%H%M%S}-{rows[0].pk}"
    delivery = formats.from_rows(dataset, contents)
    receipt = land(
        actor,
        dataset,
        institution,
        state,
        delivery,
        batch_no=batch_no,
        digest=digest_of_body(repr(contents).encode()),
        source=Batch.Source.RESUBMISSION,
    )
    _settle(actor, rows, QuarantinedRow.State.RESUBMITTED, resubmitted_in=receipt.batch, alone=alone)
    return receipt


def rows_to_settle(actor: Actor, row_ids: Sequence[int]) -> list[QuarantinedRow]:
    """The rows, locked: all of them wait in quarantine, and belong to one institution and dataset that the actor answers
    for. The intake of their institution is locked first, as every batch does, so that nobody waits in a circle."""
    lock_intakes(actor, row_ids)
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
        raise Invalid("his_intake.mixed_rows", "一次只能处理同一机构、同一数据集的数据。")
    if not actor.may(rows[0].institution_id, *UPLOADERS):
        raise Forbidden("his_intake.not_allowed", "您的角色不能处理该机构的隔离数据。")
    return rows


def lock_intakes(actor: Actor, row_ids: Sequence[int]) -> None:
    """Lock the intake of the rows' institutions, in order."""
    named = QuarantinedRow.objects.visible_to(actor).filter(pk__in=row_ids).order_by().values("institution")
    for institution in Institution.objects.filter(pk__in=named).order_by("pk"):
        lock_intake(institution)


def as_sent(row: QuarantinedRow, fields: Mapping[str, Any]) -> bool:
    """The fields correct nothing: the row would be sent as it was."""
    return {name: str(value) for name, value in _corrected(row, fields).items()} == {
        name: str(value) for name, value in _corrected(row, {}).items()
    }


def _corrected(row: QuarantinedRow, fields: Mapping[str, Any]) -> Any:
    content = {**row.content, **fields}
    content.pop(WHOLE, None)
    return {name: value for name, value in content.items() if value not in (None, "")}


def _settle(
    actor: Actor,
    rows: Sequence[QuarantinedRow],
    state: str,
    *,
    resubmitted_in: Batch | None = None,
    reason: str = "",
    alone: bool = False,
) -> None:
    """`rows` stand in `resubmitted_in`, where there is one, in this order."""
    for place, row in enumerate(rows, start=1):
        row.state, row.settled_by, row.settled_at, row.settled_reason = state, actor.name, timezone.now(), reason
        row.resubmitted_in, row.resubmitted_as = resubmitted_in, place if resubmitted_in else None
        row.alone = alone
    QuarantinedRow.objects.bulk_update(rows, SETTLEMENT, batch_size=500)


@transaction.atomic
def discard_rows(actor: Actor, *, row_ids: Sequence[int], reason: str, alone: bool = False) -> int:
    """Give quarantined rows up, with a reason. They stay on record. `alone`: nobody else has agreed."""
    if len(reason.strip()) < 4:
        raise Invalid("his_intake.reason_missing", "请写明弃用的原因(至少 4 个字)。")
    lock_intakes(actor, row_ids)
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
    _settle(actor, rows, QuarantinedRow.State.DISCARDED, reason=reason.strip(), alone=alone)
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
