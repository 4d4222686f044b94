"""Confirming who a person is, after somebody else gave their account a password.

Whoever knows a one-time password could sign in with it and choose another. So an account that was invited, reset or
enabled signs nothing until a second person, not the one who gave the password, has seen its owner use it
(21 CFR 11.100(b), 11.200(a)(3)). Not here: giving passwords (administration.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from django.db.models import QuerySet

from lims import clock
from lims.accounts.models import IdentityConfirmation, User
from lims.accounts.permissions import Permission, Role
from lims.acts import Act
from lims.commands import command
from lims.ledger.append import sealed
from lims.ledger.models import SITE_STREAM
from lims.notices.raising import in_words, raise_notice
from lims.refusals import Refusal, Refused, refuse_if_any
from lims.signatures.meanings import Meaning

SHORTEST_EVIDENCE: Final = 10
_AT_CONSOLE: Final = "Confirmed at the console, while no person of QA was confirmed."


def unconfirmed() -> QuerySet[User]:
    """Accounts that may sign in and not sign."""
    return User.objects.filter(is_active=True, identity_confirmed_at=None).order_by("printed_name")


@command("account:confirm-identity", needs=Permission.CONFIRM_IDENTITY, signed=(Meaning.APPROVED,))
def confirm_identity(act: Act, *, user: User, evidence: str) -> IdentityConfirmation:
    """Confirm that the owner of an account is who it says, and chose its password. From then on it signs.

    Raises:
        Refused: ACC-06 one's own account, ACC-07 a disabled one, IDN-01 confirmed before, IDN-02 by who gave the
            password, IDN-03 the owner has not chosen a password, IDN-04 no word on how it was checked.
    """
    assert act.actor is not None
    live = User.objects.get(pk=user.pk)
    refusals = list(_standing(live))
    if live.pk == act.actor.pk:
        refusals.append(Refusal("ACC-06", "This is your own account. Ask another person of QA."))
    if live.password_given_by_id == act.actor.pk:
        refusals.append(Refusal("IDN-02", "You gave this account its password. Ask another person to confirm it."))
    if len(evidence.strip()) < SHORTEST_EVIDENCE:
        about: dict[str, object] = {"least": SHORTEST_EVIDENCE}
        refusals.append(
            Refusal("IDN-04", "Say how the identity was checked, in {least} characters at least.", "evidence", about)
        )
    refuse_if_any(refusals)
    made = _confirmed(act, live, evidence.strip())
    act.sign(made)
    return made


def confirm_first(username: str) -> User:
    """Confirm the first person of QA, at the console: a new laboratory has nobody who could.

    Raises:
        Refused: IDN-05 somebody of QA is confirmed and does it, IDN-06 no such person of QA, ACC-07, IDN-01, IDN-03.
    """
    if User.objects.filter(role=Role.QA, is_active=True, identity_confirmed_at__isnull=False).exists():
        raise Refused(Refusal("IDN-05", "A person of QA is confirmed. Ask them to confirm others on their page."))
    user = User.objects.filter(username=username.strip().lower(), role=Role.QA).first()
    if user is None:
        raise Refused(
            Refusal("IDN-06", "This is no person of QA. The first one confirmed is of QA, and confirms others.")
        )
    refuse_if_any(_standing(user))
    with sealed(Act(name="account:confirm-identity", actor=None, at=clock.now()), SITE_STREAM) as act:
        live = User.objects.get(pk=user.pk)
        _confirmed(act, live, _AT_CONSOLE)
        raise_notice(
            act,
            "The identity of {name} was confirmed at the console at {at}, while no person of QA was confirmed.",
            {"name": live.printed_name, "at": in_words(act.at)},
            roles=(Role.QA, Role.ADMINISTRATOR),
        )
        return live


def _standing(user: User) -> Iterator[Refusal]:
    if not user.is_active:
        yield Refusal("ACC-07", "This account is disabled. Enable it first.")
    elif user.identity_confirmed_at is not None:
        yield Refusal("IDN-01", "This identity is confirmed already. There is nothing to do.")
    elif user.must_change_password:
        yield Refusal("IDN-03", "{name} has not chosen a password yet. Let them sign in first.", None, _named(user))


def _named(user: User) -> dict[str, object]:
    return {"name": user.printed_name}


def _confirmed(act: Act, user: User, evidence: str) -> IdentityConfirmation:
    user.identity_confirmed_at = act.at
    made = IdentityConfirmation(user=user, printed_name=user.printed_name, evidence=evidence)
    act.add(made, user)
    return made
