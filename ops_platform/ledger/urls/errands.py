"""Addresses of long work in the background."""

from django.urls import path

from ops_platform.ledger.views import errands

urlpatterns = [
    path("errands/<int:pk>/", errands.ErrandPage.as_view(), name="errand"),
    path("errands/<int:pk>/progress/", errands.ErrandProgress.as_view(), name="errand-progress"),
    path("errands/<int:pk>/again/", errands.AskAgain.as_view(), name="ask-again"),
]
