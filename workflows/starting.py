"""How programs start the subject types of this app itself."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from rest_framework import serializers

from ops_platform.identity import services as identity
from ops_platform.identity.models import ROLE_CHOICES, User
from ops_platform.kernel import Actor
from ops_platform.masterdata.coded import CodedSerializer, InstitutionField, department_code
from workflows.models import RequestKind
from workflows.selectors.matters import latest_of
from workflows.selectors.processes import access_process
from workflows.services.optimisation import ask_optimised
from workflows.services.requests import ask
from workflows.services.retirement import ask_retirement
from workflows.subjects import Beginning


class RequestFields(CodedSerializer):
    """A general request."""

    institution = InstitutionField()
    department = department_code()
    kind = serializers.ChoiceField(choices=RequestKind.choices, help_text="类别")
    title = serializers.CharField(min_length=2, max_length=120, help_text="事项名称")
    amount = serializers.DecimalField(max_digits=18, decimal_places=2, min_value=Decimal(0), help_text="金额(元)")
    reason = serializers.CharField(min_length=2, max_length=1000, help_text="理由")
    once = serializers.UUIDField(required=False, help_text="由调用方生成的编号：同一编号重复提交只算一次")


class RetirementFields(serializers.Serializer):
    """An institution's own flow to be retired."""

    flow = serializers.IntegerField(min_value=1, help_text="流程编号")
    reason = serializers.CharField(min_length=2, max_length=1000, help_text="理由")


class OptimisationFields(serializers.Serializer):
    """A process to be marked as optimised; its figures and maps stand in the register."""

    process = serializers.IntegerField(min_value=1, help_text="业务流程编号")
    comment = serializers.CharField(max_length=1000, required=False, allow_blank=True, default="", help_text="说明")


class RoleFields(CodedSerializer):
    """A role to be given to a user."""

    user = serializers.SlugRelatedField(
        slug_field="username",
        queryset=User.objects.filter(is_active=True),
        help_text="用户名",
        error_messages={"does_not_exist": "没有用户 {value}，或已停用。"},
    )
    role = serializers.ChoiceField(choices=ROLE_CHOICES, help_text="角色")
    institution = InstitutionField(required=False, allow_null=True, default=None)
    department = department_code()


def start_request(actor: Actor, given: Mapping[str, Any], files: Any = ()) -> int:
    """Write a request with its attachments and submit it."""
    sent = dict(given)
    institution = sent.pop("institution")
    return ask(actor, institution_id=institution.pk, files=files, **sent)[1].pk


def _retire(actor: Actor, given: Mapping[str, Any]) -> int:
    return ask_retirement(actor, flow_id=given["flow"], reason=given["reason"]).pk


def _optimise(actor: Actor, given: Mapping[str, Any]) -> int:
    process = access_process(actor=actor, process_id=given["process"])
    return ask_optimised(actor, process_id=process.pk, comment=given["comment"]).pk


def _give_role(actor: Actor, given: Mapping[str, Any]) -> int:
    institution = given["institution"]
    assignment = identity.propose_role(
        actor,
        user_id=given["user"].pk,
        role=given["role"],
        institution_id=institution.pk if institution else None,
        department_id=given["department_id"],
    )
    return latest_of("identity.role", [str(assignment.pk)])[str(assignment.pk)].pk


REQUEST = Beginning(RequestFields, start_request)
RETIREMENT = Beginning(RetirementFields, _retire)
OPTIMISATION = Beginning(OptimisationFields, _optimise)
ROLE = Beginning(RoleFields, _give_role)
