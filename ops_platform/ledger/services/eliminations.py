"""Eliminations by hand: asked for by one person of the operation centre, in force when a second one approved."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from ops_platform.audit.public import record
from ops_platform.kernel import Actor, Conflict, Forbidden, Invalid, NotFound, Period, from_fen
from ops_platform.ledger.engine.consolidation import FINANCIAL
from ops_platform.ledger.engine.entry import LARGEST, LONGEST_WORDS, words
from ops_platform.ledger.models import Account, Elimination, EliminationLeg, PairMatch
from ops_platform.ledger.services.consolidation import MAKERS, of_the_whole
from ops_platform.ledger.services.consolidation_inputs import members_at
from workflows.public import start

KIND = "ledger.elimination"
MOST_LEGS = 50


@dataclass(frozen=True, slots=True)
class WantedLeg:
    """Fen added to an account of a member, debits less credits."""

    institution: int
    account: str
    fen: int
    cost_item: str = ""


@dataclass(frozen=True, slots=True)
class WantedElimination:
    """What is to be eliminated from a month on, through another one of the same year; `pair` it settles."""

    period: Period
    through: Period
    reason: str
    legs: tuple[WantedLeg, ...]
    pair: int | None = None


@transaction.atomic
def propose_elimination(actor: Actor, wanted: WantedElimination) -> tuple[Elimination, int]:
    """Ask for an elimination by hand; gives it and the number of the matter that approves it.

    Raises Invalid for what could never be one.
    """
    of_the_whole(actor, *MAKERS)
    if actor.user is None:
        raise Forbidden("ledger.not_allowed", "手工抵销须由运营管理中心的人员提出。")
    accounts = _check(wanted)
    pair = _pair(wanted)
    row = Elimination.objects.create(
        kind=Elimination.Kind.HAND,
        state=Elimination.State.ASKED,
        title=words(wanted.reason),
        pair_kind=pair.kind if pair else "",
        creditor_id=pair.creditor_id if pair else None,
        debtor_id=pair.debtor_id if pair else None,
        period=str(wanted.period),
        through=str(wanted.through),
        leg_count=len(wanted.legs),
        asked_by_id=actor.user,
        made_at=timezone.now(),
    )
    EliminationLeg.objects.bulk_create(
        EliminationLeg(
            elimination=row,
            position=position,
            institution_id=leg.institution,
            account=accounts[leg.account],
            cost_item=leg.cost_item,
            start=from_fen(0),
            month=from_fen(leg.fen),
            year=from_fen(leg.fen),
        )
        for position, leg in enumerate(wanted.legs, start=1)
    )
    record(actor, "ledger.elimination_asked", subject_type="elimination", subject=row.pk)
    return row, start(actor, kind=KIND, subject=str(row.pk), comment=row.title)


def _check(wanted: WantedElimination) -> dict[str, Account]:
    said = words(wanted.reason)
    if not said or len(said) > LONGEST_WORDS:
        raise Invalid("ledger.reason_needed", f"请用 {LONGEST_WORDS} 个字以内说明抵销的原因。", field="reason")
    if wanted.through < wanted.period or wanted.through.year != wanted.period.year:
        raise Invalid("ledger.elimination_span", f"手工抵销从 {wanted.period} 起，须在同一年内结束。", field="through")
    if wanted.period > Period.of(timezone.localdate()):
        raise Invalid("ledger.month_not_begun", f"{wanted.period} 还没有到，不能抵销。", field="period")
    if not 2 <= len(wanted.legs) <= MOST_LEGS or any(not leg.fen for leg in wanted.legs):
        raise Invalid("ledger.elimination_legs", f"抵销分录须有 2 至 {MOST_LEGS} 条，金额不为零。")
    if any(abs(leg.fen) > LARGEST for leg in wanted.legs):
        raise Invalid("ledger.amount_too_large", f"抵销分录的金额超过 {from_fen(LARGEST):,} 元，请核对小数点和单位。")
    total = sum(leg.fen for leg in wanted.legs)
    if total:
        raise Invalid("ledger.elimination_not_balanced", f"抵销分录借贷不平，相差 {from_fen(abs(total)):,} 元。")
    members = {each.institution for each in members_at(wanted.period)}
    if not {leg.institution for leg in wanted.legs} <= members:
        raise Invalid("ledger.not_consolidated", f"抵销分录中有机构不在 {wanted.period} 的合并范围内。")
    return _accounts(wanted.legs)


def _accounts(legs: Sequence[WantedLeg]) -> dict[str, Account]:
    rows = Account.objects.filter(institution=None, code__in={leg.account for leg in legs}, leaf=True)
    accounts = {row.code: row for row in rows if row.code[0] in FINANCIAL}
    for leg in legs:
        if leg.account not in accounts:
            raise Invalid(
                "ledger.elimination_account", f"科目 {leg.account} 不是统一科目表中财务会计的明细科目，不能抵销。"
            )
    return accounts


def _pair(wanted: WantedElimination) -> PairMatch | None:
    if wanted.pair is None:
        return None
    pair = PairMatch.objects.filter(pk=wanted.pair, run__period=str(wanted.period)).first()
    if pair is None:
        raise NotFound("ledger.no_pair", "没有这对内部往来。")
    if pair.state == PairMatch.State.MATCHED:
        raise Conflict("ledger.pair_matched", "这对内部往来一致，无须手工抵销。")
    return pair


def decide_elimination(*, elimination_id: int, approved: bool) -> None:
    """The elimination is approved, or refused or withdrawn. Called by the approval only."""
    row = Elimination.objects.select_for_update(of=("self",)).get(pk=elimination_id)
    row.state = Elimination.State.APPROVED if approved else Elimination.State.REFUSED
    row.decided_at = timezone.now()
    row.save(update_fields=["state", "decided_at"])
