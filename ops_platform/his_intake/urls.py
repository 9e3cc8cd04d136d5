"""Addresses of the intake pages."""

from django.urls import path

from ops_platform.his_intake.views import batches, overview, quality, quarantine, upload

app_name = "his_intake"

urlpatterns = [
    path("", overview.Overview.as_view(), name="overview"),
    path("institutions/<int:pk>/", overview.InstitutionOverview.as_view(), name="institution"),
    path("upload/", upload.UploadChoice.as_view(), name="upload-choice"),
    path("upload/<slug:dataset>/", upload.Upload.as_view(), name="upload"),
    path("templates/<slug:dataset>/", upload.Template.as_view(), name="template"),
    path("batches/", batches.BatchList.as_view(), name="batches"),
    path("batches/<int:pk>/", batches.BatchDetail.as_view(), name="batch"),
    path("batches/<int:pk>/receipt/", batches.Receipt.as_view(), name="receipt"),
    path("batches/<int:pk>/faulty-rows/", batches.FaultyWorkbook.as_view(), name="faulty-workbook"),
    path("quarantine/", quarantine.Quarantine.as_view(), name="quarantine"),
    path("quarantine/workbook/", quarantine.QuarantineWorkbook.as_view(), name="quarantine-workbook"),
    path("quarantine/resubmit/", quarantine.Resubmit.as_view(), name="resubmit"),
    path("quarantine/discard/", quarantine.Discard.as_view(), name="discard"),
    path("quarantine/<int:pk>/", quarantine.QuarantinedRowPage.as_view(), name="quarantined-row"),
    path("quality/", quality.QualityFindings.as_view(), name="quality"),
]
