"""The rules of purchase and use by hand: savings, spreads, gaps in a trace, idle devices."""

from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from costing.engine.procurement import Bought, MemberPrice, ratio, saving_of, spread_of
from costing.engine.sharing import Device, is_low, proposals
from costing.engine.trace import Step, charge_gap, gaps_of, missing

NONE = Decimal(0)


def bought(**more: str) -> Bought:
    """Purchases; what is not named is nothing."""
    given = {name: Decimal(value) for name, value in more.items()}
    return Bought(**{name: given.get(name, NONE) for name in Bought.__dataclass_fields__})


def test_a_central_purchase_at_82_per_cent_saves_18_per_cent_of_the_price_before() -> None:
    """17.82 → 14.61: 100 boxes cost 1,461.00 instead of 1,782.00."""
    central = {"central_quantity": "100", "central_amount": "1461.00"}
    named = {"referenced_quantity": "100", "referenced_amount": "1461.00", "reference_value": "1782.00"}
    saving = saving_of(bought(quantity="100", amount="1461.00", **central, **named))
    assert saving.amount == Decimal("321.00")
    assert ratio(saving.paid - saving.base, saving.base) == Decimal("-0.180135")


def test_without_a_named_price_the_months_before_are_the_measure() -> None:
    """Before: 30 boxes for 100.00. 20 central boxes for 40.00 would have cost 66.67 (100 × 20 ÷ 30, half up)."""
    saving = saving_of(
        bought(central_quantity="20", central_amount="40.00", before_quantity="30", before_amount="100.00")
    )
    assert (saving.base, saving.amount, saving.unknown) == (Decimal("66.67"), Decimal("26.67"), Decimal("0.00"))


def test_without_any_price_before_nothing_is_called_saved() -> None:
    saving = saving_of(bought(central_quantity="20", central_amount="40.00"))
    assert saving.amount is None
    assert saving.unknown == Decimal("40.00")


def test_a_spread_is_taken_from_the_cheapest_and_the_excess_from_all() -> None:
    """Means 10.00, 12.50 and 11.00: spread 25 %; at 10.00 the two would have paid 12.50 and 4.00 less."""
    spread = spread_of(
        [
            MemberPrice(3, Decimal(4), Decimal("44.00")),
            MemberPrice(2, Decimal(5), Decimal("62.50")),
            MemberPrice(1, Decimal(10), Decimal("100.00")),
            MemberPrice(4, Decimal(0), Decimal("0.00")),
        ]
    )
    assert [one.institution for one in spread.members] == [1, 3, 2]
    assert (spread.spread, spread.excess) == (Decimal("0.250000"), Decimal("16.50"))
    assert spread_of([MemberPrice(1, Decimal(1), Decimal("3.00"))]).spread is None


amounts = st.decimals(min_value="0.01", max_value="99999", places=2)
members = st.lists(st.tuples(st.integers(1, 5000), amounts), min_size=1, max_size=8)


@given(members)
def test_nobody_is_cheaper_than_the_cheapest_and_order_does_not_matter(rows: list[tuple[int, Decimal]]) -> None:
    prices = [MemberPrice(place, Decimal(quantity), amount) for place, (quantity, amount) in enumerate(rows)]
    spread = spread_of(prices)
    assert spread == spread_of(reversed(prices))
    assert spread.excess > Decimal("-0.01") * len(prices)
    assert spread.spread is None or spread.spread >= 0


def steps(*moves: tuple[str, int]) -> list[Step]:
    """Moves on days of March."""
    return [Step(kind, date(2026, 3, number)) for kind, number in moves]


def codes(*moves: tuple[str, int]) -> list[str]:
    """The gaps in these moves."""
    return [gap.code for gap in gaps_of(steps(*moves))]


def test_a_piece_that_was_bought_issued_and_used_fits() -> None:
    assert codes(("purchase", 1), ("issue", 4), ("use", 5)) == []
    assert codes(("purchase", 5), ("issue", 5), ("use", 5)) == [], "the same day counts as before"
    assert codes(("transfer_in", 1), ("issue", 4), ("use", 5)) == []
    assert codes(("purchase", 1)) == [], "in stock"


def test_every_gap_of_moves_has_its_name() -> None:
    assert codes(("use", 5)) == ["never_arrived"]
    assert codes(("use", 5), ("purchase", 7)) == ["before_purchase"]
    assert codes(("purchase", 1), ("purchase_return", 3), ("use", 5)) == ["after_return"]
    assert codes(("purchase", 1), ("transfer_out", 3), ("issue", 4), ("use", 5)) == ["after_return"]
    assert codes(("purchase", 1), ("purchase_return", 3), ("purchase", 4), ("issue", 4), ("use", 5)) == []
    assert codes(("purchase", 1), ("use", 5)) == ["not_issued"]
    assert codes(("purchase", 1), ("issue", 2), ("use", 5), ("use", 6)) == ["used_twice"]
    assert codes(("purchase", 1), ("issue", 2), ("use", 3), ("purchase_return", 6)) == [], "returned after its use"


def test_pieces_used_are_set_against_pieces_charged() -> None:
    assert charge_gap(1, Decimal(1)) is None
    assert charge_gap(0, Decimal(-1)) is None
    assert charge_gap(1, Decimal(0)) == "used_not_charged"
    assert charge_gap(3, Decimal(2)) == "undercharged"
    assert charge_gap(0, Decimal(2)) == "charged_not_used"
    assert charge_gap(1, Decimal(2)) == "charged_twice"
    assert missing(3, Decimal(2)) == missing(2, Decimal(3)) == 1


def device(institution: int, card: str, used: str, available: str = "100", kind: str = "CT") -> Device:
    return Device(institution, card, kind, Decimal(used), Decimal(available))


HALF, GOAL = Decimal("0.5"), Decimal("0.7")


def test_a_busy_device_gives_to_the_idlest_of_its_kind() -> None:
    """92 of 100 is 22 above 70 %; the idlest has 50 free up to 70 %; an idle device of another kind takes nothing."""
    busy, idle = device(1, "A", "92"), device(2, "B", "20")
    found = proposals([busy, idle, device(3, "C", "30"), device(3, "U", "10", kind="US")], threshold=HALF, target=GOAL)
    assert [(one.action, one.giver.card, one.taker.card, one.hours) for one in found] == [("share", "A", "B", 22)]


def test_two_idle_devices_run_on_one_where_their_hours_fit() -> None:
    found = proposals([device(1, "A", "30"), device(2, "B", "38"), device(3, "C", "49")], threshold=HALF, target=GOAL)
    assert [(one.action, one.giver.card, one.taker.card, one.hours) for one in found] == [("merge", "A", "B", 30)]
    too_much = proposals([device(1, "A", "40"), device(2, "B", "38")], threshold=HALF, target=GOAL)
    assert too_much == ()


def test_half_used_is_not_low_and_a_device_without_hours_takes_no_part() -> None:
    assert not is_low(device(1, "A", "50"), HALF)
    assert is_low(device(1, "A", "49.99"), HALF)
    assert not is_low(device(1, "A", "0", "0"), HALF)


hours = st.lists(st.tuples(st.integers(0, 100), st.integers(1, 100)), max_size=8)


@given(hours)
def test_no_proposal_takes_a_device_beyond_its_target_or_gives_more_than_there_is(rows: list[tuple[int, int]]) -> None:
    devices = [device(place, str(place), str(used), str(available)) for place, (used, available) in enumerate(rows)]
    taken: dict[str, Decimal] = {}
    given_away: dict[str, Decimal] = {}
    for one in proposals(devices, threshold=HALF, target=GOAL):
        taken[one.taker.card] = taken.get(one.taker.card, NONE) + one.hours
        given_away[one.giver.card] = given_away.get(one.giver.card, NONE) + one.hours
    for one in devices:
        if one.card in taken:
            assert one.used + taken[one.card] <= GOAL * one.available
        assert given_away.get(one.card, NONE) <= one.used
