"""The act of correcting a recorded value: the old one stays readable, the new one is judged, figures follow.

It is written first and asked afterwards, within the one transaction: what several rows say together can only be
asked of the record as it would stand. A refusal takes all of it back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import models

from batches.commands.judging import raise_deviation
from batches.commands.projections import project_culture, project_fill
from batches.commands.scanning import Scans
from batches.commands.streams import batch_stream, locked, require, signing_people
from batches.models import (
    Batch,
    Correction,
    Count,
    Equipment,
    Fill,
    Isolation,
    Lot,
    Passage,
    SquareCount,
    Vessel,
)
from batches.queries.corrections import label_of, ordered_moments, root_of, rows_of
from batches.queries.counts import count_read, count_result
from batches.queries.fills import harvested_parts
from batches.queries.findings import Judged, judged
from batches.record import words
from batches.rules import corrections as rules
from batches.rules import fills as fill_rules
from batches.rules.corrections import Correctable, Kind
from batches.rules.counts import count_refusals
from batches.rules.limits import Verdict
from batches.rules.states import Stage
from batches.rules.wording import cells, number, percent, quantity
from lims.accounts.permissions import Permission
from lims.acts import Act
from lims.commands import command
from lims.refusals import Refusal, Refused, refuse_if_any
from lims.signatures.meanings import Meaning
from lims.site import zone

_IN_CULTURE = frozenset({Stage.CULTURE, Stage.CELL_HARVEST})


@command(
    "record:correct",
    needs=Permission.CORRECT_RECORDS,
    stream=batch_stream,
    signed=(Meaning.CORRECTED, Meaning.WITNESSED),
)
def correct(act: Act, *, batch: Batch, model: str, pk: str, field: str, value: Any) -> Correction:
    """Correct one value; the reason is the act's. A lot or a piece of equipment is given by its code.

    The step is signed again by who corrects and by a witness; its earlier signatures read «superseded».

    Raises:
        Refused: COR-01 no reason, COR-02 to COR-04 the value, COR-05 more taken out than there was, COR-06 a step
            before the one it follows, COR-07 not to be corrected, COR-08 not by this role, CNT-*, FIL-*, LOT-*,
            EQP-*, TIM-*.
    """
    live = locked(batch)
    require("record:correct", live)
    entry, row = _asked(act, live, model=model, pk=pk, field=field)
    old = getattr(row, field)
    new, refusals = _looked_up(live, row, entry, value)
    refuse_if_any(
        [
            *rules.reason_refusals(act.reason),
            *refusals,
            *(() if refusals else rules.value_refusals(entry, new, old, now=act.at, others=_times(row))),
        ]
    )
    before = {each.key for each in judged(live) if each.verdict is Verdict.ACTION}
    root = root_of(row)
    changed = [(field, old, new)]
    if isinstance(row, Fill) and field == "done_at":
        # The expiry runs from the end of formulation, so it moves with it.
        changed.append(("expires_at", row.expires_at, fill_rules.expires_at(live.mbr.process, new)))
    for name, _was, becomes in changed:
        setattr(row, name, becomes)
    act.add(row)
    refuse_if_any(_against_record(live, row))
    made = [_correction(live, root, row, name, was, becomes, act.reason) for name, was, becomes in changed]
    act.add(*made)
    _judge_again(act, live, before)
    _project(act, live)
    for row_made in made:
        act.sign(row_made)
    act.sign(root)
    return made[0]


def _asked(act: Act, batch: Batch, *, model: str, pk: str, field: str) -> tuple[Correctable, models.Model]:
    """The entry of the table and the row of this batch; refused when either is not there, or not this person's."""
    entry = rules.field_of(model, field)
    row = rows_of(batch, model).filter(pk=pk).first() if entry is not None else None
    if entry is None or row is None:
        raise Refused(Refusal("COR-07", "This value is not corrected here. Ask QA."))
    assert act.actor is not None
    right = Permission(rules.permission_for(model))
    for user, field_of_user in signing_people(act).items():
        if not user.may(right) and not user.may(Permission.DECIDE_DEVIATIONS):
            raise Refused(
                Refusal(
                    "COR-08",
                    "The role of {name} does not record this value. Ask somebody whose role does, or QA.",
                    field_of_user,
                    {"name": user.printed_name},
                )
            )
    return entry, row


def _looked_up(batch: Batch, row: models.Model, entry: Correctable, value: Any) -> tuple[Any, list[Refusal]]:
    """The value as the row keeps it: a scanned code turned into its lot or equipment, by the same rules as ever."""
    if entry.kind not in (Kind.LOT, Kind.EQUIPMENT) or not value:
        return value, []
    step: Any = root_of(row)
    scans = Scans(batch, step.done_at)
    if entry.kind is Kind.LOT:
        return scans.lot(str(value), Lot.Kind(entry.material), field="value"), scans.refusals
    return scans.equipment(str(value), Equipment.Kind(entry.material), field="value"), scans.refusals


def _times(row: models.Model) -> dict[str, datetime | None]:
    return {f.name: getattr(row, f.name) for f in row._meta.concrete_fields if isinstance(f, models.DateTimeField)}


def _against_record(batch: Batch, row: models.Model) -> Iterator[Refusal]:
    """What speaks against the record as it would stand, beside the field that was typed."""
    yield from rules.order_refusals(ordered_moments(batch))
    root = root_of(row)
    count = row if isinstance(row, Count) else row.count if isinstance(row, SquareCount) else None
    if count is not None:
        fresh = Count.objects.select_related("isolation", "passage", "fill").get(pk=count.pk)
        yield from (r.at("value") for r in count_refusals(count_read(fresh)))
    if isinstance(root, Isolation | Passage):
        sampled = root.sampled_ml if isinstance(root, Passage) else Decimal(0)
        seeded = Vessel.objects.filter(**{type(root).__name__.lower(): root}).values_list("suspension_ml", flat=True)
        yield from rules.balance_refusals(root.suspension_ml, root.drawn_ml, sampled, *seeded)
    if isinstance(root, Isolation) and root.fat_processed_ml > batch.harvest.volume_ml:
        yield from rules.balance_refusals(batch.harvest.volume_ml, root.fat_processed_ml)
    fill = Fill.objects.filter(batch=batch).select_related("count").first()
    if fill is not None:
        yield from _against_fill(batch, fill)


def _against_fill(batch: Batch, fill: Fill) -> Iterator[Refusal]:
    """No more may be filled than was harvested."""
    process = batch.mbr.process
    parts = harvested_parts(batch)
    found = [
        *fill_rules.volume_refusals(
            used_ml=fill.used_ml,
            available=fill_rules.available_ml(parts),
            volume_ml=fill.volume_ml,
            drawn_ml=fill.drawn_ml,
        ),
        *fill_rules.cells_refusals(
            count_result(fill.count, process=process),
            drawn_ml=fill.drawn_ml,
            most=fill_rules.most_cells(parts, fill.used_ml, process.count_errors),
        ),
    ]
    yield from (r.at("value") for r in found)


def _correction(
    batch: Batch, root: models.Model, row: models.Model, field: str, old: object, new: object, reason: str
) -> Correction:
    entry = rules.field_of(type(row).__name__, field) or Correctable(Kind.TIME)
    return Correction(
        batch=batch,
        subject_model=root._meta.label,
        subject_pk=str(root.pk),
        target_model=row._meta.label,
        target_pk=str(row.pk),
        field=field,
        label=f"{root}: {label_of(row, field, is_root=row is root)}"[:120],
        old_text=shown(entry, row, field, old),
        new_text=shown(entry, row, field, new),
        reason=reason.strip(),
    )


def shown(entry: Correctable, row: models.Model, field: str, value: object) -> str:
    """A value as the record shows it."""
    if value is None or value == "":
        return words.text(None)
    if isinstance(value, datetime):
        return words.to_minute(value, zone())
    if isinstance(value, Decimal | int):
        return _number_shown(entry.kind, Decimal(value))
    choices: Sequence[tuple[Any, Any]] | None = row._meta.get_field(field).choices  # type: ignore[union-attr]
    return str(dict(choices).get(value, value)) if choices else str(value)


def _number_shown(kind: Kind, value: Decimal) -> str:
    match kind:
        case Kind.ML:
            return words.ml(value)
        case Kind.DEGREES_C:
            return words.celsius(value)
        case Kind.PER_CENT:
            return percent(value)
        case Kind.KG:
            return quantity(value, "kg")
        case Kind.CELLS | Kind.PER_ML:
            return cells(value)
        case _:
            return number(value)


def _judge_again(act: Act, batch: Batch, before: set[tuple[str, str, str]]) -> None:
    """A correction that brings a value beyond an action limit raises a deviation, as if it had been recorded so."""
    now = [each for each in judged(batch) if each.verdict is Verdict.ACTION and each.key not in before]
    told: dict[tuple[str, str, str], Judged] = {each.key: each for each in now}
    for each in told.values():
        raise_deviation(
            act,
            batch=batch,
            source=each.row,  # type: ignore[arg-type]
            at=each.at,
            title=f"{each.finding.limit.label}: action limit, {each.step}, after a correction",
            description=each.finding.sentence,
            limit=each.finding.limit.key[:60],
        )


def _project(act: Act, batch: Batch) -> None:
    """Bring what lists show up to date with the corrected record."""
    if Stage(batch.stage) in _IN_CULTURE:
        project_culture(batch)
    fill = Fill.objects.filter(batch=batch).select_related("count").first()
    if fill is not None:
        total = count_result(fill.count, process=batch.mbr.process).total_viable
        if batch.due_act == "disposition:decide":
            project_fill(batch, cells=total, expires_at=fill.expires_at)
        else:
            batch.latest_viable_cells = total.quantize(Decimal(1)) if total is not None else None
    if Stage(batch.stage) in _IN_CULTURE or fill is not None:
        act.add(batch)
