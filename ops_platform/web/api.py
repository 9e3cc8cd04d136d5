"""Ground of the REST API: who may call, how lists are paged, how values are written."""

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import orjson
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from rest_framework.exceptions import NotAuthenticated, ParseError
from rest_framework.pagination import PageNumberPagination
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.permissions import BasePermission
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from ops_platform.kernel import Actor
from ops_platform.web.api_words import why_no_json

if TYPE_CHECKING:  # rest_framework.views imports this module by its settings
    from rest_framework.views import APIView


def actor_of(request: Request) -> Actor:
    """The actor of an API request that passed RolePermission."""
    actor: Actor = request._request.actor  # type: ignore[attr-defined]
    return actor


class JsonParser(JSONParser):
    """JSON, refused in words of our own; one that is nested deeper than the parser goes is no JSON that anybody means."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        try:
            return super().parse(stream, media_type, parser_context)
        except RecursionError:
            raise ParseError(_("JSON 嵌套层次过深，请按接口文档的结构发送。")) from None
        except ParseError as refusal:
            raise ParseError(why_no_json(refusal.__context__)) from None


class FilesParser(MultiPartParser):
    """A form with files, refused in words of our own."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        try:
            return super().parse(stream, media_type, parser_context)
        except ParseError:
            raise ParseError(_("表单内容不完整或分隔标记有误，请以 multipart/form-data 重新发送。")) from None


class RolePermission(BasePermission):
    """Lets in whoever holds one of `view.roles` (empty: anybody who is known); `public = True` lets in everybody."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        if getattr(view, "public", False):
            return True
        actor = getattr(request, "actor", None)
        if actor is None:
            raise NotAuthenticated
        roles = getattr(view, "roles", ())
        return not roles or actor.has(*roles)


class Pagination(PageNumberPagination):
    """100 rows a page; `?page_size=` up to 1000."""

    page_size = 100
    max_page_size = 1000
    page_size_query_param = "page_size"


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, Promise):
        return str(value)
    if isinstance(value, set | frozenset):
        return sorted(value)
    raise TypeError(f"no JSON form for {type(value).__name__}")


def dumps(value: Any) -> bytes:
    """JSON as the API writes it: amounts as text with their decimals, times ISO with offset."""
    return orjson.dumps(value, default=_plain, option=orjson.OPT_NON_STR_KEYS)


class OrjsonRenderer(BaseRenderer):
    """JSON by orjson; Decimal becomes text, so that no client rounds it."""

    media_type = "application/json"
    format = "json"
    charset = None
    render_style = "binary"

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        return b"" if data is None else dumps(data)
