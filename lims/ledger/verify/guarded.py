"""The guards of the database: what it refuses by itself, as long as nobody took one away."""

from __future__ import annotations

from collections import defaultdict

from lims.ledger.guarded import Guard
from lims.ledger.guards import missing
from lims.ledger.verify.findings import Report


def check_guards(report: Report) -> None:
    """A guard that is gone was taken away around the program. One finding for each table, with all that are gone."""
    of_table: dict[str, list[Guard]] = defaultdict(list)
    for guard in missing():
        of_table[guard.table].append(guard)
    for table, gone in of_table.items():
        events = ", ".join(guard.event for guard in gone)
        text = f"The database does not refuse {events} on {table} as it was told to."
        report.found("guard missing", gone[0].model, ", ".join(guard.name for guard in gone), text)
