"""What of the ledger needs a second person: vouchers by hand, and taking posted entries back."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from ops_platform.documents.public import documents_of
from ops_platform.kernel import Actor, Line, NotFound, Role, from_fen
from ops_platform.ledger.engine.entry import content_of as leg_content
from ops_platform.ledger.models import Voucher
from ops_platform.ledger.selectors.words import Legs, leg_words
from ops_platform.ledger.services.contents import content_of
from ops_platform.ledger.services.vouchers import KIND, MAKERS, post_voucher, void_voucher
from ops_platform.web.numbers import number_of
from workflows.public import Attribute, Decision, Kind, Step, Subject, SubjectType, default, role

SHOWN_LEGS = 60


def _load(subject: str) -> Subject:
    rows = Voucher.objects.select_related("institution", "pending", "reverses")
    voucher = rows.filter(pk=number_of(subject)).first()
    if voucher is None or voucher.pending is None:
        raise NotFound("ledger.no_voucher", "没有这张手工凭证。")
    entry = content_of(voucher.pending)
    legs = Legs.of(entry.legs)
    amount = from_fen(sum(leg.debit for leg in entry.legs if legs.financial(leg)))
    original = voucher.reverses
    return Subject(
        title=f"{'冲销凭证' if original else '手工凭证'}：{voucher.institution.name} {entry.summary}",
        institution=voucher.institution_id,
        values={"amount": abs(amount), "reversal": original is not None, "institution_kind": voucher.institution.kind},
        content={
            "institution": voucher.institution.code,
            "day": entry.day.isoformat(),
            "summary": entry.summary,
            "legs": [leg_content(leg) for leg in entry.legs],
            "reverses": original.number if original else 0,
        },
        lines=(
            Line("机构", voucher.institution.name),
            Line("记账日期", entry.day.isoformat()),
            Line("摘要", entry.summary),
            *(
                (Line("冲销", f"{original.period} 第 {original.voucher_no} 号：{original.summary}"),)
                if original
                else ()
            ),
            Line("金额(元)", f"{amount:,}"),
            *(
                Line(f"分录 {place}", leg_words(leg, legs))
                for place, leg in enumerate(entry.legs[:SHOWN_LEGS], start=1)
            ),
            *((Line("其余分录", f"{len(entry.legs) - SHOWN_LEGS} 条"),) if len(entry.legs) > SHOWN_LEGS else ()),
        ),
        url=reverse("ledger:voucher", args=[voucher.pk]),
        documents=documents_of(KIND, [str(voucher.pk)])[str(voucher.pk)],
        edit="" if original else reverse("ledger:change-voucher", args=[voucher.pk]),
    )


def _approved(actor: Actor, subject: str, _decision: Decision) -> None:
    post_voucher(actor, voucher_id=int(subject))


def _refused(actor: Actor, subject: str, decision: Decision) -> None:
    void_voucher(actor, voucher_id=int(subject), remark=decision.comment)


VOUCHER = SubjectType(
    code=KIND,
    title=_("手工凭证审核"),
    load=_load,
    applicants=MAKERS,
    begun_at="POST /api/v1/ledger/vouchers/",
    attributes=(
        Attribute("amount", "金额", Kind.AMOUNT),
        Attribute("reversal", "冲销凭证", Kind.FLAG),
        Attribute("institution_kind", "机构类型", Kind.TEXT),
    ),
    on_approval=_approved,
    on_rejection=_refused,
    on_withdrawal=_refused,
    readers=(Role.FINANCE_OFFICER, Role.ACCOUNTING_REVIEWER),
    default=default(
        "手工凭证审核",
        (
            Step(
                "review",
                "会计审核",
                (role(Role.ACCOUNTING_REVIEWER), role(Role.FINANCE_DIRECTOR)),
                remind_hours=24,
                escalate_hours=72,
            ),
        ),
        note="制单与审核分离：手工凭证和冲销须由制单人以外的会计审核或财务负责人审核后记账。",
        batch=True,
    ),
)
