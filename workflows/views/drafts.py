"""The editor of a flow. It works without a script: each change is a page that is sent and a draft that is kept."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from ops_platform.kernel import Conflict, Invalid
from ops_platform.web.pages import ActionPage, FormPage
from workflows.drawing import draw
from workflows.engine.definition import DEPARTMENT_CLASS, Definition, Step, from_json
from workflows.forms import steps as step_forms
from workflows.forms.flows import OptionsForm
from workflows.forms.people import FIND
from workflows.forms.rules import unfinished_search
from workflows.forms.steps import StepForm
from workflows.models import Flow, Matter
from workflows.selectors import flows as selectors
from workflows.selectors.matters import FLOW_READERS, may_see, on_its_way
from workflows.services import drafts
from workflows.services import flows as services
from workflows.subjects import title_of

ENTER = "enter"  # the form was sent by that key: what is meant depends on where the cursor stood


class _OfFlow:
    """A view of one flow's draft. `stale`: what was sent was refused because the draft is another one by now; only then does
    the page carry the present draft as seen, so that nobody writes over it unawares."""

    kwargs: dict[str, Any]
    request: HttpRequest
    stale = False

    @cached_property
    def flow(self) -> Flow:
        return services.access_flow(self.kwargs["pk"])

    @cached_property
    def definition(self) -> Definition:
        return drafts.in_work(self.flow)

    @property
    def seen(self) -> str:
        """The draft that stood on the reader's page."""
        return self.request.POST.get("seen", "")

    def seen_next(self) -> str:
        """The draft that the answered page stands for."""
        return services.token_of(self.flow) if self.stale or self.request.method == "GET" else self.seen

    def draft_address(self) -> str:
        """The editor of the flow."""
        return reverse("workflows:flow-draft", args=[self.kwargs["pk"]])


class Draft(_OfFlow, FormPage):
    """The draft drawn, with its faults; who may change it finds the tools beside the steps, all others read."""

    roles = FLOW_READERS
    title = _("流程草稿")
    template_name = "workflows/flows/draft.html"
    form_class = OptionsForm
    success_message = _("已保存到草稿。")

    def get_form(self, form_class: Any = None) -> Any:
        form = super().get_form(form_class)
        if all(attribute.name != DEPARTMENT_CLASS for attribute in self.definition.attributes):
            del form.fields["needs_department"]
        return form

    def get_initial(self) -> dict[str, Any]:
        definition = self.definition
        names = ("sign_once", "straight_back", "batch", "stand_ins", "needs_department")
        kept = {name: getattr(definition, name) for name in names}
        return {**kept, "withdrawing": definition.withdrawing.value, "note": self.flow.draft_note}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        flow, matter = self.flow, on_its_way(selectors.SUBJECT, str(self.flow.pk))
        locked = matter is not None and matter.state == Matter.State.RUNNING
        before = from_json(flow.current.body) if flow.current is not None and flow.draft is not None else None
        may_change = self.actor.has(*services.MAKERS)
        return super().get_context_data(
            flow=flow,
            kind=title_of(flow.subject_type),
            place=selectors.place_of(flow),
            drawing=draw(self.definition, before=before),
            matter=matter,
            matter_shown=matter is not None and may_see(self.actor, str(matter.pk)),
            locked=locked,
            editing=may_change and not locked,
            may_change=may_change,
            mine=flow.draft_by_id == self.actor.user,
            seen=self.seen_next(),
            **kwargs,
        )

    def act(self, form: OptionsForm) -> None:
        options, note = form.options(), form.cleaned_data["note"]
        try:
            drafts.set_options(self.actor, flow_id=self.flow.pk, seen=self.seen, options=options, note=note)
        except Conflict:
            self.stale = True
            raise

    def get_success_url(self) -> str:
        return self.draft_address()


class _StepPage(_OfFlow, FormPage):
    """The form of a step. Buttons that only rework the form (one more rule, an example, a search for a person)
    keep what was filled in."""

    roles = services.MAKERS
    template_name = "workflows/flows/step.html"
    form_class = StepForm
    submit_label = _("保存到草稿")
    success_message = _("已保存到草稿。")

    @cached_property
    def kept(self) -> Step | None:
        """The step as the draft has it; none for a new one, or when it is gone meanwhile."""
        return next((step for step in self.definition.steps if step.key == self.kwargs.get("step")), None)

    def get_form_kwargs(self) -> dict[str, Any]:
        asked = self.request.POST if self.request.method == "POST" else self.request.GET
        given = {"attributes": self.definition.attributes, "kept": self.kept, "asked": asked}
        return {**super().get_form_kwargs(), **given}

    def get_initial(self) -> dict[str, Any]:
        return step_forms.initial_of(self.kept, self.definition.attributes) if self.kept else {}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        do = FIND if FIND in request.POST else request.POST.get("do", "save")
        if do == ENTER:
            do = FIND if unfinished_search(request.POST) else "save"
        if do == "save":
            return super().post(request, *args, **kwargs)
        form = step_forms.reworked(request.POST, do, self.definition.attributes, self.kept)
        return self.render_to_response(self.get_context_data(form=form))

    def act(self, form: StepForm) -> None:
        try:
            self.keep(form)
        except Conflict:
            self.stale = True
            raise

    def keep(self, form: StepForm) -> None:
        """Write the step into the draft."""
        raise NotImplementedError

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        present = None
        if self.stale and self.kept is not None:
            present = next(step for step in draw(self.definition).steps if step.key == self.kept.key)
        return super().get_context_data(
            flow=self.flow,
            kind=title_of(self.flow.subject_type),
            place=selectors.place_of(self.flow),
            examples=[(each, step_forms.example_of(each)) for each in self.definition.attributes],
            present=present,
            seen=self.seen_next(),
            **kwargs,
        )

    def get_success_url(self) -> str:
        return self.draft_address()


class EditStep(_StepPage):
    """Change a step of the draft."""

    title = _("修改环节")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.definition.position(self.kwargs["step"])
        return super().get(request, *args, **kwargs)

    def keep(self, form: StepForm) -> None:
        step = form.step(self.kwargs["step"])
        drafts.change_step(self.actor, flow_id=self.flow.pk, seen=self.seen, step=step)


class NewStep(_StepPage):
    """Insert a step after another one, or at the beginning."""

    title = _("插入环节")

    def after(self) -> str:
        """The key of the step before; empty at the beginning."""
        return self.request.GET.get("after", "")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        before = next((step.title for step in self.definition.steps if step.key == self.after()), "")
        return super().get_context_data(inserting=True, before=before, **kwargs)

    def keep(self, form: StepForm) -> None:
        drafts.insert_step(self.actor, flow_id=self.flow.pk, seen=self.seen, step=form.step(""), after=self.after())


class _DraftAction(_OfFlow, ActionPage):
    """A button of the editor."""

    roles = services.MAKERS

    def get_success_url(self) -> str:
        return self.draft_address()

    def given(self) -> dict[str, Any]:
        """Which flow, and the draft that stood on the page."""
        return {"flow_id": self.kwargs["pk"], "seen": self.seen}


class ArrangeSteps(_DraftAction):
    """Move a step up or down, or take it out."""

    def act(self) -> str:
        do, key = self.request.POST.get("do", ""), self.request.POST.get("step", "")
        if do == "drop":
            drafts.drop_step(self.actor, key=key, **self.given())
            return _now("已从草稿中删除该环节。")
        if do in ("up", "down"):
            drafts.move_step(self.actor, key=key, down=do == "down", **self.given())
            return _now("已移动。")
        raise Invalid("workflows.unknown_change", _now("请从流程草稿页面操作。"))


class DiscardDraft(_DraftAction):
    """Give the draft up."""

    success_message = _("已放弃草稿，流程仍按现行版本办理。")

    def act(self) -> None:
        services.discard_draft(self.actor, **self.given())


class SubmitDraft(_DraftAction):
    """Send the draft for approval by a second person."""

    success_message = _("已提交审批。批准之前仍按现行版本办理，草稿不能再改。")

    def act(self) -> None:
        drafts.submit_draft(self.actor, comment=self.request.POST.get("comment", ""), **self.given())
