"""Django's registration of lims.ledger."""

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    """Models of lims.ledger, under the label «ledger»."""

    name = "lims.ledger"
    label = "ledger"
    default_auto_field = "django.db.models.BigAutoField"
