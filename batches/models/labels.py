"""Labels that were printed: each copy of each, with what it said, and what became of it."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from batches.rules.labels import LabelKind, copy_code
from batches.rules.states import LabelState
from lims.recorded import Recorded

STATES = [
    (LabelState.ISSUED, _("Issued")),
    (LabelState.VOIDED, _("Void")),
    (LabelState.APPLIED, _("Applied")),
    (LabelState.DESTROYED, _("Destroyed")),
    (LabelState.ATTACHED, _("Attached to the record")),
    (LabelState.RETURNED, _("Returned")),
]
_FATES = [(state, words) for state, words in STATES if state not in (LabelState.ISSUED, LabelState.VOIDED)]


class LabelPrint(Recorded):
    """One copy of one label. `serial` is the container's own and stays; `copy` counts its prints from 1.

    `statements` is what the label said of infection, as it was known then; `sha256` the file, `page` its place in it.
    """

    KINDS = (
        (LabelKind.TUBE, _("Tube")),
        (LabelKind.VESSEL, _("Vessel")),
        (LabelKind.FILL, _("Bag, before the fill")),
        (LabelKind.BAG, _("Bag")),
    )

    batch = models.ForeignKey("batches.Batch", models.PROTECT, related_name="label_prints")
    kind = models.CharField(_("label"), max_length=8, choices=KINDS)
    container = models.CharField(_("container"), max_length=40)
    serial = models.CharField(_("serial number"), max_length=12)
    copy = models.PositiveSmallIntegerField(_("copy"))
    is_tested = models.BooleanField(_("donor tested"))
    is_reactive = models.BooleanField(_("a test was reactive"))
    is_screened = models.BooleanField(_("donor screened"))
    has_risk_factor = models.BooleanField(_("risk factor found"))
    agents = models.CharField(_("reactive for"), max_length=120, blank=True)
    statements = models.JSONField(_("statements"))
    reason = models.TextField(_("why it was printed again"), blank=True)
    printed_at = models.DateTimeField(_("printed at"))
    sha256 = models.CharField(max_length=64)
    page = models.PositiveSmallIntegerField(_("page"))
    state = models.CharField(_("state"), max_length=10, choices=STATES, default=LabelState.ISSUED)

    signed_context = ("batch",)
    unsigned_fields = ("state",)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["serial", "copy"], name="label_copy_once"),
            models.UniqueConstraint(fields=["batch", "kind", "container", "copy"], name="label_container_copy_once"),
            models.CheckConstraint(
                condition=models.Q(copy=1) | (models.Q(copy__gt=1) & ~models.Q(reason="")),
                name="label_printed_again_with_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.serial} copy {self.copy}"

    @property
    def code(self) -> str:
        """What its symbol names it by: no two copies are named alike."""
        return copy_code(self.serial, self.copy)


class LabelFate(Recorded):
    """What became of one copy: on its container, destroyed, in the record, or returned. Scanned in, and seen by two.

    The label a container is filled under is applied by the fill, and signed with it.
    """

    label = models.ForeignKey(LabelPrint, models.PROTECT, related_name="fates")
    fate = models.CharField(_("what became of it"), max_length=10, choices=_FATES)
    note = models.TextField(_("why and how"), blank=True)
    fill = models.OneToOneField("batches.Fill", models.PROTECT, null=True, blank=True, related_name="label_fate")

    signed_with = ("fill",)
    signed_context = ("label",)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["label", "fate"], name="label_fate_once"),
            models.CheckConstraint(
                condition=models.Q(fate=LabelState.APPLIED) | ~models.Q(note=""), name="label_gone_with_a_note"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.label.code} {self.fate}"
