"""What makes one matter worth a second look: split requests, an amount just below a border, an unusual amount, a refused one
asked again. Usual is what was approved for the same institution, subject type and choices (a request's kind)."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

from django.db.models import Q, QuerySet
from django.utils import timezone

from ops_platform.kernel import Actor
from ops_platform.masterdata.selectors import parameter_value
from ops_platform.web import formats
from workflows.engine import notable as engine
from workflows.engine.conditions import Kind
from workflows.engine.course import Course
from workflows.engine.definition import Step
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
AMOUNT_IN_TITLE = re.compile(r"\([\d,.]+ 元\)$")


@dataclass(frozen=True, slots=True)
class Notable:
    """One thing to look at: a code, the words, and the matters it is about, as far as the reader may see them."""

    code: str
    words: str
    matters: Sequence[Matter] = ()


def notable(*, actor: Actor, matter: Matter, course: Course) -> list[Notable]:
    """All that makes the matter worth a second look; nothing for one without an amount."""
    if not matter.amount or matter.institution_id is None:
        return []
    found = (_split(actor, matter, course), _near(matter, course), _unusual(matter, course), _again(actor, matter))
    return [each for each in found if each is not None]


def split_from(*, matter: Matter, course: Course) -> engine.Split | None:
    """Whether the matter reaches a border only together with others of a like title that the institution asked for within
    the days before and after, whoever asked and of whatever kind they say it is; parameters say how many days and how
    like. What was rejected, taken back or expired does not count."""
    if not matter.amount or matter.institution_id is None:
        return None
    around = timedelta(days=int(_parameter(SPLIT_DAYS, matter)))
    rows = _same_type(matter).filter(
        state__in=[*Matter.ON_ITS_WAY, Matter.State.APPROVED],
        submitted_at__range=(matter.submitted_at - around, matter.submitted_at + around),
    )
    least = _parameter(SPLIT_LIKENESS, matter)
    others = {
        number: amount
        for number, title, amount in rows.order_by("submitted_at", "id").values_list("pk", "title", "amount")
        if amount is not None and _likeness(_name(title), _name(matter.title)) >= least
    }
    return engine.split(course.definition, course.values, others)


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


def _same_type(matter: Matter) -> QuerySet[Matter]:
    rows = Matter.objects.filter(institution=matter.institution_id, subject_type=matter.subject_type)
    return rows.filter(amount__gt=0).exclude(pk=matter.pk)


def _alike(matter: Matter, course: Course) -> QuerySet[Matter]:
    choices = {
        attribute.name: matter.values.get(attribute.name)
        for attribute in course.definition.attributes
        if attribute.kind is Kind.CHOICE and attribute.name != OF_INSTITUTION
    }
    return _same_type(matter).filter(values__contains=choices)


def _split(actor: Actor, matter: Matter, course: Course) -> Notable | None:
    found = split_from(matter=matter, course=course)
    if found is None:
        return None
    shown = visible_matters(actor).filter(pk__in=found.others).select_related("applicant")
    days = formats.quantity(_parameter(SPLIT_DAYS, matter))
    return Notable(
        "split",
        f"前后 {days} 天内本机构的相似事项共 {len(found.others) + 1} 件，合计 {formats.money(found.total)} 元。"
        f"按合计须经{_titles(found.steps)}，单件不经。请核对是否拆分申请。",
        list(shown.order_by("submitted_at", "id")[:MOST_SHOWN]),
    )


def _near(matter: Matter, course: Course) -> Notable | None:
    share = _parameter(NEAR_BORDER, matter)
    steps = engine.nearly(course.definition, course.values, share)
    if not steps:
        return None
    return Notable("near_border", f"金额略低于分级界限：再高 {formats.percent(share, 0)} 就须经{_titles(steps)}。")


def _unusual(matter: Matter, course: Course) -> Notable | None:
    before = (matter.submitted_at - YEAR, matter.submitted_at)
    rows = _alike(matter, course).filter(state=Matter.State.APPROVED, submitted_at__range=before)
    usual = [amount for amount in rows.values_list("amount", flat=True) if amount]
    amount, middle = matter.amount or Decimal(0), engine.middle_of(usual, int(_parameter(FEWEST_ALIKE, matter)))
    if middle is None or amount < middle * _parameter(UNUSUAL_TIMES, matter):
        return None
    times = formats.quantity(amount / middle, 1)
    words = f"金额是此前一年已同意的同类 {len(usual)} 件中位数 {formats.money(middle)} 元的 {times} 倍。"
    return Notable("unusual_amount", words)


def _again(actor: Actor, matter: Matter) -> Notable | None:
    """The same person asked for the same, at whatever amount, and was refused within the year before."""
    name = _name(matter.title)
    rows = visible_matters(actor).filter(
        Q(title=name) | Q(title__startswith=f"{name}("),
        applicant=matter.applicant_id,
        institution=matter.institution_id,
        subject_type=matter.subject_type,
        state=Matter.State.REJECTED,
        submitted_at__range=(matter.submitted_at - YEAR, matter.submitted_at),
    )
    refused = list(rows.exclude(pk=matter.pk).select_related("applicant").order_by("-submitted_at", "-id")[:MOST_SHOWN])
    if not refused:
        return None
    return Notable("refused_before", "同一申请人此前一年内的同名事项已被否决，请核对有何不同。", refused)


def _titles(steps: Sequence[Step]) -> str:
    return "、".join(f"“{step.title}”" for step in steps)


def _parameter(key: str, matter: Matter) -> Decimal:
    """As it was on the day the matter was submitted."""
    return parameter_value(key=key, day=timezone.localdate(matter.submitted_at), institution=matter.institution)
