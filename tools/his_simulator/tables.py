"""The datasets of the intake contract as tables of text columns."""

from __future__ import annotations

import numpy as np

from tools.his_simulator.assets import Card
from tools.his_simulator.balances import Standing, sides
from tools.his_simulator.catalogue import catalogue_of
from tools.his_simulator.charges import ChargeLines
from tools.his_simulator.community import Institution
from tools.his_simulator.encounters import INSURER_OF_SCHEME, KINDS, SCHEMES, Encounters, Stays
from tools.his_simulator.ledgers import Ledger
from tools.his_simulator.randomness import pseudonyms
from tools.his_simulator.scale import Calendar
from tools.his_simulator.text_columns import dates, integers, money, ten_thousandths, times
from tools.his_simulator.workloads import Workloads
from tools.his_simulator.writer import Table


def _texts(values: list[str]) -> np.ndarray:
    return np.array([value.encode() for value in values], dtype="S")


def _codes(institution: Institution) -> np.ndarray:
    return np.array(institution.codes, dtype="S")


def _blank_where(empty: np.ndarray, column: np.ndarray) -> np.ndarray:
    column = column.copy()
    column[empty] = b""
    return column


def departments(institution: Institution, effective_from: str) -> Table:
    own = institution.departments
    return {
        "code": _codes(institution),
        "effective_from": _texts([effective_from] * len(own)),
        "name": _texts([department.name for department in own]),
        "cost_class": _texts([department.cost_class for department in own]),
        "service_mode": _texts([department.service_mode for department in own]),
        "parent": _texts([""] * len(own)),
        "closed_on": _texts([""] * len(own)),
    }


def charge_items(institution: Institution, effective_from: str) -> Table:
    catalogue = catalogue_of(institution.kind)
    return {
        "code": catalogue.code,
        "effective_from": _texts([effective_from] * len(catalogue.code)),
        "name": _texts(catalogue.name),
        "item_class": catalogue.item_class,
        "fee_class": catalogue.fee_class,
        "unit": _texts(catalogue.unit),
        "price_cap": _blank_where(catalogue.cap == 0, ten_thousandths(catalogue.cap)),
    }


def _by_period(institution: Institution, calendar: Calendar, months: list[int]) -> Table:
    count = len(institution.departments)
    return {
        "department": np.tile(_codes(institution), len(months)),
        "period": np.repeat(_texts([calendar.periods[month] for month in months]), count),
    }


def staff_headcounts(institution: Institution, calendar: Calendar, months: list[int], headcounts: np.ndarray) -> Table:
    counts = headcounts[months].ravel()
    clinical = np.tile([d.cost_class == "clinical" for d in institution.departments], len(months))
    physicians = np.where(clinical, np.ceil(counts * 0.36), 0).astype(np.int64)
    nurses = np.where(clinical, np.floor(counts * 0.55), 0).astype(np.int64)
    return {
        **_by_period(institution, calendar, months),
        "headcount": ten_thousandths(np.round(counts * 10_000).astype(np.int64)),
        "physicians": _blank_where(~clinical, integers(physicians)),
        "nurses": _blank_where(~clinical, integers(nurses)),
    }


def floor_areas(institution: Institution, calendar: Calendar, months: list[int], areas: np.ndarray) -> Table:
    area = np.tile(np.round(areas * 100).astype(np.int64), len(months))
    return {**_by_period(institution, calendar, months), "area": money(area)}


def workloads(institution: Institution, calendar: Calendar, work: Workloads, chosen: np.ndarray) -> Table:
    return {
        "department": _codes(institution)[work.department[chosen]],
        "metric": work.metric[chosen],
        "date": dates(calendar, work.day[chosen]),
        "quantity": ten_thousandths(work.quantity[chosen] * 100),
    }


def _vouchers(institution: Institution, calendar: Calendar, ledger: Ledger, chosen: np.ndarray) -> Table:
    return {
        "voucher": ledger.voucher[chosen],
        "line": integers(ledger.line[chosen]),
        "department": _codes(institution)[ledger.department[chosen]],
        "date": dates(calendar, ledger.day[chosen]),
    }


def cost_entries(institution: Institution, calendar: Calendar, ledger: Ledger, chosen: np.ndarray) -> Table:
    return {
        **_vouchers(institution, calendar, ledger, chosen),
        "cost_item": ledger.nature[chosen],
        "funding_source": ledger.funding[chosen],
        "amount": money(ledger.amount[chosen]),
        "summary": ledger.summary[chosen],
        "counterparty": ledger.counterparty[chosen],
        "shared_as": ledger.shared[chosen],
    }


def assets(institution: Institution, cards: list[Card]) -> Table:
    """One row a version of a card."""
    codes = institution.codes
    return {
        "card": _texts([card.number for card in cards]),
        "effective_from": _texts([card.effective_from.isoformat() for card in cards]),
        "name": _texts([card.name for card in cards]),
        "category": _texts([card.category for card in cards]),
        "department": _texts([codes[card.department] for card in cards]),
        "in_use_from": _texts([card.in_use_from.isoformat() for card in cards]),
        "original_value": money(np.array([card.original for card in cards], dtype=np.int64)),
        "residual_value": _texts([""] * len(cards)),
        "useful_months": integers(np.array([card.months for card in cards], dtype=np.int64)),
        "accumulated": _texts([""] * len(cards)),
        "funding_source": _texts([card.funding for card in cards]),
        "disposed_on": _texts([card.disposed_on.isoformat() if card.disposed_on else "" for card in cards]),
    }


def income_entries(institution: Institution, calendar: Calendar, ledger: Ledger, chosen: np.ndarray) -> Table:
    return {
        **_vouchers(institution, calendar, ledger, chosen),
        "income_kind": ledger.nature[chosen],
        "amount": money(ledger.amount[chosen]),
        "summary": ledger.summary[chosen],
        "counterparty": ledger.counterparty[chosen],
    }


def encounters(
    institution: Institution,
    calendar: Calendar,
    seed: int,
    *,
    seen: Encounters,
    chosen: np.ndarray,
    known_until: int,
) -> Table:
    """The chosen encounters; a discharge on or after the minute `known_until` is not known yet."""
    discharged = seen.discharged[chosen]
    unknown = (discharged < 0) | (discharged >= known_until)
    return {
        "encounter_no": seen.number[chosen],
        "kind": KINDS[seen.kind[chosen]],
        "patient": pseudonyms(seed, "patient", seen.patient[chosen]),
        "department": _codes(institution)[seen.department[chosen]],
        "doctor": pseudonyms(seed, "doctor", seen.doctor[chosen]),
        "admitted": times(calendar, seen.admitted[chosen]),
        "discharged": _blank_where(unknown, times(calendar, np.where(unknown, 0, discharged))),
        "insurer": INSURER_OF_SCHEME[seen.scheme[chosen]],
        "scheme": SCHEMES[seen.scheme[chosen]],
    }


def charge_lines(institution: Institution, calendar: Calendar, seen: Encounters, lines: ChargeLines) -> Table:
    codes = _codes(institution)
    return {
        "encounter_no": seen.number[lines.encounter],
        "line_no": integers(lines.line_no),
        "item": catalogue_of(institution.kind).code[lines.item],
        "ordering_department": codes[lines.ordering],
        "executing_department": codes[lines.executing],
        "quantity": ten_thousandths(lines.quantity),
        "price": ten_thousandths(lines.price),
        "amount": money(lines.amount),
        "charged_at": times(calendar, lines.minute),
        "insured_amount": money(lines.insured),
        "refund_of": _blank_where(lines.refund_of == 0, integers(lines.refund_of)),
    }


def discharge_abstracts(seen: Encounters, stays: Stays, totals: np.ndarray, chosen: np.ndarray) -> Table:
    """Abstracts of the chosen stays; `totals` holds the fen charged to each encounter."""
    infant = stays.age_days[chosen] >= 0
    return {
        "encounter_no": seen.number[seen.stays_from :][chosen],
        "diagnoses": np.array(stays.diagnoses, dtype="S")[chosen],
        "procedures": np.array(stays.procedures, dtype="S")[chosen],
        "sex": integers(stays.sex[chosen]),
        "age": integers(stays.age[chosen]),
        "age_days": _blank_where(~infant, integers(np.maximum(stays.age_days[chosen], 0))),
        "weight": _blank_where(~infant, integers(np.maximum(stays.weight[chosen], 0))),
        "stay_days": integers(stays.days[chosen]),
        "leaving_type": integers(stays.leaving[chosen]),
        "total_charges": money(totals[seen.stays_from :][chosen]),
    }


def interim_diagnoses(
    calendar: Calendar, seen: Encounters, stays: Stays, *, chosen: np.ndarray, minute: np.ndarray, operated: np.ndarray
) -> Table:
    """What is known at these minutes of the chosen stays, which are not over; of procedures only those done by then."""
    infant = stays.age_days[chosen] >= 0
    return {
        "encounter_no": seen.number[seen.stays_from :][chosen],
        "seq": integers(np.ones(len(chosen), dtype=np.int64)),
        "recorded_at": times(calendar, minute),
        "diagnoses": np.array(stays.diagnoses, dtype="S")[chosen],
        "procedures": _blank_where(~operated, np.array(stays.procedures, dtype="S")[chosen]),
        "sex": integers(stays.sex[chosen]),
        "age": integers(stays.age[chosen]),
        "age_days": _blank_where(~infant, integers(np.maximum(stays.age_days[chosen], 0))),
        "weight": _blank_where(~infant, integers(np.maximum(stays.weight[chosen], 0))),
    }


def trial_balances(period: str, standings: list[Standing]) -> Table:
    """What stood on the accounts before the month, which itself has moved nothing yet."""
    debit, credit = map(money, sides(np.array([standing.net for standing in standings], dtype=np.int64)))
    nothing = money(np.zeros(len(standings), dtype=np.int64))
    return {
        "period": _texts([period] * len(standings)),
        "account": _texts([standing.account for standing in standings]),
        "name": _texts([standing.name for standing in standings]),
        "opening_debit": debit,
        "opening_credit": credit,
        "debit": nothing,
        "credit": nothing,
        "closing_debit": debit,
        "closing_credit": credit,
    }


def retractions(table: Table, keys: tuple[str, ...]) -> Table:
    """The same rows as withdrawals: key fields and the operation only."""
    empty = np.zeros(len(table[keys[0]]), dtype="S1")
    return {
        "op": np.full(len(empty), b"retract"),
        **{name: column if name in keys else empty for name, column in table.items()},
    }


def joined(first: Table, second: Table) -> Table:
    """The rows of two tables; a field that one of them lacks stays empty there."""
    counts = [len(next(iter(table.values()))) for table in (first, second)]
    names = list(dict.fromkeys([*second, *first]))
    return {
        name: np.concatenate(
            [table.get(name, np.zeros(count, dtype="S1")) for table, count in zip((first, second), counts, strict=True)]
        )
        for name in names
    }
