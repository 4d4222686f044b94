"""Which vessels are meant, and may they be used? A vessel is named within its batch, and its label says both.

Not here: what is done with them (`passages`, `culture`) and what becomes of them (`states`).
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Sequence

from batches.rules.identity import normalised, read_label
from batches.rules.states import VesselState
from lims.refusals import Refusal

# What separates codes that were scanned or typed one after the other into one field.
_BETWEEN = re.compile(r"[,;\n\r]+|\s{1,}")
# A label of this laboratory names its batch or its chain of identity first.
_OF_A_BATCH = re.compile(r"(B\d{4,}|CI\d{6}[0-9A-Z*])(.*)")


@dataclasses.dataclass(frozen=True)
class VesselFacts:
    """What the rules know of a vessel of the batch. `pk` is the row's key."""

    pk: int
    code: str
    generation: int
    state: VesselState


def label_code(batch_number: str, code: str) -> str:
    """What the label of a vessel says: `B-0042-P1-01`."""
    return f"{batch_number}-{code}"


def codes_in(typed: str) -> list[str]:
    """The codes in a field that was scanned into several times."""
    return [code for code in _BETWEEN.split(typed.strip()) if code]


def chosen(
    codes: Iterable[str], *, batch_number: str, coi: str, vessels: Sequence[VesselFacts], field: str = "vessels"
) -> tuple[list[VesselFacts], list[Refusal]]:
    """The vessels of this batch that the codes name, each once, and what speaks against any code.

    PAS-05 a label of another batch, which is a hard stop; PAS-06 no vessel of that name in culture. A code without a
    batch is one of this batch: it was typed from its own list.
    """
    by_code = {normalised(v.code): v for v in vessels}
    own = {normalised(batch_number), normalised(coi)}
    found: dict[int, VesselFacts] = {}
    refusals: list[Refusal] = []
    for code in codes:
        of_batch, said = _read(code)
        if not of_batch <= own:
            refusals.append(
                Refusal(
                    "PAS-05",
                    "{code} is a vessel of another batch. Stop: put it aside, clear the cabinet and call QA.",
                    field,
                    {"code": code},
                )
            )
            continue
        vessel = by_code.get(said)
        if vessel is None or vessel.state is not VesselState.IN_CULTURE:
            refusals.append(
                Refusal(
                    "PAS-06",
                    "No vessel {code} of this batch is in culture. Scan its label again.",
                    field,
                    {"code": code},
                )
            )
            continue
        found[vessel.pk] = vessel
    return list(found.values()), refusals


def _read(code: str) -> tuple[set[str], str]:
    """The batch and the chain of identity that a scan names, as far as it does, and the vessel."""
    symbol = read_label(code)
    if symbol is not None:
        return {normalised(symbol.batch), normalised(symbol.coi)}, normalised(symbol.container)
    written = _OF_A_BATCH.fullmatch(normalised(code))
    return ({written.group(1)}, written.group(2)) if written is not None else (set(), normalised(code))
