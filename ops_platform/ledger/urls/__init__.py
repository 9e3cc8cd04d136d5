"""Addresses of the ledger's pages, one module a group of pages."""

from ops_platform.ledger.urls import local_accounts

app_name = "ledger"

urlpatterns = [*local_accounts.urlpatterns]
