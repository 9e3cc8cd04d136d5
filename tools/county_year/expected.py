"""What planted.json says of the members' dealings: what each pair must show, and why two members differ."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

BALANCE, TURNOVER = "balance", "dealings"
TITLES = {BALANCE: "内部往来", TURNOVER: "内部收入与费用"}
"""Kinds of pairs as the pages call them."""
WHAT = {
    "laboratory": "区域检验中心服务",
    "imaging": "区域影像诊断服务",
    "sterilising": "集中消毒供应服务",
    "superior_subsidy": "牵头医院对口帮扶补助",
}
CLAIM, DEBT = "121890", "230790"
SUBSIDY = "superior_subsidy"
INCOME = {SUBSIDY: "4201"}
EXPENSE = {SUBSIDY: "5101"}
OTHER_INCOME, SERVICE_EXPENSE = "4609", "5001"

Name = tuple[str, str, str]
"""Kind of pair, who claims, who owes."""


@dataclass
class Said:
    """What both sides of a pair say, and on which accounts of income and expense."""

    claim: Decimal = Decimal(0)
    debt: Decimal = Decimal(0)
    reasons: list[str] = field(default_factory=list)
    accounts: tuple[str, str] = (CLAIM, DEBT)

    @property
    def eliminated(self) -> Decimal:
        """What both say."""
        return min(self.claim, self.debt)

    @property
    def difference(self) -> Decimal:
        """What only one side says."""
        return self.claim - self.debt


def pairs_of(dealings: Iterable[Mapping[str, Any]], period: str) -> dict[Name, Said]:
    """All pairs of a month: what is owed since the books began, and the turnover of the year."""
    found: dict[Name, Said] = defaultdict(Said)
    for each in dealings:
        if each["period"] > period:
            continue
        for kind in (BALANCE, TURNOVER) if each["period"][:4] == period[:4] else (BALANCE,):
            said = found[kind, each["income_institution"], each["cost_institution"]]
            said.claim += Decimal(each["income_amount"])
            said.debt += Decimal(each["cost_amount"])
            if kind == TURNOVER:
                what = each["kind"]
                said.accounts = (INCOME.get(what, OTHER_INCOME), EXPENSE.get(what, SERVICE_EXPENSE))
            if each["difference"]:
                said.reasons.append(reason_of(each))
    return dict(found)


def reason_of(each: Mapping[str, Any]) -> str:
    """Why the two sides of a dealing differ, in the words of whoever asked them."""
    what = f"{each['period']} {WHAT[each['kind']]}"
    income, cost = (f"{Decimal(each[name]):,.2f} 元" for name in ("income_amount", "cost_amount"))
    return {
        "cost_missing": f"{what}：{each['cost_institution']} 漏记费用 {income}",
        "income_missing": f"{what}：{each['income_institution']} 漏记收入 {cost}",
        "amount_differs": f"{what}：{each['cost_institution']} 记 {cost}，{each['income_institution']} 记 {income}",
    }[each["difference"]]


def eliminated(pairs: Mapping[Name, Said]) -> dict[str, Decimal]:
    """What is taken off each account, debits less credits: claims and income, debts and expense."""
    found: dict[str, Decimal] = defaultdict(Decimal)
    for (kind, _, _), said in pairs.items():
        sign = 1 if kind == TURNOVER else -1  # income and debts stand on the credit side
        found[said.accounts[0]] += sign * said.eliminated
        found[said.accounts[1]] -= sign * said.eliminated
    return {account: amount for account, amount in found.items() if amount}
