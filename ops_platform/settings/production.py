"""Production: everything from the environment, HTTPS behind a proxy; nothing has a default that would be unsafe."""

from ops_platform.settings.base import *  # noqa: F403
from ops_platform.settings.base import env

for _needed in ("DATABASE_URL", "REDIS_URL"):
    env.str(_needed)  # never the servers that a demo left behind
SECRET_KEY = env.str("SECRET_KEY")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS")
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = env.int("HSTS_SECONDS", default=31_536_000)
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
