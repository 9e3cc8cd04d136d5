"""Laws of the consolidation, whatever the members say."""

import random
from collections import defaultdict
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from ops_platform.kernel import Period
from ops_platform.ledger.engine.consolidation import Inputs, Member, consolidate
from ops_platform.ledger.engine.figures import Figure
from ops_platform.ledger.engine.pairs import Measures
from ops_platform.ledger.engine.statements import statement_of
from ops_platform.ledger.layouts import layouts, pair_kinds

ACCOUNTS = ("1002", "121890", "230790", "3001", "4101010103", "4201", "4301", "4604", "5001", "5401", "5501", "5901")
WITH_COUNTERPARTY = {"121890", "230790", "4101010103", "4201", "4301", "4604", "5001", "5401", "5501", "5901"}
FEN = st.integers(-(10**12), 10**12)
INSTITUTIONS = (1, 2, 3)


@st.composite
def inputs(draw: st.DrawFn) -> Inputs:
    """Three members of any share, some of them mid-year joiners, whose books balance in every measure."""
    joined = st.sampled_from([None, None, Period(2026, 3), Period(2026, 5)])
    share = st.one_of(st.just(1_000_000), st.integers(1, 1_000_000))
    members = tuple(Member(number, draw(share), draw(joined)) for number in INSTITUTIONS)
    figures, earlier = [], defaultdict(list)
    carriers = draw(st.sets(st.sampled_from(INSTITUTIONS)))
    months = sorted({member.joined for member in members if member.joined})
    for institution in INSTITUTIONS:
        rows = draw(
            st.lists(
                st.tuples(st.sampled_from(ACCOUNTS[1:]), st.sampled_from([0, 1, 2, 3, 9]), FEN, FEN, FEN, FEN),
                max_size=8,
                unique_by=lambda row: row[:2],
            )
        )
        rows = [row for row in rows if row[1] != institution and (not row[1] or row[0] in WITH_COUNTERPARTY)]
        opening, month, year, before = (-sum(row[place] for row in rows) for place in (2, 3, 4, 5))
        carried = 0
        for account, other, opening_, month_, year_, before_ in [*rows, ("1002", 0, opening, month, year, before)]:
            off = opening_ + month_ if institution in carriers and account[0] in "45" else 0
            carried += off
            figures.append(Figure(institution, account, opening_, month_, 0, year_, 0, -off, counterparty=other))
            for joining in months:
                earlier[joining].append(Figure(institution, account, 0, 0, 0, before_, 0, counterparty=other))
        figures.append(Figure(institution, "310109", carried=carried))
    return Inputs(members, figures, pair_kinds(), dict(earlier))


def added(rows: list[Measures]) -> Measures:
    return sum(rows, Measures())


@given(inputs())
def test_consolidated_is_the_sum_of_members_and_eliminations(given_: Inputs) -> None:
    result = consolidate(given_)
    for key, amounts in result.consolidated.items():
        said = added([member[key] for member in result.by_member.values() if key in member])
        legs = [
            leg.amounts for entry in result.eliminations for leg in entry.legs if (leg.account, leg.cost_item) == key
        ]
        assert replace(amounts, carried=0) == replace(said + added(legs), carried=0)
        assert amounts == said + result.eliminated.get(key, Measures())
    assert added([*result.eliminated.values()]).end == 0


@given(inputs())
def test_nothing_is_left_on_accounts_of_the_year_of_members_that_carried(given_: Inputs) -> None:
    result = consolidate(given_)
    left = [each for each in given_.figures if each.account[0] in "45" and each.net]
    if not left:
        assert {key: each.end for key, each in result.consolidated.items() if key[0][0] in "45" and each.end} == {}
    own = -sum(each.net for each in given_.figures if each.account[0] in "345")
    whole = -sum(each.end for key, each in result.consolidated.items() if key[0][0] in "345")
    taken = -sum(each.end for key, each in result.eliminated.items() if key[0][0] in "345")
    assert whole == own + taken


@given(inputs())
def test_every_elimination_balances_in_every_measure(given_: Inputs) -> None:
    for entry in consolidate(given_).eliminations:
        assert added([leg.amounts for leg in entry.legs]) == Measures(), entry


@given(inputs())
def test_balance_sheet_balances_and_surplus_is_untouched(given_: Inputs) -> None:
    result = consolidate(given_)
    assert statement_of(result.amounts, layouts()["balance_sheet"]).findings == ()
    surplus = statement_of(result.amounts, layouts()["income_statement"]).value("surplus", "year")
    of_the_year = [amounts.year for key, amounts in result.summed.items() if key[0][0] in "45"]
    assert surplus == -sum(of_the_year)


@given(inputs())
def test_never_more_is_eliminated_than_both_sides_say(given_: Inputs) -> None:
    for pair in consolidate(given_).pairs:
        assert abs(pair.eliminated) <= min(abs(pair.claim), abs(pair.debt))
        assert pair.matched == (abs(pair.difference) <= given_.tolerance)
        if pair.claim == pair.debt:
            assert pair.eliminated == pair.claim, "what both say is eliminated in full"


@given(inputs(), st.randoms(use_true_random=False))
def test_order_of_the_figures_does_not_matter(given_: Inputs, chance: random.Random) -> None:
    shuffled = list(given_.figures)
    chance.shuffle(shuffled)
    other = consolidate(Inputs(given_.members, shuffled, given_.kinds, given_.earlier))
    assert other == consolidate(given_)


@given(inputs())
def test_members_owned_in_full_leave_nothing_to_others(given_: Inputs) -> None:
    result = consolidate(given_)
    owned = {member.institution for member in given_.members if member.share == 1_000_000}
    assert not owned & {each.institution for each in result.minority}
