"""What an elimination by hand would take off the difference of a pair, from what both members say."""

from collections import defaultdict
from collections.abc import Iterable

from ops_platform.kernel import Period, to_fen
from ops_platform.ledger.engine.figures import Figure
from ops_platform.ledger.engine.proposals import Difference, Proposal, Said, propose
from ops_platform.ledger.layouts import pair_kinds
from ops_platform.ledger.models import PairMatch
from ops_platform.ledger.services.consolidation_inputs import figures_of_members


def proposal_for(*, pair: PairMatch) -> Proposal:
    """Legs for what is left of the pair's difference."""
    kinds = {kind.code: kind for kind in pair_kinds()}
    two = (pair.creditor_id, pair.debtor_id)
    rows = pair.run.pairs.filter(creditor__in=two, debtor__in=two).order_by("kind", "id")
    known = {
        row.pk: Difference(kinds[row.kind], row.creditor_id, row.debtor_id, to_fen(row.rest))
        for row in rows
        if row.kind in kinds
    }
    if pair.pk not in known:
        return Proposal()
    figures = figures_of_members(two, Period.parse(pair.run.period))
    others = [each for number, each in known.items() if number != pair.pk]
    return propose(known[pair.pk], others, _said(figures, standing=True), _said(figures, standing=False))


def _said(figures: Iterable[Figure], *, standing: bool) -> list[Said]:
    sums: dict[tuple[int, str, str, int], int] = defaultdict(int)
    for each in figures:
        amount = each.opening + each.debit - each.credit if standing else each.year_debit - each.year_credit
        sums[each.institution, each.account, each.cost_item, each.counterparty] += amount
    return [Said(*key, amount) for key, amount in sorted(sums.items()) if amount]
