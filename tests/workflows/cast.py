"""The people and flows of the engine's tests. People are numbers; APPLICANT applies."""

from collections.abc import Iterable

from ops_platform.kernel import Role
from workflows.engine import verbs
from workflows.engine.conditions import Attribute, Kind
from workflows.engine.course import Candidate, Course, Roster, TaskState
from workflows.engine.definition import ApproverRule, Definition, Mode, Step, Who

APPLICANT, ANNA, BO, CHEN, DENG, FANG = 1, 2, 3, 4, 5, 6
CENTRE, LEADER = 8, 9
AMOUNT = Attribute("amount", "金额", Kind.AMOUNT)
RULE = ApproverRule(Who.ROLE, Role.INSTITUTION_HEAD)


def step(key: str, mode: Mode = Mode.ANY, **options: object) -> Step:
    """A step with as many rules as it needs."""
    rules = (RULE, RULE) if mode is Mode.EACH else (RULE,)
    return Step(key, f"环节{key}", rules, mode, **options)  # type: ignore[arg-type]


def flow(*steps: Step, **options: object) -> Definition:
    return Definition(tuple(steps), attributes=(AMOUNT,), **options)  # type: ignore[arg-type]


def people(*persons: int) -> tuple[Candidate, ...]:
    return tuple(Candidate(person) for person in persons)


def roster(
    above: Iterable[int] = (CENTRE, LEADER), delegations: dict[int, int] | None = None, **seats: object
) -> Roster:
    """`a=(ANNA, BO)`: one rule with two people; `a=((ANNA,), (BO,))`: two rules."""
    by_step = {
        key: tuple(people(*rule) for rule in rules) if isinstance(rules[0], tuple) else (people(*rules),)  # type: ignore[index]
        for key, rules in seats.items()
        if rules
    }
    return Roster(by_step, tuple(people(person) for person in above), delegations=delegations or {})  # type: ignore[arg-type]


def begin(definition: Definition, who: Roster, **values: object) -> Course:
    return verbs.submit(definition, values=values, applicant=APPLICANT, roster=who).course  # type: ignore[arg-type]


def turn(course: Course, person: int) -> int:
    """The open task of the person."""
    return next(task.number for task in course.here if task.person == person and task.state is TaskState.OPEN)


def waiting(course: Course) -> set[int]:
    """Whose turn it is."""
    return {task.person for task in course.here if task.state is TaskState.OPEN}


def sign(course: Course, person: int, who: Roster) -> Course:
    return verbs.approve(course, task=turn(course, person), person=person, roster=who).course
