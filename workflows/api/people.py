"""API of the people whom a task may be passed on to, and of those who may act for the person."""

from typing import Any

from django.db.models import QuerySet
from django_filters import CharFilter, FilterSet
from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_view
from rest_framework import serializers

from ops_platform.identity.models import User
from ops_platform.kernel import Actor
from ops_platform.web.api import Pagination, actor_of
from ops_platform.web.api_lists import VisibleList
from workflows.api.scope import PERSONS, TAGS
from workflows.selectors import matters as selectors
from workflows.selectors.deputies import deputies
from workflows.selectors.matters import SIGNERS
from workflows.services.passing_on import disqualified


class PersonSerializer(serializers.ModelSerializer):
    """A person by number, name and roles."""

    name = serializers.CharField(source="display_name", help_text="姓名")
    roles = serializers.SerializerMethodField(help_text="担任的角色")

    class Meta:
        model = User
        fields = ["id", "username", "name", "roles"]

    def get_roles(self, person: User) -> str:
        roles: str = self.context["roles"].get(person.pk, "")
        return roles


class PersonFilter(FilterSet):
    """People whom every word fits: name, user name, role or institution."""

    words = CharFilter(label="姓名、用户名、角色或机构，多个词以空格分开", method="found")

    class Meta:
        model = User
        fields: list[str] = []

    def found(self, rows: Any, _name: str, value: str) -> Any:
        return selectors.find_people(rows, value)


class PeoplePages(Pagination):
    """20 people a page: each is measured by the rules of the act."""

    page_size = 20
    max_page_size = 20


class PeopleList(VisibleList):
    """People found by a search, with their roles; two queries more a page."""

    serializer_class: Any = PersonSerializer
    filterset_class = PersonFilter
    pagination_class = PeoplePages

    def paginate_queryset(self, queryset: Any) -> Any:
        self.page = super().paginate_queryset(queryset)
        return self.page

    def get_serializer_context(self) -> dict[str, Any]:
        page = getattr(self, "page", None) or []
        return {
            **super().get_serializer_context(),
            "roles": {one.person.pk: one.roles for one in selectors.posts(page)},
        }


@extend_schema_view(get=extend_schema(tags=TAGS, summary="可以受我委派的人"))
class DeputiesView(PeopleList):
    """Who may act for the person: who could sign in each of their roles."""

    roles = SIGNERS

    def visible(self, actor: Actor) -> QuerySet[Any]:
        return deputies(actor)


class DisqualifiedSerializer(serializers.Serializer):
    """Why a person may not be named."""

    code = serializers.CharField(help_text="错误代码，与办理时相同")
    message = serializers.CharField(help_text="原因")


class NameableSerializer(PersonSerializer):
    """A person with what speaks against naming them."""

    disqualified = serializers.SerializerMethodField(help_text="不能选的原因，可以选的为空")

    class Meta(PersonSerializer.Meta):
        fields = [*PersonSerializer.Meta.fields, "disqualified"]

    @extend_schema_field(DisqualifiedSerializer(allow_null=True))
    def get_disqualified(self, person: User) -> dict[str, str] | None:
        refusal = self.context["refusals"].get(person.pk)
        return None if refusal is None else {"code": refusal.code, "message": refusal.message}


class _Asked(serializers.Serializer):
    """For which act people are looked for."""

    task = serializers.IntegerField(min_value=1, help_text="本人的待办编号")
    act = serializers.ChoiceField(choices=["transfer", "add_before", "add_after"], help_text="办理动作")


@extend_schema_view(
    get=extend_schema(
        tags=TAGS,
        summary="转办、加签时可以选的人",
        description="列出角色涉及该机构的在岗人员，并逐人给出不能选的原因；规则与办理时相同。",
        parameters=[_Asked],
    )
)
class NameableView(PeopleList):
    """Who may be named as `person` of an act upon the matter."""

    roles = PERSONS
    serializer_class = NameableSerializer
    query = _Asked

    def visible(self, actor: Actor) -> QuerySet[Any]:
        return selectors.colleagues(selectors.access_matter(actor, self.kwargs["pk"]))

    def paginate_queryset(self, queryset: Any) -> Any:
        asked = _Asked(data=self.request.query_params)
        asked.is_valid(raise_exception=True)
        page = super().paginate_queryset(queryset)
        actor, given = actor_of(self.request), asked.validated_data
        matter = selectors.access_matter(actor, self.kwargs["pk"])
        self.refusals = disqualified(
            actor, matter, task=given["task"], people=page, transfer=given["act"] == "transfer"
        )
        return page

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "refusals": getattr(self, "refusals", {})}
