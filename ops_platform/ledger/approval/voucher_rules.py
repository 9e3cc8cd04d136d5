"""What of the ledger needs a second person: other voucher rules."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from ops_platform.kernel import Actor, Line, Role
from ops_platform.ledger import events
from ops_platform.ledger.models import VoucherRulesProposal
from ops_platform.ledger.selectors.rule_words import CHANGES
from ops_platform.ledger.selectors.voucher_rules import access_proposal, changes_asked
from ops_platform.ledger.services.voucher_rules import KIND, RULERS, put_rules_in_force, refuse_rules
from ops_platform.web.numbers import number_of
from workflows.public import Decision, Level, Step, Subject, SubjectType, default, role


def _load(subject: str) -> Subject:
    asked = access_proposal(number_of(subject))
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
        url=reverse("ledger:voucher-rules-proposal", args=[asked.pk]),
        barred=frozenset({asked.asked_by_id}),
    )


def _changes(asked: VoucherRulesProposal) -> tuple[Line, ...]:
    """For each kind of event what is added, dropped or changed against the rules that hold on that day."""
    titles = {code: form.title for code, form in events.forms().items()}
    lines = tuple(
        Line(
            titles.get(each.event_type, each.event_type),
            "、".join(f"{CHANGES[one.change]}「{one.title}」" for one in each.changes),
        )
        for each in changes_asked(asked)
    )
    return lines or (Line("变更", "与现行规则相同"),)


def _approved(actor: Actor, subject: str, _decision: Decision) -> None:
    put_rules_in_force(actor, proposal_id=int(subject))


def _refused(_actor: Actor, subject: str, _decision: Decision) -> None:
    refuse_rules(proposal_id=int(subject))


VOUCHER_RULES = SubjectType(
    code=KIND,
    title=_("凭证规则变更"),
    load=_load,
    applicants=RULERS,
    begun_at="POST /api/v1/ledger/voucher-rules/",
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
