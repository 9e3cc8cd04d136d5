"""Pages of users, roles by two persons, API keys and the access log."""

from typing import Any

from django.db.models import Case, Prefetch, QuerySet, Value, When
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from ops_platform.identity import services
from ops_platform.identity.filters import AccessLogFilter, ProposalFilter, UserFilter
from ops_platform.identity.forms import NewApiKeyForm, NewUserForm, RoleProposalForm
from ops_platform.identity.models import AccessLog, ApiKey, RoleAssignment, User
from ops_platform.identity.tables import AccessLogTable, ApiKeyTable, ProposalTable, UserTable
from ops_platform.kernel import Actor, Role
from ops_platform.web.pages import ActionPage, FormPage, ListPage, TemplatePage

ADMINISTRATORS = (Role.SYSTEM_ADMIN,)
READERS = (Role.SYSTEM_ADMIN, Role.AUDITOR)


def _assignments(**conditions: Any) -> QuerySet[RoleAssignment]:
    rows = RoleAssignment.objects.filter(**conditions)
    return rows.select_related("user", "institution", "department").order_by("-proposed_at", "-id")


def _user(pk: int) -> User:
    user = User.objects.filter(pk=pk).first()
    if user is None:
        raise Http404
    return user


class _Administration:
    """Buttons are shown to those who may press them; an auditor only reads."""

    actor: Actor

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        may_administer = self.actor.has(*ADMINISTRATORS)
        return super().get_context_data(may_administer=may_administer, **kwargs)  # type: ignore[misc]


class UserList(_Administration, ListPage):
    """All users with the roles they hold."""

    roles = READERS
    title = _("用户")
    template_name = "identity/user_list.html"
    table_class = UserTable
    filter_class = UserFilter

    def get_queryset(self) -> QuerySet[User]:
        active = Prefetch(
            "assignments", queryset=_assignments(state=RoleAssignment.State.ACTIVE), to_attr="active_assignments"
        )
        return User.objects.order_by("username").prefetch_related(active)


class UserDetail(_Administration, TemplatePage):
    """One user: roles held, proposed and taken back."""

    roles = READERS
    template_name = "identity/user.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user = _user(self.kwargs["pk"])
        context = super().get_context_data(
            person=user, table=ProposalTable(_assignments(user=user), exclude=("user",)), **kwargs
        )
        return {**context, "title": user.display_name}


class NewUser(FormPage):
    """A new user, still without any role."""

    roles = ADMINISTRATORS
    title = _("新建用户")
    form_class = NewUserForm
    submit_label = _("建立用户")
    success_message = _("用户已建立。请为其申请角色，由另一位管理员确认后生效。")
    template_name = "identity/new_user.html"

    def act(self, form: NewUserForm) -> None:
        self.user = services.create_user(self.actor, **form.cleaned_data)

    def get_success_url(self) -> str:
        return reverse("identity:user", args=[self.user.pk])


class DeactivateUser(ActionPage):
    """The user can no longer sign in."""

    roles = ADMINISTRATORS
    success_message = _("用户已停用。")
    success_url_name = "identity:users"

    def act(self) -> None:
        services.deactivate_user(self.actor, user_id=self.kwargs["pk"])


class ProposeRole(FormPage):
    """The first of the two persons that give a role."""

    roles = ADMINISTRATORS
    title = _("申请授予角色")
    form_class = RoleProposalForm
    submit_label = _("提交申请")
    success_message = _("申请已提交，由另一位系统管理员确认后生效。")
    template_name = "identity/propose_role.html"

    def get_initial(self) -> dict[str, Any]:
        return {name: self.request.GET[name] for name in ("role", "institution") if name in self.request.GET}

    def act(self, form: RoleProposalForm) -> None:
        chosen = form.cleaned_data
        services.propose_role(
            self.actor,
            user_id=self.kwargs["pk"],
            role=chosen["role"],
            institution_id=chosen["institution"].pk if chosen["institution"] else None,
            department_id=chosen["department"].pk if chosen["department"] else None,
        )

    def get_success_url(self) -> str:
        return reverse("identity:user", args=[self.kwargs["pk"]])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(person=_user(self.kwargs["pk"]), **kwargs)


class Proposals(_Administration, ListPage):
    """Role assignments; those that wait for the second person stand first."""

    roles = READERS
    title = _("角色授予")
    table_class = ProposalTable
    filter_class = ProposalFilter
    empty_title = _("还没有角色申请")
    empty_hint = _("在「用户」中打开一位用户，为其申请角色；申请由另一位系统管理员在「我的审批」里确认。")

    def get_queryset(self) -> QuerySet[RoleAssignment]:
        waiting = Case(When(state=RoleAssignment.State.PROPOSED, then=Value(0)), default=Value(1))
        return _assignments().order_by(waiting, "-proposed_at", "-id")


class RevokeRole(ActionPage):
    """A role is taken back."""

    roles = ADMINISTRATORS
    success_url_name = "identity:proposals"
    success_message = _("角色已收回。")

    def act(self) -> None:
        services.revoke_role(self.actor, assignment_id=self.kwargs["pk"])


class ApiKeys(_Administration, ListPage):
    """Keys of hospital systems."""

    roles = READERS
    title = _("接口密钥")
    template_name = "identity/api_keys.html"
    table_class = ApiKeyTable
    empty_title = _("还没有接口密钥")
    empty_hint = _("医院信息系统用接口密钥报送数据。新建一个密钥，把它连同接口文档的地址交给厂商。")

    def get_queryset(self) -> QuerySet[ApiKey]:
        return ApiKey.objects.prefetch_related("institutions").order_by("revoked_at", "name", "id")


class NewApiKey(FormPage):
    """A new key, shown once."""

    roles = ADMINISTRATORS
    title = _("新建接口密钥")
    form_class = NewApiKeyForm
    submit_label = _("生成密钥")
    template_name = "identity/new_api_key.html"

    def act(self, form: NewApiKeyForm) -> HttpResponse:
        chosen = form.cleaned_data
        key, secret = services.create_api_key(
            self.actor,
            name=chosen["name"],
            institution_ids=[institution.pk for institution in chosen["institutions"]],
            all_institutions=chosen["all_institutions"],
            datasets=chosen["datasets"],
        )
        page = render(
            self.request, "identity/api_key_once.html", {"title": _("密钥已生成"), "key": key, "secret": secret}
        )
        page["Cache-Control"] = "no-store"
        return page


class RevokeApiKey(ActionPage):
    """The key is refused from now on."""

    roles = ADMINISTRATORS
    success_message = _("密钥已吊销。")
    success_url_name = "identity:api-keys"

    def act(self) -> None:
        services.revoke_api_key(self.actor, key_id=self.kwargs["pk"])


class AccessLogList(ListPage):
    """Who looked at a single patient's data, and when."""

    roles = READERS
    title = _("患者数据访问日志")
    table_class = AccessLogTable
    filter_class = AccessLogFilter
    empty_title = _("还没有访问记录")
    empty_hint = _("有人打开病例、费用明细等单个患者的页面时，这里会留下记录。")

    def get_queryset(self) -> QuerySet[AccessLog]:
        return AccessLog.objects.visible_to(self.actor, *READERS).select_related("user", "institution")
