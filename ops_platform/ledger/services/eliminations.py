"""Eliminations by hand: asked for by one person of the operation centre, in force when a second one approved."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from django.db import transaction
from django.utils import timezone

from ops_platform.audit.public import record
from ops_platform.his_intake.public import COST_ITEMS
from ops_platform.kernel import Actor, Conflict, Forbidden, Invalid, NotFound, Period, from_fen
from ops_platform.ledger.engine.chart import DIMENSION_TITLES
from ops_platform.ledger.engine.entry import LARGEST, LONGEST_WORDS, words
from ops_platform.ledger.models import Account, Book, Elimination, EliminationLeg, PairMatch
from ops_platform.ledger.services.consolidation import MAKERS, of_the_whole
from ops_platform.ledger.services.consolidation_inputs import members_at
from workflows.public import start

KIND = "ledger.elimination"
MOST_LEGS = 50
CONSOLIDATED_DIMENSIONS = ("counterparty", "cost_item")  # by these a consolidation tells accounts apart
COST_ITEM_CODES = frozenset(code for code, _title in COST_ITEMS)


@dataclass(frozen=True, slots=True)
class WantedLeg:
    """Fen added to an account of a member, debits less credits; dealings with `counterparty` (0: nobody named)."""

    institution: int
    account: str
    fen: int
    cost_item: str = ""
    counterparty: int = 0


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
    pair = _pair(wanted)
    wanted = _with_counterparties(wanted, pair)
    accounts = _check(wanted)
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
            counterparty_id=leg.counterparty or None,
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
    accounts = _accounts(wanted.legs)
    faults = list(_leg_faults(wanted, accounts))
    if faults:
        first = faults[0]
        told = [{"leg": fault.context["leg"], "code": fault.code, "message": fault.message} for fault in faults]
        first.message, first.context = f"第 {first.context['leg']} 条分录：{first.message}", {"faults": told}
        raise first
    for book in Book:
        total = sum(leg.fen for leg in wanted.legs if accounts[leg.account].book == book)
        if total:
            raise Invalid(
                "ledger.elimination_not_balanced",
                f"抵销分录的{book.label}部分借贷不平，相差 {from_fen(abs(total)):,} 元。",
            )
    return accounts


def _accounts(legs: Sequence[WantedLeg]) -> dict[str, Account]:
    """Accounts of the unified chart that may be eliminated on, of those that the legs name."""
    rows = Account.objects.filter(institution=None, code__in={leg.account for leg in legs}, leaf=True)
    return {row.code: row for row in rows}


def _leg_faults(wanted: WantedElimination, accounts: Mapping[str, Account]) -> Iterator[Invalid]:
    """What is wrong with single legs, all of it, each with its place."""
    members = {each.institution for each in members_at(wanted.period)}
    for place, leg in enumerate(wanted.legs, start=1):
        account = accounts.get(leg.account)
        if abs(leg.fen) > LARGEST:
            yield Invalid(
                "ledger.amount_too_large", f"金额超过 {from_fen(LARGEST):,} 元，请核对小数点和单位。", leg=place
            )
        if leg.institution not in members:
            yield Invalid("ledger.not_consolidated", f"机构不在 {wanted.period} 的合并范围内。", leg=place)
        if leg.counterparty and (leg.counterparty == leg.institution or leg.counterparty not in members):
            yield Invalid("ledger.elimination_counterparty", "往来机构须是合并范围内的另一家机构。", leg=place)
        if leg.cost_item and leg.cost_item not in COST_ITEM_CODES:
            yield Invalid("ledger.no_cost_item", f"没有成本项目 {leg.cost_item}。", leg=place)
        if account is None:
            yield Invalid(
                "ledger.elimination_account",
                f"科目 {leg.account} 不是统一科目表中的明细科目，不能抵销。",
                leg=place,
            )
            continue
        for name in CONSOLIDATED_DIMENSIONS:
            told, title = getattr(leg, name), DIMENSION_TITLES[name]
            if not told and name in account.required:
                yield Invalid("ledger.dimension_missing", f"科目 {account} 必须注明{title}。", leg=place)
            if told and name not in account.required and name not in account.optional:
                yield Invalid("ledger.dimension_not_kept", f"科目 {account} 不按{title}核算，请去掉。", leg=place)


def _with_counterparties(wanted: WantedElimination, pair: PairMatch | None) -> WantedElimination:
    """Where an account must name a counterparty and the elimination settles a pair, it is the other one of the two."""
    if pair is None:
        return wanted
    needing = {code for code, row in _accounts(wanted.legs).items() if "counterparty" in row.required}
    other = {pair.creditor_id: pair.debtor_id, pair.debtor_id: pair.creditor_id}
    legs = tuple(
        replace(leg, counterparty=other.get(leg.institution, 0))
        if not leg.counterparty and leg.account in needing
        else leg
        for leg in wanted.legs
    )
    return replace(wanted, legs=legs)


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
