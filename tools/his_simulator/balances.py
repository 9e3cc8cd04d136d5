"""What stands on an institution's accounts before its first month: the trial balance from which its books begin."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tools.his_simulator.charges import ChargeLines
from tools.his_simulator.community import LEAD_CODE, Institution
from tools.his_simulator.ledgers import Ledger
from tools.his_simulator.randomness import stream
from tools.his_simulator.scale import Calendar

STRANGE_ACCOUNT_AT = "T003"
STRANGE_ACCOUNT, STRANGE_NAME, STRANGE_UNIFIED = "121799", "乡镇财政往来", "121801"
"""An account that no chart knows: somebody has to say what it is."""
FIGURES = (
    # account, name, lowest and highest multiple of a month's income; what is owed is negative
    ("1001", "库存现金", 0.004, 0.012),
    ("1002", "银行存款", 1.4, 2.6),
    ("12120201", "应收医保款", 0.55, 0.95),
    ("130201", "药品", 0.35, 0.55),
    ("130202", "卫生材料", 0.1, 0.2),
    ("1601", "固定资产", 18.0, 26.0),
    ("1602", "固定资产累计折旧", -11.0, -7.0),
    ("2201", "应付职工薪酬", -0.25, -0.1),
    ("2302", "应付账款", -1.1, -0.6),
    ("310101", "医疗风险基金", -0.06, -0.02),
    ("1701", "无形资产", 0.9, 1.4),
    ("1702", "无形资产累计摊销", -0.5, -0.3),
)
CLINIC_KEEPS = {"1001", "1002", "130201", "1601", "1602", "2302"}
PARTS_AT_LEAD = {
    "1002": (("100201", "基本存款账户", 0.8), ("100202", "专用存款账户", 0.2)),
    "1601": (("160101", "房屋及构筑物", 0.45), ("160102", "专用设备", 0.43), ("160103", "通用设备", 0.12)),
}
SUMS = {"1002": "银行存款", "1212": "应收账款", "1302": "库存物品", "1601": "固定资产", "3101": "专用基金"}


@dataclass(frozen=True)
class Standing:
    """One account: what stands on it, debits less credits, in fen."""

    account: str
    name: str
    net: int


def opening_balances(
    institution: Institution, calendar: Calendar, seed: int, *, lines: ChargeLines, incomes: Ledger
) -> list[Standing]:
    """The accounts in the order of their codes, sum accounts above what they sum; the leaves balance in both books."""
    rng = stream(seed, institution.code, "opening balances")
    months = sum(calendar.covered_share(month) for month in range(len(calendar.periods)))
    month_income = (int(lines.amount.sum()) + int(incomes.amount.sum())) / months
    leaves: list[Standing] = []
    for account, name, low, high in FIGURES:
        net = round(month_income * rng.uniform(low, high))
        if institution.beds or account in CLINIC_KEEPS:
            leaves += _parts(institution, Standing(account, name, net))
    if institution.code == STRANGE_ACCOUNT_AT:
        leaves.append(Standing(STRANGE_ACCOUNT, STRANGE_NAME, round(month_income * 0.08)))
    leaves.append(Standing("3001", "累计盈余", -sum(leaf.net for leaf in leaves)))
    if institution.beds:
        leaves += _budget_books(leaves)
    codes = [leaf.account for leaf in leaves]
    sums = [
        Standing(code, name, sum(leaf.net for leaf in leaves if leaf.account.startswith(code)))
        for code, name in SUMS.items()
        if code not in codes and any(other.startswith(code) for other in codes)
    ]
    return sorted([*leaves, *sums], key=lambda standing: standing.account)


def _parts(institution: Institution, whole: Standing) -> list[Standing]:
    """The lead hospital keeps accounts of its own below some."""
    parts = PARTS_AT_LEAD.get(whole.account, ()) if institution.code == LEAD_CODE else ()
    if not parts:
        return [whole]
    shares = [round(whole.net * share) for _, _, share in parts[:-1]]
    shares.append(whole.net - sum(shares))
    return [Standing(code, name, net) for (code, name, _), net in zip(parts, shares, strict=True)]


def _budget_books(leaves: list[Standing]) -> list[Standing]:
    """Beside the financial books: the money there is, and from where it is left over."""
    money = sum(leaf.net for leaf in leaves if leaf.account.startswith(("1001", "1002")))
    fiscal = money * 12 // 100
    return [
        Standing("800102", "货币资金", money),
        Standing("8101", "财政拨款结转", -fiscal),
        Standing("8202", "非财政拨款结余", fiscal - money),
    ]


def sides(nets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Debit and credit columns of what stands on the accounts."""
    return np.maximum(nets, 0), np.maximum(-nets, 0)
