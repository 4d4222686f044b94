"""Django's registration of lims.ledger."""

from django.apps import AppConfig
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate, pre_migrate

from lims.ledger import sqlite


class LedgerConfig(AppConfig):
    """Models of lims.ledger, under the label «ledger»."""

    name = "lims.ledger"
    label = "ledger"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let the database's guards follow its migrations, and every connection know what verifying asks of it."""
        from lims.ledger import guards  # noqa: PLC0415 - models are there only now

        connection_created.connect(sqlite.teach)
        pre_migrate.connect(guards.before_migrating, sender=self)
        post_migrate.connect(guards.after_migrating, sender=self)
