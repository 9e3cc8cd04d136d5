"""Running the quality rules and keeping what they find."""

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from ops_platform.his_intake.models import Batch, IntakeState, QualityFinding
from ops_platform.his_intake.quality.rules import RULES, Rule
from ops_platform.kernel import Period
from ops_platform.masterdata.models import Institution
from ops_platform.masterdata.selectors import parameter_value

SAMPLE = 20


@transaction.atomic
def check_month(institution: Institution, period: Period) -> int:
    """Run all rules over the month; its findings are replaced. Returns how many rows broke a rule."""
    return _check(institution, period, RULES, batch=None)


@transaction.atomic
def check_batch(batch_id: int) -> None:
    """Run the rules that look at single rows over what the batch brought, for each month it touched.

    Where the batch breaks a rule, that rule's finding is counted anew over the whole month.
    """
    batch = Batch.objects.select_related("institution").get(pk=batch_id)
    if batch.dataset != "charge-lines":
        return
    for month in batch.months:
        _check(batch.institution, Period.parse(month), [rule for rule in RULES if rule.by_batch], batch=batch)


def _check(institution: Institution, period: Period, rules: Iterable[Rule], batch: Batch | None) -> int:
    values = _values(institution, period)
    state = IntakeState.objects.filter(institution=institution).first()
    sequence = state.last_sequence if state else 0
    broken = 0
    for rule in rules:
        if batch and not _rows(rule, institution, period, values, batch):
            continue
        found = _rows(rule, institution, period, values, None)
        broken += len(found)
        _keep(rule, institution, period, found, sequence)
    return broken


def _values(institution: Institution, period: Period) -> dict[str, Any]:
    zone = timezone.get_default_timezone()
    today = timezone.localdate()
    return {
        "institution": institution.pk,
        "period": str(period),
        "first": period.first_day,
        "last": period.last_day,
        "last_seen": min(period.last_day, today - timedelta(days=1)),
        "start": datetime.combine(period.first_day, time.min, tzinfo=zone),
        "end": datetime.combine(period.shift(1).first_day, time.min, tzinfo=zone),
        "complete": period.last_day < today,
    }


def _rows(
    rule: Rule, institution: Institution, period: Period, values: dict[str, Any], batch: Batch | None
) -> list[tuple[str, str]]:
    if rule.threshold:
        values = values | {
            "threshold": parameter_value(key=rule.threshold, day=period.first_day, institution=institution)
        }
    narrowed = f"AND l.sequence = {int(batch.sequence)}" if batch else ""
    with connection.cursor() as cursor:
        cursor.execute(rule.sql.replace("{batch}", narrowed) + " ORDER BY 1, 2", values)
        return cursor.fetchall()


def _keep(
    rule: Rule,
    institution: Institution,
    period: Period,
    found: list[tuple[str, str]],
    sequence: int,
) -> None:
    where: dict[str, Any] = {"institution": institution, "period": str(period), "rule": rule.code}
    if not found:
        QualityFinding.objects.filter(**where).delete()
        return
    sample = [{"reference": str(reference), "seen": str(seen)} for reference, seen in found[:SAMPLE]]
    QualityFinding.objects.update_or_create(
        **where,
        defaults={
            "severity": str(rule.severity),
            "count": len(found),
            "message": f"{rule.title}：{len(found)} 处",
            "sample": sample,
            "sequence": sequence,
            "found_at": timezone.now(),
        },
    )
