"""Pages of books kept elsewhere: the mapping of their accounts, and how they compare with the books kept here."""

from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from ops_platform.his_intake.public import COST_ITEMS, FUNDING_SOURCES
from ops_platform.kernel import Invalid, Period, Role, from_fen
from ops_platform.ledger import mapping_files, services
from ops_platform.ledger.engine.comparison import NOTHING, Amounts, Compared, Reason
from ops_platform.ledger.engine.local_accounts import LocalMapping
from ops_platform.ledger.forms.local_accounts import BooksModeForm, MappingFileForm, MappingForm
from ops_platform.ledger.models import BooksMode
from ops_platform.ledger.selectors import chart, imported, local_accounts, modes
from ops_platform.ledger.selectors.local_accounts import KEEPERS, READERS, MappedAccount
from ops_platform.ledger.services.local_accounts import MODE_KEEPERS
from ops_platform.ledger.tables.local_accounts import REASON_TONES, ComparisonTable, LocalAccountTable
from ops_platform.ledger.views.books import month_of
from ops_platform.masterdata import months
from ops_platform.masterdata.models import Institution
from ops_platform.web.pages import ActionPage, FormPage, ListPage

FAULTS_SHOWN = 100
REASONS = {
    Reason.MISSING_HERE: _("本平台没有"),
    Reason.MISSING_THERE: _("外部没有"),
    Reason.AMOUNT: _("金额不同"),
    None: _("一致"),
}


class _Scope:
    """The institution and month that the address names, else the first and the last month; those with trial balances."""

    def __init__(self, page: Any) -> None:
        asked = page.request.GET
        self.institutions = list(local_accounts.readable_institutions(actor=page.actor).select_related("alliance"))
        named = [one for one in self.institutions if str(one.pk) == asked.get("institution")]
        self.institution: Institution | None = next(iter([*named, *self.institutions]), None)
        self.months: list[months.Month] = []
        if self.institution:
            self.months = months.months(
                institutions=[self.institution.pk],
                periods=imported.months_with_trial_balances(self.institution.pk),
                today=timezone.localdate(),
            )
        named_month = [month for month in self.months if month.period == asked.get("period")]
        self.month = next(iter([*named_month, *self.months]), None)

    @property
    def period(self) -> Period | None:
        """The month shown: where nothing was sent yet, the institution's first one."""
        if self.month:
            return Period.parse(self.month.period)
        return Period.parse(self.institution.first_period) if self.institution else None

    @property
    def context(self) -> dict[str, Any]:
        """For `components/scope_picker.html`."""
        return {
            "institutions": self.institutions,
            "institution": self.institution,
            "months": self.months,
            "month": self.month,
        }


class _Scoped(ListPage):
    """A list of one institution and month, of which `only` shows a part."""

    roles = READERS
    per_page = 200
    only = ""

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self._scope: _Scope | None = None

    @property
    def scope(self) -> _Scope:
        if self._scope is None:
            self._scope = _Scope(self)
        return self._scope

    @property
    def narrowed(self) -> bool:
        """Whether only that part is asked for."""
        return self.request.GET.get("only") == self.only

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        mode = BooksMode.Mode.OWN
        if self.scope.institution and self.scope.period:
            pk = self.scope.institution.pk
            mode = modes.modes_at([pk], self.scope.period)[pk]
        kept = {"only": self.only} if self.narrowed else {}
        return {**context, **self.scope.context, "mode": mode, "narrowed": self.narrowed, "kept": kept}


class LocalAccounts(_Scoped):
    """The accounts of a chart kept elsewhere and what stands behind them; those that are unmapped with a proposal."""

    title = _("科目对应")
    template_name = "ledger/local_accounts.html"
    table_class = LocalAccountTable
    only = "unmapped"
    empty_title = _("这里还没有本地科目")
    empty_hint = _("在外部系统记账的机构报送「科目余额表」后，其科目列在这里，等待对应到统一科目。也可以先导入对应表。")

    def get_queryset(self) -> list[dict[str, Any]]:
        institution, period = self.scope.institution, self.scope.period
        self.unmapped = self.proposed = 0
        if institution is None or period is None:
            return []
        rows = local_accounts.local_accounts(institution, period)
        self.unmapped = sum(row.unmapped for row in rows)
        self.proposed = sum(row.unmapped and row.proposal is not None and not row.proposal.missing for row in rows)
        names = dict(Institution.objects.values_list("pk", "name"))
        may = self.actor.may(institution.pk, *KEEPERS)
        return [
            _mapped_row(row, institution, period, names, may=may) for row in rows if row.unmapped or not self.narrowed
        ]

    def _export(self) -> HttpResponseBase:
        institution, period = self.scope.institution, self.scope.period
        if institution is None or period is None:
            return super()._export()
        rows = local_accounts.local_accounts(institution, period)
        return mapping_files.write(institution, period, [row for row in rows if row.unmapped or not self.narrowed])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        institution = self.scope.institution
        return {
            **context,
            "unmapped": self.unmapped,
            "proposed": self.proposed,
            "period": self.scope.period,
            "may_map": institution and self.actor.may(institution.pk, *KEEPERS),
            "may_choose": institution and self.actor.may(institution.pk, *MODE_KEEPERS),
        }


def _mapped_row(
    row: MappedAccount, institution: Institution, period: Period, names: Mapping[int, str], *, may: bool
) -> dict[str, Any]:
    told = row.dimensions
    words = [
        names.get(told.counterparty, ""),
        str(dict(COST_ITEMS).get(told.cost_item, "")),
        str(dict(FUNDING_SOURCES).get(told.funding_source, "")),
    ]
    query = {"code": row.code, "period": str(period)}
    return {
        "code": row.code,
        "name": row.name,
        "closing": from_fen(row.line.closing) if row.line else None,
        "account": f"{row.account} {row.account_name}" if row.account else "",
        "dimensions": "、".join(word for word in words if word),
        "mapped_by": row.mapped_by,
        "since": str(Period.of(row.effective_from)) if row.effective_from else None,
        "proposal": row.proposal.words if row.proposal else "",
        "url": reverse("ledger:map-account", args=[institution.pk]) + f"?{urlencode(query)}" if may else "",
    }


class _OfInstitution:
    """Mixin of pages of the institution that the address names: 404 for what one may not see."""

    actor: Any
    kwargs: dict[str, Any]
    request: HttpRequest
    _institution: Institution | None = None

    @property
    def institution(self) -> Institution:
        if self._institution is None:
            self._institution = local_accounts.access_institution(
                actor=self.actor, institution_id=self.kwargs["institution"]
            )
        return self._institution

    def get_success_url(self) -> str:
        """Back to the list of the institution."""
        return reverse("ledger:local-accounts") + f"?{urlencode({'institution': self.institution.pk})}"


class _InstitutionForm(_OfInstitution, FormPage):
    roles: ClassVar[tuple[Role, ...]] = KEEPERS

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(institution=self.institution, back=self.get_success_url(), **kwargs)


class MapAccount(_InstitutionForm):
    """What stands behind one local account from a month on, and all that was said of it before."""

    title = _("对应本地科目")
    template_name = "ledger/map_account.html"
    form_class = MappingForm
    success_message = _("科目对应已保存。")

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "institution": self.institution}

    def _asked(self) -> tuple[str, Period]:
        """The code and month that the address names; the institution's first month where it names none."""
        period = self.request.GET.get("period", "")
        known = imported.months_with_trial_balances(self.institution.pk)
        code = self.request.GET.get("code", "")[:40].replace("\0", "")
        return code, Period.parse(period if period in known else self.institution.first_period)

    def get_initial(self) -> dict[str, Any]:
        code, period = self._asked()
        if not code:
            return {"effective_from": str(period)}
        row = next((one for one in local_accounts.local_accounts(self.institution, period) if one.code == code), None)
        if row is None:
            return {"code": code, "effective_from": str(period)}
        return {
            "code": row.code,
            "name": row.name,
            "account": row.account or (row.proposal.account if row.proposal else ""),
            "counterparty": row.dimensions.counterparty or None,
            "cost_item": row.dimensions.cost_item,
            "funding_source": row.dimensions.funding_source,
            "effective_from": str(period),
        }

    def act(self, form: MappingForm) -> None:
        told = form.cleaned_data
        partner = told["counterparty"]
        mapping = LocalMapping(
            code=told["code"],
            name=told["name"],
            account=told["account"],
            effective_from=told["effective_from"],
            counterparty=partner.pk if partner else 0,
            cost_item=told["cost_item"],
            funding_source=told["funding_source"],
        )
        services.map_accounts(self.actor, institution=self.institution, mappings=[mapping])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        code, _period = self._asked()
        history = local_accounts.history_of(institution=self.institution, code=code) if code else []
        return super().get_context_data(history=history, **kwargs)


class ImportMapping(_InstitutionForm):
    """A workbook of mappings; the whole file or nothing of it."""

    title = _("导入科目对应")
    template_name = "ledger/import_mapping.html"
    form_class = MappingFileForm
    submit_label = _("导入")
    success_message = _("科目对应已导入。")
    faults: tuple[dict[str, Any], ...] = ()

    def act(self, form: MappingFileForm) -> None:
        try:
            mappings, rows = mapping_files.read(form.cleaned_data["file"].read())
            services.map_accounts(self.actor, institution=self.institution, mappings=mappings, rows=rows)
        except Invalid as refusal:
            self.faults = tuple(refusal.context.get("faults", ()))[:FAULTS_SHOWN]
            raise

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        shown = [{**fault, "title": mapping_files.TITLES.get(fault["field"], "")} for fault in self.faults]
        return super().get_context_data(faults=shown, **kwargs)


class SetBooksMode(_InstitutionForm):
    """Where the institution's official figures come from, from a month on."""

    roles = MODE_KEEPERS
    title = _("记账方式")
    template_name = "ledger/books_mode.html"
    form_class = BooksModeForm
    success_message = _("记账方式已保存。")

    def get_initial(self) -> dict[str, Any]:
        present = Period.of(timezone.localdate())
        mode = modes.modes_at([self.institution.pk], present)[self.institution.pk]
        return {"mode": mode, "effective_from": str(present)}

    def act(self, form: BooksModeForm) -> None:
        services.set_books_mode(
            self.actor,
            institution=self.institution,
            mode=BooksMode.Mode(form.cleaned_data["mode"]),
            effective_from=form.cleaned_data["effective_from"],
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(history=modes.history_of(institution=self.institution), **kwargs)


class AdoptProposals(_OfInstitution, ActionPage):
    """Take every proposal that lacks nothing."""

    roles = KEEPERS

    def act(self) -> str:
        period = month_of(self.request.POST.get("period", ""))
        done = services.adopt_proposals(self.actor, institution=self.institution, period=period)
        return _now("已按建议对应 %(count)s 个科目。") % {"count": done}


class BookOpening(_OfInstitution, ActionPage):
    """Begin the books with the opening columns of the first month's trial balance."""

    roles = MODE_KEEPERS

    def act(self) -> str:
        entry = services.book_opening_from_trial_balance(self.actor, self.institution)
        return _now("期初余额已录入，为第 %(number)s 号凭证。") % {"number": entry.number}


class TrialBalances(_Scoped):
    """The books kept here against the trial balance of the month."""

    title = _("外部账对照")
    template_name = "ledger/trial_balances.html"
    table_class = ComparisonTable
    only = "different"
    empty_title = _("没有可对照的科目")
    empty_hint = _("机构报送「科目余额表」并完成科目对应后，在这里与本平台账簿逐科目对照。")

    def get_queryset(self) -> list[dict[str, Any]]:
        institution, period = self.scope.institution, self.scope.period
        self.compared: tuple[Compared, ...] = ()
        self.unmapped: list[imported.LocalLine] = []
        if institution is None or self.scope.month is None or period is None:
            return []
        self.compared = local_accounts.comparison([institution.pk], period)
        lines = imported.local_lines(institution.pk, period)
        self.unmapped = [line for line in lines if line.has_amounts and not line.account]
        names = {code: row.name for code, row in chart.accounts_of(institution).items()}
        return [_compared_row(row, names) for row in self.compared if row.reason or not self.narrowed]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        counts = [
            (title, sum(row.reason is reason for row in self.compared), REASON_TONES[reason or ""])
            for reason, title in REASONS.items()
        ]
        return {**context, "counts": counts, "unmapped": self.unmapped}


def _compared_row(row: Compared, names: Mapping[str, str]) -> dict[str, Any]:
    return {
        "account": row.account,
        "name": names.get(row.account, ""),
        "reason": row.reason or "",
        "reason_title": REASONS[row.reason],
        **_amounts("own", row.own),
        **_amounts("imported", row.imported),
        "difference": from_fen(row.difference.closing),
    }


def _amounts(side: str, amounts: Amounts | None) -> dict[str, Any]:
    told = amounts or NOTHING
    return {
        f"{side}_{name}": from_fen(getattr(told, name)) if amounts else None
        for name in ("opening", "debit", "credit", "closing")
    }
