"""What a settlement makes members owe each other, as business events of the ledger: one a month and agreement, in the books
of each that bears or gets. Both sides are made of the same rows, on the same day, with the same amounts."""

from collections import defaultdict
from collections.abc import Iterator

from django.db.models import Q, QuerySet
from django.urls import reverse

from costing.models import AgreementKind, SettlementPart, SettlementRun
from ops_platform.his_intake.public import departments_as_of
from ops_platform.kernel import Period, digest_of, to_fen
from ops_platform.ledger.public import Attribute, BusinessEvent, Dimensions, EventForm, EventLine
from ops_platform.masterdata.models import CostClass, Institution

CODE = "costing.alliance-settlement"
BEARS, GETS = "bears", "gets"
FORM = EventForm(
    code=CODE,
    title="医共体分担结算",
    attributes={
        "side": Attribute("方向", {BEARS: "承担", GETS: "收取"}),
        "kind": Attribute("协议类别", {one.value: str(one.label) for one in AgreementKind}),
        "department_class": Attribute("科室类别", {one.value: str(one.label) for one in CostClass}),
    },
    amounts={"amount": "金额"},
    dimensions=frozenset({"department", "cost_item", "funding_source", "counterparty"}),
)
_COST = ["department", "cost_item", "funding_source", "counterparty"]
POSTINGS = (
    {
        "title": "承担：行政后勤科室",
        "when": {"side": [BEARS], "department_class": ["administration"]},
        "amounts": ["amount"],
        "debit": "5101",
        "debit_dimensions": _COST,
        "credit": "230790",
        "credit_dimensions": ["counterparty"],
    },
    {
        "title": "承担",
        "when": {"side": [BEARS]},
        "amounts": ["amount"],
        "debit": "5001",
        "debit_dimensions": _COST,
        "credit": "230790",
        "credit_dimensions": ["counterparty"],
    },
    {
        "title": "收取",
        "when": {"side": [GETS]},
        "amounts": ["amount"],
        "debit": "121890",
        "debit_dimensions": ["counterparty"],
        "credit": "4609",
        "credit_dimensions": ["department", "counterparty"],
    },
)


def dealings_of(institution: Institution, period: Period) -> QuerySet[SettlementPart]:
    """Parts of current runs of the month by which the institution owes another one, or is owed."""
    mine = Q(bearer=institution) | Q(payee=institution)
    rows = SettlementPart.objects.filter(mine, run__period=str(period), run__is_current=True)
    return rows.exclude(bearer=institution, payee=institution).order_by("run__code", "basis__number", "id")


def load(institution: Institution, period: Period, sequence: int) -> Iterator[BusinessEvent]:
    """The month's events by agreement."""
    yield from _events(institution, period, sequence, dealings_of(institution, period))


def one(institution: Institution, period: Period, sequence: int, key: str) -> BusinessEvent | None:
    """The one of this key."""
    rows = dealings_of(institution, period).filter(run__code=key.rpartition(" ")[0])
    return next((event for event in _events(institution, period, sequence, rows) if event.key == key), None)


def _events(
    institution: Institution, period: Period, sequence: int, rows: QuerySet[SettlementPart]
) -> Iterator[BusinessEvent]:
    by_run: dict[SettlementRun, list[SettlementPart]] = defaultdict(list)
    for part in rows.select_related("run__agreement", "basis"):
        by_run[part.run].append(part)
    classes = departments_as_of(institution, period.last_day, sequence) if by_run else {}
    for run, parts in by_run.items():
        sums: dict[tuple[str, int, int], int] = defaultdict(int)
        for part in parts:
            bears = part.bearer_id == institution.pk
            department = _department(part, institution, bears=bears)
            other = part.payee_id if bears else part.bearer_id
            sums[BEARS if bears else GETS, department, other] += to_fen(part.amount)
        lines = tuple(
            EventLine(
                attributes={
                    "side": side,
                    "kind": run.agreement.kind,
                    "department_class": classes[department].cost_class if department in classes else "",
                },
                amounts={"amount": fen},
                dimensions=Dimensions(
                    department=department,
                    counterparty=other,
                    cost_item="other" if side == BEARS else "",
                    funding_source="basic" if side == BEARS else "",
                ),
            )
            for (side, department, other), fen in sorted(sums.items())
            if fen
        )
        if lines:
            yield BusinessEvent(
                type=CODE,
                key=f"{run.code} {period}",
                day=period.last_day,
                summary=f"{period} {run.agreement.name} 医共体分担",
                document=f"{run.code} {period}",
                lines=lines,
            )


def _department(part: SettlementPart, institution: Institution, *, bears: bool) -> int:
    """The institution's own department that the part is about, where the services name one."""
    basis = part.basis
    if basis.provider_id == institution.pk and (not bears or basis.receiver_id != institution.pk):
        return basis.provider_department_id or 0
    return (basis.receiver_department_id or 0) if basis.receiver_id == institution.pk else 0


def stamp(institution: Institution, period: Period) -> str:
    """Changes with the current runs that concern the institution."""
    runs = dealings_of(institution, period).order_by("run").values_list("run", flat=True).distinct()
    return digest_of(list(runs))


def link(_institution: Institution, key: str) -> str:
    """The settlement as it stands."""
    code, _space, period = key.rpartition(" ")
    run = SettlementRun.objects.filter(code=code, period=period, is_current=True).first()
    return reverse("costing:settlement", args=[run.pk]) if run else ""
