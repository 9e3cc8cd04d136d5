"""财政拨款预算收入支出表 of an institution's year up to a month."""

from typing import Any

from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from ops_platform.kernel import from_fen
from ops_platform.ledger.engine.fiscal_grants import GrantRow, GrantSheet
from ops_platform.ledger.layouts import layouts
from ops_platform.ledger.reports import statements as reports
from ops_platform.ledger.selectors.fiscal_grants import fiscal_grants
from ops_platform.ledger.views.statements import StatementPage

COLUMNS = {
    "start": "年初结转",
    "start_left": "年初结余",
    "other": "其他变动",
    "income": "本年收入",
    "spent": "本年支出",
    "end": "年末结转",
    "end_left": "年末结余",
}
SOURCE = (
    "政府会计制度(财会〔2017〕25号)会政预03表，项目和栏目凭记忆。归集调入、归集上缴或调出、单位内部调剂、年初余额调整"
    "合列为「其他变动」；基本支出中未注明资金来源的部分，按本年财政基本拨款额度内先行列支(系统默认)"
)


class FiscalGrants(StatementPage):
    """What came of fiscal grants, what was spent of them and what stands."""

    title = _("财政拨款预算收入支出表")
    template_name = "ledger/fiscal_grants.html"

    @cached_property
    def sheet(self) -> GrantSheet | None:
        """Books kept elsewhere tell no funding source."""
        if self.month is None or self.elsewhere:
            return None
        return fiscal_grants(self.of.pk, self.of_month)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(layouts=layouts().values(), **kwargs)
        rows = self.sheet.rows if self.sheet else ()
        return {
            **context,
            "rows": [(row, _cells(row)) for row in rows],
            "columns": COLUMNS.values(),
            "sheet": self.sheet,
            "source": SOURCE,
        }

    def workbook(self) -> Any:
        rows: list[reports.Row] = [
            ([f"{'　' * row.level}{row.title}", row.number, *_cells(row)], row.level == 0)
            for row in (self.sheet.rows if self.sheet else ())
        ]
        columns = ["项目", "行次", *COLUMNS.values()]
        sheet = reports.Sheet(str(self.title), self.heading, columns, rows, (*self.notes, f"格式待核对：{SOURCE}"))
        return reports.workbook(f"{self.title}-{self.of.code}-{self.of_month}", [sheet])


def _cells(row: GrantRow) -> list[Any]:
    """Amounts in yuan; of a row that only says more of another one's spending, that."""
    return [None if row.of and name != "spent" else from_fen(getattr(row, name)) for name in COLUMNS]
