"""Making a consolidation final: signed by somebody who neither made nor explained it."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from ops_platform.kernel import Actor, Line, NotFound, Role, from_fen
from ops_platform.ledger.engine.statements import BALANCE_SHEET, INCOME_STATEMENT
from ops_platform.ledger.models import ConsolidationRun, PairMatch
from ops_platform.ledger.selectors import consolidation as reads
from ops_platform.ledger.selectors.final import figures_digest, makers_of
from ops_platform.ledger.services.consolidation import FINAL_KIND, MAKERS
from ops_platform.ledger.services.finalising import finalise, refuse_unfit
from ops_platform.web.formats import money, period_label
from ops_platform.web.numbers import number_of
from workflows.public import Decision, Level, Step, Subject, SubjectType, default, role

SHOWN = (
    (BALANCE_SHEET, "end", (("assets", "资产总计"), ("liabilities", "负债合计"), ("net_assets", "净资产合计"))),
    (INCOME_STATEMENT, "year", (("income", "本年收入"), ("expense", "本年费用"), ("surplus", "本年盈余"))),
)


def _run(subject: str) -> ConsolidationRun:
    run = ConsolidationRun.objects.filter(pk=number_of(subject)).first()
    if run is None:
        raise NotFound("ledger.no_consolidation", "没有这次合并。")
    return run


def _load(subject: str) -> Subject:
    run = _run(subject)
    counts = reads.pair_counts(run=run)
    signed = figures_digest(run)
    figures = []
    for code, measure, shown in SHOWN:
        statement = reads.statement(run=run, code=code)
        figures += [Line(title, money(from_fen(statement.value(key, measure)))) for key, title in shown]
    return Subject(
        title=f"合并报表定稿：{period_label(run.period)} 第 {run.version} 版",
        institution=None,
        values={},
        content={
            "period": run.period,
            "version": run.version,
            "input_digest": run.input_digest,
            "figures": signed,
            "explanation": run.explanation,
        },
        lines=(
            Line("期间", run.period),
            Line("成员", f"{len(run.members)} 家"),
            *figures,
            Line(
                "内部往来",
                f"一致 {counts.get(PairMatch.State.MATCHED, 0)} 对，已说明 {counts.get(PairMatch.State.EXPLAINED, 0)} 对",
            ),
            Line("手工抵销", f"{len(run.by_hand)} 张"),
            *((Line("定稿说明", run.explanation),) if run.explanation else ()),
            Line("数字摘要", signed),
        ),
        url=reverse("ledger:consolidation-run", args=[run.pk]),
        barred=makers_of(run),
    )


def _ready(_actor: Actor, subject: str) -> None:
    refuse_unfit(_run(subject))


def _approved(actor: Actor, subject: str, _decision: Decision) -> None:
    finalise(actor, run_id=int(subject))


CONSOLIDATION = SubjectType(
    code=FINAL_KIND,
    title=_("合并报表定稿"),
    load=_load,
    applicants=MAKERS,
    begun_at="POST /api/v1/ledger/consolidations/{id}/finalise/",
    ready=_ready,
    on_approval=_approved,
    default=default(
        "合并报表定稿",
        (
            Step(
                "sign",
                "运营管理中心另一人或领导小组审批",
                (role(Role.OPERATION_CENTRE, Level.ALLIANCE), role(Role.LEADERSHIP, Level.ALLIANCE)),
                remind_hours=48,
                escalate_hours=72,
            ),
        ),
        note="合并、说明差异和定稿职责分离：合并人、差异说明人、手工抵销提出人不能为同一份合并报表定稿。",
    ),
)
