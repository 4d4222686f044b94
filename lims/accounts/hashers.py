"""Password hashing for accounts whose passwords are printed for everybody to see."""

from __future__ import annotations

from django.contrib.auth.hashers import Argon2PasswordHasher


class DemonstrationArgon2Hasher(Argon2PasswordHasher):
    """Argon2 at its smallest cost, for demonstration accounts and tests only.

    A demonstration replays thousands of signatures, each against the live credential; its passwords are public.
    """

    algorithm = "argon2_demonstration"
    time_cost = 1
    memory_cost = 8
    parallelism = 1
