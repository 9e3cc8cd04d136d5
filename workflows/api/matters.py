"""API of matters: lists, one with its record, and what the person started."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView

from ops_platform.kernel import Actor
from ops_platform.web.api import actor_of
from ops_platform.web.api_lists import VisibleList
from workflows import course_page
from workflows.api.scope import PERSONS, TAGS
from workflows.filters.matters import MatterFilter
from workflows.models import Act, Matter, Task
from workflows.selectors import matters as selectors
from workflows.selectors.notable import LABELS


class MatterSerializer(serializers.ModelSerializer):
    """A matter as listed."""

    url = serializers.HyperlinkedIdentityField(view_name="api-matter")
    type = serializers.CharField(source="subject_type", help_text="事项类型")
    institution = serializers.CharField(source="institution.code", default=None, help_text="机构代码，医共体事项为空")
    applicant = serializers.CharField(source="applicant.username", help_text="申请人用户名")
    version = serializers.IntegerField(source="version.number", help_text="流程版本")

    class Meta:
        model = Matter
        fields = [
            "id",
            "url",
            "type",
            "subject",
            "title",
            "amount",
            "institution",
            "applicant",
            "version",
            "state",
            "step",
            "step_title",
            "round",
            "values",
            "digest",
            "submitted_at",
            "ended_at",
        ]


class TaskSerializer(serializers.ModelSerializer):
    """One person's turn."""

    matter: Any = serializers.HyperlinkedRelatedField(view_name="api-matter", read_only=True)
    title = serializers.CharField(source="matter.title", help_text="事项")
    amount = serializers.DecimalField(
        source="matter.amount", max_digits=18, decimal_places=2, default=None, help_text="金额(元)，无金额的为空"
    )
    person = serializers.CharField(source="person.username", help_text="办理人用户名")
    behalf_of = serializers.CharField(source="behalf_of.username", default=None, help_text="代何人办理")

    class Meta:
        model = Task
        fields = [
            "matter",
            "title",
            "amount",
            "number",
            "step",
            "step_title",
            "person",
            "behalf_of",
            "role",
            "state",
            "created_at",
            "done_at",
        ]


class ActSerializer(serializers.ModelSerializer):
    """One entry of a matter's record."""

    person = serializers.CharField(source="person.username", default=None, help_text="办理人，平台自动为空")
    behalf_of = serializers.CharField(source="behalf_of.username", default=None, help_text="代何人办理")
    other = serializers.CharField(source="other.username", default=None, help_text="被转办、被加签的人")

    class Meta:
        model = Act
        fields = ["number", "at", "kind", "person", "behalf_of", "other", "step", "comment", "digest", "events"]


class AttachmentSerializer(serializers.Serializer):
    """A file of a matter."""

    id = serializers.IntegerField(help_text="附件编号")
    name = serializers.CharField(help_text="文件名")
    size = serializers.IntegerField(help_text="字节数")
    digest = serializers.CharField(help_text="SHA-256")
    url = serializers.CharField(help_text="下载地址")
    signed = serializers.BooleanField(help_text="是否随内容一并签署；讨论中后加的附件为否")


class NotableSerializer(serializers.Serializer):
    """Something that a signer should look at."""

    code = serializers.ChoiceField(choices=list(LABELS.items()), help_text="种类")
    words = serializers.CharField(help_text="说明")
    matters = serializers.ListField(child=serializers.URLField(), help_text="有关的其他事项，限可以查看的")


class MatterDetailSerializer(MatterSerializer):
    """A matter with its tasks, its record, its attachments and what a signer should look at."""

    tasks = serializers.SerializerMethodField()
    record = serializers.SerializerMethodField()
    attachments = serializers.SerializerMethodField()
    notable = serializers.SerializerMethodField(help_text="请留意的情况；对申请人总是空")

    class Meta(MatterSerializer.Meta):
        fields = [*MatterSerializer.Meta.fields, "tasks", "record", "attachments", "notable"]

    @extend_schema(responses=TaskSerializer(many=True))
    def get_tasks(self, matter: Matter) -> Any:
        return TaskSerializer(selectors.tasks_of(matter), many=True, context=self.context).data

    @extend_schema(responses=ActSerializer(many=True))
    def get_record(self, matter: Matter) -> Any:
        return ActSerializer(selectors.record_of(matter), many=True).data

    @extend_schema(responses=AttachmentSerializer(many=True))
    def get_attachments(self, matter: Matter) -> Any:
        subject = course_page.subject_of(matter)
        signed = subject.documents if subject else ()
        rows = [(one, True) for one in signed] + [(one, False) for one in course_page.discussed(matter)]
        return [
            {
                "id": one.pk,
                "name": one.name,
                "size": one.size,
                "digest": one.digest,
                "url": reverse("api-matter-attachment", args=[matter.pk, one.pk], request=self.context["request"]),
                "signed": is_signed,
            }
            for one, is_signed in rows
        ]

    @extend_schema_field(NotableSerializer(many=True))
    def get_notable(self, matter: Matter) -> Any:
        request = self.context["request"]
        return [
            {
                "code": one.thing.code,
                "words": one.thing.words,
                "matters": [reverse("api-matter", args=[other.pk], request=request) for other in one.matters],
            }
            for one in course_page.worth_a_look(actor_of(request), matter)
        ]


def started(request: Request, matter_id: int) -> Response:
    """The answer to who started a matter: what it is now, and where."""
    matter = selectors.access_matter(actor_of(request), matter_id)
    place = reverse("api-matter", args=[matter.pk], request=request)
    body = MatterSerializer(matter, context={"request": request}).data
    return Response(body, status=201, headers={"Location": place})


@extend_schema_view(get=extend_schema(tags=TAGS, summary="我可以查看的事项"))
class MatterListView(VisibleList):
    """Matters the person may read."""

    roles = PERSONS
    serializer_class = MatterSerializer
    filterset_class = MatterFilter

    def visible(self, actor: Actor) -> QuerySet[Any]:
        return selectors.readable(actor)


@extend_schema_view(get=extend_schema(tags=TAGS, summary="我发起的事项"))
class StartedView(VisibleList):
    """What the person applied for, the latest first."""

    roles = PERSONS
    serializer_class = MatterSerializer
    filterset_class = MatterFilter

    def visible(self, actor: Actor) -> QuerySet[Any]:
        return selectors.started(actor).select_related("institution", "applicant", "version")


class MatterView(APIView):
    """One matter with its tasks and record."""

    roles = PERSONS

    @extend_schema(tags=TAGS, summary="一件事项及其办理记录", responses=MatterDetailSerializer)
    def get(self, request: Request, pk: int) -> Response:
        matter = selectors.access_matter(actor_of(request), pk)
        return Response(MatterDetailSerializer(matter, context={"request": request}).data)
