"""How the county hospital costs its items, laid down before the first night over HTTP like in the browser: the imaging
department by activity, and service units for the ratio of cost to income. The finance director asks with filled workbooks,
the operation centre signs."""

import csv
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from tools.demo.approvals import INSTITUTION
from tools.demo.browserless import PageRefused, Session, sign_in
from tools.demo.signing import sign
from tools.demo.workbooks import Row, rows_of, workbook

BASES, NEW_BASIS = "/costing/item-bases/", "/costing/item-bases/new/"
COEFFICIENTS = "/costing/item-bases/coefficients/"
UNITS, NEW_UNITS, UNIT_FILE = "/costing/service-units/", "/costing/service-units/new/", "/costing/service-units/file/"
ASKER, SIGNER = "finance-director", "centre1"
DEPARTMENT = "影像科"
CHOICE = r'<option value="(\d+)"[^>]*>\s*[^<]*· {name}\s*<'
SURVEY = Path(__file__).parent / "activities.csv"
# resource drivers by the workbook's second column, in the order of the survey's activities; nobody has yet ordered what the
# last is for, so that its cost stays with the department
DRIVERS = {
    "全部成本项目": (10, 53, 25, 10, 2),
    "人员经费": (15, 40, 37, 7, 1),
    "卫生材料费": (2, 57, 5, 35, 1),
    "固定资产折旧费": (1, 86, 4, 3, 6),
}
RESOURCE = "资源动因"
OWNER = "执行科室"
# the unit of a department's services: the first of these words that its name has; then what all wards' fee classes go to
UNIT_OF = (
    ("检验", ("JY", "检验", "检验")),
    ("病理", ("BL", "病理", "病理")),
    ("影像", ("YX", "影像", "影像")),
    ("超声", ("YX", "影像", "影像")),
    ("心电", ("GN", "功能检查", "功能检查")),
    ("内镜", ("NJ", "内镜", "内镜")),
    ("手术", ("SS", "手术麻醉", "手术麻醉")),
    ("药", ("YF", "药学服务", "药学服务")),
    ("输血", ("SX", "输血", "输血")),
    ("重症", ("ICU", "重症监护", "重症监护")),
    ("急诊", ("MZ", "门急诊", "门急诊")),
    ("口腔", ("MZ", "门急诊", "门急诊")),
    ("皮肤", ("MZ", "门急诊", "门急诊")),
    ("外科", ("WK", "外科病区", "病房")),
    ("骨科", ("WK", "外科病区", "病房")),
    ("妇产", ("WK", "外科病区", "病房")),
    ("儿科", ("EK", "儿科病区", "病房")),
    ("科", ("NK", "内科及其他病区", "病房")),
)
WARDS = ("NK", "WK", "EK")
CONSULTATION = ("诊察费", ("MZ", "门急诊", "门急诊"))


def item_costing(url: str, accounts: list[dict[str, str]], periods: list[str]) -> Iterator[str]:
    """Activities and service units, from the first month of the data on; yields what has been done in words."""
    known: Mapping[str, dict[str, str]] = {account["username"]: account for account in accounts}
    asker, signer = (sign_in(url, name, known[name]["password"]) for name in (ASKER, SIGNER))
    if not periods:
        return
    first = f"{min(periods)}-01"
    asker.get(BASES)
    if "作业成本法" not in asker.page.partition("<table")[2].partition("</table>")[0]:
        yield f"{_by_activity(asker, signer, first)} by activity from {first}: asked by {ASKER}, signed by {SIGNER}"
    asker.get(UNITS)
    if "个单元" not in asker.page:
        yield f"{_service_units(asker, signer, first)} service units from {first}: asked by {ASKER}, signed by {SIGNER}"


def _by_activity(asker: Session, signer: Session, first: str) -> str:
    """The activities of the department, out of the survey of its items' minutes."""
    asker.get(NEW_BASIS)
    department = _found(re.compile(CHOICE.format(name=DEPARTMENT)), asker.page, f"{NEW_BASIS} offers no {DEPARTMENT}")
    table = rows_of(asker.download(f"{COEFFICIENTS}?method=activity&department={department}"))
    with SURVEY.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        names = [name for name in reader.fieldnames or () if name != "code"]
        survey = {row["code"]: row for row in reader}
    listed = {str(row[0]) for row in table}
    kinds = {code[:2] for code in listed & set(survey)}
    # the workbook offers what was carried out of late; the survey is of all that the department can do
    table += [[code, ""] for code in sorted(set(survey) - listed) if code[:2] in kinds]
    carried = [survey[str(row[0])] for row in table if str(row[0]) in survey]
    used = [at for at, name in enumerate(names) if any(row[name] for row in carried)]
    filled: list[Row] = [[*table[0][:2], *(names[at] for at in used)]]
    for row in table[1:]:
        if row[0] == OWNER:
            filled.append([*row[:2], *("" for _ in used)])
        elif row[0] == RESOURCE:
            drivers = DRIVERS.get(str(row[1]))
            filled.append([*row[:2], *(drivers[at] if drivers else "" for at in used)])
        elif str(row[0]) in survey:
            uses = survey[str(row[0])]
            filled.append([*row[:2], *(_number(uses[names[at]]) for at in used)])
    asker.get(NEW_BASIS)
    institution = _found(INSTITUTION, asker.page, f"{NEW_BASIS} offers no institution")
    text = f"演示：{DEPARTMENT}作业调查，按工时和设备使用分钟"
    given = {"institution": institution, "department": department, "method": "activity"}
    matter = asker.upload(NEW_BASIS, "file", workbook(filled), **given, effective_from=first, source_text=text)
    sign(signer, matter, "作业和动因与科室核对一致")
    return f"{DEPARTMENT} with {len(used)} activities and {len(carried)} items"


def _service_units(asker: Session, signer: Session, first: str) -> int:
    """The units of the hospital: wards, theatre, technology; consultations of all wards with the outpatients."""
    asker.get(NEW_UNITS)
    institution = _found(INSTITUTION, asker.page, f"{NEW_UNITS} offers no institution")
    table = rows_of(asker.download(f"{UNIT_FILE}?institution={institution}"))
    departments = {(str(row[0]), str(row[1])): None for row in table[1:]}
    filled: list[Row] = [table[0]]
    units = set()
    for code, name in departments:
        unit = next((unit for word, unit in UNIT_OF if word in name), None)
        if unit is None:
            continue
        filled.append([code, name, "其余全部", *unit])
        units.add(unit)
        if unit[0] in WARDS:
            fee_class, other = CONSULTATION
            filled.append([code, name, fee_class, *other])
            units.add(other)
    asker.get(NEW_UNITS)
    text = "演示：按病区、医技科室和门急诊划分服务单元，诊察费归门急诊"
    matter = asker.upload(
        NEW_UNITS, "file", workbook(filled), institution=institution, effective_from=first, source_text=text
    )
    sign(signer, matter, "划分与院内讨论一致")
    return len(units)


def _found(pattern: re.Pattern[str], page: str, otherwise: str) -> str:
    match = pattern.search(page)
    if match is None:
        raise PageRefused(otherwise)
    return str(match[1])


def _number(told: str) -> float | str:
    return float(told) if told else ""
