"""The role the application signs in to PostgreSQL as: what it may do to each table, and no more.

It owns nothing, so it can neither take a guard down nor switch one off. Not here: the guards (guards.py).
"""

from __future__ import annotations

from collections.abc import Iterator

from django.apps import apps
from django.contrib.sessions.models import Session
from django.db import models

from lims.ledger.models import AppendOnly, Head
from lims.recorded import Recorded, Version

READ, ADD, CHANGE, REMOVE = "SELECT", "INSERT", "UPDATE", "DELETE"


def privileges(model: type[models.Model]) -> tuple[str, ...]:
    """What the application may do to the rows of a model."""
    if issubclass(model, AppendOnly | Version):
        return READ, ADD
    if issubclass(model, Recorded) or model is Head:
        return READ, ADD, CHANGE
    if model is Session:
        return READ, ADD, CHANGE, REMOVE
    if model.__module__.startswith("django.contrib."):
        # Permissions and kinds of content: Django's migrations write them.
        return (READ,)
    # Jobs that wait for a worker.
    return READ, ADD, CHANGE


def statements(role: str, schema: str) -> Iterator[str]:
    """The SQL that makes the role, or brings one that is there to what it may do now. The owner runs it."""
    yield (
        f"DO $role$ BEGIN IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = '{role}') "
        f'THEN CREATE ROLE "{role}" LOGIN; END IF; END $role$'
    )
    # Nothing comes to it by way of everybody, and a table made later is given to it by running this again.
    yield f'REVOKE ALL ON SCHEMA "{schema}" FROM PUBLIC, "{role}"'
    yield f'REVOKE ALL ON ALL TABLES IN SCHEMA "{schema}" FROM PUBLIC, "{role}"'
    yield f'REVOKE ALL ON ALL SEQUENCES IN SCHEMA "{schema}" FROM PUBLIC, "{role}"'
    yield f'GRANT USAGE ON SCHEMA "{schema}" TO "{role}"'
    yield f'GRANT SELECT ON "{schema}"."django_migrations" TO "{role}"'
    for model in apps.get_models(include_auto_created=True):
        may = ", ".join(privileges(model))
        yield f'GRANT {may} ON "{schema}"."{model._meta.db_table}" TO "{role}"'
