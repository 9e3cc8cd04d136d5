"""The month-end board: for each institution and month what is there, what is missing and what blocks the closing.

This app knows periods and steps; what came in and what is wrong with it are columns that higher apps register.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, QuerySet
from django.utils import timezone
from django.utils.functional import Promise

from ops_platform.kernel import Actor, Conflict, DomainError, NotFound, Period
from ops_platform.masterdata.models import AccountingPeriod, Institution, PeriodState
from ops_platform.masterdata.services import CLOSERS, close_period
from ops_platform.nightly.models import StepRun, StepState
from ops_platform.nightly.selectors import READERS

Cell = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Mark:
    """What a column says about one institution and month. `tone` as of badges; `url` opens what is behind it."""

    text: str
    tone: str = "neutral"
    url: str = ""


@dataclass(frozen=True, slots=True)
class BoardColumn:
    """A column of the board. `read(institutions, periods)` answers the marks of all of them in a fixed number of
    queries; a pair that it leaves out has nothing to say."""

    code: str
    title: str | Promise
    read: Callable[[Collection[int], Collection[str]], Mapping[Cell, Mark]]
    order: int = 100


_columns: dict[str, BoardColumn] = {}


def register_column(column: BoardColumn) -> None:
    """Add a column; called in `apps.ready()`."""
    _columns[column.code] = column


def columns() -> tuple[BoardColumn, ...]:
    """All columns in their order."""
    return tuple(sorted(_columns.values(), key=lambda column: (column.order, column.code)))


@dataclass(frozen=True, slots=True)
class Steps:
    """The last nightly run of an institution and month: how its steps ended."""

    run_id: int
    lane_id: int
    ended_at: datetime | None
    failed: str


@dataclass(frozen=True, slots=True)
class BoardRow:
    """One institution and month as the board shows them. `may_close`: the reader may, and the order of months lets it."""

    period: AccountingPeriod
    marks: tuple[Mark | None, ...]
    steps: Steps | None
    earlier_open: str
    may_close: bool

    @property
    def institution(self) -> Institution:
        return self.period.institution

    @property
    def titled_marks(self) -> Iterable[tuple[str | Promise, Mark | None]]:
        """The marks with the titles of their columns."""
        return zip((column.title for column in columns()), self.marks, strict=True)

    @property
    def is_open(self) -> bool:
        return self.period.state != PeriodState.CLOSED


@dataclass(frozen=True, slots=True)
class MonthCount:
    """A month with the number of institutions that have not closed it."""

    period: str
    open: int
    total: int


def periods(actor: Actor) -> QuerySet[AccountingPeriod]:
    """Months of the institutions the actor may read."""
    return AccountingPeriod.objects.visible_to(actor, *READERS).select_related("institution")


def months(actor: Actor) -> list[MonthCount]:
    """Every month, newest first, with how many institutions have it open."""
    by_state = periods(actor).select_related(None).order_by().values_list("period", "state").annotate(count=Count("id"))
    totals: dict[str, int] = {}
    still_open: dict[str, int] = {}
    for period, state, count in by_state:
        totals[period] = totals.get(period, 0) + count
        if state != PeriodState.CLOSED:
            still_open[period] = still_open.get(period, 0) + count
    return [MonthCount(period, still_open.get(period, 0), totals[period]) for period in sorted(totals, reverse=True)]


def usual_month(counted: Iterable[MonthCount]) -> str:
    """The month that is to be closed next: the oldest open one that is over; else the newest there is."""
    present = str(Period.of(timezone.localdate()))
    ordered = sorted(counted, key=lambda month: month.period)
    due = [month.period for month in ordered if month.open and month.period < present]
    return due[0] if due else (ordered[-1].period if ordered else present)


def rows(actor: Actor, shown: Collection[AccountingPeriod]) -> list[BoardRow]:
    """The board's rows for these months, in their order; the number of queries does not depend on how many."""
    institutions = {row.institution_id for row in shown}
    names = {row.period for row in shown}
    read = [column.read(institutions, names) for column in columns()]
    steps = _last_steps(institutions, names)
    oldest_open = _oldest_open(institutions)
    board = []
    for row in shown:
        cell = (row.institution_id, row.period)
        oldest = oldest_open.get(row.institution_id, "")
        earlier = oldest if oldest and oldest < row.period else ""
        may_close = row.state != PeriodState.CLOSED and not earlier and actor.may(row.institution_id, *CLOSERS)
        board.append(BoardRow(row, tuple(marks.get(cell) for marks in read), steps.get(cell), earlier, may_close))
    return board


def _oldest_open(institutions: Collection[int]) -> dict[int, str]:
    still_open = AccountingPeriod.objects.filter(institution__in=institutions).exclude(state=PeriodState.CLOSED)
    oldest = still_open.order_by("institution", "period").distinct("institution")
    return dict(oldest.values_list("institution", "period"))


def _last_steps(institutions: Collection[int], names: Collection[str]) -> dict[Cell, Steps]:
    """Of the newest run that has the institution and month: whether all its steps came through."""
    latest = (
        StepRun.objects.filter(lane__institution__in=institutions, period__in=names)
        .exclude(state=StepState.WAITING)
        .order_by("lane__institution", "period", "-lane__run_id", "-position")
        .values_list("lane__institution", "period", "lane__run_id", "lane_id", "state", "step", "finished_at")
    )
    newest: dict[Cell, Steps] = {}
    for institution, period, run_id, lane_id, state, step, finished_at in latest.iterator():
        cell = (institution, period)
        held = newest.get(cell)
        if held is not None and held.run_id != run_id:
            continue
        failed = step if state == StepState.FAILED else (held.failed if held else "")
        ends = [moment for moment in (finished_at, held.ended_at if held else None) if moment]
        newest[cell] = Steps(run_id, lane_id, max(ends, default=None), failed)
    return newest


@dataclass(frozen=True, slots=True)
class Closing:
    """What became of closing one month of several institutions."""

    closed: tuple[str, ...]
    refused: tuple[str, ...]


def close_month(actor: Actor, *, period: str, institution: str = "") -> Closing:
    """Close one month of every institution for which nothing blocks, each in its own transaction.

    `institution` (a code) narrows it to one. Raises NotFound when the actor may close none that has the month open.
    """
    due = AccountingPeriod.objects.visible_to(actor, *CLOSERS).filter(period=period).exclude(state=PeriodState.CLOSED)
    if institution:
        due = due.filter(institution__code=institution)
    found = list(due.select_related("institution").order_by("institution__code", "id"))
    if not found:
        _refuse_nothing_open(actor, period, institution)
    closed, refused = [], []
    for row in found:
        try:
            close_period(actor, institution_id=row.institution_id, period=period)
        except DomainError as refusal:
            refused.append(f"{row.institution.name}：{refusal.message}")
        else:
            closed.append(row.institution.name)
    return Closing(tuple(closed), tuple(refused))


def _refuse_nothing_open(actor: Actor, period: str, institution: str) -> None:
    seen = AccountingPeriod.objects.visible_to(actor, *CLOSERS).filter(period=period)
    if institution:
        seen = seen.filter(institution__code=institution)
    if not seen.exists():
        raise NotFound("masterdata.no_period", f"没有期间 {period[:10]}。请先在该期间报送数据。")
    raise Conflict("nightly.month_already_closed", f"{period} 已全部结账，无需再结。")
