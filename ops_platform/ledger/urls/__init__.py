"""Addresses of the ledger's pages."""

from ops_platform.ledger.urls.consolidation import urlpatterns as consolidation_patterns

app_name = "ledger"

urlpatterns = [*consolidation_patterns]
