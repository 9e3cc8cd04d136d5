"""Service units (服务单元) and the ratio of cost to income: domain.md 1.6, example 3, from two persons to the patient."""

from datetime import date
from decimal import Decimal
from io import BytesIO

import numpy as np
import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from costing import integrity, unit_files
from costing.engine.patient_costs import Lines
from costing.engine.service_units import by_service_units
from costing.models import (
    ItemBasis,
    ItemCoefficient,
    ItemMethod,
    PatientCost,
    PatientRun,
    PatientUnitCost,
    ServiceUnit,
    UnitCost,
    UnitDefinition,
)
from costing.services import cost_patients_of, run_allocation
from costing.services.patients import is_up_to_date
from costing.services.service_units import WantedUnits, propose_service_units
from ops_platform.identity.actors import actor_of_user
from ops_platform.identity.models import User
from ops_platform.kernel import Conflict, Invalid, Period, Role
from ops_platform.kernel.actor import PLATFORM
from ops_platform.masterdata.models import ChargeItem, Institution
from tests.support import trade
from tests.support.downloads import book_of
from workflows.models import Matter, Task
from workflows.reference import load_flows
from workflows.services import approve

pytestmark = pytest.mark.django_db
MARCH = Period.parse("2026-03")
FROM = date(2026, 3, 1)
WARD = ("BF", "外科病房", "ward")
THEATRE = ("SSS", "手术室", "operating_room")
LABORATORY = ("JY", "检验", "laboratory")
ROWS = [
    ["E", "surgery", *THEATRE],  # surgery carries out operations and nursing: two units of one department
    ["E", "", *WARD],
    ["L", "", *LABORATORY],
]


@pytest.fixture
def hospital() -> Institution:
    """Ratios 0.90 of the ward, 0.75 of operations, 0.60 of the laboratory; the patient has a tenth of everything."""
    hospital = trade.alliance()["H1"]
    load_flows()
    trade.landed(
        hospital,
        "departments",
        [trade.department("L", "medical_technology", "检验科"), trade.department("E", name="外科")],
    )
    trade.landed(
        hospital,
        "charge-items",
        [
            trade.item("HL", fee_class="nursing"),
            trade.item("SS", fee_class="surgery"),
            trade.item("HY", fee_class="laboratory"),
            trade.item("YP", "drug", "western_drugs"),
        ],
    )
    equal = {"wards": "27000.00", "theatre": "15000.00", "laboratory": "6000.00", "drugs": "40000.00"}
    trade.landed(
        hospital,
        "cost-entries",
        [
            trade.cost("V-E", "E", "42000.00"),
            trade.cost("V-L", "L", equal["laboratory"]),
            trade.cost("V-Y", "E", equal["drugs"], "drugs"),
        ],
    )
    stay = {"kind": "inpatient", "when": "2026-03-02T08:00:00", "discharged": "2026-03-12T10:00:00"}
    trade.landed(hospital, "encounters", [trade.visit("Z1", "E", **stay), trade.visit("Z2", "E", **stay)])
    lines = [("HL", "E", 3000), ("SS", "E", 2000), ("YP", "E", 4000), ("HY", "L", 1000)]
    trade.landed(
        hospital,
        "charge-lines",
        [
            trade.charge(number, at, code, "E", executing, f"{amount * times}.00")
            for number, times in (("Z1", 1), ("Z2", 9))
            for at, (code, executing, amount) in enumerate(lines, 1)
        ],
    )
    _divide_surgery(hospital)
    run_allocation(PLATFORM, institution=hospital, period=MARCH)
    return hospital


def _divide_surgery(hospital: Institution) -> None:
    """Surgery's 42,000.00 by minutes: nursing 27,000.00, operations 15,000.00; one of each for either patient."""
    given = {"institution": hospital, "method": ItemMethod.MINUTES, "effective_from": FROM, "changed_by": "finance"}
    ItemBasis.objects.create(**given, source_text="工时")
    for code, minutes in (("HL", 27), ("SS", 15), ("HY", 1)):
        item = ChargeItem.objects.get(institution=hospital, code=code)
        ItemCoefficient.objects.create(**given, item=item, value=minutes)


@pytest.fixture
def director(hospital: Institution) -> User:
    return trade.person("finance-director", Role.FINANCE_DIRECTOR, hospital)


@pytest.fixture
def centre(hospital: Institution) -> User:
    return trade.person("centre", Role.OPERATION_CENTRE)


def asked(director: User, hospital: Institution, rows: list[list[str]], **more: object) -> int:
    given = {"effective_from": FROM, "source_text": "服务单元划分", **more}
    wanted = WantedUnits(institution_id=hospital.pk, rows=rows, **given)  # type: ignore[arg-type]
    return propose_service_units(actor_of_user(director), wanted)[1]


def in_force(director: User, centre: User, hospital: Institution, rows: list[list[str]], **more: object) -> None:
    """Asked for by one, approved by the other."""
    matter = asked(director, hospital, rows, **more)
    approve(actor_of_user(centre), matter_id=matter, task=Task.objects.get(matter=matter, person=centre).number)


def costed(hospital: Institution) -> tuple[PatientRun, list[PatientCost]]:
    run = cost_patients_of(PLATFORM, institution=hospital, period=MARCH).run
    return run, list(PatientCost.objects.filter(run=run).order_by("encounter"))


def test_units_at_90_75_100_and_60_percent_make_a_patient_cost_8800(
    hospital: Institution, director: User, centre: User
) -> None:
    """3,000 × 0.90 + 2,000 × 0.75 + 4,000 × 1.00 + 1,000 × 0.60; surgery is divided by the cost of its items."""
    in_force(director, centre, hospital, ROWS)
    run, (first, second) = costed(hospital)
    assert (first.cost_to_income, second.cost_to_income) == (Decimal("8800.00"), Decimal("79200.00"))
    units = {one.title: one for one in UnitCost.objects.filter(run=run).select_related("unit", "department")}
    assert {name: (one.base, one.cost) for name, one in units.items() if one.base} == {
        "外科病房": (Decimal("30000.00"), Decimal("27000.00")),
        "手术室": (Decimal("20000.00"), Decimal("15000.00")),
        "检验": (Decimal("10000.00"), Decimal("6000.00")),
        "药品": (Decimal("40000.00"), Decimal("40000.00")),
    }
    shares = PatientUnitCost.objects.filter(encounter=first.encounter, unit__run=run).order_by("-income")
    assert [(row.unit.title, row.income, row.cost) for row in shares] == [
        ("药品", Decimal("4000.00"), Decimal("4000.00")),
        ("外科病房", Decimal("3000.00"), Decimal("2700.00")),
        ("手术室", Decimal("2000.00"), Decimal("1500.00")),
        ("检验", Decimal("1000.00"), Decimal("600.00")),
    ]
    assert list(integrity.patients()) == []


def test_without_units_the_executing_departments_are_the_units_and_the_digest_stays(
    hospital: Institution, director: User, centre: User
) -> None:
    run, (first, _second) = costed(hospital)
    assert first.cost_to_income == Decimal("8800.00")  # surgery in one: 42,000 ÷ 50,000 × 5,000
    assert not UnitCost.objects.exists()
    digest = run.input_digest
    in_force(director, centre, hospital, ROWS)
    assert not is_up_to_date(hospital, MARCH)
    assert costed(hospital)[0].version == 2
    in_force(director, centre, hospital, [], ended=True, effective_from=date(2026, 3, 31))
    again, _rows = costed(hospital)
    assert (again.version, again.input_digest) == (3, digest)


def test_a_department_that_no_part_names_is_a_unit_of_its_own(
    hospital: Institution, director: User, centre: User
) -> None:
    in_force(director, centre, hospital, ROWS[:1])
    run, _rows = costed(hospital)
    kinds = {one.title: one.kind for one in UnitCost.objects.filter(run=run).select_related("unit", "department")}
    assert (kinds["手术室"], kinds["外科"], kinds["检验科"]) == ("operating_room", "department", "department")
    assert list(integrity.patients()) == []


def test_drugs_go_at_their_charge_and_what_they_cost_beyond_it_stays_by_name(
    hospital: Institution, director: User, centre: User
) -> None:
    """Drugs cost 300.00 more than they were charged: the ratio stays 1, the unit shows what no patient bears."""
    trade.landed(hospital, "cost-entries", [trade.cost("V-Z", "E", "300.00", "drugs")])
    run_allocation(PLATFORM, institution=hospital, period=MARCH)
    in_force(director, centre, hospital, ROWS)
    run, (first, _second) = costed(hospital)
    assert first.cost_to_income == Decimal("8800.00")
    drugs = UnitCost.objects.get(run=run, kind="drugs")
    assert (drugs.cost, drugs.borne) == (Decimal("40300.00"), Decimal("40000.00"))
    assert first.drug_cost == Decimal("4030.00"), "bottom-up the drugs cost what they cost"
    assert list(integrity.patients()) == []


def test_a_pharmacy_follows_the_drugs_that_it_hands_out_in_its_unit(
    hospital: Institution, director: User, centre: User
) -> None:
    trade.landed(hospital, "departments", [trade.department("Y", "medical_technology", "药学部")])
    trade.landed(hospital, "cost-entries", [trade.cost("V-YX", "Y", "300.00")])
    trade.landed(
        hospital,
        "charge-lines",
        [trade.charge("Z1", 9, "YP", "E", "Y", "100.00"), trade.charge("Z2", 9, "YP", "E", "Y", "200.00")],
    )
    run_allocation(PLATFORM, institution=hospital, period=MARCH)
    in_force(director, centre, hospital, [*ROWS, ["Y", "", "YX", "药学服务", "pharmacy"]])
    run, (first, _second) = costed(hospital)
    pharmacy = UnitCost.objects.get(run=run, unit__code="YX")
    assert (pharmacy.income, pharmacy.base, pharmacy.cost) == (Decimal("0.00"), Decimal("300.00"), Decimal("300.00"))
    assert first.cost_to_income == Decimal("9000.00")  # 100 of drugs at their charge, 100 of handing them out
    assert list(integrity.patients()) == []


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([], "请上传服务单元表"),
        ([["NO", "", *WARD]], "没有编码为 NO 的科室"),
        ([["E", "magic", *WARD]], "没有费用类别 magic"),
        ([["E", "", *WARD], ["E", "", *THEATRE]], "写了两次"),
        ([["E", "", *WARD], ["L", "", "BF", "检验", "laboratory"]], "前面的行不一"),
        ([["E", "", "YP", "药品", "drugs"]], "自动为一个单元"),
        ([["E", "", "BF", "", "ward"]], "请填写单元名称"),
    ],
)
def test_units_that_contradict_themselves_are_refused(
    hospital: Institution, director: User, rows: list[list[str]], words: str
) -> None:
    with pytest.raises(Invalid, match=words):
        asked(director, hospital, rows)


def test_units_are_not_asked_for_twice_and_only_what_is_can_end(
    hospital: Institution, director: User, centre: User
) -> None:
    with pytest.raises(Invalid, match="无从停用"):
        asked(director, hospital, [], ended=True)
    asked(director, hospital, ROWS)
    with pytest.raises(Conflict) as twice:
        asked(director, hospital, ROWS)
    assert twice.value.code == "costing.units_asked"


def workbook(rows: list[list[object]]) -> bytes:
    body = BytesIO()
    with xlsxwriter.Workbook(body, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return body.getvalue()


def test_the_page_gives_what_departments_carried_out_and_takes_the_filled_workbook_back(
    hospital: Institution, director: User, centre: User
) -> None:
    browser = Client()
    browser.force_login(director, backend="django.contrib.auth.backends.ModelBackend")
    answer = browser.get(reverse("costing:service-unit-file"), {"institution": hospital.pk})
    sheet = book_of(answer).get_sheet_by_index(0).to_python()
    assert [row[:3] for row in sheet[1:]] == [
        ["E", "外科", "护理费"],
        ["E", "外科", "手术费"],
        ["L", "检验科", "化验费"],
    ]
    units = {"护理费": WARD, "手术费": THEATRE, "化验费": LABORATORY}
    titles = unit_files.KIND_TITLES
    filled = [sheet[0]] + [[*row[:3], *units[row[2]][:2], titles[units[row[2]][2]]] for row in sheet[1:]]
    given = {
        "institution": hospital.pk,
        "effective_from": "2026-03-01",
        "source_text": "服务单元划分",
        "file": SimpleUploadedFile("units.xlsx", workbook(filled)),
    }
    assert browser.post(reverse("costing:new-service-units"), given).status_code == 302
    matter = Matter.objects.get()
    seen = Client()
    seen.force_login(centre, backend="django.contrib.auth.backends.ModelBackend")
    assert "外科：护理费" in seen.get(reverse("workflows:matter", args=[matter.pk])).content.decode()
    approve(actor_of_user(centre), matter_id=matter.pk, task=Task.objects.get(person=centre).number)
    assert list(ServiceUnit.objects.values_list("code", flat=True)) == ["BF", "JY", "SSS"]
    assert costed(hospital)[1][0].cost_to_income == Decimal("8800.00")
    sheet = book_of(browser.get(reverse("costing:service-units"), {"export": "xlsx"})).get_sheet_by_index(0)
    assert sheet.to_python()[0][:2] == ["机构", "服务单元"]
    page = browser.get(reverse("costing:service-units")).content.decode()
    assert "3 个单元" in page
    assert "现行" in page
    shown = browser.get(reverse("costing:service-unit-definition", args=[UnitDefinition.objects.get().pk]))
    assert "外科：手术费" in shown.content.decode()
    again = browser.get(reverse("costing:service-unit-file"), {"institution": hospital.pk})
    assert book_of(again).get_sheet_by_index(0).to_python() == filled


def test_faults_of_the_workbook_are_named_by_row_and_column() -> None:
    body = workbook(
        [
            list(unit_files.COLUMNS),
            ["E", "外科", "魔法费", "BF", "病房", "病房"],
            ["E", "外科", "手术费", "YP", "药品", "药品"],
            ["E", "外科", "其余全部", "BF", "病房", "宾馆"],
            ["E", "外科", "护理费", "", "", ""],
            ["X", "", "护理费", "", "病房", "病房"],
            ["E", "外科", "护理费", "BF", "外科病房", "病房"],
            ["E", "外科", "护理费", "BF", "外科病房", "病房"],
        ]
    )
    with pytest.raises(Invalid) as refused:
        unit_files.read(body, {"E"})
    for words in (
        "工作表「Sheet1」第 2 行「费用类别」：没有费用类别 魔法费",
        "第 3 行「单元类别」：药品自动为一个单元",
        "第 4 行「单元类别」：宾馆 不在可选之中",
        "第 6 行「科室编码」：本机构没有编码为 X 的科室",
        "第 6 行「单元编码」：请填写单元编码",
        "第 7 行「单元编码」：单元 BF 的名称或类别与前面的行不一",
        "第 8 行「费用类别」：科室 E 的「护理费」写了两次",
    ):
        assert words in refused.value.message
    for bad in (b"no workbook", workbook([["别的"]])):
        with pytest.raises(Invalid) as refused:
            unit_files.read(bad, {"E"})
        assert refused.value.code == "costing.file"


@given(
    st.integers(1, 5).flatmap(
        lambda units: st.tuples(
            st.lists(st.integers(-(10**6), 10**9), min_size=units, max_size=units),
            st.lists(st.tuples(st.integers(0, 5), st.integers(0, units - 1), st.integers(-500, 10**7)), max_size=30),
            st.lists(st.booleans(), min_size=units, max_size=units),
        )
    )
)
def test_units_give_every_fen_to_patients_or_say_what_they_kept(
    month: tuple[list[int], list[tuple[int, int, int]], list[bool]],
) -> None:
    given_costs, rows, flags = month
    costs, at_charge = np.array(given_costs, dtype=np.int64), np.array(flags)
    columns = [np.array(values, dtype=np.int64) for values in zip(*rows, strict=True)] or [
        np.zeros(0, dtype=np.int64) for _ in range(3)
    ]
    lines = Lines(*columns)
    found = by_service_units(lines, lines.measure, costs, at_charge, 6)
    assert int(found.patients.sum()) == int(found.borne.sum())
    assert [int(one.cost.sum()) for one in found.shares] == found.borne.tolist()
    for unit, whole in enumerate(found.base.tolist()):
        wanted = whole if flags[unit] else given_costs[unit] if whole > 0 else 0
        assert found.borne[unit] == wanted
    by_patient = np.zeros(6, dtype=np.int64)
    for one in found.shares:
        by_patient[one.encounter] += one.cost
    assert (by_patient == found.patients).all()


def test_units_may_be_asked_for_by_the_api_and_a_stay_opens_to_its_units(
    hospital: Institution, director: User, centre: User
) -> None:
    browser = Client()
    browser.force_login(director, backend="django.contrib.auth.backends.ModelBackend")
    names = ("department", "fee_class", "unit", "name", "kind")
    fields = {
        "institution": "H1",
        "effective_from": "2026-03-01",
        "source_text": "服务单元划分",
        "parts": [dict(zip(names, row, strict=True)) for row in ROWS],
    }
    body = {"type": "costing.service_units", **fields}
    answer = browser.post("/api/v1/workflows/matters/", body, content_type="application/json")
    assert answer.status_code == 201, answer.json()
    approve(actor_of_user(centre), matter_id=Matter.objects.get().pk, task=Task.objects.get(person=centre).number)
    run, (first, _second) = costed(hospital)
    page = browser.get(reverse("costing:patient", args=[run.pk, first.encounter]))
    rows = {row.name: [cell.value for cell in row.cells] for row in page.context["units"].rows}
    assert rows["手术室"] == [Decimal("2000.00"), Decimal("2000.00"), Decimal("0.75"), Decimal("1500.00")]
    assert rows["合计"][-1] == first.cost_to_income == Decimal("8800.00")
    assert "成本收入比：服务单元" in page.content.decode()


def test_the_checks_would_find_a_fen_too_many(hospital: Institution, director: User, centre: User) -> None:
    in_force(director, centre, hospital, ROWS)
    run, (first, _second) = costed(hospital)
    fen = Decimal("0.01")
    extra = UnitCost.objects.create(run=run, kind="other", income=fen, base=fen, cost=fen, borne=fen)
    PatientUnitCost.objects.create(unit=extra, encounter=first.encounter, income=fen, base=fen, cost=fen)
    words = " ".join(finding.message for finding in integrity.patients())
    for what in (
        "服务单元分给患者的成本",
        "服务单元的收入",
        "服务单元的成本 + 未归集医疗成本",
        "住院患者各服务单元之和",
    ):
        assert what in words
