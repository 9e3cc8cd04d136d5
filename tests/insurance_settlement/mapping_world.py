"""What the tests of classification mappings share: a hospital with charges, its people, the province's version."""

from insurance_settlement.engine.mapping import Dimension
from insurance_settlement.mapping_classes import load_classes
from insurance_settlement.models import MappingSimulation, MappingVersion
from insurance_settlement.services.mapping_simulations import explain_changes, simulate_mapping
from insurance_settlement.services.mappings import (
    WantedMapping,
    WantedRow,
    begin_mapping,
    derive_mapping,
    submit_mapping,
)
from ops_platform.identity.actors import actor_of_user
from ops_platform.identity.models import User
from ops_platform.kernel import Period, Role
from ops_platform.masterdata.models import Institution
from tests.support import trade
from workflows.models import Task
from workflows.reference import load_flows
from workflows.services import approve

JANUARY, MARCH = Period.parse("2026-01"), Period.parse("2026-03")
OUT, IN = "41010101", "41010102"
TREATMENT = ("treatment", "treatment", f"{OUT}05", f"{IN}05", "09")
SURGERY = ("surgery", "surgery", f"{OUT}06", f"{IN}06", "10.2")
EXAMINATION = ("examination", "examination", f"{OUT}03", f"{IN}03", "07")
DRUG = ("western_drugs", "western_drugs", f"{OUT}0801", f"{IN}0901", "13")


def row(item: str, classes: tuple[str, ...], national: str = "") -> WantedRow:
    return WantedRow(item, f"项目{item}", dict(zip(Dimension, classes, strict=True)), national)


PROVINCE_ROWS = [row("X", SURGERY, "N1"), row("Y", TREATMENT, "N2"), row("Z", EXAMINATION, "N3")]


def surgical_hospital() -> Institution:
    """A stay charged 1,000 X (the HIS calls it treatment), 3,000 Y and 6,000 Z in March, a visit 50 of drug P."""
    hospital = trade.alliance()["H1"]
    load_flows()
    load_classes()
    trade.landed(hospital, "departments", [trade.department("WK", name="外科")])
    items = [("X", "treatment"), ("Y", "treatment"), ("Z", "examination"), ("P", "western_drugs")]
    trade.landed(
        hospital,
        "charge-items",
        [trade.item(code, "drug" if fee == "western_drugs" else "service", fee_class=fee) for code, fee in items],
    )
    stay = trade.visit("S1", "WK", kind="inpatient", when="2026-03-01T08:00:00", discharged="2026-03-09T10:00:00")
    trade.landed(hospital, "encounters", [stay, trade.visit("V1", "WK", when="2026-03-03T08:00:00")])
    amounts = [("S1", "X", "1000.00"), ("S1", "Y", "3000.00"), ("S1", "Z", "6000.00"), ("V1", "P", "50.00")]
    lines = [
        trade.charge(encounter, number, item, "WK", "WK", amount, when="2026-03-03T09:00:00")
        for number, (encounter, item, amount) in enumerate(amounts, start=1)
    ]
    trade.landed(hospital, "charge-lines", lines)
    return hospital


def keepers(hospital: Institution) -> dict[str, User]:
    return {
        "clerk": trade.person("clerk", Role.FINANCE_OFFICER, hospital),
        "director": trade.person("director", Role.FINANCE_DIRECTOR, hospital),
        "centre": trade.person("centre", Role.OPERATION_CENTRE),
        "second": trade.person("second", Role.OPERATION_CENTRE),
    }


def wanted(month: str = "2026-01", name: str = "2026 年口径") -> WantedMapping:
    return WantedMapping(name, Period.parse(month).first_day)


def signed(matter: int, person: User) -> None:
    task = Task.objects.get(matter=matter, person=person, state=Task.State.OPEN)
    approve(actor_of_user(person), matter_id=matter, task=task.number)


def province(people: dict[str, User], month: str = "2026-01") -> MappingVersion:
    """The province's version, approved."""
    centre = actor_of_user(people["centre"])
    made = begin_mapping(centre, institution=None, wanted=wanted(month, "省版"), rows=PROVINCE_ROWS)
    signed(submit_mapping(centre, version_id=made.pk, judgement="按省级规范整理。"), people["second"])
    made.refresh_from_db()
    return made


def derived(people: dict[str, User], hospital: Institution, month: str = "2026-03") -> MappingVersion:
    base = province(people)
    return derive_mapping(
        actor_of_user(people["clerk"]), version_id=base.pk, institution=hospital, wanted=wanted(month)
    )


def simulated(people: dict[str, User], version: MappingVersion, hospital: Institution) -> MappingSimulation:
    clerk = actor_of_user(people["clerk"])
    return simulate_mapping(clerk, version_id=version.pk, institution=hospital, first=MARCH, last=MARCH)


def explained(people: dict[str, User], simulation: MappingSimulation) -> None:
    texts = {one.pk: "X 为手术，按省版归入手术费。" for one in simulation.classes.filter(needs_words=True)}
    explain_changes(actor_of_user(people["clerk"]), simulation_id=simulation.pk, texts=texts)


def in_force(people: dict[str, User], hospital: Institution, month: str = "2026-03") -> MappingVersion:
    version = derived(people, hospital, month)
    explained(people, simulated(people, version, hospital))
    matter = submit_mapping(
        actor_of_user(people["clerk"]), version_id=version.pk, judgement="X 属手术，口径更准确，指标不变。"
    )
    signed(matter, people["director"])
    version.refresh_from_db()
    return version
