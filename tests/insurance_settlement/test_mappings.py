"""归集口径 from the province's version to a hospital's own: derived, simulated, explained, approved, and its months."""

from datetime import date
from decimal import Decimal

import pytest
from django.db.models import F

from insurance_settlement.engine.mapping import Dimension
from insurance_settlement.mapping_classes import classes_on, load_classes
from insurance_settlement.mapping_integrity import rows_are_as_approved, simulations_add_up
from insurance_settlement.models import (
    MappingRow,
    MappingVersion,
    SimulatedClass,
)
from insurance_settlement.selectors.mappings import (
    access_version,
    check,
    mapped_month,
    resolved,
    version_on,
    versions,
)
from insurance_settlement.services.mapping_remarks import answer_remark, raise_remark, withdraw_remark
from insurance_settlement.services.mapping_simulations import simulate_mapping
from insurance_settlement.services.mappings import (
    WantedMapping,
    archive_mapping,
    begin_mapping,
    fill_mapping,
    submit_mapping,
)
from ops_platform.audit.models import AuditEvent
from ops_platform.identity.actors import actor_of_user
from ops_platform.identity.models import User
from ops_platform.kernel import Conflict, Forbidden, Invalid, NotFound, Period, Role
from ops_platform.masterdata.models import AccountingPeriod, Institution
from tests.insurance_settlement.mapping_world import (
    DRUG,
    EXAMINATION,
    IN,
    JANUARY,
    MARCH,
    OUT,
    PROVINCE_ROWS,
    SURGERY,
    TREATMENT,
    derived,
    explained,
    in_force,
    keepers,
    province,
    row,
    signed,
    simulated,
    surgical_hospital,
    wanted,
)
from tests.support import trade
from workflows.models import Task
from workflows.services import reject

pytestmark = pytest.mark.django_db


@pytest.fixture
def hospital() -> Institution:
    return surgical_hospital()


@pytest.fixture
def people(hospital: Institution) -> dict[str, User]:
    return keepers(hospital)


def of(month: str, hospital: Institution, dimension: Dimension) -> dict[str, int]:
    found = mapped_month(institution=hospital, period=Period.parse(month))
    return {line.code: line.amount for line in found.lines if line.dimension == dimension}


def test_the_province_version_is_derived_and_what_it_does_not_name_is_filled_in_by_fee_class(
    hospital: Institution, people: dict[str, User]
) -> None:
    version = derived(people, hospital)
    rows = {one.item_code: one for one in MappingRow.objects.filter(version=version)}
    assert (rows["X"].origin, rows["X"].national_code, rows["X"].front_page) == ("province", "N1", "10.2")
    assert (rows["P"].origin, rows["P"].account_outpatient) == ("suggested", f"{OUT}0801")
    assert version.based_on is not None
    found = check(version=version, institution=hospital, first=MARCH, last=MARCH)
    assert found.blocking == ()
    assert {one.ratio for one in found.covered} == {1}


def test_a_simulation_shows_every_class_and_ratio_before_and_after(
    hospital: Institution, people: dict[str, User]
) -> None:
    """The example of domain.md 7.2: X moves from treatment to surgery, a tenth of what was charged."""
    simulation = simulated(people, derived(people, hospital), hospital)
    receipts = simulation.classes.filter(dimension=Dimension.RECEIPT_INPATIENT)
    assert [(one.title, one.before, one.after, one.needs_words) for one in receipts] == [
        ("检查费", Decimal("6000.00"), Decimal("6000.00"), False),
        ("治疗费", Decimal("4000.00"), Decimal("3000.00"), True),
        ("手术费", Decimal("0.00"), Decimal("1000.00"), True),
    ]
    moves = simulation.moves.values_list("dimension", "item_code", "before", "after", "amount")
    assert set(moves) == {
        ("receipt_inpatient", "X", "treatment", "surgery", Decimal("1000.00")),
        ("account_inpatient", "X", f"{IN}05", f"{IN}06", Decimal("1000.00")),
        ("front_page", "X", "09", "10.2", Decimal("1000.00")),
    }
    assert simulation.before is None
    assert (simulation.outpatient, simulation.inpatient, simulation.unmapped) == (
        Decimal("50.00"),
        Decimal("10000.00"),
        Decimal("0.00"),
    )
    before, after = simulation.indicators["service"]
    assert before == after == "0.398009950249"
    assert simulated(people, simulation.version, hospital).pk == simulation.pk, "the same again is the same simulation"


def test_a_mapping_takes_effect_by_approval_only_and_months_before_keep_theirs(
    hospital: Institution, people: dict[str, User]
) -> None:
    version = derived(people, hospital, "2026-03")
    by_his = {"treatment": 400000, "examination": 600000}
    assert of("2026-03", hospital, Dimension.RECEIPT_INPATIENT) == by_his
    explained(people, simulated(people, version, hospital))
    matter = submit_mapping(actor_of_user(people["clerk"]), version_id=version.pk, judgement="口径更准确。")
    assert of("2026-03", hospital, Dimension.RECEIPT_INPATIENT) == by_his
    signed(matter, people["director"])
    assert of("2026-03", hospital, Dimension.RECEIPT_INPATIENT) == {
        "treatment": 300000,
        "surgery": 100000,
        "examination": 600000,
    }
    assert version_on(institution=hospital.pk, day=date(2026, 2, 28)) is None
    assert AuditEvent.objects.filter(action="insurance_settlement.mapping_approved", subject=str(version.pk)).exists()


def test_a_later_version_leaves_older_months_alone(hospital: Institution, people: dict[str, User]) -> None:
    first = in_force(people, hospital, "2026-01")
    clerk = actor_of_user(people["clerk"])
    rows = [row("X", EXAMINATION), row("Y", TREATMENT), row("Z", EXAMINATION), row("P", DRUG)]
    later = begin_mapping(clerk, institution=hospital, wanted=wanted("2026-04", "第二版"), rows=rows)
    simulation = simulated(people, later, hospital)
    assert simulation.before == first
    explained(people, simulation)
    signed(submit_mapping(clerk, version_id=later.pk, judgement="试行。"), people["director"])
    assert of("2026-03", hospital, Dimension.RECEIPT_INPATIENT)["surgery"] == 100000
    april = version_on(institution=hospital.pk, day=date(2026, 4, 30))
    assert april == later
    assert dict(versions(actor=clerk).filter(institution=hospital).values_list("number", "replaced_on")) == {
        1: date(2026, 4, 1),
        2: None,
    }


def test_nothing_begins_before_another_version_or_in_a_closed_month(
    hospital: Institution, people: dict[str, User]
) -> None:
    in_force(people, hospital, "2026-02")
    clerk = actor_of_user(people["clerk"])
    rows = [row(code, TREATMENT) for code in "XYZP"]

    def refused(month: str) -> str:
        version = begin_mapping(clerk, institution=hospital, wanted=wanted(month), rows=rows)
        with pytest.raises(Conflict) as refusal:
            submit_mapping(clerk, version_id=version.pk, judgement="试行。")
        assert refusal.value.code == "insurance_settlement.mapping_month"
        return str(refusal.value)

    assert "2026-02" in refused("2026-02")
    AccountingPeriod.objects.update_or_create(institution=hospital, period="2026-03", defaults={"state": "closed"})
    assert "2026-03 已结账" in refused("2026-03")


def test_what_is_missing_before_submission_is_said(hospital: Institution, people: dict[str, User]) -> None:
    clerk = actor_of_user(people["clerk"])
    version = derived(people, hospital)

    def refused() -> tuple[str, str]:
        with pytest.raises(Conflict) as refusal:
            submit_mapping(clerk, version_id=version.pk, judgement="试行。")
        return refusal.value.code, str(refusal.value)

    assert refused()[0] == "insurance_settlement.mapping_not_simulated"
    simulation = simulated(people, version, hospital)
    code, words = refused()
    assert code == "insurance_settlement.mapping_unexplained"
    assert "变动超过 10% 的类别" in words
    assert "住院票据类别「手术费」" in words
    explained(people, simulation)
    fill_mapping(clerk, version_id=version.pk, rows=[*PROVINCE_ROWS, row("X", TREATMENT, "N9")])
    assert refused()[0] == "insurance_settlement.mapping_not_simulated", "other rows are another mapping"
    explained(people, simulated(people, version, hospital))
    code, words = refused()
    assert code == "insurance_settlement.mapping_faults"
    assert "项目 P" in words
    assert "未归集" in words
    assert "归入多个类别" in words


def test_a_refused_version_is_a_draft_again(hospital: Institution, people: dict[str, User]) -> None:
    version = derived(people, hospital)
    clerk = actor_of_user(people["clerk"])
    explained(people, simulated(people, version, hospital))
    matter = submit_mapping(clerk, version_id=version.pk, judgement="试行。")
    with pytest.raises(Conflict):
        fill_mapping(clerk, version_id=version.pk, rows=PROVINCE_ROWS)
    task = Task.objects.get(matter=matter, person=people["director"])
    reject(actor_of_user(people["director"]), matter_id=matter, task=task.number, comment="请核对 X")
    version.refresh_from_db()
    assert version.state == "draft"
    archive_mapping(clerk, version_id=version.pk)
    with pytest.raises(Conflict):
        archive_mapping(clerk, version_id=version.pk)


def test_another_workbook_takes_the_place_of_the_former_one_which_stays(
    hospital: Institution, people: dict[str, User]
) -> None:
    clerk = actor_of_user(people["clerk"])
    version = begin_mapping(clerk, institution=hospital, wanted=wanted(), rows=[row("X", SURGERY)])
    fill_mapping(clerk, version_id=version.pk, rows=[row("X", TREATMENT)])
    again = fill_mapping(clerk, version_id=version.pk, rows=[row("X", TREATMENT)])
    assert again.edition == 2
    assert resolved(again).of("X", Dimension.RECEIPT_INPATIENT) == "treatment"
    assert MappingRow.objects.filter(version=version).count() == 2


def test_accounts_and_classes_are_those_in_force_and_greater_classes_take_no_items() -> None:
    trade.alliance()
    load_classes()
    known = classes_on(date(2026, 1, 1), None)
    assert known[Dimension.FRONT_PAGE]["10.1"].group == "治疗类"
    assert "G03" not in known[Dimension.FRONT_PAGE]
    assert "bed" not in known[Dimension.RECEIPT_OUTPATIENT]
    assert known[Dimension.ACCOUNT_INPATIENT][f"{IN}0901"].title == "西药收入"
    assert f"{IN}09" not in known[Dimension.ACCOUNT_INPATIENT]


def test_only_who_keeps_a_mapping_changes_it(hospital: Institution, people: dict[str, User]) -> None:
    clerk = actor_of_user(people["clerk"])
    with pytest.raises(Forbidden):
        begin_mapping(clerk, institution=None, wanted=wanted(), rows=PROVINCE_ROWS)
    elsewhere = trade.person("elsewhere", Role.FINANCE_OFFICER, Institution.objects.get(code="T1"))
    stranger = actor_of_user(elsewhere)
    with pytest.raises(Forbidden):
        begin_mapping(stranger, institution=hospital, wanted=wanted(), rows=PROVINCE_ROWS)
    own = begin_mapping(clerk, institution=hospital, wanted=wanted(), rows=PROVINCE_ROWS)
    with pytest.raises(NotFound):
        access_version(actor=stranger, version_id=own.pk)
    draft = begin_mapping(actor_of_user(people["centre"]), institution=None, wanted=wanted(), rows=PROVINCE_ROWS)
    assert draft not in versions(actor=clerk)
    MappingVersion.objects.filter(pk=draft.pk).update(state="approved", approved_at=F("created_at"))
    assert draft in versions(actor=clerk)
    auditor = trade.actor(Role.AUDITOR, hospital)
    with pytest.raises(Forbidden):
        begin_mapping(auditor, institution=hospital, wanted=wanted(), rows=PROVINCE_ROWS)


def test_a_month_without_charges_or_a_span_too_long_is_not_simulated(
    hospital: Institution, people: dict[str, User]
) -> None:
    version = derived(people, hospital)
    clerk = actor_of_user(people["clerk"])
    for first, last in ((JANUARY, MARCH), (MARCH, JANUARY), (Period(2025, 1), MARCH)):
        with pytest.raises(Invalid) as refusal:
            simulate_mapping(clerk, version_id=version.pk, institution=hospital, first=first, last=last)
        assert refusal.value.code == "insurance_settlement.mapping_months"
    with pytest.raises(Invalid):
        begin_mapping(clerk, institution=hospital, wanted=WantedMapping("口径", date(2026, 3, 2)), rows=PROVINCE_ROWS)


def test_what_was_approved_and_simulated_can_be_recomputed(hospital: Institution, people: dict[str, User]) -> None:
    version = in_force(people, hospital)
    assert not [*rows_are_as_approved(), *simulations_add_up()]
    MappingVersion.objects.filter(pk=version.pk).update(edition=7)
    assert [one.code for one in rows_are_as_approved()] == ["insurance_settlement.mapping_differs"]


def test_the_province_version_can_be_tried_on_a_hospital_before_anything_is_derived(
    hospital: Institution, people: dict[str, User]
) -> None:
    base = province(people)
    simulation = simulated(people, base, hospital)
    assert simulation.unmapped == Decimal("50.00")
    nothing = SimulatedClass.objects.get(simulation=simulation, dimension=Dimension.RECEIPT_OUTPATIENT, code="")
    assert (nothing.title, nothing.needs_words) == ("未归集", True)


def test_a_remark_is_handed_up_and_answered_once(hospital: Institution, people: dict[str, User]) -> None:
    base = province(people)
    clerk, centre = actor_of_user(people["clerk"]), actor_of_user(people["centre"])
    at = MappingRow.objects.get(version=base, item_code="X")
    remark = raise_remark(
        clerk, version_id=base.pk, institution=hospital, kind="problem", text="X 在本院为治疗。", row_id=at.pk
    )
    with pytest.raises(Forbidden):
        answer_remark(clerk, remark_id=remark.pk, outcome="accepted", answer="同意。")
    answer_remark(centre, remark_id=remark.pk, outcome="explained", answer="按规范为手术。")
    remark.refresh_from_db()
    assert (remark.state, remark.outcome, remark.answered_by) == ("answered", "explained", people["centre"])
    with pytest.raises(Conflict):
        withdraw_remark(clerk, remark_id=remark.pk)
    other = raise_remark(clerk, version_id=base.pk, institution=hospital, kind="fits", text="其余适用。")
    withdraw_remark(clerk, remark_id=other.pk)
    own = begin_mapping(clerk, institution=hospital, wanted=wanted(), rows=PROVINCE_ROWS)
    with pytest.raises(Conflict):
        raise_remark(clerk, version_id=own.pk, institution=hospital, kind="fits", text="不是省版。")
