"""Lists behind a figure over patients or items: encounters, discharges, stays in a service unit, items.

Nothing of these figures is stored but the rows themselves, so that what a list must add up to is the amount one came
from: the address carries it (`came`), and a list that has moved since says so."""

from decimal import Decimal
from functools import cached_property
from typing import Any, ClassVar

from django.http import Http404
from django.utils.translation import gettext_lazy as _

from costing.derivations import Kind
from costing.engine.diseases import NONE
from costing.measures import OF_CASES, OF_ENCOUNTERS, OF_ITEMS, OF_PATHWAYS, OF_UNITS, Measure
from costing.models import Pathway, PatientRun, UnitKind
from costing.selectors import access, measured
from costing.selectors.diseases import WITHOUT
from costing.selectors.pathways import names_of_items
from costing.tables.measured import MeasuredItemTable, MeasuredTable
from costing.titles import FEE_CLASS_TITLES, HANDING_OUT, NOTHING_CHARGED
from costing.views.fact_lists import FactList
from ops_platform.his_intake.public import SCHEMES, FactPage
from ops_platform.identity.access import log_patient_list
from ops_platform.web.numbers import number_of

SIDES = {"": "", "day": _("日间"), "ward": _("住院")}
KINDS = {"": "", "visits": _("门急诊"), "stays": _("住院")}
COUNTED = {"": "", "costed": _("已核算"), "priced": _("已定价"), "complete": _("已定价且已核算")}
LONGEST = 60


class MeasuredList(FactList):
    """Rows with one amount each; `measures` are those that can be asked for, the first when none is."""

    table_class = MeasuredTable
    sides: ClassVar[dict[str, Any]] = {"department": "%s"}
    measures: ClassVar[dict[str, Measure]]
    subject_type: ClassVar[str]
    patient_level = True
    differs = _("报表打开之后数据或运行有更新，请重新打开报表")

    @property
    def asked(self) -> str:
        """The code of the measure."""
        return self.code("measure", self.measures) or next(iter(self.measures))

    @property
    def measure(self) -> Measure:
        """What each row adds."""
        return self.measures[self.asked]

    @property
    def sum_kind(self) -> Kind:
        return self.measure.kind

    def disease(self) -> str:
        """The disease that is asked for, as people read it."""
        code = self.text("disease") or ""
        return WITHOUT if code == NONE else code

    def text(self, name: str) -> str | None:
        """Words of the address, None where it has none."""
        found = self.request.GET.get(name)
        return found[:LONGEST] if found is not None else None

    def number(self, name: str) -> int | None:
        """A whole number of the address."""
        return number_of(self.request.GET[name]) if name in self.request.GET else None

    def table_options(self) -> dict[str, Any]:
        return {"measure": self.measure}

    def expected(self) -> Decimal | None:
        return self.came()

    def about(self) -> list[Any]:
        return [self.measure.title, *super().about()]

    def log_access(self) -> None:
        if self.patient_level:
            left_out = ("came", "page", "export")
            chosen = [value for name, value in self.request.GET.items() if name not in left_out and value]
            words = " ".join([self.run.period, *(str(one) for one in chosen)])
            log_patient_list(self.request, self.subject_type, {self.run.institution: words})

    def patients(self) -> PatientRun:
        """The patients of the run."""
        found = measured.patient_run_of(self.run)
        if found is None:
            raise Http404
        return found


class Encounters(MeasuredList):
    """Encounters of a month with what they cost in it."""

    title = _("患者成本清单")
    measures = OF_ENCOUNTERS
    subject_type = "costing.encounters"

    def fetch(self, offset: int, limit: int | None) -> FactPage[Any]:
        kind = self.code("kind", KINDS)
        return measured.encounters(
            run=self.patients(),
            measure=self.asked,
            department=self.side("department"),
            inpatient=kind == "stays" if kind else None,
            offset=offset,
            limit=limit,
        )

    def about(self) -> list[Any]:
        return [*super().about(), KINDS[self.code("kind", KINDS)]]


class Cases(MeasuredList):
    """Discharges of a month with what their whole stays cost, were charged and are paid."""

    title = _("病例清单")
    measures = OF_CASES
    subject_type = "costing.cases"

    def choice(self) -> measured.CaseChoice:
        """Which of them."""
        return measured.CaseChoice(
            drg=self.text("drg"),
            disease=self.text("disease"),
            encounter=self.number("encounter"),
            department=self.side("department"),
            doctor=self.text("doctor"),
            scheme=self.text("scheme"),
            insurer=self.text("insurer"),
            procedure=self.text("procedure"),
            side=self.code("side", SIDES),
            longer=self.number("longer"),
            upto=self.number("upto"),
            counted=self.code("counted", COUNTED),  # type: ignore[arg-type]
        )

    def fetch(self, offset: int, limit: int | None) -> FactPage[Any]:
        return measured.cases(run=self.run, measure=self.asked, choice=self.choice(), offset=offset, limit=limit)

    def about(self) -> list[Any]:
        chosen = self.choice()
        told = [
            *super().about(),
            COUNTED[chosen.counted],
            SIDES[chosen.side],
            chosen.drg,
            self.disease(),
            chosen.procedure,
        ]
        if chosen.doctor is not None:
            told.append(_("医师代号 %s") % (chosen.doctor or _("未注明")))
        if chosen.scheme is not None or chosen.insurer is not None:
            scheme = dict(SCHEMES).get(chosen.scheme or "", chosen.scheme or "")
            told.append(" ".join(str(one) for one in (scheme, chosen.insurer) if one) or _("未注明"))
        if chosen.longer is not None:
            told.append(_("多于 %s 日") % chosen.longer)
        if chosen.upto is not None:
            told.append(_("至 %s 日") % chosen.upto)
        return told


class UnitCases(MeasuredList):
    """Discharges of a disease group in a service unit, of all departments."""

    roles = access.READERS
    title = _("服务单元病例清单")
    sides: ClassVar[dict[str, Any]] = {}
    measures = OF_UNITS
    subject_type = "costing.unit_cases"

    def fetch(self, offset: int, limit: int | None) -> FactPage[Any]:
        return measured.unit_cases(
            run=self.run,
            measure=self.asked,
            drg=self.text("drg"),
            disease=self.text("disease"),
            kind=self.code("kind", dict(UnitKind.choices)),
            code=self.text("unit") or "",
            name=self.text("name") or "",
            offset=offset,
            limit=limit,
        )

    def about(self) -> list[Any]:
        kind = dict(UnitKind.choices).get(self.code("kind", dict(UnitKind.choices)), "")
        return [*super().about(), self.text("drg"), self.disease(), self.text("name") or kind]


class Items(MeasuredList):
    """Service items in their departments with what they cost and earned."""

    title = _("项目清单")
    table_class = MeasuredItemTable
    measures = OF_ITEMS
    patient_level = False

    def fetch(self, offset: int, limit: int | None) -> FactPage[Any]:
        return measured.items(
            run=self.patients(),
            measure=self.asked,
            department=self.side("department"),
            code=self.text("item"),
            fee_class=self.code("fee_class", FEE_CLASS_TITLES),
            offset=offset,
            limit=limit,
        )

    def about(self) -> list[Any]:
        fee_class = FEE_CLASS_TITLES.get(self.code("fee_class", FEE_CLASS_TITLES), "")
        return [*super().about(), HANDING_OUT if self.text("item") == "" else self.text("item"), fee_class]


class PathwayItems(MeasuredList):
    """The cases of a pathway with what each used of an item, of all departments."""

    roles = access.READERS
    title = _("路径病例的项目")
    sides: ClassVar[dict[str, Any]] = {}
    measures = OF_PATHWAYS
    subject_type = "costing.pathway_items"

    @cached_property
    def pathway(self) -> Pathway:
        """The pathway of the address; one of another institution is none."""
        asked = number_of(self.request.GET.get("pathway", ""))
        found = Pathway.objects.filter(pk=asked, institution=self.run.institution_id).first()
        if found is None:
            raise Http404
        return found

    def fetch(self, offset: int, limit: int | None) -> FactPage[Any]:
        return measured.pathway_cases(
            run=self.patients(),
            measure=self.asked,
            pathway=self.pathway.pk,
            item=self.number("item") or 0,
            offset=offset,
            limit=limit,
        )

    def about(self) -> list[Any]:
        item = self.number("item") or 0
        code, name = names_of_items([item]).get(item, ("", NOTHING_CHARGED))
        return [*super().about(), f"{self.pathway.drg} {self.pathway.name}", f"{code} {name}".strip()]
