"""Pages of the messages, of webhooks and of what was delivered."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from ops_platform.notifications import delivering, kinds, selectors, services
from ops_platform.notifications.filters import DeliveryFilter, MessageFilter
from ops_platform.notifications.forms import NewWebhookForm
from ops_platform.notifications.models import Delivery, Message, WebhookEndpoint
from ops_platform.notifications.tables import DeliveryTable, MessageTable, WebhookTable
from ops_platform.web.pages import ActionPage, FormPage, ListPage


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


class Webhooks(ListPage):
    """Other systems that are told of events, and how they check what they get."""

    roles = selectors.READERS
    title = _("事件推送")
    template_name = "notifications/webhooks.html"
    table_class = WebhookTable
    empty_title = _("还没有接收地址")
    empty_hint = _("其他系统(如办公系统、数据平台)需要及时知道审批结果等事件时，为它新建一个接收地址。")

    def get_queryset(self) -> QuerySet[WebhookEndpoint]:
        return selectors.webhooks(actor=self.actor)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            may_administer=self.actor.has(*selectors.ADMINISTRATORS),
            events=kinds.events(),
            max_attempts=delivering.MAX_ATTEMPTS,
            **kwargs,
        )


class NewWebhook(FormPage):
    """A new webhook; its secret is shown once."""

    roles = selectors.ADMINISTRATORS
    title = _("新建接收地址")
    form_class = NewWebhookForm
    submit_label = _("生成密钥")
    template_name = "notifications/new_webhook.html"

    def act(self, form: NewWebhookForm) -> HttpResponse:
        return _shown_once(self.request, *services.create_webhook(self.actor, **form.cleaned_data))


class RotateSecret(ActionPage):
    """A new secret in place of the old one; shown once."""

    roles = selectors.ADMINISTRATORS
    success_url_name = "webhooks"

    def act(self) -> HttpResponse:
        return _shown_once(self.request, *services.rotate_secret(self.actor, webhook_id=self.kwargs["pk"]))


def _shown_once(request: HttpRequest, webhook: WebhookEndpoint, secret: str) -> HttpResponse:
    context = {"title": _("签名密钥已生成"), "webhook": webhook, "secret": secret}
    page = render(request, "notifications/webhook_secret_once.html", context)
    page["Cache-Control"] = "no-store"
    return page


class DeactivateWebhook(ActionPage):
    """Nothing is sent there any more."""

    roles = selectors.ADMINISTRATORS
    success_message = _("接收地址已停用。")
    success_url_name = "webhooks"

    def act(self) -> None:
        services.deactivate_webhook(self.actor, webhook_id=self.kwargs["pk"])


class SendTest(ActionPage):
    """Send a test; how it went stands in the list of deliveries."""

    roles = selectors.ADMINISTRATORS
    success_message = _("测试推送已发出，稍后刷新本页查看结果。")

    def act(self) -> None:
        services.send_test(self.actor, webhook_id=self.kwargs["pk"])

    def get_success_url(self) -> str:
        return f"{reverse('deliveries')}?endpoint={self.kwargs['pk']}"


class Deliveries(ListPage):
    """What left the platform, what waits, and what did not arrive."""

    roles = selectors.READERS
    title = _("投递记录")
    template_name = "notifications/deliveries.html"
    table_class = DeliveryTable
    filter_class = DeliveryFilter
    empty_title = _("还没有投递")
    empty_hint = _("邮件和事件推送会在这里留下记录，保留 90 天。")

    def get_queryset(self) -> QuerySet[Delivery]:
        return selectors.deliveries(actor=self.actor)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(may_administer=self.actor.has(*selectors.ADMINISTRATORS), **kwargs)


class RetryDelivery(ActionPage):
    """Try once more, now."""

    roles = selectors.ADMINISTRATORS
    success_message = _("已重新发送，稍后刷新本页查看结果。")
    success_url_name = "deliveries"

    def act(self) -> None:
        services.retry(self.actor, delivery_id=self.kwargs["pk"])
