"""What the ledger holds: entries in streams, the head of each stream, and checkpoints over heads.

Not here: appending (append.py), writing checkpoints (checkpoints.py), verifying (verify/), the arithmetic (chain.py).
"""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

SITE_STREAM = "site"


class AppendOnlyQuerySet(models.QuerySet):
    """A queryset that can read and add, never change or take away."""

    def update(self, **kwargs: object) -> int:
        raise TypeError(f"{self.model.__name__} rows are never changed.")

    def delete(self) -> tuple[int, dict[str, int]]:
        raise TypeError(f"{self.model.__name__} rows are never deleted.")

    def bulk_update(self, *args: object, **kwargs: object) -> int:
        raise TypeError(f"{self.model.__name__} rows are never changed.")


class AppendOnly(models.Model):
    """A row that is inserted once and never changed or taken away.

    A model whose rows are sealed by an entry names its reference to it in `sealed_in`: they come before that entry.
    """

    objects = AppendOnlyQuerySet.as_manager()

    sealed_in: ClassVar[str] = ""

    class Meta:
        abstract = True
        base_manager_name = "objects"

    def save_base(self, raw: bool = False, force_insert: Any = False, *args: Any, **kwargs: Any) -> None:
        if raw or not force_insert:
            raise TypeError(f"{type(self).__name__} rows are only ever inserted, when an act is sealed.")
        super().save_base(raw, force_insert, *args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise TypeError(f"{type(self).__name__} rows are never deleted.")


class Entry(AppendOnly):
    """One sealed act. `payload` holds the canonical bytes; the other columns repeat what is searched for.

    `hash` chains it to the entry before, `seal` is made over the hash with a key that is not in the database.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    stream = models.CharField(max_length=40)
    seq = models.PositiveIntegerField()
    name = models.CharField(_("act"), max_length=60)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    actor_name = models.CharField(max_length=120)
    at = models.DateTimeField()
    is_refused = models.BooleanField(default=False)
    has_reason = models.BooleanField(default=False)
    once = models.UUIDField(null=True, unique=True)
    payload = models.BinaryField()
    prev = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)
    seal = models.CharField(max_length=64)

    class Meta:
        verbose_name_plural = "entries"
        constraints = [models.UniqueConstraint(fields=["stream", "seq"], name="entry_stream_seq")]
        # The pages of the audit trail are read by time: all of it, one person's, and what has a reason.
        indexes = [
            models.Index(fields=["at"], name="entry_at"),
            models.Index(fields=["actor", "at"], name="entry_actor_at"),
            models.Index(fields=["at"], name="entry_reason_at", condition=models.Q(has_reason=True)),
        ]

    def __str__(self) -> str:
        return f"{self.stream} {self.seq} {self.name}"


class Head(models.Model):
    """Where a stream stands. The row is also the stream's lock. It is moved only by appending."""

    stream = models.CharField(max_length=40, primary_key=True)
    seq = models.PositiveIntegerField(default=0)
    hash = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"{self.stream} {self.seq}"


class Checkpoint(AppendOnly):
    """A signed statement of where streams stood. The file beside the database is the authority; this repeats it.

    `payload` holds the canonical bytes, `signature` is Ed25519 over them, `key` the fingerprint of the public key.
    """

    number = models.PositiveIntegerField(primary_key=True)
    at = models.DateTimeField()
    payload = models.BinaryField()
    prev = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)
    signature = models.CharField(max_length=128)
    key = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"checkpoint {self.number}"


class CheckpointHead(AppendOnly):
    """A head that a checkpoint lists, because it moved since the one before. Its key is its leaf in the payload."""

    leaf = models.CharField(max_length=64, primary_key=True)
    checkpoint = models.ForeignKey(Checkpoint, models.PROTECT, related_name="heads")
    stream = models.CharField(max_length=40)
    seq = models.PositiveIntegerField()
    hash = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["stream", "seq"], name="checkpoint_head_stream_seq")]

    def __str__(self) -> str:
        return f"{self.checkpoint_id}: {self.stream} {self.seq}"
