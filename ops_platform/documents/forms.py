"""The form field by which pages take attachments."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.files import File
from django.template.defaultfilters import filesizeformat
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _

from ops_platform.documents.gate import MAX_FILES, CheckedFile, check_all
from ops_platform.documents.kinds import EXTENSIONS
from ops_platform.kernel import DomainError

ACCEPT = ",".join(f".{extension}" for extension in EXTENSIONS)


class DocumentsInput(forms.FileInput):
    """A file input that takes several files."""

    allow_multiple_selected = True


class DocumentsField(forms.Field):
    """Several files; the cleaned value is a tuple of checked files for `attach`, empty where nothing was chosen."""

    widget = DocumentsInput
    default_error_messages = {"required": _("请选择要上传的附件。")}

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", _("附件"))
        kwargs.setdefault("help_text", lazy(_limits_in_words, str)())
        super().__init__(**kwargs)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {**super().widget_attrs(widget), "accept": ACCEPT, "class": "form-control"}

    def to_python(self, value: Any) -> list[File]:
        return [file for file in value or [] if isinstance(file, File)]

    def clean(self, value: Any) -> tuple[CheckedFile, ...]:
        files = super().clean(value)
        try:
            return check_all(files)
        except DomainError as refusal:
            raise forms.ValidationError(refusal.message, code=refusal.code) from refusal


def _limits_in_words() -> str:
    kinds = "、".join(EXTENSIONS)
    limit = filesizeformat(settings.DOCUMENT_MAX_BYTES)
    return f"可选 {MAX_FILES} 个以内的文件({kinds})，每个不超过 {limit}。不要上传含患者姓名、身份证号的文件。"
