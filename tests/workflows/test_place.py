"""Requests branch by the class of their department; matters that run on an older version are not broken by it."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.utils import timezone

from ops_platform.kernel import Invalid
from ops_platform.masterdata.models import Department
from ops_platform.masterdata.selectors import cost_class_at
from tests.support import trade
from tests.workflows.test_acts import approve, me, turn, waiting
from tests.workflows.test_flows import FINANCE, Makers
from workflows import integrity, services
from workflows.course_page import page
from workflows.engine.definition import OnRejection, faults, from_json, to_json
from workflows.models import FlowVersion, Matter, Request
from workflows.services import drafts

pytestmark = pytest.mark.django_db

BEFORE = ("amount", "kind", "institution_kind")
SUPPORT = replace(FINANCE, condition='department_class = "medical_support"')


@pytest.fixture
def hospital() -> Makers:
    made = Makers()
    departments = [
        trade.department("D1", "clinical", "内科"),
        trade.department("S1", "medical_support", "供应室"),
        trade.department("L1", "medical_technology", "检验科", since="2099-01-01"),
    ]
    trade.landed(made.township, "departments", departments)
    return made


def of(hospital: Makers, code: str) -> int | None:
    found = Department.objects.filter(institution=hospital.township, code=code).first()
    return found.pk if found else None


def ask(hospital: Makers, code: str) -> Matter:
    _request, matter = services.ask(
        me(hospital.clerk),
        institution_id=hospital.township.pk,
        department_id=of(hospital, code),
        kind="equipment",
        title="购置设备",
        amount=Decimal("1000.00"),
        reason="旧机已到报废年限",
    )
    return matter


@pytest.mark.parametrize(
    ("code", "signers"),
    [
        ("S1", {"director"}),
        ("D1", {"head", "second-head"}),
        ("", {"head", "second-head"}),
        ("L1", {"director"}),
    ],
    ids=["of the class", "of another class", "no department", "class not known yet: nobody is spared"],
)
def test_a_request_branches_by_the_class_of_its_department(hospital: Makers, code: str, signers: set[str]) -> None:
    hospital.insert(SUPPORT)
    hospital.publish()
    assert waiting(ask(hospital, code)) == signers


def test_a_class_that_is_corrected_later_breaks_nothing_that_was_signed(hospital: Makers) -> None:
    hospital.insert(SUPPORT)
    hospital.publish()
    matter = ask(hospital, "S1")
    trade.landed(hospital.township, "departments", [trade.department("S1", "clinical", "供应室")])
    approve(matter, hospital.director)
    approve(matter, hospital.head)
    matter.refresh_from_db()
    assert matter.state == "approved"
    assert not page(me(hospital.auditor), matter).broken
    assert list(integrity.signatures()) == []


def test_a_request_that_is_written_anew_goes_by_the_class_of_its_new_department(hospital: Makers) -> None:
    hospital.insert(SUPPORT)
    hospital.publish()
    matter = ask(hospital, "D1")
    services.return_to(
        me(hospital.head), matter_id=matter.pk, task=turn(matter, hospital.head), comment="改由供应室申请"
    )
    request = Request.objects.get()
    services.change_request(
        me(hospital.clerk),
        request_id=request.pk,
        kind=request.kind,
        title=request.title,
        amount=request.amount,
        reason=request.reason,
        department_id=of(hospital, "S1"),
    )
    services.resubmit(me(hospital.clerk), matter_id=matter.pk)
    assert waiting(matter) == {"director"}
    assert Request.objects.get().department_class == "medical_support"


def test_what_runs_on_a_version_that_knew_no_classes_is_signed_as_before(hospital: Makers) -> None:
    current = hospital.flow.current
    assert current is not None
    known = from_json(current.body)
    fewer = replace(known, attributes=tuple(one for one in known.attributes if one.name in BEFORE))
    earlier = FlowVersion.objects.create(
        flow=hospital.flow, number=2, body=to_json(fewer), made_by="x", approved_by="y", published_at=timezone.now()
    )
    type(hospital.flow).objects.filter(pk=hospital.flow.pk).update(current=earlier)
    matter = ask(hospital, "S1")
    assert set(matter.values) == set(BEFORE)
    assert not page(me(hospital.head), matter).broken
    approve(matter, hospital.head)
    matter.refresh_from_db()
    assert matter.state == "approved"
    assert list(integrity.signatures()) == []


def test_the_dry_run_reads_kind_and_class_from_the_place(hospital: Makers) -> None:
    hospital.insert(SUPPORT)
    hospital.publish()
    client = Client()
    client.force_login(hospital.admin)

    def tried(code: str, **given: str) -> bool:
        place = {"institution": hospital.township.pk, "department": of(hospital, code)}
        asked = {"which": "current", "applicant": hospital.clerk.pk, "value-amount": "5", **place, **given}
        shown = client.get(f"/workflows/flows/{hospital.flow.pk}/dry-run/?{urlencode(asked)}").content.decode()
        return "<b>director</b>" in shown

    assert tried("S1")
    assert not tried("D1")
    assert not tried("S1", **{"value-department_class": "clinical"}), "what is entered wins"


def test_a_class_is_that_of_the_day(hospital: Makers) -> None:
    later = [trade.department("D1", "medical_support", "内科", since="2026-06-01")]
    trade.landed(hospital.township, "departments", later)
    number = of(hospital, "D1")
    assert number is not None
    assert cost_class_at(department=number, day=date(2026, 5, 31)) == "clinical"
    assert cost_class_at(department=number, day=date(2026, 6, 1)) == "medical_support"
    assert cost_class_at(department=number, day=date(2025, 12, 31)) is None


def test_a_flow_may_take_no_request_without_a_department(hospital: Makers) -> None:
    hospital.insert(SUPPORT)
    drafts.set_options(
        me(hospital.admin),
        flow_id=hospital.flow.pk,
        seen=hospital.seen,
        options={"needs_department": True},
        note="补漏",
    )
    hospital.publish()
    with pytest.raises(Invalid, match="须指明科室") as refused:
        ask(hospital, "")
    assert refused.value.context["field"] == "department"
    assert hospital.trial("5.00").refusal.startswith("流程要求指明科室")
    matter = ask(hospital, "S1")
    assert waiting(matter) == {"director"}
    services.return_to(
        me(hospital.director), matter_id=matter.pk, task=turn(matter, hospital.director), comment="请核对"
    )
    Request.objects.update(department=None, department_class="none")
    with pytest.raises(Invalid, match="须指明科室"):
        services.resubmit(me(hospital.clerk), matter_id=matter.pk)


def test_where_a_department_must_be_named_its_absence_is_no_gap(hospital: Makers) -> None:
    current = hospital.flow.current
    assert current is not None
    known = from_json(current.body)
    flow = replace(known, steps=(replace(FINANCE, condition='department_class != "none"'),))
    assert [finding.code for finding in faults(flow)] == ["workflows.all_conditional"]
    assert faults(replace(flow, needs_department=True)) == []
    assert from_json(to_json(replace(flow, needs_department=True))).needs_department


def test_the_dry_run_refuses_a_department_together_with_the_class_of_none(hospital: Makers) -> None:
    client = Client()
    client.force_login(hospital.admin)
    asked = {
        "which": "current",
        "applicant": hospital.clerk.pk,
        "institution": hospital.township.pk,
        "department": of(hospital, "D1"),
        "value-department_class": "none",
    }
    shown = client.get(f"/workflows/flows/{hospital.flow.pk}/dry-run/?{urlencode(asked)}").content.decode()
    assert "选了科室「内科」，就不是「不涉及科室」" in shown


def test_the_path_says_that_a_class_is_not_known(hospital: Makers) -> None:
    hospital.insert(SUPPORT)
    hospital.publish()
    client = Client()
    client.force_login(hospital.clerk)
    shown = client.get(f"/workflows/matters/{ask(hospital, 'L1').pk}/").content.decode()
    assert "科室类别未定，按经过处理" in shown
    assert "未定，按经过" not in client.get(f"/workflows/matters/{ask(hospital, 'D1').pk}/").content.decode()


def test_the_second_person_reads_among_what_is_signed_what_changes_and_which_case_is_left_out(hospital: Makers) -> None:
    first = from_json(hospital.flow.current.body).steps[0]  # type: ignore[union-attr]
    hospital.insert(replace(SUPPORT, title="供应核准"))
    drafts.change_step(
        me(hospital.admin),
        flow_id=hospital.flow.pk,
        seen=hospital.seen,
        step=replace(first, condition="amount <= 40000", on_rejection=OnRejection.RETURNS),
    )
    lines = dict(hospital.submit().lines)
    compared = lines["与现行第 1 版比较"].splitlines()
    assert compared[0] == "新增环节「供应核准」"
    assert compared[1].startswith("修改环节「机构负责人审批」：条件：金额 ≤ 50,000 → 金额 ≤ 40,000")
    assert "否决时：一人否决即结束 → 退回申请人" in compared[1]
    assert len(compared) == 2
    assert "有的事项没有环节可走" in lines["提醒"]
    assert "否决时：退回申请人" in "".join(lines.values())
