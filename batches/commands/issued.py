"""Acts about controlled copies: issuing one under a signature, keeping the file made for it.

They are acts of the site stream, like prints: issuing a record must not change the record that is issued. Its head is
locked from the beginning of the act, so no two copies draw one number.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

from batches.commands.documents import ask, keep, retry
from batches.models import Batch, IssuedCopy, PrintedRecord, PrintRequest
from batches.record.documents import document_facts
from batches.record.facts import gather
from batches.rules.check_codes import CHARACTERS, LENGTH, code_of
from batches.rules.documents import Document, copy_refusals, document_refusals
from lims.accounts.permissions import Permission
from lims.acts import Act
from lims.commands import command
from lims.refusals import refuse_if_any
from lims.signatures.meanings import Meaning


@command("document:issue", needs=Permission.ISSUE_DOCUMENTS, signed=(Meaning.ISSUED,))
def issue_document(
    act: Act, *, batch: Batch, document: Document, recipient: str, deviation: str = "", sections: Sequence[str] = ()
) -> IssuedCopy:
    """Issue a numbered copy of a document about a batch; a worker makes the file. The act's reason is the copy's.

    Raises:
        Refused: DOC-01 a second copy without a reason, DOC-02 to DOC-07 see `document_refusals`, DOC-08 no recipient.
    """
    return _issue(act, batch, document, recipient=recipient, deviation=deviation, sections=sections)


@command("document:issue_infusion_record", needs=Permission.ISSUE_INFUSION_RECORDS, signed=(Meaning.ISSUED,))
def issue_infusion_record(act: Act, *, batch: Batch, recipient: str) -> IssuedCopy:
    """Issue the infusion record; whoever infuses may.

    Raises:
        Refused: DOC-01, DOC-05, DOC-08.
    """
    return _issue(act, batch, Document.INFUSION, recipient=recipient)


@command("document:retry", needs=Permission.PRINT_RECORDS)
def retry_copy(act: Act, *, request: PrintRequest) -> PrintRequest:
    """Put the failed making of a copy back into the queue; its number and code stay."""
    return retry(act, request)


@command("document:keep", needs=Permission.ISSUE_DOCUMENTS)
def keep_copy(act: Act, *, request: PrintRequest, made: dict[str, Any]) -> PrintedRecord:
    """Keep the file of an issued copy; the second worker to come finds the first one's."""
    return keep(act, request, made)


def _issue(
    act: Act,
    batch: Batch,
    document: Document,
    *,
    recipient: str,
    deviation: str = "",
    sections: Sequence[str] = (),
) -> IssuedCopy:
    assert act.actor is not None
    about = deviation if document is Document.DEVIATION and deviation else batch.number
    earlier = list(IssuedCopy.objects.filter(document=document, about=about).order_by("-number"))
    number = earlier[0].number + 1 if earlier else 1
    chosen = tuple(sections)
    found = list(copy_refusals(number=number, reason=act.reason, recipient=recipient))
    # A complete record can be issued at any time: nothing is gathered for it under the lock.
    if chosen or document is not Document.BATCH_RECORD:
        found += document_refusals(document, document_facts(gather(batch)), deviation=deviation, sections=chosen)
    refuse_if_any(found)
    copy = IssuedCopy(
        request=ask(act, kind=PrintRequest.Kind.COPY, batch=batch),
        batch=batch,
        document=document,
        about=about,
        number=number,
        sections=list(chosen),
        recipient=recipient.strip(),
        reason=act.reason.strip(),
        check_code=_unused_code(),
        supersedes=next((c for c in earlier if tuple(c.sections) == chosen), None),
        issued_by=act.actor,
        issued_at=act.at,
    )
    act.add(copy)
    act.notes |= {"document": str(document), "about": about, "copy": str(number), "code": copy.check_code}
    act.sign(copy)
    return copy


def _unused_code() -> str:
    while True:
        code = code_of([secrets.randbelow(len(CHARACTERS)) for _place in range(LENGTH)])
        if not IssuedCopy.objects.filter(check_code=code).exists():
            return code
