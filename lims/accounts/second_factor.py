"""The second factor of signing in: a code of an authenticator, or a recovery code. Enrolling, asking, resetting.

The arithmetic is RFC 6238's by django_otp; its models are not used, because they write outside acts. A wrong code is
an act, and five in a row lock the account. Not here: the password, which is asked first (authentication.py).
"""

from __future__ import annotations

import base64
import hashlib
import os
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from urllib.parse import quote, urlencode

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django_otp.oath import TOTP

from lims import clock
from lims.accounts import rate_limit
from lims.accounts.authentication import LOCKED_FOR, MAX_FAILURES, Credential, verify
from lims.accounts.models import SecondFactor, User
from lims.accounts.permissions import Permission, Role
from lims.acts import Act
from lims.commands import command
from lims.ledger.append import sealed
from lims.ledger.models import SITE_STREAM
from lims.models import Site
from lims.refusals import Refusal, Refused
from lims.site import site

# RFC 4226, 4: a shared secret of 160 bits. A clock that is one step off is still taken (RFC 6238, 5.2).
_SECRET_BYTES: Final = 20
_STEP_S: Final = 30
_TOLERANCE: Final = 1
_DIGITS: Final = 6

_RECOVERY_CODES: Final = 8
_LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"
_GROUPS, _LENGTH = 4, 4

_WRONG: Final = "This code is wrong, or was used before. Wait for the next one and type that."


@dataclass(frozen=True)
class Recovery:
    """Codes that each stand in for the authenticator once. Shown once and kept only as digests."""

    codes: tuple[str, ...] = field(repr=False)


def is_required(user: User, here: Site | None) -> bool:
    """Whether a person may not go on without a second factor.

    Administrators never may; others as SECOND_FACTOR says. In a demonstration, whose passwords are public, nobody has
    to, so that a newcomer signs in with a password alone.
    """
    if here is None or here.is_demonstration:
        return False
    return user.role == Role.ADMINISTRATOR or settings.SECOND_FACTOR == "all"


def factor_of(user: User) -> SecondFactor | None:
    """The second factor a person has enrolled."""
    return SecondFactor.objects.filter(user=user, enrolled_at__isnull=False).first()


def new_secret() -> str:
    """A new secret, encrypted: what a session may hold until a code confirms it."""
    return _cipher().encrypt(os.urandom(_SECRET_BYTES)).decode()


def secret_text(token: str) -> str:
    """A secret as people type it into an authenticator: base32, in groups of four."""
    text = _base32(token)
    return " ".join(text[i : i + 4] for i in range(0, len(text), 4))


def authenticator_uri(token: str, user: User) -> str:
    """What the QR code says: the key URI that every authenticator reads."""
    here = site()
    issuer = here.name if here else "Batch record"
    query = urlencode({"secret": _base32(token), "issuer": issuer}, quote_via=quote)
    return f"otpauth://totp/{quote(issuer)}:{quote(user.username)}?{query}"


def enrol(actor: User, *, token: str, code: str, password: str) -> tuple[User, Recovery]:
    """Take an authenticator for one's own account, once a code of it shows that it works.

    Every session of the account ends; the caller lets its own go on with the account given back.

    Raises:
        Refused: ACC-* for the password, MFA-01 wrong code, MFA-02 there is one already.
    """
    verify(Credential(actor.username, password), purpose="second factor", at="password")
    if factor_of(actor) is not None:
        raise Refused(Refusal("MFA-02", "You have a second factor. Ask an administrator to reset it first."))
    step = _matching_step(_decrypted(token), code, clock.now(), after=0)
    if step is None:
        raise Refused(Refusal("MFA-01", _WRONG, "one_time_code"))
    codes = tuple(_recovery_code() for _ in range(_RECOVERY_CODES))
    with sealed(Act(name="account:enrol-second-factor", actor=actor, at=clock.now()), SITE_STREAM) as act:
        factor = SecondFactor.objects.filter(user=actor).first() or SecondFactor(user=actor)
        factor.set_secret(token)
        factor.enrolled_at, factor.last_step, factor.failed_attempts = act.at, step, 0
        factor.recovery = [_digest(c) for c in codes]
        live = User.objects.get(pk=actor.pk)
        live.end_sessions()
        act.add(factor, live)
    return live, Recovery(codes)


def ask_code(user: User, code: str) -> None:
    """Check a code at signing in. A code is good once, whatever happens in between or at the same moment.

    Raises:
        Refused: ACC-02 locked, MFA-01 wrong or used, MFA-03 the secret can't be read any more.
        TooMany: too many failures from here.
    """
    rate_limit.refuse_flood(user.username)
    try:
        with sealed(Act(name="account:second-factor", actor=user, at=clock.now()), SITE_STREAM) as act:
            live = User.objects.get(pk=user.pk)
            if live.is_locked(act.at):
                raise Refused(_locked(live))
            factor = SecondFactor.objects.get(user=user)
            if not _take(factor, code, act):
                raise Refused(Refusal("MFA-01", _WRONG, "one_time_code"))
            factor.failed_attempts = 0
            act.add(factor)
    except Refused:
        live = _record_failure(user)
        if live.is_locked(clock.now()):
            raise Refused(_locked(live)) from None
        raise


@command("account:reset-second-factor", needs=Permission.MANAGE_ACCOUNTS)
def reset(act: Act, *, user: User) -> User:
    """Take away a second factor that was lost, and end the person's sessions. They enrol another one.

    Raises:
        Refused: ACC-06 one's own account, ACC-08 no reason, MFA-04 there is none.
    """
    if act.actor is not None and act.actor.pk == user.pk:
        raise Refused(Refusal("ACC-06", "This is your own account. Ask another administrator."))
    factor = factor_of(user)
    if factor is None:
        raise Refused(Refusal("MFA-04", "This account has no second factor. There is nothing to reset."))
    if not act.reason.strip():
        raise Refused(Refusal("ACC-08", "The reason is missing. Say why.", "reason"))
    factor.set_secret("")
    factor.enrolled_at, factor.failed_attempts, factor.recovery = None, 0, []
    live = User.objects.get(pk=user.pk)
    live.end_sessions()
    act.add(factor, live)
    return live


def _take(factor: SecondFactor, code: str, act: Act) -> bool:
    """Use up a code of the authenticator or a recovery code."""
    step = _matching_step(_decrypted(factor.secret), code, act.at, after=factor.last_step)
    if step is not None:
        factor.last_step = step
        return True
    digest = _digest(code)
    if digest in factor.recovery:
        factor.recovery = [d for d in factor.recovery if d != digest]
        act.notes["recovery codes left"] = str(len(factor.recovery))
        return True
    return False


def _matching_step(key: bytes, code: str, at: datetime, *, after: int) -> int | None:
    """The time step a code belongs to, if it is near enough and newer than `after`."""
    typed = "".join(code.split())
    if len(typed) != _DIGITS or not (typed.isascii() and typed.isdigit()):
        return None
    totp = TOTP(key, step=_STEP_S, digits=_DIGITS)
    totp.time = at.timestamp()
    return int(totp.t()) if totp.verify(int(typed), tolerance=_TOLERANCE, min_t=after + 1) else None


def _record_failure(user: User) -> User:
    """Seal one wrong code. They are counted apart from passwords: the right password does not forgive them."""
    act = Act(name="account:code-refused", actor=None, at=clock.now(), is_refused=True)
    act.notes |= {"username": user.username, **rate_limit.where()}
    with sealed(act, SITE_STREAM):
        live = User.objects.select_for_update().get(pk=user.pk)
        rate_limit.count(user.username)
        if live.is_locked(act.at):
            return live
        factor = SecondFactor.objects.get(user=user)
        factor.failed_attempts += 1
        if factor.failed_attempts >= MAX_FAILURES:
            factor.failed_attempts = 0
            live.locked_until = act.at + LOCKED_FOR
            act.notes["locked until"] = live.locked_until.isoformat()
            act.add(live)
        act.add(factor)
        return live


def _locked(user: User) -> Refusal:
    until = user.locked_until.strftime("%H:%M UTC") if user.locked_until else ""
    text = "This account is locked until {until}. Wait, or ask an administrator."
    return Refusal("ACC-02", text, "one_time_code", {"until": until})


def _cipher() -> MultiFernet:
    """Encryption under keys derived from the secrets of the installation, the newest first (RFC 5869)."""

    def key(secret: str) -> Fernet:
        derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"lims second factor").derive(secret.encode())
        return Fernet(base64.urlsafe_b64encode(derived))

    return MultiFernet([key(s) for s in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])


def _decrypted(token: str) -> bytes:
    try:
        return _cipher().decrypt(token)
    except InvalidToken:
        raise Refused(
            Refusal(
                "MFA-03",
                "Your second factor can't be read any more. Ask an administrator to reset it.",
                "one_time_code",
            )
        ) from None


def _base32(token: str) -> str:
    return base64.b32encode(_decrypted(token)).decode()


def _recovery_code() -> str:
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(_LENGTH)) for _ in range(_GROUPS))


def _digest(code: str) -> str:
    return hashlib.sha256("".join(code.split()).replace("-", "").lower().encode()).hexdigest()
