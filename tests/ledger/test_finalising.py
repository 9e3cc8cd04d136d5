"""Who makes a consolidation final has neither made it nor explained anything of it, and signs its figures."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse

from ops_platform.identity.actors import actor_of_user
from ops_platform.identity.models import User
from ops_platform.kernel import Actor, Conflict, DomainError, Forbidden, Role
from ops_platform.ledger.approval.consolidations import CONSOLIDATION
from ops_platform.ledger.models import ConsolidationRun
from ops_platform.ledger.selectors.final import figures_digest, makers_of
from ops_platform.ledger.services.consolidation import consolidate, explain_difference
from ops_platform.ledger.services.finalising import ask_final, finalise
from ops_platform.masterdata.models import AccountingPeriod, Institution
from tests.ledger.test_consolidation import MARCH, alliance, book, centre, close_march, differ
from tests.support import trade
from workflows import services as approval
from workflows.models import Matter, Task
from workflows.reference import load_flows

__all__ = ["alliance", "centre"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def people() -> dict[str, User]:
    """Two more of the operation centre, and the leader."""
    load_flows()
    return {
        "second": trade.person("second", Role.OPERATION_CENTRE),
        "third": trade.person("third", Role.OPERATION_CENTRE),
        "leader": trade.person("leader", Role.LEADERSHIP),
    }


@pytest.fixture
def explained(alliance: dict[str, Institution], centre: Actor, people: dict[str, User]) -> ConsolidationRun:
    """March, consolidated by the centre, its difference explained by the second; all members have closed."""
    differ(alliance)
    close_march(alliance)
    run = consolidate(centre, period=MARCH).run
    explain_difference(
        actor_of_user(people["second"]), pair_id=run.pairs.get(state="different").pk, explanation="次月入账"
    )
    return run


def asked_of(matter: int) -> set[str]:
    return set(Task.objects.filter(matter=matter, state=Task.State.OPEN).values_list("person__username", flat=True))


def sign(user: User, matter: int) -> None:
    task = Task.objects.get(matter=matter, person=user, state=Task.State.OPEN)
    approval.approve(actor_of_user(user), matter_id=matter, task=task.number)


def test_whoever_made_or_explained_anything_of_it_is_not_asked_to_sign(
    explained: ConsolidationRun, people: dict[str, User]
) -> None:
    matter = ask_final(actor_of_user(people["third"]), run_id=explained.pk)
    assert asked_of(matter) == {"leader"}
    assert {User.objects.get(pk=pk).username for pk in makers_of(explained)} == {"centre", "second"}
    sign(people["leader"], matter)
    explained.refresh_from_db()
    assert (explained.state, explained.finalised_by) == ("final", "leader")


def test_the_maker_cannot_finalise_past_the_approval_either(
    explained: ConsolidationRun, centre: Actor, people: dict[str, User]
) -> None:
    for maker in (centre, actor_of_user(people["second"])):
        with pytest.raises(Forbidden) as refusal:
            finalise(maker, run_id=explained.pk)
        assert refusal.value.code == "ledger.maker_finalises"
    for name in ("centre", "second", ""):
        with pytest.raises(IntegrityError, match="somebody who made it"), transaction.atomic():
            ConsolidationRun.objects.filter(pk=explained.pk).update(
                state="final", finalised_by=name, finalised_at=explained.created_at
            )


def test_nothing_is_final_while_nobody_is_left_to_sign(alliance: dict[str, Institution], centre: Actor) -> None:
    load_flows()
    close_march(alliance)
    run = consolidate(centre, period=MARCH).run
    with pytest.raises(DomainError):
        ask_final(centre, run_id=run.pk)
    run.refresh_from_db()
    assert run.state == "draft"


def test_what_is_signed_are_the_figures_and_the_explanations(
    explained: ConsolidationRun, people: dict[str, User], alliance: dict[str, Institution], centre: Actor
) -> None:
    signed = CONSOLIDATION.load(str(explained.pk)).content
    assert signed["figures"] == figures_digest(explained)
    pair = explained.pairs.get(state="explained")
    explain_difference(actor_of_user(people["second"]), pair_id=pair.pk, explanation="另一个原因")
    assert figures_digest(explained) != signed["figures"], "the words are signed, too"
    matter = ask_final(actor_of_user(people["third"]), run_id=explained.pk, explanation="三月合并月报")
    with pytest.raises(Conflict, match="撤回"):
        explain_difference(actor_of_user(people["second"]), pair_id=pair.pk, explanation="又一个原因")
    sign(people["leader"], matter)
    explained.refresh_from_db()
    assert explained.explanation == "三月合并月报"
    other = consolidate(centre, period=MARCH.shift(-1)).run
    assert figures_digest(other) != figures_digest(explained)


def test_a_figure_that_is_slipped_in_is_not_signed_unseen(explained: ConsolidationRun, people: dict[str, User]) -> None:
    matter = ask_final(actor_of_user(people["third"]), run_id=explained.pk)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO ledger_consolidatedfigure"
            " (run_id, part, institution_id, account_id, cost_item, start, month, year, carried)"
            " SELECT run_id, part, institution_id, account_id, 'drugs', 0, 1, 1, 0 FROM ledger_consolidatedfigure"
            " WHERE run_id = %s LIMIT 1",
            [explained.pk],
        )
    with pytest.raises(Conflict):
        sign(people["leader"], matter)


def test_books_that_change_while_it_waits_are_not_made_final(
    explained: ConsolidationRun, people: dict[str, User], alliance: dict[str, Institution]
) -> None:
    matter = ask_final(actor_of_user(people["third"]), run_id=explained.pk)
    AccountingPeriod.objects.update(state="open")
    book(alliance["H1"], "9", ("1002", "1.00", None), ("4609", "-1.00", None))
    with pytest.raises(Conflict, match="重新合并"):
        sign(people["leader"], matter)
    explained.refresh_from_db()
    assert explained.state == "draft"
    assert Matter.objects.get(pk=matter).state == Matter.State.RUNNING


def test_the_page_asks_and_says_how_far_it_is(
    explained: ConsolidationRun, people: dict[str, User], client: Client
) -> None:
    client.force_login(people["third"])
    run_page = f"/ledger/consolidation/{explained.pk}/"
    assert "提请定稿" in client.get(run_page).content.decode()
    form = client.get(f"{run_page}finalise/").content.decode()
    assert "不能审批的人" in form
    assert "second" in form
    answer = client.post(f"{run_page}finalise/", {"explanation": "三月合并月报"})
    matter = Matter.objects.get(subject_type="ledger.consolidation")
    assert answer.url == f"/workflows/matters/{matter.pk}/"
    assert "定稿审批中" in client.get(run_page).content.decode()
    assert "已提请定稿" in client.get("/ledger/consolidation/?period=2026-03").content.decode()
    client.force_login(people["leader"])
    text = client.get(answer.url).content.decode()
    for words in ("资产总计", "本年盈余", "数字摘要", "三月合并月报"):
        assert words in text
    sign(people["leader"], matter.pk)
    assert "已定稿" in client.get(run_page).content.decode()


def test_what_is_not_fit_says_so_in_the_form(
    alliance: dict[str, Institution], centre: Actor, people: dict[str, User], client: Client
) -> None:
    differ(alliance)
    run = consolidate(centre, period=MARCH).run
    client.force_login(people["third"])
    answer = client.post(f"/ledger/consolidation/{run.pk}/finalise/", {"explanation": "写好的说明"})
    assert answer.status_code == 422
    assert "1 对内部往来的差异" in answer.content.decode()
    assert "写好的说明" in answer.content.decode(), "what was typed is kept"


def test_a_run_in_approval_whose_books_change_says_who_must_do_what(
    explained: ConsolidationRun,
    people: dict[str, User],
    alliance: dict[str, Institution],
    centre: Actor,
    client: Client,
) -> None:
    matter = ask_final(actor_of_user(people["third"]), run_id=explained.pk)
    AccountingPeriod.objects.filter(institution=alliance["H1"], period="2026-03").update(state="open")
    book(alliance["H1"], "late", ("1002", "1.00", None), ("4609", "-1.00", None))
    client.force_login(people["second"])
    outdated = client.get(reverse("ledger:consolidation-run", args=[explained.pk])).content.decode()
    assert "这一版不能再签。请由提交人撤回" in outdated
    anew = consolidate(centre, period=MARCH).run
    page = client.get(reverse("ledger:consolidation-run", args=[anew.pk])).content.decode()
    assert f"第 {explained.version} 版提请定稿之后账目有变动，它不能再签" in page
    assert reverse("workflows:matter", args=[matter]) in page
