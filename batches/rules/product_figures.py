"""The figures of the product: the final cell harvest against the dose, the filled bag, the infusion.

Here: names, formulas in words, intervals and verdicts. Not here: the arithmetic (`dose`), the limits (the master batch
record) and the culture (`culture_figures`). Inputs may be missing while a person types.
"""

from dataclasses import replace
from decimal import ROUND_FLOOR, Decimal
from typing import Final

from batches.rules import dose
from batches.rules.counted_figures import count_figures
from batches.rules.counting import CountResult
from batches.rules.limits import Limit, Verdict
from batches.rules.process import Process
from batches.rules.shown import Figure, cells_figure, judged, plain_figure
from batches.rules.specification import Outcome, SpecificationRow, judge_number
from batches.rules.wording import Phrase, cells, gettext_noop, number, percent, quantity, rounded, volume

ENDOTOXIN: Final = "endotoxin"
_VERDICTS = {
    Outcome.PASS: (Verdict.WITHIN, gettext_noop("Within specification")),
    Outcome.FAIL: (Verdict.ACTION, gettext_noop("Outside specification")),
    Outcome.REPORT_ONLY: (Verdict.NOT_JUDGED, gettext_noop("Report only")),
    Outcome.NOT_CONCLUSIVE: (Verdict.NOT_JUDGED, gettext_noop("Not conclusive")),
}


def harvest_dose_figure(process: Process, count: CountResult | None) -> Figure:
    """The final cell harvest against what is needed for the dose. The lower end of its interval decides.

    A harvest that reaches the target, but not the overage or not with its whole interval, is an alert; one below the
    target is beyond action.
    """
    label = gettext_noop("Dose reached")
    total = count.total_viable if count else None
    needed = process.cells_needed_at_harvest
    limit = Phrase(gettext_noop("needed at harvest {needed}"), needed=cells(needed))
    fraction = dose.dose_fraction(total, process.dose_target_cells)
    if count is None or total is None or fraction is None:
        return Figure("dose_reached", label, limit=limit, limit_signs=limit)
    low, high = count.total_viable_low, count.total_viable_high
    if total < process.dose_target_cells:
        verdict, note = Verdict.ACTION, gettext_noop("Dose not reached")
    elif total < needed:
        verdict, note = Verdict.ALERT, gettext_noop("Dose reached, but not with its overage")
    elif low is None:
        verdict, note = Verdict.ALERT, gettext_noop("Dose reached, but with no interval")
    elif not dose.meets_target(low, needed):
        verdict, note = Verdict.ALERT, gettext_noop("Dose reached, but not with its whole interval")
    else:
        verdict, note = Verdict.WITHIN, gettext_noop("Dose reached")
    share = fraction * 100
    return Figure(
        "dose_reached",
        label,
        f"{cells(total)} / {cells(process.dose_target_cells)}",
        fraction,
        percent(share, 0),
        limit=limit,
        verdict=verdict,
        note=Phrase(note),
        limit_signs=limit,
        low=None if low is None else low / process.dose_target_cells,
        high=None if high is None else high / process.dose_target_cells,
    )


def _specified(shown: Figure, row: SpecificationRow, limit_key: str) -> Figure:
    """The figure held against a row of the specification, at the precision stated there."""
    shown = replace(shown, limit_key=limit_key)
    if shown.value is None:
        return replace(shown, limit=row.limit, limit_signs=row.limit, verdict=Verdict.NOT_JUDGED, note="")
    verdict, words = _VERDICTS[judge_number(row, shown.value).outcome]
    note = Phrase("{verdict}; {note}", verdict=Phrase(words), note=shown.note) if shown.note else Phrase(words)
    return replace(shown, limit=row.limit, limit_signs=row.limit, verdict=verdict, note=note)


def fill_figures(
    process: Process,
    *,
    count: CountResult | None,
    weight_kg: Decimal | None = None,
    infusion_minutes: Decimal | None = None,
) -> list[Figure]:
    """What the filled bag shows: viability, concentration, viable cells, per body weight, and the endotoxin limit.

    `count` is the count of the bulk with the volume of the bag. Without minutes the planned infusion time counts.
    """
    viability, per_ml, total, *others = count_figures(process, count)
    bag_ml = count.volume_ml if count else None
    if process.has_row("viability"):
        viability = _specified(replace(viability, note=""), process.row("viability"), "bag_viability_pct")
    total = _specified(replace(total, label=gettext_noop("Viable cells in the bag")), process.row("dose"), "dose")
    minutes = infusion_minutes if infusion_minutes is not None else process.infusion_minutes_planned
    return [
        viability,
        per_ml,
        total,
        *others,
        _per_kg(total.value, weight_kg),
        _endotoxin(process, bag_ml, weight_kg, minutes),
    ]


def infusion_figures(
    process: Process,
    *,
    viable_per_ml: Decimal | None,
    bag_volume_ml: Decimal | None,
    infused_ml: Decimal | None = None,
    minutes: Decimal | None = None,
    flow_minutes: Decimal | None = None,
    weight_kg: Decimal | None = None,
    hours_from_formulation: Decimal | None = None,
) -> list[Figure]:
    """What an infusion shows: cells given, per body weight and per minute, its time, rate and age of the product.

    `minutes` are those from start to stop, pauses included, as the patient's hour counts them; `flow_minutes` those
    of flow, which rate and cells per minute are computed with. Without pauses both are the same.
    """
    flow = flow_minutes if flow_minutes is not None else minutes
    known = viable_per_ml is not None and infused_ml is not None
    given = viable_per_ml * infused_ml if viable_per_ml is not None and infused_ml is not None else None
    rate = infused_ml / flow if infused_ml is not None and flow is not None and flow > 0 else None
    per_minute = given / flow if given is not None and flow is not None and flow > 0 else None
    share = infused_ml / bag_volume_ml * 100 if infused_ml is not None and bag_volume_ml else None
    formula = f"{cells(viable_per_ml or 0, 4, trim=True)} × {volume(infused_ml or 0)}" if known else ""
    per_minute_limit = Limit("cells_per_minute", "", action_above=process.max_cells_per_minute, unit="", decimals=None)
    per_minute_words = Phrase(gettext_noop("at most {most} per minute"), most=cells(process.max_cells_per_minute))
    per_minute_figure = cells_figure("cells_per_minute", gettext_noop("Cells per minute"), per_minute, unit="/min")
    return [
        cells_figure("cells_infused", gettext_noop("Cells infused"), given, formula=formula),
        plain_figure(
            "volume_infused",
            gettext_noop("Volume infused"),
            infused_ml,
            "mL",
            1,
            note=Phrase(gettext_noop("{share} of the bag"), share=percent(share, 0)) if share is not None else "",
        ),
        _per_kg(given, weight_kg),
        judged(
            plain_figure("infusion_minutes", gettext_noop("Duration, pauses included"), minutes, "min", 1),
            process.limits["infusion_minutes"],
        ),
        judged(
            plain_figure("flow_minutes", gettext_noop("Duration of flow, pauses left out"), flow, "min", 1),
            process.limits["infusion_minutes"],
        ),
        plain_figure(
            "rate",
            gettext_noop("Rate"),
            rate,
            "mL/min",
            1,
            formula=f"{volume(infused_ml)} / {quantity(rounded(flow, 1), 'min')}"
            if infused_ml is not None and flow is not None
            else "",
        ),
        replace(judged(per_minute_figure, per_minute_limit), limit=per_minute_words, limit_signs=per_minute_words),
        judged(
            plain_figure(
                "formulation_to_infusion_h",
                gettext_noop("Formulation to end of infusion"),
                hours_from_formulation,
                "h",
                1,
            ),
            process.limits["formulation_to_infusion_h"],
        ),
        _endotoxin(process, bag_volume_ml, weight_kg, minutes or process.infusion_minutes_planned),
    ]


def _per_kg(given: Decimal | None, weight_kg: Decimal | None) -> Figure:
    value = dose.cells_per_kg(given, weight_kg)
    formula = f"{cells(given or 0)} / {quantity(rounded(weight_kg or 0, 1), 'kg')}"
    return cells_figure("cells_per_kg", gettext_noop("Per body weight"), value, formula=formula, unit="/kg")


def endotoxin_limit(
    process: Process, *, volume_ml: Decimal | None, weight_kg: Decimal | None, minutes: Decimal | None
) -> Decimal | None:
    """K / M in EU/mL at the precision of the specification: the one that results are held against and every page shows.

    Rounded down, so that the limit shown is never above the limit itself.
    """
    limit = dose.endotoxin_limit_eu_per_ml(
        k_eu_per_kg_h=process.endotoxin_k, volume_ml=volume_ml, weight_kg=weight_kg, minutes=minutes
    )
    return limit if limit is None else limit.quantize(Decimal(1).scaleb(-_endotoxin_places(process)), ROUND_FLOOR)


def _endotoxin_places(process: Process) -> int:
    stated = process.row(ENDOTOXIN).decimals if process.has_row(ENDOTOXIN) else None
    return 2 if stated is None else stated


def _endotoxin(
    process: Process, volume_ml: Decimal | None, weight_kg: Decimal | None, minutes: Decimal | None
) -> Figure:
    limit = endotoxin_limit(process, volume_ml=volume_ml, weight_kg=weight_kg, minutes=minutes)
    places = _endotoxin_places(process)
    formula = ""
    if weight_kg is not None and volume_ml is not None:
        formula = Phrase(
            gettext_noop("{k} EU/kg/h × {weight} / {volume} in an hour"),
            k=number(process.endotoxin_k),
            weight=quantity(rounded(weight_kg, 1), "kg"),
            volume=volume(volume_ml if minutes is None or minutes <= 60 else volume_ml * 60 / minutes),
        )
    return plain_figure("endotoxin_limit", gettext_noop("Endotoxin limit"), limit, "EU/mL", places, formula=formula)
