"""The rows of a classification mapping: as a list, as a workbook, one item at a time."""

from typing import Any

import django_filters
from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views import View

from insurance_settlement import mapping_files
from insurance_settlement.engine.mapping import Dimension
from insurance_settlement.forms.mappings import MapItemForm
from insurance_settlement.mapping_classes import by_fee_class
from insurance_settlement.models import MappingRow
from insurance_settlement.selectors import MONTH_READERS
from insurance_settlement.selectors import mappings as selected
from insurance_settlement.services import mappings as services
from insurance_settlement.services.mapping_remarks import REMARKERS
from insurance_settlement.tables.mappings import MappingRowTable
from insurance_settlement.views.mappings import OneVersion, State, VersionForm
from ops_platform.his_intake.public import last_sequence
from ops_platform.kernel import NotFound
from ops_platform.web.pages import ListPage, Page


class MappingRowFilter(django_filters.FilterSet):
    """Rows by a word of a code or name, and where they came from."""

    q = django_filters.CharFilter(label=_("编码或名称"), method="search")
    origin = django_filters.ChoiceFilter(label=_("来源"), choices=MappingRow.Origin.choices, empty_label=_("全部"))

    class Meta:
        model = MappingRow
        fields: list[str] = []

    def search(self, rows: QuerySet[MappingRow], _name: str, value: str) -> QuerySet[MappingRow]:
        """In both codes and both names."""
        word = value.strip()
        return rows.filter(
            Q(item_code__icontains=word)
            | Q(item_name__icontains=word)
            | Q(national_code__icontains=word)
            | Q(national_name__icontains=word)
        )


class MappingRows(OneVersion, ListPage):
    """The rows of a version."""

    roles = MONTH_READERS
    title = _("归集口径内容")
    template_name = "insurance_settlement/mapping_rows.html"
    table_class = MappingRowTable
    filter_class = MappingRowFilter
    per_page = 100
    empty_title = _("没有内容")

    def get_queryset(self) -> QuerySet[MappingRow]:
        self.export_name = f"归集口径-{self.version.name}"
        return selected.rows_of(self.version)

    def get_table(self, rows: Any) -> MappingRowTable:
        handed_down = self.version.institution_id is None and self.version.state == State.APPROVED
        may_remark = handed_down and self.actor.has(*REMARKERS)
        return MappingRowTable(rows, request=self.request, known=self.known, may_remark=may_remark, change=self.change)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(version=self.version, **kwargs)


class MappingFile(OneVersion, Page, View):
    """The workbook of a version; of an institution's with the items that it does not name yet."""

    roles = MONTH_READERS

    def get(self, _request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponseBase:
        version, rows = self.version, list(selected.rows_of(self.version))
        missing: list[selected.CatalogueItem] = []
        if version.institution is not None:
            sequence = last_sequence(version.institution)
            items = selected.catalogue(institution=version.institution, day=timezone.localdate(), sequence=sequence)
            named = {row.item_code for row in rows}
            missing = [item for item in items if item.code not in named]
        return mapping_files.write(f"归集口径表_{version.name}", rows, self.known, missing)


class MapItem(VersionForm):
    """One item of a draft, `?item=`; without a row it begins as its fee class has it."""

    title = _("归集项目")
    form_class = MapItemForm
    submit_label = _("保存")

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.code = request.GET.get("item", "").replace("\x00", "")

    def _found(self) -> tuple[MappingRow | None, selected.CatalogueItem | None]:
        """The item's first row, and the item itself. Raises NotFound for neither."""
        version = self.version
        row = selected.rows_of(version).filter(item_code=self.code).first()
        item = selected.item_of(institution=version.institution, code=self.code) if version.institution else None
        if row is None and item is None:
            raise NotFound("insurance_settlement.no_mapping_row", f"没有编码为 {self.code[:60]} 的项目。")
        return row, item

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "known": self.known}

    def get_initial(self) -> dict[str, Any]:
        row, item = self._found()
        if row is not None:
            return {**{one: getattr(row, one) for one in map(str, Dimension)}, "note": row.note}
        classes = by_fee_class().get(item.fee_class, {}) if item else {}
        return {str(dimension): code for dimension, code in classes.items()}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        row, item = self._found()
        name = row.item_name if row else item.name if item else ""
        return super().get_context_data(about=f"{self.code} {name}", **kwargs)

    def act(self, form: MapItemForm) -> None:
        row, item = self._found()
        services.map_item(
            self.actor,
            version_id=self.kwargs["pk"],
            item_code=self.code,
            item_name=row.item_name if row else item.name if item else "",
            classes=form.classes(),
            note=form.cleaned_data["note"],
        )
        messages.success(self.request, _now("已保存项目 %s 的归集。") % self.code)
