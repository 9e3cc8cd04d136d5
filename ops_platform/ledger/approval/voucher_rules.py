"""What of the ledger needs a second person: other voucher rules."""

from django.utils.translation import gettext_lazy as _

from ops_platform.kernel import Actor, Line, NotFound, Role
from ops_platform.ledger import events
from ops_platform.ledger.models import VoucherRules, VoucherRulesProposal
from ops_platform.ledger.services.voucher_rules import KIND, put_rules_in_force, refuse_rules
from workflows.public import Decision, Level, Step, Subject, SubjectType, default, role


def _load(subject: str) -> Subject:
    number = int(subject) if subject.isascii() and subject.isdigit() and len(subject) < 19 else 0
    asked = VoucherRulesProposal.objects.filter(pk=number).first()
    if asked is None:
        raise NotFound("ledger.no_voucher_rules_proposal", "没有这个凭证规则申请。")
    return Subject(
        title=f"凭证规则：自 {asked.effective_from} 起",
        institution=None,
        values={},
        content={"effective_from": asked.effective_from.isoformat(), "body": asked.body, "note": asked.note},
        lines=(
            Line("生效日期", asked.effective_from.isoformat()),
            Line("依据", asked.note),
            *_changes(asked),
        ),
        barred=frozenset({asked.asked_by_id}),
    )


def _changes(asked: VoucherRulesProposal) -> tuple[Line, ...]:
    """For each kind of event what is added, dropped or changed against the rules that hold on that day."""
    before = (
        VoucherRules.objects.filter(effective_from__lte=asked.effective_from)
        .exclude(pk=asked.rules_id or 0)
        .order_by("-effective_from", "-version")
        .first()
    )
    old = before.body if before else {}
    titles = {code: form.title for code, form in events.forms().items()}
    lines = []
    for code in sorted({*old, *asked.body}):
        was = {row["title"]: row for row in old.get(code, [])}
        now = {row["title"]: row for row in asked.body.get(code, [])}
        told = [f"新增「{title}」" for title in now if title not in was]
        told += [f"删除「{title}」" for title in was if title not in now]
        told += [f"修改「{title}」" for title in now if title in was and now[title] != was[title]]
        if not told and list(was) != list(now):
            told = ["调整顺序"]
        if told:
            lines.append(Line(titles.get(code, code), "、".join(told)))
    return tuple(lines) or (Line("变更", "与现行规则相同"),)


def _approved(actor: Actor, subject: str, _decision: Decision) -> None:
    put_rules_in_force(actor, proposal_id=int(subject))


def _refused(_actor: Actor, subject: str, _decision: Decision) -> None:
    refuse_rules(proposal_id=int(subject))


VOUCHER_RULES = SubjectType(
    code=KIND,
    title=_("凭证规则变更"),
    load=_load,
    on_approval=_approved,
    on_rejection=_refused,
    on_withdrawal=_refused,
    readers=(Role.FINANCE_OFFICER, Role.ACCOUNTING_REVIEWER, Role.FINANCE_DIRECTOR),
    default=default(
        "凭证规则变更",
        (
            Step(
                "second",
                "领导小组或运营管理中心另一人审批",
                (role(Role.LEADERSHIP, Level.ALLIANCE), role(Role.OPERATION_CENTRE, Level.ALLIANCE)),
                remind_hours=48,
            ),
        ),
        note="凭证规则决定各机构的业务记入哪些科目，须由申请人以外的一人同意。",
    ),
)
