"""Standard cost (标准成本) against actual: items and departments by entered standards, disease groups by their pathways.

volume variance 数量差异 = (Q1 − Q0)·c0      rate variance 价格差异 = (c1 − c0)·Q1      (domain.md 1.8)
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from urllib.parse import urlencode

from django.urls import reverse

from costing.derivations import Derivation, Part, minus, per, plus, product, quotient, total
from costing.engine.pathways import Variance, variance
from costing.models import ItemCost, PatientRun
from costing.selectors.pathway_cases import CasesOfPathway, month_of_pathways
from costing.selectors.pathways import Price, item_standards_in_force, names_of_items, prices
from costing.selectors.sheets import sources
from costing.selectors.sheets.scope import Scope
from costing.selectors.sheets.units import NOT_COSTED
from costing.sheets import Cell, Column, Row, Sheet, cells, share
from costing.titles import NOTHING_CHARGED
from ops_platform.kernel import Period, from_fen, to_fen

TEN_THOUSAND, MILLION = 10_000, 1_000_000


def _columns(first: int) -> tuple[Column, ...]:
    """Standard against actual; the first stands in that place."""
    return (
        Column("标准成本", "money", "成本"),
        Column("实际成本", "money", "成本"),
        Column("数量差异", "money", "差异", "down"),
        Column("价格差异", "money", "差异", "down", minus(first + 4, first + 2)),
        Column("总差异", "money", "差异", "down", minus(first + 1, first)),
        Column("差异率", "percent", "差异", "down", per(first + 4, first)),
    )


WORDS = "数量差异 = (实际数量 − 标准数量) × 标准单位成本，价格差异 = 其余，即 (实际 − 标准单位成本) × 实际数量。"
NO_STANDARDS = "本月没有现行的项目标准成本。请在「项目标准成本」页录入，由第二人同意。"


@dataclass(frozen=True, slots=True)
class _Sources:
    """What a variance is made from: standard quantity, standard unit cost, actual quantity, actual cost."""

    standard: Part
    unit: Part
    quantity: Part
    actual: Part


def _moved(found: Variance, made: _Sources | None = None) -> tuple[Cell, ...]:
    """As `_columns` want it; without sources where the figures are sums over rows."""
    standard, flexed, actual, volume, rate, whole = (
        from_fen(fen) for fen in (found.standard, found.flexed, found.actual, found.volume, found.rate, found.total)
    )
    last = (Cell(rate), Cell(whole), Cell(share(found.total, found.standard)))
    if made is None:
        return (Cell(standard), Cell(actual), Cell(volume), *last)
    at_standard = Part("标准成本", standard, sign=-1, made=product(made.standard, made.unit))
    at_actual = Part("实际数量的标准成本", flexed, made=product(made.quantity, made.unit))
    return (
        Cell(standard, made=at_standard.made),
        Cell(actual, made.actual.url if actual else ""),
        Cell(volume, made=total([at_actual, at_standard])),
        *last,
    )


def _whole(found: Iterable[Variance]) -> Variance:
    return sum(found, Variance(0, 0, 0))


def _of_items(scope: Scope) -> list[tuple[str, str, str, int, Decimal, Decimal, Decimal, Variance]]:
    """Department, code and name of the item, department's number, standard quantity, standard unit cost, actual quantity,
    variance: of every standard in force on the month's last day. Two queries."""
    held = item_standards_in_force(institution=scope.institution, day=Period.parse(scope.run.period).last_day)
    rows = ItemCost.objects.filter(run=scope.patients, item__isnull=False)
    actual = {(row.department_id, row.item_id): row for row in rows}
    found = []
    for one in held:
        row = actual.get((one.department_id, one.item_id))
        quantity = row.quantity if row else Decimal(0)
        moved = variance(
            standard_quantity=int(one.quantity * TEN_THOUSAND),
            unit_cost=int(one.unit_cost * MILLION),
            quantity=int(quantity * TEN_THOUSAND),
            cost=to_fen(row.medical_cost) if row else 0,
        )
        found.append(
            (
                one.department.name,
                one.item.code,
                one.item.name,
                one.department_id,
                one.quantity,
                one.unit_cost,
                quantity,
                moved,
            )
        )
    return found


def items(scope: Scope) -> Sheet:
    """项目标准成本差异表: each item of a department that has a standard."""
    columns = (
        Column("执行科室", "text"),
        Column("标准数量", "quantity", "数量"),
        Column("实际数量", "quantity", "数量"),
        Column("标准", "money", "单位成本"),
        Column("实际", "money", "单位成本"),
        *_columns(5),
    )
    if scope.patients is None:
        return Sheet("项目", columns, (), (NOT_COSTED,))
    found = _of_items(scope)
    rows = []
    for department, code, name, number, standard, unit, quantity, moved in found:
        made = _of_item(scope.patients, number, code, standard, unit, quantity, from_fen(moved.actual))
        actual = quotient(made.actual, made.quantity)
        rows.append(
            Row(
                f"{code} {name}",
                (
                    Cell(department),
                    Cell(standard, made.standard.url),
                    Cell(quantity, made.quantity.url if quantity else ""),
                    Cell(unit, made.unit.url),
                    Cell(share(from_fen(moved.actual), quantity), made=actual),
                    *_moved(moved, made),
                ),
                _item_url(scope, number, code),
            )
        )
    if rows:
        whole = _whole(one[-1] for one in found)
        figures = (*cells(None, None, None, None, None), *_moved(whole))
        rows.append(Row("合计", figures, level="total", made=plus(*range(len(rows)))))
    return Sheet("项目", columns, tuple(rows), (WORDS if rows else NO_STANDARDS,))


def _of_item(
    run: PatientRun, department: int, code: str, standard: Decimal, unit: Decimal, quantity: Decimal, actual: Decimal
) -> _Sources:
    """A standard that somebody entered, against what the item of the department came to."""
    entered = f"{reverse('costing:item-standards')}?{urlencode({'words': code})}"
    return _Sources(
        Part("标准数量", standard, "quantity", url=entered),
        Part("标准单位成本", unit, url=entered),
        sources.items(run, "quantity", quantity, department=department, item=code, words="实际数量"),
        sources.items(run, "cost", actual, department=department, item=code, words="实际成本"),
    )


def _item_url(scope: Scope, department: int, code: str) -> str:
    asked = {"institution": scope.institution, "period": scope.run.period, "department": department, "words": code}
    return f"{reverse('costing:item-costs')}?{urlencode(asked)}"


def departments(scope: Scope) -> Sheet:
    """科室标准成本差异表: the sums of the items that have a standard."""
    columns = (Column("有标准的项目", "quantity"), *_columns(1))
    if scope.patients is None:
        return Sheet("执行科室", columns, (), (NOT_COSTED,))
    by_department: dict[tuple[int, str], list[tuple[str, Variance, _Sources]]] = {}
    for name, code, title, number, standard, unit, quantity, moved in _of_items(scope):
        made = _of_item(scope.patients, number, code, standard, unit, quantity, from_fen(moved.actual))
        by_department.setdefault((number, name), []).append((f"{code} {title}", moved, made))
    rows = [
        Row(name, (Cell(len(listed)), *_of_department(listed)), _item_url(scope, number, ""))
        for (number, name), listed in by_department.items()
    ]
    if rows:
        each = [moved for listed in by_department.values() for _name, moved, _made in listed]
        figures = (Cell(len(each)), *_moved(_whole(each)))
        rows.append(Row("合计", figures, level="total", made=plus(*range(len(rows)))))
    return Sheet("执行科室", columns, tuple(rows), (WORDS if rows else NO_STANDARDS,))


def _of_department(listed: Sequence[tuple[str, Variance, _Sources]]) -> tuple[Cell, ...]:
    """The sums of a department over its items, each with its own."""
    whole = _moved(_whole(moved for _name, moved, _made in listed))
    columns = [(name, _moved(moved, made)) for name, moved, made in listed]
    opening = [
        total(
            [Part(name, Decimal(mine[at].value or 0), url=mine[at].url, made=mine[at].made) for name, mine in columns]
        )
        for at in range(3)
    ]
    return (*(replace(cell, made=made) for cell, made in zip(whole, opening, strict=False)), *whole[3:])


def groups(scope: Scope) -> Sheet:
    """病组标准成本差异表: each pathway's cases, item by item; Q0 is the standard quantity of all its cases, c0 what the
    item cost in the month compared with. An item off the pathway has Q0 = 0; an item without cost in that month c0 = 0."""
    columns = (
        Column("例数", "quantity"),
        Column("标准数量", "quantity", "数量"),
        Column("实际数量", "quantity", "数量"),
        Column("标准", "money", "单位成本"),
        Column("实际", "money", "单位成本"),
        *_columns(5),
    )
    if scope.patients is None or scope.patients_before is None:
        return Sheet("病组与项目", columns, (), ("本期或基期的患者成本尚未核算，不能比较。",))
    found = month_of_pathways(run=scope.patients)
    listed = [one for one in found.pathways if one.cases] if found else []
    if not listed:
        return Sheet("病组与项目", columns, (), ("本月没有临床路径的病例。请先在「临床路径」页录入路径。",))
    rows: list[Row] = []
    whole, heads = [], []
    for one in listed:
        head = len(rows)
        heads.append(head)
        lines, moved = _of_pathway(one, scope.patients, scope.patients_before)
        whole.append(moved)
        address = f"{reverse('costing:pathway-cases', args=[one.pathway.pk])}?period={scope.run.period}"
        rows += [
            Row(
                f"{one.pathway.drg} {one.pathway.name}",
                (Cell(len(one.cases), address), *cells(None, None, None, None), *_moved(moved)),
                address,
                level="subtotal",
                made=plus(*range(head + 1, head + 1 + len(lines))),
            ),
            *lines,
        ]
    figures = (*cells(None, None, None, None, None), *_moved(_whole(whole)))
    rows.append(Row("合计", figures, level="total", made=plus(*heads)))
    note = (
        f"标准数量 = 路径必选项目标准数量 × 例数，可选项目和路径外项目的标准数量为 0；标准单位成本取基期 "
        f"{scope.patients_before.period}。各项目之和为病例的实际成本。"
    )
    return Sheet("病组与项目", columns, tuple(rows), (WORDS, note))


def _of_pathway(one: CasesOfPathway, run: PatientRun, before: PatientRun) -> tuple[list[Row], Variance]:
    """The items of a pathway's cases with their variance, the greatest first, and their sum."""
    limits = {row.item: row.quantity for row in one.standard.rows if row.obligatory}
    sums: dict[int, list[int]] = {number: [0, 0] for number in limits}
    for number, quantity, cost in one.by_item():
        sums[number] = [quantity, cost]
    base = prices(run=before, items=list(sums))
    names = names_of_items(sums)
    found = []
    for number, (quantity, cost) in sums.items():
        unit = int(((base[number].cost or Decimal(0)) * MILLION).to_integral_value())
        standard = limits.get(number, Decimal(0)) * len(one.cases)
        moved = variance(standard_quantity=int(standard * TEN_THOUSAND), unit_cost=unit, quantity=quantity, cost=cost)
        volume = Decimal(quantity) / TEN_THOUSAND
        code, name = names.get(number, ("", NOTHING_CHARGED))
        asked = {"pathway": one.pathway.pk, "item": number}
        made = _Sources(
            _standard_quantity(one, limits.get(number, Decimal(0)), standard),
            Part("基期单位成本(取六位小数)", Decimal(unit) / MILLION, made=_unit_cost(base[number], code)),
            sources.pathway_items(run, "quantity", volume, words="实际数量", **asked),
            sources.pathway_items(run, "cost", from_fen(cost), words="实际成本", **asked),
        )
        row = Row(
            f"{code} {name}".strip(),
            (
                Cell(None),
                Cell(standard, made=made.standard.made),
                Cell(volume, made.quantity.url if volume else ""),
                Cell(base[number].cost, made=made.unit.made),
                Cell(share(from_fen(cost), volume), made=quotient(made.actual, made.quantity)),
                *_moved(moved, made),
            ),
        )
        found.append((-abs(moved.total), number, row, moved))
    found.sort(key=lambda each: each[:2])
    return [row for _, _, row, _ in found], _whole(moved for *_, moved in found)


def _standard_quantity(one: CasesOfPathway, limit: Decimal, standard: Decimal) -> Part:
    """What the pathway says × the cases."""
    page = reverse("costing:pathway", args=[one.pathway.pk])
    cases = Part("例数", len(one.cases), "quantity", url=reverse("costing:pathway-cases", args=[one.pathway.pk]))
    made = product(Part("每例标准数量", limit, "quantity", url=page), cases)
    return Part("标准数量", standard, "quantity", made=made)


def _unit_cost(price: Price, code: str) -> Derivation | None:
    """Where the unit cost of the month compared with comes from; rounded to a millionth of a yuan where it is used."""
    if price.cost is None:
        return None
    if price.served is not None:
        run, cost, quantity = price.served
        made = quotient(
            sources.items(run, "cost", cost, item=code), sources.items(run, "quantity", quantity, item=code)
        )
    elif price.goods is not None:
        amount, quantity, ratio = price.goods
        charge = quotient(Part("收费", amount), Part("数量", quantity, "quantity"))
        paid = Part("平均收费", amount / quantity, made=charge)
        made = product(paid, Part("每元收费的成本", ratio, "percent"))
    else:
        return None
    return total([Part("单位成本", price.cost, made=made)])
