"""Forms of classification mappings: versions and their workbooks, simulation, submission, remarks and answers."""

from datetime import date
from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from insurance_settlement.engine.mapping import Dimension
from insurance_settlement.mapping_classes import KnownClasses
from insurance_settlement.models import DIMENSION_TITLES, MappingRemark
from insurance_settlement.services.mapping_remarks import LONGEST, REMARKERS
from insurance_settlement.services.mappings import KEEPERS, LONGEST_JUDGEMENT, WantedMapping, may_keep
from ops_platform.kernel import Actor, Period
from ops_platform.masterdata.models import Institution

PROVINCE = "province"
FROM_MONTH = _("自该月 1 日起生效；以前的月份保持原口径。")


class MonthField(forms.CharField):
    """A month, as a Period."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=forms.DateInput(attrs={"type": "month"}), **kwargs)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        try:
            return Period.parse(text) if text else None
        except ValueError as error:
            raise forms.ValidationError(_now("请填写月份，如 2026-03。")) from error


class WorkbookField(forms.FileField):
    """The workbook of a mapping; its content is checked by `mapping_files`."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=forms.ClearableFileInput(attrs={"accept": ".xlsx"}), **kwargs)

    def clean(self, data: Any, initial: Any = None) -> Any:
        file: UploadedFile = super().clean(data, initial)
        if file and (file.size or 0) > settings.INTAKE_MAX_BODY_BYTES:
            raise forms.ValidationError(_now("文件过大，请删去多余的行、列和工作表后重新上传。"))
        return file


def _keeping(actor: Actor) -> Any:
    return Institution.objects.visible_to(actor, *KEEPERS).order_by("code")


class ChangeMappingForm(forms.Form):
    """What a version is called, when it begins, on what it rests."""

    name = forms.CharField(label=_("名称"), min_length=2, max_length=80, help_text=_("例如：2026 年归集口径"))
    month = MonthField(label=_("生效月份"), help_text=FROM_MONTH)
    source_text = forms.CharField(label=_("依据"), max_length=300, required=False, help_text=_("文件名称与文号。"))

    def wanted(self) -> WantedMapping:
        """As the service takes it."""
        given = self.cleaned_data
        first: date = given["month"].first_day
        return WantedMapping(given["name"], first, given["source_text"])


class NewMappingForm(ChangeMappingForm):
    """A version with its workbook."""

    owner = forms.ChoiceField(label=_("适用"))
    file = WorkbookField(
        label=_("归集口径表(.xlsx)"),
        help_text=_("用「下载空白表」得到本机构的项目，核对后上传；也可从省版派生，不必从头填写。"),
    )
    field_order = ("owner", "name", "month", "source_text", "file")

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice: Any = self.fields["owner"]
        province = [(PROVINCE, _("省版(下发全部机构)"))] if may_keep(actor, None) else []
        choice.choices = [*province, *((str(one.pk), one.name) for one in _keeping(actor))]

    def institution(self) -> Institution | None:
        """Whose it is; None for the province's."""
        owner = self.cleaned_data["owner"]
        return None if owner == PROVINCE else Institution.objects.get(pk=owner)


class FillMappingForm(forms.Form):
    """Another workbook for a draft."""

    file = WorkbookField(label=_("归集口径表(.xlsx)"), help_text=_("整份替换草稿现有的内容；有一处错误则整份不导入。"))


class MapItemForm(forms.Form):
    """Where one item belongs, by dimension; what is closed cannot be chosen."""

    note = forms.CharField(label=_("说明"), max_length=200, required=False)

    def __init__(self, *args: Any, known: KnownClasses, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for dimension in Dimension:
            named = [
                (code, f"{code} {one.title}" if code[:1].isdigit() else one.title)
                for code, one in known[dimension].items()
                if one.active
            ]
            self.fields[str(dimension)] = forms.ChoiceField(
                label=DIMENSION_TITLES[dimension], choices=[("", "—"), *named], required=False
            )
        self.order_fields([*map(str, Dimension), "note"])

    def classes(self) -> dict[Dimension, str]:
        """As the service takes them."""
        return {dimension: self.cleaned_data[str(dimension)] for dimension in Dimension}


class DeriveMappingForm(ChangeMappingForm):
    """An institution's own version from the province's."""

    institution = forms.ModelChoiceField(Institution.objects.none(), label=_("机构"), empty_label=None)
    suggest = forms.BooleanField(
        label=_("省版没有的本院项目按费用类别预填"),
        required=False,
        initial=True,
        help_text=_("预填的是系统默认，不是官方对照，请逐项核对。"),
    )
    field_order = ("institution", "name", "month", "source_text", "suggest")

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice: Any = self.fields["institution"]
        choice.queryset = _keeping(actor)


class SimulateForm(forms.Form):
    """The months to compute anew, of which institution."""

    institution = forms.ModelChoiceField(Institution.objects.none(), label=_("机构"), empty_label=None)
    first_month = MonthField(label=_("期间起"))
    last_month = MonthField(label=_("期间止"), help_text=_("1 到 12 个月，均已有收费明细。"))

    def __init__(self, *args: Any, actor: Actor, only: int | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice: Any = self.fields["institution"]
        rows = _keeping(actor)
        choice.queryset = rows if only is None else rows.filter(pk=only)


class SubmitMappingForm(forms.Form):
    """What the simulation was found to mean."""

    judgement = forms.CharField(
        label=_("结果分析和问题判断"),
        min_length=2,
        max_length=LONGEST_JUDGEMENT,
        help_text=_("各类收入和指标为什么变、是否合理、上线后对考核和对比有什么影响。"),
        widget=forms.Textarea(attrs={"rows": 5}),
    )


class RemarkForm(forms.Form):
    """What an institution says of the province's version."""

    institution = forms.ModelChoiceField(Institution.objects.none(), label=_("机构"), empty_label=None)
    kind = forms.ChoiceField(label=_("意见"), choices=MappingRemark.Kind.choices, widget=forms.RadioSelect)
    text = forms.CharField(label=_("内容"), min_length=2, max_length=LONGEST, widget=forms.Textarea(attrs={"rows": 5}))

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice: Any = self.fields["institution"]
        choice.queryset = Institution.objects.visible_to(actor, *REMARKERS).order_by("code")


class AnswerForm(forms.Form):
    """What the operation centre answers."""

    outcome = forms.ChoiceField(label=_("处理"), choices=MappingRemark.Outcome.choices, widget=forms.RadioSelect)
    answer = forms.CharField(
        label=_("答复"), min_length=2, max_length=LONGEST, widget=forms.Textarea(attrs={"rows": 4})
    )
