"""What a start needs, in one process: database, static files and faces brought up to date, and whose site this is."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from lims.pdf.han import warm
from lims.site import site


class Command(BaseCommand):
    help = "Bring the database, the static files and in production the faces up to date, and say whose site this is."

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("migrate", interactive=False, verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
        here = site()
        if here is None:
            whose = "none"
        elif here.is_demonstration:
            whose = "demonstration"
        else:
            whose = "laboratory"
        if settings.PRODUCTION and whose == "demonstration":
            raise CommandError("This database holds a demonstration. Use an empty database for production.")
        if settings.PRODUCTION:
            warm()
        self.stdout.write(f"site: {whose}")
