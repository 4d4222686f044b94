"""The figures as they are shown. The passage is the one drawn in the design of the screens, counted by hand there."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batches.rules.counting import Square, count_by_counter, count_hemocytometer
from batches.rules.figures import (
    count_figures,
    figure,
    fill_figures,
    growth_figures,
    harvest_dose_figure,
    infusion_figures,
    isolation_figures,
    passage_figures,
    worst_verdict,
)
from batches.rules.limits import Verdict
from batches.rules.process import Process

LIVE = {"A": (41, 39, 44, 40), "B": (37, 43, 36, 43)}
DEAD = {"A": (5, 4, 6, 4), "B": (4, 6, 5, 4)}


def counted(process: Process, volume="15.0", live=LIVE, dead=DEAD, dilution=2):
    """A count of two chambers."""
    squares = [
        Square(chamber, at, alive, gone)
        for chamber in live
        for at, (alive, gone) in enumerate(zip(live[chamber], dead[chamber], strict=True), 1)
    ]
    return count_hemocytometer(
        squares, dilution=Decimal(dilution), volume_ml=Decimal(volume), errors=process.count_errors
    )


@pytest.fixture
def passage(process: Process):
    """P1 of the drawn batch: seeded 15 Oct 10:40, harvested 20 Oct 10:15, 14.8 mL reseeded into 3,180 cm²."""
    hours = Decimal(4 * 24) + 23 + Decimal(35) / 60
    p0_counted = count_hemocytometer(
        [Square("A", 1, 205, 9)] + [Square("A", at, 0, 0) for at in range(2, 9)],
        dilution=Decimal(2),
        volume_ml=Decimal("4.0"),
        errors=process.count_errors,
    )
    return passage_figures(
        process,
        generation=1,
        count=counted(process),
        seeded=Decimal("1742500"),
        hours=hours,
        sources=[(Decimal("1742500"), Decimal(0), Decimal(0))],
        seeded_cv=p0_counted.total_cv,
        reseeded=Decimal("14.8") * 807_500,
        reseeded_area_cm2=Decimal(3180),
        is_planned=True,
    )


@pytest.mark.parametrize(
    ("key", "label", "text", "interval", "formula", "verdict", "note"),
    [
        ("viability", "Viability", "89.5 %", "85.9–92.2", "323 of 361 cells", "alert", "Below alert limit"),
        (
            "viable_per_ml",
            "Viable cells per mL",
            "8.08×10⁵",
            "",
            "323 live / 8 × 2 × 10⁴",
            "within",
            "323 counted, 100 needed",
        ),
        (
            "total_viable",
            "Total viable cells",
            "1.21×10⁷",
            "1.05–1.39",
            "8.075×10⁵ per mL × 15.0 mL",
            "not_judged",
            "12 % of the target dose",
        ),
        (
            "replicate_difference",
            "Chambers A and B differ by",
            "3.1 %",
            "",
            "164 and 159 live",
            "within",
            "No repeat",
        ),
        (
            "cumulative_pdl",
            "Cumulative PDL",
            "2.80",
            "",
            "from P0 cell harvest",
            "within",
            "Within limits",
        ),
        ("doubling_time", "Doubling time", "42.8 h", "", "119.6 h / 2.80", "within", "Within limits"),
        (
            "seeding_density",
            "Seeding density, P2, planned",
            "3,758 /cm²",
            "",
            "1.20×10⁷ / 3,180 cm²",
            "within",
            "Within limits",
        ),
    ],
)
def test_a_passage_shows_what_the_drawn_panel_shows(passage, key, label, text, interval, formula, verdict, note):
    shown = figure(passage, key)
    plain = [each.replace("\u00a0", " ") for each in (shown.label, shown.text, shown.interval, shown.formula)]
    assert plain == [label, text, interval, formula]
    assert (shown.verdict, shown.note.replace("\u00a0", " ")) == (verdict, note)


def test_doublings_are_shown_with_a_95_per_cent_interval_like_every_other_figure(passage):
    pd = figure(passage, "pd")
    assert pd.text == "2.80"
    # One standard error is 0.16, from 205 and 323 counted cells with 4, 2 and 1 %; 1.96 of them are the interval.
    assert pd.interval == "±0.31"
    assert pd.formula.replace("\u00a0", " ") == "log₂ (1.21×10⁷ / 1.74×10⁶)"
    assert pd.verdict == "within"


def test_the_repeat_limit_is_the_one_drawn(passage):
    assert figure(passage, "replicate_difference").limit == "repeat above 25.8\u00a0%"


def test_the_figures_stand_in_the_order_of_the_panel(passage):
    assert [each.key for each in passage] == [
        "viability",
        "viable_per_ml",
        "total_viable",
        "replicate_difference",
        "pd",
        "cumulative_pdl",
        "doubling_time",
        "seeding_density",
    ]
    assert worst_verdict(passage) is Verdict.ALERT


def test_before_anything_is_typed_every_figure_is_there_with_a_dash(process: Process):
    figures = passage_figures(process, generation=1, count=None)
    assert {each.text for each in figures} == {"–"}
    assert {each.verdict for each in figures} == {Verdict.NOT_JUDGED}
    assert worst_verdict(figures) is Verdict.NOT_JUDGED
    for others in (
        isolation_figures(process, count=None),
        fill_figures(process, count=None),
        infusion_figures(process, viable_per_ml=None, bag_volume_ml=None),
    ):
        assert {each.text for each in others} == {"–"}


def test_p0_has_no_doublings_and_starts_the_cumulative_count(process: Process):
    figures = passage_figures(process, generation=0, count=counted(process), fat_ml=Decimal(1))
    assert figure(figures, "pd").text == "not measurable"
    assert figure(figures, "pd").value is None
    assert figure(figures, "doubling_time").text == "not measurable"
    assert figure(figures, "cumulative_pdl").value == 0
    assert figure(figures, "yield_per_ml_fat").text == "1.21×10⁷"


def test_a_culture_that_shrank_says_no_growth_and_never_a_negative_time(process: Process):
    figures = growth_figures(
        process, generation=2, seeded=Decimal(2_000_000), harvested=Decimal(1_000_000), hours=Decimal(100)
    )
    assert figure(figures, "pd").text == "−1.00"
    assert figure(figures, "pd").verdict is Verdict.ACTION
    assert figure(figures, "doubling_time").text == "no growth"
    assert figure(figures, "doubling_time").verdict is Verdict.ACTION
    assert figure(figures, "cumulative_pdl").value == 0


def test_a_culture_that_died_says_no_growth(process: Process):
    figures = growth_figures(process, generation=2, seeded=Decimal(2_000_000), harvested=Decimal(0), hours=Decimal(100))
    assert figure(figures, "pd").verdict is Verdict.ACTION
    assert figure(figures, "doubling_time").text == "no growth"


def test_the_oldest_of_a_pooled_lineage_is_judged_while_the_mean_is_shown(process: Process):
    figures = growth_figures(
        process,
        generation=3,
        seeded=Decimal(1_000_000),
        harvested=Decimal(4_000_000),
        hours=Decimal(100),
        sources=[(Decimal(900_000), Decimal(4), Decimal(4)), (Decimal(100_000), Decimal(4), Decimal(11))],
    )
    cumulative = figure(figures, "cumulative_pdl")
    assert cumulative.text == "6.00"
    assert cumulative.verdict is Verdict.ACTION
    assert "13.00" in cumulative.note


def test_chambers_too_far_apart_ask_for_a_repeat(process: Process):
    apart = counted(process, live={"A": (160,), "B": (100,)}, dead={"A": (0,), "B": (0,)})
    shown = figure(count_figures(process, apart), "replicate_difference")
    assert (shown.verdict, shown.note) == (Verdict.ALERT, "Repeat the count")


def test_too_few_counted_cells_are_an_alert(process: Process):
    few = counted(process, live={"A": (20,)}, dead={"A": (0,)})
    assert figure(count_figures(process, few), "viable_per_ml").verdict is Verdict.ALERT


def test_a_counter_without_counted_cells_says_that_it_has_no_interval(process: Process):
    count = count_by_counter(live_per_ml=Decimal(900_000), dead_per_ml=Decimal(50_000), volume_ml=Decimal(10))
    shown = figure(count_figures(process, count), "viable_per_ml")
    assert shown.verdict is Verdict.NOT_JUDGED
    assert shown.note == "Cells counted not known, no interval"
    assert figure(count_figures(process, count), "total_viable").interval == ""


def test_isolated_cells_have_their_own_viability_limit(process: Process):
    figures = isolation_figures(
        process,
        count=counted(process, volume="1"),
        fat_ml=Decimal("1.0"),
        digest_minutes=Decimal(61),
        seeded=Decimal(400_000),
        area_cm2=Decimal(75),
    )
    assert figure(figures, "viability").verdict is Verdict.WITHIN
    assert figure(figures, "svf_per_ml_fat").value == 807_500
    assert figure(figures, "digest_minutes").verdict is Verdict.ALERT
    assert figure(figures, "seeding_density").label == "Seeding density, P0"


@pytest.fixture
def bag(process: Process):
    """The bag of the drawn batch: 432 live and 31 dead in 8 squares, dilution 2, 100 mL."""
    return counted(
        process,
        volume="100",
        live={"A": (54,) * 4, "B": (54,) * 4},
        dead={"A": (4,) * 4, "B": (4, 4, 4, 3)},
    )


def test_the_bag_shows_its_dose_against_the_specification(process: Process, bag):
    figures = fill_figures(process, count=bag, weight_kg=Decimal(62))
    total = figure(figures, "total_viable")
    assert (total.text, total.interval) == ("1.08×10⁸", "0.95–1.23")
    assert total.limit == "0.9–1.2×10⁸\u00a0cells"
    assert total.verdict is Verdict.WITHIN
    viability = figure(figures, "viability")
    assert (viability.text, viability.interval) == ("93.3\u00a0%", "90.7–95.2")
    assert viability.limit == "≥\u00a080\u00a0%"
    assert figure(figures, "cells_per_kg").text == "1.74×10⁶\u00a0/kg"
    assert figure(figures, "endotoxin_limit").text == "3.10\u00a0EU/mL"


def test_a_bag_past_its_band_is_outside_the_specification(process: Process):
    overfull = counted(process, volume="150")
    assert overfull.total_viable == 121_125_000
    total = figure(fill_figures(process, count=overfull), "total_viable")
    assert total.verdict is Verdict.ACTION
    assert total.note.startswith("Outside specification")


@pytest.mark.parametrize(
    ("live_per_square", "dilution", "volume", "verdict", "note"),
    [
        (60, 4, 60, "within", "Dose reached"),  # 1.44e8, lower end above 1.15e8
        (51, 4, 60, "alert", "Dose reached, but not with its whole interval"),  # 1.22e8
        (44, 4, 60, "alert", "Dose reached, but not with its overage"),  # 1.06e8
        (40, 4, 60, "action", "Dose not reached"),  # 0.96e8
    ],
)
def test_the_lower_end_of_the_harvest_decides(process: Process, live_per_square, dilution, volume, verdict, note):
    count = counted(process, volume=volume, dilution=dilution, live={"A": (live_per_square,) * 8}, dead={"A": (1,) * 8})
    shown = harvest_dose_figure(process, count)
    assert (shown.verdict, shown.note) == (verdict, note)
    assert shown.limit == "needed at harvest 1.15×10⁸"


def test_the_drawn_infusion(process: Process):
    figures = infusion_figures(
        process,
        viable_per_ml=Decimal(1_080_000),
        bag_volume_ml=Decimal(100),
        infused_ml=Decimal(100),
        minutes=Decimal(30),
        weight_kg=Decimal(62),
        hours_from_formulation=Decimal("20.8"),
    )
    assert figure(figures, "cells_infused").text == "1.08×10⁸"
    assert figure(figures, "cells_per_kg").text == "1.74×10⁶\u00a0/kg"
    assert figure(figures, "rate").text == "3.3\u00a0mL/min"
    assert figure(figures, "infusion_minutes").verdict is Verdict.WITHIN
    assert figure(figures, "volume_infused").note == "100\u00a0% of the bag"


def test_an_infusion_under_the_minimum_time_is_beyond_action(process: Process):
    figures = infusion_figures(
        process,
        viable_per_ml=Decimal(1_080_000),
        bag_volume_ml=Decimal(100),
        infused_ml=Decimal(100),
        minutes=Decimal(19),
    )
    assert figure(figures, "infusion_minutes").verdict is Verdict.ACTION
    assert figure(figures, "cells_per_minute").verdict is Verdict.ACTION
    assert figure(figures, "cells_per_kg").text == "–"


def test_a_figure_that_is_not_there_is_a_key_error(passage):
    with pytest.raises(KeyError):
        figure(passage, "happiness")


OPTIONAL_CELLS = st.one_of(st.none(), st.decimals(0, 10**10, places=0))
OPTIONAL = st.one_of(st.none(), st.decimals(0, 10**5, places=3))


@given(
    st.integers(0, 6),
    st.lists(st.tuples(st.integers(0, 300), st.integers(0, 300)), max_size=8),
    st.decimals(1, 50, places=2),
    OPTIONAL,
    OPTIONAL_CELLS,
    OPTIONAL,
    OPTIONAL_CELLS,
    OPTIONAL,
)
def test_no_half_typed_passage_crashes_or_shows_a_negative_time(
    process: Process, generation, pairs, dilution, volume, seeded, hours, reseeded, area
):
    seen = [Square("AB"[at % 2], at, live, dead) for at, (live, dead) in enumerate(pairs)]
    count = count_hemocytometer(seen, dilution=dilution, volume_ml=volume, errors=process.count_errors)
    figures = passage_figures(
        process,
        generation=generation,
        count=count,
        seeded=seeded,
        hours=hours,
        seeded_cv=Decimal("0.1"),
        reseeded=reseeded,
        reseeded_area_cm2=area,
        fat_ml=volume,
    )
    time = figure(figures, "doubling_time")
    assert time.value is None or time.value > 0
    assert all(each.text for each in figures)
    fill_figures(process, count=count, weight_kg=hours)
    harvest_dose_figure(process, count)
    infusion_figures(
        process, viable_per_ml=seeded, bag_volume_ml=volume, infused_ml=area, minutes=hours, weight_kg=area
    )
