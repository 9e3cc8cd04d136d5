"""Addresses of the settlement API."""

from django.urls import path

from insurance_settlement import (
    api,
    front_page_api,
    grouping_api,
    in_house_api,
    insurer_api,
    mapping_api,
    review_api,
    trial_api,
)

urlpatterns = [
    path("runs/", api.RunListView.as_view(), name="settlement-runs"),
    path("cases/", api.CaseListView.as_view(), name="settlement-cases"),
    path("front-page-findings/", front_page_api.FrontPageFindingListView.as_view(), name="settlement-front-pages"),
    path("in-house-forecasts/", in_house_api.InHouseView.as_view(), name="settlement-in-house"),
    path("special-reviews/", review_api.ReviewListView.as_view(), name="settlement-special-reviews"),
    path("mappings/", mapping_api.MappingVersionListView.as_view(), name="settlement-mappings"),
    path("mappings/<int:pk>/rows/", mapping_api.MappingRowListView.as_view(), name="settlement-mapping-rows"),
    path(
        "mapping-simulations/",
        mapping_api.MappingSimulationListView.as_view(),
        name="settlement-mapping-simulations",
    ),
    path("mapped-income/", mapping_api.MappedIncomeView.as_view(), name="settlement-mapped-income"),
    path("insurer-groupings/", insurer_api.ComparisonListView.as_view(), name="settlement-insurer-groupings"),
    path("trials/", trial_api.TrialListView.as_view(), name="settlement-trials"),
    path("trials/<int:pk>/", trial_api.TrialView.as_view(), name="settlement-trial"),
    path("group/", grouping_api.GroupView.as_view(), name="settlement-group"),
    path("price/", grouping_api.PriceView.as_view(), name="settlement-price"),
]
