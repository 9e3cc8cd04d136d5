"""Taking vouchers as a file; a new layout of such files."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ops_platform.ledger.models import ExportTemplate, VoucherExport
from ops_platform.ledger.selectors.exports import MonthToExport
from ops_platform.ledger.voucher_files import FIELDS, LONGEST_TITLE, MOST_COLUMNS
from ops_platform.web.formats import period_label
from ops_platform.web.numbers import number_of

NO_FIELD = [("", _("固定文字"))]


class ExportForm(forms.Form):
    """Which month, in which layout."""

    period = forms.ChoiceField(label=_("月份"))
    template = forms.ChoiceField(label=_("导出模板"))
    file_format = forms.ChoiceField(label=_("文件格式"), choices=VoucherExport.Format.choices)

    def __init__(
        self, *args: Any, months: Sequence[MonthToExport], templates: Sequence[ExportTemplate], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["period"].choices = [
            (
                month.period,
                _("%(month)s(未导出 %(left)s 张)") % {"month": period_label(month.period), "left": month.left},
            )
            for month in months
        ]
        fields["template"].choices = [(row.code, row.name) for row in templates]


class TemplateHeadForm(forms.Form):
    """What a layout is called."""

    code = forms.CharField(
        label=_("模板代码"), max_length=40, help_text=_("只用字母、数字和 -，如 yonyou-2026；建立后不能修改。")
    )
    name = forms.CharField(label=_("模板名称"), max_length=60, help_text=_("出现在导出页和文件名中。"))


class ColumnForm(forms.Form):
    """One column: its title, and a field or a fixed text."""

    title = forms.CharField(label=_("列名"), max_length=LONGEST_TITLE)
    field = forms.ChoiceField(label=_("内容"), required=False)
    constant = forms.CharField(label=_("固定文字"), max_length=LONGEST_TITLE, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["field"].choices = NO_FIELD + [(code, title) for code, (title, _value) in FIELDS.items()]

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if given.get("field") and given.get("constant"):
            self.add_error("constant", _("内容选了字段时，固定文字留空。"))
        return given

    @property
    def column(self) -> dict[str, str]:
        """The column as a template keeps it."""
        given = self.cleaned_data
        if given["field"]:
            return {"title": given["title"], "field": given["field"]}
        return {"title": given["title"], "constant": given["constant"]}


class _Columns(forms.BaseFormSet):
    def get_form_kwargs(self, index: int | None) -> dict[str, Any]:
        """A row that says nothing is no column."""
        return super().get_form_kwargs(index) | {"empty_permitted": True, "use_required_attribute": False}

    def clean(self) -> None:
        """At least one column, said once for the whole grid."""
        if not any(self.errors) and not self.columns():
            raise forms.ValidationError(_("请至少填写一列。"))

    def columns(self) -> list[dict[str, str]]:
        """The rows that say something."""
        return [form.column for form in self.forms if form.has_changed()]


ColumnFormSet = forms.formset_factory(
    ColumnForm, formset=_Columns, extra=0, max_num=MOST_COLUMNS, absolute_max=MOST_COLUMNS + 20, validate_max=True
)


def initial_columns(columns: Sequence[Mapping[str, str]], rows: int) -> list[dict[str, str]]:
    """The columns of a template as the grid shows them, and empty rows behind."""
    kept = [dict(column) for column in columns]
    return kept + [{} for _row in range(max(rows - len(kept), 0))]


def more_rows(posted: Mapping[str, str], more: int) -> tuple[TemplateHeadForm, Any]:
    """The forms with what was filled in, unchecked, and some empty rows more."""
    told = posted.get("form-TOTAL_FORMS", "")
    count = min(number_of(told), MOST_COLUMNS)
    names = ("title", "field", "constant")
    kept = [{name: posted.get(f"form-{row}-{name}", "") for name in names} for row in range(count)]
    head = TemplateHeadForm(initial={name: posted.get(name, "") for name in ("code", "name")})
    return head, ColumnFormSet(initial=initial_columns(kept, min(count + more, MOST_COLUMNS)))
