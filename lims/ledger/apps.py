"""Django's registration of lims.ledger."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate


class LedgerConfig(AppConfig):
    """Models of lims.ledger, under the label «ledger»."""

    name = "lims.ledger"
    label = "ledger"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let the database's guards follow its migrations."""
        from lims.ledger import guards  # noqa: PLC0415 - models are there only now

        pre_migrate.connect(guards.before_migrating, sender=self)
        post_migrate.connect(guards.after_migrating, sender=self)
