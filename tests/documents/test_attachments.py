"""Attachments of a matter: kept unchanged with the deed, seen by whom the owning app allows, handed out as downloads."""

import hashlib
import io
from collections.abc import Iterator
from typing import Any

import pytest
from django import forms
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.template.loader import render_to_string
from django.test import Client
from django.utils.datastructures import MultiValueDict

from ops_platform.audit.models import AuditEvent
from ops_platform.documents import integrity, owners
from ops_platform.documents.models import Document, DocumentContent
from ops_platform.documents.public import DocumentFacts, DocumentsField, attach, documents_of, register_owner
from ops_platform.identity.actors import actor_of_user
from ops_platform.identity.models import User
from ops_platform.kernel import Actor, Invalid, Role
from ops_platform.kernel.actor import PLATFORM
from ops_platform.masterdata.models import Institution
from tests.documents import files
from tests.support import database, trade

CONTRACT = "test.contract"
TOWNSHIP = "T1"


def upload(name: str = "合同.docx", content: bytes = b"") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content or files.office())


def added(actor: Actor, *uploads: SimpleUploadedFile, owner_id: str = TOWNSHIP) -> tuple[DocumentFacts, ...]:
    institution = Institution.objects.filter(code=TOWNSHIP).first()
    return attach(actor, owner_type=CONTRACT, owner_id=owner_id, institution=institution, files=uploads)


@pytest.fixture(autouse=True)
def _contracts() -> Iterator[None]:
    """An app whose contracts of an institution are seen by whoever has a role there."""

    def may_see(actor: Actor, owner_id: str) -> bool:
        reach = actor.institutions()
        return reach is None or Institution.objects.filter(code=owner_id, pk__in=reach).exists()

    register_owner(CONTRACT, may_see)
    yield
    owners._owners.pop(CONTRACT, None)


@pytest.fixture
def clerk(db: None) -> User:
    return trade.person("clerk", Role.FINANCE_OFFICER, trade.alliance()[TOWNSHIP])


def test_files_are_added_with_who_and_when_and_leave_one_event(clerk: User) -> None:
    first, second = added(actor_of_user(clerk), upload(), upload("发票.pdf", files.pdf()))
    assert (first.name, first.size, first.uploaded_by) == ("合同.docx", len(files.office()), "clerk")
    assert second.digest == hashlib.sha256(files.pdf()).hexdigest()
    event = AuditEvent.objects.get(action="documents.attached")
    assert (event.institution, event.subject_type, event.subject) == (TOWNSHIP, CONTRACT, TOWNSHIP)
    assert [(one["name"], one["size"], one["digest"]) for one in event.detail["documents"]] == [
        (one.name, one.size, one.digest) for one in (first, second)
    ]


def test_the_same_file_is_kept_once_however_often_it_is_added(clerk: User) -> None:
    actor = actor_of_user(clerk)
    (first,) = added(actor, upload())
    assert added(actor, upload(), upload()) == (first,)
    added(actor, upload("又名.docx"))
    added(actor, upload(), owner_id="another")
    assert DocumentContent.objects.count() == 1
    assert Document.objects.count() == 3
    assert AuditEvent.objects.filter(action="documents.attached").count() == 3


def test_one_bad_file_keeps_all_files_out(clerk: User) -> None:
    with pytest.raises(Invalid):
        added(actor_of_user(clerk), upload(), upload("病毒.pdf", b"MZ"))
    assert not DocumentContent.objects.exists()


def test_attachments_come_and_go_with_the_deed_they_belong_to(clerk: User) -> None:
    with transaction.atomic():
        added(actor_of_user(clerk), upload())
        transaction.set_rollback(True)
    assert not Document.objects.exists()
    assert not AuditEvent.objects.filter(action="documents.attached").exists()


def test_nobody_can_own_attachments_without_saying_who_may_see_them(clerk: User) -> None:
    with pytest.raises(LookupError):
        attach(actor_of_user(clerk), owner_type="test.nobody", owner_id="1", institution=None, files=[upload()])


def test_the_lists_of_many_matters_cost_one_query(clerk: User, django_assert_num_queries: Any) -> None:
    actor = actor_of_user(clerk)
    for number in range(5):
        added(actor, upload(), upload("发票.pdf", files.pdf()), owner_id=f"c{number}")
    with django_assert_num_queries(1):
        lists = documents_of(CONTRACT, [*(f"c{number}" for number in range(5)), "none"])
    assert [document.name for document in lists["c3"]] == ["合同.docx", "发票.pdf"]
    assert lists["none"] == ()


def test_a_download_is_handed_out_and_never_shown_inside_the_platform(clerk: User, client: Client) -> None:
    (document,) = added(actor_of_user(clerk), upload())
    client.force_login(clerk)
    answer = client.get(document.url)
    assert answer.content == files.office()
    assert answer["Content-Disposition"] == "attachment; filename*=utf-8''%E5%90%88%E5%90%8C.docx"
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cache-Control"] == "private, no-store"
    assert client.post(document.url).status_code == 405


def test_what_the_owner_does_not_show_does_not_exist(clerk: User, client: Client) -> None:
    (document,) = added(actor_of_user(clerk), upload())
    client.force_login(trade.person("stranger", Role.FINANCE_OFFICER, Institution.objects.get(code="H1")))
    assert client.get(document.url).status_code == 404
    client.force_login(trade.person("centre", Role.OPERATION_CENTRE))
    assert client.get(document.url).status_code == 200
    assert client.get("/documents/999999/").status_code == 404
    owners._owners.pop(CONTRACT)
    assert client.get(document.url).status_code == 404


def test_a_list_shows_name_size_and_the_way_to_the_download(clerk: User) -> None:
    added(actor_of_user(clerk), upload("<b>合同.docx"))
    page = render_to_string("documents/list.html", {"documents": documents_of(CONTRACT, [TOWNSHIP])[TOWNSHIP]})
    assert "_b_合同.docx" in page
    assert documents_of(CONTRACT, [TOWNSHIP])[TOWNSHIP][0].url in page
    assert "file-type-docx" in page


class ContractForm(forms.Form):
    documents = DocumentsField(required=False)


def test_a_form_takes_several_files_and_says_what_is_wrong_beside_the_field() -> None:
    good = ContractForm({}, MultiValueDict({"documents": [upload(), upload("发票.pdf", files.pdf())]}))
    assert good.is_valid()
    assert [file.name for file in good.cleaned_data["documents"]] == ["合同.docx", "发票.pdf"]
    bad = ContractForm({}, MultiValueDict({"documents": [upload(), upload("发票.pdf", b"MZ")]}))
    assert "「发票.pdf」的内容与扩展名不符" in str(bad.errors["documents"])
    none = ContractForm({}, MultiValueDict())
    assert none.is_valid()
    assert none.cleaned_data["documents"] == ()
    assert "multiple" in str(none)
    assert ".docx" in str(none)


@pytest.mark.parametrize("table", ["documents_documentcontent", "documents_document"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET size = 1", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_the_application_cannot_change_what_was_attached(clerk: User, table: str, statement: str) -> None:
    added(actor_of_user(clerk), upload())
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(table))


def test_the_database_refuses_content_under_a_key_that_is_not_its_digest(db: None) -> None:
    with pytest.raises(IntegrityError, match="content_fits_its_key"), transaction.atomic():
        DocumentContent.objects.create(sha256="0" * 64, content=b"x", size=1)


def test_content_that_somebody_changed_in_the_database_is_found(committed_db: str) -> None:
    trade.alliance()
    (document,) = added(PLATFORM, upload())
    assert list(integrity.verify()) == []
    call_command("verify_integrity", stdout=io.StringIO())
    database.as_owner()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE documents_documentcontent DISABLE TRIGGER USER")
        cursor.execute("ALTER TABLE documents_documentcontent DROP CONSTRAINT content_fits_its_key")
        cursor.execute("UPDATE documents_documentcontent SET content = content || 'x', size = size + 1")
    database.as_app_role()
    assert {finding.subject for finding in integrity.verify()} == {document.digest, str(document.pk)}
