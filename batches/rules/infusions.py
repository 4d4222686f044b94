"""The infusion: may it be begun, interrupted, ended, and how long did it flow?

Here: identity at the bedside, the course from its events, and what stands in the way of each of them. Not here: vital
signs and symptoms (`vitals`), the cells given (`product_figures`), and the limits of the master batch record.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from batches.rules.identity import matches
from batches.rules.judging import Finding
from batches.rules.limits import Limit, Verdict
from batches.rules.patients import HEAVIEST_KG, LIGHTEST_KG
from batches.rules.process import Process
from batches.rules.wording import volume
from lims.refusals import Refusal

MISMATCH = "INF-20"
_MISMATCH = "{what} says {scanned}, this batch is {expected}. Do not infuse. Put the bag aside and call QA."
START, PAUSE, RESUME, STOP = "start", "pause", "resume", "stop"


def identity_refusals(*, scanned_patient: str, scanned_coi: str, patient_code: str, coi: str) -> Iterator[Refusal]:
    """INF-20: wristband and bag must both be this batch's. A hard stop: nobody can go past it."""
    for field, what, scanned, expected in (
        ("scanned_patient", "The wristband", scanned_patient, patient_code),
        ("scanned_coi", "The bag", scanned_coi, coi),
    ):
        if not matches(scanned, expected):
            yield Refusal(MISMATCH, _MISMATCH, field, {"what": what, "scanned": scanned, "expected": expected})


def bedside_refusals(*, is_name_confirmed: bool, is_bag_good: bool, weight_kg: Decimal) -> Iterator[Refusal]:
    """INF-21 name and birth date not confirmed, INF-22 a bag that is not good, INF-23 a weight that can't be true."""
    if not is_name_confirmed:
        yield Refusal(
            "INF-21",
            "Name and birth date are not confirmed. Ask the patient to say both, or read the wristband.",
            "is_name_confirmed",
        )
    if not is_bag_good:
        yield Refusal(
            "INF-22",
            "A bag that leaks, is cloudy or holds clumps is not infused. Put it aside, call QA.",
            "is_bag_good",
        )
    if not LIGHTEST_KG <= weight_kg <= HEAVIEST_KG:
        yield Refusal(
            "INF-23",
            "A weight of {weight} kg can't be true. Enter the weight in kg.",
            "weight_kg",
            {"weight": weight_kg},
        )


def expiry_refusals(expires_at: datetime, planned_end: datetime) -> Iterator[Refusal]:
    """INF-24: the product must be in date until the planned end of the infusion, not only at its start."""
    if expires_at < planned_end:
        zone = planned_end.tzinfo
        yield Refusal(
            "INF-24",
            "The product expires at {expiry}, before the planned end at {end}. It must not be infused. Call QA.",
            None,
            {
                "expiry": expires_at.astimezone(zone).strftime("%H:%M on %-d %b"),
                "end": planned_end.strftime("%H:%M on %-d %b"),
            },
        )


def consent_refusals(missing: Iterable[str]) -> Iterator[Refusal]:
    """INF-25: a consent that was withdrawn since the batch was issued stops the infusion."""
    for name in missing:
        yield Refusal(
            "INF-25", "{consent} is missing or withdrawn. Do not infuse; call the physician.", None, {"consent": name}
        )


@dataclasses.dataclass(frozen=True)
class Happening:
    """Start, pause, resume or stop, and when."""

    kind: str
    at: datetime


@dataclasses.dataclass(frozen=True)
class Interruption:
    """A pause; open while it has no end."""

    began_at: datetime
    ended_at: datetime | None


@dataclasses.dataclass(frozen=True)
class Course:
    """An infusion as it stands at a moment: how long it flowed, and how long it took with its pauses."""

    started_at: datetime | None
    ended_at: datetime | None
    is_flowing: bool
    flowed: timedelta
    lasted: timedelta
    pauses: tuple[Interruption, ...]
    at: datetime

    @property
    def flow_minutes(self) -> Decimal:
        """Minutes the product flowed, pauses left out."""
        return minutes(self.flowed)

    @property
    def total_minutes(self) -> Decimal:
        """Minutes from start to stop, pauses included."""
        return minutes(self.lasted)

    def left(self, planned: timedelta) -> timedelta:
        """Time of flow left to the planned; negative once it is over."""
        return planned - self.flowed

    def planned_end(self, planned: timedelta) -> datetime:
        """When it ends if it flows on from now; when it ended, once it has."""
        return self.ended_at or self.at + max(self.left(planned), timedelta())


def minutes(span: timedelta) -> Decimal:
    """A span in minutes, exactly."""
    return Decimal(span // timedelta(microseconds=1)) / 60_000_000


def course(happenings: Sequence[Happening], now: datetime) -> Course:
    """The course from its events in order. Before the start everything is zero."""
    started = ended = flowing_since = None
    flowed = timedelta()
    pauses: list[Interruption] = []
    for happening in happenings:
        if happening.kind in (PAUSE, STOP) and flowing_since is not None:
            flowed += happening.at - flowing_since
            flowing_since = None
        if happening.kind == START:
            started = flowing_since = happening.at
        elif happening.kind == PAUSE:
            pauses.append(Interruption(happening.at, None))
        elif happening.kind == RESUME:
            flowing_since = happening.at
        elif happening.kind == STOP:
            ended = happening.at
        if happening.kind in (RESUME, STOP) and pauses and pauses[-1].ended_at is None:
            pauses[-1] = Interruption(pauses[-1].began_at, happening.at)
    if flowing_since is not None:
        flowed += max(now - flowing_since, timedelta())
    lasted = max((ended or now) - started, timedelta()) if started is not None else timedelta()
    return Course(started, ended, flowing_since is not None, flowed, lasted, tuple(pauses), now)


def settled(typed: datetime | None, now: datetime, *, after: datetime | None = None) -> datetime:
    """When something happened: now, unless a time was typed. A typed minute that `after` lies in means after it."""
    if typed is None:
        return now
    if after is not None and typed < after < typed + timedelta(minutes=1):
        return after
    return typed


def start_refusals(
    *, at: datetime, baseline_at: datetime, within_minutes: int, stops: Sequence[str]
) -> Iterator[Refusal]:
    """INF-26 baseline vital signs too old, INF-27 beyond an action limit: `stops` says which, in words."""
    if at - baseline_at > timedelta(minutes=within_minutes):
        yield Refusal(
            "INF-26",
            "Baseline vital signs are more than {minutes} minutes old. Take them again.",
            None,
            {"minutes": within_minutes},
        )
    if stops:
        yield Refusal(
            "INF-27",
            "Do not start: {what} at baseline. Call the physician, then take baseline vital signs again.",
            None,
            {"what": "; ".join(stops)},
        )


def pause_refusals(reason: str) -> Iterator[Refusal]:
    """INF-35: a pause by hand says why."""
    if not reason.strip():
        yield Refusal("INF-35", "Say why the infusion is paused.", "reason")


def resume_refusals(*, reason: str, stops: Sequence[str], was_forced: bool) -> Iterator[Refusal]:
    """INF-33 an alarm that ends the infusion, INF-34 a pause forced by a symptom needs the physician's reason."""
    if stops:
        yield Refusal(
            "INF-33",
            "Do not resume: {what}. Stop the infusion and call the physician.",
            None,
            {"what": "; ".join(stops)},
        )
    elif was_forced and not reason.strip():
        yield Refusal("INF-34", "A symptom paused this infusion. Say why the physician lets it go on.", "reason")


def stop_refusals(*, infused_ml: Decimal, bag_ml: Decimal, reason: str) -> Iterator[Refusal]:
    """INF-30 a volume the bag can't have given, INF-31 less than all of it without a reason. Volumes in mL."""
    if not 0 <= infused_ml <= bag_ml:
        yield Refusal(
            "INF-30", "The bag held {bag}. Enter what was infused of it.", "infused_ml", {"bag": volume(bag_ml)}
        )
    elif infused_ml < bag_ml and not reason.strip():
        yield Refusal(
            "INF-31",
            "Less than the whole bag of {bag} was infused. Say why, and where the rest went.",
            "reason",
            {"bag": volume(bag_ml)},
        )


def findings(
    process: Process, *, done: Course, formulated_at: datetime, infused_ml: Decimal, viable_per_ml: Decimal | None
) -> list[Finding]:
    """What the limits say of an ended infusion: its time, the age of the product at its end, cells per minute.

    Too short is judged on the time of flow, too long on the time from start to stop: each the stricter of the two.
    """
    limit = process.limits["infusion_minutes"]
    flow, total = done.flow_minutes, done.total_minutes
    is_short = limit.verdict(flow) is Verdict.ACTION
    found = [Finding(limit, flow if is_short else total)]
    assert done.ended_at is not None  # only an infusion that was stopped is judged
    hours = minutes(done.ended_at - formulated_at) / 60
    found.append(Finding(process.limits["formulation_to_infusion_h"], hours.quantize(Decimal("0.01"))))
    if viable_per_ml is not None and flow > 0:
        rate = Limit("cells_per_minute", "Cells per minute", "/min", action_above=process.max_cells_per_minute)
        found.append(Finding(rate, (viable_per_ml * infused_ml / flow).quantize(Decimal(1))))
    return found
