"""Forms of what leaves the platform."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from ops_platform.notifications import kinds
from ops_platform.notifications.addresses import URL_LENGTH


class NewWebhookForm(forms.Form):
    """Another system that is to be told of events."""

    name = forms.CharField(label=_("名称"), max_length=80, help_text=_("写明系统与厂商，例如「办公系统(某某软件)」。"))
    url = forms.CharField(
        label=_("接收地址"),
        max_length=URL_LENGTH,
        widget=forms.URLInput(attrs={"placeholder": "https://oa.hospital.cn/hooks/ops", "autocomplete": "off"}),
    )
    events = forms.MultipleChoiceField(
        label=_("推送哪些事件"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("请至少选择一种事件，否则不会有任何推送。")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["url"].help_text = (
            _("对方接收推送的完整网址，https 或 http 均可。建后不能修改，需要更换时请新建一个。")
            if settings.WEBHOOK_ALLOW_HTTP
            else _("对方接收推送的完整网址，须为 https。建后不能修改，需要更换时请新建一个。")
        )
        self.fields["events"].choices = [  # type: ignore[attr-defined]
            (code, f"{title}({code})") for code, title in kinds.events().items()
        ]
