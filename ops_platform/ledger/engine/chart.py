"""What an account is, and which dimensions its legs carry.

Source: 政府会计制度 and 医院补充规定 财会〔2018〕24号 (domain.md section 10).
Financial books: assets + expenses = liabilities + net assets + income. Budget books beside them (平行记账): budget income,
expense and balances. Each balances by itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Book(StrEnum):
    """The two parallel books of government accounting."""

    FINANCIAL = "financial"
    BUDGET = "budget"


class AccountKind(StrEnum):
    """The eight elements of government accounting."""

    ASSET = "asset"
    LIABILITY = "liability"
    NET_ASSETS = "net_assets"
    INCOME = "income"
    EXPENSE = "expense"
    BUDGET_INCOME = "budget_income"
    BUDGET_EXPENSE = "budget_expense"
    BUDGET_BALANCE = "budget_balance"

    @property
    def book(self) -> Book:
        """The book that the element stands in."""
        return Book.BUDGET if self.value.startswith("budget") else Book.FINANCIAL

    @property
    def of_the_year(self) -> bool:
        """Begins each year at nothing: carried forward at year's end."""
        return self in YEARLY


YEARLY = (AccountKind.INCOME, AccountKind.EXPENSE, AccountKind.BUDGET_INCOME, AccountKind.BUDGET_EXPENSE)


class Side(StrEnum):
    """The side on which an account usually stands."""

    DEBIT = "debit"
    CREDIT = "credit"


@dataclass(frozen=True, slots=True, order=True)
class Dimensions:
    """What a leg says beside its account: numbers of department and counterparty institution, else codes; empty = none."""

    department: int = 0
    counterparty: int = 0
    project: str = ""
    purpose: str = ""
    insurer: str = ""
    scheme: str = ""
    fund_type: str = ""
    cost_item: str = ""
    funding_source: str = ""

    @property
    def given(self) -> frozenset[str]:
        """Names of those that say something."""
        return frozenset(name for name in DIMENSION_TITLES if getattr(self, name))

    def only(self, names: frozenset[str]) -> "Dimensions":
        """Of these dimensions those named."""
        return Dimensions(**{name: getattr(self, name) for name in names})


DIMENSION_TITLES: Mapping[str, str] = {
    "department": "科室",
    "counterparty": "往来机构",
    "project": "项目",
    "purpose": "资金用途",
    "insurer": "医保经办机构",
    "scheme": "险种",
    "fund_type": "基金类型",
    "cost_item": "成本项目",
    "funding_source": "资金来源",
}
NO_DIMENSIONS = Dimensions()


@dataclass(frozen=True, slots=True)
class Account:
    """An account as an entry sees it. `closed` where it takes no legs any more."""

    code: str
    name: str
    kind: AccountKind
    side: Side
    leaf: bool
    required: frozenset[str] = frozenset()
    optional: frozenset[str] = frozenset()
    closed: bool = False

    @property
    def book(self) -> Book:
        """The book it stands in."""
        return self.kind.book
