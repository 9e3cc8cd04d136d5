"""Approval by programs: lists and counts, delegations, and who may be named."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from ops_platform.identity.models import User
from ops_platform.kernel import Role
from tests.support import trade
from tests.workflows.test_acts import Hospital, approve, me, turn, waiting
from workflows import services
from workflows.models import Delegation, Matter
from workflows.subjects import subject_types

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
    assert read(hospital.head, "counts/") == {"to_do": 1, "returned": 0, "done": 1, "started": 0, "copied": 0}
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


def send(user: User, path: str, body: dict[str, Any], status: int = 201) -> Any:
    answer = sign_in(user).post(f"{ROOT}/{path}", body, content_type="application/json")
    assert answer.status_code == status, answer.content.decode()
    return answer.json()


def test_a_signer_reads_what_is_notable_and_the_applicant_does_not(hospital: Hospital) -> None:
    first, second = hospital.ask("30000.00"), hospital.ask("30000.00")
    [found] = read(hospital.head, f"matters/{second.pk}/")["notable"]
    assert found["code"] == "split"
    assert "合计 60,000.00 元" in found["words"]
    assert [url.split("/")[-2] for url in found["matters"]] == [str(first.pk)]
    assert read(hospital.clerk, f"matters/{second.pk}/")["notable"] == []


def test_files_come_with_a_request_and_with_a_comment_and_are_downloaded_again(hospital: Hospital) -> None:
    asked = {
        "institution": hospital.township.code,
        "kind": "office",
        "title": "打印纸",
        "amount": "900.00",
        "reason": "用完了",
    }
    offer = SimpleUploadedFile("报价.txt", "报价 900 元".encode())
    answer = sign_in(hospital.clerk).post(f"{ROOT}/requests/", {**asked, "files": [offer]})
    assert answer.status_code == 201, answer.content.decode()
    number = answer.json()["id"]
    note = SimpleUploadedFile("比价.txt", "另一家 950 元".encode())
    said = {"act": "comment", "comment": "比过价", "files": [note]}
    assert sign_in(hospital.head).post(f"{ROOT}/matters/{number}/acts/", said).status_code == 200
    files = read(hospital.head, f"matters/{number}/")["attachments"]
    assert [(one["name"], one["signed"]) for one in files] == [("报价.txt", True), ("比价.txt", False)]
    loaded = sign_in(hospital.head).get(files[0]["url"])
    assert loaded.content.decode() == "报价 900 元"
    assert loaded["Content-Disposition"].startswith("attachment")
    stranger = trade.person("another-cashier", Role.CASHIER, hospital.township)
    assert sign_in(stranger).get(files[0]["url"]).status_code == 404
    other = hospital.ask()
    assert sign_in(hospital.head).get(f"{ROOT}/matters/{other.pk}/attachments/{files[0]['id']}/").status_code == 404


def test_files_are_checked_and_go_with_comments_only(hospital: Hospital) -> None:
    matter = hospital.ask()
    act = {"act": "approve", "task": turn(matter, hospital.head)}
    address = f"{ROOT}/matters/{matter.pk}/acts/"
    refused = sign_in(hospital.head).post(address, {**act, "files": [SimpleUploadedFile("比价.txt", b"950")]})
    assert (refused.status_code, refused.json()["code"]) == (422, "workflows.files_with_comment")
    program = SimpleUploadedFile("run.exe", b"MZ")
    refused = sign_in(hospital.head).post(address, {"act": "comment", "comment": "看", "files": [program]})
    assert (refused.status_code, refused.json()["code"]) == (422, "documents.kind_not_allowed")


def test_every_subject_type_says_how_it_begins(hospital: Hospital) -> None:
    types = {one["type"]: one for one in read(hospital.clerk, "subject-types/")}
    assert set(types) == {each.code for each in subject_types()}
    for one in types.values():
        assert one["startable"] != bool(one["begun_at"]), one["type"]
        assert bool(one["fields_sent"]) is one["startable"]
    assert types["workflows.request"]["mine"] is True
    assert types["identity.role"]["mine"] is False


def test_a_role_is_proposed_by_a_program_as_on_the_page(hospital: Hospital) -> None:
    admin, second = trade.person("admin", Role.SYSTEM_ADMIN), trade.person("second-admin", Role.SYSTEM_ADMIN)
    asked = {
        "type": "identity.role",
        "user": "clerk",
        "role": "insurance_officer",
        "institution": hospital.township.code,
    }
    body = send(admin, "matters/", asked)
    assert (body["type"], body["state"]) == ("identity.role", "running")
    assert waiting(Matter.objects.get(pk=body["id"])) == {second.username}
    refused = send(hospital.clerk, "matters/", asked, 403)
    assert refused["code"] == "workflows.may_not_apply"
    assert "系统管理员" in refused["detail"]


def test_a_request_is_started_beside_the_others_and_once(hospital: Hospital) -> None:
    asked = {
        "type": "workflows.request",
        "institution": hospital.township.code,
        "kind": "office",
        "title": "打印纸",
        "amount": "900.00",
        "reason": "用完了",
        "once": "8c2e4d0e-1111-4a70-9d8c-6f6a5e1b1f00",
    }
    assert send(hospital.clerk, "matters/", asked)["id"] == send(hospital.clerk, "matters/", asked)["id"]


@pytest.mark.parametrize(
    ("sent", "field", "words"),
    [
        ({"type": "workflows.request", "institution": "XX", "kind": "office"}, "institution", "没有机构 XX"),
        ({"type": "nightly.reopening", "period": "2026-13", "reason": "补录费用"}, "period", ""),
        ({"type": "costing.driver", "cost_class": "clinical"}, "cost_class", ""),
        ({"type": "masterdata.parameter", "value": "ten"}, "value", ""),
        ({"type": "his_intake.release", "rows": []}, "rows", ""),
    ],
)
def test_what_is_sent_is_validated_in_words(hospital: Hospital, sent: dict[str, Any], field: str, words: str) -> None:
    everything = trade.person("centre2", Role.OPERATION_CENTRE)
    answer = sign_in(everything).post(f"{ROOT}/matters/", sent, content_type="application/json")
    assert answer.status_code in (400, 422), answer.content.decode()
    faults = {one["field"]: one["message"] for one in answer.json()["errors"]}
    assert words in faults[field]
    assert re.search(r"[一-龥]{3}", faults[field]), "in Chinese"


def test_what_begins_elsewhere_says_where_and_an_unknown_type_which_there_are(hospital: Hospital) -> None:
    centre = User.objects.get(username="centre")
    drawn = send(centre, "matters/", {"type": "workflows.flow"}, 409)
    assert "提交人须看过所提交的图" in drawn["detail"]
    assert "nightly.reopening" in send(centre, "matters/", {"type": "nothing"}, 422)["detail"]
