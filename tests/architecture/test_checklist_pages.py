"""What rows of the checklist promise on a page and no other test opens: docs/coverage.md names these tests."""

import json
import re

import pytest
from django.test import Client
from django.urls import reverse

from costing.services import run_allocation
from ops_platform.his_intake.datasets.catalogue import COST_ITEMS, FEE_CLASSES, FUNDING_SOURCES
from ops_platform.kernel import Period, Role
from ops_platform.kernel.actor import PLATFORM
from ops_platform.masterdata.models import Code, CostClass, Institution
from tests.support import trade

pytestmark = pytest.mark.django_db


def _page(role: Role, address: str, institution: Institution | None = None) -> str:
    client = Client()
    client.force_login(trade.person("reader", role, institution), backend="django.contrib.auth.backends.ModelBackend")
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def _codes(code_set: str) -> dict[str, str]:
    return dict(Code.objects.filter(version__code_set__code=code_set).values_list("code", "name"))


def test_the_community_is_shown_from_the_lead_hospital_down_to_the_village() -> None:
    trade.alliance()
    page = _page(Role.LEADERSHIP, reverse("masterdata:institutions"))
    names = ["测试县人民医院", "牵头医院", "东镇卫生院", "乡镇卫生院", "东村卫生室", "村卫生室"]
    assert [page.find(f">{name}<") for name in names] == sorted(page.find(f">{name}<") for name in names)
    assert all(f">{name}<" in page for name in names)
    nested = re.search(r"测试县人民医院.*?<ul>.*?东镇卫生院.*?<ul>.*?东村卫生室.*?</ul>.*?</ul>", page, re.DOTALL)
    assert nested, "each institution stands under the one that guides it"


def test_every_member_reads_the_same_chart_of_accounts_with_internal_dealings() -> None:
    village = trade.alliance()["V1"]
    page = _page(Role.FINANCE_OFFICER, reverse("ledger:chart"), village)
    assert "医联体内部往来(应收)" in page
    assert "医联体内部往来(应付)" in page
    assert "待核对" in page, "what is only remembered is not called official"
    assert len(_codes("indicators")) >= 10


def test_facts_and_code_sets_speak_of_the_same_codes() -> None:
    assert _codes("cost-items") == dict(COST_ITEMS)
    assert _codes("funding-sources") == dict(FUNDING_SOURCES)
    assert _codes("fee-classes") == dict(FEE_CLASSES)
    assert _codes("cost-classes") == {code: str(title) for code, title in CostClass.choices}


def test_the_cockpit_draws_trend_composition_ranking_and_a_heat_map_of_members() -> None:
    members = trade.alliance(first_period="2026-02")
    for institution in (members["H1"], members["T1"]):
        trade.landed(institution, "departments", [trade.department("NK", name="内科")])
        for month, amount in (("02", "800.00"), ("03", "900.00")):
            trade.landed(institution, "cost-entries", [trade.cost(f"V{month}", "NK", amount, day=f"2026-{month}-20")])
            run_allocation(PLATFORM, institution=institution, period=Period.parse(f"2026-{month}"))
    page = _page(Role.OPERATION_CENTRE, reverse("home"))
    blocks = re.findall(r'<script id="chart-[^"]+" type="application/json">(.*?)</script>', page, re.DOTALL)
    kinds = [{series["type"] for series in json.loads(block)["series"]} for block in blocks]
    assert {"bar", "line"} in kinds
    assert {"heatmap"} in kinds
    for title in ("收入、成本与结余逐月变化", "成本构成", "科室结余排名", "各机构各月结余率"):
        assert title in page
