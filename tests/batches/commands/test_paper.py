"""Importing a paper backlog: two signatures, nothing half written, disagreements marked."""

from __future__ import annotations

from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from batches.commands.paper import import_passages
from batches.models import PaperImport, PaperPassage
from batches.record.contents import compose
from batches.record.facts import gather
from batches.record.texts import block_texts
from lims.files import path_of
from lims.ledger.models import Entry
from lims.refusals import Refused
from lims.signatures.meanings import Meaning
from lims.signatures.models import Signature
from tests.batches.rules.test_paper import COLTER, COLTER_MAP
from tests.builders import Story
from tests.cast import PASSWORD, Cast, signed

GOOD = b"batch,passage,cells_seeded,cells_harvested\nL,1,1e4,1e5\n"
MAPPED = ["--map", "batch=line", "--map", "cells_harvested=cells_harvested_per_plate"]
MAPPED += ["--map", "reported_total=reported_cumulative_msc"]


def imported(cast: Cast, content: bytes = GOOD, **column_map: str) -> PaperImport:
    paper: PaperImport = import_passages(
        cast.technician,
        content=content,
        file_name="backlog.csv",
        column_map=column_map,
        signatures=signed((Meaning.TRANSCRIBED, cast.technician), (Meaning.CHECKED, cast.second_technician)),
    )
    return paper


@pytest.mark.clause("A11-16", "A11-6")
def test_it_keeps_the_passages_with_both_signatures_and_the_file(cast: Cast) -> None:
    paper = imported(cast, COLTER.read_bytes(), **COLTER_MAP)
    assert paper.passages.count() == 12
    assert path_of(paper.sha256).read_bytes() == COLTER.read_bytes()
    given = Signature.objects.filter(subject_model="batches.PaperImport", subject_pk=str(paper.pk))
    assert set(given.values_list("meaning", "username")) == {
        ("transcribed", cast.technician.username),
        ("checked", cast.second_technician.username),
    }


def test_it_marks_the_totals_that_disagree_and_keeps_what_the_paper_says(cast: Cast) -> None:
    paper = imported(cast, COLTER.read_bytes(), **COLTER_MAP)
    wrong = list(paper.passages.filter(is_disagreeing=True).order_by("row"))
    assert [(p.line, p.generation) for p in wrong] == [("58R", 2), ("58L", 2)]
    assert wrong[0].reported_total == Decimal("1.5e10")
    # 7.0e7 × 1.1e6 / 530
    assert wrong[0].computed_total is not None
    assert abs(wrong[0].computed_total - Decimal("1.4528e11")) < Decimal("1e7")


@pytest.mark.clause("A11-5", "R43")
def test_one_bad_row_keeps_the_whole_file_out(cast: Cast) -> None:
    with pytest.raises(Refused) as refused:
        imported(cast, GOOD + b"L,2,1e4,0\nL,3,1e4,1e5\n")
    assert refused.value.codes == ("PAP-03",)
    assert not PaperImport.objects.exists()
    assert not PaperPassage.objects.exists()


def test_a_line_that_paper_can_not_show_is_refused_with_its_place(cast: Cast) -> None:
    with pytest.raises(Refused) as refused:
        imported(cast, GOOD + "L \U0001f600,1,1e4,1e5\n".encode())
    assert [(r.code, r.field) for r in refused.value.refusals] == [("TXT-01", "file")]
    assert refused.value.refusals[0].text.startswith("Line 3: ") and "U+1F600" in refused.value.refusals[0].text
    assert not PaperImport.objects.exists()


def test_it_refuses_a_checker_who_transcribed(cast: Cast) -> None:
    with pytest.raises(Refused) as refused:
        import_passages(
            cast.technician,
            content=GOOD,
            file_name="backlog.csv",
            signatures=signed((Meaning.TRANSCRIBED, cast.technician), (Meaning.CHECKED, cast.technician)),
        )
    assert "SIG-03" in refused.value.codes
    assert not PaperImport.objects.exists()


def test_it_refuses_a_role_that_may_not_import(cast: Cast) -> None:
    with pytest.raises(Refused) as refused:
        import_passages(cast.analyst, content=GOOD, file_name="backlog.csv", signatures={})
    assert refused.value.codes == ("PERM-01",)


def test_it_refuses_a_passage_that_was_imported_before(cast: Cast) -> None:
    imported(cast)
    with pytest.raises(Refused) as refused:
        imported(cast, GOOD + b"L,2,1e4,1e5\n")
    assert refused.value.codes == ("PAP-08",)


def test_a_row_of_a_batch_of_ours_belongs_to_it(story: Story) -> None:
    batch = story.issue()
    paper = imported(story.cast, GOOD.replace(b"L,1", batch.number.encode() + b",1"))
    assert paper.passages.get().batch == batch


def test_checking_at_the_console_lists_and_writes_nothing(cast: Cast) -> None:
    before = Entry.objects.count()
    out = StringIO()
    call_command("import_passages", str(COLTER), *MAPPED, "--check", stdout=out)
    said = out.getvalue()
    assert "58R passage 2" in said
    assert "58L passage 2" in said
    assert said.count("printed total 1.") == 2
    assert not PaperImport.objects.exists()
    assert Entry.objects.count() == before


def test_importing_at_the_console_is_signed_by_both(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMPORT_TRANSCRIBER_PASSWORD", PASSWORD)
    monkeypatch.setenv("IMPORT_CHECKER_PASSWORD", PASSWORD)
    people = ["--transcriber", cast.technician.username, "--checker", cast.second_technician.username]
    call_command("import_passages", str(COLTER), *MAPPED, *people, stdout=StringIO())
    assert PaperPassage.objects.count() == 12


def test_the_console_refuses_a_wrong_password_and_an_unsigned_import(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMPORT_TRANSCRIBER_PASSWORD", PASSWORD)
    monkeypatch.setenv("IMPORT_CHECKER_PASSWORD", "not the password")
    people = ["--transcriber", cast.technician.username, "--checker", cast.second_technician.username]
    with pytest.raises(CommandError, match="ACC-01"):
        call_command("import_passages", str(COLTER), *MAPPED, *people, stdout=StringIO())
    with pytest.raises(CommandError, match="signed by two people"):
        call_command("import_passages", str(COLTER), *MAPPED, stdout=StringIO())
    assert not PaperImport.objects.exists()


def test_the_console_names_each_line_that_cannot_be_true(cast: Cast, tmp_path: Path) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text("batch,passage,cells_harvested,viability_pct\nL,1,5,120\nL,2,0,90\n", encoding="utf-8")
    with pytest.raises(CommandError) as error:
        call_command("import_passages", str(bad), "--check", stdout=StringIO())
    assert "Line 2: viability" in str(error.value)
    assert "Line 3: 0 cells" in str(error.value)


def test_the_record_of_the_batch_tells_its_paper_passages(story: Story) -> None:
    story.harvest()
    content = f"batch,passage,cells_seeded,cells_harvested\n{story.batch.number},1,1e5,1e6\n".encode()
    imported(story.cast, content)
    record = compose(gather(story.batch))
    section = next(s for s in record.sections if s.anchor == "paper")
    told = " ".join(text for block in section.blocks for text in block_texts(block))
    assert "1.00×10⁶" in told
    assert "backlog.csv" in told
