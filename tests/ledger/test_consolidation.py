"""Consolidating a month: runs, differences, eliminations by hand, members, and what the database guards."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.utils import ProgrammingError
from django.test import Client
from django.test.utils import CaptureQueriesContext

from ops_platform.identity.actors import actor_of_user
from ops_platform.identity.models import User
from ops_platform.kernel import Actor, Conflict, Forbidden, Invalid, Period, Role, to_fen
from ops_platform.kernel.actor import PLATFORM
from ops_platform.ledger import consolidation_integrity, services
from ops_platform.ledger.engine.chart import Dimensions
from ops_platform.ledger.engine.entry import EntryInput, Leg
from ops_platform.ledger.models import (
    Account,
    ConsolidatedCash,
    ConsolidatedFigure,
    ConsolidationRun,
    Elimination,
    PairMatch,
)
from ops_platform.ledger.nightly import CONSOLIDATION
from ops_platform.ledger.services.consolidation import consolidate, explain_difference, is_open, is_outdated
from ops_platform.ledger.services.consolidation_inputs import members_at
from ops_platform.ledger.services.consolidation_members import end_membership, include_everybody, include_member
from ops_platform.ledger.services.eliminations import WantedElimination, WantedLeg, propose_elimination
from ops_platform.ledger.services.finalising import ask_final
from ops_platform.masterdata.models import AccountingPeriod, Institution
from ops_platform.masterdata.services import open_missing_periods
from ops_platform.nightly.public import StepContext
from tests.support import trade
from workflows import services as approval
from workflows.models import Task
from workflows.reference import load_flows

pytestmark = pytest.mark.django_db
MARCH = Period(2026, 3)


def book(
    institution: Institution, key: str, *legs: tuple[str, str, Institution | None], day: str = "2026-03-10"
) -> None:
    """Legs as (account, yuan with debits positive, counterparty)."""
    made = []
    for account, yuan, other in legs:
        cost = {"cost_item": "personnel", "funding_source": "basic"} if account.startswith("5") else {}
        dimensions = Dimensions(counterparty=other.pk if other else 0, **(cost if account in ("5001", "5101") else {}))
        fen = to_fen(yuan)
        made.append(Leg(account, max(fen, 0), max(-fen, 0), dimensions))
    entry = EntryInput(day=date.fromisoformat(day), summary="测试", source="test", key=key, legs=tuple(made))
    services.book(PLATFORM, institution=institution, entry=entry)


@pytest.fixture
def centre() -> Actor:
    return actor_of_user(trade.person("centre", Role.OPERATION_CENTRE))


@pytest.fixture
def alliance(centre: Actor) -> dict[str, Institution]:
    """The hospital served the township for 500 and lent it 100; both booked it."""
    made = trade.alliance()
    hospital, township = made["H1"], made["T1"]
    include_everybody(centre)
    book(hospital, "1", ("1002", "900.00", None), ("4101010203", "-900.00", None))
    book(hospital, "2", ("1002", "500.00", None), ("4101010203", "-500.00", township))
    book(hospital, "3", ("121890", "100.00", township), ("1002", "-100.00", None))
    book(township, "1", ("1002", "800.00", None), ("4101010103", "-800.00", None))
    book(township, "2", ("5001", "500.00", hospital), ("1002", "-500.00", None))
    book(township, "3", ("1002", "100.00", None), ("230790", "-100.00", hospital))
    return made


def said(run: ConsolidationRun, account: str, part: str = "consolidated") -> Decimal:
    return sum((row.start + row.year for row in run.figures.filter(account__code=account, part=part)), Decimal(0))


def close_march(alliance: dict[str, Institution]) -> None:
    for institution in alliance.values():
        open_missing_periods(institution, MARCH)
    AccountingPeriod.objects.filter(period__lte="2026-03").update(state="closed")


def made_final(centre: Actor, run: ConsolidationRun) -> ConsolidationRun:
    """Asked for by the centre, signed by somebody who made nothing of it."""
    load_flows()
    signer = User.objects.filter(username="signer").first() or trade.person("signer", Role.LEADERSHIP)
    matter = ask_final(centre, run_id=run.pk)
    task = Task.objects.get(matter=matter, person=signer, state=Task.State.OPEN)
    approval.approve(actor_of_user(signer), matter_id=matter, task=task.number)
    run.refresh_from_db()
    return run


def test_dealings_of_members_are_gone_and_nothing_else(alliance: dict[str, Institution], centre: Actor) -> None:
    run = consolidate(centre, period=MARCH).run
    assert said(run, "4101010203", "member") == Decimal("-1400.00")
    assert said(run, "4101010203") == Decimal("-900.00")
    assert [said(run, account) for account in ("121890", "230790", "5001")] == [0, 0, 0]
    assert said(run, "1002") == Decimal("1700.00")
    assert sorted(run.pairs.values_list("kind", "state", "eliminated")) == [
        ("balance", "matched", Decimal("100.00")),
        ("dealings", "matched", Decimal("500.00")),
    ]
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    assert list(consolidation_integrity.consolidations()) == []


def test_cash_of_members_is_told_apart(alliance: dict[str, Institution], centre: Actor) -> None:
    run = consolidate(centre, period=MARCH).run
    rows = ConsolidatedCash.objects.filter(run=run).values_list(
        "institution__code", "way", "internal", "account", "year"
    )
    assert sorted(rows) == [
        ("H1", "in", False, "410101", Decimal("900.00")),
        ("H1", "in", True, "410101", Decimal("500.00")),
        ("H1", "out", True, "121890", Decimal("100.00")),
        ("T1", "in", False, "410101", Decimal("800.00")),
        ("T1", "in", True, "230790", Decimal("100.00")),
        ("T1", "out", True, "5001", Decimal("500.00")),
    ]


def test_the_same_books_make_no_new_run(alliance: dict[str, Institution], centre: Actor) -> None:
    first = consolidate(centre, period=MARCH)
    again = consolidate(centre, period=MARCH)
    assert (first.created, again.created, again.run.pk) == (True, False, first.run.pk)
    book(alliance["H1"], "4", ("1002", "1.00", None), ("4609", "-1.00", None))
    other = consolidate(centre, period=MARCH)
    assert (other.created, other.run.version) == (True, 2)
    assert ConsolidationRun.objects.get(is_current=True) == other.run


def test_a_difference_keeps_the_report_a_draft_until_it_is_explained(
    alliance: dict[str, Institution], centre: Actor
) -> None:
    book(alliance["H1"], "4", ("121890", "30.00", alliance["T1"]), ("4609", "-30.00", None))
    close_march(alliance)
    run = consolidate(centre, period=MARCH).run
    assert said(run, "121890") == Decimal("30.00"), "what only one side says stays visible"
    with pytest.raises(Conflict, match="1 对内部往来"):
        ask_final(centre, run_id=run.pk)
    pair = run.pairs.get(state=PairMatch.State.DIFFERENT)
    assert (pair.claim, pair.debt, pair.difference) == (Decimal("130.00"), Decimal("100.00"), Decimal("30.00"))
    with pytest.raises(Invalid):
        explain_difference(centre, pair_id=pair.pk, explanation="  ")
    explain_difference(centre, pair_id=pair.pk, explanation="卫生院次月入账")
    final = made_final(centre, run)
    assert (final.state, final.finalised_by) == (ConsolidationRun.State.FINAL, "signer")
    with pytest.raises(Conflict, match="已定稿"):
        explain_difference(centre, pair_id=pair.pk, explanation="另一种说法")


def test_an_explanation_stays_while_the_amounts_are_the_same(alliance: dict[str, Institution], centre: Actor) -> None:
    hospital, township = alliance["H1"], alliance["T1"]
    book(hospital, "4", ("121890", "30.00", township), ("4609", "-30.00", None))
    run = consolidate(centre, period=MARCH).run
    explain_difference(centre, pair_id=run.pairs.get(state="different").pk, explanation="卫生院次月入账")
    book(hospital, "5", ("1002", "1.00", None), ("4609", "-1.00", None))
    assert consolidate(centre, period=MARCH).run.pairs.get(kind="balance").explanation == "卫生院次月入账"
    book(hospital, "6", ("121890", "1.00", township), ("4609", "-1.00", None))
    assert consolidate(centre, period=MARCH).run.pairs.get(kind="balance").state == PairMatch.State.DIFFERENT


def test_a_month_that_a_member_has_not_closed_stays_a_draft(alliance: dict[str, Institution], centre: Actor) -> None:
    run = consolidate(centre, period=MARCH).run
    with pytest.raises(Conflict, match="3 家成员没有结账"):
        ask_final(centre, run_id=run.pk)


def test_books_that_changed_since_are_consolidated_anew(alliance: dict[str, Institution], centre: Actor) -> None:
    run = consolidate(centre, period=MARCH).run
    book(alliance["H1"], "4", ("1002", "1.00", None), ("4609", "-1.00", None))
    with pytest.raises(Conflict, match="重新合并"):
        ask_final(centre, run_id=run.pk)


def test_an_elimination_by_hand_needs_a_second_person(alliance: dict[str, Institution], centre: Actor) -> None:
    load_flows()
    second = trade.person("second", Role.OPERATION_CENTRE)
    hospital = alliance["H1"]
    book(hospital, "4", ("121890", "30.00", alliance["T1"]), ("4609", "-30.00", None))
    run = consolidate(centre, period=MARCH).run
    pair = run.pairs.get(state="different")
    wanted = WantedElimination(
        MARCH,
        Period(2026, 4),
        "卫生院未入账，冲回",
        (WantedLeg(hospital.pk, "4609", 3_000), WantedLeg(hospital.pk, "121890", -3_000)),
        pair.pk,
    )
    row, _matter = propose_elimination(centre, wanted)
    assert consolidate(centre, period=MARCH).created is False, "nothing changes before the second person agrees"
    assert not Task.objects.filter(person__username="centre").exists()
    task = Task.objects.get(person=second, state=Task.State.OPEN)
    approval.approve(actor_of_user(second), matter_id=task.matter_id, task=task.number)
    row.refresh_from_db()
    assert row.state == Elimination.State.APPROVED
    anew = consolidate(centre, period=MARCH).run
    assert (said(anew, "121890"), said(anew, "4609"), anew.by_hand) == (0, 0, [row.pk])
    assert anew.pairs.get(kind="balance").state == PairMatch.State.EXPLAINED
    april = consolidate(centre, period=Period(2026, 4)).run
    income = april.figures.get(part="elimination", account__code="4609")
    assert (income.month, income.year) == (0, Decimal("30.00")), "in the year, but not in the next month"
    assert 4609 not in consolidate(centre, period=Period(2026, 5)).run.by_hand
    assert list(consolidation_integrity.consolidations()) == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"legs": (WantedLeg(1, "4609", 1),)}, "ledger.elimination_legs"),
        ({"legs": (WantedLeg(1, "4609", 1), WantedLeg(1, "1002", -2))}, "ledger.elimination_not_balanced"),
        ({"legs": (WantedLeg(0, "4609", 1), WantedLeg(0, "1002", -1))}, "ledger.not_consolidated"),
        ({"legs": (WantedLeg(1, "4101", 1), WantedLeg(1, "1002", -1))}, "ledger.elimination_account"),
        ({"legs": (WantedLeg(1, "6001", 1), WantedLeg(1, "1002", -1))}, "ledger.elimination_not_balanced"),
        ({"through": Period(2027, 1)}, "ledger.elimination_span"),
        ({"period": Period(2031, 1), "through": Period(2031, 2)}, "ledger.month_not_begun"),
        ({"reason": " "}, "ledger.reason_needed"),
    ],
)
def test_an_elimination_that_could_never_be_one_is_refused(
    alliance: dict[str, Institution], centre: Actor, change: dict[str, object], code: str
) -> None:
    own = alliance["H1"].pk
    given = {
        "period": MARCH,
        "through": MARCH,
        "reason": "原因",
        "legs": (WantedLeg(1, "4609", 1), WantedLeg(1, "1002", -1)),
        **change,
    }
    given["legs"] = tuple(WantedLeg(own if leg.institution else 0, leg.account, leg.fen) for leg in given["legs"])  # type: ignore[attr-defined]
    with pytest.raises(Invalid) as refused:
        propose_elimination(centre, WantedElimination(**given))  # type: ignore[arg-type]
    assert refused.value.code == code


def test_another_share_is_no_joining_and_what_was_stays(alliance: dict[str, Institution], centre: Actor) -> None:
    township = alliance["T1"]
    include_member(centre, institution=township, share=Decimal("0.8"), since=MARCH)
    shares = {month: {each.institution: each.share for each in members_at(Period(2026, month))} for month in (2, 3)}
    assert (shares[2][township.pk], shares[3][township.pk]) == (1_000_000, 800_000)
    assert {each.joined for each in members_at(MARCH)} == {None}
    run = consolidate(centre, period=MARCH).run
    row = run.minority.get()
    assert (row.institution, row.net_assets, row.surplus_year) == (township, Decimal("60.00"), Decimal("60.00"))
    end_membership(centre, institution=township, until=MARCH)
    assert township.pk not in {each.institution for each in members_at(Period(2026, 4))}
    with pytest.raises(Conflict):
        end_membership(centre, institution=township, until=MARCH)


def test_a_member_that_joins_in_march_brings_what_it_earned_before_as_net_assets(centre: Actor) -> None:
    made = trade.alliance()
    hospital, township = made["H1"], made["T1"]
    include_member(centre, institution=hospital, share=Decimal(1), since=Period(2026, 1))
    include_member(centre, institution=township, share=Decimal(1), since=MARCH)
    book(township, "1", ("1002", "70.00", None), ("4609", "-70.00", None), day="2026-02-10")
    book(township, "2", ("1002", "5.00", None), ("4609", "-5.00", None))
    book(hospital, "1", ("5901", "20.00", township), ("1002", "-20.00", None), day="2026-02-11")
    run = consolidate(centre, period=MARCH).run
    assert (said(run, "4609"), said(run, "3001"), said(run, "5901")) == (
        Decimal("-5.00"),
        Decimal("-70.00"),
        Decimal("20.00"),
    )
    assert run.pairs.count() == 0, "dealings before joining were with a stranger"
    assert run.eliminations.get().kind == Elimination.Kind.JOINING
    assert list(consolidation_integrity.consolidations()) == []


def test_members_are_the_operation_centre_s_to_name(alliance: dict[str, Institution]) -> None:
    director = trade.actor(Role.FINANCE_DIRECTOR)
    bound = trade.actor(Role.OPERATION_CENTRE, alliance["H1"])
    for actor in (director, bound):
        with pytest.raises(Forbidden):
            include_everybody(actor)
        with pytest.raises(Forbidden):
            consolidate(actor, period=MARCH)


@pytest.mark.parametrize("share", ["0", "-0.1", "1.01", "0.1234567"])
def test_a_share_is_above_nothing_and_at_most_all(alliance: dict[str, Institution], centre: Actor, share: str) -> None:
    with pytest.raises(Invalid, match="份额"):
        include_member(centre, institution=alliance["H1"], share=Decimal(share), since=Period(2026, 4))


def test_a_month_without_members_or_before_its_time_is_refused(centre: Actor) -> None:
    trade.alliance()
    with pytest.raises(Invalid, match="没有纳入合并的机构"):
        consolidate(centre, period=MARCH)
    with pytest.raises(Invalid, match="还没有到"):
        consolidate(centre, period=Period(2031, 1))


def test_the_database_keeps_what_was_found(alliance: dict[str, Institution], centre: Actor) -> None:
    run = consolidate(centre, period=MARCH).run
    row = run.eliminations.first()
    assert row is not None
    for work in (
        lambda: ConsolidatedFigure.objects.filter(run=run).update(year=0),
        lambda: run.eliminations.update(title="x"),
        lambda: run.pairs.update(eliminated=0),
        lambda: ConsolidationRun.objects.filter(pk=run.pk).delete(),
    ):
        with pytest.raises((ProgrammingError, IntegrityError)), transaction.atomic():
            work()
    with pytest.raises(IntegrityError), transaction.atomic():
        row.legs.create(
            position=99,
            institution=alliance["H1"],
            account=row.legs.first().account,
            start=1,
            month=0,
            year=0,  # type: ignore[union-attr]
        )


def test_a_figure_that_was_slipped_in_is_found(alliance: dict[str, Institution], centre: Actor) -> None:
    run = consolidate(centre, period=MARCH).run
    account = run.figures.filter(account__code="1002").first().account  # type: ignore[union-attr]
    ConsolidatedFigure.objects.create(
        run=run, part="consolidated", account=account, cost_item="x", start=0, month=0, year=1
    )
    (found,) = consolidation_integrity.consolidations()
    assert (found.code, found.subject) == ("ledger.consolidation_off", "2026-03 1002")


def test_the_nightly_step_consolidates_once(alliance: dict[str, Institution]) -> None:
    context = StepContext(run_id=1, institution=None, period=MARCH, actor=PLATFORM, progress=lambda _done, _total: None)
    first, again = CONSOLIDATION.run(context), CONSOLIDATION.run(context)
    assert (first.changed, again.changed, first.input_digest == again.input_digest) == (True, False, True)
    assert "3 家成员" in first.note


def test_the_nightly_step_rests_while_nobody_is_consolidated() -> None:
    trade.alliance()
    context = StepContext(run_id=1, institution=None, period=MARCH, actor=PLATFORM, progress=lambda _done, _total: None)
    assert CONSOLIDATION.run(context).changed is False


def test_own_accounts_of_a_member_count_as_the_unified_account_above(
    alliance: dict[str, Institution], centre: Actor
) -> None:
    hospital, parent = alliance["H1"], Account.objects.get(code="121801", institution=None)
    own = {"kind": "asset", "book": "financial", "side": "debit", "source_mark": "default", "institution": hospital}
    middle = Account.objects.create(code="12180101", name="职工借款", parent=parent, leaf=False, **own)
    Account.objects.create(code="1218010101", name="差旅借款", parent=middle, **own)
    book(hospital, "9", ("1218010101", "7.00", None), ("1002", "-7.00", None))
    assert said(consolidate(centre, period=MARCH).run, "121801") == Decimal("7.00")


def test_a_december_is_the_same_whoever_has_carried_forward(centre: Actor) -> None:
    made = trade.alliance(first_period="2025-11")
    hospital, township = made["H1"], made["T1"]
    include_everybody(centre)
    book(hospital, "1", ("1002", "50.00", None), ("4101010203", "-50.00", township), day="2025-12-05")
    book(township, "1", ("5001", "50.00", hospital), ("1002", "-50.00", None), day="2025-12-05")
    book(township, "2", ("1002", "80.00", None), ("4609", "-80.00", None), day="2025-12-06")
    december = Period(2025, 12)
    before = consolidate(centre, period=december).run
    for institution in made.values():
        open_missing_periods(institution, december)
    AccountingPeriod.objects.filter(period="2025-11").update(state="closed")
    services.carry_year_forward(PLATFORM, institution=hospital, year=2025)
    after = consolidate(centre, period=december).run
    figures = [
        list(
            run.figures.filter(part="consolidated")
            .exclude(start=0, month=0, year=0)
            .order_by("account__code", "cost_item")
            .values_list("account__code", "start", "month", "year")
        )
        for run in (before, after)
    ]
    assert figures[0] == figures[1]
    assert [finding["code"] for finding in after.findings] == []
    january = consolidate(centre, period=Period(2026, 1)).run
    assert not [finding for finding in january.findings if finding["severity"] == "blocking"]


def test_an_elimination_that_does_not_balance_never_reaches_its_commit(
    alliance: dict[str, Institution], centre: Actor
) -> None:
    run = consolidate(centre, period=MARCH).run
    account = Account.objects.get(code="1002", institution=None)
    row = Elimination.objects.create(
        run=run, kind="pair", title="x", period="2026-03", through="2026-03", leg_count=2, made_at=run.created_at
    )
    for position in (1, 2):
        row.legs.create(position=position, institution=alliance["H1"], account=account, start=0, month=0, year=position)
    with pytest.raises(IntegrityError, match="does not balance"), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.fixture
def second(centre: Actor) -> User:
    """Who approves eliminations by hand."""
    load_flows()
    return trade.person("second", Role.OPERATION_CENTRE)


def eliminate(
    centre: Actor, second: User, pair: PairMatch, fen: int, *, through: Period = MARCH, accounts: str = "4609 121890"
) -> Elimination:
    """By hand off what the creditor claims, agreed on by the second person."""
    other, claim = accounts.split()
    legs = (WantedLeg(pair.creditor_id, other, fen), WantedLeg(pair.creditor_id, claim, -fen))
    period = Period.parse(pair.run.period)
    row, _matter = propose_elimination(centre, WantedElimination(period, through, "冲回", legs, pair.pk))
    task = Task.objects.get(person=second, state=Task.State.OPEN)
    approval.approve(actor_of_user(second), matter_id=task.matter_id, task=task.number)
    row.refresh_from_db()
    return row


def differ(alliance: dict[str, Institution], yuan: str = "30.00", key: str = "4", day: str = "2026-03-10") -> None:
    """The hospital claims more than the township says."""
    book(alliance["H1"], key, ("121890", yuan, alliance["T1"]), ("4609", f"-{yuan}", None), day=day)


@pytest.mark.parametrize(
    ("fen", "accounts", "covered"),
    [
        (1, "4609 121890", "0.01"),
        (2_999, "4609 121890", "29.99"),
        (4_000, "4609 121890", "40.00"),
        (3_000, "4609 1002", "0"),
    ],
)
def test_an_elimination_by_hand_settles_no_more_than_it_covers(
    alliance: dict[str, Institution], centre: Actor, second: User, fen: int, accounts: str, covered: str
) -> None:
    """0.01 by hand explained any difference, and so did one on other accounts."""
    differ(alliance)
    close_march(alliance)
    pair = consolidate(centre, period=MARCH).run.pairs.get(state="different")
    AccountingPeriod.objects.update(state="open")
    eliminate(centre, second, pair, fen, accounts=accounts)
    close_march(alliance)
    run = consolidate(centre, period=MARCH).run
    anew = run.pairs.get(kind="balance")
    within = fen == 2_999
    assert anew.by_hand == Decimal(covered)
    assert anew.state == ("explained" if within else "different"), "within the tolerance of 0.01"
    assert anew.unexplained == (0 if within else Decimal("30.00") - Decimal(covered))
    if not within:
        with pytest.raises(Conflict, match="没有抵销完"):
            ask_final(centre, run_id=run.pk)
        explain_difference(centre, pair_id=anew.pk, explanation="余下的次月入账")
    assert made_final(centre, run).state == "final"


def test_in_a_later_month_the_elimination_settles_only_what_still_fits(
    alliance: dict[str, Institution], centre: Actor, second: User
) -> None:
    april = Period(2026, 4)
    differ(alliance)
    pair = consolidate(centre, period=MARCH).run.pairs.get(state="different")
    eliminate(centre, second, pair, 3_000, through=april)
    assert consolidate(centre, period=MARCH).run.pairs.get(kind="balance").state == "explained"
    assert consolidate(centre, period=april).run.pairs.get(kind="balance").state == "explained"
    beyond = consolidate(centre, period=Period(2026, 5)).run.pairs.get(kind="balance")
    assert (beyond.state, beyond.by_hand, beyond.unexplained) == ("different", 0, Decimal("30.00")), "no more in force"
    differ(alliance, "12.00", "5", "2026-04-10")
    grown = consolidate(centre, period=april).run.pairs.get(kind="balance")
    assert (grown.state, grown.difference, grown.unexplained) == ("different", Decimal("42.00"), Decimal("12.00"))


def test_what_the_books_put_right_themselves_is_not_eliminated_once_more_unseen(
    alliance: dict[str, Institution], centre: Actor, second: User
) -> None:
    differ(alliance)
    pair = consolidate(centre, period=MARCH).run.pairs.get(state="different")
    eliminate(centre, second, pair, 3_000)
    book(alliance["T1"], "9", ("5901", "30.00", None), ("230790", "-30.00", alliance["H1"]))
    anew = consolidate(centre, period=MARCH).run.pairs.get(kind="balance")
    assert (anew.difference, anew.state, anew.unexplained) == (0, "different", Decimal("-30.00"))


def test_a_final_run_stays_the_report_until_the_next_one_is_final(
    alliance: dict[str, Institution], centre: Actor
) -> None:
    close_march(alliance)
    first = made_final(centre, consolidate(centre, period=MARCH).run)
    assert not is_outdated(first)
    AccountingPeriod.objects.update(state="open")
    book(alliance["H1"], "7", ("1002", "1.00", None), ("4609", "-1.00", None))
    assert is_outdated(first)
    outcome = consolidate(centre, period=MARCH)
    draft = outcome.run
    assert (outcome.created, draft.version, draft.is_current, is_open(draft)) == (True, 2, False, True)
    assert ConsolidationRun.objects.get(period="2026-03", is_current=True) == first
    assert consolidate(centre, period=MARCH).run == draft, "the same books make no third one"
    book(alliance["H1"], "8", ("1002", "1.00", None), ("4609", "-1.00", None))
    close_march(alliance)
    with pytest.raises(Conflict) as refusal:
        ask_final(centre, run_id=draft.pk)
    assert refusal.value.code == "ledger.consolidation_outdated"
    third = made_final(centre, consolidate(centre, period=MARCH).run)
    assert (third.version, third.is_current, third.state) == (3, True, "final")
    assert not ConsolidationRun.objects.get(pk=first.pk).is_current
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("UPDATE ledger_consolidationrun SET state = 'final', finalised_at = now()", "nobody explained"),
        (
            "INSERT INTO ledger_consolidationrun (period, version, is_current, state, input_digest, engine_version,"
            " tolerance, members, by_hand, findings, explanation, actor, created_at, finalised_by, finalised_at)"
            " SELECT period, 9, false, 'final', '', '', 0, '[]', '{}', '[]', '', '', now(), '', now()"
            " FROM ledger_consolidationrun",
            "born as a draft",
        ),
    ],
)
def test_a_run_with_open_differences_is_not_final_by_direct_sql_either(
    alliance: dict[str, Institution], centre: Actor, sql: str, words: str
) -> None:
    differ(alliance)
    consolidate(centre, period=MARCH)
    with pytest.raises(IntegrityError, match=words), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


def test_what_was_found_of_a_final_run_stays_and_so_does_its_place(
    alliance: dict[str, Institution], centre: Actor
) -> None:
    close_march(alliance)
    run = made_final(centre, consolidate(centre, period=MARCH).run)
    for sql in (
        "UPDATE ledger_pairmatch SET state = 'different'",
        "UPDATE ledger_consolidationrun SET is_current = false",
    ):
        with pytest.raises(IntegrityError, match="final"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"{sql}; SET CONSTRAINTS ALL IMMEDIATE")
    assert run.pairs.exists()


def test_pages_say_what_is_left_and_that_a_draft_is_older_than_the_books(
    alliance: dict[str, Institution], centre: Actor, second: User, client: Client
) -> None:
    client.force_login(second)
    differ(alliance)
    pair = consolidate(centre, period=MARCH).run.pairs.get(state="different")
    assert "数字已不是最新" not in client.get("/ledger/consolidation/?period=2026-03").content.decode()
    eliminate(centre, second, pair, 1_000)
    assert "数字已不是最新" in client.get("/ledger/consolidation/?period=2026-03").content.decode()
    run = consolidate(centre, period=MARCH).run
    page = client.get(f"/ledger/consolidation/{run.pk}/pairs/").content.decode()
    assert "手工抵销(元)" in page
    assert "未说明余额(元)" in page
    assert "20.00" in page
    left = run.pairs.get(state="different")
    assert "20.00" in client.get(f"/ledger/consolidation/pairs/{left.pk}/explain/").content.decode()
    explain_difference(centre, pair_id=left.pk, explanation="余下的次月入账")
    close_march(alliance)
    made_final(centre, run)
    AccountingPeriod.objects.update(state="open")
    book(alliance["H1"], "7", ("1002", "1.00", None), ("4609", "-1.00", None))
    asked = {"period": "2026-03", "next": "/ledger/consolidation/?period=2026-03"}
    said = client.post("/ledger/consolidation/run/", asked, follow=True).content.decode()
    assert "仍是正式报表" in said
    assert "打开第 3 版草稿" in said
    draft = ConsolidationRun.objects.get(version=3)
    assert "定稿后取代已定稿的版本" in client.get(f"/ledger/consolidation/{draft.pk}/").content.decode()
    assert client.get(f"/ledger/consolidation/{draft.pk}/report/").status_code == 200


def test_a_run_is_known_to_be_up_to_date_without_reading_the_cash_of_the_year(
    alliance: dict[str, Institution], centre: Actor
) -> None:
    run = consolidate(centre, period=MARCH).run
    with CaptureQueriesContext(connection) as asked:
        assert not is_outdated(run)
        assert consolidate(centre, period=MARCH).created is False
    assert not [query for query in asked if "ledger_leg" in query["sql"]]
    book(alliance["H1"], "9", ("1001", "5.00", None), ("1002", "-5.00", None))
    assert is_outdated(run)
