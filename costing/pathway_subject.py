"""What of pathways and standard costs needs a second person."""

from collections.abc import Sequence
from decimal import Decimal

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from costing import starting
from costing.models import ItemStandardProposal, Pathway, PathwayProposal
from costing.second_person import SECOND
from costing.services.driver_rules import RULERS
from costing.services.pathways import (
    PATHWAY,
    STANDARD,
    put_pathway_in_force,
    put_standards_in_force,
    refuse_pathway,
    refuse_standards,
)
from ops_platform.kernel import Actor, Line, NotFound, Role
from ops_platform.masterdata.models import ChargeItem
from ops_platform.web.numbers import number_of
from workflows.public import Attribute, Decision, Kind, Subject, SubjectType, default

SHOWN_ROWS = 30


def _load_pathway(subject: str) -> Subject:
    asked = PathwayProposal.objects.select_related("institution").filter(pk=number_of(subject)).first()
    if asked is None:
        raise NotFound("costing.no_pathway_proposal", "没有这个临床路径申请。")
    narrowed = "，".join(
        f"{title} {code}" for title, code in (("主要诊断", asked.diagnosis), ("主要操作", asked.procedure)) if code
    )
    where = f"{asked.institution.name} {asked.drg}" + (f"({narrowed})" if narrowed else "")
    names = dict(
        ChargeItem.objects.filter(
            institution=asked.institution_id, code__in=[code for code, *_rest in asked.rows]
        ).values_list("code", "name")
    )
    rows = [
        f"{code} {names.get(code, '')} × {quantity}{'' if obligatory == '1' else '(可选)'}"
        for code, quantity, obligatory in asked.rows
    ]
    return Subject(
        title=f"临床路径：{where} {asked.name} 自 {asked.effective_from} 起" + ("" if rows else "停用"),
        institution=asked.institution_id,
        values={"items": Decimal(len(asked.rows))},
        content={
            "institution": asked.institution.code,
            "drg": asked.drg,
            "diagnosis": asked.diagnosis,
            "procedure": asked.procedure,
            "name": asked.name,
            "standard_days": str(asked.standard_days),
            "effective_from": asked.effective_from.isoformat(),
            "rows": asked.rows,
            "source_text": asked.source_text,
        },
        lines=(
            Line("范围", where),
            Line("名称", asked.name),
            Line("标准住院日", f"{asked.standard_days} 天"),
            Line("现行版本", _present(asked)),
            Line("项目", _shown(rows) or "停用，不再有项目"),
            Line("生效日期", asked.effective_from.isoformat()),
            Line("依据", asked.source_text),
        ),
        url=reverse("costing:pathways"),
    )


def _present(asked: PathwayProposal) -> str:
    before = Pathway.objects.filter(
        institution=asked.institution_id,
        drg=asked.drg,
        diagnosis=asked.diagnosis,
        procedure=asked.procedure,
        effective_from__lt=asked.effective_from,
    )
    held = before.order_by("-effective_from").first()
    return f"自 {held.effective_from} 起，{held.items.count()} 个项目，{held.standard_days} 天" if held else "没有"


def _shown(rows: Sequence[str]) -> str:
    more = [f"……共 {len(rows)} 项"] if len(rows) > SHOWN_ROWS else []
    return "\n".join([*rows[:SHOWN_ROWS], *more])


def _load_standards(subject: str) -> Subject:
    asked = ItemStandardProposal.objects.select_related("institution").filter(pk=number_of(subject)).first()
    if asked is None:
        raise NotFound("costing.no_item_standard_proposal", "没有这个标准成本申请。")
    rows = [
        f"科室 {department} 项目 {item}：{quantity} × {unit_cost} 元"
        for department, item, quantity, unit_cost in asked.rows
    ]
    return Subject(
        title=f"项目标准成本：{asked.institution.name} 自 {asked.effective_from} 起 {len(rows)} 项",
        institution=asked.institution_id,
        values={"items": Decimal(len(asked.rows))},
        content={
            "institution": asked.institution.code,
            "effective_from": asked.effective_from.isoformat(),
            "rows": asked.rows,
            "source_text": asked.source_text,
        },
        lines=(
            Line("机构", asked.institution.name),
            Line("标准", _shown(rows)),
            Line("生效日期", asked.effective_from.isoformat()),
            Line("依据", asked.source_text),
        ),
        url=reverse("costing:item-standards"),
    )


def _pathway_approved(actor: Actor, subject: str, _decision: Decision) -> None:
    put_pathway_in_force(actor, proposal_id=number_of(subject))


def _pathway_refused(_actor: Actor, subject: str, _decision: Decision) -> None:
    refuse_pathway(proposal_id=number_of(subject))


def _standards_approved(actor: Actor, subject: str, _decision: Decision) -> None:
    put_standards_in_force(actor, proposal_id=number_of(subject))


def _standards_refused(_actor: Actor, subject: str, _decision: Decision) -> None:
    refuse_standards(proposal_id=number_of(subject))


ITEMS = (Attribute("items", "项目数", Kind.NUMBER),)

CLINICAL_PATHWAY = SubjectType(
    code=PATHWAY,
    title=_("临床路径变更"),
    load=_load_pathway,
    applicants=RULERS,
    begin=starting.PATHWAY,
    attributes=ITEMS,
    on_approval=_pathway_approved,
    on_rejection=_pathway_refused,
    on_withdrawal=_pathway_refused,
    readers=(Role.FINANCE_OFFICER, Role.ACCOUNTING_REVIEWER),
    default=default("临床路径变更", SECOND, note="临床路径是病组的标准成本，须由申请人以外的一人同意。"),
)

ITEM_STANDARDS = SubjectType(
    code=STANDARD,
    title=_("项目标准成本变更"),
    load=_load_standards,
    applicants=RULERS,
    begin=starting.ITEM_STANDARDS,
    attributes=ITEMS,
    on_approval=_standards_approved,
    on_rejection=_standards_refused,
    on_withdrawal=_standards_refused,
    readers=(Role.FINANCE_OFFICER, Role.ACCOUNTING_REVIEWER),
    default=default("项目标准成本变更", SECOND, note="标准成本决定差异，须由申请人以外的一人同意。"),
)
