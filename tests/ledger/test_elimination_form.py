"""An elimination by hand begins with what the difference proposes, names what accounts carry, and loses nothing typed."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from ops_platform.identity.actors import actor_of_user
from ops_platform.identity.models import User
from ops_platform.kernel import Actor, Invalid, Role
from ops_platform.ledger.engine.proposals import Ground
from ops_platform.ledger.models import ConsolidationRun, Elimination, PairMatch
from ops_platform.ledger.selectors.elimination_proposals import proposal_for
from ops_platform.ledger.services.consolidation import consolidate
from ops_platform.ledger.services.eliminations import WantedElimination, WantedLeg, propose_elimination
from ops_platform.masterdata.models import Institution
from tests.ledger.test_consolidation import MARCH, alliance, book, centre, said
from tests.ledger.test_consolidation_pages import filled
from tests.support import trade
from workflows import services as approval
from workflows.models import Task
from workflows.reference import load_flows

__all__ = ["alliance", "centre"]
pytestmark = pytest.mark.django_db
NEW = "/ledger/consolidation/eliminations/new/"


@pytest.fixture
def second() -> User:
    load_flows()
    return trade.person("second", Role.OPERATION_CENTRE)


@pytest.fixture
def maker(client: Client, centre: Actor) -> Client:
    client.force_login(User.objects.get(pk=centre.user))
    return client


def alone(alliance: dict[str, Institution]) -> None:
    """The hospital books a service of 30 that the township knows nothing of."""
    book(alliance["H1"], "a", ("121890", "30.00", alliance["T1"]), ("4101010203", "-30.00", alliance["T1"]))


def unnamed(alliance: dict[str, Institution]) -> None:
    """The hospital's income of 40 from the township is a cost there that names nobody."""
    book(alliance["H1"], "b", ("1002", "40.00", None), ("4101010203", "-40.00", alliance["T1"]))
    book(alliance["T1"], "b", ("5001", "40.00", None), ("1002", "-40.00", None))


def different(run: ConsolidationRun, kind: str) -> PairMatch:
    return run.pairs.get(kind=kind, state="different")


def told(pair: PairMatch) -> list[tuple[str, str, str, str, Decimal]]:
    codes = dict(Institution.objects.values_list("pk", "code")) | {0: ""}
    return [
        (codes[leg.institution], leg.account, leg.cost_item, codes[leg.counterparty], Decimal(leg.amount) / 100)
        for leg in proposal_for(pair=pair).legs
    ]


def agree(second: User) -> None:
    task = Task.objects.get(person=second, state=Task.State.OPEN)
    approval.approve(actor_of_user(second), matter_id=task.matter_id, task=task.number)


def test_what_one_member_booked_alone_is_taken_back_on_both_its_accounts(
    alliance: dict[str, Institution], centre: Actor
) -> None:
    alone(alliance)
    run = consolidate(centre, period=MARCH).run
    legs = [("H1", "121890", "", "T1", Decimal(-30)), ("H1", "4101010203", "", "T1", Decimal(30))]
    assert told(different(run, "balance")) == legs
    assert told(different(run, "dealings")) == legs[::-1]
    assert proposal_for(pair=different(run, "balance")).ground is Ground.ALONE


def test_a_cost_that_names_nobody_is_the_other_side(alliance: dict[str, Institution], centre: Actor) -> None:
    unnamed(alliance)
    pair = different(consolidate(centre, period=MARCH).run, "dealings")
    assert told(pair) == [
        ("H1", "4101010203", "", "T1", Decimal(40)),
        ("T1", "5001", "personnel", "", Decimal(-40)),
    ]
    assert proposal_for(pair=pair).ground is Ground.UNNAMED


def test_without_a_trace_the_other_account_is_left_to_be_chosen(
    alliance: dict[str, Institution], centre: Actor
) -> None:
    book(alliance["H1"], "c", ("121890", "30.00", alliance["T1"]), ("1002", "-30.00", None))
    pair = different(consolidate(centre, period=MARCH).run, "balance")
    assert told(pair) == [("H1", "121890", "", "T1", Decimal(-30)), ("T1", "", "", "", Decimal(30))]
    assert proposal_for(pair=pair).ground is Ground.OPEN


def test_a_debt_that_only_the_debtor_knows_is_given_by_the_debtor(
    alliance: dict[str, Institution], centre: Actor
) -> None:
    book(alliance["T1"], "d", ("1002", "25.00", None), ("230790", "-25.00", alliance["H1"]))
    pair = different(consolidate(centre, period=MARCH).run, "balance")
    assert told(pair) == [("T1", "230790", "", "H1", Decimal(25)), ("H1", "", "", "", Decimal(-25))]


def test_proposed_legs_always_balance(alliance: dict[str, Institution], centre: Actor) -> None:
    alone(alliance)
    unnamed(alliance)
    for pair in consolidate(centre, period=MARCH).run.pairs.filter(state="different"):
        legs = proposal_for(pair=pair).legs
        assert legs
        assert sum(leg.amount for leg in legs) == 0


def test_the_proposal_as_it_stands_settles_every_difference_of_the_two(
    alliance: dict[str, Institution], centre: Actor, second: User, maker: Client
) -> None:
    alone(alliance)
    pair = different(consolidate(centre, period=MARCH).run, "balance")
    page = maker.get(NEW, {"pair": pair.pk})
    assert "只有一方记了这笔往来" in page.content.decode()
    assert maker.post(NEW, filled(page) | {"reason": "卫生院未入账，冲回"}).status_code == 302
    agree(second)
    run = consolidate(centre, period=MARCH).run
    assert sorted(run.pairs.values_list("kind", "state", "by_hand")) == [
        ("balance", "explained", Decimal("30.00")),
        ("dealings", "explained", Decimal("30.00")),
    ]
    assert (said(run, "121890"), said(run, "4101010203")) == (0, Decimal("-900.00"))


def test_cost_item_and_counterparty_reach_the_elimination_and_the_figures(
    alliance: dict[str, Institution], centre: Actor, second: User, maker: Client
) -> None:
    unnamed(alliance)
    pair = different(consolidate(centre, period=MARCH).run, "dealings")
    maker.post(NEW, filled(maker.get(NEW, {"pair": pair.pk})) | {"reason": "对方未注明往来机构"})
    row = Elimination.objects.get(kind="hand")
    assert list(row.legs.values_list("account__code", "cost_item", "counterparty__code", "year")) == [
        ("4101010203", "", "T1", Decimal("40.00")),
        ("5001", "personnel", None, Decimal("-40.00")),
    ]
    assert "人员经费" in maker.get(f"/ledger/consolidation/eliminations/{row.pk}/").content.decode()
    agree(second)
    run = consolidate(centre, period=MARCH).run
    assert run.pairs.get(kind="dealings").state == "explained"
    cost = run.figures.get(part="elimination", account__code="5001", cost_item="personnel")
    assert cost.year == Decimal("-540.00"), "500 that both say, 40 by hand"


def test_each_fault_stands_at_its_line_and_what_was_typed_is_kept(
    alliance: dict[str, Institution], centre: Actor, second: User, maker: Client
) -> None:
    own, other = str(alliance["H1"].pk), str(alliance["T1"].pk)
    given = {
        "period": "2026-03",
        "through": "2026-03",
        "reason": "试填",
        "form-TOTAL_FORMS": "4",
        "form-INITIAL_FORMS": "0",
        "form-0-institution": own,
        "form-0-account": "5001 业务活动费用",
        "form-0-debit": "30",
        "form-1-institution": other,
        "form-1-account": "4609 其他收入",
        "form-1-cost_item": "drugs",
        "form-1-credit": "30",
        "form-2-institution": own,
        "form-2-account": "121890",
        "form-2-counterparty": own,
        "form-2-debit": "1",
    }
    answer = maker.post(NEW, given)
    assert answer.status_code == 422
    faults = [line.non_field_errors() for line in answer.context["lines"]]
    assert "必须注明成本项目" in faults[0][0]
    assert "不按成本项目核算" in faults[1][0]
    assert "另一家机构" in faults[2][0]
    assert faults[3] == []
    text = answer.content.decode()
    for typed in ('value="5001 业务活动费用"', 'value="30"', 'value="试填"'):
        assert typed in text
    unreadable = maker.post(NEW, given | {"form-0-debit": "abc", "form-1-institution": ""})
    assert [bool(line.errors) for line in unreadable.context["lines"]] == [True, True, False, False]


def test_more_legs_are_added_without_losing_what_was_typed(
    alliance: dict[str, Institution], centre: Actor, maker: Client
) -> None:
    alone(alliance)
    pair = different(consolidate(centre, period=MARCH).run, "balance")
    given = filled(maker.get(NEW, {"pair": pair.pk})) | {"reason": "写到一半", "form-3-account": "46", "more": "1"}
    answer: Any = maker.post(NEW, given)
    lines = answer.context["lines"].forms
    assert answer.status_code == 200
    assert len(lines) == int(given["form-TOTAL_FORMS"]) + 2
    assert [line["account"].value() for line in lines[:2]] == [given["form-0-account"], given["form-1-account"]]
    assert lines[3]["account"].value() == "46"
    assert answer.context["head"]["reason"].value() == "写到一半"
    assert maker.post(NEW, {"more": "1", "form-TOTAL_FORMS": "9" * 30}).status_code in (200, 422)


@pytest.mark.parametrize(
    ("leg", "code"),
    [
        (("5001", "", ""), "ledger.dimension_missing"),
        (("121890", "", ""), "ledger.dimension_missing"),
        (("1002", "drugs", ""), "ledger.dimension_not_kept"),
        (("1002", "", "T1"), "ledger.dimension_not_kept"),
        (("5001", "nonsense", ""), "ledger.no_cost_item"),
        (("4609", "", "H1"), "ledger.elimination_counterparty"),
    ],
)
def test_a_leg_says_what_its_account_carries_and_no_more(
    alliance: dict[str, Institution], centre: Actor, leg: tuple[str, str, str], code: str
) -> None:
    account, item, other = leg
    number = alliance[other].pk if other else 0
    own = alliance["H1"].pk
    legs = (WantedLeg(own, "1001", 100), WantedLeg(own, account, -100, item, number))
    with pytest.raises(Invalid) as refused:
        propose_elimination(centre, WantedElimination(MARCH, MARCH, "试", legs))
    assert (refused.value.code, refused.value.context["faults"][0]["leg"]) == (code, 2)
