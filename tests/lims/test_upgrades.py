"""Upgrades: a column that a migration adds to a kept version leaves every digest sealed before as it was."""

from __future__ import annotations

import pytest
from django.db.migrations import AddField, CreateModel
from django.db.migrations.loader import MigrationLoader

from lims.recorded import recorded_models, version_model
from lims.signatures.models import Signature

# These came without a default before anybody had sealed anything without them.
BEFORE = [
    "historicalattachment.transcription",
    "historicaluser.identity_confirmed_at",
    "historicaluser.one_time_until",
    "historicaluser.password_given_at",
    "historicaluser.password_given_by",
    "historicaluser.password_set_at",
]


@pytest.mark.clause("R32")
def test_a_column_added_to_what_is_sealed_names_its_default() -> None:
    """A value is left out of a digest where it is the default its column names, and only there (decision 8)."""
    sealed = {m._meta.label_lower for m in (*map(version_model, recorded_models()), Signature)}
    added = {}
    for (app, _name), migration in MigrationLoader(None).disk_migrations.items():
        if migration.initial:
            continue
        # What is made here has no row yet.
        made = {o.name_lower for o in migration.operations if isinstance(o, CreateModel)}
        for operation in migration.operations:
            if not isinstance(operation, AddField) or operation.model_name_lower in made:
                continue
            if f"{app}.{operation.model_name_lower}" in sealed:
                added[f"{operation.model_name_lower}.{operation.name}"] = operation.field
    assert sorted(name for name, field in added.items() if not field.has_default()) == BEFORE
