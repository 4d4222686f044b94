"""The quality half of a story: samples, results, deviations, corrections, disposition. Mixed into `Story`."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import datetime
from decimal import Decimal
from typing import Any

from batches.commands.corrections import correct
from batches.commands.deviations import assess_deviation, close_deviation, raise_by_hand
from batches.commands.dispositions import COMMANDS
from batches.commands.results import invalidate_result, record_result, retest_result
from batches.commands.reviewing import review_audit_trail
from batches.commands.samples import take_sample
from batches.models import (
    AuditTrailReview,
    Batch,
    Correction,
    Deviation,
    DeviationAssessment,
    DeviationClosure,
    Disposition,
    Sample,
    TestResult,
)
from batches.queries.reviewing import trail, unreviewed
from batches.rules.release import RELEASES
from batches.rules.samples import offered
from batches.rules.specification import ResultKind
from batches.rules.states import DispositionState, ResultState, Stage
from lims.accounts.models import User
from lims.signatures.meanings import Meaning
from tests.cast import Cast, performed, signed

# What a good product gives, where the specification asks for a number.
GOOD_NUMBERS = {
    "cd73": "98.6",
    "cd90": "99.2",
    "cd105": "97.8",
    "cd45": "0.4",
    "cd14": "0.3",
    "cd19": "0.2",
    "hla_dr": "1.1",
    "cd34": "3.1",
    "endotoxin": "0.05",
    "potency": "84.3",
}


# What a conditional release may leave open.
MAY_WAIT = ("sterility_final", "mycoplasma_culture", "karyotype", "trilineage", "residuals", "potency", "cd34")


class QualityStory:
    """Acts of analysts and QA on the batch of a story, at its time."""

    cast: Cast
    at: datetime
    batch: Batch

    def now(self) -> AbstractContextManager[datetime]:
        """The story's clock; `Story` has it."""
        raise NotImplementedError

    def fresh(self) -> Batch:
        """The batch as the database has it; `Story` has it."""
        raise NotImplementedError

    def tested(self) -> None:
        """From nothing to a filled and sampled product, with every result in that release waits for."""
        story: Any = self
        if not hasattr(story, "batch"):
            story.issue()
        self.sample("donor_blood")
        story.isolate()
        story.expand()
        self.sample("trilineage_cells")
        story.culture(4)
        self.sample("spent_medium_final")
        story.culture(2)
        story.cell_harvest()
        self.take_samples()
        story.fill()
        self.take_samples()
        self.results(leave=MAY_WAIT)

    def sample(self, kind: str, **changes: Any) -> Sample:
        """One sample of a kind, as the plan asks for it."""
        plan = next(k for k in self.fresh().mbr.process.sampling_plan if k.key == kind)
        given: dict[str, Any] = {
            "kind": kind,
            "volume_ml": plan.volume_ml,
            "cells_used": plan.cells,
            "done_at": self.at,
        }
        with self.now():
            return take_sample(
                self.cast.technician,
                batch=self.batch,
                signatures=performed(self.cast.technician),
                **(given | changes),
            )

    def take_samples(self) -> list[Sample]:
        """Every sample of the plan that can be taken at this stage and was not yet."""
        taken = set(self.fresh().samples.values_list("kind", flat=True))
        kinds = offered(self.batch.mbr.process.sampling_plan, Stage(self.batch.stage))
        return [self.sample(kind.key) for kind in kinds if kind.key not in taken]

    def result(self, test: str, *, analyst: User | None = None, **changes: Any) -> TestResult:
        """The pending result of a test, recorded as a good product gives it."""
        row = self.fresh().mbr.process.row(test)
        waiting = changes.get("result") or self.batch.results.get(test=test, state=ResultState.PENDING)
        given: dict[str, Any] = {"result": waiting, "done_at": self.at, "method_version": f"QC-{test} v1"}
        if row.result_kind is ResultKind.NUMBER:
            given["number"] = Decimal(GOOD_NUMBERS[test])
        else:
            given["choice"] = row.expected or row.choices[0]
        with self.now():
            return record_result(
                analyst or self.cast.analyst,
                batch=self.batch,
                signatures=self.checked_by_analyst(analyst),
                **(given | changes),
            )

    def results(self, *, leave: tuple[str, ...] = ()) -> list[TestResult]:
        """Every pending result but those left."""
        waiting = self.fresh().results.filter(state=ResultState.PENDING).order_by("id")
        return [self.result(r.test) for r in waiting if r.test not in leave]

    def invalidate(self, result: TestResult, *, reason: str = "Positive control failed, run 17.") -> TestResult:
        """Declare a result invalid."""
        with self.now():
            return invalidate_result(
                self.cast.analyst,
                batch=self.batch,
                result=result,
                reason=reason,
                signatures=self.checked_by_analyst(),
            )

    def retest(self, result: TestResult) -> TestResult:
        """Repeat an invalid test."""
        with self.now():
            return retest_result(
                self.cast.analyst, batch=self.batch, result=result, signatures=performed(self.cast.analyst)
            )

    def raise_deviation(self, *, by: User | None = None, **changes: Any) -> Deviation:
        """A deviation raised by hand."""
        raiser = by or self.cast.technician
        given: dict[str, Any] = {
            "title": "Incubator door left open",
            "description": "Door of INC-01 found ajar at 08:05, display 34.1 °C.",
            "severity": "minor",
            "done_at": self.at,
        }
        with self.now():
            return raise_by_hand(
                raiser,
                batch=self.batch,
                signatures=performed(raiser),
                **(given | changes),
            )

    def assess(self, deviation: Deviation, **changes: Any) -> DeviationAssessment:
        """QA's assessment; the severity stays."""
        given: dict[str, Any] = {
            "severity": deviation.severity,
            "root_cause": "The latch had come loose.",
            "product_impact": "None: below the limit for less than five minutes.",
            "action": "Latch replaced, door alarm tested.",
        }
        with self.now():
            return assess_deviation(
                self.cast.qa,
                batch=self.batch,
                deviation=deviation,
                signatures=signed((Meaning.REVIEWED, self.cast.qa)),
                **(given | changes),
            )

    def close(self, deviation: Deviation, *, by: User | None = None, **changes: Any) -> DeviationClosure:
        """The conclusion by another person of QA: the product is acceptable."""
        closer = by or self.cast.second_qa
        given: dict[str, Any] = {
            "conclusion": "No effect on the product found; the action is effective.",
            "is_product_acceptable": True,
        }
        with self.now():
            return close_deviation(
                closer,
                batch=self.batch,
                deviation=deviation,
                signatures=signed((Meaning.APPROVED, closer)),
                **(given | changes),
            )

    def settle_deviations(self) -> None:
        """Every deviation of the batch assessed and closed."""
        for deviation in self.fresh().deviations.exclude(state="closed"):
            if deviation.state == "open":
                self.assess(deviation)
            self.close(deviation)

    def review(self, *, by: User | None = None, but: int = 0, **changes: Any) -> AuditTrailReview:
        """The audit trail reviewed: every entry out of the ordinary ticked, `but` the last few."""
        reviewer = by or self.cast.second_qa
        with self.now():
            shown = trail(self.fresh())
            ids = [item.entry.id for item in shown.risky]
            given: dict[str, Any] = {
                "read": shown.until,
                "looked_at": dict.fromkeys(ids[: len(ids) - but], ""),
                "conclusion": "Nothing found that touches the product.",
            }
            return review_audit_trail(
                reviewer,
                batch=self.batch,
                signatures=signed((Meaning.REVIEWED, reviewer)),
                **(given | changes),
            )

    def decide(self, decision: str, *, by: User | None = None, is_reviewed: bool = True, **changes: Any) -> Disposition:
        """QA's decision about the product, the audit trail reviewed before a release unless told otherwise."""
        qa = by or self.cast.qa
        if is_reviewed and decision in RELEASES and unreviewed(self.fresh()):
            self.review()
        decide, meaning = COMMANDS[DispositionState(decision)]
        given: dict[str, Any] = {
            "grounds": "The whole record was reviewed.",
            "signatures": signed((meaning, qa)),
        }
        if decision == DispositionState.RELEASED_CONDITIONALLY:
            given["physician_informed"] = f"{self.cast.clinician.printed_name}, by telephone and in writing"
        with self.now():
            disposition: Disposition = decide(qa, batch=self.batch, **(given | changes))
        return disposition

    def release_conditionally(self, **changes: Any) -> Disposition:
        """Release with results pending."""
        return self.decide(DispositionState.RELEASED_CONDITIONALLY, **changes)

    def release(self, **changes: Any) -> Disposition:
        """Release without condition."""
        return self.decide(DispositionState.RELEASED, **changes)

    def reject(self, **changes: Any) -> Disposition:
        """Reject for ever."""
        return self.decide(DispositionState.REJECTED, **changes)

    def correct(self, row: Any, field: str, value: Any, *, by: User | None = None, **changes: Any) -> Correction:
        """A recorded value corrected, with a witness of the same right."""
        corrector = by or self.cast.technician
        signatures = signed((Meaning.CORRECTED, corrector), (Meaning.WITNESSED, self.cast.second_technician))
        given: dict[str, Any] = {"reason": "Misread on the worksheet.", "signatures": signatures}
        with self.now():
            return correct(
                corrector,
                batch=self.batch,
                model=type(row).__name__,
                pk=str(row.pk),
                field=field,
                value=value,
                **(given | changes),
            )

    def checked_by_analyst(self, analyst: User | None = None) -> Any:
        """An analyst's signature and that of another who checked."""
        first = analyst or self.cast.analyst
        second = self.cast.second_analyst if first == self.cast.analyst else self.cast.analyst
        return signed((Meaning.PERFORMED, first), (Meaning.CHECKED, second))
