"""The order of a batch record, and the record as a whole."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from django.utils.translation import gettext as _

from batches.record import blocks
from batches.record.facts import Facts
from batches.record.sections import (
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
    materials,
    outcomes,
    overview,
    paper,
    passages,
    patient,
    samples,
)
from batches.rules.states import DispositionState
from lims.pdf.han import form_for

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

FINAL: Final = frozenset({DispositionState.RELEASED, DispositionState.REJECTED, DispositionState.LATE_OOS})


def is_draft(facts: Facts) -> bool:
    """Before the final disposition every print is a draft."""
    return DispositionState(facts.batch.disposition) not in FINAL


def compose(facts: Facts, *, is_uncontrolled: bool = False) -> blocks.Record:
    """The record of a batch: the same facts give the same record."""
    batch = facts.batch
    draft = is_draft(facts)
    made: list[blocks.Section] = []
    number = 0
    for make in SECTIONS:
        # A chapter that has nothing to say takes no number.
        found = list(_several(make(facts, str(number + 1))))
        made += found
        number += bool(found)
    return blocks.Record(
        title=_("Batch record"),
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
        sections=tuple(made),
        footer=_footer(facts),
        standing=_("Draft") if draft else "",
        is_draft=draft,
        is_uncontrolled=is_uncontrolled,
        is_synthetic=facts.is_synthetic,
        han=form_for("en", facts.zone.key),
        author=facts.site_name,
    )


def _several(made: Made) -> Iterable[blocks.Section]:
    return (made,) if isinstance(made, blocks.Section) else made


def _footer(facts: Facts) -> blocks.Footer:
    groups = " ".join(facts.head_hash[i : i + 8] for i in range(0, 64, 8))
    return blocks.Footer(
        lines=(
            _("Batch {number}, chain of identity {coi}, patient {patient}. {site}.").format(
                number=facts.batch.number,
                coi=facts.batch.coi,
                patient=facts.batch.patient.code,
                site=facts.site_name,
            ),
            _("Stream {stream}: entries 1 to {seq}, head:").format(stream=facts.batch.stream, seq=facts.head_seq),
            groups,
        ),
        code=f"{facts.batch.number} {facts.batch.coi} {facts.head_seq} {facts.head_hash}",
        codes=frozenset({2}),
    )
