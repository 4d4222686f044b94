"""Form widgets: how a value is typed at a tablet. Every control carries the stylesheet's classes and 44 px of height.

Not here: rules on values (rules/), nor the label, unit, hint and errors around a control (template tag `field`).
A widget says those as `unit`, `hint`, `span` (columns of twelve) when it is made; the tag reads them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Words = str | Promise

PHOTO_TYPES = "image/jpeg,image/png"


def _attrs(
    attrs: Mapping[str, Any] | None, *, css: str = "input", unit: str = "", hint: Words = "", span: int | None = None
) -> dict[str, Any]:
    """Attributes of a control: its classes, and what stands around it as data-* for the `field` tag."""
    made: dict[str, Any] = dict(attrs or {})
    made["class"] = f"{css} {made['class']}" if made.get("class") else css
    for key, value in (("data-unit", unit), ("data-hint", hint), ("data-span", span)):
        if value:
            made[key] = value
    return made


class TextInput(forms.TextInput):
    """One line of text."""

    def __init__(
        self, attrs: Mapping[str, Any] | None = None, *, unit: str = "", hint: Words = "", span: int | None = None
    ) -> None:
        super().__init__(_attrs({"autocomplete": "off", **(attrs or {})}, unit=unit, hint=hint, span=span))


class DecimalInput(TextInput):
    """A number with decimals: the decimal keypad of a tablet, and a text box so that no browser rounds or steps it."""

    def __init__(
        self, attrs: Mapping[str, Any] | None = None, *, unit: str = "", hint: Words = "", span: int | None = None
    ) -> None:
        super().__init__({"inputmode": "decimal", **(attrs or {})}, unit=unit, hint=hint, span=span)


class IntegerInput(TextInput):
    """A whole number: the numeric keypad."""

    def __init__(
        self, attrs: Mapping[str, Any] | None = None, *, unit: str = "", hint: Words = "", span: int | None = None
    ) -> None:
        super().__init__(
            {"inputmode": "numeric", "pattern": "[0-9]*", **(attrs or {})}, unit=unit, hint=hint, span=span
        )


class ScanInput(TextInput):
    """A code that a scanner types into the focused field, or that is typed by hand. Enter moves on."""

    def __init__(
        self, attrs: Mapping[str, Any] | None = None, *, unit: str = "", hint: Words = "", span: int | None = None
    ) -> None:
        made = {
            "data-scan": "1",
            "autocapitalize": "characters",
            "spellcheck": "false",
            "enterkeyhint": "next",
            **(attrs or {}),
        }
        super().__init__(made, unit=unit, hint=hint, span=span)


class DateTimeLocal(forms.DateTimeInput):
    """A time to the minute, in the zone of the site (the zone active while the page is served)."""

    input_type = "datetime-local"

    def __init__(
        self, attrs: Mapping[str, Any] | None = None, *, unit: str = "", hint: Words = "", span: int | None = None
    ) -> None:
        super().__init__(_attrs(attrs, unit=unit, hint=hint, span=span), format="%Y-%m-%dT%H:%M")


class DateInput(forms.DateInput):
    """A calendar day."""

    input_type = "date"

    def __init__(
        self, attrs: Mapping[str, Any] | None = None, *, unit: str = "", hint: Words = "", span: int | None = None
    ) -> None:
        super().__init__(_attrs(attrs, unit=unit, hint=hint, span=span), format="%Y-%m-%d")


class Select(forms.Select):
    """One of a short list."""

    def __init__(
        self,
        attrs: Mapping[str, Any] | None = None,
        choices: Any = (),
        *,
        hint: Words = "",
        span: int | None = None,
    ) -> None:
        super().__init__(_attrs(attrs, css="select", hint=hint, span=span), choices)


class Textarea(forms.Textarea):
    """A few sentences, the width of the card."""

    def __init__(
        self, attrs: Mapping[str, Any] | None = None, *, hint: Words = "", span: int | None = 12, rows: int = 2
    ) -> None:
        super().__init__(_attrs({"rows": rows, **(attrs or {})}, css="input textarea", hint=hint, span=span))


class Choice(forms.RadioSelect):
    """Two or three answers side by side, equal in size, none of them preset: blank is not «no»."""

    template_name = "lims/widgets/choice.html"
    use_fieldset = True

    def __init__(
        self,
        attrs: Mapping[str, Any] | None = None,
        choices: Any = (),
        *,
        hint: Words = "",
        span: int | None = None,
    ) -> None:
        made = _attrs(attrs, css="", hint=hint, span=span)
        made.pop("class")
        super().__init__(made, choices)


class YesNo(Choice):
    """No or yes, to be answered: nothing is preset. Gives «yes», «no» or nothing."""

    def __init__(self, attrs: Mapping[str, Any] | None = None, *, hint: Words = "", span: int | None = None) -> None:
        super().__init__(attrs, (("no", _("No")), ("yes", _("Yes"))), hint=hint, span=span)


class Checkbox(forms.CheckboxInput):
    """A statement to be ticked; the label stands beside the box."""

    def __init__(self, attrs: Mapping[str, Any] | None = None, *, hint: Words = "", span: int | None = None) -> None:
        made = _attrs(attrs, css="check-box", hint=hint, span=span)
        super().__init__(made)


class Checkboxes(forms.CheckboxSelectMultiple):
    """Several of a list, each line tall enough for a gloved finger."""

    template_name = "lims/widgets/checkboxes.html"
    use_fieldset = True

    def __init__(
        self,
        attrs: Mapping[str, Any] | None = None,
        choices: Any = (),
        *,
        hint: Words = "",
        span: int | None = None,
    ) -> None:
        made = _attrs(attrs, css="check-box", hint=hint, span=span)
        super().__init__(made, choices)


class PhotoInput(forms.FileInput):
    """A photograph: the camera of a tablet, or a file. What it really is gets checked by the server from its bytes."""

    def __init__(
        self,
        attrs: Mapping[str, Any] | None = None,
        *,
        hint: Words = "",
        span: int | None = None,
        accept: str = PHOTO_TYPES,
    ) -> None:
        super().__init__(_attrs({"accept": accept, **(attrs or {})}, css="input file", hint=hint, span=span))


class PasswordInput(forms.PasswordInput):
    """A password. It is blank again on every page that comes back."""

    def __init__(
        self, attrs: Mapping[str, Any] | None = None, *, hint: Words = "", span: int | None = None, new: bool = False
    ) -> None:
        made = {"autocomplete": "new-password" if new else "current-password", **(attrs or {})}
        super().__init__(_attrs(made, hint=hint, span=span), render_value=False)
