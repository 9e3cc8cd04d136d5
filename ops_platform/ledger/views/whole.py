"""What pages of the whole have in common: who may open them, and what each says of its run."""

from typing import Any, ClassVar

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from ops_platform.kernel import Role
from ops_platform.ledger.layouts import consolidated_layouts
from ops_platform.ledger.models import ConsolidationRun
from ops_platform.ledger.selectors import access
from ops_platform.ledger.selectors import consolidation as reads
from ops_platform.ledger.services import consolidation as writes
from ops_platform.masterdata.models import Institution
from ops_platform.web import formats
from ops_platform.web.pages import Page
from workflows.public import courses_of, under_way

STATES = {"draft": "warn", "final": "good"}


class WholePage(Page):
    """For those who see all members. Whoever holds the role in single institutions only is turned away."""

    roles: ClassVar[tuple[Role, ...]] = access.WHOLE_READERS
    kwargs: dict[str, Any]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        actor = getattr(request, "actor", None)
        if actor is not None and actor.has(*self.roles) and actor.institutions(*self.roles) is not None:
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def run(self) -> ConsolidationRun:
        """The run of the address."""
        return reads.access_run(actor=self.actor, run_id=self.kwargs["pk"])

    @property
    def may_change(self) -> bool:
        """Whether the reader makes consolidations."""
        return bool(self.actor.has(*writes.MAKERS))


def about_run(run: ConsolidationRun) -> dict[str, Any]:
    """What every page of a run says of it."""
    waiting = writes.open_members(run)
    versions = list(ConsolidationRun.objects.filter(period=run.period).order_by("-version"))
    newer = versions[0] if versions[0].version > run.version else None
    asked = courses_of(writes.FINAL_KIND, [str(one.pk) for one in versions])
    return {
        "open": writes.is_open(run),
        "newer": newer,
        "run": run,
        "tone": STATES[run.state],
        "layouts": consolidated_layouts().values(),
        "waiting": Institution.objects.filter(pk__in=waiting).order_by("code") if waiting else [],
        "counts": reads.pair_counts(run=run),
        "approval": asked.get(str(run.pk)),
        "stuck": [
            {"run": one, "matter": asked[str(one.pk)].matter}
            for one in versions[1:]
            if str(one.pk) in asked and asked[str(one.pk)].ended_at is None
        ],
        "in_approval": under_way(writes.FINAL_KIND, str(run.pk)) is not None,
    }


def heading_of(run: ConsolidationRun) -> str:
    """Who is consolidated, when, in which unit."""
    return (
        f"编制范围：{len(run.members)} 家成员单位    期间：{formats.period_label(run.period)}    单位：元"
        f"    第 {run.version} 版({run.get_state_display()})"
    )
