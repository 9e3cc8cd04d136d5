"""Production loads only with what would be unsafe to guess, and asks browsers for HTTPS."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.source import ROOT

GIVEN = {
    "SECRET_KEY": "k" * 60,
    "ALLOWED_HOSTS": "ops.example.org",
    "DATABASE_URL": "postgresql://ops_app@database/ops_platform",
    "REDIS_URL": "redis://broker/0",
}
ASK = """
import json
from ops_platform.settings import production as p
names = "DEBUG ALLOWED_HOSTS SESSION_COOKIE_SECURE SESSION_COOKIE_HTTPONLY SESSION_COOKIE_SAMESITE CSRF_COOKIE_SECURE"
names += " SECURE_HSTS_SECONDS SECURE_SSL_REDIRECT SECURE_PROXY_SSL_HEADER X_FRAME_OPTIONS SECURE_CONTENT_TYPE_NOSNIFF"
print(json.dumps({name: getattr(p, name) for name in names.split()} | {"CSP": p.CONTENT_SECURITY_POLICY}))
"""


def _load(folder: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Load the production settings in a process that knows nothing but this environment."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-c", ASK],
        cwd=ROOT,
        env=kept | environment | {"STATE_DIR": str(folder)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize("name", sorted(GIVEN))
def test_production_refuses_to_load_without(name: str, tmp_path: Path) -> None:
    answer = _load(tmp_path, {other: value for other, value in GIVEN.items() if other != name})
    assert answer.returncode != 0
    assert name in answer.stderr


def test_production_is_strict_towards_browsers(tmp_path: Path) -> None:
    answer = _load(tmp_path, GIVEN)
    assert answer.returncode == 0, answer.stderr
    settings = json.loads(answer.stdout)
    policy = settings.pop("CSP")["DIRECTIVES"]
    assert settings == {
        "DEBUG": False,
        "ALLOWED_HOSTS": ["ops.example.org"],
        "SESSION_COOKIE_SECURE": True,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "CSRF_COOKIE_SECURE": True,
        "SECURE_HSTS_SECONDS": 31_536_000,
        "SECURE_SSL_REDIRECT": True,
        "SECURE_PROXY_SSL_HEADER": ["HTTP_X_FORWARDED_PROTO", "https"],
        "X_FRAME_OPTIONS": "DENY",
        "SECURE_CONTENT_TYPE_NOSNIFF": True,
    }
    assert policy["default-src"] == ["'none'"]
    assert {source for sources in policy.values() for source in sources} <= {"'none'", "'self'", "data:"}


def test_production_leaves_no_file_behind_and_reads_no_kept_secret(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("kept by the demo", encoding="ascii")
    answer = _load(tmp_path, {"ALLOWED_HOSTS": GIVEN["ALLOWED_HOSTS"]})
    assert answer.returncode != 0
    assert [path.name for path in tmp_path.iterdir()] == ["secret"]
