"""Forms of the costing pages."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from costing.approval import SHARED
from costing.assignments import Share, parse
from costing.models import ChangeKind, CostRun, DriverKind, ItemMethod
from costing.selectors.access import runs
from costing.services.driver_rules import CLOSED_CLASSES, RULERS
from costing.services.scenarios import WantedChange
from costing.titles import COST_ITEM_TITLES, FEE_CLASS_TITLES
from ops_platform.his_intake.public import METRICS, SHARED_KINDS
from ops_platform.kernel import Actor, Role
from ops_platform.masterdata.models import CostClass, Department, DepartmentTerm, Institution


def _assigned_field() -> forms.CharField:
    return forms.CharField(
        label=_("指定科室"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3, "placeholder": "D02 60\nD03 40"}),
        help_text=_(
            "仅动因为「直接指定」时填写：每行一个科室编码(或名称)和比例(%)，合计须为 100；只有一个科室时可不写比例。"
            "须是后面各级或临床服务类、没有关闭的科室。"
        ),
    )


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
    assigned = _assigned_field()
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

    def named(self) -> tuple[Share, ...]:
        """The departments that a direct assignment names; raises Invalid."""
        given = self.cleaned_data["assigned"]
        return parse(given) if given.strip() or self.cleaned_data["driver"] == DriverKind.ASSIGNED else ()


def _not_too_large(file: UploadedFile | None) -> UploadedFile | None:
    if file is not None and (file.size or 0) > settings.INTAKE_MAX_BODY_BYTES:
        raise forms.ValidationError(_("文件过大，请检查后重新选择。"))
    return file


class ProposalFileForm(forms.Form):
    """A workbook whose rows are asked for."""

    file = forms.FileField(label=_("文件(.xlsx)"), widget=forms.ClearableFileInput(attrs={"accept": ".xlsx"}))

    def clean_file(self) -> UploadedFile | None:
        return _not_too_large(self.cleaned_data["file"])


class ItemBasisForm(forms.Form):
    """A method of item costing, with its coefficients, from a day on."""

    institution = forms.ModelChoiceField(Institution.objects.none(), label=_("机构"), empty_label=None)
    department = forms.ModelChoiceField(
        Department.objects.none(),
        label=_("执行科室"),
        required=False,
        empty_label=_("全部科室"),
        help_text=_("只为一个科室另设方法时选择，作业成本法必选；须属于上面的机构。"),
    )
    method = forms.ChoiceField(label=_("方法"), choices=ItemMethod.choices)
    file = forms.FileField(
        label=_("项目系数表或作业表(.xlsx)"),
        required=False,
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx"}),
        help_text=_(
            "当量法填当量(代表项目为 1)，操作时间填分钟；没有系数的项目不分配成本，沿用已有系数时不用上传。"
            "作业成本法上传所选科室的作业表。"
        ),
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
        return _not_too_large(self.cleaned_data["file"])


class ServiceUnitsForm(forms.Form):
    """The service units of an institution from a day on."""

    institution = forms.ModelChoiceField(Institution.objects.none(), label=_("机构"), empty_label=None)
    file = forms.FileField(
        label=_("服务单元表(.xlsx)"),
        required=False,
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx"}),
        help_text=_("由「服务单元」页导出后填写单元编码、名称和类别；没有填写的执行科室自为一个单元。"),
    )
    ended = forms.BooleanField(label=_("停用服务单元，恢复按执行科室"), required=False)
    effective_from = forms.DateField(
        label=_("生效日期"),
        help_text=_("月末仍有效的定义用于整月；已结账的月份不受影响。"),
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    source_text = forms.CharField(label=_("依据"), max_length=300, help_text=_("文件、会议纪要等；审计时以此为准。"))

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice: Any = self.fields["institution"]
        choice.queryset = Institution.objects.visible_to(actor, *RULERS).order_by("code")

    def clean_file(self) -> UploadedFile | None:
        return _not_too_large(self.cleaned_data["file"])


class ScenarioForm(forms.Form):
    """A scenario from a current run."""

    title = forms.CharField(label=_("名称"), max_length=120, help_text=_("例如：骨科关闭、检查费下调 10%。"))
    run = forms.ModelChoiceField(CostRun.objects.none(), label=_("从哪个月出发"), empty_label=None)
    note = forms.CharField(label=_("说明"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice: Any = self.fields["run"]
        choice.queryset = runs(actor=actor).filter(is_current=True, period__lt=f"{timezone.localdate():%Y-%m}")
        choice.label_from_instance = lambda row: f"{row.institution.name} {row.period} 第 {row.version} 版"


class ChangeForm(forms.Form):
    """One change of a scenario. Which fields count, the kind says; a code names its kind before the colon, since fee classes
    and cost items share some."""

    kind = forms.ChoiceField(label=_("变化"), choices=ChangeKind.choices)
    department = forms.ModelChoiceField(
        Department.objects.none(),
        label=_("科室"),
        required=False,
        empty_label=_("全院"),
        help_text=_("人员、面积、分类和关闭须选科室。"),
    )
    value = forms.DecimalField(
        label=_("数值"),
        required=False,
        max_digits=14,
        decimal_places=4,
        help_text=_("人数、平方米，或变动百分比(下降填负数)。"),
    )
    target = forms.ChoiceField(
        label=_("分摊对象"),
        required=False,
        choices=[
            ("", "—"),
            (_("科室成本"), [(one.value, one.label) for one in CostClass if one in CLOSED_CLASSES]),
            (_("公共费用"), SHARED_KINDS),
        ],
        help_text=_("改动因而不选科室时选择。"),
    )
    code = forms.ChoiceField(
        label=_("改成什么"),
        required=False,
        choices=[
            ("", "—"),
            (_("分摊动因"), [(f"driver:{code}", title) for code, title in DriverKind.choices]),
            (_("科室分类"), [(f"cost_class:{code}", title) for code, title in CostClass.choices]),
            (_("费用类别(价格)"), [(f"price:{code}", title) for code, title in FEE_CLASS_TITLES.items()]),
            (_("成本项目(成本)"), [(f"cost:{code}", title) for code, title in COST_ITEM_TITLES.items()]),
        ],
        help_text=_("价格不选费用类别为全部收费，成本不选项目为全部直接成本。"),
    )
    metric = forms.ChoiceField(label=_("工作量指标"), required=False, choices=[("", "—"), *METRICS])
    assigned = _assigned_field()

    def __init__(self, *args: Any, institution: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        departments: Any = self.fields["department"]
        departments.queryset = Department.objects.filter(institution=institution).order_by("code")
        departments.label_from_instance = lambda row: row.name

    def clean(self) -> dict[str, Any]:
        """What the kind does not know is refused rather than left out: it would be thought to count."""
        given = super().clean() or {}
        kind = given.get("kind")
        if kind is None:
            return given
        driver = kind == ChangeKind.DRIVER
        unknown = [name for name in ("target", "metric", "assigned") if given.get(name) and not driver]
        if given.get("value") is not None and kind in (ChangeKind.DRIVER, ChangeKind.COST_CLASS, ChangeKind.CLOSE):
            unknown.append("value")
        if driver and given.get("department") and given.get("target"):
            self.add_error("target", _("已选择科室，分摊对象请留空。"))
        if given.get("code") and given["code"].partition(":")[0] != kind:
            unknown.append("code")
        for name in unknown:
            self.add_error(name, _("「%s」不用所选的这一项，请留空或改选。") % ChangeKind(kind).label)
        return given

    def wanted(self) -> WantedChange:
        """As the service takes it."""
        given = self.cleaned_data
        code = given["code"].partition(":")[2]
        return WantedChange(
            kind=given["kind"],
            department=given["department"].pk if given["department"] else None,
            target=given["target"],
            code=code,
            metric=given["metric"],
            assigned=parse(given["assigned"]) if code == DriverKind.ASSIGNED else (),
            value=given["value"],
        )
