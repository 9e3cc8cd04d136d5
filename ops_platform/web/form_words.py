"""What a form says of a wrong entry, in the house's words: what is wrong, with the values, and what to do next.

Django's own Chinese is odd in places; here stands every standard message of the form fields and validators, once. A field
with something better to say passes `error_messages` as usual.
"""

from typing import Any

from django import forms
from django.core import validators
from django.forms.formsets import BaseFormSet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Words = str | Promise

CHOOSE = _("请选择一项。")
NUMBER = _("请填写数字，如 1200.50。")
ELSEWHERE = _("「%(value)s」不在可选范围内，请重新选择。")
SEVERAL = _("请从所列的选项中选择。")

FIELDS: dict[type[Any], dict[str, Words]] = {
    forms.Field: {"required": _("请填写这一项。")},
    forms.IntegerField: {"invalid": _("请填写整数，如 12。")},
    forms.FloatField: {"invalid": NUMBER},
    forms.DecimalField: {"invalid": NUMBER},
    forms.DateField: {"invalid": _("日期应如 2026-03-31，且确有这一天。")},
    forms.TimeField: {"invalid": _("时间应如 08:30。")},
    forms.DateTimeField: {"invalid": _("日期和时间应如 2026-03-31 08:30。")},
    forms.SplitDateTimeField: {
        "invalid_date": _("日期应如 2026-03-31，且确有这一天。"),
        "invalid_time": _("时间应如 08:30。"),
    },
    forms.DurationField: {
        "invalid": _("时长应如 1 02:30:00(1 天 2 小时 30 分)。"),
        "overflow": _("天数应在 {min_days} 和 {max_days} 之间。"),
    },
    forms.BooleanField: {"required": _("请勾选后再提交。")},
    forms.FileField: {
        "required": _("请选择文件。"),
        "invalid": _("没有收到文件，请重新选择后提交。"),
        "missing": _("没有收到文件，请重新选择后提交。"),
        "empty": _("文件是空的，请检查后重新选择。"),
        "max_length": _("文件名最多 %(max)d 个字，现在是 %(length)d 个，请改短后再上传。"),
        "contradiction": _("选择新文件和勾选清除只能用一样。"),
    },
    forms.ImageField: {"invalid_image": _("这个文件不是图片，或已损坏。请换一张图片。")},
    forms.URLField: {"invalid": _("网址应如 https://his.hospital.cn/。")},
    forms.ChoiceField: {"required": CHOOSE, "invalid_choice": ELSEWHERE},
    forms.TypedChoiceField: {"invalid_choice": ELSEWHERE},
    forms.MultipleChoiceField: {
        "required": _("请至少选择一项。"),
        "invalid_choice": ELSEWHERE,
        "invalid_list": SEVERAL,
    },
    forms.TypedMultipleChoiceField: {"invalid_choice": ELSEWHERE},
    forms.ModelChoiceField: {"required": CHOOSE, "invalid_choice": _("所选的一项不在可选范围内，请重新选择。")},
    forms.ModelMultipleChoiceField: {
        "required": _("请至少选择一项。"),
        "invalid_choice": ELSEWHERE,
        "invalid_list": SEVERAL,
        "invalid_pk_value": _("「%(pk)s」不在可选范围内，请重新选择。"),
    },
    forms.MultiValueField: {"invalid": SEVERAL, "incomplete": _("请把这一项的各部分都填写完整。")},
    forms.UUIDField: {"invalid": _("编号的格式不正确，请刷新页面后重新填写。")},
    forms.JSONField: {"invalid": _("内容不是正确的 JSON，请检查括号、引号和逗号。")},
    BaseFormSet: {"missing_management_form": _("页面内容不完整(缺 %(field_names)s)，请刷新后重新填写。")},
}

VALIDATORS: dict[type[Any], Words] = {
    validators.RegexValidator: _("格式不正确，请检查后重新填写。"),
    validators.DomainNameValidator: _("域名应如 his.hospital.cn。"),
    validators.URLValidator: _("网址应如 https://his.hospital.cn/。"),
    validators.EmailValidator: _("邮箱地址应如 li@hospital.cn。"),
    validators.BaseValidator: _("应为 %(limit_value)s，现在是 %(show_value)s。"),
    validators.MaxValueValidator: _("不能大于 %(limit_value)s。"),
    validators.MinValueValidator: _("不能小于 %(limit_value)s。"),
    validators.MinLengthValidator: _("至少 %(limit_value)d 个字，现在是 %(show_value)d 个。"),
    validators.MaxLengthValidator: _("最多 %(limit_value)d 个字，现在是 %(show_value)d 个。"),
    validators.FileExtensionValidator: _("不能上传 %(extension)s 文件，可以上传：%(allowed_extensions)s。"),
    validators.ProhibitNullCharactersValidator: _("内容里有看不见的空字符，请删除后重新填写。"),
}
DECIMAL: dict[str, Any] = {
    "invalid": NUMBER,
    "max_digits": _("最多 %(max)s 位数字，请检查是否多写了几位。"),
    "max_decimal_places": _("小数最多 %(max)s 位。"),
    "max_whole_digits": _("小数点前最多 %(max)s 位，请检查是否多写了几位。"),
}
PATTERNS: tuple[tuple[Any, Words], ...] = (
    (validators.validate_slug, _("只能用字母、数字、下划线和连字符。")),
    (validators.validate_unicode_slug, _("只能用字母、汉字、数字、下划线和连字符。")),
    (validators.validate_integer, _("请填写整数，如 12。")),
    (validators.validate_comma_separated_integer_list, _("请填写整数，用逗号分开，如 1,2,3。")),
)


def install() -> None:
    """Put the house's words in place of Django's, before any form is defined: fields copy their messages when made."""
    for field, words in FIELDS.items():
        own = vars(field).get("default_error_messages", {})
        field.default_error_messages = {**own, **words}
    for validator, message in VALIDATORS.items():
        validator.message = message
    validators.StepValueValidator.message = _("应是 %(limit_value)s 的整数倍。")
    validators.DecimalValidator.messages = {**DECIMAL}
    for pattern, message in PATTERNS:
        pattern.message = message
