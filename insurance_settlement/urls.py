"""Addresses of the settlement pages."""

from django.urls import path

from insurance_settlement.views import (
    cases,
    efficiency,
    mapped_income,
    mapping_remarks,
    mapping_simulations,
    mappings,
    reviews,
    rules,
)

app_name = "insurance_settlement"

urlpatterns = [
    path("", cases.Month.as_view(), name="month"),
    path("efficiency/", efficiency.Efficiency.as_view(), name="efficiency"),
    path("cases/", cases.Cases.as_view(), name="cases"),
    path("cases/<int:pk>/", cases.Case.as_view(), name="case"),
    path("encounters/<int:institution>/<int:encounter>/", cases.Encounter.as_view(), name="encounter"),
    path("special-reviews/", reviews.Reviews.as_view(), name="reviews"),
    path("special-reviews/candidates/", reviews.Candidates.as_view(), name="review-candidates"),
    path("special-reviews/new/<int:case>/", reviews.NewReview.as_view(), name="new-review"),
    path("special-reviews/<int:pk>/", reviews.Review.as_view(), name="review"),
    path("special-reviews/<int:pk>/change/", reviews.ChangeReview.as_view(), name="change-review"),
    path("special-reviews/<int:pk>/submit/", reviews.SubmitReview.as_view(), name="submit-review"),
    path("special-reviews/<int:pk>/archive/", reviews.ArchiveReview.as_view(), name="archive-review"),
    path("special-reviews/<int:pk>/opinion/", reviews.NewOpinion.as_view(), name="new-opinion"),
    path("special-reviews/<int:pk>/conclusion/", reviews.NewConclusion.as_view(), name="new-conclusion"),
    path("special-reviews/<int:pk>/appeal/", reviews.Appeal.as_view(), name="appeal-review"),
    path("mappings/", mappings.Mappings.as_view(), name="mappings"),
    path("mappings/new/", mappings.NewMapping.as_view(), name="new-mapping"),
    path("mappings/blank/", mappings.BlankMapping.as_view(), name="blank-mapping"),
    path("mappings/<int:pk>/", mappings.Mapping.as_view(), name="mapping"),
    path("mappings/<int:pk>/rows/", mappings.MappingRows.as_view(), name="mapping-rows"),
    path("mappings/<int:pk>/file/", mappings.MappingFile.as_view(), name="mapping-file"),
    path("mappings/<int:pk>/fill/", mappings.FillMapping.as_view(), name="fill-mapping"),
    path("mappings/<int:pk>/change/", mappings.ChangeMapping.as_view(), name="change-mapping"),
    path("mappings/<int:pk>/derive/", mappings.DeriveMapping.as_view(), name="derive-mapping"),
    path("mappings/<int:pk>/submit/", mappings.SubmitMapping.as_view(), name="submit-mapping"),
    path("mappings/<int:pk>/archive/", mappings.ArchiveMapping.as_view(), name="archive-mapping"),
    path("mappings/<int:pk>/simulate/", mapping_simulations.Simulate.as_view(), name="simulate-mapping"),
    path("mappings/<int:pk>/remark/", mapping_remarks.NewRemark.as_view(), name="new-mapping-remark"),
    path("mappings/simulations/<int:pk>/", mapping_simulations.SimulationPage.as_view(), name="mapping-simulation"),
    path(
        "mappings/simulations/<int:pk>/explain/",
        mapping_simulations.ExplainChanges.as_view(),
        name="explain-mapping",
    ),
    path("mappings/remarks/", mapping_remarks.Remarks.as_view(), name="mapping-remarks"),
    path("mappings/remarks/<int:pk>/answer/", mapping_remarks.AnswerRemark.as_view(), name="answer-mapping-remark"),
    path(
        "mappings/remarks/<int:pk>/withdraw/",
        mapping_remarks.WithdrawRemark.as_view(),
        name="withdraw-mapping-remark",
    ),
    path("mappings/income/", mapped_income.MappedIncome.as_view(), name="mapped-income"),
    path("mappings/income/items/", mapped_income.MappedItems.as_view(), name="mapped-items"),
    path("mappings/income/lines/", mapped_income.MappedLines.as_view(), name="mapped-lines"),
    path("rules/", rules.Rules.as_view(), name="rules"),
    path("rules/schemes/<int:pk>/", rules.SchemeDetail.as_view(), name="scheme"),
    path("rules/price-books/<int:pk>/", rules.PriceBookPage.as_view(), name="price-book"),
    path("rules/schemes/import/", rules.ImportScheme.as_view(), name="import-scheme"),
    path("rules/areas/place/", rules.PlaceInArea.as_view(), name="place-in-area"),
    path("rules/price-books/import/", rules.ImportPriceBook.as_view(), name="import-price-book"),
]
