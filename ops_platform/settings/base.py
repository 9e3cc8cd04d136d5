"""All settings, from the environment. local, test and production only override.

Without DATABASE_URL and REDIS_URL the addresses of the embedded servers are read from the file that
`ops_platform.embedded` writes; without that file the settings still load (file commands need no database).
"""

import json
import os
from pathlib import Path

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

env = environ.Env()

BASE_DIR = Path(__file__).resolve().parent.parent.parent
STATE_DIR = Path(env.str("STATE_DIR", default=str(BASE_DIR / ".run")))


def _embedded_urls() -> dict[str, str]:
    for base in ("demo/embedded", "embedded"):
        file = STATE_DIR / base / "urls.json"
        if file.exists():
            return dict(json.loads(file.read_text(encoding="utf-8")))
    return {}


_urls = _embedded_urls()
_nowhere = "postgresql://nobody@127.0.0.1:1/set-DATABASE_URL-or-run-make-demo"
_app_url = env.str("DATABASE_URL", default=_urls.get("DATABASE_URL", _nowhere))
_owner_url = env.str("DATABASE_OWNER_URL", default=_urls.get("DATABASE_OWNER_URL", _app_url))

APP_DATABASE = environ.Env.db_url_config(_app_url)
OWNER_DATABASE = environ.Env.db_url_config(_owner_url)
DATABASES = {"default": OWNER_DATABASE if os.environ.get("OPS_DATABASE_ROLE") == "owner" else dict(APP_DATABASE)}
DATABASES["default"].update({"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True, "ATOMIC_REQUESTS": False})
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL", default=_urls.get("REDIS_URL", "redis://127.0.0.1:1/0"))

SECRET_KEY = env.str("SECRET_KEY", default="")
DEBUG = False
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_filters",
    "django_tables2",
    "axes",
    "csp",
    "ops_platform.orm",
    "ops_platform.web",
    "ops_platform.audit",
    "ops_platform.masterdata",
    "ops_platform.identity",
    "ops_platform.documents",
    "ops_platform.notifications",
    "workflows",
    "ops_platform.nightly",
    "ops_platform.his_intake",
    "ops_platform.ledger",
    "insurance_settlement",
    "costing",
    "ops_platform.dashboard",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "ops_platform.identity.middleware.ActorMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "ops_platform.web.middleware.RefusalMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "ops_platform.urls"
WSGI_APPLICATION = "ops_platform.wsgi.application"
ASGI_APPLICATION = "ops_platform.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "ops_platform.web.context.page",
            ],
            "builtins": ["ops_platform.web.templatetags.ops"],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文")]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True
USE_THOUSAND_SEPARATOR = False

STATIC_URL = "/static/"
STATIC_ROOT: Path | None = Path(env.str("STATIC_ROOT", default=str(BASE_DIR / "staticfiles")))
STATICFILES_DIRS = [BASE_DIR / "static", *([BASE_DIR / "build/assets"] if (BASE_DIR / "build/assets").exists() else [])]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# -- sign-in -----------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "identity.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "sign-in"
SESSION_COOKIE_AGE = env.int("SESSION_SECONDS", default=8 * 3600)
SESSION_SAVE_EVERY_REQUEST = False
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
AXES_FAILURE_LIMIT = env.int("SIGN_IN_FAILURE_LIMIT", default=8)
AXES_COOLOFF_TIME = 0.25
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_CALLABLE = "ops_platform.identity.lockout.answer"
PROXY_COUNT = env.int("PROXY_COUNT", default=0)
AXES_CLIENT_IP_CALLABLE = "ops_platform.identity.middleware.client_address"
AXES_VERBOSE = False

# -- browser -----------------------------------------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "manifest-src": [SELF],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "ops_platform.web.errors.csrf_failure"
DATA_UPLOAD_MAX_MEMORY_SIZE = 32 * 2**20
DATA_UPLOAD_MAX_NUMBER_FIELDS = 4000
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 2**20

# -- API ---------------------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "ops_platform.identity.authentication.ApiKeyAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["ops_platform.web.api.RolePermission"],
    "DEFAULT_RENDERER_CLASSES": ["ops_platform.web.api.OrjsonRenderer"],
    "DEFAULT_PARSER_CLASSES": ["ops_platform.web.api.JsonParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_PAGINATION_CLASS": "ops_platform.web.api.Pagination",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "EXCEPTION_HANDLER": "ops_platform.web.problems.exception_handler",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "COERCE_DECIMAL_TO_STRING": True,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "业财融合运营管理平台 API",
    "DESCRIPTION": "医院信息系统通过本接口报送业务与财务数据。金额以元为单位、两位小数的文本表示。",
    "VERSION": "1",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PUBLIC": True,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "ENUM_GENERATE_CHOICE_DESCRIPTION": True,
    "ENUM_NAME_OVERRIDES": {
        "RequestKindEnum": "workflows.models.RequestKind",
        "MatterStateEnum": "workflows.models.Matter.State",
        "PartyRoleEnum": "costing.models.PartyRole",
        "CostClassEnum": "ops_platform.masterdata.models.CostClass",
        "ServiceUnitKindEnum": "costing.models.UnitKind",
        "TargetMetricEnum": "costing.models.TargetMetric",
        "WorkloadMetricEnum": "ops_platform.his_intake.public.METRICS",
        "NightlyRunStateEnum": "ops_platform.nightly.models.RunState",
    },
}

# -- work in the background --------------------------------------------------------------------------------------------
CELERY_BROKER_URL = REDIS_URL
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3600,
    "socket_timeout": 10,
    "socket_connect_timeout": 3,
    "max_retries": 1,
}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TIMEZONE = TIME_ZONE
CELERY_TASK_PUBLISH_RETRY = False

NIGHTLY_AT = env.str("NIGHTLY_AT", default="02:00")
NIGHTLY_LEASE_SECONDS = env.int("NIGHTLY_LEASE_SECONDS", default=30)

# -- intake ------------------------------------------------------------------------------------------------------------
INTAKE_MAX_BODY_BYTES = env.int("INTAKE_MAX_BODY_BYTES", default=32 * 2**20)
INTAKE_MAX_UNPACKED_BYTES = env.int("INTAKE_MAX_UNPACKED_BYTES", default=256 * 2**20)
INTAKE_MAX_ROWS = env.int("INTAKE_MAX_ROWS", default=50_000)
API_KEY_REQUESTS_PER_MINUTE = env.int("API_KEY_REQUESTS_PER_MINUTE", default=1_200)

# -- attachments -------------------------------------------------------------------------------------------------------
DOCUMENT_MAX_BYTES = env.int("DOCUMENT_MAX_BYTES", default=20 * 2**20)
DOCUMENT_MAX_REQUEST_BYTES = env.int("DOCUMENT_MAX_REQUEST_BYTES", default=32 * 2**20)

# -- messages that leave the platform ----------------------------------------------------------------------------------
PUBLIC_URL = env.str("PUBLIC_URL", default="").rstrip("/")
# without EMAIL_HOST no mail is written
EMAIL_HOST = env.str("EMAIL_HOST", default="")
EMAIL_PORT = env.int("EMAIL_PORT", default=25)
EMAIL_HOST_USER = env.str("EMAIL_HOST_USER", default="")
EMAIL_HOST_PASSWORD = env.str("EMAIL_HOST_PASSWORD", default="")
EMAIL_SECURITY = env.str("EMAIL_SECURITY", default="none")
EMAIL_USE_TLS, EMAIL_USE_SSL = EMAIL_SECURITY == "starttls", EMAIL_SECURITY == "tls"
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("MAIL_FROM", default="")
if EMAIL_SECURITY not in ("none", "starttls", "tls"):
    raise ImproperlyConfigured("EMAIL_SECURITY is none, starttls or tls")
if EMAIL_HOST and not (PUBLIC_URL and DEFAULT_FROM_EMAIL):
    raise ImproperlyConfigured("with EMAIL_HOST, MAIL_FROM and PUBLIC_URL are needed too")
WEBHOOK_ALLOW_HTTP = env.bool("WEBHOOK_ALLOW_HTTP", default=False)
WEBHOOK_ALLOWED_HOSTS = env.list("WEBHOOK_ALLOWED_HOSTS", default=[])

AUDIT_HEAD_DIR = Path(env.str("AUDIT_HEAD_DIR", default=str(STATE_DIR / "audit-heads")))

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {"axes": {"level": "ERROR"}},
}
