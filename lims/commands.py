"""Commands: the one way a record is changed. Screens, tasks, imports, demonstration and tests all call them.

A command is a function `body(act, *, …)` under `@command`; it is called as `name(actor, *, …, signatures=, once=,
seen=, reason=)`. Order: permission, texts that paper can show, signatures, transaction with the stream locked, body,
seal. A refusal leaves the record unchanged and a small refused act in the ledger.
"""

from __future__ import annotations

import functools
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Concatenate, ParamSpec, TypeVar

from django.core.exceptions import ValidationError
from django.db import IntegrityError

from lims import clock
from lims.accounts.authentication import Credential
from lims.accounts.models import User
from lims.accounts.permissions import Permission
from lims.acts import Act
from lims.ledger.append import AlreadyDone, sealed
from lims.ledger.models import SITE_STREAM, Entry
from lims.refusals import Refusal, Refused, refuse_if_any
from lims.signatures.meanings import Meaning
from lims.signatures.signing import refuse_changed, unconfirmed_refusal, verify_signers
from lims.texts import by_number, text_refusals

P = ParamSpec("P")
T = TypeVar("T")

Signed = Sequence[Meaning] | Callable[[Mapping[str, Any]], Sequence[Meaning]]
StreamOf = Callable[[Mapping[str, Any]], str | None]


class Stale(Refused):
    """Somebody else changed the record since the form was opened. `entries` are what they did."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self.entries = tuple(entries)
        who = ", ".join(dict.fromkeys(e.actor_name for e in entries))
        super().__init__(
            Refusal(
                "STALE-01",
                "This changed since you opened it: {who} did {acts}. Check what you typed, then send it again.",
                None,
                {"who": who, "acts": ", ".join(dict.fromkeys(e.name for e in entries))},
            )
        )


COMMANDS: dict[str, Callable[..., Any]] = {}


def command(
    name: str, *, needs: Permission, stream: StreamOf | str | None = SITE_STREAM, signed: Signed = ()
) -> Callable[[Callable[Concatenate[Act, P], T]], Callable[..., T]]:
    """Make a function the command `name`.

    Args:
        name: the act's name in the ledger, `noun:verb`.
        needs: the permission the actor, and any second person, must hold.
        stream: the ledger stream, or a function of the inputs; None when the body opens it.
        signed: meanings the act is signed with, or a function of the inputs.
    """

    def wrap(body: Callable[Concatenate[Act, P], T]) -> Callable[..., T]:
        @functools.wraps(body)
        def run(
            actor: User | None,
            /,
            *,
            signatures: Mapping[Meaning, Credential] | None = None,
            once: uuid.UUID | None = None,
            seen: int | None = None,
            reason: str = "",
            **inputs: Any,
        ) -> T:
            into = stream(inputs) if callable(stream) else stream
            act = Act(name=name, actor=actor, at=clock.now(), reason=reason, once=once)
            try:
                if actor is not None and not actor.may(needs):
                    raise Refused(
                        Refusal("PERM-01", "Your role does not allow this. Ask somebody whose role covers it.")
                    )
                # What the System keeps is made of what was typed before: that never stands in its way.
                if actor is not None:
                    refuse_if_any(text_refusals({**inputs, "reason": reason}))
                meanings = signed(inputs) if callable(signed) else signed
                if actor is not None and not meanings and _is_strange(actor):
                    raise Refused(unconfirmed_refusal(actor, None))
                if actor is not None and meanings:
                    if once is not None:
                        _refuse_repeat(once)
                    act.signers = verify_signers(actor, meanings, signatures or {}, needs=needs)
                with sealed(act, into):
                    if actor is not None:
                        refuse_changed(actor, act.signers)
                    if seen is not None and into is not None:
                        _refuse_stale(into, seen, actor)
                    return body(act, **inputs)  # type: ignore[call-arg]
            except ValidationError as error:
                refused = Refused(_from_validation(error))
                record_refusal(act, into, refused)
                raise refused from error
            except IntegrityError as error:
                refused = Refused(
                    Refusal("DBC-01", "The database refused this: {error}. Nothing was written.", None, _brief(error))
                )
                record_refusal(act, into, refused)
                raise refused from error
            except Stale:
                raise
            except Refused as refused:
                record_refusal(act, into, refused)
                raise

        COMMANDS[name] = run
        run.command_name = name  # type: ignore[attr-defined]
        run.needs = needs  # type: ignore[attr-defined]
        run.signed = signed  # type: ignore[attr-defined]
        return run

    return wrap


def record_refusal(act: Act, stream: str | None, refused: Refused) -> None:
    """Leave a small refused act in the ledger: who tried what, and why not."""
    small = Act(name=act.name, actor=act.actor, at=act.at, is_refused=True)
    small.notes = {"refused": " ".join(refused.codes)}
    # What was refused is printed too: a character that paper can't show stands there by its number.
    small.notes |= {f"reason {i}": by_number(r.text)[:300] for i, r in enumerate(refused.refusals, 1)}
    with sealed(small, stream or SITE_STREAM):
        return


def head_seq(stream: str) -> int:
    """Where a stream stands now, for a form to carry as `seen`."""
    last = Entry.objects.filter(stream=stream, is_refused=False).order_by("-seq").values_list("seq", flat=True).first()
    return last or 0


def _is_strange(actor: User) -> bool:
    """Whether somebody else gave this account its password, and nobody has seen since who uses it."""
    return actor.identity_confirmed_at is None and actor.password_given_by_id is not None


def _refuse_repeat(once: uuid.UUID) -> None:
    """A repeated click is found before passwords are asked again."""
    earlier = Entry.objects.filter(once=once).first()
    if earlier is not None:
        raise AlreadyDone(earlier)


def _refuse_stale(stream: str, seen: int, actor: User | None) -> None:
    later = list(Entry.objects.filter(stream=stream, seq__gt=seen, is_refused=False).order_by("seq"))
    if later:
        raise Stale(later)


def _from_validation(error: ValidationError) -> list[Refusal]:
    if hasattr(error, "error_dict"):
        return [
            Refusal("FLD-01", "{problem}", field if field != "__all__" else None, {"problem": " ".join(e.messages)})
            for field, errors in error.error_dict.items()
            for e in errors
        ]
    return [Refusal("FLD-01", "{problem}", None, {"problem": m}) for m in error.messages]


def _brief(error: IntegrityError) -> dict[str, object]:
    return {"error": str(error).splitlines()[0][:200]}
