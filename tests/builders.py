"""Test data through the commands, never the ORM: so it has history and seals, and the clock of each step is plausible.

`Story` walks one batch along its chain. Each step happens at `story.at`, which `wait()` moves on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from unittest import mock

from batches.commands.batches import issue_batch
from batches.commands.culture import change_medium, lose_vessels, record_observation
from batches.commands.fills import log_fill
from batches.commands.harvests import record_harvest, record_receipt
from batches.commands.isolations import log_isolation
from batches.commands.labels import account_for_labels, print_for_fill
from batches.commands.materials import decide_lot, register_equipment, register_lot
from batches.commands.passages import Detached, log_cell_harvest, log_passage
from batches.commands.patients import assess_eligibility, enrol_patient, record_consent, weigh_patient
from batches.models import (
    Batch,
    Consent,
    Equipment,
    Fill,
    Harvest,
    Isolation,
    LabelFate,
    LabelPrint,
    Lot,
    MediumChange,
    Observation,
    Passage,
    Patient,
    Receipt,
    VesselLoss,
    Weighing,
)
from batches.rules.seeding import SeedingLine
from batches.rules.states import LabelState, Stage
from lims import clock
from lims.accounts.authentication import Credential
from lims.signatures.meanings import Meaning
from tests.builders_bedside import BedsideStory
from tests.cast import Cast, approved, performed, signed
from tests.counts import hemocytometer

LOTS = {kind: f"LOT-{kind.value.upper()}" for kind in Lot.Kind}
EQUIPMENT = {kind: f"EQ-{kind.value.upper()}" for kind in Equipment.Kind}
START = datetime(2026, 9, 28, 1, 0, tzinfo=UTC)


@contextmanager
def any_text() -> Iterator[None]:
    """Within, a text is recorded as it was before anybody asked whether paper can show it."""
    with mock.patch("lims.texts.missing", return_value=[]):
        yield


class Story(BedsideStory):
    """One patient's way through the laboratory, at replayed times."""

    def __init__(self, cast: Cast, *, at: datetime = START) -> None:
        self.cast = cast
        self.at = at
        self.patient: Patient
        self.batch: Batch

    def wait(self, **by: float) -> Story:
        """Let time pass: `wait(hours=3)`."""
        self.at += timedelta(**by)
        return self

    @contextmanager
    def now(self) -> Iterator[datetime]:
        """Inside, the clock stands at the time of the story."""
        with clock.replaying(self.at):
            yield self.at

    def fresh(self) -> Batch:
        """The batch as the database has it."""
        self.batch = Batch.objects.select_related("patient", "mbr").get(pk=self.batch.pk)
        return self.batch

    def enrol(self, **changes: Any) -> Patient:
        """A patient, enrolled with both consents and found eligible."""
        count = Patient.objects.count()
        given: dict[str, Any] = {
            "name": f"Synthetic Person {count + 1}",
            "birth_date": date(1961, 5, 4),
            "sex": "female",
            "medical_record_number": f"SYN-MRN-{count + 1:05d}",
            "weight_kg": Decimal("62.0"),
            "weighed_on": self.at.date(),
            "diagnosis": "Chronic low back pain",
            "pain_site": "Lower back",
        }
        with self.now():
            self.patient = enrol_patient(self.cast.clinician, **(given | changes))
            for kind in Consent.Kind.values:
                record_consent(
                    self.cast.clinician,
                    patient=self.patient,
                    kind=kind,
                    form_version="2.1",
                    signed_on=self.at.date(),
                    signatures=performed(self.cast.clinician),
                )
            criteria = self.cast.mbr.process.eligibility
            assess_eligibility(
                self.cast.clinician,
                patient=self.patient,
                mbr=self.cast.mbr,
                assessed_at=self.at,
                answers={c.code: "no" if c.excludes_if == "yes" else "yes" for c in criteria},
                signatures=performed(self.cast.clinician),
            )
        return self.patient

    def weigh(self, weight_kg: str, **changes: Any) -> Weighing:
        """A newer weight of the patient in kg, with the reason for it."""
        given: dict[str, Any] = {"weighed_on": self.at.date(), "reason": "Weighed again on admission."}
        with self.now():
            weigh_patient(
                self.cast.clinician,
                patient=self.patient,
                weight_kg=Decimal(weight_kg),
                signatures=performed(self.cast.clinician),
                **(given | changes),
            )
        self.patient.refresh_from_db()
        return Weighing.objects.filter(patient=self.patient).latest("id")

    def issue(self, **changes: Any) -> Batch:
        """A batch for the patient, issued by QA and checked by a second."""
        if not hasattr(self, "patient"):
            self.enrol()
        with self.now():
            self.batch = issue_batch(
                self.cast.qa,
                patient=self.patient,
                signatures=signed((Meaning.ISSUED, self.cast.qa), (Meaning.CHECKED, self.cast.second_qa)),
                **changes,
            )
        return self.batch

    def harvest(self, **changes: Any) -> Harvest:
        """1.0 mL of abdominal fat, taken in half an hour."""
        if not hasattr(self, "batch"):
            self.issue()
        self.wait(hours=1)
        given: dict[str, Any] = {
            "body_site": "Abdomen",
            "side": "left",
            "volume_ml": Decimal("1.0"),
            "anaesthesia": "Lidocaine 1 %, local",
            "started_at": self.at - timedelta(minutes=30),
            "done_at": self.at,
            "operator": self.cast.clinician.printed_name,
            "container_code": f"HK-{self.batch.number}",
            "dispatched_at": self.at,
            "transport_temp_c": Decimal("5.0"),
        }
        with self.now():
            return record_harvest(
                self.cast.clinician,
                batch=self.batch,
                signatures=performed(self.cast.clinician),
                **(given | changes),
            )

    def receive(self, **changes: Any) -> Receipt:
        """The tissue received two hours later at 4 to 6 °C, all codes matching."""
        harvest = (
            self.fresh().harvest if hasattr(self, "batch") and hasattr(self.fresh(), "harvest") else self.harvest()
        )
        self.wait(hours=2)
        given: dict[str, Any] = {
            "scanned_coi": self.batch.coi,
            "scanned_patient": self.batch.patient.code,
            "scanned_container": harvest.container_code,
            "done_at": self.at,
            "temperature_min_c": Decimal("4.0"),
            "temperature_max_c": Decimal("6.0"),
            "is_intact": True,
            "is_labelled": True,
        }
        with self.now():
            return record_receipt(
                self.cast.technician,
                batch=self.batch,
                signatures=performed(self.cast.technician, self.cast.second_technician),
                **(given | changes),
            )

    def stock(self) -> None:
        """Released lots of every kind and equipment in calibration; registered once for the laboratory."""
        if Lot.objects.exists():
            return
        with self.now():
            for kind, code in LOTS.items():
                lot = register_lot(
                    self.cast.supervisor,
                    kind=kind,
                    name=f"Synthetic {kind}",
                    code=code,
                    expires_on=self.at.date() + timedelta(days=365),
                )
                decide_lot(self.cast.qa, lot=lot, state=Lot.State.RELEASED, signatures=approved(self.cast.qa))
            for equipment, code in EQUIPMENT.items():
                register_equipment(
                    self.cast.supervisor,
                    kind=equipment,
                    code=code,
                    name=f"Synthetic {equipment}",
                    calibration_due_on=self.at.date() + timedelta(days=365),
                )

    def isolate(self, **changes: Any) -> Isolation:
        """4.0×10⁵ viable cells in 2.0 mL, 1.8 mL of it seeded into one T25 as P0."""
        if not hasattr(self, "batch") or not hasattr(self.fresh(), "receipt"):
            self.receive()
        self.stock()
        self.wait(hours=2)
        given: dict[str, Any] = {
            "fat_processed_ml": Decimal("1.0"),
            "enzyme_lot": LOTS[Lot.Kind.ENZYME],
            "digestion_started_at": self.at - timedelta(minutes=75),
            "digestion_ended_at": self.at - timedelta(minutes=30),
            "digestion_temp_c": Decimal("37.0"),
            "suspension_ml": Decimal("2.0"),
            "drawn_ml": Decimal("0.2"),
            "count": hemocytometer(160, 30, predilution="1"),
            "seeding": [SeedingLine("T25", 1, LOTS[Lot.Kind.VESSEL], Decimal("1.8"))],
            "medium_lot": LOTS[Lot.Kind.MEDIUM],
            "medium_ml": Decimal("5"),
            "cabinet": EQUIPMENT[Equipment.Kind.BSC],
            "incubator": EQUIPMENT[Equipment.Kind.INCUBATOR],
            "shelf": self.batch.number,
            "done_at": self.at,
        }
        with self.now():
            return log_isolation(
                self.cast.technician,
                batch=self.batch,
                signatures=self._two(),
                **(given | changes),
            )

    def observe(self, confluence: str = "80", **changes: Any) -> Observation:
        """Spindle-shaped cells in clear medium."""
        given: dict[str, Any] = {
            "confluence_pct": Decimal(confluence),
            "morphology": "spindle",
            "medium": "clear",
            "done_at": self.at,
        }
        with self.now():
            return record_observation(
                self.cast.technician,
                batch=self.batch,
                signatures=performed(self.cast.technician),
                **(given | changes),
            )

    def feed(self, **changes: Any) -> MediumChange:
        """A change of medium."""
        given: dict[str, Any] = {
            "medium_lot": LOTS[Lot.Kind.MEDIUM],
            "medium_ml": Decimal("30"),
            "done_at": self.at,
        }
        with self.now():
            return change_medium(
                self.cast.technician,
                batch=self.batch,
                signatures=performed(self.cast.technician),
                **(given | changes),
            )

    def lose(self, *codes: str, **changes: Any) -> list[VesselLoss]:
        """Vessels discarded, broken."""
        given: dict[str, Any] = {
            "vessels": codes,
            "is_contaminated": False,
            "reason_for_loss": "The neck broke.",
            "done_at": self.at,
        }
        with self.now():
            return lose_vessels(self.cast.technician, batch=self.batch, signatures=self._two(), **(given | changes))

    def culture(self, days: int) -> None:
        """Let `days` pass with an observation and a change of medium every second day."""
        for _ in range(days // 2):
            self.wait(days=2)
            self.observe("50")
            self.feed()
        self.wait(days=days % 2)

    def vessels(self) -> list[str]:
        """Codes of the vessels in culture."""
        return list(self.batch.vessels.filter(state="in_culture").values_list("code", flat=True))

    def detached(self, live: int, dead: int, *, suspension: str, predilution: str = "1", **changes: Any) -> Detached:
        """All vessels in culture detached in five minutes and counted."""
        given: dict[str, Any] = {
            "vessels": self.vessels(),
            "confluence_pct": Decimal("80"),
            "reagent_lot": LOTS[Lot.Kind.DETACHMENT],
            "exposure_started_at": self.at - timedelta(minutes=30),
            "exposure_ended_at": self.at - timedelta(minutes=26),
            "suspension_ml": Decimal(suspension),
            "drawn_ml": Decimal("0.2"),
            "sampled_ml": Decimal(0),
            "cabinet": EQUIPMENT[Equipment.Kind.BSC],
            "count": hemocytometer(live, dead, predilution=predilution),
        }
        return Detached(**(given | changes))

    def passage(
        self,
        live: int,
        dead: int,
        *,
        suspension: str,
        seed: tuple[str, int, str],
        predilution: str = "1",
        detached: Mapping[str, Any] | None = None,
        **changes: Any,
    ) -> Passage:
        """Detach everything, count, and seed `seed`: kind of vessel, how many, mL for all of them."""
        kind, number, seeded_ml = seed
        given: dict[str, Any] = {
            "detached": self.detached(live, dead, suspension=suspension, predilution=predilution, **(detached or {})),
            "seeding": [SeedingLine(kind, number, LOTS[Lot.Kind.VESSEL], Decimal(seeded_ml))],
            "medium_lot": LOTS[Lot.Kind.MEDIUM],
            "medium_ml": Decimal("70"),
            "incubator": EQUIPMENT[Equipment.Kind.INCUBATOR],
            "shelf": self.batch.number,
            "done_at": self.at,
        }
        with self.now():
            return log_passage(self.cast.technician, batch=self.batch, signatures=self._two(), **(given | changes))

    def expand(self) -> None:
        """P0 to P1 to P2, as the drawn batch grew: 2.05×10⁶, then 1.21×10⁷ viable cells."""
        if not hasattr(self, "batch") or not hasattr(self.fresh(), "isolation"):
            self.isolate()
        self.culture(10)
        self.passage(205, 9, suspension="4.0", seed=("T175", 2, "3.4"))
        self.culture(5)
        self.observe("85")
        self.passage(323, 20, suspension="15.0", seed=("CS5", 1, "14.8"))

    def cell_harvest(self, **changes: Any) -> Passage:
        """1.33×10⁸ viable cells in 60 mL from P2."""
        if not self.vessels_of(2):
            self.expand()
            self.culture(6)
        self.wait(hours=12)
        given: dict[str, Any] = {
            "detached": self.detached(444, 25, suspension="60", predilution="2", sampled_ml=Decimal("2")),
            "done_at": self.at,
        }
        with self.now():
            return log_cell_harvest(self.cast.technician, batch=self.batch, signatures=self._two(), **(given | changes))

    def vessels_of(self, generation: int) -> int:
        """How many vessels of a generation are in culture."""
        if not hasattr(self, "batch"):
            return 0
        return self.batch.vessels.filter(generation=generation, state="in_culture").count()

    def label_for_fill(self, code: str = "", **changes: Any) -> LabelPrint:
        """The label of the empty bag, printed before it is filled."""
        given: dict[str, Any] = {"is_screened": True, "has_risk_factor": False}
        with self.now():
            (row,) = print_for_fill(
                self.cast.technician,
                batch=self.batch,
                container_code=code or f"BAG-{self.batch.number}",
                **(given | changes),
            )
        return row  # type: ignore[no-any-return]

    def account(
        self, *labels: LabelPrint | str, fate: LabelState = LabelState.APPLIED, **changes: Any
    ) -> list[LabelFate]:
        """What became of labels, scanned in with a witness."""
        codes = [label if isinstance(label, str) else label.code for label in labels]
        with self.now():
            told: list[LabelFate] = account_for_labels(
                self.cast.technician,
                batch=self.batch,
                scanned=codes,
                fate=fate,
                signatures=self._two(),
                **changes,
            )
        return told

    def fill(self, **changes: Any) -> Fill:
        """1.08×10⁸ viable cells in a bag of 100 mL, under the label printed for it."""
        if not hasattr(self, "batch") or self.fresh().stage != Stage.CELL_HARVEST:
            self.cell_harvest()
        self.wait(hours=1)
        code = changes.get("container_code", f"BAG-{self.batch.number}")
        if not self.batch.label_prints.filter(kind="fill", container__iexact=code.strip(), state="issued").exists():
            self.label_for_fill(code)
        given: dict[str, Any] = {
            "used_ml": Decimal("50"),
            "vehicle_lot": LOTS[Lot.Kind.VEHICLE],
            "container_lot": LOTS[Lot.Kind.CONTAINER],
            "container_code": f"BAG-{self.batch.number}",
            "volume_ml": Decimal("100"),
            "drawn_ml": Decimal("3"),
            "storage_temp_c": Decimal("5"),
            "is_appearance_good": True,
            "scanned_coi": self.batch.coi,
            "count": hemocytometer(432, 31),
            "done_at": self.at,
        }
        with self.now():
            return log_fill(self.cast.technician, batch=self.batch, signatures=self._two(), **(given | changes))

    def _two(self) -> dict[Meaning, Credential]:
        return performed(self.cast.technician, self.cast.second_technician)
