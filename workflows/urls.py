"""Addresses and side-bar entries of the approval pages."""

from django.urls import path
from django.utils.translation import gettext_lazy as _

from ops_platform.web import navigation
from workflows.selectors.matters import FLOW_READERS, OVERSEERS, SIGNERS
from workflows.selectors.measures import READERS
from workflows.views import cases, delegations, drafts, flows, inbox, matters, measures, processes, requests

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
    path("matters/<int:pk>/take-back/", matters.TakeBackSigner.as_view(), name="take-back-signer"),
    path("matters/<int:pk>/urge/", matters.Urge.as_view(), name="urge"),
    path("subjects/<slug:app>.<slug:kind>/<str:subject>/", matters.OfSubject.as_view(), name="of-subject"),
    path("requests/new/", requests.NewRequest.as_view(), name="new-request"),
    path("requests/<int:pk>/", requests.ChangeRequest.as_view(), name="change-request"),
    path("delegations/", delegations.Delegations.as_view(), name="delegations"),
    path("delegations/new/", delegations.NewDelegation.as_view(), name="new-delegation"),
    path("delegations/<int:pk>/revoke/", delegations.RevokeDelegation.as_view(), name="revoke-delegation"),
    path("flows/", flows.Flows.as_view(), name="flows"),
    path("flows/new/", flows.NewFlow.as_view(), name="new-flow"),
    path("flows/<int:pk>/", flows.FlowDetail.as_view(), name="flow"),
    path("flows/<int:pk>/versions/<int:number>/", flows.VersionDetail.as_view(), name="flow-version"),
    path("flows/<int:pk>/dry-run/", flows.DryRun.as_view(), name="flow-dry-run"),
    path("flows/<int:pk>/retire/", flows.RetireFlow.as_view(), name="retire-flow"),
    path("flows/<int:pk>/draft/", drafts.Draft.as_view(), name="flow-draft"),
    path("flows/<int:pk>/draft/submit/", drafts.SubmitDraft.as_view(), name="submit-flow-draft"),
    path("flows/<int:pk>/draft/discard/", drafts.DiscardDraft.as_view(), name="discard-flow-draft"),
    path("flows/<int:pk>/draft/arrange/", drafts.ArrangeSteps.as_view(), name="arrange-flow-steps"),
    path("flows/<int:pk>/draft/steps/new/", drafts.NewStep.as_view(), name="new-flow-step"),
    path("flows/<int:pk>/draft/steps/<slug:step>/", drafts.EditStep.as_view(), name="flow-step"),
    path("processes/", processes.Processes.as_view(), name="processes"),
    path("processes/new/", processes.NewProcess.as_view(), name="new-process"),
    path("processes/<int:pk>/", processes.ProcessDetail.as_view(), name="process"),
    path("processes/<int:pk>/edit/", processes.ChangeProcess.as_view(), name="change-process"),
    path("processes/<int:pk>/optimised/", processes.AskOptimised.as_view(), name="ask-optimised"),
    path("processes/<int:pk>/points/new/", processes.NewPoint.as_view(), name="new-process-point"),
    path("processes/<int:pk>/points/<int:point>/", processes.ChangePoint.as_view(), name="process-point"),
    path("processes/<int:pk>/points/<int:point>/drop/", processes.DropPoint.as_view(), name="drop-process-point"),
    path("processes/<int:pk>/<slug:which>/measure/", processes.MeasureState.as_view(), name="measure-process-state"),
    path("processes/<int:pk>/<slug:which>/", processes.ChangeState.as_view(), name="process-state"),
    path("cases/", cases.Cases.as_view(), name="cases"),
    path("cases/new/", cases.NewCase.as_view(), name="new-case"),
    path("cases/<int:pk>/", cases.CaseDetail.as_view(), name="case"),
    path("cases/<int:pk>/edit/", cases.ChangeCase.as_view(), name="change-case"),
    path("measures/", measures.Measures.as_view(), name="measures"),
    path("measures/matters/", measures.MeasuredMatters.as_view(), name="measured-matters"),
    path("measures/<slug:app>.<slug:kind>/", measures.Measure.as_view(), name="measure"),
]

navigation.register("审批", _("我的审批"), "workflows:to-do", icon="checklist", order=10)
navigation.register("审批", _("发起申请"), "workflows:new-request", icon="file-plus", roles=requests.ASKERS, order=20)
navigation.register("审批", _("委派"), "workflows:delegations", icon="arrows-exchange", roles=SIGNERS, order=30)
navigation.register("审批", _("审批查询"), "workflows:all", icon="search", roles=OVERSEERS, order=40)
navigation.register("审批", _("审批流程"), "workflows:flows", icon="route", roles=FLOW_READERS, order=50)
navigation.register("审批", _("业务流程"), "workflows:processes", icon="sitemap", roles=READERS, order=60)
navigation.register("审批", _("典型案例"), "workflows:cases", icon="books", order=70)
navigation.register("审批", _("审批时效"), "workflows:measures", icon="clock-hour-4", roles=READERS, order=80)
