"""Addresses of the settlement API."""

from django.urls import path

from insurance_settlement import api, grouping_api, review_api, trial_api

urlpatterns = [
    path("runs/", api.RunListView.as_view(), name="settlement-runs"),
    path("cases/", api.CaseListView.as_view(), name="settlement-cases"),
    path("special-reviews/", review_api.ReviewListView.as_view(), name="settlement-special-reviews"),
    path("trials/", trial_api.TrialListView.as_view(), name="settlement-trials"),
    path("trials/<int:pk>/", trial_api.TrialView.as_view(), name="settlement-trial"),
    path("group/", grouping_api.GroupView.as_view(), name="settlement-group"),
    path("price/", grouping_api.PriceView.as_view(), name="settlement-price"),
]
