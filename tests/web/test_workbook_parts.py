"""What an uploaded workbook may do to the process that reads it: nothing."""

import io
import zipfile

import pytest
import xlsxwriter

from ops_platform.web.imports import NotAWorkbook, UnpacksTooLarge, read_sheet
from ops_platform.web.workbook_parts import unpack

MOST = 4 * 2**20


def book(*cells: tuple[int, int, object]) -> bytes:
    body = io.BytesIO()
    with xlsxwriter.Workbook(body, {"in_memory": True}) as made:
        sheet = made.add_worksheet("甲")
        made.add_worksheet("乙")
        for row, column, value in cells:
            sheet.write(row, column, value)
    return body.getvalue()


def changed(body: bytes, name: str, old: bytes, new: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(body)) as before, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as after:
        for entry in before.namelist():
            content = before.read(entry)
            after.writestr(entry, content.replace(old, new) if entry == name else content)
    return made.getvalue()


SHEET = "xl/worksheets/sheet1.xml"


@pytest.mark.parametrize(
    "told",
    [
        b'r="XFD1048576"',
        b"r='XFD1048576'",
        b'r = "XFD1048576"',
        b'r="&#88;FD1048576"',
    ],
)
def test_a_cell_at_the_far_corner_is_refused_however_it_is_written(told: bytes) -> None:
    body = changed(book((0, 0, 1), (1, 1, 2)), SHEET, b'r="B2"', told)
    assert len(body) < 10_000
    with pytest.raises(UnpacksTooLarge):
        read_sheet(body, most_bytes=MOST)


def test_a_row_far_below_counts_even_where_its_cells_say_nothing_of_it() -> None:
    body = changed(book((0, 20, 1), (1, 0, 2)), SHEET, b'<row r="2" spans="1:21"><c r="A2"', b'<row r="900000"><c')
    with pytest.raises(UnpacksTooLarge):
        read_sheet(body, most_bytes=MOST)


def test_one_long_text_that_many_cells_name_is_refused() -> None:
    body = book(*((row, 0, "长" * 30_000) for row in range(2_000)))
    with pytest.raises(UnpacksTooLarge):
        read_sheet(body, most_bytes=MOST)


def test_types_of_its_own_and_broken_parts_are_no_workbook() -> None:
    plain = book((0, 0, 1))
    for broken in (
        changed(plain, SHEET, b"<sheetData>", b'<!DOCTYPE a [<!ENTITY b "c">]><sheetData>'),
        changed(plain, SHEET, b"</sheetData>", b""),
        changed(plain, SHEET, b'r="A1"', b'r="1A"'),
        b"PK",
    ):
        with pytest.raises(NotAWorkbook):
            read_sheet(broken, most_bytes=MOST)


def test_what_was_written_is_read_from_a1_on_with_the_names_of_the_sheets() -> None:
    sheet = read_sheet(book((1, 1, "乙二"), (2, 0, 3.5)), most_bytes=MOST)
    assert (sheet.name, sheet.others) == ("甲", ("乙",))
    assert sheet.rows == [["", ""], ["", "乙二"], ["3.5", ""]]


@pytest.mark.parametrize(
    ("number", "form", "seen"),
    [
        (0.4, "0%", "40%"),
        (0.07, "0.00%", "7%"),
        (0.29, "0.0%;[Red]-0.0%", "29%"),
        (-0.125, '"约"0.0##%', "-12.5%"),
        (0, "0%", "0%"),
        (0.4, "0.00", "0.4"),
        (40, '0.##"%"', "40"),
        (40, "0.##\\%", "40"),
        (40, "General_%", "40"),
        ("四成", "0%", "四成"),
        (True, "0%", "TRUE"),
    ],
)
def test_a_cell_that_shows_a_per_cent_is_read_as_it_is_seen(number: object, form: str, seen: str) -> None:
    """A spreadsheet keeps 0.4 where a person sees 40%; a sign in quotes multiplies nothing."""
    body = io.BytesIO()
    with xlsxwriter.Workbook(body, {"in_memory": True}) as made:
        sheet = made.add_worksheet()
        sheet.write(0, 0, number, made.add_format({"num_format": form}))
        sheet.write(0, 1, number)
        sheet.write_blank(1, 0, None, made.add_format({"num_format": "0%"}))
    plain = "TRUE" if number is True else str(number)
    assert read_sheet(body.getvalue(), most_bytes=MOST).rows[0] == [seen, plain]


def test_styles_are_found_where_the_workbook_leads_to_them() -> None:
    body = io.BytesIO()
    with xlsxwriter.Workbook(body, {"in_memory": True}) as made:
        made.add_worksheet().write(0, 0, 0.4, made.add_format({"num_format": 10}))
    rooted = changed(body.getvalue(), "xl/_rels/workbook.xml.rels", b'Target="styles', b'Target="/xl/styles')
    for one in (body.getvalue(), rooted):
        assert read_sheet(one, most_bytes=MOST).rows == [["40%"]]


def test_per_cents_that_lie_outside_the_table_change_nothing() -> None:
    body = io.BytesIO()
    with xlsxwriter.Workbook(body, {"in_memory": True}) as made:
        made.add_worksheet().write(0, 0, 3.5, made.add_format({"num_format": "0%"}))
    far = changed(body.getvalue(), SHEET, b"</sheetData>", b'</sheetData><x><c r="C9" s="1"><v>1</v></c></x>')
    assert read_sheet(far, most_bytes=MOST).rows == [["350%"]]


def test_the_first_sheet_is_found_where_the_workbook_leads_to_it() -> None:
    """Formulas that nothing computed stand in the part that the relations name, by an address from the root or beside."""
    plain = changed(book((0, 0, 1)), SHEET, b"<v>1</v>", b"<f>1+1</f><v></v>")
    rooted = changed(plain, "xl/_rels/workbook.xml.rels", b'Target="worksheets/', b'Target="/xl/worksheets/')
    for body in (plain, rooted):
        assert unpack(body, most_bytes=MOST).first.uncomputed == {(0, 0)}
