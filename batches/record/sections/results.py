"""Computed figures as a table of results: the same figures the live panel and the batch page show."""

from __future__ import annotations

from collections.abc import Sequence

from batches.record import blocks, words
from batches.rules.figures import Figure
from batches.rules.limits import Verdict


def results(figures: Sequence[Figure]) -> blocks.Results:
    """Each known figure with its calculation, interval, limit and verdict."""
    return blocks.Results(
        tuple(
            blocks.Result(
                str(f.label),
                str(f.formula) or blocks.NOTHING,
                f"{f.text} ({f.interval})" if f.interval else str(f.text),
                str(f.limit_signs) or blocks.NOTHING,
                words.judged(f.verdict) if f.verdict is not Verdict.NOT_JUDGED else blocks.NOTHING,
            )
            for f in figures
        )
    )
