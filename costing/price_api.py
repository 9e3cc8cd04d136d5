"""API of price adjustments: plans, what each comes to, and what was charged afterwards; read only, since a plan is submitted
by who has looked at it."""

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from costing.filters import PriceAdjustmentApiFilter
from costing.models import PriceAdjustment
from costing.price_telling import concern_words
from costing.selectors import price_adjustments
from costing.selectors.access import READERS
from ops_platform.kernel import Actor, from_fen
from ops_platform.web.api import actor_of
from ops_platform.web.api_lists import VisibleList, money
from ops_platform.web.api_queries import refuse_unknown

TAGS = ["调价方案"]


class PriceAdjustmentSerializer(serializers.ModelSerializer):
    """A plan with its base and steps."""

    institution = serializers.CharField(source="institution.code", help_text="机构代码")
    items = serializers.IntegerField(source="number", help_text="项目数")

    class Meta:
        model = PriceAdjustment
        fields = [
            "id",
            "institution",
            "title",
            "state",
            "first_month",
            "last_month",
            "steps",
            "items",
            "loss",
            "subsidy",
            "fund_limit",
            "by_case",
            "decision_on",
            "decision_no",
            "approved_on",
            "created_at",
        ]


class StepSerializer(serializers.Serializer):
    """All items at a step, against the base, in yuan a year."""

    effective_from = serializers.DateField(help_text="生效日期")
    raised = money(help_text="提价增加")
    cut = money(help_text="降价减少")
    change = money(help_text="收费净变动")
    fund = money(help_text="医保基金增支")
    patients = money(help_text="患者增支")
    unpaid = money(help_text="按病组付费支付不变")
    received = money(help_text="实际增收")
    room = money(help_text="腾出空间")
    compensation = money(help_text="补偿合计")
    left = money(help_text="尚缺")


class PricedItemSerializer(serializers.Serializer):
    """An item of the plan: of the base quantity, income and cost; its price at each step and what it changes in a year."""

    item = serializers.CharField(help_text="项目编码")
    name = serializers.CharField(help_text="项目名称")
    quantity = serializers.DecimalField(max_digits=18, decimal_places=4, help_text="基期数量")
    income = money(help_text="基期收入")
    cost = money(help_text="基期医疗成本")
    prices = serializers.ListField(
        child=serializers.DecimalField(max_digits=14, decimal_places=4), help_text="各步价格"
    )
    changes = serializers.ListField(child=money(), help_text="各步与调价前相比的年收费变动")
    note = serializers.CharField(help_text="调整理由")


class PlanSerializer(serializers.Serializer):
    """A plan worked out."""

    plan = PriceAdjustmentSerializer()
    steps = StepSerializer(many=True)
    items = PricedItemSerializer(many=True)
    concerns = serializers.ListField(child=serializers.CharField(), help_text="提示")


class FollowedSerializer(serializers.Serializer):
    """An item in a month after a step."""

    period = serializers.CharField(help_text="月份")
    step = serializers.IntegerField(help_text="执行的步骤，从 1 起")
    item = serializers.CharField(help_text="项目编码")
    price = serializers.DecimalField(max_digits=14, decimal_places=4, help_text="方案价格")
    quantity = serializers.DecimalField(max_digits=18, decimal_places=4, help_text="数量")
    expected = money(help_text="按方案价格")
    income = money(help_text="实际收费")
    difference = money(help_text="差额")


@extend_schema_view(get=extend_schema(tags=TAGS, summary="调价方案", operation_id="costing_price_adjustments"))
class PriceAdjustmentListView(VisibleList):
    """Plans within reach, newest first."""

    roles = READERS
    serializer_class = PriceAdjustmentSerializer
    filterset_class = PriceAdjustmentApiFilter

    def visible(self, actor: Actor) -> Any:
        return price_adjustments.adjustments(actor=actor)


class PriceAdjustmentView(APIView):
    """One plan worked out."""

    roles = READERS

    @extend_schema(
        tags=TAGS, summary="调价方案的测算", operation_id="costing_price_adjustment", responses=PlanSerializer
    )
    def get(self, request: Request, pk: int) -> Response:
        refuse_unknown(request, ())
        plan = price_adjustments.access_adjustment(actor=actor_of(request), adjustment=pk)
        found = price_adjustments.outcome(plan)
        told = {
            "plan": plan,
            "steps": [
                {
                    "effective_from": day,
                    **{
                        name: from_fen(getattr(one, name))
                        for name in ("fund", "unpaid", "received", "room", "compensation", "left")
                    },
                    **{name: from_fen(getattr(one.step, name)) for name in ("raised", "cut", "change", "patients")},
                }
                for day, one in zip(plan.steps, found.borne, strict=True)
            ],
            "items": [_told(one) for one in found.items],
            "concerns": concern_words(found),
        }
        return Response(PlanSerializer(told).data)


def _told(one: price_adjustments.ItemOutcome) -> dict[str, Any]:
    return {
        "item": one.row.item.code,
        "name": one.row.item.name,
        "quantity": sum(row.quantity for row in one.base),
        "income": from_fen(one.priced.income),
        "cost": from_fen(one.priced.cost),
        "prices": one.row.prices,
        "changes": [from_fen(one.moved(step)) for step in range(len(one.changes))],
        "note": one.row.note,
    }


class PriceFollowingView(APIView):
    """What was charged in the months after the first step, by item; newest month first."""

    roles = READERS

    @extend_schema(
        tags=TAGS,
        summary="调价方案的执行跟踪",
        operation_id="costing_price_following",
        responses=FollowedSerializer(many=True),
    )
    def get(self, request: Request, pk: int) -> Response:
        refuse_unknown(request, ())
        plan = price_adjustments.access_adjustment(actor=actor_of(request), adjustment=pk)
        rows = [
            {
                "period": month.run.period,
                "step": month.step + 1,
                "item": row.item.row.item.code,
                "price": row.price,
                "quantity": row.quantity,
                "expected": row.expected,
                "income": row.income,
                "difference": row.difference,
            }
            for month in price_adjustments.followed(price_adjustments.outcome(plan))
            for row in month.rows
        ]
        return Response(FollowedSerializer(rows, many=True).data)
