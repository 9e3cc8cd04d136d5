"""Addresses and side-bar entries of books kept elsewhere."""

from django.urls import path
from django.utils.translation import gettext_lazy as _

from ops_platform.ledger.selectors.local_accounts import READERS
from ops_platform.ledger.views import local_accounts as views
from ops_platform.web import navigation

urlpatterns = [
    path("local-accounts/", views.LocalAccounts.as_view(), name="local-accounts"),
    path("local-accounts/<int:institution>/new/", views.MapAccount.as_view(), name="map-account"),
    path("local-accounts/<int:institution>/import/", views.ImportMapping.as_view(), name="import-mapping"),
    path("local-accounts/<int:institution>/adopt/", views.AdoptProposals.as_view(), name="adopt-proposals"),
    path("local-accounts/<int:institution>/mode/", views.SetBooksMode.as_view(), name="books-mode"),
    path("local-accounts/<int:institution>/opening/", views.BookOpening.as_view(), name="book-opening"),
    path("trial-balances/", views.TrialBalances.as_view(), name="trial-balances"),
]

navigation.register("账务", _("科目对应"), "ledger:local-accounts", icon="arrows-exchange", roles=READERS, order=60)
navigation.register("账务", _("外部账对照"), "ledger:trial-balances", icon="checklist", roles=READERS, order=70)
