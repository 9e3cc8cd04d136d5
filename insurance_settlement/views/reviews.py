"""特例单议: cases put forward, cases that come into question, one review from the application to its conclusion."""

from typing import Any, ClassVar

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from insurance_settlement import selectors
from insurance_settlement.engine.worth import SELF_PAY
from insurance_settlement.filters import CandidateFilter, ReviewFilter
from insurance_settlement.forms.reviews import AppealForm, ConclusionForm, OpinionForm, ReviewForm
from insurance_settlement.models import CaseResult, SpecialReview
from insurance_settlement.review_subject import outcome_words
from insurance_settlement.selectors import CASE_READERS
from insurance_settlement.selectors import reviews as selected
from insurance_settlement.services import reviews as services
from insurance_settlement.tables import SCHEME_TITLES
from insurance_settlement.tables.reviews import REVIEW_TONES, CandidateTable, QuotaTable, ReviewTable
from ops_platform.documents.public import documents_of
from ops_platform.identity.access import log_patient_access, log_patient_list
from ops_platform.kernel import Actor
from ops_platform.masterdata.models import Institution
from ops_platform.web.pages import ActionPage, FormPage, ListPage, TemplatePage
from workflows.public import courses_of

State = SpecialReview.State


class Reviews(ListPage):
    """Reviews that one may see, with the quotas."""

    roles = CASE_READERS
    title = _("特例单议")
    template_name = "insurance_settlement/reviews.html"
    table_class = ReviewTable
    filter_class = ReviewFilter
    empty_title = _("还没有特例单议申请")
    empty_hint = _("在「可申请的病例」或单个病例页面申请；院内审批后申报，登记专家意见和结论，通过的按结论重新计价。")

    def get_queryset(self) -> QuerySet[SpecialReview]:
        return selected.reviews(actor=self.actor)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        lines = selected.quotas(actor=self.actor, year=timezone.localdate().year)
        return super().get_context_data(
            quotas=QuotaTable(lines) if lines else None, may_apply=self.actor.has(*services.APPLICANTS), **kwargs
        )


class Candidates(ListPage):
    """Cases whose own figures show a ground and that nobody has put forward."""

    roles = CASE_READERS
    title = _("可申请特例单议的病例")
    template_name = "insurance_settlement/review_candidates.html"
    table_class = CandidateTable
    filter_class = CandidateFilter
    empty_title = _("没有数字上显示理由的病例")
    empty_hint = _(
        "高倍率、费用远高于支付、未入组和长期住院的病例列在这里。病情复杂、危急重症等理由由医师判断，请从病例页面申请。"
    )

    def get_queryset(self) -> QuerySet[CaseResult]:
        self.hints = selected.hints()
        return selected.candidates(actor=self.actor, hints=self.hints)

    def get_table(self, rows: Any) -> CandidateTable:
        may_apply = self.actor.has(*services.APPLICANTS)
        return CandidateTable(rows, request=self.request, hints=self.hints, may_apply=may_apply)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        shown = [row.record.run.institution for row in context["table"].page.object_list]
        log_patient_list(self.request, "case_list", dict.fromkeys(shown, self.request.GET.urlencode() or "all"))
        return context

    def _export(self) -> Any:
        _chosen, rows = self.filtered()
        listed = Institution.objects.filter(pk__in=rows.order_by().values("run__institution"))
        log_patient_list(self.request, "case_list", dict.fromkeys(listed, self.request.GET.urlencode() or "all"))
        return super()._export()


class Review(TemplatePage):
    """One review: what is asked and why, where it stands, opinions, conclusions, what it came to."""

    roles = CASE_READERS
    template_name = "insurance_settlement/review.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        review = selected.access_review(actor=self.actor, review_id=self.kwargs["pk"])
        log_patient_access(self.request, review.institution, "special_review", review.encounter_no)
        conclusions = list(review.conclusions.select_related("recorded_by").order_by("pk"))
        number = str(review.pk)
        present = selectors.cases(actor=self.actor).filter(
            run__institution=review.institution_id, encounter=review.encounter
        )
        courses = courses_of(services.CONCLUSION, [str(one.pk) for one in conclusions])
        context = super().get_context_data(
            review=review,
            tone=REVIEW_TONES[review.state],
            asked=outcome_words(review.asked, review.asked_worth),
            opinions=[
                (one, outcome_words(one.outcome, one.worth))
                for one in review.opinions.select_related("recorded_by").order_by("round", "pk")
            ],
            conclusions=[(one, outcome_words(one.outcome, one.worth), courses.get(str(one.pk))) for one in conclusions],
            documents=documents_of(services.FILES, [number])[number],
            course=courses_of(services.KIND, [number]).get(number),
            now=present.first(),
            priced=review.state == State.APPROVED and present.filter(kind="special_review").exists(),
            **_may(self.actor, review),
            **kwargs,
        )
        return {**context, "title": _("特例单议 %s") % review.encounter_no}


def _may(actor: Actor, review: SpecialReview) -> dict[str, bool]:
    applies = actor.may(review.institution_id, *services.APPLICANTS, department=review.department_id)
    records = actor.may(review.institution_id, *services.RECORDERS)
    return {
        "may_change": applies and review.state == State.DRAFT,
        "may_record": records and review.state in (State.DECLARED, State.APPEALED),
        "may_appeal": applies and review.state == State.REJECTED and review.appealed_on is None,
    }


class _ReviewForm(FormPage):
    """A form of one step of a review; opened when the review has gone on, it leads back to its page."""

    roles = services.APPLICANTS
    template_name = "insurance_settlement/review_form.html"
    states: ClassVar[tuple[str, ...]]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if self.review.state not in self.states:
            messages.warning(request, _now("申请已进入下一步，不能再打开该页。"))
            return redirect("insurance_settlement:review", self.kwargs["pk"])
        return super().get(request, *args, **kwargs)

    @property
    def review(self) -> SpecialReview:
        """The review of the address."""
        if "_review" not in self.__dict__:
            self.__dict__["_review"] = selected.access_review(actor=self.actor, review_id=self.kwargs["pk"])
        found: SpecialReview = self.__dict__["_review"]
        return found

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(review=self.review, case=selected.current_case(self.review), **kwargs)

    def back(self, words: str) -> HttpResponse:
        """To the page of the review, with what was done."""
        messages.success(self.request, words)
        return redirect("insurance_settlement:review", self.kwargs["pk"])


class NewReview(FormPage):
    """Put a case forward."""

    roles = services.APPLICANTS
    title = _("申请特例单议")
    form_class = ReviewForm
    template_name = "insurance_settlement/review_form.html"
    submit_label = _("保存草稿")

    @property
    def case(self) -> CaseResult:
        """The case of the address."""
        if "_case" not in self.__dict__:
            self.__dict__["_case"] = selectors.access_case(actor=self.actor, case_id=self.kwargs["case"])
        found: CaseResult = self.__dict__["_case"]
        return found

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if self.case.scheme == SELF_PAY:
            messages.warning(request, _now("自费患者不由医保支付，不能申请特例单议。"))
            return redirect("insurance_settlement:case", self.case.pk)
        return super().get(request, *args, **kwargs)

    def get_initial(self) -> dict[str, Any]:
        return {"grounds": list(selected.grounds_of(self.case, selected.hints())), "asked": "items"}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        insured = SCHEME_TITLES.get(self.case.scheme, self.case.scheme)
        return super().get_context_data(case=self.case, insured=insured, **kwargs)

    def act(self, form: ReviewForm) -> HttpResponse:
        made = services.begin_review(
            self.actor, case_id=self.kwargs["case"], wanted=form.wanted(), files=form.cleaned_data["documents"]
        )
        messages.success(self.request, _now("已保存草稿，核对后提交院内审批。"))
        return redirect("insurance_settlement:review", made.pk)


class ChangeReview(_ReviewForm):
    """Another text of a draft."""

    title = _("修改特例单议申请")
    states = (State.DRAFT,)
    form_class = ReviewForm
    submit_label = _("保存草稿")

    def get_initial(self) -> dict[str, Any]:
        names = ("grounds", "statement", "asked", "asked_worth")
        return {name: getattr(self.review, name) for name in names}

    def act(self, form: ReviewForm) -> HttpResponse:
        services.change_review(
            self.actor, review_id=self.kwargs["pk"], wanted=form.wanted(), files=form.cleaned_data["documents"]
        )
        return self.back(_now("已保存。"))


class NewOpinion(_ReviewForm):
    """What an expert said."""

    roles = services.RECORDERS
    title = _("登记专家意见")
    states = (State.DECLARED, State.APPEALED)
    form_class = OpinionForm
    submit_label = _("登记")

    def act(self, form: OpinionForm) -> HttpResponse:
        services.record_opinion(
            self.actor,
            review_id=self.kwargs["pk"],
            expert=form.cleaned_data["expert"],
            unit=form.cleaned_data["unit"],
            verdict=form.verdict(),
        )
        return self.back(_now("已登记专家意见。"))


class NewConclusion(_ReviewForm):
    """What the insurer decided, for a second person to confirm."""

    roles = services.RECORDERS
    title = _("登记评审结论")
    states = (State.DECLARED, State.APPEALED)
    form_class = ConclusionForm
    submit_label = _("提交确认")

    def act(self, form: ConclusionForm) -> HttpResponse:
        services.conclude_review(
            self.actor,
            review_id=self.kwargs["pk"],
            verdict=form.verdict(),
            decided_on=form.cleaned_data["decided_on"],
            document_no=form.cleaned_data["document_no"],
            files=form.cleaned_data["documents"],
        )
        return self.back(_now("已提交，由第二人核对通知后生效。"))


class Appeal(_ReviewForm):
    """Against a rejection."""

    title = _("申诉")
    states = (State.REJECTED,)
    form_class = AppealForm
    submit_label = _("提交申诉")

    def act(self, form: AppealForm) -> HttpResponse:
        services.appeal_review(
            self.actor,
            review_id=self.kwargs["pk"],
            appeal=form.cleaned_data["appeal"],
            files=form.cleaned_data["documents"],
        )
        return self.back(_now("已申诉，复审后请登记意见和结论。"))


class _Act(ActionPage):
    roles = services.APPLICANTS

    def get_success_url(self) -> str:
        return reverse("insurance_settlement:review", args=[self.kwargs["pk"]])


class SubmitReview(_Act):
    """Ask for the approval inside the hospital."""

    success_message = _("已提交院内审批。")

    def act(self) -> None:
        services.submit_review(self.actor, review_id=self.kwargs["pk"])


class ArchiveReview(_Act):
    """Put a draft away."""

    success_message = _("申请已作废。")

    def act(self) -> None:
        services.archive_review(self.actor, review_id=self.kwargs["pk"])
