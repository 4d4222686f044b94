"""People who sign in. An account is disabled, never deleted, and its user name is never used again."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, ClassVar, cast

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.hashers import check_password, make_password
from django.core.validators import RegexValidator
from django.db import models
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from lims import clock
from lims.accounts import statement
from lims.accounts.credentials import FailureWindow, SecondFactor, UsedPassword
from lims.accounts.permissions import Permission, Role, allowed
from lims.accounts.reviews import AccessReview, AccessReviewLine
from lims.recorded import Recorded, RecordedQuerySet

if TYPE_CHECKING:
    from datetime import datetime


__all__ = ["AccessReview", "AccessReviewLine", "FailureWindow", "SecondFactor", "UsedPassword", "User"]


class UserQuerySet(RecordedQuerySet):
    """Accounts by the name people sign in with."""

    def get_by_natural_key(self, username: str) -> User:
        """The account of a user name, whatever its case."""
        return cast(User, self.get(username=username.strip().lower()))


class User(Recorded, AbstractBaseUser):
    """A person with an account.

    The password hash is not kept in history; `credential_digest`, its SHA-256, is, so that a hash changed in the
    database behind the program is found. `password_given_at` and `password_given_by` tell of the last one-time
    password; it takes back `identity_confirmed_at`, without which nothing is signed.
    """

    last_login = None

    username = models.CharField(
        _("user name"),
        max_length=40,
        unique=True,
        validators=[RegexValidator(r"^[a-z0-9][a-z0-9._-]+$", _("Use small letters, digits, point, dash."))],
    )
    printed_name = models.CharField(_("printed name"), max_length=120)
    role = models.CharField(_("role"), max_length=20, choices=Role)
    is_active = models.BooleanField(_("active"), default=True)
    must_change_password = models.BooleanField(default=True)
    statement_accepted_at = models.DateTimeField(null=True, blank=True)
    statement_version = models.PositiveSmallIntegerField(default=0)
    password_given_at = models.DateTimeField(null=True, blank=True)
    password_given_by = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="+")
    identity_confirmed_at = models.DateTimeField(_("identity confirmed"), null=True, blank=True)
    failed_attempts = models.PositiveSmallIntegerField(default=0)
    locked_until = models.DateTimeField(null=True, blank=True)
    credential_digest = models.CharField(max_length=64)
    password_set_at = models.DateTimeField(_("password since"), null=True, blank=True)
    one_time_until = models.DateTimeField(_("one-time password good until"), null=True, blank=True)
    # An account of several people, such as a screen on the wall. It reads and can never write.
    is_shared = models.BooleanField(_("shared by several people"), default=False)
    # Sessions of an earlier generation are over (`session_generation` in the session's own check).
    session_generation = models.PositiveIntegerField(_("sessions ended"), default=0)

    objects = UserQuerySet.as_manager()  # type: ignore[misc]

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["printed_name", "role"]
    without_history = ("password",)

    class Meta:
        ordering = ["username"]

    def __str__(self) -> str:
        return self.printed_name

    def may(self, permission: Permission) -> bool:
        """Whether this person's role holds `permission`; a disabled account holds none, a shared one only looks."""
        if self.is_shared and permission != Permission.VIEW_RECORDS:
            return False
        return self.is_active and (self.is_shared or allowed(self.role, permission))

    def end_sessions(self) -> None:
        """Let every session of this account be over with its next request; saving is the command's."""
        self.session_generation += 1

    @property
    def has_accepted_statement(self) -> bool:
        """Whether this person accepted the statement on electronic signatures as it reads now."""
        return self.statement_accepted_at is not None and self.statement_version == statement.current()

    def is_locked(self, at: datetime) -> bool:
        """Whether the account is locked at a time."""
        return self.locked_until is not None and at < self.locked_until

    def set_password(self, raw_password: str | None, *, hasher: str = "default") -> None:
        """Hash a new password; saving is the command's."""
        self.password = make_password(raw_password, hasher=hasher)
        self.credential_digest = hashlib.sha256(self.password.encode()).hexdigest()
        self.password_set_at = clock.now()

    def check_password(self, raw_password: str | None) -> bool:
        """Whether the password is this account's. It never re-hashes: that would be a write outside an act."""
        return check_password(raw_password, self.password)

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """What a session is checked against at every request: the password, and the generation of sessions."""
        of = f"{self.password} {self.session_generation}"
        return salted_hmac("lims.accounts.session", of, secret=secret, algorithm="sha256").hexdigest()


class IdentityConfirmation(Recorded):
    """That somebody saw the owner of an account, and how. Nothing is signed with the account before."""

    user = models.ForeignKey(User, models.PROTECT, related_name="identity_confirmations")
    printed_name = models.CharField(_("printed name"), max_length=120)
    evidence = models.TextField(_("how it was checked"))

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"Identity of {self.printed_name}"
