"""The worst deviations of a month in words, with what caused them: computed from the two months' parts.

A department's surplus is its income by fee class, plus other income, minus direct and received cost by item. Drugs and
materials pass through: what was charged for them and what they cost are taken together. The cause of a fall is the part
(or the two parts) that moved most against the surplus.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.urls import reverse
from django.utils.translation import gettext as _

from costing import public as costing
from costing.public import Activity, DepartmentFigures, Part
from ops_platform.dashboard import words
from ops_platform.web import formats

ZERO = Decimal(0)
SHOWN = 3
CAUSES = 2
PASSING = {
    "materials": "materials",
    "drugs": "drugs",
    "western_drugs": "drugs",
    "chinese_herbs": "drugs",
    "chinese_patent_drugs": "drugs",
}


@dataclass(frozen=True, slots=True)
class Deviation:
    """Something to look at: what happened, why, and where one sees it."""

    title: str
    what: str
    causes: tuple[str, ...]
    url: str


def of_departments(
    departments: Sequence[DepartmentFigures], names: dict[int, str], period: str, before: str
) -> list[Deviation]:
    """The departments whose surplus fell most. `names` of institutions are said when several are shown."""
    now = {row.department: row for row in departments if row.period == period}
    past = {row.department: row for row in departments if row.period == before}
    falls = sorted(
        (
            (row.surplus - past[row.department].surplus, row.department)
            for row in now.values()
            if row.department in past and row.surplus < past[row.department].surplus
        ),
    )[:SHOWN]
    chosen = [department for _fall, department in falls]
    parts = costing.parts(departments=chosen, periods=(period, before)) if chosen else []
    return [
        _of_department(now[one], past[one], [part for part in parts if part.department == one], names) for one in chosen
    ]


def _of_department(
    now: DepartmentFigures, past: DepartmentFigures, parts: Iterable[Part], names: dict[int, str]
) -> Deviation:
    changes: dict[tuple[str, str], list[Decimal]] = defaultdict(lambda: [ZERO, ZERO])
    for part in parts:
        passing = PASSING.get(part.code)
        kind, code = ("net", passing) if passing else (part.kind, part.code)
        sign = -1 if passing and part.kind != "income" else 1
        changes[kind, code][part.period == now.period] += sign * part.amount
    changes["other", ""] = [past.other_income, now.other_income]
    worst = sorted(
        (
            ((after - earlier) * (-1 if kind in ("direct", "received") else 1), kind, code, earlier, after)
            for (kind, code), (earlier, after) in changes.items()
        ),
    )
    causes = [_cause(kind, code, earlier, after) for effect, kind, code, earlier, after in worst[:CAUSES] if effect < 0]
    volume = _volume(now, past)
    institution = names.get(now.institution, "") if len(names) > 1 else ""
    return Deviation(
        title=f"{institution} · {now.name}" if institution else now.name,
        what=_fall(past.surplus, now.surplus, past.period),
        causes=(*causes, *([volume] if volume else [])),
        url=f"{reverse('department', args=[now.department])}?period={now.period}",
    )


def _fall(earlier: Decimal, after: Decimal, period: str) -> str:
    return _("结余较 %(month)s减少 %(fall)s(%(earlier)s → %(after)s)") % {
        "month": words.month(period),
        "fall": words.amount(after - earlier),
        "earlier": words.signed(earlier),
        "after": words.signed(after),
    }


def _cause(kind: str, code: str, earlier: Decimal, after: Decimal) -> str:
    if kind == "net":
        name = _("药品收入减成本") if code == "drugs" else _("卫生材料收入减成本")
        return _("%(name)s由 %(earlier)s变为 %(after)s") % {
            "name": name,
            "earlier": words.signed(earlier),
            "after": words.signed(after),
        }
    name = {
        "income": _("%s收入") % costing.FEE_CLASS_TITLES.get(code, code),
        "other": _("其他收入"),
        "direct": _("直接成本中%s") % costing.COST_ITEM_TITLES.get(code, code),
        "received": _("分摊转入的%s") % costing.COST_ITEM_TITLES.get(code, code),
    }[kind]
    change = after - earlier
    share = f"({formats.percent(change / abs(earlier))})" if earlier else ""
    return f"{name}{words.moved(change)}{share}"


def _volume(now: DepartmentFigures, past: DepartmentFigures) -> str:
    """The fall in work, where it is what a reader would ask next."""
    told = []
    if now.discharges < past.discharges:
        told.append(_("出院 %(a)s → %(b)s 人次") % {"a": past.discharges, "b": now.discharges})
    if now.visits < past.visits:
        told.append(_("门急诊 %(a)s → %(b)s 人次") % {"a": past.visits, "b": now.visits})
    return _("业务量：%s") % "、".join(told) if told else ""


def of_institutions(activities: Iterable[Activity], names: dict[int, str], period: str, before: str) -> list[Deviation]:
    """The same for readers of aggregates: institutions whose surplus fell most."""
    rows = {(row.institution, row.period): row for row in activities}
    found = []
    for (institution, its_period), row in rows.items():
        past = rows.get((institution, before))
        if its_period != period or past is None:
            continue
        earlier, after = _surplus(past), _surplus(row)
        if after < earlier:
            found.append((after - earlier, institution, row, past))
    found.sort(key=lambda one: one[:2])
    return [
        Deviation(
            title=names.get(institution, ""),
            what=_fall(_surplus(past), _surplus(row), before),
            causes=tuple(_institution_causes(row, past)),
            url=f"{reverse('home')}?institution={institution}&period={period}",
        )
        for _fallen, institution, row, past in found[:SHOWN]
    ]


def _surplus(row: Activity) -> Decimal:
    return row.income + row.other_income - row.cost


def _institution_causes(now: Activity, past: Activity) -> list[str]:
    service = now.income - now.drug_income - now.material_income
    service_before = past.income - past.drug_income - past.material_income
    changes = [
        (now.drug_income - past.drug_income, _("药品收入")),
        (now.material_income - past.material_income, _("卫生材料收入")),
        (service - service_before, _("医疗服务收入")),
        (now.other_income - past.other_income, _("其他收入")),
    ]
    effects = [(change, name, change) for change, name in changes]
    effects.append((past.cost - now.cost, _("成本"), now.cost - past.cost))
    effects.sort()
    return [f"{name}{words.moved(change)}" for effect, name, change in effects[:CAUSES] if effect < 0]
