"""Break-even of a device (设备量本利), by hand: what it earns by its items, what varies with use, what its card charges."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from costing.engine.devices import ItemMonth, Machine, parts_of
from costing.models import CostRun
from costing.selectors.layers import Layer
from costing.selectors.sheets import REPORTS, Scope
from costing.services import cost_patients_of, run_allocation
from costing.sheets import Sheet
from ops_platform.kernel import Period, Role
from ops_platform.kernel.actor import PLATFORM
from ops_platform.masterdata.models import Institution
from tests.support import trade
from tests.support.downloads import book_of

pytestmark = pytest.mark.django_db
MARCH = Period.parse("2026-03")


def card(number: str, value: str) -> dict[str, str]:
    """Straight line over ten years."""
    return {
        "card": number,
        "effective_from": "2026-01-01",
        "name": number,
        "category": "special_equipment",
        "department": "YX",
        "in_use_from": "2026-01-10",
        "original_value": value,
        "useful_months": "120",
        "funding_source": "basic",
    }


def hours(number: str, kind: str, days: int, used: str, services: str = "", **more: Any) -> list[dict[str, str]]:
    """So many days of so many hours; without `services` nobody counted them."""
    rows = [trade.device(number, kind, used, "12", f"2026-03-{day:02}", department="YX") for day in range(2, 2 + days)]
    return [
        {**{name: one for name, one in row.items() if name != "services"}, **counted(services), **more} for row in rows
    ]


def counted(services: str) -> dict[str, str]:
    return {"services": services} if services else {}


@pytest.fixture
def run() -> CostRun:
    """Imaging: personnel 20,000, materials 3,000, depreciation 12,000, other 2,000, over three items by income:
    CT 200 × 200.00, MR 100 × 400.00, XR 200 × 100.00, that is 2 : 2 : 1. Of CT: personnel 8,000, materials 1,200,
    depreciation 4,800, other 800; 20 %, all, nothing and half of them vary: 1,600 + 1,200 + 400 = 3,200."""
    hospital = trade.alliance()["H1"]
    trade.landed(
        hospital,
        "departments",
        [trade.department("YX", "medical_technology", "影像科"), trade.department("NK", name="内科")],
    )
    trade.landed(hospital, "charge-items", [trade.item(code, fee_class="examination") for code in ("CT", "MR", "XR")])
    costs = (("personnel", "20000.00"), ("materials", "3000.00"), ("depreciation", "12000.00"), ("other", "2000.00"))
    trade.landed(hospital, "cost-entries", [trade.cost(f"V-{item}", "YX", amount, item) for item, amount in costs])
    trade.landed(hospital, "encounters", [trade.visit("M1", "NK")])
    charged = (("CT", "200", "200.0000"), ("MR", "100", "400.0000"), ("XR", "200", "100.0000"))
    trade.landed(
        hospital,
        "charge-lines",
        [
            trade.charge(
                "M1", at, code, "NK", "YX", f"{int(number) * Decimal(price):.2f}", quantity=number, price=price
            )
            for at, (code, number, price) in enumerate(charged, 1)
        ],
    )
    trade.landed(hospital, "assets", [card("CT1", "480000.00"), card("MR1", "960000.00"), card("DR1", "144000.00")])
    trade.landed(
        hospital,
        "equipment-uses",
        [
            *hours("CT1", "CT", 3, "10", "50", items=["CT", "OLD"]),
            *hours("CT2", "CT", 1, "10", "50", items=["CT"]),
            *hours("MR1", "MRI", 2, "10", "50", items=["MR"]),
            *hours("DR1", "DR", 2, "10"),
            *hours("US1", "彩超", 1, "5", "20", department="NK"),
        ],
    )
    made = run_allocation(PLATFORM, institution=hospital, period=MARCH).run
    cost_patients_of(PLATFORM, institution=hospital, period=MARCH)
    return made


def built(run: CostRun) -> Sheet:
    return REPORTS["break-even-devices"].build(Scope.of(run, Layer.MEDICAL, ""))


def figures(sheet: Sheet, number: str) -> dict[str, object]:
    """A row by group and title of its columns."""
    row = next(one for one in sheet.rows if number in one.name)
    names = [f"{column.group}：{column.title}" if column.group else column.title for column in sheet.columns]
    return dict(zip(names, (cell.value for cell in row.cells), strict=True))


def test_break_even_of_a_device_by_hand(run: CostRun) -> None:
    """CT1 runs 30 of 40 hours: three quarters of CT, 30,000 of income and 2,400 that vary, over 150 uses: 200.00 and 16.00
    a use. Its card charges 480,000 ÷ 120 = 4,000: 4,000 ÷ 184 = 21.7, so 22 uses; 4,000 × 30,000 ÷ 27,600 = 4,347.83 of
    income. With the items' other fixed cost (¾ of 6,400 + 400): 9,100 ÷ 184 = 49.5, so 50."""
    found = figures(built(run), "CT1")
    assert found["收入依据"] == "收费项目 1 项"
    assert [found[f"使用：{name}"] for name in ("使用机时", "完成例数", "收费数量")] == [30, 150, 150]
    assert [found[f"每次使用：{name}"] for name in ("收入", "变动成本")] == [200, 16]
    assert [found[f"本月：{name}"] for name in ("收入", "变动成本", "固定成本", "边际贡献", "结余")] == [
        30_000,
        2_400,
        4_000,
        27_600,
        23_600,
    ]
    assert found["本月：保本收入"] == Decimal("4347.83")
    assert (found["保本：保本次数"], found["保本：实际比保本多"]) == (22, 128)
    assert round(Decimal(str(found["保本：安全边际率"])), 6) == Decimal("0.855072")
    other = [found[f"计入项目的其他固定成本：{name}"] for name in ("其他固定成本", "保本次数")]
    assert other == [5_100, 50]


def test_a_device_that_names_no_items_is_estimated_by_hours_in_a_technology_department(run: CostRun) -> None:
    """DR1 has what no device names: XR, 20,000 and 1,600, over its 20 hours: 1,200 ÷ (1,000 − 80) = 1.3, so 2 hours."""
    found = figures(built(run), "DR1")
    assert (found["收入依据"], found["每次使用：收入"], found["保本：保本次数"]) == ("按机时估计", 1_000, 2)


def test_what_is_missing_is_said(run: CostRun) -> None:
    sheet = built(run)
    without_card, of_ward = figures(sheet, "CT2"), figures(sheet, "US1")
    assert (without_card["本月：收入"], without_card["本月：固定成本"]) == (10_000, "没有资产卡片")
    assert without_card["保本：保本次数"] is None
    assert (of_ward["收入依据"], of_ward["本月：收入"]) == ("未报送收费项目", None)
    notes = " ".join(sheet.notes)
    for words in ("没有项目成本的收费项目：OLD", "操作人员没有指定到设备", "临床科室的收入不都来自设备"):
        assert words in notes
    whole = figures(sheet, "数据齐全的 3 台合计")
    assert [whole[f"本月：{name}"] for name in ("收入", "变动成本", "固定成本")] == [90_000, 7_200, 13_200]


def test_a_device_opens_its_hours_and_the_report_is_a_workbook(run: CostRun, client: Client) -> None:
    client.force_login(trade.person("clerk", Role.FINANCE_OFFICER, run.institution))
    page = client.get("/costing/reports/break-even-devices/?period=2026-03")
    row = next(one for one in page.context["sheet"].rows if "CT1" in one.name)
    for address in {row.url, *(cell.url for cell in row.cells if cell.url)}:
        assert client.get(address).status_code == 200, address
    assert "CT1" in client.get(row.url).content.decode()
    book = book_of(client.get("/costing/reports/break-even-devices/?period=2026-03&export=xlsx"))
    assert any("CT1" in str(line[0]) for line in book.get_sheet_by_index(0).to_python())


def test_without_devices_the_report_says_which_data_to_send(run: CostRun, hospital_without: CostRun) -> None:
    sheet = built(hospital_without)
    assert (sheet.rows, "设备使用记录" in sheet.notes[0]) == ((), True)


@pytest.fixture
def hospital_without(run: CostRun) -> CostRun:
    """Another month of the same hospital, in which no device ran."""
    april = Period.parse("2026-04")
    hospital: Institution = run.institution
    trade.landed(hospital, "cost-entries", [trade.cost("V-4", "YX", "100.00", day="2026-04-30")])
    trade.landed(
        hospital, "charge-lines", [trade.charge("M1", 9, "CT", "NK", "YX", "100.00", when="2026-04-02T09:00:00")]
    )
    made = run_allocation(PLATFORM, institution=hospital, period=april).run
    cost_patients_of(PLATFORM, institution=hospital, period=april)
    return made


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.integers(0, 400), min_size=1, max_size=5),
    st.lists(st.tuples(st.booleans(), *[st.integers(-(10**9), 10**9)] * 4), max_size=8),
)
def test_devices_share_an_item_without_losing_a_fen(
    used: list[int], rows: list[tuple[bool, int, int, int, int]]
) -> None:
    machines = [
        Machine(f"S{at}", 1, True, frozenset({"A"}) if at % 2 else frozenset(), hours_used)
        for at, hours_used in enumerate(used)
    ]
    months = [ItemMonth("A" if named else f"B{at}", 1, *amounts) for at, (named, *amounts) in enumerate(rows)]
    found = parts_of(machines, months)
    naming, silent = sum(used[1::2]), sum(used[0::2])
    naming_any = len(used) > 1
    borne = [one for one in months if ((naming if naming_any else silent) if one.code == "A" else silent)]
    for name in ("quantity", "income", "variable", "fixed"):
        assert sum(getattr(one, name) for one in found.values()) == sum(getattr(one, name) for one in borne)
