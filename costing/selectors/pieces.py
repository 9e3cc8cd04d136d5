"""Pieces of high value: the life of one, and what does not fit together in a month."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from costing.engine.trace import Step, charge_gap, gaps_of, missing
from ops_platform.his_intake.public import (
    ChargeDifference,
    ChargedLine,
    MoveLine,
    charge_differences,
    charges_of_piece,
    encounter_at,
    encounter_lines,
    goods_moves,
    steps_of_pieces,
)
from ops_platform.kernel import Period

LATEST = 2**62
GAPS = {
    "never_arrived": "没有入库记录而使用",
    "before_purchase": "先使用后入库",
    "after_return": "退货或调出后仍使用",
    "not_issued": "未领用而使用",
    "used_twice": "同一条码使用两次",
    "used_not_charged": "已使用未收费",
    "undercharged": "收费件数少于使用件数",
    "charged_not_used": "已收费未使用",
    "charged_twice": "重复收费(收费件数多于使用件数)",
}


@dataclass(frozen=True, slots=True)
class OpenGap:
    """Something that does not fit together. Gaps of moves name a piece; gaps of charges name the pieces of an encounter and
    item, and how many are `missing`."""

    code: str
    day: date | None
    barcodes: tuple[str, ...]
    name: str
    encounter: int | None
    encounter_no: str
    department_name: str
    used: int | None
    charged: Decimal | None
    missing: Decimal | None
    staying: bool = False

    @property
    def title(self) -> str:
        """In words."""
        return GAPS[self.code]


@dataclass(frozen=True, slots=True)
class MonthOfPieces:
    """The pieces that moved within an institution in a month: how many were bought, issued, used; and the open gaps."""

    bought: int
    issued: int
    used: int
    gaps: tuple[OpenGap, ...]

    def count(self, code: str) -> int:
        """Gaps of a kind."""
        return sum(gap.code == code for gap in self.gaps)


def month_of_pieces(*, institution: int, period: Period) -> MonthOfPieces:
    """All pieces of a month, gaps in the order of their kinds; two queries."""
    days = (period.first_day, period.last_day)
    steps = steps_of_pieces(institution=institution, days=days)
    pieces: dict[str, list[int]] = {}
    for place, step in enumerate(steps):
        pieces.setdefault(step.barcode, []).append(place)
    found = []
    for barcode, places in pieces.items():
        for gap in gaps_of(Step(steps[place].kind, steps[place].date) for place in places):
            if days[0] <= gap.day <= days[1]:
                use = next(steps[at] for at in places if steps[at].kind == "use" and steps[at].date == gap.day)
                found.append(
                    OpenGap(
                        gap.code,
                        gap.day,
                        (barcode,),
                        use.name,
                        use.encounter,
                        use.encounter_no,
                        use.department_name,
                        None,
                        None,
                        None,
                    )
                )
    names = {step.barcode: step.name for step in steps}
    for row in charge_differences(institution=institution, period=period):
        code = charge_gap(row.used, row.charged)
        if code is not None:
            found.append(_of_charges(code, row, names))
    order = list(GAPS)
    month = [step for step in steps if days[0] <= step.date <= days[1]]
    return MonthOfPieces(
        bought=sum(step.kind == "purchase" for step in month),
        issued=sum(step.kind == "issue" for step in month),
        used=sum(step.kind == "use" for step in month),
        gaps=tuple(sorted(found, key=lambda gap: (order.index(gap.code), gap.encounter_no, gap.barcodes))),
    )


def _of_charges(code: str, row: ChargeDifference, names: dict[str, str]) -> OpenGap:
    name = next((names[barcode] for barcode in row.barcodes if barcode in names), row.item_name)
    return OpenGap(
        code=code,
        day=None,
        barcodes=row.barcodes,
        name=name,
        encounter=row.encounter,
        encounter_no=row.encounter_no,
        department_name=row.department_name,
        used=row.used,
        charged=row.charged,
        missing=missing(row.used, row.charged),
        staying=row.discharged is None,
    )


@dataclass(frozen=True, slots=True)
class PieceCharge:
    """An encounter on which a piece was used: what it used and was charged of the piece's item, with the charge lines."""

    institution: int
    difference: ChargeDifference
    code: str | None
    lines: tuple[ChargedLine, ...]

    @property
    def title(self) -> str:
        """The gap in words, empty where there is none."""
        return GAPS[self.code] if self.code else ""


@dataclass(frozen=True, slots=True)
class PieceLife:
    """Everything that is known of a piece within the institutions that the reader sees."""

    barcode: str
    moves: tuple[MoveLine, ...]
    gaps: tuple[tuple[int, str, date], ...]
    charges: tuple[PieceCharge, ...]

    @property
    def charged(self) -> bool:
        """Every use is charged, and as many pieces as were used."""
        return all(charge.code is None for charge in self.charges)

    @property
    def fits(self) -> bool:
        """No gap of any kind."""
        return not self.gaps and self.charged


def life_of_piece(*, institutions: Collection[int], barcode: str) -> PieceLife | None:
    """Purchase, storage, issue, use and charge of a piece; None where nobody has sent anything of it."""
    moves = goods_moves(institutions=institutions, barcodes=[barcode]).rows
    if not moves:
        return None
    gaps: list[tuple[int, str, date]] = []
    charges: list[PieceCharge] = []
    for institution in sorted({move.institution for move in moves}):
        own = [move for move in moves if move.institution == institution]
        gaps += [(institution, GAPS[gap.code], gap.day) for gap in gaps_of(Step(move.kind, move.date) for move in own)]
        if any(move.kind == "use" for move in own):
            charges += [
                PieceCharge(institution, row, charge_gap(row.used, row.charged), _lines(institution, row))
                for row in charges_of_piece(institution=institution, barcode=barcode)
            ]
    return PieceLife(barcode, moves, tuple(gaps), tuple(charges))


def _lines(institution: int, row: ChargeDifference) -> tuple[ChargedLine, ...]:
    encounter = encounter_at(institution=institution, encounter=row.encounter, sequence=LATEST)
    if encounter is None:
        return ()
    lines = encounter_lines(institution=institution, encounter=encounter, sequence=LATEST).rows
    return tuple(line for line in lines if line.item_code == row.item_code)
