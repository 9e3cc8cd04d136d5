"""Addresses of the ledger's pages, one module a group of pages."""

from ops_platform.ledger.urls import consolidation, journal, local_accounts

app_name = "ledger"

urlpatterns = [*journal.urlpatterns, *local_accounts.urlpatterns, *consolidation.urlpatterns]
