"""Starting a reopening and a change of a parameter by the approval API."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from ops_platform.kernel import Actor
from ops_platform.masterdata.coded import InstitutionField
from ops_platform.masterdata.models import Scope
from ops_platform.masterdata.services import propose_parameter, request_reopening
from workflows.public import Beginning, courses_of


class ReopeningFields(serializers.Serializer):
    """A closed month to be reopened."""

    institution = InstitutionField()
    period = serializers.RegexField(r"^[0-9]{4}-(0[1-9]|1[0-2])$", help_text="已结账的月份，如 2026-03")
    reason = serializers.CharField(min_length=4, max_length=300, help_text="原因，至少 4 个字")


class ParameterFields(serializers.Serializer):
    """Another value of a parameter."""

    key = serializers.CharField(max_length=80, help_text="参数代码")
    scope = serializers.ChoiceField(choices=Scope.choices, help_text="适用范围")
    institution = InstitutionField(required=False, allow_null=True, default=None)
    effective_from = serializers.DateField(help_text="生效日期")
    value = serializers.DecimalField(max_digits=24, decimal_places=8, help_text="新的取值")
    source_text = serializers.CharField(min_length=2, max_length=300, help_text="依据")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["scope"] == Scope.INSTITUTION and attrs["institution"] is None:
            raise serializers.ValidationError({"institution": "只适用于一家机构时，请给出机构代码。"})
        return attrs


def _reopen(actor: Actor, given: Mapping[str, Any]) -> int:
    request = request_reopening(
        actor, institution_id=given["institution"].pk, period=given["period"], reason=given["reason"]
    )
    return courses_of("nightly.reopening", [str(request.pk)])[str(request.pk)].matter


def _propose(actor: Actor, given: Mapping[str, Any]) -> int:
    institution = given["institution"]
    proposal = propose_parameter(
        actor,
        key=given["key"],
        scope=given["scope"],
        institution_id=institution.pk if institution else None,
        effective_from=given["effective_from"],
        value=given["value"],
        source_text=given["source_text"],
    )
    return courses_of("masterdata.parameter", [str(proposal.pk)])[str(proposal.pk)].matter


REOPENING = Beginning(ReopeningFields, _reopen)
PARAMETER = Beginning(ParameterFields, _propose)
