"""API of purchase and use: read only. Figures are those of the facts as they hold now."""

from typing import Any

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from costing.selectors import access, devices, effects, pieces, purchases, structure
from costing.views.spans import Span, choose_span
from ops_platform.his_intake.public import GOODS_CLASSES
from ops_platform.identity.access import log_patient_access, log_patient_list
from ops_platform.kernel import NotFound, Period
from ops_platform.masterdata.models import Institution
from ops_platform.web.api import actor_of
from ops_platform.web.api_lists import money
from ops_platform.web.api_queries import MonthField, MonthQuery, Query

TAGS = ["采购与使用"]
NOT_FOUND = OpenApiResponse(description="没有这个机构，或不在权限之内(masterdata.no_institution)")
UNCLEAR = OpenApiResponse(description="参数不合要求")
QUANTITY: dict[str, Any] = {"max_digits": 18, "decimal_places": 4}
RATIO: dict[str, Any] = {"max_digits": 18, "decimal_places": 6, "allow_null": True}


class SpanQuery(Query):
    """Which institution (all that one may see without it) and which months."""

    institution = serializers.CharField(required=False, help_text="机构代码；不填为权限内全部机构")
    first = MonthField(required=False, help_text="从哪个月，如 2026-01；不填为最近 12 个月")
    last = MonthField(required=False, help_text="到哪个月；不填为最后一个整月")


class GoodsQuery(SpanQuery):
    """Narrowed to a class of goods."""

    goods_class = serializers.ChoiceField(choices=GOODS_CLASSES, required=False, help_text="物资类别")


class PieceQuery(Query):
    """One piece."""

    barcode = serializers.CharField(max_length=80, help_text="单件条码")


class EffectQuery(SpanQuery):
    """What to compare."""

    item = serializers.CharField(help_text="收费项目代码")
    by = serializers.ChoiceField(choices=("origin", "goods"), default="origin", help_text="进口与国产，或两个品种")
    a = serializers.CharField(required=False, help_text="品种一的统一编码(by=goods)")
    b = serializers.CharField(required=False, help_text="品种二的统一编码")


class PurchaseSerializer(serializers.Serializer):
    """Purchases of a product by an institution, less returns."""

    institution = serializers.CharField(help_text="机构代码")
    goods = serializers.CharField(help_text="统一物资编码")
    unit = serializers.CharField()
    name = serializers.CharField()
    goods_class = serializers.CharField()
    quantity = serializers.DecimalField(**QUANTITY)
    amount = money()
    price = serializers.DecimalField(help_text="加权均价", **RATIO)
    central_quantity = serializers.DecimalField(**QUANTITY)
    central_amount = money()
    central_share = serializers.DecimalField(help_text="集采金额占比", **RATIO)
    base_price = serializers.DecimalField(help_text="集采前价格", **RATIO)
    central_price = serializers.DecimalField(**RATIO)
    saved = money(help_text="节约额；没有集采前价格为空", allow_null=True)


class MemberPriceSerializer(serializers.Serializer):
    """What a member paid."""

    institution = serializers.CharField(help_text="机构代码")
    quantity = serializers.DecimalField(**QUANTITY)
    amount = money()
    price = serializers.DecimalField(**RATIO)


class SpreadSerializer(serializers.Serializer):
    """A product that several members buy."""

    goods = serializers.CharField(help_text="统一物资编码")
    unit = serializers.CharField()
    name = serializers.CharField()
    spread = serializers.DecimalField(help_text="(最高均价 − 最低均价) ÷ 最低均价", **RATIO)
    is_wide = serializers.BooleanField(help_text="超过提示线")
    excess = money(help_text="按最低价可少付")
    members = MemberPriceSerializer(many=True)


class GapSerializer(serializers.Serializer):
    """Something in the trace of a piece that does not fit together."""

    code = serializers.ChoiceField(choices=tuple(pieces.GAPS.items()))
    day = serializers.DateField(allow_null=True)
    barcodes = serializers.ListField(child=serializers.CharField())
    name = serializers.CharField()
    encounter_no = serializers.CharField()
    used = serializers.IntegerField(allow_null=True)
    charged = serializers.DecimalField(allow_null=True, **QUANTITY)
    missing = serializers.DecimalField(allow_null=True, **QUANTITY)


class PieceMoveSerializer(serializers.Serializer):
    """A move of a piece."""

    institution = serializers.CharField(help_text="机构代码")
    kind = serializers.CharField()
    date = serializers.DateField()
    document = serializers.CharField()
    line = serializers.IntegerField()
    department_name = serializers.CharField()
    supplier = serializers.CharField()
    encounter_no = serializers.CharField()
    price = serializers.DecimalField(**QUANTITY)


class PieceChargeSerializer(serializers.Serializer):
    """An encounter on which the piece was used."""

    encounter_no = serializers.CharField()
    item = serializers.CharField(help_text="收费项目代码")
    used = serializers.IntegerField()
    charged = serializers.DecimalField(**QUANTITY)
    gap = serializers.CharField(allow_blank=True)


class PieceSerializer(serializers.Serializer):
    """The life of a piece."""

    barcode = serializers.CharField()
    fits = serializers.BooleanField()
    gaps = serializers.ListField(child=serializers.CharField())
    moves = PieceMoveSerializer(many=True)
    charges = PieceChargeSerializer(many=True)


class ArmSerializer(serializers.Serializer):
    """A side of a comparison."""

    code = serializers.CharField()
    title = serializers.CharField()
    count = serializers.IntegerField()
    material = serializers.DecimalField(**RATIO)
    cost = serializers.DecimalField(**RATIO)
    charges = serializers.DecimalField(**RATIO)
    days = serializers.DecimalField(**RATIO)
    home = serializers.DecimalField(help_text="医嘱离院率", **RATIO)


class GroupEffectSerializer(serializers.Serializer):
    """A disease group; `enough` false: too few cases for a conclusion."""

    drg = serializers.CharField()
    name = serializers.CharField()
    enough = serializers.BooleanField()
    mixed = serializers.IntegerField(help_text="两方都用的例数")
    arms = ArmSerializer(many=True)


class StructureSerializer(serializers.Serializer):
    """The structure of an institution's or a department's medical income."""

    name = serializers.CharField()
    income = money()
    drugs = money()
    materials = money()
    services = money()
    examinations = money()
    drug_ratio = serializers.DecimalField(**RATIO)
    material_ratio = serializers.DecimalField(**RATIO)
    service_ratio = serializers.DecimalField(**RATIO)


class DeviceSerializer(serializers.Serializer):
    """A device over the months."""

    institution = serializers.CharField(help_text="机构代码")
    card = serializers.CharField(source="sums.card")
    name = serializers.CharField(source="sums.name")
    kind = serializers.CharField(source="sums.kind")
    department = serializers.CharField(source="sums.department_name")
    used = money(source="sums.used")
    available = money(source="sums.available")
    services = serializers.IntegerField(source="sums.services", allow_null=True)
    rate = serializers.DecimalField(help_text="使用率", **RATIO)
    low = serializers.BooleanField(help_text="低效")
    cost = money(allow_null=True)
    per_hour = serializers.DecimalField(**RATIO)


def _answer(name: str, row: type[serializers.Serializer], *, months: bool = True) -> serializers.Serializer:
    """The form of a list: the months it is about, and its rows."""
    parts: dict[str, Any] = {"rows": row(many=True)}
    if months:
        parts = {"first": serializers.CharField(), "last": serializers.CharField(), **parts}
    return type(f"{name}Answer", (serializers.Serializer,), {**parts, "__doc__": row.__doc__})()


class _View(APIView):
    roles = access.READERS

    def institutions(self, request: Request) -> dict[str, Institution]:
        """Those the caller may read, by code."""
        return {one.code: one for one in access.institutions(actor=actor_of(request))}

    def one(self, request: Request, code: str) -> Institution:
        """One of them. Raises NotFound."""
        found = self.institutions(request).get(code)
        if found is None:
            raise NotFound("masterdata.no_institution", "没有这个机构。")
        return found

    def span(self, request: Request, query: type[SpanQuery], dataset: str) -> tuple[Span, dict[str, Any]]:
        """The span asked for, and all that was asked."""
        given = dict(query.of(request))
        plain = {name: str(value) for name, value in given.items() if name in ("first", "last")}
        if "institution" in given:
            plain["institution"] = str(self.one(request, given["institution"]).pk)
        return choose_span(actor_of(request), plain, dataset), given


def _told(span: Span, rows: Any) -> Response:
    return Response({"first": span.first, "last": span.last, "rows": rows})


MOVES, USES = "drug-and-material-moves", "equipment-uses"


class PurchaseListView(_View):
    """Purchases by product and institution, with what central purchase saved."""

    @extend_schema(
        tags=TAGS,
        summary="采购价格与节约",
        operation_id="costing_purchases",
        parameters=[GoodsQuery],
        responses={200: _answer("Purchases", PurchaseSerializer), 404: NOT_FOUND, 422: UNCLEAR},
    )
    def get(self, request: Request) -> Response:
        span, given = self.span(request, GoodsQuery, MOVES)
        if not span:
            return _told(span, [])
        rows = purchases.purchases(institutions=span.chosen, days=span.days, goods_class=given.get("goods_class", ""))
        codes = _codes(span)
        told = PurchaseSerializer([_Named(row, codes[row.institution or 0]) for row in rows], many=True).data
        return _told(span, told)


class _Named:
    """A row that says its institution by code."""

    def __init__(self, row: Any, code: str) -> None:
        self.row, self.institution = row, code

    def __getattr__(self, name: str) -> Any:
        return getattr(self.row, name)


def _codes(span: Span) -> dict[int, str]:
    return {one.pk: one.code for one in span.institutions}


class PriceSpreadListView(_View):
    """Products that members buy at different prices."""

    @extend_schema(
        tags=TAGS,
        summary="成员间价差",
        operation_id="costing_price_spreads",
        parameters=[GoodsQuery],
        responses={200: _answer("PriceSpreads", SpreadSerializer), 404: NOT_FOUND, 422: UNCLEAR},
    )
    def get(self, request: Request) -> Response:
        span, given = self.span(request, GoodsQuery, MOVES)
        if not span:
            return _told(span, [])
        rows = purchases.spreads(institutions=span.chosen, days=span.days, goods_class=given.get("goods_class", ""))
        codes = _codes(span)
        told = [
            {
                "goods": row.goods,
                "unit": row.unit,
                "name": row.name,
                "spread": row.spread.spread,
                "is_wide": row.is_wide,
                "excess": row.spread.excess,
                "members": [_Named(one, codes[one.institution]) for one in row.spread.members],
            }
            for row in rows
        ]
        return _told(span, SpreadSerializer(told, many=True).data)


class TraceGapListView(_View):
    """What does not fit together in the traces of a month. It names encounters: asking is logged."""

    @extend_schema(
        tags=TAGS,
        summary="高值耗材追溯缺口",
        operation_id="costing_trace_gaps",
        parameters=[MonthQuery],
        responses={200: _answer("TraceGaps", GapSerializer, months=False), 404: NOT_FOUND, 422: UNCLEAR},
    )
    def get(self, request: Request) -> Response:
        asked = MonthQuery.of(request)
        institution = self.one(request, asked["institution"])
        period = Period.parse(asked["period"])
        found = pieces.month_of_pieces(institution=institution.pk, period=period)
        log_patient_list(request._request, "trace_gaps", {institution: str(period)})
        return Response({"rows": GapSerializer(found.gaps, many=True).data})


class PieceView(_View):
    """A piece from purchase to charge. It names encounters: asking is logged."""

    @extend_schema(
        tags=TAGS,
        summary="高值耗材单件追溯",
        operation_id="costing_piece",
        parameters=[PieceQuery],
        responses={200: PieceSerializer, 404: OpenApiResponse(description="没有这个条码"), 422: UNCLEAR},
    )
    def get(self, request: Request) -> Response:
        asked = PieceQuery.of(request)
        institutions = {one.pk: one for one in self.institutions(request).values()}
        life = pieces.life_of_piece(institutions=list(institutions), barcode=asked["barcode"])
        if life is None:
            raise NotFound("costing.no_piece", "没有这个条码的记录。")
        for charge in life.charges:
            number = charge.difference.encounter_no
            log_patient_access(request._request, institutions[charge.institution], "piece", number)
        told = {
            "barcode": life.barcode,
            "fits": life.fits,
            "gaps": [words for _institution, words, _day in life.gaps],
            "moves": [_Named(move, institutions[move.institution].code) for move in life.moves],
            "charges": [
                {
                    "encounter_no": one.difference.encounter_no,
                    "item": one.difference.item_code,
                    "used": one.difference.used,
                    "charged": one.difference.charged,
                    "gap": one.code or "",
                }
                for one in life.charges
            ],
        }
        return Response(PieceSerializer(told).data)


class MaterialEffectView(_View):
    """Materials of two sides within disease groups."""

    @extend_schema(
        tags=TAGS,
        summary="耗材成本效果",
        operation_id="costing_material_effects",
        parameters=[EffectQuery],
        responses={200: _answer("MaterialEffects", GroupEffectSerializer), 404: NOT_FOUND, 422: UNCLEAR},
    )
    def get(self, request: Request) -> Response:
        span, given = self.span(request, EffectQuery, MOVES)
        if not span:
            return _told(span, [])
        found = effects.effects(
            institutions=span.chosen,
            days=span.days,
            item_code=given["item"],
            by=given["by"],
            sides=[given[side] for side in ("a", "b") if side in given],
        )
        return _told(span, GroupEffectSerializer(found.groups, many=True).data)


class IncomeStructureView(_View):
    """Drug, consumable and service ratios of an institution's departments in a month, then of all of them."""

    @extend_schema(
        tags=TAGS,
        summary="收入结构",
        operation_id="costing_income_structure",
        parameters=[MonthQuery],
        responses={200: _answer("IncomeStructure", StructureSerializer, months=False), 404: NOT_FOUND, 422: UNCLEAR},
    )
    def get(self, request: Request) -> Response:
        asked = MonthQuery.of(request)
        institution = self.one(request, asked["institution"])
        period = Period.parse(asked["period"])
        run = access.current_run(institution=institution.pk, period=str(period))
        forms = structure.variants(day=period.last_day)
        rows = structure.by_department(run=run, forms=forms) if run else []
        everything = [*rows, structure.total(rows, name="合计", forms=forms)] if rows else []
        return Response({"rows": StructureSerializer(everything, many=True).data})


class DeviceListView(_View):
    """Devices with their use rates."""

    @extend_schema(
        tags=TAGS,
        summary="设备使用",
        operation_id="costing_devices",
        parameters=[SpanQuery],
        responses={200: _answer("Devices", DeviceSerializer), 404: NOT_FOUND, 422: UNCLEAR},
    )
    def get(self, request: Request) -> Response:
        span, _given = self.span(request, SpanQuery, USES)
        if not span:
            return _told(span, [])
        found = devices.devices(institutions=span.chosen, days=span.days)
        codes = _codes(span)
        told = [_Named(one, codes[one.sums.institution]) for one in found.devices]
        return _told(span, DeviceSerializer(told, many=True).data)
