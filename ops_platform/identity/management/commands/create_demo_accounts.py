"""`manage.py create_demo_accounts --out FILE`: one account per role, two where an act needs two persons."""

import json
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from ops_platform.identity import services
from ops_platform.identity.models import User
from ops_platform.kernel import Actor, Role
from ops_platform.masterdata.models import Department, Institution, InstitutionKind

FIRST = Actor(name="demo-setup", system=True)
SECOND = Actor(name="demo-setup-second", system=True)
ALLIANCE = ""


@dataclass(frozen=True, slots=True)
class Account:
    """Who is made: where "" is the alliance, "lead", "township", "clinic" an institution of that kind."""

    username: str
    display_name: str
    role: Role
    where: str = "lead"


ACCOUNTS = (
    Account("leader", "周立群", Role.LEADERSHIP, ALLIANCE),
    Account("centre1", "林晓岚", Role.OPERATION_CENTRE, ALLIANCE),
    Account("centre2", "高远", Role.OPERATION_CENTRE, ALLIANCE),
    Account("director", "陈国栋", Role.INSTITUTION_HEAD),
    Account("finance-director", "王慧敏", Role.FINANCE_DIRECTOR),
    Account("finance", "李静", Role.FINANCE_OFFICER),
    Account("reviewer", "赵鹏", Role.ACCOUNTING_REVIEWER),
    Account("head", "孙志强", Role.DEPARTMENT_HEAD),
    Account("insurance", "吴倩", Role.INSURANCE_OFFICER),
    Account("cashier", "郑小燕", Role.CASHIER),
    Account("cashier-reviewer", "何丽", Role.CASHIER_REVIEWER),
    Account("township", "马建军", Role.INSTITUTION_HEAD, "township"),
    Account("clinic", "杨秀兰", Role.INSTITUTION_HEAD, "clinic"),
    Account("auditor", "徐正", Role.AUDITOR, ALLIANCE),
    Account("supervisor", "韩梅", Role.REGIONAL_SUPERVISOR, ALLIANCE),
    Account("admin1", "朱磊", Role.SYSTEM_ADMIN, ALLIANCE),
    Account("admin2", "许彬", Role.SYSTEM_ADMIN, ALLIANCE),
)
KINDS = {
    "lead": InstitutionKind.LEAD_HOSPITAL,
    "township": InstitutionKind.TOWNSHIP_HOSPITAL,
    "clinic": InstitutionKind.VILLAGE_CLINIC,
}
HEADED = "骨科"


class Command(BaseCommand):
    help = (
        "Creates the demo's accounts with a fresh password and writes them to a file; needs the alliance's departments."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--out", type=Path, required=True)

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        password = f"Demo-{secrets.token_hex(4)}"
        written = []
        for account in ACCOUNTS:
            institution = self._institution(account)
            department = self._department(institution) if account.role is Role.DEPARTMENT_HEAD else None
            user = User.objects.filter(username=account.username).first()
            if user is None:
                user = services.create_user(
                    FIRST, username=account.username, display_name=account.display_name, password=password
                )
                assignment = services.propose_role(
                    FIRST,
                    user_id=user.pk,
                    role=account.role,
                    institution_id=institution.pk if institution else None,
                    department_id=department.pk if department else None,
                )
                services.confirm_role(SECOND, assignment_id=assignment.pk)
            else:
                user.set_password(password)
                user.save(update_fields=["password"])
            written.append(
                {
                    "role": str(account.role),
                    "username": account.username,
                    "password": password,
                    "institution": institution.code if institution else "",
                    "name": account.display_name,
                    "department": department.name if department else "",
                }
            )
        options["out"].touch(mode=0o600)
        options["out"].write_text(json.dumps(written, ensure_ascii=False, indent=1), encoding="utf-8")
        self.stdout.write(f"{len(written)} accounts")

    def _institution(self, account: Account) -> Institution | None:
        if account.where == ALLIANCE:
            return None
        institution = Institution.objects.filter(kind=KINDS[account.where]).order_by("code").first()
        if institution is None:
            raise CommandError(f"no institution of kind {KINDS[account.where]}: run load_alliance first")
        return institution

    def _department(self, institution: Institution | None) -> Department:
        departments = Department.objects.filter(institution=institution).order_by("code")
        department = departments.filter(name=HEADED).first() or departments.filter(terms__cost_class="clinical").first()
        if department is None:
            raise CommandError("the lead hospital has no clinical department yet: post its departments first")
        return department
