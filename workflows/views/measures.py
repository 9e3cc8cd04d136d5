"""What the log says: figures by subject type, of one subject type by step and path, and the matters behind each count."""

from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import Http404
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from ops_platform.kernel import NotFound
from ops_platform.web.pages import ListPage, TemplatePage
from workflows.filters.processes import MeasureForm
from workflows.models import Matter
from workflows.selectors import measures as selectors
from workflows.selectors.flows import is_known
from workflows.selectors.matters import OVERSEERS
from workflows.subjects import title_of
from workflows.tables.matters import MatterTable
from workflows.tables.processes import MeasureTable
from workflows.views.measure_words import deed_words, explanations
from workflows.views.path_drawing import draw, in_words

FIGURES = {
    "started": _("提交的事项"),
    "in_hand": _("在办的事项"),
    "approved": _("同意的事项"),
    "rejected": _("否决的事项"),
    "withdrawn": _("撤回的事项"),
    "expired": _("失效的事项"),
    "returned": _("退回过的事项"),
    "reminders": _("提醒或催办过的事项"),
    "escalations": _("升级过的事项"),
}


def _query(chosen: selectors.Chosen) -> str:
    """What was chosen, for the addresses that lead on."""
    given: dict[str, Any] = {"since": chosen.since.isoformat(), "until": chosen.until.isoformat()}
    if chosen.institution is not None:
        given["institution"] = chosen.institution
    return urlencode(given)


class Measures(ListPage):
    """Figures of every subject type."""

    roles = selectors.READERS
    title = _("审批时效")
    template_name = "workflows/processes/measures.html"
    table_class = MeasureTable
    empty_title = _("所选区间没有提交的事项")
    empty_hint = _("有事项提交后，这里按类型列出件数、时长、等待占比和退回率。")

    def get_queryset(self) -> list[selectors.KindFigures]:
        self.form = MeasureForm(self.request.GET, actor=self.actor)
        self.chosen = self.form.chosen()
        matters = selectors.measured_matters(actor=self.actor, chosen=self.chosen)
        return selectors.kind_figures(matters=matters)

    def get_table(self, rows: Any) -> MeasureTable:
        opens = self.actor.has(*OVERSEERS)
        return MeasureTable(rows, opens=opens, query=_query(self.chosen), request=self.request)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(explain=explanations(), **kwargs)
        return {**context, "form": self.form, "chosen": self.chosen}


class Measure(TemplatePage):
    """One subject type: totals, steps, and the paths that matters really took."""

    roles = selectors.READERS
    template_name = "workflows/processes/measure.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kind = f"{self.kwargs['app']}.{self.kwargs['kind']}"
        if not is_known(kind):
            raise NotFound("workflows.no_subject_type", _now("没有审批类型 %s。") % kind)
        form = MeasureForm(self.request.GET, actor=self.actor, kind=False)
        chosen = form.chosen(kind=kind)
        matters = selectors.measured_matters(actor=self.actor, chosen=chosen)
        found = selectors.kind_figures(matters=matters)
        context = super().get_context_data(**kwargs)
        return {
            **context,
            "title": _now("%s的审批时效") % title_of(kind),
            "form": form,
            "chosen": chosen,
            "kind": kind,
            "query": _query(chosen),
            "opens": self.actor.has(*OVERSEERS),
            "explain": explanations(),
            **(self._taken_apart(matters, kind, found[0]) if found else {}),
        }

    @staticmethod
    def _taken_apart(matters: QuerySet[Matter], kind: str, figures: selectors.KindFigures) -> dict[str, Any]:
        steps = selectors.step_figures(matters=matters, kind=kind)
        paths = selectors.paths(matters=matters)
        used = {each.step for each in steps} | {stop.step for path in paths.shown for stop in path.stations[:-1]}
        titles = {step: title for step, title in selectors.step_titles(kind=kind).items() if step in used}
        words = dict(deed_words())
        return {
            "figures": figures,
            "steps": steps,
            "paths": paths,
            "ways": [(path, in_words(path.stations, titles, words)) for path in paths.shown],
            "picture": draw(paths, titles, words) if paths.shown else None,
            "words": words,
        }


class MeasuredMatters(ListPage):
    """The matters behind a count: exactly those that it was made of, as far as the reader oversees them."""

    roles = OVERSEERS
    template_name = "workflows/processes/measured_matters.html"
    table_class = MatterTable
    empty_title = _("没有这样的事项")

    def get_queryset(self) -> QuerySet[Matter]:
        asked = self.request.GET
        chosen = MeasureForm(asked, actor=self.actor).chosen()
        matters = selectors.measured_matters(actor=self.actor, chosen=chosen, roles=OVERSEERS)
        self.chosen = chosen
        if asked.get("path"):
            self.words = _now("走同一路径的事项")
            matters = selectors.matters_of_path(matters=matters, key=asked["path"].replace("\0", ""))
        elif asked.get("step"):
            self.words = _now("停在该环节的事项")
            matters = selectors.matters_at(matters=matters, step=asked["step"].replace("\0", ""))
        figure = asked.get("figure") or "started"
        if figure not in FIGURES:
            raise Http404
        if not asked.get("path") and not asked.get("step"):
            self.words = str(FIGURES[figure])
        return selectors.matters_behind(matters=matters, figure=figure)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        kind = title_of(self.chosen.kind) if self.chosen.kind else ""
        title = f"{kind}：{self.words}" if kind else self.words
        return {**context, "title": title, "chosen": self.chosen, "query": _query(self.chosen)}
