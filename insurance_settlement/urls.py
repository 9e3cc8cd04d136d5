"""Addresses of the settlement pages."""

from django.urls import path

from insurance_settlement.views import cases, deriving, efficiency, reviews, rules, trials, workbooks

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
    path("trials/", trials.Trials.as_view(), name="trials"),
    path("trials/new/", trials.NewTrial.as_view(), name="new-trial"),
    path("trials/derive/", deriving.DerivePriceBook.as_view(), name="derive-price-book"),
    path("trials/<int:pk>/", trials.Trial.as_view(), name="trial"),
    path("trials/<int:pk>/progress/", trials.TrialProgress.as_view(), name="trial-progress"),
    path("trials/<int:pk>/cases/", trials.TrialCases.as_view(), name="trial-cases"),
    path("trials/<int:pk>/cases/<int:case>/", trials.TrialCasePage.as_view(), name="trial-case"),
    path("rules/", rules.Rules.as_view(), name="rules"),
    path("rules/schemes/<int:pk>/", rules.SchemeDetail.as_view(), name="scheme"),
    path("rules/price-books/<int:pk>/", rules.PriceBookPage.as_view(), name="price-book"),
    path("rules/schemes/import/", rules.ImportScheme.as_view(), name="import-scheme"),
    path("rules/areas/place/", rules.PlaceInArea.as_view(), name="place-in-area"),
    path("rules/schemes/<int:pk>/catalogue/", workbooks.CatalogueWorkbook.as_view(), name="catalogue-workbook"),
    path(
        "rules/schemes/<int:pk>/price-book-template/", workbooks.PriceBookTemplate.as_view(), name="price-book-template"
    ),
    path("rules/schemes/catalogue-template/", workbooks.CatalogueTemplate.as_view(), name="catalogue-template"),
    path("rules/price-books/<int:pk>/workbook/", workbooks.PriceBookWorkbook.as_view(), name="price-book-workbook"),
    path("rules/price-books/import/", rules.ImportPriceBook.as_view(), name="import-price-book"),
]
