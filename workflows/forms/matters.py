"""Forms of the approval pages."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ops_platform.documents.public import DocumentsField
from ops_platform.identity.models import User
from ops_platform.kernel import Actor
from ops_platform.masterdata.models import Department, Institution
from ops_platform.web.amounts import AmountField
from workflows.forms.people import PersonSearchField
from workflows.models import Matter, RequestKind, Task
from workflows.selectors import matters as selectors
from workflows.selectors.deputies import deputies
from workflows.services.delegations import LONGEST_DAYS
from workflows.services.requests import LARGEST
from workflows.subjects import subject_types

DAY = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})


class RequestForm(forms.Form):
    """A general request."""

    institution = forms.ModelChoiceField(Institution.objects.none(), label=_("机构"), empty_label=None)
    department = forms.ModelChoiceField(
        Department.objects.none(), label=_("科室"), required=False, empty_label=_("不涉及科室")
    )
    kind = forms.ChoiceField(label=_("类别"), choices=RequestKind.choices)
    title = forms.CharField(label=_("事项名称"), min_length=2, max_length=120)
    amount = AmountField(
        label=_("金额(元)"),
        min_value=0,
        max_value=LARGEST,
        decimal_places=2,
        max_digits=18,
        help_text=_("不涉及金额填 0。由谁审批，按流程由金额、类别、机构和科室决定。"),
    )
    reason = forms.CharField(label=_("理由"), max_length=1000, widget=forms.Textarea(attrs={"rows": 4}))

    attachments = DocumentsField(required=False)
    once = forms.UUIDField(widget=forms.HiddenInput, required=False, initial=uuid4)

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own = Institution.objects.visible_to(actor).order_by("code")
        institutions: Any = self.fields["institution"]
        institutions.queryset = own
        departments: Any = self.fields["department"]
        rows = Department.objects.filter(institution__in=own).select_related("institution")
        departments.queryset = rows.order_by("institution__code", "code")
        if len(own) > 1:
            departments.label_from_instance = lambda row: f"{row.institution.name} {row}"


class DelegationForm(forms.Form):
    """Who acts for the reader, on which days, in which matters."""

    to = PersonSearchField(
        User.objects.none(),
        label=_("受托人"),
        help_text=_("只列出能以您的每个角色签字的人：同岗位或更上一级。需由他人代行时，请先为其申请相应角色。"),
    )
    first_day = forms.DateField(label=_("开始日期"), initial=timezone.localdate, widget=DAY)
    last_day = forms.DateField(label=_("结束日期"), widget=DAY, help_text=_("含当日，最长 %s 天。") % LONGEST_DAYS)
    kinds = forms.MultipleChoiceField(
        label=_("事项类型"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("都不选表示全部事项。"),
    )
    reason = forms.CharField(label=_("原因"), min_length=2, max_length=200, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, actor: Actor, asked: Mapping[str, Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds: Any = self.fields["kinds"]
        kinds.choices = [(each.code, each.title) for each in subject_types()]
        people: Any = self.fields["to"]
        own = next((grant.institution for grant in actor.grants if grant.institution is not None), None)
        people.find(deputies(actor), "to", asked, own)


class PassOnForm(forms.Form):
    """Give one's task away, or ask one more person to sign."""

    TRANSFER, BEFORE, AFTER = "transfer", "before", "after"

    how = forms.ChoiceField(
        label=_("方式"),
        choices=[
            (BEFORE, _("前加签：请他先签，我后签")),
            (AFTER, _("后加签：我签之后再请他签")),
            (TRANSFER, _("转办：由他代替我签")),
        ],
        widget=forms.RadioSelect,
        initial=BEFORE,
    )
    person = PersonSearchField(User.objects.none(), label=_("人员"))
    comment = forms.CharField(label=_("理由"), min_length=2, max_length=1000, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, actor: Actor, matter: Matter, asked: Mapping[str, Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people: Any = self.fields["person"]
        seated = matter.tasks.filter(visit=matter.visit).exclude(state__in=[Task.State.DROPPED, Task.State.TAKEN_BACK])
        sitting = set(seated.values_list("person", flat=True))
        able = selectors.colleagues(matter).exclude(pk__in={matter.applicant_id, *matter.barred, *sitting})
        people.find(able.exclude(pk=actor.user or 0), "person", asked, matter.institution_id)
