"""Addresses of the hand-over of vouchers."""

from django.urls import path

from ops_platform.ledger.views import exports

urlpatterns = [
    path("exports/", exports.Exports.as_view(), name="exports"),
    path("exports/new/", exports.AskExport.as_view(), name="ask-export"),
    path("exports/<int:pk>/file/", exports.ExportFile.as_view(), name="export-file"),
    path("exports/templates/", exports.Templates.as_view(), name="export-templates"),
    path("exports/templates/new/", exports.NewTemplate.as_view(), name="new-export-template"),
]
