"""A batch that lived through everything: rows of every model below a batch or a patient, nearly all of them signed."""

from __future__ import annotations

from io import BytesIO

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from batches.commands.documents import keep_print, request_print
from batches.commands.labels import print_labels
from batches.commands.paper import import_passages
from batches.rules.states import DispositionState
from lims.signatures.meanings import Meaning
from tests.batches.copies import issued as issued_copy
from tests.builders import Story
from tests.builders_downtime import entered, issued, transcribed
from tests.cast import Cast, signed


def live_through(story: Story) -> Story:
    """From enrolment to the follow-up, with corrections, deviations, a lost vessel, a repeated test and a print."""
    harvest = story.harvest()
    story.correct(harvest, "anaesthesia", "Lidocaine 2 %, local")
    story.weigh("61.5")
    story.isolate()
    story.raise_deviation()
    story.culture(8)
    story.observe("80", photo=_photo())
    story.feed()
    story.passage(205, 9, suspension="4.0", seed=("T175", 2, "3.4"))
    (form,) = issued(story)
    entered(story)
    transcribed(story, form)
    story.culture(5)
    story.lose(story.vessels()[0])
    story.passage(323, 20, suspension="15.0", seed=("CS5", 1, "14.8"))
    story.culture(4)
    story.take_samples()
    story.culture(2)
    story.cell_harvest()
    story.take_samples()
    story.fill()
    story.take_samples()
    story.wait(hours=1)
    process = story.fresh().mbr.process
    story.results(leave=tuple(row.key for row in process.specification if row.pending_allowed))
    _repeat_one(story)
    _import_paper(story.cast, story.batch.number)
    story.settle_deviations()
    story.release_conditionally()
    story.infuse()
    story.adverse_event()
    story.follow_up()
    _print(story)
    labelled(story)
    story.fresh()
    return story


def _photo() -> SimpleUploadedFile:
    out = BytesIO()
    Image.new("RGB", (8, 8)).save(out, "PNG")
    return SimpleUploadedFile("p0.png", out.getvalue())


def _repeat_one(story: Story) -> None:
    tested = story.batch.results.get(test="endotoxin")
    story.invalidate(tested)
    story.result("endotoxin", result=story.retest(tested))


def _import_paper(cast: Cast, number: str) -> None:
    import_passages(
        cast.technician,
        content=f"batch,passage,cells_seeded,cells_harvested\n{number},1,1e4,1e5\n".encode(),
        file_name="backlog.csv",
        signatures=signed((Meaning.TRANSCRIBED, cast.technician), (Meaning.CHECKED, cast.second_technician)),
    )


def labelled(story: Story) -> None:
    """A label of the bag, printed and applied."""
    with story.now():
        (row,) = print_labels(
            story.cast.technician,
            batch=story.batch,
            chosen=[story.batch.fill.container_code],
            is_screened=True,
            has_risk_factor=False,
        )
    story.account(row)


def _print(story: Story) -> None:
    with story.now():
        request = request_print(story.cast.qa, batch=story.batch)
        made = {"sha256": "a" * 64, "size": 1, "pages": 1, "is_draft": False, "record_head": "b" * 64}
        keep_print(None, request=request, made=made)
        issued_copy(story)
        assert story.fresh().disposition == DispositionState.RELEASED_CONDITIONALLY
