"""The OpenAPI document and the page that lets a vendor connect without asking anybody.

drf-spectacular's own page needs inline script, which the CSP refuses; ours loads the same Swagger UI with
static/js/api-docs.js.
"""

from django.views.generic import TemplateView
from drf_spectacular.views import SpectacularAPIView


class ApiSchema(SpectacularAPIView):
    """OpenAPI 3 of /api/v1/."""

    public = True


class ApiDocs(TemplateView):
    """Integration guide and Swagger UI."""

    public = True
    template_name = "docs/api.html"
