"""Pain before and after, without a database."""

from __future__ import annotations

import pytest

from batches.rules.figures import figure
from batches.rules.limits import Verdict
from batches.rules.outcomes import Assessed, face_change, figures, listed, pdas_change, score_refusals, signed_number
from batches.rules.process import Process
from batches.rules.scores import Instrument

WHOLE = (2,) * 10 + (1,) * 10


def assessed(
    score: int = 6, instrument: Instrument = Instrument.FPS_R, answers: tuple[int | None, ...] = WHOLE
) -> Assessed:
    return Assessed(instrument, None, score, answers)


def test_a_change_stands_only_between_scores_of_one_coding() -> None:
    assert face_change(assessed(6), assessed(2)) == -4
    assert face_change(assessed(6), assessed(2, Instrument.WONG_BAKER)) is None
    assert face_change(Assessed(Instrument.OTHER, 10, 6, WHOLE), Assessed(Instrument.OTHER, 20, 6, WHOLE)) is None
    assert face_change(None, assessed(2)) is None


def test_a_total_that_is_missing_has_no_change() -> None:
    assert pdas_change(assessed(), assessed(answers=(0,) * 20)) == -30
    assert pdas_change(assessed(), assessed(answers=(None,) * 3 + (1,) * 17)) is None


def test_two_missing_items_are_imputed_and_three_give_no_total(process: Process) -> None:
    two = figure(figures(assessed(answers=(None,) * 2 + (1,) * 18), before=None, days=None, windows=()), "pdas_total")
    assert two.text == "20.0 / 60"
    assert two.verdict is Verdict.ALERT
    assert "imputed from 18 answers" in two.note
    three = figure(figures(assessed(answers=(None,) * 3 + (1,) * 17), before=None, days=None, windows=()), "pdas_total")
    assert three.value is None
    assert "no total" in three.note


@pytest.mark.parametrize(("days", "verdict"), [(101, Verdict.ALERT), (102, Verdict.WITHIN), (144, Verdict.WITHIN)])
def test_a_visit_out_of_its_window_is_flagged(process: Process, days: int, verdict: Verdict) -> None:
    shown = figure(figures(assessed(), before=None, days=days, windows=process.follow_up), "days")
    assert shown.verdict is verdict


@pytest.mark.parametrize(
    ("instrument", "highest", "score", "codes"),
    [
        ("fps_r", None, 10, []),
        ("fps_r", None, 3, ["PAI-01"]),
        ("fps", None, 6, []),
        ("fps", None, 7, ["PAI-01"]),
        ("other", None, 3, ["PAI-02"]),
        ("other", 20, 20, []),
        ("crayons", None, 1, ["PAI-02"]),
    ],
)
def test_a_scale_has_its_own_scores(instrument: str, highest: int | None, score: int, codes: list[str]) -> None:
    assert [r.code for r in score_refusals(instrument=instrument, highest=highest, score=score)] == codes


def test_a_change_shows_its_sign() -> None:
    assert [signed_number(v) for v in (None, -4, 0, 3)] == ["–", "−4", "0", "+3"]  # type: ignore[arg-type]
    assert listed(range(101)) == "0 to 100"
