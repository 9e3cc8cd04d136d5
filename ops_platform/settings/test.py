"""Tests: the embedded servers of `make test`, everything real; only passwords hash fast."""

from ops_platform.settings.base import *  # noqa: F403
from ops_platform.settings.base import OWNER_DATABASE, env

SECRET_KEY = "only-for-tests"  # noqa: S105
ALLOWED_HOSTS = ["*"]
# a name of its own lets two test sessions share a server
DATABASES = {
    "default": {**OWNER_DATABASE, "CONN_MAX_AGE": 0, "TEST": {"NAME": env.str("TEST_DATABASE_NAME", default=None)}}
}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
STATIC_ROOT = None  # files are served from where they lie
NIGHTLY_LEASE_SECONDS = 4
