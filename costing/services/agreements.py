"""Agreements of the alliance: asked for by one person, in force when a second one approves."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction

from costing.days import check_day
from costing.engine import agreements as engine
from costing.models import Agreement, AgreementKind, AgreementProposal, AgreementRate, AgreementShare, PartyRole
from ops_platform.audit.public import record
from ops_platform.his_intake.public import ALLIANCE_SERVICE_KINDS, FEE_CLASSES
from ops_platform.kernel import Actor, Conflict, Forbidden, Invalid, Role
from ops_platform.masterdata.models import ChargeItem, Department, Institution, SourceMark
from workflows.public import start

KIND = "costing.agreement"
CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
FIELD_OF = {"costing.agreement_no_holder": "holder", "costing.agreement_parties": "parties"}  # other faults: shares
MOST_TOLD = 5
MAKERS = (Role.OPERATION_CENTRE,)


@dataclass(frozen=True, slots=True)
class WantedParty:
    """A party: a code of an institution ("" for whoever receives, or is of that level) and its share."""

    role: str
    institution: str = ""
    share: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class WantedAgreement:
    """An agreement, or its next version, from the first day of a month on; `ended` ends it."""

    code: str
    name: str
    kind: str
    effective_from: date
    source_mark: str
    source_text: str
    parties: Sequence[WantedParty] = ()
    unit_costs: Mapping[str, Decimal] = field(default_factory=dict)
    fee_classes: Sequence[str] = ()
    items: Sequence[str] = ()
    by_full_cost: bool = False
    department: str = ""
    ended: bool = False


@transaction.atomic
def propose_agreement(actor: Actor, wanted: WantedAgreement) -> tuple[AgreementProposal, int]:
    """Ask for an agreement or another version of one; gives the proposal and the number of the matter."""
    if actor.user is None or not actor.has(*MAKERS):
        raise Forbidden("costing.agreement_not_allowed", "只有运营管理中心可以提出医共体分担协议。")
    _check(wanted)
    try:
        with transaction.atomic():
            proposal = AgreementProposal.objects.create(
                code=wanted.code, effective_from=wanted.effective_from, terms=kept(wanted), asked_by_id=actor.user
            )
    except IntegrityError as error:
        raise Conflict(
            "costing.agreement_asked", "该协议同一生效月份的版本正在审批，请等审批结束。", field="effective_from"
        ) from error
    return proposal, start(actor, kind=KIND, subject=str(proposal.pk), comment=wanted.source_text)


def _check(wanted: WantedAgreement) -> None:
    if not CODE.fullmatch(wanted.code):
        raise Invalid("costing.agreement_code", "协议编号只用字母、数字、- 和 _，不超过 40 个字符。", field="code")
    if wanted.kind not in AgreementKind.values:
        raise Invalid("costing.agreement_kind", f"没有协议类别 {wanted.kind}。", field="kind")
    if wanted.source_mark not in SourceMark.values:
        raise Invalid("costing.agreement_source", f"没有来源标记 {wanted.source_mark}。", field="source_mark")
    check_day(wanted.effective_from)
    if wanted.effective_from.day != 1:
        raise Invalid("costing.agreement_first_day", "协议按月结算，请从某月 1 日起生效。", field="effective_from")
    if Agreement.objects.filter(code=wanted.code, effective_from=wanted.effective_from).exists():
        raise _same_day(wanted.effective_from)
    former = Agreement.objects.filter(code=wanted.code).order_by("-effective_from").first()
    if former is not None and former.kind != wanted.kind:
        raise Invalid(
            "costing.agreement_other_kind_before",
            f"协议 {wanted.code} 是{former.get_kind_display()}协议，另一类别请另用编号。",
            field="code",
        )
    if wanted.ended:
        if former is None:
            raise Invalid("costing.agreement_none_to_end", f"没有协议 {wanted.code}，无从终止。", field="ended")
        return
    _check_codes(wanted)
    institutions = _institutions(wanted)
    if wanted.by_full_cost:
        _centre(wanted, institutions)
    if strange := unknown_items(wanted):
        words = f"参与机构都没有编码为 {'、'.join(strange[:MOST_TOLD])} 的收费项目，请核对编码。"
        raise Invalid("costing.unknown_item", words, field="items")
    faults = engine.faults_of(_terms(wanted, institutions))
    if faults:
        raise Invalid(faults[0].code, faults[0].message, field=FIELD_OF.get(faults[0].code, "shares"))


def _check_codes(wanted: WantedAgreement) -> None:
    unknown = set(wanted.unit_costs) - {code for code, _ in ALLIANCE_SERVICE_KINDS}
    if unknown or any(value < 0 for value in wanted.unit_costs.values()):
        raise Invalid("costing.agreement_unit_cost", "单位成本须属于已有的服务类别，且不小于 0。", field="unit_costs")
    if set(wanted.fee_classes) - {code for code, _ in FEE_CLASSES}:
        raise Invalid("costing.agreement_fee_class", "有不认识的费用类别。", field="fee_classes")
    if wanted.kind == AgreementKind.JOINT_EXAM and bool(wanted.fee_classes) == bool(wanted.items):
        raise Invalid(
            "costing.agreement_exam_income",
            "请写明检查收入按哪些费用类别，或按哪些收费项目；两者只选其一。",
            field="fee_classes",
        )


def _terms(wanted: WantedAgreement, institutions: Mapping[str, Institution]) -> engine.Terms:
    parties = tuple(
        engine.Party(
            engine.PartyRole(one.role), institutions[one.institution].pk if one.institution else None, one.share
        )
        for one in wanted.parties
    )
    kind = engine.AgreementKind(wanted.kind)
    return engine.Terms(wanted.code, kind, parties, wanted.unit_costs, wanted.by_full_cost)


def _institutions(wanted: WantedAgreement) -> dict[str, Institution]:
    codes = {one.institution for one in wanted.parties if one.institution}
    found = {row.code: row for row in Institution.objects.filter(code__in=codes)}
    if any(one.role not in PartyRole.values for one in wanted.parties):
        raise Invalid("costing.agreement_party", "参与方角色不对，请从可选的角色中选择。", field="parties")
    for _place, refusal in party_faults(wanted.parties, found):
        raise refusal
    return found


def party_faults(parties: Sequence[WantedParty], known: Collection[str]) -> Iterator[tuple[int, Invalid]]:
    """Which institutions of the parties are wrong, by number of the party from 0; `known` are those there are."""
    seen: set[tuple[str, str]] = set()
    for place, one in enumerate(parties):
        if one.institution and one.institution not in known:
            words = f"没有编码为 {one.institution[:40]} 的机构，请核对编码。"
            yield place, Invalid("costing.agreement_party", words, field="parties")
        if (one.role, one.institution) in seen:
            words = "同一机构以同一角色写了两次，请只保留一个。"
            yield place, Invalid("costing.agreement_party_twice", words, field="parties")
        seen.add((one.role, one.institution))


def unknown_items(wanted: WantedAgreement) -> list[str]:
    """Codes of items that no party has in its catalogue: nobody could ever be charged for them. None without parties."""
    parties = {one.institution for one in wanted.parties if one.institution}
    if not parties:
        return []
    rows = ChargeItem.objects.filter(institution__code__in=parties, code__in=wanted.items)
    known = set(rows.values_list("code", flat=True))
    return [code for code in wanted.items if code not in known]


def _centre(wanted: WantedAgreement, institutions: Mapping[str, Institution]) -> Department | None:
    """The department whose full cost is shared; of the one provider."""
    providers = [one for one in wanted.parties if one.role == engine.PartyRole.PROVIDER and one.institution]
    found = (
        Department.objects.filter(institution=institutions[providers[0].institution], code=wanted.department).first()
        if len(providers) == 1
        else None
    )
    if found is None:
        raise Invalid("costing.agreement_centre", "按全成本分摊须写明一家提供机构及其科室代码。", field="department")
    return found


def kept(wanted: WantedAgreement) -> dict[str, Any]:
    """What a proposal keeps, and what is signed: plain values, numbers as written."""
    return {
        "name": wanted.name.strip(),
        "kind": wanted.kind,
        "source_mark": wanted.source_mark,
        "source_text": wanted.source_text.strip(),
        "parties": [[one.role, one.institution, format(one.share.normalize(), "f")] for one in wanted.parties],
        "unit_costs": {kind: format(value.normalize(), "f") for kind, value in sorted(wanted.unit_costs.items())},
        "fee_classes": list(wanted.fee_classes),
        "items": list(wanted.items),
        "by_full_cost": wanted.by_full_cost,
        "department": wanted.department,
        "ended": wanted.ended,
    }


def wanted_of(proposal: AgreementProposal) -> WantedAgreement:
    """A proposal as it was asked for."""
    terms = proposal.terms
    return WantedAgreement(
        code=proposal.code,
        effective_from=proposal.effective_from,
        parties=tuple(WantedParty(role, code, Decimal(share)) for role, code, share in terms["parties"]),
        unit_costs={kind: Decimal(value) for kind, value in terms["unit_costs"].items()},
        **{
            name: terms[name]
            for name in (
                "name",
                "kind",
                "source_mark",
                "source_text",
                "fee_classes",
                "items",
                "by_full_cost",
                "department",
                "ended",
            )
        },
    )


@transaction.atomic
def put_agreement_in_force(actor: Actor, *, proposal_id: int) -> Agreement:
    """The proposal is approved. Called by the approval only. Open months are settled anew by the next night."""
    proposal = AgreementProposal.objects.select_for_update(of=("self",)).get(pk=proposal_id)
    wanted = wanted_of(proposal)
    _check(wanted)
    institutions = _institutions(wanted)
    agreement = Agreement.objects.create(
        code=wanted.code,
        name=wanted.name,
        kind=wanted.kind,
        effective_from=wanted.effective_from,
        ended=wanted.ended,
        by_full_cost=wanted.by_full_cost,
        department=_centre(wanted, institutions) if wanted.by_full_cost and not wanted.ended else None,
        fee_classes=list(wanted.fee_classes),
        items=list(wanted.items),
        source_mark=wanted.source_mark,
        source_text=wanted.source_text,
        changed_by=proposal.asked_by.username,
    )
    AgreementShare.objects.bulk_create(
        AgreementShare(
            agreement=agreement,
            role=one.role,
            institution=institutions[one.institution] if one.institution else None,
            share=one.share,
        )
        for one in wanted.parties
    )
    AgreementRate.objects.bulk_create(
        AgreementRate(agreement=agreement, service_kind=kind, unit_cost=value)
        for kind, value in sorted(wanted.unit_costs.items())
    )
    proposal.state = AgreementProposal.State.IN_FORCE
    proposal.save(update_fields=["state"])
    record(
        actor,
        "costing.agreement_changed",
        subject_type="agreement",
        subject=agreement.pk,
        detail={
            "code": agreement.code,
            "effective_from": agreement.effective_from.isoformat(),
            "ended": agreement.ended,
            "asked_by": proposal.asked_by.username,
        },
    )
    return agreement


def refuse_agreement(*, proposal_id: int) -> None:
    """The proposal is refused or withdrawn. Called by the approval only."""
    AgreementProposal.objects.filter(pk=proposal_id).update(state=AgreementProposal.State.REFUSED)


def _same_day(day: date) -> Conflict:
    return Conflict(
        "costing.agreement_same_day", f"该协议自 {day} 起已有版本，请另选生效月份。", field="effective_from"
    )
