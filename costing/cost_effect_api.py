"""API of cost and effect of measures: the same comparison as the page."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from costing.cost_effect_forms import MeasureForm
from costing.derivations import yuan
from costing.engine.cost_effect import Side, Verdict
from costing.selectors import access
from costing.selectors.cost_effects import measure_effect
from costing.titles import COST_ITEM_TITLES, METRIC_TITLES
from ops_platform.kernel import Invalid, NotFound
from ops_platform.web.api import actor_of
from ops_platform.web.api_lists import money
from ops_platform.web.api_queries import MonthField, Query

SHARE = Decimal("0.000001")


class CostEffectQuery(Query):
    """Whose cost against which effect, before and since."""

    institution = serializers.CharField(help_text="机构代码")
    department = serializers.CharField(required=False, help_text="科室代码；不填为全院")
    cost_item = serializers.ChoiceField(
        choices=list(COST_ITEM_TITLES.items()), required=False, help_text="成本项目；不填为全部"
    )
    metric = serializers.ChoiceField(choices=list(METRIC_TITLES.items()), help_text="效果指标")
    base_first = MonthField(help_text="基期起")
    base_last = MonthField(help_text="基期止")
    first = MonthField(help_text="本期起")
    last = MonthField(help_text="本期止")


class MeasuredMonthSerializer(serializers.Serializer):
    """A month: direct cost in yuan, and the effect."""

    period = serializers.CharField(source="run.period")
    run = serializers.IntegerField(source="run.pk", help_text="成本运行")
    cost = money(help_text="直接成本")
    effect = serializers.DecimalField(max_digits=18, decimal_places=2, help_text="效果")


class SideSerializer(serializers.Serializer):
    """A mean month of a side; cost of a unit is null without effect."""

    months = serializers.IntegerField(help_text="月份数")
    mean_cost = money(help_text="月均成本")
    mean_effect = serializers.DecimalField(max_digits=18, decimal_places=6, help_text="月均效果")
    unit_cost = money(allow_null=True, help_text="单位效果成本")


class CostEffectSerializer(serializers.Serializer):
    """Both sides and how they moved; changes are ratios, null without a base."""

    base = SideSerializer()
    present = SideSerializer()
    cost_change = serializers.DecimalField(max_digits=18, decimal_places=6, allow_null=True)
    effect_change = serializers.DecimalField(max_digits=18, decimal_places=6, allow_null=True)
    unit_change = serializers.DecimalField(max_digits=18, decimal_places=6, allow_null=True)
    incremental = money(allow_null=True, help_text="每单位效果的增量成本(节约)")
    verdict = serializers.ChoiceField(choices=[one.value for one in Verdict])
    missing = serializers.ListField(child=serializers.CharField(), help_text="没有核算、不计入的月份")
    base_months = MeasuredMonthSerializer(many=True)
    present_months = MeasuredMonthSerializer(many=True)


class CostEffectView(APIView):
    """One comparison."""

    roles = access.READERS

    @extend_schema(
        tags=["采购与使用"],
        summary="措施成本效果",
        operation_id="costing_cost_effects",
        parameters=[CostEffectQuery],
        responses=CostEffectSerializer,
    )
    def get(self, request: Request) -> Response:
        asked = CostEffectQuery.of(request)
        institutions = access.institutions(actor=actor_of(request))
        institution = institutions.filter(code=asked["institution"]).first()
        if institution is None:
            raise NotFound("masterdata.no_institution", "没有这个机构。")
        given = {name: str(value) for name, value in asked.items() if name not in ("institution", "department")}
        periods = access.periods(institution=institution.pk)
        form = MeasureForm(given, institutions=institutions, institution=institution, periods=periods)
        if "department" in asked:
            found = form.departments.filter(code=asked["department"]).first()
            if found is None:
                raise NotFound("costing.no_department", "没有这个科室，或您不能看它的成本。")
            form.data = {**form.data, "department": str(found.pk)}
        if not form.is_valid():
            field, (told, *_more) = next(iter(form.errors.items()))
            raise Invalid("costing.cost_effect", f"{form.fields[field].label}：{told}", field=field)
        effect = measure_effect(form.question())
        if effect.comparison is None:
            raise Invalid("costing.cost_effect", "基期或本期没有核算成本的月份，请另选月份。", field="first")
        compared = effect.comparison
        return Response(
            CostEffectSerializer(
                {
                    "base": _side(compared.base),
                    "present": _side(compared.present),
                    **{
                        name: _ratio(getattr(compared, name))
                        for name in ("cost_change", "effect_change", "unit_change")
                    },
                    "incremental": yuan(compared.incremental),
                    "verdict": compared.verdict.value,
                    "missing": effect.missing,
                    "base_months": effect.base,
                    "present_months": effect.present,
                }
            ).data
        )


def _side(side: Side) -> dict[str, Any]:
    return {
        "months": side.months,
        "mean_cost": yuan(side.mean_cost),
        "mean_effect": _ratio(side.mean_effect),
        "unit_cost": yuan(side.unit_cost),
    }


def _ratio(value: Fraction | None) -> Decimal | None:
    return None if value is None else (Decimal(value.numerator) / value.denominator).quantize(SHARE)
