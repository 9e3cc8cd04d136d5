"""Addresses of the ledger pages."""

from ops_platform.ledger.urls import journal

app_name = "ledger"

urlpatterns = [*journal.urlpatterns]
