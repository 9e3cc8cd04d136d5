"""The monthly cost report of the clinical departments, and who gets it."""

from datetime import date
from decimal import Decimal

import pytest
from django.test import Client

from costing.models import CostRun
from costing.selectors.layers import Layer
from costing.selectors.monthly import department_reports
from costing.selectors.patients import current_run
from costing.selectors.sheets import REPORTS, Scope
from costing.services import cost_patients_of, run_allocation
from costing.services.targets import WantedTarget, propose_targets
from costing.sheets import DIRECTIONS
from costing.telling import KIND, tell_departments
from insurance_settlement.services import run_grouping
from ops_platform.identity.actors import actor_of_user
from ops_platform.kernel import Period, Role
from ops_platform.kernel.actor import PLATFORM
from ops_platform.masterdata.models import Department, Institution
from ops_platform.notifications.models import Message
from tests.support import trade
from workflows.models import Task
from workflows.reference import load_flows
from workflows.services import approve

pytestmark = pytest.mark.django_db
MARCH = Period.parse("2026-03")


@pytest.fixture
def hospital() -> Institution:
    """A ward with two visits: consultation, a drug and a material."""
    hospital = trade.alliance()["H1"]
    trade.landed(hospital, "departments", [trade.department("D", name="内科"), trade.department("E", name="外科")])
    trade.landed(
        hospital,
        "charge-items",
        [
            trade.item("ZC", fee_class="consultation"),
            trade.item("YP", item_class="drug", fee_class="western_drugs"),
            trade.item("CL", item_class="chargeable_material", fee_class="materials"),
        ],
    )
    trade.landed(hospital, "encounters", [trade.visit("M1", "D"), trade.visit("M2", "D")])
    trade.landed(
        hospital,
        "charge-lines",
        [
            trade.charge("M1", 1, "ZC", "D", "D", "300.00"),
            trade.charge("M1", 2, "YP", "D", "D", "400.00"),
            trade.charge("M2", 1, "CL", "D", "D", "300.00"),
        ],
    )
    trade.landed(hospital, "cost-entries", [trade.cost("V-D", "D", "800.00"), trade.cost("V-E", "E", "50.00")])
    return hospital


def computed(hospital: Institution) -> CostRun:
    run = run_allocation(PLATFORM, institution=hospital, period=MARCH).run
    cost_patients_of(PLATFORM, institution=hospital, period=MARCH)
    return run


def test_a_department_answers_for_its_ratios_and_means(hospital: Institution) -> None:
    run = computed(hospital)
    ward, surgery = department_reports(run=run, patients=current_run(institution=hospital.pk, period="2026-03"))
    assert (ward.name, ward.income, ward.cost, ward.surplus) == ("内科", 1000, 800, 200)
    # 400 of 1,000 are drugs; 300 of the other 600 are materials
    assert (ward.drug_ratio, ward.material_ratio, ward.service_ratio) == (
        Decimal("0.4"),
        Decimal("0.5"),
        Decimal("0.3"),
    )
    assert (ward.visits, ward.per_visit, ward.cost_per_visit) == (2, 500, 400)
    assert (surgery.income, surgery.drug_ratio, surgery.visits, surgery.per_visit) == (0, None, 0, None)


def test_the_head_gets_the_own_department_once_and_again_when_it_changes(hospital: Institution) -> None:
    ward = Department.objects.get(institution=hospital, code="D")
    head = trade.person("head", Role.DEPARTMENT_HEAD, hospital, ward)
    trade.person("clerk", Role.FINANCE_OFFICER, hospital)
    run = computed(hospital)
    assert (tell_departments(run), tell_departments(run)) == (1, 0)
    message = Message.objects.get(kind=KIND)
    assert (message.recipient, message.title) == (head, "内科 2026年3月成本月报")
    assert "全成本 800.00 元，结余 200.00 元；药占比 40.0%，耗占比 50.0%" in message.body
    assert message.url == f"/departments/{ward.pk}/?period=2026-03"
    trade.landed(hospital, "cost-entries", [trade.cost("V-2", "D", "100.00")])
    assert tell_departments(computed(hospital)) == 1
    assert "结余 100.00 元" in Message.objects.get(kind=KIND).body


@pytest.fixture
def ward() -> Department:
    """The ward in three months. A stay of March 2025: 800 of services and 200 of drugs, which cost 500.00; one of February
    2026: 500 and 500, 400.00; two of March 2026: each 660 and 440, together 1,100.00."""
    hospital = trade.alliance("2025-01")["H1"]
    load_flows()
    since = {"effective_from": "2025-01-01"}
    trade.landed(hospital, "departments", [trade.department("D", name="内科", since="2025-01-01")])
    trade.landed(
        hospital,
        "charge-items",
        [
            trade.item("ZC", fee_class="consultation", **since),
            trade.item("YP", item_class="drug", fee_class="western_drugs", **since),
        ],
    )
    _discharged(hospital, "2025-03", {"A1": ("800.00", "200.00")}, "500.00")
    _discharged(hospital, "2026-02", {"B1": ("500.00", "500.00")}, "400.00")
    _discharged(hospital, "2026-03", {"C1": ("660.00", "440.00"), "C2": ("660.00", "440.00")}, "1100.00")
    return Department.objects.get(institution=hospital, code="D")


def _discharged(hospital: Institution, period: str, stays: dict[str, tuple[str, str]], personnel: str) -> None:
    """Stays by number with what was charged for services and for drugs, and what the ward's people cost."""
    first, last = f"{period}-02T08:00:00", f"{period}-05T10:00:00"
    abstract = {"diagnoses": ["J18.900"], "sex": "1", "age": "67", "stay_days": "3", "leaving_type": "1"}
    trade.landed(
        hospital,
        "encounters",
        [trade.visit(number, "D", kind="inpatient", when=first, discharged=last) for number in stays],
    )
    lines = [
        trade.charge(number, at, code, "D", "D", amount, first)
        for number, amounts in stays.items()
        for at, (code, amount) in enumerate(zip(("ZC", "YP"), amounts, strict=True), 1)
    ]
    trade.landed(hospital, "charge-lines", lines)
    trade.landed(hospital, "cost-entries", [trade.cost(f"V-{period}", "D", personnel, day=f"{period}-28")])
    rows = [
        {"encounter_no": number, "total_charges": f"{sum(map(Decimal, amounts))}", **abstract}
        for number, amounts in stays.items()
    ]
    trade.landed(hospital, "discharge-abstracts", rows)
    at = Period.parse(period)
    run_allocation(PLATFORM, institution=hospital, period=at)
    cost_patients_of(PLATFORM, institution=hospital, period=at)
    run_grouping(PLATFORM, institution=hospital, period=at)


def _aim(ward: Department, limits: dict[str, str]) -> None:
    """Targets of the ward from March on, asked for by one and approved by the other."""
    director = trade.person("director", Role.FINANCE_DIRECTOR, ward.institution)
    leader = trade.person("leader", Role.INSTITUTION_HEAD, ward.institution)
    wanted = [
        WantedTarget(metric=metric, effective_from=date(2026, 3, 1), limit=Decimal(limit), department="D")
        for metric, limit in limits.items()
    ]
    _proposal, matter = propose_targets(
        actor_of_user(director),
        institution_id=ward.institution_id,
        rows=wanted,
        source_mark="seed",
        source_text="责任书",
    )
    approve(actor_of_user(leader), matter_id=matter, task=Task.objects.get(matter=matter, person=leader).number)


def test_the_head_reads_the_mean_cost_of_discharges_beside_other_months_and_the_target(ward: Department) -> None:
    """Drugs 40 % after 50 % and 20 %; charges 1,100.00 after 1,000.00 twice; cost 550.00 after 400.00 and 500.00, which may
    grow by 5 % over last year: 525.00."""
    trade.person("head", Role.DEPARTMENT_HEAD, ward.institution, ward)
    _aim(ward, {"drug_ratio": "0.35", "discharge_cost_growth": "0.05"})
    tell_departments(CostRun.objects.get(institution=ward.institution, period="2026-03", is_current=True))
    body = Message.objects.get(kind=KIND).body
    for words in (
        "药占比 40.0%(比上月 -10.0 个百分点，比上年同月 +20.0 个百分点，目标 ≤ 35.0%)",
        "出院 2 人次，出院次均费用 1,100.00 元(比上月 +10.0%，比上年同月 +10.0%)",
        "出院者平均成本 550.00 元(比上月 +37.5%，比上年同月 +10.0%，目标 ≤ 525.00 元)",
    ):
        assert words in body


def test_the_figures_of_the_report_open_their_parts_the_other_months_and_the_target(
    ward: Department, client: Client
) -> None:
    """Drugs 880 of 2,200; ten points below February's report, which opens; the target of the cost is 500.00 × 105 %."""
    trade.person("head", Role.DEPARTMENT_HEAD, ward.institution, ward)
    _aim(ward, {"drug_ratio": "0.35", "discharge_cost_growth": "0.05"})
    client.force_login(trade.person("clerk", Role.FINANCE_OFFICER, ward.institution))
    where = {"institution": ward.institution_id, "period": "2026-03"}
    sheet = client.get("/costing/reports/monthly/", where).context["sheet"]
    opens = {column.name: cell for column, cell in zip(sheet.columns, sheet.rows[0].cells, strict=True)}

    def parts(name: str) -> list[tuple[str, Decimal, str]]:
        page = client.get(opens[name].url).context
        assert page["agrees"], name
        return [(line.part.words, Decimal(line.part.amount), line.part.url) for line in page["lines"]]

    assert [one[:2] for one in parts("药占比 本月")] == [("药品收入", 880), ("医疗收入", 2200)]
    _more, now, before, _hundred = parts("药占比 比上月(百分点)")
    assert (now[:2], before[:2]) == (("本月", Decimal("0.4")), ("上月", Decimal("0.5")))
    assert client.get(before[2]).context["amount"] == Decimal("0.5")
    (_more, _now, _before, before) = parts("出院者平均成本 比上月(增减率)")
    assert before[:2] == ("上月", 400)
    last_year, growth = parts("出院者平均成本 目标")
    assert (last_year[1], growth[1]) == (500, Decimal("1.05"))
    for target in (opens["药占比 目标"].url, growth[2]):
        assert "/costing/targets/" in target
        assert client.get(target).status_code == 200


def test_the_report_marks_a_fall_of_the_drug_ratio_as_favourable(ward: Department) -> None:
    run = CostRun.objects.get(institution=ward.institution, period="2026-03", is_current=True)
    sheet = REPORTS["monthly"].build(Scope.of(run, Layer.HOSPITAL, ""))
    (row,) = sheet.rows
    found = {
        (column.group, column.title): (cell.value, tone)
        for column, cell, tone in zip(sheet.columns, row.cells, sheet.tones(row), strict=True)
    }
    assert found["药占比", "比上月(百分点)"] == (Decimal(-10), "good")
    assert found["药占比", "比上年同月(百分点)"] == (Decimal(20), "bad")
    assert found["医疗服务收入占比", "比上月(百分点)"] == (Decimal(10), "good")
    assert found["出院者平均成本", "本月"] == (Decimal(550), "")
    assert found["出院者平均成本", "比上月(增减率)"] == (Decimal("0.375"), "bad")
    assert found["出院者平均成本", "目标"] == (None, ""), "nobody has set one"
    assert DIRECTIONS in sheet.said


def _visits(hospital: Institution, period: str, number: str, charges: str) -> None:
    """One more visit of the ward, with the month computed anew."""
    trade.landed(hospital, "encounters", [trade.visit(number, "D", when=f"{period}-10T08:00:00")])
    trade.landed(hospital, "charge-lines", [trade.charge(number, 1, "ZC", "D", "D", charges, f"{period}-10T09:00:00")])
    at = Period.parse(period)
    run_allocation(PLATFORM, institution=hospital, period=at)
    cost_patients_of(PLATFORM, institution=hospital, period=at)


def test_cost_of_a_visit_is_held_against_last_year_and_its_target(ward: Department, client: Client) -> None:
    """Charges of a visit 400.00 after 200.00; its cost may grow by 8 % over last year's, and grew by more."""
    hospital = ward.institution
    trade.person("head", Role.DEPARTMENT_HEAD, hospital, ward)
    _visits(hospital, "2025-03", "M0", "200.00")
    _visits(hospital, "2026-03", "M1", "400.00")
    _aim(ward, {"visit_cost_growth": "0.08"})
    client.force_login(trade.person("clerk", Role.FINANCE_OFFICER, hospital))
    answer = client.get("/api/v1/costing/reports/monthly/", {"institution": "H1", "period": "2026-03"}).json()
    titles = [f"{column['group']} {column['title']}" for column in answer["columns"]]
    told = dict(zip(titles, next(row["values"] for row in answer["rows"] if row["name"] == "内科"), strict=True))
    assert Decimal(told["门急诊次均费用 本月"]) == 400
    assert Decimal(told["门急诊次均费用 比上年同月(增减率)"]) == 1
    now, change = Decimal(told["门急诊次均成本 本月"]), Decimal(told["门急诊次均成本 比上年同月(增减率)"])
    limit = Decimal(told["门急诊次均成本 目标"])
    assert abs(limit - now / (1 + change) * Decimal("1.08")) < Decimal("0.000001")
    assert now > limit
    assert told["门急诊次均成本 达成"] == "未达成"
