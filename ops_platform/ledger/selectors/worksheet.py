"""The work sheet of a consolidation, and one account of it."""

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet, Sum

from ops_platform.kernel import NotFound, from_fen
from ops_platform.ledger.models import Account, ConsolidationRun, EliminationLeg
from ops_platform.ledger.selectors.consolidation import MEASURES, eliminations_of
from ops_platform.masterdata.models import Institution, InstitutionKind

MEASURE_TITLES = {
    "end": "期末余额",
    "start": "年初余额",
    "month": "本月发生",
    "year": "本年累计",
    "carried": "年末结转",
}


@dataclass(frozen=True, slots=True)
class SheetColumn:
    """A column of the work sheet: a class of members (opens further) or one member."""

    key: str
    title: str
    kind: str = ""


@dataclass(frozen=True, slots=True)
class SheetRow:
    """An account of the work sheet."""

    code: str
    name: str
    side: str
    cells: list[Decimal | None]
    summed: Decimal
    eliminated: Decimal
    consolidated: Decimal


def worksheet(*, run: ConsolidationRun, measure: str, kind: str = "") -> tuple[list[SheetColumn], list[SheetRow]]:
    """The work sheet (工作底稿) in one measure: accounts × classes of members, or × the members of one class with the
    others beside; then sum, eliminations, consolidated. Sums are made in SQL; amounts are debits less credits."""
    amount = Sum(MEASURES[measure])
    rows = run.figures.order_by("account__code")
    cells: dict[str, dict[str, Decimal]] = defaultdict(dict)
    by_kind = rows.filter(part="member").values_list("account__code", "institution__kind").annotate(value=amount)
    for code, its_kind, value in by_kind:
        cells[code][its_kind] = value
    present = {key for row in cells.values() for key in row}
    columns = [SheetColumn(str(each), str(each.label), str(each)) for each in InstitutionKind if each in present]
    if kind in present:
        own = rows.filter(part="member", institution__kind=kind)
        for code, institution, value in own.values_list("account__code", "institution").annotate(value=amount):
            cells[code][str(institution)] = value
        numbers = own.order_by().values_list("institution", flat=True).distinct()
        columns = [
            SheetColumn(str(each.pk), each.name) for each in Institution.objects.filter(pk__in=numbers).order_by("code")
        ] + [column for column in columns if column.key != kind]
    sums: dict[str, dict[str, Decimal]] = defaultdict(dict)
    for code, part, value in rows.values_list("account__code", "part").annotate(value=amount):
        sums[code][part] = value
    names = {
        code: (name, side)
        for code, name, side in Account.objects.filter(institution=None, code__in=sums).values_list(
            "code", "name", "side"
        )
    }
    zero = from_fen(0)
    return columns, [
        SheetRow(
            code,
            *names[code],
            [cells[code].get(column.key) for column in columns],
            said.get("member", zero),
            said.get("elimination", zero),
            said.get("consolidated", zero),
        )
        for code, said in sorted(sums.items())
        if any(said.values())
    ]


def account_rows(*, run: ConsolidationRun, code: str) -> tuple[Account, QuerySet[Any], QuerySet[EliminationLeg], Any]:
    """An account in a run: what each member says, the elimination legs on it, the whole."""
    account = Account.objects.filter(institution=None, code=code).first()
    if account is None:
        raise NotFound("ledger.no_account", f"统一科目表中没有科目 {code}。")
    measures = {
        "opening": Sum("start"),
        "of_month": Sum("month"),
        "of_year": Sum("year"),
        "moved_on": Sum("carried"),
        "standing": Sum(MEASURES["end"]),
    }
    rows = run.figures.filter(account=account)
    said = (
        rows.filter(part="member")
        .values("institution", "institution__name", "institution__code")
        .annotate(**measures)
        .order_by("institution__code")
    )
    legs = (
        EliminationLeg.objects.filter(eliminations_of(run, "elimination__"), account=account)
        .select_related("elimination__creditor", "elimination__debtor", "institution")
        .order_by("elimination", "position")
    )
    return account, said, legs, rows.filter(part="consolidated").aggregate(**measures)
