"""Agreements of the alliance: the worked examples of domain.md 5.4, findings, and laws."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from costing.engine.agreements import (
    AgreementKind,
    Income,
    Inputs,
    Party,
    PartyRole,
    Service,
    Settlement,
    Terms,
    What,
    faults_of,
    settle,
)

LEAD, BASE, VILLAGE, OTHER = 1, 2, 3, 4
SURGERY = 11
YUAN = 100


def party(role: PartyRole, institution: int | None = None, share: str = "0") -> Party:
    return Party(role, institution, Decimal(share))


EXPERT = Terms(
    "EXPERT",
    AgreementKind.EXPERT,
    (party(PartyRole.RECEIVER, None, "0.6"), party(PartyRole.POOL, OTHER, "0.4")),
    {"expert": Decimal(800)},
)
JOINT = Terms(
    "JOINT",
    AgreementKind.JOINT_EXAM,
    (party(PartyRole.BASE, BASE, "0.2"), party(PartyRole.UPPER, LEAD, "0.3"), party(PartyRole.POOL, LEAD)),
)
LEVELS = Terms(
    "LEVELS",
    AgreementKind.THREE_LEVEL,
    (
        party(PartyRole.COUNTY, None, "0.5"),
        party(PartyRole.TOWNSHIP, None, "0.3"),
        party(PartyRole.VILLAGE, None, "0.2"),
    ),
)
CENTRE = Terms(
    "CENTRE",
    AgreementKind.SHARED_CENTRE,
    (party(PartyRole.PROVIDER, LEAD), party(PartyRole.RECEIVER, None, "1")),
    by_full_cost=True,
)
CHAINS = {
    VILLAGE: {PartyRole.VILLAGE: VILLAGE, PartyRole.TOWNSHIP: BASE, PartyRole.COUNTY: LEAD},
    BASE: {PartyRole.TOWNSHIP: BASE, PartyRole.COUNTY: LEAD},
}


def service(
    volume: str = "1",
    *,
    receiver: int | None = BASE,
    kind: str = "expert",
    amount: int | None = None,
    unit_cost: str | None = None,
    provider: int = LEAD,
    reference: str = "D/1",
) -> Service:
    return Service(
        reference,
        provider,
        SURGERY,
        receiver,
        None,
        kind,
        Decimal(volume),
        None if unit_cost is None else Decimal(unit_cost),
        amount,
    )


def borne(settlement: Settlement) -> list[tuple[PartyRole, int, int]]:
    return [(part.role, part.bearer, part.amount) for part in settlement.parts]


def codes(settlement: Settlement) -> list[str]:
    return [finding.code.removeprefix("costing.") for finding in settlement.findings]


def test_twenty_half_days_at_800_are_9600_for_the_base_and_6400_for_the_pool() -> None:
    """domain.md 5.4 [seed 004]: 20 half-days × 800 = 16 000 → 9 600 / 6 400."""
    settled = settle(EXPERT, Inputs(services=[service("12"), service("8")]))
    assert [(basis.what, basis.volume, basis.rows, basis.amount) for basis in settled.bases] == [
        (What.SERVICES, Decimal(20), 2, 16_000 * YUAN)
    ]
    assert borne(settled) == [
        (PartyRole.RECEIVER, BASE, 9_600 * YUAN),
        (PartyRole.POOL, OTHER, 6_400 * YUAN),
    ]
    assert {part.payee for part in settled.parts} == {LEAD}
    assert not settled.findings


def test_joint_examination_is_20_percent_of_exam_and_30_percent_of_diagnosis_income() -> None:
    """domain.md 5.4 [seed 004]: 100 000 × 20 % + 60 000 × 30 % = 38 000 joint."""
    settled = settle(
        JOINT,
        Inputs(
            incomes=[Income(BASE, 100_000 * YUAN)],
            services=[service("300", kind="diagnosis", amount=60_000 * YUAN)],
        ),
    )
    assert borne(settled) == [(PartyRole.BASE, BASE, 20_000 * YUAN), (PartyRole.UPPER, LEAD, 18_000 * YUAN)]
    assert settled.total == 38_000 * YUAN
    assert [part.is_dealing for part in settled.parts] == [
        True,
        False,
    ]  # the lead holds the pool: it owes itself nothing


def test_three_levels_bear_by_their_shares_and_a_missing_level_is_borne_by_the_others() -> None:
    settled = settle(
        LEVELS,
        Inputs(
            services=[
                service("1", receiver=VILLAGE, kind="other", amount=1_000 * YUAN),
                service("1", receiver=BASE, kind="other", amount=800 * YUAN),
            ],
            chains=CHAINS,
        ),
    )
    assert borne(settled) == [
        (PartyRole.COUNTY, LEAD, 500 * YUAN),  # of the township: 0.5 : 0.3
        (PartyRole.TOWNSHIP, BASE, 300 * YUAN),
        (PartyRole.COUNTY, LEAD, 500 * YUAN),
        (PartyRole.TOWNSHIP, BASE, 300 * YUAN),
        (PartyRole.VILLAGE, VILLAGE, 200 * YUAN),
    ]


def test_a_shared_centre_at_full_cost_is_borne_by_use_and_keeps_its_own_use() -> None:
    settled = settle(
        CENTRE,
        Inputs(
            services=[
                service("600", receiver=None, kind="laboratory"),
                service("300", receiver=BASE, kind="laboratory"),
                service("100", receiver=OTHER, kind="laboratory"),
            ],
            full_cost=50_000 * YUAN,
        ),
    )
    assert borne(settled) == [
        (PartyRole.PROVIDER, LEAD, 30_000 * YUAN),
        (PartyRole.RECEIVER, BASE, 15_000 * YUAN),
        (PartyRole.RECEIVER, OTHER, 5_000 * YUAN),
    ]
    assert sum(part.amount for part in settled.parts if part.is_dealing) == 20_000 * YUAN


def test_a_row_s_own_unit_cost_goes_before_that_of_the_agreement_and_its_amount_before_both() -> None:
    assert settle(EXPERT, Inputs(services=[service("2", unit_cost="650.5")])).bases[0].amount == 1_301 * YUAN
    assert settle(EXPERT, Inputs(services=[service("2", unit_cost="650", amount=7)])).bases[0].amount == 7


@pytest.mark.parametrize(
    ("terms", "inputs", "code"),
    [
        (EXPERT, Inputs(), "agreement_no_volume"),
        (EXPERT, Inputs(services=[service(kind="imaging")]), "agreement_other_kind"),
        (EXPERT, Inputs(services=[service(receiver=None)]), "agreement_no_receiver"),
        (Terms("X", AgreementKind.EXPERT, EXPERT.parties), Inputs(services=[service()]), "agreement_no_rate"),
        (CENTRE, Inputs(services=[service(provider=OTHER)], full_cost=1), "agreement_not_a_party"),
        (CENTRE, Inputs(services=[service()]), "agreement_no_cost_run"),
        (CENTRE, Inputs(full_cost=1), "agreement_no_usage"),
        (JOINT, Inputs(incomes=[Income(BASE, None)]), "agreement_no_cost_run"),
        (JOINT, Inputs(incomes=[Income(BASE, 1, "JOINT2")]), "agreement_counted_twice"),
        (
            JOINT,
            Inputs(services=[service(receiver=OTHER, kind="diagnosis", amount=1)]),
            "agreement_not_a_party",
        ),
        (LEVELS, Inputs(services=[service(receiver=OTHER, amount=1)]), "agreement_no_chain"),
    ],
)
def test_what_has_no_place_is_named_and_nothing_is_settled(terms: Terms, inputs: Inputs, code: str) -> None:
    settled = settle(terms, inputs)
    assert codes(settled) == [code]
    assert not settled.total
    assert settled.blocked is (code != "agreement_no_volume")


@pytest.mark.parametrize(
    ("terms", "code"),
    [
        (Terms("X", AgreementKind.EXPERT, (party(PartyRole.RECEIVER, None, "0.5"),)), "agreement_shares_sum"),
        (
            Terms(
                "X",
                AgreementKind.EXPERT,
                (party(PartyRole.RECEIVER, None, "0.6"), party(PartyRole.POOL, None, "0.4")),
            ),
            "agreement_no_holder",
        ),
        (Terms("X", AgreementKind.JOINT_EXAM, ()), "agreement_parties"),
        (Terms("X", AgreementKind.JOINT_EXAM, JOINT.parties[:2]), "agreement_no_holder"),
        (Terms("X", AgreementKind.EXPERT, (party(PartyRole.RECEIVER, None, "1.2"),)), "agreement_share"),
        (
            Terms("X", AgreementKind.SHARED_CENTRE, (party(PartyRole.RECEIVER, None, "1"),), by_full_cost=True),
            "agreement_parties",
        ),
    ],
)
def test_faults_of_the_terms_are_named(terms: Terms, code: str) -> None:
    assert [finding.code for finding in faults_of(terms)] == [f"costing.{code}"]


amounts = st.integers(-(10**11), 10**11)
shares = st.integers(0, 10_000).map(lambda value: Decimal(value) / 10_000)


@given(st.lists(st.tuples(st.sampled_from([BASE, VILLAGE, OTHER]), amounts), max_size=12), shares)
def test_parts_are_the_cost_to_the_fen_and_mirror_when_it_is_negative(
    rows: list[tuple[int, int]], share: Decimal
) -> None:
    terms = Terms(
        "X",
        AgreementKind.EXPERT,
        (party(PartyRole.RECEIVER, None, str(share)), party(PartyRole.POOL, LEAD, str(1 - share))),
    )

    def settled(sign: int) -> Settlement:
        return settle(terms, Inputs(services=[service(receiver=who, amount=sign * fen) for who, fen in rows]))

    there, back = settled(1), settled(-1)
    assert there.total == sum(fen for _, fen in rows)
    for place, basis in enumerate(there.bases):
        assert sum(part.amount for part in there.parts if part.basis == place) == basis.amount
    assert [part.amount for part in back.parts] == [-part.amount for part in there.parts]


@given(st.lists(st.tuples(st.sampled_from([None, BASE, OTHER]), st.integers(0, 10**8)), max_size=12), amounts)
def test_a_centre_s_full_cost_is_conserved_whatever_the_use(rows: list[tuple[int | None, int]], full_cost: int) -> None:
    services = [service(str(Decimal(volume) / 10_000), receiver=who) for who, volume in rows]
    settled = settle(CENTRE, Inputs(services=services, full_cost=full_cost))
    assert settled.blocked or settled.total == (full_cost if any(volume for _, volume in rows) else 0)


@given(st.permutations([service(str(number), receiver=BASE + number % 3) for number in range(1, 8)]))
def test_the_order_of_rows_changes_nothing(rows: list[Service]) -> None:
    straight = [service(str(number), receiver=BASE + number % 3) for number in range(1, 8)]
    assert settle(EXPERT, Inputs(services=rows)) == settle(EXPERT, Inputs(services=straight))


@given(amounts, shares)
def test_a_joint_contribution_is_the_mirror_of_its_refund(amount: int, rate: Decimal) -> None:
    terms = Terms(
        "X",
        AgreementKind.JOINT_EXAM,
        (party(PartyRole.BASE, BASE, str(rate)), party(PartyRole.UPPER, LEAD, "0.3"), party(PartyRole.POOL, LEAD)),
    )
    there = settle(terms, Inputs(incomes=[Income(BASE, amount)]))
    back = settle(terms, Inputs(incomes=[Income(BASE, -amount)]))
    assert [part.amount for part in back.parts] == [-part.amount for part in there.parts]
