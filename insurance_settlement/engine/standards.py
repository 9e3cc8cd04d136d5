"""The payment standard (支付标准) of a group at an institution, by rate or by points, and how it came to be."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from insurance_settlement.engine.rounding import exact, half_up, to_the_fen, yuan
from insurance_settlement.engine.rule_book import Method, RuleBook
from ops_platform.kernel import Finding, Line, Severity


@dataclass(frozen=True, slots=True)
class Standard:
    """The payment standard of a group at an institution, in fen, with its factors: weight or points, rate or point value,
    institution coefficient."""

    weight: Decimal
    base_rate: Decimal
    coefficient: Decimal
    amount: int


ONE = Decimal(1)


def standard_of(book: RuleBook, group: str, institution: str, factor: Decimal = ONE) -> Standard | Finding:
    """The payment standard, or what is missing for it; `factor` of the auxiliary lists multiplies weight or points. It
    depends on nothing else, so callers may keep it."""
    weight = book.weights.get(group)
    if weight is None:
        noun = "权重" if book.method is Method.RATE else "分值"
        message = f"规则 {book.version} 没有病组 {group} 的{noun}，不能计价。请在规则库中补充后重新计价。"
        return Finding("insurance_settlement.no_weight", Severity.BLOCKING, message, group)
    return standard_by(book, group, institution, _own_points(book, group, institution, weight, factor))


def _own_points(book: RuleBook, group: str, institution: str, base: Decimal, factor: Decimal) -> Decimal:
    """Base points times the institution's cost coefficient of the group (新病组 1) and the factor; a weight times the factor
    alone."""
    if book.method is Method.RATE:
        return base if factor == 1 else base * factor  # so that 2.1875 is not told as 2.1875000000
    return points_of(book, exact(base) * exact(cost_coefficient(book, group, institution)) * exact(factor))


def weight_of(book: RuleBook, group: str, factor: Decimal = ONE) -> Decimal | None:
    """The relative weight (RW) of a case's group by the rate method, whatever the case is paid by; points are none."""
    base = book.weights.get(group)
    if base is None or book.method is not Method.RATE:
        return None
    return _own_points(book, group, "", base, factor)


def cost_coefficient(book: RuleBook, group: str, institution: str) -> Decimal:
    """成本系数 of an institution's group; 1 where none is listed."""
    return book.cost_coefficients.get(institution, {}).get(group, Decimal(1))


def points_of(book: RuleBook, points: Fraction) -> Decimal:
    """Points to the places of the book, half up."""
    return Decimal(half_up(points * 10**book.point_places)).scaleb(-book.point_places)


def coefficient_of(book: RuleBook, group: str, institution: str) -> Decimal | Finding:
    """机构系数 of a group at an institution, or that it is missing."""
    if group in book.same_price:
        return Decimal(1)
    coefficient = book.coefficients.get(institution, book.default_coefficient)
    if coefficient is not None:
        return coefficient
    message = f"规则 {book.version} 没有机构 {institution} 的系数，不能计价。请在规则库中补充机构系数后重新计价。"
    return Finding("insurance_settlement.no_coefficient", Severity.BLOCKING, message, institution)


def unit_value(book: RuleBook) -> Decimal | Finding:
    """Yuan for a weight of 1, or for a point."""
    if book.method is Method.RATE:
        return book.base_rate
    if book.point_value.known is not None:
        return book.point_value.known
    message = f"规则 {book.version} 没有点值，不能计价。请在规则库中补充预算点值或结算点值后重新计价。"
    return Finding("insurance_settlement.no_point_value", Severity.BLOCKING, message, book.version)


def standard_by(book: RuleBook, group: str, institution: str, weight: Decimal) -> Standard | Finding:
    """The standard of a weight, or of points, that need not be the group's own."""
    coefficient = coefficient_of(book, group, institution)
    if isinstance(coefficient, Finding):
        return coefficient
    value = unit_value(book)
    if isinstance(value, Finding):
        return value
    amount = to_the_fen(exact(weight) * exact(value) * exact(coefficient))
    return Standard(weight, value, coefficient, amount)


def standard_line(book: RuleBook, standard: Standard) -> Line:
    """The product with its factors."""
    amount = yuan(standard.amount)
    if book.method is Method.RATE:
        how = f"权重 {standard.weight} × 费率 {standard.base_rate} × 机构系数 {standard.coefficient} = {amount}"
    else:
        kind = "结算点值" if book.point_value.settlement is not None else "预算点值"
        how = f"点数 {standard.weight} × 机构系数 {standard.coefficient} × {kind} {standard.base_rate} = {amount}"
    return Line("支付标准", f"{amount} 元", how)


def standard_lines(
    book: RuleBook, group: str, institution: str, standard: Standard, factor: Decimal = ONE
) -> tuple[Line, ...]:
    """How the standard came to be; by points first how the points did."""
    line = standard_line(book, standard)
    base = book.weights.get(group)
    if base is None or (book.method is Method.RATE and factor == 1):
        return (line,)
    told = [f"{'权重' if book.method is Method.RATE else '基准点数'} {base}"]
    if book.method is Method.POINTS:
        told.append(f"成本系数 {cost_coefficient(book, group, institution)}")
    if factor != 1:
        told.append(f"辅助目录系数 {factor}")
    noun = "病例权重" if book.method is Method.RATE else "病例点数"
    return Line(noun, f"{standard.weight}", f"{' × '.join(told)} = {standard.weight}"), line
