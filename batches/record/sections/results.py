"""Values held against limits: recorded ones as rows, computed ones as the figures the panel and the batch page show."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from decimal import Decimal

from django.db import models

from batches.record import blocks, words
from batches.record.facts import Facts
from batches.rules.figures import Figure
from batches.rules.judging import Finding
from batches.rules.limits import Limit
from batches.rules.wording import quantity


def limited(
    facts: Facts, row: models.Model, item: str, shown: blocks.Value, limit: Limit, value: Decimal | int | None
) -> blocks.Item:
    """A recorded value of a step with its limit, its verdict and the deviation that it raised."""
    verdict = words.judged(limit.verdict(value), facts.raised(row, limit.key))
    return blocks.Item(item, shown, words.limit_words(limit), verdict)


def others_judged(
    facts: Facts, row: models.Model, findings: Iterable[Finding], shown: Collection[str]
) -> Iterator[blocks.Item]:
    """A row for every value the rules judge of a step, but for those of the limits `shown` elsewhere in its section."""
    for finding in findings:
        limit, value = finding.limit, finding.value
        if limit.key not in shown and value is not None:
            text = quantity(limit.compared(value), limit.unit, limit.decimals)
            yield limited(facts, row, str(limit.label), text, limit, value)


def results(facts: Facts, row: models.Model, figures: Sequence[Figure]) -> blocks.Results:
    """Each known figure of a step with its calculation, interval, limit and verdict."""
    return blocks.Results(
        tuple(
            blocks.Result(
                str(f.label),
                str(f.formula) or blocks.NOTHING,
                f"{f.text} ({f.interval})" if f.interval else str(f.text),
                str(f.limit_signs) or blocks.NOTHING,
                words.judged(f.verdict, facts.raised(row, f.limit_key) if f.limit_key else ()),
            )
            for f in figures
        )
    )
