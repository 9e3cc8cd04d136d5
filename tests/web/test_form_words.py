"""Every form of the project speaks the house's Chinese: none of its messages is Django's or django-filter's own."""

import gettext
import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import django
import django_filters
import pytest
from django import forms
from django.core import validators
from django.core.exceptions import ValidationError
from django.utils.functional import Promise

import costing
import insurance_settlement
import ops_platform
import workflows
from ops_platform.web import form_words

APPS = (ops_platform, workflows, costing, insurance_settlement)
CATALOGUES = (
    (Path(django.__file__).parent / "conf/locale", "zh_Hans"),
    (Path(django.__file__).parent / "contrib/auth/locale", "zh_Hans"),
    (Path(django_filters.__file__).parent / "locale", "zh_CN"),
)
ODD: tuple[Any, ...] = (
    "",
    "\0",
    "\0" * 3,
    "x",
    "²",
    "x" * 9000,
    "-1e400",
    "9" * 60,
    "NaN",
    "1.123456789",
    "2026-02-30",
)


def foreign() -> set[str]:
    """All that Django and django-filter say in their own Chinese."""
    found: set[str] = set()
    for place, language in CATALOGUES:
        texts = gettext.translation("django", str(place), [language])._catalog.values()  # type: ignore[attr-defined]
        found |= {text for text in texts if isinstance(text, str) and text}
    return found


FOREIGN = foreign()
assert "不允许是用空字符串。" in FOREIGN


def forms_and_filters() -> list[type[Any]]:
    """Every form and filter set that the project defines."""
    found: dict[str, type[Any]] = {}
    for app in APPS:
        for module in pkgutil.walk_packages(app.__path__, f"{app.__name__}."):
            if ".migrations." in module.name or ".settings" in module.name or ".management" in module.name:
                continue
            for each in vars(importlib.import_module(module.name)).values():
                if inspect.isclass(each) and each.__module__.startswith(tuple(one.__name__ for one in APPS)):
                    found[f"{each.__module__}.{each.__qualname__}"] = each
    kinds = (forms.BaseForm, django_filters.FilterSet)
    return [found[name] for name in sorted(found) if issubclass(found[name], kinds)]


def fields() -> Iterator[tuple[str, forms.Field]]:
    """Every field of them, by its name."""
    for each in forms_and_filters():
        if issubclass(each, forms.BaseForm):
            named = getattr(each, "base_fields", {})
        else:
            named = {name: one.field for name, one in each.base_filters.items()}
        for name, field in named.items():
            yield f"{each.__qualname__}.{name}", field


def text_of(message: Any) -> str:
    """A message without its values; of one with forms by number, the form for many."""
    if isinstance(message, Promise) and not isinstance(message, str):
        try:
            return str(message % {"limit_value": 9, "show_value": 9, "max": 9, "length": 9})
        except (KeyError, TypeError, ValueError):
            return str(message)
    return str(message)


def test_no_message_is_foreign() -> None:
    seen, found = 0, []
    for name, field in fields():
        messages = dict(field.error_messages)
        for validator in field.validators:
            own = getattr(validator, "messages", None) or {"": getattr(validator, "message", "")}
            messages |= {f"{type(validator).__name__}.{code}": words for code, words in own.items()}
        seen += 1
        found += [f"{name} {code}: {words}" for code, words in messages.items() if str(words) in FOREIGN]
    assert seen > 150
    assert found == []


def raised(field: forms.Field, value: Any) -> list[ValidationError]:
    """What the field says of the value; a choice of rows is never asked with a database."""
    if isinstance(field, forms.FileField | forms.ModelChoiceField):
        return []
    try:
        field.clean([value] if isinstance(field, forms.MultipleChoiceField) else value)
    except ValidationError as refusal:
        return list(refusal.error_list)
    return []


def test_what_a_wrong_entry_hears_is_the_houses() -> None:
    heard = 0
    for name, field in fields():
        for value in ODD:
            for error in raised(field, value):
                heard += 1
                words = text_of(error.message)
                assert words not in FOREIGN, f"{name} says of {value!r}: {words}"
                assert "空字符串" not in words
    assert heard > 300


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        (forms.CharField(), "a\0b", "内容里有看不见的空字符，请删除后重新填写。"),
        (forms.CharField(), "", "请填写这一项。"),
        (forms.CharField(min_length=2), "a", "至少 2 个字，现在是 1 个。"),
        (forms.CharField(max_length=2), "abc", "最多 2 个字，现在是 3 个。"),
        (forms.IntegerField(max_value=5), "6", "不能大于 5。"),
        (forms.DecimalField(min_value=0), "-1", "不能小于 0。"),
        (forms.DecimalField(max_digits=4, decimal_places=2), "123", "小数点前最多 2 位，请检查是否多写了几位。"),
        (forms.DecimalField(decimal_places=2), "1.234", "小数最多 2 位。"),
        (forms.DateField(), "2026-02-30", "日期应如 2026-03-31，且确有这一天。"),
        (forms.ChoiceField(choices=[("a", "A")]), "b", "「b」不在可选范围内，请重新选择。"),
        (forms.EmailField(), "x", "邮箱地址应如 li@hospital.cn。"),
        (forms.UUIDField(), "x", "编号的格式不正确，请刷新页面后重新填写。"),
    ],
)
def test_the_words_name_the_values(field: forms.Field, value: str, words: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        field.clean(value)
    assert refusal.value.messages == [words]


def test_every_standard_message_has_its_words() -> None:
    """A new Django may bring new fields, messages and validators; they are to be put into words, too."""
    plain = [each for each in vars(forms.fields).values() if inspect.isclass(each) and issubclass(each, forms.Field)]
    missing = [
        f"{each.__name__}.{code}"
        for each in [*plain, forms.ModelChoiceField, forms.ModelMultipleChoiceField]
        for code, words in vars(each).get("default_error_messages", {}).items()
        if str(words) in FOREIGN
    ]
    assert missing == []
    kinds = [each for each in vars(validators).values() if inspect.isclass(each) and "message" in vars(each)]
    assert [each.__name__ for each in kinds if str(each.message) in FOREIGN] == []
    assert set(validators.DecimalValidator.messages) == set(form_words.DECIMAL)
