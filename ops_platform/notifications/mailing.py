"""Mails: one line of subject, what there is to do, and the way to the page. Nothing of the matter itself leaves."""

from smtplib import SMTPDataError, SMTPException, SMTPRecipientsRefused, SMTPSenderRefused

from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import reverse
from django.utils.translation import gettext as _

from ops_platform.notifications.models import Delivery
from ops_platform.notifications.posting import NotDelivered
from ops_platform.web.context import PRODUCT_NAME

SUBJECT_LENGTH = 120


def is_on() -> bool:
    """Whether the platform sends mail at all."""
    return bool(settings.EMAIL_HOST)


def send(delivery: Delivery) -> None:
    """Send one mail to the address that the person has now. Raises NotDelivered."""
    person = delivery.recipient
    if person is None or not person.email or not person.is_active:
        raise NotDelivered(_("收件人没有邮箱，或已停用"))
    if not is_on():
        raise NotDelivered(_("本平台没有启用邮件"), silent=True)
    title = one_line(delivery.payload["title"])
    message = EmailMessage(
        subject=f"【{_('业财融合')}】{title}"[:SUBJECT_LENGTH],
        body=_body(one_line(person.display_name), title, delivery.payload["url"]),
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[person.email],
        headers={
            "Message-ID": f"<{delivery.uid}@{_host()}>",  # the same at every try: mail programs show it once
            "Auto-Submitted": "auto-generated",
        },
    )
    try:
        message.send()
    except (SMTPException, OSError) as error:
        about_this_one = isinstance(error, SMTPRecipientsRefused | SMTPSenderRefused | SMTPDataError)
        words = f"{_('邮件服务器没有接收')}({type(error).__name__})"
        raise NotDelivered(words, silent=not about_this_one) from error


def one_line(text: str) -> str:
    """Without line ends and other control characters: nothing of it can become a header of its own."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def _host() -> str:
    return settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].strip("<> ") or "localhost"


def _body(name: str, title: str, url: str) -> str:
    lines = (
        _("%(name)s，您好：") % {"name": name},
        "",
        title,
        "",
        _("请打开以下链接查看："),
        settings.PUBLIC_URL + (url or reverse("messages")),
        "",
        _("本邮件由%(product)s自动发送，请勿回复。如不再需要，请修改邮件设置：") % {"product": PRODUCT_NAME},
        settings.PUBLIC_URL + reverse("mail-settings"),
        "",
    )
    return "\n".join(lines)
