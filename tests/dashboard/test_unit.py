"""Amounts of a page in one unit that it names: 元 where none reaches 100,000 yuan, else 万元.

Worked by hand: in January a village clinic charges 3,000 yuan and books cost of 1,200, a surplus of 1,800; in February
it charges 2,500 and books 1,300, a surplus of 1,200, which is 600 less. All below 100,000: yuan. With 200,000 more
charged in February: 20.25 万元.
"""

import json
import re
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from costing.services import run_allocation
from ops_platform.dashboard.cockpit.comparison import ComparisonRow
from ops_platform.dashboard.tables import ComparisonTable
from ops_platform.dashboard.unit import WAN, YUAN, unit_of
from ops_platform.kernel import Period, Role
from ops_platform.kernel.actor import PLATFORM
from ops_platform.masterdata.models import AccountingPeriod, Department, Institution, PeriodState
from ops_platform.masterdata.services import hold_periods
from tests.support import trade

MONTHS = {"2026-01": ("3000.00", "1200.00"), "2026-02": ("2500.00", "1300.00")}
FORMATTERS = ("formatter", "valueFormatter")


def clinic_with(more: str = "") -> Institution:
    """The clinic with both months computed and closed."""
    clinic = trade.alliance()["V1"]
    trade.landed(clinic, "departments", [trade.department("QK", name="全科", since="2025-01-01")])
    trade.landed(clinic, "charge-items", [trade.item("HY", fee_class="laboratory", effective_from="2025-01-01")])
    charges = [(period, income) for period, (income, _cost) in MONTHS.items()] + ([("2026-02", more)] if more else [])
    for number, (period, amount) in enumerate(charges):
        when = f"{period}-10T09:00:00"
        trade.landed(clinic, "encounters", [trade.visit(f"M{number}", "QK", when=f"{period}-10T08:00:00")])
        trade.landed(clinic, "charge-lines", [trade.charge(f"M{number}", 1, "HY", "QK", "QK", amount, when=when)])
    for period, (_income, cost) in MONTHS.items():
        day = Period.parse(period).last_day.isoformat()
        trade.landed(clinic, "cost-entries", [trade.cost(f"V-{period}", "QK", cost, day=day)])
        run_allocation(PLATFORM, institution=clinic, period=Period.parse(period))
    with transaction.atomic():
        hold_periods(clinic, timezone.localdate())
    AccountingPeriod.objects.filter(institution=clinic).update(state=PeriodState.CLOSED)
    return clinic


def page_of(clinic: Institution, role: Role, address: str = "") -> tuple[str, list[Any]]:
    """What that reader sees of February, without markup, and the options of its pictures."""
    client = Client()
    reader = trade.person(f"reader-{role}", role, clinic)
    client.force_login(reader, backend="django.contrib.auth.backends.ModelBackend")
    page = client.get(f"{address or reverse('home')}?period=2026-02").content.decode()
    charts = re.findall(r'<script id="chart-\w+" type="application/json">(.*?)</script>', page, flags=re.S)
    body = re.sub(r"<(script|nav|head)\b.*?</\1>", "", page, flags=re.S)
    return " ".join(re.sub(r"<[^>]+>", " ", body).split()), [json.loads(one) for one in charts]


def formats_in(node: Any) -> set[str]:
    """Names of formats in a picture's options."""
    if isinstance(node, list):
        return set().union(*(formats_in(one) for one in node))
    if not isinstance(node, dict):
        return set()
    named = {value for key, value in node.items() if key in FORMATTERS}
    return named.union(*(formats_in(value) for value in node.values()))


@pytest.mark.parametrize(
    ("amounts", "unit"),
    [
        ([], YUAN),
        ([None, Decimal("99999.99"), Decimal("-99999.99")], YUAN),
        ([Decimal(1), Decimal(100_000)], WAN),
        ([Decimal(-100_000)], WAN),
    ],
)
def test_the_largest_amount_settles_the_unit(amounts: list[Decimal | None], unit: Any) -> None:
    assert unit_of(amounts) is unit


@pytest.mark.django_db
def test_a_village_clinic_reads_yuan_on_the_whole_cockpit() -> None:
    text, charts = page_of(clinic_with(), Role.INSTITUTION_HEAD)
    assert "收入 元 2,500.00 ▼ 下降 16.7% 1 月 3,000.00" in text
    assert "成本 元 1,300.00 ▲ 上升 8.3% 1 月 1,200.00" in text
    assert "结余 元 1,200.00 ▼ 下降 600.00 元 1 月 1,800.00" in text
    assert "元，点击打开科室" in text
    assert "万元" not in text
    assert len(charts) == 3
    assert {name for chart in charts for name in formats_in(chart)} == {"@money", "@quantity"}
    assert charts[0]["yAxis"]["name"] == "元"


@pytest.mark.django_db
def test_greater_amounts_are_read_in_ten_thousands() -> None:
    text, charts = page_of(clinic_with(more="200000.00"), Role.INSTITUTION_HEAD)
    assert "收入 万元 20.25" in text
    assert "1 月 0.30" in text
    assert "万元，点击打开科室" in text
    assert {name for chart in charts for name in formats_in(chart)} == {"@wan", "@wanTick"}
    assert charts[0]["yAxis"]["name"] == "万元"


@pytest.mark.django_db
def test_the_department_page_reads_the_same_unit() -> None:
    clinic = clinic_with()
    ward = Department.objects.get(institution=clinic, code="QK")
    text, charts = page_of(clinic, Role.INSTITUTION_HEAD, reverse("department", args=[ward.pk]))
    assert "收入 元 2,500.00 ▼ 下降 16.7% 1 月 3,000.00" in text
    assert "结余 元 1,200.00 ▼ 下降 600.00 元 1 月 1,800.00" in text
    assert formats_in(charts[0]) == {"@money", "@quantity"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("role", "told"),
    [(Role.INSTITUTION_HEAD, True), (Role.INSURANCE_OFFICER, False), (Role.REGIONAL_SUPERVISOR, False)],
)
def test_who_may_not_see_departments_is_not_told_that_none_fell(role: Role, told: bool) -> None:
    text, _charts = page_of(clinic_with(), role)
    assert ("需要关注" in text) is told
    assert ("结余较 1 月减少 600.00 元(1,800.00 元 → 1,200.00 元)" in text) is told
    assert "没有结余下降" not in text


def row(name: str, income: str) -> ComparisonRow:
    amount = Decimal(income)
    return ComparisonRow(name, "", None, "/", amount, amount, None, None, None, None, None, 0, 0, None, False)


def test_the_sheet_has_the_unit_that_its_header_names() -> None:
    few = list(ComparisonTable([row("甲", "2500.00")]).as_values())
    assert (few[0][1], few[1][1]) == ("收入(元)", Decimal(2500))
    many = list(ComparisonTable([row("甲", "2500.00"), row("乙", "202500.00")]).as_values())
    assert (many[0][1], many[1][1], many[2][1]) == ("收入(万元)", Decimal("0.25"), Decimal("20.25"))
