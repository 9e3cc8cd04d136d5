"""Writing general requests."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from ops_platform.documents.public import documents_of
from ops_platform.web.pages import FormPage
from workflows import services
from workflows.forms.matters import RequestForm
from workflows.models import Matter, Request
from workflows.selectors.matters import latest_of
from workflows.services.requests import ASKERS, KIND, access_own_request


class NewRequest(FormPage):
    """Write a request; it is on its way at once."""

    roles = ASKERS
    title = _("发起申请")
    form_class = RequestForm
    template_name = "workflows/request.html"
    submit_label = _("提交审批")

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "actor": self.actor}

    def act(self, form: RequestForm) -> HttpResponse:
        _request, matter = services.ask(
            self.actor, **_given(form), files=form.cleaned_data["attachments"], once=form.cleaned_data["once"]
        )
        return redirect("workflows:matter", matter.pk)


class ChangeRequest(FormPage):
    """Change what was returned."""

    roles = ASKERS
    title = _("修改申请")
    form_class = RequestForm
    template_name = "workflows/request.html"
    submit_label = _("保存修改")
    success_message = _("已保存。请核对后重新提交。")

    @cached_property
    def row(self) -> Request:
        return access_own_request(self.actor, self.kwargs["pk"])

    def get(self, *args: Any, **kwargs: Any) -> HttpResponse:
        """Only what was returned is changed; anything else is looked at."""
        matter = latest_of(KIND, [str(self.row.pk)])[str(self.row.pk)]
        if matter.state != Matter.State.RETURNED:
            messages.info(self.request, _("只有被退回的申请可以修改。"))
            return redirect("workflows:matter", matter.pk)
        return super().get(*args, **kwargs)

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "actor": self.actor}

    def get_initial(self) -> dict[str, Any]:
        row = self.row
        names = ("institution", "department", "kind", "title", "amount", "reason")
        return {name: getattr(row, name) for name in names}

    def get_form(self, form_class: Any = None) -> Any:
        form = super().get_form(form_class)
        form.fields["institution"].disabled = True
        form.fields["attachments"].label = _("补充附件")
        del form.fields["once"]
        return form

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kept = documents_of(KIND, [str(self.row.pk)])[str(self.row.pk)]
        return super().get_context_data(documents=kept, **kwargs)

    def act(self, form: RequestForm) -> HttpResponse:
        given = _given(form)
        given.pop("institution_id")
        services.change_request(self.actor, request_id=self.row.pk, **given, files=form.cleaned_data["attachments"])
        messages.success(self.request, self.success_message)
        subject = str(self.row.pk)
        return redirect("workflows:matter", latest_of(KIND, [subject])[subject].pk)


def _given(form: RequestForm) -> dict[str, Any]:
    chosen = form.cleaned_data
    return {
        "institution_id": chosen["institution"].pk,
        "department_id": chosen["department"].pk if chosen["department"] else None,
        "kind": chosen["kind"],
        "title": chosen["title"],
        "amount": chosen["amount"],
        "reason": chosen["reason"],
    }
