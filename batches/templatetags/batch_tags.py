"""Template tags about batches: where one stands, in words. Not here: the furniture of any page (lims_tags)."""

from __future__ import annotations

from datetime import datetime

from django import template
from django.urls import NoReverseMatch, reverse

from batches.models import Batch
from batches.queries.dispositions import release_stands as stands
from batches.queries.exceptions import Concern
from batches.queries.stages import due_in_words, seeded_at, stage_words
from batches.record.words import risk_words as words_of_risk
from batches.rules.reviewing import Risk
from lims import clock

register = template.Library()


@register.filter
def standing(batch: Batch) -> str:
    """`P2 · day 2.9`; asks once when it was seeded."""
    return stage_words(batch, seeded_at([batch]), clock.now())


@register.filter
def release_stands(batch: Batch) -> bool:
    """Whether the release that is shown, if any, rests on the record as it stands."""
    return stands(batch)


@register.filter
def due_words(moment: datetime) -> str:
    """`in 1 h 53 min`, or `15 min overdue`."""
    return due_in_words(moment, clock.now())


@register.filter
def link(concern: Concern) -> str:
    """Where a concern is dealt with; nothing while that page is not installed."""
    try:
        return reverse(concern.link_name, args=concern.link_args)
    except NoReverseMatch:
        return ""


@register.filter
def sentence(text: str) -> str:
    """The text with a capital and a full stop, whichever of them it lacks."""
    said = str(text).strip()
    if not said:
        return ""
    return said[0].upper() + said[1:] + ("" if said[-1] in ".!?" else ".")


@register.filter
def risk_words(risk: str) -> str:
    """Why an entry of the audit trail is looked at by itself."""
    return words_of_risk(risk)


@register.filter
def risk_tone(risk: str) -> str:
    """The tone of that reason."""
    return "action" if risk in {Risk.IDENTITY, Risk.SIGNATURE_REFUSED} else "alert"
