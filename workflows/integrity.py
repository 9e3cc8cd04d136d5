"""What must be true of every matter, whatever happened: recomputed by `manage.py verify_integrity`."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from django.db.models import Exists, F, OuterRef

from ops_platform.kernel import Finding, Severity
from workflows.engine.definition import from_json
from workflows.engine.recount import Entry, Lack, Rules, Shortfall, Turn, recount
from workflows.engine.stored_values import values_from_json
from workflows.models import Act, ActKind, FlowVersion, Matter, Setback, Task

CHUNK = 2_000


def signatures() -> Iterable[Finding]:
    """Nobody signed their own matter; each signature stands in the record; what is approved was signed
    as often as its steps needed."""
    signed = Task.objects.filter(state=Task.State.SIGNED)
    for task in signed.filter(person=F("matter__applicant")).order_by("id")[:50]:
        yield Finding(
            code="workflows.signed_own_matter",
            severity=Severity.BLOCKING,
            message=f"事项 {task.matter_id} 由申请人本人签署。",
            subject=str(task.matter_id),
        )
    act = Act.objects.filter(
        matter=OuterRef("matter"), task=OuterRef("number"), person=OuterRef("person"), kind=ActKind.APPROVE
    )
    for task in signed.exclude(origin="repeat").filter(~Exists(act)).order_by("id")[:50]:
        yield Finding(
            code="workflows.signature_unrecorded",
            severity=Severity.BLOCKING,
            message=f"事项 {task.matter_id} 的签署 {task.number} 没有对应的办理记录。",
            subject=str(task.matter_id),
        )
    yield from _recounted()


def _recounted() -> Iterator[Finding]:
    """Every approved matter counted again over its record; four queries for each chunk of matters."""
    rules: dict[int, Rules] = {}
    approved = Matter.objects.filter(state=Matter.State.APPROVED).order_by("pk")
    last = 0
    while chunk := list(approved.filter(pk__gt=last).values_list("pk", "version", "values", "digest")[:CHUNK]):
        last = chunk[-1][0]
        unread = {version for _, version, _, _ in chunk} - rules.keys()
        for version, body in FlowVersion.objects.filter(pk__in=unread).values_list("pk", "body"):
            rules[version] = Rules.of(from_json(body))
        entries, turns = _entries(chunk[0][0], last), _turns(chunk[0][0], last)
        for matter, version, stored, digest in chunk:
            values = values_from_json(stored, rules[version].definition.attributes)
            for fault in recount(
                rules[version], values=values, digest=digest, entries=entries[matter], turns=turns[matter]
            ):
                yield _finding(matter, fault)


def _entries(first: int, last: int) -> Mapping[int, list[Entry]]:
    """The records of the approved matters from the first to the last."""
    found: defaultdict[int, list[Entry]] = defaultdict(list)
    rows = Act.objects.filter(matter__gte=first, matter__lte=last, matter__state=Matter.State.APPROVED)
    wanted = ("matter", "number", "kind", "round", "person", "digest", "events")
    for matter, *entry in rows.order_by("number").values_list(*wanted):
        found[matter].append(Entry(*entry))
    return found


def _turns(first: int, last: int) -> Mapping[int, list[Turn]]:
    """The tasks of the approved matters from the first to the last."""
    found: defaultdict[int, list[Turn]] = defaultdict(list)
    rows = Task.objects.filter(matter__gte=first, matter__lte=last, matter__state=Matter.State.APPROVED)
    for matter, number, visit, seat, person, mandatory, state in rows.values_list(
        "matter", "number", "visit", "seat", "person", "mandatory", "state"
    ):
        found[matter].append(Turn(number, visit, seat, person, mandatory, state == Task.State.SIGNED))
    return found


def _finding(matter: int, fault: Shortfall) -> Finding:
    approved = f"事项 {matter} 已同意，但"
    at = f"环节「{fault.step.title}」" if fault.step else ""
    match fault.lack:
        case Lack.LEFT_OUT:
            return Finding(
                "workflows.step_left_out", Severity.BLOCKING, f"{approved}按条件应经过的{at}没有经过。", str(matter)
            )
        case Lack.UNSIGNED:
            words = f"{approved}{at}须有 {fault.needed} 个签署，有效的只有 {fault.found} 个。"
            return Finding("workflows.approved_unsigned", Severity.BLOCKING, words, str(matter))
        case Lack.ADDED_UNSIGNED:
            words = f"{approved}{at}加签 {fault.needed} 人，有效的签署只有 {fault.found} 个。"
            return Finding("workflows.added_unsigned", Severity.BLOCKING, words, str(matter))
        case Lack.TURN_GONE:
            words = f"{approved}{at}记录的 {fault.needed} 个待办中，只有 {fault.found} 个还与记录相符。"
            return Finding("workflows.turn_gone", Severity.BLOCKING, words, str(matter))
    words = f"{approved}办理记录不连续：应有 {fault.needed} 条，实有 {fault.found} 条。"
    return Finding("workflows.record_gap", Severity.BLOCKING, words, str(matter))


def turns() -> Iterable[Finding]:
    """A matter under approval waits on somebody; one that is over on nobody."""
    open_task = Task.objects.filter(matter=OuterRef("pk"), state=Task.State.OPEN)
    running = Matter.objects.filter(state=Matter.State.RUNNING)
    for matter in running.filter(~Exists(open_task)).order_by("id")[:50]:
        yield Finding(
            code="workflows.nobodys_turn",
            severity=Severity.BLOCKING,
            message=f"事项 {matter.pk} 在审批中，但没有人待办。",
            subject=str(matter.pk),
        )
    over = Matter.objects.exclude(state=Matter.State.RUNNING)
    for matter in over.filter(Exists(open_task)).order_by("id")[:50]:
        yield Finding(
            code="workflows.turn_left_over",
            severity=Severity.BLOCKING,
            message=f"事项 {matter.pk} 不在审批中，但仍有人待办。",
            subject=str(matter.pk),
        )


def setbacks() -> Iterable[Finding]:
    """The sweeper does its duties: reminders, escalation, expiry, other approvers, delegations."""
    for row in Setback.objects.filter(failures__gt=0).order_by("-failures", "id")[:50]:
        yield Finding(
            code="workflows.sweep_failed",
            severity=Severity.WARNING,
            message=f"事项 {row.matter_id} 的自动处理({row.duty})连续 {row.failures} 次失败：{row.words}。",
            subject=str(row.matter_id),
        )
