"""Books that begin where the books kept elsewhere end."""

from collections import defaultdict

from django.db import transaction

from ops_platform.kernel import Actor, Conflict, Invalid, Period, from_fen
from ops_platform.ledger.engine.chart import Dimensions
from ops_platform.ledger.engine.entry import EntryInput, Leg
from ops_platform.ledger.models import Entry, EntryKind
from ops_platform.ledger.selectors.access import KEEPERS
from ops_platform.ledger.selectors.imported import LocalLine, local_lines
from ops_platform.ledger.services.booking import lock_books
from ops_platform.ledger.services.years import book_opening
from ops_platform.masterdata.models import Institution
from ops_platform.masterdata.services.periods import access_institution

KEY = "trial-balance"
MOST_NAMED = 10


@transaction.atomic
def book_opening_from_trial_balance(actor: Actor, institution: Institution) -> Entry:
    """Book the opening columns of the first month's trial balance, through the mapping of that month, as the opening entry.

    A repeat gives the entry that stands. Raises Invalid where there is no trial balance, an account with amounts is mapped
    to nothing or the columns do not balance; Conflict where another opening stands: it is reversed first.
    """
    access_institution(actor, institution.pk, *KEEPERS)
    lock_books([institution])
    legs = _legs_of(institution)
    openings = Entry.objects.filter(institution=institution, kind=EntryKind.OPENING)
    standing = openings.filter(reversed_by__isnull=True).order_by("number").first()
    if standing is None:
        made = openings.filter(key__startswith=KEY).count()
        return book_opening(actor, institution=institution, key=f"{KEY}/{made + 1}" if made else KEY, legs=legs)
    same = EntryInput(standing.day, standing.summary, standing.source, standing.key, legs, standing.document)
    if same.digest != standing.digest:
        raise Conflict(
            "ledger.opening_stands",
            f"{institution.name} 已录入期初余额(第 {standing.number} 号凭证)，与科目余额表不同。请先冲销它，再重新生成。",
            entry=standing.pk,
        )
    return standing


def _legs_of(institution: Institution) -> tuple[Leg, ...]:
    """What stood on the unified accounts before the first month, each on the side on which it stands."""
    first = Period.parse(institution.first_period)
    lines = local_lines(institution.pk, first)
    if not lines:
        raise Invalid(
            "ledger.no_trial_balance", f"没有 {institution.name} {first} 的科目余额表，请先报送。", period=str(first)
        )
    _refuse_unfit(institution, first, lines)
    sums: dict[tuple[str, Dimensions], int] = defaultdict(int)
    for line in lines:
        sums[line.account, line.dimensions] += line.opening
    legs = tuple(
        Leg(account, debit=max(net, 0), credit=max(-net, 0), dimensions=dimensions)
        for (account, dimensions), net in sorted(sums.items())
        if net
    )
    if not legs:
        raise Invalid("ledger.nothing_to_open", f"{first} 的科目余额表没有期初余额，无须录入。", period=str(first))
    return legs


def _refuse_unfit(institution: Institution, first: Period, lines: list[LocalLine]) -> None:
    unmapped = [line for line in lines if line.opening and not line.account]
    if unmapped:
        names = "、".join(f"{line.code} {line.name}" for line in unmapped[:MOST_NAMED])
        more = f" 等 {len(unmapped)} 个" if len(unmapped) > MOST_NAMED else ""
        raise Invalid(
            "ledger.opening_unmapped",
            f"{institution.name} {first} 的科目余额表中，{names}{more}尚未对应统一科目，期初余额未录入。请先完成科目对应。",
            accounts=[line.code for line in unmapped],
        )
    debit, credit = sum(line.opening_debit for line in lines), sum(line.opening_credit for line in lines)
    if debit != credit:
        raise Invalid(
            "ledger.opening_not_balanced",
            f"{institution.name} {first} 的科目余额表期初不平：借方 {from_fen(debit):,}，贷方 {from_fen(credit):,}，"
            f"相差 {from_fen(abs(debit - credit)):,} 元。请更正后重新报送。",
            debit=str(from_fen(debit)),
            credit=str(from_fen(credit)),
        )
