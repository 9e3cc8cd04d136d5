"""What waits for people reaches them: quarantine and quality findings become messages (004-32)."""

import pytest

from ops_platform.his_intake.models import QualityFinding, QuarantinedRow
from ops_platform.his_intake.quality.checking import check_month
from ops_platform.his_intake.quality.telling import tell
from ops_platform.identity.models import User
from ops_platform.kernel import Period, Role
from ops_platform.masterdata.models import AccountingPeriod, Institution, PeriodState
from ops_platform.notifications.models import Message
from tests.support import trade

pytestmark = pytest.mark.django_db
JANUARY = Period.parse("2026-01")


@pytest.fixture
def community() -> dict[str, Institution]:
    """The township hospital has one faulty row, and costs of a department without charges are fine."""
    institutions = trade.alliance()
    trade.landed(institutions["T1"], "departments", [trade.department("NK", name="内科")])
    trade.landed(institutions["T1"], "charge-items", [trade.item("CW", fee_class="bed")])
    stay = {"kind": "inpatient", "when": "2026-01-03T08:00:00", "discharged": "2026-01-09T08:00:00"}
    trade.landed(institutions["T1"], "encounters", [trade.visit("Z1", "NK", **stay)])
    late = trade.charge("Z1", 1, "CW", "NK", "NK", "300.00", when="2026-01-20T08:00:00")
    trade.landed(institutions["T1"], "charge-lines", [late])
    trade.send(institutions["T1"], "cost-entries", [trade.cost("V2", "nobody", "1.00", day="2026-01-31")])
    check_month(institutions["T1"], JANUARY)
    return institutions


@pytest.fixture
def clerk(community: dict[str, Institution]) -> User:
    return trade.person("clerk", Role.FINANCE_OFFICER, community["T1"])


@pytest.fixture
def centre() -> User:
    return trade.person("centre", Role.OPERATION_CENTRE)


def test_finance_people_learn_of_their_own_data_and_the_centre_of_all(
    clerk: User, centre: User, community: dict[str, Institution]
) -> None:
    neighbour = trade.person("neighbour", Role.FINANCE_OFFICER, community["V1"])
    assert tell() == 2
    own = Message.objects.get(recipient=clerk)
    assert "隔离区 1 行" in own.title
    assert "2026-01" in own.body
    assert own.url.startswith("/intake/quarantine/")
    assert "东镇卫生院" in Message.objects.get(recipient=centre).body
    assert not Message.objects.filter(recipient=neighbour).exists()


def test_nothing_new_is_told_while_nothing_changes(clerk: User, centre: User) -> None:
    tell()
    assert tell() == 0
    assert Message.objects.count() == len((clerk, centre))


def test_the_message_goes_when_the_data_are_mended(clerk: User, centre: User) -> None:
    tell()
    QuarantinedRow.objects.update(state=QuarantinedRow.State.DISCARDED)
    QualityFinding.objects.all().delete()
    tell()
    assert not Message.objects.exists(), (clerk, centre)


def test_findings_of_a_closed_month_are_told_no_more(clerk: User, community: dict[str, Institution]) -> None:
    QuarantinedRow.objects.update(state=QuarantinedRow.State.DISCARDED)
    assert QualityFinding.objects.filter(institution=community["T1"]).exists()
    AccountingPeriod.objects.filter(institution=community["T1"]).update(state=PeriodState.CLOSED)
    tell()
    assert not Message.objects.filter(recipient=clerk).exists()
