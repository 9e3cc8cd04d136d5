"""A price book in words: what it pays, to whom, and what it does not say."""

from collections.abc import Collection
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from insurance_settlement.engine.rule_book import (
    CaseException,
    Fund,
    High,
    LowPay,
    Measure,
    Method,
    Outliers,
    Pay,
    RuleBook,
    When,
)
from insurance_settlement.engine.worth import INCOMPLETE, READMITTED
from ops_platform.his_intake.public import LEAVING_TYPES, SCHEMES
from ops_platform.kernel import Line, from_fen
from ops_platform.web import formats

MOST_GROUPS = 12
FLAG_WORDS = {
    INCOMPLETE: gettext_lazy("医保结算清单注明未完成治疗出院"),
    READMITTED: gettext_lazy("出院后短期内再入同一病组"),
}


def words_of(book: RuleBook) -> list[Line]:
    """Its rules in the order in which a case meets them."""
    return [
        Line(_("支付"), _worth(book)),
        Line(_("机构系数"), _coefficients(book)),
        *_same_price(book),
        *(Line(_("例外"), _exception(book, one)) for one in book.exceptions),
        *_outliers(book, book.outliers),
        Line(_("医保基金"), _fund(book.fund)),
        Line(_("未说明"), "；".join(_silent(book)) or _("没有")),
    ]


def _worth(book: RuleBook) -> str:
    if book.method is Method.RATE:
        return _("支付标准 = 权重 × 费率 %s 元 × 机构系数") % _number(book.base_rate)
    value = book.point_value
    known = [
        _("%(title)s %(value)s 元") % {"title": title, "value": _number(amount)}
        for title, amount in ((_("预算点值"), value.budget), (_("结算点值"), value.settlement))
        if amount is not None
    ]
    places = _("点数保留 %s 位小数") % book.point_places
    return f"{_('支付标准 = 病例点数 × 机构系数 × 点值')}；{'，'.join([*known, places])}"


def _coefficients(book: RuleBook) -> str:
    listed = [f"{code} {_number(value)}" for code, value in sorted(book.coefficients.items())]
    other = _("其他机构 %s") % _number(book.default_coefficient) if book.default_coefficient is not None else ""
    return "，".join([*listed, *([other] if other else [_("未列出的机构不能计价")])])


def _same_price(book: RuleBook) -> list[Line]:
    if not book.same_price:
        return []
    return [Line(_("同病同价"), _("%s，不乘机构系数") % _codes(book.same_price))]


def _exception(book: RuleBook, one: CaseException) -> str:
    noun = _("权重") if book.method is Method.RATE else _("点数")
    unit = _("元") if book.method is Method.RATE else _("点")
    paid = {
        Pay.CHARGES: _("按实际费用支付"),
        Pay.NOTHING: _("不按病例支付"),
        Pay.DAYS: _("每床日 %(amount)s %(unit)s") % {"amount": _number(one.amount), "unit": unit},
        Pay.RATIO: _("%s × 费用 ÷ 次均费用，以该病组为限") % noun,
        Pay.FACTOR: _("支付标准 × %s") % _number(one.amount),
    }[one.pay]
    return f"{one.name}：{_when(one.when)}，{paid}"


def _when(when: When) -> str:
    leaving, schemes = dict(LEAVING_TYPES), dict(SCHEMES)
    told = []
    if when.groups is not None:
        told.append(_("病组 %s") % _codes(when.groups))
    if when.ungrouped is not None:
        told.append(_("未入组") if when.ungrouped else _("已入组"))
    if when.stay_days_over is not None:
        told.append(_("住院超过 %s 天") % when.stay_days_over)
    if when.stay_days_under is not None:
        told.append(_("住院不足 %s 天") % when.stay_days_under)
    if when.charges_under is not None:
        told.append(_("费用低于 %s 元") % formats.money(from_fen(when.charges_under)))
    if when.flag:
        told.append(str(FLAG_WORDS.get(when.flag) or _("标志为 %s") % when.flag))
    if when.leaving_types is not None:
        told.append(_("离院方式为 %s") % "、".join(leaving.get(code, code) for code in sorted(when.leaving_types)))
    if when.schemes is not None:
        told.append(_("险种为 %s") % "、".join(schemes.get(code, code) for code in sorted(when.schemes)))
    return "，".join(told)


def _outliers(book: RuleBook, rules: Outliers | None) -> list[Line]:
    if rules is None:
        return []
    measured = _("支付标准") if rules.measured_by is Measure.STANDARD else _("上年次均费用")
    lines = []
    if rules.low_below is not None:
        paid = _("按实际费用支付") if rules.low_pay is LowPay.CHARGES else _("支付标准 × 倍率")
        words = _("费用低于%(of)s的 %(times)s 倍：%(paid)s")
        lines.append(Line(_("低倍率"), words % {"of": measured, "times": _number(rules.low_below), "paid": paid}))
    lines += [Line(_("高倍率"), _high(book, one, measured)) for one in rules.high]
    if rules.high_cap is not None:
        lines.append(Line(_("高倍率"), _("最多为支付标准的 %s 倍") % _number(rules.high_cap)))
    return lines


def _high(book: RuleBook, one: High, measured: str) -> str:
    noun = _("权重") if book.method is Method.RATE else _("点数")
    of = _("%(noun)s不超过 %(weight)s 的病组，") % {"noun": noun, "weight": _number(one.weight_up_to)}
    words = _("费用高于%(of)s的 %(times)s 倍：超出部分按 %(share)s 支付") % {
        "of": measured,
        "times": _number(one.above),
        "share": formats.percent(one.share, 0),
    }
    return f"{of if one.weight_up_to is not None else ''}{words}"


def _fund(fund: Fund | None) -> str:
    if fund is None:
        return _("规则没有说明基金支付额的算法，只计算支付标准")
    how = {
        "A": _("(支付标准 − 自费 − 先行自付 − 起付线) × 报销比例"),
        "B": _("支付标准 − 患者和其他方支付"),
    }[fund.method]
    told = [how, _("负数保留") if fund.keep_negative else _("负数按 0")]
    if fund.reimbursement_ratio is not None:
        told.append(_("报销比例 %s") % formats.percent(fund.reimbursement_ratio))
    if fund.deductible is not None:
        told.append(_("起付线 %s 元") % formats.money(from_fen(fund.deductible)))
    return "，".join(told)


def _silent(book: RuleBook) -> list[str]:
    """What cannot be priced because the book does not say it."""
    told = []
    if book.method is Method.POINTS and book.point_value.known is None:
        told.append(_("没有点值，全部病例不能计价"))
    if book.outliers is None:
        told.append(_("没有高低倍率规则，全部按支付标准"))
    elif book.outliers.measured_by is Measure.MEAN_CHARGES:
        missing = sorted(set(book.weights) - set(book.mean_charges))
        if missing:
            told.append(
                _("%(total)s 个病组没有次均费用，不能判断倍率：%(codes)s")
                % {"total": len(missing), "codes": _codes(missing)}
            )
    return told


def _codes(codes: Collection[str]) -> str:
    listed = sorted(codes)
    more = _("等 %s 个") % len(listed) if len(listed) > MOST_GROUPS else ""
    return f"{'、'.join(listed[:MOST_GROUPS])}{more}"


def _number(value: Decimal | None) -> str:
    return "" if value is None else format(value.normalize(), "f")
