"""What members of the community agree on before the first night, done over HTTP like in the browser: experts sent down,
electrocardiograms read by the lead hospital, its laboratory shared by all, follow-up borne by county, township and village.
One of the operation centre asks, another signs."""

import re
from collections.abc import Iterator, Mapping

from tools.demo.browserless import PageRefused, Session, sign_in
from tools.demo.forms import entered
from tools.demo.signing import MATTER, sign

LIST = "/costing/agreements/"
NEW = "/costing/agreements/new/"
ASKER, SIGNER = "centre1", "centre2"
EXPERT, JOINT_EXAM, LABORATORY, CHRONIC = "EXPERT", "ECG", "LAB", "CHRONIC"
ECG_ITEM = "100001"
LABORATORY_DEPARTMENT = "T01"
LEAD = r'<select name="{field}".*?<option value="(\d+)"[^>]*>\s*[^<]*人民医院'
TOWNSHIP = re.compile(r'name="bases" value="(\d+)"[^>]*>\s*(?:<span[^>]*>)?\s*[^<]*卫生院')


def agreements(url: str, accounts: list[dict[str, str]], periods: list[str]) -> Iterator[str]:
    """One agreement of each kind, from the first month of the data on; yields what has been done in words."""
    known: Mapping[str, dict[str, str]] = {account["username"]: account for account in accounts}
    asker, signer = (sign_in(url, name, known[name]["password"]) for name in (ASKER, SIGNER))
    asker.get(LIST)
    begun = asker.page
    if not periods:
        return
    first = min(periods)
    if f">{EXPERT}<" not in begun:
        asker.get(f"{NEW}?kind=expert")
        holder = _lead(asker, "holder")
        text = "演示：专家下沉协议，基层 60%、医联体统筹 40%，每半天 800 元"
        _agree(asker, signer, "expert", code=EXPERT, name="专家下沉", unit_cost="800", holder=holder, source_text=text,
               effective_from=first)  # fmt: skip
        yield f"experts sent down from {first}: asked by {ASKER}, signed by {SIGNER}"
    if f">{JOINT_EXAM}<" not in begun:
        asker.get(f"{NEW}?kind=joint_exam")
        lead = _lead(asker, "upper")
        text = "演示：心电图基层检查、上级诊断，按 20% 和 30% 计提联合成本"
        _agree(asker, signer, "joint_exam", code=JOINT_EXAM, name="心电联合检查", bases=TOWNSHIP.findall(asker.page),
               upper=lead, holder=lead, items=ECG_ITEM, source_text=text, effective_from=first)  # fmt: skip
        yield f"joint examination from {first}: asked by {ASKER}, signed by {SIGNER}"
    if f">{LABORATORY}<" not in begun:
        asker.get(f"{NEW}?kind=shared_centre")
        text = "演示：县域检验中心，全成本按各成员检验量分摊，使用单位承担"
        _agree(asker, signer, "shared_centre", code=LABORATORY, name="县域检验中心共享", provider=_lead(asker, "provider"),
               by_full_cost="on", department=LABORATORY_DEPARTMENT, service_kind="laboratory", unit_cost="",
               source_text=text, effective_from=first)  # fmt: skip
        yield f"shared laboratory from {first}: asked by {ASKER}, signed by {SIGNER}"
    if f">{CHRONIC}<" not in begun:
        asker.get(f"{NEW}?kind=three_level")
        text = "演示：慢病远程随访，县乡村三级按协议比例分担，每人每月 25 元"
        _agree(asker, signer, "three_level", code=CHRONIC, name="慢病远程随访三级分担", service_kind="other",
               unit_cost="25", source_text=text, effective_from=first)  # fmt: skip
        yield f"follow-up at three levels from {first}: asked by {ASKER}, signed by {SIGNER}"


def _lead(session: Session, field: str) -> str:
    """The lead hospital among what the form offers."""
    found = re.search(LEAD.format(field=field), session.page, re.DOTALL)
    if found is None:
        raise PageRefused(f"{NEW} offers no lead hospital")
    return found[1]


def _agree(asker: Session, signer: Session, kind: str, **fields: str | list[str]) -> None:
    """Ask with what the form suggests and these fields, and let the other sign."""
    given = {name: value for name, value in entered(asker.page).items() if name != "csrfmiddlewaretoken"}
    matter = asker.post(f"{NEW}?kind={kind}", **{**given, "source_mark": "default", **fields})
    if not matter.startswith(MATTER):
        raise PageRefused(f"{NEW} did not take the agreement {fields['code']}")
    sign(signer, matter, "各方已协商一致")
