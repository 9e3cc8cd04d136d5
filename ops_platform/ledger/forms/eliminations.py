"""An elimination by hand: a head and as many legs as it takes."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ops_platform.kernel import from_fen, to_fen
from ops_platform.ledger.engine.chart import DIMENSION_TITLES
from ops_platform.ledger.engine.proposals import Proposal
from ops_platform.ledger.forms.consolidation import PeriodField
from ops_platform.ledger.forms.vouchers import EMPTY, Choices, LegAmountField
from ops_platform.ledger.models import Account
from ops_platform.ledger.services.eliminations import MOST_LEGS, WantedLeg
from ops_platform.masterdata.models import Institution

FEWEST_LINES = 2
MORE_LINES = 2


def accounts_to_eliminate() -> list[Account]:
    """Accounts of the unified chart that legs may stand on."""
    return list(Account.objects.filter(institution=None, leaf=True).order_by("code"))


class EliminationHeadForm(forms.Form):
    """From when to when it holds, and why."""

    period = PeriodField(label=_("适用期间"))
    through = PeriodField(label=_("适用至"), help_text=_("须在同一年内；此后的月份不再抵销。"))
    reason = forms.CharField(label=_("原因"), max_length=200)
    pair = forms.IntegerField(required=False, widget=forms.HiddenInput, min_value=1, max_value=2**62)


class EliminationLegForm(forms.Form):
    """One leg: an account of a member, an amount on one side, and what the consolidation tells accounts apart by."""

    institution = forms.ModelChoiceField(Institution.objects.none(), label=_("机构"), empty_label="—")
    account = forms.CharField(
        label=_("科目"), max_length=120, widget=forms.TextInput(attrs={"list": "accounts", "autocomplete": "off"})
    )
    debit = LegAmountField(label=_("借方(元)"))
    counterparty = forms.ModelChoiceField(
        Institution.objects.none(), label=DIMENSION_TITLES["counterparty"], required=False, empty_label="—"
    )
    cost_item = forms.ChoiceField(label=DIMENSION_TITLES["cost_item"], required=False)
    credit = LegAmountField(label=_("贷方(元)"))

    def __init__(self, *args: Any, choices: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["institution"].queryset = fields["counterparty"].queryset = choices.counterparties
        fields["cost_item"].choices = EMPTY + choices.codes.get("cost_item", [])

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        debit, credit = given.get("debit"), given.get("credit")
        if not self.errors and (bool(debit) == bool(credit) or min(debit or 0, credit or 0) < 0):
            raise forms.ValidationError(_("须且只能在借方或贷方填一个大于零的金额。"))
        return given

    def leg(self) -> WantedLeg:
        """The line as the ledger takes it."""
        given = self.cleaned_data
        return WantedLeg(
            institution=given["institution"].pk,
            account=given["account"].split(" ")[0].strip(),
            fen=to_fen(given["debit"] or 0) - to_fen(given["credit"] or 0),
            cost_item=given["cost_item"],
            counterparty=given["counterparty"].pk if given["counterparty"] else 0,
        )


class _Legs(forms.BaseFormSet):
    def get_form_kwargs(self, index: int | None) -> dict[str, Any]:
        """A line that says nothing is no line."""
        return super().get_form_kwargs(index) | {"empty_permitted": True, "use_required_attribute": False}

    def said(self) -> list[EliminationLegForm]:
        """The lines that say something."""
        return [form for form in self.forms if form.has_changed()]

    def legs(self) -> tuple[WantedLeg, ...]:
        """The same as the ledger takes them."""
        return tuple(form.leg() for form in self.said())

    def tell(self, faults: Iterable[dict[str, Any]]) -> None:
        """Say at each line what the ledger refuses of it."""
        said = self.said()
        for fault in faults:
            said[fault["leg"] - 1].add_error(None, fault["message"])


EliminationLegs = forms.formset_factory(
    EliminationLegForm, formset=_Legs, extra=0, max_num=MOST_LEGS, absolute_max=MOST_LEGS, validate_max=True
)


def proposed(proposal: Proposal) -> list[dict[str, Any]]:
    """The legs of a proposal as the grid shows them, as if somebody had typed them."""
    names = {row.code: str(row) for row in Account.objects.filter(institution=None)}
    return [
        {
            "institution": leg.institution,
            "account": names.get(leg.account, leg.account),
            "debit": from_fen(leg.amount) if leg.amount > 0 else "",
            "credit": from_fen(-leg.amount) if leg.amount < 0 else "",
            "counterparty": leg.counterparty or "",
            "cost_item": leg.cost_item,
        }
        for leg in proposal.legs
    ]
