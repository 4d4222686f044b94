"""What QA answers for each account. Shape only: which answers do is the command's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext as _

from lims.accounts.access_review import Account, Given
from lims.accounts.models import AccessReviewLine
from lims.web.widgets import Choice, TextInput


class AccessReviewForm(forms.Form):
    """One answer and one comment for each account there is."""

    def __init__(self, *args: Any, accounts: Sequence[Account], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.accounts = accounts
        choices = AccessReviewLine.Answer.choices
        for account in accounts:
            name = account.user.printed_name
            self.fields[f"answer-{account.user.username}"] = forms.ChoiceField(
                label=_("Answer: %(name)s") % {"name": name}, choices=choices, widget=Choice(choices=choices)
            )
            self.fields[f"comment-{account.user.username}"] = forms.CharField(
                label=_("Comment: %(name)s") % {"name": name}, max_length=500, required=False, widget=TextInput()
            )
        self.cards = [(_("Accounts"), "", ["lims/accounts/access_review_rows.html"])]
        self.drawn = tuple(self.fields)

    def rows(self) -> Iterator[tuple[Account, BoundField, BoundField]]:
        """Each account with its two fields."""
        for account in self.accounts:
            username = account.user.username
            yield account, self[f"answer-{username}"], self[f"comment-{username}"]

    def given(self) -> dict[str, Given]:
        """The answers by user name, with how each account stood on the page that was answered."""
        found = {}
        for account in self.accounts:
            username = account.user.username
            answer, comment = self.cleaned_data[f"answer-{username}"], self.cleaned_data[f"comment-{username}"]
            found[username] = Given(answer, comment, self.data.get(f"standing-{username}", ""))
        return found
