"""Textbook cases of tests/golden/books, in words finance people read, replayed through the service to the fen."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from ops_platform.kernel import to_fen
from ops_platform.kernel.actor import PLATFORM
from ops_platform.ledger import integrity, services
from ops_platform.ledger.engine.carrying import WHOLE, Standing, carry_forward
from ops_platform.ledger.engine.chart import NO_DIMENSIONS, YEARLY, Dimensions
from ops_platform.ledger.engine.entry import EntryInput, Leg
from ops_platform.ledger.models import Account, Entry, PeriodBalance
from ops_platform.ledger.selectors.chart import accounts_of, chart_at
from ops_platform.masterdata.models import Institution
from tests.ledger.books import PERSONNEL, standing
from tests.support import trade

CASES = sorted((Path(__file__).parents[1] / "golden" / "books").glob("*.yaml"))


def dimensions_of(account: str, told: dict[str, Any]) -> Dimensions:
    """What a leg says: costs their item and source, budget income and spending the source that the voucher names."""
    source = told.get("资金来源", "")
    if account.startswith(("5001", "5101")):
        return replace(PERSONNEL, funding_source=source) if source else PERSONNEL
    return Dimensions(funding_source=source) if account.startswith(("61", "72")) else NO_DIMENSIONS


def entry_of(number: int, told: dict[str, Any]) -> EntryInput:
    """One voucher of a case."""
    legs = [
        Leg(
            str(account),
            **{side: to_fen(Decimal(str(yuan)))},
            dimensions=dimensions_of(str(account), told),
        )
        for side, word in (("debit", "借"), ("credit", "贷"))
        for account, yuan in told[word].items()
    ]
    return EntryInput(day=told["日期"], summary=told["摘要"], source="golden", key=str(number), legs=tuple(legs))


def carried(hospital: Institution, case: dict[str, Any]) -> None:
    """The year carried forward in memory: the real one waits for the months to be closed."""
    year = case["年末结转"]
    kinds = [str(kind) for kind in YEARLY]
    sums = PeriodBalance.objects.filter(institution=hospital, account__kind__in=kinds)
    standings = [
        Standing(
            row.account.code,
            Dimensions(cost_item=row.dimension.cost_item, funding_source=row.dimension.funding_source),
            to_fen(row.debit - row.credit),
        )
        for row in sums.select_related("account", "dimension").order_by("account__code", "dimension")
    ]
    legs = carry_forward(
        standings,
        chart_at(accounts_of(hospital), date(year, 11, 1)),
        operating_loss=to_fen(Decimal(str(case.get("以前年度经营亏损", 0)))),
        welfare_rate=int(Decimal(case.get("提取比例", "0")) * WHOLE),
    )
    wanted = EntryInput(day=date(year, 11, 1), summary=f"{year} 年末结转", source="golden", key="carry", legs=legs)
    services.book(PLATFORM, institution=hospital, entry=wanted)


@pytest.mark.django_db
@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_textbook_case_comes_out_to_the_fen(path: Path) -> None:
    case = yaml.safe_load(path.read_text(encoding="utf-8"))
    hospital = trade.alliance()["H1"]
    for number, told in enumerate(case["凭证"], start=1):
        services.book(PLATFORM, institution=hospital, entry=entry_of(number, told))
    for number in case.get("冲销", []):
        row = Entry.objects.get(institution=hospital, key=str(number))
        services.reverse(PLATFORM, entry_id=row.pk, day=row.day, reason="记错")
    if "年末结转" in case:
        carried(hospital, case)
    found = {account: standing(hospital, str(account)) for account in case["余额"]}
    assert found == {account: Decimal(str(yuan)).quantize(Decimal("0.01")) for account, yuan in case["余额"].items()}
    for account, sides in case.get("发生额", {}).items():
        moved = PeriodBalance.objects.get(institution=hospital, account__code=str(account))
        assert {"借": moved.debit, "贷": moved.credit} == {side: Decimal(str(yuan)) for side, yuan in sides.items()}
    assert list(integrity.balances()) == list(integrity.chain()) == []


@pytest.mark.django_db
def test_golden_cases_use_accounts_of_the_shipped_chart() -> None:
    known = set(Account.objects.values_list("code", flat=True))
    used = set()
    for path in CASES:
        case = yaml.safe_load(path.read_text(encoding="utf-8"))
        used |= {str(account) for told in case["凭证"] for side in ("借", "贷") for account in told[side]}
    assert used <= known
