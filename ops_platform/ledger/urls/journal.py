"""Entries, vouchers by hand, balances."""

from django.urls import path

from ops_platform.ledger.views import accounts, journal, vouchers

urlpatterns = [
    path("entries/", journal.Journal.as_view(), name="journal"),
    path("entries/<int:pk>/", journal.EntryDetail.as_view(), name="entry"),
    path("entries/<int:pk>/reversal/", vouchers.AskReversal.as_view(), name="ask-reversal"),
    path("pending/", journal.PendingEntries.as_view(), name="pending"),
    path("floors/", journal.Floors.as_view(), name="floors"),
    path("vouchers/", vouchers.Vouchers.as_view(), name="vouchers"),
    path("vouchers/new/", vouchers.NewVoucher.as_view(), name="new-voucher"),
    path("vouchers/<int:pk>/", vouchers.VoucherDetail.as_view(), name="voucher"),
    path("vouchers/<int:pk>/change/", vouchers.ChangeVoucher.as_view(), name="change-voucher"),
    path("trial-balance/", journal.TrialBalancePage.as_view(), name="trial-balance"),
    path("accounts/", journal.Chart.as_view(), name="chart"),
    path("accounts/new/", accounts.NewOwnAccount.as_view(), name="new-own-account"),
    path("accounts/<int:pk>/close/", accounts.CloseOwnAccount.as_view(), name="close-own-account"),
    path(
        "accounts/<int:institution>/<str:code>/forbid-overdraft/",
        accounts.ForbidOverdraft.as_view(),
        name="forbid-overdraft",
    ),
    path("years/<year:year>/carry/", accounts.CarryEverybody.as_view(), name="carry-everybody"),
    path("years/<int:institution>/<year:year>/carry/", accounts.CarryForward.as_view(), name="carry-forward"),
    path("accounts/<int:institution>/<str:code>/", journal.AccountSheet.as_view(), name="account"),
]
