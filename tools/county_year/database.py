"""Reading the demo's database beside the platform: plain SQL, as another program would."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import psycopg2


class Database:
    """A connection that only reads."""

    def __init__(self, url: str) -> None:
        self._link = psycopg2.connect(url)
        self._link.set_session(readonly=True, autocommit=True)

    def close(self) -> None:
        """End the connection."""
        self._link.close()

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        with self._link.cursor() as cursor:
            cursor.execute(sql, values or None)
            return list(cursor.fetchall())

    def frame(self, sql: str, values: Sequence[Any] = ()) -> pd.DataFrame:
        """The same in named columns."""
        with self._link.cursor() as cursor:
            cursor.execute(sql, values or None)
            return pd.DataFrame(cursor.fetchall(), columns=[column.name for column in cursor.description or ()])
