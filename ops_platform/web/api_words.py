"""What the API says of a wrong value, in the house's words: what is wrong, with the values, and what to send instead.

The framework's own Chinese is odd in places, and English where its catalogue has a gap; here stands every standard message
of the serializer fields, once. A field with something better to say passes `error_messages` as usual.
"""

import json
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from rest_framework import fields, relations, serializers

Words = str | Promise

NUMBER = _("应为数值，如 1200.50。")
LONG = _("数值过长，请检查是否多写了几位。")
LIST = _('应为列表(JSON 数组)，如 ["A", "B"]。')
OBJECT = _("应为 JSON 对象，即成对的字段名和值。")
NONE = _("列表不能为空，请至少填写一项。")
MOST, LEAST = _("不能大于 {max_value}。"), _("不能小于 {min_value}。")
MOST_ITEMS, LEAST_ITEMS = _("最多 {max_length} 项，请减少后重新发送。"), _("至少 {min_length} 项，请补上。")
ELSEWHERE = _("「{input}」不在可选范围内，可选的值见接口文档。")
ADDRESS = _("网址应如 https://his.hospital.cn/。")
BOUNDS: dict[str, Words] = {"max_value": MOST, "min_value": LEAST}

FIELDS: dict[type[Any], dict[str, Words]] = {
    fields.Field: {"required": _("缺少这个字段，请补上。"), "null": _("不能为空值(null)，请填写。")},
    fields.BooleanField: {"invalid": _("应为 true 或 false。")},
    fields.CharField: {
        "invalid": _("应为文本(加引号)。"),
        "blank": _("不能为空，请填写。"),
        "max_length": _("最多 {max_length} 个字。"),
        "min_length": _("至少 {min_length} 个字。"),
    },
    fields.EmailField: {"invalid": _("邮箱地址应如 li@hospital.cn。")},
    fields.RegexField: {"invalid": _("格式不正确，请按接口文档填写。")},
    fields.SlugField: {
        "invalid": _("只能用字母、数字、下划线和连字符。"),
        "invalid_unicode": _("只能用字母、汉字、数字、下划线和连字符。"),
    },
    fields.URLField: {"invalid": ADDRESS},
    fields.UUIDField: {"invalid": _("「{value}」不是 UUID，请核对。")},
    fields.IPAddressField: {"invalid": _("应为 IPv4 或 IPv6 地址。")},
    fields.IntegerField: {"invalid": _("应为整数，如 12。"), "max_string_length": LONG, **BOUNDS},
    fields.BigIntegerField: {"invalid": _("应为整数，如 12。"), "max_string_length": LONG, **BOUNDS},
    fields.FloatField: {"invalid": NUMBER, "max_string_length": LONG, "overflow": LONG, **BOUNDS},
    fields.DecimalField: {
        "invalid": NUMBER,
        "max_digits": _("最多 {max_digits} 位数字，请检查是否多写了几位。"),
        "max_decimal_places": _("小数最多 {max_decimal_places} 位。"),
        "max_whole_digits": _("小数点前最多 {max_whole_digits} 位，请检查是否多写了几位。"),
        "max_string_length": LONG,
        **BOUNDS,
    },
    fields.DateTimeField: {
        "invalid": _("时间应如 2026-03-31T08:30:00+08:00，且确有这一天。"),
        "date": _("应为日期和时间，如 2026-03-31T08:30:00+08:00，现在只有日期。"),
        "make_aware": _("这个时间在时区 {timezone} 中不存在，请核对。"),
        "overflow": _("时间超出范围，请核对。"),
    },
    fields.DateField: {
        "invalid": _("日期应如 2026-03-31，且确有这一天。"),
        "datetime": _("应为日期，如 2026-03-31，现在还有时间。"),
    },
    fields.TimeField: {"invalid": _("时间应如 08:30。")},
    fields.DurationField: {
        "invalid": _("时长应如 1 02:30:00(1 天 2 小时 30 分)。"),
        "overflow": _("天数应在 {min_days} 和 {max_days} 之间。"),
        **BOUNDS,
    },
    fields.ChoiceField: {"invalid_choice": ELSEWHERE},
    fields.MultipleChoiceField: {"invalid_choice": ELSEWHERE, "not_a_list": LIST, "empty": NONE},
    fields.FilePathField: {"invalid_choice": ELSEWHERE},
    fields.FileField: {
        "required": _("没有收到文件，请附上。"),
        "invalid": _("没有收到文件，请以 multipart/form-data 发送。"),
        "no_name": _("文件没有名称，请带上文件名发送。"),
        "empty": _("文件是空的，请检查后重新发送。"),
        "max_length": _("文件名最多 {max_length} 个字，现在是 {length} 个。"),
    },
    fields.ImageField: {"invalid_image": _("这个文件不是图片，或已损坏。请换一张图片。")},
    fields.ListField: {"not_a_list": LIST, "empty": NONE, "max_length": MOST_ITEMS, "min_length": LEAST_ITEMS},
    fields.DictField: {"not_a_dict": OBJECT, "empty": _("对象不能为空，请至少填写一个字段。")},
    fields.JSONField: {"invalid": _("内容不是正确的 JSON，请检查括号、引号和逗号。")},
    fields.ModelField: {"max_length": _("最多 {max_length} 个字。")},
    relations.PrimaryKeyRelatedField: {
        "required": _("缺少这个字段，请补上。"),
        "does_not_exist": _("没有编号为「{pk_value}」的对象，请核对。"),
        "incorrect_type": _("应为编号(整数)。"),
    },
    relations.HyperlinkedRelatedField: {
        "required": _("缺少这个字段，请补上。"),
        "no_match": ADDRESS,
        "incorrect_match": ADDRESS,
        "does_not_exist": _("没有这个网址所指的对象，请核对。"),
        "incorrect_type": ADDRESS,
    },
    relations.SlugRelatedField: {
        "does_not_exist": _("没有代码为「{value}」的对象，请核对。"),
        "invalid": _("应为代码(文本)。"),
    },
    relations.ManyRelatedField: {"not_a_list": LIST, "empty": NONE},
    serializers.Serializer: {"invalid": OBJECT},
    serializers.ListSerializer: {
        "not_a_list": _("应为列表(JSON 数组)，每项是一个对象。"),
        "empty": NONE,
        "max_length": MOST_ITEMS,
        "min_length": LEAST_ITEMS,
    },
}


def install() -> None:
    """Put the house's words in place of the framework's: fields gather their messages when they are made."""
    for field, words in FIELDS.items():
        own = vars(field).get("default_error_messages", {})
        field.default_error_messages = {**own, **words}


def why_no_json(error: BaseException | None) -> str:
    """What is wrong with a body that was to be JSON: where, and what to look at."""
    match error:
        case json.JSONDecodeError():
            where = {"line": error.lineno, "column": error.colno}
            return (
                _now(
                    "请求内容不是有效的 JSON：第 %(line)d 行第 %(column)d 列起无法识别。请检查引号、逗号和括号后重新发送。"
                )
                % where
            )
        case UnicodeDecodeError():
            return _now("请求内容不是 UTF-8 编码(第 %d 字节起)。请以 UTF-8 编码后重新发送。") % (error.start + 1)
        case _:
            return _now("请求内容不是有效的 JSON：含有 NaN、Infinity 或位数过多的数值。请改正后重新发送。")
