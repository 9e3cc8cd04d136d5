"""The consolidated December: each line is the members' own lines less what is eliminated, whoever has carried."""

from decimal import Decimal

import pytest

from ops_platform.identity.actors import actor_of_user
from ops_platform.kernel import Actor, Period, Role
from ops_platform.kernel.actor import PLATFORM
from ops_platform.ledger import consolidation_integrity, services
from ops_platform.ledger.engine.statements import BALANCE_SHEET, INCOME_STATEMENT
from ops_platform.ledger.models import ConsolidationRun
from ops_platform.ledger.selectors import consolidation as reads
from ops_platform.ledger.selectors.behind import behind_line
from ops_platform.ledger.selectors.statements import statement
from ops_platform.ledger.selectors.worksheet import account_rows, worksheet
from ops_platform.ledger.services.consolidation import consolidate
from ops_platform.ledger.services.consolidation_members import include_everybody
from ops_platform.masterdata.models import AccountingPeriod, Institution
from ops_platform.masterdata.services import open_missing_periods
from tests.ledger.test_consolidation import book
from tests.support import trade

pytestmark = pytest.mark.django_db
DECEMBER = Period(2025, 12)


@pytest.fixture
def centre() -> Actor:
    return actor_of_user(trade.person("centre", Role.OPERATION_CENTRE))


@pytest.fixture
def members(centre: Actor) -> dict[str, Institution]:
    """The hospital earned 900 and 500 from the township; the township earned 800 and spent those 500."""
    made = trade.alliance("2025-11")
    include_everybody(centre)
    hospital, township = made["H1"], made["T1"]
    book(hospital, "1", ("1002", "900.00", None), ("4101010203", "-900.00", None), day="2025-12-10")
    book(hospital, "2", ("121890", "500.00", township), ("4101010203", "-500.00", township), day="2025-12-10")
    book(township, "1", ("1002", "800.00", None), ("4101010103", "-800.00", None), day="2025-12-10")
    book(township, "2", ("5001", "500.00", hospital), ("230790", "-500.00", hospital), day="2025-12-10")
    for institution in made.values():
        open_missing_periods(institution, DECEMBER)
    AccountingPeriod.objects.filter(period="2025-11").update(state="closed")
    return made


def carry(*institutions: Institution) -> None:
    for institution in institutions:
        services.carry_year_forward(PLATFORM, institution=institution, year=2025)


def lines(run: ConsolidationRun, *keys: str) -> dict[str, int]:
    whole = reads.statement(run=run, code=BALANCE_SHEET)
    assert whole.findings == ()
    return {key: whole.value(key, "end") for key in keys}


def own_lines_are_those_behind(run: ConsolidationRun, members: dict[str, Institution]) -> None:
    """What stands behind each consolidated line is what the members' own sheets say."""
    own = [statement(institution=each, period=DECEMBER, code=BALANCE_SHEET) for each in members.values()]
    for line in own[0].layout.lines:
        if not (line.accounts or line.sum) or line.key in ("minority", "own_net_assets"):
            continue
        _, behind = behind_line(run=run, code=BALANCE_SHEET, key=line.key)
        said = tuple(sum(each.value(line.key, measure) for each in own) for measure in ("end", "start"))
        assert behind.summed == reads.yuan(said), line.title


def test_the_sheet_of_december_is_the_members_own(centre: Actor, members: dict[str, Institution]) -> None:
    keys = ("cash", "accumulated", "not_carried", "net_assets", "other_receivables", "liabilities_and_net_assets")
    before = consolidate(centre, period=DECEMBER).run
    assert lines(before, *keys) == {
        "cash": 170_000,
        "accumulated": 0,
        "not_carried": 170_000,
        "net_assets": 170_000,
        "other_receivables": 0,
        "liabilities_and_net_assets": 170_000,
    }
    own_lines_are_those_behind(before, members)

    carry(members["H1"])
    half = consolidate(centre, period=DECEMBER).run
    assert half.version == 2, "carrying changes the sheet"
    assert lines(half, "accumulated", "not_carried", "net_assets") == {
        "accumulated": 90_000,
        "not_carried": 80_000,
        "net_assets": 170_000,
    }, "the hospital's 1,400 less the 500 it earned from the township; the township's 300 with its 500 put back"
    own_lines_are_those_behind(half, members)

    carry(members["T1"])
    after = consolidate(centre, period=DECEMBER).run
    assert lines(after, *keys) == {**lines(before, *keys), "accumulated": 170_000, "not_carried": 0}
    own_lines_are_those_behind(after, members)
    for run in (before, half, after):
        income = reads.statement(run=run, code=INCOME_STATEMENT)
        assert (income.value("income", "year"), income.value("surplus", "year")) == (170_000, 170_000)
    assert list(consolidation_integrity.consolidations()) == []


def test_the_work_sheet_of_december_adds_up(centre: Actor, members: dict[str, Institution]) -> None:
    carry(members["H1"], members["T1"])
    run = consolidate(centre, period=DECEMBER).run
    _, rows = worksheet(run=run, measure="end")
    assert {row.code: row.consolidated for row in rows if row.consolidated} == {
        "1002": Decimal("1700.00"),
        "3001": Decimal("-1700.00"),
    }
    assert all(row.summed + row.eliminated == row.consolidated for row in rows)
    account, said, _legs, whole = account_rows(run=run, code="4101010203")
    assert (account.code, {row["standing"] for row in said}, whole["standing"]) == ("4101010203", {Decimal("0.00")}, 0)
    assert (whole["of_year"], whole["moved_on"]) == (Decimal("-900.00"), Decimal("900.00"))
    accumulated = run.figures.get(account__code="3001", part="consolidated")
    assert (accumulated.carried, accumulated.end) == (Decimal("-1700.00"), Decimal("-1700.00"))
    january = consolidate(centre, period=Period(2026, 1)).run
    assert lines(january, "accumulated", "net_assets") == {"accumulated": 170_000, "net_assets": 170_000}
