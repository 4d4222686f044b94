"""`manage.py reset_second_factor USERNAME --reason …`: for a laboratory whose only administrator lost theirs."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from lims.accounts.models import User
from lims.accounts.second_factor import reset
from lims.refusals import Refused


class Command(BaseCommand):
    help = "Take away a person's second factor. The ledger keeps that it was done at the console, and why."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--reason", required=True)

    def handle(self, *args: Any, username: str, reason: str, **options: Any) -> None:
        user = User.objects.filter(username=username).first()
        if user is None:
            raise CommandError(f"There is no account {username}.")
        try:
            reset(None, user=user, reason=reason)
        except Refused as refused:
            raise CommandError(str(refused)) from refused
        self.stdout.write(f"{user.printed_name} enrols another second factor at the next sign-in.")
