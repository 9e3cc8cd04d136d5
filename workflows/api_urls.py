"""Addresses of the approval API."""

from django.urls import path

from workflows.api import acts, attachments, delegations, inbox, matters, people, requests, starting

urlpatterns = [
    path("matters/", starting.MattersView.as_view(), name="api-matters"),
    path("matters/started/", matters.StartedView.as_view(), name="api-matters-started"),
    path("matters/<int:pk>/", matters.MatterView.as_view(), name="api-matter"),
    path("matters/<int:pk>/acts/", acts.ActView.as_view(), name="api-matter-acts"),
    path("matters/<int:pk>/people/", people.NameableView.as_view(), name="api-matter-people"),
    path(
        "matters/<int:pk>/attachments/<int:document>/",
        attachments.AttachmentView.as_view(),
        name="api-matter-attachment",
    ),
    path("subject-types/", starting.SubjectTypesView.as_view(), name="api-subject-types"),
    path("requests/", requests.RequestView.as_view(), name="api-requests"),
    path("tasks/", inbox.TaskListView.as_view(), name="api-tasks"),
    path("tasks/done/", inbox.DoneView.as_view(), name="api-tasks-done"),
    path("copies/", inbox.CopiedView.as_view(), name="api-copies"),
    path("counts/", inbox.CountsView.as_view(), name="api-inbox-counts"),
    path("delegations/", delegations.DelegationListView.as_view(), name="api-delegations"),
    path("delegations/people/", people.DeputiesView.as_view(), name="api-deputies"),
    path("delegations/<int:pk>/revocation/", delegations.RevocationView.as_view(), name="api-delegation-revocation"),
]
