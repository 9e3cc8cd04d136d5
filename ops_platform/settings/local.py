"""The demo and a developer's machine: embedded servers, plain HTTP on the loopback address."""

from ops_platform.settings.base import *  # noqa: F403
from ops_platform.settings.base import STATE_DIR, env

ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])


def _kept_secret() -> str:
    """A secret of this machine, made once, so that sessions survive a restart."""
    import secrets

    file = STATE_DIR / "secret"
    if not file.exists():
        STATE_DIR.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(48), encoding="ascii")
    return file.read_text(encoding="ascii")


SECRET_KEY = env.str("SECRET_KEY", default="") or _kept_secret()
WHITENOISE_USE_FINDERS = True
STATIC_ROOT = None  # files are served from where they lie
WHITENOISE_MANIFEST_STRICT = False
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
