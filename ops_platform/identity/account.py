"""Pages of sign-in and of one's own account."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import LoginView, LogoutView, PasswordChangeView
from django.http import HttpResponse
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from ops_platform.identity import services
from ops_platform.identity.forms import MailForm, PasswordChangeForm, SignInForm
from ops_platform.identity.models import RoleAssignment, User
from ops_platform.identity.tables import reach, role_title
from ops_platform.web.pages import FormPage, Page, TemplatePage


class SignIn(LoginView):
    """Name and password."""

    public = True
    form_class = SignInForm
    template_name = "identity/sign_in.html"
    redirect_authenticated_user = True


class SignOut(LogoutView):
    """Ends the session; POST only."""

    public = True
    http_method_names = ["post", "options"]


class MyAccount(TemplatePage):
    """Who one is on the platform and what one may do."""

    title = _("我的账户")
    template_name = "identity/my_account.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        held = RoleAssignment.objects.filter(user=self.actor.user, state=RoleAssignment.State.ACTIVE)
        rows = held.select_related("user", "institution", "department").order_by("-proposed_at", "-id")
        roles = [{"title": role_title(row.role), "reach": reach(row), "since": row.decided_at} for row in rows]
        return super().get_context_data(roles=roles, mail_is_on=bool(settings.EMAIL_HOST), **kwargs)


class PasswordChange(Page, PasswordChangeView):
    """A new password; the present one is asked for."""

    title = _("修改密码")
    form_class = PasswordChangeForm
    template_name = "identity/password_change.html"
    success_url = reverse_lazy("my-account")

    def form_valid(self, form: Any) -> HttpResponse:
        answer = super().form_valid(form)
        messages.success(self.request, _("密码已修改。"))
        return answer


class MailSettings(FormPage):
    """Where one's messages go beyond the page."""

    title = _("邮件设置")
    form_class = MailForm
    template_name = "identity/mail_settings.html"
    success_message = _("邮件设置已保存。")
    success_url = reverse_lazy("my-account")

    def get_initial(self) -> dict[str, Any]:
        user = User.objects.get(pk=self.actor.user or 0)
        return {"email": user.email, "choice": user.mail_choice}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(mail_is_on=bool(settings.EMAIL_HOST), **kwargs)

    def act(self, form: MailForm) -> None:
        services.set_mail(self.actor, **form.cleaned_data)
