"""The settings, each read from the environment and typed. README.md lists the variables."""

from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from jygroups.lib import keys
from jygroups.lib.spreadsheets import parser

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
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])  # former ones: sessions outlive a new key
DATA_KEYS = keys.by_id("DATA_KEYS", env.list("DATA_KEYS"))  # newest first
INDEX_KEY, *OLD_INDEX_KEYS = keys.listed("INDEX_KEY", env.list("INDEX_KEY"))  # the same
SEAL_KEY, *OLD_SEAL_KEYS = keys.listed("SEAL_KEY", env.list("SEAL_KEY"))  # the same

DATABASES = {"default": env.db_url("DATABASE_URL", default=f"sqlite:///{DATA_DIR / 'db.sqlite3'}")}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 60,  # a writer is alone, and a large import takes its time
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
else:
    # Beside what the address sets, such as sslmode. A connection is tried before a request gets it, so that a restart
    # of the database is not noticed; while it is away, a request waits for `timeout` and is answered by 503.html.
    POOL = {"min_size": 1, "max_size": 20, "timeout": 5, "reconnect_timeout": 3}
    DATABASES["default"]["OPTIONS"] = {**DATABASES["default"].get("OPTIONS", {}), "pool": POOL}
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
# Shared by all processes of the site: how far long work has come, and the counts of RATE_LIMITS.
CACHES = {
    "default": {
        "BACKEND": "jygroups.lib.counts.FileCache",
        "LOCATION": DATA_DIR / "cache",
        "OPTIONS": {"MAX_ENTRIES": 10_000},
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

FILES_DIR = DATA_DIR / "files"  # what people have handed in, encrypted
# Uploads stay in memory: what they hold is not to lie on the disk in clear. A larger file is not taken in at all.
FILE_UPLOAD_HANDLERS = ["jygroups.lib.uploads.InMemory"]
FILE_UPLOAD_MAX_MEMORY_SIZE = parser.MOST_BYTES + (1 << 20)  # of the whole request

# The site ------------------------------------------------------------------------------------------------

CITY_NAME = env.str("CITY_NAME", default="嘉峪关市")
# The document sets no highest age; from this one on a line is worth asking whether the office is still filled.
REVIEW_AGE = env.int("REVIEW_AGE", default=70)
HTTPS = env.bool("HTTPS", default=not TRIAL)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
# Addresses and networks of reverse proxies whose X-Forwarded-For is believed, `unix` for a local socket.
TRUSTED_PROXIES = env.list("TRUSTED_PROXIES", default=[])
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
    "jygroups.lib.client.true_client_address",
    "jygroups.lib.once.reading",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "jygroups.lib.middleware.ChosenLanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "registry.access.middleware.session_limit",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "jygroups.lib.middleware.no_store",
    "jygroups.lib.middleware.unverified_refused",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "jygroups.lib.middleware.no_null_characters",
    "registry.access.middleware.first_steps",
    "simple_history.middleware.HistoryRequestMiddleware",
    "registry.access.limits.rate_limits",
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
FORM_RENDERER = "jygroups.lib.forms.Renderer"
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
PASSWORD_LENGTH = env.int("PASSWORD_LENGTH", default=12)
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "CommonPasswordValidator")
] + [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": PASSWORD_LENGTH},
    },
    {"NAME": "registry.access.passwords.former.FormerPasswordValidator"},
]
PASSWORD_HISTORY = env.int("PASSWORD_HISTORY", default=5)  # so many of one's own are not chosen again; 0: all may
PASSWORD_DAYS = env.int("PASSWORD_DAYS", default=0)  # after so many another is chosen; 0: never
SIGN_IN_CODE_HOURS = env.int("SIGN_IN_CODE_HOURS", default=24)  # so long a QR code lets one of a group's people in
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "workbench"
LOGOUT_REDIRECT_URL = "login"
# «required»: the roles of SECOND_FACTOR_ROLES set one up before their first page. «optional»: whoever wants one.
SECOND_FACTOR = env.str("SECOND_FACTOR", default="optional" if TRIAL else "required")
if SECOND_FACTOR not in ("required", "optional"):
    raise ImproperlyConfigured(f"SECOND_FACTOR is «required» or «optional», not «{SECOND_FACTOR}».")
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(hours=8)  # after the last wrong password they are forgotten
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_CLIENT_IP_CALLABLE = "registry.access.sign_in_limits.counted_of"
AXES_HANDLER = "registry.access.sign_in_limits.Handler"  # how long a lock lasts
FAILURES_PER_ADDRESS = 50  # within 15 minutes, whatever the names: an office shares one address
AXES_LOCKOUT_TEMPLATE = "registration/locked.html"
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # what is tried during a lock does not count
AXES_DISABLE_ACCESS_LOG = True
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "code", "state"]  # masked where failures are kept

# Signing in at an identity provider (统一身份认证) by OpenID Connect, beside passwords; off without an issuer.
OIDC_ISSUER = env.str("OIDC_ISSUER", default="")
OIDC_NAME = env.str("OIDC_NAME", default="统一身份认证")  # on the button of the sign-in page
OIDC_USERNAME_CLAIM = env.str("OIDC_USERNAME_CLAIM", default="preferred_username")
OIDC_SECOND_FACTOR = env.list("OIDC_SECOND_FACTOR", default=[])  # such as amr=mfa; empty: ours is asked
OIDC_RP_SCOPES = env.str("OIDC_SCOPES", default="openid profile")
OIDC_AUTHENTICATION_CALLBACK_URL, OIDC_USE_PKCE, OIDC_TIMEOUT = "oidc-callback", True, 10
if OIDC_ISSUER:
    OIDC_RP_CLIENT_ID, OIDC_RP_CLIENT_SECRET = env.str("OIDC_CLIENT_ID"), env.str("OIDC_CLIENT_SECRET")
    OIDC_OP_AUTHORIZATION_ENDPOINT = env.str("OIDC_AUTHORIZATION_URL")
    OIDC_OP_TOKEN_ENDPOINT, OIDC_OP_JWKS_ENDPOINT = env.str("OIDC_TOKEN_URL"), env.str("OIDC_JWKS_URL")
    OIDC_OP_USER_ENDPOINT = env.str("OIDC_USERINFO_URL", default="")
    OIDC_RP_SIGN_ALGO = env.str("OIDC_ALGORITHM", default="RS256")
    if OIDC_RP_SIGN_ALGO not in ("RS256", "RS384", "RS512", "ES256", "ES384", "ES512"):
        raise ImproperlyConfigured(f"OIDC_ALGORITHM is one of RS256 … ES512, not «{OIDC_RP_SIGN_ALGO}».")
    addresses = (OIDC_OP_AUTHORIZATION_ENDPOINT, OIDC_OP_TOKEN_ENDPOINT, OIDC_OP_JWKS_ENDPOINT, OIDC_OP_USER_ENDPOINT)
    if plain := [each for each in addresses if HTTPS and each and not each.startswith("https://")]:
        raise ImproperlyConfigured(f"The identity provider is asked over https alone, not at {plain[0]}.")

SESSION_ENGINE = "registry.access.sessions.store"
SESSION_COOKIE_AGE = 15 * 60  # idle time: the session is renewed by each request
SESSION_SAVE_EVERY_REQUEST = True
SESSION_LONGEST = 8 * 3600  # from the sign-in on, however busy
# How many searches, whole numbers shown and uploads one user may have within so many seconds.
RATE_LIMITS = {"search": (240, 60), "reveal": (60, 600), "upload": (60, 600)}
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

# Heads of the audit chain are handed out to these, see registry/records/heads.py -----------------------------

HEADS_FOLDER = env.str("HEADS_FOLDER", default="")
HEADS_MAIL = env.list("HEADS_MAIL", default=[])
HEADS_WEBHOOK = env.str("HEADS_WEBHOOK", default="")
vars().update(env.email_url("EMAIL_URL", default="smtp://localhost:25"))
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("EMAIL_FROM", default="jygroups@localhost")

# Notifications, see registry/notifications ---------------------------------------------------------------

# Where the links in messages lead.
SITE_URL = env.str(
    "SITE_URL", default=f"{'https' if HTTPS else 'http'}://{(ALLOWED_HOSTS or ['localhost'])[0]}"
).rstrip("/")
# Networks besides the public ones to which messages may be posted, such as that of the city's own gateway.
WEBHOOK_NETWORKS = [ip_network(each) for each in env.list("WEBHOOK_NETWORKS", default=[])]
NOTIFICATION_DAYS = env.int("NOTIFICATION_DAYS", default=365)  # so long what was read or sent is kept

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
