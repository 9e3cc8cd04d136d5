"""What may be attached: the content decides, and what could do harm is refused with words that say what to do."""

import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from ops_platform.documents import gate
from ops_platform.documents.checking import archives, names
from ops_platform.kernel import Invalid
from tests.documents import files


def refused(name: str, content: bytes) -> str:
    """The code by which the gate refuses the file."""
    with pytest.raises(Invalid) as refusal:
        gate.check(name, content)
    assert "请" in refusal.value.message
    return refusal.value.code.removeprefix("documents.")


@pytest.mark.parametrize("name", sorted(files.KINDS))
def test_a_file_of_an_allowed_kind_comes_in(name: str) -> None:
    checked = gate.check(name, files.KINDS[name])
    assert checked.content == files.KINDS[name]
    assert len(checked.digest) == 64


@pytest.mark.parametrize("extension", ["pdf", "png", "jpg", "docx", "xlsx", "ofd"])
def test_content_that_is_not_what_the_extension_says_is_refused(extension: str) -> None:
    others = [content for name, content in files.KINDS.items() if not name.lower().endswith(extension)]
    assert len(others) == len(files.KINDS) - 1
    assert {refused(f"x.{extension}", content) for content in others} == {"content_differs"}


@pytest.mark.parametrize(
    "name", ["工具.exe", "宏.docm", "宏.xlsm", "旧.doc", "网页.html", "图.svg", "包.zip", "无扩展名"]
)
def test_other_kinds_are_refused_with_the_list_of_those_allowed(name: str) -> None:
    with pytest.raises(Invalid, match="docx、xlsx") as refusal:
        gate.check(name, b"MZ")
    assert refusal.value.code == "documents.kind_not_allowed"


@pytest.mark.parametrize("name", ["现场.png", "现场.JPG", "合同.docx", "明细.xlsx", "电子发票.ofd"])
def test_a_file_that_was_cut_off_is_refused_where_its_form_tells(name: str) -> None:
    content = files.KINDS[name]
    assert refused(name, content[: len(content) // 2]) == "content_differs"


def test_empty_and_oversized_files_are_refused(settings: object) -> None:
    assert refused("空.txt", b"") == "empty"
    settings.DOCUMENT_MAX_BYTES = 10  # type: ignore[attr-defined]
    assert refused("长.txt", b"12345678901") == "too_large"


def test_a_request_takes_ten_files_and_so_many_bytes_in_all(settings: object) -> None:
    sheets = [SimpleUploadedFile(f"{number}.txt", b"12345") for number in range(11)]
    with pytest.raises(Invalid) as refusal:
        gate.check_all(sheets)
    assert refusal.value.code == "documents.too_many"
    settings.DOCUMENT_MAX_REQUEST_BYTES = 49  # type: ignore[attr-defined]
    with pytest.raises(Invalid) as refusal:
        gate.check_all(sheets[:10])
    assert refusal.value.code == "documents.too_large_together"


@pytest.mark.parametrize(
    "place", ["word/vbaProject.bin", "xl/VBAPROJECT.BIN", "word/activeX/activeX1.bin", "xl/macrosheets/sheet1.xml"]
)
def test_office_files_with_macros_or_controls_are_refused(place: str) -> None:
    assert refused("合同.docx", files.office(more={place: b"x"})) == "macros"


def test_a_macro_document_renamed_to_docx_is_refused() -> None:
    assert refused("合同.docx", files.office("application/vnd.ms-word.document.macroEnabled.main+xml")) == "macros"


def test_an_old_or_password_protected_office_file_is_named_as_such() -> None:
    assert refused("合同.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)) == "old_office"


def test_entries_that_pack_suspiciously_well_are_refused() -> None:
    assert refused("表.xlsx", files.office(files.EXCEL, {"xl/a.xml": bytes(8 * 2**20)})) == "unsafe_archive"


def test_what_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives._Budget, "__init__", lambda self: self.__dict__.update(entries=100, bytes=50_000))
    assert refused("表.xlsx", files.office(files.EXCEL, {"xl/a.xml": bytes(60_000)})) == "unsafe_archive"


def test_bombs_inside_archives_inside_archives_are_refused() -> None:
    inner = files.archive({"a": b"x"})
    for _ in range(4):
        inner = files.archive({"a.zip": inner})
    assert refused("合同.docx", files.office(more={"word/embeddings/a.xlsx": inner})) == "unsafe_archive"


def test_a_chart_with_its_own_workbook_inside_is_taken() -> None:
    gate.check("报告.docx", files.office(more={"word/embeddings/sheet.xlsx": files.office(files.EXCEL)}))


def test_an_archive_of_thousands_of_entries_is_refused() -> None:
    many = {f"word/{number}": b"" for number in range(archives.MAX_ENTRIES + 1)}
    assert refused("合同.docx", files.office(more=many)) == "unsafe_archive"


@pytest.mark.parametrize("path", ["../evil.xml", "/etc/passwd", "word/../../x", "C:/x", "word\\x", "a\nb"])
def test_names_that_lead_out_of_the_archive_are_refused(path: str) -> None:
    assert refused("合同.docx", files.office(more={path: b"x"})) == "unsafe_archive"


def test_encrypted_entries_are_refused() -> None:
    content = bytearray(files.ofd())
    for mark, offset in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        content[content.index(mark) + offset] |= 1
    assert refused("发票.ofd", bytes(content)) == "encrypted"


def test_an_uncommon_packing_is_refused() -> None:
    assert refused("发票.ofd", files.archive({"OFD.xml": b"<OFD/>"}, zipfile.ZIP_LZMA)) == "unsafe_archive"


def test_an_entry_whose_checksum_is_wrong_is_refused() -> None:
    stored = files.archive({"OFD.xml": b"<OFD/>" * 50}, zipfile.ZIP_STORED)
    assert refused("发票.ofd", stored.replace(b"<OFD/><OFD/>", b"<OFD/><XXX/>", 1)) == "content_differs"


@pytest.mark.parametrize("act", [b"/S /JavaScript /JS (app.alert)", b"/S /Launch /F (cmd)", b"/EmbeddedFiles 5 0 R"])
def test_a_pdf_that_could_act_on_its_own_is_refused(act: bytes) -> None:
    assert refused("发票.pdf", files.pdf(act)) == "active_pdf"
    assert refused("发票.pdf", files.pdf_with_object_stream(act)) == "active_pdf"


def test_a_script_whose_name_is_written_in_other_signs_is_found() -> None:
    assert refused("发票.pdf", files.pdf(b"/S /J#61vaScr#69pt")) == "active_pdf"


def test_an_encrypted_pdf_is_refused_because_nobody_can_look_into_it() -> None:
    assert refused("发票.pdf", files.pdf(b"/Encrypt 4 0 R")) == "encrypted"


def test_a_pdf_that_unpacks_to_too_much_is_refused() -> None:
    assert refused("发票.pdf", files.pdf_with_object_stream(bytes(70 * 2**20))) == "unpacks_too_large"


@pytest.mark.parametrize("picture", [files.png(100_000, 100_000), files.jpeg(60_000, 60_000)])
def test_pictures_of_absurd_size_are_refused(picture: bytes) -> None:
    assert refused("图.png" if picture.startswith(b"\x89") else "图.jpg", picture) == "too_many_pixels"


@pytest.mark.parametrize("content", [b"\x00\x01\x02", "乱码".encode("utf-16"), b"ok\x07"])
def test_what_is_no_text_is_refused_as_text(content: bytes) -> None:
    assert refused("说明.txt", content) == "not_text"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/发票.PDF", "发票.pdf"),
        ("C:\\temp\\合同 .docx", "合同.docx"),
        ("a\r\nSet-Cookie: x.pdf", "a Set-Cookie_ x.pdf"),
        ("\u202efdp.exe.pdf", "fdp.exe.pdf"),
        ("...pdf", "附件.pdf"),
        ("", "附件"),
        ('<a"b>.txt', "_a_b_.txt"),
    ],
)
def test_names_are_kept_without_paths_and_tricks(given: str, kept: str) -> None:
    assert names.clean(given) == kept


def test_a_long_name_is_cut_and_keeps_its_extension() -> None:
    assert names.clean("长" * 300 + ".xlsx") == "长" * 145 + ".xlsx"
