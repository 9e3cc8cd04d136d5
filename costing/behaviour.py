"""How costs behave (成本习性) and who can control them, as shares of each cost item: parameters, by default those of
domain.md 1.1. Fixed and variable sum to the cost, to the fen."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from costing.titles import COST_ITEM_TITLES
from ops_platform.kernel import Period
from ops_platform.masterdata.models import Institution
from ops_platform.masterdata.selectors import ParametersAt
from ops_platform.web import formats

FEN = Decimal("0.01")
VARIABLE, CONTROLLABLE = "variable_share", "controllable_share"


@dataclass(frozen=True, slots=True)
class Behaviour:
    """Shares by cost item in force for a month."""

    variable_shares: dict[str, Decimal]
    controllable_shares: dict[str, Decimal]

    def variable(self, item: str, amount: Decimal) -> Decimal:
        """What of the amount follows the volume of work; the rest is fixed."""
        return (amount * self.variable_shares[item]).quantize(FEN, rounding=ROUND_HALF_UP)

    def controllable(self, item: str, direct: Decimal) -> Decimal:
        """What of a department's direct cost its head can control; what came by allocation nobody there can."""
        return (direct * self.controllable_shares[item]).quantize(FEN, rounding=ROUND_HALF_UP)

    @property
    def words(self) -> str:
        """The shares, for the foot of a report."""
        listed = "，".join(
            f"{title} {formats.percent(self.variable_shares[item], 0)}/{formats.percent(self.controllable_shares[item], 0)}"
            for item, title in COST_ITEM_TITLES.items()
        )
        return f"变动占比/科室可控占比(参数)：{listed}。可控成本只计科室直接成本中的可控部分。"


def behaviour_at(institution: Institution, period: Period) -> Behaviour:
    """In force on the month's last day; one query."""
    keys = {(name, item): f"costing.{name}.{item}" for name in (VARIABLE, CONTROLLABLE) for item in COST_ITEM_TITLES}
    known = ParametersAt(*keys.values())

    def shares(name: str) -> dict[str, Decimal]:
        values = {
            item: known.value(key=keys[name, item], day=period.last_day, institution_id=institution.pk)
            for item in COST_ITEM_TITLES
        }
        return {item: min(max(value, Decimal(0)), Decimal(1)) for item, value in values.items()}

    return Behaviour(shares(VARIABLE), shares(CONTROLLABLE))
