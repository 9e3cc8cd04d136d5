"""Promises of the intake that can be recomputed."""

from collections.abc import Iterator

from django.db import connection

from ops_platform.his_intake.datasets.catalogue import DATASETS
from ops_platform.kernel import Finding, Severity


def orphan_charge_lines() -> Iterator[Finding]:
    """Charge lines whose encounter, item or department does not exist: the table has no foreign keys."""
    for column, table, key in (
        ("encounter", "his_intake_encounter", "entity"),
        ("item_id", "masterdata_chargeitem", "id"),
        ("ordering_department_id", "masterdata_department", "id"),
        ("executing_department_id", "masterdata_department", "id"),
    ):
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT count(*), min(l.{column}) FROM (SELECT DISTINCT {column} FROM his_intake_chargeline) l"
                f" WHERE NOT EXISTS (SELECT 1 FROM {table} t WHERE t.{key} = l.{column})"
            )
            count, example = cursor.fetchone()
        if count:
            yield Finding(
                code="his_intake.orphan_charge_lines",
                severity=Severity.BLOCKING,
                message=f"收费明细中有 {count} 个 {column} 找不到对应记录(例如 {example})。",
                subject=column,
            )


def orphan_uses() -> Iterator[Finding]:
    """Moves of goods whose encounter does not exist: versions share a number, so that no foreign key can hold it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), min(m.encounter) FROM his_intake_goodsmove m WHERE m.encounter IS NOT NULL"
            " AND NOT EXISTS (SELECT 1 FROM his_intake_encounter e WHERE e.entity = m.encounter)"
        )
        count, example = cursor.fetchone()
    if count:
        yield Finding(
            code="his_intake.orphan_uses",
            severity=Severity.BLOCKING,
            message=f"药品耗材进销存中有 {count} 行的就诊找不到对应记录(例如 {example})。",
            subject="encounter",
        )


def batches_add_up() -> Iterator[Finding]:
    """For each dataset: rows landed and superseded by the batches equal the rows of the fact table."""
    for dataset in DATASETS.values():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT coalesce(sum(landed + superseded), 0) FROM his_intake_batch WHERE dataset = %s", [dataset.code]
            )
            booked = int(cursor.fetchone()[0])
            cursor.execute(f"SELECT count(*) FROM {dataset.table}")
            stored = int(cursor.fetchone()[0])
        if booked != stored:
            yield Finding(
                code="his_intake.rows_differ",
                severity=Severity.BLOCKING,
                message=f"{dataset.title}：批次记录共 {booked} 行，事实表有 {stored} 行。",
                subject=dataset.code,
            )
