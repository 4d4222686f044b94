"""Labels: their sizes, the statements one must bear, and when one may be printed again.

Here: the decision what a label says of infection, and the reasons against a print. Not here: how a label is laid out
(record/labels.py), and the code in its symbol (identity.py).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator, Sequence
from enum import StrEnum
from typing import Final

from batches.rules.wording import gettext_noop
from lims.refusals import Refusal


class LabelKind(StrEnum):
    """A kind of label, by what it is put on."""

    TUBE = "tube"
    VESSEL = "vessel"
    BAG = "bag"


# Width and height of the printer's media, in mm. Proposed defaults; the site sets its own.
SIZES_MM: Final = {LabelKind.TUBE: (60, 15), LabelKind.VESSEL: (50, 25), LabelKind.BAG: (100, 50)}

# How the donor's status is recorded: a row of the specification, and two of its answers.
DONOR_ROW: Final = "infectious_status"
REACTIVE: Final = "reactive"
NOT_TESTED: Final = "not tested"

# Evidence: F read in a published source, M from general knowledge, to be verified before relying on it.
# F: 21 CFR 1271.90(c)(1).
AUTOLOGOUS: Final = gettext_noop("FOR AUTOLOGOUS USE ONLY")
# F/M: 21 CFR 1271.90(c)(2), unless all otherwise required screening and testing is done.
NOT_EVALUATED: Final = gettext_noop("NOT EVALUATED FOR INFECTIOUS SUBSTANCES")
# F: the legend of 21 CFR 1271.3(h). M: that it is asked for after a reactive test or with a risk factor.
BIOHAZARD: Final = gettext_noop("BIOHAZARD")
# M: with the name of the agent, after a reactive test.
REACTIVE_FOR: Final = gettext_noop("WARNING: Reactive test results for {agents}")
# M: with a risk factor, or after screening that found something.
RISK: Final = gettext_noop("WARNING: Advise patient of communicable disease risks")


@dataclasses.dataclass(frozen=True)
class DonorFacts:
    """What is known of the donor, who is the patient: tested by the record, the rest as it was told at the print."""

    is_tested: bool
    is_reactive: bool
    is_screened: bool
    has_risk_factor: bool
    agents: str = ""

    @property
    def is_complete(self) -> bool:
        """Whether all screening and testing that a donor for somebody else would need is done."""
        return self.is_tested and self.is_screened


def statements(
    *, is_screening_complete: bool, is_any_reactive: bool, has_risk_factor: bool, agents: str = ""
) -> tuple[str, ...]:
    """What the label of autologous cells must say, in order."""
    found = [AUTOLOGOUS]
    if not is_screening_complete:
        found.append(NOT_EVALUATED)
    if is_any_reactive or has_risk_factor:
        found.append(BIOHAZARD)
    if is_any_reactive:
        found.append(REACTIVE_FOR.format(agents=agents))
    if has_risk_factor:
        found.append(RISK)
    return tuple(found)


def statements_of(donor: DonorFacts) -> tuple[str, ...]:
    """The statements for a donor as they are known."""
    return statements(
        is_screening_complete=donor.is_complete,
        is_any_reactive=donor.is_reactive,
        has_risk_factor=donor.has_risk_factor,
        agents=donor.agents.strip(),
    )


def print_refusals(
    *, chosen: Sequence[str], known: Collection[str], printed: Collection[str], reason: str, is_approved: bool
) -> Iterator[Refusal]:
    """LAB-01 a reprint without a reason, LAB-02 without QA, LAB-03 nothing to print, LAB-04 no such container."""
    if not chosen:
        yield Refusal("LAB-03", "Nothing is chosen. Choose what the labels are for.", "chosen")
    for code in chosen:
        if code not in known:
            yield Refusal("LAB-04", "This batch has no {code}.", "chosen", {"code": code})
    again = [code for code in chosen if code in printed]
    if again and len(reason.strip()) < 10:
        yield Refusal(
            "LAB-01",
            "{code} has a label. Say in 10 characters at least why it is printed again, and where the old one is.",
            "reprint_reason",
            {"code": ", ".join(again)},
        )
    if again and not is_approved:
        yield Refusal(
            "LAB-02", "A label is printed again with the signature of QA. Ask somebody of QA.", "checked-username"
        )


def donor_refusals(donor: DonorFacts) -> Iterator[Refusal]:
    """LAB-05: a label names what a test was reactive for."""
    if donor.is_reactive and not donor.agents.strip():
        yield Refusal("LAB-05", "A test of the donor was reactive. Name the agent, as the label must.", "agents")
