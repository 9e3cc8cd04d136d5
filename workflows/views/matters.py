"""One matter: what it is about, the way it goes, who did what, and what the reader may do."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from ops_platform.kernel import Forbidden, Invalid, NotFound
from ops_platform.web.numbers import number_of
from ops_platform.web.pages import ActionPage, TemplatePage, tell_refusal
from workflows import course_page, services
from workflows.forms.matters import PassOnForm
from workflows.models import Matter, Task
from workflows.selectors import matters as selectors
from workflows.views.people import PersonFormPage

TYPED = "workflows.typed"
MOST_TYPED = 4000


class MatterDetail(TemplatePage):
    """The page of a matter."""

    template_name = "workflows/matter.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        matter = selectors.access_matter(self.actor, self.kwargs["pk"])
        shown = course_page.page(self.actor, matter)
        services.mark_seen(self.actor, matter)
        typed = self.request.session.pop(TYPED, {})
        if typed.get("matter") != matter.pk:
            typed = {}
        if typed.get("where") == "sign" and shown.task is None:
            typed["where"] = "say"
        context = super().get_context_data(matter=matter, page=shown, typed=typed, **kwargs)
        return {**context, "title": matter.title}


class _MatterAction(ActionPage):
    """An act upon a matter that the reader may see."""

    @cached_property
    def matter(self) -> Matter:
        return selectors.access_matter(self.actor, self.kwargs["pk"])

    def get_success_url(self) -> str:
        return course_page.address(self.matter)

    def refused(self) -> None:
        """What was typed stands on the page again."""
        self.request.session[TYPED] = {
            "matter": self.matter.pk,
            "where": self.request.POST.get("where", ""),
            "comment": self.request.POST.get("comment", "")[:MOST_TYPED],
            "step": self.request.POST.get("step", ""),
        }

    def task_number(self) -> int:
        """The reader's open task that the page named."""
        number = number_of(self.request.POST.get("task", ""))
        if not number:
            raise Invalid("workflows.no_task_named", _now("请从事项页面办理。"))
        return number


class Sign(_MatterAction):
    """Approve, reject or return: the three buttons of one form."""

    def act(self) -> str:
        given = self.request.POST
        which, comment, task = given.get("act", ""), given.get("comment", ""), self.task_number()
        if which == "approve":
            services.approve(self.actor, matter_id=self.matter.pk, task=task, comment=comment)
            return _now("已同意。")
        if which == "reject":
            matter = services.reject(self.actor, matter_id=self.matter.pk, task=task, comment=comment)
            if matter.state == Matter.State.RETURNED:
                return _now("已否决，事项退回申请人。")
            return _now("已否决。")
        if which == "return":
            step = given.get("step", "")
            services.return_to(self.actor, matter_id=self.matter.pk, task=task, comment=comment, step=step)
            return _now("已退回。")
        raise Invalid("workflows.unknown_act", _now("请选择同意、否决或退回。"))


class PassOn(PersonFormPage):
    """Add a signer, or give the task to somebody else."""

    title = _("加签或转办")
    template_name = "workflows/pass_on.html"
    form_class = PassOnForm
    submit_label = _("确定")

    @cached_property
    def matter(self) -> Matter:
        return selectors.access_matter(self.actor, self.kwargs["pk"])

    @cached_property
    def task(self) -> Task:
        found = course_page.open_task(self.actor, self.matter)
        if found is None:
            raise NotFound("workflows.no_task", "没有这个待办。")
        return found

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "actor": self.actor, "matter": self.matter}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(matter=self.matter, task=self.task, **kwargs)

    def act(self, form: PassOnForm) -> HttpResponse:
        chosen = form.cleaned_data
        common = {"matter_id": self.matter.pk, "task": self.task.number, "comment": chosen["comment"]}
        person = chosen["person"]
        if chosen["how"] == PassOnForm.TRANSFER:
            try:
                services.transfer(self.actor, to=person.pk, **common)
            except Forbidden as refusal:
                if refusal.context.get("field") != "person":
                    raise
                tell_refusal(form, refusal)
                return self.form_invalid(form)
            messages.success(self.request, _now("已转办给 %s。") % person)
            return redirect("workflows:to-do")
        before = chosen["how"] == PassOnForm.BEFORE
        services.add_signer(self.actor, added=person.pk, before=before, **common)
        words = _now("已请 %s 先签，签后再到您。") if before else _now("已请 %s 在您之后签。")
        messages.success(self.request, words % person)
        return redirect("workflows:matter", self.matter.pk)


class Say(_MatterAction):
    """Comment on the matter, with attachments."""

    roles = selectors.SIGNERS
    success_message = _("已评论。")

    def act(self) -> None:
        services.comment(
            self.actor,
            matter_id=self.matter.pk,
            words=self.request.POST.get("comment", ""),
            files=self.request.FILES.getlist("files"),
        )


class Resubmit(_MatterAction):
    """Submit again what was returned."""

    success_message = _("已重新提交。")

    def act(self) -> None:
        services.resubmit(self.actor, matter_id=self.matter.pk, comment=self.request.POST.get("comment", ""))


class Withdraw(_MatterAction):
    """Take the matter back."""

    success_message = _("已撤回。")

    def act(self) -> None:
        services.withdraw(self.actor, matter_id=self.matter.pk, comment=self.request.POST.get("comment", ""))


class TakeBackSigner(_MatterAction):
    """Ask an added signer no more."""

    success_message = _("已取消加签。")

    def act(self) -> None:
        services.take_back_signer(
            self.actor,
            matter_id=self.matter.pk,
            task=self.task_number(),
            guest=number_of(self.request.POST.get("person", "")),
            comment=self.request.POST.get("comment", ""),
        )


class Urge(_MatterAction):
    """Ask those whose turn it is to act."""

    success_message = _("已催办，审批人会收到消息。")

    def act(self) -> None:
        services.urge(self.actor, matter_id=self.matter.pk)


class OfSubject(TemplatePage):
    """From a subject's page to the matter by which it is or was approved last."""

    def get(self, *_args: Any, **kwargs: Any) -> HttpResponse:
        found = selectors.latest_of(f"{kwargs['app']}.{kwargs['kind']}", [kwargs["subject"]])
        if not found:
            raise NotFound("workflows.no_matter", "没有这件事项。")
        matter = selectors.access_matter(self.actor, found[kwargs["subject"]].pk)
        return redirect("workflows:matter", matter.pk)
