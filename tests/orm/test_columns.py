"""What is written by binary COPY reads back as the same numbers."""

from decimal import Decimal

import numpy as np
import pytest
from django.db import IntegrityError, connection, models
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ops_platform.orm.columns import FEN, Exact, Flag, Whole, copy_columns

pytestmark = pytest.mark.django_db
KINDS = {"small": Whole(2), "middle": Whole(4), "large": Whole(8), "flag": Flag(), "money": FEN, "fine": Exact(6)}
SIZES = {"small": 15, "middle": 31, "large": 63}


class Sample(models.Model):
    """A table of this test alone."""

    class Meta:
        app_label = "orm"
        managed = False
        db_table = "test_columns"

    def __str__(self) -> str:
        return "sample"


@pytest.fixture
def table(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE test_columns (small smallint, middle integer, large bigint, flag boolean,"
            " money numeric(18, 2) CHECK (money > -1000000000000000), fine numeric(22, 6)) ON COMMIT DROP"
        )


def integers(bits: int) -> st.SearchStrategy[int]:
    return st.integers(-(2**bits), 2**bits - 1)


ROWS = st.lists(
    st.tuples(
        *(integers(bits) for bits in SIZES.values()),
        st.booleans(),
        st.integers(-(10**16), 10**16),
        st.integers(-(10**18), 10**18),
    ),
    max_size=20,
)


@given(rows=ROWS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_every_number_comes_back(table: None, rows: list[tuple[int, ...]]) -> None:
    columns = {
        name: np.array([row[place] for row in rows], dtype=np.bool_ if name == "flag" else np.int64)
        for place, name in enumerate(KINDS)
    }
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM test_columns")
        assert copy_columns(Sample, KINDS, columns, len(rows)) == len(rows)
        cursor.execute("SELECT * FROM test_columns")
        found = cursor.fetchall()
    wanted = [
        (*row[:4], Decimal(row[4]).scaleb(-2).quantize(Decimal("0.01")), Decimal(row[5]).scaleb(-6)) for row in rows
    ]
    assert sorted(found) == sorted(wanted)


def test_one_value_stands_for_all_rows(table: None) -> None:
    copy_columns(Sample, {"large": Whole(), "money": FEN}, {"large": 7, "money": np.array([5, -5])}, 2)
    with connection.cursor() as cursor:
        cursor.execute("SELECT large, money FROM test_columns ORDER BY money")
        assert cursor.fetchall() == [(7, Decimal("-0.05")), (7, Decimal("0.05"))]


def test_too_many_digits_are_refused_and_so_is_what_the_table_refuses(table: None) -> None:
    with pytest.raises(ValueError, match="digits"):
        copy_columns(Sample, {"money": FEN}, {"money": np.array([10**18])}, 1)
    with pytest.raises(IntegrityError):
        copy_columns(Sample, {"money": FEN}, {"money": np.array([-(10**17) - 1])}, 1)
