"""The figures of one count: viability, concentration, total viable cells, agreement of chambers.

Here: names, formulas in words, intervals and verdicts. Not here: the arithmetic (`counting`) and the limits (the master
batch record).
"""

from dataclasses import replace
from decimal import Decimal

from batches.rules import dose
from batches.rules.counting import CountResult
from batches.rules.limits import Verdict
from batches.rules.process import Process
from batches.rules.shown import Figure, cells_figure, judged
from batches.rules.wording import Phrase, cells, gettext_noop, number, percent, power_of_ten, rounded, span, volume


def count_figures(
    process: Process,
    count: CountResult | None,
    *,
    viability_limit: str = "viability_pct",
    total_note: str | None = None,
) -> list[Figure]:
    """Viability, concentration, total viable cells and, with two chambers, how far they differ.

    `viability_limit` is the key of the limit, because isolated cells have their own. `total_note` replaces the share
    of the target dose beside the total.
    """
    labels = (
        gettext_noop("Viability"),
        gettext_noop("Viable cells per mL"),
        gettext_noop("Total viable cells"),
    )
    limit = process.limits[viability_limit]
    if count is None:
        return [
            judged(Figure("viability", labels[0]), limit),
            Figure("viable_per_ml", labels[1]),
            Figure("total_viable", labels[2]),
        ]
    figures = [
        judged(_viability(labels[0], count), limit),
        _viable_per_ml(labels[1], count, process),
        _total_viable(labels[2], count, process, total_note),
    ]
    if len(count.chambers) > 1:
        figures.append(_replicates(count, process))
    return figures


def _viability(label: str, count: CountResult) -> Figure:
    if count.viability_pct is None:
        return Figure("viability", label)
    if count.live is not None and count.counted is not None:
        formula = Phrase(
            gettext_noop("{live} of {counted} cells"), live=number(count.live), counted=number(count.counted)
        )
    else:
        formula = Phrase(
            gettext_noop("{live} live of {total} per mL"),
            live=cells(count.viable_per_ml or 0),
            total=cells(count.total_per_ml or 0),
        )
    interval = ""
    if count.viability_low_pct is not None and count.viability_high_pct is not None:
        interval = span(count.viability_low_pct, count.viability_high_pct, 1)
    return Figure(
        "viability",
        label,
        formula,
        count.viability_pct,
        percent(count.viability_pct),
        interval,
        low=count.viability_low_pct,
        high=count.viability_high_pct,
    )


def _viable_per_ml(label: str, count: CountResult, process: Process) -> Figure:
    if count.viable_per_ml is None:
        return Figure("viable_per_ml", label)
    if count.squares and count.live is not None and count.square_volume_ml is not None:
        per_square = 1 / count.square_volume_ml
        factor = (
            power_of_ten(per_square.adjusted())
            if per_square.scaleb(-per_square.adjusted()) == 1
            else number(per_square)
        )
        formula: str = Phrase(
            gettext_noop("{live} live / {squares} × {dilution} × {factor}"),
            live=number(count.live),
            squares=number(count.squares),
            dilution=number(rounded(count.dilution_factor, 3)),
            factor=factor,
        )
    else:
        formula = Phrase(gettext_noop("from the counter, dilution included"))
    shown = cells_figure("viable_per_ml", label, count.viable_per_ml, formula=formula)
    if count.live is None:
        return replace(shown, note=Phrase(gettext_noop("Cells counted not known, no interval")))
    needed = process.limits["counted_cells"]
    return replace(
        shown,
        verdict=needed.verdict(count.live),
        note=Phrase(
            gettext_noop("{counted} counted, {needed} needed"),
            counted=number(count.live),
            needed=number(process.count_errors.cells_needed),
        ),
        limit=Phrase(gettext_noop("at least {needed} cells counted"), needed=number(process.count_errors.cells_needed)),
        limit_signs=Phrase(
            gettext_noop("at least {needed} cells counted"), needed=number(process.count_errors.cells_needed)
        ),
    )


def _total_viable(label: str, count: CountResult, process: Process, note: str | None) -> Figure:
    if count.total_viable is None or count.viable_per_ml is None or count.volume_ml is None:
        return Figure("total_viable", label)
    fraction = dose.dose_fraction(count.total_viable, process.dose_target_cells)
    share = fraction * 100 if fraction is not None else Decimal(0)
    if note is None:
        note = Phrase(gettext_noop("{share} of the target dose"), share=percent(share, 0 if share >= 1 else 2))
    return cells_figure(
        "total_viable",
        label,
        count.total_viable,
        formula=Phrase(
            gettext_noop("{concentration} per mL × {volume}"),
            concentration=cells(count.viable_per_ml, 4, trim=True),
            volume=volume(count.volume_ml),
        ),
        low=count.total_viable_low,
        high=count.total_viable_high,
        note=note,
    )


def _replicates(count: CountResult, process: Process) -> Figure:
    names = [chamber.chamber for chamber in count.chambers]
    if len(names) == 2:
        label: str = Phrase(gettext_noop("Chambers {first} and {second} differ by"), first=names[0], second=names[1])
    else:
        label = gettext_noop("Chambers differ by")
    difference, limit = count.replicate_difference_pct, count.replicate_limit_pct
    if difference is None or limit is None:
        return Figure("replicate_difference", label)
    lives = [number(chamber.live) for chamber in count.chambers]
    repeat = Phrase(gettext_noop("repeat above {limit}"), limit=percent(limit))
    return Figure(
        "replicate_difference",
        label,
        Phrase(gettext_noop("{counts} live"), counts=" / ".join(lives))
        if len(lives) > 2
        else Phrase(gettext_noop("{first} and {second} live"), first=lives[0], second=lives[1]),
        difference,
        percent(difference),
        limit=repeat,
        verdict=Verdict.ALERT if difference > limit else Verdict.WITHIN,
        note=Phrase(gettext_noop("Repeat the count")) if difference > limit else Phrase(gettext_noop("No repeat")),
        limit_signs=Phrase(gettext_noop("repeat > {limit}"), limit=percent(limit)),
    )
