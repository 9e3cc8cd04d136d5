"""Forms of grouping schemes, price books and pooling areas."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from insurance_settlement.models import GroupingScheme, PoolingArea
from insurance_settlement.rule_reach import areas_in_charge, rules_for_all, why_no_scheme
from insurance_settlement.selectors import grouping_schemes
from insurance_settlement.services import IMPORTERS, PERSONS_MARKS
from ops_platform.kernel import Actor
from ops_platform.masterdata.models import Institution, SourceMark

MAX_BYTES = 16 * 2**20
FIRST_DAY = _("须为某月 1 日：该月起出院的病例使用，此前的月份仍按旧规则。")


class RuleFile(forms.FileField):
    """A file of rules; its content is checked by the import itself."""

    def __init__(self, accept: str, **kwargs: Any) -> None:
        super().__init__(widget=forms.ClearableFileInput(attrs={"accept": accept}), **kwargs)

    def clean(self, data: Any, initial: Any = None) -> Any:
        file: UploadedFile = super().clean(data, initial)
        if file and (file.size or 0) > MAX_BYTES:
            raise forms.ValidationError(_now("文件超过 16 MB，不像是规则文件。请检查后重新选择。"))
        return file


class _Sourced(forms.Form):
    """Rules with where they come from, as pages show it beside them."""

    source_mark = forms.ChoiceField(
        label=_("来源"),
        choices=[(one.value, one.label) for one in PERSONS_MARKS],
        initial=SourceMark.RECALL,
        help_text=_("手头有文件的选「文件依据」，取自官方网站的选「公开网页」；尚未与原文核对的选「待核对」。"),
    )
    source_text = forms.CharField(
        label=_("依据"),
        max_length=300,
        required=False,
        help_text=_("文件名称与文号，或网页地址；待核对的可以不填，按文件中写的来源登记。"),
    )


class SchemeForm(_Sourced):
    """A grouping scheme, or a DIP catalogue, with its code tables."""

    content = RuleFile(".json,.xlsx", label=_("分组方案(JSON)，或 DIP 病种目录(JSON 或 Excel)"))
    dx_codes = RuleFile(".csv", label=_("诊断代码表(CSV:code,name,map_to)"))
    proc_codes = RuleFile(".csv", label=_("手术操作代码表(CSV:code,name,map_to)"))
    effective_from = forms.DateField(
        label=_("生效日期"), help_text=FIRST_DAY, widget=forms.DateInput(attrs={"type": "date"})
    )
    field_order = ("content", "dx_codes", "proc_codes", "effective_from")

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.refusal = why_no_scheme(actor)

    def clean(self) -> dict[str, Any] | None:
        if self.refusal is not None:
            raise forms.ValidationError(self.refusal.message)
        return super().clean()


class PriceBookForm(_Sourced):
    """Weights, base rate and coefficients, for areas that are the actor's to rule."""

    content = RuleFile(".json,.xlsx", label=_("价格规则(JSON 或 Excel)"))
    name = forms.CharField(label=_("名称"), max_length=80, help_text=_("例如：2026 年度权重与费率"))
    scheme = forms.ModelChoiceField(GroupingScheme.objects.none(), label=_("适用方案"))
    area = forms.ModelChoiceField(
        PoolingArea.objects.none(),
        label=_("统筹地区"),
        required=False,
        empty_label=_("全部机构适用"),
        help_text=_("只适用于该统筹地区的机构；没有自己规则的机构按全部机构适用的规则。"),
    )
    effective_from = forms.DateField(
        label=_("生效日期"), help_text=FIRST_DAY, widget=forms.DateInput(attrs={"type": "date"})
    )
    gaps_checked = forms.BooleanField(
        label=_("缺少权重的病组不按病组计价，我已核对"),
        required=False,
        help_text=_("方案中有病组没有权重或分值时，先列出这些病组；核对后勾选，再重新选择文件提交。"),
    )
    field_order = ("content", "name", "scheme", "area", "effective_from", "source_mark", "source_text")

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        area: Any = self.fields["area"]
        self.fields["scheme"].queryset = grouping_schemes()  # type: ignore[attr-defined]
        area.queryset = areas_in_charge(actor)
        if rules_for_all(actor):
            return
        area.required, area.empty_label = True, _("请选择")
        area.help_text = (
            _("只列出机构全部由您负责的统筹地区；其他地区和全部机构适用的规则由运营管理中心导入。")
            if area.queryset.exists()
            else _("没有机构全部由您负责的统筹地区。请先在「设定统筹地区」中设定，或交运营管理中心导入。")
        )


class AreaForm(forms.Form):
    """Which institutions are paid by the rules of an area, from when on."""

    name = forms.CharField(
        label=_("统筹地区"),
        max_length=60,
        required=False,
        help_text=_("例如：甲市职工医保；新的名称即新增。留空表示改回全部机构适用的规则。"),
    )
    institutions = forms.ModelMultipleChoiceField(
        Institution.objects.none(), label=_("机构"), widget=forms.CheckboxSelectMultiple
    )
    effective_from = forms.DateField(
        label=_("生效日期"), help_text=FIRST_DAY, widget=forms.DateInput(attrs={"type": "date"})
    )

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        seen = Institution.objects.visible_to(actor, *IMPORTERS).order_by("code")
        self.fields["institutions"].queryset = seen  # type: ignore[attr-defined]
