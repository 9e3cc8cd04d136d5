"""Clinical pathways through the gate and on their pages: two persons, cases against them, what recurs outside."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from costing import pathway_files
from costing.behaviour import behaviour_at
from costing.models import ItemCost, ItemStandard, Pathway, PatientCost, PatientRun
from costing.selectors.pathway_cases import CasesOfPathway, month_of_pathways, used_of_group
from costing.selectors.sheets.standards import _of_pathway
from costing.selectors.sheets.stays import _day_costs
from costing.services import cost_patients_of, run_allocation
from costing.services.pathways import WantedPathway, WantedStandards, propose_item_standards, propose_pathway
from insurance_settlement.public import month_of_cases
from insurance_settlement.services import run_grouping
from ops_platform.identity.actors import actor_of_user
from ops_platform.identity.models import AccessLog, User
from ops_platform.kernel import Conflict, Forbidden, Invalid, Period, Role
from ops_platform.kernel.actor import PLATFORM
from ops_platform.masterdata.models import ChargeItem, Department, Institution
from tests.support import trade
from tests.support.downloads import book_of
from tests.support.workbooks import PerCent, workbook
from workflows.models import Matter, Task
from workflows.reference import load_flows
from workflows.services import approve, reject

pytestmark = pytest.mark.django_db
MARCH = Period.parse("2026-03")
FROM = date(2026, 3, 1)
ABSTRACT = {"diagnoses": ["J18.900"], "sex": "1", "age": "67", "stay_days": "3", "leaving_type": "1"}


@pytest.fixture
def hospital() -> Institution:
    """Three stays of pneumonia. A day in bed is charged 100.00; Z1 keeps to the pathway, Z2 stays on and has a scan, Z3
    has no drug and a material that nobody planned."""
    hospital = trade.alliance()["H1"]
    load_flows()
    trade.landed(hospital, "departments", [trade.department("HX", name="呼吸内科")])
    trade.landed(
        hospital,
        "charge-items",
        [
            trade.item("CW", fee_class="bed"),
            trade.item("CT", fee_class="examination"),
            trade.item("YP", "drug", "western_drugs"),
            trade.item("HC", "chargeable_material", "other"),
        ],
    )
    trade.landed(
        hospital,
        "cost-entries",
        [
            trade.cost("V-1", "HX", "1100.01"),
            trade.cost("V-2", "HX", "120.00", "drugs"),
            trade.cost("V-3", "HX", "80.00", "materials"),
        ],
    )
    stay = {"kind": "inpatient", "when": "2026-03-02T08:00:00"}
    leaving = {"Z1": "2026-03-05T10:00:00", "Z2": "2026-03-07T10:00:00", "Z3": "2026-03-02T20:00:00"}
    trade.landed(
        hospital,
        "encounters",
        [trade.visit(one, "HX", **stay, discharged=day) for one, day in leaving.items()],
    )
    bed = {"price": "100.0000"}
    trade.landed(
        hospital,
        "charge-lines",
        [
            trade.charge("Z1", 1, "CW", "HX", "HX", "300.00", quantity="3", **bed),
            trade.charge("Z1", 2, "YP", "HX", "HX", "100.00"),
            trade.charge("Z2", 1, "CW", "HX", "HX", "500.00", quantity="5", **bed),
            trade.charge("Z2", 2, "YP", "HX", "HX", "100.00"),
            trade.charge("Z2", 3, "CT", "HX", "HX", "200.00"),
            trade.charge("Z3", 1, "CW", "HX", "HX", "100.00"),
            trade.charge("Z3", 2, "HC", "HX", "HX", "80.00"),
        ],
    )
    run_allocation(PLATFORM, institution=hospital, period=MARCH)
    cost_patients_of(PLATFORM, institution=hospital, period=MARCH)
    trade.landed(
        hospital,
        "discharge-abstracts",
        [
            {"encounter_no": "Z1", "total_charges": "400.00", **ABSTRACT},
            {"encounter_no": "Z2", "total_charges": "800.00", **ABSTRACT, "stay_days": "5"},
            {"encounter_no": "Z3", "total_charges": "180.00", **ABSTRACT, "stay_days": "1", "procedures": ["33.2400"]},
        ],
    )
    run_grouping(PLATFORM, institution=hospital, period=MARCH)
    return hospital


@pytest.fixture
def director(hospital: Institution) -> User:
    return trade.person("finance-director", Role.FINANCE_DIRECTOR, hospital)


@pytest.fixture
def centre(hospital: Institution) -> User:
    return trade.person("centre", Role.OPERATION_CENTRE)


def group_of(hospital: Institution, number: str = "Z1") -> str:
    settled = month_of_cases(institution=hospital.pk, period=str(MARCH))
    assert settled is not None
    return next(case.drg for case in settled.cases if case.encounter_no == number)


def asked(director: User, hospital: Institution, **more: object) -> Matter:
    given = {
        "drg": group_of(hospital),
        "name": "社区获得性肺炎",
        "standard_days": Decimal(3),
        "effective_from": FROM,
        "source_text": "医务科会议纪要",
        "rows": [["CW", "3", "1"], ["YP", "1", "1"]],
    }
    wanted = WantedPathway(institution_id=hospital.pk, **{**given, **more})  # type: ignore[arg-type]
    return Matter.objects.get(pk=propose_pathway(actor_of_user(director), wanted)[1])


def signed(matter: Matter, person: User) -> None:
    task = Task.objects.get(matter=matter, person=person).number
    approve(actor_of_user(person), matter_id=matter.pk, task=task)


def in_force(hospital: Institution, director: User, centre: User, **more: object) -> Pathway:
    signed(asked(director, hospital, **more), centre)
    return Pathway.objects.latest("pk")


def run_of(hospital: Institution) -> PatientRun:
    return PatientRun.objects.select_related("institution", "cost_run").get(institution=hospital, is_current=True)


def month_of(hospital: Institution, pathway: Pathway) -> CasesOfPathway:
    found = month_of_pathways(run=run_of(hospital))
    assert found is not None
    mine = found.of(pathway.pk)
    assert mine is not None
    return mine


def client_of(person: User) -> Client:
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_a_second_person_puts_a_pathway_in_force(hospital: Institution, director: User, centre: User) -> None:
    matter = asked(director, hospital)
    assert not Pathway.objects.exists()
    signed(matter, centre)
    pathway = Pathway.objects.get()
    assert [(row.item.code, row.quantity, row.obligatory) for row in pathway.items.order_by("item__code")] == [
        ("CW", Decimal("3.0000"), True),
        ("YP", Decimal("1.0000"), True),
    ]
    with pytest.raises(Conflict, match="已有一版"):
        asked(director, hospital)


def test_refused_it_leaves_nothing_and_may_be_asked_for_again(
    hospital: Institution, director: User, centre: User
) -> None:
    matter = asked(director, hospital)
    with pytest.raises(Conflict, match="正在审批"):
        asked(director, hospital)
    task = Task.objects.get(matter=matter, person=centre).number
    reject(actor_of_user(centre), matter_id=matter.pk, task=task, comment="标准日未经讨论")
    assert not Pathway.objects.exists()
    asked(director, hospital)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"rows": [["CW", "3", "0"]]}, "至少要有一个必选"),
        ({"rows": []}, "请上传路径项目表"),
        ({"rows": [], "ended": True}, "无从停用"),
        ({"ended": True}, "停用临床路径时请不要上传项目表"),
        ({"rows": [["ZZ", "1", "1"]]}, "没有收费项目 ZZ"),
        ({"rows": [["CW", "1", "1"], ["CW", "2", "1"]]}, "重复"),
        ({"drg": " "}, "病组代码"),
        ({"drg": "ZZ99"}, "没有病组 ZZ99"),
        ({"standard_days": Decimal(400)}, "标准住院日"),
    ],
)
def test_what_is_no_pathway_is_refused_in_words(
    hospital: Institution, director: User, more: dict[str, object], words: str
) -> None:
    with pytest.raises(Invalid, match=words):
        asked(director, hospital, **more)


def test_only_the_finance_director_or_the_centre_may_ask(hospital: Institution) -> None:
    with pytest.raises(Forbidden):
        asked(trade.person("officer", Role.FINANCE_OFFICER, hospital), hospital)


def test_inside_and_outside_sum_to_what_each_case_cost_to_the_fen(
    hospital: Institution, director: User, centre: User
) -> None:
    pathway = in_force(hospital, director, centre)
    mine = month_of(hospital, pathway)
    stored = {row.encounter: row for row in PatientCost.objects.filter(run__is_current=True)}
    assert sum(row.medical_cost for row in stored.values()) == Decimal("1300.01")
    assert len(mine.cases) == len([one for one in stored if one in {case.case.encounter for case in mine.cases}])
    for one in mine.cases:
        row = stored[one.case.encounter]
        assert one.cost.inside + one.cost.outside == row.medical_cost
        assert one.charges.inside + one.charges.outside == row.income
        assert one.cost.inside == (
            one.cost.standard - one.cost.missing - one.cost.spared + one.cost.optional + one.cost.price
        )
        lines = mine.lines_of(one.case.encounter)
        assert sum(line.inside_cost + line.outside_cost for line in lines) == row.medical_cost


def test_who_keeps_to_it_has_nothing_outside_and_who_stays_on_has_two_days_and_a_scan(
    hospital: Institution, director: User, centre: User
) -> None:
    """Services cost 1,100.01 over 1,100.00 of charges: a day in bed about 100.00; drugs 120.00 over 200.00 of charges."""
    mine = month_of(hospital, in_force(hospital, director, centre))
    by_number = {one.case.encounter_no: one for one in mine.cases}
    assert by_number["Z1"].charges.outside == Decimal("0.00")
    assert by_number["Z1"].complete
    assert by_number["Z1"].cost.actual == by_number["Z1"].cost.standard + by_number["Z1"].cost.price
    second = by_number["Z2"]
    assert second.charges.outside == Decimal("400.00")
    assert second.cost.outside == pytest.approx(Decimal("400.00"), abs=Decimal("0.02"))
    assert second.days_over == 2
    outside = {row.on: row for row in mine.outside()}
    assert outside[True].quantity == 2
    assert mine.standard.cost == pytest.approx(Decimal("360.00"), abs=Decimal("0.01"))
    assert mine.standard.charge == Decimal("400.00")


def test_an_obligatory_item_that_was_not_used_is_missing(hospital: Institution, director: User, centre: User) -> None:
    drg = group_of(hospital, "Z3")
    mine = month_of(hospital, in_force(hospital, director, centre, drg=drg))
    third = next(one for one in mine.cases if one.case.encounter_no == "Z3")
    assert third.absent == 1
    assert third.cost.missing == Decimal("60.00")
    assert third.cost.spared == pytest.approx(Decimal("200.00"), abs=Decimal("0.01"))
    assert third.cost.outside == Decimal("80.00")
    assert third.entered
    assert not third.complete


def test_a_pathway_for_a_diagnosis_wins_over_that_of_the_group(
    hospital: Institution, director: User, centre: User
) -> None:
    wide = in_force(hospital, director, centre)
    narrow = in_force(hospital, director, centre, diagnosis="J18", name="肺炎，细菌性")
    other = in_force(hospital, director, centre, diagnosis="J20", name="支气管炎")
    assert len(month_of(hospital, narrow).cases) >= 2
    assert not month_of(hospital, wide).cases
    assert not month_of(hospital, other).cases


def test_a_version_without_items_ends_the_pathway(hospital: Institution, director: User, centre: User) -> None:
    in_force(hospital, director, centre)
    in_force(hospital, director, centre, rows=[], ended=True, effective_from=date(2026, 3, 15))
    found = month_of_pathways(run=run_of(hospital))
    assert found is not None
    assert found.pathways == ()


def test_a_pathway_in_force_ends_only_where_the_tick_says_so(
    hospital: Institution, director: User, centre: User
) -> None:
    """Neither a workbook that nobody filled in nor a forgotten one ends it, by the page or by a program."""
    drg = in_force(hospital, director, centre).drg
    client = client_of(director)
    typed = {
        "institution": hospital.pk, "drg": drg, "name": "肺炎", "standard_days": "3", "effective_from": "2026-03-15",
        "source_text": "会议纪要",
    }  # fmt: skip
    unfilled = SimpleUploadedFile("p.xlsx", workbook(HEAD, ("CW", "床位费", "", "可选"), ("YP", "药", "", "可选")))
    for more, words in (
        ({"file": unfilled}, "没有一行填写「标准数量」，请填写后重新上传"),
        ({}, "请上传路径项目表；要停用已有的路径，请勾选「停用」"),
    ):
        refused = client.post(reverse("costing:new-pathway"), {**typed, **more})
        assert refused.status_code == 422
        assert words in " ".join(refused.context["form"].errors["file"])
    body = {**typed, "type": "costing.pathway", "institution": "H1"}
    address = "/api/v1/workflows/matters/"
    assert client.post(address, body, content_type="application/json").status_code == 422
    assert Matter.objects.count() == 1
    done = client.post(reverse("costing:new-pathway"), {**typed, "ended": "on"}, follow=True)
    assert f"停用 {drg} 肺炎 已提交审批，同意后自 2026-03-15 起" in done.content.decode()
    asked_for = Matter.objects.latest("pk")
    assert "停用" in asked_for.title
    signed(asked_for, centre)
    assert not Pathway.objects.latest("pk").items.exists()
    again = client.post(
        address, {**body, "effective_from": "2026-03-16", "ended": True}, content_type="application/json"
    )
    assert "无从停用" in again.content.decode()


def test_a_program_ends_a_pathway_by_saying_so(hospital: Institution, director: User, centre: User) -> None:
    drg = in_force(hospital, director, centre).drg
    body = {
        "type": "costing.pathway", "institution": "H1", "drg": drg, "name": "肺炎", "standard_days": "3",
        "effective_from": "2026-03-15", "source_text": "会议纪要", "ended": True,
    }  # fmt: skip
    answer = client_of(director).post("/api/v1/workflows/matters/", body, content_type="application/json")
    assert answer.status_code == 201, answer.content.decode()
    assert "停用" in Matter.objects.latest("pk").title


def test_pages_show_coverage_and_looking_at_cases_is_logged(
    hospital: Institution, director: User, centre: User
) -> None:
    pathway = in_force(hospital, director, centre)
    client = client_of(director)
    page = client.get(reverse("costing:pathways"), {"institution": hospital.pk, "period": "2026-03"})
    assert "社区获得性肺炎" in page.content.decode()
    (row,) = page.context["coverage"].data
    assert (row.discharges, row.entered) == (3, row.covered)
    for name in ("pathway", "pathway-outside"):
        assert client.get(reverse(f"costing:{name}", args=[pathway.pk]), {"period": "2026-03"}).status_code == 200
    assert not AccessLog.objects.filter(subject_type__startswith="pathway").exists()
    cases = client.get(reverse("costing:pathway-cases", args=[pathway.pk]), {"period": "2026-03"})
    assert "Z1" in cases.content.decode()
    encounter = cases.context["mine"].cases[0].case.encounter
    one = client.get(reverse("costing:pathway-case", args=[pathway.pk, encounter]), {"period": "2026-03"})
    assert one.status_code == 200
    assert set(AccessLog.objects.values_list("subject_type", flat=True)) >= {"pathway_cases", "pathway_case"}
    query = {"period": "2026-03", "export": "xlsx"}
    book = book_of(client.get(reverse("costing:pathway-cases", args=[pathway.pk]), query))
    head, *rows = book.get_sheet_by_index(0).to_python()
    assert len(rows) == len(cases.context["mine"].cases)
    assert "=实际成本" in "".join(str(cell) for cell in head)


HEAD = (pathway_files.CODE, pathway_files.NAME, pathway_files.QUANTITY, pathway_files.KIND)


def test_the_workbook_of_a_group_comes_back_as_a_pathway(hospital: Institution, director: User, centre: User) -> None:
    client, drg = client_of(director), group_of(hospital)
    cases, used = used_of_group(run=run_of(hospital), drg=drg)
    answer = client.get(reverse("costing:pathway-file"), {"institution": hospital.pk, "period": "2026-03", "drg": drg})
    body = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    rows = pathway_files.read_pathway(body, set(ChargeItem.objects.values_list("code", flat=True)))
    assert cases >= 2
    assert {code for code, *_rest in rows} == {
        ChargeItem.objects.get(pk=item).code for item, number, _median in used if number * 2 >= cases
    }
    sent = {
        "institution": hospital.pk, "drg": drg, "name": "肺炎", "standard_days": "3", "effective_from": "2026-03-01",
        "source_text": "会议纪要", "file": SimpleUploadedFile("p.xlsx", body),
    }  # fmt: skip
    answer = client.post(reverse("costing:new-pathway"), sent)
    assert answer.status_code == 302, answer.content.decode()
    signed(Matter.objects.get(), centre)
    assert Pathway.objects.get().items.count() == len(rows)


def test_faulty_rows_are_named_with_their_line_and_nothing_is_taken(hospital: Institution) -> None:
    body = workbook(HEAD, ("CW", "", "3", "必选"), ("ZZ", "", "1", ""), ("CW", "", "1", ""), ("YP", "", "-1", "也许"))
    with pytest.raises(Invalid) as refusal:
        pathway_files.read_pathway(body, {"CW", "YP"})
    assert [(fault["row"], fault["column"]) for fault in refusal.value.context["faults"]] == [
        (3, "项目编码"), (4, "项目编码"), (5, "必选/可选"), (5, "标准数量"),
    ]  # fmt: skip
    with pytest.raises(Invalid, match="表头"):
        pathway_files.read_pathway(workbook(("a", "b")), {"CW"})
    with pytest.raises(Invalid, match="无法读取"):
        pathway_files.read_pathway(b"nothing", {"CW"})


def test_a_quantity_and_a_price_in_per_cent_cells_are_refused_as_they_are_seen() -> None:
    with pytest.raises(Invalid, match="第 2 行「标准数量」：标准数量 300% 应为大于 0"):
        pathway_files.read_pathway(workbook(HEAD, ("CW", "", PerCent(3), "必选")), {"CW"})
    head = (pathway_files.DEPARTMENT, pathway_files.CODE, pathway_files.MONTHLY, pathway_files.UNIT_COST)
    with pytest.raises(Invalid, match=r"第 2 行「标准单位成本\(元\)」：9000% 应为不小于 0"):
        pathway_files.read_standards(workbook(head, ("HX", "CW", 8, PerCent(90))), {("HX", "CW")})


def test_a_unit_cost_without_a_quantity_and_a_pair_that_never_occurred_are_told() -> None:
    head = (pathway_files.DEPARTMENT, pathway_files.CODE, pathway_files.MONTHLY, pathway_files.UNIT_COST)
    occurred = {("HX", "CW"), ("FS", "CT")}
    with pytest.raises(Invalid) as refused:
        pathway_files.read_standards(
            workbook(
                head, ("HX", "CW", "", "90"), ("HX", "CT", "8", "90"), ("FS", "CT", "8", "90"), ("FS", "CW", "", "")
            ),
            occurred,
        )
    for words in (
        "第 2 行「月标准数量」：写了标准单位成本而没有数量",
        "第 3 行「项目编码」：科室 HX 没有执行过项目 CT",
    ):
        assert words in refused.value.message
    assert refused.value.context["count"] == 2


def report(person: User, code: str, hospital: Institution) -> list[list[object]]:
    answer = client_of(person).get(
        reverse("costing:report", args=[code]), {"institution": hospital.pk, "period": "2026-03", "export": "xlsx"}
    )
    return [row for row in book_of(answer).get_sheet_by_index(0).to_python() if any(row)]


def test_standards_of_items_by_two_persons_and_their_variance(
    hospital: Institution, director: User, centre: User
) -> None:
    """Standard: 8 days at 90.00 = 720.00; actual: 9 days. Volume 90.00, rate what is left."""
    wanted = WantedStandards(hospital.pk, FROM, "年度预算", [["HX", "CW", "8", "90"]])
    _proposal, matter = propose_item_standards(actor_of_user(director), wanted)
    assert not ItemStandard.objects.exists()
    signed(Matter.objects.get(pk=matter), centre)
    actual = ItemCost.objects.get(item__code="CW").medical_cost
    row = next(row for row in report(director, "item-variance", hospital) if str(row[0]).startswith("CW"))
    assert row[6:11] == [720.0, float(actual), 90.0, float(actual - 810), float(actual - 720)]
    department = next(row for row in report(director, "department-variance", hospital) if row[0] == "呼吸内科")
    assert department[2:7] == row[6:11]
    body = workbook(
        (pathway_files.DEPARTMENT, pathway_files.CODE, pathway_files.MONTHLY, pathway_files.UNIT_COST),
        ("HX", "CW", "8", ""),
        ("HX", "NO", "8", "1"),
    )
    with pytest.raises(Invalid, match=r"第 2 行「标准单位成本.元.」"):
        pathway_files.read_standards(body, {("HX", "CW")})
    with pytest.raises(Invalid, match="日期 0206-03-01 不在 2000 年至 2099 年之间"):
        propose_item_standards(actor_of_user(director), replace(wanted, effective_from=date(206, 3, 1)))
    with pytest.raises(Conflict, match="已有标准成本"):
        propose_item_standards(actor_of_user(director), wanted)


def test_the_workbook_of_standards_goes_out_and_in(hospital: Institution, director: User, centre: User) -> None:
    client = client_of(director)
    answer = client.get(reverse("costing:item-standard-file"), {"institution": hospital.pk, "period": "2026-03"})
    head, *rows = book_of(answer).get_sheet_by_index(0).to_python()
    assert {row[2] for row in rows} == {"CW", "CT"}
    rows[0][4:6] = ["5", "88.5"]
    sent = {
        "institution": hospital.pk, "effective_from": "2026-03-01", "source_text": "年度预算",
        "file": SimpleUploadedFile("s.xlsx", workbook(tuple(head), *(tuple(row) for row in rows))),
    }  # fmt: skip
    answer = client.post(reverse("costing:new-item-standards"), sent)
    assert answer.status_code == 302, answer.context["form"].errors
    signed(Matter.objects.get(), centre)
    assert ItemStandard.objects.get().unit_cost == Decimal("88.5")


def test_the_variance_of_a_group_sums_to_the_cost_of_its_cases(
    hospital: Institution, director: User, centre: User
) -> None:
    """With the month itself as base nothing is dearer but by rounding; what differs is volume."""
    pathway = in_force(hospital, director, centre)
    mine = month_of(hospital, pathway)
    rows, whole = _of_pathway(mine, run_of(hospital), run_of(hospital))
    assert Decimal(whole.actual) / 100 == mine.total("cost", "actual")
    assert whole.volume + whole.rate == whole.total
    assert abs(whole.rate) <= len(rows) * 3
    assert report(director, "pathway-variance", hospital)[-1] is not None


def test_a_day_case_stands_beside_the_inpatients_of_its_procedure(hospital: Institution, director: User) -> None:
    rows = report(director, "day-surgery", hospital)
    (row,) = [row for row in rows if row[1] == "33.2400"]
    assert (row[2], row[3], row[7]) == (1, 1.0, 0)
    cost = PatientCost.objects.get(encounter=_encounter(hospital, "Z3")).medical_cost
    assert row[5] == float(cost)


def test_a_procedure_without_a_day_case_is_left_out_and_counted(hospital: Institution, director: User) -> None:
    """Z2 stays five days for another procedure."""
    changed = {"encounter_no": "Z2", "total_charges": "800.00", **ABSTRACT, "stay_days": "5", "procedures": ["47.0100"]}
    trade.landed(hospital, "discharge-abstracts", [changed])
    run_grouping(PLATFORM, institution=hospital, period=MARCH)
    asked = {"institution": hospital.pk, "period": "2026-03"}
    sheet = client_of(director).get(reverse("costing:report", args=["day-surgery"]), asked).context["sheet"]
    listed, whole = sheet.rows
    assert str(listed.cells[0].value).startswith("33.2400")
    assert (whole.name, whole.cells[1].value, whole.cells[6].value) == ("合计(含未列出的)", 1, 1)
    assert "另有 1 组(病组与主要操作)没有日间病例，共 1 例住院" in " ".join(sheet.notes)


def test_a_further_day_costs_the_variable_part_of_the_bed_day(
    hospital: Institution, director: User, centre: User
) -> None:
    """Personnel 1,100.01 over the ward's days, by the variable share of personnel; drugs and materials follow orders."""
    in_force(hospital, director, centre)
    run, traits = run_of(hospital), behaviour_at(hospital, MARCH)
    ward = Department.objects.get(institution=hospital, code="HX")
    days = sum(PatientCost.objects.values_list("days", flat=True))
    expected = traits.variable("personnel", Decimal("1100.01"))
    assert _day_costs(run, traits)[ward.pk].cost * days == int(expected * 100)
    rows = report(director, "stay-effect", hospital)
    drg = group_of(hospital)
    row = next(row for row in rows if str(row[0]).startswith(drg))
    assert row[3:5] == [3.0, "临床路径"]
    assert sum(int(float(str(cell or 0))) for cell in row[12::2]) == row[1]


def _encounter(hospital: Institution, number: str) -> int:
    settled = month_of_cases(institution=hospital.pk, period=str(MARCH))
    assert settled is not None
    return next(case.encounter for case in settled.cases if case.encounter_no == number)


def test_programs_read_pathways_their_versions_and_a_case_item_by_item(
    hospital: Institution, director: User, centre: User
) -> None:
    """Two obligatory bed-days: Z1 has three, so one lies outside; whoever reads a case is noted."""
    pathway = in_force(hospital, director, centre, drg=group_of(hospital), rows=[["CW", "2", "1"], ["CT", "1", "1"]])
    client = client_of(director)
    asked = {"institution": "H1", "period": "2026-03"}
    (listed,) = client.get("/api/v1/costing/pathways/", asked).json()
    mine = month_of(hospital, pathway)
    assert (listed["id"], listed["cases"], listed["entered"]) == (pathway.pk, len(mine.cases), mine.entered)
    assert listed["outside_cost"] == f"{mine.total('cost', 'outside'):.2f}"
    (version,) = client.get(f"/api/v1/costing/pathways/{pathway.pk}/versions/").json()
    assert [(row["item"], row["quantity"], row["obligatory"]) for row in version["items"]] == [
        ("CT", "1.0000", True), ("CW", "2.0000", True),
    ]  # fmt: skip
    one = next(each for each in mine.cases if each.case.encounter_no == "Z1")
    address = f"/api/v1/costing/pathways/{pathway.pk}/cases/{one.case.encounter}/"
    case = client.get(address, {"period": "2026-03"}).json()
    assert {row["item"]: (row["where"], row["quantity"]) for row in case["lines"]} == {
        "CW": ("over", "3.0000"), "CT": ("missing", "0.0000"), "YP": ("off", "1.0000"),
    }  # fmt: skip
    assert case["cost"]["outside"] == f"{one.cost.outside:.2f}"
    assert AccessLog.objects.filter(subject_type="pathway_case", subject="Z1").count() == 1
    assert client.get(address, {"period": "2026-02"}).status_code == 404
    assert client.get(address, {"period": "unsinn"}).status_code == 422
