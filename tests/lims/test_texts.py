"""The rule of typed texts: found wherever they stand among the inputs, named in plain words."""

from __future__ import annotations

import dataclasses
import timeit
from collections.abc import Sequence

import pytest
from django import forms
from django.core.files.uploadedfile import SimpleUploadedFile

from lims.refusals import Refusal
from lims.texts import text_refusals
from lims.web.act_pages import beside_fields

GRIN = "\U0001f600"


@dataclasses.dataclass(frozen=True)
class Line:
    """A line of a form."""

    lot: str
    number: int = 1


@dataclasses.dataclass(frozen=True)
class Typed:
    """A part of a form, with lines."""

    comment: str
    lines: Sequence[Line] = ()


def found(**inputs: object) -> list[tuple[str | None, object]]:
    return [(r.field, r.params["characters"]) for r in text_refusals(inputs)]


@pytest.mark.parametrize(
    ("value", "field"),
    [
        (f"lot {GRIN}", "given"),
        ([Line("V-1"), Line(f"V-{GRIN}")], "lot"),
        (Typed(f"{GRIN}"), "comment"),
        (Typed("", (Line(GRIN),)), "lot"),
        ({"a": {"b": [GRIN]}}, "given"),
        ({GRIN: 1}, "given"),
        ((GRIN,), "given"),
        (SimpleUploadedFile(f"photo {GRIN}.jpg", b""), "given"),
    ],
)
def test_a_text_is_found_wherever_it_stands(value: object, field: str) -> None:
    assert found(given=value) == [(field, f"{GRIN} (U+1F600)")]


@pytest.mark.parametrize("value", [GRIN.encode(), SimpleUploadedFile("a.csv", GRIN.encode()), 5, None, Line, "山田 µm"])
def test_nothing_else_is_asked(value: object) -> None:
    assert found(given=value) == []


def test_a_password_is_not_asked() -> None:
    assert found(password=GRIN, name=GRIN) == [("name", f"{GRIN} (U+1F600)")]


def test_five_are_named_and_what_can_not_be_seen_by_its_number() -> None:
    (refusal,) = text_refusals({"comment": f"{GRIN}{GRIN}\u0639\x1d\ufe0f\ud800\ud55c"})
    assert refusal.text == (
        f"Paper can't show {GRIN} (U+1F600), \u0639 (U+0639), U+001D, U+FE0F, U+D800, …. "
        "Write that in other characters."
    )


class Lines(forms.Form):
    """Two fields that are one input."""

    lot1 = forms.CharField()
    lot2 = forms.CharField()


def test_an_input_of_several_fields_is_refused_beside_the_one_that_was_typed() -> None:
    form = Lines({"lot1": "V-1", "lot2": GRIN})
    assert form.is_valid()
    other = Refusal("SAM-01", "Another one.", "lot")
    refusals = list(beside_fields(form, [*text_refusals({"lines": [Line("V-1"), Line(GRIN)]}), other]))
    assert [(r.code, r.field) for r in refusals] == [("TXT-01", "lot2"), ("SAM-01", "lot")]


def test_asking_costs_a_command_nothing_that_is_felt() -> None:
    inputs = {f"field{n}": "Adherent, spindle-shaped, 5 µm; 山田太郎は確認した。" * 10 for n in range(20)}
    assert list(text_refusals(inputs)) == []
    assert min(timeit.repeat(lambda: list(text_refusals(inputs)), number=1, repeat=5)) < 0.02
