"""模拟测试对比: months of the past by the present mapping and by a version, with the reasons of each greater change."""

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from insurance_settlement.engine.mapping import Dimension
from insurance_settlement.forms.mappings import SimulateForm
from insurance_settlement.mapping_classes import classes_on
from insurance_settlement.mapping_subject import RATIO_TITLES
from insurance_settlement.models import DIMENSION_TITLES, MappingVersion, SimulatedClass, SimulatedMove
from insurance_settlement.selectors import MONTH_READERS
from insurance_settlement.selectors import mappings as selected
from insurance_settlement.services import mapping_simulations as services
from insurance_settlement.services.mappings import KEEPERS, may_keep
from insurance_settlement.tables.mappings import MoveTable
from ops_platform.masterdata import months
from ops_platform.web import formats
from ops_platform.web.exports import xlsx_response
from ops_platform.web.pages import ActionPage, FormPage, ListPage, TemplatePage

SHOWN_MOVES = 20
WORDS = "words-"


class Simulate(FormPage):
    """Choose what to compute anew."""

    roles = KEEPERS
    title = _("模拟测试")
    form_class = SimulateForm
    template_name = "insurance_settlement/mapping_form.html"
    submit_label = _("模拟")

    @property
    def version(self) -> MappingVersion:
        """The version of the address."""
        if "_version" not in self.__dict__:
            self.__dict__["_version"] = selected.access_version(actor=self.actor, version_id=self.kwargs["pk"])
        found: MappingVersion = self.__dict__["_version"]
        return found

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "actor": self.actor, "only": self.version.institution_id}

    def get_initial(self) -> dict[str, Any]:
        """The month that pages show by default."""
        asked = self.request.GET.get("institution", "")
        institutions = selected.institutions_of(actor=self.actor)
        own = self.version.institution_id or (int(asked) if asked.isdigit() and len(asked) < 10 else None)
        institution = institutions.filter(pk=own).first() if own else institutions.first()
        if institution is None:
            return {}
        there = months.months(
            institutions=[institution.pk],
            periods=selected.months_with_charges(institution=institution.pk),
            today=timezone.localdate(),
        )
        month = months.choose(there, "")
        period = month.period if month else ""
        return {"institution": institution.pk, "first_month": period, "last_month": period}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(version=self.version, **kwargs)

    def act(self, form: SimulateForm) -> HttpResponse:
        given = form.cleaned_data
        made = services.simulate_mapping(
            self.actor,
            version_id=self.kwargs["pk"],
            institution=given["institution"],
            first=given["first_month"],
            last=given["last_month"],
        )
        return redirect("insurance_settlement:mapping-simulation", made.pk)


class SimulationPage(TemplatePage):
    """One simulation: ratios and classes before and after, what moved, and why."""

    roles = MONTH_READERS
    title = _("模拟测试对比")
    template_name = "insurance_settlement/mapping_simulation.html"

    def get(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        self.simulation = selected.access_simulation(actor=self.actor, simulation_id=self.kwargs["pk"])
        self.classes = list(self.simulation.classes.select_related("explanation__written_by").order_by("pk"))
        if request.GET.get("export") == "xlsx":
            return self._export()
        return super().get(request, *args, **kwargs)

    def _lines(self) -> list[dict[str, Any]]:
        """Each dimension with its classes, total and what moved."""
        found = []
        for dimension in Dimension:
            classes = [one for one in self.classes if one.dimension == dimension]
            if not classes:
                continue
            total = sum((one.before for one in classes), Decimal(0))
            after = sum((one.after for one in classes), Decimal(0))
            moved = sum((abs(one.after - one.before) for one in classes), Decimal(0)) / 2
            found.append(
                {
                    "title": DIMENSION_TITLES[dimension],
                    "code": dimension,
                    "rows": [_row(one) for one in classes],
                    "before": total,
                    "after": after,
                    "moved": moved,
                    "ratio": moved / total if total else None,
                    "holds": total == after and not any(one.code == "" and one.after for one in classes),
                }
            )
        return found

    def _export(self) -> FileResponse:
        heads = ["维度", "编码", "类别", "模拟前(元)", "模拟后(元)", "变动(元)", "变动率", "须说明", "说明"]
        rows = (
            [
                str(one.get_dimension_display()),
                one.code,
                one.title,
                one.before,
                one.after,
                one.after - one.before,
                _share(one),
                one.needs_words,
                _words(one),
            ]
            for one in self.classes
        )
        months_ = f"{self.simulation.first_period}-{self.simulation.last_period}"
        return xlsx_response(f"归集口径模拟-{self.simulation.institution.code}-{months_}", heads, rows)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        simulation = self.simulation
        version = simulation.version
        known = classes_on(version.effective_from, simulation.institution_id)
        moves = simulation.moves.order_by("pk")
        count = moves.count()
        keeps = may_keep(self.actor, version.institution_id) and version.state == MappingVersion.State.DRAFT
        return super().get_context_data(
            simulation=simulation,
            version=version,
            fits=simulation.rows_digest == version.digest,
            total=simulation.outpatient + simulation.inpatient,
            ratios=[_ratio(name, simulation.indicators.get(name, [None, None])) for name in RATIO_TITLES],
            dimensions=self._lines(),
            moves=MoveTable(list(moves[:SHOWN_MOVES]), known=known) if count else None,
            move_count=count,
            open_words=sum(one.needs_words and not _words(one) for one in self.classes),
            may_explain=keeps,
            threshold=simulation.threshold,
            **kwargs,
        )


def _row(one: SimulatedClass) -> dict[str, Any]:
    return {
        "pk": one.pk,
        "title": f"{one.code} {one.title}" if one.code[:1].isdigit() else one.title,
        "before": one.before,
        "after": one.after,
        "delta": one.after - one.before,
        "share": _share(one),
        "needs_words": one.needs_words,
        "words": _words(one),
        "name": f"{WORDS}{one.pk}",
    }


def _share(one: SimulatedClass) -> Decimal | None:
    return (one.after - one.before) / abs(one.before) if one.before else None


def _words(one: SimulatedClass) -> str:
    explanation = getattr(one, "explanation", None)
    return explanation.text if explanation else ""


def _ratio(name: str, both: list[str | None]) -> dict[str, Any]:
    before, after = (None if told is None else Decimal(told) for told in both)
    change = None if before is None or after is None else after - before
    return {
        "title": RATIO_TITLES[name],
        "before": formats.percent(before, 2),
        "after": formats.percent(after, 2),
        "change": None if change is None else formats.number(change * 100, 2),
    }


class Moves(ListPage):
    """All items that a simulation finds in another class."""

    roles = MONTH_READERS
    title = _("归集变动的项目")
    template_name = "insurance_settlement/mapping_moves.html"
    table_class = MoveTable
    per_page = 100

    def get_queryset(self) -> QuerySet[SimulatedMove]:
        self.simulation = selected.access_simulation(actor=self.actor, simulation_id=self.kwargs["pk"])
        self.export_name = f"归集变动-{self.simulation.institution.code}-{self.simulation.first_period}"
        return self.simulation.moves.order_by("pk")

    def get_table(self, rows: Any) -> MoveTable:
        simulation = self.simulation
        known = classes_on(simulation.version.effective_from, simulation.institution_id)
        return MoveTable(rows, request=self.request, known=known)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        return {**context, "simulation": self.simulation, "version": self.simulation.version}


class ExplainChanges(ActionPage):
    """The reasons of the changes, all fields of the page at once."""

    roles = KEEPERS

    def get_success_url(self) -> str:
        return reverse("insurance_settlement:mapping-simulation", args=[self.kwargs["pk"]])

    def act(self) -> HttpResponse:
        texts = {
            int(name.removeprefix(WORDS)): self.request.POST.get(name, "")
            for name in self.request.POST
            if name.startswith(WORDS) and name.removeprefix(WORDS).isdigit() and len(name) < 30
        }
        written = services.explain_changes(self.actor, simulation_id=self.kwargs["pk"], texts=texts)
        if written:
            messages.success(self.request, _now("已保存 %(count)s 项说明。") % {"count": written})
        else:
            messages.info(self.request, _now("没有填写说明。"))
        return redirect(self.get_success_url())
