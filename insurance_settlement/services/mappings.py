"""Classification mappings (归集口径): drafts from workbooks, versions derived from the province's, submission, approval.

Only an approved version classes anything, from its month on; months before keep the version that they had.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from insurance_settlement.engine.mapping import Dimension, Fault, ItemFault
from insurance_settlement.mapping_classes import by_fee_class
from insurance_settlement.models import DIMENSION_TITLES, MappingRow, MappingSimulation, MappingVersion
from insurance_settlement.selectors import mappings as selected
from ops_platform.audit.public import record
from ops_platform.his_intake.public import last_sequence
from ops_platform.kernel import Actor, Conflict, Forbidden, Invalid, Period, Role, digest_of
from ops_platform.masterdata.models import AccountingPeriod, Alliance, Institution, PeriodState
from workflows.public import start

KIND = "insurance_settlement.mapping"
PROVINCE_KIND = "insurance_settlement.province_mapping"
KEEPERS = (Role.FINANCE_OFFICER, Role.FINANCE_DIRECTOR, Role.OPERATION_CENTRE)
MOST_ROWS = 20_000
LONGEST_JUDGEMENT = 1000
MOST_NAMED = 5
State = MappingVersion.State
FAULT_TITLES = {
    Fault.UNMAPPED: "未归集",
    Fault.CONFLICT: "归入多个类别",
    Fault.UNKNOWN: "类别或科目不存在",
    Fault.INACTIVE: "类别或科目已停用",
    Fault.UNCHARGED: "未归集(没有收费)",
}


@dataclass(frozen=True, slots=True)
class WantedMapping:
    """What a version is called, from which month on it is to hold, and on what it rests."""

    name: str
    effective_from: date
    source_text: str = ""


@dataclass(frozen=True, slots=True)
class WantedRow:
    """A row as somebody fills it in: classes by dimension, "" for none."""

    item_code: str
    item_name: str
    classes: Mapping[Dimension, str]
    national_code: str = ""
    national_name: str = ""
    note: str = ""
    origin: str = MappingRow.Origin.FILE


@transaction.atomic
def begin_mapping(
    actor: Actor, *, institution: Institution | None, wanted: WantedMapping, rows: Sequence[WantedRow]
) -> MappingVersion:
    """A draft of the institution's mapping, or with None of the province's."""
    return _born(actor, institution, wanted, rows, None)


@transaction.atomic
def derive_mapping(
    actor: Actor, *, version_id: int, institution: Institution, wanted: WantedMapping, suggest: bool = True
) -> MappingVersion:
    """A draft of the institution's own from an approved province version: all its rows, what the institution's version in
    force says of items that the province does not name, and (`suggest`) the rest by their fee class, to be checked."""
    province = selected.access_version(actor=actor, version_id=version_id)
    if province.institution_id is not None or province.state != State.APPROVED:
        raise Conflict("insurance_settlement.mapping_base", "只能由已批准的省版派生本院版本。")
    rows = [_copied(row, MappingRow.Origin.PROVINCE) for row in selected.rows_of(province)]
    named = {row.item_code for row in rows}
    present = selected.version_on(institution=institution.pk, day=wanted.effective_from)
    if present is not None:
        own = [row for row in selected.rows_of(present) if row.item_code not in named]
        rows += [_copied(row, row.origin) for row in own]
        named |= {row.item_code for row in own}
    if suggest:
        rows += suggestions(institution, named)
    return _born(actor, institution, wanted, rows, province)


def suggestions(institution: Institution, named: set[str]) -> list[WantedRow]:
    """The institution's items outside `named`, classed by the fee class that the HIS reports."""
    items = selected.catalogue(institution=institution, day=timezone.localdate(), sequence=last_sequence(institution))
    known = by_fee_class()
    return [
        WantedRow(item.code, item.name, known[item.fee_class], origin=MappingRow.Origin.SUGGESTED)
        for item in items
        if item.code not in named and item.fee_class in known
    ]


@transaction.atomic
def fill_mapping(actor: Actor, *, version_id: int, rows: Sequence[WantedRow]) -> MappingVersion:
    """Another workbook for a draft: its rows take the place of all former ones. The same rows again change nothing."""
    version = held(actor, version_id)
    if digest_of(_plain(rows)) == version.digest:
        return version
    _fill(version, rows)
    _note(actor, version, "mapping_filled", rows=len(rows), digest=version.digest)
    return version


@transaction.atomic
def map_item(
    actor: Actor, *, version_id: int, item_code: str, item_name: str, classes: Mapping[Dimension, str], note: str = ""
) -> MappingVersion:
    """Where one local item belongs: every row of it in a draft gets these classes, so that none contradicts another; an item
    without a row gets one. The other rows stay as they are."""
    version = held(actor, version_id)
    rows = [_copied(row, row.origin) for row in selected.rows_of(version)]
    of_item = [place for place, row in enumerate(rows) if row.item_code == item_code]
    said = WantedRow(item_code, item_name, dict(classes), note=note.strip())
    for place in of_item:
        rows[place] = replace(rows[place], classes=said.classes, note=said.note, origin=said.origin)
    if not of_item:
        rows.append(said)
    if digest_of(_plain(rows)) == version.digest:
        return version
    _fill(version, rows)
    _note(actor, version, "mapping_filled", item=item_code, digest=version.digest)
    return version


@transaction.atomic
def change_mapping(actor: Actor, *, version_id: int, wanted: WantedMapping) -> MappingVersion:
    """Another name, month or source of a draft."""
    version = held(actor, version_id)
    _check(wanted)
    version.name, version.effective_from = wanted.name.strip(), wanted.effective_from
    version.source_text = wanted.source_text.strip()
    version.save(update_fields=["name", "effective_from", "source_text"])
    _note(actor, version, "mapping_changed", effective_from=wanted.effective_from.isoformat())
    return version


@transaction.atomic
def archive_mapping(actor: Actor, *, version_id: int) -> None:
    """Put a draft away."""
    version = held(actor, version_id)
    version.state = State.ARCHIVED
    version.save(update_fields=["state"])
    _note(actor, version, "mapping_archived")


@transaction.atomic
def submit_mapping(actor: Actor, *, version_id: int, judgement: str) -> int:
    """Ask for approval, with what the simulation was found to mean; gives the number of the matter. An institution's version
    must have been simulated as it stands, with every greater change explained and nothing charged left unmapped."""
    version = held(actor, version_id)
    if not 2 <= len(judgement.strip()) <= LONGEST_JUDGEMENT:
        words = f"请写明模拟结果分析和问题判断，2 到 {LONGEST_JUDGEMENT} 字。"
        raise Invalid("insurance_settlement.mapping_judgement", words, field="judgement")
    _lock_owner(version.institution)
    version.judgement = judgement.strip()
    version.simulation = latest_simulation(version)
    refuse_unfit(version)
    version.state = State.ASKED
    version.save(update_fields=["judgement", "simulation", "state"])
    return start(
        actor,
        kind=KIND if version.institution_id else PROVINCE_KIND,
        subject=str(version.pk),
        comment=version.judgement[:200],
    )


def approve_mapping(actor: Actor, *, version_id: int) -> None:
    """It holds from its month on. Called by the approval only."""
    version = MappingVersion.objects.select_for_update(of=("self",)).select_related("institution").get(pk=version_id)
    _lock_owner(version.institution)
    _refuse_month(version)
    version.state, version.approved_at = State.APPROVED, timezone.now()
    version.save(update_fields=["state", "approved_at"])
    _note(actor, version, "mapping_approved", effective_from=version.effective_from.isoformat(), digest=version.digest)


def return_mapping(*, version_id: int) -> None:
    """Refused or taken back: a draft again. Called by the approval only."""
    MappingVersion.objects.filter(pk=version_id, state=State.ASKED).update(state=State.DRAFT)


def latest_simulation(version: MappingVersion) -> MappingSimulation | None:
    """The newest simulation of the version's rows as they are now, over its own institution."""
    rows = version.simulations.filter(rows_digest=version.digest, institution=version.institution_id)
    return rows.select_related("institution", "before").order_by("-pk").first()


def refuse_unfit(version: MappingVersion) -> None:
    """Raise Conflict where a version may not be submitted as it stands."""
    _refuse_month(version)
    if version.institution is None:
        wrong: Sequence[ItemFault] = selected.faults_of_rows(version)
    else:
        simulation = version.simulation
        if simulation is None or simulation.rows_digest != version.digest:
            words = "现在的内容还没有模拟。请先选择过去的月份模拟，核对前后变化，再提交。"
            raise Conflict("insurance_settlement.mapping_not_simulated", words)
        present = selected.version_on(
            institution=version.institution_id, day=Period.parse(simulation.last_period).last_day
        )
        if (present.pk if present else None) != simulation.before_id:
            words = "模拟以后现行口径已经更换，前后对比不再有效。请重新模拟后提交。"
            raise Conflict("insurance_settlement.mapping_not_simulated", words)
        missing = selected.unexplained(simulation)
        if missing:
            words = f"变动超过 {(simulation.threshold * 100).normalize():f}% 的类别须写明原因，还差 {len(missing)} 个："
            span = f"{simulation.first_period} 至 {simulation.last_period}"
            words += f"{'、'.join(missing[:MOST_NAMED])}。请在 {span} 的模拟(最近一次)页面补充。"
            raise Conflict("insurance_settlement.mapping_unexplained", words)
        first, last = Period.parse(simulation.first_period), Period.parse(simulation.last_period)
        wrong = selected.check(version=version, institution=version.institution, first=first, last=last).blocking
    if wrong:
        words = "；".join(fault_words(one) for one in wrong[:MOST_NAMED])
        more = f"……共 {len(wrong)} 处" if len(wrong) > MOST_NAMED else ""
        raise Conflict("insurance_settlement.mapping_faults", f"请先在文件中更正后重新上传：{words}{more}。")


def fault_words(fault: ItemFault) -> str:
    """What is wrong, in words."""
    where = "、".join(str(DIMENSION_TITLES[one]) for one in fault.dimensions)
    told = f"({'、'.join(fault.told)})" if fault.told else ""
    return f"项目 {fault.item} {fault.name} {where}{FAULT_TITLES[fault.kind]}{told}"


def may_keep(actor: Actor, institution: int | None) -> bool:
    """Whether the actor makes versions of this institution, or (None) of the province."""
    if institution is None:
        return actor.institutions(Role.OPERATION_CENTRE) is None
    return actor.may(institution, *KEEPERS)


def must_keep(actor: Actor, institution: int | None) -> int:
    """The person who acts. Raises Forbidden for others, and for programs."""
    if actor.user is None or not may_keep(actor, institution):
        whose = "省版归集口径由运营管理中心" if institution is None else "本机构归集口径由财务人员或运营管理中心"
        raise Forbidden("insurance_settlement.may_not_map", f"{whose}维护，请与其联系。")
    return actor.user


def held(actor: Actor, version_id: int, *states: str) -> MappingVersion:
    """A version locked, in one of the states (a draft, when none is named), for who may keep it. To be called in a
    transaction."""
    selected.access_version(actor=actor, version_id=version_id)
    version = MappingVersion.objects.select_for_update(of=("self",)).select_related("institution").get(pk=version_id)
    must_keep(actor, version.institution_id)
    if version.state not in (states or (State.DRAFT,)):
        words = f"该版本现为「{version.get_state_display()}」，不能再修改。请另建新版本；审批中的可先撤回。"
        raise Conflict("insurance_settlement.mapping_state", words)
    return version


def _born(
    actor: Actor,
    institution: Institution | None,
    wanted: WantedMapping,
    rows: Sequence[WantedRow],
    base: MappingVersion | None,
) -> MappingVersion:
    person = must_keep(actor, institution.pk if institution else None)
    _check(wanted)
    _lock_owner(institution)
    last = MappingVersion.objects.filter(institution=institution).aggregate(last=Max("number"))["last"]
    version = MappingVersion.objects.create(
        institution=institution,
        number=(last or 0) + 1,
        name=wanted.name.strip(),
        effective_from=wanted.effective_from,
        source_text=wanted.source_text.strip(),
        based_on=base,
        created_by_id=person,
    )
    _fill(version, rows)
    _note(
        actor,
        version,
        "mapping_begun",
        effective_from=wanted.effective_from.isoformat(),
        rows=len(rows),
        digest=version.digest,
        **({"based_on": base.pk} if base else {}),
    )
    return version


def _fill(version: MappingVersion, rows: Sequence[WantedRow]) -> None:
    if not 1 <= len(rows) <= MOST_ROWS:
        words = f"归集口径应有 1 到 {MOST_ROWS:,} 行，现有 {len(rows):,} 行，请更正。"
        raise Invalid("insurance_settlement.mapping_file", words, field="file")
    version.edition += 1
    version.digest = digest_of(_plain(rows))
    version.save(update_fields=["edition", "digest"])
    MappingRow.objects.bulk_create(
        (
            MappingRow(
                version=version,
                edition=version.edition,
                line=line,
                national_code=row.national_code,
                national_name=row.national_name,
                item_code=row.item_code,
                item_name=row.item_name,
                origin=row.origin,
                note=row.note,
                **{str(dimension): row.classes.get(dimension, "") for dimension in Dimension},
            )
            for line, row in enumerate(rows, start=1)
        ),
        batch_size=2000,
    )


def digest_of_rows(version: MappingVersion) -> str:
    """The digest of the rows that a version has now."""
    return digest_of(_plain([_copied(row, row.origin) for row in selected.rows_of(version)]))


def _plain(rows: Sequence[WantedRow]) -> list[list[str]]:
    """What of the rows counts, for the digest."""
    return [
        [row.national_code, row.national_name, row.item_code, row.item_name]
        + [row.classes.get(dimension, "") for dimension in Dimension]
        + [row.note]
        for row in rows
    ]


def _copied(row: MappingRow, origin: str) -> WantedRow:
    return WantedRow(
        item_code=row.item_code,
        item_name=row.item_name,
        classes={dimension: getattr(row, dimension) for dimension in Dimension},
        national_code=row.national_code,
        national_name=row.national_name,
        note=row.note,
        origin=origin,
    )


def _check(wanted: WantedMapping) -> None:
    if not 2 <= len(wanted.name.strip()) <= 80:
        raise Invalid("insurance_settlement.mapping_name", "请填写版本名称，2 到 80 字。", field="name")
    if wanted.effective_from.day != 1:
        words = f"归集口径自某月 1 日起生效，{wanted.effective_from} 不是 1 日，请改正。"
        raise Invalid("insurance_settlement.mapping_month", words, field="effective_from")


def _refuse_month(version: MappingVersion) -> None:
    """After the first version of an owner nothing begins before another one, and nothing in a month that is closed."""
    others = MappingVersion.objects.filter(institution=version.institution_id, state=State.APPROVED)
    last = others.exclude(pk=version.pk).order_by("-effective_from").first()
    if last is None:
        return
    if version.effective_from <= last.effective_from:
        raise Conflict(
            "insurance_settlement.mapping_month",
            f"「{last.name}」已自 {last.effective_from:%Y-%m} 起生效，新版本应从更晚的月份开始，以前的报表保持原口径。",
            field="effective_from",
        )
    closed = AccountingPeriod.objects.filter(
        institution=version.institution_id, period__gte=f"{version.effective_from:%Y-%m}", state=PeriodState.CLOSED
    )
    month = closed.order_by("-period").values_list("period", flat=True).first()
    if month:
        words = f"{month} 已结账，其报表保持原口径。请把生效月份改到 {month} 以后。"
        raise Conflict("insurance_settlement.mapping_month", words, field="effective_from")


def _lock_owner(institution: Institution | None) -> None:
    """One at a time numbers and approves versions of an owner."""
    if institution is None:
        list(Alliance.objects.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))
    else:
        Institution.objects.select_for_update(no_key=True).get(pk=institution.pk)


def _note(actor: Actor, version: MappingVersion, action: str, **detail: object) -> None:
    record(
        actor,
        f"insurance_settlement.{action}",
        institution=version.institution.code if version.institution else "",
        subject_type="mapping_version",
        subject=version.pk,
        detail={"name": version.name, "number": version.number, **detail},
    )
