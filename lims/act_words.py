"""What people call the acts of the ledger, on screen and on paper; the name of an act is for programs.

Words are said as what somebody does: «Log passage». The manufacturing domain gives its own when it starts. Plain text
and no Django, so that rules may use it; whoever shows the words translates them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_WORDS: Final[dict[str, str]] = {
    "account:accept-statement": "Accept statement on signatures",
    "account:add": "Add account",
    "account:change-password": "Change password",
    "account:change-role": "Change role",
    "account:code-refused": "Code of second factor refused",
    "account:confirm-identity": "Confirm identity",
    "account:disable": "Disable account",
    "account:enable": "Enable account",
    "account:enrol-second-factor": "Enrol second factor",
    "account:failures-cleared": "Clear failed attempts",
    "account:flood-refused": "Too many attempts refused",
    "account:invite": "Invite to account",
    "account:password-refused": "Password refused",
    "account:rename": "Rename account",
    "account:reset-password": "Reset password",
    "account:reset-second-factor": "Reset second factor",
    "account:review-access": "Review access",
    "account:second-factor": "Give second factor",
    "account:sign-in": "Sign in",
    "account:sign-out": "Sign out",
    "account:unlock": "Unlock account",
    "ledger:backup": "Back up",
    "ledger:export": "Keep exported audit trail",
    "ledger:key": "Begin key of checkpoints",
    "ledger:request_export": "Ask for audit trail as data",
    "ledger:restore": "Put back a backup",
    "ledger:restore-verified": "Verify what was put back",
    "notice:acknowledge": "Acknowledge notice",
    "page:refused": "Page refused",
    "site:configure": "Change settings",
    "site:start": "Start site",
}


def name_acts(words: Mapping[str, str]) -> None:
    """Say what acts are called, by their names."""
    _WORDS.update(words)


def known_acts() -> list[tuple[str, str]]:
    """Every act that has words: its name and they, in the order of the words."""
    return sorted(_WORDS.items(), key=lambda named: named[1])


def words_of(name: str) -> str:
    """An act of the ledger as people call it: `passage:log` is «Log passage».

    One of another version of the program, which has no words here, is spelled out: `patient:weigh` «Patient, weigh».
    """
    if name in _WORDS:
        return _WORDS[name]
    noun, _colon, verb = name.partition(":")
    return f"{noun.replace('_', ' ').capitalize()}, {verb.replace('_', ' ')}" if verb else noun
