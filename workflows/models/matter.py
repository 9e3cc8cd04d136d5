"""Matters: what is being approved, whose turn it is, and what everybody did."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from ops_platform.identity.models import ROLE_CHOICES, User
from ops_platform.masterdata.models import Department, Institution
from ops_platform.orm.fields import MoneyField
from ops_platform.orm.models import READ_APPEND_CHANGE, AppendOnly, ScopedQuerySet
from workflows.models.flow import FlowVersion


class Matter(models.Model):
    """One subject on its way through approval (事项). Born when somebody submits it; ends approved, rejected, withdrawn or
    expired. Only one matter of a subject is on its way at a time.

    `digest` is what was signed: the subject's content as it stood when it was submitted last; `lines` say it in words.
    `amount` is the yuan it is about, where its type has an attribute of that name; lists sort and filter by it.
    `looked_after` is when the sweeper is to look at it next (remind, escalate, expire).
    """

    app_privileges = READ_APPEND_CHANGE

    class State(models.TextChoices):
        RUNNING = "running", _("审批中")
        RETURNED = "returned", _("已退回")
        APPROVED = "approved", _("已同意")
        REJECTED = "rejected", _("已否决")
        WITHDRAWN = "withdrawn", _("已撤回")
        EXPIRED = "expired", _("已逾期失效")

    ON_ITS_WAY = (State.RUNNING, State.RETURNED)

    version = models.ForeignKey(FlowVersion, on_delete=models.PROTECT, related_name="matters")
    subject_type = models.CharField(max_length=60)
    subject = models.CharField(max_length=80)
    title = models.CharField(max_length=200)
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    department = models.ForeignKey(Department, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    applicant = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    applicant_role = models.CharField(max_length=24, blank=True, default="")
    values = models.JSONField(default=dict)
    amount = MoneyField(null=True, blank=True)
    barred = models.JSONField(default=list)
    digest = models.CharField(max_length=64)
    lines = models.JSONField(default=list)
    state = models.CharField(max_length=10, choices=State, default=State.RUNNING)
    round = models.PositiveIntegerField(default=1)
    visit = models.PositiveIntegerField(default=0)
    step = models.CharField(max_length=40, blank=True, default="")
    step_title = models.CharField(max_length=80, blank=True, default="")
    next_number = models.PositiveIntegerField(default=1)
    returned_from = models.CharField(max_length=40, blank=True, default="")
    submitted_at = models.DateTimeField()
    entered_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    looked_after = models.DateTimeField(null=True, blank=True)
    reminded_at = models.DateTimeField(null=True, blank=True)
    escalated_at = models.DateTimeField(null=True, blank=True)
    urged_at = models.DateTimeField(null=True, blank=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["-submitted_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["subject_type", "subject"],
                condition=models.Q(state__in=["running", "returned"]),
                name="matter_one_on_its_way",
            )
        ]
        indexes = [
            models.Index(fields=["applicant", "-submitted_at"], name="matter_of_applicant"),
            models.Index(fields=["subject_type", "subject"], name="matter_of_subject"),
            models.Index(fields=["version", "submitted_at"], name="matter_of_version"),
            models.Index(fields=["institution", "-submitted_at"], name="matter_of_institution"),
            models.Index(
                fields=["looked_after"], name="matter_to_look_after", condition=models.Q(looked_after__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Task(models.Model):
    """One person's turn at one seat of one visit of a step. `behalf_of` is who it belongs to when a delegate has it;
    `opened_at` is when the person first looked at the matter, which parts waiting from working."""

    app_privileges = READ_APPEND_CHANGE

    class State(models.TextChoices):
        OPEN = "open", _("待办")
        HELD = "held", _("等待前签")
        SIGNED = "signed", _("已签")
        REFUSED = "refused", _("已否决")
        DROPPED = "dropped", _("已取消")
        TAKEN_BACK = "taken_back", _("已取消加签")

    matter = models.ForeignKey(Matter, on_delete=models.PROTECT, related_name="tasks")
    number = models.PositiveIntegerField()
    round = models.PositiveIntegerField()
    visit = models.PositiveIntegerField()
    step = models.CharField(max_length=40)
    step_title = models.CharField(max_length=80)
    seat = models.PositiveIntegerField()
    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=24, blank=True, default="")
    behalf_of = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    mandatory = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    origin = models.CharField(max_length=12)
    waits_for = models.JSONField(default=list)
    created_at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["matter", "number"]
        constraints = [
            models.UniqueConstraint(fields=["matter", "number"], name="task_number"),
            models.CheckConstraint(
                condition=models.Q(behalf_of__isnull=True) | ~models.Q(behalf_of=models.F("person")),
                name="task_not_on_own_behalf",
            ),
        ]
        indexes = [
            models.Index(
                fields=["person", "created_at"], name="task_to_do", condition=models.Q(state__in=["open", "held"])
            ),
            models.Index(
                fields=["person", "-done_at"], name="task_done", condition=models.Q(state__in=["signed", "refused"])
            ),
        ]

    def __str__(self) -> str:
        return f"{self.matter_id} #{self.number}"


class ActKind(models.TextChoices):
    """What somebody did, or what the platform did by itself."""

    SUBMIT = "submit", _("提交")
    APPROVE = "approve", _("同意")
    REJECT = "reject", _("否决")
    RETURN = "return", _("退回")
    WITHDRAW = "withdraw", _("撤回")
    RESUBMIT = "resubmit", _("重新提交")
    TRANSFER = "transfer", _("转办")
    ADD_BEFORE = "add_before", _("前加签")
    ADD_AFTER = "add_after", _("后加签")
    TAKE_BACK = "take_back", _("取消加签")
    URGE = "urge", _("催办")
    COMMENT = "comment", _("评论")
    DELEGATE = "delegate", _("委派生效")
    REPLACE = "replace", _("换人审批")
    REMIND = "remind", _("到时提醒")
    ESCALATE = "escalate", _("超时升级")
    EXPIRE = "expire", _("逾期失效")


class Act(AppendOnly):
    """One entry of a matter's record: who did what, for whom, in which words, over which content of the subject.

    `events` are what followed from it (steps entered, tasks given and taken), as the engine said them.
    """

    matter = models.ForeignKey(Matter, on_delete=models.PROTECT, related_name="acts")
    number = models.PositiveIntegerField()
    at = models.DateTimeField()
    kind = models.CharField(max_length=12, choices=ActKind)
    person = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    behalf_of = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    other = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    role = models.CharField(max_length=24, choices=ROLE_CHOICES, blank=True, default="")
    round = models.PositiveIntegerField()
    step = models.CharField(max_length=40, blank=True, default="")
    step_title = models.CharField(max_length=80, blank=True, default="")
    task = models.PositiveIntegerField(null=True, blank=True)
    comment = models.TextField(blank=True, default="")
    digest = models.CharField(max_length=64, blank=True, default="")
    events = models.JSONField(default=list)

    class Meta:
        ordering = ["matter", "number"]
        constraints = [models.UniqueConstraint(fields=["matter", "number"], name="act_number")]

    def __str__(self) -> str:
        return f"{self.matter_id} #{self.number} {self.kind}"


class Copy(models.Model):
    """That somebody is informed of a matter (抄送), and when they read it."""

    app_privileges = READ_APPEND_CHANGE

    matter = models.ForeignKey(Matter, on_delete=models.PROTECT, related_name="copies")
    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-at", "-id"]
        constraints = [models.UniqueConstraint(fields=["matter", "person"], name="copy_one_a_person")]
        indexes = [models.Index(fields=["person", "-at"], name="copy_of_person")]

    def __str__(self) -> str:
        return f"{self.matter_id} {self.person_id}"
