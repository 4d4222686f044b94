"""Rules of files and issued documents: what can be issued when, and how long the making of a file may take.

Not here: what stands in a document (record/contents.py) and how its facts are gathered (record/documents.py).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Final

from batches.rules.release import RELEASES, CriterionFacts
from batches.rules.results import Standing
from batches.rules.states import DispositionState
from lims.refusals import Refusal

LOST_AFTER = timedelta(minutes=3)
WAITING_AFTER = timedelta(seconds=20)
MAX_ATTEMPTS = 5
# Why there is another copy stands on every page of it.
LONGEST_REASON: Final = 300


class Document(StrEnum):
    """What a controlled copy is of."""

    BATCH_RECORD = "record"
    ANALYSIS = "analysis"
    RELEASE = "release"
    SHIPPING = "shipping"
    INFUSION = "infusion"
    DEVIATION = "deviation"
    MASTER = "master"


@dataclasses.dataclass(frozen=True)
class DocumentFacts:
    """What issuing rests on. `unsigned` names steps whose signatures are missing or no longer match the record.

    `is_release_valid`: the newest decision is a release and the record is what was decided on. `sections` are the keys
    of those that may be chosen, `deviations` the numbers of those there are.
    """

    disposition: DispositionState
    tests: tuple[CriterionFacts, ...] = ()
    is_release_valid: bool = False
    unsigned: tuple[str, ...] = ()
    is_infusion_ended: bool = False
    deviations: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()


def document_refusals(
    document: Document, facts: DocumentFacts, *, deviation: str = "", sections: tuple[str, ...] = ()
) -> Iterator[Refusal]:
    """Why a document can't be issued now.

    DOC-02 a result is missing, DOC-03 no release holds, DOC-04 shipping before release and signatures, DOC-05 the
    infusion has not ended, DOC-06 no such deviation, DOC-07 sections that can't be chosen.
    """
    yield from _PRECONDITIONS.get(document, _nothing)(facts)
    if document is Document.DEVIATION and not facts.deviations:
        yield Refusal("DOC-06", "This batch has no deviation to report on.", "document")
    elif document is Document.DEVIATION and deviation not in facts.deviations:
        yield Refusal("DOC-06", "Choose the deviation of this batch that the report is about.", "deviation")
    if sections and document is not Document.BATCH_RECORD:
        yield Refusal("DOC-07", "Only the batch record can be issued in part. Choose no section.", "sections")
    elif not set(sections) <= set(facts.sections):
        yield Refusal("DOC-07", "The record has no such section. Choose among those shown.", "sections")


def copy_refusals(*, number: int, reason: str, recipient: str) -> Iterator[Refusal]:
    """DOC-01 a second copy without a reason, DOC-08 a copy for nobody, DOC-09 a reason that fills the pages."""
    if number > 1 and not reason.strip():
        yield Refusal("DOC-01", "This is copy {number}. Say why another one is needed.", "reason", {"number": number})
    if len(reason.strip()) > LONGEST_REASON:
        about = {"most": LONGEST_REASON}
        yield Refusal("DOC-09", "Say it in {most} characters at most: it stands on every page.", "reason", about)
    if not recipient.strip():
        yield Refusal("DOC-08", "Say for whom this copy is.", "recipient")


def _nothing(facts: DocumentFacts) -> Iterator[Refusal]:
    yield from ()


def _results(facts: DocumentFacts) -> Iterator[Refusal]:
    missing = [test.name for test in facts.tests if _is_missing(test)]
    if missing:
        names = "; ".join(missing)
        yield Refusal("DOC-02", "No result yet: {tests}. Record them first.", "document", {"tests": names})


def _is_missing(test: CriterionFacts) -> bool:
    if test.standing is Standing.PENDING:
        return not test.is_pending_allowed
    return test.is_required and test.standing in (Standing.NOT_SAMPLED, Standing.INVALID)


def _release(facts: DocumentFacts) -> Iterator[Refusal]:
    if facts.disposition not in RELEASES:
        yield Refusal("DOC-03", "The product is not released. QA decides first.", "document")
    elif not facts.is_release_valid:
        yield Refusal("DOC-03", "The record has changed since the release. QA decides again first.", "document")


def _shipping(facts: DocumentFacts) -> Iterator[Refusal]:
    if facts.disposition not in RELEASES or not facts.is_release_valid:
        yield Refusal("DOC-04", "No release of this product holds. It must not leave the laboratory.", "document")
    for step in facts.unsigned:
        yield Refusal("DOC-04", "{step} is not signed as it stands. Have it signed first.", "document", {"step": step})


def _infusion(facts: DocumentFacts) -> Iterator[Refusal]:
    if not facts.is_infusion_ended:
        yield Refusal("DOC-05", "The infusion has not ended. Its record is issued after it.", "document")


_PRECONDITIONS: Final[Mapping[Document, Callable[[DocumentFacts], Iterator[Refusal]]]] = {
    Document.ANALYSIS: _results,
    Document.RELEASE: _release,
    Document.SHIPPING: _shipping,
    Document.INFUSION: _infusion,
}
