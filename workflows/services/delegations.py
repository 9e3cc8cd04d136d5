"""Handing one's tasks to somebody else for some days."""

from collections.abc import Sequence
from datetime import date

from django.db import transaction
from django.utils import timezone

from ops_platform.audit.public import record
from ops_platform.identity.duties import conflicting_pair, pair_between, roles_held_or_proposed
from ops_platform.identity.models import ROLE_TITLES, RoleAssignment, User
from ops_platform.kernel import Actor, Conflict, Forbidden, Invalid, NotFound, Role
from ops_platform.notifications.public import Note, enqueue, notify
from workflows.models import Delegation
from workflows.selectors.deputies import role_lacking
from workflows.selectors.matters import SIGNERS
from workflows.subjects import subject_types

LONGEST_DAYS = 90


@transaction.atomic
def delegate(
    actor: Actor, *, to: int, first_day: date, last_day: date, reason: str, kinds: Sequence[str] = ()
) -> Delegation:
    """From the first to the last day somebody else has the actor's tasks (委派); empty `kinds` means all matters.

    Refused for a person who could not sign in each of the actor's roles (a tier is not handed downwards), whose roles are
    incompatible with the actor's, and where another delegation has some of the same days and matters. Open tasks follow
    at once.
    """
    if actor.user is None:
        raise Forbidden("workflows.persons_only", "审批只能由登录的人员办理。")
    today = timezone.localdate()
    if last_day < first_day or last_day < today:
        raise Invalid("workflows.bad_days", "结束日期不能早于开始日期或今天。", field="last_day")
    if (last_day - first_day).days > LONGEST_DAYS:
        raise Invalid("workflows.too_many_days", f"一次委派最长 {LONGEST_DAYS} 天。", field="last_day")
    if len(reason.strip()) < 2:
        raise Invalid("workflows.reason_missing", "请写明理由(至少 2 个字)。", field="reason")
    known = {each.code for each in subject_types()}
    if set(kinds) - known:
        raise Invalid("workflows.no_subject_type", "所选的事项类型不存在。", field="kinds")
    User.objects.select_for_update().get(pk=actor.user)
    person = User.objects.filter(pk=to, is_active=True).exclude(pk=actor.user).first()
    if person is None or not actor.has(*SIGNERS):
        raise Invalid("workflows.no_such_colleague", "没有这位在岗人员，请重新选择。", field="to")
    _must_rank(actor, person)
    _refuse_incompatible(actor, person)
    _refuse_overlapping(actor.user, first_day, last_day, kinds)
    row = Delegation.objects.create(
        principal_id=actor.user,
        delegate=person,
        first_day=first_day,
        last_day=last_day,
        subject_types=sorted(kinds),
        reason=reason.strip(),
    )
    principal = User.objects.get(pk=actor.user)
    notify(
        [
            Note(
                person.pk,
                f"workflows.delegation:{row.pk}",
                "workflows.delegation",
                f"{principal} 委派您在 {first_day} 至 {last_day} 代为审批",
                row.reason,
            )
        ]
    )
    enqueue("workflows.sweep")
    record(
        actor,
        "workflows.delegated",
        subject_type="user",
        subject=person.username,
        detail={"first_day": str(first_day), "last_day": str(last_day), "kinds": sorted(kinds)},
    )
    return row


def _must_rank(actor: Actor, person: User) -> None:
    lacks = role_lacking(actor, person)
    if lacks is not None:
        raise Invalid(
            "workflows.not_of_the_rank",
            f"不能委派给 {person}：没有担任您的「{ROLE_TITLES[lacks.role]}」，也不在其上级。"
            "请选同岗位或更上一级的人；确需其代行时，请先为其申请该角色。",
            field="to",
        )


def _refuse_overlapping(principal: int, first_day: date, last_day: date, kinds: Sequence[str]) -> None:
    """One day and one type of matter have one deputy; a delegation without types covers all of them."""
    rows = Delegation.objects.filter(
        principal=principal, revoked_at__isnull=True, first_day__lte=last_day, last_day__gte=first_day
    )
    titles = {each.code: str(each.title) for each in subject_types()}
    for other in rows.select_related("delegate").order_by("first_day", "id"):
        if kinds and other.subject_types and not set(kinds) & set(other.subject_types):
            continue
        both = sorted(set(kinds) & set(other.subject_types)) or other.subject_types
        what = f"「{'、'.join(titles.get(code, code) for code in both)}」" if both else "全部事项"
        raise Conflict(
            "workflows.delegated_already",
            f"{other.first_day} 至 {other.last_day} 的{what}已有委派，受托人是 {other.delegate}。"
            "请先撤销那条委派，或另选日期、事项类型。",
            field="first_day",
        )


def _refuse_incompatible(actor: Actor, person: User) -> None:
    for grant in actor.grants:
        pair = conflicting_pair(person, grant.role, grant.institution)
        if pair is not None:
            raise Conflict(
                "workflows.incompatible_duties",
                f"该人员的角色与您的「{ROLE_TITLES[Role(grant.role)]}」是不相容职务，不能委派：{pair.reason}。",
                field="to",
            )


def barred_by(given: RoleAssignment) -> list[str]:
    """Delegations to the person, running or to come, that will not be followed once they have the role, in words."""
    rows = Delegation.objects.filter(
        delegate=given.user_id, revoked_at__isnull=True, last_day__gte=timezone.localdate(), principal__is_active=True
    )
    found = []
    for row in rows.select_related("principal").order_by("first_day", "id"):
        pair = pair_between(given.role, roles_held_or_proposed(row.principal, given.institution_id))
        if pair is not None:
            first, second = ROLE_TITLES[Role(pair.first)], ROLE_TITLES[Role(pair.second)]
            found.append(
                f"{row.principal} 已委派其在 {row.first_day} 至 {row.last_day} 代为审批，而"
                f"「{first}」与「{second}」是不相容职务：授予之后相关待办退还委派人，不再由其代办。"
            )
    return found


@transaction.atomic
def revoke_delegation(actor: Actor, *, delegation_id: int) -> Delegation:
    """End a delegation now; open tasks come back. A repeat changes nothing."""
    row = Delegation.objects.select_for_update(of=("self",)).filter(pk=delegation_id, principal=actor.user).first()
    if row is None:
        raise NotFound("workflows.no_delegation", "没有这条委派。")
    if row.revoked_at is None:
        row.revoked_at = timezone.now()
        row.save(update_fields=["revoked_at"])
        enqueue("workflows.sweep")
        record(actor, "workflows.delegation_revoked", subject_type="user", subject=row.delegate.username)
    return row
