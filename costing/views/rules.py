"""By which drivers costs are divided."""

from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from costing.forms import DriverRuleForm
from costing.selectors import access, rules
from costing.services.driver_rules import RULERS, set_driver_rule
from costing.tables import RuleTable
from ops_platform.web.pages import FormPage, TemplatePage


class DriverRules(TemplatePage):
    """Rules in force today, and all of them."""

    roles = access.READERS
    title = _("分摊动因")
    template_name = "costing/driver_rules.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            in_force=RuleTable(rules.in_force(actor=self.actor, day=timezone.localdate())),
            everything=RuleTable(rules.driver_rules(actor=self.actor)),
            may_change=self.actor.has(*RULERS),
            **kwargs,
        )


class NewDriverRule(FormPage):
    """A driver from a day on."""

    roles = RULERS
    title = _("新的分摊动因")
    form_class = DriverRuleForm
    template_name = "costing/new_driver_rule.html"
    success_message = _("分摊动因已保存。有关月份将在下一次夜间运行中重新计算。")

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "actor": self.actor}

    def act(self, form: DriverRuleForm) -> None:
        given = form.cleaned_data
        set_driver_rule(
            self.actor,
            cost_class=given["cost_class"],
            driver=given["driver"],
            metric=given["metric"],
            effective_from=given["effective_from"],
            source_text=given["source_text"],
            institution_id=given["institution"].pk if given["institution"] else None,
            department_id=given["department"].pk if given["department"] else None,
        )

    def get_success_url(self) -> str:
        return reverse("costing:driver-rules")
