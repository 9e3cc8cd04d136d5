"""The definition of each measured figure in words, and the words of deeds and ends."""

from collections.abc import Mapping

from django.utils.translation import gettext as _

from ops_platform.kernel import Explanation


def explanations() -> Mapping[str, Explanation]:
    """How each figure is made, by its name."""
    return {
        "started": Explanation(_("提交件数"), _("首次提交日期在所选区间内的事项；退回后重新提交仍是同一件。")),
        "outcomes": Explanation(
            _("办理结果"),
            _("在办含审批中和退回待修改；同意、否决、撤回、失效按事项的最终状态，失效即时限内无人审批。"),
        ),
        "median_hours": Explanation(
            _("办结时长"),
            _(
                "从首次提交到同意、否决或失效的自然小时，含退回后修改的时间；撤回和在办的不计。"
                "中位：一半的事项不超过；九成办结于：九成的事项不超过。"
            ),
        ),
        "waiting_share": Explanation(
            _("等待占比"),
            _(
                "Σ(首次打开 − 到达) ÷ Σ(办理 − 到达)，按已签和已否决的每个待办计。"
                "没有打开就办理的(如批量同意)整段算等待；等待前签的时间也算等待；被他人先办而取消的待办不计。"
            ),
        ),
        "return_rate": Explanation(
            _("退回率"),
            _("至少被审批人退回过一次的事项 ÷ 提交件数；因没有审批人而回到申请人的不计。"),
        ),
        "reminders": Explanation(
            _("提醒与升级"),
            _("办理记录里的到时提醒与申请人催办次数、超时升级到上一级的次数；点开的是有过这些记录的事项。"),
        ),
        "step_hours": Explanation(
            _("环节时长"),
            _("从进入环节到离开环节的自然小时，每进入一次算一次；由前面签署当场带过的不计，还停在该环节的不计时长。"),
        ),
        "paths": Explanation(
            _("实际路径"),
            _(
                "每件已结束的事项按先后签署、否决、退回的环节连成一条路径，同一环节多人签署算一站。"
                "占比 = 走这条路径的件数 ÷ 已结束件数；时长从首次提交到结束，含撤回的。"
            ),
        ),
    }


def deed_words() -> Mapping[str, str]:
    """What happens at a stop of a path, and how it ends."""
    return {
        "begun": _("提交"),
        "ended": _("结束"),
        "signed": _("签署"),
        "refused": _("否决"),
        "returned": _("退回"),
        "stuck": _("无人可审"),
        "approved": _("同意"),
        "rejected": _("不同意"),
        "withdrawn": _("撤回"),
        "expired": _("失效"),
    }
