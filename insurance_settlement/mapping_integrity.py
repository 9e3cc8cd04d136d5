"""Promises of classification mappings that can be recomputed."""

from collections.abc import Iterator

from django.db import connection

from insurance_settlement.engine.mapping import Dimension
from insurance_settlement.models import MappingVersion
from insurance_settlement.services.mappings import digest_of_rows
from ops_platform.kernel import Finding, Severity

SUMS = """
SELECT s.id, c.dimension, CASE WHEN c.dimension = ANY(%(stays)s) THEN s.inpatient ELSE s.outpatient END AS charged,
    sum(c.before), sum(c.after)
FROM insurance_settlement_mappingsimulation s JOIN insurance_settlement_simulatedclass c ON c.simulation_id = s.id
GROUP BY s.id, c.dimension
HAVING sum(c.before) <> sum(c.after)
    OR sum(c.before) <> CASE WHEN c.dimension = ANY(%(stays)s) THEN s.inpatient ELSE s.outpatient END
ORDER BY s.id, c.dimension
"""


def simulations_add_up() -> Iterator[Finding]:
    """In every simulation each dimension comes to what was charged on its side, before and after."""
    stays = [str(dimension) for dimension in Dimension if dimension.of_stays]
    with connection.cursor() as cursor:
        cursor.execute(SUMS, {"stays": stays})
        for number, dimension, charged, before, after in cursor.fetchall():
            yield Finding(
                code="insurance_settlement.mapping_simulation_differs",
                severity=Severity.BLOCKING,
                message=f"归集口径模拟 {number} 的维度 {dimension} 合计不符："
                f"收费 {charged}，模拟前 {before}，模拟后 {after}。",
                subject=str(number),
            )


def rows_are_as_approved() -> Iterator[Finding]:
    """The rows of every approved mapping are those that were signed."""
    for version in MappingVersion.objects.filter(state=MappingVersion.State.APPROVED).order_by("pk"):
        if digest_of_rows(version) != version.digest:
            yield Finding(
                code="insurance_settlement.mapping_differs",
                severity=Severity.BLOCKING,
                message=f"归集口径「{version}」的内容与批准时不同。",
                subject=str(version.pk),
            )
