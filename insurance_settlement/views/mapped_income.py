"""按归集口径的收入: a month's charges by class, the items of a class, the charge lines of an item."""

from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from insurance_settlement.engine.mapping import Dimension, Indicators
from insurance_settlement.mapping_subject import RATIO_TITLES
from insurance_settlement.models import DIMENSION_TITLES
from insurance_settlement.selectors import MONTH_READERS
from insurance_settlement.selectors import mappings as selected
from insurance_settlement.selectors.mappings import MappedMonth
from insurance_settlement.tables.mapped_income import IncomeClassTable, IncomeItemTable, MappedLineTable
from ops_platform.his_intake.public import ENCOUNTER_KINDS, charge_lines
from ops_platform.identity.access import log_patient_list
from ops_platform.kernel import Period, from_fen
from ops_platform.masterdata import months
from ops_platform.masterdata.models import ChargeItem, Institution
from ops_platform.web import formats
from ops_platform.web.exports import xlsx_response
from ops_platform.web.pages import ListPage, TemplatePage

PER_PAGE = 50
INPATIENT = "inpatient"


def _ratio(part: Any) -> Decimal | None:
    return None if part is None else Decimal(part.numerator) / part.denominator


def _said(found: Indicators) -> list[tuple[Any, str]]:
    return [(title, formats.percent(_ratio(getattr(found, name)), 2)) for name, title in RATIO_TITLES.items()]


class _Month(ListPage):
    """A month of an institution by one dimension."""

    roles = MONTH_READERS
    per_page = 200
    month: Any = None
    found: MappedMonth | None = None

    def _choose(self) -> None:
        asked = self.request.GET
        by = asked.get("by", "")
        self.dimension = Dimension(by) if by in list(Dimension) else Dimension.RECEIPT_INPATIENT
        self.institutions = list(selected.institutions_of(actor=self.actor))
        named = [one for one in self.institutions if str(one.pk) == asked.get("institution")]
        self.institution: Institution | None = next(iter([*named, *self.institutions]), None)
        self.months: list[Any] = []
        if self.institution is None:
            return
        self.months = months.months(
            institutions=[self.institution.pk],
            periods=selected.months_with_charges(institution=self.institution.pk),
            today=timezone.localdate(),
        )
        self.month = months.choose(self.months, asked.get("period", ""))
        if self.month:
            period = Period.parse(self.month.period)
            self.found = selected.mapped_month(institution=self.institution, period=period)
            title = DIMENSION_TITLES[self.dimension]
            self.export_name = f"{self.title}-{title}-{self.institution.code}-{period}"

    def query(self) -> str:
        """The address of what is shown, to go on from."""
        if self.institution is None or self.month is None:
            return ""
        return urlencode({"institution": self.institution.pk, "period": self.month.period, "by": str(self.dimension)})

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        return {
            **context,
            "institutions": self.institutions,
            "institution": self.institution,
            "months": self.months,
            "month": self.month,
            "found": self.found,
            "dimension": str(self.dimension),
            "dimension_title": DIMENSION_TITLES[self.dimension],
            "total": from_fen(self.found.totals[self.dimension]) if self.found else None,
            "back": self.query(),
        }


class MappedIncome(_Month):
    """The classes of a dimension."""

    title = _("按归集口径的收入")
    template_name = "insurance_settlement/mapped_income.html"
    table_class = IncomeClassTable
    empty_title = _("还没有收费明细")
    empty_hint = _("收费明细报送后，按当月最后一天生效的归集口径列示。")

    def get_queryset(self) -> list[dict[str, Any]]:
        self._choose()
        if self.found is None:
            return []
        return [
            {
                "title": line.title,
                "code": line.code,
                "group": line.group,
                "items": line.items,
                "amount": from_fen(line.amount),
                "share": _ratio(line.share),
            }
            for line in self.found.lines
            if line.dimension == self.dimension
        ]

    def get_table(self, rows: Any) -> IncomeClassTable:
        address = f"{reverse('insurance_settlement:mapped-items')}?{self.query()}"
        return IncomeClassTable(rows, request=self.request, address=address, dimension=self.dimension)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        found = self.found
        return {
            **context,
            "whole": from_fen(found.total) if found else None,
            "ratios": _said(found.ratios) if found else [],
            "kept": {"by": str(self.dimension)},
            "choices": [(str(one), DIMENSION_TITLES[one]) for one in Dimension],
        }


class MappedItems(_Month):
    """The items of a class."""

    title = _("类别的项目")
    template_name = "insurance_settlement/mapped_items.html"
    table_class = IncomeItemTable

    def get_queryset(self) -> list[dict[str, Any]]:
        self._choose()
        self.code = self.request.GET.get("class", "")
        if self.found is None:
            return []
        items = self.found.items(self.dimension, self.code)
        self.amount = sum(one.amount(self.dimension) for one in items)
        return [
            {
                "code": one.code,
                "name": one.name,
                "amount": from_fen(one.amount(self.dimension)),
                "share": Decimal(one.amount(self.dimension)) / self.amount if self.amount else None,
            }
            for one in items
        ]

    def get_table(self, rows: Any) -> IncomeItemTable:
        address = f"{reverse('insurance_settlement:mapped-lines')}?{self.query()}"
        return IncomeItemTable(rows, request=self.request, address=address)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        if self.found is None:
            raise Http404
        title = selected.class_title(self.found.known, self.dimension, self.code)
        return {**context, "title": title, "amount": from_fen(self.amount)}


class MappedLines(TemplatePage):
    """The charge lines of an item in a month, on the side that the dimension classes. Single patients: it is logged."""

    roles = MONTH_READERS
    template_name = "insurance_settlement/mapped_lines.html"

    def get(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        asked = request.GET
        number = asked.get("institution", "")
        seen = selected.institutions_of(actor=self.actor)
        institution = seen.filter(pk=int(number)).first() if number.isdigit() and len(number) < 10 else None
        item = ChargeItem.objects.filter(institution=institution, code=asked.get("item", "")).first()
        if institution is None or item is None or asked.get("by", "") not in list(Dimension):
            raise Http404
        try:
            self.period = Period.parse(asked.get("period", ""))
        except ValueError as error:
            raise Http404 from error
        self.institution, self.item, self.dimension = institution, item, Dimension(asked["by"])
        self.sequence = selected.sequence_of(institution)
        log_patient_list(request, "mapped_lines", {institution: f"{self.period} {item.code}"})
        if asked.get("export") == "xlsx":
            values = iter(self._table(self._lines(0, None).rows).as_values())
            return xlsx_response(f"收费明细-{institution.code}-{self.period}-{item.code}", next(values), values)
        return super().get(request, *args, **kwargs)

    def _lines(self, offset: int, limit: int | None) -> Any:
        stays = self.dimension.of_stays
        kinds = [code for code, _title in ENCOUNTER_KINDS if (code == INPATIENT) == stays]
        return charge_lines(
            institution=self.institution.pk,
            period=self.period,
            sequence=self.sequence,
            kinds=kinds,
            item_codes=[self.item.code],
            offset=offset,
            limit=limit,
        )

    def _table(self, rows: Any) -> MappedLineTable:
        table = MappedLineTable(rows, institution=self.institution.pk)
        table.request = self.request
        return table

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        asked = self.request.GET.get("page", "1")
        number = max(int(asked), 1) if asked.isdigit() and len(asked) < 8 else 1
        found = self._lines((number - 1) * PER_PAGE, PER_PAGE)
        page = Paginator(range(found.count), PER_PAGE).get_page(number)
        if page.number != number:
            found = self._lines((page.number - 1) * PER_PAGE, PER_PAGE)
        keys = ("institution", "period", "by")
        context = super().get_context_data(
            institution=self.institution,
            period=str(self.period),
            item=self.item,
            dimension_title=DIMENSION_TITLES[self.dimension],
            found=found,
            page=page,
            table=self._table(found.rows),
            back=urlencode({key: self.request.GET[key] for key in keys}),
            **kwargs,
        )
        return {**context, "title": _now("%s 的收费明细") % self.item.name}
