"""Refusals and errors as problem documents and as pages."""

import gettext
import inspect
import json
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace

import pytest
import rest_framework
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404, HttpResponse
from django.test import Client, RequestFactory
from rest_framework import exceptions, fields, relations, serializers
from rest_framework.views import APIView

from ops_platform.kernel import Actor, Conflict, Grant, Role
from ops_platform.web import errors, problems
from ops_platform.web.api import FilesParser, JsonParser, OrjsonRenderer, RolePermission
from ops_platform.web.middleware import RefusalMiddleware
from tests.support import trade


def handled(error: Exception):
    return problems.exception_handler(error, {})


def test_a_refusal_of_the_trade_keeps_its_code_message_status_and_values():
    answer = handled(Conflict("his_intake.period_closed", "2026-03 期间已结账。", period="2026-03", status="never"))
    assert answer.status_code == 409
    assert answer.content_type == "application/problem+json"
    assert answer.data["code"] == "his_intake.period_closed"
    assert answer.data["detail"] == "2026-03 期间已结账。"
    assert answer.data["period"] == "2026-03"
    assert answer.data["status"] == 409


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (Http404(), 404, "web.not_found"),
        (PermissionDenied(), 403, "web.forbidden"),
        (RequestDataTooBig(), 413, "web.too_large"),
        (exceptions.NotAuthenticated(), 401, "web.not_authenticated"),
        (exceptions.AuthenticationFailed("无效", code="identity.unknown_key"), 401, "identity.unknown_key"),
        (exceptions.UnsupportedMediaType("x/y"), 415, "web.unsupported_media_type"),
        (exceptions.MethodNotAllowed("PUT"), 405, "web.method_not_allowed"),
        (exceptions.ParseError(), 400, "web.bad_request"),
    ],
)
def test_every_known_error_has_a_stable_code(error, status, code):
    answer = handled(error)
    assert (answer.status_code, answer.data["code"]) == (status, code)


def test_too_many_requests_says_when_to_come_back():
    answer = handled(exceptions.Throttled(wait=12))
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "12"


def test_a_refusal_that_repeats_half_a_surrogate_pair_can_be_sent():
    class Choice(serializers.Serializer):
        mode = serializers.ChoiceField(choices=["own"])

    choice = Choice(data={"mode": "\ud800"})
    assert not choice.is_valid()
    for error in (exceptions.ValidationError({"\ud800": choice.errors}), Conflict("a.b", "\ud800")):
        assert rb"\\ud800" in OrjsonRenderer().render(handled(error).data)


def test_a_validation_error_lists_each_field():
    class Row(serializers.Serializer):
        name = serializers.CharField()
        terms = serializers.ListField(child=serializers.IntegerField())

    row = Row(data={"terms": [1, "x"]})
    row.is_valid()
    answer = handled(exceptions.ValidationError(row.errors))
    assert answer.status_code == 422
    assert {fault["field"] for fault in answer.data["errors"]} == {"name", "terms.1"}
    assert all(fault["message"] for fault in answer.data["errors"])


def test_an_unexpected_error_is_left_to_the_500_handler():
    assert handled(RuntimeError("secret")) is None


def test_the_500_answer_of_the_api_tells_nothing_of_its_inside():
    answer = errors.server_error(RequestFactory().get("/api/v1/x/"))
    assert answer.status_code == 500
    assert json.loads(answer.content)["code"] == "web.internal_error"


def test_a_refusal_under_api_becomes_a_problem_document():
    middleware = RefusalMiddleware(lambda _request: HttpResponse())
    error = Conflict("costing.run_active", "核算正在运行。", amount=Decimal("1.20"))
    answer = middleware.process_exception(RequestFactory().get("/api/v1/costing/"), error)
    assert answer.status_code == 409
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert json.loads(answer.content)["amount"] == "1.20"


def test_htmx_gets_a_fragment_and_no_whole_page():
    request = RequestFactory().get("/costing/", headers={"HX-Request": "true"})
    request.actor = None
    request.session = {}
    answer = errors.refusal(request, Conflict("costing.run_active", "核算正在运行。"))
    assert answer.status_code == 409
    assert "核算正在运行。" in answer.content.decode()
    assert "<html" not in answer.content.decode()


def test_other_errors_pass_the_middleware():
    middleware = RefusalMiddleware(lambda _request: HttpResponse())
    assert middleware.process_exception(RequestFactory().get("/"), RuntimeError()) is None


def test_amounts_leave_the_api_as_text():
    assert OrjsonRenderer().render({"amount": Decimal("0.10")}) == b'{"amount":"0.10"}'


def _view(**attributes: object) -> APIView:
    return type("View", (APIView,), attributes)()


def test_the_api_lets_in_by_role_and_asks_strangers_for_a_key():
    officer = Actor("li", 1, (Grant(Role.FINANCE_OFFICER),))
    gate, view = RolePermission(), _view(roles=(Role.FINANCE_OFFICER,))
    assert gate.has_permission(SimpleNamespace(actor=officer), view)
    assert not gate.has_permission(SimpleNamespace(actor=officer), _view(roles=(Role.HIS_CLIENT,)))
    assert gate.has_permission(SimpleNamespace(actor=None), _view(public=True))
    with pytest.raises(exceptions.NotAuthenticated):
        gate.has_permission(SimpleNamespace(actor=None), view)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", ["/masterdata/code-sets/%00/", "/masterdata/parameters/%00/", "/workflows/subjects/a.b/%00/"]
)
def test_an_address_with_a_null_character_is_not_found(client: Client, path: str) -> None:
    client.force_login(trade.person("reader", Role.AUDITOR))
    assert client.get(path).status_code == 404


def test_a_body_of_null_is_refused_in_chinese_words() -> None:
    class Asked(serializers.Serializer):
        title = serializers.CharField()

    asked = Asked(data=None)
    assert not asked.is_valid()
    answer = handled(exceptions.ValidationError(asked.errors))
    assert [each["message"] for each in answer.data["errors"]] == ["请求内容是空值(null)，请发送 JSON 对象。"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"cases": [,]}', "请求内容不是有效的 JSON：第 1 行第 12 列起无法识别。请检查引号、逗号和括号后重新发送。"),
        (b'{\n"a": 1', "请求内容不是有效的 JSON：第 2 行第 7 列起无法识别。请检查引号、逗号和括号后重新发送。"),
        (b"", "请求内容不是有效的 JSON：第 1 行第 1 列起无法识别。请检查引号、逗号和括号后重新发送。"),
        (b'{"a": NaN}', "请求内容不是有效的 JSON：含有 NaN、Infinity 或位数过多的数值。请改正后重新发送。"),
        ('{"a": "中"}'.encode("gbk"), "请求内容不是 UTF-8 编码(第 8 字节起)。请以 UTF-8 编码后重新发送。"),
    ],
)
def test_a_body_that_is_no_json_is_told_where_it_breaks(body: bytes, words: str) -> None:
    with pytest.raises(exceptions.ParseError) as refusal:
        JsonParser().parse(BytesIO(body))
    answer = handled(refusal.value)
    assert (answer.status_code, answer.data["detail"]) == (400, words)


def test_a_form_that_breaks_off_is_told_in_our_words() -> None:
    request = RequestFactory().post("/", b"--x\r\n", content_type="multipart/form-data; boundary=")
    with pytest.raises(exceptions.ParseError, match="请以 multipart/form-data 重新发送"):
        FilesParser().parse(BytesIO(b"--x"), "multipart/form-data; boundary=", {"request": request})


def test_no_message_of_the_api_is_the_frameworks_own() -> None:
    """A new version may bring new fields and messages; they are to be put into words, too."""
    place = Path(rest_framework.__file__).parent / "locale"
    chinese = set(gettext.translation("django", str(place), ["zh_Hans"])._catalog.values())  # type: ignore[attr-defined]
    english = set(gettext.translation("django", str(place), ["zh_Hans"])._catalog)  # type: ignore[attr-defined]
    found = [
        f"{name}.{code}: {words}"
        for module in (fields, relations, serializers)
        for name, each in vars(module).items()
        if inspect.isclass(each) and issubclass(each, fields.Field)
        for code, words in vars(each).get("default_error_messages", {}).items()
        if str(words) in chinese | english or str(words).isascii()
    ]
    assert found == []


def test_what_is_no_list_and_no_object_is_told_what_it_should_be() -> None:
    class Row(serializers.Serializer):
        codes = serializers.ListField(child=serializers.CharField())
        name = serializers.ChoiceField(choices=["own"])

    class Sent(serializers.Serializer):
        rows = Row(many=True)

    def told(data: object) -> list[str]:
        sent = Sent(data=data)
        assert not sent.is_valid()
        return [one["message"] for one in handled(exceptions.ValidationError(sent.errors)).data["errors"]]

    assert told({"rows": "no"}) == ["应为列表(JSON 数组)，每项是一个对象。"]
    assert told([]) == ["应为 JSON 对象，即成对的字段名和值。"]
    assert told({"rows": [{"codes": "A", "name": "x"}]}) == [
        '应为列表(JSON 数组)，如 ["A", "B"]。',
        "「x」不在可选范围内，可选的值见接口文档。",
    ]
