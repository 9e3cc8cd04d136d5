"""Addresses of the nightly pages."""

from django.urls import path, re_path

from ops_platform.nightly import views

_MONTH = r"(?P<institution>\d{1,18})/(?P<period>\d{4}-(?:0[1-9]|1[0-2]))"

urlpatterns = [
    path("", views.Runs.as_view(), name="nightly-runs"),
    path("start/", views.Start.as_view(), name="nightly-start"),
    path("runs/<int:pk>/", views.Run.as_view(), name="nightly-run"),
    path("runs/<int:pk>/progress/", views.RunProgress.as_view(), name="nightly-run-progress"),
    path("runs/<int:pk>/resume/", views.Resume.as_view(), name="nightly-resume"),
    path("lanes/<int:pk>/", views.LaneDetail.as_view(), name="nightly-lane"),
    path("lanes/<int:pk>/steps/", views.LaneSteps.as_view(), name="nightly-lane-steps"),
    path("months/", views.Board.as_view(), name="nightly-board"),
    path("months/close/", views.CloseMonths.as_view(), name="nightly-close-months"),
    re_path(rf"^months/{_MONTH}/blockers/$", views.Blockers.as_view(), name="nightly-blockers"),
]
