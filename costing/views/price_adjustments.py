"""调价方案: what items cost and are charged at, plans in steps, what a plan comes to, whether its prices are charged."""

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views import View

from costing import price_files
from costing.models import PriceAdjustment
from costing.price_files import STEPS as STEP_COLUMNS
from costing.price_forms import STEPS, BaseForm, PriceAdjustmentForm
from costing.price_telling import concerns_sheet, told
from costing.reports import workbook_of
from costing.selectors import access, price_adjustments
from costing.selectors.price_adjustments import FollowedMonth, Outcome
from costing.selectors.sheets import price_adjustment as sheets
from costing.services import price_adjustments as services
from costing.services.scenarios import PLANNERS
from costing.sheets import Sheet, opened
from costing.tables.price_adjustments import PriceAdjustmentTable
from costing.views.figures import figure_of
from ops_platform.kernel import Invalid, from_fen
from ops_platform.web import formats
from ops_platform.web.pages import ActionPage, FormPage, ListPage, Page, TemplatePage
from workflows.public import courses_of

SHEETS: dict[str, tuple[Any, Callable[[Outcome], Sheet]]] = {
    "whole": (_("总量与空间"), sheets.whole_sheet),
    "borne": (_("负担与补偿"), sheets.borne_sheet),
    "structure": (_("收入结构"), sheets.structure_sheet),
    "items": (_("项目"), sheets.items_sheet),
    "departments": (_("执行科室"), sheets.departments_sheet),
}


class PriceAdjustments(ListPage):
    """The plans that one may see, and the workbook of a base."""

    roles = access.READERS
    title = _("调价方案")
    template_name = "costing/price_adjustments.html"
    table_class = PriceAdjustmentTable
    empty_title = _("还没有调价方案")
    empty_hint = _("选择基期导出调价项目表，填写各步价格，再在「新的方案」里上传，测算后提交审批。")

    def get_queryset(self) -> QuerySet[PriceAdjustment]:
        return price_adjustments.adjustments(actor=self.actor)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        may_plan = self.actor.has(*PLANNERS)
        return super().get_context_data(
            may_plan=may_plan, form=BaseForm(actor=self.actor, auto_id="base_%s") if may_plan else None, **kwargs
        )


class PriceFile(Page, View):
    """The workbook to fill in: what each service item is charged at and costs in a base."""

    roles = PLANNERS

    def get(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponseBase:
        form = BaseForm(request.GET, actor=self.actor)
        if not form.is_valid():
            field, (told, *_more) = next(iter(form.errors.items()))
            raise Invalid("costing.price_base", f"{form.fields[field].label}：{told}", field=field)
        given = form.cleaned_data
        first, last = given["first_month"], given["last_month"]
        runs = services.base_runs(institution=given["institution"], first=first, last=last)
        rows = price_adjustments.workbook_rows(price_adjustments.candidates(runs=runs))
        return price_files.write(f"{given['institution'].code}_{first}_{last}", rows)


class NewPriceAdjustment(FormPage):
    """A plan from its workbook."""

    roles = PLANNERS
    title = _("新的调价方案")
    form_class = PriceAdjustmentForm
    template_name = "costing/new_price_adjustment.html"
    submit_label = _("测算")

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "actor": self.actor}

    def act(self, form: PriceAdjustmentForm) -> HttpResponse:
        given = form.cleaned_data
        runs = services.base_runs(
            institution=given["institution"], first=given["first_month"], last=given["last_month"]
        )
        known = {one.code for one in price_adjustments.candidates(runs=runs)}
        steps = sum(given[name] is not None for name in STEPS)
        rows = price_files.read(given["file"].read(), known, steps)
        if not rows:
            words = f"没有填写任何价格，请在「{STEP_COLUMNS[0]}」列填写要调整的项目。"
            raise Invalid("costing.price_rows", words, field="file")
        made = services.begin_adjustment(self.actor, form.wanted(rows))
        return redirect("costing:price-adjustment", made.pk)


class _OnePlan(TemplatePage):
    """A plan, worked out."""

    roles = access.READERS

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        self.plan = price_adjustments.access_adjustment(actor=self.actor, adjustment=self.kwargs["pk"])
        self.found = price_adjustments.outcome(self.plan)
        return super().get(request, *args, **kwargs)

    def sheet(self, code: str) -> Sheet:
        """One of its reports; 404 for what there is not."""
        if code not in SHEETS:
            raise Http404
        return SHEETS[code][1](self.found)

    def opened(self, code: str) -> Sheet:
        """With the addresses of its figures."""
        page = reverse("costing:price-figure", args=[self.plan.pk, code])
        return opened(self.sheet(code), lambda row, column: f"{page}?row={row}&column={column}")

    def heading(self) -> str:
        """Of its workbooks."""
        return (
            f"{self.plan.institution.name}    基期：{self.plan.first_month} 至 {self.plan.last_month}"
            f"    {self.plan.get_state_display()}    单位：元/年"
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(plan=self.plan, **kwargs), "title": self.plan.title}


class PriceAdjustmentPage(_OnePlan):
    """What a plan comes to."""

    template_name = "costing/price_adjustment.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        answer = super().get(request, *args, **kwargs)
        if request.GET.get("export") == "xlsx":
            pages = [(str(title), build(self.found)) for title, build in SHEETS.values()]
            pages.append(("提示", concerns_sheet(self.found)))
            return workbook_of(f"调价方案-{self.plan.title}", self.heading(), pages)
        return answer

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found = self.found
        may_plan = self.actor.may(self.plan.institution_id, *PLANNERS)
        draft = self.plan.state == PriceAdjustment.State.DRAFT
        return super().get_context_data(
            stats=_stats(found),
            concerns=told(found),
            superseded_months="、".join(sorted(run.period for run in price_adjustments.superseded(found))),
            sheets=[(code, title, self.opened(code)) for code, (title, _build) in SHEETS.items()],
            may_change=may_plan and draft,
            course=courses_of(services.KIND, [str(self.plan.pk)]).get(str(self.plan.pk)),
            followed=self.plan.state == PriceAdjustment.State.APPROVED,
            **kwargs,
        )


class PriceFigure(_OnePlan):
    """One figure of a plan."""

    template_name = "costing/price_figure.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        code = self.kwargs["code"]
        context = figure_of(self.sheet(code), self.opened(code), self.request)
        title = context.pop("title")
        return {**super().get_context_data(**context, **kwargs), "title": title}


class PriceFollowing(_OnePlan):
    """Whether the prices of a plan are charged: by month, and the items of the month asked for."""

    template_name = "costing/price_following.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        answer = super().get(request, *args, **kwargs)
        if request.GET.get("export") == "xlsx":
            months = price_adjustments.followed(self.found)
            pages = [("逐月执行", sheets.months_sheet(months))]
            pages += [(one.run.period, sheets.followed_sheet(one)) for one in months]
            return workbook_of(f"调价执行跟踪-{self.plan.title}", self.heading(), pages)
        return answer

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        months = price_adjustments.followed(self.found)
        asked = self.request.GET.get("period", "")
        month: FollowedMonth | None = next((one for one in months if one.run.period == asked), next(iter(months), None))
        missing = bool(asked) and (month is None or month.run.period != asked)
        said = _("%(asked)s 没有可核对的执行情况，显示的是 %(shown)s。")
        shown = month.run.period if month else _("全部")
        context = super().get_context_data(
            months=sheets.months_sheet(months) if months else None,
            month=month,
            sheet=sheets.followed_sheet(month) if month else None,
            periods=[one.run.period for one in months],
            shown_instead=[said % {"asked": asked[:20], "shown": shown}] if missing else [],
            **kwargs,
        )
        return {**context, "title": f"{self.plan.title} · {_('执行跟踪')}"}


def _stats(found: Outcome) -> list[dict[str, Any]]:
    """What the whole plan comes to, after its last step."""
    last = len(found.borne) - 1
    one = found.borne[last]
    amounts = (
        (_("收费净变动"), one.step.change),
        (_("医保基金增支"), one.fund),
        (_("患者增支"), one.step.patients),
        (_("实际增收"), one.received),
    )
    ratios = (
        (_("服务成本回收率(实收)"), found.recovery_of_all(), found.received_recovery(last)),
        (_("调价项目比价偏离"), found.mean_departure(), found.mean_departure(last)),
    )
    before = _("调价前 %s")
    return [
        *(
            {"title": title, "figure": formats.money(from_fen(fen)), "unit": _("元/年"), "note": ""}
            for title, fen in amounts
        ),
        *(
            {"title": title, "figure": _percent(now), "unit": "", "note": before % _percent(was)}
            for title, was, now in ratios
        ),
    ]


def _percent(value: Fraction | None) -> str:
    return formats.percent(None if value is None else Decimal(value.numerator) / value.denominator)


class _Act(ActionPage):
    roles = PLANNERS

    def get_success_url(self) -> str:
        return reverse("costing:price-adjustment", args=[self.kwargs["pk"]])


class SubmitPriceAdjustment(_Act):
    """Ask for approval."""

    success_message = _("已提交审批。")

    def act(self) -> None:
        services.submit_adjustment(self.actor, adjustment_id=self.kwargs["pk"])


class ArchivePriceAdjustment(_Act):
    """Put a draft away."""

    success_message = _("方案已归档。")

    def act(self) -> None:
        services.archive_adjustment(self.actor, adjustment_id=self.kwargs["pk"])
