"""Releasing many quarantined rows: above a limit a second person approves (000-08, internal control).

The limit is the parameter `quarantine.release_limit`: how many rows of one institution and dataset may be settled as they
are on one calendar day without a second person. What would go beyond it, together with what was settled alone that day by
whomever, is asked for, and carried out in the name of who asked when it is approved. Rows that a person corrects field by
field are no release and do not count.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from ops_platform.audit.public import record
from ops_platform.his_intake.models import QuarantinedRow, QuarantineRelease
from ops_platform.his_intake.services.gate import Receipt
from ops_platform.his_intake.services.resubmission import (
    access_quarantined_row,
    as_sent,
    discard_rows,
    lock_intakes,
    resubmit_rows,
    rows_to_settle,
)
from ops_platform.identity.actors import actor_of_user
from ops_platform.kernel import Actor, Conflict, Forbidden, Invalid
from ops_platform.masterdata.models import Institution
from ops_platform.masterdata.selectors import parameter_value
from workflows.public import start

KIND = "his_intake.release"
LIMIT = "quarantine.release_limit"
AS_THEY_ARE = "补报后原样重报"


@dataclass(frozen=True, slots=True)
class Excess:
    """Why a second person is needed: rows meant now, rows settled alone before on that day, and the limit."""

    rows: int
    before: int
    limit: int

    @property
    def words(self) -> str:
        """The figures, for page and record."""
        return f"本次 {self.rows:,} 行，今日此前已自行处理 {self.before:,} 行，超过每日 {self.limit:,} 行的上限"


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of the rows: sent again (receipt), given up (count), or waiting for approval (matter, with the excess)."""

    count: int
    receipt: Receipt | None = None
    matter: int | None = None
    excess: Excess | None = None


def limit_of(institution: Institution) -> int:
    """How many rows of a dataset one person may settle as they are on one day."""
    return int(parameter_value(key=LIMIT, day=timezone.localdate(), institution=institution))


def settled_alone(institution: Institution, dataset: str) -> int:
    """Rows that were settled as they are today without a second person."""
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    rows = QuarantinedRow.objects.filter(institution=institution, dataset=dataset, alone=True)
    return rows.filter(settled_at__gte=midnight).count()


@transaction.atomic
def settle_rows(actor: Actor, *, row_ids: Sequence[int], deed: str, reason: str = "") -> Settled:
    """Send rows again as they are, or give them up with a reason; above the day's limit, ask for it.

    The intake of the institution is locked while it is counted, so that two at the same moment do not each stay below the
    limit. Raises Forbidden for a program that wants to settle more than the limit.
    """
    lock_intakes(actor, row_ids)
    excess = _excess(actor, row_ids)
    if excess is None:
        return _carry_out(actor, row_ids, deed, reason, alone=True)
    as_they_are = AS_THEY_ARE if deed == QuarantineRelease.Deed.RESUBMIT else ""
    return _ask(actor, row_ids, deed, reason or as_they_are, excess)


@transaction.atomic
def ask_release(actor: Actor, *, row_ids: Sequence[int], deed: str, reason: str) -> int:
    """Ask that rows be sent again as they are or given up, and nothing else; returns the number of the matter.

    Raises Conflict while the actor may settle them alone: then there is nothing to approve."""
    lock_intakes(actor, row_ids)
    rows_to_settle(actor, row_ids)
    excess = _excess(actor, row_ids)
    if excess is None:
        raise Conflict(
            "his_intake.release_not_needed",
            f"这 {len(set(row_ids)):,} 行没有超过每日自行处理的上限，不需要审批，请在「隔离数据」页面直接处理。",
        )
    asked = _ask(actor, row_ids, deed, reason, excess)
    return asked.matter or 0


@transaction.atomic
def correct_row(actor: Actor, *, row_id: int, corrections: Mapping[str, Any]) -> Settled:
    """Send one row again with corrected fields. One that is sent as it was is a release like any other."""
    row = access_quarantined_row(actor, row_id)
    if as_sent(row, corrections):
        return settle_rows(actor, row_ids=[row.pk], deed=QuarantineRelease.Deed.RESUBMIT)
    return Settled(1, resubmit_rows(actor, row_ids=[row.pk], corrections={row.pk: corrections}))


def _excess(actor: Actor, row_ids: Sequence[int]) -> Excess | None:
    """By how much the rows go beyond what one person may settle today; None where they do not."""
    rows = QuarantinedRow.objects.visible_to(actor).filter(pk__in=row_ids, state=QuarantinedRow.State.OPEN)
    groups = list(
        rows.order_by("institution", "dataset").values_list("institution", "dataset").annotate(count=Count("pk"))
    )
    institutions = Institution.objects.in_bulk({institution for institution, _, _ in groups})
    together = sum(count for _, _, count in groups)
    for institution, dataset, _count in groups:
        limit, before = limit_of(institutions[institution]), settled_alone(institutions[institution], dataset)
        if before + together > limit:
            return Excess(together, before, limit)
    return None


def _carry_out(actor: Actor, row_ids: Sequence[int], deed: str, reason: str, *, alone: bool = False) -> Settled:
    if deed == QuarantineRelease.Deed.DISCARD:
        return Settled(discard_rows(actor, row_ids=row_ids, reason=reason, alone=alone))
    return Settled(len(row_ids), resubmit_rows(actor, row_ids=row_ids, corrections={}, alone=alone))


def _ask(actor: Actor, row_ids: Sequence[int], deed: str, reason: str, excess: Excess) -> Settled:
    if actor.user is None:
        raise Forbidden("his_intake.release_by_persons", f"{excess.words}，须由登录的人员提出并经审批。")
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
    matter = start(actor, kind=KIND, subject=str(release.pk), comment=f"{excess.words}。")
    return Settled(len(rows), matter=matter, excess=excess)


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
