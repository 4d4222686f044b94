"""Downtime forms: which steps have one, how many are issued at once, and when one may be transcribed or voided.

A form is a numbered sheet of paper for a step that must go on while the system is down. Not here: what is printed on
it (downtime_sheets.py), and the acts that record what was written (each noun's own rules).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final

from batches.rules.states import FormState
from batches.rules.wording import gettext_noop
from lims.act_words import words_of
from lims.refusals import Refusal

MOST_AT_ONCE: Final = 20


class FormStep(StrEnum):
    """A step that has a form."""

    HARVEST = "harvest"
    RECEIPT = "receipt"
    ISOLATION = "isolation"
    CULTURE_DAY = "culture_day"
    PASSAGE = "passage"
    CELL_HARVEST = "cell_harvest"
    FILL = "fill"
    INFUSION = "infusion"


TITLES: Final = {
    FormStep.HARVEST: gettext_noop("Harvest of adipose tissue"),
    FormStep.RECEIPT: gettext_noop("Receipt and identity check"),
    FormStep.ISOLATION: gettext_noop("Isolation and seeding of P0"),
    FormStep.CULTURE_DAY: gettext_noop("Culture day"),
    FormStep.PASSAGE: gettext_noop("Passage"),
    FormStep.CELL_HARVEST: gettext_noop("Final cell harvest"),
    FormStep.FILL: gettext_noop("Formulation and fill"),
    FormStep.INFUSION: gettext_noop("Infusion readings"),
}

# The acts that record what a form holds: their pages lead back from paper.
ACTS_OF: Final = {
    FormStep.HARVEST: ("harvest:log",),
    FormStep.RECEIPT: ("harvest:receive",),
    FormStep.ISOLATION: ("isolation:log",),
    FormStep.CULTURE_DAY: ("culture:observe", "culture:change_medium"),
    FormStep.PASSAGE: ("passage:log",),
    FormStep.CELL_HARVEST: ("cell_harvest:log",),
    FormStep.FILL: ("fill:log",),
    FormStep.INFUSION: ("infusion:observe",),
}


@dataclasses.dataclass(frozen=True)
class ActFacts:
    """An act that is said to have been recorded from a form. `other_form` is a form it was transcribed from before.

    `done_at` is when what it tells was done, as the record has it now.
    """

    name: str
    stream: str
    at: datetime
    is_refused: bool
    other_form: str = ""
    done_at: datetime | None = None


def issue_refusals(*, number: int, is_ended: bool) -> Iterator[Refusal]:
    """FRM-01 none or too many at once, FRM-02 for a batch that has ended."""
    if not 1 <= number <= MOST_AT_ONCE:
        yield Refusal("FRM-01", "Issue 1 to {most} forms at once.", "number", {"most": MOST_AT_ONCE})
    if is_ended:
        yield Refusal("FRM-02", "This batch has ended. No form is issued for it.", "batch")


def open_refusals(state: FormState) -> Iterator[Refusal]:
    """FRM-03: what is transcribed or voided stays so."""
    if state is FormState.TRANSCRIBED:
        yield Refusal("FRM-03", "This form is transcribed already.")
    elif state is FormState.VOIDED:
        yield Refusal("FRM-03", "This form is void. What is written on it does not count.")


def batch_refusals(*, issued_for: str | None, batch: str) -> Iterator[Refusal]:
    """FRM-04: a form issued for another batch. What was written on a blank form of an older version still happened."""
    if issued_for is not None and issued_for != batch:
        yield Refusal(
            "FRM-04", "This form was issued for {batch}. Take one of this batch.", None, {"batch": issued_for}
        )


def acts_refusals(
    step: FormStep, acts: Sequence[ActFacts], *, stream: str, issued_at: datetime, field: str = "acts"
) -> Iterator[Refusal]:
    """FRM-05 no act chosen, FRM-06 one that was not recorded from this form, FRM-11 one done before there was the form.

    When something was done is typed to the minute: the minute in which the form was issued is not before it.
    """
    minute = issued_at.replace(second=0, microsecond=0)
    if not acts:
        yield Refusal("FRM-05", "No act is chosen. Record what the sheet says first, then choose it.", field)
    for act in acts:
        if act.stream != stream or act.is_refused or act.name not in ACTS_OF[step]:
            yield Refusal("FRM-06", "{act} is no act that this form is for.", field, {"act": act.name})
        elif act.at < issued_at:
            yield Refusal("FRM-06", "{act} was recorded before this form was issued.", field, {"act": act.name})
        elif act.other_form:
            about = {"act": act.name, "form": act.other_form}
            yield Refusal("FRM-06", "{act} was transcribed from form {form} already.", field, about)
        elif act.done_at is not None and act.done_at < minute:
            told = "«{act}» tells of what was done before this form was issued. Take the form it was written on."
            yield Refusal("FRM-11", told, field, {"act": words_of(act.name)})


def scan_refusals(*, is_there: bool, is_blank: bool = False, field: str = "scan") -> Iterator[Refusal]:
    """FRM-07: the sheet itself is kept with what was read from it. FRM-12: `is_blank`, an empty form is none."""
    if not is_there:
        yield Refusal("FRM-07", "The scanned sheet is missing. Add it as PDF or photo.", field)
    elif is_blank:
        yield Refusal(
            "FRM-12", "This is the empty form as it was handed out. Scan the sheet that was written on.", field
        )


def void_refusals(*, is_blank: bool, reason: str, is_named: bool = False) -> Iterator[Refusal]:
    """FRM-08 no reason, FRM-09 something is written on it: that is transcribed, never thrown away.

    FRM-10: `is_named`, a late entry says that it was made on this form.
    """
    if is_named:
        yield Refusal("FRM-10", "A late entry says that it was made on this form. Transcribe it.")
    if len(reason.strip()) < 10:
        yield Refusal("FRM-08", "Say in 10 characters at least why, and what became of the sheet.", "void_reason")
    if not is_blank:
        yield Refusal("FRM-09", "Only a form with nothing on it is voided. Transcribe this one.", "is_blank")
