"""Every setting of Heed, in one file and read from the environment once."""

import sys
from pathlib import Path
from urllib.parse import urlsplit

import dj_database_url
import dj_email_url
import environs
from whitenoise.compress import Compressor

from config import environment, keys, logs

BASE_DIR = keys.BASE
HEED_HOME = keys.home()
keys.join_running(HEED_HOME)
environment.forget_empty()

env = environs.Env(eager=False)
PORT = env.int("PORT", 8000, validate=environment.port)
DEBUG = env.bool("DEBUG", False)
HEED_DEMO = env.bool("HEED_DEMO", False)
HEED_ALLOW_PRIVATE_NETWORKS = env.bool("HEED_ALLOW_PRIVATE_NETWORKS", False)
HEED_BASE_URL = env.str("HEED_BASE_URL", f"http://127.0.0.1:{PORT}", validate=environment.web_address)
HEED_TWILIO_API_BASE = env.str("HEED_TWILIO_API_BASE", None, validate=environment.web_address)
# Seconds for which Twilio may queue a text. Left out, it would do so for ten hours, and past any opt-out.
HEED_TWILIO_VALIDITY = env.int("HEED_TWILIO_VALIDITY", 300, validate=environment.twilio_validity)
HEED_SIMULATOR_HTTP = env.str("HEED_SIMULATOR_HTTP", "")
HEED_SIMULATOR_SMTP = env.str("HEED_SIMULATOR_SMTP", "")
REDIS_URL = env.str("REDIS_URL", None, validate=environment.redis_address)
DATABASE_URL = env.str("DATABASE_URL", None, validate=environment.postgresql_address)
EMAIL_URL = env.str("EMAIL_URL", "console:", validate=environment.email_address)
SECRET_KEY = env.str("SECRET_KEY", None)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", None)
environment.report(env)

HEED_BASE_URL = HEED_BASE_URL.rstrip("/")
HTTPS = HEED_BASE_URL.startswith("https://")
LOCAL_HOSTS = ["localhost", "127.0.0.1", "[::1]"]
ALLOWED_HOSTS = ALLOWED_HOSTS or [urlsplit(HEED_BASE_URL).hostname, *LOCAL_HOSTS]

try:
    SECRET_KEY = SECRET_KEY or keys.secret_key(HEED_HOME)
    CREDENTIAL_KEYS = keys.credential_keys(HEED_HOME)
    ERASURE_KEY = keys.erasure_key(HEED_HOME)
except keys.Unusable as error:
    environment.give_up(str(error))

# --- Applications ---------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_filters",
    "pgtrigger",
    "django_prometheus",
    "django_structlog",
    "csp",
    "contacts",
    "dnd",
    "compliance",
    "messaging",
    "workflows",
    "config.desk",
]

MIDDLEWARE = [
    "config.health.HealthMiddleware",
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.policy.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "config.desk.business.BusinessMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
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
            ]
        },
    }
]
TIME_ZONE = "UTC"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LOGGING = logs.settings()
DJANGO_STRUCTLOG_USER_ID_FIELD = "pk"

# --- Data -----------------------------------------------------------------------------------------------------------

if DATABASE_URL:
    database = dj_database_url.parse(DATABASE_URL, conn_max_age=600, conn_health_checks=True)
    # A server that does not answer must not hold a thread for the minutes that TCP would give it.
    database.setdefault("OPTIONS", {}).setdefault("connect_timeout", 5)
else:
    database = {"ENGINE": "config.nodatabase"}
DATABASES = {"default": database}

CACHES = {
    "default": {
        "BACKEND": "config.cache.ForgivingRedisCache",
        "LOCATION": REDIS_URL or "redis://127.0.0.1:1/0",
        "KEY_PREFIX": "heed",
        "OPTIONS": {"socket_timeout": 0.5, "socket_connect_timeout": 0.5},
    }
}
SESSION_ENGINE = "django.contrib.sessions.backends.db"

# --- Celery ---------------------------------------------------------------------------------------------------------

CELERY_BROKER_URL = REDIS_URL or "redis://127.0.0.1:1/0"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_CONNECTION_TIMEOUT = 1
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_connect_timeout": 1,
    "socket_timeout": 5,
    "socket_keepalive": True,
    "health_check_interval": 10,
    # A ring or a tick without a broker fails at once; left out, each waits for two seconds, and one after the other.
    "max_retries": 0,
}
CELERY_TASK_DEFAULT_QUEUE = "events"
# A ring names only the task, so where it is heard is said here.
CELERY_TASK_ROUTES = {
    "workflows.tasks.run_due": {"queue": "engine"},
    "messaging.tasks.deliver_lane": {"queue": "delivery"},
    "messaging.tasks.audit": {"queue": "bulk"},
}
CELERY_TASK_CREATE_MISSING_QUEUES = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = False
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_CONSUMER = "config.consumer:Consumer"
# Says nothing about tasks that are acknowledged early, as all are; left out, it is warned about at each loss.
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_BEAT_MAX_LOOP_INTERVAL = 1
CELERY_TIMEZONE = "UTC"
# Connections are looked after in config/celery.py; this keeps Celery from closing them around every task.
CELERY_DB_REUSE_MAX = sys.maxsize

# --- People ---------------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "contacts.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "admin:index"
LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_ADAPTER = "config.accounts.ClosedSignup"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_RATE_LIMITS = {"login": "60/m/ip", "login_failed": "20/m/ip,5/5m/key"}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]

# --- Web ------------------------------------------------------------------------------------------------------------

STATIC_URL = "static/"
STATIC_ROOT = HEED_HOME / "static"
STATICFILES_DIRS = [folder for folder in [BASE_DIR / "static"] if Path(folder).is_dir()]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "config.staticfiles.Storage"},
}
# Only what pages name is kept, and what only a debugger reads is not compressed: a quicker first start.
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = (*Compressor.SKIP_COMPRESS_EXTENSIONS, "map")
# One missing file in a stylesheet of somebody else's must not answer a whole page with 500.
WHITENOISE_MANIFEST_STRICT = False

SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
CSRF_TRUSTED_ORIGINS = ["{0.scheme}://{0.netloc}".format(urlsplit(HEED_BASE_URL))]
X_FRAME_OPTIONS = "DENY"
SILENCED_SYSTEM_CHECKS = [
    # The other hosts of the domain, and the browsers' preload list, are its owner's to decide on.
    "security.W005",
    "security.W021",
]
if not HTTPS:
    # An address of http:// is somebody's own choice, for one machine or behind a tunnel.
    SILENCED_SYSTEM_CHECKS += ["security.W004", "security.W008", "security.W012", "security.W016"]

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "manifest-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}
# The admin's Alpine evaluates its attributes, and its theme sets colours in the page.
CONTENT_SECURITY_POLICY_FOR_ADMIN = {"script-src": ["'unsafe-eval'"], "style-src": ["'unsafe-inline'"]}

email = dj_email_url.parse(EMAIL_URL)
EMAIL_BACKEND = email["EMAIL_BACKEND"]
EMAIL_HOST = email.get("EMAIL_HOST") or "localhost"
EMAIL_PORT = email.get("EMAIL_PORT") or 25
EMAIL_HOST_USER = email.get("EMAIL_HOST_USER") or ""
EMAIL_HOST_PASSWORD = email.get("EMAIL_HOST_PASSWORD") or ""
EMAIL_USE_TLS = bool(email.get("EMAIL_USE_TLS"))
EMAIL_USE_SSL = bool(email.get("EMAIL_USE_SSL"))
EMAIL_TIMEOUT = 10

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["contacts.rest.keys.KeyAuthentication"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "contacts.rest.schema.Schema",
    "EXCEPTION_HANDLER": "contacts.rest.problems.handler",
    # What is wrong with an object as a whole is blamed on the object's own path.
    "NON_FIELD_ERRORS_KEY": "",
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Heed",
    "DESCRIPTION": "What each contact has asked for, and the messages and workflows that obey it.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "OAS_VERSION": "3.1.0",
    "COMPONENT_SPLIT_PATCH": False,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "POSTPROCESSING_HOOKS": ["contacts.rest.schema.add_problems", "workflows.shapes.add_components"],
    "SWAGGER_UI_SETTINGS": {"persistAuthorization": False, "validatorUrl": None},
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}
UNFOLD = {
    "SITE_TITLE": "Heed",
    "SITE_HEADER": "Heed",
    "SHOW_HISTORY": False,
    "GLOBAL_CALLBACK": "config.desk.site.context",
    "DASHBOARD_CALLBACK": "config.desk.start.dashboard",
    "COLORS": {
        "primary": {
            "50": "oklch(96.2% .018 272.314)",
            "100": "oklch(93% .034 272.788)",
            "200": "oklch(87% .065 274.039)",
            "300": "oklch(78.5% .115 274.713)",
            "400": "oklch(67.3% .182 276.935)",
            "500": "oklch(58.5% .233 277.117)",
            "600": "oklch(51.1% .262 276.966)",
            "700": "oklch(45.7% .24 277.023)",
            "800": "oklch(39.8% .195 277.366)",
            "900": "oklch(35.9% .144 278.697)",
            "950": "oklch(25.7% .09 281.288)",
        }
    },
}
