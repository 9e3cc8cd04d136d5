"""What waits for the reader, what they did, what they started, what they were informed of."""

import re
from typing import Any, ClassVar

from django.contrib import messages
from django.db.models import QuerySet
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from ops_platform.kernel import Invalid
from ops_platform.web.pages import ActionPage, ListPage
from workflows import services
from workflows.filters.matters import CopyFilter, MatterFilter, TaskFilter
from workflows.models import Copy, Matter, Task
from workflows.selectors import matters as selectors
from workflows.selectors.notable import notable
from workflows.tables.matters import CopyTable, DoneTable, MatterTable, ToDoTable

SHOWN_LEFT_OUT = 5
TICKED = re.compile(r"([0-9]{1,9})-([0-9]{1,9})")
TABS = (
    ("to-do", _("待办")),
    ("done", _("已办")),
    ("started", _("我发起的")),
    ("copied", _("抄送我的")),
)


class _Tab(ListPage):
    """One tab of the inbox."""

    title = _("我的审批")
    template_name = "workflows/inbox.html"
    tab: ClassVar[str]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(tabs=TABS, tab=self.tab, waiting=selectors.to_do_count(self.actor), **kwargs)


class ToDo(_Tab):
    """Tasks that wait for the reader, and above them what was returned to them."""

    tab = "to-do"
    table_class = ToDoTable
    filter_class = TaskFilter
    empty_title = _("没有待办")
    empty_hint = _("需要您审批的事项会出现在这里，并在页面左上角显示数量。")

    def get_queryset(self) -> QuerySet[Task]:
        return selectors.to_do(self.actor)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        table = context["table"]
        tasks = [row.record for row in table.paginated_rows]
        table.notable = notable(actor=self.actor, matters=[task.matter for task in tasks])
        returned = list(selectors.returned(self.actor))
        if returned:
            context["empty_title"] = _("没有待您审批的事项")
        return {**context, "returned": returned, "tickable": any(table.may_be_ticked(task) for task in tasks)}


class Done(_Tab):
    """What the reader, or a delegate for them, has signed or refused."""

    tab = "done"
    table_class = DoneTable
    filter_class = TaskFilter
    empty_title = _("还没有办理过审批")

    def get_queryset(self) -> QuerySet[Task]:
        return selectors.done(self.actor)


class Started(_Tab):
    """What the reader applied for."""

    tab = "started"
    table_class = MatterTable
    filter_class = MatterFilter
    empty_title = _("还没有发起过审批")
    empty_hint = _("事项申请在「发起申请」里填写；反结账、角色授予等在各自的页面上发起。")

    def get_queryset(self) -> QuerySet[Matter]:
        return selectors.started(self.actor)


class Copied(_Tab):
    """What the reader was informed of."""

    tab = "copied"
    table_class = CopyTable
    filter_class = CopyFilter
    empty_title = _("没有抄送给您的事项")

    def get_queryset(self) -> QuerySet[Copy]:
        return selectors.copied(self.actor)


class AllMatters(ListPage):
    """Matters that the reader oversees."""

    roles = selectors.OVERSEERS
    title = _("审批查询")
    table_class = MatterTable
    filter_class = MatterFilter
    empty_title = _("还没有审批事项")

    def get_queryset(self) -> QuerySet[Matter]:
        return selectors.overseen(self.actor)


class Batch(ActionPage):
    """Sign several matters at one go."""

    success_url_name = "workflows:to-do"

    def act(self) -> None:
        chosen = [TICKED.fullmatch(value) for value in self.request.POST.getlist("task")]
        if not chosen or None in chosen:
            raise Invalid("workflows.nothing_chosen", _now("请先勾选要同意的事项。"))
        done, left_out = services.approve_several(
            self.actor,
            tasks=[(int(found[1]), int(found[2])) for found in chosen if found],
            comment=self.request.POST.get("comment", ""),
        )
        if done:
            messages.success(self.request, _now("已同意 %(count)s 件。") % {"count": len(done)})
        for one in left_out[:SHOWN_LEFT_OUT]:
            messages.warning(self.request, _now("没有办理：%s") % one)
        if len(left_out) > SHOWN_LEFT_OUT:
            more = len(left_out) - SHOWN_LEFT_OUT
            messages.warning(self.request, _now("另有 %s 件没有办理，仍在待办里。") % more)
