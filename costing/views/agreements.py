"""医共体分担: agreements, what a month settles, and down to the rows."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views import View

from costing import agreement_files
from costing.agreement_facts import terms_of
from costing.agreement_forms import AgreementForm
from costing.engine.agreements import Service, cost_of
from costing.forms import ProposalFileForm
from costing.models import AgreementKind, SettlementRun
from costing.selectors import access, agreements, double_charges
from costing.services.agreements import MAKERS, propose_agreement
from costing.services.settlements import SETTLERS, settle_month
from costing.tables.agreements import (
    AgreementTable,
    DealingTable,
    DoubleChargeTable,
    MemberTable,
    PartTable,
    ServiceTable,
    StandingTable,
)
from ops_platform.identity.access import log_patient_list
from ops_platform.kernel import Period, from_fen, to_fen
from ops_platform.masterdata.models import Institution
from ops_platform.web import formats
from ops_platform.web.numbers import number_of
from ops_platform.web.pages import ActionPage, FormPage, ListPage, Page
from ops_platform.web.people import names_of


class Agreements(ListPage):
    """Agreements with their versions."""

    roles = access.READERS
    title = _("分担协议")
    template_name = "costing/agreements.html"
    table_class = AgreementTable
    empty_title = _("还没有分担协议")
    empty_hint = _("由运营管理中心提出，第二人同意后生效。")

    def get_queryset(self) -> Any:
        return agreements.versions(actor=self.actor, day=timezone.localdate())

    def get_table(self, rows: Any) -> Any:
        return AgreementTable(rows, request=self.request, may_change=self.actor.has(*MAKERS))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(may_change=self.actor.has(*MAKERS), kinds=AgreementKind.choices, **kwargs)


class NewAgreement(FormPage):
    """An agreement of a kind, or the next version of one."""

    roles = MAKERS
    form_class = AgreementForm
    template_name = "costing/new_agreement.html"
    submit_label = _("提交审批")

    def get_form_kwargs(self) -> dict[str, Any]:
        former = None
        if "from" in self.request.GET:
            former = agreements.access_agreement(
                actor=self.actor, agreement_id=number_of(self.request.GET.get("from", ""))
            )
        kind = former.kind if former else self.request.GET.get("kind", AgreementKind.EXPERT.value)
        if kind not in AgreementKind.values:
            raise Http404
        words = AgreementKind(kind).label
        self.title = _("%(kind)s协议：新版本" if former else "新的%(kind)s协议") % {"kind": words}
        return {**super().get_form_kwargs(), "kind": kind, "former": former}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form = kwargs.pop("form", None) or self.get_form()
        return super().get_context_data(form=form, **kwargs)

    def act(self, form: AgreementForm) -> HttpResponse:
        _proposal, matter = propose_agreement(self.actor, form.wanted())
        messages.success(self.request, _now("已提交审批，同意后自生效月份起按新协议结算。"))
        return redirect("workflows:matter", matter)


class AgreementFile(Page, View):
    """The workbook to fill in: the agreements in force that concern the reader."""

    roles = access.READERS

    def get(self, _request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponseBase:
        today = timezone.localdate()
        rows = [one.row for one in agreements.versions(actor=self.actor, day=today) if one.state == "in_force"]
        return agreement_files.write(rows, today.isoformat())


class AgreementsByFile(FormPage):
    """Agreements from a workbook, each for approval of its own; all of them or none."""

    roles = MAKERS
    title = _("按文件提出分担协议")
    form_class = ProposalFileForm
    template_name = "costing/agreement_file.html"
    submit_label = _("全部提交审批")

    def act(self, form: ProposalFileForm) -> HttpResponse:
        done = agreement_files.propose(self.actor, form.cleaned_data["file"].read())
        messages.success(
            self.request,
            _now("已提交 %(asked)s 个协议，每个各自审批；与现行相同的 %(same)s 个没有提交。")
            % {"asked": len(done.matters), "same": done.unchanged},
        )
        return (
            redirect("workflows:matter", done.matters[0]) if len(done.matters) == 1 else redirect("costing:agreements")
        )


class Settlements(ListPage):
    """A month: agreements, what each member bears and gets, who owes whom."""

    roles = access.READERS
    title = _("医共体分担结算")
    template_name = "costing/settlements.html"
    table_class = DealingTable
    per_page = 200

    def setup(self, request: Any, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.months = agreements.months(timezone.localdate())
        asked = request.GET.get("period", "")
        self.period = asked if asked in self.months else next(iter(self.months), "")

    def get_queryset(self) -> Any:
        self.export_name = f"医共体分担-{self.period}"
        self.found = (
            agreements.settled_month(actor=self.actor, period=Period.parse(self.period)) if self.period else None
        )
        return self.found.dealings if self.found else []

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        found = self.found
        if found is not None:
            context |= {
                "found": found,
                "standings": StandingTable(found.standings),
                "members": MemberTable(found.members),
                "behind": any(one.state in ("open", "outdated") for one in found.standings),
                "findings": [finding for one in found.standings for finding in one.findings] + list(found.findings),
            }
        return {
            **context,
            "months": self.months,
            "period": self.period,
            "may_settle": self.actor.has(*SETTLERS),
        }


class SettleMonth(ActionPage):
    """Settle the month now; the books follow in the night."""

    roles = SETTLERS

    def get_success_url(self) -> str:
        return f"{reverse('costing:settlements')}?period={self.request.POST.get('period', '')}"

    def act(self) -> str:
        try:
            period = Period.parse(self.request.POST.get("period", ""))
        except ValueError as error:
            raise Http404 from error
        done = settle_month(self.actor, period=period)
        for finding in done.held:
            messages.warning(self.request, finding.message)
        return _now(
            "%(period)s 已结算 %(changed)s 个协议，%(unchanged)s 个没有变化。凭证在下一次夜间运行中生成，"
            "急用时由财务人员在「业务事项」中点「生成凭证」。"
        ) % {"period": formats.period_label(str(period)), "changed": len(done.changed), "unchanged": done.unchanged}


class Settlement(ListPage):
    """One run: what was divided, by which share, who bears it."""

    roles = access.READERS
    template_name = "costing/settlement.html"
    table_class = PartTable
    per_page = 200

    def get_queryset(self) -> Any:
        self.run = agreements.access_settlement(actor=self.actor, run_id=self.kwargs["pk"])
        self.export_name = f"医共体分担-{self.run.code}-{self.run.period}-v{self.run.version}"
        return agreements.parts_seen(actor=self.actor).filter(run=self.run)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        run = self.run
        parts = list(context["table"].data)
        others = SettlementRun.objects.filter(code=run.code, period=run.period).exclude(pk=run.pk)
        named = [
            (one.role, one.institution.name if one.institution else "", one.share) for one in run.agreement.shares.all()
        ]
        return {
            **context,
            "title": f"{run.agreement.name} {formats.period_label(run.period)}",
            "run": run,
            "parties": agreements.words_of(named),
            "total": sum((part.amount for part in parts), start=from_fen(0)),
            "dealt": sum((part.amount for part in parts if part.bearer_id != part.payee_id), start=from_fen(0)),
            "versions": [one for one in others.order_by("-version") if self._sees(one)],
            "people": names_of([run.actor]),
            "joint": run.agreement.kind == AgreementKind.JOINT_EXAM,
            "doubles": len(double_charges.double_charges(run=run))
            if run.agreement.kind == AgreementKind.JOINT_EXAM
            else 0,
            "most_doubles": double_charges.MOST,
        }

    def _sees(self, run: SettlementRun) -> bool:
        return agreements.parts_seen(actor=self.actor).filter(run=run).exists()


class Basis(ListPage):
    """The rows behind an amount that was divided; an income opens at the cost run that it was read from."""

    roles = access.READERS
    template_name = "costing/settlement_basis.html"
    table_class = ServiceTable
    per_page = 200

    def get_queryset(self) -> Any:
        self.basis = agreements.access_basis(actor=self.actor, basis_id=self.kwargs["pk"])
        self.run = agreements.access_settlement(actor=self.actor, run_id=self.basis.run_id)
        self.export_name = f"医共体分担-{self.run.code}-{self.run.period}-{self.basis.number}"
        return agreements.services_behind(basis=self.basis, run=self.run)

    def get_table(self, rows: Any) -> Any:
        self.costs = self._costs(rows)
        return ServiceTable(rows, request=self.request, costs=self.costs)

    def _costs(self, rows: Any) -> dict[str, Any]:
        """Yuan of each row; at full cost a row has a volume only."""
        if self.basis.what == "full_cost":
            return {}
        terms = terms_of(self.run.agreement)
        found = {}
        for row in rows:
            reference = f"{row.document}/{row.line}"
            amount = None if row.amount is None else to_fen(row.amount)
            fen = cost_of(
                terms,
                Service(
                    reference,
                    row.institution,
                    row.department,
                    row.receiver,
                    None,
                    row.kind,
                    row.volume,
                    row.unit_cost,
                    amount,
                ),
            )
            found[reference] = None if fen is None else from_fen(fen)
        return found

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        total = sum((cost for cost in self.costs.values() if cost is not None), start=from_fen(0))
        may_open = self.basis.cost_run is not None and self.actor.may(
            self.basis.cost_run.institution_id, *access.READERS
        )
        return {
            **context,
            "title": f"{self.basis.get_what_display()} {self.basis.provider} {formats.period_label(self.run.period)}",
            "basis": self.basis,
            "run": self.run,
            "incomes": agreements.incomes_behind(basis=self.basis, run=self.run),
            "total": total,
            "agrees": total == self.basis.amount,
            "may_open": may_open,
        }


class DoubleCharges(ListPage):
    """Examinations that a patient was charged for below and above within a settled joint examination."""

    roles = access.READERS
    template_name = "costing/double_charges.html"
    table_class = DoubleChargeTable
    empty_title = _("没有发现双重收费")
    empty_hint = _("同一患者同一检查项目在基层和上级各收一次费的，列在这里。")

    def get_queryset(self) -> Any:
        self.run = agreements.access_settlement(actor=self.actor, run_id=self.kwargs["pk"])
        self.export_name = f"疑似双重收费-{self.run.code}-{self.run.period}"
        rows = double_charges.double_charges(run=self.run)
        return [one for one in rows if self._sees(one.base.institution) or self._sees(one.upper.institution)]

    def _sees(self, institution: int) -> bool:
        return self.actor.may(institution, *access.READERS)

    def get_table(self, rows: Any) -> Any:
        shown = {number for one in rows for number in (one.base.institution, one.upper.institution)}
        found = {row.pk: row for row in Institution.objects.filter(pk__in=shown)}
        seen = {number: self.run.period for number in found if self._sees(number)}
        log_patient_list(
            self.request, "costing.double-charges", {found[number]: period for number, period in seen.items()}
        )
        names = {number: row.name for number, row in found.items()}
        return DoubleChargeTable(rows, request=self.request, names=names, seen=self._sees)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        run = self.run
        return {
            **context,
            "run": run,
            "title": _now("疑似双重收费 %(name)s %(period)s")
            % {"name": run.agreement.name, "period": formats.period_label(run.period)},
            "days": double_charges.days_at(Period.parse(run.period)),
            "most": double_charges.MOST,
        }
