"""What goes to quarantine with a batch, and what leaves it because the sender has corrected it itself."""

from typing import Any

from ops_platform.his_intake.datasets.declaration import Dataset
from ops_platform.his_intake.formats import Delivery
from ops_platform.his_intake.masking import masked
from ops_platform.his_intake.models import Batch, QuarantinedRow
from ops_platform.his_intake.services.sorting import Sorting

WHOLE = "原文"
SETTLEMENT = ("state", "settled_by", "settled_at", "settled_reason", "resubmitted_in", "resubmitted_as", "alone")


def settle_corrected(dataset: Dataset, batch: Batch, delivery: Delivery, sorting: Sorting) -> None:
    """Rows that waited in quarantine and have now come in rightly under the same key need nobody any more."""
    waiting = QuarantinedRow.objects.filter(
        institution_id=batch.institution_id, dataset=batch.dataset, state=QuarantinedRow.State.OPEN
    )
    keys = {row.pk: tuple(str(row.content.get(name)) for name in dataset.key) for row in waiting.iterator()}
    if not keys:
        return
    columns = [delivery.columns[name] for name in dataset.key]
    landed = {
        tuple(str(column[index]) for column in columns): index + 1
        for index in range(delivery.count)
        if index not in sorting.faults
    }
    settled = [
        QuarantinedRow(
            pk=pk,
            state=QuarantinedRow.State.CORRECTED,
            settled_by=batch.sender,
            settled_at=batch.received_at,
            resubmitted_in=batch,
            resubmitted_as=landed[key],
        )
        for pk, key in keys.items()
        if key in landed
    ]
    QuarantinedRow.objects.bulk_update(settled, SETTLEMENT, batch_size=500)


def _kept(raw: Any) -> dict[str, Any]:
    """What quarantine keeps of a row: its fields, masked; a row that is no object is kept whole."""
    content: dict[str, Any] = masked(raw if isinstance(raw, dict) else {WHOLE: raw})
    return content


def keep_faulty(batch: Batch, delivery: Delivery, sorting: Sorting) -> None:
    """Keep every faulty row with its faults."""
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
