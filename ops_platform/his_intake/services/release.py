"""Releasing many quarantined rows at one go: above a limit a second person approves (000-08, internal control).

The limit is the parameter `quarantine.release_limit` (rows). Up to it a person settles rows alone; above it a release is
asked for, and carried out in the name of who asked when it is approved.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from ops_platform.audit.public import record
from ops_platform.his_intake.models import QuarantinedRow, QuarantineRelease
from ops_platform.his_intake.services.gate import Receipt
from ops_platform.his_intake.services.resubmission import discard_rows, resubmit_rows, rows_to_settle
from ops_platform.identity.actors import actor_of_user
from ops_platform.kernel import Actor, Conflict, Forbidden, Invalid
from ops_platform.masterdata.models import Institution
from ops_platform.masterdata.selectors import parameter_value
from workflows.public import start

KIND = "his_intake.release"
LIMIT = "quarantine.release_limit"
AS_THEY_ARE = "补报后原样重报"


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of the rows: sent again (receipt), given up (count), or waiting for approval (matter)."""

    count: int
    receipt: Receipt | None = None
    matter: int | None = None


def limit_of(institution: Institution) -> int:
    """How many rows one person may settle at one go."""
    return int(parameter_value(key=LIMIT, day=timezone.localdate(), institution=institution))


@transaction.atomic
def settle_rows(actor: Actor, *, row_ids: Sequence[int], deed: str, reason: str = "") -> Settled:
    """Send rows again as they are, or give them up with a reason; above the limit, ask for it.

    Raises Forbidden for a program that wants to settle more than the limit.
    """
    rows = QuarantinedRow.objects.visible_to(actor).select_related("institution").filter(pk__in=row_ids)
    first = rows.order_by("pk").first()
    if first is None or len(set(row_ids)) <= limit_of(first.institution):
        return _carry_out(actor, row_ids, deed, reason)
    return _ask(actor, row_ids, deed, reason or (AS_THEY_ARE if deed == QuarantineRelease.Deed.RESUBMIT else ""))


def _carry_out(actor: Actor, row_ids: Sequence[int], deed: str, reason: str) -> Settled:
    if deed == QuarantineRelease.Deed.DISCARD:
        return Settled(discard_rows(actor, row_ids=row_ids, reason=reason))
    return Settled(len(row_ids), resubmit_rows(actor, row_ids=row_ids, corrections={}))


def _ask(actor: Actor, row_ids: Sequence[int], deed: str, reason: str) -> Settled:
    if actor.user is None:
        raise Forbidden("his_intake.release_by_persons", "批量放行超过上限须由登录的人员提出并经审批。")
    if len(reason.strip()) < 4:
        raise Invalid("his_intake.reason_missing", "请写明弃用的原因(至少 4 个字)。")
    rows = rows_to_settle(actor, row_ids)
    institution, dataset = rows[0].institution, rows[0].dataset
    _refuse_asked_already(institution, dataset, {row.pk for row in rows})
    release = QuarantineRelease.objects.create(
        institution=institution,
        dataset=dataset,
        deed=deed,
        rows=[row.pk for row in rows],
        reason=reason.strip(),
        asked_by_id=actor.user,
    )
    return Settled(len(rows), matter=start(actor, kind=KIND, subject=str(release.pk)))


def _refuse_asked_already(institution: Institution, dataset: str, wanted: set[int]) -> None:
    asked = QuarantineRelease.objects.filter(
        institution=institution, dataset=dataset, state=QuarantineRelease.State.ASKED
    )
    if any(wanted & set(rows) for rows in asked.values_list("rows", flat=True)):
        raise Conflict("his_intake.release_asked", "所选数据中有正在审批放行的，请等审批结束。")


@transaction.atomic
def carry_out_release(actor: Actor, *, release_id: int) -> QuarantineRelease:
    """The release is approved: its rows are settled in the name of who asked. Called by the approval only.

    Raises Conflict when a row was settled otherwise meanwhile; the approver then returns the matter.
    """
    release = (
        QuarantineRelease.objects.select_for_update(of=("self",))
        .select_related("asked_by", "institution")
        .get(pk=release_id)
    )
    done = _carry_out(actor_of_user(release.asked_by), release.rows, release.deed, release.reason)
    if done.count != len(release.rows):
        raise Conflict("his_intake.row_settled", "所选数据中有已经处理过的，请退回申请人重新选择。")
    release.state, release.batch = QuarantineRelease.State.DONE, done.receipt.batch if done.receipt else None
    release.save(update_fields=["state", "batch"])
    record(
        actor,
        "his_intake.rows_released",
        institution=release.institution.code,
        subject_type="release",
        subject=release.pk,
        detail={"deed": str(release.deed), "rows": done.count, "asked_by": release.asked_by.username},
    )
    return release


def refuse_release(*, release_id: int) -> None:
    """The release is refused or withdrawn: its rows stay in quarantine."""
    QuarantineRelease.objects.filter(pk=release_id).update(state=QuarantineRelease.State.REFUSED)
