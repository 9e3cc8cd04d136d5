"""Voucher rules for readers: those in force, all versions, what a version or proposal changes, what it would book."""

import json
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views import View

from ops_platform.kernel import DomainError, Forbidden, NotFound, digest_of, from_fen
from ops_platform.ledger import services
from ops_platform.ledger.engine.rule_books import read_rule_book
from ops_platform.ledger.engine.rule_changes import changes_between
from ops_platform.ledger.engine.voucher_rules import RuleBook
from ops_platform.ledger.models import Errand, VoucherRules, VoucherRulesProposal
from ops_platform.ledger.selectors import access, errands
from ops_platform.ledger.selectors.events import input_digest_of
from ops_platform.ledger.selectors.rule_words import account_names, account_words, book_words, change_words
from ops_platform.ledger.selectors.voucher_rules import access_proposal, access_version, changes_asked, rules_at
from ops_platform.ledger.services.rule_drafts import own_draft
from ops_platform.ledger.services.voucher_rules import KIND, RULERS
from ops_platform.ledger.tables.events import event_address, type_title
from ops_platform.ledger.views.books import BooksPage
from ops_platform.ledger.views.errands import card_of
from ops_platform.web.numbers import number_of
from ops_platform.web.pages import Page, TemplatePage
from ops_platform.web.people import names_of
from workflows.public import courses_of

PROPOSALS_SHOWN = 20
DIFFERENCES_A_PAGE = 25
TURNOVERS = ("debit_before", "credit_before", "debit_after", "credit_after")
MARK_TONES = {"seed": "good", "web": "info", "recall": "warn", "default": "neutral"}


def book_of(row: VoucherRules) -> RuleBook:
    """The rule book of a version."""
    return read_rule_book(row.body)[0]


class Rules(TemplatePage):
    """The rules that hold today in sentences; all versions; what was asked for."""

    roles = access.READERS
    title = _("凭证规则")
    template_name = "ledger/voucher_rules.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        held = rules_at(timezone.localdate())
        versions = list(VoucherRules.objects.select_related("maker").order_by("-version"))
        proposals = list(
            VoucherRulesProposal.objects.select_related("asked_by", "rules").order_by("-asked_at", "-id")[
                :PROPOSALS_SHOWN
            ]
        )
        may_write = self.actor.has(*RULERS)
        return super().get_context_data(
            held=held.row,
            tone=MARK_TONES.get(held.row.source_mark, "neutral") if held.row else "neutral",
            types=book_words(held.book, account_names()),
            versions=versions,
            proposals=proposals,
            asked=any(each.state == VoucherRulesProposal.State.ASKED for each in proposals),
            courses=courses_of(KIND, [str(each.pk) for each in proposals]),
            people=names_of(name for row in versions for name in (row.made_by, row.approved_by)),
            may_write=may_write,
            draft=own_draft(self.actor) if may_write else None,
            **kwargs,
        )


class RulesVersion(TemplatePage):
    """One version in sentences."""

    roles = access.READERS
    template_name = "ledger/voucher_rules_version.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        row = access_version(self.kwargs["version"])
        others = VoucherRules.objects.exclude(pk=row.pk).order_by("-version")
        context = super().get_context_data(
            row=row,
            tone=MARK_TONES.get(row.source_mark, "neutral"),
            types=book_words(book_of(row), account_names()),
            others=others,
            people=names_of([row.made_by, row.approved_by]),
            may_write=self.actor.has(*RULERS),
            **kwargs,
        )
        return {**context, "title": _("凭证规则第 %(number)s 版") % {"number": row.version}}


class RulesComparison(TemplatePage):
    """What another version changes."""

    roles = access.READERS
    template_name = "ledger/voucher_rules_comparison.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        row = access_version(self.kwargs["version"])
        other = access_version(number_of(self.request.GET.get("with", ""), row.version - 1))
        before, after = sorted((row, other), key=lambda each: each.version)
        changes = change_words(changes_between(book_of(before), book_of(after)), account_names())
        context = super().get_context_data(before=before, after=after, changes=changes, **kwargs)
        names = {"before": before.version, "after": after.version}
        return {**context, "title": _("凭证规则第 %(before)s 版与第 %(after)s 版") % names}


class RulesFile(Page, View):
    """A version as a file, for who wants to change much of it at once."""

    roles = access.READERS

    def get(self, _request: HttpRequest, version: int) -> HttpResponse:
        """The rule book as JSON."""
        row = access_version(version)
        body = json.dumps(row.body, ensure_ascii=False, indent=1)
        answer = HttpResponse(body, content_type="application/json; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="voucher-rules-{row.version}.json"'
        return answer


class PreviewOfRules(BooksPage):
    """What another rule book would have booked of an institution's month: tried in the background when somebody asks for
    it, then shown as long as facts, rules and calendar are those it was tried on. Nothing is booked."""

    template_name = "ledger/voucher_rules_preview.html"

    def body(self) -> dict[str, Any]:
        """The rule book in question, as data."""
        raise NotImplementedError

    def book(self) -> RuleBook:
        """What of it can be read."""
        return read_rule_book(self.body())[0]

    @cached_property
    def errand(self) -> Errand | None:
        """The last try of this very rule book on the month."""
        if self.institution is None or self.period is None:
            return None
        return errands.latest(Errand.Kind.PREVIEW, self.institution, self.period, digest_of(self.body()))

    def ask(self) -> None:
        """Have it tried on the month that the address names."""
        if self.institution is None or self.period is None:
            raise NotFound("ledger.no_institution", _now("没有这个机构。"))
        services.ask_preview(self.actor, institution=self.institution, period=self.period, body=self.body())

    def post(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        """Ask, and come back to the same page."""
        try:
            self.ask()
        except (NotFound, Forbidden):
            raise
        except DomainError as refusal:
            messages.error(request, refusal.message)
        return redirect(request.get_full_path())

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        errand, institution, period = self.errand, self.institution, self.period
        found = errand.result if errand and errand.state == Errand.State.SUCCEEDED else None
        stale = bool(found and institution and period and found["input"] != input_digest_of(institution, period))
        rows = found["differences"] if found else []
        page, names = Paginator(rows, DIFFERENCES_A_PAGE).get_page(self.request.GET.get("page")), account_names()
        return super().get_context_data(
            **self.scope,
            card=card_of(self.actor, errand),
            found=found,
            stale=stale,
            page=page,
            kept=len(rows),
            differences=[
                row
                | {
                    "url": event_address(institution.pk, row["type"], row["key"], str(period)) if institution else "",
                    "kind": type_title(row["type"]),
                }
                for row in page
            ],
            accounts=[
                {"title": account_words(code, names)} | dict(zip(TURNOVERS, map(from_fen, fen), strict=True))
                for code, *fen in (found["accounts"] if found else [])
            ],
            **kwargs,
        )


class ProposalPage(PreviewOfRules):
    """What somebody asked for: changes in sentences, what it would book of a month, its approval."""

    template_name = "ledger/voucher_rules_proposal.html"

    @cached_property
    def proposal(self) -> VoucherRulesProposal:
        return access_proposal(self.kwargs["pk"])

    def body(self) -> dict[str, Any]:
        found: dict[str, Any] = self.proposal.body
        return found

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        proposal = self.proposal
        context = super().get_context_data(
            proposal=proposal,
            changes=change_words(changes_asked(proposal), account_names()),
            course=courses_of(KIND, [str(proposal.pk)]).get(str(proposal.pk)),
            may_write=self.actor.has(*RULERS),
            **kwargs,
        )
        return {**context, "title": _("凭证规则变更申请：自 %(day)s 起") % {"day": proposal.effective_from}}
