"""Writes of the approval engine, one function per verb."""

from workflows.services.acts import (
    add_signer,
    approve,
    comment,
    hold_returned,
    mark_seen,
    reject,
    resubmit,
    return_to,
    start,
    take_back_signer,
    transfer,
    urge,
    withdraw,
)
from workflows.services.batches import approve_several
from workflows.services.delegations import delegate, revoke_delegation
from workflows.services.flows import create_flow, discard_draft, publish, save_draft
from workflows.services.optimisation import ask_optimised
from workflows.services.requests import ask, change_request
from workflows.services.retirement import ask_retirement

__all__ = [
    "add_signer",
    "approve",
    "approve_several",
    "ask",
    "ask_optimised",
    "ask_retirement",
    "change_request",
    "comment",
    "create_flow",
    "delegate",
    "discard_draft",
    "hold_returned",
    "mark_seen",
    "publish",
    "reject",
    "resubmit",
    "return_to",
    "revoke_delegation",
    "save_draft",
    "start",
    "take_back_signer",
    "transfer",
    "urge",
    "withdraw",
]
