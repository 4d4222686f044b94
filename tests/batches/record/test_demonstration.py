"""The 28 demonstration batches: sealed, and told alike on screen, on paper and as data."""

from __future__ import annotations

import html as markup
import json
import re
from io import BytesIO
from pathlib import Path

import pytest
from django.core.management import call_command

from batches.models import Batch
from batches.record.contents import compose
from batches.record.facts import gather
from batches.record.texts import texts
from batches.record.writers import html, pdf
from batches.record.writers import json as data
from lims.ledger.verify import verify
from tests.batches.record.test_writers import squeezed, text_of


@pytest.mark.poppler
@pytest.mark.django_db(transaction=True)
@pytest.mark.clause("11.10(b)", "11.50(b)", "A11-8.1")
def test_every_record_of_the_demonstration_says_the_same_on_screen_on_paper_and_as_data(tmp_path: Path) -> None:
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
    assert not missing, "\n".join(missing[:20])


def _strings(value: object) -> list[str]:
    if isinstance(value, dict):
        return [s for item in value.values() for s in _strings(item)]
    if isinstance(value, list):
        return [s for item in value for s in _strings(item)]
    return [value] if isinstance(value, str) else []
