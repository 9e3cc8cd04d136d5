"""Where official figures come from."""

from collections.abc import Collection

from django.db.models import QuerySet

from ops_platform.kernel import Period
from ops_platform.ledger.models import BooksMode
from ops_platform.masterdata.models import Institution


def modes_at(institutions: Collection[int], period: Period) -> dict[int, BooksMode.Mode]:
    """Where the official figures of each institution come from in a month."""
    rows = (
        BooksMode.objects.filter(institution__in=list(institutions), effective_from__lte=period.first_day)
        .order_by("institution_id", "-effective_from", "-id")
        .distinct("institution_id")
    )
    said = {row.institution_id: BooksMode.Mode(row.mode) for row in rows}
    return {institution: said.get(institution, BooksMode.Mode.OWN) for institution in institutions}


def elsewhere_in(months: Collection[tuple[int, str]]) -> set[tuple[int, str]]:
    """Those of the (institution, month) whose official figures come from books kept elsewhere; one query."""
    rows = BooksMode.objects.filter(institution__in={institution for institution, _ in months})
    said: dict[int, list[tuple[str, str]]] = {}
    for row in rows.order_by("institution_id", "effective_from", "id"):
        said.setdefault(row.institution_id, []).append((str(Period.of(row.effective_from)), row.mode))
    return {
        (institution, month)
        for institution, month in months
        if next((mode for since, mode in reversed(said.get(institution, [])) if since <= month), "")
        == BooksMode.Mode.ELSEWHERE
    }


def kept_elsewhere(institution: int, period: Period) -> bool:
    """Whether the month's official figures come from books kept elsewhere."""
    return modes_at([institution], period)[institution] == BooksMode.Mode.ELSEWHERE


def history_of(*, institution: Institution) -> QuerySet[BooksMode]:
    """All that was ever said of an institution, newest first."""
    return BooksMode.objects.filter(institution=institution).order_by("-effective_from", "-id")
