"""Settings, from the environment. `docs/running.md` lists every variable.

`BODEGA_MODE` is `production` unless told: the strict one. `demo` and `development` talk to fakestripe
and write mails into files, `test` is the test suite's.
"""

import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import bodega.databases  # noqa: F401 - first: makes pysqlite3 the process's only SQLite library
from bodega import __version__
from bodega.databases.layout import FILES, volume_directory
from bodega.databases.volume import secret_key


def flag(name: str) -> bool:
    """An environment variable as a yes or no."""
    return os.environ.get(name, "").lower() in {"1", "true", "yes", "on"}


MODE = os.environ.get("BODEGA_MODE", "production")
if MODE not in {"production", "development", "demo", "test"}:
    raise RuntimeError(
        f"BODEGA_MODE is '{MODE}'; it must be production, development, demo or test."
    )
RELEASE = os.environ.get("BODEGA_RELEASE", __version__)
VOLUME = volume_directory()
# The merchant's own folder (`bodega.lib.folder`): its templates and static files win over ours.
SHOP = Path(os.environ["BODEGA_SHOP"]) if os.environ.get("BODEGA_SHOP") else None
PUBLIC_URL = os.environ.get("BODEGA_URL", "http://127.0.0.1:8000").rstrip("/")
BEHIND_TLS = PUBLIC_URL.startswith("https://")

DEBUG = False
SECRET_KEY = os.environ.get("BODEGA_SECRET_KEY") or secret_key(VOLUME) or "set-by-bodega-init"
ALLOWED_HOSTS = [
    urlsplit(PUBLIC_URL).hostname or "",
    *os.environ.get("BODEGA_HOSTS", "").split(","),
]
if MODE != "production":
    ALLOWED_HOSTS += ["127.0.0.1", "localhost", "[::1]", "testserver"]

INSTALLED_APPS = [
    "bodega.backoffice",  # before the admin: its templates win
    "unfold",
    "django.contrib.admin.apps.SimpleAdminConfig",  # urls.py loads the admin; workers need none
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_tasks",
    "bodega.jobs",
    "bodega.outbox",
    "bodega.repeats",
    "bodega.cable",
    "bodega.merchant",
    "bodega.catalog",
    "bodega.taxes",
    "bodega.shipping",
    "bodega.discounts",
    "bodega.cart",
    "bodega.customers",
    "bodega.orders",
    "bodega.payments",
    "bodega.checkout",
    "bodega.web",
]
MIDDLEWARE = [
    "bodega.web.middleware.SecurityHeaders",
    "bodega.web.middleware.NamedWork",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "bodega.web.middleware.SameOriginPosts",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
ROOT_URLCONF = "bodega.urls"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "customers.User"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [SHOP / "templates"] if SHOP else [],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "bodega.web.context.shop",
            ],
            "builtins": ["bodega.web.templatetags.shop"],
        },
    }
]

DATABASES: dict[str, Any] = {
    file.alias: {
        "ENGINE": "bodega.databases.engine",
        "NAME": VOLUME / file.name,
        "CONN_MAX_AGE": None,  # a thread's connection lives as long as the process
        "OPTIONS": {"role": role},
        "TEST": {"NAME": VOLUME / file.name, "DEPENDENCIES": []},
    }
    for role, file in FILES.items()
    if file.alias
}
DATABASE_ROUTERS = ["bodega.databases.router.FileRouter"]
CACHES = {"default": {"BACKEND": "bodega.cache.backend.SqliteCache", "LOCATION": VOLUME}}
TASKS = {"default": {"BACKEND": "bodega.jobs.backend.SqliteBackend", "QUEUES": []}}  # any name
# What happens by itself: (dotted path of a task without arguments, seconds), a line each.
RECURRING: list[tuple[str, int]] = [
    ("bodega.cable.trimming.forget_old_messages", 60),
    ("bodega.jobs.cleaning.clean_jobs", 3600),
    ("bodega.outbox.cleaning.clean_messages", 3600),
    ("bodega.cart.jobs.expire_carts", 3600),
    ("bodega.payments.lapsing.expire_orders", 60),
    ("bodega.orders.papers.jobs.print_documents", 60),
    ("bodega.orders.recalling.complete_journal", 3600),
    ("bodega.payments.reconciling.jobs.sweep", 300),
    ("bodega.payments.reconciling.jobs.compare_everything", 86_400),
    ("bodega.payments.sending.repeat_refunds", 60),
    ("bodega.ops.audit.schedule.audit_nightly", 86_400),
]
# Backups, once somebody named a place for them (docs/backups.md).
if os.environ.get("BODEGA_BACKUP_URL") or os.environ.get("BODEGA_BACKUP_DIR"):
    hours = int(os.environ.get("BODEGA_BACKUP_HOURS", "24"))
    RECURRING.append(("bodega.ops.backup.schedule.make_backup", hours * 3600))
# Where orders are written down a second time (design 3.4); best on another disk than the volume.
JOURNAL_DIR = Path(os.environ.get("BODEGA_JOURNAL_DIR") or VOLUME / "journal").absolute()
SESSION_ENGINE = "django.contrib.sessions.backends.db"

PASSWORD_HASHERS = ["django.contrib.auth.hashers.ScryptPasswordHasher"]
if MODE == "test":
    PASSWORD_HASHERS.insert(0, "django.contrib.auth.hashers.MD5PasswordHasher")
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "admin:login"

LANGUAGE_CODE = "en"
USE_I18N = True
USE_TZ = True
TIME_ZONE = os.environ.get("BODEGA_TIME_ZONE", "UTC")

STATIC_URL = "/static/"
STATIC_ROOT = VOLUME / "static"
STATICFILES_DIRS = [SHOP / "static"] if SHOP and (SHOP / "static").is_dir() else []
MEDIA_URL = "/media/"
MEDIA_ROOT = VOLUME / "media"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if MODE == "test"
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000  # bytes of a form; files have their own limits
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000

# The door (`web/`).
WEB_THREADS = int(os.environ.get("BODEGA_WEB_THREADS", "4"))  # that run Django
MOST_UPLOAD_BYTES = int(os.environ.get("BODEGA_MOST_UPLOAD_MB", "25")) * 1_000_000
PROXIES = os.environ.get("BODEGA_PROXIES", "127.0.0.1").split(",")  # believed about visitors
HOLD_SECONDS = float(os.environ.get("BODEGA_HOLD_SECONDS", "20"))  # a request, while paused
PAGE_CACHE_BYTES = int(os.environ.get("BODEGA_PAGE_CACHE_MB", "16")) * 1_000_000

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = BEHIND_TLS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SECURE_HSTS_SECONDS = 31_536_000 if BEHIND_TLS else 0
SECURE_CONTENT_TYPE_NOSNIFF = True
if BEHIND_TLS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# Mail: files in the volume outside production, SMTP in it.
DEFAULT_FROM_EMAIL = os.environ.get("BODEGA_MAIL_FROM", "shop@localhost")
if MODE == "test":
    EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
elif os.environ.get("BODEGA_SMTP_HOST"):
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    EMAIL_HOST = os.environ["BODEGA_SMTP_HOST"]
    EMAIL_PORT = int(os.environ.get("BODEGA_SMTP_PORT", "587"))
    EMAIL_HOST_USER = os.environ.get("BODEGA_SMTP_USER", "")
    EMAIL_HOST_PASSWORD = os.environ.get("BODEGA_SMTP_PASSWORD", "")
    EMAIL_USE_TLS = EMAIL_PORT == 587
    EMAIL_USE_SSL = EMAIL_PORT == 465
    EMAIL_TIMEOUT = 15
else:
    EMAIL_BACKEND = "bodega.orders.postbox.FolderBackend"
    EMAIL_FILE_PATH = VOLUME / "mail"

# Stripe, or its stand-in: `payments.stripe` decides and refuses what would be dangerous.
STRIPE_SECRET_KEY = os.environ.get("STRIPE_SECRET_KEY", "")
STRIPE_WEBHOOK_SECRET = os.environ.get("STRIPE_WEBHOOK_SECRET", "")
FAKESTRIPE_URL = os.environ.get("BODEGA_FAKESTRIPE_URL", "")
ALLOW_TEST_KEY = flag("BODEGA_ALLOW_TEST_KEY")
# Against card testing: checkouts in ten minutes (`checkout.limiting`); 0: as many as anybody likes.
CHECKOUTS_PER_CART = int(os.environ.get("BODEGA_CHECKOUTS_PER_CART", "10"))
CHECKOUTS_PER_ADDRESS = int(os.environ.get("BODEGA_CHECKOUTS_PER_ADDRESS", "30"))

LOG_LEVEL = os.environ.get("BODEGA_LOG_LEVEL", "INFO")
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "bodega.lib.logs.formatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {
        # Two lines for every call and job are noise; what fails is said louder.
        "stripe": {"level": "WARNING"},
        "django_tasks": {"level": "WARNING"},
        # So is a line for a visitor's typo, and for a robot that guesses host names.
        "django.request": {"level": "ERROR"},
        "django.security.DisallowedHost": {"level": "CRITICAL"},
    },
}

UNFOLD = {
    "SITE_TITLE": "Bodega",
    "SITE_HEADER": "Bodega",
    "SITE_SYMBOL": "storefront",
    "DASHBOARD_CALLBACK": "bodega.backoffice.dashboard.callback",
    "STYLES": ["bodega.backoffice.navigation.stylesheet"],
    "LOGIN": {"form": "bodega.backoffice.login.ThrottledLogin"},
    "SIDEBAR": {"show_search": True, "navigation": "bodega.backoffice.navigation.sidebar"},
    "COLORS": {
        "primary": {
            "50": "#f0f6f4",
            "100": "#dcebe6",
            "200": "#bbd8cf",
            "300": "#8dbeb1",
            "400": "#5d9f8f",
            "500": "#3f8374",
            "600": "#2f695d",
            "700": "#28554c",
            "800": "#23453f",
            "900": "#1f3a35",
            "950": "#0e211e",
        },
    },
}
