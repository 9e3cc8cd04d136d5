"""Who is told of a deviation, and when a message has done its work."""

from collections.abc import Iterable

from django.urls import reverse

from costing.models import CostDeviation, DeviationAction
from costing.selectors.responsibility.reach import CONFIRMERS
from costing.selectors.responsibility.targets import figure_words, sign
from ops_platform.identity.selectors import own_holders
from ops_platform.notifications.public import Note, notify, settle
from ops_platform.web import formats

KIND = "costing.deviation"


def _key(deviation: CostDeviation, what: str) -> str:
    return f"{KIND}:{what}:{deviation.pk}"


def _url(deviation: CostDeviation) -> str:
    return reverse("costing:deviation", args=[deviation.pk])


def words_of(deviation: CostDeviation) -> str:
    """Limit and figure in a sentence."""
    if deviation.target is None:
        return f"每元成本收回 {formats.number(deviation.actual, 2)} 元，界线 {formats.number(deviation.limit, 2)} 元"
    metric = deviation.target.metric
    limit, actual = figure_words(metric, deviation.limit), figure_words(metric, deviation.actual)
    return f"实际 {actual}，目标 {sign(metric)} {limit}"


def tell_opened(deviations: Iterable[CostDeviation]) -> int:
    """The responsible person and the specialists are to explain."""
    return _tell(
        deviations,
        "open",
        title="{0.title} {1}成本偏差待说明",
        body="{words}。请说明原因，提出整改措施和完成期限。",
    )


def tell_approved(deviation: CostDeviation) -> int:
    """What was intended is to be done."""
    if not deviation.plan:
        return tell_to_confirm(deviation)
    return _tell(
        [deviation],
        "acting",
        title="{0.title} {1}整改措施已批准",
        body="请在期限前完成，并填报完成情况和依据。",
    )


def tell_sent_back(deviation: CostDeviation) -> int:
    """What was done was not accepted."""
    return _tell([deviation], "acting", title="{0.title} {1}整改被退回", body="{0.remark}。请重新整改并填报。")


def _tell(deviations: Iterable[CostDeviation], what: str, *, title: str, body: str) -> int:
    notes = [
        Note(
            recipient=person.pk,
            key=_key(one, what),
            kind=KIND,
            title=title.format(one, formats.period_label(one.period))[:200],
            body=body.format(one, words=words_of(one)),
            url=_url(one),
        )
        for one in deviations
        for person in one.people
    ]
    return notify(notes) if notes else 0


def tell_to_confirm(deviation: CostDeviation) -> int:
    """Those of the institution who may confirm, but for who had a hand in it."""
    involved = {deviation.explained_by_id, *(person.pk for person in deviation.people)}
    involved |= {action.done_by_id for action in deviation.actions.all()}
    people = own_holders(*CONFIRMERS, institutions=[deviation.institution_id]).get(deviation.institution_id, [])
    notes = [
        Note(
            recipient=person,
            key=_key(deviation, "confirm"),
            kind=KIND,
            title=f"{deviation.title} {formats.period_label(deviation.period)}整改待确认"[:200],
            body="责任科室已填报全部整改措施，请核对依据后确认或退回。",
            url=_url(deviation),
        )
        for person in people
        if person not in involved
    ]
    return notify(notes) if notes else 0


def tell_overdue(actions: Iterable[DeviationAction]) -> int:
    """An action is late."""
    notes = [
        Note(
            recipient=action.deviation.responsible_id,
            key=f"{KIND}:overdue:{action.pk}",
            kind=KIND,
            title=f"{action.deviation.title}整改措施已过期限"[:200],
            body=f"第 {action.number} 项「{action.what}」应于 {action.due} 前完成，请尽快完成并填报。",
            url=_url(action.deviation),
        )
        for action in actions
    ]
    return notify(notes) if notes else 0


def settle_opened(deviation: CostDeviation) -> None:
    """It is explained."""
    settle([_key(deviation, "open")])


def settle_overdue(action: DeviationAction) -> None:
    """It is done."""
    settle([f"{KIND}:overdue:{action.pk}"])


def settle_to_confirm(deviation: CostDeviation) -> None:
    """It is confirmed, or sent back."""
    settle([_key(deviation, "confirm"), _key(deviation, "acting")])
