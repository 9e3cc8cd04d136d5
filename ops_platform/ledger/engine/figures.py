"""What an institution's books say of an account up to a month: the one form in which trial balances, statements and the
consolidation take their figures, whether the books are kept here or elsewhere."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One account of one institution, told apart by counterparty and cost item (nothing where an account has none).

    Fen, debits less credits for `opening`: what stood on it before the month. `debit` and `credit` are the month's turnover,
    `year_debit` and `year_credit` those of the year so far. Carrying a year forward is in `opening` and `net`, but in no
    turnover: statements of a whole year still say what it earned. So is an opening: where books begin in mid-year their year
    begins with it. What it brings in on accounts of the year was earned and spent in this year all the same: `brought`,
    debits less credits, is that part of it.
    """

    institution: int
    account: str
    opening: int = 0
    debit: int = 0
    credit: int = 0
    year_debit: int = 0
    year_credit: int = 0
    carried: int = 0
    counterparty: int = 0
    cost_item: str = ""
    brought: int = 0

    @property
    def net(self) -> int:
        """What stands on it at the end of the month, debits less credits."""
        return self.opening + self.debit - self.credit + self.carried
