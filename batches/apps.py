"""Django's registration of the manufacturing domain."""

from django.apps import AppConfig

from batches.rules.act_words import WORDS
from lims.act_words import name_acts


class BatchesConfig(AppConfig):
    """One patient, one product: from harvest to follow-up."""

    name = "batches"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Say what the acts of manufacturing are called."""
        name_acts(WORDS)
