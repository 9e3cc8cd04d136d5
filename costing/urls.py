"""Addresses of the costing pages."""

from django.urls import path

from costing.views import (
    devices,
    drill,
    effects,
    item_bases,
    patients,
    pieces,
    purchases,
    rules,
    runs,
    sheets,
    structure,
    tables,
)

app_name = "costing"

urlpatterns = [
    path("direct-costs/", tables.DirectCosts.as_view(), name="direct-costs"),
    path("full-costs/", sheets.ReportPage.as_view(code="full-costs"), name="full-costs"),
    path("reports/", sheets.Reports.as_view(), name="reports"),
    path("reports/<slug:code>/", sheets.ReportPage.as_view(), name="report"),
    path("patient-costs/", patients.PatientCosts.as_view(), name="patient-costs"),
    path("item-costs/", patients.ItemCosts.as_view(), name="item-costs"),
    path("item-bases/", item_bases.ItemBases.as_view(), name="item-bases"),
    path("item-bases/new/", item_bases.NewItemBasis.as_view(), name="new-item-basis"),
    path("item-bases/coefficients/", item_bases.CoefficientFile.as_view(), name="coefficient-file"),
    path("unit-costs/", patients.UnitCosts.as_view(), name="unit-costs"),
    path("group-costs/", patients.GroupCosts.as_view(), name="group-costs"),
    path("group-costs/<str:drg>/", patients.GroupDetail.as_view(), name="group"),
    path("patients/<int:pk>/<int:encounter>/", patients.Patient.as_view(), name="patient"),
    path("runs/", runs.Runs.as_view(), name="runs"),
    path("runs/<int:pk>/", runs.RunDetail.as_view(), name="run"),
    path("runs/<int:pk>/compare/<int:other>/", runs.CompareRuns.as_view(), name="compare"),
    path("runs/<int:pk>/cost-entries/", drill.CostEntries.as_view(), name="cost-entries"),
    path("runs/<int:pk>/shared-bills/", drill.SharedBills.as_view(), name="shared-bills"),
    path("runs/<int:pk>/asset-cards/", drill.AssetCards.as_view(), name="asset-cards"),
    path("runs/<int:pk>/income-entries/", drill.IncomeEntries.as_view(), name="income-entries"),
    path("runs/<int:pk>/charge-lines/", drill.ChargeLines.as_view(), name="charge-lines"),
    path("runs/<int:pk>/flows/", drill.Flows.as_view(), name="flows"),
    path("driver-rules/", rules.DriverRules.as_view(), name="driver-rules"),
    path("driver-rules/new/", rules.NewDriverRule.as_view(), name="new-driver-rule"),
    path("purchases/", purchases.PurchasePrices.as_view(), name="purchases"),
    path("purchases/product/", purchases.ProductPurchases.as_view(), name="product-purchases"),
    path("price-spreads/", purchases.PriceSpreads.as_view(), name="price-spreads"),
    path("goods-moves/", purchases.GoodsMoves.as_view(), name="goods-moves"),
    path("pieces/", pieces.Pieces.as_view(), name="pieces"),
    path("pieces/trace/", pieces.Piece.as_view(), name="piece"),
    path("material-effects/", effects.MaterialEffects.as_view(), name="material-effects"),
    path("material-effects/cases/", effects.EffectCases.as_view(), name="effect-cases"),
    path("income-structure/", structure.IncomeStructure.as_view(), name="income-structure"),
    path("income-structure/classes/", structure.IncomeClasses.as_view(), name="income-classes"),
    path("devices/", devices.Devices.as_view(), name="devices"),
    path("devices/days/", devices.Device.as_view(), name="device"),
]
