"""Remarks on the province's mapping: what institutions hand up, and what they are answered."""

from typing import Any

import django_filters
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from insurance_settlement.forms.mappings import AnswerForm, RemarkForm
from insurance_settlement.models import MappingRemark, MappingRow
from insurance_settlement.selectors import MONTH_READERS
from insurance_settlement.selectors import mappings as selected
from insurance_settlement.services import mapping_remarks as services
from insurance_settlement.tables.mapping_remarks import RemarkTable
from ops_platform.masterdata.models import Institution
from ops_platform.web.pages import ActionPage, FormPage, ListPage


class RemarkFilter(django_filters.FilterSet):
    """Remarks by institution, kind and state."""

    institution = django_filters.ModelChoiceFilter(
        label=_("机构"),
        empty_label=_("全部"),
        queryset=lambda request: (
            selected.institutions_of(actor=request.actor) if request else Institution.objects.none()
        ),
    )
    kind = django_filters.ChoiceFilter(label=_("意见"), choices=MappingRemark.Kind.choices, empty_label=_("全部"))
    state = django_filters.ChoiceFilter(label=_("状态"), choices=MappingRemark.State.choices, empty_label=_("全部"))

    class Meta:
        model = MappingRemark
        fields: list[str] = []


class Remarks(ListPage):
    """Remarks that one may see: of all institutions for the operation centre."""

    roles = MONTH_READERS
    title = _("省版归集口径意见")
    template_name = "insurance_settlement/mapping_remarks.html"
    table_class = RemarkTable
    filter_class = RemarkFilter
    empty_title = _("还没有意见")
    empty_hint = _("机构在省版的内容页面逐项提出评估、问题和建议，由运营管理中心答复。")

    def get_queryset(self) -> QuerySet[MappingRemark]:
        return selected.remarks(actor=self.actor)

    def get_table(self, rows: Any) -> RemarkTable:
        own = self.actor.institutions(*services.REMARKERS)
        return RemarkTable(rows, request=self.request, may_answer=self.actor.has(*services.ANSWERERS), own=own)


class NewRemark(FormPage):
    """Say something of a province version, or of the row `?row=`."""

    roles = services.REMARKERS
    title = _("对省版提意见")
    form_class = RemarkForm
    template_name = "insurance_settlement/mapping_form.html"
    submit_label = _("提交意见")

    def _row(self) -> MappingRow | None:
        asked = self.request.GET.get("row", "")
        if not asked.isdigit() or len(asked) > 18:
            return None
        return selected.rows_of(self.version).filter(pk=int(asked)).first()

    def get_form_kwargs(self) -> dict[str, Any]:
        self.version = selected.access_version(actor=self.actor, version_id=self.kwargs["pk"])
        return {**super().get_form_kwargs(), "actor": self.actor}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        return {**context, "version": self.version, "row": self._row()}

    def act(self, form: RemarkForm) -> HttpResponse:
        given, row = form.cleaned_data, self._row()
        services.raise_remark(
            self.actor,
            version_id=self.kwargs["pk"],
            institution=given["institution"],
            kind=given["kind"],
            text=given["text"],
            row_id=row.pk if row else None,
        )
        messages.success(self.request, _now("意见已上报，答复后在「意见」页查看。"))
        return redirect("insurance_settlement:mapping", self.kwargs["pk"])


class AnswerRemark(FormPage):
    """Answer a remark."""

    roles = services.ANSWERERS
    title = _("答复意见")
    form_class = AnswerForm
    template_name = "insurance_settlement/mapping_answer.html"
    submit_label = _("答复")
    success_message = _("已答复。")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        remark = selected.access_remark(actor=self.actor, remark_id=self.kwargs["pk"])
        return super().get_context_data(remark=remark, **kwargs)

    def get_success_url(self) -> str:
        return reverse("insurance_settlement:mapping-remarks")

    def act(self, form: AnswerForm) -> None:
        given = form.cleaned_data
        services.answer_remark(
            self.actor, remark_id=self.kwargs["pk"], outcome=given["outcome"], answer=given["answer"]
        )


class WithdrawRemark(ActionPage):
    """Take a remark back."""

    roles = services.REMARKERS
    success_message = _("意见已撤回。")

    def get_success_url(self) -> str:
        return reverse("insurance_settlement:mapping-remarks")

    def act(self) -> None:
        services.withdraw_remark(self.actor, remark_id=self.kwargs["pk"])
