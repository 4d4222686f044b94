"""The statement on electronic signatures, by version: what a person accepts before signing (21 CFR 11.100(c)).

A version that was accepted once is never reworded: other words are a new version, which everybody accepts anew.
Source of the last three sentences of version 1: 21 CFR 11.200(a) and 11.300 in plain words.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

TEXTS: Final[Mapping[int, tuple[str | Promise, ...]]] = {
    1: (
        _("My electronic signature in this system is as binding as my signature by hand."),
        _("It is mine alone. I tell nobody my password and sign for nobody else."),
        _("What I sign, I did, saw or checked myself, as the words above the signature say."),
        _("If I think somebody knows my password, I change it at once and tell QA."),
    ),
}


def current() -> int:
    """The version to be accepted now."""
    return max(TEXTS)
