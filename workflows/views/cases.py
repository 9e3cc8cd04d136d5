"""The library of typical cases: everybody who is signed in reads what is published."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from ops_platform.kernel import NotFound
from ops_platform.web.pages import FormPage, ListPage, TemplatePage
from workflows.filters.processes import CaseFilter
from workflows.forms.processes import CaseForm, own_institutions
from workflows.models import ProcessCase
from workflows.selectors import processes as selectors
from workflows.selectors.measures import READERS
from workflows.services.cases import save_case
from workflows.tables.processes import CaseTable


class Cases(ListPage):
    """Published cases and the reader's own drafts."""

    title = _("典型案例")
    template_name = "workflows/processes/cases.html"
    table_class = CaseTable
    filter_class = CaseFilter
    empty_title = _("还没有典型案例")
    empty_hint = _("优化好的流程写成案例发布后，所有登录人员都能在这里查到。")

    def get_queryset(self) -> QuerySet[ProcessCase]:
        return selectors.cases(actor=self.actor)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(may_edit=self.actor.has(*selectors.EDITORS), **kwargs)


class CaseDetail(TemplatePage):
    """One case."""

    template_name = "workflows/processes/case.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        case = selectors.access_case(actor=self.actor, case_id=self.kwargs["pk"])
        sees_process = case.process_id and selectors.processes(actor=self.actor).filter(pk=case.process_id).exists()
        context = super().get_context_data(
            case=case,
            sees_process=bool(sees_process and self.actor.has(*READERS)),
            may_edit=selectors.may_edit(actor=self.actor, institution_id=case.institution_id),
            **kwargs,
        )
        return {**context, "title": case.title}


class _CaseForm(FormPage):
    """Writing a case."""

    roles = selectors.EDITORS
    form_class = CaseForm
    template_name = "workflows/processes/case_form.html"

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "actor": self.actor}

    def save(self, form: CaseForm, case_id: int | None = None) -> HttpResponse:
        """Keep what was written and show it."""
        given = form.cleaned_data
        names = ("title", "situation", "done", "effect", "published")
        case = save_case(
            self.actor,
            case_id=case_id,
            institution_id=given["institution"].pk,
            process_id=given["process"].pk if given["process"] else None,
            **{name: given[name] for name in names},
        )
        return redirect("workflows:case", case.pk)


class NewCase(_CaseForm):
    """Write a case, of the process that the address names."""

    title = _("写典型案例")

    def get_initial(self) -> dict[str, Any]:
        named = self.request.GET.get("process", "")
        process = None
        if named.isdigit() and len(named) < 18:
            process = selectors.processes(actor=self.actor).filter(pk=int(named)).first()
        first = process.institution if process else own_institutions(self.actor).first()
        return {"institution": first, "process": process}

    def act(self, form: CaseForm) -> HttpResponse:
        return self.save(form)


class ChangeCase(_CaseForm):
    """Change a case."""

    title = _("修改典型案例")

    @cached_property
    def case(self) -> ProcessCase:
        """The case; what the reader may read but not change is as if it were not there."""
        found = selectors.access_case(actor=self.actor, case_id=self.kwargs["pk"])
        if not selectors.may_edit(actor=self.actor, institution_id=found.institution_id):
            raise NotFound("workflows.no_case", "没有这个典型案例。")
        return found

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "fixed": True}

    def get_initial(self) -> dict[str, Any]:
        return {name: getattr(self.case, name) for name in CaseForm.base_fields}

    def act(self, form: CaseForm) -> HttpResponse:
        return self.save(form, self.case.pk)
