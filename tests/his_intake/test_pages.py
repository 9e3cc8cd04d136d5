"""What the intake pages say: who sent a batch, where a quarantined row went, and codes that the reader's institution has."""

from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from ops_platform.his_intake.columns import OriginColumn
from ops_platform.his_intake.datasets.catalogue import DATASETS
from ops_platform.his_intake.drilldown import Origin
from ops_platform.his_intake.examples import own_examples
from ops_platform.his_intake.models import Batch, QuarantinedRow
from ops_platform.his_intake.services import resubmit_rows
from ops_platform.identity.actors import actor_of_key, actor_of_user
from ops_platform.identity.models import User
from ops_platform.identity.services import create_api_key
from ops_platform.kernel import Role
from ops_platform.kernel.actor import PLATFORM
from ops_platform.masterdata.models import Institution
from tests.support import trade
from tests.support.downloads import book_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def hospital() -> Institution:
    hospital = trade.alliance()["H1"]
    trade.landed(
        hospital, "departments", [trade.department("YYB", "administration"), trade.department("GK02", name="骨科")]
    )
    trade.landed(hospital, "charge-items", [trade.item("A0001", "drug"), trade.item("F0009", price_cap="35.5")])
    return hospital


@pytest.fixture
def officer(hospital: Institution) -> User:
    """The finance officer 周敏, who signs in as zhoumin."""
    user = trade.person("zhoumin", Role.FINANCE_OFFICER, hospital)
    User.objects.filter(pk=user.pk).update(display_name="周敏")
    return user


@pytest.fixture
def browser(officer: User) -> Client:
    browser = Client()
    browser.force_login(officer)
    return browser


def page(browser: Client, address: str) -> str:
    answer = browser.get(address)
    assert answer.status_code == 200, answer.content[:500]
    return answer.content.decode()


def faulty(hospital: Institution, count: int, batch_no: str) -> list[QuarantinedRow]:
    """Cost entries of a department that nobody reported."""
    rows = [trade.cost(f"{batch_no}-{number}", "NKK", "100.00") for number in range(count)]
    receipt = trade.send(hospital, "cost-entries", rows, batch_no=batch_no)
    return list(QuarantinedRow.objects.filter(batch=receipt.batch).order_by("row_no"))


def resubmitted(officer: User, rows: list[QuarantinedRow], department: str = "GK02") -> Batch:
    corrections = {row.pk: {"department": department} for row in rows}
    return resubmit_rows(actor_of_user(officer), row_ids=[row.pk for row in rows], corrections=corrections).batch


# -- where quarantined rows went ---------------------------------------------------------------------------------------


def test_a_resubmission_and_its_rows_lead_to_each_other(hospital: Institution, officer: User, browser: Client) -> None:
    first, second = faulty(hospital, 2, "B1")
    batch = resubmitted(officer, [second])
    other = resubmitted(officer, [first])
    for sent, row in ((batch, second), (other, first)):
        row.refresh_from_db()
        assert (row.resubmitted_in, row.resubmitted_as) == (sent, 1)
        link = f'href="/intake/quarantine/{row.pk}/">B1 第 {row.row_no} 行'
        assert link in page(browser, f"/intake/batches/{sent.pk}/receipt/")
        assert link in page(browser, f"/intake/batches/{sent.pk}/")
        there = f'href="/intake/batches/{sent.pk}/">{sent.batch_no} 第 1 行'
        assert there in page(browser, f"/intake/quarantine/{row.pk}/")
        assert there in page(browser, "/intake/quarantine/?state=resubmitted")


def test_a_row_that_is_still_faulty_names_the_row_that_it_was(
    hospital: Institution, officer: User, browser: Client
) -> None:
    first, second = faulty(hospital, 2, "B1")
    batch = resubmitted(officer, [first, second], department="GKK")
    again = QuarantinedRow.objects.get(batch=batch, row_no=2)
    assert f'href="/intake/quarantine/{second.pk}/">B1 第 2 行' in page(browser, f"/intake/quarantine/{again.pk}/")
    shown = page(browser, f"/intake/batches/{batch.pk}/?rows=quarantined")
    assert "隔离区来源" in shown
    assert f"/intake/quarantine/{first.pk}/" in shown


def test_a_row_that_its_sender_corrected_names_the_batch_and_row(hospital: Institution, browser: Client) -> None:
    _, second = faulty(hospital, 2, "B1")
    rows = [trade.cost(f"B1-{number}", "GK02", "100.00") for number in (7, 1)]
    sent = trade.landed(hospital, "cost-entries", rows).batch
    second.refresh_from_db()
    assert (second.state, second.resubmitted_in, second.resubmitted_as) == ("corrected", sent, 2)
    receipt = page(browser, f"/intake/batches/{sent.pk}/receipt/")
    assert "更正了隔离区" in receipt
    assert f'href="/intake/quarantine/{second.pk}/">B1 第 2 行' in receipt


def test_a_plain_batch_speaks_of_no_quarantine(hospital: Institution, browser: Client) -> None:
    sent = trade.landed(hospital, "cost-entries", [trade.cost("V1", "GK02", "1.00")]).batch
    shown = page(browser, f"/intake/batches/{sent.pk}/")
    assert "重报自" not in shown
    assert "隔离区来源" not in shown


def test_the_source_of_a_figure_opens_the_page_of_the_batch_with_its_row(
    hospital: Institution, browser: Client
) -> None:
    rows = [trade.cost(f"V{number}", "GK02", "1.00") for number in range(1, 61)]
    sent = trade.landed(hospital, "cost-entries", rows).batch
    origin = Origin(batch=sent.pk, batch_no=sent.batch_no, row_no=55, superseded_by="")
    request = SimpleNamespace(actor=trade.actor(Role.FINANCE_OFFICER, hospital))
    link = OriginColumn().render(origin, SimpleNamespace(request=request))
    assert f'href="/intake/batches/{sent.pk}/?row=55#row-55"' in link
    shown = page(browser, f"/intake/batches/{sent.pk}/?row=55")
    assert 'id="row-55"' in shown
    assert 'id="row-1"' not in shown
    assert 'id="row-1"' in page(browser, f"/intake/batches/{sent.pk}/?row=55&page=1"), "one may turn back"


@pytest.mark.parametrize(
    "address", ["/intake/quarantine/?state=resubmitted", "/intake/batches/{}/", "/intake/batches/{}/receipt/"]
)
def test_more_rows_ask_no_more_of_the_database(
    hospital: Institution, officer: User, browser: Client, address: str
) -> None:
    counts = []
    for number, size in enumerate((1, 30)):
        batch = resubmitted(officer, faulty(hospital, size, f"B{number}"))
        page(browser, address.format(batch.pk))
        with CaptureQueriesContext(
            connection,
        ) as asked:
            page(browser, address.format(batch.pk))
        counts.append(len(asked))
    assert counts[0] == counts[1]


# -- who sent it -------------------------------------------------------------------------------------------------------


def test_batches_name_people_keys_and_the_platform(hospital: Institution, officer: User, browser: Client) -> None:
    key, _ = create_api_key(PLATFORM, name="县医院 HIS", institution_ids=[], all_institutions=True, datasets=[])
    row = [trade.cost("V1", "GK02", "1.00")]
    senders = {
        actor_of_user(officer): "周敏",
        actor_of_key(key): "县医院 HIS",
        PLATFORM: "平台自动",
        trade.actor(Role.FINANCE_OFFICER, hospital, name="retired"): "retired",
    }
    for number, (sender, name) in enumerate(senders.items()):
        batch = trade.send(hospital, "cost-entries", row, batch_no=f"N{number}", who=sender).batch
        assert f'<span title="{sender.name}">{name}</span>' in page(browser, f"/intake/batches/{batch.pk}/receipt/")
    listed = page(browser, "/intake/batches/?q=N")
    assert all(f">{name}</td>" in listed for name in senders.values())


def test_a_settled_row_names_who_settled_it(hospital: Institution, officer: User, browser: Client) -> None:
    rows = faulty(hospital, 1, "B1")
    resubmitted(officer, rows)
    assert '<span title="zhoumin">周敏</span>' in page(browser, f"/intake/quarantine/{rows[0].pk}/")


# -- examples of the template ------------------------------------------------------------------------------------------


def explained(answer: Any) -> str:
    """The second sheet of a template, in one text."""
    workbook = book_of(answer)
    return "\n".join("\t".join(map(str, row)) for row in workbook.get_sheet_by_index(1).to_python())


def test_a_template_shows_codes_of_the_institution_it_is_for(hospital: Institution, browser: Client) -> None:
    text = explained(browser.get("/intake/templates/charge-lines/"))
    assert "GK02" in text, "a clinical department, not the first one"
    assert "F0009" in text
    assert "示例中的代码取自测试县人民医院" in text
    assert "NK01" not in text
    shown = page(browser, f"/intake/upload/charge-lines/?institution={hospital.pk}")
    assert "F0009" in shown
    assert f"/intake/templates/charge-lines/?institution={hospital.pk}" in shown


def test_an_institution_without_departments_gets_the_general_example(hospital: Institution) -> None:
    assert own_examples(DATASETS["staff-headcounts"], Institution.objects.get(code="V1")) == {}
    assert own_examples(DATASETS["cost-entries"], None) == {}


def test_examples_of_the_lists_are_whole_rows_that_change_nothing(hospital: Institution) -> None:
    for dataset in ("departments", "charge-items"):
        sent = trade.landed(hospital, dataset, [own_examples(DATASETS[dataset], hospital)])
        assert sent.batch.unchanged == 1


def test_the_template_of_an_institution_out_of_reach_does_not_exist(hospital: Institution, browser: Client) -> None:
    elsewhere = Institution.objects.get(code="T1")
    assert browser.get(f"/intake/templates/cost-entries/?institution={elsewhere.pk}").status_code == 404
