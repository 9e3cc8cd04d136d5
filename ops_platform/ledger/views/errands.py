"""Long work that somebody asked for: how far it is, what came of it, and how to ask again."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from ops_platform.kernel import Actor, Conflict
from ops_platform.ledger import services
from ops_platform.ledger.models import Errand
from ops_platform.ledger.selectors import access, errands
from ops_platform.ledger.selectors.exports import EXPORTERS
from ops_platform.ledger.services.events import BOOKERS
from ops_platform.web.pages import ActionPage, TemplatePage
from ops_platform.web.people import names_of

TONES = {
    Errand.State.WAITING: "neutral",
    Errand.State.RUNNING: "info",
    Errand.State.SUCCEEDED: "good",
    Errand.State.FAILED: "bad",
}
MAY_ASK = {
    Errand.Kind.BOOKING.value: BOOKERS,
    Errand.Kind.EXPORT.value: EXPORTERS,
    Errand.Kind.PREVIEW.value: access.READERS,
    Errand.Kind.OUTLOOK.value: access.READERS,
}


def card_of(actor: Actor, errand: Errand | None) -> dict[str, Any]:
    """For `ledger/errand_card.html`."""
    if errand is None:
        return {"errand": None}
    done = errand.state == Errand.State.SUCCEEDED
    may_ask = actor.may(errand.institution_id, *MAY_ASK[errand.kind])
    return {
        "errand": errand,
        "tone": TONES[Errand.State(errand.state)],
        "asker": names_of([errand.asked_by]).get(errand.asked_by, errand.asked_by),
        "words": errands.outcome_words(errand) if done else "",
        "file_url": reverse("ledger:export-file", args=[errand.result["export"]])
        if done and errand.kind == Errand.Kind.EXPORT and may_ask
        else "",
        "may_ask_again": errand.state == Errand.State.FAILED and may_ask,
    }


class ErrandPage(TemplatePage):
    """One errand, with the way to the page that it belongs to."""

    roles = access.READERS
    template_name = "ledger/errand.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        errand = errands.access_errand(self.actor, self.kwargs["pk"])
        context = super().get_context_data(card=card_of(self.actor, errand), place=_place(errand), **kwargs)
        return {**context, "title": errand.get_kind_display()}


class ErrandProgress(ErrandPage):
    """The card alone, asked for every second while the work goes on; when it has ended, the page is to load itself again."""

    template_name = "ledger/errand_card.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        answer = super().get(request, *args, **kwargs)
        errand = answer.context_data["card"]["errand"]  # type: ignore[attr-defined]
        if not errand.under_way:
            answer["HX-Refresh"] = "true"
        return answer


def _place(errand: Errand) -> str:
    """The page where the work can be seen."""
    names = {
        Errand.Kind.BOOKING: "ledger:events",
        Errand.Kind.OUTLOOK: "ledger:events",
        Errand.Kind.EXPORT: "ledger:exports",
    }
    name = names.get(Errand.Kind(errand.kind))
    if name is None:
        return reverse("ledger:voucher-rules")
    asked = {"institution": str(errand.institution_id), "period": errand.period}
    if errand.kind == Errand.Kind.OUTLOOK:
        asked["state"] = "waiting"
    return f"{reverse(name)}?{urlencode(asked)}"


class AskAgain(ActionPage):
    """Ask anew for what failed."""

    roles = access.READERS
    success_message = _("已重新发起。")
    success_url_name = "ledger:journal"

    def act(self) -> None:
        errand = errands.access_errand(self.actor, self.kwargs["pk"])
        if errand.state != Errand.State.FAILED:
            raise Conflict(
                "ledger.errand_not_failed", "只有未完成的任务可以重新发起。这项任务没有失败，请刷新页面查看。"
            )
        services.ask_again(self.actor, errand)
