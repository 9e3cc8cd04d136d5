"""Forms of cost responsibility: a target, targets as a workbook, an explanation with its plan, a proof."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from costing.models import CostDeviation, CostTarget, TargetMetric
from costing.selectors.responsibility import reach
from costing.selectors.responsibility.targets import is_ratio
from costing.services.deviations import LONGEST, MOST_ACTIONS
from costing.services.driver_rules import RULERS
from costing.services.targets import WantedTarget
from costing.titles import COST_ITEM_TITLES
from ops_platform.documents.public import DocumentsField
from ops_platform.identity.models import User
from ops_platform.kernel import Actor, Period
from ops_platform.masterdata.models import Department, Institution, SourceMark
from ops_platform.web.numbers import number_of
from workflows.public import Among, PersonSearchField

HUNDRED = Decimal(100)
PEOPLE = ("responsible", "specialist", "second_specialist")
NOBODY = {"responsible": _("默认：科室主任或机构负责人"), "specialist": _("不设"), "second_specialist": _("不设")}


class SourceForm(forms.Form):
    """Whence a target comes."""

    source_mark = forms.ChoiceField(label=_("来源"), choices=SourceMark.choices, initial=SourceMark.DEFAULT)
    source_text = forms.CharField(
        label=_("依据"), max_length=200, help_text=_("责任书、会议纪要、文件等；审计时以此为准。")
    )


def _institutions(actor: Actor) -> Any:
    return Institution.objects.visible_to(actor, *RULERS).order_by("code")


class TargetForm(SourceForm):
    """A target, or the next version of one."""

    institution = forms.ModelChoiceField(Institution.objects.none(), label=_("机构"), empty_label=None)
    department = forms.ModelChoiceField(
        Department.objects.none(), label=_("科室"), required=False, empty_label=_("全院")
    )
    metric = forms.ChoiceField(
        label=_("指标"),
        choices=TargetMetric.choices,
        help_text=_("医疗服务收入占比须达到限额，其余不超过限额；月全成本和成本项目月成本为每月金额。"),
    )
    cost_item = forms.ChoiceField(
        label=_("成本项目"),
        choices=[("", "—"), *COST_ITEM_TITLES.items()],
        required=False,
        help_text=_("仅成本项目月成本时选择。"),
    )
    drg = forms.CharField(label=_("病组编码"), max_length=40, required=False, help_text=_("仅病组例均成本时填写。"))
    limit = forms.DecimalField(
        label=_("限额"),
        max_digits=18,
        decimal_places=2,
        required=False,
        help_text=_("比例填百分数，如 40；金额填元。文件 003 的分解示例：内科药占比 40，手术科室次均成本增幅 8。"),
    )
    standard = forms.DecimalField(
        label=_("支付标准(元)"),
        max_digits=18,
        decimal_places=2,
        required=False,
        help_text=_("仅病组例均成本时填写；成本限额应低于它，示例：支付 3,200 元，成本不超过 2,800 元。"),
    )
    effective_from = forms.CharField(
        label=_("生效月份"),
        help_text=_("自该月 1 日起；此前的月份仍按旧版本，已发现的偏差不变。"),
        widget=forms.DateInput(attrs={"type": "month"}),
    )
    responsible = PersonSearchField(
        User.objects.none(),
        label=_("责任人"),
        required=False,
        to_field_name="username",
        empty_label=None,
        help_text=_("不选为科室主任；全院目标为机构负责人。"),
    )
    specialist = PersonSearchField(
        User.objects.none(), label=_("成本专员"), required=False, to_field_name="username", empty_label=None
    )
    second_specialist = PersonSearchField(
        User.objects.none(), label=_("成本专员二"), required=False, to_field_name="username", empty_label=None
    )
    ended = forms.BooleanField(label=_("自生效月份起终止本目标"), required=False)
    field_order = (
        "institution", "department", "metric", "cost_item", "drg", "limit", "standard", "effective_from",
        "responsible", "specialist", "second_specialist", "ended", "source_mark", "source_text",
    )  # fmt: skip

    def __init__(
        self, *args: Any, actor: Actor, asked: Mapping[str, Any], former: CostTarget | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        institutions = _institutions(actor)
        choice: Any = self.fields["institution"]
        choice.queryset = institutions
        departments: Any = self.fields["department"]
        departments.queryset = (
            Department.objects.filter(institution__in=institutions)
            .select_related("institution")
            .order_by("institution__code", "code")
        )
        departments.label_from_instance = lambda row: f"{row.institution} · {row.name}"
        self.fields["effective_from"].initial = str(Period.of(timezone.localdate()))
        if former is None:
            del self.fields["ended"]
        else:
            self._as_before(former)
        self._offer_people(institutions, asked, former)

    def _offer_people(self, institutions: Any, asked: Mapping[str, Any], former: CostTarget | None) -> None:
        """Who may answer for a target of these institutions, those of the institution chosen first."""
        chosen = number_of(str(asked.get("institution", ""))) or (former.institution_id if former else None)
        among = Among(reach.answerers(institutions=institutions), chosen)
        before = (former.responsible, former.specialist, former.second_specialist) if former else (None, None, None)
        for name, person in zip(PEOPLE, before, strict=True):
            field: Any = self.fields[name]
            kept = self.initial.get(name) or (person.username if person else "")
            field.search(among, name, asked, kept=str(kept))
            field.widget.choices = [("", NOBODY[name]), *field.widget.choices]

    def _as_before(self, former: CostTarget) -> None:
        limit = former.limit * HUNDRED if is_ratio(former.metric) else former.limit
        initial = {
            "institution": former.institution_id,
            "department": former.department_id,
            "metric": former.metric,
            "cost_item": former.object if former.metric == TargetMetric.ITEM_COST else "",
            "drg": former.object if former.metric == TargetMetric.DRG_COST else "",
            "limit": f"{limit.normalize():f}",
            "standard": "" if former.standard is None else f"{former.standard.normalize():f}",
            "responsible": former.responsible.username,
            "specialist": former.specialist.username if former.specialist else "",
            "second_specialist": former.second_specialist.username if former.second_specialist else "",
            "source_mark": former.source_mark,
        }
        for name, value in initial.items():
            self.fields[name].initial = value
        for name in ("institution", "department", "metric", "cost_item", "drg"):
            self.fields[name].disabled = True

    def clean_effective_from(self) -> date:
        try:
            return Period.parse(self.cleaned_data["effective_from"]).first_day
        except ValueError as error:
            raise forms.ValidationError(_("应为月份，如 2026-03。")) from error

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        department, institution = given.get("department"), given.get("institution")
        if department is not None and institution is not None and department.institution_id != institution.pk:
            self.add_error("department", _("所选科室不属于所选机构。"))
        return given

    def wanted(self) -> WantedTarget:
        """What is asked for."""
        given = self.cleaned_data
        limit = given["limit"]
        helping = (given["specialist"], given["second_specialist"])
        return WantedTarget(
            metric=given["metric"],
            effective_from=given["effective_from"],
            limit=limit / HUNDRED if limit is not None and is_ratio(given["metric"]) else limit,
            department=given["department"].code if given["department"] else "",
            object=given["cost_item"] or given["drg"].strip(),
            standard=given["standard"],
            responsible=given["responsible"].username if given["responsible"] else "",
            specialists=tuple(person.username for person in helping if person is not None),
            ended=given.get("ended", False),
        )


class TargetFileForm(SourceForm):
    """Targets of an institution as a workbook."""

    institution = forms.ModelChoiceField(Institution.objects.none(), label=_("机构"), empty_label=None)
    file = forms.FileField(
        label=_("成本目标表(.xlsx)"),
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx"}),
        help_text=_("用本页导出的表填写；任何一行有误，整表不收。生效月份不同于现有版本的行才会成为新版本。"),
    )
    field_order = ("institution", "file", "source_mark", "source_text")

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice: Any = self.fields["institution"]
        choice.queryset = _institutions(actor)

    def clean_file(self) -> UploadedFile:
        file: UploadedFile = self.cleaned_data["file"]
        if (file.size or 0) > settings.INTAKE_MAX_BODY_BYTES:
            raise forms.ValidationError(_("文件过大，请检查后重新选择。"))
        return file


class ExplanationForm(forms.Form):
    """Why a deviation came about, and what will be done until when."""

    reason = forms.CharField(
        label=_("原因"), max_length=LONGEST, widget=forms.Textarea(attrs={"rows": 5}), help_text=_("说明偏差从何而来。")
    )

    def __init__(self, *args: Any, deviation: CostDeviation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].initial = deviation.reason
        for number in range(1, MOST_ACTIONS + 1):
            what, due = deviation.plan[number - 1] if number <= len(deviation.plan) else ("", "")
            self.fields[f"what_{number}"] = forms.CharField(
                label=_("措施 %d") % number, max_length=500, required=False, initial=what
            )
            self.fields[f"due_{number}"] = forms.DateField(
                label=_("措施 %d 期限") % number,
                required=False,
                initial=due,
                widget=forms.DateInput(attrs={"type": "date"}),
            )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        for number in range(1, MOST_ACTIONS + 1):
            what, due = given.get(f"what_{number}"), given.get(f"due_{number}")
            if bool(what) != bool(due) and f"due_{number}" not in self.errors:
                self.add_error(f"due_{number}" if what else f"what_{number}", _("措施和期限须一并填写。"))
        return given

    def plan(self) -> list[tuple[str, date]]:
        """The measures that are filled in."""
        given = self.cleaned_data
        numbers = range(1, MOST_ACTIONS + 1)
        return [(given[f"what_{one}"], given[f"due_{one}"]) for one in numbers if given[f"what_{one}"]]


class ProofForm(forms.Form):
    """What was done, with what proves it."""

    proof = forms.CharField(label=_("完成情况和依据"), max_length=LONGEST, widget=forms.Textarea(attrs={"rows": 4}))
    documents = DocumentsField(required=False, label=_("佐证附件"))
