"""Reminding members of a month that something keeps from closing, and their answers.

The lead hospital guides the members (000-22): it names what is missing, adds advice, and sees who answered what.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from ops_platform.audit.public import record
from ops_platform.identity.selectors import own_holders
from ops_platform.kernel import Actor, Conflict, Invalid, NotFound, Period, Role
from ops_platform.masterdata.closing import blockers
from ops_platform.masterdata.models import AccountingPeriod, PeriodState
from ops_platform.nightly.board import columns
from ops_platform.nightly.models import MonthReminder
from ops_platform.nightly.selectors import BOARD_READERS
from ops_platform.notifications.public import Note, notify, settle

REMINDERS = (Role.OPERATION_CENTRE, Role.FINANCE_DIRECTOR)
ANSWERERS = (Role.FINANCE_OFFICER, Role.FINANCE_DIRECTOR, Role.INSTITUTION_HEAD)
AGAIN_AFTER = timedelta(hours=1)
KIND = "nightly.reminder"
WARNING = ("warn", "bad")


@dataclass(frozen=True, slots=True)
class Due:
    """An institution that something keeps from closing the month."""

    period: AccountingPeriod
    blockers: tuple[str, ...]
    last: MonthReminder | None

    @property
    def too_soon(self) -> bool:
        """It was reminded less than an hour ago."""
        return self.last is not None and self.last.sent_at > timezone.now() - AGAIN_AFTER


def due(actor: Actor, *, period: str, institution: str = "") -> list[Due]:
    """Institutions that could be reminded of the month: it is over, open, and something blocks or waits (no data, rows in
    quarantine, findings: what the board marks). By institution code."""
    rows = (
        AccountingPeriod.objects.visible_to(actor, *REMINDERS).filter(period=period).exclude(state=PeriodState.CLOSED)
    )
    if institution:
        rows = rows.filter(institution__code=institution)
    found = list(rows.select_related("institution").order_by("institution__code", "id"))
    last = {
        reminder.accounting_period_id: reminder
        for reminder in MonthReminder.objects.filter(accounting_period__in=found).order_by("sent_at", "id")
    }
    month = Period.parse(period)
    if month.last_day >= timezone.localdate():
        return []
    waiting = _marked(found, period)
    hindered = []
    for row in found:
        words = (*waiting.get(row.institution_id, ()), *(f.message for f in blockers(row.institution, month)))
        if words:
            hindered.append(Due(row, words, last.get(row.pk)))
    return hindered


def _marked(found: Sequence[AccountingPeriod], period: str) -> dict[int, list[str]]:
    """What the columns of the board warn of, by institution."""
    words: dict[int, list[str]] = {}
    institutions = {row.institution_id for row in found}
    for column in columns():
        for (institution, _period), mark in column.read(institutions, {period}).items():
            if mark.tone in WARNING:
                words.setdefault(institution, []).append(f"{column.title}：{mark.text}。")
    return words


@transaction.atomic
def remind(actor: Actor, *, period: str, institution: str = "", note: str = "") -> list[MonthReminder]:
    """Tell the finance people and the head of each hindered institution what keeps the month from closing.

    Who was reminded within the last hour is left out. Raises Conflict when nobody is left to remind.
    """
    hindered = [one for one in due(actor, period=period, institution=institution) if not one.too_soon]
    if not hindered:
        raise Conflict(
            "nightly.nobody_to_remind",
            f"{period} 没有需要催办的机构：都没有障碍，或一小时内已经催办过。",
            period=period,
        )
    now = timezone.now()
    sent = MonthReminder.objects.bulk_create(
        MonthReminder(
            accounting_period=one.period,
            blockers=list(one.blockers),
            note=note.strip(),
            sender_id=actor.user,
            sent_at=now,
        )
        for one in hindered
    )
    people = own_holders(*ANSWERERS, institutions={one.period.institution_id for one in hindered})
    notify(
        [
            Note(
                recipient=person,
                key=_key(reminder),
                kind=KIND,
                title=f"催办：请完成 {period} 的结账",
                body="\n".join([*reminder.blockers, *([f"指导意见：{reminder.note}"] if reminder.note else [])]),
                url=reverse("nightly-answer-reminder", args=[reminder.pk]),
            )
            for reminder in sent
            for person in people.get(reminder.accounting_period.institution_id, ())
        ]
    )
    for reminder in sent:
        record(
            actor,
            "nightly.month_reminded",
            institution=reminder.accounting_period.institution.code,
            subject_type="period",
            subject=period,
            detail={"blockers": len(reminder.blockers), "note": reminder.note},
        )
    return sent


def _key(reminder: MonthReminder) -> str:
    return f"nightly.reminder:{reminder.accounting_period_id}"


def reminders(*, actor: Actor) -> QuerySet[MonthReminder]:
    """Reminders of the institutions the actor reads, newest first."""
    rows = MonthReminder.objects.visible_to(actor, *BOARD_READERS)
    return rows.select_related("accounting_period__institution", "sender", "answered_by").order_by("-sent_at", "-id")


def last_of(period: AccountingPeriod) -> MonthReminder | None:
    """The last reminder of the month."""
    rows = MonthReminder.objects.filter(accounting_period=period).select_related("sender", "answered_by")
    return rows.order_by("-sent_at", "-id").first()


def access_reminder(actor: Actor, *, reminder_id: int) -> MonthReminder:
    """A reminder that the actor may answer. Raises NotFound for all others."""
    rows = MonthReminder.objects.visible_to(actor, *ANSWERERS).select_related(
        "accounting_period__institution", "sender", "answered_by"
    )
    row = rows.filter(pk=reminder_id).first()
    if row is None:
        raise NotFound("nightly.no_reminder", "没有这条催办。")
    return row


@transaction.atomic
def answer(actor: Actor, *, reminder_id: int, words: str) -> MonthReminder:
    """What the member has done or needs; who reminded is told. A later answer takes the place of the earlier one."""
    if len(words.strip()) < 2:
        raise Invalid("nightly.answer_missing", "请写明处理情况或需要的帮助。", field="words")
    seen = access_reminder(actor, reminder_id=reminder_id)
    row = MonthReminder.objects.select_for_update(of=("self",)).get(pk=seen.pk)
    row.answer, row.answered_by_id, row.answered_at = words.strip(), actor.user, timezone.now()
    row.save(update_fields=["answer", "answered_by", "answered_at"])
    institution, period = seen.accounting_period.institution, seen.accounting_period.period
    settle([_key(row)])
    if row.sender_id is not None:
        title = f"{institution.name} 答复了 {period} 的催办"
        url = f"{reverse('nightly-board')}?period={period}"
        notify([Note(row.sender_id, f"nightly.answer:{row.pk}", KIND, title, row.answer, url)])
    record(
        actor,
        "nightly.reminder_answered",
        institution=institution.code,
        subject_type="period",
        subject=period,
        detail={"answer": row.answer},
    )
    return row
