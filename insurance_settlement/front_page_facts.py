"""Abstracts of the cases of a grouping run, with what the checks ask of the charges of their stays."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.db import connection

from insurance_settlement.engine.case import SUCCESS, Case
from insurance_settlement.engine.front_page import FrontPage
from insurance_settlement.engine.front_page_rules import RuleSet, marks_of, read_rules
from insurance_settlement.models import GroupingRun
from insurance_settlement.schemes import Compiled
from ops_platform.his_intake.public import as_of_sql, items_as_of
from ops_platform.kernel import Period, digest_of, to_fen
from ops_platform.masterdata.models import ChargeItem, Institution

RULES_FILE = Path(__file__).parent / "reference" / "front_page_rules.json"


@cache
def rules_in_force() -> tuple[RuleSet, str]:
    """The rules that are shipped, and their digest."""
    content = RULES_FILE.read_bytes()
    return read_rules(content), digest_of([content.decode()])


@dataclass(frozen=True, slots=True)
class Abstract:
    """The abstract of a case: `case` the row of its result, `encounter` and `abstract` lasting numbers."""

    case: int
    encounter: int
    encounter_no: str
    abstract: int
    page: FrontPage


def read_abstracts(run: GroupingRun, scheme: Compiled, rules: RuleSet) -> list[Abstract]:
    """All abstracts that the run grouped, as of its sequence, in the order of the encounters. Two queries over the month's
    stays, and two over the institution's charge items."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.id, c.encounter, c.encounter_no, a.id, a.diagnoses, a.procedures, a.sex, a.age, a.age_days,"
            " a.weight, a.stay_days, (e.discharged AT TIME ZONE 'Asia/Shanghai')::date"
            " - (e.admitted AT TIME ZONE 'Asia/Shanghai')::date, a.total_charges, c.charges, c.status"
            " FROM insurance_settlement_caseresult c JOIN his_intake_encounter e"
            f" ON e.institution_id = %(institution)s AND e.entity = c.encounter AND {as_of_sql('e', run.input_sequence)}"
            " JOIN his_intake_dischargeabstract a ON a.institution_id = %(institution)s AND a.encounter = c.encounter"
            f" AND {as_of_sql('a', run.input_sequence)} WHERE c.run_id = %(run)s ORDER BY c.encounter",
            {"institution": run.institution_id, "run": run.pk},
        )
        rows = cursor.fetchall()
    charged = _charged(run, _marked_items(run, rules))
    return [_abstract(row, scheme, charged.get(row[1], {})) for row in rows]


def _abstract(row: tuple[Any, ...], scheme: Compiled, items: Mapping[str, tuple[str, ...]]) -> Abstract:
    case = Case(
        gender=int(row[6]),
        age=row[7],
        diagnoses=tuple(row[4]),
        procedures=tuple(row[5] or ()),
        age_days=row[8],
        weight=row[9],
    )
    page = FrontPage(
        case=case,
        stay_days=row[10],
        nights=row[11],
        stated=to_fen(row[12]),
        charges=to_fen(row[13]),
        status=row[14],
        reasons=() if row[14] == SUCCESS else scheme.explain(case).reasons,
        items=items,
    )
    return Abstract(case=row[0], encounter=row[1], encounter_no=row[2], abstract=row[3], page=page)


def _marked_items(run: GroupingRun, rules: RuleSet) -> dict[int, tuple[str, tuple[str, ...]]]:
    """Charge items that the checks know by their names: name and marks by lasting number."""
    institution = Institution.objects.get(pk=run.institution_id)
    known = items_as_of(institution, Period.parse(run.period).last_day, run.input_sequence)
    marked = {}
    for number, name in ChargeItem.objects.filter(institution=institution).order_by("pk").values_list("pk", "name"):
        marks = marks_of(rules, name, known[number].fee_class if number in known else "")
        if marks:
            marked[number] = (name, marks)
    return marked


def _charged(
    run: GroupingRun, marked: Mapping[int, tuple[str, tuple[str, ...]]]
) -> dict[int, dict[str, tuple[str, ...]]]:
    """Of each stay of the run the names of marked items that were charged and not given back, by mark. One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH stays AS (SELECT c.encounter, min(date_trunc('month', e.admitted AT TIME ZONE 'Asia/Shanghai')::date)"
            " OVER () AS since FROM insurance_settlement_caseresult c JOIN his_intake_encounter e"
            f" ON e.institution_id = %(institution)s AND e.entity = c.encounter AND {as_of_sql('e', run.input_sequence)}"
            " WHERE c.run_id = %(run)s)"
            " SELECT l.encounter, l.item_id FROM his_intake_chargeline l JOIN stays s ON s.encounter = l.encounter"
            " WHERE l.institution_id = %(institution)s AND l.item_id = ANY(%(items)s)"
            f" AND l.month >= (SELECT min(since) FROM stays) AND {as_of_sql('l', run.input_sequence)}"
            " GROUP BY 1, 2 HAVING sum(l.quantity) > 0 ORDER BY 1, 2",
            {"institution": run.institution_id, "run": run.pk, "items": list(marked)},
        )
        rows = cursor.fetchall()
    found: dict[int, dict[str, tuple[str, ...]]] = {}
    for encounter, item in rows:
        name, marks = marked[item]
        stay = found.setdefault(encounter, {})
        for mark in marks:
            stay[mark] = (*stay.get(mark, ()), name)
    return found
