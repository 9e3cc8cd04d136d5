"""The editor of voucher rules: one posting as a form made from what its type of events tells; a file; the submission."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ops_platform.kernel import Finding
from ops_platform.ledger.engine.chart import DIMENSION_TITLES, Account
from ops_platform.ledger.engine.rule_books import LONGEST_TITLE, faults_of_posting, read_rule_book
from ops_platform.ledger.engine.voucher_rules import Attribute, EventForm, Posting
from ops_platform.ledger.services.voucher_rules import EARLIEST, LONGEST_NOTE, MOST_BYTES

UNSAID = "-"  # stands in the page for a value that is not said, which is an empty text in the rule book
LONGEST_VALUE, LONGEST_LIST = 60, 4_000
BOOKS: tuple[tuple[str, str | Promise], ...] = (("", _("财务会计")), ("budget_", _("预算会计(平行记账)")))
SIDES: tuple[tuple[str, str | Promise], ...] = (("debit", _("借方")), ("credit", _("贷方")))


@dataclass(frozen=True, slots=True)
class Table:
    """The accounts of a side by one attribute, on the page."""

    number: int
    fields: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Side:
    """One side of one book, on the page."""

    title: str | Promise
    by: Any
    account: Any
    tables: tuple[Table, ...]
    dimensions: Any


class PostingForm(forms.Form):
    """One posting. Every attribute of the type is a condition, and a table of accounts on each side."""

    title = forms.CharField(label=_("规则名称"), max_length=LONGEST_TITLE)
    amounts = forms.MultipleChoiceField(label=_("处理的金额"), widget=forms.CheckboxSelectMultiple)
    budget = forms.BooleanField(label=_("同时记预算会计(平行记账)"), required=False)

    def __init__(self, *args: Any, form: EventForm, chart: Mapping[str, Account], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.event_form, self.chart = form, chart
        fields: Any = self.fields
        fields["amounts"].choices = list(form.amounts.items())
        for name, attribute in form.attributes.items():
            fields[f"when_{name}"] = _condition(attribute)
        for book, _title in BOOKS:
            for side, _words in SIDES:
                self._add_side(f"{book}{side}")
        self.posting: dict[str, Any] = {}

    def _add_side(self, side: str) -> None:
        fields: Any = self.fields
        by: list[tuple[str, Any]] = [("", _("固定科目"))]
        by += [(name, _("按%(title)s") % {"title": each.title}) for name, each in self.event_form.attributes.items()]
        fields[f"{side}_by"] = forms.ChoiceField(label=_("科目怎么定"), choices=by, required=False)
        fields[f"{side}_account"] = _account(_("科目"))
        for name, attribute in self.event_form.attributes.items():
            if not attribute.values:
                fields[f"{side}_{name}_list"] = forms.CharField(
                    label=_("对应的科目"),
                    max_length=LONGEST_LIST,
                    required=False,
                    widget=forms.Textarea(attrs={"rows": 4}),
                    help_text=_("每行一项，如：%(example)s = 1002") % {"example": attribute.title},
                )
            for place, title in enumerate(attribute.values.values()):
                fields[f"{side}_{name}_{place}"] = _account(title)
        fields[f"{side}_dimensions"] = forms.MultipleChoiceField(
            label=_("辅助核算"),
            choices=[(name, title) for name, title in DIMENSION_TITLES.items() if name in self.event_form.dimensions],
            required=False,
            widget=forms.CheckboxSelectMultiple,
        )

    @property
    def conditions(self) -> list[Any]:
        """The fields of the conditions."""
        return [self[f"when_{name}"] for name in self.event_form.attributes]

    @property
    def books(self) -> Iterator[tuple[str, str | Promise, list[Side]]]:
        """Each book with its sides, as the page shows them."""
        for book, title in BOOKS:
            yield book, title, [self._side(f"{book}{side}", words) for side, words in SIDES]

    def _side(self, side: str, title: str | Promise) -> Side:
        tables = []
        for number, (name, attribute) in enumerate(self.event_form.attributes.items(), start=2):
            names = [f"{side}_{name}_{place}" for place in range(len(attribute.values))] or [f"{side}_{name}_list"]
            tables.append(Table(number, tuple(self[each] for each in names)))
        return Side(title, self[f"{side}_by"], self[f"{side}_account"], tuple(tables), self[f"{side}_dimensions"])

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if self.errors:
            return given
        row: dict[str, Any] = {"title": given["title"], "amounts": given["amounts"], **self._pair("")}
        conditions = {name: self._values(name) for name in self.event_form.attributes}
        if any(conditions.values()):
            row["when"] = {name: values for name, values in conditions.items() if values}
        if given["budget"]:
            row["budget"] = self._pair("budget_")
        if not self.errors:
            self._check(row)
        self.posting = row
        return given

    def _values(self, name: str) -> list[str]:
        given = self.cleaned_data[f"when_{name}"]
        listed = given if isinstance(given, list) else [part.strip() for part in given.split("、") if part.strip()]
        return ["" if value == UNSAID else value for value in listed]

    def _pair(self, book: str) -> dict[str, Any]:
        pair: dict[str, Any] = {}
        for side, _words in SIDES:
            pair[side] = self._choice(f"{book}{side}")
            dimensions = self.cleaned_data[f"{book}{side}_dimensions"]
            if dimensions:
                pair[f"{side}_dimensions"] = dimensions
        return pair

    def _choice(self, side: str) -> Any:
        """A fixed account, or a table; an empty one is a fault at its field."""
        by = self.cleaned_data[f"{side}_by"]
        if not by:
            code = _code(self.cleaned_data[f"{side}_account"])
            if not code:
                self.add_error(f"{side}_account", _("请填写科目。"))
            return code
        attribute = self.event_form.attributes[by]
        if attribute.values:
            codes = {
                value: _code(self.cleaned_data[f"{side}_{by}_{place}"]) for place, value in enumerate(attribute.values)
            }
            table = {value: code for value, code in codes.items() if code}
        else:
            table = self._listed(side, by)
        if not table:
            self.add_error(f"{side}_by", _("请至少为一项填写科目。没有科目的项，业务无法记账。"))
        return {"by": by, "accounts": table}

    def _listed(self, side: str, by: str) -> dict[str, str]:
        table = {}
        name = f"{side}_{by}_list"
        for number, line in enumerate(self.cleaned_data[name].splitlines(), start=1):
            if not line.strip():
                continue
            value, separator, account = line.replace("＝", "=").partition("=")
            if not (separator and value.strip() and _code(account)):
                self.add_error(name, _("第 %(number)s 行应如「项目 = 1002」。") % {"number": number})
                continue
            table[value.strip()] = _code(account)
        return table

    def _check(self, row: dict[str, Any]) -> None:
        """What the books would refuse, at the field that says it."""
        code = self.event_form.code
        book, faults = read_rule_book({code: [row]})
        postings: tuple[Posting, ...] = book.get(code, ())
        found = [
            *faults,
            *(fault for each in postings for fault in faults_of_posting(each, self.event_form, self.chart)),
        ]
        said = set()
        for fault in found:
            field, words = self._field_of(fault), fault.message.split("：", 1)[-1]
            if (field, words) not in said:
                said.add((field, words))
                self.add_error(field, words)

    def _field_of(self, fault: Finding) -> str | None:
        """The field of a place in the rule book, as `ledger.cost-voucher/1/budget/debit/yes`."""
        parts = fault.subject.removeprefix(f"{self.event_form.code}/").split("/")[1:]
        if parts[:1] == ["budget"]:
            parts = [f"budget_{parts[1]}" if len(parts) > 1 else "budget", *parts[2:]]
        if parts[:1] == ["when"] and len(parts) > 1:
            parts = [f"when_{parts[1]}"]
        name = parts[0] if parts else ""
        if name in self.fields:
            return name
        if f"{name}_by" in self.fields:
            by = self.cleaned_data.get(f"{name}_by", "")
            attribute = self.event_form.attributes.get(by)
            if attribute is None:
                return f"{name}_account"
            if not attribute.values:
                return f"{name}_{by}_list"
            places = list(attribute.values)
            return f"{name}_{by}_{places.index(parts[1])}" if parts[1:] and parts[1] in places else f"{name}_by"
        return None


def _condition(attribute: Attribute) -> forms.Field:
    label = _("%(title)s为") % {"title": attribute.title}
    if attribute.values:
        return forms.MultipleChoiceField(
            label=label,
            choices=[*attribute.values.items(), (UNSAID, _("未注明"))],
            required=False,
            widget=forms.CheckboxSelectMultiple,
            help_text=_("不勾选表示不限。"),
        )
    return forms.CharField(
        label=label, max_length=LONGEST_LIST, required=False, help_text=_("多个值用「、」分开；不填表示不限。")
    )


def _account(label: Any) -> forms.Field:
    return forms.CharField(
        label=label,
        max_length=120,
        required=False,
        widget=forms.TextInput(attrs={"list": "accounts", "autocomplete": "off"}),
    )


def _code(text: str) -> str:
    """1002 of 「1002 银行存款」."""
    return text.strip().split(" ")[0]


def initial_of(row: Mapping[str, Any], form: EventForm, names: Mapping[str, str]) -> dict[str, Any]:
    """A posting of a draft as the form shows it; what is odd in it is left out, and shows as missing."""
    book, _faults = read_rule_book({form.code: [row]})
    posting = next(iter(book.get(form.code, ())), None)
    if posting is None:
        return {"title": row.get("title", "")}
    initial: dict[str, Any] = {"title": posting.title, "amounts": list(posting.amounts), "budget": bool(posting.budget)}
    for name, values in posting.conditions.items():
        attribute = form.attributes.get(name)
        said = sorted(value or UNSAID for value in values)
        initial[f"when_{name}"] = said if attribute and attribute.values else "、".join(said)
    for prefix, pair in (("", posting.pair), ("budget_", posting.budget)):
        if pair is None:
            continue
        for side, choice, dimensions in (
            (f"{prefix}debit", pair.debit, pair.debit_dimensions),
            (f"{prefix}credit", pair.credit, pair.credit_dimensions),
        ):
            initial[f"{side}_by"], initial[f"{side}_dimensions"] = choice.by, list(dimensions)
            initial[f"{side}_account"] = _named(choice.fixed, names)
            attribute = form.attributes.get(choice.by)
            if attribute and attribute.values:
                for place, value in enumerate(attribute.values):
                    initial[f"{side}_{choice.by}_{place}"] = _named(choice.table.get(value, ""), names)
            elif choice.by:
                lines = [f"{value} = {_named(code, names)}" for value, code in choice.table.items()]
                initial[f"{side}_{choice.by}_list"] = "\n".join(lines)
    return initial


def _named(code: str, names: Mapping[str, str]) -> str:
    return f"{code} {names.get(code, '')}".strip()


class RuleFileForm(forms.Form):
    """A rule book as a file, for who knows its form."""

    file = forms.FileField(
        label=_("凭证规则文件(.json)"),
        help_text=_("先下载现行规则，改好后上传；上传的内容成为您的草稿，核对无误后再提交审批。"),
        widget=forms.ClearableFileInput(attrs={"accept": ".json,application/json"}),
    )

    def clean_file(self) -> Any:
        """The rule book in it."""
        given = self.cleaned_data["file"]
        if given.size > MOST_BYTES:
            raise forms.ValidationError(_("文件过大，凭证规则不超过 %(most)s KB。") % {"most": MOST_BYTES // 1000})
        try:
            return json.loads(given.read().decode("utf-8-sig"))
        except (ValueError, RecursionError) as error:
            raise forms.ValidationError(
                _("文件不是正确的 JSON，请检查括号、引号和逗号，并用 UTF-8 编码保存。")
            ) from error


class SubmissionForm(forms.Form):
    """From which day the draft should hold, and why."""

    effective_from = forms.DateField(
        label=_("生效日期"),
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "min": EARLIEST.isoformat()}),
        help_text=_("自这一天起的业务按新规则记账；已结账的月份不变，未结账的月份会红字冲销后重新生成。"),
    )
    note = forms.CharField(
        label=_("变更依据"),
        max_length=LONGEST_NOTE,
        widget=forms.TextInput(),
        help_text=_("如会议纪要、文件号，审批人据此判断。"),
    )
