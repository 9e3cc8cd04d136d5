"""The monthly cost report that goes to the heads of the clinical departments (科室成本月报, domain.md 6.1)."""

from decimal import Decimal

from django.urls import reverse

from costing.engine.targets import Verdict
from costing.models import CostRun, CostTarget
from costing.selectors.monthly_comparison import (
    CHARGES,
    COST,
    DRUGS,
    MATERIALS,
    SERVICES,
    VISIT_CHARGES,
    VISIT_COST,
    Compared,
    ComparedReport,
    compared_reports,
)
from costing.selectors.patients import current_run
from costing.selectors.responsibility.measuring import MonthFigures
from costing.selectors.responsibility.targets import TargetMonth, in_force, measured
from ops_platform.identity.selectors import department_heads
from ops_platform.notifications.public import Note, notify
from ops_platform.web import formats

KIND = "costing.department_report"


def tell_departments(run: CostRun) -> int:
    """Send each head the department's month. Told again only where its figures have changed; returns how many were told."""
    heads = department_heads(institution=run.institution_id)
    patients = current_run(institution=run.institution_id, period=run.period)
    reports = compared_reports(run=run, patients=patients) if heads else []
    missed = _missed(run) if heads else {}
    notes = [
        Note(
            recipient=person,
            key=f"{KIND}:{one.report.department}:{run.period}",
            kind=KIND,
            title=f"{one.report.name} {formats.period_label(run.period)}成本月报",
            body=_words(one) + missed.get(one.report.department, ""),
            url=f"{reverse('department', args=[one.report.department])}?period={run.period}",
        )
        for one in reports
        for person in heads.get(one.report.department, ())
    ]
    return notify(notes) if notes else 0


def _words(compared: ComparedReport) -> str:
    one = compared.report
    parts = [
        f"收入 {formats.money(one.income)} 元，全成本 {formats.money(one.cost)} 元，结余 {formats.money(one.surplus)} 元",
        "，".join(_figure(compared.of(measure)) for measure in (DRUGS, MATERIALS, SERVICES)),
    ]
    if one.visits:
        figures = [_figure(compared.of(each)) for each in (VISIT_CHARGES, VISIT_COST) if each.of(one) is not None]
        parts.append("，".join([f"门急诊 {one.visits:,} 人次", *figures]))
    if one.discharges:
        parts.append(
            f"出院 {one.discharges:,} 人次，" + "，".join(_figure(compared.of(each)) for each in (CHARGES, COST))
        )
    return "；".join(parts) + "。"


def _figure(one: Compared) -> str:
    """药占比 40.0%(比上月 +1.2 个百分点，目标 ≤ 35.0%): what is unknown is left out."""
    ratio = one.measure.kind == "percent"
    write = formats.percent if ratio else _yuan
    beside = [
        f"{words} {_moved(change, ratio=ratio)}"
        for words, change in (("比上月", one.month_change), ("比上年同月", one.year_change))
        if change is not None
    ]
    if one.target is not None:
        beside.append(f"目标 {'≥' if one.measure.good == 'up' else '≤'} {write(one.target)}")
    told = f"{one.measure.title} {write(one.now)}"
    return f"{told}({'，'.join(beside)})" if beside else told


def _yuan(amount: Decimal | None) -> str:
    return formats.MISSING if amount is None else f"{formats.money(amount)} 元"


def _moved(change: Decimal, *, ratio: bool) -> str:
    text = f"{formats.number(change, 1)} 个百分点" if ratio else formats.percent(change)
    return text if text.startswith("-") else f"+{text}"


def _missed(run: CostRun) -> dict[int, str]:
    """Of each department which of its targets the month missed, in words."""
    rows = CostTarget.objects.filter(institution=run.institution_id, department__isnull=False)
    holding = in_force(rows.select_related("institution", "department"), run.period)
    month = MonthFigures(institution=run.institution_id, period=run.period)
    found: dict[int, list[TargetMonth]] = {}
    for one in measured(holding, month) if holding else ():
        if one.verdict is Verdict.MISSED and one.target.department_id is not None:
            found.setdefault(one.target.department_id, []).append(one)
    return {
        department: "未达成目标："
        + "；".join(f"{one.title} {one.actual_words}(目标 {one.limit_words})" for one in missed)
        + "。"
        for department, missed in found.items()
    }
