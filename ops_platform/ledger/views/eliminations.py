"""Pairs and their differences, eliminations, and who is consolidated."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from ops_platform.kernel import DomainError
from ops_platform.ledger.engine.proposals import Ground, Proposal
from ops_platform.ledger.forms.consolidation import EndMemberForm, ExplanationForm, MemberForm
from ops_platform.ledger.forms.eliminations import (
    FEWEST_LINES,
    MORE_LINES,
    EliminationHeadForm,
    EliminationLegForm,
    EliminationLegs,
    accounts_to_eliminate,
    proposed,
)
from ops_platform.ledger.forms.vouchers import Choices
from ops_platform.ledger.models import PairMatch
from ops_platform.ledger.selectors import consolidation as reads
from ops_platform.ledger.selectors.elimination_proposals import proposal_for
from ops_platform.ledger.services import consolidation as writes
from ops_platform.ledger.services import consolidation_members, eliminations
from ops_platform.ledger.tables.consolidation import EliminationTable, MemberTable, PairTable, kind_title
from ops_platform.ledger.views.statements import COST_ITEM_TITLES
from ops_platform.ledger.views.whole import WholePage, about_run
from ops_platform.web.numbers import number_of
from ops_platform.web.pages import ActionPage, FormPage, ListPage, TemplatePage, tell_refusal


class Pairs(WholePage, ListPage):
    """What members say of the same dealings, differences first."""

    title = _("内部往来对账")
    template_name = "ledger/pairs.html"
    table_class = PairTable
    empty_title = _("成员单位之间没有往来")
    empty_hint = _("带往来机构的科目才参加对账，例如医联体内部往来。")

    def get_queryset(self) -> Any:
        return reads.pairs(run=self.run())

    def get_table(self, rows: Any) -> PairTable:
        return PairTable(rows, request=self.request, may_explain=self.may_change and writes.is_open(self.run()))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**about_run(self.run()), **kwargs)


class ExplainPair(WholePage, FormPage):
    """Say why two members say different amounts."""

    roles = writes.MAKERS
    title = _("说明差异")
    form_class = ExplanationForm
    template_name = "ledger/explain_pair.html"

    @cached_property
    def pair(self) -> PairMatch:
        """The pair of the address."""
        return reads.access_pair(actor=self.actor, pair_id=self.kwargs["pk"])

    @cached_property
    def earlier(self) -> PairMatch | None:
        """The same difference as it was explained in an earlier month."""
        return reads.explained_earlier(pair=self.pair)

    def get_initial(self) -> dict[str, Any]:
        return {"explanation": self.pair.explanation or (self.earlier.explanation if self.earlier else "")}

    def act(self, form: ExplanationForm) -> HttpResponse:
        pair = writes.explain_difference(
            self.actor, pair_id=self.kwargs["pk"], explanation=form.cleaned_data["explanation"]
        )
        return redirect("ledger:pairs", pair.run_id)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        pair = self.pair
        return super().get_context_data(pair=pair, kind=kind_title(pair.kind), earlier=self.earlier, **kwargs)


class Eliminations(WholePage, ListPage):
    """The elimination sheet of a run."""

    title = _("抵销分录")
    template_name = "ledger/eliminations.html"
    table_class = EliminationTable
    empty_title = _("没有抵销分录")
    empty_hint = _("成员单位之间一致的往来自动抵销；其他的可以手工抵销。")

    def get_queryset(self) -> Any:
        return reads.eliminations(run=self.run())

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        run = self.run()
        waiting = reads.by_hand(actor=self.actor, period=run.period).exclude(pk__in=run.by_hand)
        return super().get_context_data(others=waiting, may_change=self.may_change, **about_run(run), **kwargs)


class EliminationPage(WholePage, TemplatePage):
    """One elimination with its legs."""

    template_name = "ledger/elimination.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        row = reads.access_elimination(actor=self.actor, elimination_id=self.kwargs["pk"])
        legs = [(leg, COST_ITEM_TITLES.get(leg.cost_item, leg.cost_item)) for leg in row.legs.all()]
        context = super().get_context_data(elimination=row, legs=legs, **kwargs)
        return {**context, "title": row.title}


GROUNDS = {
    Ground.ALONE: _("只有一方记了这笔往来及其收入或费用，建议把这一方所记同时冲回。"),
    Ground.UNNAMED: _("对方有同额的一笔没有注明往来机构，建议与之抵销。"),
    Ground.OPEN: _("对方账上没有找到同额的一笔，请选择对方应冲减的科目。"),
}


class NewElimination(WholePage, TemplatePage):
    """An elimination by hand; comes into force when a second person approved it. From a difference its legs are proposed."""

    roles = writes.MAKERS
    title = _("手工抵销")
    template_name = "ledger/new_elimination.html"

    @cached_property
    def pair(self) -> PairMatch | None:
        """The difference that it comes from."""
        asked = self.request.POST.get("pair") or self.request.GET.get("pair") or ""
        return reads.access_pair(actor=self.actor, pair_id=number_of(asked)) if asked.isdecimal() else None

    @cached_property
    def proposal(self) -> Proposal:
        return proposal_for(pair=self.pair) if self.pair else Proposal()

    def lines(self, data: Any = None, initial: Any = None) -> Any:
        return EliminationLegs(data, initial=initial, form_kwargs={"choices": Choices(None)})

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        pair = self.pair
        if "head" not in kwargs:
            about = {"pair": pair.pk, "period": pair.run.period, "through": pair.run.period} if pair else {}
            legs = proposed(self.proposal)
            kwargs["head"] = EliminationHeadForm(initial=about)
            kwargs["lines"] = self.lines(initial=legs + [{}] * max(FEWEST_LINES, MORE_LINES))
        return super().get_context_data(
            pair=pair,
            kind=kind_title(pair.kind) if pair else "",
            ground=GROUNDS[self.proposal.ground] if self.proposal.legs else "",
            accounts=accounts_to_eliminate(),
            **kwargs,
        )

    def post(self, request: Any, *_args: Any, **_kwargs: Any) -> HttpResponse:
        if "more" in request.POST:
            return self._with_more_lines(request.POST)
        head, lines = EliminationHeadForm(request.POST), self.lines(request.POST)
        valid = [head.is_valid(), lines.is_valid()]
        if all(valid):
            given = head.cleaned_data
            wanted = eliminations.WantedElimination(
                given["period"], given["through"], given["reason"], lines.legs(), given["pair"]
            )
            try:
                _row, matter = eliminations.propose_elimination(self.actor, wanted)
                return redirect("workflows:matter", matter)
            except DomainError as refusal:
                if refusal.status in (403, 404):
                    raise
                if faults := refusal.context.get("faults"):
                    lines.tell(faults)
                else:
                    tell_refusal(head, refusal)
        return self.render_to_response(self.get_context_data(head=head, lines=lines), status=422)

    def _with_more_lines(self, data: Any) -> HttpResponse:
        """The page once more with room for more legs; what was typed stays."""
        more = data.copy()
        count = min(number_of(data.get("form-TOTAL_FORMS", "")) + MORE_LINES, eliminations.MOST_LEGS)
        more["form-TOTAL_FORMS"] = str(count)
        names = EliminationLegForm.base_fields
        initial = [{name: more.get(f"form-{number}-{name}", "") for name in names} for number in range(count)]
        head = EliminationHeadForm(initial={name: more.get(name, "") for name in EliminationHeadForm.base_fields})
        return self.render_to_response(self.get_context_data(head=head, lines=self.lines(initial=initial)))


class Members(WholePage, ListPage):
    """Who is and was consolidated."""

    title = _("合并范围")
    template_name = "ledger/members.html"
    table_class = MemberTable
    empty_title = _("还没有纳入合并的机构")
    empty_hint = _("由运营管理中心纳入机构，或一次纳入全部机构。")

    def get_queryset(self) -> Any:
        return reads.members(actor=self.actor)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(may_change=self.may_change, **kwargs)


class NewMember(WholePage, FormPage):
    """Include an institution, or change its share."""

    roles = consolidation_members.KEEPERS
    title = _("纳入合并范围")
    form_class = MemberForm
    success_message = _("已纳入合并范围。")

    def act(self, form: MemberForm) -> None:
        given = form.cleaned_data
        consolidation_members.include_member(
            self.actor, institution=given["institution"], share=given["share"], since=given["since"]
        )

    def get_success_url(self) -> str:
        return reverse("ledger:consolidation-members")


class EndMember(WholePage, FormPage):
    """An institution leaves."""

    roles = consolidation_members.KEEPERS
    title = _("退出合并范围")
    form_class = EndMemberForm
    success_message = _("已记录退出的月份。")

    def act(self, form: EndMemberForm) -> None:
        given = form.cleaned_data
        consolidation_members.end_membership(self.actor, institution=given["institution"], until=given["until"])

    def get_success_url(self) -> str:
        return reverse("ledger:consolidation-members")


class IncludeEverybody(WholePage, ActionPage):
    """Consolidate all institutions, owned in full."""

    roles = consolidation_members.KEEPERS
    success_url_name = "ledger:consolidation-members"

    def act(self) -> Any:
        made = consolidation_members.include_everybody(self.actor)
        return _now("已纳入 %(count)s 家机构。") % {"count": len(made)}
