"""Methods of item costing: two persons, coefficients from a workbook, faults of its rows."""

from datetime import date
from decimal import Decimal
from io import BytesIO

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from costing import item_files, pathway_files
from costing.models import ItemBasis, ItemBasisProposal, ItemCoefficient
from costing.services.item_bases import WantedBasis, propose_item_basis
from ops_platform.identity.actors import actor_of_user
from ops_platform.identity.models import User
from ops_platform.kernel import Conflict, Invalid, Role
from ops_platform.masterdata.models import Institution
from tests.support import trade
from tests.support.downloads import book_of
from workflows.models import Matter, Task
from workflows.reference import load_flows
from workflows.services import approve, reject

pytestmark = pytest.mark.django_db
FROM = date(2026, 3, 1)


@pytest.fixture
def hospital() -> Institution:
    hospital = trade.alliance()["H1"]
    load_flows()
    trade.landed(hospital, "departments", [trade.department("E", name="外科")])
    trade.landed(
        hospital, "charge-items", [trade.item("SS"), trade.item("HY2"), trade.item("YP", "drug", "western_drugs")]
    )
    return hospital


@pytest.fixture
def director(hospital: Institution) -> User:
    return trade.person("finance-director", Role.FINANCE_DIRECTOR, hospital)


@pytest.fixture
def centre(hospital: Institution) -> User:
    return trade.person("centre", Role.OPERATION_CENTRE)


def workbook(*rows: tuple[object, ...]) -> bytes:
    body = BytesIO()
    with xlsxwriter.Workbook(body, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return body.getvalue()


HEAD = (item_files.CODE, item_files.NAME, item_files.VALUE)


def asked(director: User, hospital: Institution, **more: object) -> tuple[ItemBasisProposal, Matter]:
    given = {
        "method": "equivalent",
        "effective_from": FROM,
        "source_text": "外科当量表",
        "rows": [["SS", "20"], ["HY2", "1"]],
    }
    wanted = WantedBasis(institution_id=hospital.pk, **{**given, **more})  # type: ignore[arg-type]
    proposal, matter = propose_item_basis(actor_of_user(director), wanted)
    return proposal, Matter.objects.get(pk=matter)


def test_a_second_person_puts_the_method_and_its_coefficients_in_force(
    hospital: Institution, director: User, centre: User
) -> None:
    proposal, matter = asked(director, hospital)
    assert not ItemBasis.objects.exists()
    task = Task.objects.get(matter=matter, person=centre).number
    approve(actor_of_user(centre), matter_id=matter.pk, task=task)
    proposal.refresh_from_db()
    assert proposal.state == "in_force"
    assert ItemBasis.objects.get().method == "equivalent"
    assert dict(ItemCoefficient.objects.values_list("item__code", "value")) == {
        "SS": Decimal("20.0000"),
        "HY2": Decimal("1.0000"),
    }


def test_refused_it_leaves_nothing(hospital: Institution, director: User, centre: User) -> None:
    proposal, matter = asked(director, hospital)
    task = Task.objects.get(matter=matter, person=centre).number
    reject(actor_of_user(centre), matter_id=matter.pk, task=task, comment="当量表未经讨论")
    proposal.refresh_from_db()
    assert proposal.state == "refused"
    assert not ItemCoefficient.objects.exists()


def test_the_same_is_not_asked_for_twice_and_weighing_needs_something_to_weigh_with(
    hospital: Institution, director: User, centre: User
) -> None:
    asked(director, hospital)
    with pytest.raises(Conflict) as twice:
        asked(director, hospital)
    assert twice.value.code == "costing.item_basis_asked"
    for method, rows, code in (
        ("minutes", [], "costing.coefficients_needed"),
        ("minutes", [["SS", "0"]], "costing.coefficients_needed"),
        ("income", [["SS", "1"]], "costing.coefficients_not_needed"),
        ("nothing", [], "costing.unknown_method"),
    ):
        with pytest.raises(Invalid) as refused:
            asked(director, hospital, method=method, rows=rows, effective_from=date(2026, 4, 1))
        assert refused.value.code == code


def test_rows_of_the_workbook_are_checked_and_named() -> None:
    body = workbook(
        HEAD, ("SS", "手术", 20), ("NO", "", 1), ("SS", "手术", 3), ("HY2", "换药", "很多"), ("HY2", "换药", -1)
    )
    with pytest.raises(Invalid) as refused:
        item_files.read(body, {"SS", "HY2"})
    words = refused.value.message
    for part in (
        "工作表「Sheet1」第 3 行「项目编码」：本机构没有编码为 NO",
        "第 4 行「项目编码」：项目 SS 重复",
        "第 5 行「系数」：很多 应为",
        "第 6 行「系数」：-1 应为",
    ):
        assert part in words
    assert item_files.read(workbook(HEAD, ("SS", "手术", 1.5), ("HY2", "换药", "")), {"SS", "HY2"}) == [["SS", "1.5"]]
    for bad in (b"no workbook", workbook(("别的",))):
        with pytest.raises(Invalid) as refused:
            item_files.read(bad, set())
        assert refused.value.code == "costing.file"


def test_figures_of_workbooks_to_fill_in_go_out_as_numbers(hospital: Institution) -> None:
    coefficients = item_files.write(hospital, "2026-03-01", [("HY2", "化验", Decimal("1.5000")), ("SS", "手术", None)])
    pathway = pathway_files.write_pathway("ES21", [("HY2", "化验", Decimal("3.0000"), True, 4, Decimal("0.5"))])
    standards = pathway_files.write_standards(
        "H1", [(("L", "检验科", "HY2", "化验"), (Decimal(8), Decimal("88.5"), None))]
    )
    for answer, figures in ((coefficients, [[1.5], [""]]), (pathway, [[3]]), (standards, [[8, 88.5, ""]])):
        rows = book_of(answer).get_sheet_by_index(0).to_python()[1:]
        place = 4 if answer is standards else 2
        assert [row[place : place + len(figures[0])] for row in rows] == figures


def test_the_page_takes_the_exported_workbook_back(hospital: Institution, director: User, centre: User) -> None:
    browser = Client()
    browser.force_login(director, backend="django.contrib.auth.backends.ModelBackend")
    answer = browser.get(reverse("costing:coefficient-file"), {"institution": hospital.pk, "method": "equivalent"})
    sheet = book_of(answer).get_sheet_by_index(0).to_python()
    assert [row[0] for row in sheet] == [item_files.CODE, "HY2", "SS"], "drugs are no services"
    filled = workbook(*(tuple(row) if number == 0 else (row[0], row[1], number) for number, row in enumerate(sheet)))
    given = {
        "institution": hospital.pk,
        "method": "equivalent",
        "effective_from": "2026-03-01",
        "source_text": "当量表",
        "file": SimpleUploadedFile("coefficients.xlsx", filled),
    }
    sent = browser.post(reverse("costing:new-item-basis"), given)
    assert sent.status_code == 302
    assert ItemBasisProposal.objects.get().rows == [["HY2", "1"], ["SS", "2"]]
    matter = Matter.objects.get()
    approve(actor_of_user(centre), matter_id=matter.pk, task=Task.objects.get(person=centre).number)
    book = book_of(browser.get(reverse("costing:item-bases"), {"export": "xlsx"}))
    header, row = book.get_sheet_by_index(0).to_python()
    assert (header[2], row[2]) == ("方法", "成本当量法")
    page = browser.get(reverse("costing:item-bases")).content.decode()
    assert "成本当量法" in page
    assert "现行" in page
