"""Errors of the API as `application/problem+json` (RFC 9457): {type, title, status, code, detail, …, errors}."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404, HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from ops_platform.kernel import DomainError
from ops_platform.web.api import dumps

CONTENT_TYPE = "application/problem+json"

TITLES = {
    400: gettext_lazy("请求无法识别"),
    401: gettext_lazy("需要登录或有效的接口密钥"),
    403: gettext_lazy("没有权限"),
    404: gettext_lazy("没有找到"),
    405: gettext_lazy("不支持此操作方式"),
    406: gettext_lazy("无法以所要求的格式回答"),
    409: gettext_lazy("与当前状态冲突"),
    413: gettext_lazy("内容过大"),
    415: gettext_lazy("不支持的内容类型"),
    422: gettext_lazy("内容有误"),
    429: gettext_lazy("请求过于频繁"),
    500: gettext_lazy("系统内部错误"),
    503: gettext_lazy("服务暂不可用"),
}
CODES = {
    400: "web.bad_request",
    401: "web.not_authenticated",
    403: "web.forbidden",
    404: "web.not_found",
    405: "web.method_not_allowed",
    406: "web.not_acceptable",
    409: "web.conflict",
    413: "web.too_large",
    415: "web.unsupported_media_type",
    422: "web.invalid",
    429: "web.too_many_requests",
    500: "web.internal_error",
    503: "web.unavailable",
}
_RESERVED = {"type", "title", "status", "code", "detail", "errors"}


def title_of(status: int) -> str:
    """What a status means, in words."""
    return str(TITLES.get(status, TITLES[500 if status >= 500 else 400]))


def code_of(status: int) -> str:
    """The code of an error that no app raised itself."""
    return CODES.get(status, CODES[500 if status >= 500 else 400])


def problem(
    status: int,
    code: str = "",
    detail: str | Promise = "",
    *,
    context: Mapping[str, Any] | None = None,
    errors: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """The document. Values of `context` stand beside the standard members and never replace them."""
    code = code or code_of(status)
    document: dict[str, Any] = {key: value for key, value in (context or {}).items() if key not in _RESERVED}
    document |= {
        "type": f"urn:ops-platform:problem:{code}",
        "title": title_of(status),
        "status": status,
        "code": code,
        "detail": _sendable(str(detail)) or title_of(status),
    }
    if errors is not None:
        document["errors"] = errors
    return document


def of_domain_error(error: DomainError) -> dict[str, Any]:
    """The document of a refusal of the trade. A context value `errors` (a list) becomes the member of that name."""
    return problem(error.status, error.code, error.message, context=error.context, errors=error.context.get("errors"))


def response(document: Mapping[str, Any]) -> HttpResponse:
    """The answer for views that are not DRF's."""
    return HttpResponse(dumps(document), status=document["status"], content_type=CONTENT_TYPE)


def exception_handler(exc: Exception, _context: Mapping[str, Any]) -> Response | None:
    """DRF's EXCEPTION_HANDLER. None lets an unexpected error rise to handler500, which tells nothing of its inside."""
    headers: dict[str, str] = {}
    match exc:
        case DomainError():
            document = of_domain_error(exc)
        case Http404():
            document = problem(404)
        case PermissionDenied():
            document = problem(403)
        case RequestDataTooBig():
            document = problem(413)
        case exceptions.ValidationError():
            document = problem(
                422, "web.invalid", _("内容有误，请按 errors 逐项修改。"), errors=list(_flatten(exc.detail))
            )
        case exceptions.APIException():
            document = _of_api_exception(exc)
            headers = _headers(exc)
        case _:
            return None
    set_rollback()
    return Response(document, status=document["status"], headers=headers, content_type=CONTENT_TYPE)


def _of_api_exception(exc: exceptions.APIException) -> dict[str, Any]:
    known = isinstance(exc, exceptions.NotAuthenticated | exceptions.AuthenticationFailed)
    status = 401 if known else exc.status_code
    codes = exc.get_codes()
    own_code = codes if isinstance(codes, str) and "." in codes else ""
    detail = str(exc.detail) if isinstance(exc.detail, str) else title_of(status)
    return problem(status, own_code, detail)


def _headers(exc: exceptions.APIException) -> dict[str, str]:
    headers = {}
    scheme, wait = getattr(exc, "auth_header", None), getattr(exc, "wait", None)
    if scheme:
        headers["WWW-Authenticate"] = scheme
    if wait:
        headers["Retry-After"] = str(math.ceil(wait))
    return headers


def _flatten(detail: Any, field: str = "") -> Iterator[dict[str, Any]]:
    """DRF's nested details as a flat list of {field, code, message}; nested fields are joined by dots."""
    if isinstance(detail, Mapping):
        for key, value in detail.items():
            name = "" if key == "non_field_errors" else str(key)
            yield from _flatten(value, ".".join(part for part in (field, name) if part))
    elif isinstance(detail, list | tuple):
        for index, value in enumerate(detail):
            nested = isinstance(value, Mapping | list | tuple)
            yield from _flatten(value, f"{field}.{index}".lstrip(".") if nested else field)
    else:
        code, message = getattr(detail, "code", "invalid"), str(detail)
        if code == "null" and not field:
            # The one sentence of the framework that stands in no catalogue: the body itself is null.
            message = str(_("请求内容是空值(null)，请发送 JSON 对象。"))
        yield {"field": _sendable(field), "code": code, "message": _sendable(message)}


def _sendable(text: str) -> str:
    """Words that repeat what was sent: half of a surrogate pair, which JSON can name and UTF-8 cannot, is spelled out."""
    return text.encode("utf-8", "backslashreplace").decode()
