"""Cost targets and deviations: two persons for a target, the closed loop of a deviation, and who may do what."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.db.utils import DatabaseError
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from costing import target_files
from costing.deviation_telling import KIND as TOLD
from costing.engine.targets import Verdict
from costing.models import CostDeviation, CostTarget, CostTargetProposal, PatientRun
from costing.selectors.responsibility.savings import savings
from costing.selectors.responsibility.targets import TargetMonth, month_of_targets
from costing.services import cost_patients_of, run_allocation
from costing.services.deviations import (
    complete_action,
    confirm_deviation,
    evaluate_month,
    explain_deviation,
    open_low_benefit,
    remind_overdue,
    send_back,
)
from costing.services.targets import WantedTarget, propose_targets
from costing.telling import tell_departments
from insurance_settlement.services import run_grouping
from ops_platform.identity.actors import actor_of_user
from ops_platform.identity.models import User
from ops_platform.kernel import Actor, Conflict, Forbidden, Invalid, NotFound, Period, Role
from ops_platform.kernel.actor import PLATFORM
from ops_platform.masterdata.models import Department, Parameter
from ops_platform.notifications.models import Message
from tests.support import trade
from tests.support.downloads import book_of
from tests.support.links import dead_links
from tests.support.workbooks import PerCent, workbook
from workflows.models import Matter, Task
from workflows.reference import load_flows
from workflows.services import approve, reject, return_to

pytestmark = pytest.mark.django_db
MARCH = Period.parse("2026-03")
FROM = date(2026, 3, 1)
LATER = timedelta(days=30)


class Ward:
    """A hospital with a ward (two visits, two stays of pneumonia) and the people who answer for it."""

    def __init__(self, since: str = "2026-01") -> None:
        self.hospital = trade.alliance(since)["H1"]
        load_flows()
        begun = {"since": f"{since}-01"}
        trade.landed(
            self.hospital,
            "departments",
            [trade.department("D", name="内科", **begun), trade.department("E", name="外科", **begun)],
        )
        trade.landed(
            self.hospital,
            "charge-items",
            [
                trade.item("ZC", fee_class="consultation"),
                trade.item("YP", item_class="drug", fee_class="western_drugs"),
            ],
        )
        stay = {"kind": "inpatient", "when": "2026-03-02T08:00:00", "discharged": "2026-03-05T10:00:00"}
        trade.landed(
            self.hospital,
            "encounters",
            [trade.visit("M1", "D"), trade.visit("M2", "D"), trade.visit("Z1", "D", **stay)],
        )
        trade.landed(
            self.hospital,
            "charge-lines",
            [
                trade.charge("M1", 1, "ZC", "D", "D", "600.00"),
                trade.charge("M2", 1, "YP", "D", "D", "500.00"),
                trade.charge("Z1", 1, "ZC", "D", "D", "400.00"),
            ],
        )
        abstract = {"diagnoses": ["J18.900"], "sex": "1", "age": "67", "stay_days": "3", "leaving_type": "1"}
        trade.landed(
            self.hospital, "discharge-abstracts", [{"encounter_no": "Z1", "total_charges": "400.00", **abstract}]
        )
        trade.landed(self.hospital, "cost-entries", [trade.cost("V-D", "D", "1500000.00")])
        self.ward = Department.objects.get(institution=self.hospital, code="D")
        self.head = trade.person("head", Role.DEPARTMENT_HEAD, self.hospital, self.ward)
        self.clerk = trade.person("clerk", Role.FINANCE_OFFICER, self.hospital)
        self.director = trade.person("finance-director", Role.FINANCE_DIRECTOR, self.hospital)
        self.leader = trade.person("leader", Role.INSTITUTION_HEAD, self.hospital)
        self.compute()

    def compute(self) -> None:
        run_allocation(PLATFORM, institution=self.hospital, period=MARCH)
        cost_patients_of(PLATFORM, institution=self.hospital, period=MARCH)
        run_grouping(PLATFORM, institution=self.hospital, period=MARCH)

    def asked(self, *rows: WantedTarget) -> Matter:
        _proposal, matter = propose_targets(
            actor_of_user(self.director),
            institution_id=self.hospital.pk,
            rows=rows,
            source_mark="seed",
            source_text="2026 年责任书",
        )
        return Matter.objects.get(pk=matter)

    def targets(self, *rows: WantedTarget) -> None:
        sign(self.leader, self.asked(*rows))

    def month(self, person: User | None = None) -> list[TargetMonth]:
        return month_of_targets(
            actor=actor_of_user(person or self.clerk), institution=self.hospital.pk, period="2026-03"
        )

    def missed(self) -> CostDeviation:
        """A drug ratio of a third against a limit of 30 %."""
        self.targets(drugs("0.30"))
        (deviation,) = evaluate_month(PLATFORM, institution=self.hospital, period=MARCH).opened
        return deviation


@pytest.fixture
def ward() -> Ward:
    return Ward()


def drugs(limit: str, **more: Any) -> WantedTarget:
    return WantedTarget(metric="drug_ratio", effective_from=FROM, limit=Decimal(limit), department="D", **more)


def sign(person: User, matter: Matter) -> None:
    task = Task.objects.get(matter=matter, person=person, state="open").number
    approve(actor_of_user(person), matter_id=matter.pk, task=task)


def me(person: User) -> Actor:
    return actor_of_user(person)


def explained(ward: Ward, deviation: CostDeviation) -> Matter:
    plan = [("停用两种高价辅助用药", timezone.localdate() + LATER), ("每周点评处方", timezone.localdate() + LATER)]
    _found, matter = explain_deviation(me(ward.head), deviation_id=deviation.pk, reason="流感季用药增加", plan=plan)
    return Matter.objects.get(pk=matter)


def browser(person: User) -> Client:
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_a_second_person_puts_targets_in_force_and_the_head_answers_by_default(ward: Ward) -> None:
    matter = ward.asked(drugs("0.40", specialists=("clerk",)))
    assert not CostTarget.objects.exists()
    sign(ward.leader, matter)
    target = CostTarget.objects.get()
    assert (target.responsible, target.specialist, target.limit) == (ward.head, ward.clerk, Decimal("0.4"))
    assert CostTargetProposal.objects.get().state == "in_force"
    with pytest.raises(DatabaseError), transaction.atomic():
        CostTarget.objects.update(limit=1)


def test_refused_targets_leave_nothing(ward: Ward) -> None:
    matter = ward.asked(drugs("0.40"))
    task = Task.objects.get(matter=matter, person=ward.leader).number
    reject(me(ward.leader), matter_id=matter.pk, task=task, comment="先与科室商定")
    assert (CostTargetProposal.objects.get().state, CostTarget.objects.count()) == ("refused", 0)


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"metric": "luck"}, "metric"),
        ({"department": "X"}, "department"),
        ({"effective_from": date(2026, 3, 2)}, "effective_from"),
        ({"object": "drugs"}, "object"),
        ({"metric": "item_cost", "object": "gold"}, "object"),
        ({"metric": "drg_cost"}, "object"),
        ({"limit": None}, "limit"),
        ({"limit": Decimal(40)}, "limit"),
        ({"limit": Decimal("1.40")}, "limit"),
        ({"limit": Decimal("0.004")}, "limit"),  # 40 % typed as 0.4
        ({"metric": "full_cost", "limit": Decimal("-1")}, "limit"),
        ({"standard": Decimal(5)}, "standard"),
        ({"metric": "drg_cost", "object": "ES11", "limit": Decimal(3300), "standard": Decimal(3200)}, "limit"),
        ({"responsible": "nobody"}, "responsible"),
        ({"specialists": ("clerk", "clerk")}, "specialists"),
        ({"department": "E"}, "responsible"),  # surgery has no head
        ({"ended": True}, "ended"),
    ],
)
def test_what_is_wrong_with_a_target_is_said_at_its_field(ward: Ward, wanted: dict[str, Any], field: str) -> None:
    given = {"metric": "drug_ratio", "effective_from": FROM, "limit": Decimal("0.4"), "department": "D", **wanted}
    with pytest.raises(Invalid) as refused:
        ward.asked(WantedTarget(**given))
    assert (refused.value.code, refused.value.context["field"]) == ("costing.target_rows", field)


def test_the_same_target_is_not_asked_for_twice_and_a_later_version_takes_its_place(ward: Ward) -> None:
    matter = ward.asked(drugs("0.40"))
    with pytest.raises(Invalid, match="正在审批"):
        ward.asked(drugs("0.35"))
    sign(ward.leader, matter)
    with pytest.raises(Invalid, match="已有版本"):
        ward.asked(drugs("0.35"))
    ward.targets(WantedTarget("drug_ratio", date(2026, 4, 1), None, "D", ended=True))
    assert [one.verdict for one in ward.month()] == [Verdict.KEPT]
    assert not month_of_targets(actor=me(ward.clerk), institution=ward.hospital.pk, period="2026-04")


def test_each_metric_is_the_figure_of_its_own_report(ward: Ward) -> None:
    def target(metric: str, limit: str, **more: Any) -> WantedTarget:
        return WantedTarget(
            **{"metric": metric, "effective_from": FROM, "limit": Decimal(limit), "department": "D", **more}
        )

    drg = _drg(ward)
    ward.targets(
        drugs("0.40"),
        target("material_ratio", "0.20"),
        target("service_ratio", "0.70"),
        target("visit_cost", "1000"),
        target("bed_day_cost", "1000"),
        target("visit_cost_growth", "0.08"),
        target("full_cost", "2000000"),
        target("item_cost", "1000000", object="personnel"),
        target("drg_cost", "2800", object=drg, standard=Decimal(3200)),
        target("full_cost", "1500000", department=""),
    )
    found = {(one.place, one.target.metric): one for one in ward.month()}
    # 500 of 1,500 are drugs; the ward's 1,500,000 is all there is
    assert found["内科", "drug_ratio"].actual == Decimal("0.333333")
    assert found["内科", "material_ratio"].actual == 0
    assert found["内科", "service_ratio"].actual == Decimal("0.666667")
    assert found["内科", "full_cost"].actual == found["全院", "full_cost"].actual == 1_500_000
    assert found["内科", "item_cost"].actual == 1_500_000
    run = PatientRun.objects.get(is_current=True)
    assert found["内科", "visit_cost"].measured.volume == 2
    assert found["内科", "bed_day_cost"].measured.volume == 3
    assert found["内科", "visit_cost_growth"].measured.why == "上年同月没有可比数据"
    group = found["内科", "drg_cost"]
    assert group.actual is not None
    assert group.margin == 3200 - group.actual
    assert run.full_cost == 1_500_000
    verdicts = {key: one.verdict.value for key, one in found.items()}
    assert verdicts["内科", "service_ratio"] == "missed"
    assert verdicts["内科", "visit_cost_growth"] == "unknown"
    assert verdicts["全院", "full_cost"] == "kept"
    with CaptureQueriesContext(connection) as few:
        ward.month()
    assert len(few) < 40


def _drg(ward: Ward) -> str:
    from insurance_settlement.public import month_of_cases

    settled = month_of_cases(institution=ward.hospital.pk, period="2026-03")
    assert settled is not None
    return settled.cases[0].drg


def test_a_missed_target_of_an_ended_month_opens_one_deviation_and_tells_who_answers(ward: Ward) -> None:
    deviation = ward.missed()
    assert (deviation.title, deviation.actual) == ("内科 药占比", Decimal("0.333333"))
    message = Message.objects.get(kind=TOLD)
    assert message.recipient == ward.head
    assert "实际 33.33%，目标 ≤ 30.00%" in message.body
    again = evaluate_month(PLATFORM, institution=ward.hospital, period=MARCH)
    assert (again.missed, again.opened, CostDeviation.objects.count()) == (1, (), 1)
    run = deviation.cost_run
    tell_departments(run)
    report = Message.objects.get(kind="costing.department_report")
    assert "未达成目标：药占比 33.33%(目标 ≤ 30.00%)" in report.body


def test_a_month_that_has_not_ended_is_not_judged(ward: Ward) -> None:
    with pytest.raises(Conflict) as refused:
        evaluate_month(PLATFORM, institution=ward.hospital, period=Period.of(timezone.localdate()))
    assert refused.value.code == "costing.month_not_ended"


def test_the_closed_loop_from_reason_to_confirmation(ward: Ward) -> None:
    deviation = ward.missed()
    matter = explained(ward, deviation)
    deviation.refresh_from_db()
    assert deviation.state == "submitted"
    assert not Message.objects.filter(kind=TOLD, recipient=ward.head, read_at=None).exists(), "done is done"
    sign(ward.director, matter)
    deviation.refresh_from_db()
    assert deviation.state == "acting", "a ninth beyond the limit needs no leader"
    file = SimpleUploadedFile("点评.txt", "处方点评记录".encode())
    complete_action(me(ward.head), deviation_id=deviation.pk, number=1, proof="药事会纪要 3 号", files=[file])
    with pytest.raises(Conflict):
        confirm_deviation(me(ward.clerk), deviation_id=deviation.pk)
    complete_action(me(ward.head), deviation_id=deviation.pk, number=2, proof="四周点评表")
    deviation.refresh_from_db()
    assert deviation.state == "confirming"
    assert Message.objects.filter(kind=TOLD, recipient=ward.clerk).exists()
    closed = confirm_deviation(me(ward.clerk), deviation_id=deviation.pk, remark="属实")
    assert (closed.state, closed.confirmed_by) == ("closed", ward.clerk)
    page = browser(ward.head).get(reverse("costing:deviation", args=[deviation.pk])).content.decode()
    for words in ("流感季用药增加", "药事会纪要 3 号", "点评.txt", "已关闭", "clerk"):
        assert words in page


def test_nobody_confirms_what_is_their_own(ward: Ward) -> None:
    trade.give(ward.head, Role.FINANCE_OFFICER, ward.hospital)
    deviation = ward.missed()
    sign(ward.director, explained(ward, deviation))
    for number in (1, 2):
        complete_action(me(ward.head), deviation_id=deviation.pk, number=number, proof="已完成")
    with pytest.raises(Forbidden) as own:
        confirm_deviation(me(ward.head), deviation_id=deviation.pk)
    assert own.value.code == "costing.deviation_own"
    with pytest.raises(DatabaseError), transaction.atomic():
        CostDeviation.objects.filter(pk=deviation.pk).update(
            state="closed", confirmed_by=ward.head, confirmed_at=timezone.now()
        )
    with pytest.raises(Invalid):
        send_back(me(ward.clerk), deviation_id=deviation.pk, remark="")
    back = send_back(me(ward.clerk), deviation_id=deviation.pk, remark="点评表缺第三周")
    assert (back.state, back.actions.filter(done_at=None).count()) == ("acting", 2)


def test_who_does_not_answer_for_it_neither_explains_nor_acts(ward: Ward) -> None:
    deviation = ward.missed()
    due = timezone.localdate() + LATER
    with pytest.raises(Forbidden):
        explain_deviation(me(ward.clerk), deviation_id=deviation.pk, reason="不知道", plan=[("措施", due)])
    surgery = Department.objects.get(institution=ward.hospital, code="E")
    other = trade.person("surgeon", Role.DEPARTMENT_HEAD, ward.hospital, surgery)
    with pytest.raises(NotFound):
        explain_deviation(me(other), deviation_id=deviation.pk, reason="不知道", plan=[("措施", due)])
    assert browser(other).get(reverse("costing:deviation", args=[deviation.pk])).status_code == 404
    sent_on = browser(ward.clerk).get(reverse("costing:explain-deviation", args=[deviation.pk]))
    assert sent_on.status_code == 302


@pytest.mark.parametrize(
    ("reason", "plan", "code"),
    [
        ("", [("措施", 30)], "costing.deviation_reason"),
        ("原因", [], "costing.deviation_plan"),
        ("原因", [("措施", -1)], "costing.deviation_due"),
        ("原因", [("措施", 365 * 1000)], "costing.day_of_no_year"),
        ("原因", [("措", 30)], "costing.deviation_plan"),
        ("原因", [("措施", 30)] * 6, "costing.deviation_plan"),
    ],
)
def test_an_explanation_needs_reason_measures_and_dates(
    ward: Ward, reason: str, plan: list[tuple[str, int]], code: str
) -> None:
    deviation = ward.missed()
    dated = [(what, timezone.localdate() + timedelta(days=days)) for what, days in plan]
    with pytest.raises(Invalid) as refused:
        explain_deviation(me(ward.head), deviation_id=deviation.pk, reason=reason, plan=dated)
    assert refused.value.code == code


def test_refused_it_is_open_again_and_returned_it_is_changed_and_sent_again(ward: Ward) -> None:
    deviation = ward.missed()
    matter = explained(ward, deviation)
    task = Task.objects.get(matter=matter, person=ward.director).number
    return_to(me(ward.director), matter_id=matter.pk, task=task, comment="请写明药品名称")
    again = explained(ward, deviation)
    assert again.pk == matter.pk
    browser(ward.head).post(reverse("workflows:resubmit", args=[matter.pk]), {"comment": "已补充"})
    task = Task.objects.get(matter=matter, person=ward.director, state="open").number
    reject(me(ward.director), matter_id=matter.pk, task=task, comment="措施不对题")
    deviation.refresh_from_db()
    assert deviation.state == "open"
    assert explained(ward, deviation).pk != matter.pk


def test_far_beyond_the_limit_the_leader_signs_too(ward: Ward) -> None:
    ward.targets(drugs("0.20"))
    (deviation,) = evaluate_month(PLATFORM, institution=ward.hospital, period=MARCH).opened
    matter = explained(ward, deviation)
    sign(ward.director, matter)
    deviation.refresh_from_db()
    assert deviation.state == "submitted"
    sign(ward.leader, matter)
    deviation.refresh_from_db()
    assert deviation.state == "acting"


def test_a_deviation_keeps_its_figures_and_shows_that_a_newer_run_says_otherwise(ward: Ward) -> None:
    deviation = ward.missed()
    trade.landed(ward.hospital, "charge-lines", [trade.charge("M1", 2, "ZC", "D", "D", "9000.00")])
    ward.compute()
    found = CostDeviation.objects.get()
    assert (found.actual, found.cost_run.is_current) == (Decimal("0.333333"), False)
    page = browser(ward.head).get(reverse("costing:deviation", args=[deviation.pk])).content.decode()
    assert "33.33%" in page
    assert "4.76%" in page
    assert "重新核算后已达成" in page
    _found, matter = explain_deviation(me(ward.head), deviation_id=deviation.pk, reason="漏传收费已补传", plan=[])
    sign(ward.director, Matter.objects.get(pk=matter))
    found.refresh_from_db()
    assert found.state == "confirming", "closed only when a second person has confirmed"


def test_late_measures_are_told_once(ward: Ward) -> None:
    deviation = ward.missed()
    sign(ward.director, explained(ward, deviation))
    asked = {"institution": ward.hospital.pk, "today": timezone.localdate() + LATER}
    assert remind_overdue(**asked) == 0, "the last day is not late"
    asked["today"] += timedelta(days=1)
    assert (remind_overdue(**asked), remind_overdue(**asked)) == (2, 0)


def test_savings_are_summed_over_the_year_and_shared_as_the_parameter_says(ward: Ward) -> None:
    """Target 2,000,000, actual 1,500,000, 15 % → 75,000 (domain.md 6.2)."""
    ward.targets(
        WantedTarget("full_cost", FROM, Decimal(2_000_000), "D"),
        WantedTarget("full_cost", FROM, Decimal(1_000_000), ""),
    )
    share = Parameter.objects.get(key="costing.saving_share").value
    whole, ward_ = sorted(
        savings(actor=me(ward.clerk), institution=ward.hospital, period="2026-03", share=share),
        key=lambda one: one.year_saving,
    )
    assert (ward_.month_saving, ward_.year_saving, ward_.bonus) == (500_000, 500_000, Decimal("75000.00"))
    assert (whole.year_saving, whole.bonus) == (-500_000, 0)
    client = browser(ward.head)
    page = client.get(reverse("costing:savings"), {"period": "2026-03"}).content.decode()
    assert "75,000.00" in page
    assert "-500,000.00" not in page, "the head sees the own department"
    assert "不在此处发放" in page
    told = client.get("/api/v1/costing/savings/", {"institution": "H1", "period": "2026-03"}).json()
    assert [one["bonus"] for one in told] == ["75000.00"]


def test_savings_of_the_running_month_say_that_it_is_not_over(ward: Ward) -> None:
    ward.targets(WantedTarget("full_cost", FROM, Decimal(2_000_000), "D"))
    running = Period.of(timezone.localdate())
    bill = trade.cost("V-now", "D", "5.00", day=running.first_day.isoformat())
    trade.landed(ward.hospital, "cost-entries", [bill])
    run_allocation(PLATFORM, institution=ward.hospital, period=running)
    page = browser(ward.head).get(reverse("costing:savings"), {"period": str(running)}).content.decode()
    assert "本月还没有结束" in page
    assert "没有可计算节约的目标" not in page


def test_finance_opens_rectification_of_what_costs_much_and_brings_little(ward: Ward) -> None:
    client = browser(ward.clerk)
    url = reverse("costing:low-benefit")
    asked = {"institution": ward.hospital.pk, "period": "2026-03"}
    page = client.get(url, asked).content.decode()
    assert "发起整改" in page
    run = PatientRun.objects.get(is_current=True)
    sent = {"run": run.pk, "kind": "item", "department": ward.ward.pk, "object": "ZC"}
    assert client.post(reverse("costing:open-low-benefit"), sent).status_code == 302
    deviation = CostDeviation.objects.get()
    assert (deviation.kind, deviation.responsible, deviation.target) == ("item", ward.head, None)
    assert "每元成本收回" in Message.objects.get(kind=TOLD).body
    with pytest.raises(Conflict):
        open_low_benefit(me(ward.clerk), run_id=run.pk, kind="item", department=ward.ward.pk, object_="ZC")
    with pytest.raises(NotFound):
        open_low_benefit(me(ward.clerk), run_id=run.pk, kind="item", department=ward.ward.pk, object_="YP")
    assert "待说明" in client.get(url, asked).content.decode()
    assert "发起整改" not in browser(ward.leader).get(url, asked).content.decode(), "the leader reads"


HEAD = tuple(target_files.TITLES.values())


def imported(client: Client, ward: Ward, body: bytes) -> Any:
    given = {"institution": ward.hospital.pk, "source_mark": "seed", "source_text": "责任书"}
    return client.post(reverse("costing:import-targets"), {**given, "file": SimpleUploadedFile("targets.xlsx", body)})


def test_a_workbook_goes_out_and_comes_back_as_one_proposal(ward: Ward) -> None:
    ward.targets(drugs("0.40"), WantedTarget("item_cost", FROM, Decimal("1000.5"), "D", object="drugs"))
    client = browser(ward.director)
    answer = client.get(reverse("costing:target-file"), {"institution": ward.hospital.pk})
    head, *rows = book_of(answer).get_sheet_by_index(0).to_python()
    assert tuple(head) == HEAD
    limits = {row[2]: row[5] for row in rows}
    assert limits == {"药占比": 40, "成本项目月成本": 1000.5}, "numbers, which a spreadsheet can work with"
    changed = [(*row[:4], "2026-05", *row[5:]) for row in rows]
    assert imported(client, ward, workbook(HEAD, *changed)).status_code == 302
    proposal = CostTargetProposal.objects.get(state="asked")
    assert {(row["metric"], row["limit"], row["effective_from"]) for row in proposal.rows} == {
        ("drug_ratio", "0.4", "2026-05-01"),
        ("item_cost", "1000.5", "2026-05-01"),
    }


def test_a_limit_in_a_per_cent_cell_counts_as_it_is_seen(ward: Ward) -> None:
    """A spreadsheet keeps 0.4 where a person sees 40%; an amount has no per cent."""
    client = browser(ward.director)
    ratio = ("D", "内科", "药占比", "", "2026-03", PerCent("0.4"), "", "", "", "", "")
    amount = ("D", "内科", "成本项目月成本", "药品费", "2026-03", PerCent("0.4"), "", "", "", "", "")
    refused = imported(client, ward, workbook(HEAD, ratio, amount)).content.decode()
    assert "第 3 行「限额(元或%)」：40% 不是可用的数" in refused
    assert imported(client, ward, workbook(HEAD, ratio)).status_code == 302
    assert [row["limit"] for row in CostTargetProposal.objects.get().rows] == ["0.4"]


def test_faulty_rows_are_named_by_line_and_column_and_nothing_is_taken(ward: Ward) -> None:
    client = browser(ward.director)
    good = ("D", "内科", "药占比", "", "2026-03", 40, "", "", "", "", "")
    body = workbook(HEAD, good, ("X", "", "耗占比", "", "2026-03", 20), (), ("D", "", "运气", "", "2026-03", 1))
    page = imported(client, ward, body)
    assert page.status_code == 422
    assert "第 3 行「科室编码」：本机构没有编码为 X 的科室" in page.content.decode(), "all faults at once"
    assert "第 5 行「指标」：运气 不在可选之中" in page.content.decode()
    page = imported(client, ward, workbook(HEAD, good, (), ("X", "", "耗占比", "", "2026-03", "20%")))
    assert "第 4 行「科室编码」：本机构没有编码为 X 的科室" in page.content.decode()
    page = imported(client, ward, workbook(HEAD, ("D", "", "药占比", "", "三月", "很多")))
    words = page.content.decode()
    assert "第 2 行「生效月份」" in words
    assert "第 2 行「限额(元或%)」" in words
    assert "请上传由本页导出的" in imported(client, ward, b"no workbook").content.decode()
    assert not CostTargetProposal.objects.exists()


def test_pages_show_targets_by_month_and_one_over_months(ward: Ward) -> None:
    deviation = ward.missed()
    page = browser(ward.head).get(reverse("costing:targets"), {"period": "2026-03"})
    words = page.content.decode()
    for part in ("药占比", "≤ 30.00%", "33.33%", "未达成", "待说明", f"/departments/{ward.ward.pk}/?period=2026-03"):
        assert part in words
    target = browser(ward.clerk).get(reverse("costing:target", args=[deviation.target_id])).content.decode()
    assert "2026 年责任书" in target
    assert "/costing/income-structure/classes/" in target
    told = browser(ward.clerk).get("/api/v1/costing/targets/", {"institution": "H1", "period": "2026-03"}).json()
    assert [(one["limit"], one["actual"], one["verdict"]) for one in told] == [("0.300000", "0.333333", "missed")]
    listed = browser(ward.clerk).get("/api/v1/costing/deviations/", {"state": "open"}).json()
    assert [one["title"] for one in listed["results"]] == ["内科 药占比"]


def test_a_target_is_entered_in_the_form_in_per_cent(ward: Ward) -> None:
    client = browser(ward.director)
    given = {
        "institution": ward.hospital.pk,
        "department": ward.ward.pk,
        "metric": "drug_ratio",
        "limit": "38.5",
        "effective_from": "2026-03",
        "specialist": "clerk",
        "source_mark": "seed",
        "source_text": "责任书",
    }
    refused = client.post(reverse("costing:new-target"), {**given, "drg": "ES11"})
    assert refused.status_code == 422
    assert "该指标不分成本项目或病组" in refused.content.decode()
    assert client.post(reverse("costing:new-target"), given).status_code == 302
    assert CostTargetProposal.objects.get().rows[0]["limit"] == "0.385"


def test_finance_may_judge_the_month_at_once(ward: Ward) -> None:
    ward.targets(drugs("0.30"))
    client = browser(ward.clerk)
    assert "评价本月" in client.get(reverse("costing:targets"), {"period": "2026-03"}).content.decode()
    sent = {"institution": ward.hospital.pk, "period": "2026-03"}
    assert client.post(reverse("costing:evaluate-targets"), sent).status_code == 302
    assert CostDeviation.objects.get().opened_by == "clerk"


def test_the_head_goes_the_whole_way_in_pages(ward: Ward) -> None:
    deviation = ward.missed()
    head, clerk = browser(ward.head), browser(ward.clerk)
    due = (timezone.localdate() + LATER).isoformat()
    explain = reverse("costing:explain-deviation", args=[deviation.pk])
    half = head.post(explain, {"reason": "流感季", "what_1": "点评处方"})
    assert half.status_code == 422
    assert "措施和期限须一并填写" in half.content.decode()
    assert head.post(explain, {"reason": "流感季", "what_1": "点评处方", "due_1": due}).status_code == 302
    sign(ward.director, Matter.objects.get(subject_type="costing.deviation"))
    done = reverse("costing:complete-action", args=[deviation.pk, 1])
    assert head.get(done).status_code == 200
    assert head.post(done, {"proof": "点评表四份"}).status_code == 302
    confirm = reverse("costing:confirm-deviation", args=[deviation.pk])
    assert "整改属实" in clerk.get(reverse("costing:deviation", args=[deviation.pk])).content.decode()
    assert clerk.post(confirm, {"act": "confirm", "remark": "属实"}).status_code == 302
    deviation.refresh_from_db()
    assert deviation.state == "closed"
    target = reverse("costing:target", args=[deviation.target_id])
    assert dead_links(head, head.get(target)) == {}
