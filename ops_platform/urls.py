"""All addresses of the platform."""

from django.urls import include, path, re_path

from ops_platform.identity.urls import account_patterns
from ops_platform.notifications.urls import delivery_patterns
from ops_platform.web.api_docs import ApiDocs, ApiSchema
from ops_platform.web.errors import unknown_api
from ops_platform.web.health import Healthz, Readyz

urlpatterns = [
    path("", include("ops_platform.dashboard.urls")),
    path("accounts/", include(account_patterns)),
    path("identity/", include("ops_platform.identity.urls")),
    path("masterdata/", include("ops_platform.masterdata.urls")),
    path("intake/", include("ops_platform.his_intake.urls")),
    path("workflows/", include("workflows.urls")),
    path("nightly/", include("ops_platform.nightly.urls")),
    path("ledger/", include("ops_platform.ledger.urls")),
    path("costing/", include("costing.urls")),
    path("settlement/", include("insurance_settlement.urls")),
    path("documents/", include("ops_platform.documents.urls")),
    path("messages/", include("ops_platform.notifications.urls")),
    path("notifications/", include(delivery_patterns)),
    path("audit/", include("ops_platform.audit.urls")),
    path("api/v1/intake/", include("ops_platform.his_intake.api_urls")),
    path("api/v1/workflows/", include("workflows.api_urls")),
    path("api/v1/nightly/", include("ops_platform.nightly.api_urls")),
    path("api/v1/costing/", include("costing.api_urls")),
    path("api/v1/insurance-settlement/", include("insurance_settlement.api_urls")),
    path("api/schema/", ApiSchema.as_view(), name="api-schema"),
    path("api/docs/", ApiDocs.as_view(), name="api-docs"),
    path("healthz", Healthz.as_view(), name="healthz"),
    path("readyz", Readyz.as_view(), name="readyz"),
    re_path(r"^api/(?P<rest>.*)$", unknown_api, name="unknown-api"),
]

handler400 = "ops_platform.web.errors.bad_request"
handler403 = "ops_platform.web.errors.permission_denied"
handler404 = "ops_platform.web.errors.not_found"
handler500 = "ops_platform.web.errors.server_error"
