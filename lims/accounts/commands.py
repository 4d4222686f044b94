"""Acts about accounts: starting the site, adding people, signing in and out, passwords, the statement.

Not here: checking a password (authentication.py).
"""

from __future__ import annotations

from zoneinfo import available_timezones

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from lims import clock
from lims.accounts import passwords, statement
from lims.accounts.authentication import Credential, verify
from lims.accounts.models import User
from lims.accounts.permissions import Permission, Role
from lims.acts import Act
from lims.commands import command
from lims.ledger.append import sealed
from lims.ledger.models import SITE_STREAM
from lims.models import Site
from lims.refusals import Refusal, Refused, refuse_if_any
from lims.texts import text_refusals

_DEMONSTRATION_HASHER = "argon2_demonstration"


def start_site(
    *, name: str, time_zone: str, administrator: tuple[str, str], password: str, is_demonstration: bool = False
) -> Site:
    """Begin a laboratory with its first administrator (user name, printed name), once.

    Raises:
        Refused: SITE-01 when a site has been started here; it can't become another one. SITE-02 unknown time zone.
            ACC-05 a password too weak; those of a demonstration are public and not looked at. TXT-01.
        ValidationError: a name that can't be kept.
    """
    if Site.objects.exists():
        raise Refused(Refusal("SITE-01", "A site has been started here. Use an empty database for another one."))
    username, printed_name = administrator
    refusals = [] if is_demonstration else weaknesses(password, User(username=username, printed_name=printed_name))
    if time_zone not in available_timezones():
        refusals.append(Refusal("SITE-02", "This time zone is not known. Name one such as Asia/Tokyo.", "time_zone"))
    refusals.extend(text_refusals({"name": name, "username": username, "printed_name": printed_name}))
    refuse_if_any(refusals)
    act = Act(name="site:start", actor=None, at=clock.now())
    act.notes = {"site": name, "time zone": time_zone, "demonstration": str(is_demonstration).lower()}
    with sealed(act, SITE_STREAM):
        here = Site(pk=1, name=name, time_zone=time_zone, is_demonstration=is_demonstration)
        user = User(username=username, printed_name=printed_name, role=Role.ADMINISTRATOR)
        _give_password(user, password, is_demonstration=is_demonstration)
        act.add(here, user)
        return here


@command("account:add", needs=Permission.MANAGE_ACCOUNTS)
def add_user(act: Act, *, username: str, printed_name: str, role: str, password: str) -> User:
    """Add a person with a first password, to be changed at the first signing in."""
    if User.objects.filter(username=username).exists():
        raise Refused(Refusal("ACC-04", "This user name was used before. Choose another one.", "username"))
    site = Site.objects.get(pk=1)
    user = User(username=username, printed_name=printed_name, role=role)
    _give_password(user, password, is_demonstration=site.is_demonstration)
    if not site.is_demonstration:
        user.password_given_by, user.password_given_at = act.actor, act.at
    act.add(user)
    return user


def weaknesses(password: str, user: User) -> list[Refusal]:
    """Why a password is too weak for a person: ACC-05 for each reason."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        return [Refusal("ACC-05", "{problem}", "password", {"problem": m}) for m in error.messages]
    return []


def _give_password(user: User, password: str, *, is_demonstration: bool) -> None:
    """Set a password. Demonstration people are ready to sign: their passwords are public and checked cheaply."""
    if is_demonstration:
        user.set_password(password, hasher=_DEMONSTRATION_HASHER)
        user.must_change_password = False
        user.statement_accepted_at, user.statement_version = clock.now(), statement.current()
        user.identity_confirmed_at = clock.now()
    else:
        user.set_password(password)


def authenticate_user(username: str, password: str, *, purpose: str) -> User:
    """The account behind a user name and password; failures are recorded and count toward the lock.

    Raises:
        Refused: ACC-01 wrong, ACC-02 locked, ACC-03 disabled.
    """
    return verify(Credential(username, password), purpose=purpose)


def record_sign_in(user: User) -> None:
    """Leave the signing in in the ledger."""
    with sealed(Act(name="account:sign-in", actor=user, at=clock.now()), SITE_STREAM):
        return


def record_sign_out(user: User) -> None:
    """Leave the signing out in the ledger."""
    with sealed(Act(name="account:sign-out", actor=user, at=clock.now()), SITE_STREAM):
        return


def change_password(actor: User, old: str, new: str) -> User:
    """Change one's own password.

    Raises:
        Refused: ACC-* for the old one, ACC-05 when the new one is too weak or was used before.
    """
    verify(Credential(actor.username, old), purpose="change password", at="old_password")
    refuse_if_any(r.at("new_password") for r in weaknesses(new, actor))
    if old == new:
        raise Refused(Refusal("ACC-05", "The new password is the old one. Choose another.", "new_password"))
    if passwords.was_used(actor, new):
        raise Refused(Refusal("ACC-05", "You had this password before. Choose another one.", "new_password"))
    with sealed(Act(name="account:change-password", actor=actor, at=clock.now()), SITE_STREAM) as act:
        user = User.objects.get(pk=actor.pk)
        passwords.remember(act, user)
        user.set_password(new)
        user.must_change_password, user.one_time_until = False, None
        act.add(user)
        return user


def accept_statement(actor: User) -> User:
    """Keep that a person accepts their electronic signature as binding as a written one (21 CFR 11.100)."""
    with sealed(Act(name="account:accept-statement", actor=actor, at=clock.now()), SITE_STREAM) as act:
        user = User.objects.get(pk=actor.pk)
        user.statement_accepted_at, user.statement_version = act.at, statement.current()
        act.add(user)
        return user
