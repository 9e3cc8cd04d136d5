"""Writes of the intake: the gate, and settling what went to quarantine."""

from ops_platform.his_intake.services.gate import (
    BATCH_NO_LENGTH,
    SENDERS,
    UPLOADERS,
    Receipt,
    accept_batch,
    access_institution,
    dataset_of,
    digest_of_body,
)
from ops_platform.his_intake.services.quarantine import WHOLE
from ops_platform.his_intake.services.release import Settled, correct_row, settle_rows
from ops_platform.his_intake.services.resubmission import access_quarantined_row, discard_rows, resubmit_rows
from ops_platform.his_intake.services.sorting import RowFault

__all__ = [
    "BATCH_NO_LENGTH",
    "SENDERS",
    "UPLOADERS",
    "WHOLE",
    "Receipt",
    "RowFault",
    "Settled",
    "accept_batch",
    "access_institution",
    "access_quarantined_row",
    "correct_row",
    "dataset_of",
    "digest_of_body",
    "discard_rows",
    "resubmit_rows",
    "settle_rows",
]
