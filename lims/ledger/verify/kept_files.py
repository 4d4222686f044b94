"""Files on disk that rows name by their SHA-256: whether each is there and is what it was.

Read in pieces, so that memory does not grow with a file. Not here: the rows that name them (rows.py).
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from lims.files import is_whole, path_of
from lims.ledger.verify.findings import Report
from lims.ledger.verify.reading import streamed
from lims.recorded import Recorded, recorded_models


def naming_files() -> list[type[Recorded]]:
    """The models whose rows name a kept file."""
    return [m for m in recorded_models() if any(f.name == "sha256" for f in m._meta.concrete_fields)]


def check_kept_files(model: type[Recorded], streams: Collection[str] | None, report: Report) -> None:
    """Every file that the rows of a model name, or those that acts of some streams wrote."""
    rows: Any = model._base_manager.all()
    if streams is not None:
        rows = rows.filter(act__stream__in=streams)
    before = None
    for sha256, pk in streamed(rows.order_by("sha256").values_list("sha256", "pk")):
        # Many labels are of one sheet.
        if sha256 != before and not is_whole(sha256):
            state = "is not what it was" if path_of(sha256).is_file() else "is gone"
            report.found("file altered", model._meta.label, pk, f"The kept file {sha256} {state}.")
        before = sha256
