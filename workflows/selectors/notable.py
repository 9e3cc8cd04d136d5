"""What makes matters worth a second look: split requests, an amount just below a border, an unusual amount, a refused one
asked again. Usual is what was approved for the same institution, subject type and choices (a request's kind).

One computation for all matters of a page: the parameters, then for each of three questions one query that asks it of every
matter at once.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import cached_property
from itertools import pairwise
from typing import Any

from django.db.models import IntegerField, Q, QuerySet, Value
from django.utils import timezone

from ops_platform.kernel import Actor
from ops_platform.masterdata.selectors import ParametersAt
from ops_platform.web import formats
from workflows.engine import notable as engine
from workflows.engine.conditions import Kind, Values
from workflows.engine.definition import Definition, Step, from_json
from workflows.engine.stored_values import values_from_json
from workflows.models import Matter
from workflows.selectors.matters import visible_matters

SPLIT_DAYS = "workflows.split_days"
SPLIT_LIKENESS = "workflows.split_likeness"
NEAR_BORDER = "workflows.near_border_share"
UNUSUAL_TIMES = "workflows.unusual_times"
FEWEST_ALIKE = "workflows.fewest_alike"
OF_INSTITUTION = "institution_kind"
YEAR = timedelta(days=365)
MOST_SHOWN = 10
MOST_USUAL = 200  # the latest approved ones that "usual" is taken of
MOST_AROUND = 500  # requests of an institution within the days of a split
AMOUNT_IN_TITLE = re.compile(r"\([\d,.]+ 元\)$")
LABELS = {
    "split": "疑似拆分",
    "near_border": "接近分级界限",
    "unusual_amount": "金额异常",
    "refused_before": "曾被否决",
}

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Notable:
    """One thing to look at: a code, the words, and the numbers of the matters it is about, the earliest first."""

    code: str
    words: str
    matters: tuple[int, ...] = ()

    @property
    def label(self) -> str:
        """In a list."""
        return LABELS[self.code]


def notable(*, actor: Actor, matters: Sequence[Matter]) -> dict[int, list[Notable]]:
    """Of each matter all that makes it worth a second look; none for one without an amount, and for what the actor applied
    for themselves."""
    looked_at = [each for each in map(_Looked, matters) if each.asks and each.matter.applicant_id != actor.user]
    if not looked_at:
        return {}
    parameters = ParametersAt(SPLIT_DAYS, SPLIT_LIKENESS, NEAR_BORDER, UNUSUAL_TIMES, FEWEST_ALIKE)
    around = _rows({each.key: _around(each, parameters) for each in looked_at}, "pk", "title", "amount")
    usual = _rows({each.key: _usual(each) for each in looked_at}, "amount")
    refused = _rows({each.key: _refused(actor, each) for each in looked_at}, "pk")
    found = {
        each.key: [
            *_split(each, parameters, around[each.key]),
            *_near(each, parameters),
            *_unusual(each, parameters, [amount for (amount,) in usual[each.key]]),
            *_again([pk for (pk,) in refused[each.key]]),
        ]
        for each in looked_at
    }
    return {key: things for key, things in found.items() if things}


def split_words(matter: Matter) -> str:
    """Why the matter may be part of a split request; empty where it is none."""
    looked_at, parameters = _Looked(matter), ParametersAt(SPLIT_DAYS, SPLIT_LIKENESS)
    if not looked_at.asks:
        return ""
    rows = list(_around(looked_at, parameters).values_list("pk", "title", "amount"))
    return "".join(one.words for one in _split(looked_at, parameters, rows))


def readable_of(actor: Actor, things: Iterable[Notable]) -> dict[int, Matter]:
    """The matters that these are about, as far as the actor may see them, by number."""
    wanted = {pk for one in things for pk in one.matters}
    return {matter.pk: matter for matter in visible_matters(actor).filter(pk__in=wanted).select_related("applicant")}


@dataclass(frozen=True)
class _Looked:
    """A matter with its definition and values as the engine knows them."""

    matter: Matter

    @property
    def key(self) -> int:
        return self.matter.pk

    @property
    def asks(self) -> bool:
        """It asks for money of an institution."""
        return bool(self.matter.amount) and self.matter.institution_id is not None

    @cached_property
    def definition(self) -> Definition:
        return from_json(self.matter.version.body)

    @cached_property
    def values(self) -> Values:
        return values_from_json(self.matter.values, self.definition.attributes)

    def parameter(self, parameters: ParametersAt, key: str) -> Decimal:
        """As it was on the day the matter was submitted."""
        day = timezone.localdate(self.matter.submitted_at)
        return parameters.value(key=key, day=day, institution_id=self.matter.institution_id)


def _rows(asked: Mapping[int, QuerySet[Matter]], *fields: str) -> dict[int, list[Row]]:
    """Of each question its rows; one query for all."""
    parts = [
        rows.annotate(of=Value(key, output_field=IntegerField())).values_list("of", *fields)
        for key, rows in asked.items()
    ]
    found: dict[int, list[Row]] = {key: [] for key in asked}
    for key, *row in parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0]:
        found[key].append(tuple(row))
    return found


def _same_type(looked_at: _Looked) -> QuerySet[Matter]:
    matter = looked_at.matter
    rows = Matter.objects.filter(institution=matter.institution_id, subject_type=matter.subject_type)
    return rows.filter(amount__gt=0).exclude(pk=matter.pk)


def _around(looked_at: _Looked, parameters: ParametersAt) -> QuerySet[Matter]:
    """What the institution asked for within the days before and after, whoever asked and of whatever kind they say it is.
    What was rejected, taken back or expired does not count."""
    days = timedelta(days=int(looked_at.parameter(parameters, SPLIT_DAYS)))
    submitted = looked_at.matter.submitted_at
    rows = _same_type(looked_at).filter(
        state__in=[*Matter.ON_ITS_WAY, Matter.State.APPROVED], submitted_at__range=(submitted - days, submitted + days)
    )
    return rows.order_by("submitted_at", "id")[:MOST_AROUND]


def _usual(looked_at: _Looked) -> QuerySet[Matter]:
    choices = {
        attribute.name: looked_at.matter.values.get(attribute.name)
        for attribute in looked_at.definition.attributes
        if attribute.kind is Kind.CHOICE and attribute.name != OF_INSTITUTION
    }
    submitted = looked_at.matter.submitted_at
    rows = _same_type(looked_at).filter(
        values__contains=choices, state=Matter.State.APPROVED, submitted_at__range=(submitted - YEAR, submitted)
    )
    return rows.order_by("-submitted_at", "-id")[:MOST_USUAL]


def _refused(actor: Actor, looked_at: _Looked) -> QuerySet[Matter]:
    """The same person asked for the same, at whatever amount, and was refused within the year before."""
    matter, name = looked_at.matter, _name(looked_at.matter.title)
    rows = visible_matters(actor).filter(
        Q(title=name) | Q(title__startswith=f"{name}("),
        applicant=matter.applicant_id,
        institution=matter.institution_id,
        subject_type=matter.subject_type,
        state=Matter.State.REJECTED,
        submitted_at__range=(matter.submitted_at - YEAR, matter.submitted_at),
    )
    return rows.exclude(pk=matter.pk).order_by("-submitted_at", "-id")[:MOST_SHOWN]


def _name(title: str) -> str:
    """What a matter is about, without the amount."""
    return AMOUNT_IN_TITLE.sub("", title)


def _likeness(first: str, second: str) -> Decimal:
    """From 0, nothing in common, to 1, the same: the pairs of neighbouring characters that both have (Dice). Single words
    that many titles have, as 购置, weigh little."""
    if first == second:
        return Decimal(1)
    one, other = (Counter(pairwise(title)) for title in (first, second))
    both = one.total() + other.total()
    return Decimal(2 * (one & other).total()) / both if both else Decimal(0)


def _split(looked_at: _Looked, parameters: ParametersAt, around: Sequence[Row]) -> Iterator[Notable]:
    """The matter reaches a border only together with others of a like title; parameters say how many days and how like."""
    least, name = looked_at.parameter(parameters, SPLIT_LIKENESS), _name(looked_at.matter.title)
    alike = {pk: amount for pk, title, amount in around if _likeness(_name(title), name) >= least}
    found = engine.split(looked_at.definition, looked_at.values, alike)
    if found is not None:
        days = formats.quantity(looked_at.parameter(parameters, SPLIT_DAYS))
        words = (
            f"前后 {days} 天内本机构的相似事项共 {len(found.others) + 1} 件，合计 {formats.money(found.total)} 元。"
            f"按合计须经{_titles(found.steps)}，单件不经。请核对是否拆分申请。"
        )
        yield Notable("split", words, found.others[:MOST_SHOWN])


def _near(looked_at: _Looked, parameters: ParametersAt) -> Iterator[Notable]:
    share = looked_at.parameter(parameters, NEAR_BORDER)
    steps = engine.nearly(looked_at.definition, looked_at.values, share)
    if steps:
        words = f"金额略低于分级界限：再高 {formats.percent(share, 0)} 就须经{_titles(steps)}。"
        yield Notable("near_border", words)


def _unusual(looked_at: _Looked, parameters: ParametersAt, usual: Sequence[Decimal]) -> Iterator[Notable]:
    amount = looked_at.matter.amount or Decimal(0)
    middle = engine.middle_of(usual, int(looked_at.parameter(parameters, FEWEST_ALIKE)))
    if middle is not None and amount >= middle * looked_at.parameter(parameters, UNUSUAL_TIMES):
        times, latest = formats.quantity(amount / middle, 1), "最近 " if len(usual) == MOST_USUAL else ""
        yield Notable(
            "unusual_amount",
            f"金额是此前一年已同意的同类{latest or ' '}{len(usual)} 件中位数 {formats.money(middle)} 元的 {times} 倍。",
        )


def _again(refused: Sequence[int]) -> Iterator[Notable]:
    if refused:
        yield Notable("refused_before", "同一申请人此前一年内的同名事项已被否决，请核对有何不同。", tuple(refused))


def _titles(steps: Sequence[Step]) -> str:
    return "、".join(f"“{step.title}”" for step in steps)
