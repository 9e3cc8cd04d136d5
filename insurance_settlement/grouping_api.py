"""API of the engines: grouping and pricing cases that a caller sends, by the rules in force for an institution on a day.
Nothing is stored, and no person can be recognised from what is sent."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from insurance_settlement.engine.case import Case
from insurance_settlement.engine.pricing import Kept, Price, price
from insurance_settlement.engine.rule_book import RuleBook
from insurance_settlement.engine.worth import GroupedCase
from insurance_settlement.models import PriceBook
from insurance_settlement.rule_words import FLAG_WORDS
from insurance_settlement.schemes import Compiled, Found, compiled_scheme, price_book_at, rule_book
from insurance_settlement.selectors import MONTH_READERS
from ops_platform.his_intake.public import LEAVING_TYPES, SCHEMES
from ops_platform.kernel import Role, from_fen, to_fen
from ops_platform.masterdata.coded import InstitutionField
from ops_platform.web.api import actor_of
from ops_platform.web.api_lists import money
from ops_platform.web.api_queries import refuse_unknown

TAGS = ["医保结算"]
CALLERS = (*MONTH_READERS, Role.HIS_CLIENT)
MOST_CASES = 1_000
MOST_CODES = 41  # the front page holds one main and forty others
UNCLEAR = OpenApiResponse(description="参数不合要求；errors 指明第几个病例的哪一项")
NO_RULES = OpenApiResponse(description="该日没有生效的分组方案与价格规则")


def _codes(help_text: str) -> serializers.ListField:
    code = serializers.CharField(max_length=40, trim_whitespace=False)
    return serializers.ListField(child=code, required=False, default=list, max_length=MOST_CODES, help_text=help_text)


class AskedCaseSerializer(serializers.Serializer):
    """A case to be grouped; what of the front page counts."""

    case_no = serializers.CharField(max_length=60, help_text="调用方的病例编号，原样返回")
    sex = serializers.ChoiceField(choices=[("1", "男"), ("2", "女")], help_text="性别")
    age = serializers.IntegerField(min_value=0, max_value=130, help_text="年龄(岁)")
    age_days = serializers.IntegerField(
        min_value=0, max_value=366, required=False, allow_null=True, default=None, help_text="不足一岁的天数"
    )
    weight = serializers.IntegerField(
        min_value=0, max_value=99_999, required=False, allow_null=True, default=None, help_text="新生儿体重(克)"
    )
    diagnoses = _codes("诊断代码，主要诊断在前")
    procedures = _codes("手术操作代码，主要手术在前")

    def to_internal_value(self, data: Any) -> Any:
        """A field that nobody knows is a slip that would change the answer: it is refused by name."""
        unknown = sorted(set(data) - set(self.fields)) if isinstance(data, Mapping) else []
        if unknown:
            known = "、".join(self.fields)
            raise serializers.ValidationError(
                {str(name)[:40]: [_("不认识的字段，可用 %s。") % known] for name in unknown[:5]}
            )
        return super().to_internal_value(data)


class AskedPriceSerializer(AskedCaseSerializer):
    """A case to be grouped and priced. What is left out is as the price book has it."""

    charges = money(min_value=0, help_text="总费用(元)")
    stay_days = serializers.IntegerField(
        min_value=1, max_value=99_999, required=False, allow_null=True, default=None, help_text="住院天数"
    )
    scheme = serializers.ChoiceField(
        choices=SCHEMES, required=False, allow_blank=True, default="", help_text="险种；空为不限"
    )
    leaving_type = serializers.ChoiceField(
        choices=LEAVING_TYPES, required=False, allow_blank=True, default="", help_text="离院方式"
    )
    flags = serializers.ListField(
        child=serializers.ChoiceField(
            choices=list(FLAG_WORDS.items()),
            error_messages={"invalid_choice": _lazy("没有标志「{input}」，可用 %s。") % "、".join(FLAG_WORDS)},
        ),
        required=False,
        default=list,
        max_length=20,
        help_text="例外标志",
    )
    excluded = money(min_value=0, required=False, default="0.00", help_text="新技术除外费用(元)")
    self_paid = money(min_value=0, required=False, allow_null=True, default=None, help_text="自费(元)")
    first_self_paid = money(min_value=0, required=False, allow_null=True, default=None, help_text="先行自付(元)")
    deductible = money(
        min_value=0, required=False, allow_null=True, default=None, help_text="起付线(元)；不填按价格规则"
    )
    reimbursement_ratio = serializers.DecimalField(
        max_digits=7,
        decimal_places=6,
        min_value=Decimal(0),
        max_value=Decimal(1),
        required=False,
        allow_null=True,
        default=None,
        help_text="报销比例，85% 写作 0.85；不填按价格规则",
    )
    paid = money(
        min_value=0,
        required=False,
        allow_null=True,
        default=None,
        help_text="个人和其他渠道已付(元)；基金按「支付标准 − 已付」计算的地区使用，不填按起付线和报销比例推算",
    )
    mean_charges = money(
        min_value=Decimal("0.01"),
        required=False,
        allow_null=True,
        default=None,
        help_text="病组次均费用(元)，用于判断倍率；不填按价格规则",
    )

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        """What is paid apart is part of the charges."""
        if to_fen(given["excluded"]) > to_fen(given["charges"]):
            raise serializers.ValidationError({"excluded": [_("除外费用不能超过总费用。")]})
        return given


class _RequestSerializer(serializers.Serializer):
    institution = InstitutionField()
    day = serializers.DateField(required=False, help_text="按哪一天生效的规则；不填为今天")
    explain = serializers.BooleanField(default=True, help_text="是否返回理由；批量时可不要")

    def validate_cases(self, cases: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """As many as one request answers in a moment."""
        if len(cases) > MOST_CASES:
            raise serializers.ValidationError(_("一次最多 %s 个病例，请分批发送。") % MOST_CASES)
        return cases


class GroupRequestSerializer(_RequestSerializer):
    """Cases to be grouped by the scheme in force."""

    cases = AskedCaseSerializer(many=True, allow_empty=False, help_text="病例，1 到 1000 个")


class PriceRequestSerializer(_RequestSerializer):
    """Cases to be grouped and priced by the rules in force."""

    cases = AskedPriceSerializer(many=True, allow_empty=False, help_text="病例，1 到 1000 个")


class RulesInForceSerializer(serializers.Serializer):
    """By what rules."""

    day = serializers.DateField()
    scheme = serializers.CharField(source="book.scheme.name", help_text="分组方案")
    scheme_digest = serializers.CharField(source="book.scheme.digest", help_text="分组方案的摘要")
    price_book = serializers.CharField(source="book.name", help_text="价格规则")
    price_book_digest = serializers.CharField(source="book.digest", help_text="价格规则的摘要")


class GroupedSerializer(serializers.Serializer):
    """The group of a case, with every decision in words."""

    case_no = serializers.CharField()
    mdc = serializers.CharField(source="found.mdc", allow_blank=True, help_text="主要诊断大类；DIP 为空")
    adrg = serializers.CharField(source="found.adrg", allow_blank=True, help_text="核心组；DIP 为空")
    group = serializers.CharField(source="found.code", help_text="病组或病种；0000 为未入组")
    name = serializers.CharField(allow_blank=True, help_text="病组名称")
    status = serializers.CharField(source="found.status", help_text="SUCCESS、QY、FAIL、CHECK_FAILED 等")
    factor = serializers.DecimalField(source="found.factor", max_digits=12, decimal_places=6, help_text="辅助目录系数")
    reasons = serializers.ListField(child=serializers.CharField(), source="found.reasons", help_text="分组过程")


class PriceLineSerializer(serializers.Serializer):
    """A step of a price."""

    title = serializers.CharField(source="label")
    value = serializers.CharField(allow_blank=True)
    note = serializers.CharField(allow_blank=True)


class PricedSerializer(GroupedSerializer):
    """A case grouped and priced."""

    kind = serializers.CharField(source="price.kind", help_text="如何计价")
    weight = serializers.SerializerMethodField(help_text="权重；按点数计价为 null")
    points = serializers.DecimalField(
        source="price.points", max_digits=20, decimal_places=8, allow_null=True, help_text="病例点数"
    )
    payment = serializers.SerializerMethodField(help_text="支付标准(元)；没有价格为 null")
    fund = serializers.SerializerMethodField(help_text="其中医保基金(元)；不能计算为 null")
    balance = serializers.SerializerMethodField(help_text="盈亏(元)")
    lines = PriceLineSerializer(source="steps", many=True, help_text="计价过程")

    def get_weight(self, row: "_Priced") -> str | None:
        standard = row.price.standard
        return f"{standard.weight:f}" if standard and row.price.points is None else None

    def get_payment(self, row: "_Priced") -> str | None:
        return _yuan(row.price.payment)

    def get_fund(self, row: "_Priced") -> str | None:
        return _yuan(row.price.fund)

    def get_balance(self, row: "_Priced") -> str | None:
        return _yuan(row.price.balance)


class GroupAnswerSerializer(serializers.Serializer):
    """The answer for all cases, in the order they were sent."""

    rules = RulesInForceSerializer()
    cases = GroupedSerializer(many=True)


class PriceAnswerSerializer(serializers.Serializer):
    """The answer for all cases, in the order they were sent."""

    rules = RulesInForceSerializer()
    cases = PricedSerializer(many=True)


def _yuan(fen: int | None) -> str | None:
    return None if fen is None else f"{from_fen(fen):f}"


@dataclass(frozen=True, slots=True)
class _Grouped:
    case_no: str
    found: Found
    name: str


@dataclass(frozen=True, slots=True)
class _Priced:
    case_no: str
    found: Found
    name: str
    price: Price
    steps: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class _Rules:
    """The rules in force for an institution on a day."""

    day: date
    book: PriceBook

    @property
    def scheme(self) -> Compiled:
        return compiled_scheme(self.book.scheme)

    @property
    def prices(self) -> RuleBook:
        return rule_book(self.book)


class _EngineView(APIView):
    roles = CALLERS
    asked: type[_RequestSerializer]

    def read(self, request: Request) -> tuple[_Rules, dict[str, Any]]:
        """The rules that hold, and what was asked. Raises Conflict where no rules hold."""
        refuse_unknown(request, ())
        asked = self.asked(data=request.data, context={"actor": actor_of(request)})
        asked.is_valid(raise_exception=True)
        given = asked.validated_data
        day = given.get("day") or timezone.localdate()
        return _Rules(day, price_book_at(given["institution"].pk, day)), given


class GroupView(_EngineView):
    """Cases grouped by the scheme in force; one or many."""

    asked = GroupRequestSerializer

    @extend_schema(
        tags=TAGS,
        summary="分组(不保存)",
        description="按机构当日生效的分组方案分组，最多 1000 个病例；每个决定的理由以中文返回。代码区分大小写，不去空格。",
        operation_id="settlement_group",
        request=GroupRequestSerializer,
        responses={200: GroupAnswerSerializer, 409: NO_RULES, 422: UNCLEAR},
    )
    def post(self, request: Request) -> Response:
        rules, given = self.read(request)
        scheme = rules.scheme
        cases = [_grouped(scheme, one, explain=given["explain"]) for one in given["cases"]]
        return Response(GroupAnswerSerializer({"rules": rules, "cases": cases}).data)


class PriceView(_EngineView):
    """Cases grouped and priced by the rules in force; one or many."""

    asked = PriceRequestSerializer

    @extend_schema(
        tags=TAGS,
        summary="分组并计价(不保存)",
        description="按机构当日生效的分组方案和价格规则分组、计价，最多 1000 个病例；返回分组理由和计价过程。",
        operation_id="settlement_price",
        request=PriceRequestSerializer,
        responses={200: PriceAnswerSerializer, 409: NO_RULES, 422: UNCLEAR},
    )
    def post(self, request: Request) -> Response:
        rules, given = self.read(request)
        scheme, book = rules.scheme, rules.prices
        code, explain = given["institution"].code, given["explain"]
        kept: Kept = {}
        cases = []
        for one in given["cases"]:
            grouped = _grouped(scheme, one, explain=explain)
            found = price(book, _charged(one, code, grouped.found), kept)
            steps = tuple(found.explanation.lines) if explain else ()
            cases.append(_Priced(grouped.case_no, grouped.found, grouped.name, found, steps))
        return Response(PriceAnswerSerializer({"rules": rules, "cases": cases}).data)


def _grouped(scheme: Compiled, one: Mapping[str, Any], *, explain: bool) -> _Grouped:
    case = Case(
        gender=int(one["sex"]),
        age=one["age"],
        age_days=one["age_days"],
        weight=one["weight"],
        diagnoses=tuple(one["diagnoses"]),
        procedures=tuple(one["procedures"]),
    )
    found = scheme.explain(case) if explain else scheme.group(case)
    return _Grouped(one["case_no"], found, scheme.titles.get(found.code, ""))


def _charged(one: Mapping[str, Any], institution: str, found: Found) -> GroupedCase:
    return GroupedCase(
        case_no=one["case_no"],
        institution=institution,
        group=found.code,
        charges=to_fen(one["charges"]),
        stay_days=one["stay_days"],
        scheme=one["scheme"],
        leaving_type=one["leaving_type"],
        flags=frozenset(one["flags"]),
        excluded=to_fen(one["excluded"]),
        factor=found.factor,
        self_paid=_fen(one["self_paid"]),
        first_self_paid=_fen(one["first_self_paid"]),
        deductible=_fen(one["deductible"]),
        reimbursement_ratio=one["reimbursement_ratio"],
        paid=_fen(one["paid"]),
        mean_charges=_fen(one["mean_charges"]),
    )


def _fen(amount: Any) -> int | None:
    return None if amount is None else to_fen(amount)
