"""Addresses of the nightly API."""

from django.urls import path

from ops_platform.nightly import api

urlpatterns = [
    path("runs/", api.RunListView.as_view(), name="api-nightly-runs"),
    path("runs/<int:pk>/", api.RunDetailView.as_view(), name="api-nightly-run"),
]
