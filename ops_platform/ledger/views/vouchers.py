"""Making vouchers by hand, changing what was returned, asking to take an entry back."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from ops_platform.documents.public import documents_of
from ops_platform.kernel import DomainError, from_fen
from ops_platform.ledger import services
from ops_platform.ledger.filters import VoucherFilter
from ops_platform.ledger.forms.vouchers import (
    DAY,
    FEWEST_LINES,
    MOST_LINES,
    Choices,
    HeadForm,
    LineFormSet,
    initial_of,
)
from ops_platform.ledger.models import Account, Entry, Voucher
from ops_platform.ledger.selectors import access
from ops_platform.ledger.selectors.chart import accounts_of
from ops_platform.ledger.selectors.words import Legs
from ops_platform.ledger.services.contents import content_of
from ops_platform.ledger.services.vouchers import KIND
from ops_platform.ledger.tables.journal import VoucherTable, voucher_name
from ops_platform.masterdata.models import Institution
from ops_platform.web.numbers import number_of
from ops_platform.web.pages import FormPage, ListPage, TemplatePage
from workflows.public import courses_of


class Vouchers(ListPage):
    """Vouchers by hand and how far they are."""

    roles = access.READERS
    title = _("手工凭证")
    table_class = VoucherTable
    filter_class = VoucherFilter
    template_name = "ledger/vouchers.html"
    empty_title = _("还没有手工凭证")
    empty_hint = _("自动凭证不能涵盖的业务，由财务人员制单，另一人审核后记账。")

    def get_queryset(self) -> QuerySet[Voucher]:
        return access.vouchers(self.actor)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(makes=self.actor.has(*services.MAKERS), **kwargs)


class VoucherDetail(TemplatePage):
    """A voucher by hand: what it says now, its review, its entry."""

    roles = access.READERS
    template_name = "ledger/voucher.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        voucher = access.access_voucher(self.actor, self.kwargs["pk"])
        entry = content_of(voucher.pending) if voucher.pending else None
        legs = entry.legs if entry else ()
        known = Legs.of(legs)
        course = courses_of(KIND, [str(voucher.pk)]).get(str(voucher.pk))
        changeable = course is not None and course.state == "returned" and voucher.maker_id == self.actor.user
        context = super().get_context_data(
            voucher=voucher,
            entry=entry,
            lines=[
                {
                    "account": known.accounts[leg.account],
                    "told": known.names.told(leg.dimensions),
                    "debit": from_fen(leg.debit),
                    "credit": from_fen(leg.credit),
                    "summary": leg.summary,
                }
                for leg in legs
            ],
            debit=from_fen(sum(leg.debit for leg in legs)),
            credit=from_fen(sum(leg.credit for leg in legs)),
            course=course,
            changeable=changeable and voucher.reverses_id is None,
            documents=documents_of(KIND, [str(voucher.pk)])[str(voucher.pk)],
            **kwargs,
        )
        return {**context, "title": entry.summary if entry else _("手工凭证")}


class _VoucherForm(TemplatePage):
    """Head and grid; refusals stand above the grid, faults at their lines."""

    roles = services.MAKERS
    template_name = "ledger/voucher_form.html"

    @cached_property
    def institutions(self) -> QuerySet[Institution]:
        return Institution.objects.visible_to(self.actor, *services.MAKERS).order_by("code")

    @cached_property
    def institution(self) -> Institution | None:
        asked = self.request.POST.get("institution") or self.request.GET.get("institution") or ""
        return self.institutions.filter(pk=number_of(asked)).first() or self.institutions.first()

    def number_of_lines(self) -> int:
        """As many empty lines as the page was asked for."""
        asked = self.request.GET.get("lines", "")
        return min(max(number_of(asked), FEWEST_LINES), MOST_LINES)

    def head(self, data: Any = None, files: Any = None) -> HeadForm:
        return HeadForm(data, files, institutions=self.institutions, initial={"institution": self.institution})

    def lines(self, data: Any = None) -> Any:
        return LineFormSet(
            data,
            initial=[{} for _ in range(self.number_of_lines())],
            form_kwargs={"choices": Choices(self.institution)},
        )

    def accounts(self) -> list[Account]:
        if self.institution is None:
            return []
        return [row for row in accounts_of(self.institution).values() if row.leaf and row.closed_on is None]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kwargs.setdefault("head", self.head())
        kwargs.setdefault("lines", self.lines())
        return super().get_context_data(accounts=self.accounts(), more_lines=self.number_of_lines() + 6, **kwargs)

    def save(self, head: HeadForm, lines: Any) -> int:
        """Call the service; the number of the voucher."""
        raise NotImplementedError

    def post(self, request: Any, *_args: Any, **_kwargs: Any) -> HttpResponse:
        head, lines = self.head(request.POST, request.FILES), self.lines(request.POST)
        valid = [head.is_valid(), lines.is_valid()]
        if all(valid):
            try:
                return redirect("ledger:voucher", self.save(head, lines))
            except DomainError as refusal:
                if refusal.status in (403, 404):
                    raise
                faults = refusal.context.get("faults") or [{"message": refusal.message}]
                for fault in faults:
                    head.add_error(None, fault["message"])
        return self.render_to_response(self.get_context_data(head=head, lines=lines), status=422)


class NewVoucher(_VoucherForm):
    """Make a voucher."""

    title = _("制单")

    def save(self, head: HeadForm, lines: Any) -> int:
        given = head.cleaned_data
        voucher, _matter = services.make_voucher(
            self.actor,
            institution_id=given["institution"].pk,
            day=given["day"],
            summary=given["summary"],
            legs=lines.legs(),
            files=given["attachments"],
            once=given["once"],
        )
        return voucher.pk


class ChangeVoucher(_VoucherForm):
    """Change a voucher that was returned."""

    title = _("修改凭证")

    @cached_property
    def voucher(self) -> Voucher:
        return services.own_voucher(self.actor, self.kwargs["pk"])

    @cached_property
    def institution(self) -> Institution | None:
        return self.voucher.institution

    def head(self, data: Any = None, files: Any = None) -> HeadForm:
        pending = self.voucher.pending
        initial = {
            "institution": self.voucher.institution,
            "day": pending.day if pending else None,
            "summary": pending.summary if pending else "",
        }
        form = HeadForm(data, files, institutions=self.institutions, initial=initial)
        form.fields["institution"].disabled = True
        del form.fields["attachments"], form.fields["once"]
        return form

    def lines(self, data: Any = None) -> Any:
        names = {row.code: row.name for row in self.accounts()}
        entry = content_of(self.voucher.pending) if self.voucher.pending else None
        initial = initial_of(entry, names) if entry else []
        rows = initial if data is None else [{} for _ in initial]
        empty: list[dict[str, Any]] = [{} for _ in range(max(FEWEST_LINES, len(initial) + 2) - len(initial))]
        return LineFormSet(data, initial=rows + empty, form_kwargs={"choices": Choices(self.institution)})

    def save(self, head: HeadForm, lines: Any) -> int:
        given = head.cleaned_data
        return services.change_voucher(
            self.actor,
            voucher_id=self.voucher.pk,
            day=given["day"],
            summary=given["summary"],
            legs=lines.legs(),
        ).pk


class ReversalForm(forms.Form):
    """When and why an entry is taken back."""

    day = forms.DateField(label=_("冲销日期"), initial=timezone.localdate, widget=DAY)
    reason = forms.CharField(
        label=_("冲销原因"), min_length=2, max_length=120, widget=forms.Textarea(attrs={"rows": 3})
    )


class AskReversal(FormPage):
    """Ask to take a posted entry back in red."""

    roles = services.MAKERS
    form_class = ReversalForm
    template_name = "ledger/reversal.html"
    submit_label = _("提交审核")

    @cached_property
    def row(self) -> Entry:
        return access.access_entry(self.actor, self.kwargs["pk"])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(row=self.row, **kwargs)
        return {**context, "title": _("冲销 %(voucher)s") % {"voucher": voucher_name(self.row)}}

    def act(self, form: ReversalForm) -> HttpResponse:
        voucher, _matter = services.ask_reversal(
            self.actor, entry_id=self.row.pk, day=form.cleaned_data["day"], reason=form.cleaned_data["reason"]
        )
        return redirect("ledger:voucher", voucher.pk)
