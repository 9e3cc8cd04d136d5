"""Set-up of the identity app."""

from django.apps import AppConfig


class IdentityConfig(AppConfig):
    name = "ops_platform.identity"
    label = "identity"
    verbose_name = "用户与权限"

    def ready(self) -> None:
        from ops_platform.audit.public import register_actions
        from ops_platform.identity import (
            duties,
            schema,  # noqa: F401  names the API key scheme in the OpenAPI page
            sign_in,  # noqa: F401  connects the handlers that record sign-in and sign-out
        )
        from ops_platform.identity.selectors import display_names
        from ops_platform.masterdata.reference import register_reference
        from ops_platform.web.people import register_names

        register_reference("duty_pairs", duties.load_pairs)
        register_names(display_names)
        register_actions(
            identity__user_created="新建用户",
            identity__user_deactivated="停用用户",
            identity__mail_changed="修改邮箱与邮件设置",
            identity__role_proposed="申请授予角色",
            identity__role_confirmed="同意授予角色",
            identity__role_refused="驳回角色申请",
            identity__role_revoked="收回角色",
            identity__api_key_created="新建接口密钥",
            identity__api_key_revoked="吊销接口密钥",
            identity__signed_in="登录",
            identity__signed_out="退出",
        )
