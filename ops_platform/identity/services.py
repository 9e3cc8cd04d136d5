"""Writes of the identity app: users and their mail, roles by two persons, API keys."""

import hashlib
import secrets
from collections.abc import Sequence
from typing import Any

from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone

from ops_platform.audit.public import record
from ops_platform.identity import handlers
from ops_platform.identity.duties import conflicting_pair
from ops_platform.identity.models import ROLE_TITLES, ApiKey, MailChoice, RoleAssignment, User
from ops_platform.kernel import Actor, Conflict, Forbidden, Invalid, NotFound, Role
from ops_platform.masterdata.models import Department, Institution

KEY_BYTES = 32
KEY_MARK = "ops_"  # lets secret scanners recognise a leaked key
PREFIX_LENGTH = 12


def _must_administer(actor: Actor) -> None:
    if not actor.has(Role.SYSTEM_ADMIN):
        raise Forbidden("identity.not_allowed", "只有系统管理员可以管理用户、角色和接口密钥。")


@transaction.atomic
def create_user(actor: Actor, *, username: str, display_name: str, password: str) -> User:
    """A person who may sign in, without any role yet."""
    _must_administer(actor)
    if User.objects.filter(username=username).exists():
        raise Conflict("identity.username_taken", f"用户名 {username} 已被使用，请换一个。", username=username)
    try:
        password_validation.validate_password(password, User(username=username, display_name=display_name))
    except ValidationError as error:
        raise Invalid("identity.weak_password", " ".join(error.messages)) from error
    user = User.objects.create_user(username, password, display_name=display_name)
    record(actor, "identity.user_created", subject_type="user", subject=username)
    return user


@transaction.atomic
def deactivate_user(actor: Actor, *, user_id: int) -> User:
    """The user can no longer sign in; running sessions end with their next request. A repeat changes nothing."""
    _must_administer(actor)
    user = User.objects.select_for_update().filter(pk=user_id).first()
    if user is None:
        raise NotFound("identity.no_user", "没有这个用户。")
    if user.pk == actor.user:
        raise Forbidden("identity.second_person", "不能停用自己，请由另一位系统管理员操作。")
    if user.is_active:
        user.is_active = False
        user.save(update_fields=["is_active"])
        record(actor, "identity.user_deactivated", subject_type="user", subject=user.username)
        handlers.rights_lessened(user.pk)
    return user


@transaction.atomic
def set_mail(actor: Actor, *, email: str, choice: str, password: str) -> User:
    """A person's own mail address and which messages go there; the password is asked for, since mails open doors.

    The audit event says what was done and not the address.
    """
    user = User.objects.select_for_update().get(pk=actor.user or 0)
    if not user.check_password(password):
        raise Invalid("identity.wrong_password", "密码不正确。请输入您现在的登录密码。", field="password")
    address = email.strip()
    if address:
        try:
            validate_email(address)
        except ValidationError as error:
            raise Invalid(
                "identity.bad_email", "邮箱地址的格式不正确。请检查，例如 li@hospital.cn。", field="email"
            ) from error
    if choice not in MailChoice.values:
        raise Invalid("identity.unknown_mail_choice", "没有这个选项。请从列表中选择。", field="choice")
    if (user.email, user.mail_choice) != (address, choice):
        detail = {"address": _change(user.email, address), "messages": choice}
        user.email, user.mail_choice = address, choice
        user.save(update_fields=["email", "mail_choice"])
        record(actor, "identity.mail_changed", subject_type="user", subject=user.username, detail=detail)
    return user


def _change(before: str, after: str) -> str:
    if before == after:
        return "unchanged"
    return ("changed" if before else "added") if after else "removed"


@transaction.atomic
def propose_role(
    actor: Actor,
    *,
    user_id: int,
    role: str,
    institution_id: int | None = None,
    department_id: int | None = None,
) -> RoleAssignment:
    """Propose to give a role; it takes effect when a second administrator confirms it.

    Refused when the user already holds an incompatible role (domain.md 3.3) or this one.
    """
    _must_administer(actor)
    user = User.objects.select_for_update().filter(pk=user_id, is_active=True).first()
    if user is None:
        raise NotFound("identity.no_user", "没有这个用户，或用户已停用。")
    if role not in {r.value for r in Role if r is not Role.HIS_CLIENT}:
        raise Invalid("identity.unknown_role", f"没有角色 {role}。")
    if institution_id is not None and not Institution.objects.filter(pk=institution_id).exists():
        raise NotFound("masterdata.no_institution", "没有这个机构。")
    if department_id is not None and not _belongs(department_id, institution_id):
        raise Invalid("identity.department_elsewhere", "所选科室不属于所选机构。")
    if (role == Role.DEPARTMENT_HEAD) != (department_id is not None):
        raise Invalid("identity.department_needed", "科室主任须指明科室，其他角色不限定科室。")
    _refuse_incompatible(user, role, institution_id)
    where: dict[str, Any] = {"institution_id": institution_id, "department_id": department_id}
    if RoleAssignment.objects.filter(
        **where, user=user, role=role, state__in=[RoleAssignment.State.PROPOSED, RoleAssignment.State.ACTIVE]
    ).exists():
        raise Conflict("identity.role_held", "该用户已有这个角色，或已有待确认的申请。")
    assignment = RoleAssignment.objects.create(
        user=user,
        role=role,
        institution_id=institution_id,
        department_id=department_id,
        proposed_by=actor.name,
    )
    _record(actor, "identity.role_proposed", assignment)
    handlers.role_proposed(actor, assignment)
    return assignment


def _belongs(department_id: int, institution_id: int | None) -> bool:
    department = Department.objects.filter(pk=department_id).first()
    return department is not None and department.institution_id == institution_id


def _refuse_incompatible(user: User, role: str, institution_id: int | None) -> None:
    pair = conflicting_pair(user, role, institution_id)
    if pair:
        raise Conflict(
            "identity.incompatible_duties",
            f"「{ROLE_TITLES[Role(pair.first)]}」与「{ROLE_TITLES[Role(pair.second)]}」是不相容职务，"
            f"不能由同一人担任：{pair.reason}。",
            first=pair.first,
            second=pair.second,
        )


def _record(actor: Actor, action: str, assignment: RoleAssignment) -> None:
    record(
        actor,
        action,
        institution=assignment.institution.code if assignment.institution else "",
        subject_type="user",
        subject=assignment.user.username,
        detail={
            "role": str(assignment.role),
            "department": assignment.department.code if assignment.department else "",
            "proposed_by": assignment.proposed_by,
        },
    )


def _locked_assignment(assignment_id: int, *states: str) -> RoleAssignment:
    assignment = RoleAssignment.objects.select_for_update(of=("self",)).filter(pk=assignment_id).first()
    if assignment is None:
        raise NotFound("identity.no_assignment", "没有这条角色记录。")
    if assignment.state not in states:
        raise Conflict("identity.assignment_decided", "这条角色记录已经处理过了。")
    return assignment


@transaction.atomic
def confirm_role(actor: Actor, *, assignment_id: int) -> RoleAssignment:
    """The second person agrees; the role is active from now on. Called by the approval only, which has found out who the
    second person is, and by set-up commands."""
    assignment = _locked_assignment(assignment_id, RoleAssignment.State.PROPOSED)
    _must_be_second(actor, assignment)
    User.objects.select_for_update().get(pk=assignment.user_id)
    _refuse_incompatible(assignment.user, assignment.role, assignment.institution_id)
    _decide(actor, assignment, RoleAssignment.State.ACTIVE, "identity.role_confirmed")
    handlers.role_given(assignment)
    return assignment


@transaction.atomic
def refuse_role(actor: Actor, *, assignment_id: int) -> RoleAssignment:
    """The second person refuses. Called by the approval only."""
    assignment = _locked_assignment(assignment_id, RoleAssignment.State.PROPOSED)
    _must_be_second(actor, assignment)
    return _decide(actor, assignment, RoleAssignment.State.REFUSED, "identity.role_refused")


def _must_be_second(actor: Actor, assignment: RoleAssignment) -> None:
    if actor.name == assignment.proposed_by or actor.user == assignment.user_id:
        raise Forbidden("identity.second_person", "授予角色须由申请人和本人以外的第二位管理员确认。")


def _decide(actor: Actor, assignment: RoleAssignment, state: str, action: str) -> RoleAssignment:
    assignment.state, assignment.decided_by, assignment.decided_at = state, actor.name, timezone.now()
    assignment.save(update_fields=["state", "decided_by", "decided_at"])
    _record(actor, action, assignment)
    return assignment


@transaction.atomic
def revoke_role(actor: Actor, *, assignment_id: int) -> RoleAssignment:
    """Take a role back; one administrator suffices, since it only takes rights away."""
    _must_administer(actor)
    assignment = _locked_assignment(assignment_id, RoleAssignment.State.ACTIVE)
    _revoke(actor, assignment)
    handlers.rights_lessened(assignment.user_id)
    return assignment


@transaction.atomic
def withdraw_proposal(actor: Actor, *, assignment_id: int) -> RoleAssignment:
    """Who proposed the role takes the proposal back. Called by the approval only."""
    return _revoke(actor, _locked_assignment(assignment_id, RoleAssignment.State.PROPOSED))


def _revoke(actor: Actor, assignment: RoleAssignment) -> RoleAssignment:
    assignment.state = RoleAssignment.State.REVOKED
    assignment.decided_at = timezone.now()
    assignment.save(update_fields=["state", "decided_at"])
    _record(actor, "identity.role_revoked", assignment)
    return assignment


def digest_of_key(key: str) -> str:
    """What is kept of a key. 256 random bits need no slow hash."""
    return hashlib.sha256(key.encode()).hexdigest()


@transaction.atomic
def create_api_key(
    actor: Actor, *, name: str, institution_ids: Sequence[int], all_institutions: bool, datasets: Sequence[str]
) -> tuple[ApiKey, str]:
    """A new key and its row. The key itself is returned once and never kept."""
    _must_administer(actor)
    if not name.strip():
        raise Invalid("identity.key_name_missing", "请为密钥命名，例如系统名称和厂商。")
    if not all_institutions and not institution_ids:
        raise Invalid("identity.key_without_institution", "请至少选择一个机构，否则密钥不能报送任何数据。")
    secret = KEY_MARK + secrets.token_urlsafe(KEY_BYTES)
    key = ApiKey.objects.create(
        name=name.strip(),
        prefix=secret[:PREFIX_LENGTH],
        digest=digest_of_key(secret),
        all_institutions=all_institutions,
        datasets=sorted(set(datasets)),
        created_by=actor.name,
    )
    key.institutions.set(Institution.objects.filter(pk__in=institution_ids))
    record(
        actor,
        "identity.api_key_created",
        subject_type="api_key",
        subject=key.prefix,
        detail={"name": key.name, "all_institutions": all_institutions, "datasets": key.datasets},
    )
    return key, secret


@transaction.atomic
def revoke_api_key(actor: Actor, *, key_id: int) -> ApiKey:
    """The key is refused from now on. A repeat changes nothing."""
    _must_administer(actor)
    key = ApiKey.objects.select_for_update().filter(pk=key_id).first()
    if key is None:
        raise NotFound("identity.no_api_key", "没有这个接口密钥。")
    if key.revoked_at is None:
        key.revoked_at, key.revoked_by = timezone.now(), actor.name
        key.save(update_fields=["revoked_at", "revoked_by"])
        record(actor, "identity.api_key_revoked", subject_type="api_key", subject=key.prefix)
    return key
