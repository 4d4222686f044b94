"""Django's registration of the platform application."""

from django.apps import AppConfig


class LimsConfig(AppConfig):
    """The platform: people, acts, signatures, ledger, paper and web furniture. It knows no cells."""

    name = "lims"
    label = "lims"
    verbose_name = "Laboratory platform"
    default_auto_field = "django.db.models.BigAutoField"
