"""Every URL × every role: right role in, wrong role 403, another institution's object 404, anonymous to sign-in."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from costing.models import (
    Agreement,
    AgreementShare,
    CostBudget,
    CostBudgetAmount,
    CostDeviation,
    CostRun,
    CostTarget,
    CostTargetProposal,
    DeviationAction,
    ItemBasis,
    ItemCost,
    Pathway,
    PathwayItem,
    PatientCost,
    PatientRun,
    PriceAdjustment,
    PriceAdjustmentBase,
    PriceAdjustmentItem,
    Scenario,
    SettlementBasis,
    SettlementPart,
    SettlementRun,
    UnitDefinition,
)
from costing.services import run_allocation
from insurance_settlement.models import (
    CaseResult,
    FrontPageFinding,
    FrontPageRun,
    GroupingScheme,
    MappingRemark,
    MappingSimulation,
    MappingVersion,
    PriceBook,
    PricingTrial,
    SpecialReview,
    TrialMonth,
)
from insurance_settlement.services.trials import run_trial
from ops_platform.audit.models import AuditEvent
from ops_platform.documents.models import Document
from ops_platform.documents.public import attach, register_owner
from ops_platform.his_intake.models import Batch, Encounter, QuarantinedRow
from ops_platform.identity import services as identity
from ops_platform.identity.actors import actor_of_user
from ops_platform.identity.models import RoleAssignment, User
from ops_platform.kernel import Actor, Period, Role
from ops_platform.kernel.actor import PLATFORM
from ops_platform.ledger import services as ledger
from ops_platform.ledger.models import Account, ConsolidationRun, Entry, Errand, EventBooking, Voucher, VoucherExport
from ops_platform.ledger.services.consolidation_members import include_everybody
from ops_platform.masterdata.models import AccountingPeriod, ChargeItem, Department, Institution, PeriodReopening
from ops_platform.nightly import services as nightly
from ops_platform.nightly.models import MonthReminder, NightlyRun
from ops_platform.notifications import services as notifications
from ops_platform.notifications.models import Delivery, Message, WebhookEndpoint
from ops_platform.notifications.public import Note, notify
from tests.architecture.role_matrix import ALLIANCE_WIDE, KNOWN, MATRIX, PUBLIC
from tests.ledger.books import received
from tests.support import database, trade
from workflows import services as approval
from workflows.models import Flow, Process, ProcessCase, ProcessPoint
from workflows.reference import load_flows

SIGN_IN = "/accounts/sign-in/"
MATTER = "test.matter"  # something with attachments that whoever has a role at the institution may see
SIDES = ("department", "ordering", "receiver", "pathway", "type", "event", "source")


def urls(resolver: URLResolver, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """(name, view class) of every URL of the project."""
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            yield from urls(pattern, f"{prefix}{pattern.namespace}:" if pattern.namespace else prefix)
        elif isinstance(pattern, URLPattern):
            view = getattr(pattern.callback, "view_class", None) or getattr(pattern.callback, "cls", None)
            yield f"{prefix}{pattern.name}", view


ALL = dict(urls(get_resolver()))
NAMES = sorted(ALL)
POST_ONLY = {
    name
    for name, view in ALL.items()
    if view and hasattr(view, "post") and not (hasattr(view, "get") and "get" in view.http_method_names)
}


def test_every_url_has_a_row_and_every_row_a_url() -> None:
    assert sorted(MATRIX) == NAMES


class Community:
    """Two hospitals with the same data, one user for each role at the first."""

    def __init__(self) -> None:
        institutions = trade.alliance()
        self.own, self.foreign = institutions["H1"], institutions["T1"]
        for institution in (self.own, self.foreign):
            self._fill(institution)
        include_everybody(PLATFORM)
        run = nightly.start_run(PLATFORM, business_date=date(2026, 1, 31), trigger="command")
        for lane in run.lanes.order_by("institution_id"):
            nightly.advance(lane.pk)
        trade.landed(self.own, "cost-entries", [trade.cost("V9", "NK", "1.00", day="2026-01-31")])
        again = nightly.start_run(PLATFORM, business_date=date(2026, 1, 31), trigger="command")
        for lane in again.lanes.order_by("institution_id"):
            nightly.advance(lane.pk)
        for institution in (self.own, self.foreign):
            period, _ = AccountingPeriod.objects.get_or_create(institution=institution, period="2026-01")
            MonthReminder.objects.create(accounting_period=period, blockers=["缺少数据"], sent_at=timezone.now())
            PeriodReopening.objects.create(accounting_period=period, reason="测试用的原因", requested_by="nobody here")
        register_owner(MATTER, _sees_matter)
        for institution in (self.own, self.foreign):
            note = SimpleUploadedFile("note.txt", b"words")
            attach(PLATFORM, owner_type=MATTER, owner_id=institution.code, institution=institution, files=[note])
        webhook, _secret = notifications.create_webhook(
            PLATFORM, name="OA", url="https://1.1.1.1/", events=["notifications.test"]
        )
        notifications.send_test(PLATFORM, webhook_id=webhook.pk)
        self.users = {role: self._person(role) for role in KNOWN}
        load_flows()
        clerk_user = self.users[Role.FINANCE_OFFICER]
        clerk = actor_of_user(clerk_user)
        _, self.matter = approval.ask(
            clerk, institution_id=self.own.pk, kind="office", title="打印纸", amount=Decimal(9), reason="用完了"
        )
        trade.person("reviewer", Role.FINANCE_DIRECTOR, self.foreign)
        for institution in (self.own, self.foreign):
            self._keep_books(institution)
            run = CostRun.objects.filter(institution=institution, is_current=True).latest("pk")
            Scenario.objects.create(institution=institution, run=run, title="如果", created_by=clerk_user)
            begins = {"effective_from": date(2026, 6, 1), "source_text": "测试", "changed_by": "nobody here"}
            ItemBasis.objects.create(institution=institution, method="income", **begins)
            UnitDefinition.objects.create(institution=institution, **begins)
            self._register_process(institution)
            self._settle(institution)
            self._hold_responsible(institution, run)
            self._put_forward(institution)
            self._map_items(institution)
            self._examine(institution)
            self._try_prices(institution)
        auditor = self.users[Role.AUDITOR].pk
        notify([Note(auditor, "matter", "his_intake.findings", "有数据待处理", url="/messages/")])
        self.target = trade.person("target", None)
        RoleAssignment.objects.create(user=self.target, role=Role.LEADERSHIP, proposed_by="nobody here")
        identity.create_api_key(PLATFORM, name="key", institution_ids=[], all_institutions=True, datasets=[])

    def _fill(self, institution: Institution) -> None:
        trade.landed(
            institution,
            "departments",
            [trade.department("XZ", "administration", "院办"), trade.department("NK", name="内科")],
        )
        trade.landed(
            institution,
            "staff-headcounts",
            [{"department": code, "period": "2026-01", "headcount": "5"} for code in ("XZ", "NK")],
        )
        trade.landed(institution, "charge-items", [trade.item("CW", fee_class="bed")])
        trade.landed(institution, "cost-entries", [trade.cost("V1", "XZ", "100.00", day="2026-01-31")])
        stay = {"kind": "inpatient", "when": "2026-01-03T08:00:00", "discharged": "2026-01-09T08:00:00"}
        trade.landed(institution, "encounters", [trade.visit("Z1", "NK", **stay)])
        line = trade.charge("Z1", 1, "CW", "NK", "NK", "300.00", when="2026-01-04T08:00:00")
        trade.landed(institution, "charge-lines", [line])
        trade.landed(
            institution,
            "discharge-abstracts",
            [
                {
                    "encounter_no": "Z1",
                    "diagnoses": ["J18.900"],
                    "sex": "1",
                    "age": "60",
                    "stay_days": "6",
                    "leaving_type": "1",
                    "total_charges": "300.00",
                }
            ],
        )
        trade.send(institution, "cost-entries", [trade.cost("V2", "nobody", "1.00", day="2026-01-31")])

    def _keep_books(self, institution: Institution) -> None:
        """An entry, and a voucher by hand that waits for its review."""
        entry = received("100.00", day="2026-01-20")
        ledger.book(PLATFORM, institution=institution, entry=entry)
        ledger.add_own_account(PLATFORM, institution_id=institution.pk, parent="1001", code="100101", name="门诊备用金")
        export = ledger.ask_export(PLATFORM, institution=institution, period=Period(2026, 1), template="yonyou")
        ledger.do_errand(export.pk)
        maker = self.users[Role.OPERATION_CENTRE]
        ledger.make_voucher(
            actor_of_user(maker), institution_id=institution.pk, day=entry.day, summary="利息", legs=entry.legs
        )

    def _settle(self, institution: Institution) -> None:
        """A settled agreement that concerns nobody else."""
        agreement, _ = Agreement.objects.get_or_create(
            code=f"A{institution.code}",
            effective_from=date(2026, 1, 1),
            defaults={"kind": "expert", "name": "专家下沉"},
        )
        AgreementShare.objects.create(agreement=agreement, role="receiver", institution=institution, share=1)
        run = SettlementRun.objects.create(
            agreement=agreement,
            code=agreement.code,
            period="2026-01",
            version=1,
            total=9,
            dealings=0,
            created_at=timezone.now(),
        )
        basis = SettlementBasis.objects.create(
            run=run, number=1, what="services", provider=institution, volume=1, rows=1, amount=9
        )
        SettlementPart.objects.create(
            run=run, basis=basis, role="receiver", bearer=institution, payee=institution, share=1, amount=9
        )

    def _hold_responsible(self, institution: Institution, run: CostRun) -> None:
        """A target that was missed, with a measure to be done; both name nobody but a stranger."""
        stranger = trade.person(f"answers-{institution.code}", None)
        ward = Department.objects.get(institution=institution, code="NK")
        proposal = CostTargetProposal.objects.create(institution=institution, rows=[], asked_by=stranger)
        target = CostTarget.objects.create(
            institution=institution,
            department=ward,
            metric="drug_ratio",
            effective_from=date(2026, 1, 1),
            limit=0,
            responsible=stranger,
            proposal=proposal,
        )
        deviation = CostDeviation.objects.create(
            kind="target",
            institution=institution,
            department=ward,
            period="2026-01",
            target=target,
            title="内科 药占比",
            limit=0,
            actual=1,
            cost_run=run,
            responsible=stranger,
            opened_by="platform",
            state="acting",
        )
        DeviationAction.objects.create(deviation=deviation, number=1, what="点评", due=date(2026, 3, 1))

    def _put_forward(self, institution: Institution) -> None:
        """The case of the month for special review, declared."""
        case = CaseResult.objects.get(run__institution=institution, run__is_current=True)
        SpecialReview.objects.create(
            institution=institution,
            case=case,
            encounter=case.encounter,
            encounter_no=case.encounter_no,
            period="2026-01",
            department=case.department,
            kind="drg",
            grounds=["complex"],
            statement="测试",
            asked="items",
            state="declared",
            declared_on=date(2026, 2, 1),
            created_by=self.users[Role.INSURANCE_OFFICER],
        )

    def _map_items(self, institution: Institution) -> None:
        """A draft mapping with a simulation, and a remark on the province's."""
        officer = self.users[Role.FINANCE_OFFICER]
        terms = {"name": "口径", "effective_from": date(2026, 1, 1), "created_by": officer}
        own = MappingVersion.objects.create(institution=institution, number=1, **terms)
        MappingSimulation.objects.create(
            version=own,
            edition=0,
            institution=institution,
            first_period="2026-01",
            last_period="2026-01",
            input_sequence=0,
            outpatient=0,
            inpatient=0,
            unmapped=0,
            threshold=Decimal("0.1"),
            indicators={},
            created_by=officer,
        )
        province, _ = MappingVersion.objects.get_or_create(
            institution=None, number=1, state="approved", defaults={**terms, "approved_at": timezone.now()}
        )
        MappingRemark.objects.create(
            version=province, institution=institution, kind="fits", text="适用", raised_by=officer
        )

    def _examine(self, institution: Institution) -> None:
        """A finding on the front page of the month's case."""
        case = CaseResult.objects.get(run__institution=institution, run__is_current=True)
        run = FrontPageRun.objects.get(institution=institution, period="2026-01", is_current=True)
        FrontPageFinding.objects.create(
            institution=institution,
            period="2026-01",
            encounter=case.encounter,
            encounter_no=case.encounter_no,
            abstract=1,
            rule="days_differ",
            severity="warning",
            message="测试",
            case=case,
            found_run=run,
        )

    def _try_prices(self, institution: Institution) -> None:
        """What the month would have been paid by another rate, worked out."""
        run = CaseResult.objects.get(run__institution=institution, run__is_current=True).run
        trial = PricingTrial.objects.create(
            title="如果",
            first="2026-01",
            last="2026-01",
            overrides={"unit_value": "1"},
            created_by=self.users[Role.INSURANCE_OFFICER],
        )
        TrialMonth.objects.create(trial=trial, run=run)
        run_trial(trial.pk)

    def _register_process(self, institution: Institution) -> None:
        """A process with a risk, and a case that is not published."""
        process = Process.objects.create(
            institution=institution, code="P1", name="费用报销", matter="报销", area="management"
        )
        ProcessPoint.objects.create(process=process, kind="risk", place="审核", text="虚假报销")
        author = self.users[Role.INSTITUTION_HEAD]
        ProcessCase.objects.create(institution=institution, title="报销提速", process=process, author=author)

    def _person(self, role: Role) -> User:
        department = Department.objects.get(institution=self.own, code="NK")
        return trade.person(
            str(role),
            role,
            None if role in ALLIANCE_WIDE else self.own,
            department if role is Role.DEPARTMENT_HEAD else None,
        )

    def arguments(self, name: str, institution: Institution) -> dict[str, Any]:
        """What the URL needs to point to an object of the institution."""
        if name not in OBJECTS:
            return {}
        return OBJECTS[name](self, institution)


def _sees_matter(actor: Actor, owner_id: str) -> bool:
    reach = actor.institutions()
    return reach is None or Institution.objects.filter(code=owner_id, pk__in=reach).exists()


def _cost_run(_: Community, institution: Institution) -> dict[str, Any]:
    return {"pk": CostRun.objects.filter(institution=institution, period="2026-01").latest("version").pk}


def _patient(_: Community, institution: Institution) -> dict[str, Any]:
    row = PatientCost.objects.filter(run__institution=institution, run__is_current=True).get()
    return {"pk": row.run_id, "encounter": row.encounter}


def _ward(_: Community, institution: Institution) -> dict[str, Any]:
    return {"pk": Department.objects.get(institution=institution, code="NK").pk}


def _item_cost(_: Community, institution: Institution) -> dict[str, Any]:
    return {"pk": ItemCost.objects.filter(run__institution=institution, run__is_current=True).latest("pk").pk}


def _item_basis(_: Community, institution: Institution) -> dict[str, Any]:
    return {"pk": ItemBasis.objects.get(institution=institution).pk}


def _unit_definition(_: Community, institution: Institution) -> dict[str, Any]:
    return {"pk": UnitDefinition.objects.get(institution=institution).pk}


def _pathway(_: Community, institution: Institution) -> dict[str, Any]:
    """The pathway of the group of the institution's only case."""
    case = CaseResult.objects.filter(run__institution=institution, run__is_current=True).get()
    pathway, made = Pathway.objects.get_or_create(
        institution=institution,
        drg=case.drg,
        effective_from=date(2026, 1, 1),
        defaults={"name": "肺炎", "standard_days": 6, "source_text": "路径", "changed_by": "first"},
    )
    if made:
        bed = ChargeItem.objects.get(institution=institution, code="CW")
        PathwayItem.objects.create(pathway=pathway, item=bed, quantity=1, obligatory=True)
    return {"pk": pathway.pk}


def _pathway_case(community: Community, institution: Institution) -> dict[str, Any]:
    return {**_pathway(community, institution), "encounter": _patient(community, institution)["encounter"]}


def _drill_down(side: str) -> Any:
    """A list behind an amount of the clinical department, which stands in the query under `side`."""

    def arguments(community: Community, institution: Institution) -> dict[str, Any]:
        department = Department.objects.get(institution=institution, code="NK").pk
        return {**_cost_run(community, institution), side: department}

    return arguments


def _scenario(_: Community, institution: Institution) -> dict[str, Any]:
    return {"pk": Scenario.objects.get(institution=institution).pk}


def _cost_effect_figure(_: Community, institution: Institution) -> dict[str, Any]:
    """What the base came to, with a second month to compare it with."""
    run_allocation(PLATFORM, institution=institution, period=Period.parse("2026-02"))
    return {"query": {"institution": institution.pk, "row": 1, "column": 0}}


def _budget(_: Community, institution: Institution) -> dict[str, Any]:
    """A year's budget of the ward, made without its course."""
    made = CostBudget.objects.filter(institution=institution).first()
    if made is None:
        made = CostBudget.objects.create(
            institution=institution,
            year=2026,
            version=1,
            total=600,
            source_text="批复",
            asked_by=User.objects.order_by("pk").first(),
            state=CostBudget.State.IN_FORCE,
            decided_at=timezone.now(),
        )
        ward = Department.objects.get(institution=institution, code="NK")
        CostBudgetAmount.objects.create(budget=made, department=ward, cost_item="personnel", month=1, amount=600)
    return {"pk": made.pk}


def _price_adjustment(_: Community, institution: Institution) -> dict[str, Any]:
    """A plan for a bed-day, made without its course."""
    made = PriceAdjustment.objects.filter(institution=institution).first()
    if made is None:
        author = User.objects.order_by("pk").first()
        made = PriceAdjustment.objects.create(
            institution=institution,
            title="床位费",
            source_text="纪要",
            first_month="2026-01",
            last_month="2026-01",
            steps=[date(2027, 1, 1)],
            service_income=100,
            service_cost=200,
            by_case=True,
            created_by=author,
        )
        bed = ChargeItem.objects.get(institution=institution, code="CW")
        item = PriceAdjustmentItem.objects.create(
            adjustment=made, item=bed, fee_class="bed", prices=[60], charged=50, insured_stays=30, insured_visits=0
        )
        PriceAdjustmentBase.objects.create(
            item=item,
            run=PatientRun.objects.filter(institution=institution).latest("pk"),
            department=Department.objects.get(institution=institution, code="NK"),
            quantity=1,
            income=50,
            cost=80,
        )
    return {"pk": made.pk}


def _scenario_change(community: Community, institution: Institution) -> dict[str, Any]:
    return {**_scenario(community, institution), "change": 1}


def _two_runs(_: Community, institution: Institution) -> dict[str, Any]:
    runs = CostRun.objects.filter(institution=institution, period="2026-01").order_by("version")
    return {"pk": runs[0].pk, "other": list(runs)[-1].pk}


def _batch(_: Community, institution: Institution) -> dict[str, Any]:
    return {"pk": Batch.objects.filter(institution=institution, quarantined__gt=0).first().pk}  # type: ignore[union-attr]


def _period(_: Community, institution: Institution) -> dict[str, Any]:
    return {"institution": institution.pk, "period": "2026-01"}


def _user(community: Community, _: Institution) -> dict[str, Any]:
    return {"pk": community.target.pk}


def _assignment(community: Community, _: Institution) -> dict[str, Any]:
    return {"pk": community.target.assignments.get().pk}


def _run(_: Community, __: Institution) -> dict[str, Any]:
    return {"pk": NightlyRun.objects.latest("pk").pk}


def _lane(_: Community, institution: Institution) -> dict[str, Any]:
    return {"pk": NightlyRun.objects.latest("pk").lanes.get(institution=institution).pk}


def _case(_: Community, institution: Institution) -> dict[str, Any]:
    return {"pk": CaseResult.objects.filter(run__institution=institution, run__is_current=True).get().pk}


def _review(_: Community, institution: Institution) -> dict[str, Any]:
    return {"pk": SpecialReview.objects.get(institution=institution).pk}


def _mapping(_: Community, institution: Institution) -> dict[str, Any]:
    return {"pk": MappingVersion.objects.get(institution=institution).pk}


def _simulation(_: Community, institution: Institution) -> dict[str, Any]:
    return {"pk": MappingSimulation.objects.get(institution=institution).pk}


def _remark(_: Community, institution: Institution) -> dict[str, Any]:
    return {"pk": MappingRemark.objects.get(institution=institution).pk}


def _finding(_: Community, institution: Institution) -> dict[str, Any]:
    return {"pk": FrontPageFinding.objects.get(institution=institution).pk}


def _stay(_: Community, institution: Institution) -> dict[str, Any]:
    return {"institution": institution.pk, "encounter": FrontPageFinding.objects.get(institution=institution).encounter}


def _trial(_: Community, institution: Institution) -> dict[str, Any]:
    return {"pk": TrialMonth.objects.get(run__institution=institution).trial_id}


def _trial_case(community: Community, institution: Institution) -> dict[str, Any]:
    return {**_trial(community, institution), "case": _case(community, institution)["pk"]}


def _reminder(_: Community, institution: Institution) -> dict[str, Any]:
    period = AccountingPeriod.objects.get(institution=institution, period="2026-01")
    return {"pk": MonthReminder.objects.get(accounting_period=period).pk}


def _settlement(_: Community, institution: Institution) -> dict[str, Any]:
    return {"pk": SettlementRun.objects.get(code=f"A{institution.code}").pk}


def _deviation(_: Community, institution: Institution) -> dict[str, Any]:
    return {"pk": CostDeviation.objects.get(institution=institution).pk}


def _settlement_basis(_: Community, institution: Institution) -> dict[str, Any]:
    return {"pk": SettlementBasis.objects.get(provider=institution).pk}


def _message(community: Community, _: Institution) -> dict[str, Any]:
    return {"pk": Message.objects.filter(recipient=community.users[Role.AUDITOR]).get().pk}


def _matter(community: Community, _: Institution) -> dict[str, Any]:
    return {"pk": community.matter.pk}


def _event(_: Community, institution: Institution) -> dict[str, Any]:
    return {"number": AuditEvent.objects.filter(institution=institution.code).latest("number").number}


def _entry(_: Community, institution: Institution) -> dict[str, Any]:
    return {"pk": Entry.objects.get(institution=institution, source="test").pk}


def _voucher(_: Community, institution: Institution) -> dict[str, Any]:
    return {"pk": Voucher.objects.get(institution=institution).pk}


def _webhook(_: Community, __: Institution) -> dict[str, Any]:
    return {"pk": WebhookEndpoint.objects.get().pk}


MATTER_PAGES = (
    "workflows:matter",
    "workflows:sign",
    "workflows:pass-on",
    "workflows:say",
    "workflows:resubmit",
    "workflows:withdraw",
    "workflows:take-back-signer",
    "workflows:urge",
    "api-matter",
    "api-matter-acts",
    "api-matter-people",
)


REVIEW_PAGES = (
    "review",
    "change-review",
    "submit-review",
    "archive-review",
    "appeal-review",
    "new-opinion",
    "new-conclusion",
)


MAPPING_PAGES = (
    "mapping",
    "mapping-rows",
    "mapping-file",
    "fill-mapping",
    "change-mapping",
    "derive-mapping",
    "submit-mapping",
    "archive-mapping",
    "simulate-mapping",
    "new-mapping-remark",
)


def _flow(*_: Any) -> dict[str, Any]:
    return {"pk": Flow.objects.get(subject_type="workflows.request").pk}


OF_FLOW = (
    "workflows:flow",
    "workflows:flow-dry-run",
    "workflows:retire-flow",
    "workflows:flow-draft",
    "workflows:submit-flow-draft",
    "workflows:discard-flow-draft",
    "workflows:arrange-flow-steps",
    "workflows:new-flow-step",
)


def _process(_: Community, institution: Institution) -> dict[str, Any]:
    return {"pk": Process.objects.get(institution=institution).pk}


def _process_point(_: Community, institution: Institution) -> dict[str, Any]:
    point = ProcessPoint.objects.get(process__institution=institution)
    return {"pk": point.process_id, "point": point.pk}


def _books(_: Community, institution: Institution) -> dict[str, Any]:
    return {"institution": institution.pk}


OF_CONSOLIDATION = (
    "ledger:consolidation-run",
    "ledger:consolidated-report",
    "ledger:finalise-consolidation",
    "ledger:worksheet",
    "ledger:pairs",
    "ledger:eliminations",
    "ledger:elimination",
    "ledger:explain-pair",
    "ledger-consolidation",
    "ledger-finalise-consolidation",
    "ledger-worksheet",
    "ledger-figures",
    "ledger-pairs",
    "ledger-eliminations",
    "ledger-minority-interest",
    "ledger-explain-pair",
    "ledger-elimination",
)
OF_CONSOLIDATED_FIGURE: dict[str, dict[str, Any]] = {
    "ledger:consolidated-account": {"code": "1002"},
    "ledger:consolidated-statement": {"layout": "balance_sheet"},
    "ledger:consolidated-line": {"layout": "balance_sheet", "line": "assets"},
    "ledger-consolidated-account": {"account": "1002"},
    "ledger-consolidated-statement": {"statement": "balance_sheet"},
    "ledger-consolidated-line": {"statement": "balance_sheet", "line": "assets"},
}


def _cost_event(_: Community, institution: Institution) -> dict[str, Any]:
    """The cost voucher of the institution, which its address names in the query."""
    return {"institution": institution.pk, "type": "ledger.cost-voucher", "event": "V1 2026-01-31"}


def _consolidation(*_: Any) -> dict[str, Any]:
    run = ConsolidationRun.objects.first()
    return {"pk": run.pk if run else 1}


OBJECTS: dict[str, Any] = {
    "ledger-statement": lambda *_: {"statement": "balance_sheet"},
    "ledger:event": _cost_event,
    "ledger:event-facts": _cost_event,
    "ledger:book-events": _books,
    "ledger:look-ahead": _books,
    **dict.fromkeys(
        ("ledger:errand", "ledger:errand-progress", "ledger:ask-again", "ledger-errand"),
        lambda _, i: {"pk": Errand.objects.filter(institution=i).latest("pk").pk},
    ),
    **dict.fromkeys(
        ("ledger:export-file", "ledger-export-file"),
        lambda _, i: {"pk": VoucherExport.objects.filter(institution=i).latest("pk").pk},
    ),
    "ledger-event": lambda _, i: {"pk": EventBooking.objects.filter(institution=i).latest("pk").pk},
    **dict.fromkeys(
        ("ledger:voucher-rules-version", "ledger:compare-voucher-rules", "ledger:voucher-rules-file"),
        lambda *_: {"version": 1},
    ),
    "ledger:voucher-rules-proposal": lambda *_: {"pk": 1},
    "ledger:new-posting": lambda *_: {"event_type": "ledger.cost-voucher"},
    "ledger:posting": lambda *_: {"event_type": "ledger.cost-voucher", "number": 1},
    "ledger:map-account": _books,
    "ledger:import-mapping": _books,
    "ledger:adopt-proposals": _books,
    "ledger:books-mode": _books,
    "ledger:book-opening": _books,
    **dict.fromkeys(OF_CONSOLIDATION, _consolidation),
    **{name: lambda *_, more=more: {**_consolidation(), **more} for name, more in OF_CONSOLIDATED_FIGURE.items()},
    "workflows:process": _process,
    "workflows:change-process": _process,
    "workflows:ask-optimised": _process,
    "workflows:new-process-point": _process,
    "workflows:process-point": _process_point,
    "workflows:drop-process-point": _process_point,
    "workflows:process-state": lambda c, i: {**_process(c, i), "which": "before"},
    "workflows:measure-process-state": lambda c, i: {**_process(c, i), "which": "before"},
    "workflows:case": lambda _, i: {"pk": ProcessCase.objects.get(institution=i).pk},
    "workflows:change-case": lambda _, i: {"pk": ProcessCase.objects.get(institution=i).pk},
    "workflows:measure": lambda *_: {"app": "workflows", "kind": "request"},
    "department": lambda _, i: {"pk": Department.objects.get(institution=i, code="NK").pk},
    "identity:user": _user,
    "identity:deactivate-user": _user,
    "identity:propose-role": _user,
    "identity:revoke-role": _assignment,
    "identity:revoke-api-key": lambda *_: {"pk": 1},
    "masterdata:institution": lambda _, i: {"pk": i.pk},
    "masterdata:period": _period,
    "masterdata:begin-closing": _period,
    "masterdata:stop-closing": _period,
    "masterdata:close-period": _period,
    "masterdata:code-set": lambda *_: {"code": "cost-items"},
    "masterdata:parameter": lambda *_: {"key": "quality.income_drop_share"},
    "masterdata:new-parameter-value": lambda *_: {"key": "quality.income_drop_share"},
    "his_intake:institution": lambda _, i: {"pk": i.pk},
    "his_intake:upload": lambda *_: {"dataset": "cost-entries"},
    "his_intake:template": lambda *_: {"dataset": "cost-entries"},
    "his_intake:batch": _batch,
    "his_intake:receipt": _batch,
    "his_intake:faulty-workbook": _batch,
    "his_intake:quarantined-row": lambda _, i: {"pk": QuarantinedRow.objects.filter(institution=i).first().pk},  # type: ignore[union-attr]
    "nightly-run": _run,
    "nightly-run-progress": _run,
    "nightly-resume": _run,
    "nightly-lane": _lane,
    "nightly-lane-steps": _lane,
    "nightly-blockers": _period,
    "nightly-remind": lambda *_: {"period": "2026-01"},
    "nightly-answer-reminder": _reminder,
    "nightly-change-reopening": lambda *_: {"pk": 1},
    "nightly-change-parameter": lambda *_: {"pk": 1},
    "message-open": _message,
    **dict.fromkeys(MATTER_PAGES, _matter),
    "api-matter-attachment": lambda community, _: {"pk": community.matter.pk, "document": 1},
    "workflows:of-subject": lambda *_: {"app": "workflows", "kind": "request", "subject": "1"},
    "workflows:change-request": lambda *_: {"pk": 1},
    "workflows:revoke-delegation": lambda *_: {"pk": 1},
    "api-delegation-revocation": lambda *_: {"pk": 1},
    **dict.fromkeys(OF_FLOW, _flow),
    "workflows:flow-version": lambda *_: {**_flow(), "number": 1},
    "workflows:flow-step": lambda *_: {**_flow(), "step": "head"},
    "document": lambda _, i: {"pk": Document.objects.get(institution=i).pk},
    "rotate-webhook-secret": _webhook,
    "test-webhook": _webhook,
    "deactivate-webhook": _webhook,
    "retry-delivery": lambda *_: {"pk": Delivery.objects.get().pk},
    "ledger:entry": _entry,
    "ledger:ask-reversal": _entry,
    "ledger:voucher": _voucher,
    "ledger:change-voucher": _voucher,
    "ledger:close-own-account": lambda _, i: {"pk": Account.objects.get(institution=i).pk},
    "ledger:forbid-overdraft": lambda _, i: {"institution": i.pk, "code": "121201"},
    "ledger:carry-everybody": lambda _, _i: {"year": 2026},
    "ledger:carry-forward": lambda _, i: {"institution": i.pk, "year": 2026},
    "ledger:account": lambda _, i: {"institution": i.pk, "code": "1002"},
    "ledger:day-figure": lambda _, i: {"institution": i.pk, "column": "income", "period": "2026-01"},
    "ledger:cash-entries": lambda _, i: {
        "institution": i.pk,
        "first": "2026-01",
        "last": "2026-01",
        "source": "in:410101",
    },
    "ledger:difference-entries": lambda _, i: {
        "institution": i.pk,
        "first": "2026-01",
        "last": "2026-01",
        "source": "money",
    },
    "ledger:statement-line": lambda *_: {"layout": "balance_sheet", "line": "assets"},
    "ledger:fiscal-line": lambda *_: {"layout": "balance_sheet", "line": "assets"},
    "costing:run": _cost_run,
    "costing:settlement": _settlement,
    "costing:target": lambda _, i: {"pk": CostTarget.objects.get(institution=i).pk},
    "costing:deviation": _deviation,
    "costing:explain-deviation": _deviation,
    "costing:complete-action": lambda c, i: {**_deviation(c, i), "number": 1},
    "costing:confirm-deviation": _deviation,
    "costing:double-charges": _settlement,
    "costing:settlement-basis": _settlement_basis,
    "costing:report": lambda *_: {"code": "allocation"},
    "costing-report": lambda *_: {"code": "allocation"},
    "costing:price-adjustment": _price_adjustment,
    "costing-price-adjustment": _price_adjustment,
    "costing:price-following": _price_adjustment,
    "costing-price-following": _price_adjustment,
    "costing:price-figure": lambda c, i: {**_price_adjustment(c, i), "code": "whole", "query": {"row": 0, "column": 2}},
    "costing:submit-price-adjustment": _price_adjustment,
    "costing:archive-price-adjustment": _price_adjustment,
    "costing:workloads": lambda c, i: {**_drill_down("department")(c, i), "query": {"metric": "outpatient_visits"}},
    "costing:cost-effect-figure": _cost_effect_figure,
    "costing:budget": _budget,
    "costing:budget-amounts": lambda c, i: {**_drill_down("department")(c, i), "query": {"span": "month"}},
    "costing:department-budget": _ward,
    "costing:department-budget-figure": lambda c, i: {
        **_ward(c, i),
        "query": {"budget": _budget(c, i)["pk"], "period": "2026-01", "row": 0, "column": 3},
    },
    "costing:scenario": _scenario,
    "costing-scenario": _scenario,
    "costing:scenario-figure": lambda c, i: {**_scenario(c, i), "query": {"row": 0, "column": 2}},
    "costing:archive-scenario": _scenario,
    "costing:remove-change": _scenario_change,
    "costing:group": lambda _, i: {
        "drg": CaseResult.objects.filter(run__institution=i, run__is_current=True).get().drg
    },
    "costing:disease": lambda *_: {"code": "J18"},
    "costing:patient": _patient,
    "costing:department-groups": _ward,
    "costing:department-group": lambda community, i: {
        **_ward(community, i),
        "drg": CaseResult.objects.filter(run__institution=i, run__is_current=True).get().drg,
    },
    "costing:item-cost": _item_cost,
    "costing:item-basis": _item_basis,
    "costing:service-unit-definition": _unit_definition,
    "costing:pathway": _pathway,
    "costing:pathway-cases": _pathway,
    "costing:pathway-outside": _pathway,
    "costing:pathway-case": _pathway_case,
    "costing-pathway-versions": _pathway,
    "costing-pathway-case": _pathway_case,
    "costing:compare": _two_runs,
    "costing-comparison": _two_runs,
    "costing:cost-entries": _drill_down("department"),
    "costing:shared-bills": _drill_down("department"),
    "costing:driver-facts": lambda c, i: {**_drill_down("department")(c, i), "query": {"driver": "headcount"}},
    "costing:asset-cards": _drill_down("department"),
    "costing:income-entries": _drill_down("department"),
    "costing:charge-lines": _drill_down("ordering"),
    "costing:flows": _drill_down("receiver"),
    "costing:encounters": _drill_down("department"),
    "costing:cases": _drill_down("department"),
    "costing:items": _drill_down("department"),
    "costing:unit-cases": _cost_run,
    "costing:pathway-items": lambda c, i: {**_cost_run(c, i), "pathway": _pathway(c, i)["pk"]},
    "costing:figure": lambda *_: {"code": "allocation"},
    "insurance_settlement:case": _case,
    "insurance_settlement:new-review": lambda c, i: {"case": _case(c, i)["pk"]},
    **dict.fromkeys((f"insurance_settlement:{name}" for name in REVIEW_PAGES), _review),
    **dict.fromkeys((f"insurance_settlement:{name}" for name in MAPPING_PAGES), _mapping),
    "settlement-mapping-rows": _mapping,
    "insurance_settlement:map-item": lambda c, i: {**_mapping(c, i), "query": {"item": "CW"}},
    "insurance_settlement:mapping-simulation": _simulation,
    "insurance_settlement:explain-mapping": _simulation,
    "insurance_settlement:mapping-moves": _simulation,
    "insurance_settlement:answer-mapping-remark": _remark,
    "insurance_settlement:withdraw-mapping-remark": _remark,
    "insurance_settlement:mark-front-page": _finding,
    "insurance_settlement:front-page": _stay,
    "insurance_settlement:in-house-stay": _stay,
    **dict.fromkeys((f"insurance_settlement:{name}" for name in ("trial", "trial-progress", "trial-cases")), _trial),
    "insurance_settlement:trial-case": _trial_case,
    "settlement-trial": _trial,
    "insurance_settlement:encounter": lambda _, i: {
        "institution": i.pk,
        "encounter": Encounter.objects.filter(institution=i).latest("pk").entity,
    },
    "insurance_settlement:scheme": lambda *_: {"pk": GroupingScheme.objects.get().pk},
    "insurance_settlement:price-book": lambda *_: {"pk": PriceBook.objects.earliest("pk").pk},
    "insurance_settlement:catalogue-workbook": lambda *_: {"pk": GroupingScheme.objects.get().pk},
    "insurance_settlement:price-book-template": lambda *_: {"pk": GroupingScheme.objects.get().pk},
    "insurance_settlement:price-book-workbook": lambda *_: {"pk": PriceBook.objects.earliest("pk").pk},
    "audit:event": _event,
    "intake-batch": _batch,
    "intake-unknown": lambda *_: {"dataset": "nothing"},
    "api-nightly-run": _run,
    "unknown-api": lambda *_: {"rest": "v1/nothing"},
}
# objects that belong to no institution, that everybody may see, or that are seen by who had a hand in them
WITHOUT_INSTITUTION = {
    "costing:disease",
    "costing:group",
    "costing:figure",
    "costing:report",
    "costing-report",
    "ledger:carry-everybody",
    *OF_CONSOLIDATION,
    *OF_CONSOLIDATED_FIGURE,
    # nobody is in there; tests/insurance_settlement/test_in_house.py asks who sees whom
    "insurance_settlement:in-house-stay",
    "ledger-statement",
    "ledger:statement-line",
    "ledger:fiscal-line",
    "ledger:voucher-rules-version",
    "ledger:compare-voucher-rules",
    "ledger:voucher-rules-file",
    "ledger:voucher-rules-proposal",
    "ledger:new-posting",
    "ledger:posting",
    "workflows:case",
    "workflows:measure",
    *MATTER_PAGES,
    "api-matter-attachment",
    "workflows:of-subject",
    "workflows:change-request",
    "ledger:change-voucher",
    "nightly-change-reopening",
    "nightly-change-parameter",
    "workflows:revoke-delegation",
    "api-delegation-revocation",
    *OF_FLOW,
    "workflows:flow-version",
    "workflows:flow-step",
    "identity:user",
    "identity:deactivate-user",
    "identity:propose-role",
    "identity:revoke-role",
    "identity:revoke-api-key",
    "masterdata:code-set",
    "masterdata:parameter",
    "masterdata:new-parameter-value",
    "his_intake:upload",
    "his_intake:template",
    "nightly-run",
    "nightly-run-progress",
    "nightly-resume",
    "nightly-remind",
    "message-open",
    "rotate-webhook-secret",
    "test-webhook",
    "deactivate-webhook",
    "retry-delivery",
    "insurance_settlement:scheme",
    "insurance_settlement:price-book",
    "insurance_settlement:catalogue-workbook",
    "insurance_settlement:price-book-template",
    "insurance_settlement:price-book-workbook",
    "intake-unknown",
    "api-nightly-run",
    "unknown-api",
}
# administrators see the events of users, roles and keys only
NARROWER = {("audit:event", Role.SYSTEM_ADMIN)}
# acts of who applied: whoever may see the matter and did not apply is told so
OF_THE_APPLICANT = {"workflows:resubmit", "workflows:withdraw", "workflows:urge"}
# what the right role may be answered: seen, sent on, not found (an unknown dataset), refused for its empty form
LET_IN = {200, 201, 202, 302, 400, 404, 409, 415, 422}


@pytest.fixture(scope="module")
def community(django_db_setup: None, django_db_blocker: Any) -> Iterator[Community]:
    """Committed once for the whole matrix; every request is rolled back."""
    with django_db_blocker.unblock(), database.committed_copy(connection.settings_dict["NAME"]):
        yield Community()


def ask(name: str, arguments: dict[str, Any], user: User | None) -> Any:
    """One request, rolled back."""
    arguments = dict(arguments)
    sides = {side: arguments.pop(side) for side in SIDES if side in arguments}
    query = urlencode(sides | arguments.pop("query", {}))
    client = Client(raise_request_exception=False)
    if user:
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    path = reverse(name, kwargs=arguments) + (f"?{query}" if query else "")
    with transaction.atomic():
        answer = client.post(path) if name in POST_ONLY else client.get(path)
        transaction.set_rollback(True)
    return answer


pytestmark = pytest.mark.matrix


@pytest.mark.parametrize("name", NAMES)
def test_right_role_in_wrong_role_out(name: str, community: Community) -> None:
    expected = MATRIX[name]
    own = community.arguments(name, community.own)
    askers = sorted(community.users.items())
    if name == "readyz":
        askers = askers[:1]  # each waits for a worker that is not there, whoever asks
    for role, user in askers:
        status = ask(name, own, user).status_code
        if name == "readyz":
            assert status in (200, 503), "readiness is nobody's secret; without a worker it says so"
        elif expected == PUBLIC or role in expected:
            let_in = LET_IN | {403} if name in OF_THE_APPLICANT else LET_IN
            assert status in let_in, f"{role} should be let in, got {status}"
            bound = name in OBJECTS and name not in WITHOUT_INSTITUTION and name not in POST_ONLY
            if bound and (name, role) not in NARROWER:
                assert status != 404, f"{role} should see the own institution's object"
        else:
            assert status == 403, f"{role} should be refused, got {status}"


@pytest.mark.parametrize("name", NAMES)
def test_anonymous_visitors_are_sent_to_sign_in(name: str, community: Community) -> None:
    if MATRIX[name] == PUBLIC:
        return
    answer = ask(name, community.arguments(name, community.own), None)
    if answer.wsgi_request.path.startswith("/api/"):
        assert answer.status_code == 401
    else:
        assert answer.status_code == 302
        assert answer.url.startswith(SIGN_IN)


@pytest.mark.parametrize("name", sorted(set(OBJECTS) - WITHOUT_INSTITUTION))
def test_another_institutions_object_does_not_exist(name: str, community: Community) -> None:
    expected = MATRIX[name]
    foreign = community.arguments(name, community.foreign)
    for role, user in sorted(community.users.items()):
        if role in ALLIANCE_WIDE or role not in expected:
            continue
        assert ask(name, foreign, user).status_code == 404, f"{role} should not see the other institution's object"


@pytest.mark.parametrize("name", sorted(set(OBJECTS) - WITHOUT_INSTITUTION))
def test_the_alliance_sees_every_institution(name: str, community: Community) -> None:
    expected = MATRIX[name]
    if Role.AUDITOR in expected and name not in POST_ONLY:
        foreign = community.arguments(name, community.foreign)
        assert ask(name, foreign, community.users[Role.AUDITOR]).status_code == 200
