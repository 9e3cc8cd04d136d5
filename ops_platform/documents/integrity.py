"""The promise of attachments: every content is still the one its key names, every attachment has its content's size."""

from collections.abc import Iterator

from django.db import connection
from django.db.models import F

from ops_platform.documents.models import Document
from ops_platform.kernel import Finding, Severity

_ALTERED = """
SELECT sha256 FROM documents_documentcontent
WHERE encode(sha256(content), 'hex') <> sha256 OR octet_length(content) <> size
ORDER BY sha256
"""


def verify() -> Iterator[Finding]:
    """Digests are computed by the database; no content travels."""
    with connection.cursor() as cursor:
        cursor.execute(_ALTERED)
        altered = [digest for (digest,) in cursor.fetchall()]
    for digest in altered:
        yield _altered(digest, "附件内容与其指纹不符")
    odd = Document.objects.exclude(size=F("content__size")).order_by("pk")
    for pk in odd.values_list("pk", flat=True):
        yield _altered(str(pk), "附件的大小与其内容不符")


def _altered(subject: str, what: str) -> Finding:
    return Finding("documents.altered", Severity.BLOCKING, f"{what}，数据库被改动过。请通知审计人员。", subject)
