"""Keeping the result of a consolidation: run, figures, eliminations, pairs, cash, minority interest."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal

from django.utils import timezone

from ops_platform.kernel import Actor, Finding, Period, from_fen, to_fen
from ops_platform.ledger.engine import consolidation as engine
from ops_platform.ledger.engine.pairs import Measures
from ops_platform.ledger.models import (
    Account,
    ConsolidatedCash,
    ConsolidatedFigure,
    ConsolidationRun,
    Elimination,
    EliminationLeg,
    MinorityInterest,
    PairMatch,
)
from ops_platform.ledger.selectors.cash import CashFlow
from ops_platform.ledger.services.consolidation_inputs import Read
from ops_platform.orm.bulk import copy_rows


def store_run(
    actor: Actor,
    period: Period,
    read: Read,
    result: engine.Consolidation,
    before: ConsolidationRun | None,
    digest: str,
    findings: Sequence[Finding],
) -> ConsolidationRun:
    """A new version of the month after the one before. Current from now on, unless the month has a final one: then it waits
    beside it until it is final itself."""
    current = ConsolidationRun.objects.filter(period=str(period), is_current=True).first()
    waits = current is not None and current.state == ConsolidationRun.State.FINAL
    if current and not waits:
        current.is_current = False
        current.save(update_fields=["is_current"])
    run = ConsolidationRun.objects.create(
        period=str(period),
        version=before.version + 1 if before else 1,
        is_current=not waits,
        input_digest=digest,
        input_stamp=read.stamp,
        engine_version=engine.ENGINE_VERSION,
        tolerance=from_fen(read.inputs.tolerance),
        members=[
            {"institution": each.institution, "share": each.share, "joined": str(each.joined or "")}
            for each in read.inputs.members
        ],
        by_hand=read.by_hand,
        findings=[
            {"code": each.code, "severity": str(each.severity), "message": each.message, "subject": each.subject}
            for each in findings
        ],
        actor=actor.name,
        created_at=timezone.now(),
    )
    accounts = dict(Account.objects.filter(institution=None).values_list("code", "pk"))
    _store_figures(run, result, accounts)
    _store_eliminations(run, result, accounts)
    _store_pairs(run, result, before)
    _store_cash(run, read.cash)
    MinorityInterest.objects.bulk_create(
        MinorityInterest(
            run=run,
            institution_id=each.institution,
            share=Decimal(next(m.share for m in read.inputs.members if m.institution == each.institution))
            / engine.WHOLE,
            net_assets_start=from_fen(each.net_assets_start),
            net_assets=from_fen(each.net_assets),
            surplus_month=from_fen(each.surplus_month),
            surplus_year=from_fen(each.surplus_year),
        )
        for each in result.minority
    )
    return run


def _yuan(amounts: Measures) -> tuple[Decimal, Decimal, Decimal]:
    return from_fen(amounts.start), from_fen(amounts.month), from_fen(amounts.year)


def _store_figures(run: ConsolidationRun, result: engine.Consolidation, accounts: Mapping[str, int]) -> None:
    parts: list[tuple[str, int | None, Mapping[engine.Key, Measures]]] = [
        ("member", institution, said) for institution, said in result.by_member.items()
    ]
    parts += [("elimination", None, result.eliminated), ("consolidated", None, result.consolidated)]
    copy_rows(
        ConsolidatedFigure,
        ("run_id", "part", "institution_id", "account_id", "cost_item", "start", "month", "year", "carried"),
        (
            (run.pk, part, institution, accounts[account], cost_item, *_yuan(amounts), from_fen(amounts.carried))
            for part, institution, said in parts
            for (account, cost_item), amounts in said.items()
        ),
    )


def _store_eliminations(run: ConsolidationRun, result: engine.Consolidation, accounts: Mapping[str, int]) -> None:
    automatic = [entry for entry in result.eliminations if entry.kind != "hand"]
    rows = Elimination.objects.bulk_create(
        Elimination(
            run=run,
            kind=Elimination.Kind.JOINING if entry.kind == "joining" else Elimination.Kind.PAIR,
            title=entry.title,
            pair_kind="" if entry.kind == "joining" else entry.kind,
            creditor_id=entry.creditor or None,
            debtor_id=entry.debtor or None,
            period=run.period,
            through=run.period,
            leg_count=len(entry.legs),
            made_at=run.created_at,
        )
        for entry in automatic
    )
    copy_rows(
        EliminationLeg,
        (
            "elimination_id",
            "position",
            "institution_id",
            "account_id",
            "cost_item",
            "counterparty_id",
            "start",
            "month",
            "year",
        ),
        (
            (
                row.pk,
                position,
                leg.institution,
                accounts[leg.account],
                leg.cost_item,
                leg.counterparty or None,
                *_yuan(leg.amounts),
            )
            for row, entry in zip(rows, automatic, strict=True)
            for position, leg in enumerate(entry.legs, start=1)
        ),
    )


def _store_pairs(run: ConsolidationRun, result: engine.Consolidation, before: ConsolidationRun | None) -> None:
    """Pairs; explained where the run before explains the same amounts, or eliminations by hand settle the whole difference:
    what they leave, or take too much, is a difference."""
    told = {
        (row.kind, row.creditor_id, row.debtor_id, row.claim, row.debt, row.by_hand): row
        for row in (before.pairs.filter(state=PairMatch.State.EXPLAINED) if before else ())
    }
    hands: dict[tuple[int | None, int | None], list[Elimination]] = defaultdict(list)
    for hand in Elimination.objects.filter(pk__in=run.by_hand).exclude(pair_kind="").select_related("asked_by"):
        hands[hand.creditor_id, hand.debtor_id].append(hand)
    rows, tolerance = [], to_fen(run.tolerance)
    for pair in result.pairs:
        row = PairMatch(
            run=run,
            kind=pair.kind,
            creditor_id=pair.creditor,
            debtor_id=pair.debtor,
            claim=from_fen(pair.claim),
            debt=from_fen(pair.debt),
            difference=from_fen(pair.difference),
            month_claim=from_fen(pair.month_claim),
            month_debt=from_fen(pair.month_debt),
            eliminated=from_fen(pair.eliminated),
            by_hand=from_fen(pair.by_hand),
            state=PairMatch.State.DIFFERENT,
        )
        settled = abs(pair.rest) <= tolerance
        by_hand = hands.get((pair.creditor, pair.debtor), []) if pair.by_hand else []
        same = told.get((pair.kind, pair.creditor, pair.debtor, row.claim, row.debt, row.by_hand))
        if settled and pair.matched:
            row.state = PairMatch.State.MATCHED
        elif settled and by_hand:
            words = "；".join(f"手工抵销第 {hand.pk} 号：{hand.title}" for hand in by_hand)
            row.state, row.explanation = PairMatch.State.EXPLAINED, words[:300]
            asker = by_hand[-1].asked_by
            row.explained_by, row.explained_at = asker.username if asker else "", run.created_at
        elif same:
            row.state, row.explanation = PairMatch.State.EXPLAINED, same.explanation
            row.explained_by, row.explained_at = same.explained_by, same.explained_at
        rows.append(row)
    PairMatch.objects.bulk_create(rows, batch_size=5_000)


def _store_cash(run: ConsolidationRun, flows: Sequence[CashFlow]) -> None:
    ways = [
        (each, way, month, year)
        for each in flows
        for way, month, year in (
            (ConsolidatedCash.Way.RECEIVED, each.received_month, each.received_year),
            (ConsolidatedCash.Way.PAID, each.paid_month, each.paid_year),
        )
        if month or year
    ]
    copy_rows(
        ConsolidatedCash,
        ("run_id", "institution_id", "way", "internal", "account", "month", "year"),
        (
            (run.pk, each.institution, str(way), each.internal, each.account, from_fen(month), from_fen(year))
            for each, way, month, year in ways
        ),
    )
