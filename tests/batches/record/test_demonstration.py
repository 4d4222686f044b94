"""The 28 demonstration batches: sealed, and told alike on screen, on paper and as data; every issued file of them."""

from __future__ import annotations

import html as markup
import json
import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from django.conf import LazySettings
from django.core.management import call_command

from batches.commands.issued import issue_document
from batches.demonstration import people
from batches.models import Batch, IssuedCopy
from batches.record.contents import compose
from batches.record.facts import gather
from batches.record.texts import texts
from batches.record.writers import html, pdf
from batches.record.writers import json as data
from batches.rules.documents import Document
from lims.accounts.models import User
from lims.accounts.permissions import Role
from lims.ledger.verify import verify
from lims.pdf.seal import problem
from lims.signatures.meanings import Meaning
from tests.batches import copies
from tests.batches.record.test_writers import squeezed, text_of

# What a writer needs to know beside the texts; a symbol is read by a scanner, not by a reader of text.
NOT_PRINTED = {"format", "block", "kind", "tone", "anchor", "code", "language", "han", "author", "subject", "url"}


@pytest.mark.once
@pytest.mark.poppler
@pytest.mark.django_db(transaction=True)
@pytest.mark.clause("11.10(b)", "11.50(b)", "A11-8.1")
def test_every_record_of_the_demonstration_says_the_same_on_screen_on_paper_and_as_data(
    tmp_path: Path, settings: LazySettings
) -> None:
    settings.MEDIA_ROOT = tmp_path
    call_command("seed_demo", "--people", verbosity=0)
    call_command("seed_demo", "--fill", verbosity=0)
    assert verify().findings == []
    batches = Batch.objects.order_by("number")
    assert batches.count() == 28
    missing = []
    for batch in batches:
        record = compose(gather(batch))
        out = BytesIO()
        pdf.write(record, out)
        paper = squeezed(text_of(out.getvalue(), tmp_path))
        screen = squeezed(markup.unescape(re.sub(r"<[^>]+>", "", html.render(record))))
        kept = squeezed(" ".join(_strings(json.loads(data.dumps(record)))))
        # What stands at the head and foot of every page of paper is drawn by the page on screen.
        framed = {record.title, record.product, record.standing, *record.footer.lines}
        framed |= {part for pair in record.identity for part in pair}
        for text in texts(record):
            wanted = squeezed(text)
            if wanted not in paper:
                missing.append(f"{batch.number} paper: {text}")
            if text not in framed and wanted not in screen:
                missing.append(f"{batch.number} screen: {text}")
            # A cell of two lines is two values of the data.
            if not all(squeezed(part) in kept for part in text.split(",\n")):
                missing.append(f"{batch.number} data: {text}")
        copy = IssuedCopy.objects.filter(batch=batch, document=Document.BATCH_RECORD).first() or _issued(batch)
        missing += [f"{batch.number} issued: {text}" for text in _not_on_paper(copies.made(copy))]
    assert not missing, "\n".join(missing[:20])


def _issued(batch: Batch) -> IssuedCopy:
    qa = User.objects.filter(role=Role.QA).order_by("pk")[0]
    copy: IssuedCopy = issue_document(
        qa,
        batch=batch,
        document=Document.BATCH_RECORD,
        recipient="Archive",
        signatures=people.signed((Meaning.ISSUED, qa)),
    )
    return copy


def _not_on_paper(path: Path) -> list[str]:
    """Texts of the data inside an issued file that its pages lack."""
    assert problem(path) == ""
    with pikepdf.open(path) as pdf:
        inside = json.loads(pdf.attachments["record.json"].get_file().read_bytes())
    paper = squeezed(copies.text_of(path, "-raw"))
    printed = list(_printed(inside))
    assert len(printed) > 300
    return [text for text in printed if squeezed(text) not in paper]


def _printed(value: object) -> Iterator[str]:
    """Every text of the data that stands on paper too: figures, names and times."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _printed(item)
    elif isinstance(value, dict):
        kind = value.get("block")
        if kind == "table":
            value = {"rows": value["rows"], "columns": value["columns"]} if value["rows"] else {"": value["empty"]}
        elif kind == "chart":
            value = {"title": value["title"], "description": value["spec"]["description"]}
        for key, item in value.items():
            if key not in NOT_PRINTED:
                yield from _printed(item)


def _strings(value: object) -> list[str]:
    if isinstance(value, dict):
        return [s for item in value.values() for s in _strings(item)]
    if isinstance(value, list):
        return [s for item in value for s in _strings(item)]
    return [value] if isinstance(value, str) else []
