"""Django's registration of lims.accounts."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Models of lims.accounts, under the label «accounts»."""

    name = "lims.accounts"
    label = "accounts"
    default_auto_field = "django.db.models.BigAutoField"
