"""Trying a flow out: which steps a made-up matter would go through, why, and who would sign today. Nothing is written."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ops_platform.identity.models import User
from workflows.drawing import DrawnStep, draw
from workflows.engine.condition_text import parse
from workflows.engine.conditions import Attribute, Kind, Value, Values, leaves
from workflows.engine.course import Candidate, Roster
from workflows.engine.definition import Definition
from workflows.engine.preview import StepPreview, preview
from workflows.place_attributes import FOLLOWING
from workflows.services.roster import Place, roster_for

WHY = {
    True: "条件成立，经过这一环节",
    False: "条件不成立，跳过这一环节",
    None: "条件里有未填的值，按经过处理",
}


@dataclass(frozen=True, slots=True)
class Signer:
    """A person who could sign: in which capacity, for whom, and whether they only stand in because nobody else is left.
    `again`: "sure" for one who has signed before by then and is not asked again, "perhaps" for one who may have."""

    username: str
    name: str
    capacity: str
    behalf_of: str
    stand_in: bool
    again: str = ""


@dataclass(frozen=True, slots=True)
class Station:
    """One step of the trial. `seats` None: nobody could sign."""

    drawn: DrawnStep
    taken: bool
    why: str
    values: tuple[str, ...]
    seats: tuple[tuple[Signer, ...], ...] | None
    signatures: int
    left: int
    copies: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Trial:
    """What would happen. `faults` not empty: the flow cannot be tried before they are mended."""

    faults: tuple[str, ...] = ()
    stations: tuple[Station, ...] = ()
    department_missing: bool = False

    @property
    def refusal(self) -> str:
        """Why such a matter could not be submitted at all."""
        if self.department_missing:
            return "流程要求指明科室，没有科室的事项提交时会被拒绝。"
        taken = [station for station in self.stations if station.taken]
        if not taken:
            return "没有任何环节适用，这样的事项提交时会被拒绝。"
        stuck = [f"「{station.drawn.title}」" for station in taken if station.seats is None]
        if stuck:
            return f"环节{'、'.join(stuck)}没有可以签的人，这样的事项提交时会被拒绝。"
        return ""


def try_out(definition: Definition, place: Place, values: Values, today: date) -> Trial:
    """Walk through the definition as the engine would; a fixed number of queries."""
    drawing = draw(definition)
    if drawing.faulty:
        return Trial(faults=(*drawing.faults, *(fault for step in drawing.steps for fault in step.faults)))
    roster = roster_for(definition, place, today)
    steps = preview(definition, values=values, applicant=place.applicant, roster=roster)
    people = _people(steps, roster)
    named = {attribute.name: attribute for attribute in definition.attributes}
    stations = []
    for drawn, step in zip(drawing.steps, steps, strict=True):
        looked_at = dict.fromkeys(leaf.attribute for leaf in leaves(parse(step.step.condition, named)))
        copied = [person for person in roster.copies.get(step.step.key, ()) if person != place.applicant]
        stations.append(
            Station(
                drawn=drawn,
                taken=step.taken,
                why=WHY[step.truth] if step.condition else "不带条件，总是经过",
                values=tuple(_value_words(each, values.get(each.name)) for each in looked_at),
                seats=_seats(step, roster, people) if step.taken else (),
                signatures=step.signatures,
                left=step.left,
                copies=tuple(people[person].display_name for person in copied) if step.taken else (),
            )
        )
    missing = definition.needs_department and place.department is None
    return Trial(stations=tuple(stations), department_missing=missing)


def _value_words(attribute: Attribute, value: Value) -> str:
    if value is None:
        return f"{attribute.title}：{'所选机构和科室今天没有，未定' if attribute.name in FOLLOWING else '未填'}"
    if isinstance(value, bool):
        return f"{attribute.title}：{'是' if value else '否'}"
    if isinstance(value, Decimal):
        return f"{attribute.title}：{value:,}"
    if attribute.kind is Kind.CHOICE:
        return f"{attribute.title}：{dict(attribute.choices).get(str(value), value)}"
    return f"{attribute.title}：{value}"


def _people(steps: Sequence[StepPreview], roster: Roster) -> dict[int, User]:
    wanted = {person for persons in roster.copies.values() for person in persons}
    for candidate in (candidate for step in steps for seat in step.seats or () for candidate in seat):
        wanted |= {candidate.person, candidate.behalf_of or candidate.person}
    return User.objects.in_bulk(wanted)


def _seats(step: StepPreview, roster: Roster, people: dict[int, User]) -> tuple[tuple[Signer, ...], ...] | None:
    if step.seats is None:
        return None
    own = {candidate.person for rule in roster.seats.get(step.step.key, ()) for candidate in rule}
    return tuple(tuple(_signer(candidate, own, people, step) for candidate in seat) for seat in step.seats)


def _signer(candidate: Candidate, own: set[int], people: dict[int, User], step: StepPreview) -> Signer:
    principal = candidate.person if candidate.behalf_of is None else candidate.behalf_of
    return Signer(
        username=people[candidate.person].username,
        name=people[candidate.person].display_name,
        capacity=candidate.why,
        behalf_of=people[candidate.behalf_of].display_name if candidate.behalf_of is not None else "",
        stand_in=principal not in own,
        again="sure" if candidate.person in step.again else "perhaps" if candidate.person in step.perhaps else "",
    )
