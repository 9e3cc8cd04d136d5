"""Lists of the identity pages."""

from typing import Any

import django_tables2
from django.utils.html import format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_tables2 import A

from ops_platform.identity.models import ROLE_TITLES, AccessLog, ApiKey, RoleAssignment, User
from ops_platform.kernel import Role
from ops_platform.web.tables import ActionsColumn, StateColumn, Table, TimeColumn
from ops_platform.web.templatetags.ops import badge

ASSIGNMENT_TONES = {"proposed": "warn", "active": "good", "refused": "bad", "revoked": "neutral"}


def role_title(role: str) -> str:
    """A role in words."""
    return str(ROLE_TITLES[Role(role)])


def reach(assignment: RoleAssignment) -> str:
    """Where a role holds, in words."""
    if assignment.institution is None:
        return _("整个医共体")
    if assignment.department is None:
        return assignment.institution.name
    return f"{assignment.institution.name} · {assignment.department.name}"


class UserTable(Table):
    """Users with the roles they hold."""

    display_name = django_tables2.Column(verbose_name=gettext_lazy("姓名"), linkify=("identity:user", {"pk": A("pk")}))
    username = django_tables2.Column(verbose_name=gettext_lazy("用户名"))
    roles = django_tables2.Column(
        verbose_name=gettext_lazy("角色与范围"), accessor="active_assignments", orderable=False
    )
    is_active = django_tables2.Column(verbose_name=gettext_lazy("状态"))
    created_at = TimeColumn(verbose_name=gettext_lazy("建立时间"))

    class Meta(Table.Meta):
        model = User
        fields = ("display_name", "username", "roles", "is_active", "created_at")

    def render_roles(self, value: list[RoleAssignment]) -> str:
        pairs = ((role_title(item.role), reach(item)) for item in value)
        return format_html_join("", '<div>{} <span class="text-secondary">{}</span></div>', pairs)

    def value_roles(self, value: list[RoleAssignment]) -> str:
        return "; ".join(f"{role_title(item.role)}({reach(item)})" for item in value)

    def render_is_active(self, value: bool) -> str:
        return badge(_("在用"), "good") if value else badge(_("已停用"))

    def value_is_active(self, value: bool) -> str:
        return _("在用") if value else _("已停用")


class ProposalTable(Table):
    """Role assignments with the two persons behind each."""

    user = django_tables2.Column(verbose_name=gettext_lazy("用户"), linkify=("identity:user", {"pk": A("user_id")}))
    role = django_tables2.Column(verbose_name=gettext_lazy("角色"))
    reach = django_tables2.Column(
        verbose_name=gettext_lazy("范围"), accessor="institution", empty_values=(), orderable=False
    )
    state = StateColumn(verbose_name=gettext_lazy("状态"), tones=ASSIGNMENT_TONES)
    proposed_by = django_tables2.Column(verbose_name=gettext_lazy("申请人"))
    proposed_at = TimeColumn(verbose_name=gettext_lazy("申请时间"))
    decided_by = django_tables2.Column(verbose_name=gettext_lazy("确认人"))
    actions = ActionsColumn("identity/proposal_actions.html")

    class Meta(Table.Meta):
        model = RoleAssignment
        fields = ("user", "role", "reach", "state", "proposed_by", "proposed_at", "decided_by", "actions")

    def render_reach(self, record: RoleAssignment) -> str:
        return reach(record)


class ApiKeyTable(Table):
    """Keys by their prefix, their scope and their last use."""

    name = django_tables2.Column(verbose_name=gettext_lazy("名称"))
    prefix = django_tables2.TemplateColumn("<code>{{ value }}…</code>", verbose_name=gettext_lazy("前缀"))
    scope = django_tables2.Column(
        verbose_name=gettext_lazy("机构"), accessor="all_institutions", empty_values=(), orderable=False
    )
    datasets = django_tables2.Column(verbose_name=gettext_lazy("数据集"), empty_values=(), orderable=False)
    last_used_at = TimeColumn(verbose_name=gettext_lazy("最近使用"))
    last_address = django_tables2.Column(verbose_name=gettext_lazy("来源地址"))
    revoked_at = django_tables2.Column(verbose_name=gettext_lazy("状态"), empty_values=())
    actions = ActionsColumn("identity/api_key_actions.html")

    class Meta(Table.Meta):
        model = ApiKey
        fields = ("name", "prefix", "scope", "datasets", "last_used_at", "last_address", "revoked_at", "actions")

    def render_scope(self, record: ApiKey) -> str:
        if record.all_institutions:
            return _("全部机构")
        names = [institution.name for institution in record.institutions.all()]
        more = _(" 等 %(count)s 家") % {"count": len(names)} if len(names) > 3 else ""
        return "、".join(names[:3]) + more

    def render_datasets(self, value: list[str]) -> str:
        return "、".join(value) if value else _("全部")

    def render_revoked_at(self, value: Any) -> str:
        return badge(_("已吊销")) if value else badge(_("在用"), "good")

    def value_revoked_at(self, value: Any) -> str:
        return _("已吊销") if value else _("在用")


class AccessLogTable(Table):
    """Who looked at a single patient's data."""

    at = TimeColumn(verbose_name=gettext_lazy("时间"))
    user = django_tables2.Column(verbose_name=gettext_lazy("用户"))
    institution = django_tables2.Column(verbose_name=gettext_lazy("机构"))
    subject_type = django_tables2.Column(verbose_name=gettext_lazy("对象"))
    subject = django_tables2.Column(verbose_name=gettext_lazy("编号"))
    path = django_tables2.Column(verbose_name=gettext_lazy("页面"))
    address = django_tables2.Column(verbose_name=gettext_lazy("来源地址"))

    class Meta(Table.Meta):
        model = AccessLog
        fields = ("at", "user", "institution", "subject_type", "subject", "path", "address")
