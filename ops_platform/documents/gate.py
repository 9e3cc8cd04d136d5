"""The gate of attachments: what comes in is named, measured and checked before anything is kept."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.conf import settings
from django.core.files import File
from django.template.defaultfilters import filesizeformat

from ops_platform.documents.checking import names
from ops_platform.documents.kinds import EXTENSIONS, kind_of
from ops_platform.kernel import Invalid

MAX_FILES = 10


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """A file that passed the gate. Only `check` makes one."""

    name: str
    media_type: str
    digest: str
    content: bytes = field(repr=False, compare=False)


def check(name: str, content: bytes) -> CheckedFile:
    """Let a file in, or say why not (Invalid, codes `documents.…`)."""
    cleaned = names.clean(name)
    kind = kind_of(cleaned)
    if kind is None:
        allowed = "、".join(EXTENSIONS)
        raise Invalid(
            "documents.kind_not_allowed",
            f"不能上传「{cleaned}」。只接受 {allowed} 文件，请转换格式后再上传。",
            name=cleaned,
        )
    _measure(cleaned, len(content))
    kind.check(cleaned, content)
    return CheckedFile(cleaned, kind.media_type, hashlib.sha256(content).hexdigest(), content)


def check_all(files: Iterable[File | CheckedFile]) -> tuple[CheckedFile, ...]:
    """Let the files of one request in, or refuse them all. Sizes are looked at before anything is read."""
    given = tuple(files)
    if len(given) > MAX_FILES:
        raise Invalid(
            "documents.too_many",
            f"一次最多上传 {MAX_FILES} 个附件，这次有 {len(given)} 个。请分几次上传。",
            count=len(given),
        )
    total = 0
    for one in given:
        size = len(one.content) if isinstance(one, CheckedFile) else one.size
        _measure(names.clean(one.name or ""), size)
        total += size
    limit = settings.DOCUMENT_MAX_REQUEST_BYTES
    if total > limit:
        raise Invalid(
            "documents.too_large_together",
            f"附件共 {filesizeformat(total)}，一次最多 {filesizeformat(limit)}。请分几次上传。",
            size=total,
        )
    return tuple(one if isinstance(one, CheckedFile) else _read(one) for one in given)


def _read(file: File) -> CheckedFile:
    file.seek(0)
    return check(file.name or "", file.read())


def _measure(name: str, size: int) -> None:
    limit = settings.DOCUMENT_MAX_BYTES
    if not size:
        raise Invalid("documents.empty", f"「{name}」是空文件。请检查后重新选择。", name=name)
    if size > limit:
        raise Invalid(
            "documents.too_large",
            f"「{name}」有 {filesizeformat(size)}，上限为 {filesizeformat(limit)}。请压缩或拆分后再上传。",
            name=name,
            size=size,
        )
