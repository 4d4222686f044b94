"""Django's registration of the manufacturing domain."""

from django.apps import AppConfig


class BatchesConfig(AppConfig):
    """One patient, one product: from harvest to follow-up."""

    name = "batches"
    default_auto_field = "django.db.models.BigAutoField"
