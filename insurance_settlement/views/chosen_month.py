"""Lists of one month of one institution, of all or one department; the last closed month where none is asked for."""

from typing import Any

from django.utils import timezone

from insurance_settlement import selectors
from insurance_settlement.selectors import MONTH_READERS
from ops_platform.masterdata import months
from ops_platform.masterdata.models import Institution
from ops_platform.web.pages import ListPage


class MonthList(ListPage):
    """`_choose` finds institution, month, current run and department that were asked for."""

    roles = MONTH_READERS

    def setup(self, request: Any, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.run: Any = None
        self.institution: Any = None
        self.month: Any = None
        self.department: Any = None

    def _choose(self) -> None:
        asked = self.request.GET
        self.institutions = list(
            selectors.institutions(actor=self.actor).filter(
                pk__in=Institution.objects.visible_to(self.actor, *MONTH_READERS)
            )
        )
        named = [one for one in self.institutions if str(one.pk) == asked.get("institution")]
        self.institution = next(iter([*named, *self.institutions]), None)
        if self.institution is None:
            self.months, self.month = [], None
            return
        self.months = months.months(
            institutions=[self.institution.pk],
            periods=selectors.periods(institution=self.institution.pk),
            today=timezone.localdate(),
        )
        self.month = months.choose(self.months, asked.get("period", ""))
        if self.month:
            self.run = selectors.current_run(institution=self.institution.pk, period=self.month.period)
            own = selectors.departments(actor=self.actor, institution=self.institution.pk)
            self.department = (
                own.filter(pk=asked["department"]).first() if asked.get("department", "").isdigit() else None
            )
