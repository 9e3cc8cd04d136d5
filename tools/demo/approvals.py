"""What people of the community do with approvals, done over HTTP like in the browser: so that the inbox, the record and the
measured figures of the demo are of matters that really went their way. The last two are left waiting for whoever looks."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from tools.demo.browserless import PageRefused, Session, sign_in

NEW = "/workflows/requests/new/"
TASK = re.compile(r'name="task"\s+value="(\d+)"')
INSTITUTION = re.compile(r'<select name="institution".*?<option value="(\d+)"', re.DOTALL)
PERSON = r'name="person" value="(\d+)"[^>]*><span class="form-check-label">\s*{name}'


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it is written."""

    kind: str
    title: str
    amount: str
    reason: str


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
    yield "five requests asked for"
    _sign(people["director"], monitor, "approve", "同意，走集中采购")
    _sign(people["director"], paper, "reject", "请合并到集中采购计划")
    yield "one approved, one refused"
    _sign(people["centre1"], ultrasound, "return", "请补充使用率测算")
    people["finance"].get(ultrasound)
    people["finance"].post(f"{ultrasound}resubmit/", comment="近三个月使用率 86%，日均 41 例")
    _sign(people["centre2"], ultrasound, "approve", "同意")
    yield "one returned, submitted again and approved"
    _add_signer(people["leader"], tube, people.name("centre1"), "请中心先核价格")
    _sign(people["centre1"], tube, "approve", "价格与省平台一致")
    yield f"two wait: {tube} for the leader, {roof} for a stand-in"


def _ask(session: Session, asked: Asked) -> str:
    """Write a request; returns the path of its matter."""
    session.get(NEW)
    found = INSTITUTION.search(session.page)
    if found is None:
        raise PageRefused(f"{NEW} offers no institution")
    fields: Mapping[str, str] = {
        "institution": found[1],
        "kind": asked.kind,
        "title": asked.title,
        "amount": asked.amount,
        "reason": asked.reason,
    }
    path = session.post(NEW, **fields)
    if path == NEW:
        raise PageRefused(f"the request {asked.title} was refused")
    return path


def _sign(session: Session, matter: str, act: str, comment: str) -> None:
    """Approve, reject or return one's task of the matter."""
    session.get(matter)
    found = TASK.search(session.page)
    if found is None:
        raise PageRefused(f"{matter} asks nothing of this person")
    session.post(f"{matter}sign/", task=found[1], act=act, comment=comment)


def _add_signer(session: Session, matter: str, name: str, reason: str) -> None:
    """Ask one more person to sign first."""
    path = f"{matter}pass-on/"
    session.get(f"{path}?{urlencode({'person_search': name})}")
    found = re.search(PERSON.format(name=name), session.page)
    if found is None:
        raise PageRefused(f"{path} does not offer {name}")
    session.post(path, how="before", person=found[1], comment=reason)
