"""What a figure was made from, worked out again by hand."""

from decimal import Decimal

from costing.derivations import Part, minus, per, plus, product, quotient, total
from costing.sheets import Cell, Column, Row, Sheet, opened

COST = Part("成本", Decimal("100.00"))
VISITS = Part("人次", 3, "quantity")


def test_a_mean_comes_to_the_fen_however_long_its_digits_are() -> None:
    made = quotient(COST, VISITS)
    assert made.gives(Decimal("33.333333"), "money")
    assert not made.gives(Decimal("33.34"), "money")


def test_a_mean_that_is_multiplied_counts_unrounded() -> None:
    """100.00 ÷ 3 × 3 is 100.00, not 99.99."""
    mean = Part("次均成本", Decimal("33.33"), made=quotient(COST, VISITS))
    assert product(VISITS, mean).gives(Decimal("100.00"), "money")


def test_half_a_fen_goes_away_from_zero() -> None:
    half = Part("比例", Decimal("0.5"), "percent")
    assert product(Part("成本", Decimal("0.01")), half).gives(Decimal("0.01"), "money")
    assert product(Part("成本", Decimal("-0.01")), half).gives(Decimal("-0.01"), "money")


def test_what_is_divided_by_nothing_comes_to_nothing() -> None:
    assert quotient(COST, Part("人次", 0, "quantity")).value is None


def test_a_difference_says_both_its_sides() -> None:
    made = total([COST, Part("转出", Decimal("40.00"), sign=-1)])
    assert (made.value, made.formula) == (Decimal("60.00"), "成本 − 转出")


def test_a_report_says_by_column_and_by_row_what_a_figure_follows_from() -> None:
    """Income, cost, surplus, rate of two departments and of both: the rate of both is divided anew, the rest is added."""
    columns = (
        Column("收入"),
        Column("成本"),
        Column("结余", made=minus(0, 1)),
        Column("结余率", "percent", made=per(2, 0)),
    )

    def row(name: str, income: str, cost: str, **more: object) -> Row:
        left = Decimal(income) - Decimal(cost)
        amounts = (Decimal(income), Decimal(cost), left, left / Decimal(income))
        facts = "" if more else "/facts/"
        cells = tuple(Cell(amount, facts if at < 2 else "") for at, amount in enumerate(amounts))
        return Row(name, cells, **more)  # type: ignore[arg-type]

    rows = (row("内科", "10.00", "4.00"), row("外科", "30.00", "24.00"), row("合计", "40.00", "28.00", made=plus(0, 1)))
    sheet = Sheet("科室", columns, rows)
    surplus, of_all, rate = (sheet.derivation(*at) for at in ((0, 2), (2, 2), (2, 3)))
    assert surplus is not None
    assert of_all is not None
    assert rate is not None
    assert (surplus.formula, of_all.formula, rate.formula) == ("收入 − 成本", "内科 ＋ 外科", "结余 ÷ 收入")
    assert [rate.gives(cell.value, "percent") for cell in rows[2].cells[3:]] == [True]
    assert sheet.derivation(0, 0) is None  # opens facts of its own
    shown = opened(sheet, lambda at, place: f"?row={at}&column={place}")
    assert [cell.url for cell in shown.rows[0].cells] == ["/facts/", "/facts/", "?row=0&column=2", "?row=0&column=3"]
