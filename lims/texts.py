"""What paper can't show is refused when it is typed: recorded once, it would stand in the way of every print.

One rule for every text among the inputs of every command (`lims/commands.py`). The refusal at printing stays, for what
was recorded before there was this one.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any, Final
from unicodedata import category

from django.core.files.base import File

from lims.pdf.characters import missing
from lims.refusals import Refusal

CODE: Final = "TXT-01"
MOST_NAMED: Final = 5
# A password is never printed, and a message must not tell of what it is made.
_UNASKED: Final = frozenset({"password"})


def text_refusals(inputs: Mapping[str, Any]) -> Iterator[Refusal]:
    """TXT-01: characters that no font of the record has, beside the input they stand in, or its part where it has some.

    Asked of texts wherever they stand in the inputs, and of the name of a file; not of its content, nor of a row.
    """
    found: dict[str, dict[str, None]] = {}
    for name, value in inputs.items():
        for field, text in _texts(name, value):
            if characters := missing(text):
                found.setdefault(field, {}).update(dict.fromkeys(characters))
    for field, every in found.items():
        about = {"characters": _named(list(every))}
        yield Refusal(CODE, "Paper can't show {characters}. Write that in other characters.", field, about)


def by_number(text: str) -> str:
    """The text with the number of each character that paper can't show in its place: «U+1F600»."""
    return text.translate({ord(c): f"U+{ord(c):04X}" for c in missing(text)})


def _texts(name: str, value: object) -> Iterator[tuple[str, str]]:
    """Every text of an input with the field it belongs beside."""
    if name in _UNASKED:
        return
    if isinstance(value, str):
        yield name, value
    elif isinstance(value, File):
        yield name, value.name or ""
    elif isinstance(value, Mapping):
        for key, part in value.items():
            yield from _texts(name, key)
            yield from _texts(name, part)
    elif isinstance(value, list | tuple | set | frozenset):
        for part in value:
            yield from _texts(name, part)
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for part in dataclasses.fields(value):
            yield from _texts(part.name, getattr(value, part.name))


def _named(characters: list[str]) -> str:
    """The characters with their numbers; one that is not seen by itself, by its number alone."""
    numbers = [f"U+{ord(c):04X}" for c in characters]
    named = [n if category(c)[0] in "CMZ" else f"{c} ({n})" for c, n in zip(characters, numbers, strict=True)]
    named = named[:MOST_NAMED]
    return ", ".join([*named, "…"] if len(characters) > MOST_NAMED else named)
