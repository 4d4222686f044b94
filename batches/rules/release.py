"""May this batch be released, released conditionally, rejected? One list of blockers for screen, command and paper.

Here: the weighing of everything known. Not here: the verdict of one result (results.py), and how facts are gathered
(queries/release.py).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import date
from typing import Final

from batches.rules.results import Standing
from batches.rules.specification import Outcome
from batches.rules.states import DISPOSITIONS, DeviationState, DispositionState, Stage
from lims.refusals import Refusal

RELEASES: Final = frozenset({DispositionState.RELEASED, DispositionState.RELEASED_CONDITIONALLY})
DECISIONS: Final = (DispositionState.RELEASED_CONDITIONALLY, DispositionState.RELEASED, DispositionState.REJECTED)
# Decided on for good: nothing about the product waits for QA any more.
DECIDED: Final = frozenset({DispositionState.RELEASED, DispositionState.REJECTED, DispositionState.LATE_OOS})
_WITH_PRODUCT: Final = frozenset({Stage.FILLED, Stage.INFUSING, Stage.INFUSED, Stage.ENDED})
_GRAVE: Final = frozenset({"major", "critical"})


@dataclasses.dataclass(frozen=True)
class CriterionFacts:
    """One row of the specification as release weighs it."""

    key: str
    name: str
    standing: Standing
    outcome: Outcome | None
    is_pending_allowed: bool
    is_required: bool
    text: str = ""
    limit: str = ""


@dataclasses.dataclass(frozen=True)
class DeviationFacts:
    """One deviation. `is_acceptable` is QA's conclusion about the product, once there is one."""

    number: str
    severity: str
    state: DeviationState
    is_acceptable: bool | None = None


@dataclasses.dataclass(frozen=True)
class DoubtFacts:
    """Equipment taken out of service, or a training withdrawn, since the batch rested on it. `name` is its code, or
    the person's name. `is_assessed`: a deviation of the batch, raised since, names it and QA has assessed it.
    """

    name: str
    since: date
    is_assessed: bool = False


@dataclasses.dataclass(frozen=True)
class ReleaseFacts:
    """Everything release rests on, gathered under the batch's lock.

    `superseded` and `unwitnessed` name steps, `lots_rejected`, `lots_quarantined` and `equipment_overdue` codes,
    `equipment_out` and `training_withdrawn` what a site act has put in doubt, `consents_missing` consents,
    `forms_open` downtime forms that are neither transcribed nor voided, `labels_open` labels that nobody has
    accounted for. `is_labelled`: a label that is not void was applied to the container; `label_lacks` is what it must
    say and does not. `is_involved`: whoever decides performed, witnessed, checked or corrected something here.
    """

    stage: Stage
    disposition: DispositionState
    is_filled: bool
    tests: tuple[CriterionFacts, ...] = ()
    deviations: tuple[DeviationFacts, ...] = ()
    is_identity_checked: bool = True
    superseded: tuple[str, ...] = ()
    unwitnessed: tuple[str, ...] = ()
    is_expired: bool = False
    is_infused: bool = False
    is_trail_reviewed: bool = True
    unreviewed_entries: int = 0
    consents_missing: tuple[str, ...] = ()
    is_involved: bool = False
    ledger_findings: int = 0
    lots_rejected: tuple[str, ...] = ()
    lots_quarantined: tuple[str, ...] = ()
    equipment_overdue: tuple[str, ...] = ()
    equipment_out: tuple[DoubtFacts, ...] = ()
    training_withdrawn: tuple[DoubtFacts, ...] = ()
    forms_open: tuple[str, ...] = ()
    labels_open: tuple[str, ...] = ()
    is_labelled: bool = True
    label_lacks: tuple[str, ...] = ()

    @property
    def pending(self) -> tuple[CriterionFacts, ...]:
        """Tests whose result is awaited."""
        return tuple(t for t in self.tests if t.standing is Standing.PENDING)


def blockers(facts: ReleaseFacts, decision: DispositionState) -> list[Refusal]:
    """Everything that stops a decision about a batch, in the order it is looked at; empty when it may be taken.

    REL-01 no product, REL-02 a result missing, REL-03 one that fails, REL-04 a deviation undecided, REL-05 one that
    concludes against the product, REL-06 identity, REL-07 superseded signatures, REL-08 no witness, REL-09 expired,
    REL-10 consent, REL-11 who decides took part, REL-12 the ledger, REL-13 lots, REL-14 equipment, REL-17 a decision
    that can't follow, REL-18 infused, REL-19 nothing pending, REL-20 the audit trail is not reviewed, REL-21 a
    downtime form that is out, REL-22 labels that do not reconcile, REL-23 a container that does not say what it must,
    REL-24 equipment taken out of service since, REL-25 training withdrawn since. What is typed with a decision is
    asked in `entry_refusals`.
    """
    found = list(_possible(facts, decision))
    if decision in RELEASES:
        found += _product(facts)
        found += _tests(facts, decision)
        found += _deviations(facts, decision)
        found += _record(facts)
        found += _materials(facts)
    if facts.is_involved:
        found.append(
            Refusal("REL-11", "You took part in making or testing this batch. Ask another person of QA to decide.")
        )
    return found


def entry_refusals(
    facts: ReleaseFacts, decision: DispositionState, *, grounds: str, physician_informed: str
) -> Iterator[Refusal]:
    """REL-15 the physician is not told what is pending, REL-16 a decision without grounds."""
    if len(grounds.strip()) < 10:
        yield Refusal("REL-16", "A decision has grounds. Say them in 10 characters at least.", "grounds")
    if decision is DispositionState.RELEASED_CONDITIONALLY and facts.pending and not physician_informed.strip():
        yield Refusal(
            "REL-15",
            "The physician must know what is pending. Say who was informed, when and how.",
            "physician_informed",
        )


def _possible(facts: ReleaseFacts, decision: DispositionState) -> Iterator[Refusal]:
    if decision is DispositionState.REJECTED and facts.is_infused:
        yield Refusal("REL-18", "The product is infused. It can't be rejected any more; raise a deviation.")
    elif decision not in DISPOSITIONS[facts.disposition]:
        if facts.disposition is DispositionState.REJECTED:
            yield Refusal("REL-17", "This batch is rejected. A rejection is final.")
        elif facts.disposition is DispositionState.LATE_OOS:
            yield Refusal("REL-17", "This product is out of specification after infusion. That is final.")
        else:
            yield Refusal("REL-17", "The product is released already. A release is not made conditional afterwards.")
    if decision is DispositionState.RELEASED_CONDITIONALLY and facts.is_filled and not facts.pending:
        yield Refusal("REL-19", "No result is pending. Release the product without condition.")


def _product(facts: ReleaseFacts) -> Iterator[Refusal]:
    if not facts.is_filled or facts.stage not in _WITH_PRODUCT:
        yield Refusal("REL-01", "There is no filled product. Harvest the cells and fill them first.")
    if facts.is_expired and not facts.is_infused:
        yield Refusal("REL-09", "The product has expired. Reject it.")


def _tests(facts: ReleaseFacts, decision: DispositionState) -> Iterator[Refusal]:
    if not facts.is_filled:
        return  # one reason says it all
    is_conditional = decision is DispositionState.RELEASED_CONDITIONALLY
    for test in facts.tests:
        about: dict[str, object] = {"test": test.name, "result": test.text, "limit": test.limit}
        if test.outcome is Outcome.FAIL:
            yield Refusal("REL-03", "{test}: {result} fails {limit}. Reject the batch.", None, about)
        elif test.outcome is Outcome.NOT_CONCLUSIVE:
            yield Refusal(
                "REL-03",
                "{test}: {result} can't show {limit}. Declare it invalid and repeat it with a finer method.",
                None,
                about,
            )
        elif test.standing is Standing.NOT_SAMPLED and test.is_required:
            yield Refusal("REL-02", "{test} was not sampled. Take the sample and record the result.", None, about)
        elif test.standing is Standing.INVALID and (test.is_required or not is_conditional):
            yield Refusal("REL-02", "{test} has an invalid result and no other. Repeat the test.", None, about)
        elif test.standing is Standing.PENDING and not (is_conditional and test.is_pending_allowed):
            yield Refusal("REL-02", "{test} is pending. Record the result first.", None, about)


def _deviations(facts: ReleaseFacts, decision: DispositionState) -> Iterator[Refusal]:
    is_conditional = decision is DispositionState.RELEASED_CONDITIONALLY
    for deviation in facts.deviations:
        about: dict[str, object] = {"number": deviation.number, "severity": deviation.severity}
        if deviation.state is DeviationState.CLOSED:
            if deviation.is_acceptable is False:
                yield Refusal("REL-05", "{number} found the product not acceptable. Reject the batch.", None, about)
        elif deviation.state is DeviationState.OPEN and (deviation.severity in _GRAVE or not is_conditional):
            yield Refusal("REL-04", "{number}, {severity}, has no decision of QA. Assess and close it.", None, about)
        elif deviation.state is DeviationState.ASSESSED and (deviation.severity == "critical" or not is_conditional):
            yield Refusal("REL-04", "{number}, {severity}, is assessed but not closed. Close it.", None, about)


def _record(facts: ReleaseFacts) -> Iterator[Refusal]:
    if not facts.is_identity_checked:
        yield Refusal("REL-06", "The identity check at receipt is missing. Without it nothing is released.")
    for step in facts.superseded:
        yield Refusal(
            "REL-07", "{step}: its signature no longer matches the record. Have it signed again.", None, {"step": step}
        )
    for step in facts.unwitnessed:
        yield Refusal("REL-08", "{step}: the second person's signature is missing.", None, {"step": step})
    for consent in facts.consents_missing:
        yield Refusal("REL-10", "{consent} is missing or withdrawn. Ask the clinic.", None, {"consent": consent})
    if not facts.is_trail_reviewed:
        yield Refusal("REL-20", "The audit trail is not reviewed. Review it first.")
    elif facts.unreviewed_entries:
        yield Refusal(
            "REL-20",
            "{number} entries came after the review of the audit trail. Review them, too.",
            None,
            {"number": facts.unreviewed_entries},
        )
    for number in facts.forms_open:
        yield Refusal(
            "REL-21",
            "Form {number} is out for this batch. Transcribe it, or void it if nothing is on it.",
            None,
            {"number": number},
        )
    if facts.labels_open:
        yield Refusal(
            "REL-22",
            "Labels do not reconcile, difference {difference}: {labels}. Scan each in, or destroy it with a witness.",
            None,
            {"difference": len(facts.labels_open), "labels": ", ".join(facts.labels_open)},
        )
    yield from _label(facts)
    if facts.ledger_findings:
        yield Refusal(
            "REL-12",
            "The ledger of this batch does not verify: {number} findings. Stop, and have them explained.",
            None,
            {"number": facts.ledger_findings},
        )


def _label(facts: ReleaseFacts) -> Iterator[Refusal]:
    if not facts.is_filled or facts.is_infused:
        return
    if not facts.is_labelled:
        yield Refusal("REL-23", "The container bears no label that holds. Print one, apply it and scan it.")
    elif facts.label_lacks:
        yield Refusal(
            "REL-23",
            "The label on the container does not say: {statements}. Print a new one, apply it and scan it.",
            None,
            {"statements": "; ".join(facts.label_lacks)},
        )


def _materials(facts: ReleaseFacts) -> Iterator[Refusal]:
    for code in facts.lots_rejected:
        yield Refusal(
            "REL-13", "Lot {lot} was used and has been rejected since. Raise a deviation.", None, {"lot": code}
        )
    for code in facts.lots_quarantined:
        yield Refusal(
            "REL-13", "Lot {lot} was used and is in quarantine. Have it decided on first.", None, {"lot": code}
        )
    for code in facts.equipment_overdue:
        yield Refusal("REL-14", "{code} was used past its calibration. Raise a deviation.", None, {"code": code})
    for doubt in facts.equipment_out:
        if not doubt.is_assessed:
            yield Refusal(
                "REL-24",
                "{name} was used, and is out of service since {date}. Raise a deviation that names it, and assess it.",
                None,
                {"name": doubt.name, "date": doubt.since.strftime("%-d %b %Y")},
            )
    for doubt in facts.training_withdrawn:
        if not doubt.is_assessed:
            yield Refusal(
                "REL-25",
                "{name} took part, trained by a training withdrawn on {date}. "
                "Raise a deviation that names them, and assess it.",
                None,
                {"name": doubt.name, "date": doubt.since.strftime("%-d %b %Y")},
            )
