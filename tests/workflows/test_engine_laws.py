"""Laws of the approval engine under any sequence of acts by anybody."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from ops_platform.kernel import DomainError
from tests.workflows.cast import APPLICANT, CENTRE, LEADER, people, step
from workflows.engine import verbs
from workflows.engine.conditions import Attribute, Kind
from workflows.engine.course import ENDED, Course, Event, EventKind, Roster, State, Task, TaskState
from workflows.engine.definition import Definition, Mode, OnRejection, Step, Withdrawing
from workflows.engine.moving import applies
from workflows.engine.recount import Entry, Rules, Turn, recount

PEOPLE = st.integers(1, 9)
KEYS = ("a", "b", "c", "d")


@st.composite
def definitions(draw: st.DrawFn) -> Definition:
    steps = []
    for key in KEYS[: draw(st.integers(1, len(KEYS)))]:
        steps.append(
            step(
                key,
                draw(st.sampled_from(Mode)),
                count=draw(st.integers(1, 3)),
                on_rejection=draw(st.sampled_from(OnRejection)),
                condition=draw(st.sampled_from(["", "", "urgent", "not urgent"])),
            )
        )
    return Definition(
        tuple(steps),
        attributes=(Attribute("urgent", "加急", Kind.FLAG),),
        withdrawing=draw(st.sampled_from(Withdrawing)),
        sign_once=draw(st.booleans()),
        straight_back=draw(st.booleans()),
    )


@st.composite
def rosters(draw: st.DrawFn) -> Roster:
    seats = {}
    for key in KEYS:
        rules = draw(st.lists(st.lists(PEOPLE, max_size=3, unique=True), min_size=2, max_size=2))
        seats[key] = tuple(people(*rule_) for rule_ in rules)
    above = draw(st.lists(st.lists(st.sampled_from([CENTRE, LEADER, 7]), max_size=2, unique=True), max_size=2))
    return Roster(
        seats,
        tuple(people(*rung) for rung in above),
        copies={"a": (3, APPLICANT)},
        delegations=draw(st.dictionaries(PEOPLE, PEOPLE, max_size=3)),
    )


def required(signed: Step, seats: int) -> int:
    """How many signatures the step needs, said once more beside the engine."""
    return {Mode.ANY: 1, Mode.ALL: seats, Mode.EACH: seats, Mode.COUNT: signed.count}[signed.mode]


class AnyActs(RuleBasedStateMachine):
    """Everybody tries everything; the model only counts signatures from what the engine says happened."""

    course: Course | None = None

    @initialize(definition=definitions(), who=rosters(), urgent=st.sampled_from([True, False, None]), barred=PEOPLE)
    def submit(self, definition: Definition, who: Roster, urgent: bool | None, barred: int) -> None:
        self.done: set[str] = set()
        self.signed: dict[int, set[int]] = {}
        self.numbers: set[int] = set()
        self.content = 1
        self.entries: list[Entry] = []
        self.tasks: dict[int, Task] = {}
        try:
            outcome = verbs.submit(
                definition, values={"urgent": urgent}, applicant=APPLICANT, roster=who, barred=[barred]
            )
            self.record("submit", outcome, APPLICANT)
            self.keep(outcome)
        except DomainError:
            self.course = None

    def keep(self, outcome: verbs.Outcome) -> None:
        before = self.course
        self.course = outcome.course
        for event in outcome.events:
            self.watch(event, before)

    def record(self, kind: str, outcome: verbs.Outcome, person: int | None) -> None:
        """What the services would write into the record."""
        self.entries.append(
            Entry(
                number=len(self.entries) + 1,
                kind=kind,
                round=outcome.course.round,
                person=person,
                digest=str(self.content),
                events=[
                    {"kind": str(e.kind), "step": e.step, "task": e.task, "person": e.person} for e in outcome.events
                ],
            )
        )
        self.tasks |= {task.number: task for task in outcome.course.tasks}

    def watch(self, event: Event, before: Course | None) -> None:
        course = self.course
        assert course
        order = [each.key for each in course.definition.steps]
        if event.kind is EventKind.RETURNED and event.detail["to"]:
            self.done -= set(order[order.index(event.detail["to"]) :])
        if event.kind is EventKind.APPROVED:
            left_out = [key for key in order if key not in self.done and key in self.needed_steps()]
            assert not left_out, f"approved although {left_out} was not signed off"
        if event.kind is EventKind.ENTERED:
            earlier = order[: order.index(event.step)]
            if before is not None and before.state is State.RETURNED and not before.definition.straight_back:
                self.done &= set(earlier)
            missing = [
                key
                for key in earlier
                if key not in self.done and applies(course.definition, course.definition.step(key), course.values)
            ]
            assert not missing, f"{event.step} was entered although {missing} was not signed off"

    def needed_steps(self) -> set[str]:
        """Steps that apply by the values of the matter."""
        assert self.course
        definition, values = self.course.definition, self.course.values
        return {step_.key for step_ in definition.steps if applies(definition, step_, values)}

    def act(self, verb: str, who: Roster, **given: object) -> None:
        if self.course is None:
            return
        before = self.course
        try:
            outcome = getattr(verbs, verb)(
                before, **given, **({} if verb in ("withdraw", "expire") else {"roster": who})
            )
        except DomainError:
            return
        kinds = {"return_to": "return", "add_signer": "add_before"}
        self.content += verb == "resubmit" and not given["unchanged"]
        self.record(kinds.get(verb, verb), outcome, None if verb == "take_up" else given.get("person"))  # type: ignore[arg-type]
        self.sign_off(before, outcome)
        self.keep(outcome)

    def sign_off(self, before: Course, outcome: verbs.Outcome) -> None:
        """Which steps were left as done during the act, and that each had the signatures it needs."""
        left: list[str] = []
        visits = {before.visit: before.step}
        for event in outcome.events:
            if event.kind is EventKind.ENTERED:
                left.append(visits[max(visits)])
                visits[max(visits) + 1] = event.step
            if event.kind is EventKind.APPROVED:
                left.append(visits[max(visits)])
        if any(event.kind in (EventKind.RETURNED, EventKind.STUCK) for event in outcome.events[:1]):
            return
        tasks = {task.number: task for task in (*before.tasks, *outcome.course.tasks)}
        for visit, key in visits.items():
            if key not in left or before.state is not State.RUNNING:
                continue
            if any(event.kind is EventKind.RETURNED for event in outcome.events):
                continue
            mine = [task for task in tasks.values() if task.visit == visit]
            if not mine:
                continue
            signers = [task.person for task in mine if task.state is TaskState.SIGNED]
            seats = {task.seat for task in mine if not task.mandatory}
            signed_seats = {task.seat for task in mine if task.state is TaskState.SIGNED and not task.mandatory}
            added = {task.seat for task in mine if task.mandatory and task.state is not TaskState.TAKEN_BACK}
            added_signed = {task.seat for task in mine if task.mandatory and task.state is TaskState.SIGNED}
            assert len(set(signers)) == len(signers), "one person signs a step once"
            assert not set(signers) & before.excluded
            assert len(signed_seats) >= required(before.definition.step(key), len(seats))
            assert added == added_signed, "whoever was added has signed"
            self.done.add(key)

    @rule(person=PEOPLE, number=st.integers(0, 9), who=rosters())
    def approve(self, person: int, number: int, who: Roster) -> None:
        self.act("approve", who, task=self.some_task(number, person), person=person)

    @rule(number=st.integers(0, 9), who=rosters())
    def approve_rightly(self, number: int, who: Roster) -> None:
        task = self.open_task(number)
        if task is not None:
            self.act("approve", who, task=task.number, person=task.person)

    @rule(number=st.integers(0, 9), who=rosters())
    def reject(self, number: int, who: Roster) -> None:
        task = self.open_task(number)
        if task is not None:
            self.act("reject", who, task=task.number, person=task.person)

    @rule(number=st.integers(0, 9), who=rosters(), key=st.sampled_from(["", *KEYS]))
    def send_back(self, number: int, who: Roster, key: str) -> None:
        task = self.open_task(number)
        if task is not None:
            self.act("return_to", who, task=task.number, person=task.person, step=key)

    @rule(who=rosters(), urgent=st.sampled_from([True, False]), keep=st.booleans())
    def resubmit(self, who: Roster, urgent: bool, keep: bool) -> None:
        if self.course is not None:
            values = self.course.values if keep else {"urgent": urgent}
            before, done = self.course, self.done
            if not keep and self.course.state is State.RETURNED:
                self.done = set()
            self.act("resubmit", who, person=APPLICANT, values=values, unchanged=keep)
            if self.course is before:
                self.done = done

    @rule(number=st.integers(0, 9), who=rosters(), to=PEOPLE)
    def transfer(self, number: int, who: Roster, to: int) -> None:
        task = self.open_task(number)
        if task is not None:
            self.act("transfer", who, task=task.number, person=task.person, to=to)

    @rule(number=st.integers(0, 9), who=rosters(), added=PEOPLE, before=st.booleans())
    def add_signer(self, number: int, who: Roster, added: int, before: bool) -> None:
        task = self.open_task(number)
        if task is not None:
            self.act("add_signer", who, task=task.number, person=task.person, added=added, before=before)

    @rule(number=st.integers(0, 9), who=rosters(), guest=PEOPLE)
    def take_back_signer(self, number: int, who: Roster, guest: int) -> None:
        turns = [t for t in self.course.here if t.waiting] if self.course else []
        if turns:
            task = turns[number % len(turns)]
            self.act("take_back_signer", who, task=task.number, person=task.person, guest=guest)

    @rule(who=rosters(), absent=st.sets(PEOPLE, max_size=3))
    def somebody_leaves(self, who: Roster, absent: set[int]) -> None:
        self.act("replace_absent", who, absent=absent)

    @rule(who=rosters(), person=PEOPLE)
    def somebody_gets_the_role(self, who: Roster, person: int) -> None:
        self.act("take_up", who, person=person)

    @rule(who=rosters())
    def delegations_change(self, who: Roster) -> None:
        self.act("follow_delegations", who)

    @rule(who=rosters())
    def time_is_up(self, who: Roster) -> None:
        self.act("escalate", who)

    @rule()
    def withdraw(self) -> None:
        self.act("withdraw", Roster({}), person=APPLICANT)

    def open_task(self, number: int):  # type: ignore[no-untyped-def]
        turns = [t for t in self.course.here if t.state is TaskState.OPEN] if self.course else []
        return turns[number % len(turns)] if turns else None

    def some_task(self, number: int, person: int) -> int:
        mine = [t.number for t in self.course.tasks if t.person == person] if self.course else []
        return mine[number % len(mine)] if mine else number

    @invariant()
    def every_matter_ends_or_waits_on_a_named_person(self) -> None:
        course = self.course
        if course is None:
            return
        turns = [task for task in course.here if task.state is TaskState.OPEN]
        if course.state is State.RUNNING:
            assert turns, "somebody's turn"
        else:
            assert not [task for task in course.tasks if task.waiting], "nobody is asked for what is over"
        if course.state in ENDED or course.state is State.RETURNED:
            assert not turns

    @invariant()
    def what_was_approved_counts_again_as_rightly_approved(self) -> None:
        course = self.course
        if course is None or course.state is not State.APPROVED:
            return
        turns = [
            Turn(task.number, task.visit, task.seat, task.person, task.mandatory, task.state is TaskState.SIGNED)
            for task in self.tasks.values()
        ]
        given = {"values": course.values, "digest": str(self.content), "entries": self.entries}
        assert list(recount(Rules.of(course.definition), turns=turns, **given)) == []  # type: ignore[arg-type]
        for turn in turns:
            if turn.signed and self.counts(turn.number):
                rest = [other for other in turns if other.number != turn.number]
                assert list(recount(Rules.of(course.definition), turns=rest, **given))  # type: ignore[arg-type]

    def counts(self, number: int) -> bool:
        """The task is of the last visit of a step that applies."""
        last = {task.step: task.visit for task in sorted(self.tasks.values(), key=lambda task: task.visit)}
        task = self.tasks[number]
        return task.step in self.needed_steps() and last[task.step] == task.visit

    @invariant()
    def nobody_is_asked_to_sign_the_own_matter(self) -> None:
        if self.course is not None:
            assert not {task.person for task in self.course.tasks if task.waiting} & self.course.excluded

    @invariant()
    def no_task_is_lost_or_doubled(self) -> None:
        if self.course is None:
            return
        numbers = [task.number for task in self.course.tasks]
        assert len(set(numbers)) == len(numbers)
        assert all(number < self.course.next_number for number in numbers)
        waiting = [(task.visit, task.seat, task.person) for task in self.course.tasks if task.waiting]
        assert len(set(waiting)) == len(waiting), "one turn for one person at one seat"

    @invariant()
    def nobody_signs_one_step_twice(self) -> None:
        if self.course is not None:
            signed = [(t.visit, t.person) for t in self.course.tasks if t.state is TaskState.SIGNED]
            assert len(set(signed)) == len(signed)


TestAnyActs = AnyActs.TestCase
TestAnyActs.settings = settings(max_examples=300, stateful_step_count=25, deadline=None)


def test_what_has_ended_takes_no_act_any_more() -> None:
    from tests.workflows.cast import begin, flow, roster, sign

    who = roster(a=(2,))
    ended = sign(begin(flow(step("a")), who), 2, who)
    for act in (
        lambda: verbs.approve(ended, task=1, person=2, roster=who),
        lambda: verbs.withdraw(ended, person=APPLICANT),
        lambda: verbs.expire(ended),
        lambda: verbs.resubmit(ended, person=APPLICANT, values={}, roster=who),
    ):
        with pytest.raises(DomainError):
            act()
