"""Acts on the accounts of others: invite, rename, change the role, disable and enable, reset a password, unlock.

Nobody does any of them to their own account. An account is never deleted, and its user name is never used again.
Not here: what one does with one's own account (commands.py), and who confirms an identity (identity.py).
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from lims.accounts import passwords
from lims.accounts.models import User
from lims.accounts.permissions import Permission, Role
from lims.acts import Act
from lims.commands import command
from lims.notices.raising import in_words, raise_notice
from lims.refusals import Refusal, Refused

# Letters and digits that are not taken for one another when read from a screen or over a telephone. Sixteen of these
# 31 are 79 bits of chance.
_LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"
_GROUPS, _LENGTH = 4, 4


# What a state is drawn as and called.
STATES: Mapping[str, tuple[str, str | Promise]] = {
    "active": ("ok", _("Active")),
    "invited": ("pending", _("One-time password")),
    "expired": ("alert", _("One-time password expired")),
    "locked": ("alert", _("Locked")),
    "disabled": ("blocked", _("Disabled")),
}


@dataclass(frozen=True)
class OneTimePassword:
    """A person and the password to sign in with once. It is shown once and kept nowhere."""

    user: User
    password: str = field(repr=False)


@command("account:invite", needs=Permission.MANAGE_ACCOUNTS)
def invite(act: Act, *, username: str, printed_name: str, role: str, is_shared: bool = False) -> OneTimePassword:
    """Add a person, who signs in once with the password given back and then chooses one of their own.

    A shared account, such as that of a screen on the wall, may look at records and never write, whatever its role.

    Raises:
        Refused: ACC-04 a user name that was used before, ACC-21 somebody else's printed name.
    """
    if User.objects.filter(username=username).exists():
        raise Refused(Refusal("ACC-04", "This user name was used before. Choose another one.", "username"))
    _refuse_name_of_another(printed_name, None)
    user = User(username=username, printed_name=printed_name, role=role, is_shared=is_shared)
    made = _with_new_password(act, user)
    _tell_qa(
        act, made.user, "{name} ({username}): account made by {by} at {at}. It signs nothing until QA confirms it."
    )
    return made


def _refuse_name_of_another(printed_name: str, user: User | None) -> None:
    """Names on paper tell people apart: no two accounts have the same one, disabled ones included."""
    others = User.objects.filter(printed_name__iexact=printed_name.strip())
    if (others.exclude(pk=user.pk) if user else others).exists():
        told = "Somebody else has this name on what they signed. Add what tells the two apart."
        raise Refused(Refusal("ACC-21", told, "printed_name"))


@command("account:reset-password", needs=Permission.MANAGE_ACCOUNTS)
def reset_password(act: Act, *, user: User) -> OneTimePassword:
    """Give a person a one-time password, end their sessions and open the lock on their account.

    They can't sign a record before they have chosen a password of their own and QA has confirmed who they are.

    Raises:
        Refused: ACC-06 one's own account, ACC-07 a disabled account, ACC-08 no reason.
    """
    live = _of_another(act, user)
    _refuse_disabled(live)
    _refuse_without_reason(act)
    live.failed_attempts, live.locked_until = 0, None
    made = _with_new_password(act, live)
    _tell_owner(act, live, "Your password was reset by {by} at {at}. If you did not ask for it, tell QA at once.")
    _tell_qa(act, live, "{name} ({username}): password reset by {by} at {at}. It signs nothing until QA confirms it.")
    return made


@command("account:rename", needs=Permission.MANAGE_ACCOUNTS)
def rename(act: Act, *, user: User, printed_name: str) -> User:
    """Give a person another printed name. What they signed keeps the name it was signed with.

    They sign nothing under the new one before QA has confirmed who they are.

    Raises:
        Refused: ACC-06 one's own account, ACC-07 a disabled account, ACC-08 no reason, ACC-20 the name they have,
            ACC-21 somebody else's.
    """
    live = _of_another(act, user)
    _refuse_disabled(live)
    _refuse_without_reason(act)
    old, new = live.printed_name, printed_name.strip()
    if new == old:
        raise Refused(Refusal("ACC-20", "This is the name they have. Type the new one.", "printed_name"))
    _refuse_name_of_another(new, live)
    live.printed_name, live.identity_confirmed_at = new, None
    act.add(live)
    _tell_owner(
        act,
        live,
        "Your printed name was changed by {by} at {at}, from {old} to {name}. You sign again once QA confirms you.",
        old=old,
    )
    _tell_qa(
        act,
        live,
        "{old} ({username}): printed name changed by {by} at {at} to {name}. It signs nothing until QA confirms it.",
        old=old,
    )
    return live


@command("account:change-role", needs=Permission.MANAGE_ACCOUNTS)
def change_role(act: Act, *, user: User, role: str) -> User:
    """Give a person another role and end their sessions. What they signed keeps the role they had.

    Raises:
        Refused: ACC-06 one's own account, ACC-07 a disabled account, ACC-08 no reason, ACC-09 the role they have.
    """
    live = _of_another(act, user)
    _refuse_disabled(live)
    _refuse_without_reason(act)
    if live.role == role:
        has: dict[str, object] = {"name": live.printed_name, "role": str(Role(role).label)}
        raise Refused(Refusal("ACC-09", "{name} has the role {role}. Choose another one.", "role", has))
    live.role = role
    live.end_sessions()
    act.add(live)
    return live


@command("account:disable", needs=Permission.MANAGE_ACCOUNTS)
def disable(act: Act, *, user: User) -> User:
    """Let a person in no more. Their sessions end with the next page; what they did and signed stays.

    Raises:
        Refused: ACC-06 one's own account, ACC-07 disabled already, ACC-08 no reason.
    """
    live = _of_another(act, user)
    _refuse_disabled(live)
    _refuse_without_reason(act)
    live.is_active = False
    live.end_sessions()
    act.add(live)
    return live


@command("account:enable", needs=Permission.MANAGE_ACCOUNTS)
def enable(act: Act, *, user: User) -> OneTimePassword:
    """Let a disabled person in again, with a one-time password: the old one may be known to others by now.

    Raises:
        Refused: ACC-06 one's own account, ACC-08 no reason, ACC-10 not disabled.
    """
    live = _of_another(act, user)
    if live.is_active:
        raise Refused(Refusal("ACC-10", "This account is not disabled. There is nothing to enable."))
    _refuse_without_reason(act)
    live.is_active, live.failed_attempts, live.locked_until = True, 0, None
    made = _with_new_password(act, live)
    _tell_owner(act, live, "Your account was enabled by {by} at {at}. If you did not ask for it, tell QA at once.")
    _tell_qa(act, live, "{name} ({username}): enabled by {by} at {at}. It signs nothing until QA confirms it.")
    return made


@command("account:unlock", needs=Permission.MANAGE_ACCOUNTS)
def unlock(act: Act, *, user: User) -> User:
    """Open the lock on an account before its time, once it is known who typed the wrong passwords.

    Raises:
        Refused: ACC-06 one's own account, ACC-08 no reason, ACC-11 not locked.
    """
    live = _of_another(act, user)
    if not live.is_locked(act.at):
        raise Refused(Refusal("ACC-11", "This account is not locked. There is nothing to unlock."))
    _refuse_without_reason(act)
    live.failed_attempts, live.locked_until = 0, None
    act.add(live)
    return live


def state_of(user: User, at: datetime) -> str:
    """How an account stands: `disabled`, `locked`, `invited` (with a one-time password), `expired` or `active`."""
    if not user.is_active:
        return "disabled"
    if user.is_locked(at):
        return "locked"
    if passwords.is_expired(user, at):
        return "expired"
    return "invited" if user.must_change_password else "active"


def _tell_owner(act: Act, user: User, message: str, **params: str) -> None:
    raise_notice(act, message, _told(act, user) | params, person=user)


def _tell_qa(act: Act, user: User, message: str, **params: str) -> None:
    raise_notice(act, message, _told(act, user) | params, roles=(Role.QA,))


def _told(act: Act, user: User) -> dict[str, str]:
    return {"name": user.printed_name, "username": user.username, "by": act.actor_name, "at": in_words(act.at)}


def _of_another(act: Act, user: User) -> User:
    if act.actor is not None and act.actor.pk == user.pk:
        raise Refused(Refusal("ACC-06", "This is your own account. Ask another administrator."))
    return User.objects.get(pk=user.pk)


def _refuse_disabled(user: User) -> None:
    if not user.is_active:
        raise Refused(Refusal("ACC-07", "This account is disabled. Enable it first."))


def _refuse_without_reason(act: Act) -> None:
    if not act.reason.strip():
        raise Refused(Refusal("ACC-08", "The reason is missing. Say why.", "reason"))


def _with_new_password(act: Act, user: User) -> OneTimePassword:
    password = "-".join("".join(secrets.choice(_LETTERS) for _ in range(_LENGTH)) for _ in range(_GROUPS))
    passwords.remember(act, user)
    user.set_password(password)
    user.must_change_password, user.one_time_until = True, act.at + passwords.ONE_TIME_FOR
    user.password_given_by, user.password_given_at, user.identity_confirmed_at = act.actor, act.at, None
    act.add(user)
    return OneTimePassword(user, password)
