"""Which vessel is meant by a scan, and that another patient's never passes for one of this batch."""

from __future__ import annotations

import pytest

from batches.rules.states import VesselState
from batches.rules.vessels import VesselFacts, chosen, codes_in, label_code

VESSELS = [
    VesselFacts(1, "P1-01", 1, VesselState.IN_CULTURE),
    VesselFacts(2, "P1-02", 1, VesselState.IN_CULTURE),
    VesselFacts(3, "P0-01", 0, VesselState.DETACHED),
]


def pick(*codes: str) -> tuple[list[int], list[str]]:
    found, refusals = chosen(codes, batch_number="B-0042", coi="CI-260042-K", vessels=VESSELS)
    return [v.pk for v in found], [r.code for r in refusals]


def test_a_label_and_a_typed_code_name_the_same_vessel_once() -> None:
    assert pick("P1-01", label_code("B-0042", "P1-01"), "b0042p102") == ([1, 2], [])


@pytest.mark.parametrize("code", ["B-0043-P1-01", "b0043 P1-01".replace(" ", "-"), "CI-260043-H", "]C1B-0043-P1-01"])
def test_a_vessel_of_another_batch_is_a_hard_stop_even_when_its_short_name_exists_here(code: str) -> None:
    assert pick(code) == ([], ["PAS-05"])


@pytest.mark.parametrize("code", ["P0-01", "P9-01", "nonsense", "B-0042-P0-01"])
def test_a_vessel_that_is_not_in_culture_is_refused(code: str) -> None:
    assert pick(code) == ([], ["PAS-06"])


def test_codes_scanned_one_after_the_other_are_told_apart() -> None:
    assert codes_in(" B-0042-P1-01, B-0042-P1-02,\nP1-03 ") == ["B-0042-P1-01", "B-0042-P1-02", "P1-03"]
    assert codes_in("") == []
