"""Who took part in a batch, and how its signed steps stand: for the gate and the review.

People are told apart by account, never by role. Not here: the signatures' own digests (lims/signatures).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _

from batches.models import Batch, PaperImport
from lims.accounts.models import User
from lims.signatures.meanings import Meaning
from lims.signatures.models import Signature
from lims.signatures.standing import Standing, standings

_TAKING_PART = frozenset(
    {Meaning.PERFORMED, Meaning.WITNESSED, Meaning.CHECKED, Meaning.TRANSCRIBED, Meaning.CORRECTED}
)
# Signing these is QA's own work: it makes nobody part of the making or testing.
_QA_WORK = frozenset({"batches.Batch", "batches.Deviation", "batches.DeviationAssessment", "batches.DeviationClosure"})


@dataclass(frozen=True)
class SignedStep:
    """One subject with its signatures, oldest first."""

    model: str
    pk: str
    signatures: tuple[Standing, ...]

    @property
    def is_superseded(self) -> bool:
        """Whether no signature of the newest signing still matches the record."""
        return not self.signatures[-1].is_valid

    @property
    def is_witnessed(self) -> bool:
        """Whether a second person signed."""
        return any(s.signature.meaning in (Meaning.WITNESSED, Meaning.CHECKED) for s in self.signatures)


def signed_steps(batch: Batch) -> Mapping[tuple[str, str], SignedStep]:
    """Every signed subject of a batch's stream, by model and key."""
    return _steps(Signature.objects.filter(entry__stream=batch.stream))


def relied_on(batch: Batch) -> Mapping[tuple[str, str], SignedStep]:
    """Signed subjects outside a batch's stream that it rests on: consent, eligibility, weight, passages from paper."""
    consents = {c.kind: c for c in batch.patient.consents.order_by("id")}
    rows: list[models.Model] = [*consents.values(), *batch.patient.assessments_of_eligibility.order_by("-id")[:1]]
    rows += batch.patient.weighings.order_by("-id")[:1]
    subjects = Q(subject_model=PaperImport._meta.label, subject_pk__in=_papers(batch))
    for row in rows:
        subjects |= Q(subject_model=row._meta.label, subject_pk=str(row.pk))
    return _steps(Signature.objects.filter(subjects))


def _papers(batch: Batch) -> set[str]:
    return {str(pk) for pk in batch.paper_passages.values_list("paper", flat=True)}


def _steps(rows: models.QuerySet[Signature]) -> Mapping[tuple[str, str], SignedStep]:
    given: dict[tuple[str, str], list[Standing]] = defaultdict(list)
    # By place in the stream: two acts may carry one time, and a clock may be set back.
    for standing in standings(rows.order_by("entry__seq", "position")):
        given[standing.signature.subject_model, standing.signature.subject_pk].append(standing)
    return {key: SignedStep(*key, tuple(found)) for key, found in given.items()}


def took_part(user: User, batch: Batch) -> bool:
    """Whether a person made, witnessed, tested, checked, corrected or transcribed anything of a batch."""
    given = Signature.objects.filter(signer=user, meaning__in=_TAKING_PART).exclude(subject_model__in=_QA_WORK)
    of_paper = Q(subject_model=PaperImport._meta.label, subject_pk__in=_papers(batch))
    return given.filter(Q(entry__stream=batch.stream) | of_paper).exists()


def worked(batch: Batch) -> list[tuple[int, str, datetime]]:
    """Who signed something of the making or testing of a batch: key, printed name and time of each signature."""
    given = Signature.objects.filter(entry__stream=batch.stream, meaning__in=_TAKING_PART)
    return list(given.exclude(subject_model__in=_QA_WORK).values_list("signer_id", "printed_name", "at"))


def superseded(steps: Mapping[tuple[str, str], SignedStep], *, but: Sequence[str] = ()) -> list[SignedStep]:
    """The steps whose newest signature no longer matches; `but` are models that are not looked at."""
    return [step for step in steps.values() if step.is_superseded and step.model not in but]


@dataclass(frozen=True)
class ShownSignature:
    """A signature as a page lists it."""

    meaning: str
    printed_name: str
    at: datetime
    valid: bool
    note: str = ""


def shown_signature(standing: Standing) -> ShownSignature:
    """A signature with its standing, as a page lists it."""
    given = standing.signature
    note = "" if standing.is_sealed else _("Not sealed by any act: it was put here around the program")
    return ShownSignature(given.get_meaning_display(), given.printed_name, given.at, standing.is_valid, note)


def signatures_under(row: models.Model) -> list[ShownSignature]:
    """The signatures under one row, oldest first, with their standing."""
    given = Signature.objects.filter(subject_model=row._meta.label, subject_pk=str(row.pk))
    in_order = given.order_by("at", "entry__seq", "position")
    return [shown_signature(s) for s in standings(in_order)]
