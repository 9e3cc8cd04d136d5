"""Changing what was returned to its applicant: the reason of a reopening, the value that was proposed for a parameter."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from ops_platform.kernel import Conflict, NotFound
from ops_platform.masterdata.forms import ParameterForm, ReopeningForm
from ops_platform.masterdata.models import ParameterProposal, PeriodReopening
from ops_platform.masterdata.services import REOPENERS, SETTERS
from ops_platform.nightly import approval
from ops_platform.web import formats
from ops_platform.web.pages import FormPage
from workflows.public import courses_of


class _Returned(FormPage):
    """A form of the applicant's own subject, while it is returned."""

    template_name = "nightly/returned.html"
    submit_label = _("保存修改")
    success_message = _("已保存。请核对后重新提交。")
    kind: str

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        course = courses_of(self.kind, [str(self.kwargs["pk"])]).get(str(self.kwargs["pk"]))
        if course is not None and self.row is not None and course.state != "returned":
            raise Conflict("workflows.not_returned", "只有被退回的申请可以修改。")
        return super().get(request, *args, **kwargs)

    @cached_property
    def row(self) -> Any:
        """The subject. Raises NotFound for that of others."""
        raise NotImplementedError

    def subtitle(self) -> str:
        """What it is about."""
        raise NotImplementedError

    def get_success_url(self) -> str:
        app, kind = self.kind.split(".")
        return reverse("workflows:of-subject", args=[app, kind, self.kwargs["pk"]])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(subtitle=self.subtitle(), back=self.get_success_url(), **kwargs)


class ChangeReopening(_Returned):
    """Say anew why a month is to be opened again."""

    roles = REOPENERS
    title = _("修改反结账原因")
    form_class = ReopeningForm
    kind = approval.KIND

    @cached_property
    def row(self) -> PeriodReopening:
        rows = PeriodReopening.objects.filter(requested_by=self.actor.name, pk=self.kwargs["pk"])
        found = rows.select_related("accounting_period__institution").first()
        if found is None:
            raise NotFound("masterdata.no_reopening", "没有这个反结账申请。")
        return found

    def subtitle(self) -> str:
        month = self.row.accounting_period
        return f"{month.institution.name} {formats.period_label(month.period)}"

    def get_initial(self) -> dict[str, Any]:
        return {"reason": self.row.reason}

    def act(self, form: ReopeningForm) -> None:
        approval.change_reason(self.actor, reopening_id=self.row.pk, reason=form.cleaned_data["reason"])


class ChangeParameter(_Returned):
    """Propose another value, day or source; scope and institution stay."""

    roles = SETTERS
    title = _("修改参数变更申请")
    form_class = ParameterForm
    kind = approval.PARAMETER_KIND

    @cached_property
    def row(self) -> ParameterProposal:
        rows = ParameterProposal.objects.filter(proposed_by=self.actor.name, pk=self.kwargs["pk"])
        found = rows.select_related("institution").first()
        if found is None:
            raise NotFound("masterdata.no_proposal", "没有这个参数变更申请。")
        return found

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "actor": self.actor}

    def get_form(self, form_class: Any = None) -> Any:
        form = super().get_form(form_class)
        for name in ("scope", "institution"):
            form.fields[name].disabled = True
        return form

    def subtitle(self) -> str:
        return self.row.name

    def get_initial(self) -> dict[str, Any]:
        names = ("scope", "institution", "effective_from", "value", "source_text")
        return {name: getattr(self.row, name) for name in names}

    def act(self, form: ParameterForm) -> None:
        given = {name: form.cleaned_data[name] for name in ("effective_from", "value", "source_text")}
        approval.change_parameter(self.actor, proposal_id=self.row.pk, **given)
