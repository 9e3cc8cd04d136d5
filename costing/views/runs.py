"""Runs, one run, and two versions side by side."""

from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from costing.filters import RunFilter
from costing.models import CostRun
from costing.selectors import access, comparison, explaining, patients
from costing.selectors.basis import basis_of
from costing.tables import MovedTable, RunTable
from costing.titles import method_title
from ops_platform.audit.public import event_about
from ops_platform.his_intake.public import READERS as INTAKE_READERS
from ops_platform.web.pages import ListPage, TemplatePage
from ops_platform.web.people import names_of

FINDING_TONES = {"blocking": (_("阻断"), "bad"), "warning": (_("提醒"), "warn"), "info": (_("说明"), "neutral")}


class Runs(ListPage):
    """Every computation of a month."""

    roles = access.READERS
    title = _("成本运行")
    template_name = "costing/runs.html"
    table_class = RunTable
    filter_class = RunFilter
    empty_title = _("还没有成本运行")
    empty_hint = _("成本在夜间运行中计算。请在「夜间运行」页启动一次运行。")

    def get_queryset(self) -> QuerySet[CostRun]:
        return access.runs(actor=self.actor)


class RunDetail(TemplatePage):
    """What a run was made from and what it found."""

    roles = access.READERS
    template_name = "costing/run.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        run = access.access_run(actor=self.actor, run_id=self.kwargs["pk"])
        context = super().get_context_data(
            run=run,
            versions=[row for row in comparison.versions(run=run) if row.pk != run.pk],
            basis=basis_of(run=run),
            surplus=run.income + run.other_income - run.full_cost,
            people=names_of([run.actor]),
            computed_by=method_title(run),
            findings=[
                {**one, "tone": FINDING_TONES.get(one["severity"], FINDING_TONES["info"])} for one in run.findings
            ],
            trace=event_about(
                actor=self.actor, action="costing.run_created", subject_type="cost_run", subject=str(run.pk)
            ),
            let_go=patients.let_go_of(cost_run=run.pk),
            **kwargs,
        )
        return {
            **context,
            "title": _("%(name)s 成本运行 第 %(version)s 版") % {"name": run.institution, "version": run.version},
        }


class CompareRuns(ListPage):
    """What went in differently between two versions of the same month, and which departments moved how far."""

    roles = access.READERS
    template_name = "costing/compare.html"
    table_class = MovedTable
    per_page = 200

    def get_queryset(self) -> list[comparison.Moved]:
        named = [access.access_run(actor=self.actor, run_id=self.kwargs[name]) for name in ("pk", "other")]
        self.earlier, self.run = sorted(named, key=lambda run: run.version)
        if (self.run.institution_id, self.run.period) != (self.earlier.institution_id, self.earlier.period):
            raise Http404
        versions = {"earlier": self.earlier.version, "later": self.run.version}
        self.title = _("第 %(earlier)s 版与第 %(later)s 版比较") % versions
        where = f"{self.run.institution.name} {self.run.period}"
        self.export_title = _now("%(where)s 成本运行：%(compared)s") % {"where": where, "compared": self.title}
        compared = f"第{self.earlier.version}版与第{self.run.version}版"
        self.export_name = f"成本运行比较-{self.run.institution.code}-{self.run.period}-{compared}"
        self.lines = comparison.compare(run=self.run, earlier=self.earlier)
        return self.lines

    def get_table(self, rows: Any) -> MovedTable:
        return MovedTable(rows, request=self.request, run=self.run, earlier=self.earlier)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        return {
            **context,
            "title": self.title,
            "run": self.run,
            "earlier": self.earlier,
            "effects": explaining.effects(run=self.run, earlier=self.earlier),
            "inputs": comparison.moved_inputs(run=self.run, earlier=self.earlier),
            "opens_batches": self.actor.has(*INTAKE_READERS),
            "moved": sum(line.moved for line in self.lines),
            "cost_change": self.run.full_cost - self.earlier.full_cost,
            "income_change": self.run.income + self.run.other_income - self.earlier.income - self.earlier.other_income,
        }
