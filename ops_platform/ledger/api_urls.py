"""Addresses of the ledger API."""

from django.urls import path

from ops_platform.ledger import api, api_events

urlpatterns = [
    path("accounts/", api.AccountListView.as_view(), name="ledger-accounts"),
    path("entries/", api.EntryListView.as_view(), name="ledger-entries"),
    path("balances/", api.BalanceListView.as_view(), name="ledger-balances"),
    path("vouchers/", api.VoucherView.as_view(), name="ledger-vouchers"),
    path("events/", api_events.EventListView.as_view(), name="ledger-events"),
    path("events/<int:pk>/", api_events.EventView.as_view(), name="ledger-event"),
    path("events/preview/", api_events.EventPreviewView.as_view(), name="ledger-event-preview"),
    path("events/book/", api_events.BookEventsView.as_view(), name="ledger-book-events"),
    path("voucher-rules/", api_events.VoucherRulesView.as_view(), name="ledger-voucher-rules"),
    path("voucher-exports/", api_events.VoucherExportListView.as_view(), name="ledger-voucher-exports"),
    path("voucher-exports/file/", api_events.ExportVouchersView.as_view(), name="ledger-export-vouchers"),
]
