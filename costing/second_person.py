"""The step by which a second person agrees to rules of costing that one person asked for."""

from ops_platform.kernel import Role
from workflows.public import Level, Step, role

SECOND = (
    Step(
        "second",
        "财务负责人或运营管理中心审批",
        (role(Role.FINANCE_DIRECTOR), role(Role.OPERATION_CENTRE, Level.ALLIANCE)),
        remind_hours=24,
        escalate_hours=72,
    ),
)
