"""Every computed figure of a batch, as it is shown: on the live panel, the batch page, on paper and in the file.

Here: the one door to them. All four readers take the same list from the same function, so a number cannot differ
between them. Not here: how each is made (`counted_figures`, `culture_figures`,
`product_figures`, `shown`).
"""

from batches.rules.counted_figures import count_figures
from batches.rules.culture_figures import (
    growth_figures,
    isolation_figures,
    passage_figures,
    seeding_figure,
)
from batches.rules.product_figures import fill_figures, harvest_dose_figure, infusion_figures
from batches.rules.shown import Figure, figure, worst_verdict

__all__ = [
    "Figure",
    "count_figures",
    "figure",
    "fill_figures",
    "growth_figures",
    "harvest_dose_figure",
    "infusion_figures",
    "isolation_figures",
    "passage_figures",
    "seeding_figure",
    "worst_verdict",
]
