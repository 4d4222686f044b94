"""What is typed about a second factor. Shape only."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from lims.web.widgets import PasswordInput, TextInput

_TYPED_AS_IS = {"autocomplete": "one-time-code", "autocapitalize": "none", "spellcheck": "false"}


class CodeForm(forms.Form):
    """A code of the authenticator, or a recovery code."""

    one_time_code = forms.CharField(
        label=_("Code"),
        max_length=40,
        widget=TextInput(
            {**_TYPED_AS_IS, "autofocus": True},
            hint=_("Six digits your authenticator shows now, or a recovery code"),
        ),
        error_messages={"required": _("Type the code.")},
    )


class EnrolForm(forms.Form):
    """A first code of the authenticator, and the password of the person at the screen."""

    one_time_code = forms.CharField(
        label=_("Code"),
        max_length=40,
        widget=TextInput({**_TYPED_AS_IS, "inputmode": "numeric"}, hint=_("Six digits your authenticator shows now")),
        error_messages={"required": _("Type the code.")},
    )
    password = forms.CharField(
        label=_("Your password"),
        max_length=256,
        strip=False,
        widget=PasswordInput(),
        error_messages={"required": _("Type your password.")},
    )
