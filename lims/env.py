"""Reading the environment: names, types, and a plain refusal when something needed is missing.

Knows no Django, so that the supervisor can ask the same questions before Django starts. What the values mean to
Django is in settings.py.
"""

import hashlib
import os
import secrets
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

# sockaddr_un holds 108 bytes on Linux and 104 on macOS, the closing NUL included.
LONGEST_SOCKET_PATH = 100
SHORTEST_SECRET = 50
FEWEST_CHARACTERS = 12
# A proposed default, and the longest that a real laboratory may set.
LONGEST_IDLE_MINUTES = 15

SQLITE_OPTIONS: dict[str, Any] = {
    # Deferred transactions fail under several writers; an immediate one queues for up to `timeout` seconds.
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    # FULL: an act that was confirmed on screen survives a power cut. recursive_triggers: REPLACE must not slip past
    # a trigger that refuses DELETE.
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA recursive_triggers=ON",
}


class HalfConfigured(Exception):
    """The environment does not say enough, or contradicts itself, to start safely."""


def text(name: str, default: str = "") -> str:
    """The value of `name` without surrounding blanks; an empty value counts as not given."""
    return os.environ.get(name, "").strip() or default


def required(name: str, reason: str) -> str:
    """The value of `name`. Raises HalfConfigured with the reason when it is not given."""
    value = text(name)
    if not value:
        raise HalfConfigured(f"{name} is not set. {reason}")
    return value


def flag(name: str, *, default: bool = False) -> bool:
    """A yes/no value. Raises HalfConfigured on anything that is neither."""
    value = text(name).lower()
    if not value:
        return default
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    raise HalfConfigured(f"{name} is «{value}». Set it to 1 or 0.")


def number(name: str, default: int) -> int:
    """A whole number. Raises HalfConfigured on anything else."""
    value = text(name)
    if not value:
        return default
    try:
        return int(value)
    except ValueError:
        raise HalfConfigured(f"{name} is «{value}». Set it to a whole number.") from None


def idle_minutes(*, production: bool) -> int:
    """IDLE_MINUTES, 15 when not given. Raises HalfConfigured below 1, and in production above 15."""
    value = number("IDLE_MINUTES", LONGEST_IDLE_MINUTES)
    if value < 1:
        raise HalfConfigured(f"IDLE_MINUTES is {value}. Nobody could work: set it to 1 at least.")
    if production and value > LONGEST_IDLE_MINUTES:
        raise HalfConfigured(
            f"IDLE_MINUTES is {value}. A screen left alone is open to anybody: {LONGEST_IDLE_MINUTES} is the most."
        )
    return value


def one_of(name: str, choices: Sequence[str]) -> str:
    """One of a few words, the first when none is given. Raises HalfConfigured on any other."""
    value = text(name, choices[0]).lower()
    if value not in choices:
        raise HalfConfigured(f"{name} is «{value}». Set it to one of: {', '.join(choices)}.")
    return value


def listed(name: str) -> list[str]:
    """The parts of a comma-separated value."""
    return [part.strip() for part in text(name).split(",") if part.strip()]


def path(name: str, default: Path) -> Path:
    """A file or folder, absolute."""
    return Path(text(name, str(default))).expanduser().absolute()


def notice_email(roles: tuple[str, ...]) -> dict[str, list[str]]:
    """The addresses notices of each role are mailed to; none without a host to mail through.

    Raises HalfConfigured when a host is named and nobody is written to, or the other way round.
    """
    to = {role: listed(f"NOTICE_EMAIL_{role.upper()}") for role in roles}
    names = ", ".join(f"NOTICE_EMAIL_{role.upper()}" for role in roles)
    if text("EMAIL_HOST") and not all(to.values()):
        raise HalfConfigured(f"EMAIL_HOST is set. Say whom notices are mailed to: {names}.")
    if not text("EMAIL_HOST") and any(to.values()):
        raise HalfConfigured(f"{names}: nothing can be mailed there. Name the mail server in EMAIL_HOST.")
    return to


def data_dir(project: Path) -> Path:
    """The folder that holds database, files and secret: DATA_DIR, else `var` in the project."""
    return path("DATA_DIR", project / "var")


def socket_path(folder: Path) -> Path:
    """Where the embedded broker of this data folder listens.

    Inside the folder, or under a short name in the temporary folder when the path is too long for a unix socket.
    """
    inside = folder / "broker" / "broker.sock"
    if len(os.fsencode(inside)) <= LONGEST_SOCKET_PATH:
        return inside
    digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"lims-{os.getuid()}-{digest}" / "broker.sock"


def broker_url(folder: Path) -> str:
    """REDIS_URL, else the socket of the embedded broker that belongs to this data folder."""
    return text("REDIS_URL") or f"redis+socket://{socket_path(folder)}"


def secret_key(folder: Path, *, production: bool) -> str:
    """SECRET_KEY, else one made at first use and kept in the data folder.

    Raises HalfConfigured in production when it is not given, too short or no secret: one that lies beside the data is
    stolen together with it.
    """
    given = text("SECRET_KEY")
    if given and production and len(given) < SHORTEST_SECRET:
        raise HalfConfigured(f"SECRET_KEY is too short. Give it at least {SHORTEST_SECRET} random characters.")
    if given and production and is_guessable(given):
        raise HalfConfigured("SECRET_KEY is a default or repeats itself. Give it random characters.")
    if given:
        return given
    if production:
        raise HalfConfigured("SECRET_KEY is not set. Production needs one that is kept apart from the data.")
    kept = folder / "secret_key"
    if not kept.exists():
        folder.mkdir(parents=True, exist_ok=True)
        handle, written = tempfile.mkstemp(dir=folder)  # readable by its owner only
        with os.fdopen(handle, "w") as output:
            output.write(secrets.token_urlsafe(60))
        # link() fails when another process was first, so all of them read one secret.
        with suppress(FileExistsError):
            os.link(written, kept)
        Path(written).unlink()
    return kept.read_text().strip()


def is_guessable(secret: str) -> bool:
    """Whether a secret is one of an example, of too few different characters, or the same part again and again."""
    is_repeated = secret in (secret + secret)[1:-1]
    is_default = any(word in secret.lower() for word in ("django-insecure", "changeme", "change-me", "your-secret"))
    return is_repeated or is_default or len(set(secret)) < FEWEST_CHARACTERS


def database(url: str, *, pooled: bool = True) -> dict[str, Any]:
    """Django's DATABASES entry for a `sqlite:///file` or `postgresql://user:password@host:port/name` URL.

    A PostgreSQL host may be a folder that holds its socket (`?host=/run/postgresql`). Raises HalfConfigured on any
    other kind of URL.
    """
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": unquote(parts.path.removeprefix("/")) or ":memory:",
            "OPTIONS": dict(SQLITE_OPTIONS),
        }
    if parts.scheme in {"postgres", "postgresql"}:
        options: dict[str, Any] = dict(parse_qsl(parts.query))
        host = options.pop("host", "") or unquote(parts.hostname or "")
        port = options.pop("port", "") or str(parts.port or "")
        if pooled:
            options["pool"] = {"min_size": 0, "max_size": 8, "timeout": 2}
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(parts.path.removeprefix("/")),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": host,
            "PORT": port,
            "OPTIONS": options,
        }
    raise HalfConfigured(f"DATABASE_URL begins with «{parts.scheme}». Use sqlite:///file or postgresql://host/name.")
