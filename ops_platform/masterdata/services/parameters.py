"""Values of parameters."""

from datetime import date
from decimal import Decimal

from django.db import transaction

from ops_platform.audit.public import record
from ops_platform.kernel import Actor, Conflict, Forbidden, Invalid, NotFound, Role
from ops_platform.masterdata.models import Parameter, Scope, SourceMark
from ops_platform.masterdata.services.periods import access_institution


@transaction.atomic
def set_parameter(
    actor: Actor,
    *,
    key: str,
    scope: str,
    institution_id: int | None,
    effective_from: date,
    value: Decimal,
    source_text: str,
) -> Parameter:
    """A new value of a parameter from a day on. Earlier values stay; one value a day.

    What a person sets is a local decision: its mark is never "official".
    """
    if not actor.has(Role.OPERATION_CENTRE, Role.FINANCE_DIRECTOR):
        raise Forbidden("masterdata.not_allowed", "只有运营管理中心或财务负责人可以修改参数。")
    if scope == Scope.INSTITUTION:
        if institution_id is None:
            raise Invalid("masterdata.parameter_scope", "机构级参数须指明机构。")
        access_institution(actor, institution_id, Role.OPERATION_CENTRE, Role.FINANCE_DIRECTOR)
    elif not actor.has(Role.OPERATION_CENTRE):
        raise Forbidden("masterdata.not_allowed", "医共体统一的参数只能由运营管理中心修改。")
    known = Parameter.objects.filter(key=key).order_by("effective_from").first()
    if known is None:
        raise NotFound("masterdata.no_parameter", f"没有参数 {key}。", key=key)
    where = {"key": key, "scope": scope, "institution_id": institution_id if scope == Scope.INSTITUTION else None}
    if Parameter.objects.filter(**where, effective_from=effective_from).exists():
        raise Conflict(
            "masterdata.parameter_same_day",
            f"该参数自 {effective_from} 起已有取值，请另选生效日期。",
            key=key,
        )
    parameter = Parameter.objects.create(
        **where,
        name=known.name,
        effective_from=effective_from,
        value=value,
        unit=known.unit,
        source_mark=SourceMark.DEFAULT,
        source_text=source_text,
        changed_by=actor.name,
    )
    record(
        actor,
        "masterdata.parameter_changed",
        subject_type="parameter",
        subject=key,
        detail={"scope": scope, "effective_from": effective_from.isoformat(), "value": format(value, "f")},
    )
    return parameter
