"""How the OpenAPI page describes datasets: made from the declarations, so that it cannot differ from the gate."""

from typing import Any
from xml.sax.saxutils import escape

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


def xml_schema(row: type[serializers.Serializer]) -> dict[str, Any]:
    """The schema of an XML body: a `<batch>` of the rows that JSON has in `rows`."""
    rows = {"type": "array", "items": {"$ref": f"#/components/schemas/{row.__name__}"}}
    return {"type": "object", "xml": {"name": "batch"}, "properties": {"row": rows}, "required": ["row"]}


def xml_example_of(dataset: Dataset) -> str:
    """The same batch of one row as XML; institution and batch number stand in the address."""
    (row,) = example_of(dataset)["rows"]
    fields = "\n".join(f"    <{name}>{_xml_value(value)}</{name}>" for name, value in row.items())
    return f"<batch>\n  <row>\n{fields}\n  </row>\n</batch>"


def _xml_value(value: str | list[str]) -> str:
    return escape(value) if isinstance(value, str) else "".join(f"<code>{escape(code)}</code>" for code in value)
