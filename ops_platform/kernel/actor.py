"""Who acts, and where they may: role × institution × department (DESIGN.md section 8)."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """The roles of the platform. domain.md's alliance_leader = leadership, ops_center = operation_centre,
    member_head = institution_head, member_finance = finance_officer."""

    FINANCE_OFFICER = "finance_officer"
    ACCOUNTING_REVIEWER = "accounting_reviewer"
    FINANCE_DIRECTOR = "finance_director"
    DEPARTMENT_HEAD = "department_head"
    INSTITUTION_HEAD = "institution_head"
    OPERATION_CENTRE = "operation_centre"
    LEADERSHIP = "leadership"
    INSURANCE_OFFICER = "insurance_officer"
    CASHIER = "cashier"
    CASHIER_REVIEWER = "cashier_reviewer"
    AUDITOR = "auditor"
    REGIONAL_SUPERVISOR = "regional_supervisor"
    HIS_CLIENT = "his_client"
    SYSTEM_ADMIN = "system_admin"


@dataclass(frozen=True, slots=True)
class Grant:
    """One role, where it holds: `institution` None is the whole alliance, `department` None the whole institution."""

    role: Role
    institution: int | None = None
    department: int | None = None


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody or something that acts. `user` is None for the platform itself (nightly run, sweeper)."""

    name: str
    user: int | None = None
    grants: tuple[Grant, ...] = ()
    api_key: int | None = None
    address: str = ""
    system: bool = False

    def has(self, *roles: Role) -> bool:
        """Holds one of the roles anywhere."""
        return self.system or any(grant.role in roles for grant in self.grants)

    def may(self, institution: int, *roles: Role, department: int | None = None) -> bool:
        """Holds one of the roles for this institution (and department, where the role is bound to one)."""
        return self.system or any(
            grant.role in roles
            and grant.institution in (None, institution)
            and (grant.department is None or grant.department == department)
            for grant in self.grants
        )

    def institutions(self, *roles: Role) -> frozenset[int] | None:
        """Institutions in which one of the roles holds; None means all. Without roles: any role."""
        if self.system:
            return None
        held = [grant for grant in self.grants if not roles or grant.role in roles]
        if any(grant.institution is None for grant in held):
            return None
        return frozenset(grant.institution for grant in held if grant.institution is not None)

    def departments(self, institution: int, *roles: Role) -> frozenset[int] | None:
        """Departments of the institution the roles reach; None means all of them."""
        if self.system:
            return None
        held = [
            grant
            for grant in self.grants
            if (not roles or grant.role in roles) and grant.institution in (None, institution)
        ]
        if any(grant.department is None for grant in held):
            return None
        return frozenset(grant.department for grant in held if grant.department is not None)


PLATFORM = Actor(name="platform", system=True)
