"""Plain text: readable as UTF-8 or GB18030, and nothing but text."""

import re

from ops_platform.kernel import Invalid

_NOT_TEXT = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")


def check(name: str, content: bytes) -> None:
    """Refuse what no text editor would show as text."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            words = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not _NOT_TEXT.search(words):
            return
    raise Invalid(
        "documents.not_text",
        f"「{name}」不是 UTF-8 或 GB18030 编码的文本。请用文本编辑器另存为 UTF-8 后再上传。",
        name=name,
    )
