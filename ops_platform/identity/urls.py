"""Addresses and side-bar entries of the identity pages."""

from django.urls import path
from django.utils.translation import gettext_lazy as _

from ops_platform.identity import account, views
from ops_platform.identity.models import ROLE_TITLES
from ops_platform.web import navigation
from ops_platform.web.context import register_role_titles

app_name = "identity"

account_patterns = [
    path("sign-in/", account.SignIn.as_view(), name="sign-in"),
    path("sign-out/", account.SignOut.as_view(), name="sign-out"),
    path("me/", account.MyAccount.as_view(), name="my-account"),
    path("mail/", account.MailSettings.as_view(), name="mail-settings"),
    path("password/", account.PasswordChange.as_view(), name="password-change"),
]

urlpatterns = [
    path("users/", views.UserList.as_view(), name="users"),
    path("users/new/", views.NewUser.as_view(), name="new-user"),
    path("users/<int:pk>/", views.UserDetail.as_view(), name="user"),
    path("users/<int:pk>/deactivate/", views.DeactivateUser.as_view(), name="deactivate-user"),
    path("users/<int:pk>/propose-role/", views.ProposeRole.as_view(), name="propose-role"),
    path("roles/", views.Proposals.as_view(), name="proposals"),
    path("roles/<int:pk>/revoke/", views.RevokeRole.as_view(), name="revoke-role"),
    path("api-keys/", views.ApiKeys.as_view(), name="api-keys"),
    path("api-keys/new/", views.NewApiKey.as_view(), name="new-api-key"),
    path("api-keys/<int:pk>/revoke/", views.RevokeApiKey.as_view(), name="revoke-api-key"),
    path("access-log/", views.AccessLogList.as_view(), name="access-log"),
]

register_role_titles(ROLE_TITLES)
navigation.register("系统", _("用户"), "identity:users", icon="users", roles=views.READERS, order=10)
navigation.register("系统", _("角色授予"), "identity:proposals", icon="shield-check", roles=views.READERS, order=20)
navigation.register("系统", _("接口密钥"), "identity:api-keys", icon="key", roles=views.READERS, order=30)
navigation.register("系统", _("访问日志"), "identity:access-log", icon="eye", roles=views.READERS, order=40)
