"""`flush` as the owner of the database: pytest-django empties it with this after each test that commits."""

from __future__ import annotations

from typing import Any

from django.core.management.commands.flush import Command as Flush
from django.db import transaction

from lims.ledger import guards
from tests.superuser.lifting import take_guards_down


class Command(Flush):
    def handle(self, **options: Any) -> None:
        with transaction.atomic():
            take_guards_down("_delete", "_truncate")
            super().handle(**options)
            guards.put_up()
