"""The gate of a saving: shut by worse quality or an open deviation, undecided where nothing can be told, and why."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from costing.engine.saving_gate import Gate, Rate, gate_of, not_worse
from costing.selectors.responsibility.savings import Saving, savings
from costing.services.deviations import evaluate_month
from costing.services.targets import WantedTarget
from ops_platform.his_intake.public import StayOutcomes, stay_outcomes
from ops_platform.identity.actors import actor_of_user
from ops_platform.kernel import Invalid, Role
from ops_platform.kernel.actor import PLATFORM
from ops_platform.masterdata.models import Parameter
from ops_platform.masterdata.services import propose_parameter
from tests.costing.test_responsibility import FROM, MARCH, Ward, browser, drugs, me
from tests.support import trade

pytestmark = pytest.mark.django_db
ABSTRACT = {"diagnoses": ["J18.900"], "sex": "1", "age": "67", "stay_days": "3", "total_charges": "1.00"}
COUNTS = st.integers(0, 300)


@pytest.fixture
def ward() -> Ward:
    """Half a million saved by the ward in March: 15 % of it are 75,000."""
    ward = Ward("2025-01")
    ward.targets(WantedTarget("full_cost", FROM, Decimal(2_000_000), "D"))
    return ward


def stays(ward: Ward, year: int, *outcomes: str, patient: str = "") -> None:
    """Stays discharged on 12 March of the year, each with its leaving type, each of another patient."""
    numbers = [f"Y{year}{at}" for at in range(len(outcomes))]
    trade.landed(
        ward.hospital,
        "encounters",
        [
            trade.visit(
                number, "D", f"{year}-03-10T08:00:00", "inpatient", discharged=f"{year}-03-12T10:00:00",
                patient=patient or f"{year}{at:062d}"[:64],
            )
            for at, number in enumerate(numbers)
        ],
    )  # fmt: skip
    trade.landed(
        ward.hospital,
        "discharge-abstracts",
        [
            {"encounter_no": number, "leaving_type": outcome, **ABSTRACT}
            for number, outcome in zip(numbers, outcomes, strict=True)
        ],
    )


def least(number: int) -> None:
    known = Parameter.objects.get(key="costing.gate_least_discharges")
    known.pk, known.effective_from, known.value = None, date(2025, 1, 1), Decimal(number)
    known.save(force_insert=True)


def saving(ward: Ward) -> Saving:
    (found,) = savings(actor=me(ward.head), institution=ward.hospital, period="2026-03", share=Decimal("0.15"))
    return found


def told(found: Saving) -> dict[str, tuple[bool | None, str]]:
    return {one.title: (one.holds, one.words) for one in found.gate.conditions}


def test_with_too_few_discharges_the_gate_waits_for_a_person(ward: Ward) -> None:
    found = saving(ward)
    assert (found.gate.state, found.bonus) == (Gate.UNDECIDED, Decimal("75000.00"))
    holds, words = told(found)["住院死亡率不升高"]
    assert holds is None
    assert words == "0.00%(0/1)，上年同月份 没有出院；出院少于 30 人次，不可比，须人工核定"
    assert told(found)["成本偏差已关闭"] == (True, "没有未关闭的成本偏差")
    assert told(found)["无确认违规"][0] is None, "the platform does not know of violations"


def test_more_deaths_than_last_year_shut_the_gate_and_nothing_can_be_proposed(ward: Ward) -> None:
    """One of four stays of March died (25 %), one of five of last March (20 %)."""
    least(3)
    stays(ward, 2025, "5", "1", "1", "1", "1")
    stays(ward, 2026, "5", "1", "1")
    found = saving(ward)
    assert told(found)["住院死亡率不升高"] == (False, "25.00%(1/4)，上年同月份 20.00%(1/5)")
    assert (found.gate.state, found.bonus) == (Gate.SHUT, 0)
    page = browser(ward.head).get(reverse("costing:savings"), {"period": "2026-03"}).content.decode()
    for words in ("关闭", "不满足", "25.00%(1/4)，上年同月份 20.00%(1/5)", "须人工核定"):
        assert words in page
    assert "75,000.00" not in page
    api = browser(ward.head).get("/api/v1/costing/savings/", {"institution": "H1", "period": "2026-03"}).json()
    assert (api[0]["gate"], api[0]["bonus"]) == ("shut", "0.00")
    assert api[0]["conditions"][0]["holds"] is False


def test_who_comes_back_within_31_days_counts_against_the_ward(ward: Ward) -> None:
    """Z1 left on 5 March; the same patient is admitted again on 10 March. Last year nobody came back."""
    least(1)
    stays(ward, 2025, "1", "1")
    stays(ward, 2026, "1", patient=trade.PATIENT)
    assert told(saving(ward))["31 天内再住院率不升高"] == (False, "50.00%(1/2)，上年同月份 0.00%(0/2)")
    assert outcomes(ward, first=date(2026, 3, 1)) == [StayOutcomes(ward.ward.pk, "2026-03", 2, 0, 1)]
    assert outcomes(ward, first=date(2026, 3, 6)) == [StayOutcomes(ward.ward.pk, "2026-03", 1, 0, 0)]


def outcomes(ward: Ward, first: date = date(2026, 3, 1), today: date = date(2026, 5, 1)) -> list[StayOutcomes]:
    return stay_outcomes(institution=ward.hospital.pk, first=first, last=date(2026, 3, 31), today=today)


def test_until_31_days_are_over_and_abstracts_have_come_nothing_is_known(ward: Ward) -> None:
    """Z1 left on 5 March, the other on 12 March: 31 days are over on 6 and on 13 April."""
    stays(ward, 2026, "1")
    assert [outcomes(ward, today=date(2026, 4, day))[0].not_over for day in (5, 6, 12, 13)] == [2, 1, 1, 0]
    trade.landed(
        ward.hospital,
        "encounters",
        [
            trade.visit(
                "Y9", "D", "2026-03-11T08:00:00", "inpatient", discharged="2026-03-13T10:00:00", patient="9" * 64
            )
        ],
    )
    assert outcomes(ward)[0].without_abstract == 1


def test_a_stay_beside_another_does_not_hide_that_somebody_came_back(ward: Ward) -> None:
    """Admitted on 3 March while Z1 still ran until 5 March, and again on 10 March."""
    at = {"kind": "inpatient", "patient": trade.PATIENT}
    trade.landed(
        ward.hospital,
        "encounters",
        [
            trade.visit("B1", "D", "2026-03-03T08:00:00", discharged="2026-03-04T10:00:00", **at),
            trade.visit("B2", "D", "2026-03-10T08:00:00", discharged="2026-03-12T10:00:00", **at),
        ],
    )
    (found,) = outcomes(ward)
    assert (found.discharges, found.readmitted) == (3, 2)


def test_what_is_not_known_yet_keeps_the_gate_undecided_unless_it_cannot_matter() -> None:
    before = Rate(1, 10)
    assert not_worse(Rate(0, 10, open=2), before, rise=Fraction(0), least=1) is None
    assert not_worse(Rate(0, 10, open=1), before, rise=Fraction(0), least=1) is True
    assert not_worse(Rate(2, 10, open=5), before, rise=Fraction(0), least=1) is False


def test_quality_that_did_not_get_worse_leaves_the_gate_to_the_violations(ward: Ward) -> None:
    least(1)
    stays(ward, 2025, "5", "1")
    stays(ward, 2026, "1", "1")
    found = saving(ward)
    assert [holds for holds, _words in told(found).values()] == [True, True, True, None]
    assert found.gate.state is Gate.UNDECIDED


def test_a_deviation_that_is_not_closed_shuts_the_gate(ward: Ward) -> None:
    ward.targets(drugs("0.30"))
    assert evaluate_month(PLATFORM, institution=ward.hospital, period=MARCH).opened
    found = saving(ward)
    assert told(found)["成本偏差已关闭"] == (False, "1 个成本偏差尚未关闭，请先完成整改并确认")
    assert found.gate.state is Gate.SHUT


@pytest.mark.parametrize("value", ["0.09", "0.21", "1", "-0.1"])
def test_the_share_of_savings_stays_between_10_and_20_percent(ward: Ward, value: str) -> None:
    trade.person("second", Role.OPERATION_CENTRE)
    centre = actor_of_user(trade.person("centre", Role.OPERATION_CENTRE))
    asked = {"key": "costing.saving_share", "scope": "city", "institution_id": None, "source_text": "纪要"}
    with pytest.raises(Invalid, match=r"0\.1 至 0\.2") as refused:
        propose_parameter(centre, **asked, effective_from=date(2026, 5, 1), value=Decimal(value))  # type: ignore[arg-type]
    assert refused.value.code == "masterdata.parameter_out_of_bounds"
    propose_parameter(centre, **asked, effective_from=date(2026, 5, 1), value=Decimal("0.20"))  # type: ignore[arg-type]


@given(COUNTS, COUNTS, COUNTS, COUNTS)
def test_as_high_as_last_year_is_not_worse_and_one_more_death_never_opens(
    dead: int, rest: int, died: int, left: int
) -> None:
    now, before = Rate(dead, dead + rest), Rate(died, died + left)
    assert not_worse(before, before, rise=Fraction(0), least=0) in (True, None)
    holds = not_worse(now, before, rise=Fraction(0), least=1)
    if holds is False:
        assert not_worse(Rate(dead + 1, dead + rest + 1), before, rise=Fraction(0), least=1) is False
    assert (holds is None) == (not now.discharges or not before.discharges)


def test_one_failing_condition_outweighs_what_cannot_be_told() -> None:
    assert gate_of([True, None, False]) is Gate.SHUT
    assert gate_of([True, None]) is Gate.UNDECIDED
    assert gate_of([]) is Gate.UNDECIDED
    assert gate_of([True, True]) is Gate.OPEN
