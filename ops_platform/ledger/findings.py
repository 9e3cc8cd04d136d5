"""What the quality rules of the intake look for on behalf of the books."""

from ops_platform.his_intake.public import Rule
from ops_platform.kernel import Severity
from ops_platform.ledger.selectors.imported import GAPS, UNMAPPED

UNMAPPED_ACCOUNT = Rule(
    code="local_account_unmapped",
    title="科目余额表中的科目未对应统一科目",
    severity=Severity.WARNING,
    sql=UNMAPPED,
)
GAP = Rule(
    code="trial_balance_gap",
    title="科目余额表缺少月份",
    severity=Severity.WARNING,
    sql=GAPS,
)
