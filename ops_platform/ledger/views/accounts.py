"""Keeping the chart: own accounts, closing them, forbidding an overdraft; carrying a year forward."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from ops_platform.ledger import services
from ops_platform.ledger.selectors import access, balances
from ops_platform.ledger.selectors.access import KEEPERS
from ops_platform.masterdata.models import Institution
from ops_platform.web.pages import ActionPage, FormPage

MOST_REFUSALS_TOLD = 5


class OwnAccountForm(forms.Form):
    """An account below a unified one."""

    institution = forms.ModelChoiceField(Institution.objects.none(), label=_("机构"), empty_label=None)
    parent = forms.CharField(label=_("上级科目编码"), max_length=20, help_text=_("统一科目表的末级科目，如 1002。"))
    code = forms.CharField(label=_("编码"), max_length=20, help_text=_("以上级编码开头的数字，如 100201。"))
    name = forms.CharField(label=_("名称"), max_length=100, min_length=2)

    def __init__(self, *args: Any, institutions: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["institution"]
        field.queryset = institutions


class NewOwnAccount(FormPage):
    """Add an own account."""

    roles = KEEPERS
    title = _("自设明细科目")
    form_class = OwnAccountForm
    success_message = _("已设明细科目，今后的分录记入明细。")

    def get_form_kwargs(self) -> dict[str, Any]:
        own = Institution.objects.visible_to(self.actor, *KEEPERS).order_by("code")
        return {**super().get_form_kwargs(), "institutions": own}

    def act(self, form: OwnAccountForm) -> HttpResponse:
        given = form.cleaned_data
        services.add_own_account(
            self.actor,
            institution_id=given["institution"].pk,
            parent=given["parent"].strip(),
            code=given["code"].strip(),
            name=given["name"],
        )
        return redirect("ledger:chart")


class CloseOwnAccount(ActionPage):
    """From today on an own account takes no legs any more."""

    roles = KEEPERS
    success_url_name = "ledger:chart"
    success_message = _("已停用。")

    def act(self) -> None:
        services.close_own_account(self.actor, account_id=self.kwargs["pk"], closed_on=timezone.localdate())


class ForbidOverdraft(ActionPage):
    """The account may not be overdrawn from now on."""

    roles = KEEPERS
    success_message = _("该科目从现在起不得透支。")

    def get_success_url(self) -> str:
        return reverse("ledger:account", args=[self.kwargs["institution"], self.kwargs["code"]])

    def act(self) -> None:
        institution = access.access_kept(self.actor, self.kwargs["institution"])
        account = balances.leaf_account(institution, self.kwargs["code"])
        services.forbid_overdraft(self.actor, institution=institution, account=account)


class CarryEverybody(ActionPage):
    """Carry a year of all books that the reader keeps forward."""

    roles = KEEPERS

    def get_success_url(self) -> str:
        return f"{reverse('ledger:trial-balance')}?period={self.kwargs['year']}-12"

    def act(self) -> str:
        carried = services.carry_everybody(self.actor, year=self.kwargs["year"])
        for refusal in carried.refused[:MOST_REFUSALS_TOLD]:
            messages.warning(self.request, refusal)
        words = {"year": self.kwargs["year"], "done": carried.done, "left": len(carried.refused)}
        if carried.refused:
            return _now("%(year)s 年：%(done)s 家已结转，%(left)s 家不能结转，原因见上。") % words
        return _now("%(year)s 年：%(done)s 家都已结转。") % words


class CarryForward(ActionPage):
    """Carry a year forward."""

    roles = KEEPERS
    success_url_name = "ledger:trial-balance"

    def get_success_url(self) -> str:
        asked = {"institution": self.kwargs["institution"], "period": f"{self.kwargs['year']}-12"}
        return f"{reverse('ledger:trial-balance')}?institution={asked['institution']}&period={asked['period']}"

    def act(self) -> str:
        institution = access.access_kept(self.actor, self.kwargs["institution"])
        row = services.carry_year_forward(self.actor, institution=institution, year=self.kwargs["year"])
        return _now("%(year)s 年已结转，见 %(period)s 第 %(number)s 号凭证。") % {
            "year": self.kwargs["year"],
            "period": row.period,
            "number": row.voucher_no,
        }
