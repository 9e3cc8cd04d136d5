"""Drivers and agreements from workbooks: what is in force comes out, what is wanted goes in whole or not at all."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from costing import agreement_files, driver_files
from costing.models import Agreement, AgreementProposal, DriverKind, DriverProposal
from costing.selectors import rules
from costing.services.agreements import put_agreement_in_force, wanted_of
from ops_platform.identity.actors import actor_of_user
from ops_platform.identity.models import User
from ops_platform.kernel import Invalid, Role
from ops_platform.masterdata.models import Institution
from tests.support import trade
from tests.support.downloads import book_of
from tests.support.workbooks import PerCent, workbook
from workflows.models import Matter
from workflows.reference import load_flows

pytestmark = pytest.mark.django_db
DAY = date(2026, 4, 1)


@pytest.fixture
def members() -> dict[str, Institution]:
    """With people who can approve what others ask for."""
    load_flows()
    members = trade.alliance()
    trade.person("second", Role.OPERATION_CENTRE)
    trade.person("leader", Role.LEADERSHIP)
    trade.landed(members["H1"], "departments", [trade.department("XX", "administration", name="信息科")])
    return members


@pytest.fixture
def centre() -> User:
    return trade.person("centre", Role.OPERATION_CENTRE)


def browser_of(user: User) -> Client:
    browser = Client()
    browser.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return browser


def drivers(*rows: tuple[object, ...]) -> bytes:
    return workbook(driver_files.HEADERS, *rows)


def agreements(*rows: tuple[object, ...]) -> bytes:
    return workbook(agreement_files.HEADERS, *rows)


def asked(user: User, body: bytes) -> driver_files.Proposed:
    actor = actor_of_user(user)
    return driver_files.propose(actor, body, rules.in_force(actor=actor, day=DAY))


GOOD = ("H1", "行政后勤类", "", "占用面积", "", "2026-04-01", "成本会议纪要")
BILL = ("H1", "水费", "", "占用面积", "", "2026-04-01", "成本会议纪要")
ONE_DEPARTMENT = ("H1", "行政后勤类", "XX", "人员数量", "", "2026-04-01", "信息科按人数")


def titles() -> tuple[str, str]:
    administration = next(title for title, code in driver_files.CLASSES.items() if code == "administration")
    return administration, next(iter(driver_files.BILLS))


def test_each_row_becomes_a_matter_of_its_own(members: dict[str, Institution], centre: User) -> None:
    administration, bill = titles()
    done = asked(
        centre,
        drivers(
            (GOOD[0], administration, *GOOD[2:]),
            (BILL[0], bill, *BILL[2:]),
            (ONE_DEPARTMENT[0], administration, *ONE_DEPARTMENT[2:]),
        ),
    )
    assert len(done.matters) == Matter.objects.count() == 3
    found = DriverProposal.objects.order_by("pk")
    assert [(one.cost_class, bool(one.shared_as), one.driver) for one in found] == [
        ("administration", False, "floor_area"),
        ("", True, "floor_area"),
        ("administration", False, "headcount"),
    ]
    assert found[2].department is not None
    assert found[2].department.code == "XX"


def test_one_faulty_row_and_nothing_is_asked_but_all_faults_are_told(
    members: dict[str, Institution], centre: User
) -> None:
    administration, _bill = titles()
    good = (GOOD[0], administration, *GOOD[2:])
    with pytest.raises(Invalid) as refused:
        asked(
            centre,
            drivers(
                good,
                ("NO", administration, "", "占用面积", "", "2026-04-01", "纪要"),
                ("H1", "临床", "", "占用面积", "", "2026-04-01", "纪要"),
                ("H1", administration, "", "工作量", "", "2026-05-01", "纪要"),
                ("H1", administration, "ZZ", "占用面积", "", "2026-04-01", "纪要"),
                ("H1", administration, "", "占用面积", "", "四月", "纪要"),
                good,
            ),
        )
    assert refused.value.code == "costing.file_rows"
    for part in (
        "工作表「Sheet1」第 3 行「机构编码」：没有编码为 NO",
        "第 4 行「分摊对象」",
        "第 5 行「工作量指标」：按工作量分摊须选择",
        "第 6 行「科室编码」",
        "第 7 行「生效日期」",
        "第 8 行：与第 2 行重复",
        "整个文件没有提交",
    ):
        assert part in refused.value.message
    assert not DriverProposal.objects.exists()
    assert not Matter.objects.exists()


@pytest.mark.parametrize(
    ("driver", "metric", "assigned", "told"),
    [
        ("占用面积", "", "", "第 3 行：与第 2 行重复"),
        ("人员数量", "", "", "第 3 行：与第 2 行重复"),
        ("占用面积", "门诊人次", "", "第 3 行「工作量指标」：填写了工作量指标，但分摊动因不是「工作量」"),
        ("占用面积", "", "NK 100", "第 3 行「分摊动因」：填写了指定科室，但分摊动因不是「直接指定」"),
        ("直接指定", "", "NO", "第 3 行「指定科室(%)」：测试县人民医院没有科室「NO」"),
        ("直接指定", "", "XX 30", "第 3 行「指定科室(%)」：指定科室的比例合计应为 100%"),
    ],
)
def test_what_a_row_of_drivers_says_too_much_is_told_and_never_dropped(
    members: dict[str, Institution], centre: User, driver: str, metric: str, assigned: str, told: str
) -> None:
    administration, _bill = titles()
    day = "2026-04-01" if "重复" in told else "2026-05-01"
    row = (GOOD[0], administration, "", driver, metric, day, "成本会议纪要", assigned)
    good = (GOOD[0], administration, *GOOD[2:], "")
    with pytest.raises(Invalid) as refused:
        asked(centre, workbook((*driver_files.HEADERS, driver_files.ASSIGNED), good, row))
    assert told in refused.value.message
    assert refused.value.context["count"] == 1


def test_what_is_exported_and_not_changed_asks_for_nothing(members: dict[str, Institution], centre: User) -> None:
    answer = browser_of(centre).get(reverse("costing:driver-file"))
    table = book_of(answer).get_sheet_by_index(0).to_python()
    assert len(table) == 1 + rules.in_force(actor=actor_of_user(centre), day=DAY).count() > 1
    plain = [tuple(cell.isoformat() if isinstance(cell, date) else cell for cell in row) for row in table]
    with pytest.raises(Invalid, match="没有需要审批的变更"):
        asked(centre, workbook(*plain))
    begins, driver = (plain[0].index(title) for title in (driver_files.BEGINS, driver_files.DRIVER))
    same = tuple("2027-01-01" if at == begins else cell for at, cell in enumerate(plain[1]))
    with pytest.raises(Invalid, match="没有变化，不需要提交"):
        asked(centre, workbook(plain[0], same, *plain[2:]))
    assert plain[1][driver] == DriverKind.FLOOR_AREA.label
    later = tuple(str(DriverKind.HEADCOUNT.label) if at == driver else cell for at, cell in enumerate(same))
    done = asked(centre, workbook(plain[0], later, *plain[2:]))
    assert (len(done.matters), done.unchanged) == (1, len(plain) - 2)


def test_a_director_asks_only_for_the_own_institution(members: dict[str, Institution]) -> None:
    administration, _bill = titles()
    director = trade.person("director", Role.FINANCE_DIRECTOR, members["H1"])
    for place in ("T1", ""):
        with pytest.raises(Invalid, match="第 2 行"):
            asked(director, drivers((place, administration, *GOOD[2:])))
    assert len(asked(director, drivers((GOOD[0], administration, *GOOD[2:]))).matters) == 1


HEAD = ("CENTRE", "检验与影像共享中心", "共享中心", "2026-03", "文件依据", "合作协议第 3 号")


def shared_centre() -> tuple[tuple[object, ...], ...]:
    return (
        (*HEAD, "参与方", "提供方", "H1", "", ""),
        (*HEAD, "参与方", "接受方", "", 70, ""),
        ("CENTRE", "", "", "", "", "", "参与方", "医联体统筹", "H1", 30, ""),
        (*HEAD, "单位成本", "检验中心(项次)", "", "", 12.5),
        (*HEAD, "单位成本", "影像中心(例)", "", "", "30.123456"),
    )


def test_an_agreement_comes_with_a_unit_cost_for_each_kind_of_service(
    members: dict[str, Institution], centre: User
) -> None:
    done = agreement_files.propose(actor_of_user(centre), agreements(*shared_centre()))
    assert len(done.matters) == 1
    wanted = wanted_of(AgreementProposal.objects.get())
    assert wanted.unit_costs == {"laboratory": Decimal("12.5"), "imaging": Decimal("30.123456")}
    assert [(one.role, one.institution, one.share) for one in wanted.parties] == [
        ("provider", "H1", Decimal(0)),
        ("receiver", "", Decimal("0.7")),
        ("pool", "H1", Decimal("0.3")),
    ]


def test_a_share_in_a_per_cent_cell_counts_as_it_is_seen_and_a_unit_cost_in_one_is_refused(
    members: dict[str, Institution], centre: User
) -> None:
    """A spreadsheet keeps 0.7 where a person sees 70%."""
    provider, receiver, pool, laboratory, imaging = shared_centre()
    seen = ((*receiver[:-2], PerCent("0.7"), ""), (*pool[:-2], PerCent("0.3"), ""))
    dear = (*laboratory[:-1], PerCent("12.5"))
    with pytest.raises(Invalid, match=r"第 5 行「单位成本\(元\)」：应为 0 至 .*的数，现为 1250%") as refused:
        agreement_files.propose(actor_of_user(centre), agreements(provider, *seen, dear, imaging))
    assert refused.value.context["count"] == 1
    agreement_files.propose(actor_of_user(centre), agreements(provider, *seen, laboratory, imaging))
    shares = {one.role: one.share for one in wanted_of(AgreementProposal.objects.get()).parties}
    assert shares == {"provider": Decimal(0), "receiver": Decimal("0.7"), "pool": Decimal("0.3")}


def test_an_agreement_goes_out_as_it_came_in(members: dict[str, Institution], centre: User) -> None:
    actor = actor_of_user(centre)
    agreement_files.propose(actor, agreements(*shared_centre()))
    put_agreement_in_force(actor, proposal_id=AgreementProposal.objects.get().pk)
    answer = browser_of(centre).get(reverse("costing:agreement-file"))
    table = [tuple(row) for row in book_of(answer).get_sheet_by_index(0).to_python()]
    assert len(table) == 6
    figures = [one for row in table[1:] for one in row[-2:] if one != ""]
    assert figures == [0, 70, 30, 30.123456, 12.5], "numbers, which a spreadsheet can work with"
    with pytest.raises(Invalid, match="没有需要审批的变更"):
        agreement_files.propose(actor, workbook(*table))
    place = table[0].index(agreement_files.BEGINS)
    later = [tuple("2026-05" if at == place else cell for at, cell in enumerate(row)) for row in table[1:]]
    page = browser_of(centre).post(
        reverse("costing:agreements-by-file"), {"file": SimpleUploadedFile("a.xlsx", workbook(table[0], *later))}
    )
    assert page.status_code == 302
    assert AgreementProposal.objects.filter(effective_from=date(2026, 5, 1)).count() == 1


def test_the_page_for_a_new_version_keeps_all_unit_costs(members: dict[str, Institution], centre: User) -> None:
    actor = actor_of_user(centre)
    agreement_files.propose(actor, agreements(*shared_centre()))
    agreement = put_agreement_in_force(actor, proposal_id=AgreementProposal.objects.get().pk)
    browser, address = browser_of(centre), f"{reverse('costing:new-agreement')}?from={agreement.pk}"
    form = browser.get(address).context["form"]
    given = {name: form[name].value() for name in form.fields if form[name].value() not in (None, False)}
    sent = browser.post(address, given | {"effective_from": "2026-06", "source_text": "第 4 号"})
    assert sent.status_code == 302, sent.context["form"].errors
    assert len(wanted_of(AgreementProposal.objects.get(effective_from=date(2026, 6, 1))).unit_costs) == 2
    assert Agreement.objects.count() == 1


def joint_exam() -> list[tuple[object, ...]]:
    head = ("JOINT", "联合检查", "联合检查", "2026-03", "文件依据", "协议")
    return [
        (*head, "参与方", "基层检查", "T1", 20, ""),
        (*head, "参与方", "上级诊断", "H1", 30, ""),
        (*head, "参与方", "医联体统筹", "H1", "", ""),
        (*head, "收费项目", "XD", "", "", ""),
    ]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({0: {8: "T9"}, 1: {8: "H9"}}, ["第 2 行「机构编码」：没有编码为 T9", "第 3 行「机构编码」：没有编码为 H9"]),
        ({1: {7: "基层检查", 8: "T1"}}, ["第 3 行「机构编码」：同一机构以同一角色写了两次"]),
        ({2: {8: ""}}, ["第 4 行「机构编码」：协议 JOINT：须写明代管机构"]),
        ({1: {7: "基层检查"}}, ["第 2 行「内容」：协议 JOINT：联合检查须写明基层机构和上级机构"]),
        ({3: {7: "没有"}}, ["第 5 行「角色、服务或收入」：参与机构都没有编码为 没有 的收费项目"]),
        ({2: {6: "费用类别", 7: "检查费", 8: ""}}, ["第 4 行「角色、服务或收入」：请写明检查收入按哪些费用类别"]),
        ({3: {6: "终止", 7: ""}}, ["第 5 行「内容」：没有协议 JOINT"]),
        (
            {3: {6: "按科室全成本", 7: "ZZ"}, 2: {6: "费用类别", 7: "检查费", 8: ""}},
            ["第 5 行「角色、服务或收入」：按全成本"],
        ),
    ],
)
def test_what_a_service_refuses_of_an_agreement_is_told_at_its_row(
    members: dict[str, Institution], centre: User, changes: dict[int, dict[int, str]], told: list[str]
) -> None:
    trade.landed(members["T1"], "charge-items", [trade.item("XD", fee_class="examination")])
    rows = [
        tuple(changes.get(number, {}).get(place, value) for place, value in enumerate(row))
        for number, row in enumerate(joint_exam())
    ]
    with pytest.raises(Invalid) as refused:
        agreement_files.propose(actor_of_user(centre), agreements(*rows))
    for words in told:
        assert words in refused.value.message
    assert refused.value.context["count"] == len(told)
    assert len(agreement_files.propose(actor_of_user(centre), agreements(*joint_exam())).matters) == 1


def test_faults_of_agreements_are_told_by_row_and_nothing_is_asked(
    members: dict[str, Institution], centre: User
) -> None:
    other = ("E1", "专家下沉", "专家下沉", "2026-03", "文件依据", "协议")
    with pytest.raises(Invalid) as refused:
        agreement_files.propose(
            actor_of_user(centre),
            agreements(
                *shared_centre(),
                (*other, "参与方", "接受方", "", 60, ""),
                (*other, "参与方", "统筹", "H1", 40, ""),
                (*other, "单位成本", "专家下沉(半天)", "", "", "很多"),
                ("E2", "另一个", *other[2:], "参与方", "接受方", "", 60, ""),
                ("E3", "", *other[2:], "参与方", "接受方", "", 100, ""),
            ),
        )
    for part in (
        "第 8 行「角色、服务或收入」",
        "第 9 行「单位成本(元)」",
        "第 10 行「比例(%)」：协议 E2",
        "第 11 行「协议名称」：协议 E3",
    ):
        assert part in refused.value.message
    assert not AgreementProposal.objects.exists()
