"""API of vouchers from events: events that are booked, the preview, booking; versions of the rules and asking for others;
vouchers handed to a finance system."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from ops_platform.kernel import Actor, Invalid, NotFound, Period, from_fen
from ops_platform.ledger import services
from ops_platform.ledger.api_scope import FIRST_YEAR, LAST_YEAR
from ops_platform.ledger.engine.chart import DIMENSION_TITLES
from ops_platform.ledger.engine.entry import Leg
from ops_platform.ledger.filters import EventApiFilter, ExportApiFilter
from ops_platform.ledger.models import EventBooking, VoucherExport, VoucherRules
from ops_platform.ledger.selectors import access, exports
from ops_platform.ledger.selectors.event_detail import event_at
from ops_platform.ledger.selectors.events import StandingEvent, month_state, preview, type_of
from ops_platform.ledger.selectors.modes import modes_at
from ops_platform.ledger.services.events import BOOKERS
from ops_platform.ledger.services.exporting import EXPORTERS
from ops_platform.ledger.services.voucher_rules import LONGEST_NOTE, WantedRules, propose_voucher_rules
from ops_platform.ledger.views.exports import file_response
from ops_platform.masterdata.models import Institution
from ops_platform.web.api import Pagination, actor_of
from ops_platform.web.api_lists import VisibleList

TAGS = ["账务"]
SCOPE = [
    OpenApiParameter("institution", str, required=True, description="机构代码"),
    OpenApiParameter("period", str, required=True, description="期间，如 2026-03"),
]


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
    amount = serializers.DecimalField(max_digits=18, decimal_places=2, help_text="金额(元)")
    posting = serializers.CharField(help_text="适用的规则，没有时为空")


class DraftLegSerializer(serializers.Serializer):
    """A leg that an event has, or would get."""

    account = serializers.CharField(help_text="科目编码")
    debit = serializers.DecimalField(max_digits=18, decimal_places=2, help_text="借方金额(元)")
    credit = serializers.DecimalField(max_digits=18, decimal_places=2, help_text="贷方金额(元)")
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
    amount = serializers.DecimalField(max_digits=18, decimal_places=2, allow_null=True)
    entry = serializers.IntegerField(allow_null=True, help_text="已有的凭证，将被冲销")
    rules = serializers.IntegerField(allow_null=True)
    legs = DraftLegSerializer(many=True)
    findings = serializers.ListField(child=serializers.DictField())


class PreviewSerializer(serializers.Serializer):
    """A page of what booking a month now would do."""

    count = serializers.IntegerField()
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
    results = WaitingEventSerializer(many=True)


class BookSerializer(serializers.Serializer):
    """Which month to bring in line with its events."""

    institution = serializers.CharField(max_length=40, help_text="机构代码")
    period = serializers.CharField(max_length=7, help_text="期间，如 2026-03")


class BookedSerializer(serializers.Serializer):
    """What a booking did; `skipped` says why the month was left alone."""

    booked = serializers.IntegerField()
    taken_back = serializers.IntegerField()
    standing = serializers.IntegerField()
    findings = serializers.ListField(child=serializers.DictField())
    skipped = serializers.CharField()


class RulesSerializer(serializers.ModelSerializer):
    """A version of the rules with its rule book."""

    class Meta:
        model = VoucherRules
        fields = ["version", "effective_from", "note", "source_mark", "made_by", "approved_by", "made_at", "body"]


class WantedRulesSerializer(serializers.Serializer):
    """Another rule book that is asked for."""

    effective_from = serializers.DateField(help_text="生效日期")
    note = serializers.CharField(max_length=LONGEST_NOTE, help_text="变更依据")
    body = serializers.JSONField(help_text="凭证规则，格式见 docs/algorithms/voucher_rules.md")


class AskedRulesSerializer(serializers.Serializer):
    """What became of it."""

    proposal = serializers.IntegerField(help_text="申请编号")
    matter = serializers.IntegerField(help_text="审批事项编号")


class ExportSerializer(serializers.ModelSerializer):
    """A file of vouchers that somebody took."""

    institution = serializers.CharField(source="institution.code", help_text="机构代码")
    template = serializers.CharField(source="template.code", help_text="导出模板代码")

    class Meta:
        model = VoucherExport
        fields = [
            "id",
            "institution",
            "period",
            "template",
            "file_format",
            "entries",
            "lines",
            "repeated",
            "digest",
            "made_by",
            "made_at",
        ]


class WantedExportSerializer(BookSerializer):
    """Which vouchers to hand over."""

    template = serializers.CharField(max_length=40, help_text="导出模板代码")
    file_format = serializers.ChoiceField(choices=VoucherExport.Format.choices, default="xlsx", help_text="文件格式")
    again = serializers.BooleanField(default=False, help_text="重新导出：含已导出过的凭证")


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
    """What booking a month now would do; nothing is booked."""

    roles = access.READERS

    @extend_schema(
        tags=TAGS,
        summary="业务生成凭证预览",
        operation_id="ledger_event_preview",
        parameters=[*SCOPE, OpenApiParameter("page", int), OpenApiParameter("page_size", int)],
        responses={200: PreviewSerializer, 422: OpenApiResponse(description="缺少机构或期间")},
    )
    def get(self, request: Request) -> Response:
        institution, period = _scope(request, request.query_params)
        pages = Pagination()
        page = pages.paginate_queryset(list(preview(institution, period)), request, view=self)
        state = month_state(institution, period)
        answer = pages.get_paginated_response([_waiting(each) for each in page or ()])
        answer.data |= {
            "mode": modes_at([institution.pk], period)[institution.pk],
            "behind": state.behind,
            "booked_until": state.known.until if state.known else None,
            "booked_at": state.known.booked_at if state.known else None,
            "sequence": state.known.sequence if state.known else None,
        }
        return answer


class BookEventsView(APIView):
    """Bring a month's vouchers in line with its events. A repeat books nothing."""

    roles = BOOKERS

    @extend_schema(
        tags=TAGS,
        summary="生成凭证",
        operation_id="ledger_book_events",
        request=BookSerializer,
        responses={200: BookedSerializer, 422: OpenApiResponse(description="缺少机构或期间")},
    )
    def post(self, request: Request) -> Response:
        asked = BookSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        institution, period = _scope(request, asked.validated_data)
        done = services.book_events(actor_of(request), institution=institution, period=period)
        return Response(
            {
                "booked": done.booked,
                "taken_back": done.taken_back,
                "standing": done.standing,
                "findings": [_finding(each) for each in done.findings],
                "skipped": done.skipped,
            }
        )


class VoucherRulesView(APIView):
    """Versions of the rules, and asking for another one."""

    roles = access.READERS

    @extend_schema(
        tags=TAGS, summary="凭证规则的版本", operation_id="ledger_voucher_rules", responses=RulesSerializer(many=True)
    )
    def get(self, request: Request) -> Response:
        pages = Pagination()
        page = pages.paginate_queryset(VoucherRules.objects.order_by("-version"), request, view=self)
        return pages.get_paginated_response(RulesSerializer(page, many=True).data)

    @extend_schema(
        tags=TAGS,
        summary="申请变更凭证规则",
        operation_id="ledger_propose_voucher_rules",
        request=WantedRulesSerializer,
        responses={201: AskedRulesSerializer, 422: OpenApiResponse(description="规则有误，逐处列出")},
    )
    def post(self, request: Request) -> Response:
        asked = WantedRulesSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        proposal, matter = propose_voucher_rules(actor_of(request), WantedRules(**asked.validated_data))
        return Response({"proposal": proposal.pk, "matter": matter}, status=201)


@extend_schema_view(get=extend_schema(tags=TAGS, summary="凭证导出记录", operation_id="ledger_voucher_exports"))
class VoucherExportListView(VisibleList):
    """Files of vouchers that were taken, the newest first."""

    roles = access.READERS
    serializer_class = ExportSerializer
    filterset_class = ExportApiFilter

    def visible(self, actor: Actor) -> QuerySet[VoucherExport]:
        return exports.exports(actor)


class ExportVouchersView(APIView):
    """Take the vouchers of a month that were in no file yet, or all of them again."""

    roles = EXPORTERS

    @extend_schema(
        tags=TAGS,
        summary="导出凭证文件",
        operation_id="ledger_export_vouchers",
        request=WantedExportSerializer,
        responses={200: OpenApiTypes.BINARY, 409: OpenApiResponse(description="没有凭证，或都已导出")},
    )
    def post(self, request: Request) -> HttpResponse:
        asked = WantedExportSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        institution, period = _scope(request, asked.validated_data)
        return file_response(
            services.export_vouchers(
                actor_of(request),
                institution=institution,
                period=period,
                template=asked.validated_data["template"],
                file_format=asked.validated_data["file_format"],
                again=asked.validated_data["again"],
            )
        )


def _scope(request: Request, given: Any) -> tuple[Institution, Period]:
    """Institution and month that were named. Raises NotFound, Invalid."""
    code = str(given.get("institution", "")).replace("\0", "")
    institution = access.institutions(actor_of(request)).filter(code=code).first()
    if institution is None:
        raise NotFound("masterdata.no_institution", f"没有机构 {code[:40]}。")
    try:
        period = Period.parse(str(given.get("period", "")))
    except ValueError:
        period = None
    if period is None or not FIRST_YEAR <= period.year <= LAST_YEAR:
        raise Invalid("ledger.period_missing", "请写明期间，如 2026-03。", field="period")
    return institution, period


def _waiting(each: StandingEvent) -> dict[str, Any]:
    drafted, booking = each.drafted, each.booking
    entry = drafted.draft.entry if drafted else None
    return {
        "standing": each.standing.value,
        "event_type": type_of(each),
        "event_key": drafted.event.key if drafted else booking.event_key if booking else "",
        "day": drafted.event.day if drafted else booking.entry.day if booking else None,
        "amount": from_fen(drafted.event.total) if drafted else None,
        "entry": booking.entry_id if booking else None,
        "rules": drafted.rules.version if drafted and drafted.rules else None,
        "legs": [_leg(leg) for leg in (entry.legs if entry else ())],
        "findings": [_finding(finding) for finding in (drafted.draft.findings if drafted else ())],
    }


def _leg(leg: Leg) -> dict[str, Any]:
    kept = leg.dimensions
    return {
        "account": leg.account,
        "debit": from_fen(leg.debit),
        "credit": from_fen(leg.credit),
        "dimensions": {name: getattr(kept, name) for name in DIMENSION_TITLES if name in kept.given},
    }


def _finding(finding: Any) -> dict[str, str]:
    return {"code": finding.code, "message": finding.message, "subject": finding.subject}
