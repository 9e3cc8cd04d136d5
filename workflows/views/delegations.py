"""Handing one's tasks over for some days."""

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from ops_platform.web.pages import ActionPage, ListPage
from workflows import services
from workflows.forms.matters import DelegationForm
from workflows.models import Delegation
from workflows.selectors import matters as selectors
from workflows.selectors.matters import SIGNERS
from workflows.tables.matters import DelegationTable
from workflows.views.people import PersonFormPage


class Delegations(ListPage):
    """Who acts for the reader, and for whom the reader acts."""

    roles = SIGNERS
    title = _("委派")
    template_name = "workflows/delegations.html"
    table_class = DelegationTable
    empty_title = _("没有委派")
    empty_hint = _("外出期间可委派他人代为审批：两人的名字都会留在记录里，到期自动收回。")

    def get_queryset(self) -> QuerySet[Delegation]:
        return selectors.delegations_of(self.actor)


class NewDelegation(PersonFormPage):
    """Hand the reader's tasks over."""

    roles = SIGNERS
    title = _("新建委派")
    form_class = DelegationForm
    submit_label = _("委派")
    success_message = _("已委派。开始日期起新到和未办的事项由受托人办理，到期自动收回。")

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "actor": self.actor}

    def act(self, form: DelegationForm) -> None:
        chosen = form.cleaned_data
        services.delegate(
            self.actor,
            to=chosen["to"].pk,
            first_day=chosen["first_day"],
            last_day=chosen["last_day"],
            reason=chosen["reason"],
            kinds=chosen["kinds"],
        )

    def get_success_url(self) -> str:
        return reverse("workflows:delegations")


class RevokeDelegation(ActionPage):
    """End a delegation now."""

    roles = SIGNERS
    success_message = _("已撤销委派，未办的事项回到您的待办。")
    success_url_name = "workflows:delegations"

    def act(self) -> None:
        services.revoke_delegation(self.actor, delegation_id=self.kwargs["pk"])
