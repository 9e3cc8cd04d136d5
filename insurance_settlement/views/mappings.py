"""归集口径: versions of the province and of institutions, their rows and workbooks, submission."""

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views import View

from insurance_settlement import mapping_files
from insurance_settlement.engine.mapping import RECEIPTS
from insurance_settlement.forms.mappings import (
    ChangeMappingForm,
    DeriveMappingForm,
    FillMappingForm,
    NewMappingForm,
    SubmitMappingForm,
)
from insurance_settlement.mapping_classes import KnownClasses, classes_on
from insurance_settlement.models import MappingVersion
from insurance_settlement.selectors import MONTH_READERS
from insurance_settlement.selectors import mappings as selected
from insurance_settlement.services import mappings as services
from insurance_settlement.services.mapping_remarks import REMARKERS
from insurance_settlement.tables.mapping_remarks import RemarkTable
from insurance_settlement.tables.mappings import (
    CoverageTable,
    FaultTable,
    MappingVersionTable,
    SimulationTable,
    coverage_lines,
    fault_lines,
    standing,
)
from ops_platform.his_intake.public import last_sequence
from ops_platform.kernel import NotFound, Period, from_fen
from ops_platform.masterdata import months
from ops_platform.masterdata.models import Institution
from ops_platform.web.pages import ActionPage, FormPage, ListPage, Page, TemplatePage
from workflows.public import courses_of

State = MappingVersion.State
SHOWN_FAULTS = 50
SHOWN_MEMBERS = 50


class Mappings(ListPage):
    """Versions that one may see, the province's first."""

    roles = MONTH_READERS
    title = _("归集口径")
    template_name = "insurance_settlement/mappings.html"
    table_class = MappingVersionTable
    empty_title = _("还没有归集口径")
    empty_hint = _(
        "省版由运营管理中心导入后下发；机构从省版派生，或下载空白表填写后新建。批准以前各项收入按院内系统费用类别列示。"
    )

    def get_queryset(self) -> QuerySet[MappingVersion]:
        return selected.versions(actor=self.actor)

    def get_table(self, rows: Any) -> MappingVersionTable:
        return MappingVersionTable(rows, request=self.request, today=timezone.localdate())

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        may_keep = self.actor.has(*services.KEEPERS)
        return super().get_context_data(may_keep=may_keep, **kwargs)


class BlankMapping(Page, View):
    """The items of an institution, filled in by fee class, as a workbook to begin from."""

    roles = services.KEEPERS

    def get(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponseBase:
        asked = request.GET.get("institution", "")
        own = Institution.objects.visible_to(self.actor, *services.KEEPERS).order_by("code")
        institution = own.filter(pk=int(asked)).first() if asked.isdigit() and len(asked) < 10 else own.first()
        if institution is None:
            raise NotFound("insurance_settlement.no_mapping", "没有这个机构，或不由您维护其归集口径。")
        today = timezone.localdate()
        items = selected.catalogue(institution=institution, day=today, sequence=last_sequence(institution))
        return mapping_files.write(f"归集口径表_{institution.code}", (), classes_on(today, institution.pk), items)


class NewMapping(FormPage):
    """A version from its workbook."""

    roles = services.KEEPERS
    title = _("新建归集口径")
    form_class = NewMappingForm
    template_name = "insurance_settlement/mapping_form.html"
    submit_label = _("导入为草稿")

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "actor": self.actor}

    def act(self, form: NewMappingForm) -> HttpResponse:
        institution, wanted = form.institution(), form.wanted()
        known = classes_on(wanted.effective_from, institution.pk if institution else None)
        rows = mapping_files.read(form.cleaned_data["file"].read(), known)
        made = services.begin_mapping(self.actor, institution=institution, wanted=wanted, rows=rows)
        messages.success(
            self.request, _now("已导入 %(rows)s 行为草稿。请核对覆盖和冲突，模拟后提交审批。") % {"rows": len(rows)}
        )
        return redirect("insurance_settlement:mapping", made.pk)


class OneVersion:
    """A view of the version of the address."""

    actor: Any
    kwargs: dict[str, Any]

    @property
    def version(self) -> MappingVersion:
        """Raises NotFound for what one may not see."""
        if "_version" not in self.__dict__:
            self.__dict__["_version"] = selected.access_version(actor=self.actor, version_id=self.kwargs["pk"])
        found: MappingVersion = self.__dict__["_version"]
        return found

    @property
    def change(self) -> str:
        """The page on which its items are mapped, "" for who may not change it."""
        may = services.may_keep(self.actor, self.version.institution_id) and self.version.state == State.DRAFT
        return reverse("insurance_settlement:map-item", args=[self.version.pk]) if may else ""

    @property
    def known(self) -> KnownClasses:
        """The classes that its rows may name."""
        if "_known" not in self.__dict__:
            self.__dict__["_known"] = classes_on(self.version.effective_from, self.version.institution_id)
        found: KnownClasses = self.__dict__["_known"]
        return found


class Mapping(OneVersion, TemplatePage):
    """One version: where it stands, what it covers of an institution's month, what is wrong, simulations, remarks."""

    roles = MONTH_READERS
    template_name = "insurance_settlement/mapping.html"

    def _scope(self) -> dict[str, Any]:
        """Whose month is looked at: the version's own institution, or for the province's one that is chosen."""
        seen = selected.institutions_of(actor=self.actor)
        if self.version.institution_id:
            seen = seen.filter(pk=self.version.institution_id)
        institutions, asked = list(seen), self.request.GET
        named = [one for one in institutions if str(one.pk) == asked.get("institution")]
        institution = next(iter([*named, *institutions]), None)
        if institution is None:
            return {"institutions": [], "institution": None, "months": [], "month": None}
        there = months.months(
            institutions=[institution.pk],
            periods=selected.months_with_charges(institution=institution.pk),
            today=timezone.localdate(),
        )
        month = months.choose(there, asked.get("period", ""))
        return {"institutions": institutions, "institution": institution, "months": there, "month": month}

    def _checked(self, scope: dict[str, Any]) -> dict[str, Any]:
        """What the version covers of that month, and what is wrong with it."""
        if scope["month"] is None:
            found = selected.faults_of_rows(self.version)
            return {
                "coverage": None,
                "faults": self._faults(found),
                "fault_count": len(found),
                "blocking": len(found),
            }
        period = Period.parse(scope["month"].period)
        checked = selected.check(version=self.version, institution=scope["institution"], first=period, last=period)
        receipts = [one for one in checked.covered if one.dimension in RECEIPTS]
        total = sum(one.total for one in receipts)
        return {
            "coverage": CoverageTable(coverage_lines(checked.covered)),
            "covered": sum(one.mapped for one in receipts) / total if total else None,
            "open_amount": from_fen(total - sum(one.mapped for one in receipts)),
            "faults": self._faults(checked.faults),
            "fault_count": len(checked.faults),
            "blocking": len(checked.blocking),
        }

    def _faults(self, found: Any) -> FaultTable | None:
        return FaultTable(fault_lines(found[:SHOWN_FAULTS], self.known), change=self.change) if found else None

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        version, actor, scope = self.version, self.actor, self._scope()
        simulations = selected.simulations(actor=actor).filter(version=version)[:SHOWN_MEMBERS]
        remarks = selected.remarks(actor=actor).filter(version=version)[:SHOWN_MEMBERS]
        members = selected.versions(actor=actor).filter(based_on=version)[:SHOWN_MEMBERS]
        today, keeps = timezone.localdate(), services.may_keep(actor, version.institution_id)
        handed_down = version.institution_id is None and version.state == State.APPROVED
        kind = services.KIND if version.institution_id else services.PROVINCE_KIND
        words, tone = standing(version, getattr(version, "replaced_on", None), today)
        draft = version.state == State.DRAFT
        context = super().get_context_data(
            version=version,
            standing=words,
            tone=tone,
            rows_now=getattr(version, "rows_now", None) or 0,
            simulations=SimulationTable(list(simulations)) if simulations else None,
            remarks=RemarkTable(list(remarks)) if remarks else None,
            members=MappingVersionTable(list(members), today=today) if members else None,
            course=courses_of(kind, [str(version.pk)]).get(str(version.pk)),
            may_change=keeps and draft,
            may_submit=keeps and draft,
            may_simulate=actor.has(*services.KEEPERS) and version.state != State.ARCHIVED,
            may_derive=handed_down and actor.has(*services.KEEPERS),
            may_remark=handed_down and actor.has(*REMARKERS),
            shown_faults=SHOWN_FAULTS,
            **scope,
            **self._checked(scope),
            **kwargs,
        )
        return {**context, "title": version.name}


class VersionForm(OneVersion, FormPage):
    roles = services.KEEPERS
    template_name = "insurance_settlement/mapping_form.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(version=self.version, **kwargs)

    def get_success_url(self) -> str:
        return reverse("insurance_settlement:mapping", args=[self.kwargs["pk"]])


class FillMapping(VersionForm):
    """Another workbook for a draft."""

    title = _("上传归集口径表")
    form_class = FillMappingForm
    submit_label = _("替换草稿内容")
    success_message = _("草稿内容已替换，请重新模拟。")

    def act(self, form: FillMappingForm) -> None:
        rows = mapping_files.read(form.cleaned_data["file"].read(), self.known)
        services.fill_mapping(self.actor, version_id=self.kwargs["pk"], rows=rows)


class ChangeMapping(VersionForm):
    """Another name, month or source."""

    title = _("修改版本信息")
    form_class = ChangeMappingForm
    submit_label = _("保存")
    success_message = _("已保存。")

    def get_initial(self) -> dict[str, Any]:
        version = self.version
        month = str(Period.of(version.effective_from))
        return {"name": version.name, "month": month, "source_text": version.source_text}

    def act(self, form: ChangeMappingForm) -> None:
        services.change_mapping(self.actor, version_id=self.kwargs["pk"], wanted=form.wanted())


class DeriveMapping(VersionForm):
    """An institution's own version from the province's."""

    title = _("派生本院版本")
    form_class = DeriveMappingForm
    submit_label = _("派生为草稿")

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "actor": self.actor}

    def get_initial(self) -> dict[str, Any]:
        month = str(Period.of(timezone.localdate()).shift(1))
        return {"name": f"{self.version.name}(本院)"[:80], "month": month, "suggest": True}

    def act(self, form: DeriveMappingForm) -> HttpResponse:
        given = form.cleaned_data
        made = services.derive_mapping(
            self.actor,
            version_id=self.kwargs["pk"],
            institution=given["institution"],
            wanted=form.wanted(),
            suggest=given["suggest"],
        )
        messages.success(self.request, _now("已派生草稿。按费用类别预填的项目请逐项核对，再模拟、提交审批。"))
        return redirect("insurance_settlement:mapping", made.pk)


class SubmitMapping(VersionForm):
    """Ask for approval."""

    title = _("提交审批")
    form_class = SubmitMappingForm
    submit_label = _("提交审批")
    success_message = _("已提交审批，批准后自生效月份起使用。")

    def get_initial(self) -> dict[str, Any]:
        return {"judgement": self.version.judgement}

    def act(self, form: SubmitMappingForm) -> None:
        services.submit_mapping(self.actor, version_id=self.kwargs["pk"], judgement=form.cleaned_data["judgement"])


class ArchiveMapping(ActionPage):
    """Put a draft away."""

    roles = services.KEEPERS
    success_message = _("草稿已作废。")

    def get_success_url(self) -> str:
        return reverse("insurance_settlement:mapping", args=[self.kwargs["pk"]])

    def act(self) -> None:
        services.archive_mapping(self.actor, version_id=self.kwargs["pk"])
