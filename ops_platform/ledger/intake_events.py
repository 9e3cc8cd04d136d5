"""Business events that the facts of the intake tell: charge income by day, vouchers of cost and of other income.

Sums are made over columns or in the database; no loop sees a charge line, only cells that a rule can tell apart. A HIS
voucher whose lines lie on several days is one event for each of these days, so that an event never leaves its month.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Any

import numpy as np
from django.db import connection

from ops_platform.his_intake.public import (
    COST_ITEMS,
    FEE_CLASSES,
    FUNDING_SOURCES,
    INCOME_KINDS,
    as_of_sql,
    departments_as_of,
    input_stamp,
    items_as_of,
    read_charge_columns,
    read_columns,
)
from ops_platform.kernel import Period
from ops_platform.ledger.engine.chart import Dimensions
from ops_platform.ledger.engine.voucher_rules import Attribute, BusinessEvent, EventForm, EventLine
from ops_platform.masterdata.models import CostClass, Institution

CHARGE_INCOME, COST_VOUCHER, INCOME_VOUCHER = "ledger.charge-income-day", "ledger.cost-voucher", "ledger.income-voucher"
SETTINGS = {"outpatient": "门急诊", "inpatient": "住院"}
_DEALING = Attribute("成员间往来", {"yes": "是", "no": "否"})

CHARGE_INCOME_FORM = EventForm(
    code=CHARGE_INCOME,
    title="收费日收入",
    attributes={
        "setting": Attribute("就诊类别", SETTINGS),
        "fee_class": Attribute("费用类别", dict(FEE_CLASSES)),
    },
    amounts={"insured": "医保支付", "own": "自付"},
    dimensions=frozenset({"department", "insurer", "scheme"}),
)
COST_FORM = EventForm(
    code=COST_VOUCHER,
    title="成本凭证",
    attributes={
        "cost_item": Attribute("成本项目", dict(COST_ITEMS)),
        "funding_source": Attribute("资金来源", dict(FUNDING_SOURCES)),
        "department_class": Attribute("科室类别", {one.value: str(one.label) for one in CostClass}),
        "dealing": _DEALING,
    },
    amounts={"amount": "金额"},
    dimensions=frozenset({"department", "cost_item", "funding_source", "counterparty"}),
)
INCOME_FORM = EventForm(
    code=INCOME_VOUCHER,
    title="其他收入凭证",
    attributes={"income_kind": Attribute("收入类别", dict(INCOME_KINDS)), "dealing": _DEALING},
    amounts={"amount": "金额"},
    dimensions=frozenset({"department", "counterparty", "funding_source"}),
)

FUNDING_KINDS = frozenset({"fiscal_basic", "fiscal_project", "public_health", "research"})
"""Kinds of income that are a funding source of costs, too: what is spent of them can be told from the rest."""

CHARGE_DATASETS = ("charge-lines", "encounters", "charge-items")


def charge_stamp(institution: Institution, period: Period) -> str:
    """Encounters may be of an earlier month than their charges, so those of all months count."""
    lines = input_stamp(institution, period, ("charge-lines", "charge-items")).digest
    return lines + input_stamp(institution, period, ("encounters",), from_start=True).digest


def stamp_of(*datasets: str) -> Callable[[Institution, Period], str]:
    """Changes when facts of the month of these datasets do."""
    return lambda institution, period: input_stamp(institution, period, datasets).digest


_PAYERS = """
SELECT e.entity, CASE WHEN e.kind = 'inpatient' THEN 'inpatient' ELSE 'outpatient' END AS setting,
       CASE WHEN e.kind = 'inpatient' THEN '' ELSE coalesce(e.insurer, '') END AS insurer,
       CASE WHEN e.kind = 'inpatient' THEN '' ELSE coalesce(e.scheme, '') END AS scheme
FROM his_intake_encounter e
WHERE e.institution_id = {institution} AND {chosen} AND {holds}
"""


@dataclass(frozen=True, slots=True, order=True)
class _Cell:
    """What the rules can tell apart of charges."""

    day: date
    setting: str
    department: int
    fee_class: str
    insurer: str
    scheme: str


def charge_income_days(institution: Institution, period: Period, sequence: int) -> Iterator[BusinessEvent]:
    """For each day of the month one event of outpatients and emergencies, and one of inpatients."""
    return _income_of(_charged(institution, period, sequence))


def charge_income_day(institution: Institution, period: Period, sequence: int, key: str) -> BusinessEvent | None:
    """The one of this key; only the charges of its day are read."""
    day = _day_in(period, key.partition(" ")[0])
    if day is None:
        return None
    return next((event for event in _income_of(_charged(institution, period, sequence, day)) if event.key == key), None)


def _income_of(charged: Iterable[tuple["_Cell", int, int]]) -> Iterator[BusinessEvent]:
    cells = sorted(charged, key=lambda item: item[0])
    for (day, setting), group in groupby(cells, key=lambda item: (item[0].day, item[0].setting)):
        words = SETTINGS.get(setting, "未知就诊")
        yield BusinessEvent(
            type=CHARGE_INCOME,
            key=f"{day} {words}",
            day=day,
            summary=f"{day} {words}收入",
            document=f"charge-lines {day} {words}",
            lines=tuple(
                EventLine(
                    attributes={"setting": setting, "fee_class": cell.fee_class},
                    amounts={"insured": insured, "own": own},
                    dimensions=Dimensions(department=cell.department, insurer=cell.insurer, scheme=cell.scheme),
                )
                for cell, insured, own in group
            ),
        )


def _charged(
    institution: Institution, period: Period, sequence: int, only: date | None = None
) -> Iterator[tuple[_Cell, int, int]]:
    """Insured and own fen of each cell of the month, or of one day: exact int64 sums over columns, no loop per line."""
    lines = read_charge_columns(institution, period, sequence, only)
    if not len(lines["amount"]):
        return
    payer_of, payers = _payers(institution, sequence, lines["encounter"], whole_month=only is None)
    class_of, classes = _fee_classes(institution, period, sequence, lines["item"])
    departments, department_of = np.unique(lines["ordering"], return_inverse=True)
    sizes = (len(payers), len(departments), len(classes))
    place = ((lines["day"].astype(np.int64) * sizes[0] + payer_of) * sizes[1] + department_of) * sizes[2] + class_of
    cells, where = np.unique(place, return_inverse=True)
    insured, amount = (np.zeros(len(cells), dtype=np.int64) for _ in range(2))
    np.add.at(insured, where, lines["insured"])
    np.add.at(amount, where, lines["amount"])
    for number, cell in enumerate(cells.tolist()):
        rest, fee_class = divmod(cell, sizes[2])
        rest, department = divmod(rest, sizes[1])
        day, payer = divmod(rest, sizes[0])
        setting, insurer, scheme = payers[payer]
        yield (
            _Cell(
                period.first_day + timedelta(days=day),
                setting,
                int(departments[department]),
                classes[fee_class],
                insurer,
                scheme,
            ),
            int(insured[number]),
            int(amount[number] - insured[number]),
        )


def _payers(
    institution: Institution, sequence: int, encounters: np.ndarray, *, whole_month: bool
) -> tuple[np.ndarray, list[tuple[str, str, str]]]:
    """For each line the place of its (setting, insurer, scheme); the first place is for encounters that are not known. Of
    a month, encounters are read as a range; of a day, which may have old stays in it, by their numbers."""
    if whole_month:
        chosen = f"e.entity BETWEEN {encounters.min()} AND {encounters.max()}"
    else:
        chosen = f"e.entity IN ({','.join(map(str, np.unique(encounters).tolist()))})"
    sql = _PAYERS.format(
        institution=int(institution.pk),
        chosen=chosen,
        holds=as_of_sql("e", sequence),
    )
    columns = read_columns(
        f"SELECT p.entity, dense_rank() OVER (ORDER BY p.setting, p.insurer, p.scheme)::int FROM ({sql}) p ORDER BY 1",
        {"entity": "int64", "payer": "int32"},
    )
    known = _query(f"SELECT DISTINCT p.setting, p.insurer, p.scheme FROM ({sql}) p ORDER BY 1, 2, 3", {})
    if not known:
        return np.zeros(len(encounters), dtype=np.int64), [("", "", "")]
    place = np.minimum(np.searchsorted(columns["entity"], encounters), len(columns["entity"]) - 1)
    found = columns["entity"][place] == encounters
    return np.where(found, columns["payer"][place], 0).astype(np.int64), [("", "", ""), *known]


def _fee_classes(
    institution: Institution, period: Period, sequence: int, items: np.ndarray
) -> tuple[np.ndarray, list[str]]:
    """For each line the place of its fee class; the first place is for items in none."""
    at = items_as_of(institution, period.last_day, sequence)
    classes = ["", *sorted({item.fee_class for item in at.values()})]
    number_of = {name: number for number, name in enumerate(classes)}
    by_item = np.zeros(int(items.max()) + 1, dtype=np.int64)
    for item in at.values():
        if item.id < len(by_item):
            by_item[item.id] = number_of[item.fee_class]
    return by_item[items], classes


def cost_vouchers(
    institution: Institution, period: Period, sequence: int, only: str | None = None
) -> Iterator[BusinessEvent]:
    """The HIS vouchers of cost, one event for each day of a voucher; with `only` the one of that key."""
    departments = departments_as_of(institution, period.last_day, sequence)
    rows = _voucher_rows("his_intake_costentry", "f.cost_item, f.funding_source", institution, period, sequence, only)

    def line(department: int, counterparty: int, cost_item: str, funding: str, fen: int) -> EventLine:
        found = departments.get(department)
        return EventLine(
            attributes={
                "cost_item": cost_item,
                "funding_source": funding,
                "department_class": found.cost_class if found else "",
                "dealing": _dealing(counterparty),
            },
            amounts={"amount": fen},
            dimensions=Dimensions(
                department=department, counterparty=counterparty, cost_item=cost_item, funding_source=funding
            ),
        )

    return _vouchers(COST_VOUCHER, "cost-entries", rows, line)


def cost_voucher(institution: Institution, period: Period, sequence: int, key: str) -> BusinessEvent | None:
    """The one of this key."""
    return next(cost_vouchers(institution, period, sequence, key), None)


def income_vouchers(
    institution: Institution, period: Period, sequence: int, only: str | None = None
) -> Iterator[BusinessEvent]:
    """The HIS vouchers of income outside charges, one event for each day of a voucher; with `only` the one of that key.
    Grants say their funding source, by which the budget books tell them from what may be spent freely."""
    rows = _voucher_rows("his_intake_incomeentry", "f.income_kind", institution, period, sequence, only)

    def line(department: int, counterparty: int, income_kind: str, fen: int) -> EventLine:
        return EventLine(
            attributes={"income_kind": income_kind, "dealing": _dealing(counterparty)},
            amounts={"amount": fen},
            dimensions=Dimensions(
                department=department,
                counterparty=counterparty,
                funding_source=income_kind if income_kind in FUNDING_KINDS else "",
            ),
        )

    return _vouchers(INCOME_VOUCHER, "income-entries", rows, line)


def income_voucher(institution: Institution, period: Period, sequence: int, key: str) -> BusinessEvent | None:
    """The one of this key."""
    return next(income_vouchers(institution, period, sequence, key), None)


def _dealing(counterparty: int) -> str:
    return "yes" if counterparty else "no"


def _voucher_rows(
    table: str, nature: str, institution: Institution, period: Period, sequence: int, only: str | None
) -> Iterable[tuple[Any, ...]]:
    """(voucher, day, summary, department, counterparty, nature …, fen), summed up, in a fixed order; of the voucher and day
    that the key `only` names, where there is one."""
    first, last, of_voucher, voucher = period.first_day, period.last_day, "", ""
    if only is not None:
        voucher, _space, day_text = only.rpartition(" ")
        day = _day_in(period, day_text)
        if day is None:
            return ()
        first, last, of_voucher = day, day, " AND f.voucher = %(voucher)s"
    return _query(
        f"SELECT f.voucher, f.date, coalesce((array_agg(f.summary ORDER BY f.line)"
        f" FILTER (WHERE f.summary <> ''))[1], ''), f.department_id, coalesce(f.counterparty_id, 0), {nature},"
        f" (sum(f.amount) * 100)::bigint FROM {table} f"
        f" WHERE f.institution_id = %(institution)s AND {as_of_sql('f', sequence)}"
        f" AND f.date BETWEEN %(first)s AND %(last)s{of_voucher}"
        f" GROUP BY f.voucher, f.date, f.department_id, f.counterparty_id, {nature}"
        f" ORDER BY f.voucher, f.date, f.department_id, 5, {nature}",
        {"institution": institution.pk, "first": first, "last": last, "voucher": voucher},
    )


def _vouchers(
    kind: str, dataset: str, rows: Iterable[tuple[Any, ...]], line: Callable[..., EventLine]
) -> Iterator[BusinessEvent]:
    for (voucher, day), group in groupby(rows, key=lambda row: (row[0], row[1])):
        cells = list(group)
        yield BusinessEvent(
            type=kind,
            key=key_of(voucher, day),
            day=day,
            summary=next((row[2] for row in cells if row[2]), f"凭证 {voucher}"),
            document=f"{dataset} {voucher}",
            lines=tuple(line(row[3], row[4], *row[5:]) for row in cells),
        )


def key_of(voucher: str, day: date) -> str:
    """By which the part of a HIS voucher that lies on a day is recognised."""
    return f"{voucher} {day}"


def _day_in(period: Period, text: str) -> date | None:
    """The day that a key names; None where it names none of this month."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if Period.of(day) == period and str(day) == text else None


def _query(sql: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall()
