"""What was approved is counted again over its record: whatever somebody wrote past the engine is found and named."""

import pytest
from django.db import connection

from ops_platform.kernel import Role
from tests.support import database, trade
from tests.workflows.test_acts import Hospital, approve, me, turn
from workflows import integrity, services
from workflows.engine.definition import from_json, to_json
from workflows.models import Flow, Matter
from workflows.services.flows import publish


def by_owner(statement: str, *values: object) -> None:
    """What only somebody with the owner's password could do: take the guards away and write."""
    database.as_owner()
    with connection.cursor() as cursor:
        for table in ("workflows_act", "workflows_task", "workflows_matter"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(statement, values)
    database.as_app_role()


def found() -> set[tuple[str, str]]:
    return {(finding.code, finding.subject) for finding in integrity.signatures()}


@pytest.fixture
def hospital(committed_db: str) -> Hospital:
    """Up to 50,000 yuan all heads sign, and then, where it is urgent equipment, the centre."""
    hospital = Hospital()
    flow = Flow.objects.get(subject_type="workflows.request")
    assert flow.current
    body = to_json(from_json(flow.current.body))
    body["steps"][0]["mode"] = "all"
    body["steps"][1]["condition"] = 'kind = "equipment"'
    flow.draft = body
    flow.save()
    publish(me(hospital.leader), flow_id=flow.pk, made_by="somebody")
    return hospital


def signed_by_all(hospital: Hospital) -> Matter:
    """30,000 yuan of equipment, signed by both heads, by a person added to them, and by the centre."""
    matter = hospital.ask()
    guest = trade.person("guest", Role.INSTITUTION_HEAD, hospital.institutions["H1"])
    services.add_signer(
        me(hospital.head),
        matter_id=matter.pk,
        task=turn(matter, hospital.head),
        added=guest.pk,
        before=True,
        comment="请把关",
    )
    for user in (guest, hospital.head, hospital.second_head, hospital.centre):
        approve(matter, user)
    matter.refresh_from_db()
    assert matter.state == "approved"
    return matter


def test_what_was_rightly_approved_has_no_fault(hospital: Hospital) -> None:
    signed_by_all(hospital)
    assert found() == set()


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        # a signature of the first step is taken away: the last step is still signed
        (
            "UPDATE workflows_task SET state = 'dropped' WHERE matter_id = %s AND step = 'head' AND seat = 2",
            "workflows.approved_unsigned",
        ),
        # two signatures of one seat do for none of another
        (
            "UPDATE workflows_task SET seat = 1 WHERE matter_id = %s AND step = 'head' AND seat = 2",
            "workflows.approved_unsigned",
        ),
        # the added signer has not signed
        (
            "UPDATE workflows_task SET state = 'dropped' WHERE matter_id = %s AND mandatory",
            "workflows.added_unsigned",
        ),
        # the added signer is made one of the rule
        ("UPDATE workflows_task SET mandatory = false WHERE matter_id = %s AND mandatory", "workflows.added_unsigned"),
        # the turn is gone altogether
        ("DELETE FROM workflows_task WHERE matter_id = %s AND step = 'head' AND seat = 2", "workflows.turn_gone"),
        # another person has it now
        (
            "UPDATE workflows_task SET person_id = (SELECT id FROM identity_user WHERE username = 'leader')"
            " WHERE matter_id = %s AND step = 'head' AND seat = 2",
            "workflows.turn_gone",
        ),
        # another content than the one that was signed
        ("UPDATE workflows_matter SET digest = repeat('0', 64) WHERE id = %s", "workflows.approved_unsigned"),
        # entries of the record are gone
        ("DELETE FROM workflows_act WHERE matter_id = %s AND number = 3", "workflows.record_gap"),
    ],
)
def test_what_the_owner_wrote_past_the_engine_is_named(hospital: Hospital, statement: str, code: str) -> None:
    matter = signed_by_all(hospital)
    by_owner(statement, matter.pk)
    assert (code, str(matter.pk)) in found()


def test_a_matter_that_is_called_approved_before_it_was_is_named_with_each_step_that_is_missing(
    hospital: Hospital,
) -> None:
    matter = hospital.ask()
    approve(matter, hospital.head)
    by_owner("UPDATE workflows_matter SET state = 'approved' WHERE id = %s", matter.pk)
    words = [finding.message for finding in integrity.signatures()]
    assert words == [
        f"事项 {matter.pk} 已同意，但环节「机构负责人审批」须有 2 个签署，有效的只有 1 个。",
        f"事项 {matter.pk} 已同意，但按条件应经过的环节「运营管理中心审批」没有经过。",
    ]


def test_a_step_may_be_left_out_only_where_its_condition_says_so(hospital: Hospital) -> None:
    """The values say afterwards that the step of 500,000 yuan and more applied."""
    matter = signed_by_all(hospital)
    by_owner("""UPDATE workflows_matter SET values = values || '{"amount": "600000.00"}' WHERE id = %s""", matter.pk)
    assert ("workflows.step_left_out", str(matter.pk)) in found()


def test_five_matters_are_counted_with_as_many_queries_as_one(hospital: Hospital, django_assert_num_queries) -> None:
    signed_by_all(hospital)
    for _ in range(4):
        matter = hospital.ask()
        for user in (hospital.head, hospital.second_head, hospital.centre):
            approve(matter, user)
    with django_assert_num_queries(2 + 5):
        assert list(integrity.signatures()) == []
