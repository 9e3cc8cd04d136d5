"""Our groups beside the insurer's: what differs, what it is worth, where the two ways part."""

from dataclasses import replace
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from insurance_settlement import services
from insurance_settlement.engine import dip
from insurance_settlement.engine.case import Case
from insurance_settlement.engine.scheme import Scheme
from insurance_settlement.engine.why_not import why_not_disease, why_not_group
from insurance_settlement.models import GroupComparison
from insurance_settlement.selectors.insurer import comparisons, totals_by_kind
from ops_platform.identity.models import User
from ops_platform.kernel import Period, Role
from ops_platform.kernel.actor import PLATFORM
from ops_platform.masterdata.models import Department, Institution
from tests.support import trade
from tests.support.downloads import book_of
from tests.support.settled import insurer_group

MARCH = Period.parse("2026-03")
PNEUMONIA = Case(1, 67, ("J18.900",))
WITH_MCC = replace(PNEUMONIA, diagnoses=("J18.900", "R57.900"))
CATALOGUE = dip.Catalogue(
    "示例目录",
    "default",
    cores=(
        dip.Core("K80.1-1", "胆囊结石切除", "K80.1", ("51.23",)),
        dip.Core("K80.1-2", "胆囊结石切除与胆管造影", "K80.1", ("51.23", "87.53")),
        dip.Core("K80.1-B", "胆囊结石保守", "K80.1"),
    ),
    comprehensives=(dip.Comprehensive("K-OP", "消化手术", ("K",), dip.ProcedureKind.OPERATION),),
    procedure_kinds={"51": dip.ProcedureKind.OPERATION},
)


@pytest.fixture
def hospital() -> Institution:
    """Five stays of March: A both sides alike, B in another severity, C ours ungrouped, D not told, E self-pay; F has no
    abstract."""
    hospital = trade.alliance()["H1"]
    trade.landed(
        hospital, "departments", [trade.department("HX", name="呼吸内科"), trade.department("NK", name="内科")]
    )
    trade.landed(hospital, "charge-items", [trade.item("CW", fee_class="bed")])
    of_ward = {"C": "NK", "F": "NK"}
    stays = [
        trade.visit(
            number, of_ward.get(number, "HX"), "2026-03-02T08:00:00", "inpatient", discharged="2026-03-09T10:00:00"
        )
        for number in "ABCDEF"
    ]
    stays[4]["scheme"] = "self_pay"
    trade.landed(hospital, "encounters", stays)
    trade.landed(
        hospital,
        "charge-lines",
        [trade.charge(number, 1, "CW", "HX", "HX", "9000.00", when="2026-03-03T09:00:00") for number in "ABCDEF"],
    )
    page = {"sex": "1", "age": "67", "stay_days": "7", "leaving_type": "1", "total_charges": "9000.00"}
    codes = {"A": "J18.900", "B": "J18.900", "C": "R99.x00", "D": "J18.900", "E": "J18.900"}
    trade.landed(
        hospital,
        "discharge-abstracts",
        [{"encounter_no": number, "diagnoses": [code], **page} for number, code in codes.items()],
    )
    services.run_grouping(PLATFORM, institution=hospital, period=MARCH)
    return hospital


def told(hospital: Institution) -> None:
    """The insurer's answer of April."""
    ours = GroupComparison.objects  # nothing stands there before the insurer has said anything
    assert not ours.exists()
    trade.landed(
        hospital,
        "insurer-groupings",
        [
            insurer_group("A", "ES35", weight="0.6200", payment="4464.00"),
            insurer_group("B", "ES31", weight="1.0850", payment="7812.00", reason="其他诊断计入 MCC"),
            insurer_group("C", "ET25", weight="0.8000", payment="5760.00"),
            insurer_group("F", "ES35", weight="0.6200", payment="4464.00"),
        ],
    )


def kinds(hospital: Institution) -> dict[str, str]:
    return dict(GroupComparison.objects.filter(institution=hospital).values_list("encounter_no", "kind"))


@pytest.mark.django_db
def test_every_stay_is_told_how_the_two_sides_stand(hospital: Institution) -> None:
    told(hospital)
    assert kinds(hospital) == {"A": "same", "B": "differs", "C": "ours_none", "D": "untold", "F": "ours_none"}
    row = GroupComparison.objects.get(encounter_no="B")
    assert (row.drg, row.their_drg, row.worth_difference) == ("ES35", "ES31", row.worth - Decimal("1.085"))
    assert row.payment_difference == row.payment - Decimal("7812.00")
    assert row.at_stake == -row.payment_difference > 0
    trade.landed(hospital, "insurer-groupings", [insurer_group("A", "ES35", weight="0.6200", payment="4000.00")])
    assert kinds(hospital)["A"] == "price", "the same group, paid otherwise"
    without = GroupComparison.objects.get(encounter_no="F")
    assert (without.case_id, without.drg, without.period, without.payment_difference) == (None, "", "2026-03", None)


@pytest.mark.django_db
def test_what_comes_in_later_changes_the_comparison_without_a_new_run(hospital: Institution) -> None:
    told(hospital)
    trade.landed(hospital, "insurer-groupings", [insurer_group("B", "ES35"), insurer_group("A", "EQY")])
    trade.landed(hospital, "insurer-groupings", [{"encounter_no": "C", "op": "retract"}])
    assert kinds(hospital) == {"A": "theirs_none", "B": "same", "C": "untold", "D": "untold", "F": "ours_none"}
    trade.landed(hospital, "insurer-groupings", [insurer_group("C", "0000")])
    assert kinds(hospital)["C"] == "same", "neither side has a group"


@pytest.mark.django_db
def test_totals_count_every_kind_and_compare_where_both_say_a_payment(hospital: Institution) -> None:
    told(hospital)
    found = {one.kind: one for one in totals_by_kind(comparisons(actor=PLATFORM))}
    assert {kind: one.cases for kind, one in found.items()} == {
        "differs": 1, "ours_none": 2, "theirs_none": 0, "untold": 1, "price": 0, "same": 1,
    }  # fmt: skip
    one = GroupComparison.objects.get(encounter_no="B")
    assert (found["differs"].ours, found["differs"].theirs) == (one.payment, Decimal("7812.00"))
    assert found["differs"].difference == one.payment_difference
    assert found["ours_none"].difference == 0


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.mark.django_db
def test_the_page_lists_by_money_and_the_case_page_says_where_the_ways_part(hospital: Institution) -> None:
    told(hospital)
    client = signed_in(trade.person("officer", Role.INSURANCE_OFFICER, hospital))
    url = reverse("insurance_settlement:insurer-groupings")
    page = client.get(url, {"period": "2026-03"}).content.decode()
    assert "?period=2026-03&amp;kind=differs" in page or "?period=2026-03&kind=differs" in page
    only = client.get(url, {"kind": "differences"})
    assert [row.record.encounter_no for row in only.context["table"].rows] == ["B", "F", "C"]
    rows = book_of(client.get(url, {"kind": "differs", "export": "xlsx"})).get_sheet_by_index(0).to_python()
    assert "其他诊断计入 MCC" in rows[-1]
    row = GroupComparison.objects.get(encounter_no="B")
    case = client.get(reverse("insurance_settlement:case", args=[row.case_id])).content.decode()
    for words in ("医保怎么分组", "其他诊断计入 MCC", "从哪一步分开", "细分不同：ES31 收计入的最高级别为 MCC 的病例"):
        assert words in case
    bill = GroupComparison.objects.get(encounter_no="F")
    assert (
        reverse("insurance_settlement:encounter", args=[hospital.pk, bill.encounter])
        in client.get(url).content.decode()
    )


@pytest.mark.django_db
def test_a_ward_sees_its_own_stays_and_programs_ask_by_code(hospital: Institution) -> None:
    told(hospital)
    ward = Department.objects.get(institution=hospital, code="NK")
    head = signed_in(trade.person("head", Role.DEPARTMENT_HEAD, hospital, ward))
    page = head.get(reverse("insurance_settlement:insurer-groupings"))
    assert {row.record.encounter_no for row in page.context["table"].rows} == {"C", "F"}
    officer = signed_in(trade.person("officer", Role.INSURANCE_OFFICER, hospital))
    answer = officer.get(reverse("settlement-insurer-groupings"), {"institution": "H1", "kind": "differs"}).json()
    assert [(one["encounter_no"], one["drg"], one["their_drg"], one["their_payment"]) for one in answer["results"]] == [
        ("B", "ES35", "ES31", "7812.00")
    ]


@pytest.mark.parametrize(
    ("case", "wanted", "told_"),
    [
        (PNEUMONIA, "ES35", ""),
        (
            PNEUMONIA,
            "ES31",
            "两边同在 ADRG ES3，细分不同：ES31 收计入的最高级别为 MCC 的病例，本例没有计入的 MCC 或 CC",
        ),
        (
            WITH_MCC,
            "ES33",
            "ES33 收计入的最高级别为 CC 的病例，本例计入的最高级别为 MCC；其他诊断 R57.900(休克) 计为 MCC",
        ),
        (WITH_MCC, "ES35", "ES35 收没有计入的 MCC 或 CC 的病例"),
        (PNEUMONIA, "ET25", "ET25 属于 ADRG ET2：主要诊断不在所列主要诊断中，不符合 ADRG ET2"),
        (PNEUMONIA, "BR25", "BR25 属于 MDCB：主要诊断不在所列主要诊断中，不进入 MDCB"),
        (PNEUMONIA, "XX99", "没有病组 XX99"),
        (PNEUMONIA, "0000", "对方未入组"),
        (replace(PNEUMONIA, age=None), "ES35", "年龄为空"),
        (replace(PNEUMONIA, diagnoses=("R99.x00",)), "ES35", "不进入 MDCE"),
    ],
)
def test_the_step_that_the_record_does_not_meet_is_told(demo: Scheme, case: Case, wanted: str, told_: str) -> None:
    words = "".join(why_not_group(demo, case, wanted))
    assert told_ in words
    assert bool(words) == bool(told_)


def test_every_group_of_the_scheme_is_answered_for_and_none_but_the_own_is_silent(demo: Scheme) -> None:
    assert [code for code in demo.drg_names if not why_not_group(demo, PNEUMONIA, code)] == ["ES35"]


@pytest.mark.parametrize(
    ("diagnosis", "procedures", "wanted", "told_"),
    [
        ("K80.102", ("51.23",), "K80.1-1", ""),
        ("K80.102", ("51.23",), "K80.1-2", "没有操作 87.53"),
        ("K80.102", ("51.23",), "K80.1-B", "该病种收保守治疗，本例操作的类别为手术"),
        ("K80.102", ("51.23",), "K-OP", "本例也符合，但按优先顺序 K80.1-1 在前"),
        ("J18.900", (), "K80.1-1", "主要诊断 J18.900 不在目录诊断 K80.1 内；没有操作 51.23"),
        ("J18.900", ("51.23",), "K-OP", "不在诊断范围 K 内"),
        ("K80.102", (), "X", "没有病种 X"),
        ("K80.102", (), "0000", "对方未入组"),
    ],
)
def test_of_a_disease_as_well(diagnosis: str, procedures: tuple[str, ...], wanted: str, told_: str) -> None:
    words = "".join(why_not_disease(CATALOGUE, Case(1, 50, (diagnosis,), procedures), wanted))
    assert told_ in words
    assert bool(words) == bool(told_)
