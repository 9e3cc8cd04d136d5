"""The mapping of charts kept elsewhere, and where official figures come from."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet

from ops_platform.kernel import Actor, NotFound, Period, Role
from ops_platform.ledger.engine.chart import NO_DIMENSIONS, Account, Dimensions
from ops_platform.ledger.engine.comparison import Compared, compare
from ops_platform.ledger.engine.local_accounts import LocalMapping, Proposal, longest_prefix, propose
from ops_platform.ledger.models import BooksMode, LocalAccount
from ops_platform.ledger.selectors.chart import accounts_of, chart_at
from ops_platform.ledger.selectors.figures import figures_of
from ops_platform.ledger.selectors.imported import LocalLine, imported_figures, local_lines
from ops_platform.ledger.selectors.modes import modes_at
from ops_platform.masterdata.models import Institution

KEEPERS = (Role.FINANCE_OFFICER, Role.ACCOUNTING_REVIEWER, Role.FINANCE_DIRECTOR, Role.OPERATION_CENTRE)
READERS = (*KEEPERS, Role.AUDITOR)


def readable_institutions(*, actor: Actor) -> QuerySet[Institution]:
    """Institutions whose mapping the actor may see, by code."""
    return Institution.objects.visible_to(actor, *READERS).order_by("code")


def access_institution(*, actor: Actor, institution_id: int) -> Institution:
    """One institution; NotFound for what the actor may not see."""
    institution = readable_institutions(actor=actor).filter(pk=institution_id).first()
    if institution is None:
        raise NotFound("masterdata.no_institution", "没有这个机构。")
    return institution


def mappings_at(institution: Institution, day: date) -> dict[str, LocalAccount]:
    """What holds for each local code in the month of the day, by code."""
    rows = (
        LocalAccount.objects.filter(institution=institution, effective_from__lte=day.replace(day=1))
        .select_related("account", "counterparty")
        .order_by("code", "-effective_from", "-id")
        .distinct("code")
    )
    return {row.code: row for row in rows}


def history_of(*, institution: Institution, code: str) -> QuerySet[LocalAccount]:
    """All that was ever said of a local code, newest first."""
    rows = LocalAccount.objects.filter(institution=institution, code=code)
    return rows.select_related("account", "counterparty").order_by("-effective_from", "-id")


def mapping_of(row: LocalAccount) -> LocalMapping:
    """A row as engines see it."""
    return LocalMapping(
        code=row.code,
        name=row.name,
        account=row.account.code,
        effective_from=row.effective_from,
        counterparty=row.counterparty_id or 0,
        cost_item=row.cost_item,
        funding_source=row.funding_source,
    )


def unified_chart(institution: Institution, day: date) -> dict[str, Account]:
    """The accounts to which local ones may be mapped."""
    return chart_at(accounts_of(institution), day)


@dataclass(frozen=True, slots=True)
class MappedAccount:
    """A local account for the list: a line of the trial balance, or a mapping that no line needs now."""

    code: str
    name: str
    account: str
    account_name: str
    dimensions: Dimensions
    mapped_by: str
    line: LocalLine | None
    proposal: Proposal | None
    effective_from: date | None

    @property
    def unmapped(self) -> bool:
        """Whether amounts stand there that are in no figure."""
        return not self.account and self.line is not None and self.line.has_amounts


def local_accounts(institution: Institution, period: Period) -> list[MappedAccount]:
    """The accounts of the month's trial balance and those that are mapped, by code, with what holds in that month."""
    chart = unified_chart(institution, period.first_day)
    mapped = mappings_at(institution, period.first_day)
    lines = {line.code: line for line in local_lines(institution.pk, period)}
    return [
        _mapped_account(code, lines.get(code), longest_prefix(code, mapped), chart)
        for code in sorted({*lines, *mapped})
    ]


def _mapped_account(
    code: str, line: LocalLine | None, row: LocalAccount | None, chart: dict[str, Account]
) -> MappedAccount:
    mapping = mapping_of(row) if row else None
    return MappedAccount(
        code=code,
        name=line.name if line else (row.name if row else ""),
        account=mapping.account if mapping else "",
        account_name=row.account.name if row else "",
        dimensions=Dimensions(
            counterparty=mapping.counterparty, cost_item=mapping.cost_item, funding_source=mapping.funding_source
        )
        if mapping
        else NO_DIMENSIONS,
        mapped_by=mapping.code if mapping else "",
        line=line,
        proposal=None if mapping else propose(code, chart),
        effective_from=mapping.effective_from if mapping else None,
    )


def comparison(institutions: Iterable[int], period: Period) -> tuple[Compared, ...]:
    """Own books against the trial balances of a month, every account that one of them has."""
    wanted = sorted(institutions)
    return compare(figures_of(wanted, period), imported_figures(wanted, period))


def compared_where_both(institutions: Collection[int], period: Period) -> tuple[Compared, ...]:
    """The comparison of those institutions that keep books on both sides in the month."""
    modes = modes_at(institutions, period)
    return comparison([pk for pk, mode in modes.items() if mode is BooksMode.Mode.BOTH], period)
