"""Pages of the audit chain."""

import json
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from ops_platform.audit import selectors
from ops_platform.audit.filters import EventFilter
from ops_platform.audit.models import AuditEvent
from ops_platform.audit.registry import action_title, institution_names
from ops_platform.audit.tables import EventTable
from ops_platform.web.pages import ListPage, TemplatePage


class Events(ListPage):
    """Who did what, and when."""

    roles = selectors.READERS
    title = _("审计日志")
    template_name = "audit/events.html"
    table_class = EventTable
    filter_class = EventFilter
    empty_title = _("还没有审计事件")
    empty_hint = _("数据入库、结账、授权等操作发生时，这里会留下不可更改的记录。")

    def get_queryset(self) -> QuerySet[AuditEvent]:
        return selectors.events(actor=self.actor)


class Event(TemplatePage):
    """One event with its place in the chain."""

    roles = selectors.READERS
    template_name = "audit/event.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        event = selectors.access_event(actor=self.actor, number=self.kwargs["number"])
        context = super().get_context_data(
            event=event,
            action=action_title(event.action),
            institution=institution_names(None).get(event.institution, ""),
            detail=[(key, _as_text(value)) for key, value in event.detail.items()],
            link=selectors.link_of(event=event),
            **kwargs,
        )
        return {**context, "title": _now("审计事件 #%(number)s") % {"number": event.number}}


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
