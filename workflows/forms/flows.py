"""Forms of flows: a new one for an institution, the rules of a whole flow, and the values of a dry run."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ops_platform.identity.actors import actor_of_user
from ops_platform.identity.models import ROLE_TITLES, RoleAssignment, User
from ops_platform.masterdata.models import Department, Institution
from ops_platform.web.amounts import AmountField
from workflows.engine.conditions import Attribute, Kind, Value
from workflows.engine.definition import NO_DEPARTMENT, Definition, Withdrawing
from workflows.forms.people import PersonSearchField
from workflows.models import Flow
from workflows.place_attributes import DEPARTMENT_CLASS, FOLLOWING, values_of_place
from workflows.subjects import subject_type, subject_types

DAY = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
PREFIX = "value-"
WIDEST = Decimal(10) ** 16


class NewFlowForm(forms.Form):
    """Which matters, of which institution."""

    kind = forms.ChoiceField(label=_("事项类型"))
    institution = forms.ModelChoiceField(
        Institution.objects.none(), label=_("适用机构"), required=False, empty_label=_("整个医共体")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds: Any = self.fields["kind"]
        kinds.choices = [(each.code, each.title) for each in subject_types()]
        institutions: Any = self.fields["institution"]
        institutions.queryset = Institution.objects.order_by("code")


class OptionsForm(forms.Form):
    """Rules of the whole flow, and what is noted about the change."""

    withdrawing = forms.ChoiceField(
        label=_("申请人可以撤回到什么时候"),
        choices=[
            (Withdrawing.BEFORE_FIRST.value, _("第一个人签署之前")),
            (Withdrawing.ANY_TIME.value, _("办结之前随时")),
        ],
        widget=forms.RadioSelect,
    )
    sign_once = forms.BooleanField(
        label=_("同一人只签一次"),
        required=False,
        help_text=_("前面环节签过的人，在后面环节自动算签过，不再待办。退回重提后须重新签。"),
    )
    straight_back = forms.BooleanField(
        label=_("退回重提后直达退回的环节"),
        required=False,
        help_text=_("条件用到的内容没有变时，重新提交后直接回到退回它的环节；变了则从头走。"),
    )
    batch = forms.BooleanField(
        label=_("允许批量同意"),
        required=False,
        help_text=_("审批人可在待办里勾选多件一次同意，适合件数多、金额小的事项。"),
    )
    stand_ins = forms.BooleanField(
        label=_("无人可签时由上级代签"),
        required=False,
        help_text=_(
            "例如负责人就是申请人：依次由上级机构负责人、运营管理中心、领导小组代签。不勾选时这样的事项不能提交。"
        ),
    )
    needs_department = forms.BooleanField(
        label=_("须指明科室"),
        required=False,
        help_text=_("环节按科室类别区分时勾选：没有指明科室的事项不能提交，否则不填科室就绕过了这些环节。"),
    )
    note = forms.CharField(
        label=_("修改说明"),
        required=False,
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("改了什么、为什么改。审批人会看到，发布后留在版本记录里。"),
    )

    def options(self) -> dict[str, Any]:
        """The rules as the definition keeps them."""
        chosen = {name: value for name, value in self.cleaned_data.items() if name != "note"}
        return {**chosen, "withdrawing": Withdrawing(chosen["withdrawing"])}


class DryRunForm(forms.Form):
    """A made-up matter: where it belongs, who applies, and a value for each declared attribute; empty follows from the place
    or is not known."""

    which = forms.ChoiceField(label=_("试算哪一份"))
    institution = forms.ModelChoiceField(Institution.objects.none(), label=_("机构"), required=False)
    department = forms.ModelChoiceField(
        Department.objects.none(), label=_("科室"), required=False, empty_label=_("不涉及科室")
    )
    applicant = PersonSearchField(User.objects.none(), label=_("申请人"))

    def __init__(
        self,
        *args: Any,
        flow: Flow,
        which: list[tuple[str, Any]],
        definition: Definition,
        asked: Mapping[str, Any],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.attributes, self.kind = definition.attributes, flow.subject_type
        versions: Any = self.fields["which"]
        versions.choices = which
        institutions: Any = self.fields["institution"]
        institutions.queryset = Institution.objects.order_by("code")
        institutions.empty_label = _("不属于某一机构")
        if flow.institution_id is not None:
            institutions.queryset = institutions.queryset.filter(pk=flow.institution_id)
            institutions.required, institutions.empty_label = True, None
        departments: Any = self.fields["department"]
        departments.queryset = Department.objects.filter(institution__in=institutions.queryset).order_by(
            "institution__code", "code"
        )
        departments.label_from_instance = lambda row: f"{row.institution.name} {row}"
        departments.queryset = departments.queryset.select_related("institution")
        held = RoleAssignment.objects.filter(state=RoleAssignment.State.ACTIVE).values("user")
        people: Any = self.fields["applicant"]
        able = User.objects.filter(pk__in=held, is_active=True)
        people.find(able, "applicant", asked, flow.institution_id)
        for attribute in definition.attributes:
            self.fields[f"{PREFIX}{attribute.name}"] = _field(attribute)

    def clean(self) -> dict[str, Any]:
        chosen = super().clean() or self.cleaned_data
        department, institution = chosen.get("department"), chosen.get("institution")
        if department is not None and (institution is None or department.institution_id != institution.pk):
            self.add_error("department", _("所选科室不属于所选机构。"))
        named = chosen.get(f"{PREFIX}{DEPARTMENT_CLASS.name}")
        if department is not None and named == NO_DEPARTMENT:
            words = _("选了科室「%s」，就不是「不涉及科室」。请留空，按所选科室取类别。") % department
            self.add_error(f"{PREFIX}{DEPARTMENT_CLASS.name}", words)
        if chosen.get("applicant") is not None and "institution" not in self.errors:
            self._must_be_able_to_apply(chosen["applicant"], institution)
        return chosen

    def _must_be_able_to_apply(self, person: User, institution: Institution | None) -> None:
        registered = subject_type(self.kind)
        reach = actor_of_user(person).institutions(*registered.applicants)
        if reach is not None and (institution.pk not in reach if institution else not reach):
            where = institution.name if institution else _("这里")
            titles = "、".join(str(ROLE_TITLES[role]) for role in registered.applicants)
            self.add_error(
                "applicant",
                _(
                    "「%(person)s」在%(where)s没有可以发起「%(kind)s」的角色，实际提交会被拒绝。可以发起的有：%(titles)s。"
                )
                % {"person": person, "where": where, "kind": registered.title, "titles": titles},
            )

    def values(self) -> dict[str, Value]:
        """The value of each attribute: as given, else as it follows from institution and department, else None."""
        chosen = self.cleaned_data
        follows = values_of_place(chosen["institution"], chosen["department"], timezone.localdate())
        given = {each.name: self.cleaned_data[f"{PREFIX}{each.name}"] for each in self.attributes}
        flags = {"yes": True, "no": False}
        return {
            each.name: flags.get(given[each.name])
            if each.kind is Kind.FLAG
            else _known(given[each.name], follows.get(each.name))
            for each in self.attributes
        }


def _known(value: Any, otherwise: Value) -> Value:
    return otherwise if value in ("", None) else value


def _field(attribute: Attribute) -> forms.Field:
    given: dict[str, Any] = {"label": attribute.title, "required": False}
    follows = attribute.name in FOLLOWING
    empty = _("按所选机构和科室") if follows else _("未知")
    if attribute.kind is Kind.AMOUNT:
        given["label"] = _("%s(元)") % attribute.title
        return AmountField(decimal_places=2, min_value=0, max_value=WIDEST, **given)
    if attribute.kind is Kind.NUMBER:
        return forms.DecimalField(decimal_places=6, min_value=-WIDEST, max_value=WIDEST, **given)
    if attribute.kind is Kind.DAY:
        return forms.DateField(widget=DAY, **given)
    if attribute.kind is Kind.FLAG:
        return forms.ChoiceField(choices=[("", empty), ("yes", _("是")), ("no", _("否"))], **given)
    if attribute.kind is Kind.CHOICE:
        return forms.ChoiceField(choices=[("", empty), *attribute.choices], **given)
    widget = forms.TextInput(attrs={"placeholder": empty} if follows else {})
    return forms.CharField(max_length=200, widget=widget, **given)
