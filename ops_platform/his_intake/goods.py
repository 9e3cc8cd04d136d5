"""Reads of purchase and use for the apps above: sums in SQL over the facts as they hold now, and the moves behind them.

Whoever calls has checked which institutions the reader may see; lists of uses name encounters, their pages log the access.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Case, Count, DecimalField, ExpressionWrapper, F, Min, Q, Sum, Value, When

from ops_platform.his_intake.drilldown import Origin, encounter_numbers, origin_of
from ops_platform.his_intake.models import DatasetMonth, DischargeAbstract, GoodsMove
from ops_platform.kernel import Period

ZERO = Decimal("0.00")
Days = tuple[date, date]
SIGN = "CASE m.move_kind WHEN 'purchase_return' THEN -1 ELSE 1 END"
BOUGHT = "m.superseded_sequence IS NULL AND m.move_kind IN ('purchase', 'purchase_return')"


@dataclass(frozen=True, slots=True)
class PurchaseSum:
    """What an institution bought of a product in some days, less what it gave back.

    `central` are central purchases; of them the `referenced` ones name the price before, which makes `reference_value`.
    `before` is what the institution bought otherwise in the months before its first central purchase.
    """

    institution: int
    goods: str
    unit: str
    name: str
    goods_class: str
    lines: int
    quantity: Decimal
    amount: Decimal
    sunshine_amount: Decimal
    central_quantity: Decimal
    central_amount: Decimal
    referenced_quantity: Decimal
    referenced_amount: Decimal
    reference_value: Decimal
    before_quantity: Decimal
    before_amount: Decimal


# what is given back takes the price before that its last central purchase named, where it names none itself
PRICE_OF_THE_PURCHASE = """CASE WHEN m.move_kind = 'purchase_return' AND m.procurement = 'central' THEN (
    SELECT p.reference_price FROM his_intake_goodsmove p WHERE p.superseded_sequence IS NULL AND p.move_kind = 'purchase'
    AND p.procurement = 'central' AND p.reference_price IS NOT NULL AND p.institution_id = m.institution_id
    AND p.goods = m.goods AND p.unit = m.unit AND p.date <= m.date ORDER BY p.date DESC, p.id DESC LIMIT 1) END"""
_PURCHASE_SUMS = f"""
SELECT m.institution_id, m.goods, m.unit, (array_agg(m.name ORDER BY m.date DESC, m.id DESC))[1],
    (array_agg(m.goods_class ORDER BY m.date DESC, m.id DESC))[1], count(*),
    sum({SIGN} * m.quantity), sum({SIGN} * m.amount),
    coalesce(sum({SIGN} * m.amount) FILTER (WHERE m.procurement = 'sunshine'), 0),
    coalesce(sum({SIGN} * m.quantity) FILTER (WHERE m.procurement = 'central'), 0),
    coalesce(sum({SIGN} * m.amount) FILTER (WHERE m.procurement = 'central'), 0),
    coalesce(sum({SIGN} * m.quantity) FILTER (WHERE m.procurement = 'central' AND r.price IS NOT NULL), 0),
    coalesce(sum({SIGN} * m.amount) FILTER (WHERE m.procurement = 'central' AND r.price IS NOT NULL), 0),
    coalesce(sum({SIGN} * round(m.quantity * r.price, 2)) FILTER (WHERE m.procurement = 'central'), 0)
FROM his_intake_goodsmove m CROSS JOIN LATERAL (SELECT coalesce(m.reference_price, {PRICE_OF_THE_PURCHASE}) AS price) r
WHERE {BOUGHT} AND m.institution_id = ANY(%(institutions)s) AND m.date BETWEEN %(first)s AND %(last)s {{narrowed}}
GROUP BY m.institution_id, m.goods, m.unit ORDER BY m.goods, m.unit, m.institution_id
"""
# one pass with a window, no join: a planner without statistics of what has just come in would loop
_BEFORE_CENTRAL = f"""
SELECT x.institution_id, x.goods, x.unit, sum(x.quantity), sum(x.amount) FROM (
    SELECT m.institution_id, m.goods, m.unit, m.procurement, m.date, {SIGN} * m.quantity AS quantity,
        {SIGN} * m.amount AS amount, min(m.date) FILTER (WHERE m.procurement = 'central')
        OVER (PARTITION BY m.institution_id, m.goods, m.unit) AS began
    FROM his_intake_goodsmove m
    WHERE {BOUGHT} AND m.institution_id = ANY(%(institutions)s) AND m.goods = ANY(%(goods)s)
) x WHERE x.procurement <> 'central' AND x.date < x.began AND x.date >= x.began - make_interval(months => %(months)s)
GROUP BY x.institution_id, x.goods, x.unit
"""


def purchase_sums(
    *,
    institutions: Collection[int],
    days: Days,
    baseline_months: int,
    goods_class: str = "",
    goods: str = "",
    unit: str = "",
) -> list[PurchaseSum]:
    """Purchases of some days by product and institution; a second query reads what was bought before the first central
    purchase, of products of which a central purchase does not name the price before."""
    asked = (("goods_class", goods_class), ("goods", goods), ("unit", unit))
    narrowed = " ".join(f"AND m.{name} = %({name})s" for name, value in asked if value)
    given: dict[str, Any] = {"institutions": list(institutions), "first": days[0], "last": days[1], **dict(asked)}
    with connection.cursor() as cursor:
        cursor.execute(_PURCHASE_SUMS.format(narrowed=narrowed), given)
        rows = cursor.fetchall()
        central, referenced = 9, 11
        unnamed = sorted({row[1] for row in rows if row[central] != row[referenced]})
        before: dict[tuple[Any, ...], tuple[Decimal, Decimal]] = {}
        if unnamed:
            cursor.execute(_BEFORE_CENTRAL, {**given, "goods": unnamed, "months": baseline_months})
            before = {row[:3]: row[3:] for row in cursor.fetchall()}
    return [PurchaseSum(*[*row, *before.get(row[:3], (ZERO, ZERO))]) for row in rows]


@dataclass(frozen=True, slots=True)
class PurchaseMonth:
    """What an institution bought of a product in a month by one way of procurement."""

    institution: int
    period: str
    procurement: str
    quantity: Decimal
    amount: Decimal


def purchase_months(*, institutions: Collection[int], goods: str, unit: str, until: date) -> list[PurchaseMonth]:
    """Purchases of a product by month, institution and procurement, oldest first; one query."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT m.institution_id, to_char(m.date, 'YYYY-MM') AS period, m.procurement, sum({SIGN} * m.quantity),"
            f" sum({SIGN} * m.amount) FROM his_intake_goodsmove m WHERE {BOUGHT} AND m.institution_id = ANY(%s)"
            " AND m.goods = %s AND m.unit = %s AND m.date <= %s GROUP BY 1, 2, 3 ORDER BY 2, 1, 3",
            [list(institutions), goods, unit, until],
        )
        return [PurchaseMonth(*row) for row in cursor.fetchall()]


@dataclass(frozen=True, slots=True)
class MoveLine:
    """A move in words; what was given back to the supplier is negative here, so that a list of purchases adds up."""

    institution: int
    document: str
    line: int
    kind: str
    date: date
    goods: str
    name: str
    goods_class: str
    item: int | None
    unit: str
    department: int | None
    department_name: str
    supplier: str
    procurement: str
    origin_kind: str
    lot: str
    barcode: str
    quantity: Decimal
    price: Decimal
    amount: Decimal
    reference_price: Decimal | None
    encounter: int | None
    encounter_no: str
    counterparty: str
    origin: Origin


@dataclass(frozen=True, slots=True)
class MovePage:
    """Some moves, and number, quantity and amount of all of them."""

    rows: tuple[MoveLine, ...]
    count: int
    quantity: Decimal
    total: Decimal


def goods_moves(
    *,
    institutions: Collection[int],
    days: Days | None = None,
    kinds: Collection[str] = (),
    goods: str = "",
    unit: str = "",
    goods_class: str = "",
    procurement: str = "",
    origin: str = "",
    barcodes: Collection[str] = (),
    encounters: Collection[int] = (),
    items: Collection[int] = (),
    offset: int = 0,
    limit: int | None = None,
) -> MovePage:
    """Moves as they hold now, oldest first; whatever is asked for narrows them. A fixed number of queries."""
    rows = GoodsMove.objects.current().filter(institution__in=institutions)
    if days:
        rows = rows.filter(date__range=days)
    exact = {"goods": goods, "unit": unit, "goods_class": goods_class, "procurement": procurement, "origin": origin}
    rows = rows.filter(**{name: value for name, value in exact.items() if value})
    several: dict[str, Collection[Any]] = {
        "move_kind__in": kinds,
        "barcode__in": barcodes,
        "encounter__in": encounters,
        "item__in": items,
    }
    rows = rows.filter(**{name: values for name, values in several.items() if values})
    sums = rows.order_by().aggregate(count=Count("id"), quantity=_signed("quantity"), total=_signed("amount"))
    cut = rows.select_related("batch", "superseded_batch", "department", "counterparty").order_by(
        "date", "document", "line", "id"
    )
    shown = list(cut[offset:] if limit is None else cut[offset : offset + limit])
    return MovePage(tuple(_in_words(shown)), sums["count"], sums["quantity"] or ZERO, sums["total"] or ZERO)


def _signed(name: str) -> Sum:
    form: DecimalField = DecimalField(max_digits=18, decimal_places=4 if name == "quantity" else 2)
    given_back = ExpressionWrapper(F(name) * Value(-1), output_field=form)
    return Sum(Case(When(move_kind="purchase_return", then=given_back), default=F(name), output_field=form))


def _in_words(rows: Sequence[GoodsMove]) -> list[MoveLine]:
    encounters = encounter_numbers({row.encounter for row in rows if row.encounter})
    found = []
    for row in rows:
        sign = -1 if row.move_kind == "purchase_return" else 1
        found.append(
            MoveLine(
                institution=row.institution_id,
                document=row.document,
                line=row.line,
                kind=row.move_kind,
                date=row.date,
                goods=row.goods,
                name=row.name,
                goods_class=row.goods_class,
                item=row.item_id,
                unit=row.unit,
                department=row.department_id,
                department_name=row.department.name if row.department else "",
                supplier=row.supplier or "",
                procurement=row.procurement or "",
                origin_kind=row.origin or "",
                lot=row.lot or "",
                barcode=row.barcode or "",
                quantity=sign * row.quantity,
                price=row.price,
                amount=sign * row.amount,
                reference_price=row.reference_price,
                encounter=row.encounter,
                encounter_no=encounters.get(row.encounter or 0, ""),
                counterparty=row.counterparty.name if row.counterparty else "",
                origin=origin_of(row),
            )
        )
    return found


@dataclass(frozen=True, slots=True)
class PieceStep:
    """One move of one piece, as much of it as is needed to judge whether its life fits together."""

    barcode: str
    kind: str
    date: date
    goods: str
    name: str
    encounter: int | None
    encounter_no: str
    department_name: str


def steps_of_pieces(*, institution: int, days: Days) -> list[PieceStep]:
    """All moves within the institution of the pieces that moved there on some days, by barcode and date; one query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH moved AS (SELECT DISTINCT barcode FROM his_intake_goodsmove WHERE institution_id = %(institution)s"
            " AND superseded_sequence IS NULL AND barcode IS NOT NULL AND date BETWEEN %(first)s AND %(last)s)"
            " SELECT m.barcode, m.move_kind, m.date, m.goods, m.name, m.encounter, coalesce(e.encounter_no, ''),"
            " coalesce(d.name, '') FROM moved"
            " JOIN his_intake_goodsmove m ON m.barcode = moved.barcode AND m.superseded_sequence IS NULL"
            " LEFT JOIN his_intake_encounter e ON e.entity = m.encounter AND e.superseded_sequence IS NULL"
            " LEFT JOIN masterdata_department d ON d.id = m.department_id"
            " WHERE m.institution_id = %(institution)s ORDER BY m.barcode, m.date, m.id",
            {"institution": institution, "first": days[0], "last": days[1]},
        )
        return [PieceStep(*row) for row in cursor.fetchall()]


@dataclass(frozen=True, slots=True)
class ChargeDifference:
    """An encounter that was charged another number of traced pieces of an item than it used."""

    encounter: int
    encounter_no: str
    discharged: datetime | None
    department: int
    department_name: str
    item: int
    item_code: str
    item_name: str
    used: int
    charged: Decimal
    charged_amount: Decimal
    barcodes: tuple[str, ...]


_TRACED = """
WITH traced AS (
    SELECT DISTINCT m.item_id FROM his_intake_goodsmove m WHERE m.institution_id = %(institution)s
    AND m.superseded_sequence IS NULL AND m.barcode IS NOT NULL AND m.item_id IS NOT NULL
), touched AS ({touched}), used AS (
    SELECT t.encounter, t.item_id, count(m.id) AS pieces,
        array_agg(m.barcode ORDER BY m.barcode) FILTER (WHERE m.id IS NOT NULL) AS barcodes
    FROM touched t LEFT JOIN his_intake_goodsmove m ON m.encounter = t.encounter AND m.item_id = t.item_id
        AND m.superseded_sequence IS NULL AND m.move_kind = 'use' AND m.barcode IS NOT NULL
    GROUP BY t.encounter, t.item_id
), charged AS (
    SELECT t.encounter, t.item_id, sum(l.quantity) AS quantity, sum(l.amount) AS amount FROM touched t
    JOIN his_intake_chargeline l ON l.institution_id = %(institution)s AND l.encounter = t.encounter
        AND l.item_id = t.item_id AND l.superseded_sequence IS NULL
    GROUP BY t.encounter, t.item_id
)
SELECT e.entity, e.encounter_no, e.discharged, e.department_id, d.name, i.id, i.code, i.name, u.pieces,
    coalesce(c.quantity, 0), coalesce(c.amount, 0), coalesce(u.barcodes, '{{}}')
FROM used u LEFT JOIN charged c ON c.encounter = u.encounter AND c.item_id = u.item_id
JOIN his_intake_encounter e ON e.entity = u.encounter AND e.superseded_sequence IS NULL
JOIN masterdata_department d ON d.id = e.department_id
JOIN masterdata_chargeitem i ON i.id = u.item_id
WHERE {wanted} ORDER BY i.code, e.encounter_no
"""
_OF_MONTH = """
    SELECT m.encounter, m.item_id FROM his_intake_goodsmove m WHERE m.institution_id = %(institution)s
    AND m.superseded_sequence IS NULL AND m.move_kind = 'use' AND m.barcode IS NOT NULL
    AND m.date BETWEEN %(first)s AND %(last)s
    UNION
    SELECT l.encounter, l.item_id FROM his_intake_chargeline l WHERE l.institution_id = %(institution)s
    AND l.month = %(first)s AND l.superseded_sequence IS NULL AND l.item_id IN (SELECT item_id FROM traced)
"""
_OF_PIECE = """
    SELECT DISTINCT m.encounter, m.item_id FROM his_intake_goodsmove m WHERE m.institution_id = %(institution)s
    AND m.superseded_sequence IS NULL AND m.move_kind = 'use' AND m.barcode = %(barcode)s
"""


def charge_differences(*, institution: int, period: Period) -> list[ChargeDifference]:
    """Encounters that used or were charged pieces in a month and whose numbers differ over their whole length; one query."""
    sql = _TRACED.format(touched=_OF_MONTH, wanted="u.pieces <> coalesce(c.quantity, 0)")
    with connection.cursor() as cursor:
        cursor.execute(sql, {"institution": institution, "first": period.first_day, "last": period.last_day})
        return [_difference(row) for row in cursor.fetchall()]


def charges_of_piece(*, institution: int, barcode: str) -> list[ChargeDifference]:
    """For each use of a piece: how many traced pieces of its item the encounter used and was charged, equal or not."""
    with connection.cursor() as cursor:
        cursor.execute(
            _TRACED.format(touched=_OF_PIECE, wanted="true"), {"institution": institution, "barcode": barcode}
        )
        return [_difference(row) for row in cursor.fetchall()]


def _difference(row: Sequence[Any]) -> ChargeDifference:
    return ChargeDifference(*[*row[:-1], tuple(row[-1])])


@dataclass(frozen=True, slots=True)
class UsedGoods:
    """What an encounter used of a product charged as one item."""

    institution: int
    encounter: int
    goods: str
    name: str
    origin: str
    quantity: Decimal
    amount: Decimal


def uses_of_item(*, institutions: Collection[int], days: Days, item_code: str) -> list[UsedGoods]:
    """Uses on patients of some days of goods charged as the item, by encounter and product; one query."""
    rows = GoodsMove.objects.current().filter(
        institution__in=institutions, date__range=days, move_kind="use", item__code=item_code
    )
    sums = rows.order_by("encounter", "goods").values_list("institution", "encounter", "goods", "name", "origin")
    return [
        UsedGoods(institution, encounter, goods, name, origin or "", quantity, amount)
        for institution, encounter, goods, name, origin, quantity, amount in sums.annotate(
            pieces=Sum("quantity"), money=Sum("amount")
        )
    ]


@dataclass(frozen=True, slots=True)
class UsedItem:
    """A charge item of which goods were used on patients: how many encounters used imported and domestic ones."""

    code: str
    name: str
    imported: int
    domestic: int
    products: int


def used_items(*, institutions: Collection[int], days: Days) -> list[UsedItem]:
    """Charge items with uses on patients, those with both origins first; one query."""
    rows = GoodsMove.objects.current().filter(
        institution__in=institutions, date__range=days, move_kind="use", item__isnull=False
    )
    sums = (
        rows.order_by()
        .values_list("item__code")
        .annotate(
            named=Min("item__name"),
            imported=Count("encounter", filter=Q(origin="imported"), distinct=True),
            domestic=Count("encounter", filter=Q(origin="domestic"), distinct=True),
            products=Count("goods", distinct=True),
        )
    )
    items = [UsedItem(*row) for row in sums]
    return sorted(items, key=lambda one: (-min(one.imported, one.domestic), -one.products, one.code))


def leaving_types(*, encounters: Collection[int]) -> dict[int, str]:
    """How stays ended, by encounter, as their abstracts say; one query."""
    rows = DischargeAbstract.objects.current().filter(encounter__in=encounters)
    return dict(rows.order_by("encounter").values_list("encounter", "leaving_type"))


def months_of(*, dataset: str, institutions: Collection[int]) -> list[str]:
    """Months of which the institutions have sent anything of a dataset, newest first; one query."""
    rows = DatasetMonth.objects.filter(dataset=dataset, institution__in=institutions).exclude(month="")
    return list(rows.order_by("-month").values_list("month", flat=True).distinct())
