"""Refusals that several checks share."""

from ops_platform.kernel import Invalid


def content_differs(name: str) -> Invalid:
    """The content is not what the extension says."""
    return Invalid(
        "documents.content_differs",
        f"「{name}」的内容与扩展名不符，或文件已损坏。请用原来的软件打开，重新另存后再上传。",
        name=name,
    )


def encrypted(name: str) -> Invalid:
    """The content cannot be looked into."""
    return Invalid("documents.encrypted", f"「{name}」已加密，无法检查内容。请去掉密码或保护后再上传。", name=name)
