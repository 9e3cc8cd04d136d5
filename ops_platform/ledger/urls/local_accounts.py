"""Addresses of books kept elsewhere."""

from django.urls import path

from ops_platform.ledger.views import local_accounts as views

urlpatterns = [
    path("local-accounts/", views.LocalAccounts.as_view(), name="local-accounts"),
    path("local-accounts/<int:institution>/new/", views.MapAccount.as_view(), name="map-account"),
    path("local-accounts/<int:institution>/import/", views.ImportMapping.as_view(), name="import-mapping"),
    path("local-accounts/<int:institution>/adopt/", views.AdoptProposals.as_view(), name="adopt-proposals"),
    path("local-accounts/<int:institution>/mode/", views.SetBooksMode.as_view(), name="books-mode"),
    path("local-accounts/<int:institution>/opening/", views.BookOpening.as_view(), name="book-opening"),
    path("trial-balances/", views.TrialBalances.as_view(), name="trial-balances"),
]
