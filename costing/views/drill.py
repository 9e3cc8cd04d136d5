"""The lists at the bottom: the rows behind an amount, as they were when the run read them.

Each list shows its sum beside the amount of the summary one came from; they are equal to the fen, or the page says so.
"""

from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import Any, ClassVar

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest
from django.utils.translation import gettext_lazy as _

from costing.asset_cards import card_charges
from costing.derivations import Kind
from costing.models import CostRun, DriverKind, ItemCost, SettlementBasis
from costing.selectors import access
from costing.selectors import department as figures
from costing.selectors.layers import Layer
from costing.tables import (
    CardTable,
    ChargeLineTable,
    ComputedCostTable,
    CostEntryTable,
    DriverFactTable,
    FlowTable,
    IncomeEntryTable,
)
from costing.titles import COST_ITEM_TITLES, FEE_CLASS_TITLES, FUNDING_TITLES, SHARED_TITLES
from ops_platform.his_intake.public import FactPage, charge_lines, cost_entries, driver_facts, income_entries
from ops_platform.identity.access import log_patient_list
from ops_platform.kernel import Period, Role, from_fen
from ops_platform.masterdata.models import CostClass, Department, ItemClass
from ops_platform.web import formats
from ops_platform.web.exports import xlsx_response
from ops_platform.web.numbers import number_of
from ops_platform.web.pages import TemplatePage

PER_PAGE = 50
ITEM_CLASS_TITLES = dict(ItemClass.choices)


class FactList(TemplatePage):
    """Rows of one run, some at a time, with their sum. Concrete lists say what they fetch and what it must add up to."""

    roles: ClassVar[tuple[Role, ...]] = access.DRILL_READERS
    template_name = "costing/facts.html"
    table_class: ClassVar[Any]
    sides: ClassVar[dict[str, Any]] = {"department": "%s"}
    codes: ClassVar[tuple[str, dict[str, Any], Any] | None] = None
    patient_level: ClassVar[bool] = False
    differs: ClassVar[Any] = _("不一致，请运行完整性检查并联系系统管理员")
    run: CostRun
    departments: dict[int, Department]

    def fetch(self, offset: int, limit: int | None) -> FactPage[Any]:
        """Rows from `offset` on, and count and sum of all."""
        raise NotImplementedError

    @property
    def sum_kind(self) -> Kind:
        """How its sum is written (`costing.derivations.Kind`)."""
        return "money"

    def expected(self) -> Decimal | None:
        """The amount of the summary; None where one came from no amount."""
        raise NotImplementedError

    def came(self) -> Decimal | None:
        """The amount that one came from, as the address carries it."""
        try:
            found = Decimal(self.request.GET.get("came", ""))
        except InvalidOperation:
            return None
        return found if found.is_finite() else None

    def chosen(self) -> dict[str, Any]:
        """What the address asks for: departments (`sides`, with how each is said) and a code (`codes`: its name, titles
        and what is said when none is chosen). Rows and expected amount are cut by the same."""
        chosen: dict[str, Any] = {name: self.side(name) for name in self.sides}
        if self.codes:
            name, titles, _all = self.codes
            chosen[name] = self.code(name, titles)
        return chosen

    def about(self) -> list[Any]:
        """What was chosen, in words."""
        chosen = self.chosen()
        told = [self.codes[1].get(chosen[self.codes[0]], self.codes[2])] if self.codes else []
        named = ((words, chosen[name]) for name, words in self.sides.items() if words)
        return told + [words % self.departments[number].name for words, number in named if number]

    def facts(self) -> dict[str, Any]:
        """Which facts the run read."""
        run = self.run
        return {"institution": run.institution_id, "period": self.period, "sequence": run.input_sequence}

    def side(self, name: str) -> int | None:
        """A department of the address, or None without one; what is no number is no address."""
        asked = self.request.GET.get(name, "")
        if asked and not (asked.isascii() and asked.isdigit() and len(asked) < 19):
            raise Http404
        return int(asked) if asked else None

    def sources(self) -> tuple[str, ...]:
        """The funding sources of the address: those of a layer of cost, or one; nothing for all."""
        funding = self.request.GET.get("funding", "")
        if funding in tuple(Layer):
            return Layer(funding).sources
        return (self.code("funding", FUNDING_TITLES),) if funding else ()

    def funding_words(self) -> str:
        """What was chosen of them, in words."""
        funding = self.request.GET.get("funding", "")
        return Layer(funding).words if funding in tuple(Layer) else str(FUNDING_TITLES.get(funding, ""))

    def code(self, name: str, titles: dict[str, Any]) -> str:
        """A code of the address; an unknown one is no address."""
        asked = self.request.GET.get(name, "")
        if asked and asked not in titles:
            raise Http404
        return asked

    @property
    def period(self) -> Period:
        """The month of the run."""
        return Period.parse(self.run.period)

    def make_table(self, rows: Any) -> Any:
        """The table over some rows; they are already one page, so that the table must not cut them again."""
        table = self.table_class(rows, **self.table_options())
        table.request = self.request
        return table

    def table_options(self) -> dict[str, Any]:
        """What the table knows beside its rows."""
        return {}

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        named = [number for number in map(self.side, self.sides) if number is not None]
        self.run, self.departments = access.access_drill(actor=self.actor, run_id=self.kwargs["pk"], departments=named)
        if request.GET.get("export") == "xlsx":
            self.log_access()
            values = iter(self.make_table(self.fetch(0, None).rows).as_values())
            return xlsx_response(f"{self.title}-{self.run.institution.code}-{self.run.period}", next(values), values)
        return super().get(request, *args, **kwargs)

    def beside(self) -> Any:
        """Another table below the list, or None."""
        return None

    def more(self) -> Decimal:
        """What the amount one came from has beside the rows of the list."""
        return Decimal("0.00")

    def beside_title(self) -> Any:
        """What is said of it."""
        return ""

    def log_access(self) -> None:
        """Lists of single patients say who looked."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        asked = self.request.GET.get("page", "1")
        number = int(asked) if asked.isdigit() and 0 < len(asked) < 8 else 1
        found = self.fetch((max(number, 1) - 1) * PER_PAGE, PER_PAGE)
        page = Paginator(range(found.count), PER_PAGE).get_page(number)
        if page.number != number:
            found = self.fetch((page.number - 1) * PER_PAGE, PER_PAGE)
        self.log_access()
        expected, beside = self.expected(), self.beside()
        return super().get_context_data(
            run=self.run,
            table=self.make_table(found.rows),
            page=page,
            found=found,
            expected=expected,
            whole=found.total + self.more(),
            agrees=expected is None or found.total == expected,
            differs=self.differs,
            sum_kind=self.sum_kind,
            shown=next(iter(self.departments.values()), None),
            about=[one for one in self.about() if one],
            patient_level=self.patient_level,
            beside=beside,
            beside_title=self.beside_title() if beside else "",
            **kwargs,
        )


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
