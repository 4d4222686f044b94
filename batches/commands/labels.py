"""The act of printing labels of a batch: first copies, and further ones with a reason and QA's signature."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from batches.commands.streams import batch_stream, locked
from batches.models import Batch, LabelPrint
from batches.queries.labels import containers, donor_tests, printed_containers
from batches.record.labels import Copy, label_file
from batches.rules import labels as rules
from batches.rules.labels import DonorFacts
from lims.accounts.permissions import Permission
from lims.acts import Act
from lims.commands import command
from lims.files import keep
from lims.numbering import next_number
from lims.pdf.fonts import MissingGlyph
from lims.pdf.labels import LabelTooFull
from lims.recorded import add_all
from lims.refusals import Refusal, Refused, refuse_if_any
from lims.signatures.meanings import Meaning

REPRINT = (Meaning.PERFORMED, Meaning.CHECKED)


def reprint_signed(inputs: Mapping[str, Any]) -> Sequence[Meaning]:
    """A first label is signed by nobody; with one printed before among the chosen, two people sign."""
    batch, chosen = inputs["batch"], inputs.get("chosen", ())
    return REPRINT if printed_containers(batch).keys() & set(chosen) else ()


@command("label:print", needs=Permission.PRINT_LABELS, stream=batch_stream, signed=reprint_signed)
def print_labels(
    act: Act,
    *,
    batch: Batch,
    chosen: Sequence[str],
    is_screened: bool,
    has_risk_factor: bool,
    agents: str = "",
    reprint_reason: str = "",
) -> list[LabelPrint]:
    """Print a label for each container: a row for each copy, one file for all.

    What a label must say of infection is worked out anew at each print and kept with it.

    Raises:
        Refused: LAB-01 a reprint without a reason, LAB-02 or without QA, LAB-03 nothing chosen, LAB-04 no such
            container, LAB-05 reactive without an agent, LAB-06 too much text, TRN-*.
    """
    live = locked(batch)
    known = {c.code: c for c in containers(live)}
    is_tested, is_reactive = donor_tests(live)
    donor = DonorFacts(is_tested, is_reactive, is_screened, has_risk_factor, agents)
    refuse_if_any(
        [
            *rules.print_refusals(
                chosen=chosen,
                known=known,
                printed=[code for code, c in known.items() if c.prints],
                reason=reprint_reason,
                is_approved=any(
                    s.meaning == Meaning.CHECKED and s.user.may(Permission.APPROVE_REPRINTS) for s in act.signers
                ),
            ),
            *rules.donor_refusals(donor),
        ]
    )
    said = rules.statements_of(donor)
    first = int(next_number(LabelPrint, "serial", "L-", digits=6).removeprefix("L-"))
    copies = []
    for code in dict.fromkeys(chosen):
        of = known[code]
        serial = of.serial or f"L-{first:06d}"
        first += not of.serial
        copies.append(Copy(of.kind, code, of.about, serial, len(of.prints) + 1))
    sha256, _size = keep([_made(live, copies, said)])
    rows = add_all(
        LabelPrint(
            batch=live,
            kind=copy.kind,
            container=copy.container,
            serial=copy.serial,
            copy=copy.number,
            is_tested=donor.is_tested,
            is_reactive=donor.is_reactive,
            is_screened=donor.is_screened,
            has_risk_factor=donor.has_risk_factor,
            agents=donor.agents.strip(),
            statements=list(said),
            reason=reprint_reason.strip() if copy.number > 1 else "",
            printed_at=act.at,
            sha256=sha256,
            page=page,
        )
        for page, copy in enumerate(copies, 1)
    )
    for row in rows:
        if row.copy > 1:
            act.sign(row)
    return rows


def _made(batch: Batch, copies: Sequence[Copy], said: Sequence[str]) -> bytes:
    try:
        return label_file(batch, copies, said)
    except (LabelTooFull, MissingGlyph) as error:
        refusal = Refusal(
            "LAB-06", "This label can't be printed: {why}. Ask the administrator.", None, {"why": str(error)}
        )
        raise Refused(refusal) from error
