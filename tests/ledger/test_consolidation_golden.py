"""Every golden case of tests/golden/consolidation comes out to the fen: statements, pairs, minority interest."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from ops_platform.kernel import Period, from_fen, to_fen
from ops_platform.ledger.engine.consolidation import WHOLE, Inputs, Member, consolidate
from ops_platform.ledger.engine.figures import Figure
from ops_platform.ledger.engine.statements import statement_of
from ops_platform.ledger.layouts import layouts, pair_kinds

CASES = sorted((Path(__file__).parents[1] / "golden" / "consolidation").glob("*.yaml"))
NUMBERS = {name: number for number, name in enumerate("ABCD", start=1)}
NAMES = {number: name for name, number in NUMBERS.items()}


def inputs_of(case: dict[str, Any]) -> Inputs:
    """The case as the engine takes it."""
    members = tuple(
        Member(
            NUMBERS[name],
            int(Decimal(said.get("份额", "1")) * WHOLE),
            Period.parse(said["加入"]) if "加入" in said else None,
        )
        for name, said in case["成员"].items()
    )
    figures = tuple(_figure(*row[:6]) for row in case["账"])
    joined = {member.joined for member in members if member.joined}
    earlier = {month: tuple(_figure(*row[:3], row[3], row[6], "0.00") for row in case["账"]) for month in joined}
    return Inputs(members=members, figures=figures, kinds=pair_kinds(), earlier=earlier)


def _figure(institution: str, account: str, counterparty: str, start: str, year: str, month: str) -> Figure:
    year_, month_ = to_fen(year), to_fen(month)
    return Figure(
        institution=NUMBERS[institution],
        account=account,
        counterparty=NUMBERS.get(counterparty, 0),
        opening=to_fen(start) + year_ - month_,
        debit=max(month_, 0),
        credit=max(-month_, 0),
        year_debit=max(year_, 0),
        year_credit=max(-year_, 0),
    )


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_golden_case_comes_out_to_the_fen(path: Path) -> None:
    case = yaml.safe_load(path.read_text(encoding="utf-8"))
    result = consolidate(inputs_of(case))
    for title, code in (("收入费用表", "income_statement"), ("资产负债表", "balance_sheet")):
        statement = statement_of(result.amounts, layouts()[code])
        assert statement.findings == ()
        said = {each.line.title: [str(from_fen(value)) for value in each.values] for each in statement.lines}
        assert {line: said[line] for line in case[title]} == case[title]
    pairs = [
        [
            pair.kind,
            NAMES[pair.creditor],
            NAMES[pair.debtor],
            *map(_yuan, (pair.claim, pair.debt, pair.eliminated)),
            pair.matched,
        ]
        for pair in result.pairs
    ]
    assert pairs == case["对账"]


def _yuan(fen: int) -> str:
    return str(from_fen(fen))
