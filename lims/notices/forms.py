"""What is typed with a notice. Shape only."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from lims.web.widgets import Textarea


class AcknowledgeForm(forms.Form):
    """A comment."""

    comment = forms.CharField(
        label=_("Comment"),
        max_length=500,
        widget=Textarea(hint=_("What you found or did. It is kept in the audit trail.")),
    )
