"""The rules of a step, as forms: who signs and who is informed. Two sets that grow without a script."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from ops_platform.identity.models import ROLE_TITLES, RoleAssignment, User
from ops_platform.kernel import Role
from ops_platform.web.numbers import number_of
from workflows.drawing import LEVELS
from workflows.engine.definition import ApproverRule, Level, Step, Who
from workflows.forms.people import Among, PersonSearchField, search_name

Choices = tuple[tuple[str, Any], ...]

MOST_RULES = 12
APPROVERS, COPIES = "approvers", "copies"
BOTH = {APPROVERS: "add-approver", COPIES: "add-copy"}
NEVER = {APPROVERS: (Role.HIS_CLIENT, Role.AUDITOR, Role.REGIONAL_SUPERVISOR), COPIES: (Role.HIS_CLIENT,)}
WHO = (
    (Who.ROLE.value, _("按角色")),
    (Who.PERSON.value, _("指定人员")),
    (Who.DEPARTMENT_HEAD.value, _("事项所在科室的主任")),
    (Who.SUPERIOR.value, _("申请人的上一级负责人")),
)
SEARCHED = re.compile(rf"({APPROVERS}|{COPIES})-([0-9]{{1,2}})-{search_name('person')}")


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
    person = PersonSearchField(User.objects.none(), label=_("人员"), required=False, to_field_name="username")

    def __init__(self, *args: Any, people: Among, roles: Choices, asked: Mapping[str, Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        role: Any = self.fields["role"]
        role.choices = [("", _("请选择")), *roles]
        person: Any = self.fields["person"]
        person.search(people, self.add_prefix("person"), asked, kept=str(self.initial.get("person", "")))

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
        return ApproverRule(who, person=chosen["person"].username if who is Who.PERSON else "")


_Rules = forms.formset_factory(RuleForm, extra=0, can_delete=True, max_num=MOST_RULES, absolute_max=MOST_RULES)


def rule_set(prefix: str, data: Any, *, kept: Step | None, rules: Any, asked: Mapping[str, Any]) -> Any:
    """The rules of one kind: as sent, else `rules`. A search in a rule that is not kept yet finds that rule, too."""
    searched = [int(found[2]) for name in asked if (found := SEARCHED.fullmatch(name)) and found[1] == prefix]
    missing = min(max(searched, default=-1) + 1, MOST_RULES) - len(rules)
    return _Rules(
        data,
        prefix=prefix,
        initial=[*rules, *({} for _place in range(missing))],
        form_kwargs={
            "people": Among(_people(prefix, kept)),
            "roles": _roles(prefix, kept),
            "asked": asked,
            "use_required_attribute": False,
        },
    )


def chosen_rules(rules: Any) -> tuple[ApproverRule, ...]:
    """The rules of a valid set."""
    return tuple(form.rule() for form in rules if form.cleaned_data.get("who") and not form.cleaned_data.get("DELETE"))


def _kept_rules(kept: Step | None) -> Sequence[ApproverRule]:
    return (*kept.approvers, *kept.copies) if kept else ()


def _people(prefix: str, kept: Step | None) -> QuerySet[User]:
    """Active persons with a role that signs (may be informed), and whom the step names already."""
    held = RoleAssignment.objects.filter(state=RoleAssignment.State.ACTIVE).exclude(role__in=NEVER[prefix])
    named = [rule.person for rule in _kept_rules(kept) if rule.person]
    return User.objects.filter(Q(is_active=True, pk__in=held.values("user")) | Q(username__in=named))


def _roles(prefix: str, kept: Step | None) -> Choices:
    """Roles that may sign, or be informed, and which the step names already."""
    never = set(NEVER[prefix]) - {rule.role for rule in _kept_rules(kept)}
    return tuple((role.value, title) for role, title in ROLE_TITLES.items() if role not in never)


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


def posted_rules(posted: Any, prefix: str) -> list[dict[str, Any]]:
    """The rules as they were filled in, unchecked, without those that are to be dropped."""
    count = min(number_of(posted.get(f"{prefix}-TOTAL_FORMS", "")), MOST_RULES)
    names = ("who", "role", "level", "person")
    return [
        {name: posted.get(f"{prefix}-{place}-{name}", "") for name in names}
        | {"or_above": f"{prefix}-{place}-or_above" in posted}
        for place in range(count)
        if f"{prefix}-{place}-DELETE" not in posted
    ]


def unfinished_search(posted: Any) -> bool:
    """Somebody searched for a person whom a rule asks for and has not chosen one yet."""
    return any(
        (found := SEARCHED.fullmatch(name))
        and posted[name].strip()
        and posted.get(f"{found[1]}-{found[2]}-who") == Who.PERSON
        and not posted.get(f"{found[1]}-{found[2]}-person")
        for name in posted
    )
