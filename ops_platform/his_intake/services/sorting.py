"""Sorting a delivery: every row is parsed, resolved and checked; what is faulty is taken out of the staged batch."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from ops_platform.his_intake import formats
from ops_platform.his_intake.datasets.declaration import Dataset
from ops_platform.his_intake.datasets.fields import Fault, Reference
from ops_platform.his_intake.formats import Delivery
from ops_platform.his_intake.masking import masked
from ops_platform.his_intake.staging import Staging
from ops_platform.kernel import Period
from ops_platform.masterdata.models import Institution
from ops_platform.masterdata.services import PeriodGate


@dataclass(frozen=True, slots=True)
class RowFault:
    """What is wrong in one field of one row (row numbers begin at 1)."""

    row: int
    field: str
    value: str
    code: str
    message: str


@dataclass(slots=True)
class Sorting:
    """A delivery while it is being checked: faults by row index, parsed columns of the rows that are still good."""

    faults: dict[int, list[RowFault]] = field(default_factory=dict)

    def add(self, index: int, name: str, value: Any, fault: Fault) -> None:
        """Note a fault of a row (by its index) in a field; the value is shown masked."""
        shown = "" if value is None else str(masked(value))[:80]
        self.faults.setdefault(index, []).append(RowFault(index + 1, name, shown, fault.code, fault.message))


def stage(
    dataset: Dataset,
    institution: Institution,
    delivery: Delivery,
    sorting: Sorting,
    gate: PeriodGate,
    staging: Staging,
) -> None:
    """Parse, resolve, check; what remains in staging is fit to land."""
    for index, fault in delivery.faults.items():
        sorting.add(index, "", None, fault)
    retract = _ops(delivery, sorting)
    everything = range(delivery.count)
    apart = retract | {index for index in delivery.faults if not isinstance(delivery.raw(index), dict)}
    for names, indexes, is_retraction in (
        ([f.name for f in dataset.fields], [i for i in everything if i not in apart] if apart else everything, False),
        (list(dataset.key), sorted(retract), True),
    ):
        if indexes:
            _stage_part(dataset, institution, delivery, sorting, gate, staging, names, indexes, is_retraction)
    for row_no, faults in staging.failing().items():
        for name, code, message in faults:
            value = delivery.columns[name][row_no - 1] if name in delivery.columns else None
            sorting.add(row_no - 1, name, value, Fault(code, message))
    staging.drop([index + 1 for index in sorting.faults])


def _ops(delivery: Delivery, sorting: Sorting) -> set[int]:
    """Indexes of the rows that withdraw a fact."""
    if delivery.ops is None:
        return set()
    retract = set()
    for index, op in enumerate(delivery.ops):
        if op == formats.RETRACT:
            retract.add(index)
        elif op not in (None, "", "put"):
            sorting.add(index, formats.OP, op, Fault("his_intake.unknown_op", "op 只能为空或 retract(撤回)"))
    return retract


def _stage_part(
    dataset: Dataset,
    institution: Institution,
    delivery: Delivery,
    sorting: Sorting,
    gate: PeriodGate,
    staging: Staging,
    names: Sequence[str],
    indexes: Sequence[int] | range,
    is_retraction: bool,
) -> None:
    whole = len(indexes) == delivery.count
    parsed: dict[str, list[str | None]] = {}
    for name in names:
        column = dataset.by_name[name]
        raw = delivery.columns[name] if whole else [delivery.columns[name][index] for index in indexes]
        result = column.parse(raw)
        if isinstance(column, Reference):
            result = column.resolve(result, _lookup(column.to, institution))
        for position, fault in result.faults.items():
            sorting.add(indexes[position], name, raw[position], fault)
        parsed[name] = result.values
    _refuse_repeated_keys(dataset, parsed, indexes, sorting)
    months: list[str | None] = [None] * len(indexes)
    if dataset.month and not is_retraction:
        months = dataset.month.of_rows(institution, parsed)
        _refuse_months(months, indexes, gate, sorting)
    if sorting.faults:
        good = [position for position, index in enumerate(indexes) if index not in sorting.faults]
        months = [months[position] for position in good]
        parsed = {name: [values[position] for position in good] for name, values in parsed.items()}
        rows = [indexes[position] + 1 for position in good]
    else:
        rows = [index + 1 for index in indexes]
    staging.copy(rows, months, parsed, retract=is_retraction)


_KNOWN = {
    "department": "SELECT code, id FROM masterdata_department WHERE institution_id = %s AND code = ANY(%s)",
    "item": "SELECT code, id FROM masterdata_chargeitem WHERE institution_id = %s AND code = ANY(%s)",
    "encounter": "SELECT encounter_no, entity FROM his_intake_encounter"
    " WHERE institution_id = %s AND superseded_sequence IS NULL AND encounter_no = ANY(%s)",
    # the other members of the alliance: nobody deals with itself
    "institution": "SELECT i.code, i.id FROM masterdata_institution i JOIN masterdata_institution own"
    " ON own.alliance_id = i.alliance_id AND own.id <> i.id WHERE own.id = %s AND i.code = ANY(%s)",
}


def _lookup(to: str, institution: Institution) -> Callable[[set[str]], dict[str, int]]:
    """How codes of a kind become lasting numbers."""

    def known(codes: set[str]) -> dict[str, int]:
        with connection.cursor() as cursor:
            cursor.execute(_KNOWN[to], [institution.pk, sorted(codes)])
            return dict(cursor.fetchall())

    return known


_REPEATED = Fault("his_intake.repeated_key", "与本批前面的行重复(同一主键)，请合并为一行")


def _refuse_repeated_keys(
    dataset: Dataset, parsed: Mapping[str, list[str | None]], indexes: Sequence[int], sorting: Sorting
) -> None:
    columns = [parsed[name] for name in dataset.key]
    if len(set(zip(*columns, strict=True))) == len(indexes):
        return
    seen: set[tuple[str | None, ...]] = set()
    for position, key in enumerate(zip(*columns, strict=True)):
        if None in key:
            continue
        if key in seen:
            sorting.add(indexes[position], dataset.key[-1], key[-1], _REPEATED)
        seen.add(key)


def _refuse_months(months: Sequence[str | None], indexes: Sequence[int], gate: PeriodGate, sorting: Sorting) -> None:
    refused: dict[str, Fault] = {}
    for month in set(months) - {None}:
        refusal = gate.refusal(Period.parse(month)) if month else None
        if refusal and month:
            refused[month] = Fault(*refusal)
    if refused:
        for position, month in enumerate(months):
            if month in refused:
                sorting.add(indexes[position], "", month, refused[month])


def refuse_closed_history(held: Iterable[Any], gate: PeriodGate, sorting: Sorting, staging: Staging) -> None:
    """A correction may not change a month that is closed, even when the new row lies in an open one."""
    refused = []
    for row in held:
        refusal = gate.refusal(Period.parse(row.month)) if row.month and not row.same else None
        if refusal:
            sorting.add(row.row_no - 1, "", row.month, Fault(*refusal))
            refused.append(row.row_no)
    staging.drop(refused)


def refuse_empty_retractions(
    dataset: Dataset, delivery: Delivery, meets: set[int], sorting: Sorting, staging: Staging
) -> None:
    """A retraction that meets no fact is faulty: the sender believes something that is not so."""
    if delivery.ops is None:
        return
    refused = []
    for index, op in enumerate(delivery.ops):
        if op == formats.RETRACT and index + 1 not in meets and index not in sorting.faults:
            value = delivery.columns[dataset.key[0]][index]
            fault = Fault("his_intake.nothing_to_retract", "没有这条数据，无可撤回")
            sorting.add(index, dataset.key[0], value, fault)
            refused.append(index + 1)
    staging.drop(refused)


def retracted_rows(delivery: Delivery, sorting: Sorting) -> list[int]:
    """Numbers of the good rows that withdraw a fact."""
    ops = delivery.ops or []
    return [index + 1 for index, op in enumerate(ops) if op == formats.RETRACT and index not in sorting.faults]
