"""What a person does in the browser, done over HTTP: sign in, close the months."""

import re
from collections.abc import Iterator
from http.client import HTTPException
from http.cookiejar import CookieJar
from urllib.error import HTTPError
from urllib.parse import urlencode, urlsplit
from urllib.request import HTTPCookieProcessor, Request, build_opener
from uuid import uuid4

SIGN_IN = "/accounts/sign-in/"
CLOSE_MONTHS = "/nightly/months/close/"
CLOSING_ROLES = ("operation_centre", "finance_director")
TIMEOUT_SECONDS = 120
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TOKEN = re.compile(r'name="csrfmiddlewaretoken"\s+value="([^"]+)"')


class PageRefused(Exception):
    """A page answered with a refusal."""


class Session:
    """One signed-in person; `page` is what they see."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self._opener = build_opener(HTTPCookieProcessor(CookieJar()))
        self._token = ""
        self.page = ""
        self.body = b""

    def get(self, path: str) -> str:
        """Open a page; returns the path one ends up on."""
        return self._open(Request(self._url + path))  # noqa: S310 (always our own http address)

    def post(self, path: str, **fields: str | list[str]) -> str:
        """Send a form, several values of a name as a list; returns the path one ends up on."""
        body = urlencode({**fields, "csrfmiddlewaretoken": self._token}, doseq=True).encode()
        headers = {"Referer": self._url + path, "Origin": self._url}
        return self._open(Request(self._url + path, data=body, headers=headers))  # noqa: S310

    def upload(self, path: str, file: bytes, **fields: str) -> str:
        """Send a form with a workbook in its field `file`; returns the path one ends up on."""
        mark = uuid4().hex
        parts = [
            f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
            for name, value in {**fields, "csrfmiddlewaretoken": self._token}.items()
        ]
        head = f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="table.xlsx"\r\n'
        parts.append(f"{head}Content-Type: {XLSX}\r\n\r\n".encode() + file + f"\r\n--{mark}--\r\n".encode())
        headers = {
            "Referer": self._url + path,
            "Origin": self._url,
            "Content-Type": f"multipart/form-data; boundary={mark}",
        }
        return self._open(Request(self._url + path, data=b"".join(parts), headers=headers))  # noqa: S310

    def download(self, path: str) -> bytes:
        """The bytes behind a link."""
        self._open(Request(self._url + path))  # noqa: S310
        return self.body

    def _open(self, request: Request) -> str:
        try:
            with self._opener.open(request, timeout=TIMEOUT_SECONDS) as answer:
                self.body = answer.read()
                page = self.body.decode("utf-8", errors="replace")
                place = str(answer.geturl())
        except HTTPError as error:
            text = re.sub(r"<[^>]+>|\s+", " ", error.read().decode("utf-8", errors="replace"))
            raise PageRefused(
                f"{request.get_method()} {request.full_url}: {error.code} {' '.join(text.split())[:300]}"
            ) from None
        except (OSError, HTTPException) as error:
            raise PageRefused(f"{request.get_method()} {request.full_url}: {error}") from None
        if found := TOKEN.search(page):
            self._token = found[1]
        self.page = page
        return urlsplit(place).path


def sign_in(url: str, username: str, password: str) -> Session:
    """Sign in through the page."""
    session = Session(url)
    session.get(SIGN_IN)
    if session.post(SIGN_IN, username=username, password=password) == SIGN_IN:
        raise PageRefused(f"{username} could not sign in at {url}")
    return session


def closing_account(accounts: list[dict[str, str]]) -> dict[str, str]:
    """Who closes months."""
    for role in CLOSING_ROLES:
        for account in accounts:
            if account["role"] == role:
                return account
    raise PageRefused(f"No demo account with one of the roles {', '.join(CLOSING_ROLES)}.")


def close_months(url: str, account: dict[str, str], periods: list[str]) -> Iterator[str]:
    """Close full months, the oldest first, as a finance person would; yields each that is closed."""
    session = sign_in(url, account["username"], account["password"])
    for period in sorted(periods):
        session.post(CLOSE_MONTHS, period=period)
        yield period
