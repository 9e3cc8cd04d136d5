"""The forms of price adjustments: the base to export, and a plan."""

from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from costing.price_files import MOST_STEPS
from costing.services.price_adjustments import WantedAdjustment
from costing.services.scenarios import PLANNERS
from ops_platform.kernel import Actor, Period
from ops_platform.masterdata.models import Institution

STEPS = tuple(f"step_{number}" for number in range(1, MOST_STEPS + 1))
LARGEST = Decimal(10) ** 13


def _money(title: Any, help_text: Any = "") -> forms.DecimalField:
    return forms.DecimalField(
        label=title,
        help_text=help_text,
        required=False,
        min_value=0,
        max_value=LARGEST,
        max_digits=16,
        decimal_places=2,
    )


class BaseForm(forms.Form):
    """The institution and months that a plan is measured on."""

    institution = forms.ModelChoiceField(Institution.objects.none(), label=_("机构"), empty_label=None)
    first_month = forms.CharField(label=_("基期起"), widget=forms.DateInput(attrs={"type": "month"}))
    last_month = forms.CharField(
        label=_("基期止"),
        widget=forms.DateInput(attrs={"type": "month"}),
        help_text=_("共 1、2、3、4、6 或 12 个月，都已核算患者成本。"),
    )

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice: Any = self.fields["institution"]
        choice.queryset = Institution.objects.visible_to(actor, *PLANNERS).order_by("code")

    def _month(self, name: str) -> Period:
        try:
            return Period.parse(self.cleaned_data[name])
        except ValueError as error:
            raise forms.ValidationError(_("请填写月份，如 2026-03。")) from error

    def clean_first_month(self) -> Period:
        return self._month("first_month")

    def clean_last_month(self) -> Period:
        return self._month("last_month")


class PriceAdjustmentForm(BaseForm):
    """A plan with its workbook."""

    title = forms.CharField(label=_("方案名称"), min_length=2, max_length=120)
    source_text = forms.CharField(label=_("依据"), min_length=2, max_length=200, help_text=_("文件、会议纪要等。"))
    step_1 = forms.DateField(label=_("第1步生效日期"), widget=forms.DateInput(attrs={"type": "date"}))
    step_2 = forms.DateField(label=_("第2步生效日期"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    step_3 = forms.DateField(label=_("第3步生效日期"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    step_4 = forms.DateField(label=_("第4步生效日期"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    file = forms.FileField(
        label=_("调价项目表(.xlsx)"),
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx"}),
        help_text=_("在「调价方案」页按基期导出，只填要调整的项目；某步留空为沿用上一步价格。"),
    )
    loss = _money(_("需补偿(元/年)"), _("如取消药品、耗材加成减少的收入；没有则留空。"))
    loss_text = forms.CharField(label=_("需补偿的来由"), max_length=200, required=False)
    subsidy = _money(_("财政补助(元/年)"), _("财政为此增加的补助。"))
    decision_on = forms.DateField(
        label=_("主管部门批准日期"),
        required=False,
        help_text=_("补录已批准的方案时填写；尚未批准的留空。"),
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    decision_no = forms.CharField(label=_("批准文号"), max_length=80, required=False)
    fund_limit = _money(_("医保基金可承担(元/年)"), _("与医保部门衔接的数额；不知道则留空。"))

    def clean_file(self) -> UploadedFile:
        file: UploadedFile = self.cleaned_data["file"]
        if (file.size or 0) > settings.INTAKE_MAX_BODY_BYTES:
            raise forms.ValidationError(_("文件过大，请检查后重新选择。"))
        return file

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        days = [given.get(name) for name in STEPS]
        told = [day for day in days if day is not None]
        if "step_1" in given and (days[: len(told)] != told or sorted(set(told)) != told):
            self.add_error("step_1", _("各步生效日期应依次填写、先后递增。"))
        return given

    def wanted(self, rows: Any) -> WantedAdjustment:
        """As the service takes it."""
        given = self.cleaned_data
        return WantedAdjustment(
            institution_id=given["institution"].pk,
            title=given["title"],
            source_text=given["source_text"],
            first_month=given["first_month"],
            last_month=given["last_month"],
            steps=[given[name] for name in STEPS if given[name] is not None],
            rows=rows,
            loss=given["loss"] or Decimal(0),
            loss_text=given["loss_text"],
            subsidy=given["subsidy"] or Decimal(0),
            fund_limit=given["fund_limit"],
            decision_on=given["decision_on"],
            decision_no=given["decision_no"],
        )
