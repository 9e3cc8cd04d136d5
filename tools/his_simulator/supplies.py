"""Purchase, issue, transfer and use of drugs and materials, and the hours of devices, with what is planted in them.

Pieces of high value are traced one by one in the county hospital: bought, issued, used on a patient, charged. Drugs are
bought by every member, at prices of its own until a central purchase takes over.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

import numpy as np

from tools.his_simulator.catalogue import catalogue_of
from tools.his_simulator.charges import UNIT, ChargeLines
from tools.his_simulator.community import LEAD_CODE, Institution
from tools.his_simulator.encounters import Encounters
from tools.his_simulator.randomness import stream
from tools.his_simulator.scale import Calendar
from tools.his_simulator.writer import Table

FIELDS = (
    "document", "line", "move_kind", "date", "goods", "name", "goods_class", "item", "unit", "department", "supplier",
    "procurement", "origin", "lot", "barcode", "quantity", "price", "amount", "reference_price", "encounter_no",
    "counterparty",
)  # fmt: skip
HIGH_VALUE = {
    # charge item: (name, unit, letters of the barcode, (imported price, domestic price), share of imported)
    "150014": ("药物洗脱支架 3.0×18mm", "枚", "ST", ("848.00", "695.00"), 0.4),
    "150007": ("人工晶状体 非球面", "枚", "IOL", ("560.00", "438.00"), 0.45),
    "150012": ("髓内钉系统", "套", "IMN", ("3600.00", "2880.00"), 0.3),
}
DRUGS = ("170001", "170002", "170003", "170005", "170006", "170008", "170012", "170013", "170014")
CENTRAL_ITEM, CENTRAL_FROM, CENTRAL_CUT = "170013", 2, Decimal("0.82")
"""From this month of the calendar on the item is bought centrally, 18 % below its former price."""
LONG_CENTRAL = "170006"
SPREAD_ITEM = "170002"
"""This drug costs the clinics up to a quarter more than the county hospital."""
SHARED_ITEM = "170001"
"""The county hospital hands this one on to the first township hospital."""
GLOVES = ("W0100007", "一次性医用橡胶手套", "双", Decimal("0.58"))
SUPPLIERS = ("华东医药配送中心", "省医药集团", "青澜医药有限公司")
CENT = Decimal("0.01")
DEVICES = {
    "lead_hospital": (
        ("CT", "64 排螺旋CT", "imaging", 10, 0.93),
        ("CT", "16 排螺旋CT", "imaging", 10, 0.86),
        ("MRI", "1.5T 磁共振", "imaging", 9, 0.74),
        ("彩超", "彩色多普勒超声", "ultrasound", 8, 0.81),
    ),
    "township_hospital": (
        ("CT", "16 排螺旋CT", "imaging", 8, 0.34),
        ("DR", "数字化X线机", "imaging", 8, 0.57),
        ("彩超", "彩色多普勒超声", "ultrasound", 8, 0.46),
    ),
}
"""Kind, name, function of its home, hours a day, share used."""
CARRIES = {"CT": ("CT",), "MRI": ("磁共振",), "彩超": ("彩超",), "DR": ("位片", "平片")}
"""By kind: words in the names of the items that such a device carries out."""


@dataclass
class Supplies:
    """The rows of one institution by month, and what was planted among them."""

    moves: dict[int, list[dict[str, str]]] = field(default_factory=lambda: defaultdict(list))
    devices: dict[int, list[dict[str, str]]] = field(default_factory=lambda: defaultdict(list))
    planted: list[dict[str, object]] = field(default_factory=list)

    def table(self, kind: str, months: list[int]) -> Table:
        """The rows of some months as columns."""
        by_month = self.moves if kind == "moves" else self.devices
        rows = [row for month in months for row in by_month[month]]
        names = FIELDS if kind == "moves" else tuple(rows[0]) if rows else ("card",)
        return {name: np.array([row.get(name, "").encode() for row in rows], dtype="S") for name in names}


class _Book:
    """Writes documents of one institution."""

    def __init__(self, institution: Institution, calendar: Calendar, supplies: Supplies) -> None:
        self.institution, self.calendar, self.supplies = institution, calendar, supplies
        self.serial = 0

    def write(self, kind: str, day: int, goods: dict[str, str], quantity: Decimal, price: Decimal, **more: str) -> None:
        """One move; days outside the calendar are moved to its edge."""
        self.serial += 1
        day = min(max(day, 0), self.calendar.days - 1)
        amount = (quantity * price).quantize(CENT, ROUND_HALF_UP)
        row = {
            "document": f"{kind[:2].upper()}{self.serial:07d}",
            "line": "1",
            "move_kind": kind,
            "date": self.calendar.day(day).isoformat(),
            "quantity": f"{quantity.normalize():f}",
            "price": f"{price:f}",
            "amount": f"{amount:f}",
            **goods,
            **more,
        }
        self.supplies.moves[int(self.calendar.month_of_day[day])].append(row)


def supplies_of(
    institution: Institution, calendar: Calendar, seed: int, *, encounters: Encounters, lines: ChargeLines
) -> Supplies:
    """Everything that the institution bought, moved and used, and how long its devices ran."""
    supplies = Supplies()
    book = _Book(institution, calendar, supplies)
    _drugs(book, seed, lines)
    if institution.beds:
        _gloves(book, seed)
    if institution.code == LEAD_CODE:
        _pieces(book, seed, encounters, lines)
    _devices(supplies, institution, calendar, seed, lines)
    return supplies


def _drugs(book: _Book, seed: int, lines: ChargeLines) -> None:
    institution, calendar = book.institution, book.calendar
    catalogue = catalogue_of(institution.kind)
    rng = stream(seed, institution.code, "purchases")
    month_of = calendar.month_of_day[lines.minute // 1440]
    pharmacy = institution.homes["pharmacy"]
    codes = [code.decode() for code in catalogue.code.tolist()]
    for code in (code for code in DRUGS if code in codes):
        place = codes.index(code)
        listed = Decimal(int(catalogue.price[place])) / UNIT
        ours = (listed * Decimal(str(_factor(institution, code, rng)))).quantize(Decimal("0.0001"))
        goods = {"goods": f"YP{code}", "name": catalogue.name[place], "goods_class": "drug", "item": code}
        goods |= {"unit": catalogue.unit[place], "origin": "domestic"}
        for month in range(len(calendar.periods)):
            here = (lines.item == place) & (month_of == month)
            used = max(0, int(lines.quantity[here].sum())) // UNIT
            if not used:
                continue
            first = calendar.days_of(month)[0]
            bought = Decimal(-(-used // 10) * 10)
            terms = {"supplier": SUPPLIERS[place % 3], "lot": f"{calendar.periods[month].replace('-', '')}{place:03d}"}
            price, terms["procurement"] = ours, "own" if not institution.beds else "sunshine"
            if code == CENTRAL_ITEM and month >= CENTRAL_FROM:
                price = (listed * CENTRAL_CUT).quantize(CENT, ROUND_HALF_UP)
                terms |= {"procurement": "central", "reference_price": f"{listed:f}"}
            elif code == LONG_CENTRAL:
                price, terms["procurement"] = listed, "central"
            book.write("purchase", first + 1, goods, bought, price, **terms)
            book.write("issue", first + 2, goods, bought, price, department=pharmacy)
            if code == SHARED_ITEM and institution.code in (LEAD_CODE, "T001"):
                _share(book, goods, first + 5, listed)


def _factor(institution: Institution, code: str, rng: np.random.Generator) -> float:
    """The institution's price against the listed one."""
    drawn = float(rng.uniform(-0.02, 0.02))
    if code != SPREAD_ITEM:
        return round(1 + drawn, 4)
    return {"lead_hospital": 1.0, "township_hospital": round(1.08 + drawn, 4)}.get(
        institution.kind, round(1.23 + drawn, 4)
    )


def _share(book: _Book, goods: dict[str, str], day: int, price: Decimal) -> None:
    lead = book.institution.code == LEAD_CODE
    book.write(
        "transfer_out" if lead else "transfer_in",
        day,
        goods,
        Decimal(20),
        price,
        counterparty="T001" if lead else LEAD_CODE,
    )


def _gloves(book: _Book, seed: int) -> None:
    """Material that is not charged: bought once a month, issued to three wards."""
    institution, calendar = book.institution, book.calendar
    rng = stream(seed, institution.code, "gloves")
    code, name, unit, price = GLOVES
    goods = {"goods": code, "name": name, "goods_class": "free_material", "unit": unit, "origin": "domestic"}
    wards = [one.code for one in institution.departments if one.cost_class == "clinical"][:3]
    for month in range(len(calendar.periods)):
        first = calendar.days_of(month)[0]
        bought = Decimal(int(rng.integers(4, 9)) * 100 * (5 if institution.code == LEAD_CODE else 1))
        book.write("purchase", first, goods, bought, price, supplier=SUPPLIERS[2], procurement="sunshine")
        for ward in wards:
            book.write("issue", first + 1, goods, bought / 4, price, department=ward)
        if month == 0:
            book.write("loss", first + 9, goods, Decimal(50), price)


def _charged_pieces(
    institution: Institution, encounters: Encounters, lines: ChargeLines
) -> Iterator[tuple[str, str, int, int, int]]:
    """(charge item, encounter number, pieces, minute, executing department) of every charge of a traced item, by time."""
    codes = catalogue_of(institution.kind).code
    for code in HIGH_VALUE:
        (place,) = np.flatnonzero(codes == code.encode())
        chosen = np.flatnonzero(lines.item == place)
        sums: dict[int, int] = defaultdict(int)
        begun: dict[int, int] = {}
        for i in chosen.tolist():
            encounter = int(lines.encounter[i])
            sums[encounter] += int(lines.quantity[i])
            begun.setdefault(encounter, i)
        for encounter, first in sorted(begun.items(), key=lambda one: (int(lines.minute[one[1]]), one[0])):
            pieces = sums[encounter] // UNIT
            number = encounters.number[encounter].replace(b"\0", b"").decode()
            if pieces > 0:
                yield code, number, pieces, int(lines.minute[first]), int(lines.executing[first])


def _pieces(book: _Book, seed: int, encounters: Encounters, lines: ChargeLines) -> None:
    """Purchase, issue and use of every charged piece; in the last whole month some of it does not fit together."""
    institution, calendar = book.institution, book.calendar
    rng = stream(seed, institution.code, "pieces")
    wrong_month = max(0, len(calendar.periods) - 2)
    rest = ["charged_not_used", "used_not_charged", "used_before_purchase", "used_after_return"]
    doubled = False
    serial = 0
    for code, number, pieces, minute, executing in _charged_pieces(institution, encounters, lines):
        day = minute // 1440
        wrong = ""
        if calendar.month_of_day[day] == wrong_month and not doubled and pieces > 1:
            wrong, doubled = "charged_twice", True
        elif calendar.month_of_day[day] == wrong_month and pieces == 1 and rest:
            wrong = rest.pop()
        used = pieces + {"charged_not_used": -1, "charged_twice": -1, "used_not_charged": 1}.get(wrong, 0)
        department = institution.departments[executing].code
        barcode = ""
        for _ in range(used):
            serial += 1
            barcode = f"{HIGH_VALUE[code][2]}-{seed:02d}-{serial:06d}"
            _piece(book, rng, (code, barcode, wrong), day, number, department)
        if wrong:
            note = {"kind": wrong, "institution": institution.code, "encounter_no": number, "item": code}
            book.supplies.planted.append({**note, "barcode": barcode, "period": calendar.periods[wrong_month]})


def _piece(
    book: _Book, rng: np.random.Generator, piece: tuple[str, str, str], day: int, number: str, department: str
) -> None:
    """The life of one piece."""
    code, barcode, wrong = piece
    name, unit, _letters, (imported, domestic), share = HIGH_VALUE[code]
    foreign = bool(rng.random() < share)
    goods = {
        "goods": f"HC{code}{'J' if foreign else 'G'}",
        "name": f"{name}({'进口' if foreign else '国产'})",
        "goods_class": "chargeable_material",
        "item": code,
        "unit": unit,
        "origin": "imported" if foreign else "domestic",
        "barcode": barcode,
        "lot": f"L{barcode[-6:-2]}",
    }
    price = Decimal(imported if foreign else domestic)
    bought = day + 2 if wrong == "used_before_purchase" else day - int(rng.integers(5, 25))
    terms = {"supplier": SUPPLIERS[1], "procurement": "sunshine" if foreign else "central"}
    if not foreign:
        terms["reference_price"] = imported
    book.write("purchase", bought, goods, Decimal(1), price, **terms)
    if wrong == "used_after_return":
        returned = {name: terms[name] for name in ("supplier", "procurement")}
        book.write("purchase_return", day - 2, goods, Decimal(1), price, **returned)
    else:
        book.write("issue", day - 1, goods, Decimal(1), price, department=department)
    book.write("use", day, goods, Decimal(1), price, department=department, encounter_no=number)


def devices_of(institution: Institution) -> list[tuple[str, str, str, str]]:
    """Card number, name, kind and home of every device."""
    found = []
    for place, (kind, name, function, *_) in enumerate(DEVICES.get(institution.kind, ())):
        if kind == "CT" and institution.code != LEAD_CODE and int(institution.code[1:]) % 3 == 0:
            continue
        found.append((f"SB-{institution.code}-{place + 1:02d}", name, kind, institution.homes[function]))
    return found


def _carried(institution: Institution, kind: str) -> str:
    """The codes of the items of a kind of device, as the gate wants a list."""
    catalogue = catalogue_of(institution.kind)
    words = CARRIES[kind]
    named = zip(catalogue.code.tolist(), catalogue.name, strict=True)
    return "|".join(code.decode() for code, name in named if any(word in name for word in words))


def _devices(supplies: Supplies, institution: Institution, calendar: Calendar, seed: int, lines: ChargeLines) -> None:
    """Hours of every device on working days; every third township hospital has no CT. What was charged of a kind of item
    in a month was done on its devices, by the hours they ran."""
    rng = stream(seed, institution.code, "devices")
    done: dict[tuple[str, int], list[tuple[float, dict[str, str]]]] = defaultdict(list)
    for place, (kind, name, function, hours, share) in enumerate(DEVICES.get(institution.kind, ())):
        if kind == "CT" and institution.code != LEAD_CODE and int(institution.code[1:]) % 3 == 0:
            continue
        own = share * float(rng.uniform(0.92, 1.08))
        items = _carried(institution, kind)
        for day in range(calendar.days):
            if calendar.weekday[day] > 4:
                continue
            used = min(hours * 1.2, max(0.0, hours * own * float(rng.normal(1, 0.12))))
            month = int(calendar.month_of_day[day])
            row = {
                "card": f"SB-{institution.code}-{place + 1:02d}",
                "date": calendar.day(day).isoformat(),
                "department": institution.homes[function],
                "name": name,
                "kind": kind,
                "used_hours": f"{used:.2f}",
                "available_hours": str(hours),
                "items": items,
            }
            supplies.devices[month].append(row)
            done[kind, month].append((used, row))
    for (kind, month), rows in done.items():
        whole = _charged(institution, calendar, lines, kind, month)
        until = np.cumsum([used for used, _row in rows])
        counted = np.floor(until / until[-1] * whole + 1e-9).astype(int)
        for (_used, row), services in zip(rows, np.diff(counted, prepend=0).tolist(), strict=True):
            row["services"] = str(services)


def _charged(institution: Institution, calendar: Calendar, lines: ChargeLines, kind: str, month: int) -> int:
    """How many services of a kind of device a month was charged, refunds taken off."""
    codes = [code.decode() for code in catalogue_of(institution.kind).code.tolist()]
    places = [codes.index(code) for code in _carried(institution, kind).split("|") if code]
    here = np.isin(lines.item, places) & (calendar.month_of_day[lines.minute // 1440] == month)
    return max(0, int(lines.quantity[here].sum())) // UNIT
