"""Builders of a small alliance in the trade's words. Facts come in through the gate, as everywhere."""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from ops_platform.his_intake import formats, services
from ops_platform.his_intake.datasets.catalogue import DATASETS
from ops_platform.his_intake.services import Receipt
from ops_platform.identity.models import RoleAssignment, User
from ops_platform.kernel import Actor, Grant, Role
from ops_platform.kernel.actor import PLATFORM
from ops_platform.masterdata.models import Department, Institution
from ops_platform.masterdata.services import load_alliance

PATIENT = "9f86d081884c7d659a2feaa0c55ad015"
Rows = Sequence[Mapping[str, Any]]


def alliance(first_period: str = "2026-01") -> dict[str, Institution]:
    """One county hospital, one township hospital, one village clinic."""
    load_alliance(
        PLATFORM,
        {
            "code": "YGT",
            "name": "测试县医共体",
            "first_period": first_period,
            "institutions": [
                {"code": "H1", "name": "测试县人民医院", "kind": "lead_hospital", "beds": 300},
                {"code": "T1", "name": "东镇卫生院", "kind": "township_hospital", "parent": "H1", "beds": 30},
                {"code": "V1", "name": "东村卫生室", "kind": "village_clinic", "parent": "T1"},
            ],
        },
    )
    return {institution.code: institution for institution in Institution.objects.all()}


def actor(
    role: Role, institution: Institution | None = None, *, name: str = "", department: int | None = None
) -> Actor:
    """Somebody with one role."""
    grant = Grant(role, institution.pk if institution else None, department)
    return Actor(name=name or str(role), grants=(grant,))


def person(
    username: str, role: Role | None, institution: Institution | None = None, department: Department | None = None
) -> User:
    """A user who may sign in and holds the role, given by two persons."""
    user = User.objects.create_user(username, "correct horse battery", display_name=username)
    if role:
        give(user, role, institution, department)
    return user


def give(
    user: User, role: Role, institution: Institution | None = None, department: Department | None = None
) -> RoleAssignment:
    """One more role, given by two persons."""
    return RoleAssignment.objects.create(
        user=user,
        role=role,
        institution=institution,
        department=department,
        state=RoleAssignment.State.ACTIVE,
        proposed_by="first",
        decided_by="second",
    )


_numbers = iter(range(1, 10_000_000))


def send(institution: Institution, dataset: str, rows: Rows, *, batch_no: str = "", who: Actor = PLATFORM) -> Receipt:
    """Post rows through the gate as a HIS does, in process."""
    declared = DATASETS[dataset]
    body = json.dumps(list(rows), ensure_ascii=False).encode()
    return services.accept_batch(
        who,
        dataset=declared,
        institution=institution,
        batch_no=batch_no or f"{dataset}-{next(_numbers)}",
        digest=services.digest_of_body(body),
        read=lambda: formats.from_rows(declared, json.loads(body)),
    )


def landed(institution: Institution, dataset: str, rows: Rows) -> Receipt:
    """Post rows that must all land."""
    receipt = send(institution, dataset, rows)
    assert receipt.batch.quarantined == 0, receipt.errors
    return receipt


def department(code: str, cost_class: str = "clinical", name: str = "", since: str = "2026-01-01") -> dict[str, str]:
    """A row of the dataset departments."""
    mode = "mixed" if cost_class == "clinical" else "none"
    return {
        "code": code,
        "effective_from": since,
        "name": name or code,
        "cost_class": cost_class,
        "service_mode": mode,
    }


def item(code: str, item_class: str = "service", fee_class: str = "treatment", **more: str) -> dict[str, str]:
    """A row of the dataset charge-items."""
    return {
        "code": code,
        "effective_from": "2026-01-01",
        "name": f"项目{code}",
        "item_class": item_class,
        "fee_class": fee_class,
        **more,
    }


def cost(voucher: str, dept: str, amount: str, cost_item: str = "personnel", day: str = "2026-03-31") -> dict[str, Any]:
    """A row of the dataset cost-entries."""
    return {
        "voucher": voucher,
        "line": "1",
        "department": dept,
        "date": day,
        "cost_item": cost_item,
        "funding_source": "basic",
        "amount": amount,
    }


def balance(
    account: str, name: str, period: str = "2026-03", *, opening: str = "0", debit: str = "0", credit: str = "0"
) -> dict[str, Any]:
    """A row of the dataset trial-balances; `opening` is debits less credits."""
    stood = Decimal(opening)
    stands = stood + Decimal(debit) - Decimal(credit)
    return {
        "period": period,
        "account": account,
        "name": name,
        "opening_debit": f"{max(stood, Decimal(0)):.2f}",
        "opening_credit": f"{max(-stood, Decimal(0)):.2f}",
        "debit": f"{Decimal(debit):.2f}",
        "credit": f"{Decimal(credit):.2f}",
        "closing_debit": f"{max(stands, Decimal(0)):.2f}",
        "closing_credit": f"{max(-stands, Decimal(0)):.2f}",
    }


def visit(
    number: str, dept: str, when: str = "2026-03-05T08:00:00", kind: str = "outpatient", **more: str
) -> dict[str, Any]:
    """A row of the dataset encounters."""
    return {
        "encounter_no": number,
        "kind": kind,
        "patient": PATIENT,
        "department": dept,
        "admitted": when,
        "scheme": "resident",
        **more,
    }


def charge(
    visit_no: str,
    line: int,
    item_code: str,
    ordering: str,
    executing: str,
    amount: str,
    when: str = "2026-03-05T09:00:00",
    **more: str,
) -> dict[str, Any]:
    """A row of the dataset charge-lines: quantity 1 (−1 for a refund) at that price."""
    negative = amount.startswith("-")
    return {
        "encounter_no": visit_no,
        "line_no": str(line),
        "item": item_code,
        "ordering_department": ordering,
        "executing_department": executing,
        "quantity": "-1" if negative else "1",
        "price": amount.lstrip("-"),
        "amount": amount,
        "charged_at": when,
        "insured_amount": "0.00",
        **more,
    }


def move(
    document: str,
    kind: str,
    goods: str = "YP1",
    *,
    quantity: str = "1",
    price: str = "10.00",
    day: str = "2026-03-05",
    **more: str,
) -> dict[str, Any]:
    """A row of the dataset drug-and-material-moves: a drug, charged as `YP` unless another item is named."""
    amount = (Decimal(quantity) * Decimal(price)).quantize(Decimal("0.01"), ROUND_HALF_UP)
    bought = {"supplier": "省医药", "procurement": "sunshine"} if kind in ("purchase", "purchase_return") else {}
    return {
        "document": document,
        "line": "1",
        "move_kind": kind,
        "date": day,
        "goods": goods,
        "name": f"品种{goods}",
        "goods_class": "drug",
        "item": "YP",
        "unit": "盒",
        "quantity": quantity,
        "price": price,
        "amount": f"{amount}",
        **bought,
        **more,
    }


def device(
    card: str, kind: str, used: str, available: str = "8", day: str = "2026-03-05", **more: str
) -> dict[str, Any]:
    """A row of the dataset equipment-uses."""
    return {
        "card": card,
        "date": day,
        "department": "NK",
        "name": f"{kind}一号",
        "kind": kind,
        "used_hours": used,
        "available_hours": available,
        "services": "10",
        **more,
    }


def day(text: str) -> date:
    """2026-03-05"""
    return date.fromisoformat(text)
