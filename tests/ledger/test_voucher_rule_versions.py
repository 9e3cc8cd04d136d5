"""Another rule book holds when a second person has approved it; versions stay as they were."""

import copy
from datetime import date
from typing import Any

import pytest

from ops_platform.identity.actors import actor_of_user
from ops_platform.identity.models import User
from ops_platform.kernel import Conflict, Forbidden, Invalid, Period, Role
from ops_platform.kernel.actor import PLATFORM
from ops_platform.ledger.models import VoucherRules, VoucherRulesProposal
from ops_platform.ledger.reference import load_voucher_rules
from ops_platform.ledger.selectors.voucher_rules import check_rules, rules_of_month, rules_on
from ops_platform.ledger.services.voucher_rules import WantedRules, propose_voucher_rules
from tests.support import trade
from workflows import services as approval
from workflows.models import Matter, Task
from workflows.reference import load_flows

pytestmark = pytest.mark.django_db
APRIL = date(2026, 4, 1)


@pytest.fixture
def centre() -> User:
    load_flows()
    trade.alliance()
    return trade.person("centre", Role.OPERATION_CENTRE)


@pytest.fixture
def leader(centre: User) -> User:
    return trade.person("leader", Role.LEADERSHIP)


def changed_body() -> dict[str, Any]:
    body = copy.deepcopy(VoucherRules.objects.get(version=1).body)
    body["ledger.income-voucher"][-1]["credit"] = "4605"
    body["ledger.income-voucher"][-1]["credit_dimensions"] = []
    return body


def ask(user: User, body: Any = None, day: date = APRIL, note: str = "2026 年第 4 次会议") -> VoucherRulesProposal:
    wanted = WantedRules(changed_body() if body is None else body, day, note)
    return propose_voucher_rules(actor_of_user(user), wanted)[0]


def decide(user: User, verb: str, **given: str) -> None:
    task = Task.objects.get(person=user, state=Task.State.OPEN)
    getattr(approval, verb)(actor_of_user(user), matter_id=task.matter_id, task=task.number, **given)


def test_a_version_is_made_only_when_the_second_person_agreed(centre: User, leader: User) -> None:
    proposal = ask(centre)
    assert VoucherRules.objects.count() == 1
    assert not Task.objects.filter(person=centre).exists(), "nobody approves what they asked for"
    decide(leader, "approve")
    rules = VoucherRules.objects.get(version=2)
    assert (rules.effective_from, rules.made_by, rules.approved_by) == (APRIL, str(centre), actor_of_user(leader).name)
    proposal.refresh_from_db()
    assert (proposal.state, proposal.rules) == ("in_force", rules)


def test_the_approver_reads_what_changes(centre: User, leader: User) -> None:
    ask(centre)
    lines = str(Matter.objects.get().__dict__) + str(approval_lines())
    assert "修改「其他收入」" in lines


def approval_lines() -> list[str]:
    from ops_platform.ledger.approval.voucher_rules import VOUCHER_RULES

    subject = VOUCHER_RULES.load(str(VoucherRulesProposal.objects.get().pk))
    return [f"{line.label} {line.value}" for line in subject.lines]


def test_refused_rules_never_hold_and_others_may_be_asked_for(centre: User, leader: User) -> None:
    ask(centre)
    with pytest.raises(Conflict, match="正在审批"):
        ask(centre)
    decide(leader, "reject", comment="科目不妥")
    assert VoucherRules.objects.count() == 1
    ask(centre)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ([], "应为"),
        ({"ledger.cost-voucher": []}, "一条以上"),
        ({"budget.payment": [{}]}, "title"),
        ({"ledger.cost-voucher": [{"title": "a\x00b", "amounts": ["amount"], "debit": "1", "credit": "2"}]}, "title"),
        ({"ledger.cost-voucher": [{"title": "a", "amounts": ["amount"], "debit": 1.5, "credit": "2"}]}, "debit"),
    ],
)
def test_a_wrong_rule_book_is_refused_with_its_place(centre: User, body: Any, told: str) -> None:
    with pytest.raises(Invalid) as refusal:
        ask(centre, body)
    assert refusal.value.code == "ledger.rule_book"
    assert told in refusal.value.message


def test_a_day_before_the_accounting_system_and_a_missing_reason_are_refused(centre: User) -> None:
    with pytest.raises(Invalid, match="2019-01-01"):
        ask(centre, day=date(2018, 12, 31))
    for note in ("", "  ", "x" * 301, "a\x00"):
        with pytest.raises(Invalid, match="依据"):
            ask(centre, note=note)


def test_only_the_operation_centre_asks(centre: User) -> None:
    with pytest.raises(Forbidden):
        ask(trade.person("director", Role.FINANCE_DIRECTOR))
    with pytest.raises(Forbidden):
        propose_voucher_rules(PLATFORM, WantedRules({}, APRIL, "x"))


def test_each_day_has_the_rules_that_hold_on_it(centre: User, leader: User) -> None:
    ask(centre, day=date(2026, 4, 11))
    decide(leader, "approve")
    april = rules_of_month(Period(2026, 4))
    held = {day: rules_on(date(2026, 4, day), april).row for day in (1, 10, 11, 30)}
    assert [row.version for row in held.values() if row] == [1, 1, 2, 2]
    assert [version.row.version for version in rules_of_month(Period(2026, 3)) if version.row] == [1]
    assert [version.row for version in rules_of_month(Period(2018, 3))] == [None]


def test_the_shipped_rules_are_marked_and_load_once() -> None:
    assert load_voucher_rules() == 0
    shipped = VoucherRules.objects.get()
    assert (shipped.version, shipped.source_mark) == (1, "default")
    assert check_rules(shipped.body, shipped.effective_from) == ()
