"""Layouts take every account once; statements add up and say where an amount came from."""

import pytest

from ops_platform.ledger.engine.chart import Account, AccountKind, Side
from ops_platform.ledger.engine.statements import Amount, coverage_findings, layouts_of, statement_of
from ops_platform.ledger.layouts import layouts


@pytest.mark.django_db
def test_every_account_of_the_chart_falls_into_one_line() -> None:
    from ops_platform.ledger.models import Account as Row
    from ops_platform.ledger.selectors.chart import chart_at
    from tests.support import trade

    chart = chart_at({row.code: row for row in Row.objects.all()}, trade.day("2026-03-31"))
    assert coverage_findings(chart.values(), layouts()) == ()


def test_an_account_without_a_line_is_named() -> None:
    stranger = Account("1999", "未知", AccountKind.ASSET, Side.DEBIT, leaf=True)
    budgeted = Account("6999", "预算", AccountKind.BUDGET_INCOME, Side.CREDIT, leaf=True)
    found = coverage_findings([stranger, budgeted], layouts())
    assert {finding.code for finding in found} == {"ledger.account_in_no_line"}
    assert [finding.subject for finding in found] == ["1999", "1999", "6999"]
    named = zip(("资产负债表", "差异", "预算收入支出表"), found, strict=True)
    assert all(word in finding.message for word, finding in named)


def test_a_line_says_its_accounts_and_a_sum_those_of_its_lines() -> None:
    said = [
        Amount("1001", start=5),
        Amount("1002", start=100, year=-20),
        Amount("3001", start=-105),
        Amount("5001", "drugs", year=20),
    ]
    sheet = statement_of(said, layouts()["balance_sheet"])
    assert sheet.findings == ()
    cash = next(line for line in sheet.lines if line.line.key == "cash")
    assert (cash.values, [source.account for source in cash.sources]) == ((85, 105), ["1001", "1002"])
    total = next(line for line in sheet.lines if line.line.key == "liabilities_and_net_assets")
    assert [(source.account, source.values) for source in total.sources] == [("3001", (105, 105)), ("5001", (-20, 0))]
    income = statement_of(said, layouts()["income_statement"])
    assert (income.value("activity_drugs", "year"), income.value("activity_personnel", "year")) == (20, 0)
    assert income.value("surplus", "year") == -20


def test_books_that_do_not_balance_are_told() -> None:
    sheet = statement_of([Amount("1002", start=100), Amount("3001", start=-99)], layouts()["balance_sheet"])
    assert [finding.code for finding in sheet.findings] == ["ledger.statement_not_balanced"] * 2


def test_a_layout_that_names_what_is_not_there_is_refused() -> None:
    document = {"code": "x", "title": "x", "mark": "default", "source": "", "columns": [["end", "期末"]]}
    with pytest.raises(ValueError, match="not there"):
        layouts_of([{**document, "lines": [{"key": "a", "title": "a", "sum": ["b"]}]}])
    with pytest.raises(ValueError, match="measure"):
        layouts_of([{**document, "columns": [["odd", "x"]], "lines": []}])
