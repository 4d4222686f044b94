"""Every entry is sealed with a key of the laboratory; those there are get theirs here, as the migration finds them."""

from pathlib import Path

from django.conf import settings
from django.db import migrations, models

from lims.ledger import sealing


def seal_entries(apps, schema_editor):
    """Seal what was written before. On PostgreSQL the guards of the table are lifted while it is done."""
    entries = apps.get_model("ledger", "Entry").objects
    if not entries.exists():
        return
    if not settings.PRODUCTION:
        sealing.make(Path(settings.LEDGER_KEY))
    key = sealing.sealing_key()
    is_guarded = schema_editor.connection.vendor == "postgresql"
    if is_guarded:
        schema_editor.execute("ALTER TABLE ledger_entry DISABLE TRIGGER USER")
    every = entries.filter(seal="").order_by("pk").values_list("pk", "hash")
    while piece := list(every[:2000]):
        made = [entries.model(pk=pk, seal=sealing.seal(key, hash)) for pk, hash in piece]
        entries.bulk_update(made, ["seal"])
    if is_guarded:
        schema_editor.execute("ALTER TABLE ledger_entry ENABLE TRIGGER USER")


class Migration(migrations.Migration):
    dependencies = [("ledger", "0003_entry_has_reason")]

    operations = [
        migrations.AddField("entry", "seal", models.CharField(default="", max_length=64)),
        migrations.RunPython(seal_entries, migrations.RunPython.noop),
        migrations.AlterField("entry", "seal", models.CharField(max_length=64)),
    ]
