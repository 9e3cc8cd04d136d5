"""REST: matters and tasks of the signed-in person; starting and acting. The same services as the pages."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView

from ops_platform.kernel import Actor, Invalid, NotFound, Role
from ops_platform.masterdata.models import Department, Institution
from ops_platform.web.api import actor_of
from ops_platform.web.api_lists import VisibleList
from workflows import course_page, services
from workflows.filters.matters import MatterFilter
from workflows.models import Act, Matter, RequestKind, Task
from workflows.selectors import matters as selectors
from workflows.services.requests import ASKERS

TAGS = ["审批"]
PERSONS = tuple(role for role in Role if role is not Role.HIS_CLIENT)


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

    name = serializers.CharField(help_text="文件名")
    size = serializers.IntegerField(help_text="字节数")
    digest = serializers.CharField(help_text="SHA-256")
    url = serializers.CharField(help_text="下载地址")
    signed = serializers.BooleanField(help_text="是否随内容一并签署；讨论中后加的附件为否")


class MatterDetailSerializer(MatterSerializer):
    """A matter with its tasks, its record and its attachments."""

    tasks = serializers.SerializerMethodField()
    record = serializers.SerializerMethodField()
    attachments = serializers.SerializerMethodField()

    class Meta(MatterSerializer.Meta):
        fields = [*MatterSerializer.Meta.fields, "tasks", "record", "attachments"]

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
            {"name": one.name, "size": one.size, "digest": one.digest, "url": one.url, "signed": is_signed}
            for one, is_signed in rows
        ]


class RequestSerializer(serializers.Serializer):
    """A general request."""

    institution = serializers.CharField(max_length=40, help_text="机构代码")
    department = serializers.CharField(max_length=40, required=False, allow_blank=True, help_text="科室代码，可不填")
    kind = serializers.ChoiceField(choices=RequestKind.choices, help_text="类别")
    title = serializers.CharField(max_length=120, help_text="事项名称")
    amount = serializers.DecimalField(max_digits=18, decimal_places=2, min_value=Decimal(0), help_text="金额(元)")
    reason = serializers.CharField(max_length=1000, help_text="理由")


class ActingSerializer(serializers.Serializer):
    """An act upon a matter."""

    act = serializers.ChoiceField(
        choices=[
            "approve",
            "reject",
            "return",
            "transfer",
            "add_before",
            "add_after",
            "take_back",
            "withdraw",
            "resubmit",
            "urge",
            "comment",
        ],
        help_text="办理动作",
    )
    task = serializers.IntegerField(
        required=False, min_value=1, help_text="待办编号；同意、否决、退回、转办、加签时必填"
    )
    comment = serializers.CharField(max_length=1000, required=False, allow_blank=True, default="", help_text="意见")
    step = serializers.CharField(max_length=40, required=False, allow_blank=True, default="", help_text="退回到的环节")
    person = serializers.IntegerField(required=False, min_value=1, help_text="转办、加签或取消加签的人员编号")


@extend_schema_view(get=extend_schema(tags=TAGS, summary="我可以查看的事项"))
class MatterListView(VisibleList):
    """Matters the person may read."""

    roles = PERSONS
    serializer_class = MatterSerializer
    filterset_class = MatterFilter

    def visible(self, actor: Actor) -> QuerySet[Any]:
        return selectors.readable(actor)


class RequestView(APIView):
    """Submit a general request. What else is approved begins on its own page, as a reopening at the month."""

    roles = ASKERS

    @extend_schema(
        tags=TAGS,
        summary="发起事项申请",
        description="以登录会话调用，提交后即进入审批。反结账、角色授予等其他事项在各自的页面上发起。",
        request=RequestSerializer,
        responses={201: OpenApiResponse(MatterSerializer, description="已提交")},
    )
    def post(self, request: Request) -> Response:
        asked = RequestSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        given = dict(asked.validated_data)
        actor = actor_of(request)
        code, department = given.pop("institution"), given.pop("department", "")
        institution = Institution.objects.visible_to(actor).filter(code=code).first()
        if institution is None:
            raise NotFound("masterdata.no_institution", "没有这个机构。")
        found = Department.objects.filter(institution=institution, code=department).first() if department else None
        if department and found is None:
            raise Invalid("workflows.department_elsewhere", "所选科室不属于所选机构。", field="department")
        _row, matter = services.ask(
            actor, institution_id=institution.pk, department_id=found.pk if found else None, **given
        )
        place = reverse("api-matter", args=[matter.pk], request=request)
        body = MatterSerializer(matter, context={"request": request}).data
        return Response(body, status=201, headers={"Location": place})


class MatterView(APIView):
    """One matter with its tasks and record."""

    roles = PERSONS

    @extend_schema(tags=TAGS, summary="一件事项及其办理记录", responses=MatterDetailSerializer)
    def get(self, request: Request, pk: int) -> Response:
        matter = selectors.access_matter(actor_of(request), pk)
        return Response(MatterDetailSerializer(matter, context={"request": request}).data)


class ActView(APIView):
    """Act upon a matter as the signed-in person."""

    roles = PERSONS

    @extend_schema(
        tags=TAGS,
        summary="办理",
        description="以登录会话调用，规则与页面相同：不能审批自己的事项，待办须是本人的。",
        request=ActingSerializer,
        responses=MatterDetailSerializer,
    )
    def post(self, request: Request, pk: int) -> Response:
        asked = ActingSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        actor = actor_of(request)
        selectors.access_matter(actor, pk)
        _verb(actor, pk, asked.validated_data)()
        matter = selectors.access_matter(actor, pk)
        return Response(MatterDetailSerializer(matter, context={"request": request}).data)


def _verb(actor: Actor, pk: int, given: dict[str, Any]) -> Callable[[], Matter]:
    act, words = given["act"], given["comment"]
    if act in ("withdraw", "resubmit"):
        return lambda: getattr(services, act)(actor, matter_id=pk, comment=words)
    if act == "urge":
        return lambda: services.urge(actor, matter_id=pk)
    if act == "comment":
        return lambda: services.comment(actor, matter_id=pk, words=words)
    if "task" not in given:
        raise Invalid("workflows.no_task_named", "请在 task 中给出本人的待办编号。", field="task")
    common = {"matter_id": pk, "task": given["task"], "comment": words}
    if act in ("approve", "reject"):
        return lambda: getattr(services, act)(actor, **common)
    if act == "return":
        return lambda: services.return_to(actor, step=given["step"], **common)
    if "person" not in given:
        raise Invalid("workflows.no_such_colleague", "请在 person 中给出人员编号。", field="person")
    if act == "transfer":
        return lambda: services.transfer(actor, to=given["person"], **common)
    if act == "take_back":
        return lambda: services.take_back_signer(actor, guest=given["person"], **common)
    return lambda: services.add_signer(actor, added=given["person"], before=act == "add_before", **common)


@extend_schema_view(get=extend_schema(tags=TAGS, summary="我的待办"))
class TaskListView(VisibleList):
    """Tasks that wait for the person."""

    roles = PERSONS
    serializer_class = TaskSerializer

    def visible(self, actor: Actor) -> QuerySet[Any]:
        return selectors.to_do(actor).select_related("person")
