"""Forms of the process register and its cases."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from ops_platform.identity.models import User
from ops_platform.kernel import Actor
from ops_platform.masterdata.models import Department, Institution
from ops_platform.orm.fields import MoneyField, RateField
from workflows.models import Area, Flow, FlowVersion, Principle, Process, ProcessPoint, ProcessState
from workflows.selectors import processes as selectors
from workflows.selectors.process_maps import versions_for

MOST_STEPS = 60
DAY = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
HUNDRED = Decimal(100)


def own_institutions(actor: Actor) -> Any:
    """Institutions whose register the actor keeps."""
    return Institution.objects.visible_to(actor, *selectors.EDITORS).order_by("code")


def _offer(form: forms.Form, **querysets: Any) -> None:
    for name, queryset in querysets.items():
        field: Any = form.fields[name]
        field.queryset = queryset


class ProcessForm(forms.Form):
    """The sheet of a process. `version` is the one that the page showed."""

    institution = forms.ModelChoiceField(Institution.objects.none(), label=_("机构"), empty_label=None)
    code = forms.CharField(label=_("编号"), max_length=40, help_text=_("本机构内不重复，如 YL-03。"))
    name = forms.CharField(label=_("流程名称"), min_length=2, max_length=120)
    matter = forms.CharField(
        label=_("事项"), min_length=2, max_length=120, help_text=_("流程办理的管理事项，如费用报销。")
    )
    area = forms.ChoiceField(label=_("领域"), choices=Area.choices)
    owner = forms.ModelChoiceField(User.objects.none(), label=_("责任人"), required=False, empty_label=_("暂未指定"))
    department = forms.ModelChoiceField(
        Department.objects.none(), label=_("责任科室"), required=False, empty_label=_("暂未指定")
    )
    flow = forms.ModelChoiceField(
        Flow.objects.none(), label=_("在本平台运行的审批流程"), required=False, empty_label=_("没有")
    )
    embedded_system = forms.CharField(
        label=_("所嵌入的系统"), required=False, max_length=80, help_text=_("流程在别的系统里运行时填写系统名称。")
    )
    principles = forms.MultipleChoiceField(
        label=_("优化原则"), choices=Principle.choices, required=False, widget=forms.CheckboxSelectMultiple
    )
    status = forms.ChoiceField(
        label=_("状态"),
        choices=Process.Status.choices,
        help_text=_("标为已优化须由第二人同意：填好优化前后的数据后，在流程页面上申请。"),
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, actor: Actor, process: Process | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        institutions = own_institutions(actor)
        departments = Department.objects.filter(institution__in=institutions).order_by("institution__code", "code")
        flows = Flow.objects.filter(current__isnull=False).order_by("title", "id")
        if process is None or process.status != Process.Status.OPTIMISED:
            status: Any = self.fields["status"]
            status.choices = [each for each in Process.Status.choices if each[0] != Process.Status.OPTIMISED]
        if process is not None:
            self.fields["institution"].disabled = True
            departments = departments.filter(institution=process.institution)
            flows = selectors.flows_for(process.institution)
        _offer(
            self,
            institution=institutions,
            owner=selectors.possible_owners(institutions),
            department=departments,
            flow=flows,
        )


class PointForm(forms.Form):
    """A risk or control point; a risk names the control that answers it."""

    kind = forms.ChoiceField(label=_("类别"), choices=ProcessPoint.Kind.choices, widget=forms.RadioSelect)
    place = forms.CharField(label=_("环节或岗位"), max_length=80, help_text=_("在流程的哪一步、哪个岗位。"))
    text = forms.CharField(label=_("内容"), min_length=2, max_length=300, widget=forms.Textarea(attrs={"rows": 3}))
    responsible = forms.CharField(label=_("负责岗位"), required=False, max_length=80)
    control = forms.ModelChoiceField(
        ProcessPoint.objects.none(),
        label=_("对应的控制点"),
        required=False,
        empty_label=_("尚未落实"),
        help_text=_("只用于风险点。没有对应控制点的风险会标为未落实；请先登记控制点。"),
    )

    def __init__(self, *args: Any, process: Process, point: ProcessPoint | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        controls = process.points.filter(kind=ProcessPoint.Kind.CONTROL, dropped=False).order_by("id")
        _offer(self, control=controls)
        control: Any = self.fields["control"]
        control.label_from_instance = lambda row: f"{row.place}：{row.text}"
        if point is not None:
            self.fields["kind"].disabled = True
            if point.kind == ProcessPoint.Kind.CONTROL:
                del self.fields["control"]


class StateForm(forms.Form):
    """Figures before or after, and the flow map: a version of the approval flow, or the steps one a line."""

    source = forms.CharField(
        label=_("依据"),
        required=False,
        max_length=200,
        help_text=_("怎样得知、由谁统计，如财务科统计 2026 年 3 月 50 单。填了数据就要写；平台实测的不用写。"),
    )
    explanation = forms.CharField(
        label=_("变差指标的说明"),
        required=False,
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("只在优化后填写：有指标比优化前变差的，写明原因。"),
    )
    since = forms.DateField(label=_("自何时起"), required=False, widget=DAY)
    steps = forms.IntegerField(label=_("环节数(个)"), required=False, min_value=0, max_value=1000)
    handovers = forms.IntegerField(label=_("交接次数(次)"), required=False, min_value=0, max_value=1000)
    hours = forms.DecimalField(
        label=_("办理时长(小时)"),
        required=False,
        min_value=0,
        max_digits=10,
        decimal_places=2,
        help_text=_("优化前后用同一种算法：都按自然时间，或都按工作时间。"),
    )
    cost = forms.DecimalField(
        label=_("每单成本(元)"), required=False, min_value=0, max_digits=MoneyField().max_digits, decimal_places=2
    )
    error_rate = forms.DecimalField(
        label=_("差错率(%)"),
        required=False,
        min_value=0,
        max_value=100,
        decimal_places=(RateField().decimal_places or 2) - 2,
    )
    flow_version = forms.ModelChoiceField(
        FlowVersion.objects.none(),
        label=_("流程图取自"),
        required=False,
        empty_label=_("下面填写的流程步骤"),
    )
    map = forms.CharField(
        label=_("流程步骤"),
        required=False,
        max_length=6000,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=_("一行一步，按先后排列；步骤后用竖线写明岗位或科室，如：填写报销单 | 经办人"),
    )

    def __init__(self, *args: Any, process: Process, which: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if process.flow_id is None:
            del self.fields["flow_version"]
            return
        _offer(self, flow_version=versions_for(process))
        version: Any = self.fields["flow_version"]
        version.label_from_instance = lambda row: f"{row.flow.title} {_now('第 %s 版') % row.number}"
        if which == ProcessState.Which.AFTER:
            version.help_text = _("不选、也不填步骤时，取审批流程的现行版本。")

    def clean_map(self) -> list[dict[str, str]]:
        """Lines to steps; the bar may be typed full-width."""
        lines = [line.replace("｜", "|") for line in self.cleaned_data["map"].splitlines() if line.strip(" |｜\t")]
        if len(lines) > MOST_STEPS:
            raise forms.ValidationError(_("最多 %s 步。") % MOST_STEPS)
        parts = [line.partition("|") for line in lines]
        return [{"step": step.strip()[:80], "post": post.strip()[:80]} for step, _bar, post in parts]

    def clean_error_rate(self) -> Decimal | None:
        """Percent to share."""
        percent = self.cleaned_data["error_rate"]
        return None if percent is None else percent / HUNDRED

    @staticmethod
    def shown(state: ProcessState) -> dict[str, Any]:
        """A kept state as the form shows it."""
        names = ("source", "explanation", "since", "steps", "handovers", "hours", "cost", "flow_version")
        lines = [f"{one['step']} | {one['post']}" if one["post"] else one["step"] for one in state.map]
        percent = None if state.error_rate is None else (state.error_rate * HUNDRED).normalize()
        return {
            **{name: getattr(state, name) for name in names},
            "error_rate": None if percent is None else format(percent, "f"),
            "map": "\n".join(lines),
        }


class MeasureStateForm(forms.Form):
    """The days whose matters are measured."""

    since = forms.DateField(label=_("提交日期自"), widget=DAY)
    until = forms.DateField(label=_("至"), widget=DAY, help_text=_("只计已办结的事项，取中位数。"))


class CaseForm(forms.Form):
    """A typical case."""

    institution = forms.ModelChoiceField(Institution.objects.none(), label=_("机构"), empty_label=None)
    process = forms.ModelChoiceField(
        Process.objects.none(), label=_("业务流程"), required=False, empty_label=_("不指明流程")
    )
    title = forms.CharField(label=_("标题"), min_length=2, max_length=120)
    situation = forms.CharField(
        label=_("背景与问题"), min_length=2, max_length=4000, widget=forms.Textarea(attrs={"rows": 4})
    )
    done = forms.CharField(label=_("做法"), min_length=2, max_length=6000, widget=forms.Textarea(attrs={"rows": 6}))
    effect = forms.CharField(
        label=_("成效"),
        min_length=2,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("写明数据和数据的来源。"),
    )
    published = forms.BooleanField(
        label=_("发布"), required=False, help_text=_("发布后所有登录人员都能看到；未发布的只有本机构维护人员能看到。")
    )

    def __init__(self, *args: Any, actor: Actor, fixed: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        institutions = own_institutions(actor)
        processes = Process.objects.filter(institution__in=institutions).order_by("institution__code", "code")
        _offer(self, institution=institutions, process=processes)
        self.fields["institution"].disabled = fixed
