"""Who there is: from the rules of a definition to people, as roles and delegations stand today."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Exists, Q

from ops_platform.identity.models import ROLE_TITLES, DutyPair, RoleAssignment, User
from ops_platform.kernel import Grant, Role
from ops_platform.masterdata.models import Institution
from workflows.engine.course import Candidate, Roster
from workflows.engine.definition import ApproverRule, Definition, Level, Who
from workflows.engine.ranks import POSTS_ABOVE, UNDER_A_HEAD, chain_above, rank
from workflows.models import Act, Delegation
from workflows.selectors.deputies import still_deputies
from workflows.selectors.matters import may_sign

POSTS = (Role.DEPARTMENT_HEAD, Role.INSTITUTION_HEAD, Role.OPERATION_CENTRE, Role.LEADERSHIP)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a matter belongs, and who applies; `matter` once it is there."""

    subject_type: str
    institution: int | None
    department: int | None
    applicant: int
    matter: int | None = None


@dataclass(frozen=True, slots=True)
class _Held:
    person: int
    role: Role
    institution: int | None
    department: int | None


class _People:
    """Roles held in the institutions from the matter's up to the lead, and in the alliance; three queries in all."""

    def __init__(self, definition: Definition, place: Place) -> None:
        self.place = place
        rows = list(Institution.objects.values_list("pk", "parent", "name"))
        self.names = {pk: name for pk, _parent, name in rows}
        self.chain = chain_above(place.institution, {pk: parent for pk, parent, _name in rows})
        rules = [rule for step in definition.steps for rule in (*step.approvers, *step.copies)]
        roles = {rule.role for rule in rules if rule.role} | set(POSTS)
        found = RoleAssignment.objects.filter(state=RoleAssignment.State.ACTIVE, user__is_active=True)
        found = found.filter(
            Q(user=place.applicant)
            | Q(role__in=[role.value for role in roles]) & (Q(institution__in=self.chain) | Q(institution__isnull=True))
        )
        self.held = [
            _Held(person, Role(role), institution, department)
            for person, role, institution, department in found.order_by("user__username", "id").values_list(
                "user", "role", "institution", "department"
            )
        ]
        named = {rule.person for rule in rules if rule.who is Who.PERSON}
        persons = User.objects.filter(username__in=named, is_active=True)
        fit = Exists(may_sign(place.subject_type, self.chain))
        found_persons = list(persons.annotate(fit=fit).values_list("username", "pk", "fit")) if named else []
        self.persons = {username: number for username, number, _fit in found_persons}
        self.unfit = {number for _username, number, is_fit in found_persons if not is_fit}

    def holders(self, role: Role, institution: int | None, department: int | None = None) -> tuple[Candidate, ...]:
        """Who holds the role for just this institution (None: for the alliance)."""
        where = self.names.get(institution, "") if institution is not None else "医共体"
        return tuple(
            Candidate(held.person, role, why=f"{where} {ROLE_TITLES[role]}")
            for held in self.held
            if held.role is role
            and held.institution == institution
            and (department is None or held.department == department)
        )

    def signing(self, rule: ApproverRule) -> tuple[Candidate, ...]:
        """Who may sign by the rule: of persons that it names only those with a role that signs here today."""
        return tuple(one for one in self.by_rule(rule) if one.role is not None or one.person not in self.unfit)

    def by_rule(self, rule: ApproverRule) -> tuple[Candidate, ...]:
        """Whom the rule means."""
        if rule.who is Who.PERSON:
            person = self.persons.get(rule.person)
            return () if person is None else (Candidate(person, why="指定人员"),)
        if rule.who is Who.DEPARTMENT_HEAD:
            return self._department_heads()
        if rule.who is Who.SUPERIOR:
            return self._superior()
        return self._by_role(rule)

    def _by_role(self, rule: ApproverRule) -> tuple[Candidate, ...]:
        if rule.role is None:
            return ()
        if rule.level is Level.ALLIANCE:
            return self.holders(rule.role, None)
        rungs: list[int | None] = [*self.chain[self._start(rule.level) :]]
        if not rule.or_above:
            rungs = rungs[:1]
        rungs.append(None)
        return next((found for rung in rungs if (found := self.holders(rule.role, rung))), ())

    def _department_heads(self) -> tuple[Candidate, ...]:
        departments = [self.place.department] if self.place.department is not None else self._own_departments()
        for department in departments:
            for institution in self.chain[:1]:
                found = self.holders(Role.DEPARTMENT_HEAD, institution, department)
                if found:
                    return found
        return ()

    def _own_departments(self) -> list[int]:
        own = [held for held in self.held if held.person == self.place.applicant]
        return [held.department for held in own if held.department is not None]

    def _superior(self) -> tuple[Candidate, ...]:
        """The next post above the highest one that the applicant holds."""
        own = {held.role for held in self.held if held.person == self.place.applicant}
        highest = max((POSTS.index(role) for role in own if role in POSTS), default=-1)
        for post in POSTS[highest + 1 :]:
            if post is Role.DEPARTMENT_HEAD:
                found = self._department_heads()
            elif post is Role.INSTITUTION_HEAD:
                found = next((f for rung in self.chain if (f := self.holders(post, rung))), ())
            else:
                found = self.holders(post, None)
            if found:
                return found
        return ()

    def above(self) -> list[tuple[int, tuple[Candidate, ...]]]:
        """The rungs that may stand in, each with its rank: heads from the matter's institution up to the lead, the operation
        centre, the leadership."""
        top = len(self.chain)
        rungs = [(rank, self.holders(Role.INSTITUTION_HEAD, place)) for rank, place in enumerate(self.chain)]
        rungs += [(top, self.holders(Role.OPERATION_CENTRE, None)), (top + 1, self.holders(Role.LEADERSHIP, None))]
        return [rung for rung in rungs if rung[1]]

    def rank(self, rule: ApproverRule) -> int:
        """How high the rule's own approvers stand; whoever is not asked by role stands under a head of institution."""
        if rule.who is not Who.ROLE or rule.role is None:
            return UNDER_A_HEAD
        if rule.level is Level.ALLIANCE:
            return rank(Grant(rule.role), self.chain)
        place = next(iter(self.chain[self._start(rule.level) :]), None)
        if place is None and rule.role not in POSTS_ABOVE:
            return UNDER_A_HEAD
        return rank(Grant(rule.role, place), self.chain)

    def _start(self, level: Level) -> int:
        """Where in the chain the approvers of a level begin."""
        return {Level.INSTITUTION: 0, Level.PARENT: 1, Level.LEAD: max(len(self.chain) - 1, 0)}[level]


def roster_for(definition: Definition, place: Place, today: date) -> Roster:
    """Candidates of every step, the rungs above, copies, and today's delegations; a fixed number of queries."""
    people = _People(definition, place)
    seats = {step.key: tuple(people.signing(rule) for rule in step.approvers) for step in definition.steps}
    copies = {step.key: _persons(people.by_rule(rule) for rule in step.copies) for step in definition.steps}
    rungs = people.above() if definition.stand_ins else []
    delegations = delegations_on(today, place.subject_type, peers_only=not definition.stand_ins)
    duties, duties_anywhere = _duties(set(delegations.values()), place)
    own = {step.key: max((people.rank(rule) for rule in step.approvers), default=-1) for step in definition.steps}
    return Roster(
        seats=seats,
        above=tuple(rung for _, rung in rungs),
        first_rung={key: sum(rank <= height for rank, _ in rungs) for key, height in own.items()},
        copies=copies,
        delegations=delegations,
        incompatible=frozenset(
            frozenset((Role(first), Role(second))) for first, second in DutyPair.objects.values_list("first", "second")
        ),
        duties=duties,
        duties_anywhere=duties_anywhere,
    )


def _duties(persons: Collection[int], place: Place) -> tuple[dict[int, frozenset[Role]], dict[int, frozenset[Role]]]:
    """Roles of the persons where the matter belongs, and anywhere, each with those in which they acted upon it; two queries,
    none without persons."""
    here: dict[int, set[Role]] = {}
    anywhere: dict[int, set[Role]] = {}
    if not persons:
        return {}, {}
    held = RoleAssignment.objects.filter(user__in=persons, state=RoleAssignment.State.ACTIVE)
    for user, role, institution in held.values_list("user", "role", "institution"):
        anywhere.setdefault(user, set()).add(Role(role))
        if place.institution is None or institution in (None, place.institution):
            here.setdefault(user, set()).add(Role(role))
    acted = Act.objects.filter(matter=place.matter, person__in=persons).exclude(role="")
    for user, role in acted.values_list("person", "role"):
        anywhere.setdefault(user, set()).add(Role(role))
        here.setdefault(user, set()).add(Role(role))
    return {one: frozenset(roles) for one, roles in here.items()}, {
        one: frozenset(roles) for one, roles in anywhere.items()
    }


def _persons(groups: Iterable[tuple[Candidate, ...]]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(candidate.person for group in groups for candidate in group))


def delegations_on(
    day: date, subject_type: str, principals: Collection[int] | None = None, *, peers_only: bool = False
) -> dict[int, int]:
    """Who acts for whom on the day in matters of this type; the delegation made last wins. Who has lost the roles to act
    for the other does not."""
    rows = Delegation.objects.filter(
        first_day__lte=day, last_day__gte=day, revoked_at__isnull=True, delegate__is_active=True
    ).filter(Q(subject_types=[]) | Q(subject_types__contains=[subject_type]))
    if principals is not None:
        rows = rows.filter(principal__in=principals)
    found = dict(rows.order_by("made_at", "id").values_list("principal", "delegate"))
    return still_deputies(found, peers_only=peers_only)
