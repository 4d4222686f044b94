"""What is kept about credentials beside the password itself: second factors, passwords of before, failures.

Not here: checking any of them (second_factor.py, passwords.py, rate_limit.py).
"""

from __future__ import annotations

import hashlib

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from lims.recorded import Recorded


class SecondFactor(Recorded):
    """A person's second factor for signing in: the secret of an authenticator (RFC 6238), one for each account.

    The encrypted secret is not kept in history; `secret_digest`, its SHA-256, is. `last_step` is the newest time step
    a code was taken for, so that no code is good twice. After a reset `enrolled_at` is empty.
    """

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.PROTECT, related_name="second_factor")
    secret = models.CharField(max_length=255, blank=True)
    secret_digest = models.CharField(max_length=64)
    enrolled_at = models.DateTimeField(_("second factor since"), null=True, blank=True)
    last_step = models.PositiveBigIntegerField(_("code of time step"), default=0)
    failed_attempts = models.PositiveSmallIntegerField(_("wrong codes in a row"), default=0)
    # SHA-256 of each recovery code that is left. The codes are 79 bits of chance, so nobody can try them out.
    recovery = models.JSONField(_("recovery codes left"), default=list, blank=True)

    without_history = ("secret",)

    def set_secret(self, token: str) -> None:
        """Take another encrypted secret; saving is the command's."""
        self.secret = token
        self.secret_digest = hashlib.sha256(token.encode()).hexdigest()


class UsedPassword(Recorded):
    """The hash of a password a person had before. The hash is not kept in history, its SHA-256 is."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="used_passwords")
    password = models.CharField(max_length=128)
    credential_digest = models.CharField(max_length=64)

    without_history = ("password",)

    class Meta:
        ordering = ["-id"]


class FailureWindow(models.Model):
    """How many failed prompts a client address or a user name had since a moment. No part of the record: pruned.

    It lives in the database, so that every web process counts together and no broker is needed.
    """

    key = models.CharField(max_length=80, primary_key=True)
    began_at = models.DateTimeField(db_index=True)
    failures = models.PositiveSmallIntegerField(default=0)
    # The refused flood is in the ledger.
    is_told = models.BooleanField(default=False)
