"""Pages of the messages."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from ops_platform.notifications import selectors, services
from ops_platform.notifications.filters import MessageFilter
from ops_platform.notifications.models import Message
from ops_platform.notifications.tables import MessageTable
from ops_platform.web.pages import ActionPage, ListPage


class Messages(ListPage):
    """What the reader was told."""

    title = _("消息")
    template_name = "notifications/messages.html"
    table_class = MessageTable
    filter_class = MessageFilter
    empty_title = _("没有消息")
    empty_hint = _("数据问题、结账催办和待办事项会在这里通知您。")

    def get_queryset(self) -> QuerySet[Message]:
        return selectors.messages(actor=self.actor)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(unread=selectors.unread(self.actor), **kwargs)


class OpenMessage(ActionPage):
    """Go to where a message points; it is read from then on."""

    success_url_name = "messages"

    def act(self) -> HttpResponse:
        message = services.open_message(self.actor, message_id=self.kwargs["pk"])
        return redirect(message.url or "messages")


class ReadAll(ActionPage):
    """All messages are read."""

    success_url_name = "messages"

    def act(self) -> str:
        return _now("已将 %(count)s 条消息标为已读。") % {"count": services.read_all(self.actor)}
