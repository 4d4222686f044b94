"""Template tags: icons, times, tones, refusals and the furniture around a form field.

Not here: what a page says. Nothing in this module asks the database.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django import template
from django.db.models import Model
from django.forms import BaseForm, BoundField, CheckboxInput, Field, FileInput, Select
from django.templatetags.static import static
from django.urls import reverse
from django.utils import dateformat, timezone
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from lims.act_words import words_of

register = template.Library()

NBSP = "\u00a0"
# A code that ties rule, test and requirement together, such as PAS-03. Django's own «required» is none.
_REFUSAL_CODE = re.compile(r"[A-Z]{2,5}-\d{2,3}")

# What each verdict or standing is drawn as: the tone's class and its shape. Colour never stands alone.
_TONES = {
    "ok": ("ok", "within", "pass", "passed", "valid", "done", "released", "in_order", "conforms"),
    "alert": ("alert", "late", "overdue", "superseded"),
    "action": ("action", "fail", "failed", "rejected", "error", "refused"),
    "blocked": ("blocked", "locked"),
    "pending": ("pending", "not_yet", "later"),
    "now": ("now", "here", "due"),
}
_TONE_OF = {word: tone for tone, words in _TONES.items() for word in words}
_ICON_OF_TONE = {
    "ok": "ok",
    "alert": "alert",
    "action": "action",
    "blocked": "lock",
    "pending": "pending",
    "now": "clock",
    "info": "info",
}
_ICON_OF = {"fail": "fail", "failed": "fail", "rejected": "fail"}


def _key(verdict: object) -> str:
    return str(getattr(verdict, "value", verdict)).lower().replace("-", "_").replace(" ", "_")


def _tone(verdict: object) -> str:
    return _TONE_OF.get(_key(verdict), "info")


@register.simple_tag
def icon(name: str, title: str = "") -> SafeString:
    """One drawing of the sprite. It is hidden from screen readers unless it has a title of its own."""
    # The address carries the file's digest in production, so the sprite is cached for ever.
    address = static("lims/icons.svg")
    if title:
        return format_html(
            '<svg class="icon" role="img" aria-label="{}"><use href="{}#{}"/></svg>', title, address, name
        )
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}#{}"/></svg>', address, name)


@register.simple_tag
def tone(verdict: object) -> str:
    """The class that sets a part's tone: `is-ok`, `is-alert`, `is-action`, `is-blocked`, `is-pending`, `is-now`."""
    return f"is-{_tone(verdict)}"


@register.filter
def tone_icon(verdict: object) -> str:
    """The name of the shape that goes with a verdict or a tone."""
    return _ICON_OF.get(_key(verdict)) or _ICON_OF_TONE[_tone(verdict)]


@register.filter
def verdict_word(verdict: object) -> str:
    """The word that goes with a verdict; the note of a figure, where it has one, is more precise."""
    words = {
        "within": gettext("Within limits"),
        "ok": gettext("Within limits"),
        "pass": gettext("Pass"),
        "passed": gettext("Passed"),
        "alert": gettext("Alert limit"),
        "action": gettext("Action limit"),
        "fail": gettext("Fail"),
        "failed": gettext("Failed"),
        "pending": gettext("Pending"),
        "blocked": gettext("Blocked"),
        "not_judged": gettext("Not judged"),
    }
    key = _key(verdict)
    return words.get(key, key.replace("_", " ").capitalize())


@register.filter
def refusal_text(refusal: Any) -> str:
    """A refusal in the reader's language with its figures in place."""
    if isinstance(refusal, str):
        return refusal
    if not hasattr(refusal, "message"):
        return str(refusal.text)
    return gettext(refusal.message).format(**refusal.params)


def zone_name(moment: datetime) -> str:
    """«JST», or «UTC+08» where the zone has no letters of its own."""
    name = moment.tzname() or ""
    return f"UTC{name}" if name[:1] in "+-" else name


def _local(moment: date | datetime) -> date | datetime:
    if not isinstance(moment, datetime):
        return moment
    return timezone.localtime(moment) if timezone.is_aware(moment) else moment


def _written(moment: date | datetime | None, day_format: str, *, weekday: bool = False, zone: bool = True) -> str:
    if not moment:
        return "–"
    local = _local(moment)
    day = dateformat.format(local, day_format).replace(" ", NBSP)
    if weekday:
        day = f"{dateformat.format(local, 'D')} {day}"
    if not isinstance(local, datetime):
        return day
    clock = f"{day} {dateformat.format(local, 'H:i')}"
    return f"{clock}{NBSP}{zone_name(local)}" if zone and local.tzinfo else clock


@register.filter
def when(moment: date | datetime | None) -> str:
    """«21 Oct 08:55 JST» in the zone of the site; of a date, «21 Oct»; of nothing, a dash."""
    return _written(moment, "j M")


@register.filter
def when_long(moment: date | datetime | None) -> str:
    """«21 Oct 2026 08:55 JST», where the year matters."""
    return _written(moment, "j M Y")


@register.filter
def when_short(moment: date | datetime | None) -> str:
    """«21 Oct 08:55»: tables whose zone is said once."""
    return _written(moment, "j M", zone=False)


@register.filter
def when_day(moment: date | datetime | None) -> str:
    """«Wed 28 Oct»: a day with its weekday, as bookings are spoken of."""
    if not moment:
        return "–"
    local = _local(moment)
    day = dateformat.format(local, "j M").replace(" ", NBSP)
    return f"{dateformat.format(local, 'D')} {day}"


@register.filter
def clock(moment: datetime | None) -> str:
    """«08:55» of today; «08:55 JST» stands in the head of the page."""
    return dateformat.format(_local(moment), "H:i") if moment else "–"


@register.filter
def unit(value: object, name: str) -> str:
    """A value with its unit behind a no-break space; of nothing, a dash."""
    return "–" if value is None or value == "" else f"{value}{NBSP}{name}"


@dataclass(frozen=True)
class FieldError:
    """One reason beside a field: its text and, if it is a refusal, its code."""

    text: str
    code: str


def _plain(message: object, code: str, bound: BoundField) -> str:
    """What a form says of its own accord, in the words of this site: what is wrong, then what to do."""
    if code != "required" or message != Field.default_error_messages["required"]:
        return str(message)
    if isinstance(bound.field.widget, FileInput):
        return gettext("Nothing chosen. Choose a file.")
    if bound.use_fieldset or isinstance(bound.field.widget, Select):
        return gettext("Not answered. Choose one.")
    if isinstance(bound.field.widget, CheckboxInput):
        return gettext("Not ticked. Tick it if it is so.")
    return gettext("Nothing typed. Fill it in.")


def field_errors(bound: BoundField, refusals: Iterable[Any] = ()) -> list[FieldError]:
    """Every reason that belongs beside a field: those of the form, then refusals the form was not told of."""
    found: list[FieldError] = []
    for error in bound.errors.as_data():
        code = str(error.code or "")
        for message in error.messages:
            found.append(FieldError(_plain(message, code, bound), code if _REFUSAL_CODE.fullmatch(code) else ""))
    told = {error.text for error in found}
    for refusal in refusals or ():
        text = refusal_text(refusal)
        # A reason without a code came from the form itself and is told already.
        if getattr(refusal, "field", None) == bound.name and refusal.code and text not in told:
            found.append(FieldError(text, str(refusal.code)))
    return found


@register.inclusion_tag("lims/parts/field.html", takes_context=True)
def field(
    context: template.Context,
    bound: BoundField,
    unit: str = "",
    hint: str | Promise = "",
    scan: bool | None = None,
    span: str | int = "",
) -> dict[str, Any]:
    """A label above, the control with its unit in the edge, a hint below, and reasons tied to it for screen readers.

    What is not said here is read from the widget: `data-unit`, `data-hint`, `data-scan`, `data-span`.
    """
    attrs = bound.field.widget.attrs
    unit = unit or attrs.get("data-unit", "")
    hint = hint or attrs.get("data-hint", "") or bound.help_text
    is_scan = bool(attrs.get("data-scan")) if scan is None else scan
    errors = field_errors(bound, context.get("refusals") or ())
    described: list[str] = []
    if hint:
        described.append(f"{bound.auto_id}-hint")
    if errors:
        described.append(f"{bound.auto_id}-error")
    kind = getattr(bound.field.widget, "input_type", "")
    control_attrs: dict[str, str | bool] = {}
    if described and not bound.use_fieldset:
        control_attrs["aria-describedby"] = " ".join(described)
    if errors and not bound.use_fieldset:
        control_attrs["aria-invalid"] = "true"
    if unit and not is_scan:
        # The unit is said with the value, not only drawn beside it.
        control_attrs["aria-describedby"] = " ".join([f"{bound.auto_id}-unit", *described])
    return {
        "bound": bound,
        "control": bound.as_widget(attrs=control_attrs),
        "unit": unit,
        "hint": hint,
        "scan": is_scan,
        "span": span or attrs.get("data-span", ""),
        "errors": errors,
        "described": " ".join(described),
        "is_fieldset": bound.use_fieldset,
        "is_checkbox": kind == "checkbox" and not bound.use_fieldset,
        "optional": not bound.field.required,
    }


@dataclass(frozen=True)
class CardEntry:
    """What stands in a card: a field, or the template of a grid that draws several fields itself."""

    bound: BoundField | None = None
    template: str = ""


@dataclass(frozen=True)
class Card:
    """A numbered card of a form."""

    number: int
    heading: str
    note: str
    entries: tuple[CardEntry, ...]


def form_cards(form: BaseForm) -> list[Card]:
    """The cards a form declares, in order; visible fields that no card names follow in one of their own.

    `cards` is a list of (heading, note, names); a name ending in `.html` is a template drawn at that place, and the
    fields it draws are named in `drawn` so that they are not drawn twice.
    """
    declared: list[tuple[str, str, list[str]]] = list(getattr(form, "cards", []))
    seen: set[str] = set(getattr(form, "drawn", ()))
    cards: list[Card] = []
    for heading, note, names in declared:
        entries = []
        for name in names:
            if name.endswith(".html"):
                entries.append(CardEntry(template=name))
            elif name in form.fields:
                entries.append(CardEntry(bound=form[name]))
                seen.add(name)
        if entries:
            cards.append(Card(len(cards) + 1, str(heading), str(note), tuple(entries)))
    rest = tuple(CardEntry(bound=bound) for bound in form.visible_fields() if bound.name not in seen)
    if rest:
        heading = gettext("More") if cards else gettext("Details")
        cards.append(Card(len(cards) + 1, heading, "", rest))
    return cards


@register.filter
def cards(form: BaseForm | None) -> list[Card]:
    """The numbered cards of a form."""
    return form_cards(form) if form is not None else []


@register.simple_tag
def history_url(row: Model) -> str:
    """Where the whole history of a recorded row is read."""
    return reverse("ledger-row", args=[row._meta.label, row.pk])


@register.simple_tag
def side_after(form: BaseForm, count: int) -> int:
    """The card after which the figures stand, in the order they are read: `figures_after` of the form, or the last."""
    return min(int(getattr(form, "figures_after", count)), count)


@register.filter
def act_words(name: str) -> str:
    """What people call an act of the ledger."""
    return gettext(words_of(name))
