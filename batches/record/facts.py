"""Everything a batch record is made of, gathered once. Sections read it and ask nothing more.

Rows come with what they refer to, so that no section causes a query; figures come from rules and queries.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import models

from batches import models as m
from batches.queries import downtime as downtime_forms
from batches.queries.counts import count_result
from batches.queries.dispositions import is_valid
from batches.queries.infusions import figures_of
from batches.queries.lineage import CultureLineage, lineage
from batches.queries.reviewing import unreviewed
from batches.queries.specification import SpecificationLine, matrix
from batches.queries.training import TrainedPerson, trained
from batches.record.blocks import Corrected, Value
from batches.record.progress import Progress, progress_of
from batches.rules.counting import CountResult
from batches.rules.figures import Figure
from batches.rules.process import Process
from lims import clock
from lims.ledger.models import Entry
from lims.recorded import version_model
from lims.signatures.models import Signature
from lims.signatures.standing import Standing, standings
from lims.site import site

Key = tuple[str, str]


def key_of(row: models.Model) -> Key:
    """How signatures and corrections name a row."""
    return row._meta.label, str(row.pk)


@dataclass(frozen=True)
class NumberedCorrection:
    """A correction with the mark that leads to it, and its act."""

    mark: str
    row: m.Correction
    entry: Entry


@dataclass(frozen=True)
class Calibration:
    """When a piece of equipment is due again, as it was known from `since` on."""

    since: datetime
    due_on: date


@dataclass(frozen=True)
class Facts:
    """One batch, whole, as it stood when it was gathered."""

    site_name: str
    zone: ZoneInfo
    is_synthetic: bool
    batch: m.Batch
    process: Process
    consents: Sequence[m.Consent]
    weighings: Sequence[m.Weighing]
    eligibility: m.Eligibility | None
    harvest: m.Harvest | None
    receipt: m.Receipt | None
    isolation: m.Isolation | None
    vessels: Sequence[m.Vessel]
    passages: Sequence[m.Passage]
    losses: Sequence[m.VesselLoss]
    observations: Sequence[m.Observation]
    medium_changes: Sequence[m.MediumChange]
    fill: m.Fill | None
    fill_count: CountResult | None
    lineage: CultureLineage
    progress: Progress
    samples: Sequence[m.Sample]
    results: Sequence[m.TestResult]
    specification: Sequence[SpecificationLine]
    deviations: Sequence[m.Deviation]
    reviews: Sequence[m.AuditTrailReview]
    unreviewed: int
    dispositions: Sequence[m.Disposition]
    disposition_holds: Mapping[int, bool]
    infusion: m.Infusion | None
    infusion_figures: Sequence[Figure]
    adverse_events: Sequence[m.AdverseEvent]
    adverse_event_checks: Sequence[m.AdverseEventCheck]
    pain_assessments: Sequence[m.PainAssessment]
    paper_passages: Sequence[m.PaperPassage]
    downtime_forms: Sequence[m.DowntimeForm]
    label_prints: Sequence[m.LabelPrint]
    calibrations: Mapping[int, Sequence[Calibration]]
    is_expired: bool
    corrections: Sequence[NumberedCorrection]
    signatures: Mapping[Key, Sequence[Standing]]
    training: Sequence[TrainedPerson]
    entries: Sequence[Entry]
    entries_by_id: Mapping[UUID, Entry]
    made_in: Mapping[Key, Entry]
    head_seq: int
    head_hash: str

    @property
    def heads(self) -> dict[str, int]:
        """Up to which entry each stream is told of here."""
        return {e.stream: e.seq for e in sorted(self.entries, key=lambda e: e.seq)}

    def corrected(self, row: models.Model, fields: str | Collection[str], shown: str) -> Value:
        """The value of one field, or of several in one cell; with the old ones struck through when it was corrected."""
        names = {fields} if isinstance(fields, str) else set(fields)
        label, pk = key_of(row)
        found = [
            c
            for c in self.corrections
            if c.row.target_model == label and c.row.target_pk == pk and c.row.field in names
        ]
        if not found:
            return shown
        return Corrected(" ".join(c.row.old_text for c in found), shown, "".join(c.mark for c in found))

    def raised(self, row: models.Model, limit_key: str) -> Sequence[str]:
        """Numbers of the deviations that a value of a row raised by a limit."""
        found = (limit_key, *key_of(row))
        return [d.number for d in self.deviations if (d.limit, d.source_model, d.source_pk) == found]

    def signed(self, row: models.Model) -> Sequence[Standing]:
        """Signatures under a row with their standing, in the order they were given."""
        return self.signatures.get(key_of(row), ())

    def entry_of(self, row: models.Model) -> Entry | None:
        """The act that wrote a row as it stands."""
        return self.entries_by_id.get(row.act_id)  # type: ignore[attr-defined]

    def first_entry_of(self, row: models.Model) -> Entry | None:
        """The act a row was first recorded in: that of its oldest signature, or the one that made it."""
        given = self.signed(row)
        if given:
            return self.entries_by_id.get(given[0].signature.entry_id)
        return self.made_in.get(key_of(row)) or self.entry_of(row)


def gather(batch: m.Batch) -> Facts:
    """Run every query of a batch record, and return its facts. The number of queries does not grow with the batch."""
    here = site()
    batch = m.Batch.objects.select_related("patient", "mbr").get(pk=batch.pk)
    patient = batch.patient
    streams = [batch.stream, patient.stream]
    entries = list(Entry.objects.filter(stream__in=streams).order_by("at", "stream", "seq"))
    own = [e for e in entries if e.stream == batch.stream]
    by_id = {e.id: e for e in entries}
    process = batch.mbr.process
    zone = ZoneInfo(here.time_zone if here else "UTC")
    isolation = (
        m.Isolation.objects.filter(batch=batch)
        .select_related("enzyme_lot", "medium_lot", "cabinet", "incubator", "count", "count__counter")
        .prefetch_related("count__squares", "count__attachments")
        .first()
    )
    vessels = list(batch.vessels.select_related("lot", "detachment", "loss").order_by("generation", "code"))
    passages = list(
        batch.passages.select_related(
            "reagent_lot", "medium_lot", "cabinet", "incubator", "count", "count__counter"
        ).prefetch_related("count__squares", "count__attachments", "detachments__vessel")
    )
    fill = (
        m.Fill.objects.filter(batch=batch)
        .select_related("vehicle_lot", "container_lot", "count", "count__counter")
        .prefetch_related("count__squares", "count__attachments")
        .first()
    )
    dispositions = list(batch.dispositions.all())
    corrections = list(batch.corrections.order_by("id"))
    signatures = _signatures(entries)
    head = max(own, key=lambda e: e.seq, default=None)
    infusion = (
        m.Infusion.objects.filter(batch=batch)
        .select_related("pump")
        .prefetch_related("events", "vitals__symptoms")
        .first()
    )
    return Facts(
        site_name=here.name if here else "",
        zone=zone,
        is_synthetic=bool(here and here.is_demonstration),
        batch=batch,
        process=process,
        consents=list(patient.consents.all()),
        weighings=list(patient.weighings.all()),
        eligibility=patient.assessments_of_eligibility.select_related("mbr").prefetch_related("answers").last(),
        harvest=m.Harvest.objects.filter(batch=batch).first(),
        receipt=m.Receipt.objects.filter(batch=batch).first(),
        isolation=isolation,
        vessels=vessels,
        passages=passages,
        losses=list(m.VesselLoss.objects.filter(vessel__batch=batch).select_related("vessel")),
        observations=list(batch.observations.prefetch_related("attachments")),
        medium_changes=list(batch.medium_changes.select_related("lot")),
        fill=fill,
        fill_count=count_result(fill.count, process=process) if fill else None,
        lineage=lineage(batch),
        progress=progress_of(
            process,
            zone,
            isolation=isolation,
            passages=passages,
            vessels=vessels,
            fill=fill,
            counted=lambda count: count_result(count, process=process),
        ),
        samples=list(batch.samples.all()),
        results=list(batch.results.select_related("sample", "retest_of").prefetch_related("attachments")),
        specification=matrix(batch),
        deviations=list(batch.deviations.select_related("assessment", "closure")),
        reviews=list(batch.audit_trail_reviews.prefetch_related("entries__entry")),
        unreviewed=unreviewed(batch),
        dispositions=dispositions,
        disposition_holds={d.pk: is_valid(d) for d in dispositions},
        infusion=infusion,
        infusion_figures=_infusion_figures(batch, infusion),
        adverse_events=list(batch.adverse_events.all()),
        adverse_event_checks=list(batch.adverse_event_checks.all()),
        pain_assessments=list(batch.pain_assessments.prefetch_related("answers")),
        paper_passages=list(batch.paper_passages.select_related("paper")),
        downtime_forms=downtime_forms.of_batch(batch),
        label_prints=list(batch.label_prints.select_related("act").prefetch_related("fates__act")),
        calibrations=_calibrations([isolation, *passages, fill, infusion]),
        is_expired=fill is not None and clock.now() >= fill.expires_at,
        corrections=[
            NumberedCorrection(f"[{number}]", row, by_id[row.act_id]) for number, row in enumerate(corrections, 1)
        ],
        signatures=signatures,
        training=trained(batch.mbr, _worked(own, signatures)),
        entries=entries,
        entries_by_id=by_id,
        made_in=_made_in(entries),
        head_seq=head.seq if head else 0,
        head_hash=head.hash if head else "",
    )


def _calibrations(steps: Sequence[models.Model | None]) -> Mapping[int, Sequence[Calibration]]:
    """The calibrations of every piece of equipment used in a step, oldest first, by its key."""
    used = {getattr(step, name, None) for step in steps for name in ("cabinet_id", "incubator_id", "pump_id")}
    used |= {getattr(getattr(step, "count", None), "counter_id", None) for step in steps}
    versions = version_model(m.Equipment)._default_manager.filter(id__in=used - {None}).order_by("history_id")
    found: dict[int, list[Calibration]] = defaultdict(list)
    for key, since, due_on in versions.values_list("id", "history_date", "calibration_due_on"):
        found[key].append(Calibration(since, due_on))
    return found


def _infusion_figures(batch: m.Batch, infusion: m.Infusion | None) -> Sequence[Figure]:
    """The figures of an ended infusion, as the bedside shows them; they no longer depend on the clock."""
    if infusion is None:
        return ()
    infusion.batch = batch
    return tuple(figures_of(infusion, infusion.done_at))


def _worked(own: Sequence[Entry], signatures: Mapping[Key, Sequence[Standing]]) -> Iterator[tuple[int, str, datetime]]:
    """Who did or signed something in the batch's stream, and when; refused acts were not done."""
    done = {e.id for e in own if not e.is_refused}
    yield from ((e.actor_id, e.actor_name, e.at) for e in own if e.actor_id is not None and not e.is_refused)
    for given in signatures.values():
        yield from (
            (s.signature.signer_id, s.signature.printed_name, s.signature.at)
            for s in given
            if s.signature.entry_id in done
        )


def _made_in(entries: Sequence[Entry]) -> Mapping[Key, Entry]:
    """The act in which each row came into being, as its entry tells."""
    return {
        (row["model"], row["pk"]): entry
        for entry in entries
        for row in json.loads(bytes(entry.payload))["rows"]
        if row["type"] == "+"
    }


def _signatures(entries: Sequence[Entry]) -> Mapping[Key, Sequence[Standing]]:
    given = Signature.objects.filter(entry__in=entries)
    found: dict[Key, list[Standing]] = defaultdict(list)
    for standing in standings(given):
        found[(standing.signature.subject_model, standing.signature.subject_pk)].append(standing)
    return found
