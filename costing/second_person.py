"""The steps by which others agree to what one person of costing asked for."""

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


def finance_then_head(head: str) -> tuple[Step, ...]:
    """Finance looks at it, then the head of the institution decides (`head` is what the step is called); the operation
    centre in their place."""
    return (
        Step(
            "finance",
            "财务负责人审核",
            (role(Role.FINANCE_DIRECTOR), role(Role.OPERATION_CENTRE, Level.ALLIANCE)),
            remind_hours=24,
            escalate_hours=72,
        ),
        Step(
            "head",
            head,
            (role(Role.INSTITUTION_HEAD), role(Role.OPERATION_CENTRE, Level.ALLIANCE)),
            remind_hours=48,
            escalate_hours=120,
        ),
    )
