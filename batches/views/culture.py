"""Pages of culture days: an observation, a change of medium, vessels discarded."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from batches.commands.culture import change_medium, lose_vessels, record_observation
from batches.forms.culture import MediumChangeForm, ObservationForm, VesselLossForm
from batches.queries.vessels import in_culture, last_fed, vessel_facts
from batches.rules.culture import feeding_limit
from batches.views.acting import batch_act, find_batch
from batches.views.passages import vessel_choices, vessels_words
from lims.accounts.permissions import Permission
from lims.web.access import needs
from lims.web.templatetags.lims_tags import when


@needs(Permission.RECORD_PRODUCTION)
def observation(request: HttpRequest, number: str) -> HttpResponse:
    """Record what was seen on a culture day."""
    batch = find_batch(number)
    generations = sorted({v.generation for v in in_culture(vessel_facts(batch))})
    return batch_act(
        request,
        batch,
        title=_("Record observation"),
        button=_("Record observation"),
        form_class=ObservationForm,
        form_kwargs={"generations": generations},
        command=record_observation,
        inputs=_observed,
        subtitle=_("In culture: %(vessels)s") % {"vessels": vessels_words(batch)},
    )


@needs(Permission.RECORD_PRODUCTION)
def medium_change(request: HttpRequest, number: str) -> HttpResponse:
    """Change the medium of every vessel in culture."""
    batch = find_batch(number)
    fed = last_fed(batch)
    subtitle = ""
    if fed is not None:
        limit = feeding_limit(batch.mbr.process, is_first_of_p0=fed.is_first_of_p0)
        subtitle = _("Last medium %(when)s; %(limit)s") % {"when": when(fed.at), "limit": limit.text}
    return batch_act(
        request,
        batch,
        title=_("Change medium"),
        button=_("Record medium change"),
        form_class=MediumChangeForm,
        command=change_medium,
        subtitle=subtitle,
    )


@needs(Permission.RECORD_PRODUCTION)
def vessel_loss(request: HttpRequest, number: str) -> HttpResponse:
    """Discard vessels, or record them contaminated."""
    batch = find_batch(number)
    return batch_act(
        request,
        batch,
        title=_("Discard vessels"),
        button=_("Discard vessels"),
        form_class=VesselLossForm,
        form_kwargs={"vessels": vessel_choices(batch)},
        command=lose_vessels,
        inputs=_lost,
        subtitle=_("In culture: %(vessels)s") % {"vessels": vessels_words(batch)},
        template="batches/vessels/act.html",
    )


def _observed(form: ObservationForm) -> dict[str, Any]:
    data = dict(form.cleaned_data)
    data["generation"] = data["generation"] if data["generation"] != "" else None
    return data


def _lost(form: VesselLossForm) -> dict[str, Any]:
    data = form.cleaned_data
    return {
        "vessels": form.codes(),
        "is_contaminated": data["is_contaminated"] == "yes",
        "reason_for_loss": data["reason_for_loss"],
        "done_at": data["done_at"],
        "late_reason": data["late_reason"],
    }
