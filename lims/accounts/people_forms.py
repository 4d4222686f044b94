"""What an administrator types about the accounts of others. Shape only."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from lims.accounts.permissions import Role
from lims.web.widgets import Checkbox, Select, Textarea, TextInput

_CHOOSE_A_ROLE = [("", _("Choose")), *Role.choices]


def _reason() -> forms.CharField:
    return forms.CharField(
        label=_("Reason"),
        max_length=500,
        widget=Textarea(hint=_("It is kept in the audit trail.")),
        error_messages={"required": _("The reason is missing. Say why.")},
    )


class InviteForm(forms.Form):
    """A person who is new."""

    printed_name = forms.CharField(
        label=_("Printed name"),
        max_length=120,
        widget=TextInput({"autofocus": True}, hint=_("As it is printed beside every signature")),
    )
    username = forms.CharField(
        label=_("User name"),
        max_length=40,
        widget=TextInput(
            {"autocapitalize": "none", "spellcheck": "false"},
            hint=_("Small letters, digits, point, dash. It is never used again"),
        ),
    )
    role = forms.ChoiceField(label=_("Role"), choices=_CHOOSE_A_ROLE, widget=Select())
    is_shared = forms.BooleanField(
        label=_("Several people share it, such as a screen on the wall. It shows records and can't write"),
        required=False,
        widget=Checkbox(span=12),
    )


class RoleForm(forms.Form):
    """Another role, and why."""

    role = forms.ChoiceField(label=_("Role"), choices=_CHOOSE_A_ROLE, widget=Select())
    reason = _reason()


class NameForm(forms.Form):
    """Another printed name, and why."""

    printed_name = forms.CharField(
        label=_("Printed name"),
        max_length=120,
        widget=TextInput(hint=_("As it is printed beside signatures from now on")),
    )
    reason = _reason()


class IdentityForm(forms.Form):
    """How it was checked who somebody is."""

    evidence = forms.CharField(
        label=_("How the identity was checked"),
        max_length=500,
        widget=Textarea(hint=_("The document or person that told, and that the owner signed in before you.")),
    )


class ReasonForm(forms.Form):
    """Why."""

    reason = _reason()
