"""The head of the audit chain, kept outside the database.

Whoever could rewrite the whole chain inside PostgreSQL would still contradict the heads written here day by day; in
production the folder lies on another machine.
"""

import json
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from ops_platform.audit.models import AuditEvent
from ops_platform.kernel import Finding, Severity


def export_head() -> Path | None:
    """Write today's head to AUDIT_HEAD_DIR; None while the chain is empty."""
    event = AuditEvent.objects.order_by("-number").first()
    if event is None:
        return None
    folder: Path = settings.AUDIT_HEAD_DIR
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{timezone.localdate():%Y-%m-%d}-{event.number}.json"
    file.write_text(
        json.dumps({"number": event.number, "hash": event.hash, "at": event.at.isoformat()}), encoding="utf-8"
    )
    return file


def verify_heads() -> list[Finding]:
    """One finding for each exported head that the chain in the database contradicts."""
    folder: Path = settings.AUDIT_HEAD_DIR
    findings = []
    for file in sorted(folder.glob("*.json")) if folder.exists() else []:
        head = json.loads(file.read_text(encoding="utf-8"))
        if not AuditEvent.objects.filter(number=head["number"], hash=head["hash"]).exists():
            findings.append(
                Finding(
                    code="audit.head_contradicted",
                    severity=Severity.BLOCKING,
                    message=f"审计链与导出的链头 {file.name} 不一致：第 {head['number']} 号事件缺失或被改写。",
                    subject=str(head["number"]),
                )
            )
    return findings
