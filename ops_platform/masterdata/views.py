"""Pages of institutions, accounting periods, code sets and parameters."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Max, Prefetch, Q, QuerySet
from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ops_platform.kernel import Actor, Period, Role
from ops_platform.masterdata import closing, services
from ops_platform.masterdata.bounds import bounds_of
from ops_platform.masterdata.filters import CodeFilter, ParameterFilter
from ops_platform.masterdata.forms import ParameterForm, ReopeningForm
from ops_platform.masterdata.models import (
    AccountingPeriod,
    Code,
    CodeSet,
    CodeSetVersion,
    Department,
    DepartmentTerm,
    Institution,
    Parameter,
    ParameterProposal,
    PeriodReopening,
    PeriodState,
)
from ops_platform.masterdata.tables import CodeSetTable, CodeTable, ParameterHistoryTable, ParameterTable
from ops_platform.web.pages import ActionPage, FormPage, ListPage, TemplatePage
from ops_platform.web.people import names_of

PERIOD_READERS = (
    Role.FINANCE_OFFICER,
    Role.ACCOUNTING_REVIEWER,
    Role.FINANCE_DIRECTOR,
    Role.INSTITUTION_HEAD,
    Role.OPERATION_CENTRE,
    Role.LEADERSHIP,
    Role.AUDITOR,
)
PARAMETER_READERS = (*PERIOD_READERS, Role.INSURANCE_OFFICER)
PROPOSALS_SHOWN = 20


def _institution(actor: Actor, pk: int, *roles: Role) -> Institution:
    institution = (
        Institution.objects.visible_to(actor, *roles).filter(pk=pk).select_related("alliance", "parent").first()
    )
    if institution is None:
        raise Http404
    return institution


@dataclass(slots=True)
class Branch:
    """An institution with those it guides, as far as the reader sees them."""

    institution: Institution
    members: list["Branch"] = field(default_factory=list)


def _forest(institutions: Iterable[Institution]) -> list[Branch]:
    branches = {institution.pk: Branch(institution) for institution in institutions}
    roots: list[Branch] = []
    for branch in branches.values():
        parent = branches.get(branch.institution.parent_id or 0)
        (parent.members if parent else roots).append(branch)
    return roots


class Institutions(TemplatePage):
    """The alliance as a tree."""

    title = _("机构")
    template_name = "masterdata/institutions.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rows = (
            Institution.objects.visible_to(self.actor)
            .select_related("alliance")
            .annotate(department_count=Count("departments"))
            .order_by("code")
        )
        institutions = list(rows)
        return super().get_context_data(
            forest=_forest(institutions),
            alliance=institutions[0].alliance if institutions else None,
            total=len(institutions),
            **kwargs,
        )


class InstitutionDetail(TemplatePage):
    """One institution with its departments and what they were at each date."""

    template_name = "masterdata/institution.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        institution = _institution(self.actor, self.kwargs["pk"])
        newest_first = Prefetch("terms", queryset=DepartmentTerm.objects.order_by("-effective_from"), to_attr="history")
        departments = Department.objects.filter(institution=institution).order_by("code").prefetch_related(newest_first)
        members = institution.members.all() & Institution.objects.visible_to(self.actor)
        context = super().get_context_data(
            institution=institution, departments=departments, members=members.order_by("code"), **kwargs
        )
        return {**context, "title": institution.name}


@dataclass(frozen=True, slots=True)
class BoardRow:
    """One institution's months of a year; None where a month does not exist."""

    institution: Institution
    cells: tuple[AccountingPeriod | None, ...]


class PeriodBoard(TemplatePage):
    """Institutions × months of a year, and the requests that wait for the second person."""

    roles = PERIOD_READERS
    title = _("会计期间")
    template_name = "masterdata/period_board.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rows = AccountingPeriod.objects.visible_to(self.actor, *PERIOD_READERS)
        years = sorted(
            {period[:4] for period in rows.order_by().values_list("period", flat=True).distinct()}, reverse=True
        )
        chosen = self.request.GET.get("year", "")
        year = chosen if chosen in years else (years[0] if years else str(timezone.localdate().year))
        months = [f"{year}-{month:02d}" for month in range(1, 13)]
        of_year = {(row.institution_id, row.period): row for row in rows.filter(period__in=months)}
        institutions = Institution.objects.visible_to(self.actor, *PERIOD_READERS).order_by("code")
        requests = list(
            PeriodReopening.objects.filter(
                state=PeriodReopening.State.REQUESTED, accounting_period__in=rows
            ).select_related("accounting_period__institution")
        )
        return super().get_context_data(
            years=years,
            year=year,
            months=months,
            board=[
                BoardRow(institution, tuple(of_year.get((institution.pk, month)) for month in months))
                for institution in institutions
            ],
            requests=requests,
            people=names_of(request.requested_by for request in requests),
            may_decide=self.actor.has(*services.CLOSERS),
            **kwargs,
        )


class PeriodDetail(FormPage):
    """One month of one institution: close it, or ask for its reopening."""

    roles = PERIOD_READERS
    form_class = ReopeningForm
    template_name = "masterdata/period.html"
    success_message = _("申请已提交，等待第二人审批。")

    def _period(self) -> AccountingPeriod:
        row = (
            AccountingPeriod.objects.visible_to(self.actor, *PERIOD_READERS)
            .filter(institution=self.kwargs["institution"], period=self.kwargs["period"])
            .select_related("institution")
            .first()
        )
        if row is None:
            raise Http404
        return row

    def act(self, form: ReopeningForm) -> None:
        services.request_reopening(
            self.actor,
            institution_id=self.kwargs["institution"],
            period=self.kwargs["period"],
            reason=form.cleaned_data["reason"],
        )

    def get_success_url(self) -> str:
        return self.request.path

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        row = self._period()
        history = list(row.reopenings.all())
        waiting = any(request.state == PeriodReopening.State.REQUESTED for request in history)
        closed = row.state == PeriodState.CLOSED
        may_ask = self.actor.may(row.institution_id, *services.REOPENERS)
        month = Period.parse(row.period)
        context = super().get_context_data(
            row=row,
            history=history,
            people=names_of([row.closed_by, *(name for one in history for name in (one.requested_by, one.decided_by))]),
            may_begin=row.state == PeriodState.OPEN and may_ask and not closing.not_over(row.institution, month),
            may_stop=row.state == PeriodState.CLOSING and may_ask,
            may_close=not closed and self.actor.may(row.institution_id, *services.CLOSERS),
            may_ask=closed and not waiting and may_ask,
            **kwargs,
        )
        return {**context, "title": f"{row.institution.name} {Period.parse(row.period)}"}


class ClosePeriod(ActionPage):
    """Close a month."""

    roles = services.CLOSERS
    success_message = _("期间已结账。")
    success_url_name = "masterdata:periods"

    def act(self) -> None:
        services.close_period(self.actor, institution_id=self.kwargs["institution"], period=self.kwargs["period"])


class BeginClosing(ActionPage):
    """A month takes no facts any more; its last figures are computed and looked at."""

    roles = services.REOPENERS
    success_message = _("已开始结账，该期间不再接收数据。请运行夜间任务并核对后结账。")
    success_url_name = "masterdata:periods"

    def act(self) -> None:
        services.begin_closing(self.actor, institution_id=self.kwargs["institution"], period=self.kwargs["period"])


class StopClosing(ActionPage):
    """Back to open."""

    roles = services.REOPENERS
    success_message = _("已取消结账，该期间重新接收数据。")
    success_url_name = "masterdata:periods"

    def act(self) -> None:
        services.stop_closing(self.actor, institution_id=self.kwargs["institution"], period=self.kwargs["period"])


class CodeSets(ListPage):
    """Code sets with their versions."""

    title = _("代码集")
    table_class = CodeSetTable
    empty_title = _("还没有代码集")
    empty_hint = _("代码集由系统管理员随参考数据载入。")

    def get_queryset(self) -> QuerySet[CodeSet]:
        return CodeSet.objects.annotate(
            version_count=Count("versions"), newest_from=Max("versions__effective_from")
        ).order_by("code")


class CodeSetDetail(ListPage):
    """The codes of one version of a code set."""

    template_name = "masterdata/code_set.html"
    table_class = CodeTable
    filter_class = CodeFilter

    def _versions(self) -> tuple[CodeSet, list[CodeSetVersion], CodeSetVersion | None]:
        code_set = CodeSet.objects.filter(code=self.kwargs["code"]).first()
        if code_set is None:
            raise Http404
        versions = list(code_set.versions.order_by("-effective_from"))
        asked = self.request.GET.get("version", "")
        today = timezone.localdate()
        named = [version for version in versions if version.version == asked]
        in_force = [version for version in versions if version.effective_from <= today]
        return code_set, versions, next(iter([*named, *in_force, *versions]), None)

    def get_queryset(self) -> QuerySet[Code]:
        self.code_set, self.versions, self.version = self._versions()
        self.export_name = self.code_set.code
        return Code.objects.filter(version=self.version).order_by("position", "code")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        shown = {"code_set": self.code_set, "versions": self.versions, "version": self.version}
        return {**context, **shown, "title": self.code_set.name}


def _parameters(actor: Actor) -> QuerySet[Parameter]:
    rows = Parameter.objects.select_related("institution")
    institutions = actor.institutions(*PARAMETER_READERS)
    if institutions is None:
        return rows
    return rows.filter(Q(institution__isnull=True) | Q(institution__in=institutions))


class Parameters(ListPage):
    """Parameters as they hold today."""

    roles = PARAMETER_READERS
    title = _("参数")
    template_name = "masterdata/parameters.html"
    table_class = ParameterTable
    filter_class = ParameterFilter
    empty_title = _("还没有参数")
    empty_hint = _("参数随参考数据载入，之后在这里按生效日期维护。")

    def get_queryset(self) -> QuerySet[Parameter]:
        in_force = (
            Parameter.objects.filter(effective_from__lte=timezone.localdate())
            .order_by("key", "scope", "institution_id", "-effective_from")
            .distinct("key", "scope", "institution_id")
        )
        return (
            _parameters(self.actor).filter(pk__in=in_force.values("pk")).order_by("key", "scope", "institution", "pk")
        )


def _proposals(actor: Actor, key: str) -> list[ParameterProposal]:
    """The latest proposals for the parameter, as far as they reach the reader's institutions."""
    rows = ParameterProposal.objects.filter(key=key).select_related("institution")
    institutions = actor.institutions(*PARAMETER_READERS)
    if institutions is not None:
        rows = rows.filter(Q(institution__isnull=True) | Q(institution__in=institutions))
    return list(rows.order_by("-proposed_at", "-pk")[:PROPOSALS_SHOWN])


class ParameterDetail(TemplatePage):
    """All values of one parameter, and the proposals for others."""

    roles = PARAMETER_READERS
    template_name = "masterdata/parameter.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rows = _parameters(self.actor).filter(key=self.kwargs["key"]).order_by("-effective_from", "pk")
        newest = rows.first()
        if newest is None:
            raise Http404
        proposals = _proposals(self.actor, self.kwargs["key"])
        context = super().get_context_data(
            parameter=newest,
            proposals=proposals,
            people=names_of(name for one in proposals for name in (one.proposed_by, one.decided_by)),
            oversees_all=self.actor.institutions(*PARAMETER_READERS) is None,
            table=ParameterHistoryTable(rows, orderable=False),
            may_write=self.actor.has(*services.SETTERS),
            **kwargs,
        )
        return {**context, "title": newest.name}


class NewParameterValue(FormPage):
    """Propose a new value from a day on."""

    roles = services.SETTERS
    title = _("新的取值")
    submit_label = _("提交审批")
    form_class = ParameterForm
    template_name = "masterdata/new_parameter_value.html"
    success_message = _("已提交审批。经申请人以外的一人同意后生效，此前仍按现行取值。")

    def _newest(self) -> Parameter:
        newest = _parameters(self.actor).filter(key=self.kwargs["key"]).order_by("-effective_from", "pk").first()
        if newest is None:
            raise Http404
        return newest

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "actor": self.actor, "bounds": bounds_of(self.kwargs["key"])}

    def act(self, form: ParameterForm) -> None:
        chosen = form.cleaned_data
        services.propose_parameter(
            self.actor,
            key=self.kwargs["key"],
            scope=chosen["scope"],
            institution_id=chosen["institution"].pk if chosen["institution"] else None,
            effective_from=chosen["effective_from"],
            value=chosen["value"],
            source_text=chosen["source_text"],
        )

    def get_success_url(self) -> str:
        return reverse("masterdata:parameter", args=[self.kwargs["key"]])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(parameter=self._newest(), **kwargs)
