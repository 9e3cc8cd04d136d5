"""What the modules of consolidation share: the run that an address names, and who may make one."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiResponse
from rest_framework.request import Request

from ops_platform.kernel import Actor
from ops_platform.ledger.models import (
    ConsolidationRun,
)
from ops_platform.ledger.selectors import access
from ops_platform.ledger.selectors import consolidation as reads
from ops_platform.ledger.services import consolidation as writes
from ops_platform.web.api import actor_of
from ops_platform.web.api_lists import VisibleList

NO_RUN = OpenApiResponse(description="没有这次合并")


class OfRun(VisibleList):
    """Rows of the run that the address names."""

    roles = access.WHOLE_READERS

    def rows(self, run: ConsolidationRun) -> QuerySet[Any]:
        """Its rows, in their order."""
        raise NotImplementedError

    def visible(self, actor: Actor) -> QuerySet[Any]:
        return self.rows(reads.access_run(actor=actor, run_id=self.kwargs["pk"]))


def maker(request: Request) -> Actor:
    """Who asks, if they may make consolidations at all. Raises Forbidden."""
    actor = actor_of(request)
    writes.of_the_whole(actor, *writes.MAKERS)
    return actor


def run_of(request: Request, pk: int) -> ConsolidationRun:
    """The run of that number. Raises NotFound."""
    return reads.access_run(actor=actor_of(request), run_id=pk)
