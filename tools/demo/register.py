"""What the editors of the lead hospital enter into the process register, done over HTTP like in the browser: owners of the
processes that the platform came with, two processes with owner, control,
figures before and after, and a typical case. The figures are invented and say so."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tools.demo.browserless import PageRefused, Session, sign_in
from tools.demo.forms import entered
from tools.demo.signing import sign

NEW = "/workflows/processes/new/"
NEW_CASE = "/workflows/cases/new/"
PROCESSES = "/workflows/processes/"
INVENTED = "演示数据，系虚构"
EDITOR, OWNER, SECOND = "finance-director", "finance", "centre1"
INSTITUTION = re.compile(r'<select name="institution".*?<option value="(\d+)"', re.DOTALL)
PERSON = r'<select name="owner".*?<option value="(\d+)"[^>]*>\s*{name}'
SHIPPED = ("PT-01", "PT-02", "PT-03", "PT-04", "PT-05")
SHEET = ("code", "name", "matter", "area", "flow", "embedded_system", "status", "principles", "version")


@dataclass(frozen=True, slots=True)
class Improved:
    """A process with its figures before and after: hours, steps, handovers, yuan a case, errors in percent; and the steps of
    both sides, one a line, with who does them."""

    code: str
    name: str
    matter: str
    area: str
    principle: str
    system: str
    before: tuple[str, str, str, str, str]
    after: tuple[str, str, str, str, str]
    risk: str
    control: str
    map_before: str
    map_after: str


IMPROVED = (
    Improved(
        "CW-01",
        "费用报销",
        "日常费用报销",
        "management",
        "benefit",
        "运营管理平台报销模块",
        ("216", "9", "7", "42.00", "6"),
        ("96", "5", "4", "18.00", "1.5"),
        "重复报销同一张发票",
        "发票号码查重，重复的不能提交",
        "填写纸质报销单 | 经办人\n粘贴票据 | 经办人\n科室主任签字 | 科室主任\n归口部门审核 | 归口职能科室\n查重发票 | "
        "会计\n分管院长签字 | 分管院长\n院长签字 | 院长\n录入凭证 | 会计\n付款 | 出纳",
        "网上填写，发票自动查重 | 经办人\n科室主任同意 | 科室主任\n按金额分级审批 | 院长或运营管理中心\n自动生成凭证 | "
        "平台\n付款 | 出纳",
    ),
    Improved(
        "YL-01",
        "出院结算",
        "住院患者出院结算",
        "medical",
        "compliance",
        "HIS 床旁结算",
        ("5", "7", "5", "12.50", "3"),
        ("1.5", "4", "2", "8.00", "0.8"),
        "出院后仍有补记费用",
        "结算前自动核对医嘱与费用",
        "开出院医嘱 | 医生\n核对医嘱 | 护士\n补记费用 | 护士\n审核费用 | 住院处\n"
        "医保审核 | 医保办\n窗口结算 | 收费员\n领取单据 | 患者",
        "开出院医嘱 | 医生\n自动核对医嘱与费用 | HIS\n医保审核 | 医保办\n床旁结算 | 护士",
    ),
)
CASE = {
    "title": "费用报销由九天缩短到四天",
    "situation": f"({INVENTED})纸质单据逐级签字，发票查重靠人工，平均九天才能到账。",
    "done": "报销单网上填写，发票自动查重；按金额分级审批，五万元以下由院长一级审批。",
    "effect": "平均办理时长由 216 小时降到 96 小时，改善 55.6%；每单成本由 42 元降到 18 元。",
}


def keep_register(url: str, accounts: list[dict[str, str]]) -> Iterator[str]:
    """Enter the processes and the case; yields what has been done in words. A repeat finds them there."""
    people = {account["username"]: account for account in accounts}
    editor = sign_in(url, EDITOR, people[EDITOR]["password"])
    editor.get(f"{PROCESSES}?words={IMPROVED[-1].code}")
    if IMPROVED[-1].name in editor.page:
        return
    second = sign_in(url, SECOND, people[SECOND]["password"])
    numbers = [_enter(editor, second, process, people[OWNER]["name"]) for process in IMPROVED]
    for code in SHIPPED:
        _name_owner(editor, code, people[OWNER]["name"])
    editor.get(NEW_CASE)
    editor.post(NEW_CASE, institution=_found(INSTITUTION, editor), process=numbers[0], published="on", **CASE)
    yield f"{len(IMPROVED)} improved processes and a typical case entered, {len(SHIPPED)} owners named"


def _name_owner(editor: Session, code: str, owner: str) -> None:
    """Somebody answers for a process that the platform came with."""
    editor.get(f"{PROCESSES}?words={code}")
    page = _found(re.compile(r'href="(/workflows/processes/\d+/)"'), editor)
    editor.get(f"{page}edit/")
    person = _found(re.compile(PERSON.format(name=owner), re.DOTALL), editor)
    kept = {name: value for name, value in entered(editor.page).items() if name in SHEET}
    if editor.post(f"{page}edit/", **{**kept, "owner": person}) != page:
        raise PageRefused(f"the owner of {code} was not taken")


def _enter(editor: Session, second: Session, process: Improved, owner: str) -> str:
    """One process from its sheet to the second person who agrees to its figures; returns its number."""
    editor.get(NEW)
    sheet = {
        "institution": _found(INSTITUTION, editor),
        "code": process.code,
        "name": process.name,
        "matter": process.matter,
        "area": process.area,
        "owner": _found(re.compile(PERSON.format(name=owner), re.DOTALL), editor),
        "embedded_system": process.system,
        "principles": process.principle,
    }
    page = editor.post(NEW, **sheet, status="embedded")
    if page == NEW:
        raise PageRefused(f"the process {process.name} was refused")
    names = ("hours", "steps", "handovers", "cost", "error_rate")
    sides = (("before", process.before, process.map_before), ("after", process.after, process.map_after))
    for which, figures, steps in sides:
        editor.post(f"{page}{which}/", source=INVENTED, map=steps, **dict(zip(names, figures, strict=True)))
    editor.post(f"{page}points/new/", kind="control", place="提交", text=process.control)
    editor.get(f"{page}points/new/")
    control = _found(re.compile(rf'<option value="(\d+)">提交：{process.control}'), editor)
    editor.post(f"{page}points/new/", kind="risk", place="提交", text=process.risk, control=control)
    matter = editor.post(f"{page}optimised/")
    sign(second, matter, "数据依据已核对")
    if "已同意" not in second.page:
        raise PageRefused(f"the process {process.name} was not taken as optimised")
    return page.rstrip("/").rpartition("/")[2]


def _found(pattern: re.Pattern[str], session: Session) -> str:
    found = pattern.search(session.page)
    if found is None:
        raise PageRefused(f"the page offers nothing like {pattern.pattern}")
    return found[1]
