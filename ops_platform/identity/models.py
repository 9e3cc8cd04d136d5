"""Users, roles, duty pairs, API keys, access log."""

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils.translation import gettext_lazy as _

from ops_platform.kernel import Role
from ops_platform.masterdata.models import Department, Institution
from ops_platform.orm.models import READ_AND_APPEND, READ_APPEND_CHANGE, AppendOnly, ScopedQuerySet

ROLE_TITLES = {
    Role.FINANCE_OFFICER: _("财务人员"),
    Role.ACCOUNTING_REVIEWER: _("会计审核"),
    Role.FINANCE_DIRECTOR: _("财务负责人"),
    Role.DEPARTMENT_HEAD: _("科室主任"),
    Role.INSTITUTION_HEAD: _("机构负责人"),
    Role.OPERATION_CENTRE: _("运营管理中心"),
    Role.LEADERSHIP: _("领导小组"),
    Role.INSURANCE_OFFICER: _("医保专员"),
    Role.CASHIER: _("收费员"),
    Role.CASHIER_REVIEWER: _("收费复核"),
    Role.AUDITOR: _("审计人员"),
    Role.REGIONAL_SUPERVISOR: _("区域监管"),
    Role.HIS_CLIENT: _("系统接口"),
    Role.SYSTEM_ADMIN: _("系统管理员"),
}
ROLE_CHOICES = [(role.value, title) for role, title in ROLE_TITLES.items()]


class MailChoice(models.TextChoices):
    """Which messages a person also gets by mail."""

    NONE = "none", _("不发邮件")
    TO_DO = "to_do", _("只发需要处理的消息")
    ALL = "all", _("发送全部消息")


class UserManager(BaseUserManager["User"]):
    """Users by their sign-in name."""

    def create_user(self, username: str, password: str | None, *, display_name: str) -> "User":
        user = self.model(username=username, display_name=display_name)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """A person who signs in. What they may do stands in their role assignments; there is no superuser.

    `email` is the person's own entry; empty means that messages stay on the page.
    """

    app_privileges = READ_APPEND_CHANGE

    username = models.CharField(max_length=150, unique=True)
    display_name = models.CharField(max_length=60)
    email = models.EmailField(blank=True, default="")
    mail_choice = models.CharField(max_length=5, choices=MailChoice, default=MailChoice.TO_DO)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = UserManager()
    USERNAME_FIELD = "username"

    class Meta:
        ordering = ["username"]

    def __str__(self) -> str:
        return self.display_name


class RoleAssignment(models.Model):
    """A role given to a user for an institution (empty: the whole alliance) and perhaps one department.

    Born `proposed` by one administrator, `active` once a second person confirmed it, ended by `refused` or `revoked`.
    """

    app_privileges = READ_APPEND_CHANGE

    class State(models.TextChoices):
        PROPOSED = "proposed", _("待确认")
        ACTIVE = "active", _("有效")
        REFUSED = "refused", _("已驳回")
        REVOKED = "revoked", _("已收回")

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="assignments")
    role = models.CharField(max_length=24, choices=ROLE_CHOICES)
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    department = models.ForeignKey(Department, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    state = models.CharField(max_length=8, choices=State, default=State.PROPOSED)
    proposed_by = models.CharField(max_length=150)
    proposed_at = models.DateTimeField(auto_now_add=True)
    decided_by = models.CharField(max_length=150, blank=True, default="")
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["user", "role", "id"]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(proposed_by=models.F("decided_by")), name="role_given_by_two_persons"
            ),
            models.CheckConstraint(
                condition=models.Q(department__isnull=True) | models.Q(institution__isnull=False),
                name="role_department_needs_institution",
            ),
            models.CheckConstraint(
                condition=~models.Q(role="department_head") | models.Q(department__isnull=False),
                name="role_department_head_needs_department",
            ),
            models.UniqueConstraint(
                fields=["user", "role", "institution", "department"],
                condition=models.Q(state__in=["proposed", "active"]),
                nulls_distinct=False,
                name="role_held_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.role}"


class DutyPair(models.Model):
    """Two roles that no person may hold together for the same institution (不相容职务)."""

    app_privileges = READ_AND_APPEND

    first = models.CharField(max_length=24, choices=ROLE_CHOICES)
    second = models.CharField(max_length=24, choices=ROLE_CHOICES)
    reason = models.CharField(max_length=200)
    source_mark = models.CharField(max_length=8)

    class Meta:
        ordering = ["first", "second"]
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="duty_pair_unique"),
            models.CheckConstraint(condition=models.Q(first__lt=models.F("second")), name="duty_pair_ordered"),
        ]

    def __str__(self) -> str:
        return f"{self.first} × {self.second}"


class ApiKey(models.Model):
    """A key by which a hospital system posts facts. Only its SHA-256 is kept; `prefix` lets people recognise it.

    `institutions` empty and `all_institutions` false means none; `datasets` empty means all datasets.
    `window_*` count the requests of the present minute, so that the limit holds across processes without Redis.
    """

    app_privileges = READ_APPEND_CHANGE

    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=12, unique=True)
    digest = models.CharField(max_length=64, unique=True)
    all_institutions = models.BooleanField(default=False)
    institutions = models.ManyToManyField(Institution, blank=True, related_name="+")
    datasets = models.JSONField(default=list, blank=True)
    created_by = models.CharField(max_length=150)
    created_at = models.DateTimeField(auto_now_add=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.CharField(max_length=150, blank=True, default="")
    last_used_at = models.DateTimeField(null=True, blank=True)
    last_address = models.CharField(max_length=45, blank=True, default="")
    window_start = models.DateTimeField(null=True, blank=True)
    window_count = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return f"{self.name} {self.prefix}…"


class AccessLog(AppendOnly):
    """Who looked at a page or API answer that shows a single patient's data, and when."""

    at = models.DateTimeField(auto_now_add=True)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+")
    subject_type = models.CharField(max_length=40)
    subject = models.CharField(max_length=80)
    path = models.CharField(max_length=300)
    address = models.CharField(max_length=45, blank=True, default="")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["institution", "-at"], name="access_log_institution")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.subject_type} {self.subject}"
