"""Scanned codes turned into lots and equipment for a batch, with every refusal collected."""

from __future__ import annotations

import dataclasses
from datetime import datetime

from batches.models import Batch, Equipment, Lot
from batches.queries.materials import equipment_by_code, lot_by_code
from batches.rules.materials import equipment_refusals, lot_refusals
from lims.refusals import Refusal
from lims.site import zone


@dataclasses.dataclass
class Scans:
    """Looks codes up for one batch at one time; `refusals` grows with everything that does not fit."""

    batch: Batch
    at: datetime
    refusals: list[Refusal] = dataclasses.field(default_factory=list)

    def lot(self, code: str, kind: Lot.Kind, *, field: str) -> Lot | None:
        """The lot of a scanned code, if it may be used; otherwise a refusal beside `field`."""
        lot, facts = lot_by_code(code)
        found = list(
            lot_refusals(
                facts,
                typed=code,
                kind=kind.value,
                kind_words=str(kind.label).lower(),
                patient_code=self.batch.patient.code,
                on=self.at.astimezone(zone()).date(),
                field=field,
            )
        )
        self.refusals.extend(found)
        return None if found else lot

    def equipment(self, code: str, kind: Equipment.Kind, *, field: str) -> Equipment | None:
        """The equipment of a scanned code, if it may be used; otherwise a refusal beside `field`."""
        item, facts = equipment_by_code(code)
        found = list(
            equipment_refusals(
                facts,
                typed=code,
                kind=kind.value,
                kind_words=str(kind.label).lower(),
                on=self.at.astimezone(zone()).date(),
                field=field,
            )
        )
        self.refusals.extend(found)
        return None if found else item
