"""By which drivers costs are divided."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views import View

from costing import driver_files
from costing.forms import DriverRuleForm, ProposalFileForm
from costing.selectors import access, rules
from costing.services.driver_rules import RULERS, Wanted, propose_driver_rule
from costing.tables import RuleTable
from ops_platform.web.exports import xlsx_response
from ops_platform.web.pages import FormPage, Page, TemplatePage


class DriverRules(TemplatePage):
    """Rules in force today, and all of them."""

    roles = access.READERS
    title = _("分摊动因")
    template_name = "costing/driver_rules.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if request.GET.get("export") == "xlsx":
            values = iter(RuleTable(rules.driver_rules(actor=self.actor), approvals={}).as_values())
            return xlsx_response(_now("分摊动因(含历史)"), next(values), values)
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        approvals = rules.approvals(actor=self.actor)
        return super().get_context_data(
            in_force=RuleTable(rules.in_force(actor=self.actor, day=timezone.localdate()), approvals=approvals),
            everything=RuleTable(rules.driver_rules(actor=self.actor), approvals=approvals, placed=True),
            may_change=self.actor.has(*RULERS),
            **kwargs,
        )


class NewDriverRule(FormPage):
    """A driver from a day on."""

    roles = RULERS
    title = _("新的分摊动因")
    form_class = DriverRuleForm
    template_name = "costing/new_driver_rule.html"
    submit_label = _("提交审批")

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "actor": self.actor}

    def act(self, form: DriverRuleForm) -> HttpResponse:
        given = form.cleaned_data
        wanted = Wanted(
            **form.divided(),
            driver=given["driver"],
            metric=given["metric"],
            effective_from=given["effective_from"],
            source_text=given["source_text"],
            institution_id=given["institution"].pk if given["institution"] else None,
            department_id=given["department"].pk if given["department"] else None,
            assigned=form.named(),
        )
        _proposal, matter = propose_driver_rule(self.actor, wanted)
        messages.success(self.request, _now("已提交审批，同意后在下一次夜间运行中重新计算有关月份。"))
        return redirect("workflows:matter", matter)


class DriverFile(Page, View):
    """The workbook to fill in: the drivers in force today."""

    roles = access.READERS

    def get(self, _request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponseBase:
        today = timezone.localdate()
        return driver_files.write(rules.in_force(actor=self.actor, day=today), today.isoformat())


class DriverRulesByFile(FormPage):
    """Drivers from a workbook, each row for approval of its own; all of them or none."""

    roles = RULERS
    title = _("按文件提出分摊动因")
    form_class = ProposalFileForm
    template_name = "costing/driver_file.html"
    submit_label = _("全部提交审批")

    def act(self, form: ProposalFileForm) -> HttpResponse:
        known = rules.in_force(actor=self.actor, day=timezone.localdate())
        done = driver_files.propose(self.actor, form.cleaned_data["file"].read(), known)
        messages.success(
            self.request,
            _now("已提交 %(asked)s 条动因，每条各自审批；与现行相同的 %(same)s 行没有提交。")
            % {"asked": len(done.matters), "same": done.unchanged},
        )
        return (
            redirect("workflows:matter", done.matters[0])
            if len(done.matters) == 1
            else redirect("costing:driver-rules")
        )
