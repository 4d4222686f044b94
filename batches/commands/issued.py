"""Acts about controlled copies: issuing one under a signature, keeping the file made for it.

They are acts of the site stream, like prints: issuing a record must not change the record that is issued. Its head is
locked from the beginning of the act, so no two copies draw one number.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

from batches.commands.documents import ask, keep, retry
from batches.models import Batch, IssuedCopy, MasterBatchRecord, PrintedRecord, PrintRequest
from batches.record.documents import document_facts
from batches.record.facts import gather
from batches.rules.check_codes import CHARACTERS, LENGTH, code_of
from batches.rules.documents import Document, copy_refusals, document_refusals
from lims.accounts.permissions import Permission
from lims.acts import Act
from lims.commands import command
from lims.refusals import Refusal, refuse_if_any
from lims.signatures.meanings import Meaning


@command("document:issue", needs=Permission.ISSUE_DOCUMENTS, signed=(Meaning.ISSUED,))
def issue_document(
    act: Act, *, batch: Batch, document: Document, recipient: str, deviation: str = "", sections: Sequence[str] = ()
) -> IssuedCopy:
    """Issue a numbered copy of a document about a batch; a worker makes the file. The act's reason is the copy's.

    Raises:
        Refused: DOC-01 a second copy without a reason, DOC-02 to DOC-07 see `document_refusals`, DOC-08 no recipient,
            DOC-09 a reason too long.
    """
    chosen = tuple(sections)
    # A complete record can be issued at any time: nothing is gathered for it under the lock.
    found: list[Refusal] = []
    if chosen or document is not Document.BATCH_RECORD:
        found += document_refusals(document, document_facts(gather(batch)), deviation=deviation, sections=chosen)
    about = deviation if document is Document.DEVIATION and deviation else batch.number
    return _issue(act, IssuedCopy(batch=batch, document=document, about=about, sections=list(chosen)), recipient, found)


@command("document:issue_infusion_record", needs=Permission.ISSUE_INFUSION_RECORDS, signed=(Meaning.ISSUED,))
def issue_infusion_record(act: Act, *, batch: Batch, recipient: str) -> IssuedCopy:
    """Issue the infusion record; whoever infuses may.

    Raises:
        Refused: DOC-01, DOC-05, DOC-08, DOC-09.
    """
    found = list(document_refusals(Document.INFUSION, document_facts(gather(batch))))
    return _issue(act, IssuedCopy(batch=batch, document=Document.INFUSION, about=batch.number), recipient, found)


@command("document:issue_version", needs=Permission.ISSUE_DOCUMENTS, signed=(Meaning.ISSUED,))
def issue_version(act: Act, *, mbr: MasterBatchRecord, recipient: str) -> IssuedCopy:
    """Issue a numbered copy of a version of the master batch record, with no batch.

    Raises:
        Refused: DOC-01, DOC-08, DOC-09.
    """
    return _issue(act, IssuedCopy(mbr=mbr, document=Document.MASTER, about=str(mbr)), recipient)


@command("document:retry", needs=Permission.PRINT_RECORDS)
def retry_copy(act: Act, *, request: PrintRequest) -> PrintRequest:
    """Put the failed making of a copy back into the queue; its number and code stay."""
    return retry(act, request)


@command("document:keep", needs=Permission.ISSUE_DOCUMENTS)
def keep_copy(act: Act, *, request: PrintRequest, made: dict[str, Any]) -> PrintedRecord:
    """Keep the file of an issued copy; the second worker to come finds the first one's."""
    return keep(act, request, made)


def _issue(act: Act, copy: IssuedCopy, recipient: str, refusals: Sequence[Refusal] = ()) -> IssuedCopy:
    """Number a copy and ask for its file; refused for what is given, or for want of a recipient or a reason."""
    assert act.actor is not None
    earlier = list(IssuedCopy.objects.filter(document=copy.document, about=copy.about).order_by("-number"))
    copy.number = earlier[0].number + 1 if earlier else 1
    refuse_if_any([*copy_refusals(number=copy.number, reason=act.reason, recipient=recipient), *refusals])
    wanted = {} if copy.batch else {"about": copy.about}
    copy.request = ask(act, kind=PrintRequest.Kind.COPY, batch=copy.batch, wanted=wanted)
    copy.recipient, copy.reason = recipient.strip(), act.reason.strip()
    copy.check_code = _unused_code()
    copy.supersedes = next((c for c in earlier if c.sections == copy.sections), None)
    copy.issued_by, copy.issued_at = act.actor, act.at
    act.add(copy)
    told = {"document": str(copy.document), "about": copy.about, "copy": str(copy.number), "code": copy.check_code}
    act.notes |= told
    act.sign(copy)
    return copy


def _unused_code() -> str:
    while True:
        code = code_of([secrets.randbelow(len(CHARACTERS)) for _place in range(LENGTH)])
        if not IssuedCopy.objects.filter(check_code=code).exists():
            return code
