"""From an empty database to a filled dashboard, one step after the other; each leaves a mark when it is done."""

import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from http.client import HTTPException
from pathlib import Path
from urllib.request import urlopen
from zoneinfo import ZoneInfo

from tools.demo.agreements import agreements
from tools.demo.approvals import approvals
from tools.demo.books import begin_books, carry_forward
from tools.demo.browserless import close_months, closing_account
from tools.demo.budgets import budgets
from tools.demo.consolidating import consolidating
from tools.demo.front_pages import front_pages
from tools.demo.item_costing import item_costing
from tools.demo.mappings import mappings
from tools.demo.pathways import pathways
from tools.demo.places import Places, read_json
from tools.demo.pooling_area import pooling_area
from tools.demo.prices import price_adjustments
from tools.demo.processes import Processes, StepFailed, last_lines
from tools.demo.progress import Progress, Size
from tools.demo.register import keep_register
from tools.demo.responsibility import deviations, targets
from tools.demo.reviews import special_reviews
from tools.demo.scenarios import scenarios
from tools.demo.second_version import LEAD, second_version
from tools.demo.trials import trials

SEED = 20261
KEY_NAME = "demo-his"
READY_SECONDS = 90


class Steps:
    """The demo's set-up."""

    def __init__(self, processes: Processes, places: Places, progress: Progress, say: Callable[[str], None]) -> None:
        self._processes = processes
        self._places = places
        self._progress = progress
        self._say = say

    def prepare(self, size: Size) -> None:
        """Schema, reference data and the community's data; what can be done before the platform runs."""
        generating = None
        if not self._progress.result("generate"):
            arguments = ["generate", "--scale", size.scale, "--seed", str(SEED), "--out", str(self._places.data)]
            if size.until:
                arguments += ["--until", size.until]
            generating = self._processes.start("generate", [sys.executable, "-m", "tools.his_simulator", *arguments])
        self._manage("migrate", "--no-input")
        self._say("database migrated")
        self._manage("load_reference")
        self._say("reference data loaded")
        if generating:
            self._processes.finish("generate", generating)
            self._progress.finish("generate")
            self._say("HIS data generated")
        if not self._progress.result("alliance"):
            self._manage("load_alliance", self._places.data / "alliance.json")
            self._manage("load_reference")  # once more: some of it needs the institutions
            self._progress.finish("alliance")
            self._say("alliance loaded")
        if not self._progress.result("api_key"):
            key = self._manage("create_api_key", "--name", KEY_NAME, "--all-institutions")
            self._progress.finish("api_key", key)

    def wait_ready(self, url: str) -> None:
        """Wait until web server, database, broker and worker answer."""
        deadline = time.monotonic() + READY_SECONDS
        problem = "no answer"
        while time.monotonic() < deadline:
            try:
                with urlopen(f"{url}readyz", timeout=10) as answer:  # noqa: S310
                    if answer.status == 200:
                        self._say("web server, worker and beat are up")
                        return
            except (OSError, HTTPException) as error:  # HTTPError with 503 is an OSError, too
                problem = str(error)
            time.sleep(0.2)
        ends = "".join(f"{name}:\n{last_lines(self._processes.log(name))}" for name in ("web", "worker"))
        raise StepFailed(f"{url}readyz does not say ready after {READY_SECONDS} s ({problem}); the logs end:\n{ends}")

    def fill(self, url: str) -> None:
        """Post as the HIS, begin the books, run the night, close the full months, let people do their deeds."""
        self._post(url)
        if not self._progress.result("accounts"):  # the head of a department needs the department, which was posted
            self._manage("create_demo_accounts", "--out", self._places.accounts)
            self._progress.finish("accounts")
            self._say(f"{len(self.accounts())} demo accounts created")
        planted = read_json(self._places.data / "planted.json", {})
        self._deeds("books", lambda: begin_books(url, closing_account(self.accounts()), planted))
        until, full_months = covered(self._places.data, datetime.now(ZoneInfo("Asia/Shanghai")).date())
        self._deeds("pooling area", lambda: pooling_area(url, self.accounts()))
        self._deeds("agreements", lambda: agreements(url, self.accounts(), full_months))
        self._deeds("item costing", lambda: item_costing(url, self.accounts(), full_months))
        self._deeds("targets", lambda: targets(url, self.accounts(), planted))
        if not self._progress.result("nightly"):
            self._say(f"nightly run of {until}, also to be watched on {url}nightly/")
            self._manage("run_nightly", "--date", until.isoformat(), "--wait", show=True)
            self._progress.finish("nightly")
            self._say("nightly run finished")
        self._deeds("pathways", lambda: pathways(url, self.accounts(), full_months))
        self._deeds("mappings", lambda: mappings(url, self.accounts(), full_months))
        self._deeds("special reviews", lambda: special_reviews(url, self.accounts(), full_months))
        key = str(self._progress.result("api_key"))
        self._deeds("front pages", lambda: front_pages(url, self.accounts(), full_months, planted=planted, api_key=key))
        self._second_version(url, until, full_months)
        self._close(url, full_months)
        self._deeds("consolidation", lambda: consolidating(url, self.accounts(), full_months))
        self._deeds("scenarios", lambda: scenarios(url, self.accounts(), full_months[-1]))
        self._deeds("trials", lambda: trials(url, self.accounts(), full_months))
        self._deeds("budgets", lambda: budgets(url, self.accounts(), full_months))
        self._deeds("prices", lambda: price_adjustments(url, self.accounts(), full_months))
        self._deeds("approvals", lambda: approvals(url, self.accounts()))
        self._deeds("deviations", lambda: deviations(url, self.accounts()))
        self._deeds("register", lambda: keep_register(url, self.accounts()))

    def _post(self, url: str) -> None:
        if self._progress.result("post"):
            return
        self._say("posting as the hospitals' systems")
        address = ["--url", url.rstrip("/"), "--api-key", str(self._progress.result("api_key"))]
        arguments = ["post", str(self._places.data), *address]
        last = self._run("post", [sys.executable, "-m", "tools.his_simulator", *arguments])
        counts = self._progress.finish("post", json.loads(last))
        self._say(f"{counts['rows_posted']} rows posted, {counts['rows_quarantined']} of them quarantined")

    def _second_version(self, url: str, until: date, full_months: list[str]) -> None:
        """A driver and a late bill after the first night, and the lead hospital computed again, before its months close."""
        if self._progress.result("second version") or self._progress.result("months"):
            return
        key = str(self._progress.result("api_key"))
        for done in second_version(url, self.accounts(), full_months[-1], key):
            self._say(f"second version: {done}")
        self._manage("run_nightly", "--date", until.isoformat(), "--institution", LEAD, "--wait")
        self._say(f"second version: {LEAD} computed again")
        self._progress.finish("second version")

    def _close(self, url: str, full_months: list[str]) -> None:
        """Close month after month; a year is carried forward before its December closes."""
        closed = self._progress.result("months") or []
        if closed == full_months:
            return
        account = closing_account(self.accounts())
        for period in [period for period in full_months if period not in closed]:
            if period.endswith("-12"):
                self._say(f"books: {carry_forward(url, account, int(period[:4]))}")
            for done in close_months(url, account, [period]):
                closed = self._progress.finish("months", [*closed, done])
        self._say(f"months closed: {', '.join(full_months)}")

    def _deeds(self, name: str, deeds: Callable[[], Iterator[str]]) -> None:
        """What people do over HTTP, once."""
        if not self._progress.result(name):
            for done in deeds():
                self._say(f"{name}: {done}")
            self._progress.finish(name)

    def accounts(self) -> list[dict[str, str]]:
        """The demo accounts."""
        return list(read_json(self._places.accounts, []))

    def result(self, url: str, seconds: float) -> dict[str, object]:
        """What `.run/demo.json` says."""
        counts = self._progress.result("post") or {}
        return {
            "url": url,
            "accounts": self.accounts(),
            "api_key": self._progress.result("api_key"),
            "rows_posted": counts.get("rows_posted"),
            "rows_quarantined": counts.get("rows_quarantined"),
            "seconds": round(seconds, 1),
        }

    def _manage(self, command: str, *arguments: str | Path, show: bool = False) -> str:
        return self._run(command, [sys.executable, "manage.py", command, *map(str, arguments)], show=show)

    def _run(self, name: str, command: Sequence[str | Path], *, show: bool = True) -> str:
        return self._processes.run(name, command, (lambda line: self._say(f"  {line}")) if show else None)


def covered(data: Path, today: date) -> tuple[date, list[str]]:
    """The last day of the generated data and the months that are complete by then; one whose last day is today still runs
    and cannot be closed."""
    planted = read_json(data / "planted.json", {})
    until = date.fromisoformat(planted["until"])
    open_month = min(until + timedelta(days=1), today).strftime("%Y-%m")
    periods = {entry["period"] for entry in planted["direct_cost_total"]}
    return until, sorted(period for period in periods if period < open_month)
