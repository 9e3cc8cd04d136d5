"""API of trials: asked for and read; never among the official figures."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from insurance_settlement.engine.trial import Overrides
from insurance_settlement.models import GroupingScheme, PriceBook, PricingTrial
from insurance_settlement.selectors import MONTH_READERS, trials
from insurance_settlement.services.trials import WantedTrial, begin_trial
from ops_platform.kernel import Actor, Invalid, Period
from ops_platform.masterdata.models import Institution
from ops_platform.web.api import actor_of
from ops_platform.web.api_lists import VisibleList, money
from ops_platform.web.api_queries import MonthField, Query

TAGS = ["医保结算"]
FINEST: Mapping[str, Any] = {"max_digits": 24, "decimal_places": 12, "min_value": Decimal(0)}


class TrialSerializer(serializers.ModelSerializer):
    """A question asked of past months."""

    institutions = serializers.SerializerMethodField(help_text="机构代码")

    class Meta:
        model = PricingTrial
        fields: ClassVar[list[str]] = [
            "id",
            "title",
            "note",
            "first",
            "last",
            "institutions",
            "price_book",
            "scheme",
            "overrides",
            "state",
            "error_code",
            "error",
            "engine_version",
            "input_digest",
            "result_digest",
            "created_at",
        ]

    def get_institutions(self, row: PricingTrial) -> list[str]:
        return sorted({month.run.institution.code for month in row.months.all()})


class TrialLineSerializer(serializers.Serializer):
    """Cases of a cut beside each other, in yuan."""

    key = serializers.CharField()
    name = serializers.CharField()
    cases = serializers.IntegerField()
    changed = serializers.IntegerField(help_text="病组或支付有变化的例数")
    charges = money()
    payment_before = money()
    payment_after = money()
    delta = money()


class TrialOutcomeSerializer(serializers.Serializer):
    """A trial with what it came to; without lines while it is under way or where it failed."""

    trial = TrialSerializer()
    lines = TrialLineSerializer(many=True)


class OverridesSerializer(serializers.Serializer):
    """Figures in place of those of the book."""

    unit_value = serializers.DecimalField(**FINEST, required=False, help_text="费率或点值(元)")
    weights = serializers.DictField(
        child=serializers.DecimalField(**FINEST), required=False, help_text="病组 → 权重或分值"
    )
    coefficients = serializers.DictField(
        child=serializers.DecimalField(**FINEST), required=False, help_text="机构 → 系数"
    )
    low_below = serializers.DecimalField(**FINEST, required=False, help_text="低倍率界限(倍)")
    high_above = serializers.DecimalField(**FINEST, required=False, help_text="高倍率界限(倍)")
    high_share = serializers.DecimalField(**FINEST, max_value=Decimal(1), required=False, help_text="超出部分支付比例")


class NewTrialSerializer(serializers.Serializer):
    """What is asked."""

    title = serializers.CharField(max_length=120)
    note = serializers.CharField(max_length=500, required=False, default="", allow_blank=True)
    institutions = serializers.ListField(child=serializers.CharField(max_length=20), help_text="机构代码")
    first = MonthField(help_text="首月，如 2026-01")
    last = MonthField(help_text="末月")
    price_book: Any = serializers.PrimaryKeyRelatedField(queryset=PriceBook.objects.all(), required=False, default=None)
    scheme: Any = serializers.PrimaryKeyRelatedField(
        queryset=GroupingScheme.objects.all(), required=False, default=None
    )
    overrides = OverridesSerializer(required=False)

    def wanted(self) -> WantedTrial:
        """What the service is asked for."""
        given = dict(self.validated_data)
        codes = set(given["institutions"])
        found = list(Institution.objects.filter(code__in=codes).order_by("code"))
        strange = sorted(codes - {one.code for one in found})
        if strange:
            raise Invalid(
                "insurance_settlement.trial_institutions",
                f"没有机构 {'、'.join(strange[:5])}，请核对机构代码。",
                field="institutions",
            )
        months = {name: Period.parse(str(given[name])) for name in ("first", "last")}
        return WantedTrial(
            **{**given, **months, "institutions": found, "overrides": Overrides(**given.get("overrides", {}))}
        )


@extend_schema_view(get=extend_schema(tags=TAGS, summary="支付试算", operation_id="settlement_trials"))
class TrialListView(VisibleList):
    """Trials within reach, newest first; by POST one more."""

    roles = MONTH_READERS
    serializer_class = TrialSerializer

    def visible(self, actor: Actor) -> QuerySet[PricingTrial]:
        return trials.trials(actor=actor).prefetch_related("months__run__institution")

    @extend_schema(
        tags=TAGS,
        summary="发起支付试算",
        operation_id="settlement_new_trial",
        request=NewTrialSerializer,
        responses={201: TrialSerializer},
    )
    def post(self, request: Request) -> Response:
        """Begin one; it is worked out in the background."""
        asked = NewTrialSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        made = begin_trial(actor_of(request), asked.wanted())
        return Response(TrialSerializer(made).data, status=201)


class CutQuery(Query):
    """By what the lines are."""

    by = serializers.ChoiceField(choices=list(trials.CUTS), default="group")


class TrialView(APIView):
    """One trial."""

    roles = MONTH_READERS

    @extend_schema(
        tags=TAGS,
        summary="试算结果",
        operation_id="settlement_trial",
        parameters=[CutQuery],
        responses=TrialOutcomeSerializer,
    )
    def get(self, request: Request, pk: int) -> Response:
        """With its lines by a cut."""
        asked = CutQuery.of(request)
        trial = trials.access_trial(actor=actor_of(request), trial_id=pk)
        lines = trials.lines(trial, asked["by"])
        return Response(TrialOutcomeSerializer({"trial": trial, "lines": lines}).data)
