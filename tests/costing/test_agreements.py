"""Agreements of the alliance: two persons, a month settled from what came in, both members' books, and who sees what."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from costing import integrity, nightly
from costing.models import Agreement, AgreementProposal, SettlementBasis, SettlementPart, SettlementRun
from costing.selectors.agreements import settled_month
from costing.selectors.double_charges import double_charges
from costing.services import run_allocation
from costing.services.agreements import WantedAgreement, WantedParty, propose_agreement
from costing.services.settlements import closing_blockers, settle_month
from ops_platform.audit.models import AuditEvent
from ops_platform.identity.actors import actor_of_user
from ops_platform.identity.models import User
from ops_platform.kernel import Conflict, DomainError, Forbidden, Invalid, Period, Role
from ops_platform.kernel.actor import PLATFORM
from ops_platform.ledger.models import Entry, Leg, PairMatch
from ops_platform.ledger.services.consolidation import consolidate
from ops_platform.ledger.services.consolidation_members import include_everybody
from ops_platform.masterdata import closing
from ops_platform.masterdata.models import AccountingPeriod, Institution, Parameter
from ops_platform.masterdata.services import open_missing_periods
from ops_platform.nightly.public import StepContext
from tests.support import trade
from tests.support.downloads import book_of
from workflows.models import Matter, Task
from workflows.reference import load_flows
from workflows.services import approve, reject

pytestmark = pytest.mark.django_db
MARCH = Period(2026, 3)
SERVICES = "alliance-services"


def service(document: str, volume: str = "12", **more: str) -> dict[str, Any]:
    return {
        "document": document,
        "line": "1",
        "agreement": "EXPERT",
        "date": "2026-03-05",
        "department": "WK",
        "receiver": "T1",
        "service_kind": "expert",
        "volume": volume,
        **more,
    }


def expert(holder: str = "V1", **more: Any) -> WantedAgreement:
    given: dict[str, Any] = {
        "code": "EXPERT",
        "name": "专家下沉",
        "kind": "expert",
        "effective_from": date(2026, 1, 1),
        "source_mark": "seed",
        "source_text": "专家下沉协议",
        "parties": (
            WantedParty("receiver", "", Decimal("0.6")),
            WantedParty("pool", holder, Decimal("0.4")),
        ),
        "unit_costs": {"expert": Decimal(800)},
    }
    return WantedAgreement(**{**given, **more})


def joint(**more: Any) -> WantedAgreement:
    given: dict[str, Any] = {
        "code": "JOINT",
        "name": "联合检查",
        "kind": "joint_exam",
        "effective_from": date(2026, 1, 1),
        "source_mark": "seed",
        "source_text": "联合检查协议",
        "parties": (
            WantedParty("base", "T1", Decimal("0.2")),
            WantedParty("upper", "H1", Decimal("0.3")),
            WantedParty("pool", "H1"),
        ),
        "fee_classes": ("examination",),
    }
    return WantedAgreement(**{**given, **more})


@pytest.fixture
def members() -> dict[str, Institution]:
    made = trade.alliance()
    load_flows()
    for code in ("H1", "T1"):
        trade.landed(made[code], "departments", [trade.department("WK", name="外科")])
        trade.landed(made[code], "charge-items", [trade.item("JC", fee_class="examination")])
    return made


@pytest.fixture
def centre(members: dict[str, Institution]) -> User:
    return trade.person("centre", Role.OPERATION_CENTRE)


@pytest.fixture
def second(members: dict[str, Institution]) -> User:
    return trade.person("second", Role.OPERATION_CENTRE)


def sign(second: User) -> None:
    """Sign the only matter that waits for them."""
    task = Task.objects.get(person=second, matter__state="running")
    approve(actor_of_user(second), matter_id=task.matter_id, task=task.number)


def agreed(centre: User, second: User, wanted: WantedAgreement) -> Agreement:
    proposal, _matter = propose_agreement(actor_of_user(centre), wanted)
    sign(second)
    proposal.refresh_from_db()
    assert proposal.state == AgreementProposal.State.IN_FORCE
    return Agreement.objects.get(code=wanted.code, effective_from=wanted.effective_from)


def night(members: dict[str, Institution]) -> str:
    """The alliance's step."""
    context = StepContext(run_id=1, institution=None, period=MARCH, actor=PLATFORM, progress=lambda _done, _total: None)
    return nightly.AGREEMENTS.run(context).note


def parts(code: str = "EXPERT") -> list[tuple[str, str, str, str]]:
    rows = SettlementPart.objects.filter(run__code=code, run__is_current=True).order_by("pk")
    return [(row.role, row.bearer.code, row.payee.code, str(row.amount)) for row in rows]


def legs(institution: Institution) -> list[tuple[str, str, str, str]]:
    """Account, other member, debit, credit of what stands in the books of agreements."""
    rows = Leg.objects.filter(entry__institution=institution, entry__source="costing.alliance-settlement")
    rows = rows.select_related("account", "dimension__counterparty").order_by("entry__number", "pk")
    return [
        (row.account.code, row.dimension.counterparty.code, str(row.debit), str(row.credit))  # type: ignore[union-attr]
        for row in rows
    ]


def test_an_agreement_is_in_force_only_when_a_second_person_has_approved(
    members: dict[str, Institution], centre: User, second: User
) -> None:
    _proposal, number = propose_agreement(actor_of_user(centre), expert())
    assert not Agreement.objects.exists()
    with pytest.raises(Conflict, match="正在审批"):
        propose_agreement(actor_of_user(centre), expert())
    matter = Matter.objects.get(pk=number)
    assert not Task.objects.filter(matter=matter, person=centre).exists()
    sign(second)
    agreement = Agreement.objects.get()
    assert [(one.role, str(one.share)) for one in agreement.shares.all()] == [
        ("receiver", "0.600000"),
        ("pool", "0.400000"),
    ]
    assert AuditEvent.objects.filter(action="costing.agreement_changed").count() == 1
    with pytest.raises(Conflict, match="已有版本"):
        propose_agreement(actor_of_user(centre), expert())


def test_a_refused_agreement_leaves_no_trace_but_its_proposal(centre: User, second: User) -> None:
    proposal, matter = propose_agreement(actor_of_user(centre), expert())
    task = Task.objects.get(matter=matter, person=second).number
    reject(actor_of_user(second), matter_id=matter, task=task, comment="比例未协商")
    proposal.refresh_from_db()
    assert proposal.state == AgreementProposal.State.REFUSED
    assert not Agreement.objects.exists()


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        (expert(code="专家"), "agreement_code"),
        (expert(kind="nothing"), "agreement_kind"),
        (expert(source_mark="mine"), "agreement_source"),
        (expert(effective_from=date(2026, 1, 2)), "agreement_first_day"),
        (expert(effective_from=date(2206, 1, 1)), "day_of_no_year"),
        (expert(ended=True), "agreement_none_to_end"),
        (expert(unit_costs={"walk": Decimal(1)}), "agreement_unit_cost"),
        (expert(parties=(WantedParty("receiver", "", Decimal("0.6")),)), "agreement_shares_sum"),
        (expert(holder="X9"), "agreement_party"),
        (expert(holder=""), "agreement_no_holder"),
        (expert(parties=(WantedParty("receiver", "", Decimal("0.5")),) * 2), "agreement_party_twice"),
        (joint(fee_classes=("nothing",)), "agreement_fee_class"),
        (joint(items=("JC",)), "agreement_exam_income"),
        (joint(fee_classes=(), items=("JC", "NO")), "unknown_item"),
        (
            expert(kind="shared_centre", by_full_cost=True, parties=(WantedParty("receiver", "", Decimal(1)),)),
            "agreement_centre",
        ),
    ],
)
def test_what_is_wrong_with_an_agreement_is_said_before_anybody_signs(
    centre: User, wanted: WantedAgreement, code: str
) -> None:
    with pytest.raises(Invalid) as refused:
        propose_agreement(actor_of_user(centre), wanted)
    assert refused.value.code == f"costing.{code}"


def test_only_the_operation_centre_makes_agreements_and_settles(members: dict[str, Institution]) -> None:
    director = actor_of_user(trade.person("director", Role.FINANCE_DIRECTOR, members["H1"]))
    with pytest.raises(Forbidden):
        propose_agreement(director, expert())
    with pytest.raises(Forbidden):
        settle_month(director, period=MARCH)


def test_experts_are_settled_booked_on_both_sides_and_eliminated(
    members: dict[str, Institution], centre: User, second: User
) -> None:
    """domain.md 5.4: 20 half-days × 800 = 16 000 → 9 600 / 6 400; the pool is held by V1."""
    include_everybody(PLATFORM)
    agreed(centre, second, expert())
    trade.landed(members["H1"], SERVICES, [service("D1"), service("D2", "8", receiver_department="WK")])
    assert "结算 1 个协议" in night(members)
    assert parts() == [
        ("receiver", "T1", "H1", "5760.00"),
        ("pool", "V1", "H1", "3840.00"),
        ("receiver", "T1", "H1", "3840.00"),
        ("pool", "V1", "H1", "2560.00"),
    ]
    assert legs(members["T1"]) == [
        ("5001", "H1", "5760.00", "0.00"),
        ("5001", "H1", "3840.00", "0.00"),
        ("230790", "H1", "0.00", "9600.00"),
    ]
    assert legs(members["V1"]) == [("5001", "H1", "6400.00", "0.00"), ("230790", "H1", "0.00", "6400.00")]
    assert sorted(legs(members["H1"])) == [
        ("121890", "T1", "9600.00", "0.00"),
        ("121890", "V1", "6400.00", "0.00"),
        ("4609", "T1", "0.00", "9600.00"),
        ("4609", "V1", "0.00", "6400.00"),
    ]
    assert set(Entry.objects.filter(source="costing.alliance-settlement").values_list("day", flat=True)) == {
        date(2026, 3, 31)
    }
    run = consolidate(PLATFORM, period=MARCH).run
    assert set(run.pairs.values_list("state", flat=True)) == {PairMatch.State.MATCHED}
    assert list(integrity.agreements()) == []


def test_a_repeat_makes_no_run_and_a_correction_takes_the_entries_back(
    members: dict[str, Institution], centre: User, second: User
) -> None:
    agreed(centre, second, expert(holder="H1"))
    trade.landed(members["H1"], SERVICES, [service("D1", "20")])
    night(members)
    assert parts() == [("receiver", "T1", "H1", "9600.00"), ("pool", "H1", "H1", "6400.00")]
    assert "1 个没有变化" in night(members)
    assert SettlementRun.objects.count() == 1
    trade.landed(members["H1"], SERVICES, [service("D1", "10")])
    night(members)
    first, then = SettlementRun.objects.order_by("version")
    assert (first.is_current, str(first.total), then.is_current, str(then.total)) == (
        False,
        "16000.00",
        True,
        "8000.00",
    )
    assert legs(members["T1"]) == [
        ("5001", "H1", "9600.00", "0.00"),
        ("230790", "H1", "0.00", "9600.00"),
        ("5001", "H1", "-9600.00", "0.00"),
        ("230790", "H1", "0.00", "-9600.00"),
        ("5001", "H1", "4800.00", "0.00"),
        ("230790", "H1", "0.00", "4800.00"),
    ]
    trade.landed(members["H1"], SERVICES, [{"document": "D1", "line": "1", "op": "retract"}])
    night(members)
    assert SettlementRun.objects.get(is_current=True).total == 0
    assert sum(Decimal(debit) for _, _, debit, _ in legs(members["T1"])) == 0


def test_a_closed_month_keeps_its_settlement(members: dict[str, Institution], centre: User, second: User) -> None:
    agreed(centre, second, expert())
    trade.landed(members["H1"], SERVICES, [service("D1")])
    night(members)
    open_missing_periods(members["T1"], MARCH)
    AccountingPeriod.objects.filter(institution=members["T1"], period="2026-03").update(state="closed")
    trade.landed(members["H1"], SERVICES, [service("D2")])
    assert "已结账" in night(members)
    assert SettlementRun.objects.get().version == 1


def test_joint_examination_reads_exam_income_of_the_base_and_diagnoses_of_the_upper(
    members: dict[str, Institution], centre: User, second: User
) -> None:
    """domain.md 5.4: 100 000 × 20 % + 60 000 × 30 % = 38 000; the lead holds the pool, so that only the base owes."""
    agreed(centre, second, joint())
    assert "还没有成本运行" in night(members)
    base = members["T1"]
    trade.landed(base, "encounters", [trade.visit("M1", "WK")])
    trade.landed(base, "charge-lines", [trade.charge("M1", 1, "JC", "WK", "WK", "100000.00")])
    trade.landed(base, "cost-entries", [trade.cost("C1", "WK", "1000.00")])
    run_allocation(PLATFORM, institution=base, period=MARCH)
    diagnosis = service("D1", "300", agreement="JOINT", service_kind="diagnosis", amount="60000.00")
    trade.landed(members["H1"], SERVICES, [diagnosis])
    night(members)
    assert parts("JOINT") == [("base", "T1", "H1", "20000.00"), ("upper", "H1", "H1", "18000.00")]
    run = SettlementRun.objects.get(is_current=True)
    assert (str(run.total), str(run.dealings)) == ("38000.00", "20000.00")
    agreed(centre, second, joint(code="JOINT2"))
    assert "不能重复收费" in night(members)


def test_named_items_and_a_centre_at_full_cost(
    members: dict[str, Institution], centre: User, second: User, client: Client
) -> None:
    lead, base = members["H1"], members["T1"]
    trade.landed(lead, "departments", [trade.department("JY", "medical_technology", "检验中心")])
    trade.landed(lead, "cost-entries", [trade.cost("C1", "JY", "50000.00")])
    for where in (lead, base):
        trade.landed(where, "encounters", [trade.visit("M1", "WK")])
        done_by = "JY" if where is lead else "WK"
        trade.landed(where, "charge-lines", [trade.charge("M1", 1, "JC", "WK", done_by, "1000.00")])
        run_allocation(PLATFORM, institution=where, period=MARCH)
    agreed(centre, second, joint(fee_classes=(), items=("JC",)))
    agreed(
        centre,
        second,
        expert(
            code="LAB",
            kind="shared_centre",
            by_full_cost=True,
            department="JY",
            unit_costs={},
            parties=(WantedParty("provider", "H1"), WantedParty("receiver", "", Decimal(1))),
        ),
    )
    lab = {"agreement": "LAB", "department": "JY", "service_kind": "laboratory"}
    trade.landed(lead, SERVICES, [service("L1", "750", **lab), service("L2", "250", **{**lab, "receiver": ""})])
    night(members)
    assert parts("JOINT") == [("base", "T1", "H1", "200.00")]
    basis = SettlementBasis.objects.get(what="exam_income")
    client.force_login(centre)
    lines = f"{reverse('costing:charge-lines', args=[basis.cost_run_id])}?basis={basis.pk}"
    assert lines in client.get(reverse("costing:settlement-basis", args=[basis.pk])).content.decode()
    assert "M1" in client.get(lines).content.decode()
    assert client.get(f"{lines}9").status_code == 404
    assert sorted(parts("LAB")) == [("provider", "H1", "H1", "12500.00"), ("receiver", "T1", "H1", "37500.00")]


def test_three_levels_follow_who_guides_whom(members: dict[str, Institution], centre: User, second: User) -> None:
    levels = (("county", "0.5"), ("township", "0.3"), ("village", "0.2"))
    wanted = expert(
        kind="three_level",
        parties=tuple(WantedParty(role, "", Decimal(share)) for role, share in levels),
        unit_costs={"other": Decimal(100)},
    )
    agreed(centre, second, wanted)
    trade.landed(members["H1"], SERVICES, [service("D1", "10", receiver="V1", service_kind="other")])
    night(members)
    assert parts() == [
        ("county", "H1", "H1", "500.00"),
        ("township", "T1", "H1", "300.00"),
        ("village", "V1", "H1", "200.00"),
    ]


def test_the_version_of_the_month_counts_and_an_ended_agreement_is_taken_back(
    members: dict[str, Institution], centre: User, second: User
) -> None:
    agreed(centre, second, expert())
    half = (WantedParty("receiver", "", Decimal("0.5")), WantedParty("pool", "V1", Decimal("0.5")))
    agreed(centre, second, expert(effective_from=date(2026, 4, 1), parties=half))
    trade.landed(members["H1"], SERVICES, [service("D1", "20")])
    night(members)
    assert parts()[0][3] == "9600.00"
    agreed(centre, second, expert(effective_from=date(2026, 3, 1), ended=True))
    assert "没有生效" in night(members)
    assert parts() == []
    assert sum(Decimal(debit) for _, _, debit, _ in legs(members["T1"])) == 0


def test_services_without_an_agreement_are_named(members: dict[str, Institution], centre: User) -> None:
    trade.landed(members["H1"], SERVICES, [service("D1", agreement="NONE")])
    done = settle_month(actor_of_user(centre), period=MARCH)
    assert [finding.code for finding in done.held] == ["costing.service_without_agreement"]


def test_a_month_that_runs_is_not_settled(centre: User) -> None:
    with pytest.raises(DomainError) as refused:
        settle_month(actor_of_user(centre), period=Period(2099, 1))
    assert refused.value.code == "costing.settlement_too_early"


@pytest.mark.parametrize(
    ("row", "code", "field"),
    [
        (service("D1", unit_cost="800", amount="9.99"), "amount_mismatch", "amount"),
        (service("D1", service_kind="diagnosis"), "service_without_amount", "amount"),
        (service("D1", receiver_department="XX"), "receiver_department", "receiver_department"),
        (service("D1", receiver="H1"), "unknown_institution", "receiver"),
        (service("D1", service_kind="walk"), "unknown_code", "service_kind"),
    ],
)
def test_a_faulty_service_is_told_its_field(
    members: dict[str, Institution], row: dict[str, Any], code: str, field: str
) -> None:
    receipt = trade.send(members["H1"], SERVICES, [row, service("D9")])
    assert [(error.code, error.field) for error in receipt.errors] == [(f"his_intake.{code}", field)]
    assert receipt.batch.landed == 1


def test_pages_lead_from_the_month_to_the_rows_and_a_member_sees_only_its_own(
    members: dict[str, Institution], centre: User, second: User, client: Client
) -> None:
    agreed(centre, second, expert())
    trade.landed(members["H1"], SERVICES, [service("D1", "20")])
    client.force_login(centre)
    month = f"{reverse('costing:settlements')}?period=2026-03"
    assert "未结算" in client.get(month).content.decode()
    answer = client.post(reverse("costing:settle-month"), {"period": "2026-03"}, follow=True).content.decode()
    assert "已结算 1 个协议" in answer
    page = client.get(month).content.decode()
    assert "9,600.00" in page
    assert "6,400.00" in page
    run = SettlementRun.objects.get()
    detail = client.get(reverse("costing:settlement", args=[run.pk])).content.decode()
    assert "60%" in detail
    basis = run.bases.get()
    behind = client.get(reverse("costing:settlement-basis", args=[basis.pk])).content.decode()
    assert "与依据金额一致" in behind
    assert "D1" in behind
    for address in (month, reverse("costing:settlement", args=[run.pk]), reverse("costing:agreements")):
        sheet = book_of(client.get(address, {"export": "xlsx", "period": "2026-03"})).get_sheet_by_index(0)
        assert len(sheet.to_python()) > 1
    client.force_login(trade.person("township", Role.FINANCE_OFFICER, members["T1"]))
    page = client.get(month).content.decode()
    assert "9,600.00" in page
    assert "6,400.00" not in page
    api = client.get("/api/v1/costing/agreement-settlements/?period=2026-03").json()
    assert [(row["bearer"], row["payee"], row["amount"]) for row in api["results"]] == [("T1", "H1", "9600.00")]
    assert [row["code"] for row in client.get("/api/v1/costing/agreements/").json()] == ["EXPERT"]


@pytest.mark.parametrize("kind", ["expert", "joint_exam", "shared_centre", "three_level"])
def test_every_kind_is_asked_for_by_its_form(
    members: dict[str, Institution], centre: User, second: User, client: Client, kind: str
) -> None:
    client.force_login(centre)
    address = f"{reverse('costing:new-agreement')}?kind={kind}"
    form = client.get(address).context["form"]
    given = {name: field.initial for name, field in form.fields.items() if field.initial not in (None, "", False)}
    given |= {
        "code": "X1",
        "name": "协议一",
        "effective_from": "2026-01",
        "source_text": "会议纪要",
        "holder": members["H1"].pk,
    }
    if kind == "joint_exam":
        given |= {"bases": [members["T1"].pk], "upper": members["H1"].pk, "fee_classes": ["examination"]}
    if kind == "shared_centre":
        given["provider"] = members["H1"].pk
    answer = client.post(address, given)
    assert answer.status_code == 302, answer.context["form"].errors
    proposal = AgreementProposal.objects.get()
    sign(second)
    agreement = Agreement.objects.get()
    assert (agreement.kind, agreement.effective_from) == (kind, date(2026, 1, 1))
    again = f"{reverse('costing:new-agreement')}?from={agreement.pk}"
    form = client.get(again).context["form"]
    given = {name: field.initial for name, field in form.fields.items() if field.initial not in (None, "", False)}
    answer = client.post(again, {**given, "effective_from": "2026-02", "source_text": "新的纪要"})
    assert answer.status_code == 302, answer.context["form"].errors
    newer = AgreementProposal.objects.exclude(pk=proposal.pk).get()
    assert newer.terms == {**proposal.terms, "source_text": "新的纪要"}


def test_a_program_asks_for_an_agreement(
    members: dict[str, Institution], centre: User, second: User, client: Client
) -> None:
    client.force_login(centre)
    body = {
        "type": "costing.agreement",
        "code": "EXPERT",
        "name": "专家下沉",
        "kind": "expert",
        "effective_from": "2026-01-01",
        "source_mark": "seed",
        "source_text": "专家下沉协议",
        "parties": [{"role": "receiver", "share": "0.6"}, {"role": "pool", "institution": "H1", "share": "0.4"}],
        "unit_costs": {"expert": "800"},
    }
    answer = client.post("/api/v1/workflows/matters/", body, content_type="application/json")
    assert answer.status_code == 201, answer.content.decode()
    assert AgreementProposal.objects.get().terms["parties"] == [["receiver", "", "0.6"], ["pool", "H1", "0.4"]]


def test_a_member_is_told_before_closing_of_a_settlement_that_is_missing_or_behind(
    members: dict[str, Institution], centre: User, second: User
) -> None:
    def told(code: str) -> list[str]:
        return [finding.severity.value for finding in closing_blockers(members[code], MARCH)]

    agreed(centre, second, expert(holder="H1"))
    trade.landed(members["H1"], SERVICES, [service("D1")])
    receiver = "T1"
    assert told(receiver) == ["warning"], "services came, nothing is settled"
    night(members)
    assert told(receiver) == []
    trade.landed(members["H1"], SERVICES, [service("D2")])
    assert told(receiver) == ["warning"], "settled, but more services came since"
    assert told("V1") == [], "whom it does not concern"
    Parameter.objects.create(
        key="costing.settlement_blocks_closing",
        scope="national",
        effective_from=MARCH.first_day,
        value=1,
        name="医共体分担未结算时不能结账",
        unit="",
        source_mark="default",
        source_text="测试",
    )
    assert told(receiver) == ["blocking"]
    assert [one.code for one in closing.blockers(members[receiver], MARCH)].count(
        "costing.settlement_not_up_to_date"
    ) == 1


def test_an_examination_charged_below_and_above_to_the_same_patient_is_named_and_opens(
    members: dict[str, Institution], centre: User, second: User, client: Client
) -> None:
    lead, base = members["H1"], members["T1"]
    agreed(centre, second, joint(fee_classes=(), items=("JC",)))
    for where, visits in ((base, ("M1", "M2", "M3")), (lead, ("N1", "N2", "N3"))):
        trade.landed(where, "encounters", [trade.visit(one, "WK") | {"patient": f"{one[1:]:0>64}"} for one in visits])
        trade.landed(where, "charge-lines", [trade.charge(one, 1, "JC", "WK", "WK", "100.00") for one in visits])
    refund = trade.charge("N2", 2, "JC", "WK", "WK", "-100.00") | {"refund_of": "1"}
    trade.landed(lead, "charge-lines", [refund])
    for where in (lead, base):
        trade.landed(where, "cost-entries", [trade.cost("C1", "WK", "1000.00")])
        run_allocation(PLATFORM, institution=where, period=MARCH)
    night(members)
    run = SettlementRun.objects.get(is_current=True)
    found = double_charges(run=run)
    assert [(one.base.encounter_no, one.upper.encounter_no) for one in found] == [("M1", "N1"), ("M3", "N3")]
    client.force_login(centre, backend="django.contrib.auth.backends.ModelBackend")
    assert "2 条" in client.get(reverse("costing:settlement", args=[run.pk])).content.decode()
    page = client.get(reverse("costing:double-charges", args=[run.pk])).content.decode()
    assert "M1/1" in page
    assert "N1/1" in page
    assert "M2/1" not in page, "refunded above"


def test_charges_on_both_sides_of_the_months_end_belong_to_the_month_of_the_later_one(
    members: dict[str, Institution], centre: User, second: User
) -> None:
    """Within 7 days: 27 February below and 2 March above; 20 February is too far; 30 March and 3 April belong to April."""
    lead, base = members["H1"], members["T1"]
    agreed(centre, second, joint(fee_classes=(), items=("JC",)))
    days = {"M1": "2026-02-27", "M2": "2026-02-20", "M3": "2026-03-30"}
    days |= {"N1": "2026-03-02", "N2": "2026-03-02", "N3": "2026-04-03"}
    for where, visits in ((base, ("M1", "M2", "M3")), (lead, ("N1", "N2", "N3"))):
        trade.landed(
            where,
            "encounters",
            [trade.visit(one, "WK", f"{days[one]}T08:00:00") | {"patient": f"{one[1:]:0>64}"} for one in visits],
        )
        trade.landed(
            where,
            "charge-lines",
            [trade.charge(one, 1, "JC", "WK", "WK", "100.00", f"{days[one]}T09:00:00") for one in visits],
        )
        trade.landed(where, "cost-entries", [trade.cost("C1", "WK", "1000.00")])
        run_allocation(PLATFORM, institution=where, period=MARCH)
    night(members)
    (found,) = double_charges(run=SettlementRun.objects.get(is_current=True))
    assert (found.base.encounter_no, found.upper.encounter_no) == ("M1", "N1")


def test_a_page_of_a_settled_month_reads_no_charge_lines_again(
    members: dict[str, Institution], centre: User, second: User
) -> None:
    base = members["T1"]
    agreed(centre, second, joint(fee_classes=(), items=("JC",)))
    trade.landed(base, "encounters", [trade.visit("M1", "WK")])
    trade.landed(base, "charge-lines", [trade.charge("M1", 1, "JC", "WK", "WK", "1000.00")])
    trade.landed(base, "cost-entries", [trade.cost("C1", "WK", "1000.00")])
    run_allocation(PLATFORM, institution=base, period=MARCH)
    night(members)
    with CaptureQueriesContext(connection) as queries:
        found = settled_month(actor=actor_of_user(centre), period=MARCH)
    assert [one.state for one in found.standings] == ["settled"]
    assert not [one for one in queries if "his_intake_chargeline" in one["sql"]]
