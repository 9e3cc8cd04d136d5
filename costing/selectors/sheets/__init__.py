"""The reports of a month, each a function from what was chosen to a `Sheet`."""

from costing.selectors.sheets.catalogue import REPORTS, Report
from costing.selectors.sheets.scope import COMPARED, Scope

__all__ = ["COMPARED", "REPORTS", "Report", "Scope"]
