"""Moving single fen between receivers of one sender: what it brings, and what it leaves alone."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from costing.engine.flows import Block
from costing.engine.levelling import level
from costing.engine.weights import Weights

PLACES = {f"C{number}": number for number in range(8)}


def sent(*flows: dict[str, int]) -> Block:
    """One item, sent by as many senders as there are dictionaries of receivers and fen."""
    weights = Weights.of([dict.fromkeys(one, 1) for one in flows], PLACES)
    amounts = [one[code] for one in flows for code in sorted(one)]
    return Block(np.ones(len(flows), dtype=np.intp), np.arange(len(flows)), weights, np.array([amounts]))


def lacking(**fen: int) -> np.ndarray:
    return np.array([[fen.get(code, 0) for code in PLACES]])


def test_a_sender_gives_one_receiver_what_the_other_has_too_much() -> None:
    block = sent({"C0": 50, "C1": 50})
    assert not level(block, lacking(C0=1, C1=-1)).any()
    assert block.amounts.tolist() == [[51, 49]]


def test_receivers_of_different_senders_cannot_help_each_other() -> None:
    block = sent({"C0": 50, "C1": 50}, {"C2": 50, "C3": 50})
    assert (level(block, lacking(C0=1, C2=-1)) == lacking(C0=1, C2=-1)).all()
    assert block.amounts.tolist() == [[50, 50, 50, 50]]


def test_it_goes_through_the_second_sender_where_the_first_cannot_help() -> None:
    block = sent({"C0": 50, "C5": 50}, {"C0": 50, "C1": 50})
    assert not level(block, lacking(C0=2, C1=-2)).any()
    assert block.amounts.tolist() == [[50, 50, 52, 48]]


def test_a_flow_may_come_to_nothing_but_is_never_turned_round() -> None:
    block = sent({"C0": 50, "C1": 1})
    assert (level(block, lacking(C0=2, C1=-2)) == lacking(C0=1, C1=-1)).all()
    assert block.amounts.tolist() == [[51, 0]]


def test_a_flow_of_nothing_begins_only_where_it_cannot_turn_out_to_be_against_the_others() -> None:
    block = sent({"C0": 0, "C1": 5})
    assert not level(block, lacking(C0=1, C1=-1)).any()
    assert block.amounts.tolist() == [[1, 4]]
    block = sent({"C0": 0, "C1": 5}, {"C2": -3})
    assert (level(block, lacking(C0=1, C1=-1)) == lacking(C0=1, C1=-1)).all()


def test_who_sends_nothing_helps_nobody() -> None:
    block = sent({"C0": 0, "C1": 0})
    assert (level(block, lacking(C0=1, C1=-1)) == lacking(C0=1, C1=-1)).all()
    assert not block.amounts.any()


@st.composite
def levellings(draw: st.DrawFn) -> tuple[Block, np.ndarray]:
    receivers = st.dictionaries(st.sampled_from(list(PLACES)), st.integers(0, 40), min_size=1)
    flows = draw(st.lists(receivers, min_size=1, max_size=6))
    flows = [
        {code: fen * sign for code, fen in one.items()} for one in flows for sign in (draw(st.sampled_from((1, -1))),)
    ]
    fen = st.integers(-5, 5)
    return sent(*flows), np.array([[draw(fen) for _ in PLACES]])


@settings(max_examples=200, deadline=None)
@given(levellings())
def test_what_every_sender_sends_stays_and_every_department_comes_nearer(given: tuple[Block, np.ndarray]) -> None:
    block, before = given
    amounts = block.amounts.copy()
    after = level(block, before)
    moved = block.amounts - amounts
    for start, end in zip(block.weights.starts[:-1], block.weights.starts[1:], strict=True):
        assert moved[:, start:end].sum() == 0
    received = np.zeros_like(before)
    np.add.at(received[0], block.weights.receivers, moved[0])
    assert (before - received == after).all()
    assert (np.abs(after) <= np.abs(before)).all()
    assert (np.sign(after) * np.sign(before) >= 0).all()
    signs = np.sign(np.add.reduceat(amounts, block.weights.starts[:-1], axis=1))[:, block.weights.owners]
    assert (block.amounts * signs >= 0).all()


@settings(max_examples=200, deadline=None)
@given(levellings())
def test_in_the_end_no_sender_could_help_any_more(given: tuple[Block, np.ndarray]) -> None:
    block, before = given
    rest = level(block, before)[0]
    for start, end in zip(block.weights.starts[:-1], block.weights.starts[1:], strict=True):
        amounts, wanted = block.amounts[0, start:end], rest[block.weights.receivers[start:end]]
        more, less = ((wanted * way > 0) & (amounts != 0) for way in (1, -1))
        assert not (more.any() and less.any())
