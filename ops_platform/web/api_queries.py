"""What the address of an API request may ask for. What is not known is refused: who misspells a filter would take everything
for what was asked."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request

from ops_platform.kernel import Invalid, Period

EVERYWHERE = ("format", "page", "page_size")


def refuse_unknown(request: Request, known: Iterable[str]) -> None:
    """Raises Invalid for a parameter that is none of the known ones."""
    names = sorted(known)
    unknown = sorted(set(request.query_params) - {*names, *EVERYWHERE})
    if unknown:
        listed = "、".join(names) or _("没有")
        raise Invalid("web.unknown_parameter", _("没有参数 %s。可用的参数：%s。") % ("、".join(unknown), listed))


class MonthField(serializers.CharField):
    """A month as in 2026-03."""

    def to_internal_value(self, data: Any) -> Any:
        try:
            return str(Period.parse(super().to_internal_value(data)))
        except ValueError as error:
            raise serializers.ValidationError(_("应为期间，如 2026-03。")) from error


class Query(serializers.Serializer):
    """The parameters of an address."""

    @classmethod
    def of(cls, request: Request) -> dict[str, Any]:
        """What is asked for. Raises Invalid for a parameter that is not known, ValidationError for a value that is none."""
        query = cls(data=request.query_params)
        refuse_unknown(request, query.fields)
        query.is_valid(raise_exception=True)
        found: dict[str, Any] = query.validated_data
        return found


class MonthQuery(Query):
    """One institution and one month."""

    institution = serializers.CharField(help_text="机构代码")
    period = MonthField(help_text="期间，如 2026-03")
