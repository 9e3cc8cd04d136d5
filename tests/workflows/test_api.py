"""Approval by programs: lists and counts, delegations, and who may be named."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from ops_platform.identity.models import User
from tests.workflows.test_acts import Hospital, approve, me, turn, waiting
from workflows import services
from workflows.models import Delegation

pytestmark = pytest.mark.django_db
ROOT = "/api/v1/workflows"


@pytest.fixture
def hospital() -> Hospital:
    return Hospital()


def sign_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def read(user: User, path: str, **asked: Any) -> Any:
    answer = sign_in(user).get(f"{ROOT}/{path}", asked)
    assert answer.status_code == 200, answer.content
    return answer.json()


def titles(user: User, path: str, **asked: Any) -> list[str]:
    return [row["title"] for row in read(user, path, **asked)["results"]]


def test_each_list_of_the_inbox_with_its_count(hospital: Hospital) -> None:
    first, second = hospital.ask(), hospital.ask()
    approve(first, hospital.head)
    assert [row["matter"].split("/")[-2] for row in read(hospital.head, "tasks/")["results"]] == [str(second.pk)]
    [done] = read(hospital.head, "tasks/done/")["results"]
    assert (done["state"], done["matter"].split("/")[-2]) == ("signed", str(first.pk))
    assert len(titles(hospital.clerk, "matters/started/")) == 2
    assert read(hospital.head, "counts/") == {"to_do": 1, "done": 1, "started": 0, "copied": 0}
    assert read(hospital.clerk, "counts/")["started"] == 2


def test_the_lists_take_the_filters_of_the_pages(hospital: Hospital) -> None:
    hospital.ask("100.00")
    hospital.ask("900.00")
    for path, reader in (("tasks/", hospital.head), ("matters/started/", hospital.clerk)):
        found = read(reader, path, amount_from="500")["results"]
        assert [row["amount"] for row in found] == ["900.00"], path
    assert titles(hospital.head, "tasks/", kind="workflows.flow") == []


def test_what_one_is_informed_of(hospital: Hospital) -> None:
    matter = hospital.ask()
    matter.copies.create(person=hospital.auditor, at=timezone.now())
    [copy] = read(hospital.auditor, "copies/")["results"]
    assert (copy["title"], copy["applicant"], copy["read_at"]) == (matter.title, "clerk", None)
    assert read(hospital.auditor, "counts/")["copied"] == 1


def delegation(to: User, **other: Any) -> dict[str, Any]:
    today = timezone.localdate()
    return {"to": to.pk, "first_day": str(today), "last_day": str(today), "reason": "外出开会", **other}


def post(user: User, path: str, body: Any = None) -> Any:
    return sign_in(user).post(f"{ROOT}/{path}", json.dumps(body or {}), content_type="application/json")


def test_a_delegation_is_made_listed_and_revoked(hospital: Hospital) -> None:
    answer = post(hospital.head, "delegations/", delegation(hospital.centre, kinds=["workflows.request"]))
    assert answer.status_code == 201, answer.content
    assert (answer.json()["principal"], answer.json()["delegate"]) == ("head", "centre")
    assert waiting(hospital.ask()) == {"centre", "second-head"}
    for person in (hospital.head, hospital.centre):
        [row] = read(person, "delegations/")["results"]
        assert (row["kinds"], row["revoked_at"]) == (["workflows.request"], None)
    assert read(hospital.second_head, "delegations/")["results"] == []
    address = f"delegations/{answer.json()['id']}/revocation/"
    assert post(hospital.centre, address).json()["code"] == "workflows.no_delegation"
    assert post(hospital.head, address).json()["revoked_at"]
    assert post(hospital.head, address).status_code == 200, "a repeat changes nothing"


def test_refusals_of_a_delegation_are_those_of_the_page(hospital: Hospital) -> None:
    post(hospital.head, "delegations/", delegation(hospital.centre))
    yesterday = str(timezone.localdate() - timedelta(days=1))
    for body, status, code in (
        (delegation(hospital.leader), 409, "workflows.delegated_already"),
        (delegation(hospital.clerk), 422, "workflows.not_of_the_rank"),
        (delegation(hospital.centre, last_day=yesterday), 422, "workflows.bad_days"),
        (delegation(hospital.centre, kinds=["nothing"]), 422, "workflows.no_subject_type"),
    ):
        answer = post(hospital.head, "delegations/", body)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert answer["Content-Type"].startswith("application/problem+json")
    assert Delegation.objects.count() == 1
    assert sign_in(hospital.auditor).get(f"{ROOT}/delegations/").status_code == 403


def test_who_may_act_for_one_is_searched_for(hospital: Hospital) -> None:
    found = {row["username"] for row in read(hospital.head, "delegations/people/")["results"]}
    assert {"second-head", "centre", "leader"} <= found
    assert "clerk" not in found
    [row] = read(hospital.head, "delegations/people/", words="second-head")["results"]
    assert (row["id"], "机构负责人" in row["roles"]) == (hospital.second_head.pk, True)


def test_what_disqualifies_is_what_the_act_then_refuses(hospital: Hospital) -> None:
    """Every listed person is really named: who is marked is refused by the same code, and nobody else."""
    matter = hospital.ask()
    task = turn(matter, hospital.head)
    asked = {"task": task, "act": "transfer"}
    people = read(hospital.head, f"matters/{matter.pk}/people/", **asked)["results"]
    marked = {row["username"]: (row["disqualified"] or {}).get("code") for row in people}
    assert marked["clerk"] is not None
    assert marked["second-head"] == "workflows.in_step_already"
    assert marked["centre"] is None
    for row in people:
        if row["disqualified"] is not None:
            body = {"act": "transfer", "task": task, "person": row["id"], "comment": "请代为办理"}
            answer = post(hospital.head, f"matters/{matter.pk}/acts/", body)
            assert answer.json()["code"] == row["disqualified"]["code"]
    free = next(row for row in people if row["disqualified"] is None)
    body = {"act": "transfer", "task": task, "person": free["id"], "comment": "请代为办理"}
    assert post(hospital.head, f"matters/{matter.pk}/acts/", body).status_code == 200


def test_people_are_listed_only_for_ones_own_open_task(hospital: Hospital) -> None:
    matter = hospital.ask()
    task = turn(matter, hospital.head)
    address = f"{ROOT}/matters/{matter.pk}/people/"
    asked = {"task": task, "act": "add_before"}
    assert sign_in(hospital.clerk).get(address, asked).json()["code"] == "workflows.no_task"
    assert sign_in(hospital.stranger).get(address, asked).status_code == 404
    assert sign_in(hospital.head).get(address).status_code in (400, 422)
    services.approve(me(hospital.head), matter_id=matter.pk, task=task)
    assert sign_in(hospital.head).get(address, asked).status_code == 404
