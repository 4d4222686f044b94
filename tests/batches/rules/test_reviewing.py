"""Which entries of an audit trail are looked at one by one, and what a review must say."""

from __future__ import annotations

import pytest

from batches.rules.reviewing import EntryFacts, Positions, Risk, review_refusals, risks


@pytest.mark.parametrize(
    ("entry", "found"),
    [
        (EntryFacts("passage:log"), []),
        (EntryFacts("passage:log", is_late=True), [Risk.LATE]),
        (EntryFacts("passage:log", raises_deviation=True), [Risk.DEVIATION]),
        (EntryFacts("passage:log", is_late=True, is_superseded=True), [Risk.SUPERSEDED, Risk.LATE]),
        (EntryFacts("record:correct"), [Risk.CORRECTED]),
        (EntryFacts("result:invalidate"), [Risk.INVALIDATED]),
        (EntryFacts("patient:weigh"), [Risk.WEIGHED]),
        (EntryFacts("patient:weigh", is_refused=True, codes=("PAT-06",)), [Risk.REFUSED]),
        (EntryFacts("deviation:raise"), [Risk.DEVIATION]),
        (EntryFacts("deviation:identity"), [Risk.IDENTITY]),
        (EntryFacts("fill:log", is_refused=True, codes=("FIL-03",)), [Risk.IDENTITY, Risk.REFUSED]),
        (EntryFacts("fill:log", is_refused=True, codes=("SIG-03",)), [Risk.SIGNATURE_REFUSED]),
        (EntryFacts("fill:log", is_refused=True, codes=("ACC-01", "FIL-02")), [Risk.SIGNATURE_REFUSED, Risk.REFUSED]),
        (EntryFacts("fill:log", is_refused=True), [Risk.REFUSED]),
    ],
)
def test_an_entry_is_looked_at_for_what_is_out_of_the_ordinary_in_it(entry: EntryFacts, found: list[Risk]) -> None:
    assert list(risks(entry)) == found


GOOD = {
    "is_involved": False,
    "read": Positions(9, 3),
    "reached": Positions(9, 3),
    "before": Positions(4, 3),
    "not_ticked": 0,
    "conclusion": "Nothing found.",
}


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({}, []),
        ({"is_involved": True}, ["AUD-01"]),
        ({"not_ticked": 1}, ["AUD-02"]),
        ({"conclusion": "  fine   "}, ["AUD-03"]),
        ({"read": Positions(10, 3)}, ["AUD-05"]),
        ({"read": Positions(9, 2)}, ["AUD-05"]),
        ({"reached": Positions(12, 5)}, []),
    ],
)
def test_a_review_is_refused_for_what_it_lacks(changes: dict[str, object], codes: list[str]) -> None:
    assert [r.code for r in review_refusals(**(GOOD | changes))] == codes  # type: ignore[arg-type]
