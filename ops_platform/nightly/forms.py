"""Forms of the nightly pages."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ops_platform.kernel import Actor
from ops_platform.masterdata.models import Institution
from ops_platform.nightly.services import OPERATORS

PERIOD = r"\d{4}-(0[1-9]|1[0-2])"


class StartForm(forms.Form):
    """Which day a run is for, and whether it is narrowed to a month or an institution."""

    business_date = forms.DateField(
        label=_("业务日期"),
        initial=timezone.localdate,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        help_text=_("运行包含该日期所在月份及以前所有未结账的月份。"),
    )
    period = forms.RegexField(
        rf"^{PERIOD}$",
        label=_("只运行一个月份"),
        required=False,
        widget=forms.DateInput(attrs={"type": "month"}),
        help_text=_("可不填。例如 2026-03。"),
        error_messages={"invalid": _("月份应如 2026-03。")},
    )
    institution = forms.ModelChoiceField(
        Institution.objects.none(), label=_("只运行一家机构"), required=False, empty_label=_("全部机构")
    )

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own = Institution.objects.visible_to(actor, *OPERATORS).order_by("code")
        self.fields["institution"].queryset = own  # type: ignore[attr-defined]


class CloseMonthForm(forms.Form):
    """A month to close, of all institutions or of one."""

    period = forms.RegexField(rf"^{PERIOD}$", error_messages={"invalid": _("月份应如 2026-03。")})
    institution = forms.CharField(required=False, max_length=40)


class RemindForm(forms.Form):
    """Advice that goes with a reminder."""

    note = forms.CharField(
        label=_("指导意见"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("可不填。障碍会自动写入消息，这里写如何解决、找谁、何时前完成。"),
    )


class AnswerForm(forms.Form):
    """What the member has done or needs."""

    words = forms.CharField(label=_("处理情况或需要的帮助"), max_length=500, widget=forms.Textarea(attrs={"rows": 4}))
