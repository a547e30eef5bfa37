"""Settings: safe defaults, environment variables with loud errors, no debug unless asked for."""

from __future__ import annotations

from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

from changqing.machine.environment import env_bool, env_int, env_list, env_text
from changqing.machine.folder import DataFolder
from changqing.machine.openid import openid_connect_from_environment
from changqing.machine.postgres import Postgres
from changqing.machine.store import env_place

PACKAGE = Path(__file__).resolve().parent
FOLDER = DataFolder.from_environment()

DEBUG = env_bool("CHANGQING_DEBUG", default=False)
SECRET_KEY = env_text("CHANGQING_SECRET_KEY", default="") or FOLDER.secret("secret_key")
# Signs audit lines, their chain and backups; several machines of one book share it.
AUDIT_KEY = env_text("CHANGQING_AUDIT_KEY", default="") or FOLDER.secret("audit_key")
ALLOWED_HOSTS = env_list("CHANGQING_ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = env_list("CHANGQING_TRUSTED_ORIGINS", default=[])

# Which book this process serves; the demo is another instance with a data folder of its own.
BOOK = env_text("CHANGQING_BOOK", default="own")
BOOK_URL = env_text("CHANGQING_BOOK_URL", default="")
DEMO_URL = env_text("CHANGQING_DEMO_URL", default="")
BOOK_CURRENCY = env_text("CHANGQING_CURRENCY", default="CNY").upper()
MEMORY_MB = env_int("CHANGQING_LEDGER_MEMORY_MB", default=1500, least=256)
THREADS = env_int("CHANGQING_LEDGER_THREADS", default=2, least=1)
# where summaries run: duckdb in this process, or a Spark master such as spark://host:7077
LEDGER_ENGINE = env_text("CHANGQING_LEDGER_ENGINE", default="duckdb")

_url = env_text("DATABASE_URL", default="") or Postgres(FOLDER).url
_at = conninfo_to_dict(_url)
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": _at.get("dbname", "changqing"),
        "USER": _at.get("user", ""),
        "PASSWORD": _at.get("password", ""),
        "HOST": _at.get("host", ""),
        "PORT": str(_at.get("port", "")),
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "pool": {"min_size": 1, "max_size": 8, "timeout": 3},
            # the last: a query whose asker was killed ends, and lets go of its locks, within a second
            "options": "-c lock_timeout=5s -c idle_in_transaction_session_timeout=600s "
            "-c client_connection_check_interval=1s",
        },
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "django_htmx",
    "procrastinate.contrib.django",
    "pgtrigger",
    "pghistory",
    "changqing",
]
AUTH_USER_MODEL = "changqing.User"
PROCRASTINATE_ON_APP_READY = "changqing.jobs.queue.on_app_ready"

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "changqing.web.middleware.Sealed",
    "changqing.web.middleware.AsksForTheHead",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "changqing.web.middleware.SessionsAge",
    "changqing.web.middleware.TellsWhoActs",
    "changqing.web.middleware.LanguageOfTheUser",
    "changqing.web.middleware.RefusalsAsPages",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
ROOT_URLCONF = "changqing.urls"
WSGI_APPLICATION = "changqing.web.wsgi.application"
LOGIN_URL = "signin"
LOGIN_REDIRECT_URL = "portfolio"
LOGOUT_REDIRECT_URL = "signin"
# This instance and the demo answer on one host at two ports, and browsers share cookies between ports.
SESSION_COOKIE_NAME = f"changqing_{BOOK}_session"
CSRF_COOKIE_NAME = f"changqing_{BOOK}_csrf"
SESSION_ENGINE = "changqing.organisation.sessions"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = env_bool("CHANGQING_HTTPS", default=False)
SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE
SECURE_HSTS_SECONDS = 31_536_000 if SESSION_COOKIE_SECURE else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SESSION_COOKIE_SECURE else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

# Sign-in: allauth brings the stages, second factors and OpenID Connect; pages, throttle and audit are ours.
ACCOUNT_ADAPTER = "changqing.web.door.adapters.SignInAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_RATE_LIMITS = False
ACCOUNT_LOGIN_TIMEOUT = 900
MFA_ADAPTER = "changqing.web.door.adapters.FactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_ISSUER = "Changqing"
MFA_TOTP_TOLERANCE = 1
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = False
SOCIALACCOUNT_ADAPTER = "changqing.web.door.adapters.ProviderAdapter"
SOCIALACCOUNT_LOGIN_ON_GET = True
SOCIALACCOUNT_PROVIDERS = openid_connect_from_environment()

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "中文"), ("en", "English")]
LOCALE_PATHS = sorted(PACKAGE.glob("*/locale"))
LANGUAGE_COOKIE_NAME = "changqing_language"
USE_I18N = True
USE_TZ = True
TIME_ZONE = env_text("CHANGQING_TIME_ZONE", default="Asia/Shanghai")

# A folder, or s3://bucket/prefix, that the worker watches for files of an ERP; the largest it takes.
INBOX = env_place("CHANGQING_INBOX")
MOST_INBOX_MB = env_int("CHANGQING_INBOX_MB", default=10_240, least=1)
# Uploads go straight to the data folder's disk; one request may bring so much.
MOST_UPLOAD_MB = env_int("CHANGQING_UPLOAD_MB", default=1024, least=1)
FILE_UPLOAD_HANDLERS = ["changqing.web.imports.uploads.BoundedUpload"]
FILE_UPLOAD_TEMP_DIR = FOLDER.scratch
FILE_UPLOAD_PERMISSIONS = 0o600
# a page of refused rows has a field for each faulty cell
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000

STATIC_URL = "static/"
STATICFILES_DIRS = [("", PACKAGE / "web" / "static")]
# built at setup, so that a start copies nothing
STATIC_ROOT = PACKAGE / "web" / "built"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = DEBUG

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [PACKAGE / "web"],
        "OPTIONS": {
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    ["django.template.loaders.filesystem.Loader"],
                )
            ],
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "changqing.web.components.tags",
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "changqing.web.shell.context",
            ],
        },
    }
]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env_text("CHANGQING_LOG_LEVEL", default="INFO").upper()},
    "loggers": {"procrastinate": {"level": "WARNING"}, "django.request": {"level": "ERROR"}},
}
