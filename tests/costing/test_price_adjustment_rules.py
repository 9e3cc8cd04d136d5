"""Prices in steps, worked out by hand: what a step brings, who bears it, how prices stand to costs
(docs/algorithms/price_adjustment.md)."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from costing.engine.price_adjustment import (
    Borne,
    Bounds,
    Change,
    Concern,
    PricedItem,
    Step,
    Terms,
    changes,
    concerns_of_item,
    concerns_of_plan,
    departure,
    mean_departure,
    recovery,
    steps,
)

QUARTER = 3
# 护理: 1,000 days at 20.00 cost 50,000.00 in a quarter; 60 % is paid for stays. To 26, then to 32.
NURSING = PricedItem(10_000_000, 2_000_000, 5_000_000, (260_000, 320_000), 2_000_000, 1_200_000, 0)
# CT: 500 at 200.00 cost 60,000.00; 30 % is paid for stays, 40 % for visits. To 180, then to 160.
CT = PricedItem(5_000_000, 10_000_000, 6_000_000, (1_800_000, 1_600_000), 10_000_000, 3_000_000, 4_000_000)
BOUNDS = Bounds(Fraction(3, 10), Fraction(1, 10))
TERMS = Terms(loss=10_000_000, subsidy=1_000_000, saved=3_000_000, fund_limit=None, by_case=True)


def plan(*items: PricedItem) -> tuple[Step, ...]:
    return steps([changes(one, QUARTER) for one in items], 2)


def test_a_dearer_item_brings_its_price_times_the_volume_of_a_year_less_what_it_brought() -> None:
    first, second = changes(NURSING, QUARTER)
    assert first == Change(before=8_000_000, income=10_400_000, stays=1_440_000, visits=0)
    assert (first.amount, first.patients) == (2_400_000, 960_000)
    assert (second.before, second.income, second.amount) == (10_400_000, 12_800_000, 2_400_000)


def test_a_cheaper_item_is_the_mirror_of_a_dearer_one() -> None:
    first, _second = changes(CT, QUARTER)
    assert first == Change(before=40_000_000, income=36_000_000, stays=-1_200_000, visits=-1_600_000)
    assert first.patients == -1_200_000


def test_steps_add_up_from_the_base() -> None:
    first, second = plan(NURSING, CT)
    assert first == Step(
        raised=2_400_000,
        cut=-4_000_000,
        raised_stays=1_440_000,
        cut_stays=-1_200_000,
        visits=-1_600_000,
        patients=-240_000,
    )
    assert (second.raised, second.cut, second.stays) == (4_800_000, -8_000_000, 480_000)
    assert (second.visits, second.patients) == (-3_200_000, -480_000)
    assert second.change == -3_200_000


def test_what_is_charged_for_stays_paid_by_case_nobody_pays() -> None:
    """24,000.00 more for nursing, of which 14,400.00 on the insurer's account: no case is paid more for it."""
    one = Borne(plan(NURSING)[0], TERMS)
    assert (one.fund, one.unpaid, one.received) == (0, 1_440_000, 960_000)
    by_item = Borne(plan(NURSING)[0], Terms(10_000_000, 1_000_000, 3_000_000, None, by_case=False))
    assert (by_item.fund, by_item.unpaid, by_item.received) == (1_440_000, 0, 2_400_000)


def test_the_loss_is_compensated_by_prices_and_subsidy_and_the_rest_is_saved_by_the_hospital() -> None:
    """Loss 100,000.00: 9,600.00 received and 10,000.00 of subsidy are 19.6 %."""
    one = Borne(plan(NURSING)[0], TERMS)
    assert one.compensation == 1_960_000
    assert one.compensated == Fraction(196, 1000)
    assert one.left == 8_040_000
    assert Borne(plan(NURSING)[0], Terms(0, 0, 0, None, by_case=True)).compensated is None


def test_room_is_made_by_lower_prices_and_cheaper_purchase() -> None:
    """40,000.00 of CT and 30,000.00 of central purchase against 24,000.00 of nursing."""
    one = Borne(plan(NURSING, CT)[0], Terms(10_000_000, 1_000_000, 3_000_000, None, by_case=False))
    assert (one.burdened, one.relieved, one.room) == (2_400_000, 4_000_000, 7_000_000)
    assert one.covered == Fraction(70, 24)
    assert Borne(plan(CT)[0], TERMS).covered is None


def test_what_nobody_pays_burdens_and_relieves_nobody() -> None:
    """By case 14,400.00 of nursing burden nobody, and 12,000.00 of CT relieve nobody: 9,600.00 against 28,000.00."""
    one = Borne(plan(NURSING, CT)[0], TERMS)
    assert (one.burdened, one.relieved) == (960_000, 2_800_000)
    assert one.burdened - one.relieved == one.fund + one.step.patients
    assert one.covered == Fraction(2_800_000 + 3_000_000, 960_000)


def test_prices_stand_to_each_other_as_costs_do_when_no_item_departs() -> None:
    """All services earn 90 % of their cost. Nursing 40 %: it departs by −5/9; CT 166.7 %: by 23/27."""
    of_all = Fraction(9, 10)
    nursing = departure(recovery(2_000_000, 5_000_000), of_all)
    scan = departure(recovery(10_000_000, 6_000_000), of_all)
    assert nursing == Fraction(-5, 9)
    assert scan == Fraction(23, 27)
    assert departure(of_all, of_all) == 0
    assert departure(recovery(1, 0), of_all) is None
    assert mean_departure([(2, nursing), (10, scan), (5, None)]) == (2 * Fraction(5, 9) + 10 * Fraction(23, 27)) / 12


def told(item: PricedItem, months: int = QUARTER) -> dict[Concern, tuple[int, Fraction]]:
    found = concerns_of_item(0, item, changes(item, months), months, BOUNDS)
    return {one.concern: (one.step, one.by) for one in found}


def test_a_rise_is_steep_above_the_bound_and_not_at_it() -> None:
    """20 → 26 is 30 %, the bound; 20 → 26.01 is beyond."""
    assert Concern.STEEP not in told(NURSING)
    steeper = PricedItem(10_000_000, 2_000_000, 5_000_000, (260_100,), 2_000_000, 0, 0)
    assert told(steeper)[Concern.STEEP] == (0, Fraction(6_01, 20_00))


def test_a_cap_is_kept_at_and_passed_above() -> None:
    at = PricedItem(10_000_000, 2_000_000, 5_000_000, (260_000, 320_000), 2_000_000, 0, 0, cap=320_000)
    above = PricedItem(10_000_000, 2_000_000, 5_000_000, (260_000, 320_000), 2_000_000, 0, 0, cap=319_999)
    assert Concern.ABOVE_CAP not in told(at)
    assert told(above)[Concern.ABOVE_CAP] == (1, Fraction(1, 319_999))


def test_a_rise_beyond_cost_and_a_cut_below_it_are_told() -> None:
    dear = PricedItem(10_000_000, 4_900_000, 5_000_000, (500_000, 500_100), 4_900_000, 0, 0)
    assert told(dear)[Concern.ABOVE_COST] == (1, Fraction(5_001, 5_000))
    cheap = PricedItem(10_000_000, 6_000_000, 5_000_000, (500_000, 499_900), 6_000_000, 0, 0)
    assert told(cheap)[Concern.BELOW_COST] == (1, Fraction(4_999, 5_000))


def test_the_plan_is_told_where_it_passes_the_total_or_the_fund_and_what_it_leaves() -> None:
    terms = Terms(loss=10_000_000, subsidy=0, saved=0, fund_limit=1_439_999, by_case=False)
    borne = [Borne(one, terms) for one in plan(NURSING)]
    found = {one.concern: (one.step, one.by) for one in concerns_of_plan(borne, 24_000_000, BOUNDS)}
    assert found[Concern.FUND] == (0, Fraction(1, 100))
    assert found[Concern.TOTAL] == (1, Fraction(2, 10))  # the first step is 10 %, the bound
    assert found[Concern.UNCOMPENSATED] == (1, Fraction(5_200_000, 100))
    assert found[Concern.DEARER] == (1, Fraction(0))


def test_a_plan_that_only_lowers_prices_burdens_nobody_and_leaves_the_hospital_short() -> None:
    terms = Terms(loss=0, subsidy=0, saved=0, fund_limit=0, by_case=False)
    (only,) = concerns_of_plan([Borne(one, terms) for one in plan(CT)], 24_000_000, BOUNDS)
    assert (only.concern, only.by) == (Concern.UNCOMPENSATED, Fraction(8_000_000, 100))


@st.composite
def items(draw: st.DrawFn) -> PricedItem:
    charged = draw(st.integers(1, 10**9))
    stays = draw(st.integers(0, charged))
    return PricedItem(
        quantity=draw(st.integers(1, 10**9)),
        income=draw(st.integers(0, 10**10)),
        cost=draw(st.integers(0, 10**10)),
        prices=(draw(st.integers(0, 10**8)), draw(st.integers(0, 10**8))),
        charged=charged,
        insured_stays=stays,
        insured_visits=draw(st.integers(0, charged - stays)),
    )


@given(st.lists(items(), max_size=5), st.sampled_from((1, 2, 3, 4, 6, 12)))
def test_who_bears_a_step_bears_exactly_what_it_changes(listed: list[PricedItem], months: int) -> None:
    for one in steps([changes(item, months) for item in listed], 2):
        assert one.raised >= 0 >= one.cut
        assert one.stays + one.visits + one.patients == one.change
        for by_case in (True, False):
            borne = Borne(one, Terms(0, 0, 0, None, by_case=by_case))
            assert borne.burdened - borne.relieved == borne.fund + one.patients


@given(items())
def test_a_price_set_back_gives_back_what_it_took(item: PricedItem) -> None:
    """There and back: the last price alone decides what a year charges."""
    there, back = changes(item, 12)
    only = PricedItem(
        item.quantity, item.income, item.cost, (item.prices[1],), item.charged, item.insured_stays, item.insured_visits
    )
    assert there.amount + back.amount == changes(only, 12)[0].amount
