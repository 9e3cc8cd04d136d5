"""What every list of facts behind an amount does: rows of one run, some at a time, with their sum beside the amount."""

from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest
from django.utils.translation import gettext_lazy as _

from costing.derivations import Kind
from costing.models import CostRun
from costing.selectors import access
from costing.selectors.layers import Layer
from costing.titles import FUNDING_TITLES
from ops_platform.his_intake.public import FactPage
from ops_platform.kernel import Period, Role
from ops_platform.masterdata.models import Department
from ops_platform.web.exports import xlsx_response
from ops_platform.web.pages import TemplatePage

PER_PAGE = 50


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
