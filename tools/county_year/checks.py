"""The books recomputed with pandas from their legs, and the consolidation from the legs and planted.json: nothing that the
platform keeps as a sum is believed, it is only compared.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

import pandas as pd

from tools.county_year.database import Database
from tools.county_year.expected import BALANCE, CLAIM, DEBT, Name, Said, eliminated, pairs_of
from tools.county_year.settlements import KIND as SETTLED

LEGS = """
SELECT i.code AS institution, l.period, l.book, coalesce(p.code, a.code) AS account, l.cost_item,
       e.kind = 'carry_forward' OR coalesce(o.kind, '') = 'carry_forward' AS carried, e.source,
       (sum(l.debit) * 100)::bigint AS debit, (sum(l.credit) * 100)::bigint AS credit
FROM (SELECT l.*, d.cost_item FROM ledger_leg l JOIN ledger_dimension d ON d.id = l.dimension_id) l
JOIN ledger_entry e ON e.id = l.entry_id LEFT JOIN ledger_entry o ON o.id = e.reverses_id
JOIN masterdata_institution i ON i.id = l.institution_id
JOIN ledger_account a ON a.id = l.account_id
LEFT JOIN ledger_account p ON p.id = a.parent_id AND a.institution_id IS NOT NULL
GROUP BY 1, 2, 3, 4, 5, 6, 7
"""
"""An institution's own account counts as the unified one above it."""
KEPT = """
SELECT i.code AS institution, b.period, coalesce(p.code, a.code) AS account,
       (sum(b.debit) * 100)::bigint AS debit, (sum(b.credit) * 100)::bigint AS credit
FROM ledger_periodbalance b JOIN masterdata_institution i ON i.id = b.institution_id
JOIN ledger_account a ON a.id = b.account_id
LEFT JOIN ledger_account p ON p.id = a.parent_id AND a.institution_id IS NOT NULL
GROUP BY 1, 2, 3
"""
RUNS = """
SELECT r.period, f.part, coalesce(i.code, '') AS institution, a.code AS account,
       (sum(f.start) * 100)::bigint AS start, (sum(f.year) * 100)::bigint AS year
FROM ledger_consolidationrun r JOIN ledger_consolidatedfigure f ON f.run_id = r.id
JOIN ledger_account a ON a.id = f.account_id LEFT JOIN masterdata_institution i ON i.id = f.institution_id
WHERE r.is_current AND r.period = ANY (%s) GROUP BY 1, 2, 3, 4
"""
PAIRS = """
SELECT r.period, p.kind, c.code AS creditor, d.code AS debtor, p.claim, p.debt, p.eliminated, p.state
FROM ledger_consolidationrun r JOIN ledger_pairmatch p ON p.run_id = r.id
JOIN masterdata_institution c ON c.id = p.creditor_id JOIN masterdata_institution d ON d.id = p.debtor_id
WHERE r.is_current AND r.period = ANY (%s)
"""
CASH = """
SELECT i.code AS institution, l.period, l.entry_id,
       coalesce(sum(l.debit) FILTER (WHERE c.cash), 0) AS debit, coalesce(sum(l.credit) FILTER (WHERE c.cash), 0) AS credit,
       coalesce(sum(l.credit) FILTER (WHERE NOT c.cash), 0) AS others
FROM ledger_leg l JOIN masterdata_institution i ON i.id = l.institution_id JOIN ledger_account a ON a.id = l.account_id
CROSS JOIN LATERAL (SELECT left(a.code, 4) IN ('1001', '1002', '1011', '1021') AS cash) c
WHERE l.book = 'financial' AND l.period >= i.first_period GROUP BY 1, 2, 3 HAVING bool_or(c.cash)
"""
RUN_CASH = """
SELECT r.period AS run, i.code AS institution, c.way, sum(c.month) AS month, sum(c.year) AS year
FROM ledger_consolidationrun r JOIN ledger_consolidatedcash c ON c.run_id = r.id
JOIN masterdata_institution i ON i.id = c.institution_id WHERE r.is_current AND r.period = ANY (%s) GROUP BY 1, 2, 3
"""
NEVER_FINANCIAL = ("6", "7", "8")
CHARGES = "ledger.charge-income-day"
CARDS = "costing.depreciation"
AGREEMENTS = "costing.alliance-settlement"


class Books:
    """The legs of all books, summed as far as the checks need."""

    def __init__(self, database: Database) -> None:
        self.legs = database.frame(LEGS)
        self.legs["net"] = self.legs["debit"] - self.legs["credit"]
        self.kept = database.frame(KEPT)

    @property
    def institutions(self) -> list[str]:
        """Whose books there are."""
        return sorted(self.legs["institution"].unique())

    def unbalanced(self) -> Iterator[str]:
        """Every month of every institution balances in each book; balances that are kept are the sums of the legs."""
        sums = self.legs.groupby(["institution", "period", "book"])["net"].sum()
        for place, net in sums[sums != 0].items():
            yield f"{place}: debits less credits {net} fen"
        mine = self.legs.groupby(["institution", "period", "account"])[["debit", "credit"]].sum()
        theirs = self.kept.set_index(["institution", "period", "account"])
        for place in mine.sub(theirs, fill_value=0).query("debit != 0 or credit != 0").index:
            yield f"{place}: the balance that is kept is not the sum of the legs"

    def equation(self, months: Sequence[str]) -> Iterator[str]:
        """assets = liabilities + net assets + income − expense at the end of each month, for each and for the whole; after
        December the year's accounts are carried, so that assets = liabilities + net assets."""
        financial = self.legs[~self.legs["account"].str.startswith(NEVER_FINANCIAL)]
        for month in months:
            until = financial[financial["period"] <= month]
            table = until.pivot_table(
                index="institution", columns=until["account"].str[0], values="net", aggfunc="sum", fill_value=0
            ).reindex(columns=list("12345"), fill_value=0)
            table.loc["the whole"] = table.sum()
            off = table[table["1"] != -(table["2"] + table["3"] + table["4"] + table["5"])]
            if month.endswith("-12"):
                off = pd.concat([off, table[(table[["4", "5"]] != 0).any(axis=1)]])
                off = pd.concat([off, table[table["1"] != -(table["2"] + table["3"])]])
            for institution in off.index.unique():
                yield f"{institution} {month}: the balance sheet does not balance"

    def against_facts(self, planted: Mapping[str, Any]) -> Iterator[str]:
        """What is booked of cost, other income and charges is what the hospitals sent, of depreciation what their cards
        charge, of dealings under agreements what was settled."""
        legs = self.legs[~self.legs["carried"]]
        cost, income = (legs[legs["account"].str.startswith(kind)] for kind in ("5", "4"))
        sent_cost, sent_income = (rows[rows["source"] != AGREEMENTS] for rows in (cost, income))
        of_charges, of_cards = sent_income["source"] == CHARGES, sent_cost["source"] == CARDS
        booked = {
            "direct_cost_total": (sent_cost[~of_cards], 1),
            "depreciation_of_cards": (sent_cost[of_cards], 1),
            "charge_total": (sent_income[of_charges], -1),
            "income_total": (sent_income[~of_charges], -1),
        }
        for name, (rows, sign) in booked.items():
            sums = (sign * rows.groupby(["institution", "period"])["net"].sum()).to_dict()
            for each in planted[name]:
                found = Decimal(int(sums.get((each["institution"], each["period"]), 0))) / 100
                if found != Decimal(each["amount"]):
                    yield f"{each['institution']} {each['period']} {name}: sent {each['amount']}, booked {found}"
        for side, rows, sign in (("cost", cost, 1), ("income", income, -1)):
            mine = (sign * rows[rows["source"] == AGREEMENTS].groupby(["institution", "period"])["net"].sum()).to_dict()
            for place, amount in _settled_by(planted["dealings"], side).items():
                if Decimal(int(mine.pop(place, 0))) / 100 != amount:
                    yield f"{place}: {side} of agreements is not what was settled"
            yield from (f"{place}: {side} of agreements that nobody settled" for place, left in mine.items() if left)

    def consolidation(self, database: Database, planted: Mapping[str, Any], months: Sequence[str]) -> Iterator[str]:
        """Members = legs; eliminations = planted dealings; consolidated = the one plus the other; what is left on
        the accounts between members is what only one side says."""
        first = min(each["period"] for each in planted["opening_balances"])
        runs = database.frame(RUNS, [list(months)])
        matches = database.frame(PAIRS, [list(months)])
        for month in months:
            run = runs[runs["period"] == month]
            if run.empty:
                yield f"{month}: not consolidated"
                continue
            expected = pairs_of(planted["dealings"], month)
            yield from _pairs(month, expected, matches[matches["period"] == month])
            yield from self._figures(month, max(first, f"{month[:4]}-01"), run, expected)
        yield from _cash(database, months)

    def _figures(self, month: str, begin: str, run: pd.DataFrame, expected: Mapping[Name, Said]) -> Iterator[str]:
        """Both books. The year counts from `begin`: January, or the month with which books and consolidation begin."""
        legs = self.legs
        in_year = (legs["period"] >= begin) & (legs["period"] <= month)
        keys = ["institution", "account"]
        mine = pd.DataFrame(
            {
                "start": legs[legs["period"] < begin].groupby(keys)["net"].sum(),
                "year": legs[in_year & ~legs["carried"]].groupby(keys)["net"].sum(),
            }
        ).fillna(0)
        theirs = run[run["part"] == "member"].set_index(keys)[["start", "year"]]
        for place in _unequal(mine, theirs):
            yield f"{month} {place}: what the member says is not what its legs say"
        summed = mine.groupby("account").sum().sum(axis=1)
        gone = pd.Series(
            {account: int(amount * 100) for account, amount in eliminated(expected).items()}, dtype="int64"
        )
        for part, amounts in (("elimination", gone), ("consolidated", summed.add(gone, fill_value=0))):
            found = run[run["part"] == part].groupby("account")[["start", "year"]].sum().sum(axis=1)
            for account in _unequal(amounts.to_frame("end"), found.to_frame("end")):
                yield f"{month} {account}: {part} is not what follows from legs and planted dealings"
        one_sided = [said.difference for (kind, _, _), said in expected.items() if kind == BALANCE]
        left = {
            CLAIM: sum((each for each in one_sided if each > 0), Decimal(0)),
            DEBT: sum((each for each in one_sided if each < 0), Decimal(0)),
        }
        for account, amount in left.items():
            rows = run[(run["part"] == "consolidated") & (run["account"] == account)]
            if int((rows["start"] + rows["year"]).sum()) != int(amount * 100):
                yield f"{month} {account}: more or less is left than the planted differences"


def _settled_by(dealings: Sequence[Mapping[str, Any]], side: str) -> dict[tuple[str, str], Decimal]:
    """What each institution bears (cost) or gets (income) by agreements in a month."""
    found: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for each in dealings:
        if each["kind"] == SETTLED:
            found[each[f"{side}_institution"], each["period"]] += Decimal(each[f"{side}_amount"])
    return found


def _cash(database: Database, months: Sequence[str]) -> Iterator[str]:
    """Receipts are the debits of cash, payments its credits, less what no leg but cash explains."""
    legs = database.frame(CASH)
    over = (legs["debit"] - legs["others"]).clip(lower=0)
    black = legs[["debit", "credit"]].min(axis=1) > 0
    red = legs[["debit", "credit"]].max(axis=1) < 0
    under = (legs["others"] - legs["debit"]).clip(lower=0)
    both = pd.concat([over, legs["debit"], legs["credit"]], axis=1).min(axis=1).where(black, Decimal(0))
    in_red = pd.concat([under, -legs["debit"], -legs["credit"]], axis=1).min(axis=1).where(red, Decimal(0))
    transfer = both - in_red
    legs["in"], legs["out"] = legs["debit"] - transfer, legs["credit"] - transfer
    told = {
        (row.run, row.institution, row.way): (row.month, row.year)
        for row in database.frame(RUN_CASH, [list(months)]).itertuples()
    }
    for month in months:
        of_year = legs[(legs["period"] >= f"{month[:4]}-01") & (legs["period"] <= month)]
        for institution, rows in of_year.groupby("institution"):
            for way in ("in", "out"):
                mine = (rows[rows["period"] == month][way].sum(), rows[way].sum())
                if tuple(told.get((month, institution, way), (0, 0))) != mine:
                    yield f"{month} {institution}: cash {way} is not what its legs say"


def _unequal(mine: pd.DataFrame, theirs: pd.DataFrame) -> list[Any]:
    difference = mine.sub(theirs, fill_value=0).fillna(0)
    return list(difference[(difference != 0).any(axis=1)].index)


def _pairs(month: str, expected: Mapping[Name, Said], matches: pd.DataFrame) -> Iterator[str]:
    found = {(row.kind, row.creditor, row.debtor): row for row in matches.itertuples()}
    for name in sorted({*expected, *found}):
        said, row = expected.get(name), found.get(name)
        if said is None or row is None:
            yield f"{month} {name}: {'not planted' if said is None else 'not found'}"
        elif (row.claim, row.debt, row.eliminated) != (said.claim, said.debt, said.eliminated):
            yield f"{month} {name}: says {row.claim} and {row.debt}, planted {said.claim} and {said.debt}"
        elif row.state != ("explained" if said.difference else "matched"):
            yield f"{month} {name}: {row.state}"
