"""Making a consolidation the official report (定稿): asked for by the operation centre, signed by somebody who made nothing
of it. What is signed are the figures themselves (`selectors.final.figures_digest`)."""

from django.db import transaction
from django.utils import timezone

from ops_platform.audit.public import record
from ops_platform.kernel import Actor, Conflict, Forbidden, NotFound, Severity
from ops_platform.ledger.engine.entry import words
from ops_platform.ledger.models import ConsolidationRun, PairMatch
from ops_platform.ledger.selectors.final import makers_of
from ops_platform.ledger.services.consolidation import (
    FINAL_KIND,
    MAKERS,
    is_open,
    is_outdated,
    lock_consolidations,
    of_the_whole,
    open_members,
)
from workflows.public import start, under_way

LONGEST_EXPLANATION = 500


@transaction.atomic
def ask_final(actor: Actor, *, run_id: int, explanation: str = "") -> int:
    """Ask that the newest run become the official one, with the words that go with the report; returns the number of the
    matter. Asking again while it is being approved gives the same matter.

    Raises Conflict for a run that is final already or not fit to be (`refuse_unfit`).
    """
    of_the_whole(actor, *MAKERS)
    if actor.user is None:
        raise Forbidden("ledger.not_allowed", "定稿须由运营管理中心的人员提出。")
    lock_consolidations()
    run = _locked(run_id)
    asked = under_way(FINAL_KIND, str(run.pk))
    if asked:
        return asked
    if run.state == ConsolidationRun.State.FINAL:
        raise Conflict("ledger.consolidation_not_draft", "这一版已定稿。")
    refuse_unfit(run)
    run.explanation = words(explanation)
    run.save(update_fields=["explanation"])
    record(
        actor,
        "ledger.consolidation_final_asked",
        subject_type="consolidation_run",
        subject=run.pk,
        detail={"period": run.period, "version": run.version},
    )
    return start(actor, kind=FINAL_KIND, subject=str(run.pk), comment=run.explanation)


def refuse_unfit(run: ConsolidationRun) -> None:
    """Raises Conflict while a difference is unexplained, a finding blocks, a member has not closed the month, or when the
    books have changed since."""
    if not is_open(run) or is_outdated(run):
        raise Conflict(
            "ledger.consolidation_outdated", f"{run.period} 第 {run.version} 版合并之后账目又有变动，请重新合并。"
        )
    unexplained = run.pairs.filter(state=PairMatch.State.DIFFERENT).count()
    if unexplained:
        raise Conflict(
            "ledger.pairs_unexplained",
            f"{run.period} 还有 {unexplained} 对内部往来的差异没有说明或没有抵销完。请逐对说明，或手工抵销后重新合并。",
        )
    blocking = [each["message"] for each in run.findings if each["severity"] == Severity.BLOCKING]
    if blocking:
        raise Conflict("ledger.consolidation_blocked", f"{run.period} 还不能定稿：{' '.join(blocking[:5])}")
    waiting = len(open_members(run))
    if waiting:
        raise Conflict(
            "ledger.members_open", f"{run.period} 还有 {waiting} 家成员没有结账，合并报表只能是草稿。请先结账。"
        )


@transaction.atomic
def finalise(actor: Actor, *, run_id: int) -> ConsolidationRun:
    """Make the run the official one, in place of an earlier final one. Called by the approval only.

    Raises Forbidden for who made or explained anything of it, Conflict where it is not fit any more.
    """
    lock_consolidations()
    run = _locked(run_id)
    if actor.user in makers_of(run):
        raise Forbidden("ledger.maker_finalises", "合并、说明差异或提出手工抵销的人不能为同一份合并报表定稿。")
    refuse_unfit(run)
    ConsolidationRun.objects.filter(period=run.period, is_current=True).exclude(pk=run.pk).update(is_current=False)
    run.is_current, run.state = True, ConsolidationRun.State.FINAL
    run.finalised_by, run.finalised_at = actor.name, timezone.now()
    run.save(update_fields=["is_current", "state", "finalised_by", "finalised_at"])
    record(
        actor,
        "ledger.consolidation_final",
        subject_type="consolidation_run",
        subject=run.pk,
        detail={"period": run.period, "version": run.version},
    )
    return run


def _locked(run_id: int) -> ConsolidationRun:
    run = ConsolidationRun.objects.select_for_update(of=("self",)).filter(pk=run_id).first()
    if run is None:
        raise NotFound("ledger.no_consolidation", "没有这次合并。")
    return run
