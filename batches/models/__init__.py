"""What is stored. One file for each group of nouns; nothing here decides anything."""

from batches.models.batches import Batch
from batches.models.counts import Attachment, Count, SquareCount
from batches.models.cultures import (
    Detachment,
    Fill,
    Isolation,
    MediumChange,
    Observation,
    Passage,
    Vessel,
    VesselLoss,
)
from batches.models.documents import DOCUMENT_LABELS, IssuedCopy, PrintedRecord, PrintJob, PrintRequest
from batches.models.downtime import DowntimeForm, FormTranscription, TranscribedAct
from batches.models.harvests import Harvest, Receipt
from batches.models.infusions import (
    AdverseEvent,
    AdverseEventCheck,
    Infusion,
    InfusionEvent,
    SymptomAnswer,
    Vitals,
)
from batches.models.labels import LabelFate, LabelPrint
from batches.models.materials import Equipment, Lot
from batches.models.outcomes import PainAssessment, PdasAnswer
from batches.models.paper import PaperImport, PaperPassage
from batches.models.patients import Consent, Eligibility, EligibilityAnswer, Patient, Weighing
from batches.models.process import MasterBatchRecord
from batches.models.quality import (
    Correction,
    Deviation,
    DeviationAssessment,
    DeviationClosure,
    Disposition,
    Sample,
    TestResult,
)
from batches.models.reviews import AuditTrailReview, ReviewedEntry
from batches.models.training import TrainingRecord

__all__ = [
    "DOCUMENT_LABELS",
    "AdverseEvent",
    "AdverseEventCheck",
    "Attachment",
    "AuditTrailReview",
    "Batch",
    "Consent",
    "Correction",
    "Count",
    "Detachment",
    "Deviation",
    "DeviationAssessment",
    "DeviationClosure",
    "Disposition",
    "DowntimeForm",
    "Eligibility",
    "EligibilityAnswer",
    "Equipment",
    "Fill",
    "FormTranscription",
    "Harvest",
    "Infusion",
    "InfusionEvent",
    "Isolation",
    "IssuedCopy",
    "LabelFate",
    "LabelPrint",
    "Lot",
    "MasterBatchRecord",
    "MediumChange",
    "Observation",
    "PainAssessment",
    "PaperImport",
    "PaperPassage",
    "Passage",
    "Patient",
    "PdasAnswer",
    "PrintJob",
    "PrintRequest",
    "PrintedRecord",
    "Receipt",
    "ReviewedEntry",
    "Sample",
    "SquareCount",
    "SymptomAnswer",
    "TestResult",
    "TrainingRecord",
    "TranscribedAct",
    "Vessel",
    "VesselLoss",
    "Vitals",
    "Weighing",
]
