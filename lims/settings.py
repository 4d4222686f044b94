"""Django's settings, read from the environment through env.py. Limits of a product are data, never settings."""

from pathlib import Path

from lims import env

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = env.data_dir(BASE_DIR)
DATA_DIR.mkdir(parents=True, exist_ok=True)

# PRODUCTION asks for everything to be said; without it the embedded pieces in DATA_DIR are used.
PRODUCTION = env.flag("PRODUCTION")
DEBUG = env.flag("DEBUG")
if PRODUCTION and DEBUG:
    raise env.HalfConfigured("PRODUCTION and DEBUG are both set. Unset DEBUG: it shows source code to strangers.")

SECRET_KEY = env.secret_key(DATA_DIR, production=PRODUCTION)
# Secrets of before: what was encrypted or signed under them is still read.
SECRET_KEY_FALLBACKS = env.listed("SECRET_KEY_FALLBACKS")

if PRODUCTION:
    ALLOWED_HOSTS = env.required("ALLOWED_HOSTS", "Name the hosts this laboratory is reached at.").split(",")
    DATABASE_URL = env.required("DATABASE_URL", "Production keeps its records in a database of its own.")
    BROKER_URL = env.required("REDIS_URL", "Production needs a Redis that outlives the web server.")
else:
    # The embedded server listens on this machine only, unless HOST says otherwise.
    ALLOWED_HOSTS = env.listed("ALLOWED_HOSTS") or ["localhost", "127.0.0.1", "[::1]", env.text("HOST", "localhost")]
    DATABASE_URL = env.text("DATABASE_URL", f"sqlite:///{DATA_DIR / 'lims.sqlite3'}")
    BROKER_URL = env.broker_url(DATA_DIR)

# Signed checkpoints of the ledger, kept where whoever can change the database can't change them.
CHECKPOINT_DIR = env.path("CHECKPOINT_DIR", DATA_DIR / "checkpoints")
CHECKPOINT_KEY = (
    Path(env.required("CHECKPOINT_KEY", "Name the file of the Ed25519 key that signs checkpoints of the ledger."))
    if PRODUCTION
    else env.path("CHECKPOINT_KEY", DATA_DIR / "keys" / "checkpoint.pem")
)
# The key every entry of the ledger is sealed with: 32 random bytes in hexadecimal, not where the database is.
LEDGER_KEY = (
    Path(env.required("LEDGER_KEY", "Name the file of the key that seals the entries of the ledger."))
    if PRODUCTION
    else env.path("LEDGER_KEY", DATA_DIR / "keys" / "ledger.key")
)
# The key that seals printed records, RSA, in a file or a token, with its certificate; who gives time stamps for it.
if env.text("DOCUMENT_KEY").startswith("pkcs11:"):
    DOCUMENT_KEY: Path | str = env.text("DOCUMENT_KEY")
    DOCUMENT_CERTIFICATE = Path(
        env.required("DOCUMENT_CERTIFICATE", "Name the file of the certificate of the key in the token.")
    )
else:
    DOCUMENT_KEY = (
        Path(env.required("DOCUMENT_KEY", "Name the file of the RSA key that seals printed records."))
        if PRODUCTION
        else env.path("DOCUMENT_KEY", DATA_DIR / "keys" / "document.pem")
    )
    DOCUMENT_CERTIFICATE = env.path("DOCUMENT_CERTIFICATE", DOCUMENT_KEY)
TIMESTAMP_URL = env.text("TIMESTAMP_URL")

# A time server (NTP) the server's clock is held against, and by how many seconds it may be wrong.
TIME_SERVER = env.text("TIME_SERVER")
TIME_LIMIT_S = env.number("TIME_LIMIT_S", 5)

CSRF_TRUSTED_ORIGINS = env.listed("CSRF_TRUSTED_ORIGINS")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.forms",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_htmx",
    "csp",
    # Before simple_history, whose commands that change versions it refuses.
    "lims",
    "simple_history",
    "lims.accounts",
    "lims.ledger",
    "lims.signatures",
    "lims.notices",
    "batches",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "lims.web.headers.HeadersMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "lims.web.flood.FloodMiddleware",
    # These three act in process_view, so they stand behind the check of the form's token and the session.
    "lims.web.place.SiteZoneMiddleware",
    "lims.web.idle.IdleLockMiddleware",
    "lims.web.first_steps.FirstStepsMiddleware",
]

# What the platform asks the manufacturing domain, which it does not know: the streams read together with one.
STREAMS_READ_WITH = "batches.queries.patients.streams_read_with"
ROOT_URLCONF = "lims.urls"
WSGI_APPLICATION = "lims.wsgi.application"

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
                "lims.web.context.page",
            ],
            "libraries": {"lims_tags": "lims.web.templatetags.lims_tags"},
        },
    },
]

# Widgets draw themselves with the site's own templates.
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# --- Records ---------------------------------------------------------------------------------------------------------

DATABASES = {"default": env.database(DATABASE_URL, pooled=env.flag("DATABASE_POOL", default=True))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# Without it simple-history cuts the reason for a change at 100 characters.
SIMPLE_HISTORY_HISTORY_CHANGE_REASON_USE_TEXT_FIELD = True

MEDIA_ROOT = DATA_DIR / "files"
# Faces for Chinese and Japanese, cut once from the variable fonts of a package.
FONTS_DIR = DATA_DIR / "fonts"
PAPER = env.one_of("PAPER", ("a4", "letter"))
STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# --- People ----------------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
LOGIN_URL = "/sign-in/"
LOGIN_REDIRECT_URL = "/"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "lims.accounts.hashers.DemonstrationArgon2Hasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("username", "printed_name")},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

# After so many minutes without a touch the screen asks for the password again (21 CFR 11.10(d), 11.200(a)).
IDLE_MINUTES = env.idle_minutes(production=PRODUCTION)

# Whose sign-in needs a second factor, administrators at least (EU GMP Annex 11, 12.1). Never in a demonstration.
SECOND_FACTOR = env.one_of("SECOND_FACTOR", ("administrators", "all"))
# After so many days a password has to be changed; 0 is never.
PASSWORD_DAYS = env.number("PASSWORD_DAYS", 0)
# Every account is reviewed by QA this often.
ACCESS_REVIEW_MONTHS = env.number("ACCESS_REVIEW_MONTHS", 6)

# --- E-mail ----------------------------------------------------------------------------------------------------------

# Notices are mailed too, to the addresses of the role they are for, once a host is named.
EMAIL_HOST = env.text("EMAIL_HOST")
EMAIL_PORT = env.number("EMAIL_PORT", 587)
EMAIL_USE_TLS = env.flag("EMAIL_TLS", default=True)
EMAIL_HOST_USER = env.text("EMAIL_USER")
EMAIL_HOST_PASSWORD = env.text("EMAIL_PASSWORD")
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.text("EMAIL_FROM", "lims@localhost")
NOTICE_EMAIL = env.notice_email(("qa", "administrator"))

# --- Web -------------------------------------------------------------------------------------------------------------

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "object-src": ["'none'"],
    }
}
# Uploads go to disk, as far as any file is ever kept.
FILE_UPLOAD_HANDLERS = ["lims.web.uploads.BoundedUploadHandler"]
# The header in which a trusted proxy writes the client's address; without it, the address of the connection counts.
CLIENT_ADDRESS_HEADER = env.text("CLIENT_ADDRESS_HEADER")
CSRF_FAILURE_VIEW = "lims.web.errors.csrf_failure"
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
if PRODUCTION:
    # Served behind a proxy that ends TLS and says so.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    # The proxy's own liveness probe speaks plain HTTP on the inner network.
    SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
    SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True

# --- Words and time --------------------------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# --- Log -------------------------------------------------------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "django": {"handlers": ["console"], "level": "WARNING", "propagate": False},
        # Tells of every start of itself.
        "pikepdf": {"level": "WARNING"},
    },
}
