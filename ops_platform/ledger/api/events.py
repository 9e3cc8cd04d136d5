"""API of business events: those that are booked, the preview, booking."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from ops_platform.kernel import Actor, NotFound, Period, from_fen
from ops_platform.ledger import services
from ops_platform.ledger.api.errands import ErrandSerializer, accepted
from ops_platform.ledger.api.scope import (
    PAGES,
    TAGS,
    FindingSerializer,
    MonthScope,
    page_of,
    paged,
    scope,
    yuan,
)
from ops_platform.ledger.engine.chart import DIMENSION_TITLES
from ops_platform.ledger.engine.entry import Leg
from ops_platform.ledger.filters import EventApiFilter
from ops_platform.ledger.models import EventBooking
from ops_platform.ledger.selectors import access
from ops_platform.ledger.selectors.event_detail import event_at
from ops_platform.ledger.selectors.events import month_state
from ops_platform.ledger.selectors.modes import modes_at
from ops_platform.ledger.selectors.outlook import WaitingEvent, outlook
from ops_platform.ledger.services.events import BOOKERS
from ops_platform.web.api import actor_of
from ops_platform.web.api_lists import VisibleList


class BookedEventSerializer(serializers.ModelSerializer):
    """An event that is booked (`is_current`), or was; `reversal` took the entry back."""

    institution = serializers.CharField(source="institution.code", help_text="机构代码")
    day = serializers.DateField(source="entry.day", help_text="业务日期")
    summary = serializers.CharField(source="entry.summary", help_text="摘要")
    rules = serializers.IntegerField(source="rules.version", default=None, help_text="凭证规则版本")

    class Meta:
        model = EventBooking
        fields = [
            "id",
            "institution",
            "event_type",
            "event_key",
            "revision",
            "period",
            "day",
            "summary",
            "entry",
            "reversal",
            "is_current",
            "rules",
            "sequence",
            "input_digest",
            "outcome_digest",
            "booked_at",
        ]


class AmountTakenSerializer(serializers.Serializer):
    """An amount of an event by what the rules can tell apart."""

    attributes = serializers.ListField(child=serializers.CharField(), help_text="属性取值")
    name = serializers.CharField(help_text="金额名称")
    amount = yuan("金额(元)")
    posting = serializers.CharField(help_text="适用的规则，没有时为空")


class DraftLegSerializer(serializers.Serializer):
    """A leg that an event has, or would get."""

    account = serializers.CharField(help_text="科目编码")
    debit = yuan("借方金额(元)")
    credit = yuan("贷方金额(元)")
    dimensions = serializers.DictField(help_text="辅助核算：科室与往来机构为编号，其他为代码")


class EventSerializer(BookedEventSerializer):
    """An event with its amounts and legs as of its booking, and how it stands now."""

    standing = serializers.CharField(help_text="现状：stands、changed、gone、unplaced，已不存在时为空")
    as_booked = serializers.BooleanField(help_text="数据仍给出记账时的内容")
    amounts = AmountTakenSerializer(many=True)
    legs = DraftLegSerializer(many=True)

    class Meta(BookedEventSerializer.Meta):
        fields = [*BookedEventSerializer.Meta.fields, "standing", "as_booked", "amounts", "legs"]


class WaitingEventSerializer(serializers.Serializer):
    """An event that is not booked as it stands."""

    standing = serializers.CharField(help_text="fresh 待生成、changed 待更正、gone 待冲销、unplaced 无法记账")
    event_type = serializers.CharField()
    event_key = serializers.CharField()
    day = serializers.DateField(allow_null=True)
    amount = yuan(allow_null=True)
    entry = serializers.IntegerField(allow_null=True, help_text="已有的凭证，将被冲销")
    rules = serializers.IntegerField(allow_null=True)
    legs = DraftLegSerializer(many=True)
    findings = FindingSerializer(many=True)


@extend_schema_view(get=extend_schema(tags=TAGS, summary="业务事项(已记账)", operation_id="ledger_events"))
class EventListView(VisibleList):
    """Events that are or were booked, the newest first."""

    roles = access.READERS
    serializer_class = BookedEventSerializer
    filterset_class = EventApiFilter

    def visible(self, actor: Actor) -> QuerySet[EventBooking]:
        rows = EventBooking.objects.visible_to(actor, *access.READERS)
        return rows.select_related("institution", "entry", "rules").order_by("-entry__day", "-pk")


class EventView(APIView):
    """One event as it was booked, and how it stands."""

    roles = access.READERS

    @extend_schema(tags=TAGS, summary="一件业务事项", operation_id="ledger_event", responses=EventSerializer)
    def get(self, request: Request, pk: int) -> Response:
        rows = EventBooking.objects.visible_to(actor_of(request), *access.READERS)
        row = rows.select_related("institution", "entry", "rules").filter(pk=pk).first()
        if row is None:
            raise NotFound("ledger.no_event", "没有这件业务事项。")
        at = event_at(row.institution, row.event_type, row.event_key, None)
        entry = at.drafted.draft.entry if at.drafted else None
        told = {
            "standing": at.standing or "",
            "as_booked": at.as_booked,
            "amounts": [
                {
                    "attributes": list(each.attributes),
                    "name": each.amount,
                    "amount": from_fen(each.fen),
                    "posting": each.posting,
                }
                for each in at.amounts
            ],
            "legs": [_leg(leg) for leg in (entry.legs if entry else ())],
        }
        return Response(BookedEventSerializer(row).data | told)


class EventPreviewView(APIView):
    """What booking a month would do, as a worker found it last; nothing is booked. POST has it worked out anew."""

    roles = access.READERS

    @extend_schema(
        tags=TAGS,
        summary="业务生成凭证预览",
        operation_id="ledger_event_preview",
        parameters=[MonthScope, *PAGES],
        responses={
            200: page_of(
                "EventPreview",
                WaitingEventSerializer,
                mode=serializers.CharField(help_text="记账方式：own、elsewhere、both"),
                behind=serializers.BooleanField(help_text="上次生成之后又有变化"),
                made_at=serializers.DateTimeField(allow_null=True, help_text="核对时间，还没有核对时为空"),
                current=serializers.BooleanField(help_text="核对之后没有变化"),
                booked_until=serializers.DateField(allow_null=True, help_text="已生成至此日之前"),
                booked_at=serializers.DateTimeField(allow_null=True),
                sequence=serializers.IntegerField(allow_null=True, help_text="数据读到的批次序号"),
            ),
            422: OpenApiResponse(description="缺少机构或期间"),
        },
    )
    def get(self, request: Request) -> Response:
        institution, given = scope(MonthScope, request.query_params, access.institutions(actor_of(request)))
        period: Period = given["period"]
        state = month_state(institution, period)
        known, found = state.known, outlook(institution, period, state)
        return paged(
            request,
            self,
            found.events,
            _waiting,
            made_at=found.made_at,
            current=found.current,
            mode=str(modes_at([institution.pk], period)[institution.pk]),
            behind=state.behind,
            booked_until=known.until if known else None,
            booked_at=known.booked_at if known else None,
            sequence=known.sequence if known else None,
        )

    @extend_schema(
        tags=TAGS,
        summary="核对待生成业务",
        description="在后台读取本月业务数据，按返回的地址查询进度，完成后用 GET 取结果。",
        operation_id="ledger_look_ahead",
        request=MonthScope,
        responses={202: ErrandSerializer, 422: OpenApiResponse(description="缺少机构或期间")},
    )
    def post(self, request: Request) -> Response:
        actor = actor_of(request)
        institution, given = scope(MonthScope, request.data, access.institutions(actor))
        return accepted(request, services.ask_outlook(actor, institution=institution, period=given["period"]))


class BookEventsView(APIView):
    """Have a month's vouchers brought in line with its events. A repeat books nothing."""

    roles = BOOKERS

    @extend_schema(
        tags=TAGS,
        summary="生成凭证",
        description="在后台进行，按返回的地址查询结果。",
        operation_id="ledger_book_events",
        request=MonthScope,
        responses={
            202: ErrandSerializer,
            409: OpenApiResponse(description="已结账、未到或在外部系统记账的月份"),
            422: OpenApiResponse(description="缺少机构或期间"),
        },
    )
    def post(self, request: Request) -> Response:
        actor = actor_of(request)
        institution, given = scope(MonthScope, request.data, access.institutions(actor))
        return accepted(request, services.ask_booking(actor, institution=institution, period=given["period"]))


def _waiting(each: WaitingEvent) -> dict[str, Any]:
    return {
        "standing": each.standing.value,
        "event_type": each.type,
        "event_key": each.key,
        "day": each.day or None,
        "amount": None if each.amount is None else from_fen(each.amount),
        "entry": each.entry,
        "rules": each.rules,
        "legs": [{**leg, "debit": from_fen(leg["debit"]), "credit": from_fen(leg["credit"])} for leg in each.legs],
        "findings": each.findings,
    }


def _leg(leg: Leg) -> dict[str, Any]:
    kept = leg.dimensions
    return {
        "account": leg.account,
        "debit": from_fen(leg.debit),
        "credit": from_fen(leg.credit),
        "dimensions": {name: getattr(kept, name) for name in DIMENSION_TITLES if name in kept.given},
    }
