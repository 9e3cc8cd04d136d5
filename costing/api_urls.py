"""Addresses of the costing API."""

from django.urls import path

from costing import (
    agreement_api,
    api,
    explanation_api,
    method_api,
    pathway_api,
    patient_api,
    price_api,
    purchase_api,
    report_api,
    responsibility_api,
    scenario_api,
)

urlpatterns = [
    path("runs/", api.RunListView.as_view(), name="costing-runs"),
    path("department-months/", api.DepartmentMonthListView.as_view(), name="costing-department-months"),
    path("department-costs/", api.DepartmentCostListView.as_view(), name="costing-department-costs"),
    path("patient-runs/", api.PatientRunListView.as_view(), name="costing-patient-runs"),
    path("item-costs/", api.ItemCostListView.as_view(), name="costing-item-costs"),
    path("allocation-flows/", api.FlowListView.as_view(), name="costing-allocation-flows"),
    path("runs/<int:pk>/compare/<int:other>/", explanation_api.ComparisonView.as_view(), name="costing-comparison"),
    path("driver-rules/", explanation_api.DriverRuleListView.as_view(), name="costing-driver-rules"),
    path("item-bases/", method_api.ItemBasisListView.as_view(), name="costing-item-bases"),
    path("item-coefficients/", method_api.ItemCoefficientListView.as_view(), name="costing-item-coefficients"),
    path("activity-costs/", method_api.ActivityCostListView.as_view(), name="costing-activity-costs"),
    path("service-units/", method_api.UnitDefinitionListView.as_view(), name="costing-service-units"),
    path("unit-costs/", method_api.UnitCostListView.as_view(), name="costing-unit-costs"),
    path("patient-costs/", patient_api.PatientCostView.as_view(), name="costing-patient-costs"),
    path("reconciliation/", patient_api.ReconciliationView.as_view(), name="costing-reconciliation"),
    path("department-groups/", patient_api.DepartmentGroupView.as_view(), name="costing-department-groups"),
    path("price-adjustments/", price_api.PriceAdjustmentListView.as_view(), name="costing-price-adjustments"),
    path("price-adjustments/<int:pk>/", price_api.PriceAdjustmentView.as_view(), name="costing-price-adjustment"),
    path(
        "price-adjustments/<int:pk>/following/",
        price_api.PriceFollowingView.as_view(),
        name="costing-price-following",
    ),
    path("scenarios/", scenario_api.ScenarioListView.as_view(), name="costing-scenarios"),
    path("scenarios/<int:pk>/", scenario_api.ScenarioView.as_view(), name="costing-scenario"),
    path("reports/<slug:code>/", report_api.ReportView.as_view(), name="costing-report"),
    path("purchases/", purchase_api.PurchaseListView.as_view(), name="costing-purchases"),
    path("price-spreads/", purchase_api.PriceSpreadListView.as_view(), name="costing-price-spreads"),
    path("trace-gaps/", purchase_api.TraceGapListView.as_view(), name="costing-trace-gaps"),
    path("pieces/", purchase_api.PieceView.as_view(), name="costing-pieces"),
    path("material-effects/", purchase_api.MaterialEffectView.as_view(), name="costing-material-effects"),
    path("income-structure/", purchase_api.IncomeStructureView.as_view(), name="costing-income-structure"),
    path("agreements/", agreement_api.AgreementListView.as_view(), name="costing-agreements"),
    path(
        "agreement-settlements/",
        agreement_api.SettlementPartListView.as_view(),
        name="costing-agreement-settlements",
    ),
    path("targets/", responsibility_api.TargetMonthView.as_view(), name="costing-targets"),
    path("deviations/", responsibility_api.DeviationListView.as_view(), name="costing-deviations"),
    path("savings/", responsibility_api.SavingView.as_view(), name="costing-savings"),
    path("low-benefits/", responsibility_api.LowBenefitView.as_view(), name="costing-low-benefits"),
    path("pathways/", pathway_api.PathwayListView.as_view(), name="costing-pathways"),
    path("pathways/<int:pk>/versions/", pathway_api.PathwayVersionsView.as_view(), name="costing-pathway-versions"),
    path(
        "pathways/<int:pk>/cases/<int:encounter>/", pathway_api.PathwayCaseView.as_view(), name="costing-pathway-case"
    ),
    path("devices/", purchase_api.DeviceListView.as_view(), name="costing-devices"),
]
