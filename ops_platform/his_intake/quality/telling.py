"""Telling people what waits for them: rows in quarantine and quality findings of the open months.

Each institution's finance people get one message about their own data; the operation centre gets one about all. A message
is told anew when its figures change, and goes when nothing waits any more.
"""

from collections.abc import Collection
from dataclasses import dataclass, field

from django.db.models import Count, Exists, OuterRef, Sum
from django.urls import reverse

from ops_platform.his_intake.models import QualityFinding, QuarantinedRow
from ops_platform.identity.selectors import holders, own_holders
from ops_platform.kernel import Role
from ops_platform.masterdata.models import AccountingPeriod, Institution, PeriodState
from ops_platform.notifications.public import Note, notify, settle

KIND = "his_intake.findings"
TOLD = (Role.FINANCE_OFFICER, Role.FINANCE_DIRECTOR)
SHOWN_MONTHS = 6
SHOWN_INSTITUTIONS = 5
CENTRE_KEY = f"{KIND}:centre"


@dataclass
class Waiting:
    """What waits at one institution: rows in quarantine, and findings by month."""

    quarantined: int = 0
    months: dict[str, int] = field(default_factory=dict)

    @property
    def findings(self) -> int:
        return sum(self.months.values())

    @property
    def words(self) -> str:
        parts = []
        if self.quarantined:
            parts.append(f"隔离区 {self.quarantined:,} 行")
        if self.findings:
            parts.append(f"质量问题 {self.findings:,} 处")
        return "，".join(parts)


def tell(institutions: Collection[int] | None = None) -> int:
    """Tell the finance people of these institutions (None: of all) and the operation centre what waits.

    Returns how many messages are new or changed. A fixed number of queries.
    """
    waiting = _waiting()
    named = Institution.objects.in_bulk()
    asked = set(named) if institutions is None else set(institutions)
    settle([_key(pk) for pk in asked - set(waiting)])
    people = own_holders(*TOLD, institutions=asked & set(waiting))
    notes = [
        Note(
            recipient=person,
            key=_key(pk),
            kind=KIND,
            title=f"数据有待处理：{waiting[pk].words}",
            body=_months(waiting[pk]),
            url=_page(pk, waiting[pk]),
        )
        for pk, persons in sorted(people.items())
        for person in persons
    ]
    return notify(notes + _to_centre(waiting, named))


def _key(institution: int) -> str:
    return f"{KIND}:{institution}"


def _page(institution: int, waiting: Waiting) -> str:
    name = "his_intake:quarantine" if waiting.quarantined else "his_intake:quality"
    return f"{reverse(name)}?institution={institution}"


def _months(waiting: Waiting) -> str:
    newest = sorted(waiting.months.items(), reverse=True)
    lines = [f"{month}：质量问题 {count:,} 处" for month, count in newest[:SHOWN_MONTHS]]
    rest = len(newest) - SHOWN_MONTHS
    return "\n".join([*lines, f"另有 {rest} 个月份"] if rest > 0 else lines)


def _waiting() -> dict[int, Waiting]:
    found: dict[int, Waiting] = {}
    rows = QuarantinedRow.objects.filter(state=QuarantinedRow.State.OPEN).order_by()
    for institution, count in rows.values_list("institution").annotate(count=Count("id")):
        found.setdefault(institution, Waiting()).quarantined = count
    closed = AccountingPeriod.objects.filter(
        institution=OuterRef("institution"), period=OuterRef("period"), state=PeriodState.CLOSED
    )
    findings = QualityFinding.objects.exclude(Exists(closed)).order_by()
    for institution, period, count in findings.values_list("institution", "period").annotate(count=Sum("count")):
        found.setdefault(institution, Waiting()).months[period] = count
    return found


def _to_centre(waiting: dict[int, Waiting], named: dict[int, Institution]) -> list[Note]:
    if not waiting:
        settle([CENTRE_KEY])
        return []
    total = Waiting(
        sum(one.quarantined for one in waiting.values()), {"": sum(one.findings for one in waiting.values())}
    )
    worst = sorted(waiting.items(), key=lambda pair: (-pair[1].quarantined - pair[1].findings, named[pair[0]].code))
    lines = [f"{named[pk].name}：{one.words}" for pk, one in worst[:SHOWN_INSTITUTIONS]]
    rest = len(worst) - SHOWN_INSTITUTIONS
    body = "\n".join([*lines, f"另有 {rest} 家机构"] if rest > 0 else lines)
    title = f"{len(waiting)} 家机构的数据有待处理：{total.words}"
    return [
        Note(person.pk, CENTRE_KEY, KIND, title, body, reverse("nightly-board"))
        for person in holders(Role.OPERATION_CENTRE, institution=None)
    ]
