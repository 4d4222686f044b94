"""Downtime forms of a story: issued, entered late, transcribed with the sheet, voided."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from typing import Any

import pikepdf
from django.core.files.uploadedfile import SimpleUploadedFile

from batches.commands.downtime import issue_forms, transcribe_form, void_form
from batches.models import DowntimeForm, FormTranscription, Observation
from batches.queries.downtime import recorded_since
from batches.rules.downtime import FormStep
from lims.accounts.models import User
from lims.signatures.meanings import Meaning
from tests.builders import Story
from tests.cast import signed

LATE = "Entered from the sheet: the system was down from 08:00 to 11:00."


def issued(
    story: Story, step: FormStep = FormStep.CULTURE_DAY, by: User | None = None, **changes: Any
) -> list[DowntimeForm]:
    """Forms for a step of the story's batch, given to its technician by its supervisor."""
    given: dict[str, Any] = {"batch": story.batch, "issued_to": story.cast.technician}
    with story.now():
        made: list[DowntimeForm] = issue_forms(
            by or story.cast.supervisor, step=step, mbr=story.cast.mbr, **(given | changes)
        )
    return made


def entered(story: Story) -> Observation:
    """An observation made on paper two hours ago, entered now."""
    story.wait(hours=3)
    return story.observe("50", done_at=story.at - timedelta(hours=2), late_reason=LATE)


def sheet() -> SimpleUploadedFile:
    """A scanned sheet, on which nothing is seen."""
    out = BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.save(out)
    return SimpleUploadedFile("sheet.pdf", out.getvalue())


def transcribed(story: Story, form: DowntimeForm, **changes: Any) -> FormTranscription:
    """The form transcribed by everything that may have been entered from it."""
    given: dict[str, Any] = {
        "batch": story.batch,
        "form": form,
        "acts": [entry.pk for entry in recorded_since(form, story.batch)],
        "scan": sheet(),
        "signatures": signed(
            (Meaning.TRANSCRIBED, story.cast.technician), (Meaning.CHECKED, story.cast.second_technician)
        ),
    }
    with story.now():
        made: FormTranscription = transcribe_form(story.cast.technician, **(given | changes))
    return made


def voided(story: Story, form: DowntimeForm, by: User | None = None, **changes: Any) -> DowntimeForm:
    """The form voided, with nothing on it."""
    given: dict[str, Any] = {"void_reason": "Not needed, torn up before the supervisor.", "is_blank": True}
    with story.now():
        made: DowntimeForm = void_form(by or story.cast.supervisor, form=form, **(given | changes))
    return made
