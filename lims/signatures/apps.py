"""Django's registration of lims.signatures."""

from django.apps import AppConfig


class SignaturesConfig(AppConfig):
    """Models of lims.signatures, under the label «signatures»."""

    name = "lims.signatures"
    label = "signatures"
    default_auto_field = "django.db.models.BigAutoField"
