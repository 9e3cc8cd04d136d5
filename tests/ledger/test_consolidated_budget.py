"""The budget books of all members together: dealings taken off, joiners, years that are carried and that are not."""

from datetime import date
from decimal import Decimal

import pytest

from ops_platform.identity.actors import actor_of_user
from ops_platform.kernel import Actor, Period, Role, to_fen
from ops_platform.kernel.actor import PLATFORM
from ops_platform.ledger import consolidation_integrity, services
from ops_platform.ledger.engine.chart import Dimensions
from ops_platform.ledger.engine.entry import EntryInput, Leg
from ops_platform.ledger.engine.statements import BUDGET_BALANCES, BUDGET_STATEMENT, SURPLUS_DIFFERENCE
from ops_platform.ledger.layouts import consolidated_layouts
from ops_platform.ledger.models import ConsolidationRun
from ops_platform.ledger.selectors import consolidation as reads
from ops_platform.ledger.selectors.behind import behind_line
from ops_platform.ledger.services.consolidation import consolidate
from ops_platform.ledger.services.consolidation_members import include_everybody, include_member
from ops_platform.masterdata.models import AccountingPeriod, Institution
from ops_platform.masterdata.services import open_missing_periods
from tests.support import trade

pytestmark = pytest.mark.django_db
DECEMBER = Period(2025, 12)


def book(place: Institution, key: str, day: str, *told: tuple[str, str, Institution | None]) -> None:
    """Legs as (account, yuan with debits positive, counterparty)."""
    legs = []
    for account, yuan, other in told:
        fen, cost = to_fen(yuan), {"cost_item": "personnel"} if account[0] in "57" else {}
        if account.startswith("5001"):
            cost |= {"funding_source": "basic"}
        legs.append(
            Leg(account, max(fen, 0), max(-fen, 0), Dimensions(counterparty=other.pk if other else 0, **cost))  # type: ignore[arg-type]
        )
    entry = EntryInput(day=date.fromisoformat(day), summary="平行记账", source="test", key=key, legs=tuple(legs))
    services.book(PLATFORM, institution=place, entry=entry)


def earned(place: Institution, key: str, day: str, yuan: str, payer: Institution | None = None) -> None:
    """Other income in cash, in both books."""
    income = ("1002", yuan, None), ("4609", f"-{yuan}", payer)
    book(place, key, day, *income, ("800102", yuan, None), ("6609", f"-{yuan}", payer))


def paid(place: Institution, key: str, day: str, yuan: str, to: Institution | None = None) -> None:
    """Cost in cash, in both books."""
    cost = ("5001", yuan, to), ("1002", f"-{yuan}", None)
    book(place, key, day, *cost, ("7201", yuan, to), ("800102", f"-{yuan}", None))


@pytest.fixture
def centre() -> Actor:
    return actor_of_user(trade.person("centre", Role.OPERATION_CENTRE))


@pytest.fixture
def alliance() -> dict[str, Institution]:
    """The hospital earned 900 from patients and 500 from the township, which earned 800 and paid the 500."""
    made = trade.alliance(first_period="2025-11")
    hospital, township = made["H1"], made["T1"]
    earned(hospital, "1", "2025-11-10", "900.00")
    earned(hospital, "2", "2025-12-10", "500.00", township)
    earned(township, "1", "2025-11-10", "800.00")
    paid(township, "2", "2025-12-10", "500.00", hospital)
    return made


def told(run: ConsolidationRun, code: str, *keys: str) -> list[int]:
    found = reads.statement(run=run, code=code)
    assert found.findings == ()
    return [next(line.values[-1] for line in found.lines if line.line.key == key) for key in keys]


def adds_up(run: ConsolidationRun) -> None:
    """Members and eliminations behind every line of every statement are the line."""
    for code, layout in consolidated_layouts().items():
        for line in layout.lines:
            whole, behind = behind_line(run=run, code=code, key=line.key)
            summed = [sum(row.values[place] for row in behind.members) for place in range(len(layout.columns))]
            assert summed == list(behind.summed)
            assert list(behind.consolidated) == [
                one + other for one, other in zip(behind.summed, behind.eliminated, strict=True)
            ]
            assert behind.consolidated == reads.yuan(whole.values), (code, line.key)


def test_what_members_paid_each_other_is_neither_budget_income_nor_spending(
    alliance: dict[str, Institution], centre: Actor
) -> None:
    include_everybody(centre)
    run = consolidate(centre, period=DECEMBER).run
    assert told(run, BUDGET_STATEMENT, "income", "spending", "balance") == [170_000, 0, 170_000]
    assert told(run, BUDGET_BALANCES, "change_open", "closing", "funds") == [170_000, 170_000, 170_000]
    assert told(run, SURPLUS_DIFFERENCE, "budget", "surplus") == [170_000, 170_000]
    assert run.pairs.get(kind="budget_dealings").state == "matched"
    adds_up(run)
    _, behind = behind_line(run=run, code=BUDGET_STATEMENT, key="activity")
    assert [str(row.institution) for row in behind.members] == ["东镇卫生院"]
    assert behind.eliminated[-1] == -500


def test_the_whole_is_the_same_whoever_has_carried_forward(alliance: dict[str, Institution], centre: Actor) -> None:
    include_everybody(centre)
    before = consolidate(centre, period=DECEMBER).run
    for institution in alliance.values():
        open_missing_periods(institution, DECEMBER)
    AccountingPeriod.objects.filter(period="2025-11").update(state="closed")
    services.carry_year_forward(PLATFORM, institution=alliance["H1"], year=2025)
    after = consolidate(centre, period=DECEMBER).run
    for run in (before, after):
        assert told(run, BUDGET_STATEMENT, "income", "spending") == [170_000, 0]
        assert told(run, BUDGET_BALANCES, "closing") == [170_000]
        adds_up(run)
    assert told(after, BUDGET_BALANCES, "change_other", "change_open") == [90_000, 80_000]
    assert list(consolidation_integrity.consolidations()) == []


def test_what_a_joiner_earned_before_is_a_balance_it_brings(alliance: dict[str, Institution], centre: Actor) -> None:
    for code, since in (("H1", Period(2025, 11)), ("T1", DECEMBER)):
        include_member(centre, institution=alliance[code], share=Decimal(1), since=since)
    run = consolidate(centre, period=DECEMBER).run
    assert told(run, BUDGET_STATEMENT, "income", "spending") == [90_000, 0]
    assert told(run, BUDGET_BALANCES, "opening_other", "change_open", "closing") == [80_000, 90_000, 170_000]
    adds_up(run)
