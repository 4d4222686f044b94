"""Django's registration of lims.notices."""

from django.apps import AppConfig


class NoticesConfig(AppConfig):
    """Models of lims.notices, under the label «notices»."""

    name = "lims.notices"
    label = "notices"
    default_auto_field = "django.db.models.BigAutoField"
