"""The quality rules over codes read a code table in SQL as the engine reads it."""

from pathlib import Path

import pytest
from django.db import connection

from insurance_settlement.code_rules import KNOWN_CODE
from insurance_settlement.engine.codes import parse_code_table

pytestmark = pytest.mark.django_db
REFERENCE = Path("insurance_settlement/reference")


def known_in_sql(table: str) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT found[1] FROM regexp_matches(%s, %s, 'gn') found", [table, KNOWN_CODE])
        return {code for (code,) in cursor.fetchall()} - {"code"}


@pytest.mark.parametrize("name", ["dx_codes.csv", "proc_codes.csv"])
def test_the_demo_tables(name: str) -> None:
    table = (REFERENCE / name).read_text(encoding="utf-8")
    assert known_in_sql(table) == parse_code_table(table, name).known


@pytest.mark.parametrize("name", ["dx_codes.csv", "proc_codes.csv"])
def test_the_national_tables(name: str, drg_folder: Path) -> None:
    table = (drg_folder / name).read_text(encoding="utf-8")
    assert known_in_sql(table) == parse_code_table(table, name).known


def test_quotes_line_ends_and_codes_without_name() -> None:
    table = (
        'code,name,map_to\r\n"J18.900","肺炎, 未特指",\r\nI10.x00x002,,I10.x00\r\n00.0100,"治疗性""超声""",00.0100\r\n'
    )
    assert known_in_sql(table) == parse_code_table(table, "table").known == {"J18.900", "I10.x00x002", "00.0100"}
