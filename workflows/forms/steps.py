"""The form of one step: its own fields, and its rules."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ops_platform.kernel import Invalid
from workflows.drawing import condition_words
from workflows.engine.condition_text import LONGEST, canonical, parse
from workflows.engine.conditions import Attribute, Kind
from workflows.engine.definition import Mode, OnRejection, Step
from workflows.forms.rules import (
    APPROVERS,
    BOTH,
    COPIES,
    MOST_RULES,
    chosen_rules,
    posted_rules,
    rule_set,
    rules_of,
)

LONGEST_HOURS = 8760
EXAMPLES = {
    Kind.AMOUNT: "{title} > 50,000",
    Kind.NUMBER: "{title} ≥ 10",
    Kind.TEXT: "{title} = 「文字」",
    Kind.CHOICE: "{title} 属于({first})",
    Kind.FLAG: "{title}",
    Kind.DAY: "{title} ≥ 2026-01-01",
}


def example_of(attribute: Attribute) -> str:
    """A condition about the attribute, to be changed to what is wanted."""
    first = attribute.choices[0][1] if attribute.choices else ""
    return EXAMPLES[attribute.kind].format(title=attribute.title, first=first)


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
        asked: Mapping[str, Any],
        **kwargs: Any,
    ) -> None:
        super().__init__(data, *args, **kwargs)
        self.attributes = {attribute.name: attribute for attribute in attributes}
        self.position = 0
        given = rules or (rules_of(kept) if kept else {APPROVERS: [{}], COPIES: []})
        self.approvers, self.copies = (
            rule_set(prefix, data, kept=kept, rules=given[prefix], asked=asked) for prefix in (APPROVERS, COPIES)
        )

    def is_valid(self) -> bool:
        return all([super().is_valid(), self.approvers.is_valid(), self.copies.is_valid()])

    def clean_condition(self) -> str:
        """What was typed as it is stored."""
        try:
            return canonical(str(self.cleaned_data["condition"]), self.attributes)
        except Invalid as refusal:
            self.position = int(refusal.context["position"])
            raise forms.ValidationError(refusal.message) from refusal

    def said(self) -> str:
        """The condition read back in words; empty while there is none or it cannot be read."""
        source = str(self["condition"].value() or "").strip()
        try:
            return parse(source, self.attributes, typed=True).words()
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
            approvers=chosen_rules(self.approvers),
            mode=Mode(chosen["mode"]),
            count=chosen["count"],
            on_rejection=OnRejection(chosen["on_rejection"]),
            condition=chosen["condition"],
            copies=chosen_rules(self.copies),
            remind_hours=chosen["remind_hours"],
            escalate_hours=chosen["escalate_hours"],
            expire_hours=chosen["expire_hours"],
        )


def initial_of(step: Step, attributes: Sequence[Attribute]) -> dict[str, Any]:
    """The step's own fields, for the form; the condition as it is drawn."""
    names = ("title", "count", "remind_hours", "escalate_hours", "expire_hours")
    return {
        **{name: getattr(step, name) for name in names},
        "condition": condition_words(step.condition, {attribute.name: attribute for attribute in attributes}),
        "mode": step.mode.value,
        "on_rejection": step.on_rejection.value,
    }


def reworked(posted: Any, do: str, attributes: Sequence[Attribute], kept: Step | None) -> StepForm:
    """The form as it was filled in, unchecked, with one more rule, an example in the condition, or the people found, as the
    button said."""
    initial = {name: posted.get(name, "") for name in StepForm.base_fields}
    for attribute in attributes:
        if do == f"insert-{attribute.name}":
            written = initial["condition"].strip()
            initial["condition"] = f"{written} 且 {example_of(attribute)}" if written else example_of(attribute)
    rules = {prefix: posted_rules(posted, prefix) for prefix in BOTH}
    for prefix, button in BOTH.items():
        if do == button and len(rules[prefix]) < MOST_RULES:
            rules[prefix].append({})
    return StepForm(initial=initial, rules=rules, attributes=attributes, kept=kept, asked=posted)
