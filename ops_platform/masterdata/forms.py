"""Forms of the master data pages."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ops_platform.kernel import Actor, Role
from ops_platform.masterdata.bounds import Bounds
from ops_platform.masterdata.models import Institution, Scope


class ReopeningForm(forms.Form):
    """Why a closed month is to be opened again."""

    reason = forms.CharField(
        label=_("反结账原因"),
        max_length=500,
        min_length=4,
        help_text=_("写明要更正什么、依据什么。申请由第二人审批，原因会留在审计记录里。"),
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class ParameterForm(forms.Form):
    """A new value from a day on, proposed to a second person; earlier values stay."""

    scope = forms.ChoiceField(label=_("适用范围"))
    institution = forms.ModelChoiceField(
        Institution.objects.none(), label=_("机构"), required=False, help_text=_("仅适用范围为「机构」时填写。")
    )
    effective_from = forms.DateField(
        label=_("生效日期"),
        help_text=_("批准后自该日起使用新值；此前的期间仍按旧值计算。"),
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    value = forms.DecimalField(label=_("取值"), max_digits=24, decimal_places=8)
    source_text = forms.CharField(
        label=_("依据"), max_length=300, help_text=_("文件名称与文号、会议纪要等；审计时以此为准。")
    )

    def __init__(self, *args: Any, actor: Actor, bounds: Bounds | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if bounds is not None:
            self.fields["value"].help_text = _("允许范围：%s") % bounds.words
        shared = actor.has(Role.OPERATION_CENTRE)
        scopes = [choice for choice in Scope.choices if shared or choice[0] == Scope.INSTITUTION]
        institutions = Institution.objects.visible_to(actor, Role.OPERATION_CENTRE, Role.FINANCE_DIRECTOR)
        self.fields["scope"].choices = scopes  # type: ignore[attr-defined]
        self.fields["institution"].queryset = institutions  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("scope") == Scope.INSTITUTION and not cleaned.get("institution"):
            self.add_error("institution", _("请选择机构。"))
        return cleaned
