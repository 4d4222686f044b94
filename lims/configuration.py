"""What this installation is set to: whatever changes in it is an act of the site, `site:configure`.

The web server and the worker may be set differently, so each tells its own, once after it starts. Secrets are told by
fingerprint or not at all. Not here: reading the environment (env.py); keys, whose first use is told by ledger/keys.py.
"""

from __future__ import annotations

import hashlib
import json
import logging
import platform
import uuid
from urllib.parse import urlsplit

import django
from django.conf import settings

from lims import clock
from lims.acts import Act
from lims.ledger.append import AlreadyDone, sealed
from lims.ledger.models import SITE_STREAM, Entry
from lims.ledger.verify.reading import items_of
from lims.program import program
from lims.site import site

logger = logging.getLogger(__name__)

ACT = "site:configure"
_TELLER = "told by"
_TOLD = uuid.UUID("c1c3f0a7-58b5-4cf4-9f4b-5f2d3c1f7a10")
# Settings a site chooses, by their name in the environment; none of them is a secret.
CHOSEN = (
    *("PRODUCTION", "ALLOWED_HOSTS", "CSRF_TRUSTED_ORIGINS", "CLIENT_ADDRESS_HEADER"),
    *("IDLE_MINUTES", "SECOND_FACTOR", "PASSWORD_DAYS", "ACCESS_REVIEW_MONTHS"),
    *("CHECKPOINT_DIR", "CHECKPOINT_KEY", "LEDGER_KEY", "DOCUMENT_CERTIFICATE"),
    *("TIME_SERVER", "TIME_LIMIT_S", "PAPER", "EMAIL_HOST", "NOTICE_EMAIL"),
)
_done: set[str] = set()


def told() -> dict[str, str]:
    """What a process is set to, as text by name."""
    of_settings = {name: _text(getattr(settings, name)) for name in CHOSEN}
    return of_settings | {
        "DATABASE_URL": _without_secrets(settings.DATABASE_URL),
        "TIMESTAMP_URL": _without_secrets(settings.TIMESTAMP_URL),
        "SECRET_KEY": f"fingerprint {hashlib.sha256(settings.SECRET_KEY.encode()).hexdigest()[:16]}",
        "program": program(),
        "Python": platform.python_version(),
        "Django": django.get_version(),
    }


def note(teller: str) -> bool:
    """Tell the ledger what `teller` («web server», «worker») is set to, unless it says so; gives whether it did.

    Nothing is told before the laboratory is started. Processes of one kind that start together tell it once.
    """
    if site() is None:
        return False
    last = next((e for e in _notes() if e[1].get(_TELLER) == teller), None)
    before = last[1] if last else {}
    now = {_TELLER: teller, **told()}
    if now == before:
        return False
    once = uuid.uuid5(_TOLD, json.dumps([last[0] if last else "", now], sort_keys=True))
    reason = f"{teller}: {changes(before, now)}" if last else ""
    act = Act(name=ACT, actor=None, at=clock.now(), once=once, reason=reason)
    act.notes = now
    try:
        with sealed(act, SITE_STREAM):
            return True
    except AlreadyDone:
        return False


def note_once(teller: str) -> None:
    """The same, once in the life of this process; tried again while there is no laboratory, or it can't be told.

    Whatever keeps it from being told is told by the log: it keeps nobody out, and no checkpoint from being written.
    """
    try:
        if teller not in _done and site() is not None:
            note(teller)
            _done.add(teller)
    except Exception:
        logger.exception("What the %s is set to was not told to the ledger", teller)


def changes(before: dict[str, str], now: dict[str, str]) -> str:
    """What differs, in words for the audit trail: «IDLE_MINUTES: 15 → 10»."""
    names = [name for name in sorted({**before, **now}) if before.get(name) != now.get(name)]
    return "; ".join(f"{name}: {before.get(name) or '–'} → {now.get(name) or '–'}" for name in names)


def _notes() -> list[tuple[str, dict[str, str]]]:
    found = Entry.objects.filter(stream=SITE_STREAM, name=ACT, is_refused=False).order_by("-seq")
    return [(str(pk), items_of(payload, "notes")) for pk, payload in found.values_list("pk", "payload")]


def _without_secrets(url: str) -> str:
    """An address without user, password and query."""
    at = urlsplit(url)
    return f"{at.scheme}://{at.hostname or ''}{at.path}" if url else ""


def _text(value: object) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{key}: {_text(each)}" for key, each in sorted(value.items()) if each)
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
