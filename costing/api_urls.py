"""Addresses of the costing API."""

from django.urls import path

from costing import api

urlpatterns = [
    path("runs/", api.RunListView.as_view(), name="costing-runs"),
    path("department-months/", api.DepartmentMonthListView.as_view(), name="costing-department-months"),
    path("department-costs/", api.DepartmentCostListView.as_view(), name="costing-department-costs"),
    path("patient-runs/", api.PatientRunListView.as_view(), name="costing-patient-runs"),
    path("item-costs/", api.ItemCostListView.as_view(), name="costing-item-costs"),
    path("allocation-flows/", api.FlowListView.as_view(), name="costing-allocation-flows"),
]
