"""The review of a batch's audit trail before its product is decided on."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from batches.commands.streams import batch_stream, locked, require
from batches.models import AuditTrailReview, Batch, ReviewedEntry
from batches.queries.involved import took_part
from batches.queries.reviewing import reached, reviewed, trail
from batches.rules.reviewing import Positions, review_refusals
from lims.accounts.permissions import Permission
from lims.acts import Act
from lims.commands import command
from lims.recorded import add_all
from lims.refusals import refuse_if_any
from lims.signatures.meanings import Meaning


@command("audit_trail:review", needs=Permission.REVIEW_AUDIT_TRAIL, stream=batch_stream, signed=(Meaning.REVIEWED,))
def review_audit_trail(
    act: Act, *, batch: Batch, read: Positions, looked_at: Mapping[UUID, str], conclusion: str
) -> AuditTrailReview:
    """Keep that the trail was read as far as `read`, with a note (or none) for each entry looked at by itself.

    What was recorded while the page was open is not covered: it is shown as new, and release waits for it.

    Raises:
        Refused: AUD-04 nothing is new, AUD-01 who reviews took part, AUD-02 entries not looked at, AUD-03 no
            conclusion, AUD-05 a page that no longer fits.
    """
    live = locked(batch)
    require("audit_trail:review", live)
    asked = trail(live, until=read).risky
    refuse_if_any(
        review_refusals(
            is_involved=act.actor is not None and took_part(act.actor, live),
            read=read,
            reached=reached(live),
            before=reviewed(live),
            not_ticked=sum(1 for item in asked if item.entry.id not in looked_at),
            conclusion=conclusion,
        )
    )
    review = AuditTrailReview(
        batch=live,
        batch_seq=read.batch,
        patient_seq=read.patient,
        reviewed_at=act.at,
        conclusion=conclusion.strip(),
    )
    act.add(review)
    add_all(
        ReviewedEntry(
            review=review,
            entry=item.entry,
            risks=" ".join(item.risks),
            note=looked_at[item.entry.id].strip(),
        )
        for item in asked
    )
    act.sign(review)
    return review
