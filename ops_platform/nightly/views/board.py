"""Pages of the month's end: the board, closing, reminding members, their answers."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from ops_platform.kernel import Invalid, Period, Severity
from ops_platform.masterdata.closing import findings, not_over
from ops_platform.masterdata.models import Institution, PeriodState
from ops_platform.masterdata.services import CLOSERS
from ops_platform.nightly import board, reminders
from ops_platform.nightly.filters import ReminderFilter
from ops_platform.nightly.forms import AnswerForm, CloseMonthForm, RemindForm
from ops_platform.nightly.models import MonthReminder
from ops_platform.nightly.selectors import BOARD_READERS
from ops_platform.nightly.tables import ReminderTable
from ops_platform.web.pages import ActionPage, FormPage, ListPage, TemplatePage
from ops_platform.web.people import names_of

BOARD_PAGE = 50
SHOWN_REFUSALS = 5


class Board(TemplatePage):
    """The month's end: institutions of one month, or all open months of one institution."""

    roles = BOARD_READERS
    title = _("月末看板")
    template_name = "nightly/board.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        counted = board.months(self.actor)
        institutions = list(Institution.objects.visible_to(self.actor, *BOARD_READERS).order_by("code"))
        single = self._chosen_institution(institutions)
        names = {month.period for month in counted}
        asked = self.request.GET.get("period", "")
        period = asked if asked in names else board.usual_month(counted)
        rows = board.periods(self.actor)
        if single:
            rows = rows.filter(institution=single).order_by("-period", "id")
        else:
            rows = rows.filter(period=period).order_by("institution__code", "id")
        page = Paginator(rows, BOARD_PAGE).get_page(self.request.GET.get("page"))
        return super().get_context_data(
            months=counted,
            period=period,
            month=next((month for month in counted if month.period == period), None),
            institutions=institutions if len(institutions) > 1 else [],
            single=single,
            columns=board.columns(),
            page=page,
            rows=board.rows(self.actor, list(page)),
            people=names_of(row.closed_by for row in page),
            may_close=self.actor.has(*CLOSERS),
            may_remind=self.actor.has(*reminders.REMINDERS),
            **kwargs,
        )

    def _chosen_institution(self, institutions: list[Institution]) -> Institution | None:
        if len(institutions) == 1:
            return institutions[0]
        asked = self.request.GET.get("institution", "")
        return next((institution for institution in institutions if institution.code == asked), None)


class Blockers(TemplatePage):
    """What blocks one month of one institution: asked for as the row comes into view, since each check reads figures."""

    roles = BOARD_READERS
    template_name = "nightly/blockers.html"

    @cached_property
    def row(self) -> board.BoardRow:
        found = board.periods(self.actor).filter(institution=self.kwargs["institution"], period=self.kwargs["period"])
        rows = board.rows(self.actor, list(found))
        if not rows:
            raise Http404
        return rows[0]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        row = self.row
        period = Period.parse(row.period.period)
        found = findings(row.institution, period) if row.period.state != PeriodState.CLOSED else []
        last = reminders.last_of(row.period)
        back = f"{reverse('nightly-board')}?{self.request.GET.urlencode()}"
        return super().get_context_data(
            row=row,
            blockers=[one for one in found if one.severity is Severity.BLOCKING],
            notices=[one for one in found if one.severity is not Severity.BLOCKING],
            back=back,
            may_remind=self.actor.may(row.institution.pk, *reminders.REMINDERS)
            and not not_over(row.institution, period)
            and not reminders.Due(row.period, (), last).too_soon,
            reminder=last,
            **kwargs,
        )


class CloseMonths(ActionPage):
    """Close one month of every institution for which nothing blocks."""

    roles = CLOSERS
    success_url_name = "nightly-board"

    def act(self) -> None:
        form = CloseMonthForm(self.request.POST)
        if not form.is_valid():
            raise Invalid("nightly.no_such_month", _now("请给出要结账的月份，如 2026-03。"))
        done = board.close_month(self.actor, **form.cleaned_data)
        period = form.cleaned_data["period"]
        if done.closed:
            words = _now("%(period)s 已结账 %(count)s 家机构。")
            messages.success(self.request, words % {"period": period, "count": len(done.closed)})
        if done.refused:
            words = _now("%(count)s 家机构还不能结账：%(reasons)s")
            reasons = " ".join(done.refused[:SHOWN_REFUSALS])
            messages.warning(self.request, words % {"count": len(done.refused), "reasons": reasons})


class Remind(FormPage):
    """Remind one institution, or all that something keeps from closing, of a month."""

    roles = reminders.REMINDERS
    template_name = "nightly/remind.html"
    form_class = RemindForm
    submit_label = _("发出催办")

    def _institution(self) -> str:
        return self.request.GET.get("institution", "")[:40]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        due = reminders.due(self.actor, period=self.kwargs["period"], institution=self._institution())
        context = super().get_context_data(due=due, period=self.kwargs["period"], **kwargs)
        return {**context, "title": _now("催办结账")}

    def act(self, form: RemindForm) -> HttpResponse:
        sent = reminders.remind(
            self.actor,
            period=self.kwargs["period"],
            institution=self._institution(),
            note=form.cleaned_data["note"],
        )
        words = _now("已催办 %(count)s 家机构，对方的财务人员和负责人会收到消息。")
        messages.success(self.request, words % {"count": len(sent)})
        return redirect(f"{reverse('nightly-board')}?period={self.kwargs['period']}")


class Reminders(ListPage):
    """Who was reminded of what, and what they answered."""

    roles = BOARD_READERS
    title = _("催办记录")
    table_class = ReminderTable
    filter_class = ReminderFilter
    empty_title = _("还没有催办")
    empty_hint = _("牵头医院可在月末看板上催办未结账的机构，成员单位在这里答复。")

    def get_queryset(self) -> QuerySet[MonthReminder]:
        return reminders.reminders(actor=self.actor)


class AnswerReminder(FormPage):
    """The member says what it has done or what it needs."""

    roles = reminders.ANSWERERS
    title = _("答复催办")
    template_name = "nightly/answer.html"
    form_class = AnswerForm
    submit_label = _("答复")
    success_message = _("已答复，催办人会收到消息。")

    @cached_property
    def reminder(self) -> MonthReminder:
        return reminders.access_reminder(self.actor, reminder_id=self.kwargs["pk"])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(reminder=self.reminder, **kwargs)

    def act(self, form: AnswerForm) -> None:
        reminders.answer(self.actor, reminder_id=self.reminder.pk, words=form.cleaned_data["words"])

    def get_success_url(self) -> str:
        return reverse("nightly-reminders")
