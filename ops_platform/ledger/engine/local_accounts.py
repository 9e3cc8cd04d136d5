"""Which unified account stands behind an account of a chart that an institution keeps elsewhere.

Source: domain.md 5.10 (map members' accounts to the unified chart) and the code structure of 政府会计制度, in which the code
of an account begins with that of the account above it. A mapping of a local code holds for all codes that begin with it; of
several the longest holds. Proposals: the unified account of the same code, else the one whose code is the longest with which
the local code begins; none where that one has accounts below it, since amounts stand on leaves only.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from ops_platform.kernel import Finding, Severity
from ops_platform.ledger.engine.chart import DIMENSION_TITLES, Account

LONGEST_CODE = 40
LONGEST_NAME = 120
TOLD = ("counterparty", "cost_item", "funding_source")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class LocalMapping:
    """What stands behind a local code from the first day of a month on; `counterparty` is the number of an institution."""

    code: str
    name: str
    account: str
    effective_from: date
    counterparty: int = 0
    cost_item: str = ""
    funding_source: str = ""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A unified account for a local one; `missing` names the dimensions that somebody has to add."""

    account: str
    name: str
    missing: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """For people: the account, and what is missing."""
        if not self.missing:
            return f"{self.account} {self.name}"
        return f"{self.account} {self.name}(须补{'、'.join(DIMENSION_TITLES[name] for name in self.missing)})"


def longest_prefix(code: str, known: Mapping[str, T]) -> T | None:
    """What is known under the longest code with which this one begins."""
    return next((known[code[:end]] for end in range(len(code), 0, -1) if code[:end] in known), None)


def propose(code: str, chart: Mapping[str, Account]) -> Proposal | None:
    """A unified account for a local code, None where nobody can know."""
    account = longest_prefix(code, chart)
    if account is None or not account.leaf or account.closed:
        return None
    return Proposal(account.code, account.name, tuple(name for name in TOLD if name in account.required))


def faults_of(
    mapping: LocalMapping, chart: Mapping[str, Account], *, institution: int, codes: Mapping[str, frozenset[str]]
) -> tuple[Finding, ...]:
    """All that is wrong with a mapping; `codes` are the codes of cost items and funding sources. The subject of each finding
    is the field."""
    return tuple(_faults(mapping, chart, institution, codes))


def _faults(
    mapping: LocalMapping, chart: Mapping[str, Account], institution: int, codes: Mapping[str, frozenset[str]]
) -> Iterator[Finding]:
    blocking = Severity.BLOCKING
    if not mapping.code or len(mapping.code) > LONGEST_CODE or not mapping.code.isprintable():
        yield Finding("ledger.mapping_code", blocking, f"请填写本地科目代码，最多 {LONGEST_CODE} 个字。", "code")
    if len(mapping.name) > LONGEST_NAME or not mapping.name.isprintable():
        yield Finding("ledger.mapping_code", blocking, f"本地科目名称最多 {LONGEST_NAME} 个字。", "name")
    if mapping.effective_from.day != 1:
        words = f"生效日期应为某月 1 日，现为 {mapping.effective_from}。"
        yield Finding("ledger.mapping_date", blocking, words, "effective_from")
    account = chart.get(mapping.account)
    if account is None:
        words = f"统一科目表中没有 {mapping.account or '(空)'}，请核对。"
        yield Finding("ledger.mapping_account", blocking, words, "account")
        return
    if not account.leaf or account.closed:
        why = "已停用" if account.closed else "下有明细科目"
        words = f"统一科目 {account.code} {account.name} {why}，请改用末级科目。"
        yield Finding("ledger.mapping_account", blocking, words, "account")
    yield from _dimension_faults(mapping, account, institution, codes)


def _dimension_faults(
    mapping: LocalMapping, account: Account, institution: int, codes: Mapping[str, frozenset[str]]
) -> Iterator[Finding]:
    blocking = Severity.BLOCKING
    words = f"统一科目 {account.code} {account.name}"
    for name in TOLD:
        given, title = getattr(mapping, name), DIMENSION_TITLES[name]
        if name in account.required and not given:
            yield Finding("ledger.mapping_dimension", blocking, f"{words} 必须注明{title}。", name)
        elif given and name not in account.required | account.optional:
            yield Finding("ledger.mapping_dimension", blocking, f"{words} 不按{title}核算，请去掉。", name)
        elif name in codes and given and given not in codes[name]:
            yield Finding("ledger.mapping_dimension", blocking, f"没有{title} {given}，请核对。", name)
    if mapping.counterparty == institution:
        yield Finding("ledger.mapping_dimension", blocking, "往来机构不能是本机构自己。", "counterparty")
    others = [DIMENSION_TITLES[name] for name in DIMENSION_TITLES if name in account.required and name not in TOLD]
    if others:
        told = f"{words} 必须注明{'、'.join(others)}，不能从外部账对应。"
        yield Finding("ledger.mapping_dimension", blocking, told, "account")
