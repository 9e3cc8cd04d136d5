"""The demo's memory, its pages over HTTP and what it prints."""

import threading
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import pytest

from tools.demo.books import TRIAL_BALANCE, carry_forward
from tools.demo.browserless import CLOSE_MONTHS, SIGN_IN, PageRefused, close_months, closing_account
from tools.demo.places import write_json
from tools.demo.progress import OtherDemo, Progress, Size
from tools.demo.report import table
from tools.demo.steps import covered

INSTITUTIONS = '<select name="institution"><option value="7">甲</option><option value="9">乙</option></select>'
FORM = '<form><input type="hidden" name="csrfmiddlewaretoken" value="{token}"></form>'


class Pages(BaseHTTPRequestHandler):
    """Stands for the platform: sign-in with a token, then the close page."""

    closed: list[str] = []
    carried: list[str] = []
    refuses = ""

    def log_message(self, *_arguments):
        """Print nothing."""

    def answer(self, status, text="", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(text.encode())

    def do_GET(self):
        if self.path == SIGN_IN:
            self.answer(200, FORM.format(token="first"), Set_Cookie="csrftoken=first; Path=/")
        elif self.path == TRIAL_BALANCE:
            said = "2025 年：2 家都已结转。" if self.carried and not self.refuses else self.refuses
            self.answer(200, FORM.format(token="second") + INSTITUTIONS + said)
        else:
            self.answer(200, FORM.format(token="second"))

    def do_POST(self):
        form = {
            name: values[0]
            for name, values in parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode()).items()
        }
        if self.path == SIGN_IN and form["csrfmiddlewaretoken"] == "first":
            right = form["password"] == "right"
            self.answer(302, Location="/" if right else SIGN_IN, Set_Cookie="sessionid=s; Path=/")
        elif "sessionid=s" not in self.headers.get("Cookie", "") or form["csrfmiddlewaretoken"] != "second":
            self.answer(403, "<p>refused</p>")
        elif self.path == CLOSE_MONTHS:
            self.closed.append(form["period"])
            self.answer(302, Location="/board/")
        elif self.path.endswith("/carry/"):
            self.carried.append(self.path)
            self.answer(302, Location=TRIAL_BALANCE)


@pytest.fixture
def platform():
    Pages.closed, Pages.carried, Pages.refuses = [], [], ""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


def test_months_are_closed_through_the_pages_the_oldest_first(platform):
    finance = {"username": "finance", "password": "right"}
    assert list(close_months(platform, finance, ["2026-03", "2026-02"])) == ["2026-02", "2026-03"]
    assert Pages.closed == ["2026-02", "2026-03"]


def test_a_year_is_carried_forward_for_every_institution(platform):
    finance = {"username": "finance", "password": "right"}
    assert carry_forward(platform, finance, 2025) == "2025 of 2 institutions carried forward"
    assert Pages.carried == ["/ledger/years/2025/carry/"]


def test_a_year_that_cannot_be_carried_forward_is_an_error(platform):
    Pages.refuses = "2025-11 尚未结账"
    with pytest.raises(PageRefused, match="2025 was not carried forward for all 2 institutions"):
        carry_forward(platform, {"username": "finance", "password": "right"}, 2025)


def test_a_refused_sign_in_is_an_error(platform):
    with pytest.raises(PageRefused, match="finance could not sign in"):
        list(close_months(platform, {"username": "finance", "password": "wrong"}, ["2026-03"]))


def test_months_of_all_institutions_are_closed_by_the_operation_centre():
    accounts = [{"role": "auditor"}, {"role": "finance_director"}, {"role": "operation_centre"}]
    assert closing_account(accounts)["role"] == "operation_centre"
    with pytest.raises(PageRefused, match="No demo account"):
        closing_account(accounts[:1])


def test_finished_steps_are_remembered_and_another_size_is_refused(tmp_path):
    file = tmp_path / "progress.json"
    small = Size("small")
    assert Progress(file, size=small, seed=1).finish("post", {"rows_posted": 3}) == {"rows_posted": 3}
    assert Progress(file, size=small, seed=1).result("post") == {"rows_posted": 3}
    assert Progress(file, size=small, seed=1).result("nightly") is None
    with pytest.raises(OtherDemo, match="make demo-reset"):
        Progress(file, size=Size("county"), seed=1)


def test_a_demo_that_ends_on_another_day_is_another_demo(tmp_path):
    file = tmp_path / "progress.json"
    Progress(file, size=Size("county", "2026-01-05"), seed=1).finish("post")
    with pytest.raises(OtherDemo, match="make demo SCALE=county UNTIL=2026-01-05"):
        Progress(file, size=Size("county"), seed=1)


def test_a_demo_made_before_days_could_be_chosen_goes_on(tmp_path):
    file = tmp_path / "progress.json"
    write_json(file, {"scale": "small", "seed": 1, "done": {"post": True}})
    assert Progress(file, size=Size("small"), seed=1).result("post")


@pytest.mark.parametrize(("until", "full"), [("2026-03-30", ["2026-02"]), ("2026-03-31", ["2026-02", "2026-03"])])
def test_only_complete_months_are_closed(tmp_path, until, full):
    costs = [
        {"institution": "H001", "period": period, "amount": "1.00"} for period in ("2026-02", "2026-03", "2026-02")
    ]
    write_json(tmp_path / "planted.json", {"until": until, "direct_cost_total": costs})
    assert covered(tmp_path, date(2026, 11, 30)) == (date.fromisoformat(until), full)


def test_a_month_whose_last_day_is_today_cannot_be_closed_yet(tmp_path):
    costs = [{"institution": "H001", "period": period, "amount": "1.00"} for period in ("2026-02", "2026-03")]
    write_json(tmp_path / "planted.json", {"until": "2026-03-31", "direct_cost_total": costs})
    assert covered(tmp_path, date(2026, 3, 31))[1] == ["2026-02"]
    assert covered(tmp_path, date(2026, 4, 1))[1] == ["2026-02", "2026-03"]


def test_chinese_signs_count_two_in_the_table():
    rows = [{"role": "cashier", "institution": "县医院"}, {"role": "auditor", "institution": ""}]
    assert table(rows, ("institution", "role")).splitlines() == [
        "institution  role",
        "县医院       cashier",
        "             auditor",
    ]
