"""May this isolation be recorded, and what of it is held against limits?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

from batches.rules.growth import yield_per_ml_fat
from batches.rules.judging import Finding
from batches.rules.process import Process
from batches.rules.times import not_before
from batches.rules.wording import quantity, volume
from lims.refusals import Refusal

# Collagenase works at 37 °C; beyond these a slip of the finger is likelier than a water bath.
COLDEST_C, HOTTEST_C = Decimal(4), Decimal(60)


def fat_refusals(fat_ml: Decimal, *, harvested_ml: Decimal) -> Iterator[Refusal]:
    """ISO-03 no fat, ISO-02 more fat than was harvested."""
    if fat_ml <= 0:
        yield Refusal("ISO-03", "Fat of no volume can't be processed. Enter what was used.", "fat_processed_ml")
    elif fat_ml > harvested_ml:
        yield Refusal(
            "ISO-02",
            "Only {harvested} of fat were harvested. Enter what was used.",
            "fat_processed_ml",
            {"harvested": volume(harvested_ml)},
        )


def temperature_refusals(digestion_temp_c: Decimal) -> Iterator[Refusal]:
    """ISO-04: at such a temperature nothing is digested, so the figure was mistyped."""
    if not COLDEST_C <= digestion_temp_c <= HOTTEST_C:
        yield Refusal(
            "ISO-04",
            "A digestion at {temperature} can't be true. Enter the temperature in °C.",
            "digestion_temp_c",
            {"temperature": quantity(digestion_temp_c, "°C")},
        )


def order_refusals(
    *, received_at: datetime, digestion_started_at: datetime, digestion_ended_at: datetime
) -> Iterator[Refusal]:
    """TIM-02: digestion before the receipt, or ending before it began."""
    yield from not_before(digestion_started_at, received_at, "digestion_started_at")
    yield from not_before(digestion_ended_at, digestion_started_at, "digestion_ended_at")


def findings(
    process: Process,
    *,
    harvested_at: datetime,
    digestion_started_at: datetime,
    digestion_ended_at: datetime,
    fat_ml: Decimal,
    total_viable: Decimal | None,
) -> list[Finding]:
    """Time from harvest to digestion, digestion time, and cells for each mL of fat."""
    hours = Decimal((digestion_started_at - harvested_at) / timedelta(hours=1)).quantize(Decimal("0.01"))
    minutes = Decimal((digestion_ended_at - digestion_started_at) // timedelta(minutes=1))
    found = [Finding(process.limits["transport_hours"], hours), Finding(process.limits["digest_minutes"], minutes)]
    if total_viable is not None and fat_ml > 0:
        found.append(Finding(process.limits["svf_cells_per_ml"], yield_per_ml_fat(total_viable, fat_ml)))
    return found
