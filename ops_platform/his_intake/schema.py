"""How the OpenAPI page describes datasets: made from the declarations, so that it cannot differ from the gate."""

from typing import Any

from drf_spectacular.utils import OpenApiResponse
from rest_framework import serializers

from ops_platform.his_intake.datasets.declaration import Dataset
from ops_platform.his_intake.datasets.fields import Choice, CodeList, Field


class ProblemSerializer(serializers.Serializer):
    """application/problem+json"""

    type = serializers.CharField()
    title = serializers.CharField(help_text="状态的含义")
    status = serializers.IntegerField()
    code = serializers.CharField(help_text="稳定的错误代码，见 docs/errors.md")
    detail = serializers.CharField(help_text="出了什么问题、下一步怎么做")


_MEANINGS = {
    400: "请求体无法读取",
    401: "没有密钥，或密钥已吊销",
    403: "密钥不能用于该机构或数据集",
    404: "没有该数据集、机构或批次",
    409: "批次号已用于另一内容",
    413: "内容过大",
    415: "不支持的内容类型",
    422: "不是一批数据(例如没有批次号、没有行)",
    429: "请求过于频繁，按 Retry-After 稍后重试",
}
ERRORS = {
    (status, "application/problem+json"): OpenApiResponse(ProblemSerializer, description=meaning)
    for status, meaning in _MEANINGS.items()
}


def _serializer_field(field: Field) -> serializers.Field:
    text = f"{field.title}。{field.form}"
    if isinstance(field, Choice):
        return serializers.ChoiceField(choices=list(field.choices), required=field.required, help_text=text)
    if isinstance(field, CodeList):
        return serializers.ListField(child=serializers.CharField(), required=field.required, help_text=text)
    return serializers.CharField(required=field.required, help_text=text)


def row_serializer(dataset: Dataset) -> type[serializers.Serializer]:
    """A serializer that only documents: the gate checks whole columns, not rows."""
    name = "".join(part.capitalize() for part in dataset.code.split("-"))
    members: dict[str, Any] = {field.name: _serializer_field(field) for field in dataset.fields}
    members["op"] = serializers.ChoiceField(choices=["put", "retract"], required=False, help_text="retract 撤回该主键")
    members["__doc__"] = dataset.hint
    return type(f"{name}Row", (serializers.Serializer,), members)


def example_of(dataset: Dataset) -> dict[str, Any]:
    """A batch of one row, from the examples of the declarations."""
    row = {
        field.name: field.example.split("|") if isinstance(field, CodeList) else field.example
        for field in dataset.fields
        if field.example
    }
    return {"institution": "H001", "batch_no": "20260305-1", "rows": [row]}
