"""Addresses of the intake API."""

from django.urls import path

from ops_platform.his_intake import api

urlpatterns = [
    path("batches/", api.BatchListView.as_view(), name="intake-batches"),
    path("batches/<int:pk>/", api.BatchDetailView.as_view(), name="intake-batch"),
    *(path(f"{code}/", view.as_view(), name=f"intake-{code}") for code, view in api.VIEWS.items()),
    path("<str:dataset>/", api.UnknownDatasetView.as_view(), name="intake-unknown"),
]
