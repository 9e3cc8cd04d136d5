"""What a person does in the browser, done over HTTP: sign in, close the months."""

import re
import uuid
from collections.abc import Iterator, Mapping
from http.client import HTTPException
from http.cookiejar import CookieJar
from urllib.error import HTTPError
from urllib.parse import urlencode, urlsplit
from urllib.request import HTTPCookieProcessor, Request, build_opener

SIGN_IN = "/accounts/sign-in/"
CLOSE_MONTHS = "/nightly/months/close/"
CLOSING_ROLES = ("operation_centre", "finance_director")
TIMEOUT_SECONDS = 120
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

    def get(self, path: str) -> str:
        """Open a page; returns the path one ends up on."""
        return self._open(Request(self._url + path))  # noqa: S310 (always our own http address)

    def post(self, path: str, **fields: str | list[str]) -> str:
        """Send a form, several values of a name as a list; returns the path one ends up on."""
        body = urlencode({**fields, "csrfmiddlewaretoken": self._token}, doseq=True).encode()
        headers = {"Referer": self._url + path, "Origin": self._url}
        return self._open(Request(self._url + path, data=body, headers=headers))  # noqa: S310

    def upload(self, path: str, field: str, workbook: bytes, **fields: str) -> str:
        """Send a form with an .xlsx file in it; returns the path one ends up on."""
        return self.send(path, {field: ("filled.xlsx", workbook)}, **fields)

    def send(self, path: str, files: Mapping[str, tuple[str, bytes]], **fields: str) -> str:
        """Send a form with files (name, content) in it; returns the path one ends up on."""
        mark = uuid.uuid4().hex
        parts = [
            f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
            for name, value in {**fields, "csrfmiddlewaretoken": self._token}.items()
        ]
        for field, (name, content) in files.items():
            head = f'--{mark}\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\n'
            parts += [head.encode(), b"Content-Type: application/octet-stream\r\n\r\n", content, b"\r\n"]
        body = b"".join([*parts, f"--{mark}--\r\n".encode()])
        headers = {
            "Referer": self._url + path,
            "Origin": self._url,
            "Content-Type": f"multipart/form-data; boundary={mark}",
        }
        return self._open(Request(self._url + path, data=body, headers=headers))  # noqa: S310

    def download(self, path: str) -> bytes:
        """A file that a page gives."""
        body, _place = self._answered(Request(self._url + path))  # noqa: S310
        return body

    def _open(self, request: Request) -> str:
        body, place = self._answered(request)
        page = body.decode("utf-8", errors="replace")
        if found := TOKEN.search(page):
            self._token = found[1]
        self.page = page
        return urlsplit(place).path

    def _answered(self, request: Request) -> tuple[bytes, str]:
        """What came back, and the address one ended up on."""
        try:
            with self._opener.open(request, timeout=TIMEOUT_SECONDS) as answer:
                return answer.read(), str(answer.geturl())
        except HTTPError as error:
            text = re.sub(r"<[^>]+>|\s+", " ", error.read().decode("utf-8", errors="replace"))
            raise PageRefused(
                f"{request.get_method()} {request.full_url}: {error.code} {' '.join(text.split())[:300]}"
            ) from None
        except (OSError, HTTPException) as error:
            raise PageRefused(f"{request.get_method()} {request.full_url}: {error}") from None


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
