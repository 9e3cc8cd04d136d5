"""The form of one step: its own fields, and two sets of rules (who signs, who is informed) that grow without a script."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ops_platform.identity.models import ROLE_TITLES, RoleAssignment, User
from ops_platform.kernel import Invalid, Role
from ops_platform.web.numbers import number_of
from workflows.drawing import LEVELS
from workflows.engine.conditions import LONGEST, Attribute, Kind, parse
from workflows.engine.definition import ApproverRule, Level, Mode, OnRejection, Step, Who

Choices = tuple[tuple[str, Any], ...]

MOST_RULES = 12
LONGEST_HOURS = 8760
APPROVERS, COPIES = "approvers", "copies"
BOTH = {APPROVERS: "add-approver", COPIES: "add-copy"}
NEVER_SIGN = (Role.HIS_CLIENT, Role.AUDITOR, Role.REGIONAL_SUPERVISOR)
WHO = (
    (Who.ROLE.value, _("按角色")),
    (Who.PERSON.value, _("指定人员")),
    (Who.DEPARTMENT_HEAD.value, _("事项所在科室的主任")),
    (Who.SUPERIOR.value, _("申请人的上一级负责人")),
)
EXAMPLES = {
    Kind.AMOUNT: "{name} > 50000",
    Kind.NUMBER: "{name} >= 10",
    Kind.TEXT: '{name} = "文字"',
    Kind.CHOICE: '{name} in ("{first}")',
    Kind.FLAG: "{name}",
    Kind.DAY: '{name} >= "2026-01-01"',
}


def example_of(attribute: Attribute) -> str:
    """A condition about the attribute, to be changed to what is wanted."""
    first = attribute.choices[0][0] if attribute.choices else ""
    return EXAMPLES[attribute.kind].format(name=attribute.name, first=first)


class RuleForm(forms.Form):
    """One rule: whom it means. What does not belong to the kind of rule is ignored."""

    who = forms.ChoiceField(label=_("谁"), choices=WHO, initial=Who.ROLE.value)
    role = forms.ChoiceField(label=_("角色"), required=False)
    level = forms.ChoiceField(
        label=_("在哪一级找"),
        choices=[(level.value, words) for level, words in LEVELS.items()],
        initial=Level.INSTITUTION.value,
    )
    or_above = forms.BooleanField(label=_("没有时逐级向上找"), required=False)
    person = forms.ChoiceField(label=_("人员"), required=False)

    def __init__(self, *args: Any, people: Choices, roles: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, offered in (("role", roles), ("person", people)):
            field: Any = self.fields[name]
            field.choices = [("", _("请选择")), *offered]

    def clean(self) -> dict[str, Any]:
        chosen = super().clean() or self.cleaned_data
        if chosen.get("who") == Who.ROLE and not chosen.get("role") and "role" not in self.errors:
            self.add_error("role", _("请选择角色。"))
        if chosen.get("who") == Who.PERSON and not chosen.get("person") and "person" not in self.errors:
            self.add_error("person", _("请选择人员。"))
        return chosen

    def rule(self) -> ApproverRule:
        """The rule that was chosen, without what its kind does not use."""
        chosen = self.cleaned_data
        who = Who(chosen["who"])
        if who is Who.ROLE:
            return ApproverRule(who, Role(chosen["role"]), Level(chosen["level"]), chosen["or_above"])
        return ApproverRule(who, person=chosen["person"] if who is Who.PERSON else "")


RuleSet = forms.formset_factory(RuleForm, extra=0, can_delete=True, max_num=MOST_RULES, absolute_max=MOST_RULES)


class StepForm(forms.Form):
    """A step. Valid when its own fields and all its rules are."""

    title = forms.CharField(label=_("环节名称"), max_length=40)
    condition = forms.CharField(
        label=_("什么情况下经过这一环节"),
        required=False,
        strip=True,
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
        help_text=_("留空表示总是经过。"),
    )
    mode = forms.ChoiceField(
        label=_("需要几个人签"),
        choices=[
            (Mode.ANY.value, _("任一人签即可")),
            (Mode.ALL.value, _("所有人都要签(会签)")),
            (Mode.COUNT.value, _("其中若干人签(人数填在下面)")),
            (Mode.EACH.value, _("每条规则各由一人签，且不是同一人(双签)")),
        ],
        initial=Mode.ANY.value,
    )
    count = forms.IntegerField(
        label=_("会签人数"), min_value=1, max_value=50, initial=1, help_text=_("只在「其中若干人签」时有用。")
    )
    on_rejection = forms.ChoiceField(
        label=_("有人否决时"),
        choices=[
            (OnRejection.ENDS.value, _("事项结束(一票否决)")),
            (OnRejection.OUTVOTED.value, _("其余人仍够数则继续，不够数才结束")),
            (OnRejection.RETURNS.value, _("退回申请人修改")),
        ],
        initial=OnRejection.ENDS.value,
    )
    remind_hours = forms.IntegerField(label=_("未办提醒(小时)"), min_value=0, max_value=LONGEST_HOURS, initial=0)
    escalate_hours = forms.IntegerField(label=_("上一级也可签(小时)"), min_value=0, max_value=LONGEST_HOURS, initial=0)
    expire_hours = forms.IntegerField(label=_("事项失效(小时)"), min_value=0, max_value=LONGEST_HOURS, initial=0)

    def __init__(
        self,
        data: Any = None,
        *args: Any,
        attributes: Sequence[Attribute],
        kept: Step | None = None,
        rules: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(data, *args, **kwargs)
        self.attributes = {attribute.name: attribute for attribute in attributes}
        self.position = 0
        people = {prefix: _people(prefix, kept) for prefix in (APPROVERS, COPIES)}
        given = rules or (rules_of(kept) if kept else {APPROVERS: [{}], COPIES: []})
        self.approvers, self.copies = (
            RuleSet(
                data,
                prefix=prefix,
                initial=given[prefix],
                form_kwargs={"people": people[prefix], "roles": _roles(prefix, kept), "use_required_attribute": False},
            )
            for prefix in (APPROVERS, COPIES)
        )

    def is_valid(self) -> bool:
        return all([super().is_valid(), self.approvers.is_valid(), self.copies.is_valid()])

    def clean_condition(self) -> str:
        source = str(self.cleaned_data["condition"])
        try:
            parse(source, self.attributes)
        except Invalid as refusal:
            self.position = int(refusal.context["position"])
            raise forms.ValidationError(refusal.message) from refusal
        return source

    def said(self) -> str:
        """The condition read back in words; empty while there is none or it cannot be read."""
        source = str(self["condition"].value() or "").strip()
        try:
            return parse(source, self.attributes).words()
        except Invalid:
            return ""

    def fault(self) -> tuple[str, str]:
        """The condition up to where it is wrong, and from there."""
        source = str(self["condition"].value() or "").strip()
        return (source[: self.position - 1], source[self.position - 1 :] or "…") if self.position else ("", "")

    def step(self, key: str) -> Step:
        """The step as it was filled in."""
        chosen = self.cleaned_data
        return Step(
            key=key,
            title=chosen["title"],
            approvers=_rules(self.approvers),
            mode=Mode(chosen["mode"]),
            count=chosen["count"],
            on_rejection=OnRejection(chosen["on_rejection"]),
            condition=chosen["condition"],
            copies=_rules(self.copies),
            remind_hours=chosen["remind_hours"],
            escalate_hours=chosen["escalate_hours"],
            expire_hours=chosen["expire_hours"],
        )


def _rules(rules: Any) -> tuple[ApproverRule, ...]:
    return tuple(form.rule() for form in rules if form.cleaned_data.get("who") and not form.cleaned_data.get("DELETE"))


def _people(prefix: str, kept: Step | None) -> Choices:
    """Active persons with a role that signs (may be informed), by user name, and whom the step names already."""
    never = NEVER_SIGN if prefix == APPROVERS else (Role.HIS_CLIENT,)
    held = RoleAssignment.objects.filter(state=RoleAssignment.State.ACTIVE).exclude(role__in=[r.value for r in never])
    rows = User.objects.filter(pk__in=held.values("user"), is_active=True).order_by("display_name", "username")
    offered = {username: f"{name}({username})" for username, name in rows.values_list("username", "display_name")}
    for rule in (*kept.approvers, *kept.copies) if kept else ():
        if rule.person:
            offered.setdefault(rule.person, f"{rule.person}(已停用或没有角色)")
    return tuple(offered.items())


def _roles(prefix: str, kept: Step | None) -> Choices:
    """Roles that may sign, or be informed, and which the step names already."""
    never = set(NEVER_SIGN if prefix == APPROVERS else (Role.HIS_CLIENT,))
    never -= {rule.role for rule in (*kept.approvers, *kept.copies)} if kept else set()
    return tuple((role.value, title) for role, title in ROLE_TITLES.items() if role not in never)


def initial_of(step: Step) -> dict[str, Any]:
    """The step's own fields, for the form."""
    names = ("title", "condition", "count", "remind_hours", "escalate_hours", "expire_hours")
    return {
        **{name: getattr(step, name) for name in names},
        "mode": step.mode.value,
        "on_rejection": step.on_rejection.value,
    }


def rules_of(step: Step) -> dict[str, list[dict[str, Any]]]:
    """The step's rules, for the form."""
    return {APPROVERS: [_initial(rule) for rule in step.approvers], COPIES: [_initial(rule) for rule in step.copies]}


def _initial(rule: ApproverRule) -> dict[str, Any]:
    return {
        "who": rule.who.value,
        "role": rule.role.value if rule.role else "",
        "level": rule.level.value,
        "or_above": rule.or_above,
        "person": rule.person,
    }


def reworked(posted: Any, do: str, attributes: Sequence[Attribute], kept: Step | None) -> StepForm:
    """The form as it was filled in, unchecked, with one more rule or an example in the condition, as the button said."""
    initial = {name: posted.get(name, "") for name in StepForm.base_fields}
    for attribute in attributes:
        if do == f"insert-{attribute.name}":
            written = initial["condition"].strip()
            initial["condition"] = f"{written} and {example_of(attribute)}" if written else example_of(attribute)
    rules = {prefix: _posted_rules(posted, prefix) for prefix in BOTH}
    for prefix, button in BOTH.items():
        if do == button and len(rules[prefix]) < MOST_RULES:
            rules[prefix].append({})
    return StepForm(initial=initial, rules=rules, attributes=attributes, kept=kept)


def _posted_rules(posted: Any, prefix: str) -> list[dict[str, Any]]:
    total = posted.get(f"{prefix}-TOTAL_FORMS", "")
    count = min(number_of(total), MOST_RULES)
    names = ("who", "role", "level", "person")
    return [
        {name: posted.get(f"{prefix}-{place}-{name}", "") for name in names}
        | {"or_above": f"{prefix}-{place}-or_above" in posted}
        for place in range(count)
        if f"{prefix}-{place}-DELETE" not in posted
    ]
