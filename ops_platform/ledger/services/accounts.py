"""The chart itself: own accounts of an institution, closing one, forbidding an overdraft."""

from datetime import date

from django.db import IntegrityError, transaction

from ops_platform.audit.public import record
from ops_platform.kernel import Actor, Conflict, Invalid, NotFound, from_fen
from ops_platform.ledger.models import Account, Floor, RunningBalance
from ops_platform.ledger.refusals import in_words
from ops_platform.ledger.selectors.access import KEEPERS, named_institution
from ops_platform.ledger.selectors.chart import accounts_of
from ops_platform.ledger.services.booking import lock_books
from ops_platform.masterdata.models import Institution, SourceMark
from ops_platform.masterdata.services.periods import access_institution

LONGEST_CODE = 20


@transaction.atomic
def add_own_account(actor: Actor, *, institution_id: int, parent: str, code: str, name: str) -> Account:
    """An account of the institution below a unified one; it takes over kind, side and dimensions.

    From now on legs of the institution stand on own accounts there. Refused while the parent has a balance: reverse or
    transfer it first, so that nothing is left above.
    """
    access_institution(actor, institution_id, *KEEPERS)
    institution = named_institution(institution_id)
    lock_books([institution])
    above = accounts_of(institution).get(parent)
    if above is None:
        raise NotFound("ledger.no_account", f"没有科目 {parent}。")
    _check(above, code, name)
    if code in accounts_of(institution):
        raise Conflict("ledger.code_taken", f"科目编码 {code} 已被使用。", field="code")
    standing = RunningBalance.objects.filter(institution=institution, account=above)
    left = [row for row in standing if row.debit != row.credit or row.held_debit or row.held_credit]
    own = Account.objects.filter(parent=above, institution=institution).exists()
    if left and not own:
        raise Conflict(
            "ledger.parent_has_balance",
            f"{above} 还有余额 {sum((row.debit - row.credit for row in left), from_fen(0)):,}，请先冲销或转出，再设明细。",
            field="parent",
        )
    row = Account.objects.create(
        code=code,
        name=name.strip(),
        parent=above,
        institution=institution,
        kind=above.kind,
        book=above.book,
        side=above.side,
        required=above.required,
        optional=above.optional,
        source_mark=SourceMark.DEFAULT,
        note="机构自设明细",
    )
    record(
        actor,
        "ledger.account_added",
        institution=institution.code,
        subject_type="account",
        subject=code,
        detail={"name": row.name, "parent": parent},
    )
    return row


def _check(above: Account, code: str, name: str) -> None:
    if not above.leaf:
        raise Invalid("ledger.own_below_leaf", f"{above} 下已有统一明细，请在末级科目下设。", field="parent")
    if not (code.isascii() and code.isdigit() and code.startswith(above.code) and len(above.code) < len(code)):
        raise Invalid("ledger.bad_code", f"编码应为以 {above.code} 开头的数字，且比它长。", field="code")
    if len(code) > LONGEST_CODE:
        raise Invalid("ledger.bad_code", f"编码最多 {LONGEST_CODE} 位。", field="code")
    if len(name.strip()) < 2:
        raise Invalid("ledger.name_missing", "请填写科目名称(至少 2 个字)。", field="name")


@transaction.atomic
def close_own_account(actor: Actor, *, account_id: int, closed_on: date) -> Account:
    """From a day on the own account takes no legs any more. Refused while something stands on it."""
    row = Account.objects.select_for_update(of=("self",)).select_related("institution").filter(pk=account_id).first()
    if row is None or row.institution is None:
        raise NotFound("ledger.no_account", "没有这个机构自设科目。")
    access_institution(actor, row.institution.pk, *KEEPERS)
    standing = RunningBalance.objects.filter(institution=row.institution, account=row)
    if any(each.debit != each.credit or each.held_debit or each.held_credit for each in standing):
        raise Conflict("ledger.account_has_balance", f"{row} 还有余额，不能停用。请先转出。")
    row.closed_on = closed_on
    row.save(update_fields=["closed_on"])
    record(
        actor,
        "ledger.account_closed",
        institution=row.institution.code,
        subject_type="account",
        subject=row.code,
        detail={"closed_on": closed_on.isoformat()},
    )
    return row


@transaction.atomic
def forbid_overdraft(actor: Actor, *, institution: Institution, account: Account) -> Floor:
    """The account may not be overdrawn from now on, whoever books. Refused where it is; a repeat changes nothing."""
    known = Floor.objects.filter(institution=institution, account=account).first()
    if known:
        return known
    with in_words(institution):
        try:
            with transaction.atomic():
                floor = Floor.objects.create(institution=institution, account=account)
        except IntegrityError:
            existing = Floor.objects.filter(institution=institution, account=account).first()
            if existing is None:
                raise
            return existing
    record(
        actor, "ledger.overdraft_forbidden", institution=institution.code, subject_type="account", subject=account.code
    )
    return floor
