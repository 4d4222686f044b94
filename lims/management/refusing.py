"""Commands of packages that would change evidence, refused under their own names.

`lims` stands before those packages in INSTALLED_APPS, so that its commands are the ones found.
"""

from __future__ import annotations

from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandError


class RefusingCommand(BaseCommand):
    """A command that does nothing, whatever it is asked, and says why."""

    help = "Not available: versions of recorded rows are evidence."

    def run_from_argv(self, argv: list[str]) -> None:
        """Refuse whatever options follow: none of them is unknown."""
        super().run_from_argv(argv[:2])

    def handle(self, *args: Any, **options: Any) -> NoReturn:
        raise CommandError(
            "Nothing was done. Versions of recorded rows are evidence: acts alone add them, and nothing changes or "
            "removes them."
        )
