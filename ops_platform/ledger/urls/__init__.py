"""Addresses of the ledger's pages, one module a group of pages."""

from ops_platform.ledger.urls import consolidation, errands, events, exports, journal, local_accounts, voucher_rules

app_name = "ledger"

urlpatterns = [
    *journal.urlpatterns,
    *events.urlpatterns,
    *voucher_rules.urlpatterns,
    *exports.urlpatterns,
    *errands.urlpatterns,
    *local_accounts.urlpatterns,
    *consolidation.urlpatterns,
]
