"""`manage.py create_administrators NAME1 NAME2`: the first two system administrators of a new platform.

A role is given by two persons, so the first pair comes from the command line of the server; each confirms the other's.
Passwords are asked for, or read from standard input, a line each.
"""

import getpass
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from ops_platform.identity import services
from ops_platform.identity.models import RoleAssignment
from ops_platform.kernel import Actor, DomainError, Role


class Command(BaseCommand):
    help = "Creates the first two system administrators; refused when there is one already."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("usernames", nargs=2)

    def handle(self, *args: Any, **options: Any) -> None:
        if RoleAssignment.objects.filter(role=Role.SYSTEM_ADMIN, state=RoleAssignment.State.ACTIVE).exists():
            raise CommandError("there is a system administrator already: give roles on the page")
        if len(set(options["usernames"])) != 2:
            raise CommandError("two different persons are needed")
        passwords = [self._password(username) for username in options["usernames"]]
        try:
            with transaction.atomic():
                for username, password in zip(options["usernames"], passwords, strict=True):
                    self._create(username, password)
        except DomainError as error:
            raise CommandError(error.message) from error
        self.stdout.write("two system administrators created")

    def _password(self, username: str) -> str:
        if sys.stdin.isatty():
            return getpass.getpass(f"password of {username}: ")
        return sys.stdin.readline().rstrip("\n")

    def _create(self, username: str, password: str) -> None:
        proposer = Actor(name="server-console", system=True)
        confirmer = Actor(name="server-console-second", system=True)
        user = services.create_user(proposer, username=username, display_name=username, password=password)
        assignment = services.propose_role(proposer, user_id=user.pk, role=Role.SYSTEM_ADMIN)
        services.confirm_role(confirmer, assignment_id=assignment.pk)
