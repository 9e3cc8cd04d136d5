"""Transfers of an allocation that was computed when the page was read and is stored nowhere, as parts of its figures."""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

from costing.derivations import Part
from costing.drivers import ChosenDriver
from costing.engine.flows import Flows, Transfer
from costing.facts import MonthFacts
from costing.titles import driver_title, driver_value
from ops_platform.kernel import from_fen


def transfers(flows: Flows, month: MonthFacts, chosen: Mapping[int, ChosenDriver], code: str) -> list[Part]:
    """What a department received, by sender, and what it sent on, by receiver; each with its driver."""
    numbers = {department.code: number for number, department in month.departments.items()}

    def words(way: str, other: str, one: Transfer) -> str:
        driver = chosen[numbers[one.sender]].text
        part, whole = (driver_value(driver, _decimal(value)) for value in (one.driver, one.driver_total))
        name = month.departments[numbers[other]].name
        return f"{way % name}({driver_title(driver)} {part} ÷ {whole})"

    received = [Part(words("由%s分入", one.sender, one), from_fen(one.amount)) for one in flows.transfers_into(code)]
    sent = [
        Part(words("分给%s", one.receiver, one), from_fen(one.amount), sign=-1) for one in flows.transfers_out_of(code)
    ]
    return received + sent


def _decimal(value: Fraction) -> Decimal:
    """A driver's value with four decimals, as it is shown."""
    return Decimal(round(value * 10**4)).scaleb(-4)
