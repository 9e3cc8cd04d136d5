"""Grouping schemes, price books and pooling areas."""

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import QuerySet

from insurance_settlement import schemes
from insurance_settlement.models import AreaMember, GroupingScheme, PriceBook
from insurance_settlement.selectors.access import MONTH_READERS
from ops_platform.kernel import Actor, NotFound, from_fen
from ops_platform.masterdata.models import Institution


def grouping_schemes() -> QuerySet[GroupingScheme]:
    """Schemes without their content, newest first. Rules hold for the whole alliance."""
    return GroupingScheme.objects.defer("content", "dx_codes", "proc_codes").order_by("-effective_from", "pk")


def price_books() -> QuerySet[PriceBook]:
    """Price books without their content, newest first."""
    rows = PriceBook.objects.defer("content", "scheme__content", "scheme__dx_codes", "scheme__proc_codes")
    return rows.select_related("scheme", "area").order_by("-effective_from", "area__name", "pk")


def access_price_book(number: int) -> PriceBook:
    """One price book with its scheme. Raises NotFound."""
    found = PriceBook.objects.select_related("scheme", "area").filter(pk=number).first()
    if found is None:
        raise NotFound("insurance_settlement.no_such_price_book", "没有这个价格规则。")
    return found


def access_scheme(number: int) -> GroupingScheme:
    """One scheme with its content. Raises NotFound."""
    found = GroupingScheme.objects.filter(pk=number).first()
    if found is None:
        raise NotFound("insurance_settlement.no_such_scheme", "没有这个分组方案。")
    return found


@dataclass(frozen=True, slots=True)
class GroupWorth:
    """What a price book says of a group: weight or points, mean charges in yuan, whether it takes no coefficient."""

    code: str
    name: str
    weight: Decimal
    mean_charges: Decimal | None
    same_price: bool


def worths_of(row: PriceBook) -> list[GroupWorth]:
    """Its groups in the order of their codes."""
    book, names = schemes.rule_book(row), schemes.compiled_scheme(row.scheme).titles
    return [
        GroupWorth(
            code,
            names.get(code, ""),
            weight,
            from_fen(book.mean_charges[code]) if code in book.mean_charges else None,
            code in book.same_price,
        )
        for code, weight in sorted(book.weights.items())
    ]


def area_members(*, actor: Actor) -> QuerySet[AreaMember]:
    """Which institutions are paid by the rules of which area, from when on: of those the actor may see, newest first."""
    rows = AreaMember.objects.filter(institution__in=Institution.objects.visible_to(actor, *MONTH_READERS))
    return rows.select_related("area", "institution").order_by("institution__code", "-effective_from", "pk")
