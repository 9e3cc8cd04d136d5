"""Error pages. Under /api/ the same errors are problem documents."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from ops_platform.kernel import DomainError
from ops_platform.web import problems

API_PREFIX = "/api/"


def is_api(request: HttpRequest) -> bool:
    """Whether a program is asking."""
    return request.path.startswith(API_PREFIX)


def is_htmx(request: HttpRequest) -> bool:
    """Whether htmx asks for a part of a page."""
    return request.headers.get("HX-Request") == "true"


def error_page(request: HttpRequest, status: int, message: str = "", code: str = "") -> HttpResponse:
    """A page (a fragment for htmx) that says what is wrong and where to go from here."""
    template = "errors/fragment.html" if is_htmx(request) else "errors/error.html"
    context = {"status": status, "heading": problems.title_of(status), "message": message, "code": code}
    return render(request, template, context, status=status)


def refusal(request: HttpRequest, error: DomainError) -> HttpResponse:
    """The answer to a request that a rule of the trade refuses."""
    if is_api(request):
        return problems.response(problems.of_domain_error(error))
    return error_page(request, error.status, error.message, error.code)


def _answer(request: HttpRequest, status: int, message: str) -> HttpResponse:
    if is_api(request):
        return problems.response(problems.problem(status, detail=message))
    return error_page(request, status, message)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    """handler400"""
    return _answer(request, 400, _("请求的格式不正确。请返回上一页重新操作。"))


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    """handler403"""
    return _answer(request, 403, _("您的角色不能打开此页。如工作需要，请联系系统管理员授予相应角色。"))


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    """handler404"""
    return _answer(request, 404, _("地址不存在，或您无权查看其内容。请从左侧导航重新进入。"))


def too_large(request: HttpRequest) -> HttpResponse:
    """A body above the limit."""
    return _answer(request, 413, _("提交的内容超过大小上限。请拆分后分批提交。"))


def server_error(request: HttpRequest) -> HttpResponse:
    """handler500: tells nothing of the inside, and asks the database for nothing."""
    if is_api(request):
        return problems.response(problems.problem(500, detail=_("系统内部错误，已记录。请稍后用同一批次号重试。")))
    return render(None, "errors/500.html", {"heading": problems.title_of(500)}, status=500)


def csrf_failure(request: HttpRequest, **_kwargs: Any) -> HttpResponse:
    """CSRF_FAILURE_VIEW: mostly a page left open beyond the session."""
    return _answer(request, 403, _("页面已过期。请刷新后重新提交。"))


@csrf_exempt
def unknown_api(request: HttpRequest, **_kwargs: Any) -> HttpResponse:
    """Whatever under /api/ no other URL takes; most often the slash at the end is missing."""
    if not request.path.endswith("/"):
        return _answer(request, 404, _("接口地址不存在。地址须以斜杠 / 结尾，接口目录见 /api/docs/。"))
    return _answer(request, 404, _("接口地址不存在。接口目录见 /api/docs/。"))


unknown_api.public = True  # type: ignore[attr-defined]
