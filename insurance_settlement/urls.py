"""Addresses of the settlement pages."""

from django.urls import path

from insurance_settlement import views

app_name = "insurance_settlement"

urlpatterns = [
    path("", views.Month.as_view(), name="month"),
    path("cases/", views.Cases.as_view(), name="cases"),
    path("cases/<int:pk>/", views.Case.as_view(), name="case"),
    path("encounters/<int:institution>/<int:encounter>/", views.Encounter.as_view(), name="encounter"),
    path("rules/", views.Rules.as_view(), name="rules"),
    path("rules/schemes/<int:pk>/", views.SchemeDetail.as_view(), name="scheme"),
    path("rules/schemes/import/", views.ImportScheme.as_view(), name="import-scheme"),
    path("rules/areas/place/", views.PlaceInArea.as_view(), name="place-in-area"),
    path("rules/price-books/import/", views.ImportPriceBook.as_view(), name="import-price-book"),
]
