"""Signing an act: each signer re-authenticates against the live credential, for one meaning.

The person acting stays signed in while a second person signs beside. Second persons are told apart by account,
never by role.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from lims.accounts.authentication import Credential, verify
from lims.accounts.models import User
from lims.accounts.permissions import Permission
from lims.refusals import Refusal, Refused
from lims.signatures.meanings import SECOND_PERSON, Meaning


@dataclass(frozen=True)
class VerifiedSigner:
    """A person whose password was just checked, and what the signature will say."""

    user: User
    meaning: Meaning


def verify_signers(
    actor: User, meanings: Sequence[Meaning], given: Mapping[Meaning, Credential], *, needs: Permission
) -> tuple[VerifiedSigner, ...]:
    """Check every signature an act demands, before anything is written.

    Raises:
        Refused: all reasons at once. SIG-01 missing, SIG-02 the performer is somebody else, SIG-03 second person is
            the performer, SIG-04 the statement is not accepted, SIG-05 second person may not do this, SIG-06 the
            performer's user name is missing, SIG-07 an identity not confirmed, ACC-* from the password.
    """
    refusals: list[Refusal] = []
    signers: list[VerifiedSigner] = []
    for meaning in meanings:
        field = f"{meaning.value}-password"
        credential = given.get(meaning)
        is_second = meaning in SECOND_PERSON
        if credential is None or not credential.password or not credential.username.strip():
            refusals.extend(_missing(meaning, field, credential))
            continue
        named = credential.username.strip().lower()
        if not is_second and named != actor.username:
            refusals.append(
                Refusal("SIG-02", "Only the person signed in can sign here. Sign in as yourself.", _user_field(meaning))
            )
            continue
        if is_second and named == actor.username:
            refusals.append(
                Refusal("SIG-03", "You can't check your own work. Ask a second person to sign.", _user_field(meaning))
            )
            continue
        try:
            user = verify(credential, purpose=f"signature {meaning.value}", at=field)
        except Refused as refused:
            refusals.extend(refused.refusals)
            continue
        if user.must_change_password or not user.has_accepted_statement:
            refusals.append(
                Refusal("SIG-04", "{name} has not set up signing yet. Sign in once to do so.", field, _named(user))
            )
        elif user.identity_confirmed_at is None:
            refusals.append(unconfirmed_refusal(user, field))
        elif is_second and not user.may(needs):
            refusals.append(
                Refusal(
                    "SIG-05",
                    "{name} is not allowed to check this step. Ask somebody whose role covers it.",
                    _user_field(meaning),
                    _named(user),
                )
            )
        signers.append(VerifiedSigner(user, meaning))
    if refusals:
        raise Refused(refusals)
    return tuple(signers)


def refuse_changed(actor: User, signers: Sequence[VerifiedSigner]) -> None:
    """Ask once more, under the lock: an account may have been disabled, or changed, since it was asked.

    Raises:
        Refused: SIG-08 the account is disabled, or has another role or password now.
    """
    asked = {actor.pk: actor} | {signer.user.pk: signer.user for signer in signers}
    signing = {signer.user.pk for signer in signers}
    for now in User.objects.filter(pk__in=list(asked)):
        then = asked[now.pk]
        is_same = (now.is_active, now.role) == (then.is_active, then.role)
        if not is_same or (now.pk in signing and now.password != then.password):
            raise Refused(
                Refusal("SIG-08", "The account of {name} was changed just now. Sign in again.", None, _named(then))
            )


def unconfirmed_refusal(user: User, field: str | None) -> Refusal:
    """SIG-07: who uses this account is not known since somebody else gave it a password."""
    return Refusal(
        "SIG-07",
        "The identity of {name} is not confirmed since the account got its password. Ask QA to confirm it.",
        field,
        _named(user),
    )


def _named(user: User) -> dict[str, object]:
    return {"name": user.printed_name}


def _user_field(meaning: Meaning) -> str:
    return f"{meaning.value}-username"


def _missing(meaning: Meaning, field: str, credential: Credential | None) -> Iterator[Refusal]:
    if meaning in SECOND_PERSON:
        yield Refusal("SIG-01", "A second person's signature is missing. Ask them to sign here.", field)
        return
    if credential is not None and not credential.username.strip():
        yield Refusal(
            "SIG-06",
            "The first signature after signing in, a lock or a new password takes both. Type your user name.",
            _user_field(meaning),
        )
    if credential is None or not credential.password:
        yield Refusal("SIG-01", "Your signature is missing. Type your password.", field)
