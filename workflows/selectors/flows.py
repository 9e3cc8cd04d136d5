"""Reads of flows: all of them as the list shows them, their versions with what began by each."""

from dataclasses import dataclass

from django.db.models import Count, F, Q, QuerySet

from workflows.models import Flow, FlowVersion, Matter
from workflows.subjects import subject_types

SUBJECT = "workflows.flow"
RETIREMENT = "workflows.retirement"


@dataclass(frozen=True, slots=True)
class FlowRow:
    """A flow as the list shows it. `draft`: none, working, under_way (being approved) or returned."""

    flow: Flow
    draft: str


def is_known(kind: str) -> bool:
    """Whether an app registers the subject type, or one did when a flow for it was made."""
    return any(each.code == kind for each in subject_types()) or Flow.objects.filter(subject_type=kind).exists()


def flows() -> QuerySet[Flow]:
    """All flows with their version in force, by subject type, the alliance's before the institutions'."""
    rows = Flow.objects.select_related("institution", "current", "draft_by")
    return rows.order_by("subject_type", F("institution__code").asc(nulls_first=True), "pk")


def flow_rows() -> list[FlowRow]:
    """All flows with how their drafts stand; two queries."""
    under_way = Matter.objects.filter(subject_type=SUBJECT, state__in=Matter.ON_ITS_WAY)
    states = dict(under_way.values_list("subject", "state"))
    words = {Matter.State.RUNNING.value: "under_way", Matter.State.RETURNED.value: "returned"}
    return [
        FlowRow(flow, words.get(states.get(str(flow.pk), ""), "working" if flow.draft is not None else "none"))
        for flow in flows()
    ]


def place_of(flow: Flow) -> str:
    """For whom the flow holds, in words."""
    return flow.institution.name if flow.institution else "整个医共体"


def versions_of(flow: Flow) -> QuerySet[FlowVersion]:
    """All versions, the newest first, each with how many matters began by it and how many are still on their way."""
    on_its_way = Q(matters__state__in=Matter.ON_ITS_WAY)
    counted = flow.versions.annotate(begun=Count("matters"), still=Count("matters", filter=on_its_way))
    return counted.order_by("-number")


def version_of(flow: Flow, number: int) -> FlowVersion | None:
    """One version by its number."""
    return flow.versions.filter(number=number).first()


def siblings_of(flow: Flow) -> QuerySet[Flow]:
    """Flows of the same subject type for elsewhere."""
    return flows().filter(subject_type=flow.subject_type).exclude(pk=flow.pk)
