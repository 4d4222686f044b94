"""Deviations: what happened, QA's assessment and conclusion, each signed."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _

from batches.models import Deviation
from batches.record import blocks, words
from batches.record.facts import Facts
from batches.record.sections.signing import remarks, signatures, times


def section(facts: Facts, number: str) -> blocks.Section:
    """Every deviation of the batch."""
    found = tuple(block for d in facts.deviations for block in _deviation(facts, d))
    return blocks.Section(
        number,
        _("Deviations"),
        found or (blocks.Paragraph(_("No deviation is recorded.")),),
        anchor="deviations",
    )


def _raised(row: Deviation) -> str:
    if row.is_raised_by_refusal:
        return _("by the system, when it refused the act")
    return _("by a limit") if row.is_raised_by_limit else _("by hand")


def _deviation(facts: Facts, row: Deviation) -> Iterator[blocks.Block]:
    assessment = getattr(row, "assessment", None)
    closure = getattr(row, "closure", None)
    yield blocks.Heading(f"{row.number}: {row.title}")
    yield blocks.Paragraph(times(facts, row))
    fields: list[tuple[str, blocks.Value]] = [
        (_("Raised"), _raised(row)),
        (_("Severity"), str(row.get_severity_display())),
        (_("State"), str(row.get_state_display())),
        (_("What happened"), row.description),
        (_("Immediate action"), words.text(row.immediate_action)),
    ]
    if assessment:
        fields += [
            (_("Assessed as"), str(assessment.get_severity_display())),
            (_("Cause"), assessment.root_cause),
            (_("Effect on the product"), assessment.product_impact),
            (_("Action"), assessment.action),
        ]
    if closure:
        fields += [
            (_("Conclusion"), closure.conclusion),
            (_("Product acceptable"), words.yes_no(closure.is_product_acceptable)),
        ]
    yield blocks.Fields(tuple(fields))
    yield from remarks(facts, row)
    yield from signatures(facts, *(r for r in (row, assessment, closure) if r is not None))
