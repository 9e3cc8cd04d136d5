"""Addresses of the dashboard."""

from django.urls import path

from ops_platform.dashboard import department, views

urlpatterns = [
    path("", views.Home.as_view(), name="home"),
    path("comparison/", views.Comparison.as_view(), name="comparison"),
    path("departments/<int:pk>/", department.DepartmentPage.as_view(), name="department"),
]
