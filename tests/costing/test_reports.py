"""The reports of a month, over the worked example of domain.md 1.3 (C-STEP)."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from costing.models import CostRun, DepartmentMonth
from costing.selectors.layers import Layer
from costing.selectors.sheets import REPORTS, Scope
from costing.services import cost_patients_of, run_allocation
from costing.sheets import Sheet, Value
from ops_platform.identity.models import AccessLog
from ops_platform.kernel import Period, Role
from ops_platform.kernel.actor import PLATFORM
from ops_platform.masterdata.models import Institution
from tests.costing.test_month_allocation import hospital as c_step
from tests.support import trade
from tests.support.downloads import book_of

pytestmark = pytest.mark.django_db
MARCH = Period.parse("2026-03")
hospital = c_step


@pytest.fixture
def run(hospital: Institution) -> CostRun:
    """The month with patients; surgery bears 1,000.00 of depreciation that a fiscal project paid."""
    paid = trade.cost("V-P", "E", "1000.00") | {"cost_item": "depreciation", "funding_source": "fiscal_project"}
    trade.landed(hospital, "cost-entries", [paid])
    made = run_allocation(PLATFORM, institution=hospital, period=MARCH).run
    cost_patients_of(PLATFORM, institution=hospital, period=MARCH)
    return made


def built(run: CostRun, code: str, layer: Layer = Layer.MEDICAL) -> Sheet:
    return REPORTS[code].build(Scope.of(run, layer, ""))


def line(sheet: Sheet, name: str) -> list[Value]:
    return [cell.value for cell in next(row for row in sheet.rows if row.name == name).cells]


def yuan(*amounts: int) -> list[Value]:
    return [Decimal(amount) for amount in amounts]


def test_allocation_shows_what_came_from_each_tier(run: CostRun) -> None:
    sheet = built(run, "allocation")
    assert line(sheet, "内科")[:5] == yuan(800_000, 60_000, 30_000, 132_000, 1_022_000)
    assert line(sheet, "临床服务类合计")[:5] == yuan(1_800_000, 130_000, 90_000, 330_000, 2_350_000)


def test_direct_costs_stand_by_class_with_subtotals_and_layers(run: CostRun) -> None:
    sheet = built(run, "direct-costs")
    assert [row.name for row in sheet.rows if row.level != "department"] == [
        "临床服务类小计",
        "医疗技术类小计",
        "医疗辅助类小计",
        "行政后勤类小计",
        "全院合计",
    ]
    # personnel, medical, fiscal project, full medical, research, hospital
    assert line(sheet, "外科")[0::7][:1] + line(sheet, "外科")[7:] == yuan(
        1_000_000, 1_000_000, 1_000, 1_001_000, 0, 1_001_000
    )
    assert line(sheet, "全院合计")[-1] == 2_351_000


def test_surplus_goes_down_tier_by_tier(run: CostRun) -> None:
    values = line(built(run, "surplus"), "内科")
    assert values[:4] == yuan(400_000, 0, 800_000, -400_000)
    assert values[4:11] == yuan(60_000, -460_000, 30_000, -490_000, 132_000, -622_000, 1_022_000)
    assert values[11] == Decimal("-1.555")


def test_the_layer_decides_which_money_counts(run: CostRun) -> None:
    medical, hospital_wide = built(run, "full-costs"), built(run, "full-costs", Layer.HOSPITAL)
    assert line(medical, "外科")[21:24] == yuan(1_000_000, 328_000, 1_328_000)
    assert line(hospital_wide, "外科")[21:] == yuan(1_001_000, 328_000, 1_329_000)


def test_layers_build_up_from_medical_business_to_the_whole_hospital(run: CostRun) -> None:
    sheet = built(run, "layers")
    totals = {row.name.partition("(")[0]: row.cells[-1].value for row in sheet.rows}
    assert totals == {
        "医疗业务成本": 2_190_000,
        "加：行政后勤类的成本": 160_000,
        "医疗成本": 2_350_000,
        "　其中：基本公共卫生补助形成的成本": 0,
        "加：财政项目经费形成的成本": 1_000,
        "医疗全成本": 2_351_000,
        "加：科教经费形成的成本": 0,
        "医院全成本": 2_351_000,
    }


def test_behaviour_takes_the_shares_of_the_parameters(run: CostRun) -> None:
    """Personnel: 20 % variable; half of what is direct can be controlled."""
    values = line(built(run, "behaviour"), "内科")
    assert values[:5] == [Decimal(817_600), Decimal(204_400), Decimal("0.2"), Decimal(400_000), Decimal(622_000)]


def test_break_even_of_a_department_is_an_income(run: CostRun) -> None:
    values = line(built(run, "break-even"), "内科")
    assert values[3:7] == [Decimal(195_600), Decimal("0.489"), Decimal(-622_000), Decimal("1671983.64")]


def test_composition_shows_items_income_and_what_is_left(run: CostRun) -> None:
    sheet = built(run, "composition")
    assert line(sheet, "人员经费")[:2] == [Decimal(1_022_000), Decimal(1)]
    assert line(sheet, "收入－成本")[:2] == [Decimal(-622_000), None]
    assert [column.group for column in sheet.columns[::2]] == ["内科", "外科", "各临床服务类科室合计"]


@pytest.mark.parametrize("code", REPORTS)
def test_every_report_is_a_page_and_a_workbook_with_the_same_figures(client: Client, run: CostRun, code: str) -> None:
    client.force_login(trade.person("clerk", Role.FINANCE_OFFICER, run.institution))
    url = f"/costing/reports/{code}/?period=2026-03&layer=medical"
    page = client.get(url)
    assert page.status_code == 200
    sheet: Sheet = page.context["sheet"]
    rows = book_of(client.get(f"{url}&export=xlsx")).get_sheet_by_index(0).to_python()
    heads = 4 if (sheet.page(sheet.pages[0][1]) if sheet.pages else sheet).groups else 3
    columns = sheet.pages[0][1] if sheet.pages else range(len(sheet.columns))
    for row, written in zip(sheet.rows, rows[heads:], strict=False):
        values = [row.cells[at].value for at in columns]
        assert written[0] == row.name
        assert [_plain(value) for value in written[1 : len(values) + 1]] == [_plain(value) for value in values]


def _plain(value: object) -> object:
    if isinstance(value, (int, float, Decimal)):
        return round(float(value), 4)
    return value or None


def test_an_amount_of_a_report_opens_to_rows_that_add_up_to_it(client: Client, run: CostRun) -> None:
    client.force_login(trade.person("clerk", Role.FINANCE_OFFICER, run.institution))
    for code, layer in (
        ("direct-costs", Layer.HOSPITAL),
        ("allocation", Layer.MEDICAL),
        ("full-costs", Layer.HOSPITAL),
        ("full-costs", Layer.MEDICAL),
        ("surplus", Layer.FULL_MEDICAL),
    ):
        opened = [cell for row in built(run, code, layer).rows for cell in row.cells if cell.url and cell.value]
        assert opened
        for cell in opened:
            listed = client.get(cell.url).context
            beside = listed["beside"].data if listed["beside"] else ()
            assert listed["agrees"]
            assert listed["found"].total + sum(row.amount for row in beside) == cell.value


def test_a_report_that_names_patients_is_logged(client: Client, run: CostRun) -> None:
    client.force_login(trade.person("clerk", Role.FINANCE_OFFICER, run.institution))
    client.get("/costing/reports/losses/?period=2026-03")
    asked = {"institution": "H1", "period": "2026-03"}
    assert client.get("/api/v1/costing/reports/losses/", asked).status_code == 200
    assert AccessLog.objects.filter(subject_type="costing.losses").count() == 2


@pytest.mark.parametrize(
    ("code", "most"),
    [("direct-costs", 2), ("layers", 2), ("behaviour", 4), ("allocation", 3), ("break-even", 4), ("surplus", 3)],
)
def test_a_report_of_departments_takes_a_few_queries(run: CostRun, code: str, most: int) -> None:
    scope = Scope.of(run, Layer.MEDICAL, "")
    with CaptureQueriesContext(connection) as queries:
        REPORTS[code].build(scope)
    assert len(queries) <= most


def test_an_unknown_report_is_no_address(client: Client, run: CostRun) -> None:
    client.force_login(trade.person("clerk", Role.FINANCE_OFFICER, run.institution))
    assert client.get("/costing/reports/nonsense/").status_code == 404
    assert DepartmentMonth.objects.filter(run=run).exists()


def test_the_api_tells_the_figures_of_the_page(client: Client, run: CostRun) -> None:
    client.force_login(trade.person("clerk", Role.FINANCE_OFFICER, run.institution))
    asked = {"institution": "H1", "period": "2026-03", "layer": "medical"}
    told = client.get("/api/v1/costing/reports/allocation/", asked).json()
    assert told["columns"][0] == {"title": "直接成本", "group": "", "kind": "money"}
    ward = next(row for row in told["rows"] if row["name"] == "内科")
    assert ward["values"][:5] == ["800000.00", "60000.00", "30000.00", "132000.00", "1022000.00"]
    for path, query, code in (
        ("nonsense", asked, "costing.no_report"),
        ("allocation", {**asked, "institution": "T1"}, "costing.no_run"),
        ("allocation", {**asked, "period": "2030-01"}, "costing.no_run"),
    ):
        answer = client.get(f"/api/v1/costing/reports/{path}/", query)
        assert (answer.status_code, answer.json()["code"]) == (404, code)
    assert client.get("/api/v1/costing/reports/allocation/", {**asked, "layer": "moon"}).status_code in (400, 422)


def test_the_full_cost_of_clinical_departments_has_the_two_pages_of_the_form(client: Client, run: CostRun) -> None:
    """Items first, then the medical cost; the second page leads from it over fiscal projects to the whole hospital."""
    sheet = built(run, "full-costs")
    groups = list(dict.fromkeys(column.group for column in sheet.columns))
    assert groups[6:] == [
        "其他运行费用",
        "医疗成本合计",
        "财政项目经费",
        "医疗全成本合计",
        "科教经费",
        "医院全成本合计",
    ]
    surgery = line(sheet, "外科")
    assert surgery[21:] == [
        *yuan(1_000_000, 328_000, 1_328_000),
        *yuan(1_000, 0, 1_000),
        *yuan(1_001_000, 328_000, 1_329_000),
        *yuan(0, 0, 0),
        *yuan(1_001_000, 328_000, 1_329_000),
    ]
    client.force_login(trade.person("clerk", Role.FINANCE_OFFICER, run.institution))
    book = book_of(client.get("/costing/reports/full-costs/?period=2026-03&export=xlsx"))
    assert book.sheet_names == ["医疗成本", "医疗全成本和医院全成本"]
    second = book.get_sheet_by_index(1).to_python()
    assert second[1][0].startswith("成本02表")
    assert [name for name in second[2] if name] == ["科室名称", *groups[7:]]
    written = next(row for row in second if row[0] == "外科")
    assert written[1:] == [float(value) for value in surgery[21:] if isinstance(value, Decimal)]


def test_direct_costs_have_the_two_pages_of_the_form(client: Client, run: CostRun) -> None:
    client.force_login(trade.person("clerk", Role.FINANCE_OFFICER, run.institution))
    book = book_of(client.get("/costing/reports/direct-costs/?period=2026-03&export=xlsx"))
    assert book.sheet_names == ["医疗成本", "医疗全成本和医院全成本"]
    first, second = (book.get_sheet_by_index(at).to_python() for at in (0, 1))
    assert first[2][-1] == second[2][1] == "医疗成本合计"
    assert second[2][1:] == ["医疗成本合计", "财政项目经费", "医疗全成本合计", "科教经费", "医院全成本合计"]
    assert next(row for row in second if row[0] == "外科")[1:] == [1_000_000, 1_000, 1_001_000, 0, 1_001_000]
