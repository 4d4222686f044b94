"""May this lot, may this piece of equipment be used for this patient, today?"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import date

from lims.refusals import Refusal


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
            "LOT-05", "Lot {lot} is not {kind}. Scan the right material.", field, {"lot": lot.code, "kind": kind_words}
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
            "EQP-04", "{code} is not {kind}. Scan the right one.", field, {"code": item.code, "kind": kind_words}
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
