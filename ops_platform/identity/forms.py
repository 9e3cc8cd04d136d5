"""Forms of the identity pages."""

from typing import Any

from django import forms
from django.contrib.auth import forms as auth_forms
from django.utils.translation import gettext_lazy as _

from ops_platform.identity.models import ROLE_CHOICES, MailChoice
from ops_platform.kernel import Role
from ops_platform.masterdata.models import Department, Institution

GRANTABLE = [("", "—"), *(choice for choice in ROLE_CHOICES if choice[0] != Role.HIS_CLIENT)]


PASSWORD_LENGTH = 10
PASSWORD_RULES = _("至少 10 位，不能是常见密码，不能全为数字，也不能与姓名或用户名相近。")


class SignInForm(auth_forms.AuthenticationForm):
    """Name and password; the answer never says which of the two was wrong."""

    error_messages = {
        "invalid_login": _("用户名或密码不正确。请检查大小写；多次失败后账户会暂时锁定。"),
        "inactive": _("用户名或密码不正确。请检查大小写；多次失败后账户会暂时锁定。"),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = _("用户名")


class PasswordChangeForm(auth_forms.PasswordChangeForm):
    """The present password and twice the new one, with the rules in one sentence."""

    new_password1 = forms.CharField(
        label=_("新密码"),
        strip=False,
        min_length=PASSWORD_LENGTH,
        help_text=PASSWORD_RULES,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )


class MailForm(forms.Form):
    """A person's own mail address, which messages go there, and the password."""

    email = forms.EmailField(
        label=_("邮箱"),
        required=False,
        help_text=_("留空表示不接收邮件。邮件只写明有什么事和打开它的链接，不含明细。"),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={"invalid": _("邮箱地址的格式不正确。请检查，例如 li@hospital.cn。")},
    )
    choice = forms.ChoiceField(label=_("哪些消息发邮件"), choices=MailChoice.choices, widget=forms.RadioSelect)
    password = forms.CharField(
        label=_("登录密码"),
        strip=False,
        help_text=_("确认是您本人在修改。"),
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class NewUserForm(forms.Form):
    """A person who may sign in, still without any role."""

    username = forms.RegexField(
        r"^[a-z0-9][a-z0-9._-]+$",
        label=_("用户名"),
        max_length=150,
        help_text=_("登录用，建后不能修改。小写字母、数字和 . _ -"),
        error_messages={"invalid": _("用户名只能用小写字母、数字和 . _ -,且以字母或数字开头。")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    display_name = forms.CharField(label=_("姓名"), max_length=60)
    password = forms.CharField(
        label=_("初始密码"),
        strip=False,
        min_length=PASSWORD_LENGTH,
        help_text=_("至少 10 位，不能是常见密码，不能全为数字。请当面告知本人，并请其登录后修改。"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )


class RoleProposalForm(forms.Form):
    """A role, where it holds, and for a head of department which department."""

    role = forms.ChoiceField(label=_("角色"), choices=GRANTABLE)
    institution = forms.ModelChoiceField(
        Institution.objects.all(),
        label=_("机构"),
        required=False,
        empty_label=_("整个医共体"),
        widget=forms.Select(attrs={"hx-get": "", "hx-select": "#id_department", "hx-target": "#id_department"}),
    )
    department = forms.ModelChoiceField(
        Department.objects.none(),
        label=_("科室"),
        required=False,
        empty_label=_("不限定科室"),
        help_text=_("仅科室主任需要。先选机构，再选科室。"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["institution"].widget.attrs["hx-swap"] = "outerHTML"
        chosen = str(self["institution"].value() or "")
        if chosen.isdigit():
            self.fields["department"].queryset = Department.objects.filter(institution=int(chosen))  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("role") == Role.DEPARTMENT_HEAD and not cleaned.get("department"):
            self.add_error("department", _("科室主任须指明科室。"))
        return cleaned


class NewApiKeyForm(forms.Form):
    """What a key may be used for."""

    name = forms.CharField(
        label=_("名称"), max_length=80, help_text=_("写明系统与厂商，例如「县医院 HIS(某某软件)」。")
    )
    all_institutions = forms.BooleanField(
        label=_("可报送全部机构的数据"), required=False, help_text=_("仅用于由一套系统统一报送的医共体。")
    )
    institutions = forms.ModelMultipleChoiceField(
        Institution.objects.all(), label=_("限定机构"), required=False, widget=forms.CheckboxSelectMultiple
    )
    datasets = forms.CharField(
        label=_("限定数据集"),
        required=False,
        help_text=_("数据集代码，以空格分隔，例如 encounters charge-lines;留空表示全部。"),
    )

    def clean_datasets(self) -> list[str]:
        return str(self.cleaned_data["datasets"]).replace(",", " ").replace(",", " ").split()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not cleaned.get("all_institutions") and not cleaned.get("institutions"):
            self.add_error("institutions", _("请至少选择一个机构，或勾选全部机构。"))
        return cleaned
