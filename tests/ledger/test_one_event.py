"""One event is read by its key: the same as among all of its month, and no dearer in a busy month."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ops_platform.his_intake.public import last_sequence
from ops_platform.kernel import Period
from ops_platform.kernel.actor import PLATFORM
from ops_platform.ledger import events, intake_events, services
from ops_platform.ledger.selectors.event_detail import event_at
from ops_platform.masterdata.models import Institution
from tests.support import trade

pytestmark = pytest.mark.django_db
MARCH = Period(2026, 3)
COST = intake_events.COST_VOUCHER
CODES = (intake_events.CHARGE_INCOME, COST, intake_events.INCOME_VOUCHER)


def busier(hospital: Institution) -> None:
    """Thirty vouchers, and charges of twenty other days."""
    trade.landed(hospital, "cost-entries", [trade.cost(f"M-{n}", "NK", "5.00") for n in range(30)])
    trade.landed(hospital, "encounters", [trade.visit(f"B{n}", "NK", insurer="QHX") for n in range(20)])
    lines = [
        trade.charge(f"B{n}", 1, "ZC", "NK", "NK", "3.00", when=f"2026-03-{n + 10:02}T09:00:00") for n in range(20)
    ]
    trade.landed(hospital, "charge-lines", lines)


def test_by_its_key_an_event_is_the_same_as_among_all_of_the_month(month_of_facts: Institution) -> None:
    busier(month_of_facts)
    sequence = last_sequence(month_of_facts)
    for code in CODES:
        kind: Any = events.event_type(code)
        told = list(kind.load(month_of_facts, MARCH, sequence))
        assert told
        for event in told:
            assert kind.one(month_of_facts, MARCH, sequence, event.key) == event


def test_an_event_is_read_as_of_a_sequence(month_of_facts: Institution) -> None:
    kind: Any = events.event_type(COST)
    before = last_sequence(month_of_facts)
    trade.landed(month_of_facts, "cost-entries", [trade.cost("JZ/1?a=b", "NK", "900.00")])
    key = "JZ/1?a=b 2026-03-31"
    assert kind.one(month_of_facts, MARCH, before, key).total == 96_000
    assert kind.one(month_of_facts, MARCH, last_sequence(month_of_facts), key).total == 106_000


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize(
    "key", ["", " ", "x", "JZ/1?a=b", "JZ/1?a=b 2026-04-31", "JZ/1?a=b 2026-04-30", "20260331 住院"]
)
def test_a_key_that_no_event_has_gives_none(month_of_facts: Institution, code: str, key: str) -> None:
    kind: Any = events.event_type(code)
    assert kind.one(month_of_facts, MARCH, last_sequence(month_of_facts), key) is None


def rows_and_queries(hospital: Institution, code: str, key: str) -> tuple[int, int]:
    """Lines that the event is made of, and queries of its page's selector."""
    with CaptureQueriesContext(connection) as seen:
        event = event_at(hospital, code, key, MARCH)
    assert event.drafted
    return len(event.drafted.event.lines), len(seen)


@pytest.mark.parametrize("code", CODES)
def test_the_page_of_an_event_reads_no_more_in_a_busy_month(
    month_of_facts: Institution, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    services.book_events(PLATFORM, institution=month_of_facts, period=MARCH)
    kind: Any = events.event_type(code)
    key = next(iter(kind.load(month_of_facts, MARCH, last_sequence(month_of_facts)))).key
    read: list[int] = []
    query, columns = intake_events._query, intake_events.read_columns

    def counted_rows(sql: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
        found = query(sql, values)
        read.append(len(found))
        return found

    def counted_columns(sql: str, types: dict[str, str]) -> dict[str, Any]:
        found = columns(sql, types)
        read.append(len(next(iter(found.values()))))
        return found

    charges = intake_events.read_charge_columns

    def counted_charges(*asked: Any) -> dict[str, Any]:
        found = charges(*asked)
        read.append(len(found["amount"]))
        return found

    monkeypatch.setattr(intake_events, "_query", counted_rows)
    monkeypatch.setattr(intake_events, "read_columns", counted_columns)
    monkeypatch.setattr(intake_events, "read_charge_columns", counted_charges)
    quiet = rows_and_queries(month_of_facts, code, key)
    rows_quiet = sum(read)
    assert rows_quiet
    busier(month_of_facts)
    services.book_events(PLATFORM, institution=month_of_facts, period=MARCH)
    read.clear()
    assert rows_and_queries(month_of_facts, code, key) == quiet
    assert sum(read) == rows_quiet
