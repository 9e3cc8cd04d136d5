"""The editor of voucher rules. It works without a script: each change is a page that is sent and a draft that is kept."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from ops_platform.kernel import Conflict, DomainError, Forbidden, Invalid, NotFound, Period
from ops_platform.ledger import events
from ops_platform.ledger.engine.rule_books import read_rule_book
from ops_platform.ledger.engine.rule_changes import changes_between
from ops_platform.ledger.engine.voucher_rules import RuleBook
from ops_platform.ledger.forms.voucher_rules import PostingForm, RuleFileForm, SubmissionForm, initial_of
from ops_platform.ledger.models import VoucherRulesDraft
from ops_platform.ledger.selectors.rule_words import account_names, book_words, change_words
from ops_platform.ledger.selectors.voucher_rules import rules_at, unified_chart
from ops_platform.ledger.services import rule_drafts as services
from ops_platform.ledger.services.rule_drafts import RulePlace
from ops_platform.ledger.services.voucher_rules import RULERS
from ops_platform.ledger.views.voucher_rules import PreviewOfRules
from ops_platform.web.numbers import number_of
from ops_platform.web.pages import ActionPage, FormPage, TemplatePage, tell_refusal

FAULTS_SHOWN = 50


class _OfDraft:
    """A view of the actor's own draft. `stale`: what was sent was refused because the draft is another one by now; only
    then does the page carry the present draft as seen, so that nobody writes over it unawares."""

    actor: Any
    kwargs: dict[str, Any]
    request: Any
    stale = False

    @cached_property
    def draft(self) -> VoucherRulesDraft:
        found = services.own_draft(self.actor)
        if found is None:
            raise NotFound("ledger.no_rules_draft", "没有正在起草的凭证规则，请从「凭证规则」页面起草。")
        return found

    @property
    def seen(self) -> str:
        """The draft that stood on the reader's page."""
        return str(self.request.POST.get("seen", ""))

    def seen_next(self) -> str:
        """The draft that the answered page stands for."""
        return services.token_of(self.draft) if self.stale or self.request.method == "GET" else self.seen

    def read(self) -> RuleBook:
        """What of the draft can be read."""
        return read_rule_book(self.draft.body)[0]


class Draft(_OfDraft, TemplatePage):
    """The draft in sentences with the tools beside them, its faults, and what it changes."""

    roles = RULERS
    title = _("凭证规则草稿")
    template_name = "ledger/voucher_rules_draft.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        names = account_names()
        held = rules_at(timezone.localdate())
        return super().get_context_data(
            draft=self.draft,
            held=held.row,
            types=book_words(self.read(), names),
            changes=change_words(changes_between(held.book, self.read()), names),
            faults=services.faults_of_draft(self.draft)[:FAULTS_SHOWN],
            seen=services.token_of(self.draft),
            **kwargs,
        )


class BeginDraft(ActionPage):
    """Begin to write: with the rules that hold, with a version, or with what somebody once asked for."""

    roles = RULERS
    success_url_name = "ledger:voucher-rules"

    def act(self) -> HttpResponse:
        services.begin_draft(self.actor, version=self._number("version"), proposal=self._number("proposal"))
        return redirect("ledger:voucher-rules-draft")

    def _number(self, name: str) -> int | None:
        return number_of(self.request.POST.get(name, "")) or None


class _PostingPage(_OfDraft, FormPage):
    roles = RULERS
    template_name = "ledger/posting_form.html"
    form_class = PostingForm
    submit_label = _("保存到草稿")
    success_message = _("已保存到草稿。提交并经另一人同意之前，仍按现行规则记账。")

    @cached_property
    def kind(self) -> events.EventType:
        found = events.event_type(self.kwargs["event_type"])
        if found is None:
            raise NotFound("ledger.no_event_type", "没有这种业务类型。")
        return found

    def get_form_kwargs(self) -> dict[str, Any]:
        chart = unified_chart(timezone.localdate())
        return {**super().get_form_kwargs(), "form": self.kind.form, "chart": chart}

    def place(self) -> RulePlace:
        """Where the posting goes."""
        return RulePlace(self.kind.form.code)

    def act(self, form: PostingForm) -> None:
        try:
            services.keep_posting(self.actor, seen=self.seen, place=self.place(), posting=form.posting)
        except Conflict:
            self.stale = True
            raise

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        chart = unified_chart(timezone.localdate())
        return super().get_context_data(
            kind=self.kind.form,
            draft=self.draft,
            accounts=[account for account in chart.values() if account.leaf and not account.closed],
            seen=self.seen_next(),
            **kwargs,
        )

    def get_success_url(self) -> str:
        return f"{reverse('ledger:voucher-rules-draft')}#{self.kind.form.code}"


class NewPosting(_PostingPage):
    """A new posting at the end of its type."""

    title = _("新增规则")


class EditPosting(_PostingPage):
    """Change a posting of the draft."""

    title = _("修改规则")

    def place(self) -> RulePlace:
        return RulePlace(self.kind.form.code, self.kwargs["number"])

    def get_initial(self) -> dict[str, Any]:
        rows, number = self.draft.body.get(self.kind.form.code, []), self.kwargs["number"]
        if not 1 <= number <= len(rows):
            raise NotFound("ledger.no_rule", "草稿中没有这条规则，请刷新后重试。")
        return initial_of(rows[number - 1], self.kind.form, account_names())


class _DraftAction(_OfDraft, ActionPage):
    roles = RULERS
    success_url_name = "ledger:voucher-rules-draft"


class ArrangePosting(_DraftAction):
    """Move a posting up or down, or take it out."""

    def act(self) -> str:
        given = self.request.POST
        place = RulePlace(given.get("event_type", ""), number_of(given.get("number", "")))
        do = given.get("do", "")
        services.arrange_posting(self.actor, seen=self.seen, place=place, do=do)
        return str(_("已从草稿中删除该规则。") if do == "drop" else _("已移动。"))


class DiscardDraft(_DraftAction):
    """Give the draft up."""

    success_url_name = "ledger:voucher-rules"
    success_message = _("已放弃草稿，仍按现行凭证规则记账。")

    def act(self) -> None:
        services.discard_draft(self.actor)


class UploadRules(FormPage):
    """A whole rule book from a file becomes the draft."""

    roles = RULERS
    title = _("上传凭证规则文件")
    template_name = "ledger/voucher_rules_upload.html"
    form_class = RuleFileForm
    submit_label = _("上传为草稿")
    success_message = _("文件已成为您的草稿，请核对。")
    faults: tuple[dict[str, Any], ...] = ()

    def act(self, form: RuleFileForm) -> None:
        try:
            services.replace_draft(self.actor, body=form.cleaned_data["file"])
        except Invalid as refusal:
            self.faults = tuple(refusal.context.get("faults", ()))[:FAULTS_SHOWN]
            raise

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            faults=self.faults,
            draft=services.own_draft(self.actor),
            held=rules_at(timezone.localdate()).row,
            **kwargs,
        )

    def get_success_url(self) -> str:
        return reverse("ledger:voucher-rules-draft")


class PreviewDraft(_OfDraft, PreviewOfRules):
    """What the draft would have booked of a month; then it is submitted."""

    roles = RULERS
    title = _("预览并提交")
    template_name = "ledger/voucher_rules_submit.html"

    def body(self) -> dict[str, Any]:
        found: dict[str, Any] = self.draft.body
        return found

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        held = rules_at(timezone.localdate())
        kwargs.setdefault(
            "form", SubmissionForm(initial={"effective_from": Period.of(timezone.localdate()).shift(1).first_day})
        )
        return super().get_context_data(
            draft=self.draft,
            held=held.row,
            changes=change_words(changes_between(held.book, self.read()), account_names()),
            faults=services.faults_of_draft(self.draft)[:FAULTS_SHOWN],
            seen=self.seen_next(),
            **kwargs,
        )

    def post(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        """Try the draft on the month, or submit it; what is wrong stands in the form."""
        if request.POST.get("do") == "try":
            return super().post(request)
        form = SubmissionForm(request.POST)
        if form.is_valid():
            given = form.cleaned_data
            try:
                proposal, _matter = services.submit_draft(
                    self.actor, seen=self.seen, effective_from=given["effective_from"], note=given["note"]
                )
            except (NotFound, Forbidden):
                raise
            except DomainError as refusal:
                self.stale = isinstance(refusal, Conflict)
                tell_refusal(form, refusal)
            else:
                messages.success(request, _("已提交审批。经申请人以外的一人同意后，自生效日期起按新规则记账。"))
                return redirect("ledger:voucher-rules-proposal", proposal.pk)
        return self.render_to_response(self.get_context_data(form=form), status=422)
