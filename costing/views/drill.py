"""The lists at the bottom: the rows behind an amount, as they were when the run read them.

Each list shows its sum beside the amount of the summary one came from; they are equal to the fen, or the page says so.
"""

from decimal import Decimal
from functools import cached_property
from typing import Any, ClassVar

from django.http import Http404
from django.utils.translation import gettext_lazy as _

from costing.asset_cards import card_charges
from costing.derivations import Kind
from costing.models import DriverKind, ItemCost, SettlementBasis
from costing.selectors import access
from costing.selectors import department as figures
from costing.tables import (
    CardTable,
    ChargeLineTable,
    ComputedCostTable,
    CostEntryTable,
    DriverFactTable,
    FlowTable,
    IncomeEntryTable,
)
from costing.titles import COST_ITEM_TITLES, FEE_CLASS_TITLES, SHARED_TITLES
from costing.views.fact_lists import FactList
from ops_platform.his_intake.public import FactPage, charge_lines, cost_entries, driver_facts, income_entries
from ops_platform.identity.access import log_patient_list
from ops_platform.kernel import from_fen
from ops_platform.masterdata.models import CostClass, Department, ItemClass
from ops_platform.web import formats
from ops_platform.web.numbers import number_of

ITEM_CLASS_TITLES = dict(ItemClass.choices)


class _OfCosts(FactList):
    """Lists behind a direct cost: cut by cost item and by funding source."""

    codes = ("cost_item", COST_ITEM_TITLES, _("全部成本项目"))

    def chosen(self) -> dict[str, Any]:
        return {**super().chosen(), "funding_sources": self.sources()}

    def about(self) -> list[Any]:
        return [*super().about(), self.funding_words()]


class CostEntries(_OfCosts):
    """Voucher lines booked straight to a department, and beside them what of its direct cost was computed."""

    title = _("成本凭证")
    table_class = CostEntryTable

    def fetch(self, offset: int, limit: int | None) -> FactPage[Any]:
        return cost_entries(**self.facts(), **self.chosen(), shared_as="", offset=offset, limit=limit)

    def expected(self) -> Decimal:
        direct = figures.expected_cost(run=self.run.pk, side="direct", **self.chosen())
        return direct - figures.computed_total(run=self.run.pk, **self.chosen())

    def more(self) -> Decimal:
        return figures.computed_total(run=self.run.pk, **self.chosen())

    def beside(self) -> Any:
        rows = figures.computed_costs(run=self.run.pk, **self.chosen())
        query = {name: self.request.GET.get(name, "") for name in ("department", "cost_item", "funding")}
        return ComputedCostTable(rows, run=self.run.pk, query=query) if rows.exists() else None

    def beside_title(self) -> Any:
        direct = figures.expected_cost(run=self.run.pk, side="direct", **self.chosen())
        computed = figures.computed_total(run=self.run.pk, **self.chosen())
        return _("计算计入 %(computed)s 元，连同上面直接计入的，共 %(direct)s 元") % {
            "computed": formats.money(computed),
            "direct": formats.money(direct),
        }


class SharedBills(_OfCosts):
    """Bills of a kind that one department took in for all, and how they were divided."""

    title = _("公共费用")
    table_class = CostEntryTable

    def kind(self) -> str:
        """The kind of bill of the address."""
        return self.code("kind", SHARED_TITLES) or next(iter(SHARED_TITLES))

    def fetch(self, offset: int, limit: int | None) -> FactPage[Any]:
        whole = {**self.chosen(), "department": None}
        return cost_entries(**self.facts(), **whole, shared_as=self.kind(), offset=offset, limit=limit)

    def expected(self) -> Decimal:
        return figures.computed_total(
            run=self.run.pk, origin="shared", kind=self.kind(), **{**self.chosen(), "department": None}
        )

    def about(self) -> list[Any]:
        return [SHARED_TITLES[self.kind()], *super().about()]

    def beside(self) -> Any:
        rows = figures.computed_costs(run=self.run.pk, origin="shared", kind=self.kind(), **self.chosen())
        return ComputedCostTable(rows, run=self.run.pk, query={}) if rows.exists() else None

    def beside_title(self) -> Any:
        return _("各科室承担")


class AssetCards(_OfCosts):
    """Cards behind depreciation and amortisation."""

    title = _("资产卡片折旧")
    table_class = CardTable

    @cached_property
    def cards(self) -> list[Any]:
        """Those of the address; read once."""
        chosen = self.chosen()
        found = card_charges(
            self.run.institution, self.period, self.run.input_sequence, department=chosen["department"]
        )
        return [
            card
            for card in found
            if chosen["cost_item"] in ("", card.cost_item)
            and (not chosen["funding_sources"] or card.charge.funding_source in chosen["funding_sources"])
            and self.card in ("", card.card)
        ]

    @property
    def card(self) -> str:
        """The number of the card that is looked at, or all."""
        return self.request.GET.get("card", "")

    def about(self) -> list[Any]:
        return [*super().about(), self.card]

    def fetch(self, offset: int, limit: int | None) -> FactPage[Any]:
        cards = self.cards
        rows = cards[offset:] if limit is None else cards[offset : offset + limit]
        return FactPage(tuple(rows), len(cards), from_fen(sum(card.charge.amount for card in cards)))

    def table_options(self) -> dict[str, Any]:
        numbers = {card.charge.department for card in self.cards}
        return {"departments": dict(Department.objects.filter(pk__in=numbers).values_list("pk", "name"))}

    def expected(self) -> Decimal | None:
        if self.card:
            return self.came()
        return figures.computed_total(run=self.run.pk, origin="depreciation", **self.chosen())


class IncomeEntries(FactList):
    """Voucher lines behind other income."""

    title = _("其他收入凭证")
    table_class = IncomeEntryTable

    def fetch(self, offset: int, limit: int | None) -> FactPage[Any]:
        return income_entries(**self.facts(), **self.chosen(), offset=offset, limit=limit)

    def expected(self) -> Decimal:
        return figures.expected_other_income(run=self.run.pk, **self.chosen())


class ChargeLines(FactList):
    """Charge lines behind an income. They name encounters, so that opening them is logged."""

    title = _("收费明细")
    table_class = ChargeLineTable
    sides = {"ordering": _("开单：%s"), "executing": _("执行：%s")}
    codes = ("fee_class", FEE_CLASS_TITLES, _("全部费用类别"))
    patient_level = True

    def table_options(self) -> dict[str, Any]:
        return {"run": self.run}

    def log_access(self) -> None:
        log_patient_list(self.request, "charge_lines", {self.run.institution: self.request.GET.urlencode() or "all"})

    def chosen(self) -> dict[str, Any]:
        return {**super().chosen(), "item_class": self.code("item_class", ITEM_CLASS_TITLES)}

    @cached_property
    def basis(self) -> SettlementBasis | None:
        """The income of named items that an agreement shares, when one comes from there."""
        asked = self.request.GET.get("basis", "")
        if not asked:
            return None
        rows = SettlementBasis.objects.filter(cost_run=self.run, what="exam_income")
        found = rows.select_related("run__agreement").filter(pk=number_of(asked)).first()
        if found is None or not found.run.agreement.items:
            raise Http404
        return found

    @cached_property
    def item_cost(self) -> ItemCost | None:
        """The item of a department whose cost is being looked at, when one comes from there."""
        asked = self.request.GET.get("item_cost", "")
        if not asked:
            return None
        rows = ItemCost.objects.filter(run__cost_run=self.run, department=self.side("executing"), item__isnull=False)
        found = rows.select_related("item").filter(pk=number_of(asked)).first()
        if found is None:
            raise Http404
        return found

    def about(self) -> list[Any]:
        if self.item_cost is not None:
            return [str(self.item_cost.item), *super().about()]
        if self.basis is None:
            return [*super().about(), ITEM_CLASS_TITLES.get(self.chosen()["item_class"], "")]
        return [f"{self.basis.run.agreement.name}：{'、'.join(self.basis.run.agreement.items)}"]

    def fetch(self, offset: int, limit: int | None) -> FactPage[Any]:
        items = self.basis.run.agreement.items if self.basis else ()
        if self.item_cost is not None and self.item_cost.item is not None:
            items = (self.item_cost.item.code,)
        return charge_lines(**self.facts(), **self.chosen(), item_codes=items, offset=offset, limit=limit)

    def expected(self) -> Decimal:
        if self.item_cost is not None:
            return self.item_cost.income
        if self.basis:
            return self.basis.amount
        return figures.expected_income(run=self.run.pk, **self.chosen())


class Flows(FactList):
    """The stored steps behind an allocated cost."""

    title = _("分摊明细")
    table_class = FlowTable
    sides = {"receiver": _("分入：%s"), "sender": _("分出：%s")}
    codes = ("cost_item", COST_ITEM_TITLES, _("全部成本项目"))
    classes: ClassVar[dict[str, Any]] = dict(CostClass.choices)

    def chosen(self) -> dict[str, Any]:
        sender_class = self.code("sender_class", self.classes)
        return {**super().chosen(), "funding_sources": self.sources(), "sender_class": sender_class}

    def about(self) -> list[Any]:
        return [*super().about(), self.classes.get(self.chosen()["sender_class"], ""), self.funding_words()]

    def table_options(self) -> dict[str, Any]:
        institution = self.run.institution_id

        def opens_facts(department: int) -> bool:
            return self.actor.may(institution, *access.DRILL_READERS, department=department)

        opens = self.actor.may(institution, *access.READERS)
        return {"run": self.run, "opens_departments": opens, "opens_facts": opens_facts}

    def fetch(self, offset: int, limit: int | None) -> FactPage[Any]:
        return figures.flow_page(run=self.run, **self.chosen(), offset=offset, limit=limit)

    def expected(self) -> Decimal:
        return figures.expected_flows(run=self.run.pk, **self.chosen())


class DriverFacts(FactList):
    """The people, floor area or asset cards by which a cost was divided."""

    title = _("动因依据")
    table_class = DriverFactTable
    codes = (
        "driver",
        {kind.value: kind.label for kind in (DriverKind.HEADCOUNT, DriverKind.FLOOR_AREA, DriverKind.ASSET_VALUE)},
        "",
    )

    @property
    def driver(self) -> str:
        """What was measured; without it there is nothing to list."""
        if not self.chosen()["driver"]:
            raise Http404
        return str(self.chosen()["driver"])

    @property
    def sum_kind(self) -> Kind:
        return "money" if self.driver == DriverKind.ASSET_VALUE else "quantity"

    def table_options(self) -> dict[str, Any]:
        return {"of_cards": self.driver == DriverKind.ASSET_VALUE}

    def fetch(self, offset: int, limit: int | None) -> FactPage[Any]:
        department = self.chosen()["department"]
        return driver_facts(measured=self.driver, **self.facts(), department=department, offset=offset, limit=limit)

    def expected(self) -> Decimal | None:
        return self.came()
