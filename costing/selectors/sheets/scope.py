"""What a report is made of."""

import re
from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse

from costing.models import CostRun, PatientRun
from costing.selectors.layers import Layer, LayerCosts, layer_costs
from costing.selectors.patients import current_run
from ops_platform.kernel import Period

MOST_NAMED = 200
SEPARATORS = re.compile(r"[,，、;；→]")
COMPARED = {"month": -1, "year": -12}  # how many months the compared one lies away


@dataclass(frozen=True, slots=True)
class Scope:
    """A month's cost run, its patient run where patients are costed, the layer of cost, the patient run of
    the month to compare with, the order of departments (codes), the measure
    to rank by, and the institutions that the reader may see, each for a report that knows it."""

    run: CostRun
    patients: PatientRun | None
    layer: Layer
    patients_before: PatientRun | None = None
    order: tuple[str, ...] = ()
    measure: str = ""
    seen: tuple[int, ...] = ()

    @property
    def institution(self) -> int:
        """Whose month it is."""
        return self.run.institution_id

    def costs(self) -> LayerCosts:
        """The departments' costs in the layer."""
        return layer_costs(run=self.run, layer=self.layer)

    def department_url(self, department: int) -> str:
        """The department's page of the month."""
        return f"{reverse('department', args=[department])}?period={self.run.period}"

    def direct_url(self, department: int, cost_item: str = "", funding: str = "") -> str:
        """The vouchers and computed parts behind a direct cost; of the layer, or of another one or one funding source."""
        return self._drill("costing:cost-entries", funding, department=department, cost_item=cost_item)

    def flows_url(self, department: int, cost_item: str = "", sender_class: str = "", funding: str = "") -> str:
        """The steps behind what a department received; of the layer, or of another one or one funding source."""
        narrowed = {"cost_item": cost_item, "sender_class": sender_class}
        return self._drill("costing:flows", funding, receiver=department, **narrowed)

    def sent_url(self, department: int, cost_item: str = "", funding: str = "") -> str:
        """The steps behind what a department gave on."""
        return self._drill("costing:flows", funding, sender=department, cost_item=cost_item)

    def income_url(self, department: int) -> str:
        """The charge lines that a department ordered."""
        return f"{reverse('costing:charge-lines', args=[self.run.pk])}?ordering={department}"

    @classmethod
    def of(cls, run: CostRun, layer: Layer, compare: str, order: str = "", measure: str = "") -> "Scope":
        """A run with what belongs to it; `compare` names the month to compare with (`COMPARED`), "" for none; `order` are
        codes of departments, with commas or spaces between."""
        # whom the reader sees is added by who asks: `dataclasses.replace(scope, seen=…)`
        codes = tuple(SEPARATORS.sub(" ", order).split()[:MOST_NAMED])
        before = None
        if compare:
            earlier = str(Period.parse(run.period).shift(COMPARED[compare]))
            before = current_run(institution=run.institution_id, period=earlier)
        return cls(run, current_run(institution=run.institution_id, period=run.period), layer, before, codes, measure)

    def _drill(self, name: str, funding: str = "", **asked: str | int) -> str:
        given = {key: value for key, value in asked.items() if value} | {"funding": funding or self.layer.value}
        return f"{reverse(name, args=[self.run.pk])}?{urlencode(given)}"
