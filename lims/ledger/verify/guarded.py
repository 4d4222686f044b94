"""The guards of the database: what it refuses by itself, as long as nobody took one away."""

from __future__ import annotations

from lims.ledger.guards import missing
from lims.ledger.verify.findings import Report


def check_guards(report: Report) -> None:
    """A guard that is gone was taken away around the program."""
    for guard in missing():
        text = f"The database does not refuse {guard.event} on {guard.table} as it was told to."
        report.found("guard missing", guard.model, guard.name, text)
