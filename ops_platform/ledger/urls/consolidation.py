"""Addresses of statements and of the consolidation."""

from django.urls import path

from ops_platform.ledger.views import consolidation, eliminations, figures, fiscal_grants, statements

urlpatterns = [
    path("statements/", statements.Statements.as_view(), name="statements"),
    path("fiscal-grants/", fiscal_grants.FiscalGrants.as_view(), name="fiscal-grants"),
    path("day-sheet/", statements.DaySheet.as_view(), name="day-sheet"),
    path("fiscal-report/", statements.FiscalReport.as_view(), name="fiscal-report"),
    path("day-sheet/<int:institution>/<period:period>/<slug:column>/", figures.DayFigure.as_view(), name="day-figure"),
    path("statements/<slug:layout>/<slug:line>/", figures.StatementLine.as_view(), name="statement-line"),
    path("fiscal-report/<slug:layout>/<slug:line>/", figures.FiscalLine.as_view(), name="fiscal-line"),
    path("cash/<int:institution>/<period:first>/<period:last>/", figures.CashEntries.as_view(), name="cash-entries"),
    path(
        "differences/<int:institution>/<period:first>/<period:last>/",
        figures.DifferenceEntries.as_view(),
        name="difference-entries",
    ),
    path("insurer-report/", statements.InsurerReport.as_view(), name="insurer-report"),
    path("consolidation/", consolidation.Consolidations.as_view(), name="consolidation"),
    path("consolidation/run/", consolidation.Consolidate.as_view(), name="consolidate"),
    path("consolidation/members/", eliminations.Members.as_view(), name="consolidation-members"),
    path("consolidation/members/new/", eliminations.NewMember.as_view(), name="new-consolidation-member"),
    path("consolidation/members/end/", eliminations.EndMember.as_view(), name="end-consolidation-member"),
    path("consolidation/members/everybody/", eliminations.IncludeEverybody.as_view(), name="consolidate-everybody"),
    path("consolidation/eliminations/new/", eliminations.NewElimination.as_view(), name="new-elimination"),
    path("consolidation/eliminations/<int:pk>/", eliminations.EliminationPage.as_view(), name="elimination"),
    path("consolidation/pairs/<int:pk>/explain/", eliminations.ExplainPair.as_view(), name="explain-pair"),
    path("consolidation/<int:pk>/", consolidation.ConsolidationPage.as_view(), name="consolidation-run"),
    path("consolidation/<int:pk>/report/", consolidation.MonthlyReport.as_view(), name="consolidated-report"),
    path("consolidation/<int:pk>/finalise/", consolidation.AskFinal.as_view(), name="finalise-consolidation"),
    path("consolidation/<int:pk>/worksheet/", consolidation.Worksheet.as_view(), name="worksheet"),
    path("consolidation/<int:pk>/pairs/", eliminations.Pairs.as_view(), name="pairs"),
    path("consolidation/<int:pk>/eliminations/", eliminations.Eliminations.as_view(), name="eliminations"),
    path(
        "consolidation/<int:pk>/accounts/<slug:code>/",
        consolidation.ConsolidatedAccount.as_view(),
        name="consolidated-account",
    ),
    path(
        "consolidation/<int:pk>/statements/<slug:layout>/",
        consolidation.ConsolidatedStatement.as_view(),
        name="consolidated-statement",
    ),
    path(
        "consolidation/<int:pk>/statements/<slug:layout>/<slug:line>/",
        consolidation.ConsolidatedLine.as_view(),
        name="consolidated-line",
    ),
]
