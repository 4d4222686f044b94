"""What a signature says. The sentence is what the person reads above the password."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Meaning(models.TextChoices):
    """The meaning of a signature (21 CFR 11.50), shown wherever the signature is."""

    PERFORMED = "performed", _("Performed")
    WITNESSED = "witnessed", _("Witnessed")
    ISSUED = "issued", _("Issued")
    CHECKED = "checked", _("Checked")
    REVIEWED = "reviewed", _("Reviewed")
    APPROVED = "approved", _("Approved")
    CORRECTED = "corrected", _("Corrected")
    TRANSCRIBED = "transcribed", _("Transcribed")
    RELEASED = "released", _("Released")
    RELEASED_CONDITIONALLY = "released_conditionally", _("Released conditionally")
    REJECTED = "rejected", _("Rejected")


SENTENCES = {
    Meaning.PERFORMED: _("I did this step and recorded it as it happened."),
    Meaning.WITNESSED: _("I was present and checked identity, counts, lots and vessels."),
    Meaning.ISSUED: _("I issue this as named above."),
    Meaning.CHECKED: _("I checked this against its source, independently."),
    Meaning.REVIEWED: _("I reviewed this and stand by the conclusion."),
    Meaning.APPROVED: _("I approve this."),
    Meaning.CORRECTED: _("I corrected this, and the reason given is true."),
    Meaning.TRANSCRIBED: _("I transcribed this from the paper record."),
    Meaning.RELEASED: _("I reviewed the whole record and release this product."),
    Meaning.RELEASED_CONDITIONALLY: _("I release this product with the results named still pending."),
    Meaning.REJECTED: _("I reject this product. It must not be infused."),
}

# What a second person, never the one acting, signs.
SECOND_PERSON = frozenset({Meaning.WITNESSED, Meaning.CHECKED})
