"""Views of pages. A page declares who may open it in `roles`; a view that everybody may open says `public = True`.

class DepartmentCosts(ListPage):
    roles = (Role.FINANCE_OFFICER, Role.AUDITOR)
    title = _("科室成本")
    table_class = DepartmentCostTable
    filter_class = DepartmentCostFilter

    def get_queryset(self):
        return selectors.department_costs(self.actor)
"""

from typing import Any, ClassVar
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views import View
from django.views.generic import FormView, TemplateView
from django_tables2 import RequestConfig

from ops_platform.kernel import Actor, DomainError, Forbidden, Invalid, NotFound, Role
from ops_platform.web.errors import is_htmx
from ops_platform.web.exports import xlsx_response


class Page:
    """Mixin of every view behind sign-in. Anonymous → sign-in page with the way back; without the role → 403."""

    roles: ClassVar[tuple[Role, ...]] = ()
    title: Any = ""
    actor: Actor
    request: HttpRequest

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        actor = getattr(request, "actor", None)
        if actor is None:
            return self._to_sign_in(request)
        if self.roles and not actor.has(*self.roles):
            raise PermissionDenied
        self.actor = actor
        return super().dispatch(request, *args, **kwargs)  # type: ignore[misc]

    def _to_sign_in(self, request: HttpRequest) -> HttpResponse:
        url = reverse("sign-in")
        if is_htmx(request):
            return HttpResponse(status=401, headers={"HX-Redirect": url})
        if request.method in ("GET", "HEAD") and request.path != "/":
            url = f"{url}?{urlencode({'next': request.get_full_path()})}"
        return redirect(url)


class TemplatePage(Page, TemplateView):
    """A page of one template; `get_context_data` makes its one call to a selector."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(title=self.title, **kwargs)


class ListPage(TemplatePage):
    """A list: django-filter, django-tables2, 50 rows a page; `?export=xlsx` sends the whole filtered list, named
    `export_name` (else its title) with the institution and the month of the filter, under `export_title` if there is one."""

    template_name = "components/list_page.html"
    table_class: ClassVar[Any]
    filter_class: ClassVar[Any] = None
    per_page = 50
    exportable = True
    export_name = ""
    export_title = ""
    empty_title: ClassVar[Any] = ""
    empty_hint: ClassVar[Any] = ""

    def get_queryset(self) -> Any:
        """Rows the actor may see; a query set or a list."""
        raise NotImplementedError

    def filtered(self) -> tuple[Any, Any]:
        """(filter or None, rows that fit it); none where the filter is not understood, rather than all as if it had not been
        asked."""
        rows = self.get_queryset()
        if self.filter_class is None:
            return None, rows
        chosen = self.filter_class(self.request.GET or None, queryset=rows, request=self.request)
        if chosen.errors:
            return chosen, rows.none() if isinstance(rows, QuerySet) else []
        return chosen, chosen.qs

    def get_table(self, rows: Any) -> Any:
        return self.table_class(rows, request=self.request)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if self.exportable and request.GET.get("export") == "xlsx":
            return self._export()
        return super().get(request, *args, **kwargs)

    def get_template_names(self) -> list[str]:
        if is_htmx(self.request) and self.request.headers.get("HX-Target") == "list":
            return ["components/list_body.html"]
        return super().get_template_names()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        chosen, rows = self.filtered()
        table = self.get_table(rows)
        RequestConfig(self.request, paginate={"per_page": self.per_page, "silent": True}).configure(table)
        return super().get_context_data(
            table=table,
            filter=chosen,
            exportable=self.exportable,
            empty_title=self.empty_title,
            empty_hint=self.empty_hint,
            **kwargs,
        )

    def _export(self) -> HttpResponseBase:
        chosen, rows = self.filtered()
        if chosen is not None and chosen.errors:
            raise Invalid("web.invalid", "筛选条件有误，请先在页面上改正，再导出。")
        table = self.get_table(rows)
        RequestConfig(self.request, paginate=False).configure(table)
        values = iter(table.as_values(exclude_columns=[c.name for c in table.columns if c.column.exclude_from_export]))
        kept = getattr(chosen.form, "cleaned_data", {}) if chosen is not None else {}
        scope = [getattr(kept[one], "code", kept[one]) for one in ("institution", "period") if kept.get(one)]
        name = "-".join([self.export_name or str(self.title), *map(str, scope)])
        return xlsx_response(name, next(values), values, title=self.export_title)


def tell_refusal(form: Any, refusal: DomainError) -> None:
    """Say in the form why a service refused, at the field that the refusal names; one message for each of its `lines`."""
    field = refusal.context.get("field")
    form.add_error(field if field in form.fields else None, refusal.context.get("lines") or refusal.message)


class FormPage(Page, FormView):
    """A form that ends in one service call. A refusal is shown in the form, on the field its context names."""

    template_name = "components/form_page.html"
    success_message: ClassVar[Any] = ""
    submit_label: ClassVar[Any] = ""

    def act(self, form: Any) -> Any:
        """Call the service. An HttpResponse is sent as it is, anything else leads to `get_success_url`."""
        raise NotImplementedError

    def form_valid(self, form: Any) -> HttpResponseBase:  # type: ignore[override]
        try:
            result = self.act(form)
        except (NotFound, Forbidden):
            raise
        except DomainError as refusal:
            tell_refusal(form, refusal)
            return self.form_invalid(form)
        if isinstance(result, HttpResponseBase):
            return result
        if self.success_message:
            messages.success(self.request, self.success_message)
        return redirect(self.get_success_url())

    def form_invalid(self, form: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(title=self.title, submit_label=self.submit_label, **kwargs)


class ActionPage(Page, View):
    """A button: POST only, one service call, then back. What one may not see or do stays 404 or 403."""

    http_method_names = ["post", "options"]
    success_message: ClassVar[Any] = ""
    success_url_name = "home"

    def act(self) -> Any:
        """Call the service. An HttpResponse is sent as it is; a str is shown in place of `success_message`."""
        raise NotImplementedError

    def refused(self) -> None:
        """Called before a refusal leads back to the page, to keep what was typed."""

    def _refuse_nul(self) -> None:
        """Text with NUL is no text, and PostgreSQL knows none; forms refuse it themselves, a button has no form."""
        if any("\x00" in value for values in self.request.POST.lists() for value in values[1]):
            raise Invalid("web.not_text", _("输入中含有不可识别的字符，请删除后重试。"))

    def get_success_url(self) -> str:
        """Where the button stood (`next` of the form), else `success_url_name`."""
        target = self.request.POST.get("next", "")
        if target and url_has_allowed_host_and_scheme(target, {self.request.get_host()}, self.request.is_secure()):
            return target
        return reverse(self.success_url_name)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            self._refuse_nul()
            result = self.act()
        except (NotFound, Forbidden):
            raise
        except DomainError as refusal:
            messages.error(request, refusal.message)
            self.refused()
            return redirect(self.get_success_url())
        if isinstance(result, HttpResponse):
            return result
        message = result if isinstance(result, str) else self.success_message
        if message:
            messages.success(request, message)
        return redirect(self.get_success_url())
