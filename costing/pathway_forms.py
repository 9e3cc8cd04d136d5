"""Forms of pathways and standard costs."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from costing.services.driver_rules import RULERS
from ops_platform.kernel import Actor
from ops_platform.masterdata.models import Institution


class _StandardForm(forms.Form):
    """What both have in common."""

    institution = forms.ModelChoiceField(Institution.objects.none(), label=_("机构"), empty_label=None)
    file = forms.FileField(
        label=_("项目表(.xlsx)"), widget=forms.ClearableFileInput(attrs={"accept": ".xlsx"}), required=False
    )
    effective_from = forms.DateField(
        label=_("生效日期"),
        help_text=_("月末仍有效的版本用于整月。"),
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    source_text = forms.CharField(label=_("依据"), max_length=200, help_text=_("文件、会议纪要等；审计时以此为准。"))

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice: Any = self.fields["institution"]
        choice.queryset = Institution.objects.visible_to(actor, *RULERS).order_by("code")

    def clean_file(self) -> UploadedFile | None:
        file: UploadedFile | None = self.cleaned_data["file"]
        if file is not None and (file.size or 0) > settings.INTAKE_MAX_BODY_BYTES:
            raise forms.ValidationError(_("文件过大，请检查后重新选择。"))
        return file


class PathwayForm(_StandardForm):
    """A pathway, or another version of it, from a day on."""

    drg = forms.CharField(label=_("病组代码"), max_length=20)
    diagnosis = forms.CharField(
        label=_("主要诊断"), max_length=40, required=False, help_text=_("编码或类目，例如 J18；不限时留空。")
    )
    procedure = forms.CharField(
        label=_("主要操作"), max_length=40, required=False, help_text=_("编码或类目，例如 47.0；不限时留空。")
    )
    name = forms.CharField(label=_("路径名称"), min_length=2, max_length=120)
    standard_days = forms.DecimalField(
        label=_("标准住院日"), min_value=0, max_value=365, max_digits=6, decimal_places=1
    )
    ended = forms.BooleanField(label=_("停用该病组的这条路径，不再有项目"), required=False)
    field_order = (
        "institution",
        "drg",
        "diagnosis",
        "procedure",
        "name",
        "standard_days",
        "file",
        "ended",
        "effective_from",
        "source_text",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].label = _("路径项目表(.xlsx)")
        self.fields["file"].help_text = _("由「临床路径」页导出后填写标准数量和必选/可选；停用时不上传。")


class ItemStandardForm(_StandardForm):
    """Standard costs of items from a day on."""

    field_order = ("institution", "file", "effective_from", "source_text")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].label = _("项目标准成本表(.xlsx)")
        self.fields["file"].required = True
        self.fields["file"].help_text = _("只填要考核的项目；月标准数量填 0 则停用。")
