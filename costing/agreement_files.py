"""Agreements of the alliance as a workbook: parties, shares, unit costs by kind of service, incomes. Out with what is in
force, in as proposals, as a whole or not at all.

A row states one thing of an agreement (`WHAT`). What concerns the agreement as a whole (name, kind, month, source) stands in
each of its rows, or in the first only."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.http import FileResponse

from costing.models import Agreement, AgreementKind, PartyRole
from costing.row_files import Faults, FileRow, none_of, number_of_cell, read_table, shown
from costing.services.agreements import (
    WantedAgreement,
    WantedParty,
    kept,
    party_faults,
    propose_agreement,
    unknown_items,
)
from ops_platform.his_intake.public import ALLIANCE_SERVICE_KINDS, FEE_CLASSES
from ops_platform.kernel import Actor, DomainError, Invalid, Period
from ops_platform.masterdata.models import Institution, SourceMark
from ops_platform.web.exports import xlsx_response

CODE, TITLE, KIND, BEGINS, MARK, SOURCE = "协议编号", "协议名称", "类别", "生效月份", "来源", "依据"
WHAT, WHICH, WHERE, WHERE_NAME = "内容", "角色、服务或收入", "机构编码", "机构名称"
SHARE, UNIT_COST = "比例(%)", "单位成本(元)"
COLUMNS = (CODE, TITLE, KIND, BEGINS, MARK, SOURCE, WHAT, WHICH, WHERE, WHERE_NAME, SHARE, UNIT_COST)
HEADERS = tuple(name for name in COLUMNS if name != WHERE_NAME)
OF_ALL = (TITLE, KIND, BEGINS, MARK, SOURCE)
PARTY, RATE, FEE, ITEM, CENTRE, END = "参与方", "单位成本", "费用类别", "收费项目", "按科室全成本", "终止"
MOST_ROWS = 2000
HUNDRED = Decimal(100)
FINEST_SHARE, FINEST_COST = Decimal("0.0001"), Decimal("0.000001")
LARGEST_COST = Decimal(10) ** 12
LONGEST = {TITLE: 120, SOURCE: 200}
FIELDS = {
    "code": CODE,
    "kind": KIND,
    "source_mark": MARK,
    "effective_from": BEGINS,
    "shares": SHARE,
    "unit_costs": UNIT_COST,
    "fee_classes": WHICH,
    "parties": WHAT,
    "holder": WHERE,
    "department": WHICH,
    "ended": WHAT,
}

ROLES = {str(one.label): one.value for one in PartyRole}
KINDS = {str(one.label): one.value for one in AgreementKind}
MARKS = {str(one.label): one.value for one in SourceMark}
SERVICES = {title: code for code, title in ALLIANCE_SERVICE_KINDS}
FEES = {title: code for code, title in FEE_CLASSES}


@dataclass(frozen=True, slots=True)
class Proposed:
    """What a file asked for: the numbers of the matters, and how many agreements stand as they are in force already."""

    matters: tuple[int, ...]
    unchanged: int


def write(agreements: Iterable[Agreement], day: str) -> FileResponse:
    """The versions given, as `propose` takes them back."""
    return xlsx_response(f"分担协议_{day}", COLUMNS, (row for one in agreements for row in _rows(one)))


def _rows(one: Agreement) -> Iterator[list[Any]]:
    head = [
        one.code,
        one.name,
        str(one.get_kind_display()),
        f"{one.effective_from:%Y-%m}",
        str(one.get_source_mark_display()),
        one.source_text,
    ]
    for share in one.shares.all():
        where = [share.institution.code, share.institution.name] if share.institution else ["", ""]
        yield [*head, PARTY, str(PartyRole(share.role).label), *where, share.share * HUNDRED, ""]
    kinds, fees = dict(ALLIANCE_SERVICE_KINDS), dict(FEE_CLASSES)
    for rate in one.rates.all():
        yield [*head, RATE, kinds.get(rate.service_kind, rate.service_kind), "", "", "", rate.unit_cost]
    for code in one.fee_classes:
        yield [*head, FEE, fees.get(code, code), "", "", "", ""]
    for code in one.items:
        yield [*head, ITEM, code, "", "", "", ""]
    if one.by_full_cost and one.department:
        yield [*head, CENTRE, one.department.code, "", "", "", ""]
    if one.ended:
        yield [*head, END, "", "", "", "", ""]


@transaction.atomic
def propose(actor: Actor, body: bytes) -> Proposed:
    """Ask for every agreement of the file that is not in force just so, each as the page would: one matter each. Raises
    Invalid with the faults of all rows; then nothing is asked."""
    table = read_table(body, HEADERS, MOST_ROWS)
    by_code: dict[str, list[FileRow]] = defaultdict(list)
    for row in table.rows:
        by_code[row[CODE]].append(row)
    known = {
        (one.code, one.effective_from): one
        for one in Agreement.objects.filter(code__in=by_code)
        .select_related("department")
        .prefetch_related("shares__institution", "rates")
    }
    faults, matters, unchanged = table.faults, [], 0
    institutions = set(
        Institution.objects.filter(code__in={row[WHERE] for row in table.rows}).values_list("code", flat=True)
    )
    for code, mine in by_code.items():
        said = _Said(faults)
        wanted = _wanted(code, mine, said)
        if wanted is None or any(faults.at(row.number) for row in mine):
            continue
        former = known.get((code, wanted.effective_from))
        if former is not None and _same(former, wanted):
            unchanged += 1
            continue
        if said.wrong(wanted, institutions):
            continue
        try:
            matters.append(propose_agreement(actor, wanted)[1])
        except DomainError as refusal:
            faults.refused(said.row_of(refusal, mine[0].number), refusal, FIELDS)
    faults.refuse()
    if not matters:
        raise Invalid(
            "costing.file_says_nothing_new",
            "文件中的协议与现行的相同，没有需要审批的变更。请修改生效月份和内容后再上传。",
            field="file",
        )
    return Proposed(tuple(matters), unchanged)


def _same(former: Agreement, wanted: WantedAgreement) -> bool:
    """Whether the version says the same, whatever the order of its rows."""
    it = WantedAgreement(
        code=former.code,
        name=former.name,
        kind=former.kind,
        effective_from=former.effective_from,
        source_mark=former.source_mark,
        source_text=former.source_text,
        parties=tuple(
            WantedParty(one.role, one.institution.code if one.institution else "", one.share)
            for one in former.shares.all()
        ),
        unit_costs={one.service_kind: one.unit_cost for one in former.rates.all()},
        fee_classes=former.fee_classes,
        items=former.items,
        by_full_cost=former.by_full_cost,
        department=former.department.code if former.department else "",
        ended=former.ended,
    )
    return _in_order(it) == _in_order(wanted)


def _in_order(wanted: WantedAgreement) -> dict[str, Any]:
    found = kept(wanted)
    return found | {name: sorted(found[name]) for name in ("parties", "fee_classes", "items")}


def _wanted(code: str, rows: list[FileRow], said: "_Said") -> WantedAgreement | None:
    """An agreement of its rows; None where what concerns all of it is faulty."""
    head = _head(code, rows[0], said.faults)
    for row in rows:
        said.take(row, head)
    if said.faults.at(rows[0].number):
        return None
    return WantedAgreement(
        code=code,
        name=head[TITLE],
        kind=KINDS[head[KIND]],
        effective_from=Period.parse(head[BEGINS]).first_day,
        source_mark=MARKS[head[MARK]],
        source_text=head[SOURCE],
        parties=tuple(said.parties),
        unit_costs=said.unit_costs,
        fee_classes=said.fees,
        items=said.items,
        by_full_cost=bool(said.department),
        department=said.department,
        ended=said.ended,
    )


def _head(code: str, row: FileRow, faults: Faults) -> dict[str, str]:
    """What stands in the first row; what is missing or none of what is known is told."""
    head = {name: row[name] for name in OF_ALL}
    if not code:
        faults.add(row.number, CODE, "请填写协议编号。")
    for name in (TITLE, SOURCE):
        if not head[name] or len(head[name]) > LONGEST[name]:
            faults.add(row.number, name, f"协议 {shown(code)}：请在首行填写，{LONGEST[name]} 字以内。")
    head[BEGINS] = _month(head[BEGINS])
    try:
        Period.parse(head[BEGINS])
    except ValueError:
        faults.add(row.number, BEGINS, f"协议 {shown(code)}：应为月份，如 2026-03，现为 {shown(head[BEGINS])}。")
    for name, known in ((KIND, KINDS), (MARK, MARKS)):
        if head[name] not in known:
            faults.add(row.number, name, none_of(head[name], known))
    return head


def _month(told: str) -> str:
    """Excel makes a date of a month."""
    return told[:7] if told[7:] in ("", "-01") else told


class _Said:
    """What the rows of an agreement say, one after the other, and in which row."""

    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        self.first: dict[str, int] = {}  # where a field is said first
        self.party_rows: list[int] = []
        self.item_rows: dict[str, int] = {}
        self.parties: list[WantedParty] = []
        self.unit_costs: dict[str, Decimal] = {}
        self.fees: list[str] = []
        self.items: list[str] = []
        self.department = ""
        self.ended = False

    def take(self, row: FileRow, head: Mapping[str, str]) -> None:
        """One more row, or what is wrong with it."""
        for name in OF_ALL:
            given = _month(row[name]) if name == BEGINS else row[name]
            if given and given != head[name]:
                self.faults.add(
                    row.number, name, f"与该协议首行不同：{shown(given)} ≠ {shown(head[name])}，请改为一致或留空。"
                )
        match row[WHAT]:
            case "参与方":
                share = self._number(row, SHARE, HUNDRED, FINEST_SHARE, per_cent=True) if row[SHARE] else Decimal(0)
                role = self._one_of(row, WHICH, ROLES)
                self.parties.append(WantedParty(role, row[WHERE], share / HUNDRED))
                self.party_rows.append(row.number)
                self._said("shares", row)
                if role == PartyRole.POOL:
                    self._said("holder", row)
            case "单位成本":
                kind = self._one_of(row, WHICH, SERVICES)
                if kind and kind in self.unit_costs:
                    self.faults.add(row.number, WHICH, f"{row[WHICH]} 的单位成本写了两次，请只保留一行。")
                self.unit_costs[kind] = self._number(row, UNIT_COST, LARGEST_COST, FINEST_COST)
            case "费用类别":
                self.fees.append(self._one_of(row, WHICH, FEES))
                self._said("fee_classes", row)
            case "收费项目" if row[WHICH]:
                self.items.append(row[WHICH])
                self.item_rows.setdefault(row[WHICH], row.number)
            case "按科室全成本" if row[WHICH] and self.department in ("", row[WHICH]):
                self.department = row[WHICH]
                self._said("department", row)
            case "终止":
                self.ended = True
                self._said("ended", row)
            case known if known in (ITEM, CENTRE):
                self.faults.add(row.number, WHICH, f"「{known}」请写一个代码。")
            case other:
                self.faults.add(row.number, WHAT, none_of(other, (PARTY, RATE, FEE, ITEM, CENTRE, END)))

    def wrong(self, wanted: WantedAgreement, institutions: Collection[str]) -> bool:
        """Tell parties that are wrong at their rows; where none is, items that none of them has."""
        if wanted.ended:
            return False
        parties = list(party_faults(wanted.parties, institutions))
        for place, refusal in parties:
            self.faults.add(self.party_rows[place], WHERE, refusal.message)
        items = [] if parties else unknown_items(wanted)
        for code in items:
            words = f"参与机构都没有编码为 {shown(code)} 的收费项目，请核对编码。"
            self.faults.add(self.item_rows[code], WHICH, words)
        return bool(parties or items)

    def row_of(self, refusal: DomainError, otherwise: int) -> int:
        """The row that says what is refused; `otherwise` where none does, or all do."""
        return self.first.get(str(refusal.context.get("field", "")), otherwise)

    def _said(self, field: str, row: FileRow) -> None:
        self.first.setdefault(field, row.number)

    def _one_of(self, row: FileRow, header: str, known: Mapping[str, str]) -> str:
        if row[header] not in known:
            self.faults.add(row.number, header, none_of(row[header], known))
        return known.get(row[header], "")

    def _number(
        self, row: FileRow, header: str, largest: Decimal, finest: Decimal, *, per_cent: bool = False
    ) -> Decimal:
        told = row[header].removesuffix("%") if per_cent else row[header]
        value = number_of_cell(told, finest, below=largest + finest)
        if value is None:
            digits = -int(finest.as_tuple().exponent)
            words = f"应为 0 至 {largest:f}、最多 {digits} 位小数的数，现为 {shown(row[header])}。"
            self.faults.add(row.number, header, words)
        return value or Decimal(0)
