"""Labels: their sizes, the statements one must bear, when one may be printed again, and what became of each.

Here: the decision what a label says of infection, the reasons against a print, and the reconciliation. Not here: how a
label is laid out (record/labels.py), and the code in its symbol (identity.py).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator, Sequence
from enum import StrEnum
from typing import Final

from batches.rules.identity import LabelCode, normalised
from batches.rules.states import LABELS, LabelState
from batches.rules.wording import gettext_noop
from lims.refusals import Refusal


class LabelKind(StrEnum):
    """A kind of label, by what it is put on.

    The final container has two: one before the fill, which says whose it will be, and that of the product, which tells
    cells and expiry, known only then.
    """

    TUBE = "tube"
    VESSEL = "vessel"
    FILL = "fill"
    BAG = "bag"


PRODUCT: Final = frozenset({LabelKind.FILL, LabelKind.BAG})


# Width and height of the printer's media, in mm. Proposed defaults; the site sets its own.
SIZES_MM: Final = {
    LabelKind.TUBE: (60, 15),
    LabelKind.VESSEL: (50, 25),
    LabelKind.FILL: (100, 50),
    LabelKind.BAG: (100, 50),
}

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


def lacking(said: Collection[str], donor: DonorFacts) -> tuple[str, ...]:
    """What a label must say by now and does not. One that warns of more than it must is no danger to anybody."""
    return tuple(statement for statement in statements_of(donor) if statement not in said)


def container_refusals(code: str, *, printed: Collection[str], others: Collection[str]) -> Iterator[Refusal]:
    """LAB-07 a code that no symbol can hold, LAB-09 one that has a label or that something else bears."""
    taken = normalised(code)
    if not taken or "/" in code or " " in code.strip():
        yield Refusal("LAB-07", "Scan the code of the container: without blanks and slashes.", "container_code")
    elif taken in {normalised(other) for other in others}:
        yield Refusal(
            "LAB-09",
            "{code} is a vessel or a sample of this batch. Scan the container.",
            "container_code",
            {"code": code},
        )
    elif taken in {normalised(other) for other in printed}:
        yield Refusal(
            "LAB-09",
            "{code} has a label. Print it again with the reason and the signature of QA.",
            "container_code",
            {"code": code},
        )


def copy_code(serial: str, copy: int) -> str:
    """What a copy is named by: `L-000012`, then `L-000012.2`. A scan tells a void copy from the one after it."""
    return serial if copy == 1 else f"{serial}.{copy}"


@dataclasses.dataclass(frozen=True)
class LabelFacts:
    """One copy of a label: `code` is its serial number, with the copy from the second on."""

    code: str
    container: str
    state: LabelState
    kind: LabelKind = LabelKind.VESSEL


def fill_label(
    scanned: LabelCode | None, *, container_code: str, labels: Sequence[LabelFacts]
) -> tuple[LabelFacts | None, list[Refusal]]:
    """The label that a container is filled under, and FIL-09 where what was scanned is not its label.

    A code typed instead of scanned names the patient only: the container has but one label that is not void.
    """
    own = [
        x
        for x in labels
        if x.kind is LabelKind.FILL
        and x.state is LabelState.ISSUED
        and normalised(x.container) == normalised(container_code)
    ]
    if scanned is not None:
        own = [x for x in own if same(x.code, scanned.serial) and same(x.container, scanned.container)]
    if own:
        return own[-1], []
    about: dict[str, object] = {"code": container_code}
    return None, [
        Refusal(
            "FIL-09", "That is not the label printed for container {code}. Scan the one on it.", "scanned_coi", about
        )
    ]


def same(one: str, other: str) -> bool:
    """Whether two typed or scanned codes are one."""
    return normalised(one) == normalised(other)


def account_refusals(
    fate: LabelState, found: Sequence[LabelFacts], *, is_any_scanned: bool, note: str
) -> Iterator[Refusal]:
    """LAB-12 a label that can't end so, LAB-13 no word about it, LAB-14 nothing scanned."""
    if not is_any_scanned:
        yield Refusal("LAB-14", "No label is scanned. Scan each, or type its serial number.", "scanned")
    for label in found:
        if fate in LABELS[label.state]:
            continue
        about: dict[str, object] = {"code": label.code, "container": label.container}
        if label.state is LabelState.VOIDED:
            yield Refusal(
                "LAB-12",
                "{code} is void: a newer label of {container} was printed. Destroy it, or attach it to the record.",
                "scanned",
                about,
            )
        elif label.state is LabelState.APPLIED:
            yield Refusal(
                "LAB-12", "{code} is on {container}. Print the new label first, which voids it.", "scanned", about
            )
        else:
            yield Refusal("LAB-12", "{code} is accounted for already.", "scanned", about)
    if fate is not LabelState.APPLIED and len(note.strip()) < 10:
        yield Refusal("LAB-13", "Say in 10 characters at least why and how.", "note")


@dataclasses.dataclass(frozen=True)
class Reconciliation:
    """Labels of a batch counted. Source: 21 CFR 211.125, with no tolerance for labels that name a patient."""

    issued: int
    applied: int
    destroyed: int
    attached: int
    returned: int

    @property
    def difference(self) -> int:
        """Labels nobody has accounted for; 0 is what is asked."""
        return self.issued - self.applied - self.destroyed - self.attached - self.returned


def reconciled(states: Sequence[LabelState]) -> Reconciliation:
    """The count of every copy that was printed."""
    return Reconciliation(
        issued=len(states),
        applied=states.count(LabelState.APPLIED),
        destroyed=states.count(LabelState.DESTROYED),
        attached=states.count(LabelState.ATTACHED),
        returned=states.count(LabelState.RETURNED),
    )
