"""What is typed on the pages of an account. Shape only: who may sign in is decided by the commands."""

from __future__ import annotations

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from lims.web.widgets import Checkbox, PasswordInput, TextInput


class SignInForm(forms.Form):
    """A name and a password."""

    username = forms.CharField(
        label=_("User"),
        max_length=40,
        widget=TextInput({"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}),
        error_messages={"required": _("Type your user name.")},
    )
    password = forms.CharField(
        label=_("Password"),
        max_length=256,
        strip=False,
        widget=PasswordInput(),
        error_messages={"required": _("Type your password.")},
    )


class UnlockForm(forms.Form):
    """The password of the person whose screen is locked."""

    password = forms.CharField(
        label=_("Password"),
        max_length=256,
        strip=False,
        widget=PasswordInput(),
        error_messages={"required": _("Type your password.")},
    )


class PasswordForm(forms.Form):
    """The old password, and the new one twice."""

    old_password = forms.CharField(
        label=_("Password until now"),
        max_length=256,
        strip=False,
        widget=PasswordInput(),
        error_messages={"required": _("Type the password you used until now.")},
    )
    new_password = forms.CharField(
        label=_("New password"),
        max_length=256,
        strip=False,
        widget=PasswordInput(new=True, hint=_("At least 12 characters. A sentence only you would think of is good.")),
        error_messages={"required": _("Type a new password.")},
    )
    again_password = forms.CharField(
        label=_("New password, again"),
        max_length=256,
        strip=False,
        widget=PasswordInput(new=True),
        error_messages={"required": _("Type the new password a second time.")},
    )

    def clean(self) -> dict[str, object]:
        """Both new passwords are the same, and not the old one."""
        typed = super().clean() or {}
        new, again, old = typed.get("new_password"), typed.get("again_password"), typed.get("old_password")
        if new and again and new != again:
            self.add_error("again_password", ValidationError(_("The two differ. Type the new password again.")))
        if new and old and new == old:
            self.add_error("new_password", ValidationError(_("This is the password until now. Choose another one.")))
        return typed


class StatementForm(forms.Form):
    """The statement on electronic signatures, accepted."""

    accepted = forms.BooleanField(
        label=_("I have read this and accept it"),
        widget=Checkbox(),
        error_messages={"required": _("Tick the box to accept, or sign out.")},
    )
