"""Pairs and their differences, eliminations, and who is consolidated."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from ops_platform.ledger.forms.consolidation import EliminationForm, EndMemberForm, ExplanationForm, MemberForm
from ops_platform.ledger.models import PairMatch
from ops_platform.ledger.selectors import consolidation as reads
from ops_platform.ledger.services import consolidation as writes
from ops_platform.ledger.services import consolidation_members, eliminations
from ops_platform.ledger.tables.consolidation import EliminationTable, MemberTable, PairTable, kind_title
from ops_platform.ledger.views.whole import WholePage, about_run
from ops_platform.web.numbers import number_of
from ops_platform.web.pages import ActionPage, FormPage, ListPage, TemplatePage


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
        context = super().get_context_data(elimination=row, legs=row.legs.all(), **kwargs)
        return {**context, "title": row.title}


class NewElimination(WholePage, FormPage):
    """An elimination by hand; comes into force when a second person approved it."""

    roles = writes.MAKERS
    title = _("手工抵销")
    form_class = EliminationForm
    template_name = "ledger/new_elimination.html"
    submit_label = _("提交审批")

    def get_initial(self) -> dict[str, Any]:
        number = number_of(self.request.GET.get("pair", ""))
        if not number:
            return {}
        pair = reads.access_pair(actor=self.actor, pair_id=number)
        return {"pair": pair.pk, "period": pair.run.period, "through": pair.run.period}

    def act(self, form: EliminationForm) -> HttpResponse:
        given = form.cleaned_data
        wanted = eliminations.WantedElimination(
            period=given["period"],
            through=given["through"],
            reason=given["reason"],
            legs=tuple(eliminations.WantedLeg(*leg) for leg in given["legs"]),
            pair=given["pair"],
        )
        _row, matter = eliminations.propose_elimination(self.actor, wanted)
        return redirect("workflows:matter", matter)


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
