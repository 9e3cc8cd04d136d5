"""Addresses of the nightly pages."""

from django.urls import path, re_path

from ops_platform.nightly.views import board, returned, runs

_MONTH = r"(?P<institution>\d{1,18})/(?P<period>\d{4}-(?:0[1-9]|1[0-2]))"

urlpatterns = [
    path("", runs.Runs.as_view(), name="nightly-runs"),
    path("start/", runs.Start.as_view(), name="nightly-start"),
    path("runs/<int:pk>/", runs.Run.as_view(), name="nightly-run"),
    path("runs/<int:pk>/progress/", runs.RunProgress.as_view(), name="nightly-run-progress"),
    path("runs/<int:pk>/resume/", runs.Resume.as_view(), name="nightly-resume"),
    path("lanes/<int:pk>/", runs.LaneDetail.as_view(), name="nightly-lane"),
    path("lanes/<int:pk>/steps/", runs.LaneSteps.as_view(), name="nightly-lane-steps"),
    path("months/", board.Board.as_view(), name="nightly-board"),
    path("months/close/", board.CloseMonths.as_view(), name="nightly-close-months"),
    path("months/<period:period>/remind/", board.Remind.as_view(), name="nightly-remind"),
    path("reminders/", board.Reminders.as_view(), name="nightly-reminders"),
    path("reminders/<int:pk>/answer/", board.AnswerReminder.as_view(), name="nightly-answer-reminder"),
    path("reopenings/<int:pk>/", returned.ChangeReopening.as_view(), name="nightly-change-reopening"),
    path("parameters/<int:pk>/", returned.ChangeParameter.as_view(), name="nightly-change-parameter"),
    re_path(rf"^months/{_MONTH}/blockers/$", board.Blockers.as_view(), name="nightly-blockers"),
]
