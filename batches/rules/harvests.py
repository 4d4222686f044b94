"""May this harvest, may this receipt be recorded?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from decimal import Decimal

from batches.rules.identity import matches
from lims.refusals import Refusal

# A batch may be issued while the patient is in theatre already; not a day later.
ISSUE_MAY_FOLLOW = timedelta(hours=12)
_MISMATCH = "{what} says {scanned}, this batch is {expected}. Stop: put the tissue aside and call QA."


def volume_refusals(volume_ml: Decimal) -> Iterator[Refusal]:
    """HAR-02: fat of no volume can't be processed."""
    if volume_ml <= 0:
        yield Refusal("HAR-02", "A harvest has a volume above 0 mL. Enter what was taken.", "volume_ml")


def consent_refusals(missing: Iterable[str]) -> Iterator[Refusal]:
    """HAR-03: a consent withdrawn since the batch was issued stops the harvest."""
    for name in missing:
        yield Refusal("HAR-03", "{consent} is missing or withdrawn. Do not harvest; call QA.", None, {"consent": name})


def consent_date_refusals(later: Iterable[tuple[str, date]]) -> Iterator[Refusal]:
    """HAR-04: tissue taken before its consent was signed was taken without one."""
    for name, signed_on in later:
        yield Refusal(
            "HAR-04",
            "{consent} was signed on {date}, after this harvest began. Check the times; if they are true, call QA.",
            "started_at",
            {"consent": name, "date": signed_on.strftime("%-d %b %Y")},
        )


def identity_refusals(
    *, scanned_coi: str, scanned_patient: str, scanned_container: str, coi: str, patient_code: str, container_code: str
) -> Iterator[Refusal]:
    """REC-02 chain of identity, REC-03 patient, REC-04 container: any mismatch is a hard stop."""
    for code, field, what, scanned, expected in (
        ("REC-02", "scanned_coi", "The container", scanned_coi, coi),
        ("REC-03", "scanned_patient", "The request form", scanned_patient, patient_code),
        ("REC-04", "scanned_container", "The container code", scanned_container, container_code),
    ):
        if not matches(scanned, expected):
            yield Refusal(code, _MISMATCH, field, {"what": what, "scanned": scanned, "expected": expected})


def receipt_refusals(lowest_c: Decimal, highest_c: Decimal, *, is_intact: bool, is_labelled: bool) -> Iterator[Refusal]:
    """REC-05 a damaged or unlabelled container is not received, REC-06 lowest above highest temperature."""
    if not is_intact:
        yield Refusal("REC-05", "A damaged container is not received. Put it aside and call QA.", "is_intact")
    if not is_labelled:
        yield Refusal("REC-05", "A container without its label is not received. Call QA.", "is_labelled")
    if lowest_c > highest_c:
        yield Refusal("REC-06", "The lowest temperature is above the highest. Check both.", "temperature_min_c")
