"""When the insurer pays a group otherwise, targets tied to it follow by the same ratio: as a proposal, never silently."""

import json
from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from costing.engine.targets import in_step
from costing.models import CostTarget, CostTargetProposal
from costing.selectors.responsibility.standards import changed_standards
from costing.services.target_standards import TOLD, propose_in_step, tell_changed_standards
from costing.services.targets import WantedTarget
from insurance_settlement.models import PriceBook
from insurance_settlement.public import payment_standards
from insurance_settlement.services import import_price_book
from ops_platform.identity.actors import actor_of_user
from ops_platform.kernel import Conflict, Invalid, Role
from ops_platform.notifications.models import Message
from tests.costing.test_responsibility import FROM, Ward, browser, me, sign
from tests.support import trade
from workflows.models import Matter

pytestmark = pytest.mark.django_db
TODAY = date(2026, 4, 20)


@pytest.fixture
def ward() -> Ward:
    return Ward()


def pays(amount: str, begins: date) -> str:
    """A price book that pays so much for each case of the first group; gives the group."""
    old = PriceBook.objects.select_related("scheme").order_by("effective_from").first()
    assert old is not None
    content = json.loads(old.content)
    group = sorted(content["weights"])[0]
    content |= {"base_rate": amount, "coefficients": {}, "default_coefficient": "1"}
    content["weights"] = dict.fromkeys(content["weights"], "1")
    import_price_book(
        actor_of_user(trade.person(f"insurer-{begins}", Role.OPERATION_CENTRE)),
        content=json.dumps(content).encode(),
        name=f"价格 {begins}",
        effective_from=begins,
        scheme=old.scheme,
    )
    return group


def tied(ward: Ward) -> str:
    """Paid 3,200, cost held at 2,800 (checklist 004-53)."""
    group = pays("3200", date(2026, 2, 1))
    ward.targets(
        WantedTarget("drg_cost", FROM, Decimal(2800), "D", group, standard=Decimal(3200), specialists=("clerk",))
    )
    return group


def test_2800_of_3200_becomes_2625_of_3000() -> None:
    assert in_step(Decimal(2800), before=Decimal(3200), now=Decimal(3000)) == Decimal("2625.00")
    assert in_step(Decimal("100.01"), before=Decimal(3), now=Decimal(2)) == Decimal("66.67")


def test_a_target_that_names_no_standard_follows_too(ward: Ward) -> None:
    group = pays("3200", date(2026, 2, 1))
    ward.targets(WantedTarget("drg_cost", FROM, Decimal(2800), "D", group))
    pays("3000", date(2026, 6, 1))
    (found,) = changed_standards(institution=ward.hospital, today=TODAY)
    assert (found.standard, found.limit) == (None, Decimal("2625.00"))
    page = browser(ward.director).get(reverse("costing:targets"), {"institution": ward.hospital.pk})
    assert "2,625.00" in page.content.decode()


def test_a_new_standard_asks_for_a_new_limit_and_a_second_person_decides(ward: Ward) -> None:
    group = tied(ward)
    assert changed_standards(institution=ward.hospital, today=TODAY) == []
    pays("3000", date(2026, 6, 1))
    (found,) = changed_standards(institution=ward.hospital, today=TODAY)
    assert (found.target.object, found.standard, found.limit) == (group, Decimal(3000), Decimal("2625.00"))
    assert found.effective_from == date(2026, 6, 1), "the first whole month of the new price book"
    assert CostTarget.objects.count() == 1, "nothing changes silently"
    client = browser(ward.director)
    page = client.get(reverse("costing:targets"), {"institution": ward.hospital.pk}).content.decode()
    for words in ("支付标准变动", "3,200.00", "3,000.00", "2,800.00", "2,625.00", "按同比例提出新目标"):
        assert words in page
    assert client.post(reverse("costing:targets-in-step"), {"institution": ward.hospital.pk}).status_code == 302
    assert changed_standards(institution=ward.hospital, today=TODAY) == [], "asked for already"
    with pytest.raises(Conflict):
        propose_in_step(me(ward.director), institution_id=ward.hospital.pk)
    matter = Matter.objects.latest("pk")
    assert CostTarget.objects.count() == 1
    asked = browser(ward.leader).get(reverse("workflows:matter", args=[matter.pk])).content.decode()
    assert "现行 ≤ 2,800.00 元(支付标准 3,200.00 元)" in asked, "the second person sees what it was"
    sign(ward.leader, matter)
    new = CostTarget.objects.latest("effective_from")
    assert (new.limit, new.standard, new.responsible, new.specialist) == (2625, 3000, ward.head, ward.clerk)
    assert new.effective_from >= timezone.localdate().replace(day=1)
    assert changed_standards(institution=ward.hospital, today=timezone.localdate()) == []


def test_an_agreed_standard_beside_the_price_book_follows_by_the_ratio(ward: Ward) -> None:
    """Agreed 3,100 where the book pays 3,200; 3,000 is 15/16 of it."""
    group = pays("3200", date(2026, 2, 1))
    ward.targets(WantedTarget("drg_cost", FROM, Decimal(2800), "D", group, standard=Decimal(3100)))
    pays("3000", date(2026, 5, 1))
    (found,) = changed_standards(institution=ward.hospital, today=TODAY)
    assert (found.standard, found.limit) == (Decimal("2906.25"), Decimal("2625.00"))
    assert found.effective_from == date(2026, 5, 1)


def test_finance_is_told_once_and_the_message_goes_when_it_is_asked_for(ward: Ward) -> None:
    tied(ward)
    pays("3000", date(2026, 5, 1))
    assert tell_changed_standards(institution=ward.hospital, today=TODAY) >= 1
    assert tell_changed_standards(institution=ward.hospital, today=TODAY) == 0
    message = Message.objects.get(kind=TOLD, recipient=ward.director)
    assert "1 个成本目标待调整" in message.title
    propose_in_step(me(ward.director), institution_id=ward.hospital.pk)
    assert not Message.objects.filter(kind=TOLD, read_at=None).exists()
    assert CostTargetProposal.objects.filter(state="asked").count() == 1


def test_a_target_of_a_group_that_does_not_exist_is_refused(ward: Ward) -> None:
    assert payment_standards(institution="H1") is not None
    with pytest.raises(Invalid, match="没有病组 ZZ99"):
        ward.asked(WantedTarget("drg_cost", FROM, Decimal(1), "D", "ZZ99"))


def test_people_are_chosen_by_name_and_stay_chosen_when_something_else_is_wrong(ward: Ward) -> None:
    client = browser(ward.director)
    found = client.get(reverse("costing:new-target"), {"responsible_search": ward.clerk.display_name})
    assert f'value="{ward.clerk.username}"' in found.content.decode()
    given = {
        "institution": ward.hospital.pk, "department": ward.ward.pk, "metric": "drug_ratio", "limit": "40",
        "effective_from": "2026-03", "responsible": ward.head.username, "specialist": ward.clerk.username,
        "source_mark": "seed", "source_text": "责任书",
    }  # fmt: skip
    wrong = client.post(reverse("costing:new-target"), {**given, "limit": "不是数"})
    assert wrong.status_code == 422
    assert f'value="{ward.clerk.username}"' in wrong.content.decode()
    strange = client.post(reverse("costing:new-target"), {**given, "responsible": "nobody"})
    assert strange.status_code == 422
    helped = client.post(reverse("costing:new-target"), {**given, "specialist": "", "second_specialist": ""})
    assert helped.status_code == 302, "a specialist may be left out again"
    CostTargetProposal.objects.update(state="refused")
    assert client.post(reverse("costing:new-target"), given).status_code == 302
    (row,) = CostTargetProposal.objects.get(state="asked").rows
    assert (row["responsible"], row["specialists"]) == (ward.head.username, [ward.clerk.username])
