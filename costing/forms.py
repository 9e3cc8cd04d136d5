"""Forms of the costing pages."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from costing.approval import SHARED
from costing.models import DriverKind, ItemMethod
from costing.services.driver_rules import CLOSED_CLASSES, RULERS
from ops_platform.his_intake.public import METRICS, SHARED_KINDS
from ops_platform.kernel import Actor, Role
from ops_platform.masterdata.models import CostClass, Department, DepartmentTerm, Institution


class DriverRuleForm(forms.Form):
    """A driver from a day on."""

    institution = forms.ModelChoiceField(
        Institution.objects.none(), label=_("机构"), required=False, empty_label=_("整个医共体")
    )
    divides = forms.ChoiceField(
        label=_("分摊对象"),
        choices=[
            (_("科室成本"), [(one.value, one.label) for one in CostClass if one in CLOSED_CLASSES]),
            (_("公共费用"), [(f"{SHARED}:{kind}", title) for kind, title in SHARED_KINDS]),
        ],
    )
    department = forms.ModelChoiceField(
        Department.objects.none(),
        label=_("科室"),
        required=False,
        empty_label=_("该分类的全部科室"),
        help_text=_("只为一个科室另设动因时选择；须属于上面的机构和分类。"),
    )
    driver = forms.ChoiceField(label=_("分摊动因"), choices=DriverKind.choices)
    metric = forms.ChoiceField(
        label=_("工作量指标"),
        required=False,
        choices=[("", "—"), *METRICS],
        help_text=_("仅动因为「工作量」时选择。"),
    )
    effective_from = forms.DateField(
        label=_("生效日期"),
        help_text=_("自该日所在月份起使用；更早的月份仍按旧动因。已结账的月份不受影响。"),
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    source_text = forms.CharField(label=_("依据"), max_length=300, help_text=_("文件、会议纪要等；审计时以此为准。"))

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        institutions = Institution.objects.visible_to(actor, *RULERS).order_by("code")
        choice: Any = self.fields["institution"]
        choice.queryset = institutions
        if not actor.has(Role.OPERATION_CENTRE):
            choice.required, choice.empty_label = True, None
        allocated = DepartmentTerm.objects.filter(cost_class__in=CLOSED_CLASSES).values("department")
        departments: Any = self.fields["department"]
        departments.queryset = (
            Department.objects.filter(institution__in=institutions, pk__in=allocated)
            .select_related("institution")
            .order_by("institution__code", "code")
        )
        departments.label_from_instance = lambda row: f"{row.institution} · {row.name}"

    def divided(self) -> dict[str, str]:
        """The class of departments, or the kind of bill."""
        kind, _colon, bill = self.cleaned_data["divides"].partition(":")
        return {"cost_class": "", "shared_as": bill} if kind == SHARED else {"cost_class": kind, "shared_as": ""}


class ItemBasisForm(forms.Form):
    """A method of item costing, with its coefficients, from a day on."""

    institution = forms.ModelChoiceField(Institution.objects.none(), label=_("机构"), empty_label=None)
    department = forms.ModelChoiceField(
        Department.objects.none(),
        label=_("执行科室"),
        required=False,
        empty_label=_("全部科室"),
        help_text=_("只为一个科室另设方法时选择；须属于上面的机构。"),
    )
    method = forms.ChoiceField(label=_("方法"), choices=ItemMethod.choices)
    file = forms.FileField(
        label=_("项目系数表(.xlsx)"),
        required=False,
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx"}),
        help_text=_("当量法填当量(代表项目为 1)，操作时间填分钟；没有系数的项目不分配成本。沿用已有系数时不用上传。"),
    )
    effective_from = forms.DateField(
        label=_("生效日期"),
        help_text=_("月末仍有效的方法用于整月；已结账的月份不受影响。"),
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    source_text = forms.CharField(label=_("依据"), max_length=300, help_text=_("文件、会议纪要等；审计时以此为准。"))

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        institutions = Institution.objects.visible_to(actor, *RULERS).order_by("code")
        choice: Any = self.fields["institution"]
        choice.queryset = institutions
        departments: Any = self.fields["department"]
        carrying_out = DepartmentTerm.objects.exclude(cost_class__in=CLOSED_CLASSES[:2]).values("department")
        departments.queryset = (
            Department.objects.filter(institution__in=institutions, pk__in=carrying_out)
            .select_related("institution")
            .order_by("institution__code", "code")
        )
        departments.label_from_instance = lambda row: f"{row.institution} · {row.name}"

    def clean_file(self) -> UploadedFile | None:
        file: UploadedFile | None = self.cleaned_data["file"]
        if file is not None and (file.size or 0) > settings.INTAKE_MAX_BODY_BYTES:
            raise forms.ValidationError(_("文件过大，请检查后重新选择。"))
        return file
