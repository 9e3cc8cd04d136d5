"""Addresses and side-bar entries of the approval pages."""

from django.urls import path
from django.utils.translation import gettext_lazy as _

from ops_platform.web import navigation
from workflows.selectors.matters import OVERSEERS
from workflows.views import delegations, inbox, matters, requests

app_name = "workflows"

urlpatterns = [
    path("", inbox.ToDo.as_view(), name="to-do"),
    path("done/", inbox.Done.as_view(), name="done"),
    path("started/", inbox.Started.as_view(), name="started"),
    path("copied/", inbox.Copied.as_view(), name="copied"),
    path("all/", inbox.AllMatters.as_view(), name="all"),
    path("batch/", inbox.Batch.as_view(), name="batch"),
    path("matters/<int:pk>/", matters.MatterDetail.as_view(), name="matter"),
    path("matters/<int:pk>/sign/", matters.Sign.as_view(), name="sign"),
    path("matters/<int:pk>/pass-on/", matters.PassOn.as_view(), name="pass-on"),
    path("matters/<int:pk>/say/", matters.Say.as_view(), name="say"),
    path("matters/<int:pk>/resubmit/", matters.Resubmit.as_view(), name="resubmit"),
    path("matters/<int:pk>/withdraw/", matters.Withdraw.as_view(), name="withdraw"),
    path("matters/<int:pk>/urge/", matters.Urge.as_view(), name="urge"),
    path("subjects/<slug:app>.<slug:kind>/<str:subject>/", matters.OfSubject.as_view(), name="of-subject"),
    path("requests/new/", requests.NewRequest.as_view(), name="new-request"),
    path("requests/<int:pk>/", requests.ChangeRequest.as_view(), name="change-request"),
    path("delegations/", delegations.Delegations.as_view(), name="delegations"),
    path("delegations/new/", delegations.NewDelegation.as_view(), name="new-delegation"),
    path("delegations/<int:pk>/revoke/", delegations.RevokeDelegation.as_view(), name="revoke-delegation"),
]

navigation.register("审批", _("我的审批"), "workflows:to-do", icon="checklist", order=10)
navigation.register("审批", _("发起申请"), "workflows:new-request", icon="file-plus", roles=requests.ASKERS, order=20)
navigation.register("审批", _("委派"), "workflows:delegations", icon="arrows-exchange", order=30)
navigation.register("审批", _("审批查询"), "workflows:all", icon="search", roles=OVERSEERS, order=40)
