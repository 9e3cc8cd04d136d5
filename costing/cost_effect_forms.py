"""The form of a comparison of cost and effect."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from costing.selectors.cost_effects import MOST_MONTHS, Question
from costing.titles import COST_ITEM_TITLES, METRIC_TITLES
from ops_platform.kernel import Period
from ops_platform.masterdata.models import Department, Institution
from ops_platform.web.numbers import number_of

ITEMS = [("", _("全部成本项目")), *COST_ITEM_TITLES.items()]


class MeasureForm(forms.Form):
    """Whose cost against which effect, before and since; `periods` are the costed months, newest first."""

    institution = forms.ModelChoiceField(Institution.objects.none(), label=_("机构"), empty_label=None)
    department = forms.ModelChoiceField(
        Department.objects.none(), label=_("科室"), required=False, empty_label=_("全院")
    )
    cost_item = forms.ChoiceField(label=_("成本项目"), choices=ITEMS, required=False)
    metric = forms.ChoiceField(label=_("效果指标"), choices=list(METRIC_TITLES.items()))
    base_first = forms.ChoiceField(label=_("基期起"))
    base_last = forms.ChoiceField(label=_("基期止"))
    first = forms.ChoiceField(label=_("本期起"))
    last = forms.ChoiceField(label=_("本期止"))

    def __init__(
        self, asked: Mapping[str, str], *, institutions: Any, institution: Institution | None, periods: list[str]
    ) -> None:
        self.departments = Department.objects.filter(institution=institution).order_by("code")
        super().__init__({**_halves(periods), "metric": next(iter(METRIC_TITLES)), **asked})
        fields: dict[str, Any] = self.fields
        fields["institution"].queryset = institutions
        fields["department"].queryset = self.departments
        if institution is not None:
            own = {"institution": str(institution.pk)}
            if not self.departments.filter(pk=number_of(asked.get("department", ""), 0)).exists():
                own["department"] = ""  # of the institution chosen before
            self.data = {**self.data, **own}
        for name in ("base_first", "base_last", "first", "last"):
            fields[name].choices = [(period, period) for period in sorted(periods)]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        names = ("base_first", "base_last", "first", "last")
        if all(name in given for name in names):
            months = [given[name] for name in names]
            if sorted(months) != months or months[1] == months[2]:
                self.add_error("first", _("基期应在本期之前，各自起不晚于止，请改正月份。"))
            elif any(_length(*months[at : at + 2]) > MOST_MONTHS for at in (0, 2)):
                self.add_error("last", _("每期最多 %d 个月，请缩短。") % MOST_MONTHS)
        return given

    def question(self) -> Question:
        """As the selector takes it."""
        given = self.cleaned_data
        base, present = (
            (Period.parse(given[first]), Period.parse(given[last]))
            for first, last in (("base_first", "base_last"), ("first", "last"))
        )
        department = given["department"]
        return Question(
            given["institution"].pk,
            department.pk if department else None,
            given["cost_item"],
            given["metric"],
            base,
            present,
        )


def _length(first: str, last: str) -> int:
    begin, end = Period.parse(first), Period.parse(last)
    return (end.year - begin.year) * 12 + end.month - begin.month + 1


def _halves(periods: list[str]) -> dict[str, str]:
    """The older half of the costed months that are over as the base, the younger as the present."""
    present = str(Period.of(timezone.localdate()))
    listed = sorted(period for period in periods if period < present)[-MOST_MONTHS:]
    middle = len(listed) // 2
    if not middle:
        return {}
    return {"base_first": listed[0], "base_last": listed[middle - 1], "first": listed[middle], "last": listed[-1]}
