"""The day's limit holds when several settle rows at the same moment."""

from collections.abc import Callable

from ops_platform.his_intake.models import QuarantinedRow
from ops_platform.his_intake.services import Settled, settle_rows
from ops_platform.identity.actors import actor_of_user
from ops_platform.identity.models import User
from ops_platform.kernel import Role
from tests.his_intake.test_release import rows, waiting_rows
from tests.his_intake.test_senders_at_once import at_once
from tests.support import trade
from workflows.models import Matter


def test_two_who_settle_at_the_same_moment_do_not_both_stay_below_the_limit(committed_db: str) -> None:
    hospital = waiting_rows(4)
    officers = [trade.person(f"officer-{number}", Role.FINANCE_OFFICER, hospital) for number in range(4)]
    trade.person("director", Role.FINANCE_DIRECTOR, hospital)
    waiting = rows()

    def settling(user: User, row: int) -> Callable[[], object]:
        actor = actor_of_user(user)
        return lambda: settle_rows(actor, row_ids=[row], deed="resubmit")

    results = at_once(*(settling(user, row) for user, row in zip(officers, waiting, strict=True)))
    assert all(isinstance(result, Settled) for result in results), results
    assert QuarantinedRow.objects.filter(alone=True).count() == 2
    assert Matter.objects.count() == 2
