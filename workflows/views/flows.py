"""Pages of flows: all of them, one with its versions, a new one for an institution, and trying one out."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from ops_platform.kernel import NotFound
from ops_platform.web.pages import ActionPage, FormPage, ListPage, TemplatePage
from workflows.drawing import draw
from workflows.dry_run import Trial, try_out
from workflows.engine.definition import Definition, from_json
from workflows.forms.flows import DryRunForm, NewFlowForm
from workflows.forms.people import FIND
from workflows.models import Flow
from workflows.selectors import flows as selectors
from workflows.selectors.matters import FLOW_READERS, may_see, on_its_way
from workflows.services import flows as services
from workflows.services.drafts import in_work
from workflows.services.retirement import ask_retirement
from workflows.services.roster import Place
from workflows.subjects import title_of
from workflows.tables.flows import FlowTable, VersionTable

CURRENT, DRAFT = "current", "draft"


class Flows(ListPage):
    """All flows."""

    roles = FLOW_READERS
    title = _("审批流程")
    template_name = "workflows/flows/list.html"
    table_class = FlowTable
    empty_title = _("还没有审批流程")

    def get_queryset(self) -> list[selectors.FlowRow]:
        return selectors.flow_rows()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(may_change=self.actor.has(*services.MAKERS), **kwargs)


class NewFlow(FormPage):
    """A flow of an institution's own."""

    roles = services.MAKERS
    title = _("为机构单独设流程")
    template_name = "workflows/flows/new.html"
    form_class = NewFlowForm
    submit_label = _("建立草稿")
    success_message = _("已建立草稿，内容同该机构现在适用的流程。修改后提交审批，批准之前仍按原流程办。")

    def act(self, form: NewFlowForm) -> HttpResponse:
        kind, institution = form.cleaned_data["kind"], form.cleaned_data["institution"]
        title = f"{title_of(kind)}({institution.name})" if institution else title_of(kind)
        flow = services.create_flow(
            self.actor, kind=kind, institution_id=institution.pk if institution else None, title=title
        )
        return redirect("workflows:flow-draft", flow.pk)


class FlowPage(TemplatePage):
    """Base of the pages of one flow."""

    roles = FLOW_READERS

    @cached_property
    def flow(self) -> Flow:
        return services.access_flow(self.kwargs["pk"])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            flow=self.flow,
            kind=title_of(self.flow.subject_type),
            place=selectors.place_of(self.flow),
            may_change=self.actor.has(*services.MAKERS),
            **kwargs,
        )


class FlowDetail(FlowPage):
    """One flow: the version in force drawn, and all versions."""

    template_name = "workflows/flows/detail.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        current = self.flow.current
        context = super().get_context_data(
            version=current,
            drawing=draw(from_json(current.body)) if current else None,
            table=VersionTable(selectors.versions_of(self.flow), request=self.request, orderable=False),
            siblings=selectors.siblings_of(self.flow),
            **self._retirement(),
            **kwargs,
        )
        return {**context, "title": self.flow.title}

    def _retirement(self) -> dict[str, Any]:
        """Whether the flow may be retired, is being retired, or was."""
        flow = self.flow
        matter = on_its_way(selectors.RETIREMENT, str(flow.pk))
        makes = self.actor.has(*services.MAKERS)
        return {
            "retiring": matter,
            "retiring_shown": matter is not None and may_see(self.actor, str(matter.pk)),
            "may_retire": makes and matter is None and flow.institution_id is not None and flow.current is not None,
            "retired": flow.current is None and flow.versions.exists(),
        }


class RetireFlow(ActionPage):
    """Ask that an institution's own flow be retired."""

    roles = services.MAKERS
    success_message = _("已提交审批。批准之前仍按现行版本办理。")

    def act(self) -> None:
        reason = self.request.POST.get("comment", "")
        ask_retirement(self.actor, flow_id=self.kwargs["pk"], reason=reason)

    def get_success_url(self) -> str:
        return reverse("workflows:flow", args=[self.kwargs["pk"]])


class VersionDetail(FlowPage):
    """One version drawn."""

    template_name = "workflows/flows/version.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        version = selectors.version_of(self.flow, self.kwargs["number"])
        if version is None:
            raise NotFound("workflows.no_flow_version", "流程没有这一版。")
        context = super().get_context_data(version=version, drawing=draw(from_json(version.body)), **kwargs)
        return {**context, "title": _now("第 %s 版") % version.number}


class DryRun(FlowPage):
    """What would happen to a made-up matter. A bookmark of the page asks the same again."""

    title = _("试算")
    template_name = "workflows/flows/dry_run.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        asked = self.request.GET
        form = DryRunForm(
            asked if "applicant" in asked and FIND not in asked else None,
            initial=asked.dict(),
            asked=asked,
            flow=self.flow,
            which=self._offered(),
            definition=self.definition,
        )
        trial = self._trial(form) if form.is_valid() else None
        elsewhere = None
        if trial is not None and self.flow.institution_id is None and form.cleaned_data["institution"] is not None:
            elsewhere = (
                selectors.siblings_of(self.flow)
                .filter(institution=form.cleaned_data["institution"], current__isnull=False)
                .first()
            )
        return super().get_context_data(
            form=form, trial=trial, elsewhere=elsewhere, definition=self.definition, **kwargs
        )

    @cached_property
    def definition(self) -> Definition:
        """What is tried: the version in force, or the draft where the reader asks for it or there is nothing else."""
        offered = [code for code, _words in self._offered()]
        if self.request.GET.get("which", offered[0]) == CURRENT and self.flow.current is not None:
            return from_json(self.flow.current.body)
        return in_work(self.flow)

    def _offered(self) -> list[tuple[str, Any]]:
        flow = self.flow
        offered: list[tuple[str, Any]] = []
        if flow.current is not None:
            offered.append((CURRENT, _now("现行第 %s 版") % flow.current.number))
        if flow.draft is not None or flow.current is None:
            offered.append((DRAFT, _now("草稿")))
        return offered

    def _trial(self, form: DryRunForm) -> Trial:
        chosen = form.cleaned_data
        place = Place(
            subject_type=self.flow.subject_type,
            institution=chosen["institution"].pk if chosen["institution"] else None,
            department=chosen["department"].pk if chosen["department"] else None,
            applicant=chosen["applicant"].pk,
        )
        return try_out(self.definition, place, form.values(), timezone.localdate())
