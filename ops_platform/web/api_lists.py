"""Lists of the REST API that begin with what the caller may see. Apart from web.api, which DRF's own settings import."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from rest_framework import generics, serializers

from ops_platform.kernel import Actor
from ops_platform.web.api import actor_of
from ops_platform.web.api_queries import refuse_unknown

# what every run of an institution's month tells of itself
RUN_FIELDS = [
    "id",
    "institution",
    "period",
    "version",
    "is_current",
    "restatement",
    "input_digest",
    "input_sequence",
    "engine_version",
    "findings",
    "created_at",
]


def money(**more: Any) -> serializers.DecimalField:
    """Yuan."""
    return serializers.DecimalField(max_digits=18, decimal_places=2, **more)


class VisibleList(generics.ListAPIView):
    """A list over `visible(actor)`; the page that describes the API only asks what it is a list of. What may be asked for
    stands in its filter, and in `query` where the view reads more."""

    query: ClassVar[type[serializers.Serializer] | None] = None

    def visible(self, actor: Actor) -> QuerySet[Any]:
        """Rows the caller may see, in their order."""
        raise NotImplementedError

    def get_queryset(self) -> QuerySet[Any]:
        if getattr(self, "swagger_fake_view", False):
            serializer: Any = self.serializer_class
            return serializer.Meta.model._default_manager.none()
        filters = getattr(getattr(self, "filterset_class", None), "base_filters", {})
        refuse_unknown(self.request, {*filters, *(self.query().fields if self.query else ())})
        return self.visible(actor_of(self.request))


class RunSerializer(serializers.ModelSerializer):
    """A run with all it was made from; the concrete one adds what it found to RUN_FIELDS."""

    institution = serializers.CharField(source="institution.code", help_text="机构代码")


class ResultSerializer(serializers.ModelSerializer):
    """A row of a run: where and when it belongs."""

    institution = serializers.CharField(source="run.institution.code", help_text="机构代码")
    period = serializers.CharField(source="run.period", help_text="期间")
