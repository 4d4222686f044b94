"""Times, tones, refusals and fields as the templates show them."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from django import forms
from django.template import Context, Template
from django.utils import timezone, translation

from lims.refusals import Refusal
from lims.web.templatetags.lims_tags import form_cards, refusal_text, tone, tone_icon, when, when_day, when_long
from lims.web.widgets import DateTimeLocal, DecimalInput, IntegerInput, ScanInput, YesNo

MOMENT = datetime(2026, 10, 20, 23, 55, 12, tzinfo=UTC)


class Typed(forms.Form):
    """A form with a unit, a scan, a yes or no, and a hint."""

    volume_ml = forms.DecimalField(label="Volume", widget=DecimalInput(unit="mL", hint="At most 20\u00a0mL"))
    squares = forms.IntegerField(label="Squares", widget=IntegerInput())
    lot = forms.CharField(label="Lot", widget=ScanInput())
    at = forms.DateTimeField(label="Seeded", widget=DateTimeLocal())
    dyspnoea = forms.ChoiceField(label="Dyspnoea", choices=[("no", "No"), ("yes", "Yes")], widget=YesNo())


def drawn(form: forms.Form, name: str, extra: str = "", **context: object) -> str:
    text = "{% load lims_tags %}{% field form." + name + " " + extra + " %}"
    return Template(text).render(Context({"form": form, **context}))


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("Asia/Tokyo", "21\u00a0Oct 08:55\u00a0JST"),
        ("Europe/Berlin", "21\u00a0Oct 01:55\u00a0CEST"),
        ("Asia/Singapore", "21\u00a0Oct 07:55\u00a0UTC+08"),
        ("UTC", "20\u00a0Oct 23:55\u00a0UTC"),
    ],
)
@pytest.mark.clause("R07")
def test_a_time_is_shown_in_the_zone_of_the_site_and_names_it(zone: str, expected: str) -> None:
    with timezone.override(ZoneInfo(zone)):
        assert when(MOMENT) == expected


def test_a_time_can_show_its_year_and_a_day_its_weekday() -> None:
    with timezone.override(ZoneInfo("Asia/Tokyo")):
        assert when_long(MOMENT) == "21\u00a0Oct\u00a02026 08:55\u00a0JST"
        assert when_day(MOMENT) == "Wed 21\u00a0Oct"
    assert when(date(2026, 3, 1)) == "1\u00a0Mar"
    assert when(None) == "–"


def test_each_verdict_has_a_shape_of_its_own() -> None:
    verdicts = ["within", "alert", "action", "fail", "blocked", "pending", "now", "not_judged"]
    shapes = [tone_icon(verdict) for verdict in verdicts]
    assert len(set(shapes)) == len(verdicts)
    assert [tone(verdict) for verdict in ("within", "alert", "action")] == ["is-ok", "is-alert", "is-action"]


def test_a_verdict_nobody_has_heard_of_is_shown_as_information_and_never_as_in_order() -> None:
    assert tone("something new") == "is-info"


def test_a_refusal_is_shown_with_its_figures() -> None:
    refusal = Refusal("LOT-02", "Expired on {date}. Scan another lot.", "lot", {"date": "19 Oct"})
    with translation.override("en"):
        assert refusal_text(refusal) == "Expired on 19 Oct. Scan another lot."


def test_a_figure_typed_by_a_stranger_can_not_bring_markup_into_a_refusal() -> None:
    refusal = Refusal(
        "LOT-01", "{lot} is not known. Scan a lot of this site.", "lot", {"lot": "<script>alert(1)</script>"}
    )
    page = drawn(Typed(), "lot", refusals=[refusal])
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_unit_hint_and_error_of_a_field_are_tied_to_its_control() -> None:
    page = drawn(Typed({"volume_ml": "a lot"}), "volume_ml")
    assert '<label for="id_volume_ml">Volume' in page
    assert 'inputmode="decimal"' in page
    assert 'aria-describedby="id_volume_ml-unit id_volume_ml-hint id_volume_ml-error"' in page
    assert 'aria-invalid="true"' in page
    assert 'id="id_volume_ml-unit">mL<' in page
    assert 'value="a lot"' in page
    assert "Enter a number." in page


def test_a_field_shows_a_refusal_that_names_it_and_none_that_names_another() -> None:
    refusals = [
        Refusal("VOL-01", "More than there is. Type at most {left}.", "volume_ml", {"left": "14.8\u00a0mL"}),
        Refusal("LOT-02", "Expired. Scan another lot.", "lot"),
    ]
    page = drawn(Typed(), "volume_ml", refusals=refusals)
    assert "More than there is. Type at most 14.8\u00a0mL." in page
    assert "VOL-01" in page
    assert "LOT-02" not in page


def test_a_refusal_the_form_was_told_of_is_not_shown_twice() -> None:
    form = Typed({"lot": "X"})
    form.add_error("lot", forms.ValidationError("Expired. Scan another lot.", code="LOT-02"))
    page = drawn(form, "lot", refusals=[Refusal("LOT-02", "Expired. Scan another lot.", "lot")])
    assert page.count("Expired. Scan another lot.") == 1
    assert page.count("LOT-02") == 1


def test_a_missing_value_is_told_in_plain_words() -> None:
    assert "Nothing typed. Fill it in." in drawn(Typed({}), "lot")
    assert "Not answered. Choose one." in drawn(Typed({}), "dyspnoea")


def test_yes_or_no_has_no_answer_preset_and_keeps_the_one_given() -> None:
    assert "checked" not in drawn(Typed(), "dyspnoea")
    answered = drawn(Typed({"dyspnoea": "no"}), "dyspnoea")
    assert answered.count("checked") == 1
    assert re.search(r'<input type="radio"[^>]*value="no"[^>]*checked', answered)


def test_a_scan_field_never_shows_a_unit_box_and_moves_on_at_enter() -> None:
    page = drawn(Typed(), "lot")
    assert "icons.svg#scan" in page
    assert 'data-scan="1"' in page


def test_a_time_typed_means_the_zone_of_the_site_and_comes_back_as_typed() -> None:
    with timezone.override(ZoneInfo("Asia/Tokyo")):
        form = Typed({"at": "2026-10-20T10:15"})
        form.is_valid()
        assert form.cleaned_data["at"] == datetime(2026, 10, 20, 1, 15, tzinfo=UTC)
        assert 'value="2026-10-20T10:15"' in drawn(form, "at")
        assert 'value="2026-10-21T08:55"' in drawn(Typed(initial={"at": MOMENT}), "at")


def test_a_field_that_no_card_names_is_still_shown() -> None:
    class Carded(Typed):
        cards = [("Volume", "", ["volume_ml", "no_such_field"]), ("Chamber", "", ["chambers.html"])]
        drawn = ("squares",)

    cards = form_cards(Carded())
    assert [(card.number, str(card.heading)) for card in cards] == [(1, "Volume"), (2, "Chamber"), (3, "More")]
    assert [entry.bound.name for entry in cards[2].entries if entry.bound] == ["lot", "at", "dyspnoea"]
    assert cards[1].entries[0].template == "chambers.html"
