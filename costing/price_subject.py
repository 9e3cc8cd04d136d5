"""What of price adjustments needs a second person: a plan with everything that it comes to."""

from decimal import Decimal

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from costing.models import PriceAdjustment
from costing.price_telling import concern_words
from costing.second_person import finance_then_head
from costing.selectors.price_adjustments import Outcome, outcome
from costing.services.price_adjustments import KIND, approve_adjustment, return_adjustment
from costing.services.scenarios import PLANNERS
from ops_platform.kernel import Actor, Line, NotFound, Role, from_fen
from ops_platform.web import formats
from ops_platform.web.numbers import number_of
from workflows.public import Attribute, Decision, Kind, Subject, SubjectType, default

SHOWN_ROWS = 30
SHOWN_CONCERNS = 20


def _load(subject: str) -> Subject:
    rows = PriceAdjustment.objects.select_related("institution")
    adjustment = rows.filter(pk=number_of(subject)).first()
    if adjustment is None:
        raise NotFound("costing.no_price_adjustment", "没有这个调价方案。")
    found = outcome(adjustment)
    last = found.borne[-1]
    concerns = concern_words(found)
    return Subject(
        title=f"调价方案：{adjustment.institution.name} {adjustment.title}",
        institution=adjustment.institution_id,
        values={"change": from_fen(last.step.change), "fund": from_fen(last.fund), "concerns": Decimal(len(concerns))},
        content={
            "institution": adjustment.institution.code,
            "title": adjustment.title,
            "source_text": adjustment.source_text,
            "base": [adjustment.first_month, adjustment.last_month],
            "steps": [day.isoformat() for day in adjustment.steps],
            "decision": [adjustment.decision_on.isoformat() if adjustment.decision_on else "", adjustment.decision_no],
            "loss": str(adjustment.loss),
            "loss_text": adjustment.loss_text,
            "subsidy": str(adjustment.subsidy),
            "fund_limit": "" if adjustment.fund_limit is None else str(adjustment.fund_limit),
            "rows": [
                [one.row.item.code, *(format(price.normalize(), "f") for price in one.row.prices), one.row.note]
                for one in found.items
            ],
        },
        lines=(
            Line("机构", adjustment.institution.name),
            Line("基期", f"{adjustment.first_month} 至 {adjustment.last_month}"),
            *_decision(adjustment),
            *_step_lines(found),
            Line("需补偿", f"{formats.money(adjustment.loss)} 元/年 {adjustment.loss_text}".strip()),
            Line("财政补助", f"{formats.money(adjustment.subsidy)} 元/年"),
            Line("项目", _items(found)),
            Line("提示", "\n".join(concerns[:SHOWN_CONCERNS]) or "没有"),
            Line("依据", adjustment.source_text),
        ),
        url=reverse("costing:price-adjustment", args=[adjustment.pk]),
    )


def _decision(adjustment: PriceAdjustment) -> list[Line]:
    if adjustment.decision_on is None:
        return []
    return [Line("主管部门批准", f"{adjustment.decision_on} {adjustment.decision_no}")]


def _step_lines(found: Outcome) -> list[Line]:
    lines = []
    for number, (day, one) in enumerate(zip(found.adjustment.steps, found.borne, strict=True), 1):
        told = {
            "收费净变动": one.step.change,
            "医保基金": one.fund,
            "患者": one.step.patients,
            "按病组付费支付不变": one.unpaid,
        }
        words = "，".join(f"{title} {formats.money(from_fen(amount))} 元/年" for title, amount in told.items())
        lines.append(Line(f"第{number}步，自 {day} 起", words))
    return lines


def _items(found: Outcome) -> str:
    listed = sorted(found.items, key=lambda one: (-abs(one.moved(-1)), one.row.item.code))
    rows = []
    for one in listed[:SHOWN_ROWS]:
        prices = " → ".join(formats.quantity(price) for price in one.row.prices)
        rows.append(f"{one.name}：{prices} 元，年收费变动 {formats.money(from_fen(one.moved(-1)))} 元")
    more = [f"……共 {len(listed)} 项"] if len(listed) > SHOWN_ROWS else []
    return "\n".join([*rows, *more])


def _approved(actor: Actor, subject: str, _decision: Decision) -> None:
    approve_adjustment(actor, adjustment_id=number_of(subject))


def _refused(_actor: Actor, subject: str, _decision: Decision) -> None:
    return_adjustment(adjustment_id=number_of(subject))


PRICE_ADJUSTMENT = SubjectType(
    code=KIND,
    title=_("医疗服务价格调整方案"),
    load=_load,
    applicants=PLANNERS,
    begun_at="调价方案页面的「提交审批」：方案由人看过测算结果后提交，程序没有看过，不能代为提交。",
    attributes=(
        Attribute("change", "收费净变动(元/年)", Kind.NUMBER),
        Attribute("fund", "医保基金增支(元/年)", Kind.NUMBER),
        Attribute("concerns", "提示数", Kind.NUMBER),
    ),
    on_approval=_approved,
    on_rejection=_refused,
    on_withdrawal=_refused,
    readers=(Role.FINANCE_OFFICER, Role.ACCOUNTING_REVIEWER, Role.INSTITUTION_HEAD),
    default=default(
        "医疗服务价格调整方案",
        finance_then_head("机构负责人同意"),
        note="调价影响患者负担和医保基金；院内同意后仍须按规定报价格主管部门，价格由信息系统执行。",
    ),
)
