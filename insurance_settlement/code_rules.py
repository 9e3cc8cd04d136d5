"""Quality rules over discharge abstracts: codes that the code tables of the scheme in force do not know.

A hospital system may be ahead of the scheme, or write codes of another version: the abstract lands all the same, and the
rule names stay and code. In force is the scheme of the price book of the month's last day, of the institution's area, as
for grouping. A table is kept as it was imported (`engine.codes`): the first cell of a line is a code, without comma and
quote as all that the gate takes.
"""

from ops_platform.his_intake.public import Rule
from ops_platform.kernel import Severity

KNOWN_CODE = '^"?([^",]+)"?,'


def _unknown(column: str, table: str) -> str:
    return (
        "WITH area AS (SELECT m.area_id FROM insurance_settlement_areamember m WHERE m.institution_id = %(institution)s"
        " AND m.effective_from <= %(last)s ORDER BY m.effective_from DESC LIMIT 1),"
        f" scheme AS (SELECT s.{table} AS codes FROM insurance_settlement_pricebook b"
        " JOIN insurance_settlement_groupingscheme s ON s.id = b.scheme_id WHERE b.effective_from <= %(last)s"
        " AND (b.area_id IS NULL OR b.area_id = (SELECT area_id FROM area))"
        " ORDER BY b.area_id NULLS LAST, b.effective_from DESC LIMIT 1),"
        f" known AS (SELECT found[1] AS code FROM scheme, regexp_matches(codes, '{KNOWN_CODE}', 'gn') found),"
        f" sent AS (SELECT e.encounter_no, unnest(a.{column}) AS code FROM his_intake_dischargeabstract a"
        " JOIN his_intake_encounter e ON e.entity = a.encounter AND e.superseded_sequence IS NULL"
        " WHERE a.institution_id = %(institution)s AND a.superseded_sequence IS NULL"
        " AND e.discharged >= %(start)s AND e.discharged < %(end)s)"
        " SELECT encounter_no, code FROM sent WHERE EXISTS (SELECT FROM scheme)"
        " AND code NOT IN (SELECT code FROM known)"
    )


RULES = (
    Rule(
        code="unknown_diagnosis",
        title="诊断代码不在现行代码表中",
        severity=Severity.WARNING,
        sql=_unknown("diagnoses", "dx_codes"),
    ),
    Rule(
        code="unknown_procedure",
        title="手术操作代码不在现行代码表中",
        severity=Severity.WARNING,
        sql=_unknown("procedures", "proc_codes"),
    ),
)
