"""An open month is set against the same days of the month before and of last year; a closed one against whole months.

Worked by hand: January has 100, 200 and 1,000 yuan on the 5th, 20th and 25th; February has 150 and 300 on the 3rd and
20th, and no more is in. Days 1 to 20: 450 against 300, half as much again. Of February last year: 500 on the 10th.
"""

import re
from datetime import date
from decimal import Decimal

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from costing import public as costing
from costing.models import CostBudget, CostBudgetAmount
from costing.services import run_allocation
from ops_platform.dashboard import yardstick
from ops_platform.dashboard.yardstick import Yardstick
from ops_platform.identity.models import User
from ops_platform.kernel import Period, Role
from ops_platform.kernel.actor import PLATFORM
from ops_platform.masterdata import months
from ops_platform.masterdata.models import AccountingPeriod, Department, Institution, PeriodState
from ops_platform.masterdata.services import hold_periods
from tests.support import trade

pytestmark = pytest.mark.django_db
CHARGES = {
    "2025-02-10": "500.00",
    "2026-01-05": "100.00",
    "2026-01-20": "200.00",
    "2026-01-25": "1000.00",
    "2026-02-03": "150.00",
    "2026-02-20": "300.00",
}
BED_DAYS = {"2026-01-10": "5", "2026-01-25": "7", "2026-02-10": "6"}


def hospital_with(*periods: str) -> Institution:
    """A ward with those months computed; all are open, and a cost is booked at the end of each."""
    hospital = trade.alliance(first_period="2025-02")["H1"]
    trade.landed(hospital, "departments", [trade.department("NK", name="内科", since="2025-01-01")])
    trade.landed(hospital, "charge-items", [trade.item("HY", fee_class="laboratory", effective_from="2025-01-01")])
    for number, (day, amount) in enumerate(CHARGES.items()):
        trade.landed(hospital, "encounters", [trade.visit(f"M{number}", "NK", when=f"{day}T08:00:00")])
        trade.landed(
            hospital, "charge-lines", [trade.charge(f"M{number}", 1, "HY", "NK", "NK", amount, when=f"{day}T23:59:00")]
        )
    trade.landed(
        hospital,
        "workloads",
        [
            {"department": "NK", "metric": "occupied_bed_days", "date": day, "quantity": count}
            for day, count in BED_DAYS.items()
        ],
    )
    for period in periods:
        trade.landed(
            hospital,
            "cost-entries",
            [trade.cost(f"V-{period}", "NK", "80.00", day=Period.parse(period).last_day.isoformat())],
        )
        run_allocation(PLATFORM, institution=hospital, period=Period.parse(period))
    with transaction.atomic():
        hold_periods(hospital, date(2026, 2, 28))
    return hospital


def set_against(hospital: Institution, period: str, today: date, *known: str) -> Yardstick:
    """What the month is set against, seen on that day."""
    shown = months.months(institutions=[hospital.pk], periods=[period, *known], today=today)
    month = next(one for one in shown if one.period == period)
    return yardstick.of_month(month=month, known=shown, institutions=[hospital.pk], today=today)


def page_of(hospital: Institution, address: str) -> str:
    """What the finance director reads there, without markup."""
    client = Client()
    known = User.objects.filter(username="director").first()
    director = known or trade.person("director", Role.FINANCE_DIRECTOR, hospital)
    client.force_login(director, backend="django.contrib.auth.backends.ModelBackend")
    page = client.get(address).content.decode()
    body = re.sub(r"<(script|nav|head)\b.*?</\1>", "", page, flags=re.S)
    return " ".join(re.sub(r"<[^>]+>", " ", body).split())


def test_a_running_month_is_compared_up_to_yesterday() -> None:
    hospital = hospital_with("2026-01", "2026-02")
    assert set_against(hospital, "2026-02", date(2026, 2, 25), "2026-01").days == 20
    assert set_against(hospital, "2026-02", date(2026, 2, 20), "2026-01").days == 10
    assert set_against(hospital, "2026-02", date(2026, 2, 3), "2026-01").days == 0


def test_the_first_days_of_both_months_are_summed_and_what_came_later_is_left_out() -> None:
    hospital = hospital_with("2026-01", "2026-02")
    work = costing.work_of_first_days(institutions=[hospital.pk], periods=["2026-01", "2026-02"], days=20)
    assert [(one.period, one.income, one.visits, one.bed_days) for one in work] == [
        ("2026-01", Decimal("300.00"), 2, Decimal(5)),
        ("2026-02", Decimal("450.00"), 2, Decimal(6)),
    ]


def test_more_days_than_the_month_before_has_are_not_compared() -> None:
    hospital = hospital_with("2026-01", "2026-02")
    trade.landed(hospital, "encounters", [trade.visit("M9", "NK", when="2026-03-30T08:00:00")])
    run_allocation(PLATFORM, institution=hospital, period=Period.parse("2026-03"))
    assert set_against(hospital, "2026-03", date(2026, 3, 31), "2026-01", "2026-02").days == 28


def test_a_closed_month_is_set_against_whole_months_and_last_year() -> None:
    hospital = hospital_with("2025-02", "2026-01", "2026-02")
    AccountingPeriod.objects.filter(institution=hospital).update(state=PeriodState.CLOSED)
    against = set_against(hospital, "2026-02", date(2026, 3, 5), "2025-02", "2026-01")
    assert (against.before, against.year_ago, against.days) == ("2026-01", "2025-02", None)
    text = page_of(hospital, f"{reverse('home')}?period=2026-02")
    assert "与 2026年1月 及去年同月相比" in text
    assert "▼ 下降 65.4% 1 月 1,300.00" in text
    assert "▼ 下降 10.0% 去年同月 500.00" in text


def budgeted(
    hospital: Institution, year: int, amount: str, state: CostBudget.State = CostBudget.State.IN_FORCE
) -> None:
    """A budget of the ward's personnel, the same in every month."""
    author = trade.person(f"planner-{year}-{state}", Role.FINANCE_OFFICER, hospital)
    budget = CostBudget.objects.create(
        institution=hospital,
        year=year,
        version=1 if state == CostBudget.State.IN_FORCE else 2,
        total=12 * Decimal(amount),
        source_text="预算批复",
        asked_by=author,
        state=state,
        decided_at=None if state == CostBudget.State.ASKED else timezone.now(),
    )
    ward = Department.objects.get(institution=hospital, code="NK")
    for month in range(1, 13):
        CostBudgetAmount.objects.create(
            budget=budget, department=ward, cost_item="personnel", month=month, amount=Decimal(amount)
        )


def test_the_cost_of_a_whole_month_is_set_against_the_budget_in_force() -> None:
    """80.00 of 64.00: a quarter more; what is still asked for, or for another year, does not count."""
    hospital = hospital_with("2026-01", "2026-02")
    budgeted(hospital, 2025, "1.00")
    budgeted(hospital, 2026, "2.00", CostBudget.State.ASKED)
    AccountingPeriod.objects.filter(institution=hospital).update(state=PeriodState.CLOSED)
    assert "预算" not in cost_card(hospital, "2026-02")
    budgeted(hospital, 2026, "64.00")
    assert cost_card(hospital, "2026-02").endswith("▲ 上升 25.0% 预算 64.00")


def test_a_month_whose_days_are_not_all_in_is_set_against_no_budget() -> None:
    hospital = hospital_with("2026-01", "2026-02")
    budgeted(hospital, 2026, "64.00")
    assert "预算" not in cost_card(hospital, "2026-02")


def cost_card(hospital: Institution, period: str) -> str:
    """What the card of cost says."""
    text = page_of(hospital, f"{reverse('home')}?period={period}")
    return re.split(r" 结余 元", text[text.index("成本 元") :])[0].strip()


def test_the_cockpit_says_which_days_it_compares_and_compares_no_cost_before_the_month_is_over() -> None:
    hospital = hospital_with("2025-02", "2026-01", "2026-02")
    text = page_of(hospital, f"{reverse('home')}?period=2026-02")
    assert "与上月及去年同期(1–20日)比。成本多在月末入账，未满月不比较。" in text
    assert "收入 元 450.00 ▲ 上升 50.0% 1 月同期 300.00 ▼ 下降 10.0% 去年同期 500.00" in text
    assert "成本 元 80.00 未满月不比较" in text
    assert "门急诊人次 2 — 持平 0.0% 1 月同期 2" in text
    assert "实际占用床日 6 ▲ 上升 20.0% 1 月同期 5" in text


def test_the_department_page_compares_the_same_days_of_its_own_work() -> None:
    hospital = hospital_with("2026-01", "2026-02")
    ward = Department.objects.get(institution=hospital, code="NK")
    text = page_of(hospital, f"{reverse('department', args=[ward.pk])}?period=2026-02")
    assert "与上月同期(1–20日)比。" in text
    assert "收入 元 450.00 ▲ 上升 50.0% 1 月同期 300.00" in text
    assert "全成本 元 80.00 未满月不比较" in text


def test_comparing_days_costs_as_many_queries_for_one_department_as_for_ten(django_assert_max_num_queries) -> None:
    hospital = hospital_with("2025-02", "2026-01", "2026-02")
    client = Client()
    director = trade.person("director", Role.FINANCE_DIRECTOR, hospital)
    client.force_login(director, backend="django.contrib.auth.backends.ModelBackend")
    client.get(reverse("home"))
    with django_assert_max_num_queries(22):
        client.get(f"{reverse('home')}?period=2026-02")
    ward = Department.objects.get(institution=hospital, code="NK")
    with django_assert_max_num_queries(18):
        client.get(f"{reverse('department', args=[ward.pk])}?period=2026-02")
