"""病组指标: difficulty, use of money and time, low-risk deaths of departments and doctor groups."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from insurance_settlement import selectors
from insurance_settlement.efficiency import efficiency, low_groups, members_of_area
from insurance_settlement.models import GroupingRun
from insurance_settlement.selectors import CASE_READERS, MONTH_READERS
from insurance_settlement.tables import EfficiencyTable
from ops_platform.kernel import Period
from ops_platform.masterdata import months
from ops_platform.web.pages import ListPage

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

    def get_table(self, rows: Any) -> EfficiencyTable:
        hidden = () if self.by == "doctor" else ("doctor",)
        return EfficiencyTable(rows, request=self.request, exclude=hidden)

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
            "members": members_of_area(self.run, self.first) if self.run else 0,
        }
