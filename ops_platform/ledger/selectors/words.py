"""Legs and dimensions in words."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ops_platform.kernel import from_fen
from ops_platform.ledger.engine.chart import DIMENSION_TITLES, Dimensions
from ops_platform.ledger.engine.entry import Leg
from ops_platform.ledger.models import Account
from ops_platform.masterdata.models import Code, Department, Institution

CODE_SETS = {"cost_item": "cost-items", "funding_source": "funding-sources", "scheme": "schemes"}


@dataclass(frozen=True, slots=True)
class Names:
    """Names of what dimensions point at."""

    departments: Mapping[int, str]
    institutions: Mapping[int, str]
    codes: Mapping[tuple[str, str], str]

    @classmethod
    def of(cls, combinations: Iterable[Dimensions]) -> "Names":
        """The names that these combinations need, in three queries at most."""
        listed = list(combinations)
        departments = {each.department for each in listed if each.department}
        institutions = {each.counterparty for each in listed if each.counterparty}
        coded = any(getattr(each, name) for each in listed for name in CODE_SETS)
        return cls(
            departments=dict(Department.objects.filter(pk__in=departments).values_list("pk", "name"))
            if departments
            else {},
            institutions=dict(Institution.objects.filter(pk__in=institutions).values_list("pk", "name"))
            if institutions
            else {},
            codes=code_words() if coded else {},
        )

    def told(self, combination: Dimensions) -> str:
        """科室 内科；成本项目 人员经费"""
        return "；".join(
            f"{DIMENSION_TITLES[name]} {self.value(combination, name)}"
            for name in DIMENSION_TITLES
            if getattr(combination, name)
        )

    def value(self, combination: Dimensions, name: str) -> str:
        """One dimension in words."""
        given = getattr(combination, name)
        if name == "department":
            return self.departments.get(given, str(given))
        if name == "counterparty":
            return self.institutions.get(given, str(given))
        return self.codes.get((name, given), str(given))


def code_words() -> dict[tuple[str, str], str]:
    """Titles of the codes that dimensions use, by dimension and code; the latest title of each."""
    sets = {code_set: name for name, code_set in CODE_SETS.items()}
    rows = Code.objects.filter(version__code_set__code__in=sets).order_by("version__effective_from")
    return {
        (sets[code_set], code): title
        for code_set, code, title in rows.values_list("version__code_set__code", "code", "name")
    }


@dataclass(frozen=True, slots=True)
class Legs:
    """Accounts and names that some legs need to be told in words."""

    accounts: Mapping[str, Account]
    names: Names

    @classmethod
    def of(cls, legs: Iterable[Leg]) -> "Legs":
        """What these legs need."""
        listed = list(legs)
        accounts = Account.objects.filter(code__in={leg.account for leg in listed})
        return cls({account.code: account for account in accounts}, Names.of(leg.dimensions for leg in listed))

    def financial(self, leg: Leg) -> bool:
        """Stands in the financial books."""
        account = self.accounts.get(leg.account)
        return account is None or account.book == "financial"


def leg_words(leg: Leg, legs: Legs) -> str:
    """借 1002 银行存款 1,000.00(科室 内科)"""
    account = legs.accounts.get(leg.account)
    name = f"{leg.account} {account.name}" if account else leg.account
    side, fen = ("借", leg.debit) if leg.debit else ("贷", leg.credit)
    told = legs.names.told(leg.dimensions)
    extra = "；".join(part for part in (told, leg.summary) if part)
    return f"{side} {name} {from_fen(fen):,}" + (f"({extra})" if extra else "")
