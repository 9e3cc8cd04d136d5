"""Purchase and use from the gate to the pages: worked figures, who sees what, and that every figure opens to its moves."""

import re
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from costing.selectors import devices, effects, pieces, purchases, structure
from costing.services import cost_patients_of, run_allocation
from insurance_settlement.services import run_grouping
from ops_platform.his_intake.public import goods_moves
from ops_platform.identity.models import AccessLog
from ops_platform.kernel import Period, Role
from ops_platform.kernel.actor import PLATFORM
from ops_platform.masterdata.models import Department, Institution, Parameter, Scope, SourceMark
from tests.support import trade
from tests.support.downloads import book_of

pytestmark = pytest.mark.django_db
MOVES = "drug-and-material-moves"
MARCH = Period.parse("2026-03")
SPRING = (trade.day("2026-01-01"), trade.day("2026-03-31"))
STENT = {"item": "ZJ", "goods_class": "chargeable_material", "unit": "枚"}


@pytest.fixture
def members() -> dict[str, Institution]:
    """The county hospital, a township hospital and a clinic with the same drug and the same departments."""
    found = trade.alliance()
    for institution in found.values():
        trade.landed(institution, "departments", [trade.department("NK", name="内科")])
        trade.landed(
            institution,
            "charge-items",
            [
                trade.item("YP", "drug", "western_drugs"),
                trade.item("ZJ", "chargeable_material", "materials"),
                trade.item("ZC", fee_class="consultation"),
                trade.item("HY", fee_class="laboratory"),
            ],
        )
    return found


def central(document: str, quantity: str, price: str, **more: str) -> dict[str, Any]:
    return trade.move(document, "purchase", quantity=quantity, price=price, procurement="central", **more)


def reader(role: Role, institution: Institution | None = None, name: str = "reader") -> Client:
    client = Client()
    person = trade.person(name, role, institution)
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


def page(client: Client, name: str, **query: Any) -> str:
    answer = client.get(reverse(f"costing:{name}"), query)
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def sheet(client: Client, name: str, **query: Any) -> list[list[Any]]:
    answer = client.get(reverse(f"costing:{name}"), {**query, "export": "xlsx"})
    return book_of(answer).get_sheet_by_index(0).to_python()


def figure(page: str, title: str) -> str:
    """What stands on the card with this title."""
    found = re.search(rf'stat-title">\s*{re.escape(title)}.*?stat-figure[^>]*>(.*?)</div>', page, re.DOTALL)
    assert found, title
    return re.sub(r"<[^>]+>|\s", "", found[1])


@pytest.fixture
def bought(members: dict[str, Institution]) -> dict[str, Institution]:
    """The hospital paid 20.00 in January and February, then bought centrally: YP1 with its price before named, YP2 without.
    The township hospital and the clinic pay 11.00 and 12.50 for YP3, the hospital 10.00."""
    hospital, township, clinic = members["H1"], members["T1"], members["V1"]
    trade.landed(
        hospital,
        MOVES,
        [
            trade.move("A1", "purchase", "YP1", quantity="10", price="20.00", day="2026-01-10"),
            central("A2", "100", "16.40", goods="YP1", reference_price="20.00"),
            trade.move("A3", "purchase_return", "YP1", quantity="10", price="16.40", day="2026-03-20")
            | {"procurement": "central", "reference_price": "20.00"},
            trade.move("B1", "purchase", "YP2", quantity="30", price="3.33", day="2026-02-10"),
            central("B2", "20", "2.00", goods="YP2"),
            central("B3", "7", "1.00", goods="YP9"),
            trade.move("C1", "purchase", "YP3", quantity="10", price="10.00"),
            trade.move("C2", "issue", "YP3", quantity="4", price="10.00", department="NK"),
        ],
    )
    trade.landed(township, MOVES, [trade.move("C1", "purchase", "YP3", quantity="4", price="11.00")])
    trade.landed(clinic, MOVES, [trade.move("C1", "purchase", "YP3", quantity="5", price="12.50", procurement="own")])
    return members


def of_goods(rows: list[purchases.Purchase]) -> dict[str, purchases.Purchase]:
    return {row.goods: row for row in rows}


def test_savings_take_the_named_price_else_the_months_before(bought: dict[str, Institution]) -> None:
    """YP1: 90 boxes net at 16.40 instead of 20.00 → 324.00 (−18 %). YP2: 20 at 2.00, not 3.33 → 26.60."""
    found = of_goods(purchases.purchases(institutions=[bought["H1"].pk], days=SPRING))
    first, second, third = found["YP1"], found["YP2"], found["YP9"]
    assert (first.saved, first.change) == (Decimal("324.00"), Decimal("-0.180000"))
    assert (first.quantity, first.amount, first.central_amount) == (100, Decimal("1676.00"), Decimal("1476.00"))
    assert (first.base_price, first.central_price) == (20, Decimal("16.4"))
    assert (second.saved, second.base_price) == (Decimal("26.60"), Decimal("3.330000"))
    assert (third.saved, third.saving.unknown) == (None, Decimal("7.00"))
    total = purchases.together(list(found.values()))
    assert (total.saved, total.saving.unknown) == (Decimal("350.60"), Decimal("7.00"))


def test_what_is_given_back_takes_the_price_before_of_its_purchase(members: dict[str, Institution]) -> None:
    """Fifteen at 695.00 instead of 848.00, one given back without naming the price before: 14 × 153.00."""
    bought = central("B1", "15", "695.00", goods="ZJ", reference_price="848.00")
    returned = trade.move("R1", "purchase_return", "ZJ", quantity="1", price="695.00", procurement="central")
    trade.landed(members["H1"], MOVES, [bought, returned])
    (row,) = purchases.purchases(institutions=[members["H1"].pk], days=SPRING)
    assert row.saved == Decimal("2142.00")
    assert row.saving.unknown == 0


def test_an_old_price_outside_the_months_looked_back_does_not_count(members: dict[str, Institution]) -> None:
    trade.landed(
        members["H1"],
        MOVES,
        [trade.move("B1", "purchase", "YP2", price="3.33", day="2026-01-02"), central("B2", "20", "2.00", goods="YP2")],
    )
    days = (trade.day("2026-03-01"), trade.day("2026-03-31"))
    (row,) = purchases.purchases(institutions=[members["H1"].pk], days=days)
    assert row.saved == Decimal("26.60"), "January is within twelve months"
    from costing.selectors.purchases import purchase_sums

    (sums,) = purchase_sums(institutions=[members["H1"].pk], days=days, baseline_months=1)
    assert sums.before_quantity == 0


def test_the_spread_of_members_is_measured_from_the_cheapest(bought: dict[str, Institution]) -> None:
    everybody = [one.pk for one in bought.values()]
    (row,) = purchases.spreads(institutions=everybody, days=SPRING)
    assert (row.goods, row.spread.spread, row.spread.excess) == ("YP3", Decimal("0.250000"), Decimal("16.50"))
    assert (row.cheapest.institution, row.dearest.institution) == (bought["H1"].pk, bought["V1"].pk)
    assert row.is_wide
    assert row.price == Decimal("10.868421")  # 206.50 ÷ 19


def test_every_purchase_figure_opens_to_moves_that_add_up(bought: dict[str, Institution]) -> None:
    client = reader(Role.OPERATION_CENTRE)
    front = page(client, "purchases", first="2026-01", last="2026-03")
    assert figure(front, "采购总额") == "2,029.40"
    assert figure(front, "集采节约额") == "350.60元" or figure(front, "集采节约额") == "350.60"
    links = [link.replace("&amp;", "&") for link in re.findall(r'href="(/costing/goods-moves/\?[^"]+)"', front)]
    assert len(links) >= 6
    for link in links:
        listed = client.get(link).content.decode()
        assert "一致，分毫不差" in listed, link
        assert "tie-line differs" not in listed
    assert not AccessLog.objects.exists(), "purchases name no patient"


def test_product_page_and_workbooks_hold_the_same_figures(bought: dict[str, Institution]) -> None:
    client = reader(Role.LEADERSHIP)
    product = page(client, "product-purchases", goods="YP3", unit="盒")
    assert figure(product, "成员间价差") == "25.0%"
    head, *rows = sheet(client, "product-purchases", goods="YP3", unit="盒")
    prices = [(row[head.index("机构")], row[head.index("加权均价(元)")]) for row in rows]
    assert [price for _name, price in prices][:3] == [10, 11, 12.5]
    assert prices[-1][0] == "合计"
    head, *rows = sheet(client, "purchases")
    assert sum(row[head.index("采购金额(元)")] for row in rows) == pytest.approx(2029.40)
    head, *rows = sheet(client, "price-spreads")
    assert [row[head.index("价差")] for row in rows] == [0.25]


def test_a_member_sees_its_own_purchases_only(bought: dict[str, Institution]) -> None:
    client = reader(Role.FINANCE_OFFICER, bought["T1"])
    front = page(client, "purchases")
    assert figure(front, "采购总额") == "44.00"
    assert bought["H1"].name not in front
    assert client.get(reverse("costing:purchases"), {"institution": bought["H1"].pk}).status_code == 404
    assert client.get(reverse("costing:product-purchases"), {"goods": "YP1", "unit": "盒"}).status_code == 404
    assert "只有看得到多家成员的人才能比较" in page(client, "price-spreads")


def test_more_products_and_members_take_no_more_queries(bought: dict[str, Institution]) -> None:
    client = reader(Role.OPERATION_CENTRE)
    page(client, "purchases")
    counts = []
    for _round in range(2):
        for name in ("purchases", "price-spreads", "goods-moves"):
            with CaptureQueriesContext(connection) as seen:
                page(client, name)
            counts.append(len(seen))
        for institution in bought.values():
            rows = [trade.move(f"Q{n}", "purchase", f"QP{n}", quantity="3") for n in range(20)]
            trade.landed(institution, MOVES, rows)
    assert counts[:3] == counts[3:]


@pytest.fixture
def traced(members: dict[str, Institution]) -> Institution:
    """Stents of the hospital in March: P1 fits, P2 is used and not charged, Z3 is charged two for P3, Z4 is charged without
    any, P5 is used before it came, P6 after it was given back; P7 is in stock."""
    hospital = members["H1"]
    stays = [f"Z{number}" for number in range(1, 7)]
    trade.landed(
        hospital,
        "encounters",
        [
            trade.visit(one, "NK", kind="inpatient", when="2026-03-02T08:00:00", discharged="2026-03-15T08:00:00")
            for one in stays
        ],
    )

    def moved(place: int, kind: str, day: str, **more: str) -> dict[str, Any]:
        where = {"department": "NK"} if kind in ("issue", "use") else {}
        origin = "imported" if place % 2 else "domestic"
        goods = "HC-J" if place % 2 else "HC-G"
        price = "900.00" if place % 2 else "700.00"
        row = trade.move(
            f"{kind}{place}",
            kind,
            goods,
            day=f"2026-03-{day}",
            price=price,
            barcode=f"P{place}",
            origin=origin,
            **where,
        )
        return {**row, **STENT, **more}

    rows = []
    for place in (1, 2, 3, 5, 6, 7):
        rows.append(moved(place, "purchase", "09" if place == 5 else "01"))
        if place == 6:
            rows.append(moved(place, "purchase_return", "02"))
        elif place < 7:
            rows.append(moved(place, "issue", "03"))
        if place < 7:
            rows.append(moved(place, "use", "05", encounter_no=f"Z{place}"))
    trade.landed(hospital, MOVES, rows)
    charged = {
        "Z1": ("1", "900.00"),
        "Z3": ("2", "1800.00"),
        "Z4": ("1", "700.00"),
        "Z5": ("1", "900.00"),
        "Z6": ("1", "700.00"),
    }
    trade.landed(
        hospital,
        "charge-lines",
        [
            trade.charge(
                number, 1, "ZJ", "NK", "NK", amount, quantity=quantity, price=f"{Decimal(amount) / int(quantity):.2f}"
            )
            for number, (quantity, amount) in charged.items()
        ],
    )
    return hospital


def test_the_open_gaps_of_a_month_each_have_their_kind(traced: Institution) -> None:
    found = pieces.month_of_pieces(institution=traced.pk, period=MARCH)
    assert (found.bought, found.issued, found.used) == (6, 4, 5)
    told = {(gap.code, gap.barcodes, gap.encounter_no): gap for gap in found.gaps}
    assert sorted(told) == [
        ("after_return", ("P6",), "Z6"),
        ("before_purchase", ("P5",), "Z5"),
        ("charged_not_used", (), "Z4"),
        ("charged_twice", ("P3",), "Z3"),
        ("used_not_charged", ("P2",), "Z2"),
    ]
    twice = told["charged_twice", ("P3",), "Z3"]
    assert (twice.used, twice.charged, twice.missing) == (1, 2, 1)


def test_a_refund_closes_the_gap_and_so_does_a_later_month_of_the_same_stay(traced: Institution) -> None:
    back = trade.charge("Z3", 2, "ZJ", "NK", "NK", "-900.00", refund_of="1", when="2026-04-01T09:00:00")
    late = trade.charge("Z2", 1, "ZJ", "NK", "NK", "700.00", when="2026-04-01T09:00:00")
    trade.landed(traced, "charge-lines", [back, late])
    codes = [gap.code for gap in pieces.month_of_pieces(institution=traced.pk, period=MARCH).gaps]
    assert codes == ["before_purchase", "after_return", "charged_not_used"]


def test_one_piece_from_purchase_to_charge_stands_on_one_page(traced: Institution) -> None:
    client = reader(Role.FINANCE_DIRECTOR, traced)
    text = page(client, "piece", barcode="P1")
    for words in ("购、领、用、收都对得上", "采购入库", "科室领用", "患者使用", "收费行", "Z1", "900.00"):
        assert words in text, words
    assert AccessLog.objects.get().subject == "Z1"
    assert "已使用未收费" in page(client, "piece", barcode="P2")
    assert "还没有用在患者身上" in page(client, "piece", barcode="P7")
    assert "没有这个条码的记录" in page(client, "piece", barcode="P99")


def test_the_page_of_gaps_is_logged_and_opens_each_piece(traced: Institution) -> None:
    client = reader(Role.OPERATION_CENTRE)
    text = page(client, "pieces", institution=traced.pk, period="2026-03")
    assert figure(text, "未闭合的缺口").startswith("5")
    assert text.count("/costing/pieces/trace/?barcode=P") == 4
    log = AccessLog.objects.get()
    assert (log.subject_type, log.subject) == ("trace_gaps", "2026-03")
    head, *rows = sheet(client, "pieces", institution=traced.pk, period="2026-03")
    assert rows[0][head.index("缺口")] == "先使用后入库"


def test_another_member_finds_nothing_of_the_piece(traced: Institution) -> None:
    township = Institution.objects.get(code="T1")
    client = reader(Role.FINANCE_DIRECTOR, township)
    assert "没有这个条码的记录" in page(client, "piece", barcode="P1")
    assert client.get(reverse("costing:pieces"), {"institution": traced.pk}).status_code == 404
    answer = client.get("/api/v1/costing/pieces/", {"barcode": "P1"})
    assert (answer.status_code, answer.json()["code"]) == (404, "costing.no_piece")


def test_imported_and_domestic_are_compared_within_a_group_and_few_cases_conclude_nothing(traced: Institution) -> None:
    """P1, P3, P5 imported at 900.00, P2 and P6 domestic at 700.00; five stays of one group."""
    abstract = {"diagnoses": ["J18.900"], "sex": "1", "age": "67", "stay_days": "13", "total_charges": "900.00"}
    leaving = {"Z1": "1", "Z2": "1", "Z3": "1", "Z5": "5", "Z6": "1"}
    trade.landed(
        traced,
        "discharge-abstracts",
        [{"encounter_no": number, "leaving_type": how, **abstract} for number, how in leaving.items()],
    )
    trade.landed(traced, "cost-entries", [trade.cost("V1", "NK", "5000.00", "materials")])
    run_allocation(PLATFORM, institution=traced, period=MARCH)
    cost_patients_of(PLATFORM, institution=traced, period=MARCH)
    run_grouping(PLATFORM, institution=traced, period=MARCH)
    found = effects.effects(institutions=[traced.pk], days=SPRING, item_code="ZJ")
    (group,) = found.groups
    imported, domestic = group.arms
    assert [(arm.title, arm.count, arm.material, arm.days) for arm in (imported, domestic)] == [
        ("进口", 3, 900, 13),
        ("国产", 2, 700, 13),
    ]
    assert (imported.home, imported.died, domestic.home) == (Decimal("0.666667"), Decimal("0.333333"), 1)
    assert (imported.costed, domestic.costed) == (3, 2), (
        "a stay that was not charged is costed as well where it has days"
    )
    assert group.differences is None
    assert not group.enough
    client = reader(Role.FINANCE_DIRECTOR, traced)
    text = page(client, "material-effects")
    assert "没有一个病组两方都达到 10 例，不下结论" in text
    cases = page(client, "effect-cases", item="ZJ", by="origin", drg=group.drg)
    assert all(number in cases for number in leaving)
    head, *rows = sheet(client, "effect-cases", item="ZJ", by="origin", drg=group.drg)
    assert sum(row[head.index("耗材采购成本(元)")] for row in rows) == 3 * 900 + 2 * 700
    Parameter.objects.create(
        key="costing.effect_minimum_cases",
        name="最少例数",
        scope=Scope.NATIONAL,
        effective_from="2026-01-01",
        value=2,
        source_mark=SourceMark.DEFAULT,
    )
    told = re.sub(r"<[^>]+>|\s", "", page(client, "material-effects"))
    assert "国产减进口：例均耗材采购成本-200.00有利元" in told
    assert "住院日0.0天，医嘱离院率33.3个百分点" in told
    by_goods = effects.effects(
        institutions=[traced.pk], days=SPRING, item_code="ZJ", by="goods", sides=["HC-G", "HC-J"]
    )
    assert [arm.code for arm in by_goods.groups[0].arms] == ["HC-G", "HC-J"]
    assert AccessLog.objects.filter(subject_type="effect_cases").count() == 2


def test_enough_cases_show_the_difference_of_the_second_side() -> None:
    """Ten on each side: 900.00 against 700.00, 8 days against 7."""
    from insurance_settlement.public import DischargedCase

    def arm(code: str, material: str, days: int) -> effects.Arm:
        case = DischargedCase(1, "Z", "A", 1, None, Decimal("5000.00"), None, days)
        one = effects.EffectCase(1, code, case, Decimal(1), Decimal(material), None, "1")
        return effects.Arm(code, code, (one,) * 10)

    group = effects.GroupEffect("A", "", (arm("imported", "900.00", 8), arm("domestic", "700.00", 7)), 0, 10)
    assert group.differences == {"material": -200, "days": -1, "charges": 0, "home": 0}, "cost is not known"


def test_ratios_follow_their_formulas_and_the_variant_of_the_parameter(members: dict[str, Institution]) -> None:
    """1,000 income: drugs 400, material 150, laboratory 250, consultation 200. 40 %, 150 ÷ 600, 20 %."""
    hospital = members["H1"]
    trade.landed(hospital, "encounters", [trade.visit("M1", "NK")])
    lines = [("YP", "400.00"), ("ZJ", "150.00"), ("HY", "250.00"), ("ZC", "200.00")]
    trade.landed(
        hospital,
        "charge-lines",
        [trade.charge("M1", number, item, "NK", "NK", amount) for number, (item, amount) in enumerate(lines, 1)],
    )
    trade.landed(hospital, "cost-entries", [trade.cost("V1", "NK", "500.00")])
    run = run_allocation(PLATFORM, institution=hospital, period=MARCH).run
    usual = structure.variants(day=MARCH.last_day)
    (row,) = structure.by_department(run=run, forms=usual)
    assert (row.income, row.drugs, row.materials, row.services) == (1000, 400, 150, 200)
    assert (row.drug_ratio, row.material_ratio, row.service_ratio) == (
        Decimal("0.4"),
        Decimal("0.25"),
        Decimal("0.2"),
    )
    (other,) = structure.by_department(run=run, forms=structure.Variants(True, False))
    assert other.material_ratio == Decimal("0.15")
    client = reader(Role.FINANCE_DIRECTOR, hospital)
    text = page(client, "income-structure")
    assert (figure(text, "药占比"), figure(text, "耗占比"), figure(text, "医疗服务收入占比")) == (
        "40.0%",
        "25.0%",
        "20.0%",
    )
    classes = page(client, "income-classes", institution=hospital.pk, period="2026-03", department=row.key)
    asked = {"institution": hospital.pk, "period": "2026-03", "department": row.key}
    header, *lines, whole = sheet(client, "income-classes", **asked)
    assert (header, len(lines), whole[0], whole[2]) == (["费用类别", "收入(元)", "占比"], 4, "医疗收入", 1)
    assert sum(line[1] for line in lines) == whole[1]
    links = re.findall(r'href="(/costing/runs/[^"]+charge-lines[^"]+)"', classes)
    assert len(links) == 5
    for link in links:
        assert "一致，分毫不差" in client.get(link.replace("&amp;", "&")).content.decode()


def test_idle_devices_are_found_compared_and_open_to_their_days(members: dict[str, Institution]) -> None:
    """The hospital's CT runs 7.5 of 8 hours, the township's 2 of 8: 1.9 hours a day could move there."""
    hospital, township = members["H1"], members["T1"]
    trade.landed(
        hospital, "equipment-uses", [trade.device("H-CT", "CT", "7.5", day=f"2026-03-{day:02}") for day in (2, 3)]
    )
    trade.landed(
        township, "equipment-uses", [trade.device("T-CT", "CT", "2", day=f"2026-03-{day:02}") for day in (2, 3)]
    )
    found = devices.devices(institutions=[hospital.pk, township.pk], days=SPRING)
    told = {one.sums.card: (one.rate, one.low, one.idle, one.sums.services) for one in found.devices}
    assert told == {
        "H-CT": (Decimal("0.9375"), False, Decimal("1.00"), 20),
        "T-CT": (Decimal("0.25"), True, Decimal("12.00"), 20),
    }
    (offer,) = found.sharing
    assert (offer.proposal.action, offer.proposal.hours, offer.fee) == ("share", Decimal("3.8"), None)
    client = reader(Role.LEADERSHIP)
    assert figure(page(client, "devices"), "低效设备").startswith("1")
    days = page(client, "device", institution=township.pk, card="T-CT")
    assert "tie-line differs" not in days
    assert days.count("2026-03-0") >= 2
    assert client.get(reverse("costing:device"), {"card": "T-CT"}).status_code == 404


def test_what_a_card_charges_makes_pay_by_use(members: dict[str, Institution]) -> None:
    """The township's CT charges 400.00 in each of two months and ran 4 hours: 200.00 an hour, 3.8 hours for 760.00."""
    hospital, township = members["H1"], members["T1"]
    trade.landed(
        hospital, "equipment-uses", [trade.device("H-CT", "CT", "7.5", day=f"2026-03-{day:02}") for day in (2, 3)]
    )
    trade.landed(
        township, "equipment-uses", [trade.device("T-CT", "CT", "2", day=f"2026-03-{day:02}") for day in (2, 3)]
    )
    scanner = {
        "card": "T-CT",
        "effective_from": "2026-01-01",
        "name": "16 排 CT",
        "category": "special_equipment",
        "department": "NK",
        "in_use_from": "2026-02-10",
        "original_value": "48000.00",
        "useful_months": "120",
        "funding_source": "basic",
    }
    trade.landed(township, "assets", [scanner])
    found = devices.devices(institutions=[hospital.pk, township.pk], days=SPRING)
    own = next(one for one in found.devices if one.sums.card == "T-CT")
    assert (own.per_hour, own.per_service) == (200, 40)
    assert found.sharing[0].fee == Decimal("760.00")


def test_the_api_tells_the_same_figures(bought: dict[str, Institution]) -> None:
    client = reader(Role.OPERATION_CENTRE)
    answer = client.get("/api/v1/costing/purchases/", {"first": "2026-01", "last": "2026-03"}).json()
    saved = {row["goods"]: row["saved"] for row in answer["rows"] if row["institution"] == "H1"}
    assert saved == {"YP1": "324.00", "YP2": "26.60", "YP3": None, "YP9": None}
    (row,) = client.get("/api/v1/costing/price-spreads/").json()["rows"]
    assert (row["goods"], row["spread"], [one["institution"] for one in row["members"]]) == (
        "YP3",
        "0.250000",
        ["H1", "T1", "V1"],
    )
    assert client.get("/api/v1/costing/purchases/", {"institution": "XX"}).status_code == 404
    assert client.get("/api/v1/costing/purchases/", {"first": "2026-13"}).status_code == 422
    assert client.get("/api/v1/costing/devices/").json()["rows"] == []
    assert client.get("/api/v1/costing/trace-gaps/", {"institution": "H1", "period": "2026-03"}).json() == {"rows": []}


def test_moves_of_a_list_sum_as_their_page_says(bought: dict[str, Institution]) -> None:
    found = goods_moves(institutions=[bought["H1"].pk], days=SPRING, kinds=("purchase", "purchase_return"), goods="YP1")
    assert (found.count, found.quantity, found.total) == (3, 100, Decimal("1676.00"))
    assert sum(row.amount for row in found.rows) == found.total


def test_a_list_of_moves_with_uses_notes_who_looked(traced: Institution) -> None:
    client = reader(Role.FINANCE_DIRECTOR, traced)
    assert "Z1" in page(client, "goods-moves", kind="use")
    head, *rows = sheet(client, "goods-moves", kind="use")
    assert sum(row[head.index("金额(元)")] for row in rows) == 3 * 900 + 2 * 700
    logged = AccessLog.objects.filter(subject_type="goods_moves").order_by("pk")
    assert [(row.institution, row.subject) for row in logged] == [
        (traced, "kind=use"),
        (traced, "kind=use&export=xlsx"),
    ]
    assert client.get(reverse("costing:goods-moves"), {"kind": "theft"}).status_code == 404


def test_the_head_of_a_department_and_the_regional_supervisor_are_refused(traced: Institution) -> None:
    supervisor = reader(Role.REGIONAL_SUPERVISOR)
    head = Client()
    person = trade.person("head", Role.DEPARTMENT_HEAD, traced, Department.objects.get(institution=traced, code="NK"))
    head.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    for client in (supervisor, head):
        for name in ("purchases", "pieces", "material-effects", "income-structure", "devices", "goods-moves"):
            assert client.get(reverse(f"costing:{name}")).status_code == 403, name
