"""Pages against a trivial signed-in page, through the test client: nothing but the platform's own time."""

from collections.abc import Callable

from django.test import Client
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from costing.services import cost_patients_of, run_allocation
from insurance_settlement.services import run_grouping
from ops_platform.kernel import Period, Role
from ops_platform.kernel.actor import PLATFORM
from ops_platform.ledger.public import book_month
from ops_platform.masterdata.models import Institution
from ops_platform.masterdata.services import close_period
from tests.benchmarks import hospital
from tests.benchmarks.figures import Figure, Goal, middle, p95, seconds
from tests.support import trade

DASHBOARD = Goal(must=10, aim=5)
LISTS = Goal(must=15, aim=6)
TRIVIAL = "my-account"
PAGES = (
    ("home", "cockpit", DASHBOARD),
    ("his_intake:batches", "list of batches", LISTS),
    ("his_intake:quarantine", "quarantine", LISTS),
)
ROUNDS, REQUESTS = 3, 50
SIZE = hospital.Size(items=500, encounters=2_000)
CODES = tuple(f"P{number:02d}" for number in range(6))
MONTHS = 2
SMALL_BATCHES, FAULTY_ROWS = 300, 10


def measure(database: str) -> list[Figure]:
    """Requests of every page by turns, so that they share whatever else the machine does."""
    first = Period.of(timezone.localdate()).shift(-MONTHS)
    for institution in hospital.build(CODES, first):
        _fill(institution, first)
    client = Client(SERVER_NAME="localhost")
    client.force_login(trade.person("bench", Role.OPERATION_CENTRE))
    missing, addresses = [], {TRIVIAL: reverse(TRIVIAL)}
    for name, title, _ in PAGES:
        try:
            addresses[name] = reverse(name)
        except NoReverseMatch:
            missing.append(Figure("pages", title, None, f"there is no page named {name} yet"))
    rounds = [_round(client, addresses) for _ in range(ROUNDS)]
    return missing + [
        Figure(
            "pages",
            f"{title}, p95 against p95 of a trivial signed-in page",
            middle([each[name] / each[TRIVIAL] for each in rounds]),
            f"{middle([each[name] for each in rounds]) * 1000:.1f} ms against"
            f" {middle([each[TRIVIAL] for each in rounds]) * 1000:.1f} ms,"
            f" {len(CODES)} institutions, {len(CODES) * SIZE.encounters * hospital.LINES_PER_ENCOUNTER:,} charge lines",
            goal,
        )
        for name, title, goal in PAGES
        if name in addresses
    ]


def _fill(institution: Institution, period: Period) -> None:
    """A month with its results, closed, and many small batches with faulty rows."""
    hospital.send_month(institution, period, SIZE)
    following = period.shift(1)
    for number in range(SMALL_BATCHES // len(CODES)):
        trade.send(
            institution,
            "cost-entries",
            [
                trade.cost(f"F{number}-{row}", "nobody", "1.00", day=str(following.first_day))
                for row in range(FAULTY_ROWS)
            ],
        )
    run_allocation(PLATFORM, institution=institution, period=period)
    cost_patients_of(PLATFORM, institution=institution, period=period)
    run_grouping(PLATFORM, institution=institution, period=period)
    book_month(PLATFORM, institution=institution, period=period)
    close_period(PLATFORM, institution_id=institution.pk, period=str(period))


def _round(client: Client, addresses: dict[str, str]) -> dict[str, float]:
    times: dict[str, list[float]] = {name: [] for name in addresses}
    for number in range(REQUESTS + 1):
        for name, address in addresses.items():
            spent = seconds(_getting(client, address))
            if number:  # the first request of a round warms up
                times[name].append(spent)
    return {name: p95(spent) for name, spent in times.items()}


def _getting(client: Client, address: str) -> Callable[[], None]:
    def get() -> None:
        answer = client.get(address)
        if answer.status_code != 200:
            raise RuntimeError(f"{address}: {answer.status_code}")

    return get
