"""Clinical pathways and standard costs of items: asked for by one person, put in force by a second one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import IntegrityError, transaction

from costing.days import check_day
from costing.models import (
    ItemStandard,
    ItemStandardProposal,
    Pathway,
    PathwayItem,
    PathwayProposal,
    ProposalState,
)
from costing.services.driver_rules import RULERS
from insurance_settlement.public import group_names
from ops_platform.audit.public import record
from ops_platform.kernel import Actor, Conflict, Forbidden, Invalid, NotFound
from ops_platform.masterdata.models import ChargeItem, Department, Institution
from workflows.public import start

PATHWAY, STANDARD = "costing.pathway", "costing.item_standard"
MOST_DAYS = Decimal(365)


@dataclass(frozen=True, slots=True)
class WantedPathway:
    """A pathway from a day on; `rows` are [item code, quantity, "1" obligatory or "0"]. `ended` ends it, without rows."""

    institution_id: int
    drg: str
    name: str
    standard_days: Decimal
    effective_from: date
    source_text: str
    diagnosis: str = ""
    procedure: str = ""
    rows: Sequence[Sequence[str]] = ()
    ended: bool = False


@dataclass(frozen=True, slots=True)
class WantedStandards:
    """Standard costs of items from a day on; `rows` are [department code, item code, quantity, unit cost]."""

    institution_id: int
    effective_from: date
    source_text: str
    rows: Sequence[Sequence[str]]


@transaction.atomic
def propose_pathway(actor: Actor, wanted: WantedPathway) -> tuple[PathwayProposal, int]:
    """Ask for a pathway or another version of it; it comes into force when a second person has approved it (number of the
    matter)."""
    institution, person = _ruler(actor, wanted.institution_id)
    place = {
        "institution": institution,
        "drg": wanted.drg.strip().upper(),
        "diagnosis": wanted.diagnosis.strip().upper(),
        "procedure": wanted.procedure.strip().upper(),
    }
    check_day(wanted.effective_from)
    _must_be_a_pathway(place, wanted)
    if Pathway.objects.filter(**place, effective_from=wanted.effective_from).exists():
        raise _same_day(wanted.effective_from)
    try:
        with transaction.atomic():
            proposal = PathwayProposal.objects.create(
                **place,
                name=wanted.name.strip(),
                standard_days=wanted.standard_days,
                effective_from=wanted.effective_from,
                rows=[list(row) for row in wanted.rows],
                source_text=wanted.source_text.strip(),
                asked_by_id=person,
            )
    except IntegrityError as error:
        raise Conflict(
            "costing.pathway_asked", "同一病组、同一生效日期的临床路径正在审批，请等审批结束。", field="effective_from"
        ) from error
    return proposal, start(actor, kind=PATHWAY, subject=str(proposal.pk), comment=wanted.source_text)


def _must_be_a_pathway(place: dict[str, object], wanted: WantedPathway) -> None:
    if not place["drg"]:
        raise Invalid("costing.pathway_group", "请填写病组代码，例如 ES21。", field="drg")
    groups = group_names(day=wanted.effective_from)
    if not wanted.ended and groups and place["drg"] not in groups:
        drg = wanted.drg.strip()[:20]
        words = f"{wanted.effective_from} 的分组方案没有病组 {drg}，请从「医保结算→分组方案」中核对代码。"
        raise Invalid("costing.unknown_group", words, field="drg")
    if not 0 <= wanted.standard_days <= MOST_DAYS:
        raise Invalid(
            "costing.pathway_days", f"标准住院日应在 0 到 {MOST_DAYS} 天之间，请改正。", field="standard_days"
        )
    if wanted.ended:
        _must_have_something_to_end(place, wanted)
        return
    if not wanted.rows:
        raise Invalid(
            "costing.pathway_items_needed", "请上传路径项目表；要停用已有的路径，请勾选「停用」。", field="file"
        )
    if not any(obligatory == "1" for _code, _quantity, obligatory in wanted.rows):
        raise Invalid(
            "costing.pathway_nothing_obligatory", "路径至少要有一个必选项目，请在项目表中标明。", field="file"
        )
    _known(wanted.institution_id, [code for code, *_rest in wanted.rows])


def _must_have_something_to_end(place: dict[str, object], wanted: WantedPathway) -> None:
    if wanted.rows:
        raise Invalid(
            "costing.pathway_ends_without_items", "停用临床路径时请不要上传项目表，或取消勾选「停用」。", field="file"
        )
    former = Pathway.objects.filter(**place, effective_from__lt=wanted.effective_from).order_by("effective_from").last()
    if former is None or not former.items.exists():
        words = f"{wanted.effective_from} 之前没有该病组、诊断和操作的临床路径，无从停用。请核对。"
        raise Invalid("costing.pathway_none_to_end", words, field="ended")


def _known(institution: int, codes: Sequence[str]) -> None:
    known = set(ChargeItem.objects.filter(institution=institution, code__in=codes).values_list("code", flat=True))
    strange = [code for code in codes if code not in known]
    if strange:
        words = f"本机构没有收费项目 {'、'.join(strange[:5])}，请核对编码。"
        raise Invalid("costing.unknown_item", words, field="file")
    if len(set(codes)) != len(codes):
        twice = next(code for code in codes if list(codes).count(code) > 1)
        raise Invalid("costing.item_twice", f"项目 {twice} 重复，请只保留一行。", field="file")


def _ruler(actor: Actor, number: int) -> tuple[Institution, int]:
    """The institution, and who asks."""
    if actor.user is None or not actor.has(*RULERS):
        raise Forbidden("costing.not_allowed", "只有财务负责人或运营管理中心可以修改临床路径和标准成本。")
    institution = Institution.objects.visible_to(actor, *RULERS).filter(pk=number).first()
    if institution is None:
        raise NotFound("masterdata.no_institution", "没有这个机构。")
    return institution, actor.user


@transaction.atomic
def put_pathway_in_force(actor: Actor, *, proposal_id: int) -> Pathway:
    """The proposal is approved. Called by the approval only."""
    asked = PathwayProposal.objects.select_for_update(of=("self",)).get(pk=proposal_id)
    by = asked.asked_by.username
    numbers = dict(
        ChargeItem.objects.filter(
            institution=asked.institution_id, code__in=[code for code, *_rest in asked.rows]
        ).values_list("code", "pk")
    )
    try:
        with transaction.atomic():
            pathway = Pathway.objects.create(
                institution_id=asked.institution_id,
                drg=asked.drg,
                diagnosis=asked.diagnosis,
                procedure=asked.procedure,
                name=asked.name,
                standard_days=asked.standard_days,
                effective_from=asked.effective_from,
                source_text=asked.source_text,
                changed_by=by,
            )
    except IntegrityError as error:
        raise _same_day(asked.effective_from) from error
    PathwayItem.objects.bulk_create(
        PathwayItem(pathway=pathway, item_id=numbers[code], quantity=Decimal(quantity), obligatory=obligatory == "1")
        for code, quantity, obligatory in asked.rows
    )
    asked.state = ProposalState.IN_FORCE
    asked.save(update_fields=["state"])
    record(
        actor,
        "costing.pathway_changed",
        institution=asked.institution.code,
        subject_type="pathway",
        subject=pathway.pk,
        detail={
            "drg": asked.drg,
            "diagnosis": asked.diagnosis,
            "procedure": asked.procedure,
            "effective_from": asked.effective_from.isoformat(),
            "standard_days": str(asked.standard_days),
            "items": len(asked.rows),
            "asked_by": by,
        },
    )
    return pathway


@transaction.atomic
def propose_item_standards(actor: Actor, wanted: WantedStandards) -> tuple[ItemStandardProposal, int]:
    """Ask for standard costs of items; they come into force when a second person has approved them."""
    institution, person = _ruler(actor, wanted.institution_id)
    check_day(wanted.effective_from)
    if not wanted.rows:
        raise Invalid("costing.standards_needed", "标准成本表里没有填写任何项目，请填写后重新上传。", field="file")
    known = set(ChargeItem.objects.filter(institution=institution).values_list("code", flat=True))
    departments = set(Department.objects.filter(institution=institution).values_list("code", flat=True))
    for department, item, *_figures in wanted.rows:
        if department not in departments or item not in known:
            words = f"本机构没有科室 {department} 或收费项目 {item}，请核对编码。"
            raise Invalid("costing.unknown_item", words, field="file")
    places = [tuple(row[:2]) for row in wanted.rows]
    if len(set(places)) != len(places):
        twice = next(place for place in places if places.count(place) > 1)
        words = f"科室 {twice[0]} 的项目 {twice[1]} 重复，请只保留一行。"
        raise Invalid("costing.item_twice", words, field="file")
    if ItemStandard.objects.filter(institution=institution, effective_from=wanted.effective_from).exists():
        raise _standards_same_day(wanted.effective_from)
    try:
        with transaction.atomic():
            proposal = ItemStandardProposal.objects.create(
                institution=institution,
                effective_from=wanted.effective_from,
                rows=[list(row) for row in wanted.rows],
                source_text=wanted.source_text.strip(),
                asked_by_id=person,
            )
    except IntegrityError as error:
        raise Conflict(
            "costing.item_standard_asked", "同一生效日期的标准成本正在审批，请等审批结束。", field="effective_from"
        ) from error
    return proposal, start(actor, kind=STANDARD, subject=str(proposal.pk), comment=wanted.source_text)


@transaction.atomic
def put_standards_in_force(actor: Actor, *, proposal_id: int) -> int:
    """The proposal is approved; returns how many standards begin. Called by the approval only."""
    asked = ItemStandardProposal.objects.select_for_update(of=("self",)).get(pk=proposal_id)
    by = asked.asked_by.username
    items = dict(ChargeItem.objects.filter(institution=asked.institution_id).values_list("code", "pk"))
    departments = dict(Department.objects.filter(institution=asked.institution_id).values_list("code", "pk"))
    try:
        with transaction.atomic():
            ItemStandard.objects.bulk_create(
                ItemStandard(
                    institution_id=asked.institution_id,
                    department_id=departments[department],
                    item_id=items[item],
                    quantity=Decimal(quantity),
                    unit_cost=Decimal(unit_cost),
                    effective_from=asked.effective_from,
                    source_text=asked.source_text,
                    changed_by=by,
                )
                for department, item, quantity, unit_cost in asked.rows
            )
    except IntegrityError as error:
        raise _standards_same_day(asked.effective_from) from error
    asked.state = ProposalState.IN_FORCE
    asked.save(update_fields=["state"])
    record(
        actor,
        "costing.item_standards_changed",
        institution=asked.institution.code,
        subject_type="item_standards",
        subject=asked.pk,
        detail={"effective_from": asked.effective_from.isoformat(), "items": len(asked.rows), "asked_by": by},
    )
    return len(asked.rows)


def refuse_pathway(*, proposal_id: int) -> None:
    """The proposal is refused or withdrawn. Called by the approval only."""
    PathwayProposal.objects.filter(pk=proposal_id).update(state=ProposalState.REFUSED)


def refuse_standards(*, proposal_id: int) -> None:
    """The proposal is refused or withdrawn. Called by the approval only."""
    ItemStandardProposal.objects.filter(pk=proposal_id).update(state=ProposalState.REFUSED)


def _same_day(day: date) -> Conflict:
    return Conflict(
        "costing.pathway_same_day", f"同一病组的临床路径自 {day} 起已有一版，请另选生效日期。", field="effective_from"
    )


def _standards_same_day(day: date) -> Conflict:
    return Conflict(
        "costing.item_standard_same_day", f"自 {day} 起已有标准成本，请另选生效日期。", field="effective_from"
    )
