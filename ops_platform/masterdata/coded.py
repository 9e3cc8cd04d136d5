"""Fields by which programs name institutions and departments: by their codes, as far as the caller may see them. The
serializer has the actor in its context."""

from typing import Any

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from ops_platform.masterdata.models import Department, Institution


class InstitutionField(serializers.SlugRelatedField):
    """An institution by its code. One that the caller may not see is as if it did not exist."""

    default_error_messages = {
        "does_not_exist": _("没有机构 {value}，或您无权办理。"),
        "invalid": _("机构代码应为文本。"),
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(slug_field="code", queryset=Institution.objects.all(), help_text="机构代码", **kwargs)

    def get_queryset(self) -> Any:
        return Institution.objects.visible_to(self.context["actor"])


class CodedSerializer(serializers.Serializer):
    """Fields that may name a `department` by its code beside their `institution`."""

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        code = attrs.pop("department", "")
        attrs["department_id"] = _department(attrs.get("institution"), code) if code else None
        return attrs


def _department(institution: Institution | None, code: str) -> int:
    found = (
        Department.objects.filter(institution=institution, code=code).order_by("-pk").first() if institution else None
    )
    if found is None:
        words = _now("所选机构没有科室 %s。") if institution else _now("指明科室 %s 时须同时指明机构。")
        raise serializers.ValidationError({"department": words % code})
    return found.pk


def department_code() -> serializers.CharField:
    """A department's code, which may be left out."""
    return serializers.CharField(
        max_length=40, required=False, allow_blank=True, default="", help_text="科室代码，可不填"
    )
