"""The infusion at the bedside: identity, events, vital signs with symptoms, adverse events."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from django.utils.translation import gettext as _

from batches.models import Infusion, Vitals
from batches.queries.infusions import baseline_of, observed
from batches.record import blocks, words
from batches.record.facts import Facts
from batches.record.sections.results import results
from batches.record.sections.signing import performer, remarks, signatures, times
from batches.rules.identity import matches
from batches.rules.limits import Verdict
from batches.rules.protocol import Vital
from batches.rules.vitals import BASELINE, VitalFinding, vital_findings
from batches.rules.wording import percent, quantity

GRAVITY: Final = (Verdict.NOT_JUDGED, Verdict.WITHIN, Verdict.ALERT, Verdict.ACTION)


def section(facts: Facts, number: str) -> blocks.Section:
    """One infusion, or that there was none."""
    body = tuple(_blocks(facts)) or (blocks.Paragraph(_("The product has not been infused.")),)
    return blocks.Section(number, _("Infusion"), body, anchor="infusion")


def _blocks(facts: Facts) -> Iterator[blocks.Block]:
    row = facts.infusion
    if row is None:
        return
    yield blocks.Heading(_("Identity at the bedside"))
    yield blocks.Paragraph(times(facts, row))
    yield _identity(facts, row)
    yield from remarks(facts, row)
    yield from signatures(facts, row)
    yield blocks.Heading(_("Course"))
    yield blocks.Table(
        (
            blocks.Column(_("When"), 26),
            blocks.Column(_("What"), 14, strong=True),
            blocks.Column(_("Volume infused"), 16),
            blocks.Column(_("Reason"), 26),
            blocks.Column(_("Performed by"), 18),
        ),
        tuple(
            (
                facts.corrected(e, "done_at", words.at(e.done_at, facts.zone)),
                str(e.get_kind_display()),
                facts.corrected(e, "infused_ml", words.ml(e.infused_ml)),
                words.text(e.reason),
                performer(facts, e),
            )
            for e in row.events.all()
        ),
        empty=_("The infusion has not been started."),
    )
    if facts.infusion_figures:
        # What an infusion comes to is known, and judged, when it stops.
        yield results(facts, list(row.events.all())[-1], facts.infusion_figures)
    for event in row.events.all():
        yield from remarks(facts, event)
    yield from _vitals(facts, row)
    yield from _adverse(facts)


def _identity(facts: Facts, row: Infusion) -> blocks.Items:
    def scanned(item: str, field: str, expected: str) -> blocks.Item:
        code = getattr(row, field)
        verdict = _("match") if matches(code, expected) else blocks.VerdictMark("action", _("Mismatch"))
        return blocks.Item(item, facts.corrected(row, field, code), _("must be {code}").format(code=expected), verdict)

    return blocks.Items(
        (
            scanned(_("Wristband"), "scanned_patient", facts.batch.patient.code),
            scanned(_("Bag"), "scanned_coi", facts.batch.coi),
            blocks.Item(_("Name and birth date confirmed"), words.yes_no(row.is_name_confirmed)),
            blocks.Item(_("Bag intact, whitish, no clumps"), words.yes_no(row.is_bag_good)),
            blocks.Item(
                _("Weight today"), facts.corrected(row, "weight_kg", f"{row.weight_kg}{words.NO_BREAK_SPACE}kg")
            ),
            blocks.Item(_("Catheter and site"), facts.corrected(row, "catheter", row.catheter)),
            blocks.Item(_("Pump"), row.pump.code if row.pump else blocks.NOTHING),
        )
    )


def _vitals(facts: Facts, row: Infusion) -> Iterator[blocks.Block]:
    names = {t.key: t.name for t in facts.process.vitals_schedule}
    taken = list(row.vitals.all())
    found = _findings(facts, taken)
    yield blocks.Heading(_("Vital signs"))
    yield blocks.Table(
        (
            blocks.Column(_("Due"), 16),
            blocks.Column(_("Taken"), 18),
            blocks.Column(_("Pulse /min"), 8),
            blocks.Column(_("Pressure mmHg"), 11),
            blocks.Column(_("Breaths /min"), 9),
            blocks.Column(_("SpO₂"), 7),
            blocks.Column(_("Temperature"), 9),
            blocks.Column(_("Performed by"), 12),
            blocks.Column(_("Verdict"), 10),
        ),
        tuple(
            (
                names.get(v.scheduled, v.scheduled),
                words.to_minute(v.done_at, facts.zone),
                facts.corrected(v, "heart_rate", str(v.heart_rate)),
                f"{v.systolic}/{v.diastolic}",
                facts.corrected(v, "respiratory_rate", str(v.respiratory_rate)),
                facts.corrected(v, "spo2_pct", percent(v.spo2_pct, 0)),
                facts.corrected(v, "temperature_c", words.celsius(v.temperature_c)),
                performer(facts, v),
                words.judged(max((f.verdict for f in found[v.pk]), key=GRAVITY.index)),
            )
            for v in taken
        ),
        empty=_("No vital signs are recorded."),
    )
    for v in taken:
        for finding in found[v.pk]:
            if finding.verdict in (Verdict.ALERT, Verdict.ACTION):
                yield blocks.Note(f"{finding.sentence}.", "deviation", lead=f"{names.get(v.scheduled, v.scheduled)}.")
    if taken:
        yield blocks.Table(
            (
                blocks.Column(_("Vital sign"), 20),
                blocks.Column(_("Limit"), 35),
                blocks.Column(_("Change from the baseline"), 45),
            ),
            tuple(
                (vital.limit.label, vital.limit.text or blocks.NOTHING, _changes(vital))
                for vital in facts.process.vitals
            ),
        )
        yield blocks.Heading(_("Symptoms asked for"))
        yield blocks.Table(
            (blocks.Column(_("Due"), 20), *(blocks.Column(s.name, 12) for s in facts.process.symptoms)),
            tuple((names.get(v.scheduled, v.scheduled), *_answers(facts, v)) for v in taken),
        )
    for v in taken:
        yield from remarks(facts, v)


def _findings(facts: Facts, taken: Sequence[Vitals]) -> Mapping[int, Sequence[VitalFinding]]:
    """Every value of every reading against its limit and the baseline, as the bedside page judges them."""
    seen = {v.pk: observed(v) for v in taken}
    baseline = baseline_of([seen[v.pk] for v in taken])
    return {
        v.pk: vital_findings(facts.process, seen[v.pk], None if v.scheduled == BASELINE else baseline) for v in taken
    }


def _changes(vital: Vital) -> str:
    """`alert when 3 % below, action when 5 % below`."""
    limit = vital.limit
    edges = (
        (vital.fall_alert, _("alert when {change} below")),
        (vital.fall_action, _("action when {change} below")),
        (vital.rise_action, _("action when {change} above")),
    )
    told = [
        said.format(change=quantity(change, limit.unit, limit.decimals)) for change, said in edges if change is not None
    ]
    return ", ".join(told) or blocks.NOTHING


def _answers(facts: Facts, row: Vitals) -> Iterator[blocks.Value]:
    given = {a.symptom: a for a in row.symptoms.all()}
    for symptom in facts.process.symptoms:
        answer = given.get(symptom.code)
        if answer is None:
            yield blocks.NOTHING
        elif answer.is_present:
            yield blocks.VerdictMark("action", _("grade {grade}").format(grade=answer.grade))
        else:
            yield _("no")


def _adverse(facts: Facts) -> Iterator[blocks.Block]:
    yield blocks.Heading(_("Adverse events"))
    if facts.adverse_events:
        yield blocks.Table(
            (
                blocks.Column(_("Onset"), 18),
                blocks.Column(_("Event"), 18, strong=True),
                blocks.Column(_("Grade"), 12),
                blocks.Column(_("Serious"), 8),
                blocks.Column(_("Relation"), 10),
                blocks.Column(_("Action, outcome"), 22),
                blocks.Column(_("Recorded by"), 12),
            ),
            tuple(
                (
                    words.to_minute(e.done_at, facts.zone),
                    facts.corrected(e, "term", e.term),
                    f"{e.grade}, CTCAE {e.ctcae_version}",
                    words.yes_no(e.is_serious),
                    str(e.get_relation_display()),
                    "; ".join(t for t in (e.action, e.outcome) if t) or blocks.NOTHING,
                    performer(facts, e),
                )
                for e in facts.adverse_events
            ),
        )
    for check in facts.adverse_event_checks:
        said = _("assessed, none") if check.is_none else _("assessed, those recorded")
        yield blocks.Paragraph(
            _("{when}, {who}: {said}.").format(
                when=words.to_minute(check.done_at, facts.zone), who=performer(facts, check), said=said
            )
        )
        yield from remarks(facts, check)
    if not facts.adverse_events and not facts.adverse_event_checks:
        yield blocks.Paragraph(_("Not assessed."))
