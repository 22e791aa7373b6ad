"""The settings, each read from the environment and typed. README.md lists the variables."""

from pathlib import Path

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from jygroups.lib import keys, reader

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

# Where things are kept -----------------------------------------------------------------------------------

DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / "var"))).resolve()
TRIAL = not env.str("DATABASE_URL", default="")
DEBUG = env.bool("DEBUG", default=False)

if TRIAL:
    try:
        env.read_env(keys.trial_file(DATA_DIR))
    except FileNotFoundError as error:
        raise ImproperlyConfigured(str(error)) from error
missing = [name for name in keys.NAMES if not env.str(name, default="")]
if missing:
    raise ImproperlyConfigured(
        f"DATABASE_URL is set, so the secrets must be given too; missing: {', '.join(missing)}. "
        "Make a set once with «python -m jygroups.lib.keys», keep it safe, and put it into the environment."
    )

SECRET_KEY = env.str("SECRET_KEY")
DATA_KEYS = dict(pair.split(":", 1) for pair in env.list("DATA_KEYS"))  # newest first
INDEX_KEY = env.str("INDEX_KEY")
SEAL_KEY = env.str("SEAL_KEY")

DATABASES = {"default": env.db_url("DATABASE_URL", default=f"sqlite:///{DATA_DIR / 'db.sqlite3'}")}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 60,  # a writer is alone, and a large import takes its time
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
else:
    DATABASES["default"]["OPTIONS"] = {"pool": True}
# Shared by all processes of the site: how far long work has come.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.filebased.FileBasedCache", "LOCATION": DATA_DIR / "cache"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

FILES_DIR = DATA_DIR / "files"  # what people have handed in, sealed
# Uploads stay in memory: what they hold is not to lie on the disk in clear. A larger file is not taken in at all.
FILE_UPLOAD_HANDLERS = ["jygroups.lib.uploads.InMemory"]
FILE_UPLOAD_MAX_MEMORY_SIZE = reader.MOST_BYTES + (1 << 20)  # of the whole request
IMPORT_FILES_KEPT_DAYS = env.int("IMPORT_FILES_KEPT_DAYS", default=30)

# The site ------------------------------------------------------------------------------------------------

CITY_NAME = env.str("CITY_NAME", default="嘉峪关市")
# The document sets no highest age; from this one on a line is worth asking whether the office is still filled.
REVIEW_AGE = env.int("REVIEW_AGE", default=70)
HTTPS = env.bool("HTTPS", default=not TRIAL)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
ROOT_URLCONF = "jygroups.urls"
WSGI_APPLICATION = "jygroups.wsgi.application"

INSTALLED_APPS = [
    "registry",
    "subsidies",
    "jygroups",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django.forms",
    "axes",
    "csp",
    "django_filters",
    "django_htmx",
    "django_tables2",
    "simple_history",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "jygroups.lib.middleware.ChosenLanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "jygroups.lib.middleware.session_limit",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "jygroups.lib.middleware.no_store",
    "jygroups.lib.middleware.unverified_refused",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "jygroups.lib.middleware.no_null_characters",
    "registry.access.middleware.own_password_first",
    "simple_history.middleware.HistoryRequestMiddleware",
    "axes.middleware.AxesMiddleware",
]

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
                "jygroups.navigation.frame",
            ],
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "jygroups.templatetags.show",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
DJANGO_TABLES2_TEMPLATE = "components/table.html"

# Language and time ---------------------------------------------------------------------------------------

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Simplified Chinese")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "jygroups" / "locale"]
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True

# Who may come in -----------------------------------------------------------------------------------------

AUTH_USER_MODEL = "registry.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "registry.access.backend.PostsBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "workbench"
LOGOUT_REDIRECT_URL = "login"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = ["username"]
AXES_LOCKOUT_TEMPLATE = "registration/locked.html"
SILENCED_SYSTEM_CHECKS = ["axes.W006"]  # by name alone: an office shares one address
AXES_RESET_ON_SUCCESS = True
AXES_DISABLE_ACCESS_LOG = True

SESSION_COOKIE_AGE = 15 * 60  # idle time: the session is renewed by each request
SESSION_SAVE_EVERY_REQUEST = True
SESSION_LONGEST = 8 * 3600  # from the sign-in on, however busy
PASSWORD_REMEMBERED = 10 * 60  # so long after it was typed a sensitive act does not ask for it again
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
CSRF_COOKIE_HTTPONLY = True
if HTTPS:
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
    SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],  # Bootstrap draws its small icons from data addresses
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# Static files and logs -----------------------------------------------------------------------------------

STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
# A trial serves the files as they lie, so that no collecting comes before the first page.
WHITENOISE_USE_FINDERS = TRIAL or DEBUG
if WHITENOISE_USE_FINDERS:
    STATIC_ROOT.mkdir(parents=True, exist_ok=True)
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if WHITENOISE_USE_FINDERS
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {"axes": {"level": "ERROR"}},
}
