"""Special reviews, the cases that come into question for one, and how many may be put forward."""

from dataclasses import dataclass

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from insurance_settlement.engine.rounding import plain
from insurance_settlement.engine.special_review import Hints, Quota, grounds
from insurance_settlement.engine.worth import SELF_PAY, Review
from insurance_settlement.models import CaseResult, ReviewOutcome, SchemeKind, SpecialReview
from insurance_settlement.selectors.access import CASE_READERS, cases
from ops_platform.kernel import Actor, NotFound, Period, to_fen
from ops_platform.masterdata.models import Institution
from ops_platform.masterdata.selectors import parameter_value
from ops_platform.orm.scopes import within_reach

LONG_STAY = "insurance_settlement.review_long_stay"
HEAVY = "insurance_settlement.review_heavy_multiple"
SHARES = {
    SchemeKind.DRG: "insurance_settlement.review_share_drg",
    SchemeKind.DIP: "insurance_settlement.review_share_dip",
}
NOT_PUT_FORWARD = (SpecialReview.State.DRAFT, SpecialReview.State.ARCHIVED)


def reviews(*, actor: Actor) -> QuerySet[SpecialReview]:
    """Reviews within reach, newest first."""
    return (
        SpecialReview.objects.filter(within_reach(actor, *CASE_READERS))
        .select_related("institution", "department", "case", "created_by")
        .order_by("-created_at", "-pk")
    )


def access_review(*, actor: Actor, review_id: int) -> SpecialReview:
    """One review; NotFound for what the actor may not see."""
    found = reviews(actor=actor).select_related("case__run__scheme").filter(pk=review_id).first()
    if found is None:
        raise NotFound("insurance_settlement.no_review", "没有这个特例单议申请。")
    return found


def current_case(review: SpecialReview) -> CaseResult:
    """The case as it is paid now; as it was put forward where it is in no current run."""
    rows = CaseResult.objects.filter(
        run__is_current=True, run__institution=review.institution_id, encounter=review.encounter
    )
    return rows.select_related("run").order_by("pk").last() or review.case


def hints() -> Hints:
    """From where on figures show a ground today, for the whole alliance."""
    day = timezone.localdate()
    return Hints(int(parameter_value(key=LONG_STAY, day=day)), parameter_value(key=HEAVY, day=day))


def grounds_of(case: CaseResult, hints: Hints) -> tuple[str, ...]:
    """Which grounds the figures of a stored case show."""
    payment = None if case.payment is None else to_fen(case.payment)
    return grounds(case.kind, case.stay_days, to_fen(case.charges), payment, hints)


def candidates(*, actor: Actor, hints: Hints) -> QuerySet[CaseResult]:
    """Cases whose figures show a ground and that nobody has put forward, the greatest loss first; ungrouped ones, which have
    no payment, by their charges. Nobody is put forward to an insurer that does not pay for him."""
    put_forward = SpecialReview.objects.filter(
        institution=OuterRef("run__institution"), encounter=OuterRef("encounter")
    ).exclude(state=SpecialReview.State.ARCHIVED)
    heavy = Q(kind="high") | Q(charges__gt=F("payment") * hints.heavy)
    shows = heavy | Q(kind="ungrouped") | Q(stay_days__gt=hints.long_stay)
    return (
        cases(actor=actor)
        .filter(shows)
        .exclude(scheme=SELF_PAY)
        .exclude(Exists(put_forward))
        .select_related("run__institution", "run__scheme", "department")
        .order_by("balance", "-charges", "pk")
    )


def quota_of(*, institution: Institution, kind: str, year: int) -> Quota:
    """How many cases of a kind of scheme the institution may put forward of the discharges of a year so far."""
    months = {"period__gte": f"{year}-01", "period__lte": f"{year}-12"}
    grouped = CaseResult.objects.filter(
        run__institution=institution,
        run__is_current=True,
        run__scheme__kind=kind,
        **{f"run__{name}": value for name, value in months.items()},
    ).exclude(scheme=SELF_PAY)
    used = SpecialReview.objects.filter(institution=institution, kind=kind, **months).exclude(state__in=NOT_PUT_FORWARD)
    share = parameter_value(
        key=SHARES[SchemeKind(kind)], day=Period.parse(f"{year}-12").last_day, institution=institution
    )
    return Quota(grouped.count(), share, used.count())


@dataclass(frozen=True, slots=True)
class QuotaLine:
    """The quota of an institution by a kind of scheme in a year."""

    institution: Institution
    kind: str
    year: int
    quota: Quota


def quotas(*, actor: Actor, year: int) -> list[QuotaLine]:
    """Of the institutions that have put something forward in the year, as far as the actor sees them; of the only one
    whoever sees no other. Three queries, and a parameter for each line."""
    seen = {one.pk: one for one in Institution.objects.visible_to(actor, *CASE_READERS)}
    months = {"period__gte": f"{year}-01", "period__lte": f"{year}-12"}
    discharged = (
        CaseResult.objects.filter(
            run__is_current=True,
            run__institution__in=seen,
            **{f"run__{name}": value for name, value in months.items()},
        )
        .order_by()
        .values_list("run__institution", "run__scheme__kind")
        .annotate(number=Count("id"))
    )
    rows = SpecialReview.objects.filter(institution__in=seen, **months).exclude(state__in=NOT_PUT_FORWARD)
    counted = rows.order_by().values_list("institution", "kind").annotate(number=Count("id"))
    used = {(number, kind): count for number, kind, count in counted}
    day = Period.parse(f"{year}-12").last_day
    found = []
    for number, kind, count in discharged:
        if len(seen) > 1 and (number, kind) not in used:
            continue
        share = parameter_value(key=SHARES[SchemeKind(kind)], day=day, institution=seen[number])
        quota = Quota(count, share, used.get((number, kind), 0))
        found.append(QuotaLine(seen[number], kind, year, quota))
    return sorted(found, key=lambda line: (line.institution.code, line.kind))


def review_of(*, institution: int, encounter: int) -> SpecialReview | None:
    """The review of a stay, unless it was put away."""
    rows = SpecialReview.objects.filter(institution=institution, encounter=encounter)
    return rows.exclude(state=SpecialReview.State.ARCHIVED).order_by("pk").first()


def approved_reviews(*, institution: int, period: str) -> dict[int, Review]:
    """What the insurer granted to stays discharged in a month, by encounter, as pricing takes it."""
    rows = SpecialReview.objects.filter(institution=institution, period=period, state=SpecialReview.State.APPROVED)
    return {
        encounter: Review(plain(worth) if worth is not None and effective == ReviewOutcome.RESCORED else None)
        for encounter, effective, worth in rows.order_by("encounter").values_list("encounter", "effective", "worth")
    }
