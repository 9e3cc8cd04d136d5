"""Within how many days a second stay in the same group is a readmission (十日内同组再入院), where the price book asks."""

from insurance_settlement.engine.rule_book import RuleBook
from insurance_settlement.engine.worth import READMITTED
from ops_platform.kernel import Period
from ops_platform.masterdata.models import Institution
from ops_platform.masterdata.selectors import parameter_value

DAYS = "insurance_settlement.readmission_days"


def readmission_days(book: RuleBook, institution: Institution, period: Period) -> int | None:
    """The days of the month's last day; None for a book that has no exception for it, so that nobody looks for them."""
    if not any(exception.when.flag == READMITTED for exception in book.exceptions):
        return None
    return int(parameter_value(key=DAYS, day=period.last_day, institution=institution))
