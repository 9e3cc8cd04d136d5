"""Addresses of the ledger API."""

from django.urls import path

from ops_platform.ledger import api

urlpatterns = [
    path("accounts/", api.AccountListView.as_view(), name="ledger-accounts"),
    path("entries/", api.EntryListView.as_view(), name="ledger-entries"),
    path("balances/", api.BalanceListView.as_view(), name="ledger-balances"),
    path("vouchers/", api.VoucherView.as_view(), name="ledger-vouchers"),
]
