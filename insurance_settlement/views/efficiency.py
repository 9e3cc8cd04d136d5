"""病组指标: difficulty, use of money and time, low-risk deaths of departments and doctor groups."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from insurance_settlement import selectors
from insurance_settlement.efficiency import GroupLine, Line, efficiency, groups_of, low_groups, members_of_area
from insurance_settlement.models import GroupingRun
from insurance_settlement.schemes import compiled_scheme
from insurance_settlement.selectors import CASE_READERS, MONTH_READERS
from insurance_settlement.tables.efficiency import EfficiencyGroupTable, EfficiencyTable, Reached
from ops_platform.kernel import NotFound, Period
from ops_platform.masterdata import months
from ops_platform.web.pages import ListPage
from ops_platform.web.tables import Table

BY = (("department", _("按科室")), ("doctor", _("按诊疗组")))
SPANS = (("month", _("当月")), ("year", _("本年累计")))


class Efficiency(ListPage):
    """An institution's departments or doctor groups in a month or the year until then. Heads see their own departments."""

    roles = CASE_READERS
    title = _("病组指标")
    template_name = "insurance_settlement/efficiency.html"
    table_class = EfficiencyTable
    per_page = 200
    empty_title = _("这个月还没有出院病例")
    empty_hint = _("病例在夜间运行中分组计价。请检查病案首页是否已报送。")

    def setup(self, request: Any, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.run: GroupingRun | None = None
        self.first: Period | None = None
        self.lines: list[Line] = []

    def _choose(self) -> None:
        asked = self.request.GET
        self.by = asked["by"] if asked.get("by") in dict(BY) else "department"
        self.span = asked["span"] if asked.get("span") in dict(SPANS) else "month"
        self.institutions = list(selectors.institutions(actor=self.actor))
        named = [one for one in self.institutions if str(one.pk) == asked.get("institution")]
        self.institution = next(iter([*named, *self.institutions]), None)
        self.months: list[Any] = []
        self.month = None
        if self.institution is None:
            return
        self.months = months.months(
            institutions=[self.institution.pk],
            periods=selectors.periods(institution=self.institution.pk),
            today=timezone.localdate(),
        )
        self.month = months.choose(self.months, asked.get("period", ""))
        if self.month:
            self.run = selectors.current_run(institution=self.institution.pk, period=self.month.period)

    def get_queryset(self) -> Any:
        self._choose()
        if self.run is None or self.institution is None:
            return []
        last = Period.parse(self.run.period)
        first = self.first = last if self.span == "month" else Period(last.year, 1)
        own = None
        if not self.actor.may(self.institution.pk, *MONTH_READERS):
            own = set(
                selectors.departments(actor=self.actor, institution=self.institution.pk).values_list("pk", flat=True)
            )
        self.export_name = f"{self.title}-{self.institution.code}-{first}-{last}"
        self.lines = efficiency(run=self.run, first=first, by_doctor=self.by == "doctor", departments=own)
        return self.lines

    def reached(self) -> Reached:
        """What the figures lead to."""
        asked = (
            {"institution": str(self.institution.pk), "period": self.run.period}
            if self.run and self.institution
            else {}
        )
        until = self.run.period if self.run else ""
        return Reached({**asked, "by": self.by, "span": self.span}, str(self.first or ""), until)

    def get_table(self, rows: Any) -> Table:
        hidden = () if self.by == "doctor" else ("doctor",)
        return EfficiencyTable(rows, request=self.request, exclude=hidden, reached=self.reached())

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        return {
            **context,
            "institutions": self.institutions,
            "institution": self.institution,
            "months": self.months,
            "month": self.month,
            "run": self.run,
            "kept": {"by": self.by, "span": self.span},
            "by": self.by,
            "span": self.span,
            "choices": BY,
            "spans": SPANS,
            "low": low_groups(self.lines) if self.run else None,
            "members": members_of_area(self.run, self.first) if self.run and self.first else 0,
        }


class EfficiencyGroups(Efficiency):
    """The groups that the figures of a department, a doctor or all are made of."""

    template_name = "insurance_settlement/efficiency_groups.html"

    def get_queryset(self) -> list[GroupLine]:
        lines = super().get_queryset()
        asked = self.request.GET
        department, doctor = asked.get("department", ""), asked.get("doctor", "")
        self.by = "doctor" if doctor else self.by
        named = [one for one in lines if str(one.department or "") == department and one.doctor == doctor]
        if not named:
            raise NotFound(
                "insurance_settlement.no_such_line", "这个期间没有这个科室或诊疗组的病例，请返回病组指标重新选择。"
            )
        self.line = named[0]
        return groups_of(self.line, compiled_scheme(self.run.scheme).titles if self.run else {})

    def get_table(self, rows: Any) -> Table:
        return EfficiencyGroupTable(rows, request=self.request, reached=self.reached(), line=self.line)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), "line": self.line}
