"""Copies of a version of the master batch record with no batch: issued, made, found again, told when it is old."""

from __future__ import annotations

import json
from pathlib import Path

import pikepdf
import pytest
from django.conf import LazySettings
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from batches.commands.issued import issue_version
from batches.commands.process import install_master_batch_record, installed_content
from batches.models import IssuedCopy, PrintedRecord, PrintJob
from batches.queries.issued import copies_of, copy_of
from batches.record.contents import compose_version
from batches.record.texts import block_texts
from batches.record.writers.json import as_data
from batches.rules.check_codes import grouped
from batches.rules.states import DocumentState
from batches.tasks import make_print
from lims.accounts.models import User
from lims.ledger.models import SITE_STREAM, Entry
from lims.ledger.verify import verify
from lims.pdf.seal import problem
from lims.refusals import Refused
from lims.signatures.meanings import Meaning
from tests.batches.copies import made, text_of
from tests.batches.record.test_writers import squeezed
from tests.builders import Story
from tests.cast import Cast, signed

pytestmark = pytest.mark.poppler


@pytest.fixture(autouse=True)
def _own_files(settings: LazySettings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


def version_issued(cast: Cast, reason: str = "") -> IssuedCopy:
    """A copy of the effective version, issued by QA."""
    copy: IssuedCopy = issue_version(
        cast.qa, mbr=cast.mbr, recipient="Clean room 2", reason=reason, signatures=signed((Meaning.ISSUED, cast.qa))
    )
    return copy


def reader(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def test_a_version_is_issued_with_no_batch_numbered_signed_and_sealed(cast: Cast) -> None:
    first = version_issued(cast)
    assert (first.number, first.about, first.batch, first.mbr) == (1, "MBR-01 v1", None, cast.mbr)
    with pytest.raises(Refused) as refused:
        version_issued(cast)
    assert refused.value.codes == ("DOC-01",)
    assert version_issued(cast, "The first one got wet.").number == 2
    with pytest.raises(Refused) as refused:
        issue_version(cast.technician, mbr=cast.mbr, recipient="Me")
    assert refused.value.codes == ("PERM-01",)
    assert Entry.objects.filter(name="document:issue_version", stream=SITE_STREAM, is_refused=False).count() == 2
    assert verify().ok


@pytest.mark.clause("R35")
def test_its_pages_say_all_of_the_version_which_copy_it_is_and_what_covers_it(cast: Cast) -> None:
    copy = version_issued(cast)
    path = made(copy)
    assert not problem(path)
    record = compose_version(cast.mbr)
    paper = squeezed(text_of(path, "-raw"))
    texts = [t for section in record.sections for block in section.blocks for t in block_texts(block)]
    assert [t for t in texts if squeezed(t) not in paper] == []
    printed = PrintedRecord.objects.get(request=copy.request)
    for page in range(1, printed.pages + 1):
        sheet = squeezed(text_of(path, "-raw", "-f", str(page), "-l", str(page)))
        code = grouped(copy.check_code)
        for words in (f"Copy 1 of MBR-01 v1 for Clean room 2. Check code {code}", cast.mbr.digest, "Issued copy 1"):
            assert squeezed(words) in sheet, (page, words)
        assert f"Page{page}of{printed.pages}" in sheet
    with pikepdf.open(path) as pdf:
        inside = {name: json.loads(pdf.attachments[name].get_file().read_bytes()) for name in pdf.attachments}
    assert set(inside) == {"record.json", "checkpoint.json"}
    assert inside["record.json"]["sections"] == as_data(record)["sections"]
    assert [head[0] for head in inside["checkpoint.json"]["heads"]] == [SITE_STREAM]


@pytest.mark.clause("R36")
def test_its_sheet_is_genuine_and_current_until_another_version_is_effective(cast: Cast) -> None:
    copy = version_issued(cast)
    made(copy)
    client = reader(cast.technician)

    def sheet() -> str:
        return client.get(reverse("check-sheet"), {"code": copy.check_code}).content.decode()

    assert "Genuine" in sheet()
    assert "<b>Current</b>" in sheet()
    install_master_batch_record(None, content=installed_content(), code="MBR-01", version=2)
    assert "Genuine" in sheet()
    assert "<b>Current</b>" not in sheet()
    assert "MBR-01 v1 is Superseded: no batch is begun by it any more." in sheet()
    standing = copy_of(copy.check_code)
    assert standing is not None
    assert not standing.is_current


def test_the_page_of_the_version_issues_lists_and_hands_out_its_copies(cast: Cast) -> None:
    qa, technician = reader(cast.qa), reader(cast.technician)
    home, issue = (reverse(n, args=[cast.mbr.code, cast.mbr.version]) for n in ("master", "issue-master-copy"))
    assert issue in qa.get(home).content.decode()
    assert issue not in technician.get(home).content.decode()
    assert "For whom" in qa.get(issue).content.decode()
    copy = version_issued(cast)
    panel = reverse("master-copies", args=[cast.mbr.code, cast.mbr.version])
    assert "Queued" in technician.get(panel).content.decode()
    path = made(copy)
    address = reverse("download-master-copy", args=[cast.mbr.code, cast.mbr.version, copy.request_id])
    assert address in technician.get(home).content.decode()
    answer = technician.get(address)
    assert b"".join(answer.streaming_content) == path.read_bytes()  # type: ignore[attr-defined]
    assert 'filename="MBR-01-v1-master-copy-1.pdf"' in answer["Content-Disposition"]
    records = qa.get(reverse("records")).content.decode()
    assert address in records
    assert f'<a href="{home}">MBR-01 v1</a>' in records
    other = reverse("download-master-copy", args=[cast.mbr.code, 2, copy.request_id])
    assert technician.get(other).status_code == 404


def test_one_that_failed_is_tried_again_under_its_number(cast: Cast) -> None:
    copy = version_issued(cast)
    PrintJob.objects.filter(request=copy.request).update(state=DocumentState.FAILED, error="No space left on device")
    client = reader(cast.qa)
    panel = client.get(reverse("master-copies", args=[cast.mbr.code, cast.mbr.version])).content.decode()
    assert "No space left on device" in panel
    retry = reverse("retry-master-copy", args=[cast.mbr.code, cast.mbr.version, copy.request_id])
    assert client.post(retry).status_code == 302
    make_print(copy.request_id)
    assert [s.copy.number for s in copies_of(cast.mbr) if s.is_current] == [1]


def test_a_copy_is_of_a_batch_or_of_a_version_and_never_of_both_or_neither(story: Story) -> None:
    story.issue()
    copy = version_issued(story.cast)
    assert copies_of(story.batch) == []
    for batch, mbr, document in ((None, None, "master"), (story.batch, copy.mbr, "master"), (None, copy.mbr, "record")):
        copy.batch, copy.mbr, copy.document = batch, mbr, document
        with pytest.raises(ValidationError, match="issued_copy_of_a_batch_or_a_version"):
            copy.validate_constraints()
