"""Rights: roles given by two persons, incompatible duties, keys that are scoped, limited and revocable."""

import pytest
from django.test import Client
from django.urls import reverse

from ops_platform.identity import services
from ops_platform.identity.actors import actor_of_user
from ops_platform.identity.models import ApiKey, RoleAssignment, User
from ops_platform.kernel import Actor, Conflict, Forbidden, Invalid, Role
from ops_platform.masterdata.models import Department, Institution
from tests.support import trade
from workflows.reference import load_flows

pytestmark = pytest.mark.django_db


@pytest.fixture
def hospital() -> Institution:
    hospital = trade.alliance()["H1"]
    load_flows()
    trade.landed(hospital, "departments", [trade.department("GK", name="骨科")])
    return hospital


def admin(username: str) -> Actor:
    return actor_of_user(trade.person(username, Role.SYSTEM_ADMIN))


def test_a_role_takes_effect_only_when_a_second_person_confirms_it(hospital: Institution) -> None:
    first, second = admin("admin1"), admin("admin2")
    user = services.create_user(first, username="li", display_name="李", password="a long enough one")
    assignment = services.propose_role(first, user_id=user.pk, role=Role.FINANCE_OFFICER, institution_id=hospital.pk)
    assert actor_of_user(user).grants == ()
    with pytest.raises(Forbidden) as refusal:
        services.confirm_role(first, assignment_id=assignment.pk)
    assert refusal.value.code == "identity.second_person"
    services.confirm_role(second, assignment_id=assignment.pk)
    assert actor_of_user(user).may(hospital.pk, Role.FINANCE_OFFICER)


def test_nobody_confirms_a_role_of_their_own(hospital: Institution) -> None:
    first, second, _third = admin("admin1"), admin("admin2"), admin("admin3")
    assignment = services.propose_role(first, user_id=second.user or 0, role=Role.REGIONAL_SUPERVISOR)
    with pytest.raises(Forbidden):
        services.confirm_role(second, assignment_id=assignment.pk)


@pytest.mark.parametrize(
    ("held", "wanted"),
    [
        (Role.CASHIER, Role.CASHIER_REVIEWER),
        (Role.FINANCE_OFFICER, Role.ACCOUNTING_REVIEWER),
        (Role.SYSTEM_ADMIN, Role.FINANCE_DIRECTOR),
        (Role.SYSTEM_ADMIN, Role.OPERATION_CENTRE),
        (Role.AUDITOR, Role.OPERATION_CENTRE),
        (Role.AUDITOR, Role.FINANCE_DIRECTOR),
        (Role.CASHIER, Role.INSTITUTION_HEAD),
        (Role.FINANCE_OFFICER, Role.FINANCE_DIRECTOR),
    ],
)
def test_incompatible_duties_are_refused_when_the_role_is_given(
    hospital: Institution, held: Role, wanted: Role
) -> None:
    user = trade.person("wang", held, None if held is Role.SYSTEM_ADMIN else hospital)
    with pytest.raises(Conflict) as refusal:
        services.propose_role(admin("admin1"), user_id=user.pk, role=wanted, institution_id=hospital.pk)
    assert refusal.value.code == "identity.incompatible_duties"


def test_the_same_pair_at_two_institutions_is_allowed(hospital: Institution) -> None:
    township = Institution.objects.get(code="T1")
    user = trade.person("wang", Role.CASHIER, hospital)
    admin("admin2")
    services.propose_role(admin("admin1"), user_id=user.pk, role=Role.CASHIER_REVIEWER, institution_id=township.pk)


def test_a_department_head_is_bound_to_a_department_of_that_institution(hospital: Institution) -> None:
    user = trade.person("sun", None)
    with pytest.raises(Invalid):
        services.propose_role(admin("a1"), user_id=user.pk, role=Role.DEPARTMENT_HEAD, institution_id=hospital.pk)
    township = Institution.objects.get(code="T1")
    department = Department.objects.get(code="GK")
    with pytest.raises(Invalid):
        services.propose_role(
            admin("a2"),
            user_id=user.pk,
            role=Role.DEPARTMENT_HEAD,
            institution_id=township.pk,
            department_id=department.pk,
        )


def test_the_database_itself_refuses_a_role_given_by_one_person(hospital: Institution) -> None:
    from django.db import IntegrityError, transaction

    user = trade.person("sun", None)
    with pytest.raises(IntegrityError), transaction.atomic():
        RoleAssignment.objects.create(user=user, role=Role.LEADERSHIP, proposed_by="one", decided_by="one")


def post(key: str, institution: str = "H1", dataset: str = "cost-entries") -> int:
    answer = Client().post(
        f"/api/v1/intake/{dataset}/",
        {"institution": institution, "batch_no": "B1", "rows": [trade.cost("V1", "GK", "1.00", day="2026-01-31")]},
        content_type="application/json",
        headers={"Authorization": f"Api-Key {key}"},
    )
    return answer.status_code


def test_a_key_opens_only_its_institutions_and_datasets_until_it_is_revoked(hospital: Institution) -> None:
    root = admin("admin1")
    row, key = services.create_api_key(
        root, name="HIS", institution_ids=[hospital.pk], all_institutions=False, datasets=["cost-entries"]
    )
    assert key not in str(ApiKey.objects.values().get())
    assert post(key) == 201
    assert post(key, institution="T1") == 403
    assert post(key, institution="nowhere") == 404
    assert post(key, dataset="departments") == 403
    assert post(key + "x") == 401
    assert post("") == 401
    row.refresh_from_db()
    assert row.last_used_at is not None
    services.revoke_api_key(root, key_id=row.pk)
    assert post(key) == 401


def test_a_key_that_asks_too_often_is_told_to_wait(hospital: Institution, settings) -> None:
    settings.API_KEY_REQUESTS_PER_MINUTE = 2
    _, key = services.create_api_key(admin("a"), name="HIS", institution_ids=[], all_institutions=True, datasets=[])
    assert [post(key), post(key), post(key)] == [201, 200, 429]


def test_after_too_many_wrong_passwords_the_door_stays_shut(settings) -> None:
    settings.AXES_FAILURE_LIMIT = 3
    trade.person("zhang", None)
    client = Client()
    for _ in range(3):
        client.post(reverse("sign-in"), {"username": "zhang", "password": "wrong"})
    locked = client.post(reverse("sign-in"), {"username": "zhang", "password": "correct horse battery"})
    assert locked.status_code == 429
    assert User.objects.get(username="zhang").last_login is None


def test_the_first_two_administrators_come_from_the_console_and_only_once(monkeypatch: pytest.MonkeyPatch) -> None:
    import io

    from django.core.management import CommandError, call_command

    monkeypatch.setattr("sys.stdin", io.StringIO("first long passphrase\nsecond long passphrase\n"))
    call_command("create_administrators", "anna", "bert", stdout=io.StringIO())
    assert actor_of_user(User.objects.get(username="anna")).has(Role.SYSTEM_ADMIN)
    with pytest.raises(CommandError, match="already"):
        call_command("create_administrators", "carl", "dora", stdout=io.StringIO())
