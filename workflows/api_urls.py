"""Addresses of the approval API."""

from django.urls import path

from workflows import api

urlpatterns = [
    path("matters/", api.MatterListView.as_view(), name="api-matters"),
    path("matters/<int:pk>/", api.MatterView.as_view(), name="api-matter"),
    path("matters/<int:pk>/acts/", api.ActView.as_view(), name="api-matter-acts"),
    path("requests/", api.RequestView.as_view(), name="api-requests"),
    path("tasks/", api.TaskListView.as_view(), name="api-tasks"),
]
