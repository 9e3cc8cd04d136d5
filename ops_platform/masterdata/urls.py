"""Addresses and side-bar entries of the master data pages."""

from django.urls import path
from django.utils.translation import gettext_lazy as _

from ops_platform.masterdata import views
from ops_platform.web import navigation

app_name = "masterdata"

urlpatterns = [
    path("institutions/", views.Institutions.as_view(), name="institutions"),
    path("institutions/<int:pk>/", views.InstitutionDetail.as_view(), name="institution"),
    path("periods/", views.PeriodBoard.as_view(), name="periods"),
    path("periods/<int:institution>/<period:period>/", views.PeriodDetail.as_view(), name="period"),
    path(
        "periods/<int:institution>/<period:period>/begin-closing/", views.BeginClosing.as_view(), name="begin-closing"
    ),
    path("periods/<int:institution>/<period:period>/stop-closing/", views.StopClosing.as_view(), name="stop-closing"),
    path("periods/<int:institution>/<period:period>/close/", views.ClosePeriod.as_view(), name="close-period"),
    path("code-sets/", views.CodeSets.as_view(), name="code-sets"),
    path("code-sets/<str:code>/", views.CodeSetDetail.as_view(), name="code-set"),
    path("parameters/", views.Parameters.as_view(), name="parameters"),
    path("parameters/<str:key>/", views.ParameterDetail.as_view(), name="parameter"),
    path("parameters/<str:key>/new/", views.NewParameterValue.as_view(), name="new-parameter-value"),
]

navigation.register("主数据", _("机构"), "masterdata:institutions", icon="sitemap", order=10)
navigation.register(
    "主数据", _("会计期间"), "masterdata:periods", icon="calendar", roles=views.PERIOD_READERS, order=20
)
navigation.register("主数据", _("代码集"), "masterdata:code-sets", icon="list-details", order=30)
navigation.register(
    "主数据", _("参数"), "masterdata:parameters", icon="settings", roles=views.PARAMETER_READERS, order=40
)
