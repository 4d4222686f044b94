"""The last acts of a batch, as a table reads them: when done, what, the value in a line, who signed.

The acts come from the ledger; each is told by the row it was about. Not here: the whole record (record/).
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import models
from django.utils.translation import gettext as _

from batches import models as m
from batches.queries.counts import count_result
from batches.rules.limits import Verdict
from batches.rules.process import Process
from batches.rules.times import is_late
from batches.rules.wording import cells, percent, quantity, volume
from lims.act_words import words_of
from lims.ledger.models import Entry
from lims.signatures.meanings import Meaning
from lims.signatures.models import Signature
from lims.signatures.standing import Standing, standings

Key = tuple[str, str]


@dataclass(frozen=True)
class RecentAct:
    """One act in a line. `recorded_at` is set when it was recorded late; `was` and `now` are a corrected value."""

    done_at: datetime
    act: str
    value: str
    recorded_at: datetime | None = None
    was: str | None = None
    now: str = ""
    why: str = ""
    verdict: str = ""
    verdict_note: str = ""
    signed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Said:
    """What an act's row says in a line."""

    value: str
    verdict: str = ""
    verdict_note: str = ""


def recent_acts(batch: m.Batch, *, number: int = 6) -> list[RecentAct]:
    """The newest acts of a batch, newest first. One query for entries, one for signatures, one for each model met."""
    entries = list(Entry.objects.filter(stream=batch.stream, is_refused=False).order_by("-seq")[:number])
    signed: dict[object, list[Signature]] = defaultdict(list)
    for signature in Signature.objects.filter(entry__in=entries):
        signed[signature.entry_id].append(signature)
    roots = {entry.id: _root(entry) for entry in entries}
    rows = _rows(root for root in roots.values() if root is not None)
    return [
        _told(entry, rows.get(roots[entry.id] or ("", "")), signed[entry.id], batch.mbr.process) for entry in entries
    ]


def latest_signatures(batch: m.Batch) -> tuple[str, list[Standing]]:
    """The step signed last, by its name, and every signature it was ever given, newest first, with their standing."""
    newest = Signature.objects.filter(entry__stream=batch.stream).last()
    if newest is None:
        return "", []
    given = Signature.objects.filter(subject_model=newest.subject_model, subject_pk=newest.subject_pk)
    entry = Entry.objects.get(pk=newest.entry_id)
    rows = _rows([(newest.subject_model, newest.subject_pk)])
    return _name(entry, rows.get((newest.subject_model, newest.subject_pk))), standings(given.order_by("-at", "id"))


def _root(entry: Entry) -> Key | None:
    """The row an act is told by: a correction if it made one, else the first row it created, else the first changed."""
    written = json.loads(bytes(entry.payload))["rows"]
    told = [r for r in written if r["model"] in _TELLERS]
    for wanted in (
        lambda r: r["model"] == "batches.Correction",
        lambda r: r["type"] == "+" and r["model"] != "batches.Deviation",
        lambda r: r["type"] == "+",
        lambda r: True,
    ):
        found = next((r for r in told if wanted(r)), None)
        if found is not None:
            return found["model"], found["pk"]
    return None


def _rows(keys: Iterable[Key]) -> dict[Key, models.Model]:
    wanted: dict[str, set[str]] = defaultdict(set)
    for label, pk in keys:
        wanted[label].add(pk)
    found: dict[Key, models.Model] = {}
    for label, pks in wanted.items():
        model: Any = getattr(m, label.removeprefix("batches."))
        related, below = _RELATED.get(label, ((), ()))
        query = model.objects.filter(pk__in=pks).select_related(*related).prefetch_related(*below)
        found |= {(label, str(row.pk)): row for row in query}
    return found


def _told(entry: Entry, row: models.Model | None, signatures: Sequence[Signature], process: Process) -> RecentAct:
    done_at = getattr(row, "done_at", None) or entry.at
    late = entry.at if is_late(done_at, entry.at) else None
    who = tuple(_signed(signatures)) or (entry.actor_name,)
    if isinstance(row, m.Correction):
        return RecentAct(
            entry.at, _("Correction"), f"{row.label}:", was=row.old_text, now=row.new_text, why=row.reason, signed=who
        )
    if row is None:
        return RecentAct(done_at, _(words_of(entry.name)), "", signed=who)
    said = _TELLERS[row._meta.label](row, process)
    late_reason = getattr(row, "late_reason", "")
    value = said.value
    if late is not None and late_reason:
        value = _("{value}. Late entry: {reason}").format(value=value, reason=late_reason)
    return RecentAct(
        done_at,
        _name(entry, row),
        value,
        recorded_at=late,
        verdict=said.verdict,
        verdict_note=said.verdict_note,
        signed=who,
    )


def _signed(signatures: Iterable[Signature]) -> Iterable[str]:
    for signature in signatures:
        if signature.meaning == Meaning.PERFORMED:
            yield signature.printed_name
        else:
            yield f"{signature.get_meaning_display().lower()} {signature.printed_name}"


def _name(entry: Entry, row: models.Model | None) -> str:
    """The act in a word or two: `Observation`, `Passage P1`."""
    if isinstance(row, m.Passage):
        name = _("Final cell harvest P{n}") if row.is_final else _("Passage P{n}")
        return name.format(n=row.generation)
    if row is None or isinstance(row, _TOLD_BY_ACT):
        return _(words_of(entry.name))
    return str(row._meta.verbose_name).capitalize()


# ------------------------------------------------------------------------------------------- one line for each model


def _harvest(row: Any, process: Process) -> Said:
    return Said(f"{volume(row.volume_ml)}, {row.body_site}, {row.get_side_display().lower()}")


def _receipt(row: Any, process: Process) -> Said:
    low, high = quantity(row.temperature_min_c, "°C"), quantity(row.temperature_max_c, "°C")
    return Said(_("Three codes match. {low} to {high}").format(low=low, high=high))


def _counted(count: m.Count, process: Process, limit: str) -> tuple[str, Decimal | None, Said]:
    result = count_result(count, process=process)
    verdict = process.limits[limit].verdict(result.viability_pct)
    viability = percent(result.viability_pct) if result.viability_pct is not None else "–"
    told = _("{viability} viable").format(viability=viability)
    beyond = verdict in (Verdict.ALERT, Verdict.ACTION)
    total = cells(result.total_viable) if result.total_viable is not None else "–"
    value = _("{total} viable").format(total=total) + ("" if beyond else f", {told}")
    return value, result.viable_per_ml, Said("", verdict.value if beyond else "", told if beyond else "")


def _seeded(vessels: Iterable[m.Vessel], per_ml: Decimal | None) -> str:
    made = list(vessels)
    if not made or per_ml is None:
        return ""
    area = sum((v.area_cm2 for v in made), Decimal(0))
    number = sum((v.suspension_ml for v in made), Decimal(0)) * per_ml
    return ". " + _("Seeded {cells} into {area}").format(cells=cells(number), area=quantity(area.normalize(), "cm²"))


def _isolation(row: Any, process: Process) -> Said:
    value, per_ml, said = _counted(row.count, process, "svf_viability_pct")
    return Said(value + _seeded(row.vessels.all(), per_ml), said.verdict, said.verdict_note)


def _passage(row: Any, process: Process) -> Said:
    value, per_ml, said = _counted(row.count, process, "viability_pct")
    return Said(value + _seeded(row.vessels.all(), per_ml), said.verdict, said.verdict_note)


def _fill(row: Any, process: Process) -> Said:
    value, _per_ml, said = _counted(row.count, process, "viability_pct")
    return Said(f"{value}. {volume(row.volume_ml)}, {row.container_code}", said.verdict, said.verdict_note)


def _observation(row: Any, process: Process) -> Said:
    value = _("P{n} confluence {confluence}, {morphology}, medium {medium}").format(
        n=row.generation,
        confluence=percent(row.confluence_pct, None),
        morphology=row.get_morphology_display().lower(),
        medium=row.get_medium_display().lower(),
    )
    return Said(value)


def _medium(row: Any, process: Process) -> Said:
    return Said(f"P{row.generation}, {volume(row.volume_ml)}, {row.lot.code}")


def _loss(row: Any, process: Process) -> Said:
    return Said(f"{row.vessel.code}: {row.reason}")


def _sample(row: Any, process: Process) -> Said:
    names = {kind.key: kind.name for kind in process.sampling_plan}
    return Said(f"{row.code}, {names.get(row.kind, row.kind)}")


def _result(row: Any, process: Process) -> Said:
    name = process.row(row.test).name if process.has_row(row.test) else row.test
    unit = process.row(row.test).unit if process.has_row(row.test) else ""
    value = row.choice or row.text
    if row.number is not None:
        value = f"{row.censor}{quantity(row.number.normalize(), unit)}"
    return Said(f"{name}: {value or row.get_state_display()}")


def _deviation(row: Any, process: Process) -> Said:
    return Said(f"{row.number}, {row.title}")


def _assessment(row: Any, process: Process) -> Said:
    return Said(f"{row.deviation.number}, {row.get_severity_display().lower()}: {row.product_impact}")


def _closure(row: Any, process: Process) -> Said:
    return Said(f"{row.deviation.number}: {row.conclusion}")


def _disposition(row: Any, process: Process) -> Said:
    return Said(f"{row.get_decision_display()}. {row.grounds}")


def _infusion(row: Any, process: Process) -> Said:
    return Said(_("Wristband and bag match. {weight}").format(weight=quantity(row.weight_kg, "kg")))


def _event(row: Any, process: Process) -> Said:
    infused = f", {volume(row.infused_ml)}" if row.infused_ml is not None else ""
    reason = f". {row.reason}" if row.reason else ""
    return Said(f"{row.get_kind_display()}{infused}{reason}")


def _vitals(row: Any, process: Process) -> Said:
    pressure = quantity(row.systolic, "") + "/" + quantity(row.diastolic, "mmHg")
    return Said(f"{pressure}, {quantity(row.heart_rate, '/min')}, SpO₂ {percent(row.spo2_pct, None)}")


def _adverse(row: Any, process: Process) -> Said:
    return Said(_("{term}, grade {grade}").format(term=row.term, grade=row.grade))


def _check(row: Any, process: Process) -> Said:
    return Said(_("Assessed, none") if row.is_none else _("Assessed, as recorded"))


def _pain(row: Any, process: Process) -> Said:
    return Said(_("{occasion}: face scale {score}").format(occasion=row.get_occasion_display(), score=row.fps_score))


def _issue(row: Any, process: Process) -> Said:
    return Said(f"{row.number}, {row.coi}")


def _form(row: m.DowntimeForm, process: Process) -> Said:
    return Said(f"{row.number}, {row.get_step_display()}")


def _transcription(row: m.FormTranscription, process: Process) -> Said:
    return _form(row.form, process)


def _label(row: m.LabelPrint, process: Process) -> Said:
    return Said(
        _("{container}, {serial} copy {copy}").format(container=row.container, serial=row.serial, copy=row.copy)
    )


def _fate(row: m.LabelFate, process: Process) -> Said:
    return Said(f"{row.label.code}, {row.get_fate_display()}")


# One row, several acts: issued and voided, a first label and a further one, or what the row is called says too little.
_TOLD_BY_ACT = (m.DowntimeForm, m.FormTranscription, m.LabelPrint, m.LabelFate)
_COUNTED = (("count",), ("count__squares", "vessels"))
_RELATED: Mapping[str, tuple[Sequence[str], Sequence[str]]] = {
    "batches.Isolation": _COUNTED,
    "batches.Passage": _COUNTED,
    "batches.Fill": (("count",), ("count__squares",)),
    "batches.MediumChange": (("lot",), ()),
    "batches.VesselLoss": (("vessel",), ()),
    "batches.DeviationAssessment": (("deviation",), ()),
    "batches.FormTranscription": (("form",), ()),
    "batches.LabelFate": (("label",), ()),
    "batches.DeviationClosure": (("deviation",), ()),
}
_TELLERS: Mapping[str, Callable[[Any, Process], Said]] = {
    "batches.Batch": _issue,
    "batches.Harvest": _harvest,
    "batches.Receipt": _receipt,
    "batches.Isolation": _isolation,
    "batches.Observation": _observation,
    "batches.MediumChange": _medium,
    "batches.Passage": _passage,
    "batches.VesselLoss": _loss,
    "batches.Fill": _fill,
    "batches.Sample": _sample,
    "batches.TestResult": _result,
    "batches.Deviation": _deviation,
    "batches.DeviationAssessment": _assessment,
    "batches.DeviationClosure": _closure,
    "batches.Correction": lambda row, process: Said(row.label),
    "batches.Disposition": _disposition,
    "batches.Infusion": _infusion,
    "batches.InfusionEvent": _event,
    "batches.Vitals": _vitals,
    "batches.AdverseEvent": _adverse,
    "batches.AdverseEventCheck": _check,
    "batches.PainAssessment": _pain,
    "batches.DowntimeForm": _form,
    "batches.FormTranscription": _transcription,
    "batches.LabelPrint": _label,
    "batches.LabelFate": _fate,
}
