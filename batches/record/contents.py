"""What stands in a batch record and in each issued document, in order; and the record as a whole."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _

from batches.models import DOCUMENT_LABELS, MasterBatchRecord
from batches.record import blocks
from batches.record.facts import Facts
from batches.record.sections import (
    certificates,
    closing,
    culture_days,
    deviations,
    disposition,
    downtime,
    fill,
    harvest,
    infusion,
    isolation,
    labels,
    master,
    materials,
    outcomes,
    overview,
    paper,
    passages,
    patient,
    samples,
)
from batches.rules.check_codes import grouped
from batches.rules.documents import Document
from batches.rules.states import DispositionState
from lims.pdf.han import form_for
from lims.program import program
from lims.site import site, zone

Made = blocks.Section | Iterable[blocks.Section]
Maker = Callable[[Facts, str], Made]

SECTIONS: Final[tuple[Maker, ...]] = (
    overview.section,
    patient.section,
    harvest.section,
    isolation.section,
    culture_days.section,
    passages.sections,
    paper.sections,
    downtime.sections,
    labels.sections,
    fill.section,
    materials.section,
    samples.section,
    deviations.section,
    disposition.section,
    infusion.section,
    outcomes.section,
    closing.corrections,
    closing.signatures,
    closing.audit_trail,
)

# A document that may be issued at any time is a draft until the final disposition; the others wait for what they say.
CONTENTS: Final[Mapping[Document, tuple[Maker, ...]]] = {
    Document.BATCH_RECORD: SECTIONS,
    Document.ANALYSIS: (certificates.product, certificates.analysis),
    Document.RELEASE: (certificates.product, certificates.release, certificates.analysis),
    Document.SHIPPING: (certificates.product, certificates.shipping, certificates.release),
    Document.INFUSION: (certificates.product, infusion.section),
    Document.DEVIATION: (certificates.product, deviations.section),
    Document.MASTER: master.SECTIONS,
}
MAY_BE_DRAFT: Final = frozenset({Document.BATCH_RECORD})

FINAL: Final = frozenset({DispositionState.RELEASED, DispositionState.REJECTED, DispositionState.LATE_OOS})


def is_draft(facts: Facts) -> bool:
    """Before the final disposition every print is a draft."""
    return DispositionState(facts.batch.disposition) not in FINAL


@dataclass(frozen=True)
class Copy:
    """What a controlled copy says of itself on every page. `checkpoint` is the one that covers the record's head.

    No `sections` are all of them.
    """

    number: int
    about: str
    recipient: str
    issued: str
    check_code: str
    checkpoint: str
    sections: tuple[str, ...] = ()


def compose(
    facts: Facts,
    *,
    document: Document = Document.BATCH_RECORD,
    copy: Copy | None = None,
    working_print: int = 0,
    is_uncontrolled: bool = False,
) -> blocks.Record:
    """The record of a batch, or another document about it: the same facts give the same record.

    `working_print` is which print it is that somebody asked for to work with; 0 is none.
    """
    batch = facts.batch
    draft = document in MAY_BE_DRAFT and is_draft(facts)
    sections = tuple(_numbered(facts, CONTENTS[document]))
    if copy is not None and copy.sections:
        sections = tuple(_chosen(sections, copy.sections))
    return blocks.Record(
        title=str(DOCUMENT_LABELS[document]),
        product=facts.process.product.name,
        identity=(
            (_("Batch"), batch.number),
            (_("Chain of identity"), batch.coi),
            (_("Patient code"), batch.patient.code),
            (
                _("Master batch record"),
                _("{code} version {version}").format(code=batch.mbr.code, version=batch.mbr.version),
            ),
            (_("Disposition"), str(batch.get_disposition_display())),
        ),
        sections=sections,
        footer=_footer(facts, copy),
        standing=_standing(copy, working_print, draft=draft),
        is_draft=draft,
        is_uncontrolled=is_uncontrolled,
        is_rejected=document is not Document.MASTER and batch.disposition == DispositionState.REJECTED,
        is_synthetic=facts.is_synthetic,
        han=form_for("en", facts.zone.key),
        author=facts.site_name,
    )


def compose_version(mbr: MasterBatchRecord, copy: Copy | None = None) -> blocks.Record:
    """A version of the master batch record by itself, for whoever works by it, or as a copy of no batch."""
    version = _("{code} version {version}").format(code=mbr.code, version=mbr.version)
    here = site()
    name = here.name if here else ""
    footer = blocks.Footer(lines=(version,), code="", codes=frozenset())
    if copy is not None:
        who = _("Master batch record {version}. {site}.").format(version=version, site=name)
        footer = _copy_footer(copy, who, _("Digest of the version:"), mbr.digest)
    return blocks.Record(
        title=str(DOCUMENT_LABELS[Document.MASTER]),
        product=mbr.process.product.name,
        identity=((_("Master batch record"), version), (_("State"), str(mbr.get_state_display()))),
        sections=tuple(master.sections_of(master.by_itself(mbr))),
        footer=footer,
        standing=_standing(copy, 0, draft=False),
        is_draft=False,
        is_synthetic=bool(here and here.is_demonstration),
        han=form_for("en", zone().key),
        author=name,
    )


def _numbered(facts: Facts, makers: Iterable[Maker]) -> Iterator[blocks.Section]:
    number = 0
    for make in makers:
        # A chapter that has nothing to say takes no number.
        found = list(_several(make(facts, str(number + 1))))
        yield from found
        number += bool(found)


def _chosen(sections: Iterable[blocks.Section], keys: Iterable[str]) -> Iterator[blocks.Section]:
    """The cover and the chosen sections, each under its own number, with what belongs under it."""
    wanted, is_wanted = frozenset(keys), True
    for place, section in enumerate(sections):
        if section.level == 0:
            is_wanted = place == 0 or section.key in wanted
        if is_wanted:
            yield section


def _standing(copy: Copy | None, working_print: int, *, draft: bool) -> str:
    """The word at the top right of every page."""
    if copy is None and working_print:
        said = _("Draft, working print {number}") if draft else _("Working print {number}")
        return said.format(number=working_print)
    if copy is None:
        return _("Draft") if draft else ""
    said = _("Draft, issued copy {number}") if draft else _("Issued copy {number}")
    said = said.format(number=copy.number)
    return _("{copy}, chosen sections").format(copy=said) if copy.sections else said


def _several(made: Made) -> Iterable[blocks.Section]:
    return (made,) if isinstance(made, blocks.Section) else made


def _footer(facts: Facts, copy: Copy | None) -> blocks.Footer:
    who = _("Batch {number}, chain of identity {coi}, patient {patient}. {site}.").format(
        number=facts.batch.number,
        coi=facts.batch.coi,
        patient=facts.batch.patient.code,
        site=facts.site_name,
    )
    head = _("Stream {stream}: entries 1 to {seq}, head:").format(stream=facts.batch.stream, seq=facts.head_seq)
    if copy is None:
        return blocks.Footer(
            lines=(who, _("Made by {program}. {head}").format(program=program(), head=head), _groups(facts.head_hash)),
            code=f"{facts.batch.number} {facts.batch.coi} {facts.head_seq} {facts.head_hash}",
            codes=frozenset({2}),
        )
    return _copy_footer(copy, who, head, facts.head_hash)


def _copy_footer(copy: Copy, who: str, what: str, digest: str) -> blocks.Footer:
    """The foot of every page of a copy: what it is of, its number and code, and the digest of `what` it says."""
    code = grouped(copy.check_code)
    return blocks.Footer(
        lines=(
            who,
            _("Copy {number} of {about} for {recipient}. Check code {code}").format(
                number=copy.number, about=copy.about, recipient=copy.recipient, code=code
            ),
            copy.issued,
            _("Made by {program}. Covered by checkpoint {checkpoint}. {head}").format(
                program=program(), checkpoint=copy.checkpoint, head=what
            ),
            _groups(digest),
        ),
        code=code,
        codes=frozenset({4}),
    )


def _groups(digest: str) -> str:
    return " ".join(digest[i : i + 8] for i in range(0, 64, 8))
