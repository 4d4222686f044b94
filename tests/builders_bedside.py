"""The clinical half of a story: pain scores, the bedside, follow-up. Mixed into `Story`."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from batches.commands.adverse_events import assess_adverse_events, record_adverse_event
from batches.commands.infusions import (
    check_identity,
    pause_infusion,
    resume_infusion,
    start_infusion,
    stop_infusion,
)
from batches.commands.outcomes import record_baseline, record_follow_up
from batches.commands.vitals import record_vitals
from batches.models import (
    AdverseEvent,
    AdverseEventCheck,
    Batch,
    Fill,
    Infusion,
    InfusionEvent,
    PainAssessment,
    Passage,
    Vitals,
)
from batches.rules.states import Stage
from tests.builders_quality import QualityStory
from tests.cast import performed


class BedsideStory(QualityStory):
    """Acts of clinicians on the batch of a story, at its time."""

    def wait(self, **by: float) -> Any:
        """Let time pass; `Story` has it."""
        raise NotImplementedError

    def expand(self) -> None:
        """The culture to P2; `Story` has it."""
        raise NotImplementedError

    def culture(self, days: int) -> None:
        """Days with fresh medium; `Story` has it."""
        raise NotImplementedError

    def cell_harvest(self, **changes: Any) -> Passage:
        """The final cell harvest; `Story` has it."""
        raise NotImplementedError

    def fill(self, **changes: Any) -> Fill:
        """The filled bag; `Story` has it."""
        raise NotImplementedError

    def released(self) -> Batch:
        """A batch released with its slow results pending, an hour after the fill."""
        self.expand()
        self.culture(4)
        self.take_samples()
        self.culture(2)
        self.cell_harvest()
        self.take_samples()
        self.fill()
        self.take_samples()
        self.wait(hours=1)
        allowed = {row.key for row in self.fresh().mbr.process.specification if row.pending_allowed}
        self.results(leave=tuple(allowed))
        self.settle_deviations()
        self.release_conditionally()
        return self.fresh()

    def baseline(self, **changes: Any) -> PainAssessment:
        """Pain before: 6 of 10 on the revised face scale, 30 of 60 on PDAS."""
        with self.now():
            return record_baseline(
                self.cast.clinician,
                batch=self.batch,
                signatures=performed(self.cast.clinician),
                **(self._scores(6, [2] * 10 + [1] * 10) | changes),
            )

    def check(self, **changes: Any) -> Infusion:
        """Both codes scanned by two clinicians, everything in order."""
        if not hasattr(self, "batch") or self.fresh().stage != Stage.FILLED:
            self.released()
        given: dict[str, Any] = {
            "scanned_patient": self.batch.patient.code,
            "scanned_coi": self.batch.coi,
            "is_name_confirmed": True,
            "is_bag_good": True,
            "weight_kg": Decimal("62.0"),
            "catheter": "22 G, left forearm",
        }
        with self.now():
            return check_identity(
                self.cast.clinician,
                batch=self.batch,
                signatures=performed(self.cast.clinician, self.cast.second_clinician),
                **(given | changes),
            )

    def vitals(self, scheduled: str = "baseline", *, present: dict[str, int] | None = None, **changes: Any) -> Vitals:
        """A reading of somebody well; `present` names symptoms with their grade."""
        symptoms = [s.code for s in self.fresh().mbr.process.symptoms]
        there = present or {}
        given: dict[str, Any] = {
            "scheduled": scheduled,
            "heart_rate": 72,
            "systolic": 118,
            "diastolic": 72,
            "respiratory_rate": 14,
            "spo2_pct": Decimal("98"),
            "temperature_c": Decimal("36.5"),
            "answers": {code: code in there for code in symptoms},
            "grades": {code: there.get(code) for code in symptoms},
        }
        with self.now():
            return record_vitals(
                self.cast.clinician,
                batch=self.batch,
                signatures=performed(self.cast.clinician),
                **(given | changes),
            )

    def start(self, **changes: Any) -> InfusionEvent:
        """Started; checked and with a baseline five minutes before, if they are missing."""
        if not hasattr(self, "batch") or not hasattr(self.fresh(), "infusion"):
            self.check()
        if not self.fresh().infusion.vitals.exists():
            self.vitals("baseline")
            self.wait(minutes=5)
        return self._event(start_infusion, **changes)

    def pause(self, reason: str = "The line is checked.", **changes: Any) -> InfusionEvent:
        """Paused by hand."""
        return self._event(pause_infusion, reason=reason, **changes)

    def resume(self, reason: str = "", **changes: Any) -> InfusionEvent:
        """Resumed."""
        return self._event(resume_infusion, reason=reason, **changes)

    def stop(self, infused_ml: str = "97", reason: str = "", **changes: Any) -> InfusionEvent:
        """Stopped, the whole bag of 97 mL infused."""
        return self._event(stop_infusion, infused_ml=Decimal(infused_ml), reason=reason, **changes)

    def infuse(self) -> InfusionEvent:
        """The whole infusion: baseline scores, 30 minutes with every reading, none of it out of order."""
        if not hasattr(self, "batch") or self.fresh().stage != Stage.FILLED:
            self.released()
        self.baseline()
        self.start()
        for minute in (5, 10, 15, 20):
            self.wait(minutes=5)
            self.vitals(f"m{minute}")
        self.wait(minutes=10)
        ended = self.stop()
        self.vitals("end")
        for minutes, key in ((15, "e15"), (15, "e30"), (30, "e60")):
            self.wait(minutes=minutes)
            self.vitals(key)
        self.assess_none()
        return ended

    def adverse_event(self, **changes: Any) -> AdverseEvent:
        """A headache, grade 1."""
        given: dict[str, Any] = {
            "term": "Headache",
            "grade": 1,
            "is_serious": False,
            "relation": "possible",
            "action": "Observed.",
            "outcome": "Gone after an hour.",
        }
        with self.now():
            return record_adverse_event(
                self.cast.clinician,
                batch=self.batch,
                signatures=performed(self.cast.clinician),
                **(given | changes),
            )

    def assess_none(self, *, is_none: bool = True) -> AdverseEventCheck:
        """Adverse events asked for: none, unless told otherwise."""
        with self.now():
            return assess_adverse_events(
                self.cast.clinician,
                batch=self.batch,
                is_none=is_none,
                signatures=performed(self.cast.clinician),
            )

    def follow_up(self, days: int = 120, **changes: Any) -> PainAssessment:
        """Pain so many days later: 2 of 10, 10 of 60."""
        self.wait(days=days)
        with self.now():
            return record_follow_up(
                self.cast.clinician,
                batch=self.batch,
                signatures=performed(self.cast.clinician),
                **(self._scores(2, [1] * 10 + [0] * 10) | changes),
            )

    def _event(self, run: Any, **given: Any) -> InfusionEvent:
        with self.now():
            event: InfusionEvent = run(
                self.cast.clinician,
                batch=self.batch,
                signatures=performed(self.cast.clinician),
                **given,
            )
        return event

    def _scores(self, face: int, answers: list[int | None]) -> dict[str, Any]:
        at: datetime = self.at
        return {
            "instrument": "fps_r",
            "fps_score": face,
            "answers": answers,
            "rater": self.cast.clinician.printed_name,
            "done_at": at,
        }
