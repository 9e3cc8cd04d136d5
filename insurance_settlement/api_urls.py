"""Addresses of the settlement API."""

from django.urls import path

from insurance_settlement import api

urlpatterns = [
    path("runs/", api.RunListView.as_view(), name="settlement-runs"),
    path("cases/", api.CaseListView.as_view(), name="settlement-cases"),
]
