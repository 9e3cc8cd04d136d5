"""Classification mappings (归集口径), made over HTTP like in the browser: the operation centre's province version,
approved; the lead hospital's own derived from it, simulated on the last full month, explained and approved; one remark
answered, one open."""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

from tools.demo.approvals import INSTITUTION
from tools.demo.browserless import PageRefused, Session, sign_in
from tools.demo.signing import MATTER, sign
from tools.demo.workbooks import rows_of, workbook

LIST = "/settlement/mappings/"
NEW, BLANK = f"{LIST}new/", f"{LIST}blank/"
CENTRE, SECOND, CLERK, SIGNER = "centre1", "centre2", "finance", "finance-director"
VERSION = re.compile(rf"{LIST}\d+/")
COURSE = re.compile(rf'href="({MATTER}\d+/)"')
WORDS = re.compile(r'name="(words-\d+)"')
ROW = re.compile(rf'href="({LIST}\d+/remark/\?row=\d+)"')
ANSWER = re.compile(rf'href="({LIST}remarks/\d+/answer/)"')
OWNER = re.compile(r'<select name="owner".*?<option value="(\d+)"', re.DOTALL)
NATIONAL, ITEM, NAME = "国家项目编码(2023版)", "本地价格项目编码", "本地价格项目名称"
OUT, IN, OUT_ACCOUNT, IN_ACCOUNT, FRONT = (
    "门急诊票据类别",
    "住院票据类别",
    "门急诊收入科目",
    "住院收入科目",
    "病案首页费用分类",
)
GOODS = ("西药费", "中成药费", "中草药(中药饮片)费", "卫生材料费")
TREATED = {OUT: "治疗费", IN: "治疗费", OUT_ACCOUNT: "4101010105", IN_ACCOUNT: "4101010205"}
OPERATED = {OUT: "手术费", IN: "手术费", OUT_ACCOUNT: "4101010106", IN_ACCOUNT: "4101010206"}
OTHER = {OUT: "其他", IN: "其他", OUT_ACCOUNT: "4101010109", IN_ACCOUNT: "4101010210"}
# what of the province's version (invented) differs from the fee classes that the simulated HIS reports
RULES: tuple[tuple[str, dict[str, str]], ...] = (
    (r"针刺|电针|艾灸|拔罐|推拿|熏洗|穴位", {**TREATED, FRONT: "12"}),
    (r"运动疗法|作业疗法|吞咽", {**TREATED, FRONT: "11"}),
    (r"红外线|中频脉冲", {**TREATED, FRONT: "09.1"}),
    (r"麻醉|镇痛", {FRONT: "10.1"}),
    (r"清创缝合|穿刺置管", {**OPERATED, FRONT: "10.2"}),
    (r"输液|注射|皮试|吸氧|氧气|雾化|导尿|灌肠|换药|采集|洗胃|置管", {FRONT: "02"}),
    (r"病理|细胞学|免疫组化", {FRONT: "05"}),
    (r"心电图|血压监测|肺功能|脑电图|镜检查|胃镜|结肠镜|喉镜", {FRONT: "08"}),
    (r"红细胞|血浆", {**OTHER, FRONT: "16"}),
)
REASONS = (
    "演示(虚构)：按省版把中医、康复项目由一般诊疗费归入治疗费，清创缝合、穿刺置管归入手术费，血液归入其他；"
    "病案首页按项目性质细分，合计不变。"
)


def mappings(url: str, accounts: list[dict[str, str]], periods: list[str]) -> Iterator[str]:
    """Versions, simulation, remarks; yields what has been done in words."""
    known: Mapping[str, dict[str, str]] = {account["username"]: account for account in accounts}
    if not periods:
        return
    centre, second, clerk, signer = (
        sign_in(url, name, known[name]["password"]) for name in (CENTRE, SECOND, CLERK, SIGNER)
    )
    clerk.get(LIST)
    if "本院归集口径" in clerk.page:
        return
    first, last = min(periods), max(periods)
    province = _province(centre, second, first)
    _remarks(clerk, centre, province)
    own = _derived(clerk, province, first)
    changes = _simulated(clerk, own, last)
    judgement = "演示(虚构)：收入合计不变，治疗、手术收入更能反映技术劳务，药占比、耗占比不变，可以上线。"
    sign(signer, _submitted(clerk, own, judgement), "已核对模拟结果，同意")
    yield f"province mapping by {CENTRE}; {CLERK}'s own simulated on {last} with {changes} changes explained, approved"


def _province(centre: Session, second: Session, month: str) -> str:
    centre.get(NEW)
    lead = OWNER.search(centre.page)
    if lead is None:
        raise PageRefused(f"{NEW} offers no institution")
    table = rows_of(centre.download(f"{BLANK}?{urlencode({'institution': lead[1]})}"))
    given = {"owner": "province", "name": "演示省版归集口径(虚构)", "month": month}
    page = centre.upload(NEW, "file", workbook(_classed(table)), source_text="演示：省级归集规范(虚构)", **given)
    if not VERSION.fullmatch(page):
        raise PageRefused(f"{NEW} did not take the province's workbook")
    matter = _submitted(centre, page, "演示(虚构)：按省级归集规范整理，与国家项目逐项对应。")
    sign(second, matter, "与规范一致，同意下发")
    return page


def _classed(table: list[list[Any]]) -> list[list[Any]]:
    """The services of the blank workbook with invented national codes, some in other classes than the HIS says."""
    head, rows = table[0], []
    place = {name: head.index(name) for name in (NATIONAL, ITEM, NAME, OUT, IN, OUT_ACCOUNT, IN_ACCOUNT, FRONT)}
    for row in table[1:]:
        if row[place[IN]] in GOODS:
            continue
        row[place[NATIONAL]] = f"演示{row[place[ITEM]]}"
        row[place[NATIONAL] + 1] = row[place[NAME]]
        row[-1] = ""
        for pattern, classes in RULES:
            if re.search(pattern, row[place[NAME]]):
                for name, code in classes.items():
                    row[place[name]] = code
                break
        rows.append(row)
    return [head, *rows]


def _derived(clerk: Session, province: str, month: str) -> str:
    form = f"{province}derive/"
    clerk.get(form)
    institution = INSTITUTION.search(clerk.page)
    if institution is None:
        raise PageRefused(f"{form} offers no institution")
    given = {"institution": institution[1], "name": "演示：本院归集口径", "month": month, "source_text": "演示(虚构)"}
    page = clerk.post(form, suggest="on", **given)
    if not VERSION.fullmatch(page) or page == province:
        raise PageRefused(f"{form} derived nothing")
    return page


def _simulated(clerk: Session, own: str, month: str) -> int:
    """Simulate and explain; how many changes there were."""
    form = f"{own}simulate/"
    clerk.get(form)
    institution = INSTITUTION.search(clerk.page)
    if institution is None:
        raise PageRefused(f"{form} offers no institution")
    page = clerk.post(form, institution=institution[1], first_month=month, last_month=month)
    clerk.get(page)
    fields = WORDS.findall(clerk.page)
    if "合计不变" not in clerk.page:
        raise PageRefused(f"{form} simulated nothing")
    clerk.post(f"{page}explain/", **dict.fromkeys(fields, REASONS))
    return len(fields)


def _submitted(who: Session, page: str, judgement: str) -> str:
    """Submit; the matter that the page then leads to."""
    who.get(page)
    who.post(f"{page}submit/", judgement=judgement)
    who.get(page)
    found = COURSE.search(who.page)
    if found is None:
        raise PageRefused(f"{page} was not submitted")
    return found[1]


def _remarks(clerk: Session, centre: Session, province: str) -> None:
    remarks = (
        ("040021", "suggestion", "演示(虚构)：中心静脉穿刺置管多在病区完成，建议归入治疗费。"),
        ("050012", "problem", "演示(虚构)：吞咽功能训练本院由康复科和神经内科共同开展，归集部门需要说明。"),
    )
    for item, kind, text in remarks:
        clerk.get(f"{province}rows/?{urlencode({'q': item})}")
        found = ROW.search(clerk.page)
        if found is None:
            continue
        clerk.get(found[1])
        institution = INSTITUTION.search(clerk.page)
        if institution is None:
            raise PageRefused(f"{found[1]} offers no institution")
        clerk.post(found[1], institution=institution[1], kind=kind, text=text)
    centre.get(f"{LIST}remarks/")
    waiting = ANSWER.findall(centre.page)
    if waiting:
        centre.get(waiting[-1])
        centre.post(
            waiting[-1], outcome="explained", answer="演示(虚构)：规范按操作性质归为手术操作，维持不变，收费不受影响。"
        )
