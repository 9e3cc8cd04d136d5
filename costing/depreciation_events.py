"""Depreciation of asset cards as business events of the ledger: one a month, when the month has ended."""

from collections import defaultdict
from collections.abc import Iterator

from django.urls import reverse
from django.utils import timezone

from costing.asset_cards import Source, card_charges, from_cards, sent_items, source_of
from costing.models import CostRun
from costing.titles import ASSET_TITLES, COST_ITEM_TITLES, FUNDING_TITLES
from ops_platform.his_intake.public import departments_as_of, input_stamp
from ops_platform.kernel import Period, digest_of
from ops_platform.ledger.public import Attribute, BusinessEvent, Dimensions, EventForm, EventLine
from ops_platform.masterdata.models import CostClass, Institution

CODE = "costing.depreciation"
BY_CLASS = {
    "by": "department_class",
    "accounts": {"clinical": "5001", "medical_technology": "5001", "medical_support": "5001", "administration": "5101"},
}
FORM = EventForm(
    code=CODE,
    title="资产卡片折旧与摊销",
    attributes={
        "cost_item": Attribute("成本项目", {item: COST_ITEM_TITLES[item] for item in ("depreciation", "amortisation")}),
        "category": Attribute("资产类别", ASSET_TITLES),
        "funding_source": Attribute("资金来源", FUNDING_TITLES),
        "department_class": Attribute("科室类别", {one.value: str(one.label) for one in CostClass}),
    },
    amounts={"amount": "金额"},
    dimensions=frozenset({"department", "cost_item", "funding_source"}),
)
POSTINGS = (
    {
        "title": "折旧与摊销",
        "amounts": ["amount"],
        "debit": BY_CLASS,
        "debit_dimensions": ["department", "cost_item", "funding_source"],
        "credit": {"by": "cost_item", "accounts": {"depreciation": "1602", "amortisation": "1702"}},
        "credit_dimensions": ["funding_source"],
    },
)


def load(institution: Institution, period: Period, sequence: int) -> Iterator[BusinessEvent]:
    """The month's depreciation by department, category and funding; nothing while the month runs, and nothing of what
    was sent as vouchers, which are events of their own: not even where the cost run refuses both at once."""
    if not _has_ended(period):
        return
    if source_of(institution, period) is Source.VOUCHERS:
        return
    items = from_cards(Source.CARDS_UNLESS_SENT, sent_items(institution, period, sequence))
    amounts: dict[tuple[int, str, str, str], int] = defaultdict(int)
    for card in card_charges(institution, period, sequence) if items else ():
        if card.cost_item in items:
            key = (card.charge.department, card.cost_item, card.category, card.charge.funding_source)
            amounts[key] += card.charge.amount
    lines = [(key, fen) for key, fen in sorted(amounts.items()) if fen]
    if lines:
        classes = departments_as_of(institution, period.last_day, sequence)
        yield BusinessEvent(
            type=CODE,
            key=str(period),
            day=period.last_day,
            summary=f"计提 {period} 折旧与摊销",
            document=f"assets {period}",
            lines=tuple(
                EventLine(
                    attributes={
                        "cost_item": item,
                        "category": category,
                        "funding_source": funding,
                        "department_class": classes[department].cost_class if department in classes else "",
                    },
                    amounts={"amount": fen},
                    dimensions=Dimensions(department=department, cost_item=item, funding_source=funding),
                )
                for (department, item, category, funding), fen in lines
            ),
        )


def one(institution: Institution, period: Period, sequence: int, key: str) -> BusinessEvent | None:
    """The one of this key, which is the month's."""
    return next((event for event in load(institution, period, sequence) if event.key == key), None)


def stamp(institution: Institution, period: Period) -> str:
    """Changes with cards, departments, vouchers of cost, the policy, and when the month has ended."""
    facts = input_stamp(institution, period, ("assets", "departments", "cost-entries")).digest
    return digest_of([facts, int(source_of(institution, period)), _has_ended(period)])


def link(institution: Institution, key: str) -> str:
    """The cards as the month's current cost run read them."""
    run = CostRun.objects.filter(institution=institution, period=key, is_current=True).first()
    return reverse("costing:asset-cards", args=[run.pk]) if run else ""


def _has_ended(period: Period) -> bool:
    return period.last_day < timezone.localdate()
