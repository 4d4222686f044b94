"""The figures of the culture: growth, seeding, isolation and passages.

Here: names, formulas in words, intervals and verdicts. Not here: the arithmetic (`growth`), the limits (the
master batch record), the counts themselves (`counted_figures`) and the product (`product_figures`).

Inputs may be missing, because these figures appear while a person types: a figure that cannot be computed yet is
still there, with a dash.
"""

from collections.abc import Sequence
from decimal import Decimal

from batches.rules import growth
from batches.rules.counted_figures import count_figures
from batches.rules.counting import CountResult
from batches.rules.growth import Lineage, LineageSource
from batches.rules.intervals import as_decimal, doublings_error, normal_quantile
from batches.rules.limits import Verdict
from batches.rules.process import Process
from batches.rules.shown import Figure, cells_figure, judged, plain_figure
from batches.rules.wording import (
    NO_BREAK_SPACE,
    Phrase,
    cells,
    gettext_noop,
    number,
    quantity,
    rounded,
    volume,
)

_Z = as_decimal(normal_quantile(0.975))


def growth_figures(
    process: Process,
    *,
    generation: int,
    harvested: Decimal | None,
    seeded: Decimal | None,
    hours: Decimal | None,
    sources: Sequence[LineageSource | tuple[Decimal, Decimal, Decimal]] = (),
    harvested_cv: Decimal | None = None,
    seeded_cv: Decimal | None = None,
) -> list[Figure]:
    """Doublings, cumulative doublings along the lineage and doubling time of one generation.

    `seeded` and `harvested` are viable cells, `hours` run from seeding to cell harvest, `sources` are the cumulative
    doublings that the seeded cells came with; relative errors are fractions. P0 has none of the three.
    """
    labels = (
        gettext_noop("Population doublings (PD)"),
        gettext_noop("Cumulative PDL"),
        gettext_noop("Doubling time"),
    )
    if generation == 0:
        unknown = Phrase(gettext_noop("cells that took hold are not known"))
        starts = Phrase(gettext_noop("starts at P0 cell harvest"))
        not_measurable = Phrase(gettext_noop("not measurable"))
        return [
            Figure("pd", labels[0], unknown, text=not_measurable),
            judged(
                Figure("cumulative_pdl", labels[1], starts, Decimal(0), "0.00"),
                process.limits["cumulative_pdl"],
            ),
            Figure("doubling_time", labels[2], unknown, text=not_measurable),
        ]
    before = growth.lineage_cpdl(sources)
    pd = growth.population_doublings(seeded, harvested)
    after = growth.cumulative_pdl(before, pd)
    return [
        _doublings(labels[0], process, pd, seeded, harvested, seeded_cv, harvested_cv),
        _cumulative(labels[1], process, before, pd, after),
        _doubling_time(labels[2], process, pd, hours, is_lost=bool(seeded) and harvested == 0),
    ]


def _doublings(
    label: str,
    process: Process,
    pd: Decimal | None,
    seeded: Decimal | None,
    harvested: Decimal | None,
    seeded_cv: Decimal | None,
    harvested_cv: Decimal | None,
) -> Figure:
    limit = process.limits["pd_per_passage"]
    if seeded is not None and seeded > 0 and harvested == 0:
        # No cell came back: there is no logarithm of nothing, but it is surely growth below the limit.
        return Figure(
            "pd",
            label,
            Phrase(gettext_noop("no viable cell harvested")),
            text=Phrase(gettext_noop("none")),
            limit=limit.text,
            limit_signs=limit.signs,
            verdict=Verdict.ACTION,
            note=Phrase(gettext_noop("No growth")),
            limit_key=limit.key,
        )
    if pd is None or seeded is None or harvested is None:
        return judged(Figure("pd", label), limit)
    interval, low, high = "", None, None
    if seeded_cv is not None and harvested_cv is not None:
        reach = _Z * doublings_error(seeded_cv, harvested_cv)
        interval, low, high = f"±{number(reach, 2)}", pd - reach, pd + reach
    shown = Figure(
        "pd",
        label,
        f"log₂{NO_BREAK_SPACE}({cells(harvested)}{NO_BREAK_SPACE}/{NO_BREAK_SPACE}{cells(seeded)})",
        pd,
        number(pd, 2),
        interval,
        low=low,
        high=high,
    )
    return judged(shown, limit)


def _cumulative(label: str, process: Process, before: Lineage, pd: Decimal | None, after: Lineage) -> Figure:
    """The mean is shown, the highest of the lineage is judged."""
    limit = process.limits["cumulative_pdl"]
    if pd is None:
        return judged(Figure("cumulative_pdl", label), limit)
    if before.mean == 0 and before.highest == 0:
        formula = Phrase(gettext_noop("from P0 cell harvest"))
    else:
        formula = Phrase(
            gettext_noop("{before} + {gained}"), before=number(before.mean, 2), gained=number(max(pd, Decimal(0)), 2)
        )
    text = number(after.mean, 2)
    note = ""
    if limit.compared(after.highest) != limit.compared(after.mean):
        note = Phrase(gettext_noop("Highest of the lineage {highest}"), highest=number(after.highest, 2))
    verdict = limit.verdict(after.highest)
    words = limit.words(after.highest)
    return Figure(
        "cumulative_pdl",
        label,
        formula,
        after.mean,
        text,
        limit=limit.text,
        limit_signs=limit.signs,
        verdict=verdict,
        note=Phrase("{verdict}; {note}", verdict=words, note=note) if note else words,
        high=after.highest,
        limit_key=limit.key,
    )


def _doubling_time(label: str, process: Process, pd: Decimal | None, hours: Decimal | None, *, is_lost: bool) -> Figure:
    limit = process.limits["doubling_time_h"]
    if is_lost or (pd is not None and pd <= 0):
        return Figure(
            "doubling_time",
            label,
            Phrase(gettext_noop("cells did not increase")),
            text=Phrase(gettext_noop("no growth")),
            limit=limit.text,
            limit_signs=limit.signs,
            verdict=Verdict.ACTION,
            note=Phrase(gettext_noop("No growth")),
            limit_key=limit.key,
        )
    time_h = growth.doubling_time_h(hours, pd)
    if time_h is None or hours is None or pd is None:
        return judged(Figure("doubling_time", label), limit)
    formula = f"{quantity(hours, 'h', 1)} / {number(pd, 2)}"
    return judged(Figure("doubling_time", label, formula, time_h, quantity(time_h, "h", 1)), limit)


def seeding_figure(
    process: Process,
    *,
    generation: int,
    seeded: Decimal | None,
    area_cm2: Decimal | None,
    is_planned: bool = False,
) -> Figure:
    """Density of cells seeded, or to be seeded, into the vessels of a generation."""
    template = (
        gettext_noop("Seeding density, P{generation}, planned")
        if is_planned
        else gettext_noop("Seeding density, P{generation}")
    )
    label = Phrase(template, generation=generation)
    limit = process.limits["p0_density_per_cm2" if generation == 0 else "seeding_density_per_cm2"]
    density = growth.seeding_density_per_cm2(seeded, area_cm2)
    if density is None or seeded is None or area_cm2 is None:
        return judged(Figure("seeding_density", label), limit, with_target=True)
    formula = f"{cells(seeded)} / {quantity(rounded(area_cm2, 1), 'cm²')}"
    return judged(
        Figure("seeding_density", label, formula, density, quantity(density, "/cm²", 0)), limit, with_target=True
    )


def passage_figures(
    process: Process,
    *,
    generation: int,
    count: CountResult | None,
    seeded: Decimal | None = None,
    hours: Decimal | None = None,
    sources: Sequence[LineageSource | tuple[Decimal, Decimal, Decimal]] = (),
    seeded_cv: Decimal | None = None,
    reseeded: Decimal | None = None,
    reseeded_area_cm2: Decimal | None = None,
    is_planned: bool = False,
    fat_ml: Decimal | None = None,
    with_reseeding: bool = True,
) -> list[Figure]:
    """Everything a passage of generation n shows: the count, its growth, and the density of generation n + 1.

    `seeded` are the viable cells put into generation n and `seeded_cv` their relative error; `reseeded` go into
    `reseeded_area_cm2` of the next. `fat_ml` adds the yield at P0. A final cell harvest is `with_reseeding=False`.
    """
    figures = count_figures(process, count)
    if generation == 0 and fat_ml is not None:
        harvested = count.total_viable if count else None
        figures.append(
            cells_figure(
                "yield_per_ml_fat",
                gettext_noop("Yield per mL of fat"),
                growth.yield_per_ml_fat(harvested, fat_ml) if harvested is not None else None,
                formula=f"{cells(harvested or 0)} / {volume(fat_ml)}",
            )
        )
    figures += growth_figures(
        process,
        generation=generation,
        harvested=count.total_viable if count else None,
        seeded=seeded,
        hours=hours,
        sources=sources,
        harvested_cv=count.total_cv if count else None,
        seeded_cv=seeded_cv,
    )
    if with_reseeding:
        figures.append(
            seeding_figure(
                process,
                generation=generation + 1,
                seeded=reseeded,
                area_cm2=reseeded_area_cm2,
                is_planned=is_planned,
            )
        )
    return figures


def isolation_figures(
    process: Process,
    *,
    count: CountResult | None,
    fat_ml: Decimal | None = None,
    digest_minutes: Decimal | None = None,
    seeded: Decimal | None = None,
    area_cm2: Decimal | None = None,
) -> list[Figure]:
    """What an isolation shows: the count of the isolated cells, their yield from the fat, digestion, density of P0."""
    figures = count_figures(process, count, viability_limit="svf_viability_pct", total_note="")
    total = count.total_viable if count else None
    per_ml_fat = growth.yield_per_ml_fat(total, fat_ml) if total is not None and fat_ml is not None else None
    formula = f"{cells(total)} / {volume(fat_ml)}" if total is not None and fat_ml is not None else ""
    figures.append(
        judged(
            cells_figure("svf_per_ml_fat", gettext_noop("Viable cells per mL of fat"), per_ml_fat, formula=formula),
            process.limits["svf_cells_per_ml"],
        )
    )
    figures.append(
        judged(
            plain_figure("digest_minutes", gettext_noop("Digestion at 37 °C"), digest_minutes, "min", 0),
            process.limits["digest_minutes"],
        )
    )
    figures.append(seeding_figure(process, generation=0, seeded=seeded, area_cm2=area_cm2))
    return figures
