"""Trials: asked for by who plans, worked out by a worker, and never changed afterwards. No official figure is touched."""

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from insurance_settlement import price_book_workbooks, schemes
from insurance_settlement.engine.documents import digest_of_document, document_of, text_of
from insurance_settlement.engine.rule_book import RuleBook, read_rule_book
from insurance_settlement.engine.trial import Overrides
from insurance_settlement.models import (
    GroupingRun,
    GroupingScheme,
    PriceBook,
    PricingTrial,
    TrialCase,
    TrialGroup,
    TrialMonth,
)
from insurance_settlement.rule_sheets import is_workbook
from insurance_settlement.selectors.trials import SUMS
from insurance_settlement.services.grouping import ENGINE_VERSION
from insurance_settlement.trial_pricing import DRAFT, Outcome, book_after, outcomes, scheme_after
from ops_platform.audit.public import record
from ops_platform.kernel import Actor, Conflict, DomainError, Forbidden, Invalid, Period, Role, digest_of, from_fen
from ops_platform.masterdata.models import Institution
from ops_platform.notifications.public import enqueue
from ops_platform.orm import leases
from ops_platform.orm.bulk import copy_rows

logger = logging.getLogger(__name__)
PLANNERS = (
    Role.INSURANCE_OFFICER,
    Role.FINANCE_OFFICER,
    Role.FINANCE_DIRECTOR,
    Role.INSTITUTION_HEAD,
    Role.OPERATION_CENTRE,
)
TASK = "insurance_settlement.run_trial"
MOST_MONTHS, MOST_CASES = 36, 300_000
MOST_LOST = 3  # a trial that loses its worker each time must not go on for ever
SWEPT_AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class WantedTrial:
    """What is asked: institutions and months; another book, or a draft as a file or workbook; another scheme; figures."""

    title: str
    institutions: Sequence[Institution]
    first: Period
    last: Period
    note: str = ""
    price_book: PriceBook | None = None
    draft: bytes = b""
    scheme: GroupingScheme | None = None
    overrides: Overrides = field(default_factory=Overrides)


@transaction.atomic
def begin_trial(actor: Actor, wanted: WantedTrial) -> PricingTrial:
    """Ask what months would have been paid otherwise. What cannot be priced so is refused here, before anything is worked
    out."""
    user = _must_plan(actor, wanted.institutions)
    _check(wanted)
    draft = _draft(wanted)
    runs = _runs(wanted)
    trial = PricingTrial(
        title=wanted.title.strip(),
        note=wanted.note.strip(),
        first=str(wanted.first),
        last=str(wanted.last),
        price_book=wanted.price_book,
        draft=text_of(document_of(draft)) if draft else "",
        scheme=wanted.scheme or _scheme_of(wanted, draft, runs),
        overrides=wanted.overrides.document,
        created_by_id=user,
        messaged_at=timezone.now(),
    )
    _check_books(trial, runs, wanted.overrides)
    trial.save()
    TrialMonth.objects.bulk_create([TrialMonth(trial=trial, run=run) for run in runs])
    record(
        actor,
        "insurance_settlement.trial_begun",
        institution=wanted.institutions[0].code if len(wanted.institutions) == 1 else "",
        subject_type="pricing_trial",
        subject=trial.pk,
        detail={"title": trial.title, "months": len(runs), "overrides": trial.overrides},
    )
    enqueue(TASK, trial_id=trial.pk)
    return trial


def _must_plan(actor: Actor, institutions: Iterable[Institution]) -> int:
    """The number of the user who plans."""
    if actor.user is None or not all(actor.may(one.pk, *PLANNERS) for one in institutions):
        raise Forbidden(
            "insurance_settlement.may_not_try",
            "只有医保专员、财务人员、机构负责人和运营管理中心可以为自己的机构发起试算。",
        )
    return actor.user


def _check(wanted: WantedTrial) -> None:
    if not 2 <= len(wanted.title.strip()) <= 120:
        raise Invalid("insurance_settlement.trial_title", "试算名称应为 2 至 120 字。", field="title")
    if not wanted.institutions:
        raise Invalid("insurance_settlement.trial_institutions", "请至少选择一个机构。", field="institutions")
    months = (wanted.last.year - wanted.first.year) * 12 + wanted.last.month - wanted.first.month + 1
    if not 1 <= months <= MOST_MONTHS:
        raise Invalid(
            "insurance_settlement.trial_months",
            f"{wanted.first} 至 {wanted.last} 应为 1 至 {MOST_MONTHS} 个月，请更改起止月份。",
            field="last",
        )
    if wanted.price_book and wanted.draft:
        raise Invalid(
            "insurance_settlement.trial_two_books", "已选择另一份价格规则，又上传了草稿，请只保留一项。", field="draft"
        )
    if not (wanted.price_book or wanted.draft or wanted.scheme or wanted.overrides.given):
        raise Invalid(
            "insurance_settlement.trial_nothing",
            "没有任何改动。请选择另一份价格规则或分组方案，上传草稿，或填写要改动的数值。",
        )


def _draft(wanted: WantedTrial) -> RuleBook | None:
    if not wanted.draft:
        return None
    content = wanted.draft
    try:
        text = price_book_workbooks.text_in(content).encode() if is_workbook(content) else content
        return read_rule_book(text, DRAFT)
    except Invalid as refusal:
        refusal.context = {**refusal.context, "field": "draft"}
        raise


def _scheme_of(wanted: WantedTrial, draft: RuleBook | None, runs: Sequence[GroupingRun]) -> GroupingScheme | None:
    """The scheme that another book belongs to. A draft names its scheme: that of the runs where it is the same, so that
    their edition stays; else the newest edition that holds by the end of the months."""
    if wanted.price_book is not None:
        return wanted.price_book.scheme
    if draft is None or all(run.scheme.name == draft.scheme for run in runs):
        return None
    known = GroupingScheme.objects.filter(name=draft.scheme, effective_from__lte=wanted.last.last_day)
    found = known.order_by("-effective_from", "-pk").first()
    if found is None:
        raise Invalid(
            "insurance_settlement.trial_unknown_scheme",
            f"草稿属于方案「{draft.scheme}」，{wanted.last} 以前没有生效的这个方案。请先导入，或更正「适用方案」。",
            field="draft",
        )
    return found


def _runs(wanted: WantedTrial) -> list[GroupingRun]:
    """The current runs with cases, in the order of institution and month."""
    found = GroupingRun.objects.filter(
        institution__in=[one.pk for one in wanted.institutions],
        period__gte=str(wanted.first),
        period__lte=str(wanted.last),
        is_current=True,
        cases__gt=0,
    )
    cases = found.aggregate(total=Sum("cases"))["total"] or 0
    if not cases:
        raise Conflict(
            "insurance_settlement.trial_no_cases",
            f"所选机构 {wanted.first} 至 {wanted.last} 没有已分组计价的病例。请更改机构或月份。",
            field="first",
        )
    if cases > MOST_CASES:
        raise Conflict(
            "insurance_settlement.trial_too_many",
            f"所选范围有 {cases:,} 例，一次试算至多 {MOST_CASES:,} 例。请减少月份或机构。",
            field="last",
        )
    ordered = found.select_related("institution", "scheme", "price_book__scheme")
    return list(ordered.order_by("institution__code", "period", "pk"))


def _check_books(trial: PricingTrial, runs: Sequence[GroupingRun], overrides: Overrides) -> None:
    """That every book with the figures changed is one, and that the figures speak of what there is."""
    books = {run.price_book_id: (run, book_after(trial, run)) for run in runs}
    if overrides.given and len({book.method for _, book in books.values()}) > 1:
        raise Conflict(
            "insurance_settlement.trial_two_methods",
            "所选机构和月份中，有的按费率法、有的按点数法支付，同一组数值不能都适用。请分开试算。",
            field="institutions",
        )
    groups: set[str] = set()
    for run, book in books.values():
        scheme = scheme_after(trial, run)
        if book.scheme != scheme.name:
            raise Invalid(
                "insurance_settlement.trial_scheme_without_book",
                f"价格规则属于方案「{book.scheme}」，不能给「{scheme.name}」的病组定价。请同时选择该方案的价格规则。",
                field="price_book",
            )
        groups |= {
            *schemes.compiled_scheme(scheme_after(trial, run)).titles,
            *book.weights.keys() - overrides.weights.keys(),
        }
    unknown = sorted(overrides.weights.keys() - groups)
    if unknown:
        raise Invalid(
            "insurance_settlement.trial_unknown_group",
            f"试算的方案中没有病组 {'、'.join(unknown[:5])}，请核对编码。",
            field="weights",
        )
    strange = sorted(overrides.coefficients.keys() - {run.institution.code for run in runs})
    if strange:
        raise Invalid(
            "insurance_settlement.trial_unknown_institution",
            f"机构 {'、'.join(strange[:5])} 不在所选机构之中，或没有病例，请核对机构编码。",
            field="coefficients",
        )
    without_high = any(book.outliers is None or not book.outliers.high for _, book in books.values())
    if overrides.high_share is not None and without_high:
        raise Invalid(
            "insurance_settlement.trial_no_high",
            "价格规则没有高倍率，只填支付比例没有作用。请同时填写高倍率界限，或清空支付比例。",
            field="high_share",
        )


def run_trial(trial_id: int) -> None:
    """Take a trial and work it out. Does nothing when somebody else holds it or it has ended."""
    owner, row = leases.new_owner(), PricingTrial.objects.filter(pk=trial_id)
    if not leases.claim(row, owner):
        return
    trial = row.select_related("price_book__scheme", "scheme").get()
    with leases.Heartbeat(row, owner):
        try:
            _do(trial, owner)
        except leases.LeaseLost:
            logger.warning("insurance_settlement: trial %s was taken over, its work is rolled back", trial_id)


def _do(trial: PricingTrial, owner: str) -> None:
    trial.attempts += 1
    trial.save(update_fields=["attempts"])
    try:
        if trial.attempts > MOST_LOST:
            raise Conflict(
                "insurance_settlement.trial_lost_again",
                f"这次试算已使 {MOST_LOST} 个工作进程中断，不再自动重试。请缩小范围后重新发起，或联系系统管理员。",
            )
        with transaction.atomic():
            trial.input_digest, trial.result_digest = _work_out(trial, keep=True)
            trial.engine_version = ENGINE_VERSION
            leases.fence(PricingTrial.objects.filter(pk=trial.pk), owner)
            _end(trial, PricingTrial.State.SUCCEEDED)
    except leases.LeaseLost:
        raise
    except Exception as error:
        _fail(trial, owner, error)


@transaction.atomic
def _fail(trial: PricingTrial, owner: str, error: Exception) -> None:
    leases.fence(PricingTrial.objects.filter(pk=trial.pk), owner)
    told = error
    if not isinstance(told, DomainError):
        logger.error("insurance_settlement: trial %s failed", trial.pk, exc_info=error)
        told = Conflict(
            "insurance_settlement.trial_failed",
            f"平台出错，试算没有完成。请重新发起；再次出错时，请把试算编号 {trial.pk} 告诉系统管理员。",
        )
    trial.input_digest = trial.result_digest = ""
    trial.error_code, trial.error = told.code, told.message
    _end(trial, PricingTrial.State.FAILED)


def _end(trial: PricingTrial, state: PricingTrial.State) -> None:
    trial.state, trial.finished_at = state, timezone.now()
    trial.lease_owner, trial.lease_until = "", None
    trial.save(
        update_fields=[
            "state",
            "finished_at",
            "lease_owner",
            "lease_until",
            "engine_version",
            "input_digest",
            "result_digest",
            "error_code",
            "error",
        ]
    )


def recomputed(trial: PricingTrial) -> tuple[str, str]:
    """The digests of input and result, worked out again; nothing is written."""
    return _work_out(trial, keep=False)


def _work_out(trial: PricingTrial, *, keep: bool) -> tuple[str, str]:
    runs = [
        month.run
        for month in trial.months.select_related("run__institution", "run__scheme", "run__price_book").order_by(
            "run__institution__code", "run__period", "pk"
        )
    ]
    results = []
    for run in runs:
        found = list(outcomes(trial, run))
        results.append([run.institution.code, run.period, [_said(one) for one in found]])
        if keep:
            _keep(trial, run, found)
    changes = {
        "book": trial.price_book.digest if trial.price_book else "",
        "draft": digest_of_document(document_of(read_rule_book(trial.draft.encode(), DRAFT))) if trial.draft else "",
        "scheme": trial.scheme.digest if trial.scheme else "",
        "overrides": trial.overrides,
    }
    asked = [[run.institution.code, run.period, run.input_digest] for run in runs]
    return digest_of([asked, changes, ENGINE_VERSION]), digest_of(results)


def _said(one: Outcome) -> list[Any]:
    after = one.after
    return [one.case.encounter_no, one.case.drg, one.found.code, one.before.payment, str(after.kind), after.payment]


def _keep(trial: PricingTrial, run: GroupingRun, found: Iterable[Outcome]) -> None:
    groups: dict[tuple[int, str, str], list[int]] = defaultdict(lambda: [0] * len(SUMS))
    cases = []
    for one in found:
        before, after, charged = one.before.payment, one.after.payment, int(one.case.charges.scaleb(2))
        sums = groups[one.case.department_id, one.case.drg, one.found.code]
        added = (
            1,
            int(one.differs),
            int(before is not None),
            int(after is not None),
            charged,
            charged if before is not None else 0,
            charged if after is not None else 0,
            before or 0,
            after or 0,
        )
        for place, value in enumerate(added):
            sums[place] += value
        if one.differs:
            cases.append(
                (
                    trial.pk,
                    one.case.pk,
                    one.found.code,
                    str(one.after.kind),
                    _yuan(before),
                    _yuan(after),
                    from_fen(one.delta),
                )
            )
    columns = ("trial_id", "run_id", "department_id", "drg", "drg_after", *SUMS)
    copy_rows(TrialGroup, columns, _group_rows(trial, run, groups))
    copy_rows(
        TrialCase, ["trial_id", "case_id", "drg_after", "kind_after", "payment_before", "payment_after", "delta"], cases
    )


def _group_rows(
    trial: PricingTrial, run: GroupingRun, groups: Mapping[tuple[int, str, str], list[int]]
) -> Iterable[tuple[Any, ...]]:
    for (department, drg, after), sums in sorted(groups.items()):
        yield (trial.pk, run.pk, department, drg, after, *sums[:4], *(from_fen(fen) for fen in sums[4:]))


def _yuan(fen: int | None) -> Decimal | None:
    return None if fen is None else from_fen(fen)


def sweep_trials() -> int:
    """On beat: send trials again whose worker was lost or whose message went missing. Returns how many."""
    with transaction.atomic():
        lost, unheard = leases.left_alone(PricingTrial.objects.select_for_update(skip_locked=True))
        left = list((lost | unheard).order_by("id").values_list("pk", flat=True)[:SWEPT_AT_ONCE])
        PricingTrial.objects.filter(pk__in=left).update(messaged_at=timezone.now())
        for number in left:
            enqueue(TASK, trial_id=number)
        return len(left)
