"""Acts about labels: first copies, further ones with a reason and QA's signature, and what became of each."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from batches.commands.stops import stops_on
from batches.commands.streams import batch_stream, locked, require
from batches.models import Batch, LabelFate, LabelPrint
from batches.queries.fills import is_container_used
from batches.queries.labels import Container, containers, donor_tests, facts_of, printable, to_reprint
from batches.record.labels import Copy, label_file
from batches.rules import labels as rules
from batches.rules.fills import container_refusals
from batches.rules.identity import matches, read_label
from batches.rules.labels import DonorFacts, LabelKind
from batches.rules.states import LABELS, LabelState, move
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
_STANDING = (LabelState.ISSUED, LabelState.APPLIED)


def reprint_signed(inputs: Mapping[str, Any]) -> Sequence[Meaning]:
    """A first label is signed by nobody; with one printed before among the chosen, two people sign."""
    batch, chosen = inputs["batch"], inputs.get("chosen", ())
    return REPRINT if to_reprint(batch) & set(chosen) else ()


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

    What a label must say of infection is worked out anew at each print and kept with it. A further copy voids the
    ones before it, which are then to be destroyed with a witness.

    Raises:
        Refused: LAB-01 a reprint without a reason, LAB-02 or without QA, LAB-03 nothing chosen, LAB-04 no such
            container, LAB-05 reactive without an agent, LAB-06 too much text, TRN-*.
    """
    live = locked(batch)
    known = printable(containers(live))
    donor = DonorFacts(*donor_tests(live), is_screened, has_risk_factor, agents)
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
    return _print(act, live, [known[code] for code in dict.fromkeys(chosen)], donor, reprint_reason.strip())


@command("label:print_for_fill", needs=Permission.PRINT_LABELS, stream=batch_stream)
def print_for_fill(
    act: Act, *, batch: Batch, container_code: str, is_screened: bool, has_risk_factor: bool, agents: str = ""
) -> list[LabelPrint]:
    """Print the first label of the container in hand, which is then filled under it.

    Raises:
        Refused: LAB-05 reactive without an agent, LAB-06 too much text, LAB-07 no code, LAB-08 cells not harvested,
            LAB-09 labelled already, FIL-06 filled already, TRN-*.
    """
    live = locked(batch)
    require("label:print_for_fill", live)
    code = container_code.strip()
    found = containers(live)
    donor = DonorFacts(*donor_tests(live), is_screened, has_risk_factor, agents)
    refuse_if_any(
        [
            *rules.container_refusals(
                code,
                printed=[c.code for c in found if c.kind is LabelKind.FILL],
                others=[c.code for c in found if c.kind is not LabelKind.FILL],
            ),
            *container_refusals(is_used=is_container_used(code), code=code),
            *rules.donor_refusals(donor),
        ]
    )
    return _print(act, live, [Container(LabelKind.FILL, code, live.mbr.process.product.container)], donor, "")


@stops_on("LAB-10")
@command(
    "label:account",
    needs=Permission.PRINT_LABELS,
    stream=batch_stream,
    signed=(Meaning.PERFORMED, Meaning.WITNESSED),
)
def account_for_labels(
    act: Act, *, batch: Batch, scanned: Sequence[str], fate: LabelState, note: str = ""
) -> list[LabelFate]:
    """Say what became of labels, each scanned in: applied and read back, destroyed, in the record, or returned.

    Raises:
        Refused: LAB-10 a label of another batch (a hard stop that leaves a critical deviation), LAB-11 no such label,
            LAB-12 one that can't end so, LAB-13 no word about it, LAB-14 nothing scanned, TRN-*.
    """
    live = locked(batch)
    rows, refusals = _scanned(live, scanned)
    refuse_if_any(
        [
            *refusals,
            *rules.account_refusals(fate, facts_of(rows), is_any_scanned=bool(scanned), note=note),
        ]
    )
    return [end_label(act, row, fate, note=note.strip()) for row in rows]


def end_label(act: Act, row: LabelPrint, fate: LabelState, *, note: str = "", **more: Any) -> LabelFate:
    """Record inside the act under way what became of a label; signed by itself unless the row of `more` carries it."""
    row.state = move(LABELS, LabelState(row.state), fate)
    told = LabelFate(label=row, fate=fate, note=note, **more)
    act.add(row, told)
    if not more:
        act.sign(told)
    return told


def _scanned(batch: Batch, scanned: Sequence[str]) -> tuple[list[LabelPrint], list[Refusal]]:
    """The labels that were scanned or typed, each once, and what speaks against any of it."""
    own = list(batch.label_prints.order_by("id"))
    found: dict[int, LabelPrint] = {}
    refusals = []
    for code in scanned:
        label = read_label(code)
        if label is not None and not (matches(label.coi, batch.coi) and matches(label.batch, batch.number)):
            refusals.append(
                Refusal(
                    "LAB-10",
                    "{code} is a label of {batch}, this is {own}. Stop: put it aside and call QA.",
                    "scanned",
                    {"code": code, "batch": label.batch, "own": batch.number},
                )
            )
            continue
        serial = label.serial if label is not None else code
        row = next((r for r in own if rules.same(r.code, serial)), None)
        if row is None or (label is not None and not rules.same(row.container, label.container)):
            refusals.append(
                Refusal("LAB-11", "No label {code} of this batch was printed.", "scanned", {"code": serial})
            )
        else:
            found[row.pk] = row
    return list(found.values()), refusals


def _print(act: Act, batch: Batch, targets: Sequence[Container], donor: DonorFacts, reason: str) -> list[LabelPrint]:
    said = rules.statements_of(donor)
    first = int(next_number(LabelPrint, "serial", "L-", digits=6).removeprefix("L-"))
    copies = []
    for of in targets:
        serial = of.serial or f"L-{first:06d}"
        first += not of.serial
        copies.append(Copy(of.kind, of.code, of.about, serial, len(of.prints) + 1))
    sha256, _size = keep([_made(batch, copies, said)])
    for copy in copies:
        _void(act, batch, copy, said)
    rows = add_all(
        LabelPrint(
            batch=batch,
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
            reason=reason if copy.number > 1 else "",
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


def _void(act: Act, batch: Batch, copy: Copy, said: Collection[str]) -> None:
    """Void the copies a new one takes the place of, and any label of the container that lacks what it must say."""
    kinds = rules.PRODUCT if copy.kind in rules.PRODUCT else {copy.kind}
    for row in batch.label_prints.filter(kind__in=sorted(kinds), container=copy.container, state__in=_STANDING):
        if row.kind == copy.kind or set(said) - set(row.statements):
            row.state = move(LABELS, LabelState(row.state), LabelState.VOIDED)
            act.add(row)


def _made(batch: Batch, copies: Sequence[Copy], said: Sequence[str]) -> bytes:
    try:
        return label_file(batch, copies, said)
    except (LabelTooFull, MissingGlyph) as error:
        refusal = Refusal(
            "LAB-06", "This label can't be printed: {why}. Ask the administrator.", None, {"why": str(error)}
        )
        raise Refused(refusal) from error
