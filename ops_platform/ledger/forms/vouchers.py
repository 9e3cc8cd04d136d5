"""Making a voucher: a head and a grid of lines."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ops_platform.documents.public import DocumentsField
from ops_platform.kernel import from_fen, to_fen
from ops_platform.ledger.engine.chart import DIMENSION_TITLES, Dimensions
from ops_platform.ledger.engine.entry import LARGEST, EntryInput, Leg
from ops_platform.ledger.selectors.words import CODE_SETS
from ops_platform.masterdata.models import Code, Department, Institution
from ops_platform.web.amounts import AmountField

DAY = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
MOST = from_fen(LARGEST)
FEWEST_LINES = 6
MOST_LINES = 60
EMPTY = [("", "—")]
WORD_DIMENSIONS = {"project": 60, "purpose": 40, "insurer": 40, "fund_type": 20}


class LegAmountField(AmountField):
    """An amount of a leg, perhaps none, at most what an entry may hold."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, max_digits=18, decimal_places=2, min_value=-MOST, max_value=MOST, **kwargs)


class HeadForm(forms.Form):
    """What the whole voucher says."""

    institution = forms.ModelChoiceField(Institution.objects.none(), label=_("机构"), empty_label=None)
    day = forms.DateField(label=_("记账日期"), initial=timezone.localdate, widget=DAY)
    summary = forms.CharField(label=_("摘要"), max_length=200)
    attachments = DocumentsField(required=False)
    once = forms.UUIDField(widget=forms.HiddenInput, required=False, initial=uuid4)

    def __init__(self, *args: Any, institutions: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["institution"]
        field.queryset = institutions


class LineForm(forms.Form):
    """One line: account, one amount, and what else it says."""

    account = forms.CharField(
        label=_("科目"), max_length=120, widget=forms.TextInput(attrs={"list": "accounts", "autocomplete": "off"})
    )
    debit = LegAmountField(label=_("借方(元)"))
    credit = LegAmountField(label=_("贷方(元)"))
    summary = forms.CharField(label=_("行摘要"), max_length=200, required=False)
    department = forms.ModelChoiceField(
        Department.objects.none(), label=DIMENSION_TITLES["department"], required=False, empty_label="—"
    )
    counterparty = forms.ModelChoiceField(
        Institution.objects.none(), label=DIMENSION_TITLES["counterparty"], required=False, empty_label="—"
    )
    cost_item = forms.ChoiceField(label=DIMENSION_TITLES["cost_item"], required=False)
    funding_source = forms.ChoiceField(label=DIMENSION_TITLES["funding_source"], required=False)
    scheme = forms.ChoiceField(label=DIMENSION_TITLES["scheme"], required=False)

    def __init__(self, *args: Any, choices: "Choices", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, length in WORD_DIMENSIONS.items():
            self.fields[name] = forms.CharField(label=DIMENSION_TITLES[name], max_length=length, required=False)
        fields: Any = self.fields
        fields["department"].queryset, fields["counterparty"].queryset = choices.departments, choices.counterparties
        for name in CODE_SETS:
            fields[name].choices = EMPTY + choices.codes.get(name, [])

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if not self.errors and bool(given.get("debit")) == bool(given.get("credit")):
            raise forms.ValidationError(_("须且只能在借方或贷方填一个不为零的金额。"))
        return given

    @property
    def told(self) -> bool:
        """Says something beside account and amounts: the page opens that part."""
        return any(self[name].value() for name in DIMENSION_TITLES) or bool(self.errors)

    def leg(self) -> Leg:
        """The line as the ledger takes it."""
        given = self.cleaned_data
        return Leg(
            account=given["account"].split(" ")[0].strip(),
            debit=to_fen(given["debit"] or 0),
            credit=to_fen(given["credit"] or 0),
            summary=given["summary"],
            dimensions=Dimensions(
                department=given["department"].pk if given["department"] else 0,
                counterparty=given["counterparty"].pk if given["counterparty"] else 0,
                **{name: given[name] for name in [*DIMENSION_TITLES][2:]},
            ),
        )


class Choices:
    """What lines of an institution may point at, read once for all lines."""

    def __init__(self, institution: Institution | None) -> None:
        own = {"institution": institution} if institution else {}
        self.departments = Department.objects.filter(**own).order_by("institution__code", "code")
        others = Institution.objects.order_by("code")
        self.counterparties = others.exclude(pk=institution.pk) if institution else others
        sets = {code_set: name for name, code_set in CODE_SETS.items()}
        rows = Code.objects.filter(version__code_set__code__in=sets).order_by("position", "code")
        self.codes: dict[str, list[tuple[str, str]]] = {}
        for code_set, code, title in rows.values_list("version__code_set__code", "code", "name"):
            listed = self.codes.setdefault(sets[code_set], [])
            if (code, title) not in listed:
                listed.append((code, title))


class _Lines(forms.BaseFormSet):
    def get_form_kwargs(self, index: int | None) -> dict[str, Any]:
        """A line that says nothing is no line."""
        return super().get_form_kwargs(index) | {"empty_permitted": True, "use_required_attribute": False}

    def clean(self) -> None:
        """Two lines at least, and both sides equal: said once for the whole grid."""
        if any(self.errors):
            return
        legs = self.legs()
        if len(legs) < 2:
            raise forms.ValidationError(_("请至少填写两行分录。"))

    def legs(self) -> list[Leg]:
        """The lines that say something."""
        return [form.leg() for form in self.forms if form.has_changed()]


LineFormSet = forms.formset_factory(
    LineForm, formset=_Lines, extra=0, max_num=MOST_LINES, absolute_max=MOST_LINES + 20, validate_max=True
)


def initial_of(entry: EntryInput, names: Mapping[str, str]) -> list[dict[str, Any]]:
    """A voucher as the grid shows it."""
    return [
        {
            "account": f"{leg.account} {names.get(leg.account, '')}".strip(),
            "debit": from_fen(leg.debit) if leg.debit else None,
            "credit": from_fen(leg.credit) if leg.credit else None,
            "summary": leg.summary,
            **{name: getattr(leg.dimensions, name) or "" for name in DIMENSION_TITLES},
        }
        for leg in entry.legs
    ]
