"""Samples, test results, deviations, corrections, disposition."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from batches.models.batches import DISPOSITION_LABELS
from batches.models.done import Done
from batches.models.fields import cell_number, millilitres
from batches.rules.deviations import IDENTITY
from batches.rules.states import DeviationState, ResultState
from lims.recorded import Recorded

_RESULT_STATES = [
    (ResultState.PENDING, _("Pending")),
    (ResultState.FINAL, _("Final")),
    (ResultState.INVALID, _("Invalid")),
]
_DEVIATION_STATES = [
    (DeviationState.OPEN, _("Open")),
    (DeviationState.ASSESSED, _("Assessed")),
    (DeviationState.CLOSED, _("Closed")),
]


class Sample(Done, Recorded):
    """A sample taken for tests, by the sampling plan. Its results wait as pending rows from the moment it is taken."""

    batch = models.ForeignKey("batches.Batch", models.PROTECT, related_name="samples")
    code = models.CharField(_("sample"), max_length=30, unique=True)
    kind = models.CharField(_("kind of sample"), max_length=30)
    generation = models.PositiveSmallIntegerField(_("passage"), null=True, blank=True)
    volume_ml = millilitres(_("volume"))
    cells_used = cell_number(_("viable cells used"), default=0)
    comment = models.TextField(_("comment"), blank=True)

    signed_context = ("batch",)

    class Meta:
        ordering = ["done_at", "id"]

    def __str__(self) -> str:
        return self.code


class TestResult(Done, Recorded):
    """One result against one row of the specification. A retest points to the result it repeats; both are kept."""

    __test__ = False

    class Censor(models.TextChoices):
        """A result beyond what the method can measure."""

        NONE = "", _("equal to")
        LESS = "<", _("less than")
        GREATER = ">", _("greater than")

    batch = models.ForeignKey("batches.Batch", models.PROTECT, related_name="results")
    sample = models.ForeignKey(Sample, models.PROTECT, null=True, blank=True, related_name="results")
    test = models.CharField(_("test"), max_length=40)
    state = models.CharField(_("state"), max_length=10, choices=_RESULT_STATES, default=ResultState.PENDING)
    done_at = models.DateTimeField(_("tested at"), null=True, blank=True)  # type: ignore[assignment]
    censor = models.CharField(_("result is"), max_length=1, choices=Censor, blank=True)
    number = models.DecimalField(_("result"), max_digits=16, decimal_places=4, null=True, blank=True)
    choice = models.CharField(_("result"), max_length=30, blank=True)
    text = models.TextField(_("result"), blank=True)
    method_version = models.CharField(_("method and version"), max_length=80, blank=True)
    retest_of = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="retest", verbose_name=_("retest of")
    )
    invalid_reason = models.TextField(_("why invalid"), blank=True)
    comment = models.TextField(_("comment"), blank=True)

    signed_context = ("batch",)
    unsigned_fields = ("state", "invalid_reason")

    class Meta:
        ordering = ["id"]
        constraints = [
            # A second result of a test exists only as the repeat of another: no testing into compliance.
            models.UniqueConstraint(
                fields=["batch", "test"], condition=models.Q(retest_of__isnull=True), name="result_once_without_link"
            )
        ]

    def __str__(self) -> str:
        return f"{self.batch} {self.test}"


class Deviation(Done, Recorded):
    """Something that should not be: raised by a limit or by hand. `done_at` is when it happened or was seen."""

    class Severity(models.TextChoices):
        """How grave it is. Critical and major ones block release while QA has not decided."""

        MINOR = "minor", _("Minor")
        MAJOR = "major", _("Major")
        CRITICAL = "critical", _("Critical")

    batch = models.ForeignKey("batches.Batch", models.PROTECT, related_name="deviations")
    number = models.CharField(_("deviation"), max_length=12, unique=True)
    severity = models.CharField(_("severity"), max_length=10, choices=Severity)
    title = models.CharField(_("title"), max_length=200)
    description = models.TextField(_("what happened"))
    limit = models.CharField(max_length=60, blank=True)
    source_model = models.CharField(max_length=60, blank=True)
    source_pk = models.CharField(max_length=40, blank=True)
    immediate_action = models.TextField(_("immediate action"), blank=True)
    state = models.CharField(_("state"), max_length=10, choices=_DEVIATION_STATES, default=DeviationState.OPEN)

    signed_context = ("batch",)
    unsigned_fields = ("state", "severity")

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.number

    @property
    def is_raised_by_limit(self) -> bool:
        """Whether a limit raised it, rather than a person."""
        return bool(self.limit) and not self.is_raised_by_refusal

    @property
    def is_raised_by_refusal(self) -> bool:
        """Whether an identity that did not match raised it; the act was refused."""
        return self.limit == IDENTITY


class DeviationAssessment(Recorded):
    """QA's view of a deviation: how grave, what it means for the product, what is to be done."""

    deviation = models.OneToOneField(Deviation, models.PROTECT, related_name="assessment")
    severity = models.CharField(_("severity"), max_length=10, choices=Deviation.Severity)
    root_cause = models.TextField(_("cause"))
    product_impact = models.TextField(_("effect on the product"))
    action = models.TextField(_("action"))

    signed_context = ("deviation",)

    def __str__(self) -> str:
        return f"Assessment of {self.deviation}"


class DeviationClosure(Recorded):
    """QA's conclusion of a deviation."""

    deviation = models.OneToOneField(Deviation, models.PROTECT, related_name="closure")
    conclusion = models.TextField(_("conclusion"))
    is_product_acceptable = models.BooleanField(_("product acceptable"))

    signed_context = ("deviation",)

    def __str__(self) -> str:
        return f"Closure of {self.deviation}"


class Correction(Recorded):
    """A value corrected: what it was, what it is, why. It lies beside the row it corrects, which keeps its versions."""

    batch = models.ForeignKey("batches.Batch", models.PROTECT, related_name="corrections")
    subject_model = models.CharField(max_length=60)
    subject_pk = models.CharField(max_length=40)
    target_model = models.CharField(max_length=60)
    target_pk = models.CharField(max_length=40)
    field = models.CharField(max_length=60)
    label = models.CharField(max_length=120)
    old_text = models.TextField(_("was"))
    new_text = models.TextField(_("now"))
    reason = models.TextField(_("reason"))

    signed_context = ("batch",)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.label}: {self.old_text} → {self.new_text}"


class Disposition(Recorded):
    """One decision by QA. `record_digest` covers the signed rows named in `subjects` as they stood at the decision."""

    batch = models.ForeignKey("batches.Batch", models.PROTECT, related_name="dispositions")
    decision = models.CharField(_("decision"), max_length=24, choices=list(DISPOSITION_LABELS.items()))
    decided_at = models.DateTimeField(_("decided at"))
    grounds = models.TextField(_("grounds"))
    pending_tests = models.JSONField(default=list, blank=True)
    physician_informed = models.CharField(_("physician informed of what is pending"), max_length=200, blank=True)
    subjects = models.JSONField(default=list, blank=True)
    record_digest = models.CharField(max_length=64)

    signed_context = ("batch",)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.batch} {self.decision}"
