"""May this lot, may this piece of equipment be used for this patient, today? May a lot be decided on so?"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import date, timedelta

from batches.rules.wording import gettext_noop
from lims.refusals import Refusal

# How long before its last day something is said to end soon: a proposed default.
SOON = timedelta(days=14)


@dataclasses.dataclass(frozen=True)
class LotFacts:
    """What the rules know of a scanned lot. `patient_code` is the patient it is reserved for."""

    code: str
    kind: str
    expires_on: date
    state: str
    patient_code: str | None


@dataclasses.dataclass(frozen=True)
class EquipmentFacts:
    """What the rules know of a scanned piece of equipment."""

    code: str
    kind: str
    calibration_due_on: date
    is_in_service: bool


def lot_refusals(
    lot: LotFacts | None, *, typed: str, kind: str, kind_words: str, patient_code: str, on: date, field: str
) -> Iterator[Refusal]:
    """LOT-01 unknown, LOT-02 expired, LOT-03 not released, LOT-04 another patient's, LOT-05 another kind."""
    if lot is None:
        yield Refusal("LOT-01", "No lot {lot} is known here. Scan it again, or register it.", field, {"lot": typed})
        return
    if lot.patient_code is not None and lot.patient_code != patient_code:
        yield Refusal("LOT-04", "This lot is reserved for another patient. Put it back and scan the right one.", field)
        return
    if lot.kind != kind:
        yield Refusal(
            "LOT-05", "Lot {lot} is no {kind}. Scan the right material.", field, {"lot": lot.code, "kind": kind_words}
        )
    if lot.expires_on < on:
        yield Refusal(
            "LOT-02",
            "Expired on {date}. Scan a lot that is released and in date.",
            field,
            {"date": lot.expires_on.strftime("%-d %b %Y")},
        )
    if lot.state != "released":
        yield Refusal("LOT-03", "Lot {lot} is not released. Scan a released lot.", field, {"lot": lot.code})


def equipment_refusals(
    item: EquipmentFacts | None, *, typed: str, kind: str, kind_words: str, on: date, field: str
) -> Iterator[Refusal]:
    """EQP-01 unknown, EQP-02 calibration overdue, EQP-03 out of service, EQP-04 another kind."""
    if item is None:
        yield Refusal("EQP-01", "No equipment {code} is known here. Scan it again.", field, {"code": typed})
        return
    if item.kind != kind:
        yield Refusal(
            "EQP-04", "{code} is no {kind}. Scan the right one.", field, {"code": item.code, "kind": kind_words}
        )
    if not item.is_in_service:
        yield Refusal("EQP-03", "{code} is out of service. Use another one.", field, {"code": item.code})
    if item.calibration_due_on < on:
        yield Refusal(
            "EQP-02",
            "Calibration was due on {date}. Use another one, or have it calibrated.",
            field,
            {"date": item.calibration_due_on.strftime("%-d %b %Y")},
        )


@dataclasses.dataclass(frozen=True)
class Fitness:
    """Whether something may be used today: a word for its tone, and the same in words."""

    verdict: str
    words: str


def lot_fitness(lot: LotFacts, on: date) -> Fitness:
    """How a lot stands on a day, the gravest reason first."""
    if lot.state == "rejected":
        return Fitness("rejected", gettext_noop("Rejected"))
    if lot.expires_on < on:
        return Fitness("action", gettext_noop("Expired"))
    if lot.state != "released":
        return Fitness("pending", gettext_noop("In quarantine"))
    if lot.expires_on <= on + SOON:
        return Fitness("alert", gettext_noop("Expires soon"))
    return Fitness("ok", gettext_noop("May be used"))


def equipment_fitness(item: EquipmentFacts, on: date) -> Fitness:
    """How a piece of equipment stands on a day, the gravest reason first."""
    if not item.is_in_service:
        return Fitness("blocked", gettext_noop("Out of service"))
    if item.calibration_due_on < on:
        return Fitness("action", gettext_noop("Calibration overdue"))
    if item.calibration_due_on <= on + SOON:
        return Fitness("alert", gettext_noop("Calibration due soon"))
    return Fitness("ok", gettext_noop("May be used"))


def decision_refusals(lot: LotFacts, *, to: str, reason: str, on: date, is_own: bool = False) -> Iterator[Refusal]:
    """LOT-07 rejected for good, LOT-10 no change, LOT-09 releasing what has expired, LOT-08 no reason, LOT-11 own.

    Only the first release, out of quarantine, needs no reason. `is_own`: who decides registered the lot. They may put
    it back into quarantine, which only keeps it from being used.
    """
    if lot.state == "rejected":
        yield Refusal("LOT-07", "This lot is rejected. A rejection is final.", "state")
        return
    if to == lot.state:
        yield Refusal("LOT-10", "Nothing would change. Choose another state.", "state")
    if to == "released" and lot.expires_on < on:
        yield Refusal(
            "LOT-09",
            "Expired on {date}. An expired lot can't be released.",
            "state",
            {"date": lot.expires_on.strftime("%-d %b %Y")},
        )
    if is_own and to != "quarantine":
        yield Refusal("LOT-11", "You registered this lot. Ask another person to decide on it.", "state")
    if (lot.state, to) != ("quarantine", "released") and not reason.strip():
        yield Refusal("LOT-08", "Why is missing. Say it in a sentence.", "reason")


def service_refusals(item: EquipmentFacts, *, to: bool, reason: str) -> Iterator[Refusal]:
    """EQP-08 no change, EQP-07 no reason."""
    if item.is_in_service == to:
        yield Refusal("EQP-08", "This is so already. Open the equipment again to see it.")
    if not reason.strip():
        yield Refusal("EQP-07", "Why is missing. Say it in a sentence.", "reason")
