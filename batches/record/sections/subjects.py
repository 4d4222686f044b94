"""What a signature stands under, in words: «Passage P1», «Result: CD73»."""

from __future__ import annotations

from collections.abc import Mapping

from django.apps import apps
from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from batches.record import words
from batches.record.facts import Facts, Key, key_of


def name_of(named: Mapping[Key, str], key: Key) -> str:
    """The name of what a signature stands under; of a kind that has none of its own, what its model is called."""
    if key in named:
        return named[key]
    return capfirst(str(apps.get_model(key[0])._meta.verbose_name))


def subject_words(facts: Facts) -> Mapping[Key, str]:
    """The name of every row a signature of this record can stand under."""
    tests = {r.key: str(r.name) for r in facts.process.specification}
    vitals = {t.key: t.name for t in facts.process.vitals_schedule}

    def day(row: models.Model) -> str:
        return words.to_minute(row.done_at, facts.zone)  # type: ignore[attr-defined]

    named: dict[Key, str] = {key_of(facts.batch): _("Batch {number}").format(number=facts.batch.number)}
    for row, text in (
        (facts.eligibility, _("Eligibility")),
        (facts.harvest, _("Harvest")),
        (facts.receipt, _("Receipt")),
        (facts.isolation, _("Isolation")),
        (facts.fill, _("Fill")),
        (facts.infusion, _("Identity at the bedside")),
    ):
        if row is not None:
            named[key_of(row)] = text
    named |= {key_of(c): _("Consent: {kind}").format(kind=str(c.get_kind_display()).lower()) for c in facts.consents}
    named |= {key_of(w): _("Weight of {date}").format(date=words.on(w.weighed_on)) for w in facts.weighings}
    named |= {
        key_of(p): (_("Final cell harvest P{n}") if p.is_final else _("Passage P{n}")).format(n=p.generation)
        for p in facts.passages
    }
    named |= {key_of(o): _("Observation of {when}").format(when=day(o)) for o in facts.observations}
    named |= {key_of(c): _("Medium change of {when}").format(when=day(c)) for c in facts.medium_changes}
    named |= {key_of(x): _("Vessel {code} lost").format(code=x.vessel.code) for x in facts.losses}
    named |= {key_of(s): _("Sample {code}").format(code=s.code) for s in facts.samples}
    named |= {key_of(r): _("Result: {test}").format(test=tests.get(r.test, r.test)) for r in facts.results}
    for d in facts.deviations:
        named[key_of(d)] = d.number
        for row, text in (
            (getattr(d, "assessment", None), _("Assessment of {number}")),
            (getattr(d, "closure", None), _("Closure of {number}")),
        ):
            if row is not None:
                named[key_of(row)] = text.format(number=d.number)
    named |= {
        key_of(f.transcription): _("Transcription of form {number}").format(number=f.number)
        for f in facts.downtime_forms
        if hasattr(f, "transcription")
    }
    named |= {
        key_of(p): _("Label {serial}, copy {copy}").format(serial=p.serial, copy=p.copy) for p in facts.label_prints
    }
    named |= {
        key_of(f): _("{label}: {what}").format(label=named[key_of(p)], what=str(f.get_fate_display()).lower())
        for p in facts.label_prints
        for f in p.fates.all()
    }
    named |= {key_of(r): _("Audit-trail review to entry {seq}").format(seq=r.batch_seq) for r in facts.reviews}
    named |= {key_of(c.row): _("Correction {mark}").format(mark=c.mark) for c in facts.corrections}
    named |= {key_of(d): str(d.get_decision_display()) for d in facts.dispositions}
    if facts.infusion is not None:
        named |= {
            key_of(e): _("Infusion: {what}").format(what=str(e.get_kind_display()).lower())
            for e in facts.infusion.events.all()
        }
        named |= {
            key_of(v): _("Vital signs: {when}").format(when=vitals.get(v.scheduled, v.scheduled))
            for v in facts.infusion.vitals.all()
        }
    named |= {key_of(e): _("Adverse event: {term}").format(term=e.term) for e in facts.adverse_events}
    named |= {key_of(c): _("Adverse events assessed") for c in facts.adverse_event_checks}
    named |= {
        key_of(a): _("{occasion}, {when}").format(occasion=a.get_occasion_display(), when=day(a))
        for a in facts.pain_assessments
    }
    return named
