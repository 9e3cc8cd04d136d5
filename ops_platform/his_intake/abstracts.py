"""The abstracts of one stay in all versions that came: what a coder sees before and after a correction."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from ops_platform.his_intake.models import DischargeAbstract


@dataclass(frozen=True, slots=True)
class AbstractVersion:
    """One version of an abstract (病案首页): its lasting number, when it was received and in which batch, whether it still
    holds, and what it says. Weight in grams."""

    id: int
    received_at: datetime
    batch: int
    batch_no: str
    holds: bool
    diagnoses: tuple[str, ...]
    procedures: tuple[str, ...]
    sex: str
    age: int
    age_days: int | None
    weight: int | None
    stay_days: int


def abstract_versions(*, institution: int, encounters: Collection[int]) -> dict[int, list[AbstractVersion]]:
    """Every version of the abstracts of these encounters (lasting numbers), the oldest first. One query."""
    rows = (
        DischargeAbstract.objects.filter(institution=institution, encounter__in=encounters)
        .select_related("batch")
        .order_by("encounter", "sequence", "pk")
    )
    found: dict[int, list[AbstractVersion]] = {}
    for row in rows:
        version = AbstractVersion(
            id=row.pk,
            received_at=row.batch.received_at,
            batch=row.batch_id,
            batch_no=row.batch.batch_no,
            holds=row.superseded_sequence is None,
            diagnoses=tuple(row.diagnoses),
            procedures=tuple(row.procedures or ()),
            sex=row.sex,
            age=row.age,
            age_days=row.age_days,
            weight=row.weight,
            stay_days=row.stay_days,
        )
        found.setdefault(row.encounter, []).append(version)
    return found
