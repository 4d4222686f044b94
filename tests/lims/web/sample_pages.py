"""Pages made of the web furniture alone, served to the tests: one act with every kind of field, and one that fails."""

from __future__ import annotations

from dataclasses import dataclass

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import include, path
from django.utils.translation import gettext_lazy as _

from lims.refusals import Refusal
from lims.web.act_pages import Panel, ShownRefusal
from lims.web.context import Destination
from lims.web.health import healthz
from lims.web.widgets import (
    Checkbox,
    Choice,
    DateTimeLocal,
    DecimalInput,
    IntegerInput,
    PhotoInput,
    ScanInput,
    Select,
    Textarea,
    YesNo,
)


class SampleForm(forms.Form):
    """A passage as a person types it, with one field of every kind."""

    confluence_pct = forms.IntegerField(label="Confluence", widget=IntegerInput(unit="%", span=3))
    reagent_lot = forms.CharField(label="Detachment reagent lot", widget=ScanInput(hint="Released, in date", span=5))
    started_at = forms.DateTimeField(label="Exposure started", widget=DateTimeLocal())
    ended_at = forms.DateTimeField(label="Exposure ended", widget=DateTimeLocal(hint="Alert above 5\u00a0min"))
    volume_ml = forms.DecimalField(label="Suspension volume", widget=DecimalInput(unit="mL"))
    morphology = forms.ChoiceField(
        label="Morphology",
        choices=[("", "Choose"), ("spindle", "Spindle-shaped"), ("flat", "Flattened")],
        widget=Select(),
    )
    contaminated = forms.ChoiceField(
        label="Signs of contamination", choices=[("no", "No"), ("yes", "Yes")], widget=YesNo()
    )
    applies = forms.ChoiceField(
        label="Second wash",
        choices=[("yes", "Yes"), ("no", "No"), ("na", "Not applicable")],
        widget=Choice(),
        required=False,
    )
    photo = forms.FileField(label="Photo", widget=PhotoInput(hint="JPEG or PNG, up to 10\u00a0MB"), required=False)
    comment = forms.CharField(label="Comment", widget=Textarea(), required=False)
    cleared = forms.BooleanField(label="The cabinet was cleared before this step", widget=Checkbox(span=12))
    medium_lot = forms.CharField(label="Medium lot", widget=ScanInput())
    seeded_ml = forms.DecimalField(label="Suspension to seed", widget=DecimalInput(unit="mL"))

    cards = [
        (
            _("Detach"),
            "2 × T175, 350\u00a0cm²",
            ["confluence_pct", "reagent_lot", "started_at", "ended_at", "volume_ml"],
        ),
        (_("Look"), "", ["morphology", "contaminated", "applies", "photo", "comment", "cleared"]),
        (_("Reseed into P2"), "1 × 5-layer stack, 3,180\u00a0cm²", ["medium_lot", "seeded_ml"]),
    ]
    figures_after = 2


@dataclass(frozen=True)
class SampleFigure:
    """A figure as the panel reads it."""

    label: str
    formula: str
    text: str
    interval: str
    limit: str
    verdict: str
    note: str


@dataclass(frozen=True)
class Placed:
    """A refusal with the place of its field on the page."""

    refusal: Refusal

    @property
    def text(self) -> str:
        return self.refusal.text

    @property
    def code(self) -> str:
        return self.refusal.code

    @property
    def field(self) -> str | None:
        return self.refusal.field

    @property
    def field_id(self) -> str | None:
        return f"id_{self.refusal.field}" if self.refusal.field else None


FIGURES = [
    SampleFigure(
        "Viability",
        "323 of 361 cells",
        "89.5\u00a0%",
        "85.9–92.2",
        "alert below 90, action below 80",
        "alert",
        "Below alert limit",
    ),
    SampleFigure(
        "Viable cells per mL", "323 live / 8 × 2 × 10⁴", "8.08×10⁵", "", "", "within", "323 counted, 100 needed"
    ),
    SampleFigure(
        "Total viable cells",
        "8.075×10⁵ per mL × 15.0\u00a0mL",
        "1.21×10⁷",
        "1.05–1.39",
        "",
        "not_judged",
        "12\u00a0% of the target dose",
    ),
    SampleFigure("Doubling time", "", "–", "", "alert above 96\u00a0h", "not_judged", ""),
    SampleFigure("Cumulative PDL", "from P0 cell harvest", "8.4", "", "action above 8", "action", ""),
]

EXPIRED = Refusal(
    "LOT-02", "Expired on {date}. Scan a lot that is released and in date.", "medium_lot", {"date": "19\u00a0Oct 2026"}
)
NO_CLEARANCE = Refusal("LIN-01", "BSC-2 has no line clearance in the last 4\u00a0h. Clear the line first.")


WRONG = ShownRefusal(
    "ACC-01", "User name or password is wrong. Try again.", {}, "witnessed-password", "witnessed-password"
)


def _signing(errors: tuple[ShownRefusal, ...] = ()) -> list[Panel]:
    performed = "I did this step and recorded it as it happened."
    witnessed = "I was present and checked counts, lots and vessels."
    return [
        Panel("performed", "Performed by Aoki Ren", performed, "aoki.r", "", (), is_own=True),
        Panel("witnessed", "Witnessed by a second person", witnessed, None, "tanabe.m", errors, is_own=False),
    ]


def act(request: HttpRequest) -> HttpResponse:
    """The act; recorded by a POST that says so, else refused with everything typed."""
    form = SampleForm(request.POST or None)
    refused = request.method == "POST"
    return render(
        request,
        "sample_act.html",
        {
            "title": "Log passage P1",
            "subtitle": "Step 14 of 31. Critical step, needs a witness.",
            "crumbs": [("B-0042", "/act/"), ("Passages", "")],
            "form": form,
            "figures_url": "/figures/",
            "refusals": [Placed(EXPIRED), Placed(NO_CLEARANCE)] if refused else [],
            "changed": ["Tanabe Mio changed the medium at 10:41."] if "changed" in request.GET else [],
            "signing": _signing((WRONG,) if refused else ()),
            "button": "Log passage P1",
            "once": "0f9a",
            "seen": "41",
        },
        status=422 if refused else 200,
    )


def figures(request: HttpRequest) -> HttpResponse:
    """The panel, and nothing else."""
    received = request.POST
    assert "performed-password" not in received and "witnessed-password" not in received, "a password left the form"
    return render(request, "lims/parts/figures.html", {"figures": FIGURES if received.get("volume_ml") else []})


def parts(request: HttpRequest) -> HttpResponse:
    """Chips, verdicts, the empty state, signatures and a corrected row."""
    return render(
        request, "sample_parts.html", {"kinds": ["within", "alert", "action", "fail", "blocked", "pending", "now"]}
    )


def broken(request: HttpRequest) -> HttpResponse:
    """A page that fails."""
    raise RuntimeError("sample failure")


urlpatterns = [
    path("act/", act, name="worklist"),
    path("figures/", figures),
    path("parts/", parts, name="batches"),
    *(path(f"{name}/", parts, name=name) for name in ("patients", "lots", "equipment", "deviations", "records")),
    path("broken/", broken),
    path("healthz", healthz, name="healthz"),
    path("", include("lims.accounts.urls")),
    path("", include("lims.notices.urls")),
]
# As many as the product has, so that the narrowest screen is tried with all of them.
navigation = [
    Destination("Worklist", "worklist"),
    Destination("Batches", "batches"),
    Destination("Patients", "patients"),
    *(Destination(name.capitalize(), name, is_extra=True) for name in ("lots", "equipment", "deviations", "records")),
]
handler400 = "lims.web.errors.bad_request"
handler403 = "lims.web.errors.forbidden"
handler404 = "lims.web.errors.not_found"
handler500 = "lims.web.errors.server_error"
