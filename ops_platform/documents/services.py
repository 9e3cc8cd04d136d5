"""Writes of attachments."""

from collections.abc import Iterable, Sequence

from django.core.files import File
from django.db import transaction

from ops_platform.audit.public import record
from ops_platform.documents import gate, owners
from ops_platform.documents.gate import CheckedFile
from ops_platform.documents.models import Document, DocumentContent
from ops_platform.documents.selectors import DocumentFacts, facts_of
from ops_platform.kernel import Actor
from ops_platform.masterdata.models import Institution


@transaction.atomic
def attach(
    actor: Actor,
    *,
    owner_type: str,
    owner_id: str,
    institution: Institution | None,
    files: Iterable[File | CheckedFile],
) -> tuple[DocumentFacts, ...]:
    """Add files to a matter, in the caller's transaction; the caller has checked that the actor may.

    All files pass the gate or none is kept (Invalid). The same file under the same name is attached to a matter once:
    a repeat answers what is there.
    """
    owners.must_be_known(owner_type)
    checked = tuple(dict.fromkeys(gate.check_all(files)))
    if not checked:
        return ()
    _keep(checked)
    before = set(_attached(owner_type, owner_id, checked))
    Document.objects.bulk_create(
        (
            Document(
                name=file.name,
                media_type=file.media_type,
                content_id=file.digest,
                size=len(file.content),
                owner_type=owner_type,
                owner_id=owner_id,
                institution=institution,
                uploaded_by_id=actor.user,
            )
            for file in checked
        ),
        ignore_conflicts=True,
    )
    attached = _attached(owner_type, owner_id, checked)
    added = [document for place, document in attached.items() if place not in before]
    if added:
        _record(actor, institution, owner_type, owner_id, added)
    return tuple(facts_of(attached[file.name, file.digest]) for file in checked)


def _keep(checked: Sequence[CheckedFile]) -> None:
    known = set(DocumentContent.objects.filter(pk__in=[file.digest for file in checked]).values_list("pk", flat=True))
    new = {file.digest: file for file in checked if file.digest not in known}
    for file in new.values():  # one statement each: twenty megabytes are enough for one
        DocumentContent.objects.bulk_create(
            [DocumentContent(sha256=file.digest, content=file.content, size=len(file.content))], ignore_conflicts=True
        )


def _attached(owner_type: str, owner_id: str, checked: Sequence[CheckedFile]) -> dict[tuple[str, str], Document]:
    rows = Document.objects.filter(
        owner_type=owner_type, owner_id=owner_id, content__in=[file.digest for file in checked]
    )
    return {(row.name, row.content_id): row for row in rows.select_related("uploaded_by").order_by("id")}


def _record(
    actor: Actor, institution: Institution | None, owner_type: str, owner_id: str, added: Sequence[Document]
) -> None:
    record(
        actor,
        "documents.attached",
        institution=institution.code if institution else "",
        subject_type=owner_type,
        subject=owner_id,
        detail={
            "documents": [
                {"number": row.pk, "name": row.name, "size": row.size, "digest": row.content_id} for row in added
            ]
        },
    )
