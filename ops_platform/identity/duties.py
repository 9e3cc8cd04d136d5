"""Incompatible duties (不相容职务, domain.md 3.3)."""

from collections.abc import Collection

from django.db.models import Q

from ops_platform.identity.models import DutyPair, RoleAssignment, User
from ops_platform.masterdata.models import SourceMark

APPROVAL_AND_EXECUTION = "审批与执行须由不同的人办理"
DECIDING = (
    "accounting_reviewer",
    "cashier",
    "cashier_reviewer",
    "department_head",
    "institution_head",
    "insurance_officer",
    "leadership",
    "operation_centre",
)
PAIRS = (
    ("cashier", "cashier_reviewer", "收费与复核须由不同的人办理", SourceMark.SEED),
    ("accounting_reviewer", "finance_officer", "制单与审核须由不同的人办理", SourceMark.SEED),
    ("accounting_reviewer", "cashier", "收费与会计审核须由不同的人办理", SourceMark.SEED),
    ("cashier_reviewer", "finance_officer", "复核与制单须由不同的人办理", SourceMark.SEED),
    ("cashier", "insurance_officer", "应收医保款保管与收款须由不同的人办理", SourceMark.DEFAULT),
    ("finance_director", "system_admin", "业务审批与系统管理须由不同的人担任", SourceMark.DEFAULT),
    ("finance_officer", "system_admin", "业务经办与系统管理须由不同的人担任", SourceMark.DEFAULT),
    ("auditor", "finance_officer", "审计与被审计业务须由不同的人担任", SourceMark.DEFAULT),
    ("auditor", "system_admin", "审计与系统管理须由不同的人担任", SourceMark.DEFAULT),
    ("cashier", "institution_head", APPROVAL_AND_EXECUTION, SourceMark.SEED),
    ("cashier", "finance_director", APPROVAL_AND_EXECUTION, SourceMark.SEED),
    ("cashier", "operation_centre", APPROVAL_AND_EXECUTION, SourceMark.SEED),
    ("cashier", "leadership", APPROVAL_AND_EXECUTION, SourceMark.SEED),
    ("cashier", "department_head", "业务与财务须由不同的人办理", SourceMark.SEED),
    ("finance_director", "finance_officer", APPROVAL_AND_EXECUTION, SourceMark.SEED),
    ("finance_officer", "institution_head", APPROVAL_AND_EXECUTION, SourceMark.SEED),
    ("finance_officer", "operation_centre", APPROVAL_AND_EXECUTION, SourceMark.SEED),
    ("finance_officer", "leadership", APPROVAL_AND_EXECUTION, SourceMark.SEED),
    ("department_head", "finance_officer", "业务与财务须由不同的人办理", SourceMark.SEED),
    ("department_head", "finance_director", "业务与财务须由不同的人办理", SourceMark.SEED),
    *(
        ("auditor", role, "审计与被审计业务须由不同的人担任", SourceMark.DEFAULT)
        for role in (*DECIDING, "finance_director")
    ),
    *(("system_admin", role, "业务审批与系统管理须由不同的人担任", SourceMark.DEFAULT) for role in DECIDING),
)


def load_pairs() -> int:
    """Write the pairs that are missing; returns how many."""
    added = 0
    for first, second, reason, mark in PAIRS:
        low, high = sorted((first, second))
        _, created = DutyPair.objects.get_or_create(
            first=low, second=high, defaults={"reason": reason, "source_mark": mark}
        )
        added += created
    return added


def conflicting_pair(user: User, role: str, institution_id: int | None) -> DutyPair | None:
    """The pair that giving this role would violate, seen together with the roles held or proposed where both hold."""
    return pair_between(role, roles_held_or_proposed(user, institution_id))


def roles_held_or_proposed(user: User, institution_id: int | None = None) -> set[str]:
    """Roles that the user holds, or that are proposed for them; with an institution only those that hold there."""
    held = RoleAssignment.objects.filter(
        user=user, state__in=[RoleAssignment.State.PROPOSED, RoleAssignment.State.ACTIVE]
    )
    if institution_id is not None:
        held = held.filter(Q(institution_id=institution_id) | Q(institution__isnull=True))
    return set(held.values_list("role", flat=True))


def pair_between(role: str, others: Collection[str]) -> DutyPair | None:
    """The first pair that the role makes with one of the others."""
    rest = set(others) - {role}
    pairs = DutyPair.objects.filter(Q(first=role, second__in=rest) | Q(second=role, first__in=rest))
    return pairs.order_by("first", "second").first()
