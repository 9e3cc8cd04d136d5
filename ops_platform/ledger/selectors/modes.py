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


def history_of(*, institution: Institution) -> QuerySet[BooksMode]:
    """All that was ever said of an institution, newest first."""
    return BooksMode.objects.filter(institution=institution).order_by("-effective_from", "-id")
