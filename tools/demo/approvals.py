"""What people of the community do with approvals, done over HTTP like in the browser: so that the inbox, the record and the
measured figures of the demo are of matters that really went their way. The last six are left waiting for whoever looks."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from tools.demo.browserless import PageRefused, Session, sign_in
from tools.demo.signing import MATTER, TASK, sign

NEW = "/workflows/requests/new/"
LIMIT = "/masterdata/parameters/quarantine.release_limit/new/"
QUARANTINE = "/intake/quarantine/"
DELEGATIONS = "/workflows/delegations/"
DELEGATION = "/workflows/delegations/new/"
LOWERED_LIMIT = 3
LIMIT_REASON = "演示：数据量小，本院一次可自行放行的行数调低，以便看到第二人审批"
ASKED_BEFORE = "正在审批放行"
DATASETS = ("cost-entries", "charge-lines", "discharge-abstracts")
GIVE_UP_REASON = "系统误发的行，正确的行已经补发"
ROWS = re.compile(r"共 (?:<[^>]*>)?([\d,]+)")
PROPOSAL = re.compile(r'href="(/workflows/subjects/masterdata\.parameter/\d+/)"')
INSTITUTION = re.compile(r'<select name="institution".*?<option value="(\d+)"', re.DOTALL)
REVOKE = re.compile(r'action="(/workflows/delegations/\d+/revoke/)"')
PERSON = r'name="{field}" value="(\d+)"[^>]*>\s*<span class="form-check-label">\s*{name}'


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it is written."""

    kind: str
    title: str
    amount: str
    reason: str


ROUTINE = (
    Asked("service", "电梯年度维保", "18600.00", "维保合同到期"),
    Asked("office", "打印机硒鼓二十支", "5200.00", "库存不足一月用量"),
    Asked("training", "参加省病案质控培训", "3860.00", "省质控中心通知，两人三天"),
    Asked("equipment", "购置除颤仪一台", "36500.00", "急诊科现有一台停用待修"),
)
BEDS = (
    Asked("equipment", "购置电动病床八张", "28800.00", "骨科病区更新"),
    Asked("equipment", "购置电动病床七张", "25200.00", "骨科病区更新"),
)


class People:
    """The demo's people, each signed in once."""

    def __init__(self, url: str, accounts: list[dict[str, str]]) -> None:
        self._url = url
        self._accounts = {account["username"]: account for account in accounts}
        self._sessions: dict[str, Session] = {}

    def __getitem__(self, username: str) -> Session:
        if username not in self._sessions:
            self._sessions[username] = sign_in(self._url, username, self._accounts[username]["password"])
        return self._sessions[username]

    def name(self, username: str) -> str:
        """The name people know them by."""
        return self._accounts[username]["name"]


def approvals(url: str, accounts: list[dict[str, str]]) -> Iterator[str]:
    """Let the community's people ask and decide; yields what has been done in words."""
    people = People(url, accounts)
    monitor = _ask(
        people["finance"], Asked("equipment", "购置心电图机两台", "48000.00", "两台旧机已到报废年限，维修停产")
    )
    paper = _ask(people["finance"], Asked("office", "第四季度办公用品", "1200.50", "库存已用完"))
    ultrasound = _ask(people["finance"], Asked("equipment", "购置彩色超声一台", "380000.00", "候检时间超过三天"))
    tube = _ask(people["finance"], Asked("equipment", "更换 CT 球管", "620000.00", "曝光次数已超过寿命"))
    roof = _ask(people["township"], Asked("works", "门诊屋面防水维修", "9800.00", "雨季漏水"))
    routine = [_ask(people["finance"], asked) for asked in ROUTINE]
    yield f"{5 + len(routine)} requests asked for"
    sign(people["director"], monitor, "同意，走集中采购")
    sign(people["director"], paper, "请合并到集中采购计划", "reject")
    yield "one approved, one refused"
    sign(people["centre1"], ultrasound, "请补充使用率测算", "return")
    people["finance"].get(ultrasound)
    people["finance"].post(f"{ultrasound}resubmit/", comment="近三个月使用率 86%，日均 41 例")
    sign(people["centre2"], ultrasound, "同意")
    yield "one returned, submitted again and approved"
    for matter in routine:
        sign(people["director"], matter, "同意")
    yield f"{len(routine)} more approved; all within seconds, and so the demo's measured times are"
    yield from _hand_over(people)
    _add_signer(people["leader"], tube, people.name("centre1"), "请中心先核价格")
    sign(people["centre1"], tube, "价格与省平台一致")
    ventilator = _ask(people["finance"], Asked("equipment", "购置呼吸机一台", "49800.00", "急诊科抢救床位增加"))
    _add_signer(people["director"], ventilator, people.name("finance-director"), "请财务先核对经费")
    beds = [_ask(people["finance"], asked) for asked in BEDS]
    _lower_limit(people)
    release = _give_up(people["finance"])
    yield f"six wait: {tube} for the leader, {roof} for a stand-in, {ventilator} for finance, {release} for a second person"
    yield f"{' and '.join(beds)} together pass a border that neither does"


def _institution(session: Session) -> str:
    """The person's own institution."""
    session.get(NEW)
    found = INSTITUTION.search(session.page)
    if found is None:
        raise PageRefused(f"{NEW} offers no institution")
    return found[1]


def _lower_limit(people: People) -> None:
    """Let the lead hospital's people settle few rows alone. The demo has about forty faulty rows in all, fewer than the
    limit that the platform ships with. Another of the centre signs the change."""
    centre, second = people["centre1"], people["centre2"]
    centre.get(LIMIT.removesuffix("new/"))
    if LIMIT_REASON not in centre.page:  # else a demo that was interrupted here
        centre.get(LIMIT)
        centre.post(
            LIMIT,
            scope="institution",
            institution=_institution(people["finance"]),
            effective_from=datetime.now(ZoneInfo("Asia/Shanghai")).date().isoformat(),
            value=str(LOWERED_LIMIT),
            source_text=LIMIT_REASON,
        )
    found = PROPOSAL.search(centre.page)
    if found is None:
        raise PageRefused(f"{LIMIT} did not take the value")
    matter = second.get(found[1])
    if TASK.search(second.page):
        sign(second, matter, "同意，仅用于演示")


def _give_up(session: Session) -> str:
    """Give up all faulty rows of one dataset at one go, which are more than one may alone; returns the matter's path."""
    institution = _institution(session)
    for dataset in DATASETS:
        chosen = f"{QUARANTINE}?institution={institution}&dataset={dataset}"
        session.get(chosen)
        found = ROWS.search(session.page)
        if found and int(found[1].replace(",", "")) > LOWERED_LIMIT:
            break
    path = session.post(chosen.replace(QUARANTINE, f"{QUARANTINE}discard/"), all="1", reason=GIVE_UP_REASON)
    if ASKED_BEFORE in session.page:
        return "a release"
    if not path.startswith(MATTER):
        raise PageRefused(f"giving up the rows of {dataset} led to {path} and asked nobody")
    return path


def _ask(session: Session, asked: Asked) -> str:
    """Write a request; returns the path of its matter."""
    fields: Mapping[str, str] = {
        "institution": _institution(session),
        "kind": asked.kind,
        "title": asked.title,
        "amount": asked.amount,
        "reason": asked.reason,
    }
    path = session.post(NEW, **fields)
    if path == NEW:
        raise PageRefused(f"the request {asked.title} was refused")
    return path


def _hand_over(people: People) -> Iterator[str]:
    """A task that is given to a colleague, one that a deputy signs, a request that is taken back."""
    power = _ask(people["finance"], Asked("equipment", "更换机房不间断电源", "88000.00", "电池组容量不足一半"))
    _pass_on(people["centre1"], power, "transfer", people.name("leader"), "机房归信息化专班，请组长审批")
    sign(people["leader"], power, "同意，保留旧柜体")
    today = datetime.now(ZoneInfo("Asia/Shanghai")).date().isoformat()
    director = people["director"]
    deputy = _person(director, DELEGATION, "to", people.name("centre1"))
    days = {"first_day": today, "last_day": today}
    director.post(DELEGATION, to=deputy, **days, kinds="workflows.request", reason="参加县里半天会议")
    repair = _ask(people["finance"], Asked("works", "住院楼电梯厅照明改造", "6400.00", "照度不足，有跌倒风险"))
    sign(people["centre1"], repair, "代陈院长审批，同意")
    director.get(DELEGATIONS)
    found = REVOKE.search(director.page)
    if found is None:
        raise PageRefused(f"{DELEGATIONS} shows no delegation")
    director.post(found[1])
    again = _ask(people["finance"], Asked("works", "住院楼照明改造", "6400.00", "照度不足"))
    people["finance"].post(f"{again}withdraw/", comment="与前一件重复")
    yield "one passed on, one signed by a deputy, one taken back"


def _add_signer(session: Session, matter: str, name: str, reason: str) -> None:
    """Ask one more person to sign first."""
    _pass_on(session, matter, "before", name, reason)


def _pass_on(session: Session, matter: str, how: str, name: str, reason: str) -> None:
    path = f"{matter}pass-on/"
    session.post(path, how=how, person=_person(session, path, "person", name), comment=reason)


def _person(session: Session, path: str, field: str, name: str) -> str:
    """The number of that person, as the page's search offers them."""
    session.get(f"{path}?{urlencode({f'{field}_search': name})}")
    found = re.search(PERSON.format(field=field, name=name), session.page)
    if found is None:
        raise PageRefused(f"{path} does not offer {name}")
    return found[1]
