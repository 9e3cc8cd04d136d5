"""Trials and what they came to, by institution, month, department and group. Never read by anything official."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, QuerySet, Sum
from django.db.models.functions import Abs

from insurance_settlement import schemes
from insurance_settlement.models import GroupingRun, PricingTrial, TrialCase, TrialGroup, TrialMonth
from insurance_settlement.selectors.access import MONTH_READERS
from insurance_settlement.trial_pricing import Outcome, outcomes, scheme_after
from ops_platform.kernel import Actor, Conflict, NotFound, Period
from ops_platform.masterdata.models import Institution

ZERO = Decimal("0.00")
CUTS: Mapping[str, tuple[str, ...]] = {
    "group": ("drg",),
    "institution": ("run__institution", "run__institution__name"),
    "department": ("department", "run__institution__name", "department__name"),
    "month": ("run__period",),
    "move": ("drg", "drg_after"),
}
COUNTS = ("cases", "changed", "priced_before", "priced_after")
AMOUNTS = ("charges", "charged_before", "charged_after", "payment_before", "payment_after")
SUMS = (*COUNTS, *AMOUNTS)


@dataclass(frozen=True, slots=True)
class TrialLine:
    """Cases of a cut beside each other; yuan. `key` is what the cut is by, `name` and `detail` words for it."""

    key: str
    name: str
    detail: str
    cases: int
    changed: int
    priced_before: int
    priced_after: int
    charges: Decimal
    charged_before: Decimal
    charged_after: Decimal
    payment_before: Decimal
    payment_after: Decimal

    @property
    def delta(self) -> Decimal:
        """What would be paid more."""
        return self.payment_after - self.payment_before

    @property
    def balance_before(self) -> Decimal:
        """Payment − charges of the cases that have a price, as it is."""
        return self.payment_before - self.charged_before

    @property
    def balance_after(self) -> Decimal:
        """Payment − charges of the cases that would have a price."""
        return self.payment_after - self.charged_after

    @property
    def rate(self) -> Decimal | None:
        """The change as a share of what is paid."""
        return self.delta / self.payment_before if self.payment_before else None


def trials(*, actor: Actor) -> QuerySet[PricingTrial]:
    """Trials all of whose institutions the actor may see, newest first."""
    rows = PricingTrial.objects.defer("draft", "price_book__content").select_related(
        "created_by", "price_book", "scheme"
    )
    reach = actor.institutions(*MONTH_READERS)
    if reach is not None:
        months = TrialMonth.objects.filter(trial=OuterRef("pk"))
        beyond = months.exclude(run__institution__in=reach)
        rows = rows.filter(Exists(months)).exclude(Exists(beyond))
    members = Count("months__run__institution", distinct=True)
    return rows.annotate(members=members).order_by("-created_at", "-pk")


def access_trial(*, actor: Actor, trial_id: int) -> PricingTrial:
    """One trial; NotFound for what the actor may not see."""
    found = trials(actor=actor).filter(pk=trial_id).first()
    if found is None:
        raise NotFound("insurance_settlement.no_trial", "没有这次试算。")
    return found


def institutions_of(trial: PricingTrial) -> list[Institution]:
    """Those that it asks about, by code."""
    asked = trial.months.order_by().values("run__institution")
    return list(Institution.objects.filter(pk__in=asked).order_by("code"))


def runs_of(trial: PricingTrial) -> list[GroupingRun]:
    """The runs it starts from, by institution and month."""
    runs = GroupingRun.objects.filter(pk__in=trial.months.order_by().values("run"))
    listed = runs.select_related("institution", "scheme", "price_book").defer("price_book__content")
    return list(listed.order_by("institution__code", "period"))


def totals(trial: PricingTrial) -> TrialLine:
    """Over all of it."""
    found = trial.groups.aggregate(**{name: Sum(name) for name in SUMS})
    sums: list[Any] = [found[name] or (ZERO if name in AMOUNTS else 0) for name in SUMS]
    return TrialLine("", "合计", "", *sums)


def lines(trial: PricingTrial, cut: str) -> list[TrialLine]:
    """By a cut, the greatest change first. One query, and the schemes for the names of groups."""
    fields = CUTS[cut]
    rows = TrialGroup.objects.filter(trial=trial)
    if cut == "move":
        rows = rows.exclude(drg=F("drg_after"))
    names = _names(trial) if cut in ("group", "move") else {}
    found = [
        _line(cut, row, names)
        for row in rows.order_by(*fields).values(*fields).annotate(**{f"sum_{name}": Sum(name) for name in SUMS})
    ]
    return sorted(found, key=lambda one: (-abs(one.delta), one.key))


def _line(cut: str, row: Mapping[str, Any], names: Mapping[str, str]) -> TrialLine:
    sums = [row[f"sum_{name}"] for name in SUMS]
    if cut == "group":
        return TrialLine(row["drg"], row["drg"], names.get(row["drg"], ""), *sums)
    if cut == "move":
        told = f"{names.get(row['drg'], '')} → {names.get(row['drg_after'], '')}"
        return TrialLine(row["drg"], f"{row['drg']} → {row['drg_after']}", told, *sums)
    if cut == "month":
        return TrialLine(row["run__period"], row["run__period"], "", *sums)
    if cut == "department":
        return TrialLine(str(row["department"]), row["department__name"], row["run__institution__name"], *sums)
    return TrialLine(str(row["run__institution"]), row["run__institution__name"], "", *sums)


def _names(trial: PricingTrial) -> dict[str, str]:
    """Of groups, in the schemes before and after."""
    found: dict[str, str] = {}
    seen: set[int] = set()
    for run in runs_of(trial):
        for scheme in (run.scheme, scheme_after(trial, run)):
            if scheme.pk not in seen:
                seen.add(scheme.pk)
                found |= schemes.compiled_scheme(scheme).titles
    return found


def changed_cases(trial: PricingTrial) -> QuerySet[TrialCase]:
    """Cases that are paid or grouped otherwise, the greatest change first."""
    return (
        TrialCase.objects.filter(trial=trial)
        .select_related("case__run__institution", "case__department")
        .annotate(size=Abs("delta"))
        .order_by("-size", "pk")
    )


def replaced(trial: PricingTrial) -> list[GroupingRun]:
    """Runs of it that no longer count, since the month was priced again."""
    return [run for run in runs_of(trial) if not run.is_current]


@dataclass(frozen=True, slots=True)
class CaseBeside:
    """A case with both ways to its price; `names` of groups."""

    row: TrialCase
    outcome: Outcome
    names: Mapping[str, str]


def case_beside(trial: PricingTrial, case_id: int) -> CaseBeside:
    """One changed case, worked out again. NotFound for one that the trial does not change."""
    row = changed_cases(trial).select_related("case__run__scheme", "case__run__price_book").filter(case=case_id).first()
    if row is None:
        raise NotFound("insurance_settlement.no_trial_case", "这次试算没有改变该病例，或没有这个病例。")
    run = row.case.run
    found = next(outcomes(trial, run, row.case.encounter), None)
    if found is None:
        raise Conflict(
            "insurance_settlement.trial_case_gone",
            f"病例 {row.case.encounter_no} 的病案首页已不可读，不能重新列示计价过程。",
        )
    return CaseBeside(row, found, _names(trial))


def months_left_out(trial: PricingTrial) -> list[str]:
    """Months of its institutions that it has no cases of, in words."""
    there = {(run.institution_id, run.period) for run in runs_of(trial)}
    told = []
    for institution in institutions_of(trial):
        period = Period.parse(trial.first)
        while str(period) <= trial.last:
            if (institution.pk, str(period)) not in there:
                told.append(f"{institution.name} {period}")
            period = period.shift(1)
    return told
