"""Classification mappings need a second person: an institution's own, and the province's that is handed down."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from insurance_settlement.engine.mapping import Dimension
from insurance_settlement.models import DIMENSION_TITLES, MappingSimulation, MappingVersion
from insurance_settlement.selectors.mappings import rows_of
from insurance_settlement.services.mappings import (
    KEEPERS,
    KIND,
    PROVINCE_KIND,
    approve_mapping,
    latest_simulation,
    refuse_unfit,
    return_mapping,
)
from ops_platform.kernel import Actor, Line, NotFound, Role
from ops_platform.web import formats
from ops_platform.web.numbers import number_of
from workflows.public import Attribute, Decision, Kind, Level, Step, Subject, SubjectType, default, role

RATIO_TITLES = {
    "service": _("医疗服务收入占比"),
    "drug": _("药占比"),
    "material": _("耗占比"),
    "diagnostic": _("检查化验占比"),
}


def _version(number: int) -> MappingVersion:
    rows = MappingVersion.objects.select_related(
        "institution", "based_on", "simulation__before", "simulation__institution"
    )
    found = rows.filter(pk=number).first()
    if found is None:
        raise NotFound("insurance_settlement.no_mapping", "没有这个归集口径版本。")
    return found


def _load(subject: str) -> Subject:
    version = _version(number_of(subject))
    owner = version.institution.name if version.institution else "省版(全部机构)"
    simulation = version.simulation
    return Subject(
        title=f"归集口径：{owner} {version.name}，自 {version.effective_from:%Y-%m} 起",
        institution=version.institution_id,
        values={"moved": _moved(simulation)},
        content={
            "institution": version.institution.code if version.institution else "",
            "number": version.number,
            "name": version.name,
            "effective_from": version.effective_from.isoformat(),
            "source_text": version.source_text,
            "digest": version.digest,
            "simulation": _signed(simulation),
            "judgement": version.judgement,
        },
        lines=(
            Line("适用", owner),
            Line("版本", f"第 {version.number} 版 {version.name}，{rows_of(version).count():,} 行"),
            Line("生效月份", f"{version.effective_from:%Y-%m}，以前的月份保持原口径"),
            Line("派生自", f"省版 {version.based_on}" if version.based_on else "—"),
            Line("依据", version.source_text or "—"),
            *_simulated_lines(simulation),
            Line("结果分析和问题判断", version.judgement),
        ),
        url=reverse("insurance_settlement:mapping", args=[version.pk]),
    )


def _signed(simulation: MappingSimulation | None) -> Mapping[str, Any] | None:
    """What of a simulation is signed: its figures by their digest, and the explanations."""
    if simulation is None:
        return None
    explained = simulation.classes.filter(explanation__isnull=False).order_by("pk")
    return {
        "id": simulation.pk,
        "digest": simulation.input_digest,
        "explanations": [[pk, text] for pk, text in explained.values_list("pk", "explanation__text")],
    }


def _sums(simulation: MappingSimulation) -> dict[Dimension, tuple[Decimal, Decimal]]:
    """Of each dimension its total and what moved, in yuan."""
    sums: dict[Dimension, tuple[Decimal, Decimal]] = {}
    for name, before, after in simulation.classes.order_by("pk").values_list("dimension", "before", "after"):
        total, moved = sums.get(Dimension(name), (Decimal(0), Decimal(0)))
        sums[Dimension(name)] = total + before, moved + abs(after - before) / 2
    return sums


def _moved(simulation: MappingSimulation | None) -> Decimal:
    """The greatest moved ratio of the dimensions, 0 without a simulation."""
    if simulation is None:
        return Decimal(0)
    ratios = [moved / total for total, moved in _sums(simulation).values() if total]
    return max(ratios, default=Decimal(0)).quantize(Decimal("0.0001"))


def _simulated_lines(simulation: MappingSimulation | None) -> list[Line]:
    if simulation is None:
        return []
    months = simulation.first_period
    if simulation.last_period != months:
        months += f" 至 {simulation.last_period}"
    before = f"「{simulation.before}」" if simulation.before else "院内系统费用类别"
    moved = "\n".join(
        f"{DIMENSION_TITLES[dimension]}：移动 {formats.money(amount)} 元，"
        f"占 {formats.percent(amount / total) if total else '—'}"
        for dimension, (total, amount) in _sums(simulation).items()
    )
    ratios = "\n".join(
        f"{RATIO_TITLES[name]}：{_ratio(before_)} → {_ratio(after)}"
        for name, (before_, after) in ((name, simulation.indicators[name]) for name in RATIO_TITLES)
    )
    explained = simulation.classes.filter(explanation__isnull=False).select_related("explanation").order_by("pk")
    words = "\n".join(
        f"{row.get_dimension_display()}「{row.title}」{formats.money(row.before)} → {formats.money(row.after)} 元："
        f"{row.explanation.text}"
        for row in explained
    )
    return [
        Line("模拟期间", f"{simulation.institution.name} {months}，模拟前为{before}"),
        Line("移动金额", moved or "—"),
        Line("指标前后", ratios),
        Line("变动说明", words or f"没有超过 {(simulation.threshold * 100).normalize():f}% 的变动"),
    ]


def _ratio(told: str | None) -> str:
    return "—" if told is None else formats.percent(Decimal(told), 2)


def _ready(_actor: Actor, subject: str) -> None:
    version = _version(number_of(subject))
    if version.simulation_id is None:
        version.simulation = latest_simulation(version)
    refuse_unfit(version)


def _approved(actor: Actor, subject: str, _decision: Decision) -> None:
    approve_mapping(actor, version_id=number_of(subject))


def _returned(_actor: Actor, subject: str, _decision: Decision) -> None:
    return_mapping(version_id=number_of(subject))


MOVED = (Attribute("moved", "最大移动比例", Kind.NUMBER),)

MAPPING = SubjectType(
    code=KIND,
    title=_("归集口径"),
    load=_load,
    applicants=KEEPERS,
    ready=_ready,
    begun_at="归集口径页面的「提交审批」：须先模拟、说明变动，程序不能代为判断。",
    attributes=MOVED,
    on_approval=_approved,
    on_rejection=_returned,
    on_withdrawal=_returned,
    readers=(Role.FINANCE_OFFICER, Role.ACCOUNTING_REVIEWER, Role.INSURANCE_OFFICER),
    default=default(
        "归集口径",
        (
            Step(
                "second",
                "财务负责人审批",
                (role(Role.FINANCE_DIRECTOR, or_above=True), role(Role.OPERATION_CENTRE, Level.ALLIANCE)),
                remind_hours=24,
                escalate_hours=72,
            ),
        ),
        note="归集口径改变各类收入和指标，须由申请人以外的一人核对模拟结果后同意；以前的报表保持原口径。",
    ),
)

PROVINCE_MAPPING = SubjectType(
    code=PROVINCE_KIND,
    title=_("省版归集口径"),
    load=_load,
    applicants=(Role.OPERATION_CENTRE,),
    ready=_ready,
    begun_at="归集口径页面的「提交审批」：省版由运营管理中心导入，由另一人核对。",
    attributes=MOVED,
    on_approval=_approved,
    on_rejection=_returned,
    on_withdrawal=_returned,
    readers=(Role.FINANCE_DIRECTOR, Role.INSTITUTION_HEAD),
    default=default(
        "省版归集口径",
        (
            Step(
                "second",
                "领导小组或运营管理中心另一人审批",
                (role(Role.LEADERSHIP, Level.ALLIANCE), role(Role.OPERATION_CENTRE, Level.ALLIANCE)),
                remind_hours=48,
            ),
        ),
        note="省版批准后下发全部机构，机构据以派生本院版本并反馈意见。",
    ),
)
